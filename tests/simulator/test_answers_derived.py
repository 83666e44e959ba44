"""Sectors, themes, futures, options and ELWs agree with the stocks under them and with each other."""

from itertools import islice

import pytest

from sapi_kiwoom import catalogue, krx
from simulator import derivatives, elws, themes
from simulator.answers import answering
from simulator.answers.synthetic.pricing import carry, premium
from simulator.answers.world import World
from simulator.derivatives import KOSPI200
from simulator.feeds import Tick
from simulator.feeds.generator import Generated
from simulator.feeds.overlay import Overlay
from simulator.universe import universe
from tests.simulator import relations
from tests.simulator.answering import TODAY, at

CODES = "003850 012800 005930 005380 017670 044180".split()
KOSPI = CODES[:5]
NOW = at(11, 0)


@pytest.fixture(scope="module")
def world():
    return World({code: universe()[code] for code in CODES}, Generated(5))


@pytest.fixture(scope="module")
def ask(world):
    def asked(code, most=400, moment=NOW, **inputs):
        tr = catalogue.tr(code)
        given = {each.name: inputs.pop(each.name, "") for each in tr.inputs}
        assert not inputs
        reply = answering(code)(world, given, moment)
        rows = list(islice((row for row in reply.rows if row is not None), most))
        one = relations.parsed(tr.single.fields, reply.single) if reply.single else None
        return one, [relations.parsed(tr.multi.fields, row) for row in rows]

    return asked


# -- sectors ---------------------------------------------------------------------------------------


def test_an_index_moves_as_the_worth_of_its_members(world, ask):
    _, days = ask("opt20006", most=10, 업종코드="001")
    stocks = [world.stocks[code] for code in KOSPI]

    def worth(place):
        return sum(
            world.feed.days(each, krx.previous_trading_day(TODAY), 20)[place].close * each.shares
            for each in stocks
        )

    for place in range(1, 8):
        now, then = days[place]["현재가"], days[place + 1]["현재가"]
        assert abs(now / then - type(now)(worth(place - 1)) / worth(place)) < type(now)("0.00002")


def test_the_index_of_today_is_the_same_everywhere(ask):
    one, minutes = ask("opt20001", 시장구분="0", 업종코드="001")
    daily, days = ask("opt20009", 시장구분="0", 업종코드="001")
    _, chart = ask("opt20006", most=1, 업종코드="001")
    _, sectors = ask("opt20003", 업종코드="001")
    shown = {
        *(one["현재가"], daily["현재가"], days[0]["현재가n"], chart[0]["현재가"]),
        *(sectors[0]["현재가"], minutes[0]["현재가n"]),
    }
    assert len(shown) == 1
    assert one["52주최저가"] <= one["저가"] <= one["현재가"] <= one["고가"] <= one["52주최고가"]


def test_risen_and_fallen_members_are_those_of_the_list(ask):
    one, _ = ask("opt20001", 시장구분="0", 업종코드="001")
    _, rows = ask("opt20002", 시장구분="0", 업종코드="001")
    assert [row["종목코드"] for row in rows] == sorted(KOSPI)
    assert one["상승"] + one["상한"] == sum(row["전일대비"] > 0 for row in rows)
    assert one["하락"] + one["하한"] == sum(row["전일대비"] < 0 for row in rows)


def test_bars_of_minutes_make_the_day(ask):
    one, _ = ask("opt20001", 시장구분="0", 업종코드="001")
    _, bars = ask("opt20005", most=900, 업종코드="001", 틱범위="5")
    today = [bar for bar in bars if bar["체결시간"].startswith(f"{TODAY:%Y%m%d}")]
    assert today[0]["현재가"] == one["현재가"]
    assert today[-1]["시가"] == one["시가"]
    assert max(bar["고가"] for bar in today) <= one["고가"]
    assert min(bar["저가"] for bar in today) >= one["저가"]
    assert all(int(bar["체결시간"][10:12]) % 5 == 0 for bar in bars)


def test_weeks_are_made_of_days(ask):
    _, days = ask("opt20006", most=40, 업종코드="001")
    _, weeks = ask("opt20007", most=4, 업종코드="001")
    week = weeks[1]
    inside = [day for day in days if week["일자"] <= day["일자"] < weeks[0]["일자"]]
    assert week["시가"] == inside[-1]["시가"]
    assert week["현재가"] == inside[0]["현재가"]
    assert week["고가"] == max(day["고가"] for day in inside)
    assert week["거래량"] == sum(day["거래량"] for day in inside)


# -- themes ----------------------------------------------------------------------------------------


def test_a_theme_is_the_mean_of_its_stocks(world, ask):
    _, groups = ask("opt90001")
    for group in groups:
        one, rows = ask("opt90002", 종목코드=group["종목코드"], 날짜구분="5")
        codes = [f"A{row['종목코드']}" for row in rows]
        assert ";".join(codes) == themes.members(world.stocks, group["종목코드"])
        mean = sum(row["등락율"] for row in rows) / len(rows)
        assert abs(one["등락률"] - mean) <= type(mean)("0.02")
        assert group["등락율"] == one["등락률"]
        assert group["상승종목수"] == sum(row["전일대비"] > 0 for row in rows)


# -- futures and options -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def board(world):
    return derivatives.Boards(world).on(KOSPI200, TODAY)


def test_a_future_stands_beside_its_theoretical_price(ask, board):
    for each in board.futures[:3]:
        one, _ = ask("opt50001", most=1, 종목코드=each.code)
        assert one["종목명"] == each.name
        assert abs(one["현재가"] - one["이론가"]) < 1
        assert (
            one["최종거래일"]
            == f"{derivatives.expiry(int(each.month[:4]), int(each.month[4:])):%Y%m%d}"
        )
        shown, _ = ask("optfofid", 종목코드=each.code)
        assert shown["현재가"] == one["현재가"]
        assert one["매수호가1"] < one["매도호가1"]
        assert one["현재가"] % type(one["현재가"])("0.05") == 0


def test_calls_and_puts_agree_with_the_future(ask, board):
    one, _ = ask("opt50001", most=1, 종목코드=board.futures[0].code)
    _, rows = ask("opt50020", 만기년월=board.months[0])
    assert [row["종목코드"] for row in rows] == [
        board.option(derivatives.CALL, board.months[0], strike).code for strike in board.strikes
    ]
    assert sum(row["ATM구분"] == "1" for row in rows) == 1
    assert board.futures[0].month == board.months[0]
    for row in rows:
        assert abs(row["현재가"] - row["풋_현재가"] - (one["현재가"] - row["행사가"])) <= type(
            one["현재가"]
        )("0.15")
        assert row["내재가치"] + row["시간가치"] == row["현재가"]
    calls, puts = ([row[name] for row in rows] for name in ("현재가", "풋_현재가"))
    assert calls == sorted(calls, reverse=True)
    assert puts == sorted(puts)


def test_strikes_are_those_of_the_control(ask, board):
    for code, side in (("opt50004", derivatives.CALL), ("opt50065", derivatives.PUT)):
        _, rows = ask(code, 만기년월=board.months[1])
        listed = [board.option(side, board.months[1], strike) for strike in board.strikes]
        assert [row["종목코드"] for row in rows] == [each.code for each in listed]
        assert [row["행사가"] * 100 for row in rows] == board.strikes


def test_a_chart_ends_where_the_price_is(ask, board):
    option = board.option(derivatives.CALL, board.months[0], board.atm)
    for code, minutes, days in (
        (board.futures[0].code, "opt50029", "opt50030"),
        (option.code, "opt50067", "opt50068"),
    ):
        one, _ = ask("opt50001", most=1, 종목코드=code)
        _, bars = ask(minutes, most=30, 종목코드=code, 시간단위="1")
        _, whole = ask(days, most=2, 종목코드=code)
        assert bars[0]["현재가"] == whole[0]["현재가"] == one["현재가"]
        assert whole[0]["고가"] == one["고가"]
        assert whole[1]["현재가"] == one["기준가"] == bars[0]["전일종가"]


def test_premiums_are_those_of_a_normal_move():
    assert premium(1_000, 0) == 1_000
    assert premium(-1_000, 0) == 0
    assert premium(10_000, 1_000) == 10_000
    at_the_money = premium(0, 10_000)
    assert 3_900 < at_the_money < 4_050  # 0.399 of the deviation
    for beyond in range(-30_000, 30_000, 500):
        call, put = premium(beyond, 10_000), premium(-beyond, 10_000)
        assert abs(call - put - beyond) <= 1
        assert call <= premium(beyond + 500, 10_000) <= call + 501


def test_carry_grows_with_time():
    assert carry(50_000, 0) == 50_000
    assert [carry(50_000, days) for days in (30, 90, 365)] == [50_061, 50_184, 50_750]


# -- ELWs --------------------------------------------------------------------------------------------


def test_elws_follow_their_stock(world, ask):
    _, rows = ask("opt30005", 기초자산코드="005930", 권리구분="0")
    assert {row["종목코드"] for row in rows} == {
        code for code, each in elws.listed(world.stocks).items() if each.stock == "005930"
    }
    stock, _ = ask("opt10001", 종목코드="005930")
    for row in rows:
        beyond = (stock["현재가"] - row["행사가격"]) * (1 if row["권리구분"] == "콜" else -1)
        assert row["현재가"] % 5 == 0
        assert row["현재가"] >= beyond * row["전환비율"] - 5
        assert (row["델타"] > 0) == (row["권리구분"] == "콜")
    calls = sorted(
        (row for row in rows if row["권리구분"] == "콜"), key=lambda row: row["행사가격"]
    )
    assert calls[0]["현재가"] > calls[-1]["현재가"]


# -- the future --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def otherwise(world):
    """The same market until eleven; from then on everything is bought up to the limit."""
    changed = Overlay(Generated(5))
    for each in world.stocks.values():
        upper, _ = changed.limits(each, TODAY)
        for bar in Generated(5).minutes(each, TODAY):
            if bar.minute >= 660:
                start = krx.midnight(TODAY) + bar.minute * krx.MINUTE
                changed.put_minute(each, TODAY, bar.minute, [Tick(start + 1, upper, 1_000_000, 1)])
        changed.put(each, krx.next_trading_day(TODAY), [])
    return World(world.stocks, changed)


@pytest.mark.parametrize(
    ("code", "inputs"),
    [
        ("opt20001", {"시장구분": "0", "업종코드": "001"}),
        ("opt20003", {"업종코드": "001"}),
        ("opt20005", {"업종코드": "001", "틱범위": "1"}),
        ("opt20006", {"업종코드": "001", "기준일자": ""}),
        (
            "opt90001",
            {"검색구분": "0", "종목코드": "", "날짜구분": "1", "테마명": "", "등락수익구분": "1"},
        ),
        ("opt50001", {"종목코드": "front"}),
        ("opt50029", {"종목코드": "front", "시간단위": "1"}),
        ("opt10007", {"종목코드": "005930"}),
        (
            "opt30005",
            dict.fromkeys(("발행사코드", "기초자산코드", "권리구분", "LP코드", "정렬구분"), ""),
        ),
    ],
)
def test_what_comes_later_changes_nothing_now(world, otherwise, board, code, inputs):
    inputs = {k: board.futures[0].code if v == "front" else v for k, v in inputs.items()}

    def answered(where, moment):
        reply = answering(code)(where, inputs, moment)
        rows = list(islice((row for row in reply.rows if row is not None), 400))
        return reply.single, rows

    now = answered(world, NOW)
    assert now[0] or now[1]
    assert answered(otherwise, NOW) == now
    assert answered(otherwise, at(11, 2)) != answered(world, at(11, 2))


def test_what_ends_beyond_the_calendar_has_prices_too(world, ask):
    last = at(11, 0, day=krx.previous_trading_day(krx.LAST_DATE))
    listed = derivatives.Boards(world).on(KOSPI200, krx.kst(last).date())
    one, _ = ask("opt50001", most=1, moment=last, 종목코드=listed.futures[-1].code)
    assert one["최종거래일"] == "20301212"
    assert one["이론베이시스"] > 0
    _, rows = ask("opt30005", moment=last)
    assert len(rows) == len(elws.listed(world.stocks))


def test_futures_exist_where_no_stock_of_their_index_is_listed():
    world = World({"044180": universe()["044180"]}, Generated(5))
    listed = derivatives.Boards(world).on(KOSPI200, TODAY)
    reply = answering("optfofid")(world, {"종목코드": listed.futures[0].code}, NOW)
    assert not [row for row in reply.rows if row is not None]
    shown = relations.parsed(catalogue.tr("optfofid").single.fields, reply.single)
    assert shown["저가"] <= shown["현재가"] <= shown["고가"]
    assert answering("opt20001")(world, {"시장구분": "0", "업종코드": "201"}, NOW).single == []
