"""Every TR of the catalogue answers: in its schema, the same for the same inputs, as its names promise."""

from datetime import date
from functools import lru_cache
from itertools import islice

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from sapi_kiwoom import catalogue, krx
from simulator import derivatives, elws, industries, themes
from simulator.answers import answering, synthetic
from simulator.answers.synthetic.ranking import descending, key_of
from simulator.answers.synthetic.shapes import DAYS, STOCKS, TIMES, shape_of
from simulator.answers.table import ANSWERS
from simulator.answers.world import World
from simulator.derivatives import CALL, KOSPI200, PUT
from simulator.feeds.generator import Generated
from simulator.feeds.members import members
from simulator.universe import universe
from tests.simulator import relations
from tests.simulator.answering import TODAY, at

STOCKS_LISTED = "00088K 003850 012800 044180 278540 005930 069500 35".split()[:-1]
"""Small ones, which are soon drawn, one with derivatives on it, and an ETF."""
AT_TEN = at(10, 0, 20)
ROWS = 25

QUICK = settings(
    max_examples=2, deadline=None, database=None, derandomize=True, phases=[Phase.generate]
)
"""A row of hundreds of cells is not worth shrinking."""

TRS = sorted(catalogue.trs())


def a_world():
    return World({code: universe()[code] for code in STOCKS_LISTED}, Generated(5))


@lru_cache(maxsize=None)
def world():
    return a_world()


@lru_cache(maxsize=None)
def board():
    return derivatives.Boards(world()).on(KOSPI200, TODAY)


def contracts():
    near, strike = board().months[0], board().atm
    options = [board().option(side, near, strike).code for side in (CALL, PUT)]
    return [*(each.code for each in board().futures[:2]), *options]


def codes(tr):
    """Codes that a TR may be asked for."""
    if tr.group in ("futures-options", "futures-account"):
        return contracts()
    if tr.group == "elw":
        return list(elws.listed(world().stocks))
    if tr.group == "etf":
        return ["069500"]
    if tr.group == "theme":
        return [each.split("|")[0] for each in themes.groups(world().stocks, 0).split(";")]
    return ["003850", "005930"]


def value(tr, field):
    """A valid value of an input."""
    if field.name == "업종코드":
        return st.sampled_from(["001", "201"])
    if field.name == "회원사코드":
        return st.sampled_from(sorted(members()))
    if field.name in ("발행사코드", "LP코드"):
        return st.just("000")
    if field.name == "시장구분":
        return st.sampled_from(["000", "001", "101"])
    if field.name in (
        "종목조건",
        "신용조건",
        "가격조건",
        "거래대금조건",
        "가격구분",
        "거래대금구분",
    ):
        return st.just("0")
    if field.name == "시간":
        return st.just("1000" if tr.code == "opt10084" else "10")
    days = st.integers(0, 60).map(lambda back: f"{back_from(back):%Y%m%d}")
    return {
        "code": st.sampled_from(codes(tr)),
        "flag": st.sampled_from("0123"),
        "date": days,
        "month": st.sampled_from(board().months),
        "count": st.integers(1, 20).map(str),
        "number": st.just("8099999911"),
        "precise": st.just("3"),
    }.get(field.kind, st.just(""))


def back_from(days):
    return krx.trading_day(krx.trading_day_index(TODAY) - days)


def asked(tr):
    return st.fixed_dictionaries({each.name: value(tr, each) for each in tr.inputs})


def ask(code, inputs, where=None, moment=AT_TEN):
    reply = answering(code)(where or world(), inputs, moment)
    rows = list(islice((row for row in reply.rows if row is not None), ROWS))
    return reply.single, rows


def records(tr, single, rows):
    """Both records by field name, parsed."""
    one = relations.parsed(tr.single.fields, single) if single else None
    return one, [relations.parsed(tr.multi.fields, row) for row in rows]


@pytest.mark.parametrize("code", TRS)
def test_every_tr_answers_as_its_names_promise(code):
    @QUICK
    @given(asked(catalogue.tr(code)), st.sampled_from([AT_TEN, at(15, 45)]))
    def check(inputs, moment):
        tr = catalogue.tr(code)
        answered = ask(code, inputs, moment=moment)
        one, rows = records(tr, *answered)
        assert not rows or tr.multi is not None
        if code not in ANSWERS:  # the others have tests of their own
            for row in [one] * (one is not None) + rows:
                for relation in relations.ROW:
                    relation(row)
            in_order(tr, inputs, rows)
            assert ask(code, inputs, moment=moment) == answered

    check()


def in_order(tr, inputs, rows):
    shape = shape_of(tr)
    if shape == DAYS and rows and tr.code != "OPT50035":  # which has no label
        name = next(n for n in ("일자", "날짜", "체결일자", "일자n", "체결시간") if n in rows[0])
        relations.newest_first(rows, name)
        days = [date(int(r[name][:4]), int(r[name][4:6]), int(r[name][6:])) for r in rows]
        assert all(krx.is_trading_day(day) and day <= TODAY for day in days)
        assert len(set(days)) == len(days)
    if shape == TIMES and rows and tr.code != "opt40010":  # which has no label
        name = next(
            n for n in ("시간", "체결시간", "호가시간", "시간n", "매도이탈시간") if n in rows[0]
        )
        relations.newest_first(rows, name)
        relations.growing(rows)
        assert all("0900" <= row[name][:4] <= "1600" for row in rows)
    if shape == STOCKS:
        for row in rows:
            relations.grid(row, TODAY)
        key = key_of(tr, inputs)
        if key:
            values = [row[key] or 0 for row in rows]
            assert values == sorted(values, reverse=descending(tr, inputs))
        if rows and "순위" in rows[0]:
            assert [row["순위"] for row in rows] == list(range(1, len(rows) + 1))


@pytest.mark.parametrize(
    "code", "opt10033 opt20001 opt20006 opt30005 opt40004 opt50001 opt50020 opt90005".split()
)
def test_another_process_is_told_the_same(code):
    tr = catalogue.tr(code)
    inputs = {each.name: "" for each in tr.inputs}
    inputs.update(종목코드=codes(tr)[0], 업종코드="001", 시장구분="000")
    assert ask(code, inputs, a_world()) == ask(code, inputs)


def test_dates_bound_the_rows():
    inputs = {"종목코드": "003850", "시작일자": "20261102", "종료일자": "20261110"}
    rows = synthetic.answer("opt10045", world(), inputs, AT_TEN).rows
    days = [row[0] for row in rows if row is not None]
    assert days == [f"202611{day:02d}" for day in (10, 9, 6, 5, 4, 3, 2)]
    _, chart = ask("opt20006", {"업종코드": "001", "기준일자": "20261105"})
    assert chart[0][2] == "20261105"


def test_a_date_that_is_none_is_refused():
    with pytest.raises(ValueError, match=r"month|day|invalid"):
        ask("opt20006", {"업종코드": "001", "기준일자": "20261340"})


def test_pages_follow_each_other():
    reply = answering("opt20006")(world(), {"업종코드": "001", "기준일자": ""}, AT_TEN)
    found = [row for row in reply.rows if row is not None]
    assert len(found) > catalogue.tr("opt20006").multi.rows - 1


def test_accounts_hold_cash_and_nothing_else():
    tr = catalogue.tr("opw20010")
    reply = synthetic.answer("opw20010", world(), {"계좌번호": "8099999931"}, AT_TEN)
    found = relations.parsed(tr.single.fields, reply.single)
    assert found["예탁총액"] == found["예탁현금"] == found["주문가능현금"] > 0
    assert found["증거금총액"] == found["선물평가손익"] == 0
    assert all(len(cell) == each.width for each, cell in zip(tr.single.fields, reply.single))


def test_sectors_are_listed_by_market():
    _, rows = ask("opt20003", {"업종코드": "001"})
    assert {row[0] for row in rows} <= set(industries.BY_MARKET["0"])
    assert rows[0][0] == "001"
