"""Rankings: filtered and sorted as asked for, each row what the stock says of itself."""

from datetime import date

import pytest

from sapi_kiwoom import krx
from simulator.answers.rankings.standings import prepare
from simulator.feeds import Tick
from simulator.feeds.generator import Generated
from simulator.feeds.overlay import Overlay
from simulator.universe import universe
from tests.simulator.answering import TODAY, at, number, rows, single, small_world

CODES = (
    "00088K 003850 012800 044180 137940 278540 101280 006570 009190 044450 282880 068790 093920"
).split()
MOMENTS = [at(9, 1), at(10, 0), at(15, 45)]
"""Whole minutes: rankings stand for the end of the last one."""

ALL = {
    "OPT10016": {
        "시장구분": "000",
        "신고저구분": "1",
        "고저종구분": "1",
        "기간": "5",
        "상하한포함": "1",
    },
    "opt10017": {"시장구분": "000", "상하한구분": "2", "정렬구분": "1"},
    "opt10019": {
        "시장구분": "000",
        "등락구분": "1",
        "시간구분": "1",
        "시간": "30",
        "상하한포함": "1",
    },
    "OPT10023": {"시장구분": "000", "정렬구분": "1", "시간구분": "1", "시간": "30"},
    "opt10027": {"시장구분": "000", "정렬구분": "1", "상하한포함": "1"},
    "opt10030": {"시장구분": "000", "정렬구분": "1"},
    "OPT10032": {"시장구분": "000", "관리종목포함": "1"},
}


@pytest.fixture(scope="module")
def world():
    return small_world(codes=CODES)


def ranking(world, tr, moment, **inputs):
    return rows(world, tr, {**ALL[tr], **inputs}, moment)


@pytest.fixture(scope="module")
def alone(world):
    """opt10001 of every stock just before a moment."""
    known = {}

    def of(code, moment):
        if (code, moment) not in known:
            known[code, moment] = single(world, "opt10001", {"종목코드": code}, moment - 1)
        return known[code, moment]

    return of


def codes(table):
    return [row["종목코드"] for row in table]


def is_descending(keys):
    return all(one >= other for one, other in zip(keys, keys[1:]))


SHARED = {
    "현재가": "현재가",
    "전일대비기호": "대비기호",
    "전일대비": "전일대비",
    "등락률": "등락율",
    "거래량": "거래량",
    "현재거래량": "거래량",
    "전일비": "거래대비",
    "전일거래량대비율": "거래대비",
    "종목명": "종목명",
}


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("tr", ALL)
def test_a_row_is_what_the_stock_says_of_itself(world, alone, tr, moment):
    table = ranking(world, tr, moment)
    assert table or tr in ("OPT10016", "opt10019") or moment < at(9, 5)
    assert len(set(codes(table))) == len(table)
    for row in table:
        stock = alone(row["종목코드"], moment)
        shared = {name: row[name] for name in SHARED if name in row}
        assert shared == {name: stock[SHARED[name]] for name in shared}
        (book,) = rows(world, "opt10004", {"종목코드": row["종목코드"]}, moment - 1)
        if "매도호가" in row:
            assert row["매도호가"] == book["매도최우선호가"]
            assert row["매수호가"] == book["매수최우선호가"]
        if tr == "opt10027":
            assert (row["매도잔량"], row["매수잔량"]) == (book["총매도잔량"], book["총매수잔량"])


@pytest.mark.parametrize("tr", ALL)
def test_a_ranking_within_a_minute_is_that_of_its_beginning(world, tr):
    assert ranking(world, tr, at(10, 0, 59, 999_999)) == ranking(world, tr, at(10, 0))


@pytest.mark.parametrize("moment", MOMENTS)
def test_risen_flat_and_fallen_are_all_that_traded(world, alone, moment):
    found = [codes(ranking(world, "opt10017", moment, 상하한구분=each)) for each in "235"]
    traded = [code for code in CODES if alone(code, moment)["거래량"] != "0"]
    assert sorted(code for each in found for code in each) == sorted(traded)
    assert all(each == sorted(each) for each in found)
    by_rate = ranking(world, "opt10017", moment, 정렬구분="3")
    assert is_descending([float(row["등락률"]) for row in by_rate])


def test_days_in_a_row_are_counted_back(world):
    for row in ranking(world, "opt10017", MOMENTS[-1], 정렬구분="2"):
        days = rows(world, "opt10005", {"종목코드": row["종목코드"]}, MOMENTS[-1], most=30)
        run = next((n for n, day in enumerate(days) if int(day["대비"]) <= 0), 30)
        assert int(row["횟수"]) == run


@pytest.mark.parametrize(
    "order, key, sign",
    [("1", "등락률", 1), ("2", "전일대비", 1), ("3", "등락률", -1), ("4", "전일대비", -1)],
)
def test_changes_are_sorted_by_rate_or_by_won(world, order, key, sign):
    table = ranking(world, "opt10027", MOMENTS[1], 정렬구분=order)
    keys = [float(row[key]) * sign for row in table]
    assert keys
    assert is_descending(keys)
    assert min(keys) >= 0
    assert all(int(row["전일대비"]) * sign > 0 for row in table)


@pytest.mark.parametrize("order, key", [("1", "거래량"), ("2", "거래회전율"), ("3", "거래금액")])
def test_volumes_are_sorted_by_shares_turnover_or_won(world, order, key):
    table = ranking(world, "opt10030", MOMENTS[-1], 정렬구분=order)
    assert len(table) == len(CODES)
    assert is_descending([float(row[key]) for row in table])
    for row in table:
        stock = universe()[row["종목코드"]]
        turnover = int(row["거래량"]) / stock.shares * 100
        assert float(row["거래회전율"]) == pytest.approx(turnover, abs=0.0051)
        day = rows(world, "opt10081", {"종목코드": stock.code}, MOMENTS[-1], most=1)[0]
        assert row["거래금액"] == day["거래대금"]
    assert ranking(world, "opt10030", MOMENTS[-1], 장운영구분="2") == []


def test_values_know_yesterdays_rank(world):
    table = ranking(world, "OPT10032", MOMENTS[-1])
    assert [row["현재순위"] for row in table] == [str(rank + 1) for rank in range(len(CODES))]
    assert is_descending([int(row["거래대금"]) for row in table])
    yesterday = at(17, 0, day=krx.previous_trading_day(TODAY))
    before = {row["종목코드"]: row for row in ranking(world, "OPT10032", yesterday)}
    for row in table:
        then = before[row["종목코드"]]
        assert (row["전일순위"], row["전일거래량"]) == (then["현재순위"], then["현재거래량"])


@pytest.mark.parametrize("market, wanted", [("001", False), ("101", True)])
@pytest.mark.parametrize("tr", ["opt10030", "OPT10032"])
def test_markets_are_told_apart(world, tr, market, wanted):
    table = ranking(world, tr, MOMENTS[-1], 시장구분=market)
    assert table
    assert {universe()[code].market == "KOSDAQ" for code in codes(table)} == {wanted}


@pytest.mark.parametrize(
    "condition, passes",
    [
        ("3", lambda stock: not stock.is_preferred),
        ("5", lambda stock: stock.margin_rate != 100),
        ("6", lambda stock: stock.margin_rate == 100),
        ("7", lambda stock: stock.margin_rate == 40),
        ("14", lambda stock: stock.market not in ("ETF", "ETN")),
    ],
)
def test_kinds_of_stocks_are_told_apart(world, condition, passes):
    table = ranking(world, "opt10030", MOMENTS[-1], 관리종목포함=condition)
    assert sorted(codes(table)) == sorted(code for code in CODES if passes(universe()[code]))


@pytest.mark.parametrize(
    "tr, inputs, passes",
    [
        ("opt10030", {"거래량구분": "10"}, lambda row: int(row["거래량"]) >= 10_000),
        ("opt10030", {"가격구분": "6"}, lambda row: 5_000 <= number(row["현재가"]) < 10_000),
        ("opt10030", {"거래대금구분": "4"}, lambda row: int(row["거래금액"]) >= 50),
        ("OPT10023", {"가격구분": "6"}, lambda row: number(row["현재가"]) >= 5_000),
    ],
)
def test_conditions_leave_out_what_does_not_meet_them(world, tr, inputs, passes):
    everything = ranking(world, tr, MOMENTS[-1])
    wanted = [row for row in everything if passes(row)]
    assert 0 < len(wanted) < len(everything)
    assert ranking(world, tr, MOMENTS[-1], **inputs) == wanted


@pytest.mark.parametrize("by_minutes", [True, False])
@pytest.mark.parametrize("order", ["1", "2"])
def test_volume_surges_compare_with_the_volume_before(world, alone, by_minutes, order):
    now, then = at(10, 0), at(9, 30)
    inputs = {} if by_minutes else {"시간구분": "2", "시간": ""}
    table = ranking(world, "OPT10023", now, 정렬구분=order, **inputs)
    for row in table:
        code = row["종목코드"]
        if by_minutes:
            before = int(alone(code, then)["거래량"])
        else:
            before = int(rows(world, "opt10081", {"종목코드": code}, now, 2)[1]["거래량"])
        more = int(row["현재거래량"]) - before
        assert row["이전거래량"] == str(before)
        assert row["급증량"] == f"{more:+d}"
        assert float(row["급증률"]) == (
            pytest.approx(more / before * 100, abs=0.0051) if before else 0
        )
    assert is_descending([float(row["급증량" if order == "1" else "급증률"]) for row in table])


@pytest.mark.parametrize("rising", [True, False])
@pytest.mark.parametrize("inputs", [{}, {"시간구분": "2", "시간": "3"}])
def test_price_surges_compare_with_the_price_before(world, alone, rising, inputs):
    now, then = at(10, 0), at(9, 30)
    table = ranking(world, "opt10019", now, 등락구분="1" if rising else "2", **inputs)
    assert table
    for row in table:
        code = row["종목코드"]
        if inputs:
            before = int(rows(world, "opt10081", {"종목코드": code}, now, 4)[3]["현재가"])
        else:
            before = number(alone(code, then)["현재가"])
        jump = number(row["현재가"]) - before
        assert (row["기준가"], row["기준대비"]) == (str(before), str(jump))
        assert float(row["급등률"]) == pytest.approx(jump / before * 100, abs=0.0051)
        assert (jump > 0) == rising
    assert is_descending([float(row["급등률"]) * (1 if rising else -1) for row in table])


@pytest.mark.parametrize("high", [True, False])
@pytest.mark.parametrize("closes", [True, False])
def test_new_highs_and_lows_are_beyond_the_days_before(world, high, closes):
    moment = MOMENTS[-1]
    kind = {"신고저구분": "1" if high else "2", "고저종구분": "2" if closes else "1", "기간": "3"}
    found = codes(ranking(world, "OPT10016", moment, **kind))
    wanted = []
    for code in CODES:
        today, *before = rows(world, "opt10081", {"종목코드": code}, moment, most=4)
        field = "현재가" if closes else "고가" if high else "저가"
        prices = [int(row[field]) for row in before]
        if int(today[field]) > max(prices) if high else int(today[field]) < min(prices):
            wanted.append(code)
    assert sorted(found) == sorted(wanted)


def _locked_day(feed):
    """A stock and a day that closes at the upper limit."""
    restless = sorted(universe().values(), key=lambda stock: -stock.volatility)
    return next(
        (stock, bar.date)
        for stock in restless
        for bar in feed.days(stock, date(2026, 11, 18), 250)
        if bar.close == feed.limits(stock, bar.date)[0]
    )


def test_a_stock_at_its_limit_is_found_that_day_and_the_next(world):
    stock, day = _locked_day(world.feed)
    few = small_world(world.feed, [*CODES, stock.code])
    locked = ranking(few, "opt10017", at(15, 59, day=day), 상하한구분="1")
    assert stock.code in codes(locked)
    assert all(row["전일대비기호"] == "1" for row in locked)
    asked = {"상하한구분": "6", "정렬구분": "3"}
    after = ranking(few, "opt10017", at(15, 59, day=krx.next_trading_day(day)), **asked)
    assert stock.code in codes(after)
    assert stock.code not in codes(ranking(few, "opt10027", at(15, 59, day=day), 상하한포함="0")), (
        "limits can be left out"
    )


def test_trades_that_orders_moved_count_too():
    feed = Overlay(Generated(5))
    few = small_world(feed, CODES)
    stock, moment = few.stocks["012800"], at(10, 0)
    before = {row["종목코드"]: row for row in ranking(few, "opt10030", moment)}
    few.live[stock.code] = few.tapes.at(stock, moment)
    upper, _ = feed.limits(stock, TODAY)
    feed.put_minute(stock, TODAY, 599, [Tick(at(9, 59), upper, 1_000_000, 1)])
    after = {row["종목코드"]: row for row in ranking(few, "opt10030", moment)}
    moved = after.pop(stock.code)
    assert (moved["현재가"], moved["전일대비기호"]) == (f"+{upper}", "1")
    assert int(moved["거래량"]) >= 1_000_000
    before.pop(stock.code, None)
    assert after == before


def test_a_day_can_be_prepared_stock_by_stock():
    few = small_world(codes=CODES)
    steps = sum(1 for _ in prepare(few, at(8, 0)))
    assert steps == len(CODES)
    assert few.summaries.prepared(few.stocks.values(), TODAY)
    assert ranking(few, "opt10030", at(8, 0)) == [], "what is prepared is not told before its time"
