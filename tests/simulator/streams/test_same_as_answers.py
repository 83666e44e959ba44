"""What an event says and what a request is answered at the same moment are one."""

from sapi_kiwoom import catalogue
from simulator.answers.quotes.stopped import stopped
from simulator.feeds.generator import Generated
from simulator.streams.types import MEMBERS, PROGRAM, VI
from simulator.universe import universe
from tests.simulator import answering
from tests.simulator.market.fakes import at
from tests.simulator.streams.test_volatility import STOPPED, Market
from tests.simulator.test_stream import Wire

SHARE = universe()["00088K"]


def test_programs():
    wire = Wire(Generated(5), at(9, 30), SHARE)
    inputs = {"시간일자구분": "2", "금액수량구분": "1", "종목코드": SHARE.code, "날짜": "20261120"}
    compared = []

    def compare(key, real_type, values):
        now = wire.loop.now()
        (today,) = answering.rows(wire.world, "opt90013", inputs, now, most=1)
        for name, fid in (
            ("거래량", 13), ("프로그램매도금액", 204), ("프로그램매수금액", 208), ("프로그램순매수금액", 212),
            ("프로그램매도수량", 202), ("프로그램매수수량", 206), ("프로그램순매수수량", 210),
            ("프로그램순매수금액증감", 928), ("프로그램순매수수량증감", 929),
        ):  # fmt: skip
            assert int(today[name]) == int(values[fid]), name
        compared.append(now)

    wire.on = compare
    wire.want(PROGRAM)
    wire.run_until(at(9, 45))
    assert len(compared) > 3


def test_members():
    wire = Wire(Generated(5), at(9, 30), SHARE)
    compared = []

    def compare(key, real_type, values):
        now = wire.loop.now()
        (told,) = answering.rows(wire.world, "opt10002", {"종목코드": SHARE.code}, now)
        for place in range(1, 6):
            for name, fid in (
                ("매도거래원명", 140), ("매도거래원", 145), ("매도거래량", 160),
                ("매수거래원명", 150), ("매수거래원", 155), ("매수거래량", 170),
            ):  # fmt: skip
                assert told[f"{name}{place}"].strip() == values[fid + place], (name, place)
        compared.append(now)

    wire.on = compare
    wire.want(MEMBERS)
    wire.run_until(at(9, 45))
    assert len(compared) > 3


def test_interruptions():
    market = Market(Generated(5), [STOPPED], at(8))
    market.want(VI)
    market.run_until(at(16))
    tr = catalogue.tr("opt10054")
    inputs = {**{each.name: "" for each in tr.inputs}, "시장구분": "000", "제외종목": "0" * 9}
    (cells,) = (row for row in stopped(market.world, inputs, at(16)).rows if row is not None)
    row = {field.name: cell for field, cell in zip(tr.multi.fields, cells)}
    _, _, values = market.heard[-1]
    assert values[9001] == f"A{row['종목코드']}"
    fields = {each.name: each.fid for each in tr.multi.fields}
    for name in (
        "발동가격",
        "정적기준가격",
        "동적기준가격",
        "매매체결처리시각",
        "VI해제시각",
        "VI발동횟수",
    ):
        assert row[name].lstrip("+-") == values[fields[name]], name
    for name in ("정적괴리율", "시가대비등락률"):
        assert float(row[name]) == float(values[fields[name]]), name
