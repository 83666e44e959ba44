"""Trades of today and yesterday (opt10055, opt10084), the stock in a row (opt10007), and who was stopped."""

from datetime import date

import pytest

from sapi_kiwoom import krx
from simulator.feeds.generator import Generated
from simulator.market.stops import stops
from simulator.streams.volatility import stop_event
from simulator.universe import universe
from tests.simulator.answering import CODE, TODAY, at, number, rows, single, small_world

YESTERDAY = date(2026, 11, 19)
EVENING = at(20, 0, day=YESTERDAY)
MOMENT = at(10, 0, 30)
ASKED = {"종목코드": CODE}
TRADES = {**ASKED, "틱분": "0"}
MINUTES = {**ASKED, "틱분": "1"}


@pytest.fixture(scope="module")
def world():
    return small_world()


def without_value(table):
    """opt10003 has 누적거래대금 in won, opt10084 in million won."""
    return [{**row, "누적거래대금": None} for row in table]


def test_trades_of_today_are_those_of_opt10003(world):
    found = rows(world, "opt10084", {**TRADES, "당일전일": "1"}, MOMENT)
    now = rows(world, "opt10003", ASKED, MOMENT)
    assert len(found) > 100
    assert without_value(found) == without_value(now)
    assert [int(row["누적거래대금"]) for row in found] == [
        int(row["누적거래대금"]) // 1_000_000 for row in now
    ]


def test_trades_of_yesterday_are_those_it_ended_with(world):
    found = rows(world, "opt10084", {**TRADES, "당일전일": "2"}, MOMENT)
    assert without_value(found) == without_value(rows(world, "opt10003", ASKED, EVENING))
    assert sum(number(row["체결거래량"]) for row in found) == int(found[0]["누적거래량"])


@pytest.mark.parametrize("day", ["1", "2"])
def test_a_minute_is_its_last_trade_and_all_of_its_shares(world, day):
    trades = rows(world, "opt10084", {**TRADES, "당일전일": day}, MOMENT)
    minutes = rows(world, "opt10084", {**MINUTES, "당일전일": day}, MOMENT)
    last = {}
    for row in reversed(trades):
        shares = last.get(row["시간"][:4], {}).get("체결거래량", 0) + number(row["체결거래량"])
        last[row["시간"][:4]] = {**row, "시간": row["시간"][:4] + "00", "체결거래량": shares}
    expected = [{**row, "체결거래량": str(row["체결거래량"])} for row in last.values()]
    assert minutes == expected[::-1]


@pytest.mark.parametrize(("day", "time"), [("1", "0930"), ("2", "1430"), ("1", "0800")])
def test_a_time_cuts_off_what_was_later(world, day, time):
    for asked in (TRADES, MINUTES):
        whole = rows(world, "opt10084", {**asked, "당일전일": day}, MOMENT)
        cut = rows(world, "opt10084", {**asked, "당일전일": day, "시간": time}, MOMENT)
        assert cut == [row for row in whole if row["시간"][:4] <= time]


def test_a_time_that_is_none_is_refused(world):
    with pytest.raises(ValueError, match="invalid literal"):
        rows(world, "opt10084", {**TRADES, "당일전일": "1", "시간": "soon"}, MOMENT)


@pytest.mark.parametrize("day", ["1", "2"])
def test_opt10055_has_the_same_trades(world, day):
    found = rows(world, "opt10055", {**ASKED, "당일전일": day}, MOMENT)
    expected = rows(world, "opt10084", {**TRADES, "당일전일": day}, MOMENT)
    for row, other in zip(found, expected):
        assert int(row["체결가"]) == number(other["현재가"])
        assert row["체결시간"] == other["시간"]
        assert row["전일대비기호"] == other["sign"]
        assert row["체결량"] == other["체결거래량"]
        for name in ("전일대비", "누적거래량", "누적거래대금"):
            assert row[name] == other[name]
    assert len(found) == len(expected)


@pytest.mark.parametrize("tr", ["opt10055", "opt10084"])
def test_what_was_not_listed_has_no_trades(world, tr):
    assert rows(world, tr, {"종목코드": "999999", "당일전일": "2"}, MOMENT) == []
    stock = universe()["0126Z0"]
    first = krx.midnight(stock.listed) + 10 * 60 * krx.MINUTE
    assert rows(world, tr, {"종목코드": "0126Z0", "당일전일": "2"}, first) == []
    assert rows(world, tr, {"종목코드": "0126Z0", "당일전일": "1"}, first, 3)


# -- opt10007 --------------------------------------------------------------------------------------


@pytest.mark.parametrize("moment", [at(8, 50), MOMENT, at(15, 25), at(17, 0)])
def test_a_stock_in_a_row_is_what_others_say_of_it(world, moment):
    (row,) = rows(world, "opt10007", ASKED, moment)
    basics = single(world, "opt10001", ASKED, moment)
    shared = {"상한가": "상한가", "하한가": "하한가", "현재가": "현재가", "등락률": "등락율"}
    shared.update({"시가": "시가", "고가": "고가", "저가": "저가", "거래량": "거래량"})
    shared.update({"전일종가": "기준가", "예상체결가": "예상체결가", "부호": "대비기호"})
    assert {name: row[name] for name in shared} == {
        name: basics[other] for name, other in shared.items()
    }
    (book,) = rows(world, "opt10004", ASKED, moment)
    for side in ("매도", "매수"):
        assert row[f"총{side}잔량"] == book[f"총{side}잔량"]
        assert row[f"{side}1호가"] == book[f"{side}최우선호가"]
        for level in (2, 5, 10):
            assert row[f"{side}{level}호가"] == book[f"{side}{level}차선호가"]
            assert row[f"{side}{level}호가잔량"] == book[f"{side}{level}차선잔량"]
            assert row[f"{side}{level}호가직전대비"] == book[f"{side}{level}차선잔량대비"]
    day, before = rows(world, "opt10081", ASKED, moment, 2)
    if day["일자"] != row["날짜"]:
        day, before = {"거래대금": "0"}, day
    assert row["거래대금"] == day["거래대금"]
    assert (row["전일거래량"], row["전일거래대금"]) == (before["거래량"], before["거래대금"])


# -- opt10054 --------------------------------------------------------------------------------------

STOPPED = "000725 004835 002220 00088K".split()
KOSPI = {"시장구분": "001", "장전구분": "0", "발동구분": "0", "제외종목": "0" * 9}


@pytest.fixture(scope="module")
def stopped():
    return small_world(Generated(5), STOPPED)


@pytest.mark.parametrize("moment", [at(9, 0), at(9, 26), at(12, 54), at(18, 0)])
def test_the_stopped_are_those_whose_events_have_come(stopped, moment):
    table = rows(stopped, "opt10054", KOSPI, moment)
    expected = []
    for code in STOPPED:
        stock = universe()[code]
        for stop in stops(stopped.feed, stock, TODAY):
            if stop.interruption.start <= moment:
                event = stop_event(stopped.feed, stock, stop, over=stop.released <= moment)
                expected.append(event.split("\t"))
    assert len(table) == len(expected)
    for row, event in zip(table, sorted(expected, key=lambda each: each[8], reverse=True)):
        assert row["종목코드"] == event[0][1:]
        assert number(row["발동가격"]) == int(event[7])
        assert (row["매매체결처리시각"], row["VI해제시각"]) == (event[8], event[9])
        assert row["VI적용구분"] == event[10]
        assert number(row["정적기준가격"]) == int(event[11])
        assert number(row["동적기준가격"]) == int(event[12])
        assert row["정적괴리율"] == event[13].strip()
        assert row["시가대비등락률"] == event[15].strip()
        assert row["VI발동횟수"] == event[16]
        assert (
            row["누적거래량"]
            == single(stopped, "opt10001", {"종목코드": row["종목코드"]}, moment)["거래량"]
        )


def test_inputs_leave_out_who_was_stopped(stopped):
    def codes(**inputs):
        table = rows(stopped, "opt10054", {**KOSPI, **inputs}, at(18, 0))
        return [row["종목코드"] for row in table]

    everybody = codes()
    assert sorted(everybody) == sorted(STOPPED[:3])
    assert codes(종목코드="002220") == ["002220"]
    assert codes(시장구분="101") == codes(장전구분="2") == codes(발동구분="2") == []
    assert codes(발동구분="1") == everybody
    assert sorted(codes(제외종목="100000000")) == ["002220"]
    assert sorted(codes(발동방향="1") + codes(발동방향="2")) == sorted(everybody)
    volumes = {
        row["종목코드"]: int(row["누적거래량"])
        for row in rows(stopped, "opt10054", KOSPI, at(18, 0))
    }
    most = str(max(volumes.values()))
    (largest,) = codes(거래량구분="1", 최소거래량=most)
    assert volumes[largest] == int(most)
    assert codes(거래량구분="0", 최소거래량=most) == everybody
