"""Candles: forms as recorded, and put together from the very trades that the market saw."""

from datetime import date
from itertools import groupby

import pytest

from sapi_kiwoom import krx
from simulator.universe import universe
from tests.simulator.answering import (
    AFTER_CLOSE,
    AT_TEN,
    CODE,
    CODES,
    STOCK,
    TODAY,
    at,
    number,
    rows,
    single,
    small_world,
    ticks,
)

MOMENTS = [at(9, 58, 12, 345_678), at(15, 25), AFTER_CLOSE]


@pytest.fixture(scope="module")
def world():
    return small_world()


def days(world, moment=AT_TEN, tr="opt10081", **inputs):
    return rows(world, tr, {"종목코드": CODE, "수정주가구분": "1", **inputs}, moment)


def minutes(world, moment=AT_TEN, tr="opt10080", most=2_000, **inputs):
    usual = {"종목코드": CODE, "틱범위": "1", "수정주가구분": "1"}
    return rows(world, tr, {**usual, **inputs}, moment, most)


def todays(table):
    return [row for row in table if row["체결시간"].startswith("20261120")]


def candle(trades):
    """What any candle of these trades must say."""
    prices = [trade.price for trade in trades]
    return {
        "시가": prices[0],
        "고가": max(prices),
        "저가": min(prices),
        "현재가": prices[-1],
        "거래량": sum(trade.quantity for trade in trades),
    }


def said(row):
    return {name: number(row[name]) for name in ("시가", "고가", "저가", "현재가", "거래량")}


# -- days, weeks, months -----------------------------------------------------------------------


def test_day_candles_are_unsigned_newest_first_with_the_code_in_the_first_row(world):
    table = days(world)
    assert [row["종목코드"] for row in table[:3]] == [CODE, "", ""]
    assert [row["일자"] for row in table[:2]] == ["20261120", "20261119"]
    for row in table:
        assert all(
            row[name].isdigit() for name in ("현재가", "거래량", "거래대금", "시가", "고가", "저가")
        )
        assert row["수정주가구분"] == row["전일종가"] == ""
        assert int(row["저가"]) <= min(int(row["시가"]), int(row["현재가"]))
        assert int(row["고가"]) >= max(int(row["시가"]), int(row["현재가"]))
    stamps = [row["일자"] for row in table]
    wanted = krx.trading_days(date(2025, 1, 2), TODAY)
    assert stamps[: len(wanted)] == [day.strftime("%Y%m%d") for day in reversed(wanted)]


def test_a_base_date_cuts_the_newest_and_a_later_one_means_today(world):
    assert days(world, 기준일자="20261115")[0]["일자"] == "20261113"  # a Sunday
    assert days(world, 기준일자="20991231")[0]["일자"] == "20261120"


def test_a_young_stock_has_a_short_history(world):
    young = universe()["0126Z0"]
    assert young.code in CODES
    table = days(world, 종목코드=young.code)
    assert len(table) == len(krx.trading_days(young.listed, TODAY))
    assert table[-1]["일자"] == young.listed.strftime("%Y%m%d")


@pytest.mark.parametrize("moment", MOMENTS)
def test_the_days_candle_is_made_of_its_trades(world, moment):
    today, trades = days(world, moment)[0], ticks(world, STOCK, moment)
    assert said(today) == candle(trades)
    value = sum(trade.price * trade.quantity for trade in trades)
    assert today["거래대금"] == str(value // 1_000_000)


WEEK, MONTH = (lambda day: day.isocalendar()[:2]), (lambda day: (day.year, day.month))


def _day(text):
    return date(int(text[:4]), int(text[4:6]), int(text[6:]))


@pytest.mark.parametrize("tr, period", [("opt10082", WEEK), ("opt10083", MONTH)])
@pytest.mark.parametrize("moment", MOMENTS)
def test_weeks_and_months_are_made_of_days_and_named_by_their_first(world, tr, period, moment):
    single_days = days(world, moment)
    wanted = []
    for _, each in groupby(single_days, key=lambda row: period(_day(row["일자"]))):
        some = list(each)  # newest first
        wanted.append(
            {
                "일자": some[-1]["일자"],
                "시가": some[-1]["시가"],
                "현재가": some[0]["현재가"],
                "고가": str(max(int(row["고가"]) for row in some)),
                "저가": str(min(int(row["저가"]) for row in some)),
                "거래량": str(sum(int(row["거래량"]) for row in some)),
                "거래대금": str(sum(int(row["거래대금"]) for row in some)),
            }
        )
    table = [{name: row[name] for name in wanted[0]} for row in days(world, moment, tr)]
    assert len(table) > 60
    assert table[:60] == wanted[:60]


@pytest.mark.parametrize("tr", ["opt10082", "opt10083"])
def test_an_end_date_leaves_out_candles_that_begin_before_it(world, tr):
    table = days(world, tr=tr, 끝일자="20260601")
    assert table[0]["일자"] == {"opt10082": "20261116", "opt10083": "20261102"}[tr]
    assert table[-1]["일자"] == "20260601"


# -- minutes -----------------------------------------------------------------------------------


def test_minute_candles_wear_their_colour_and_label_the_start_of_the_minute(world):
    today = todays(minutes(world, moment=AFTER_CLOSE, most=400))
    base = world.feed.base_price(STOCK, TODAY)
    assert [row["체결시간"][8:] for row in today[:3]] == ["153500", "153000", "151900"]
    assert today[-1]["체결시간"] == "20261120090000"
    for row in today:
        for name in ("시가", "고가", "저가", "현재가"):
            price = number(row[name])
            assert row[name] == f"{'+' if price > base else '-' if price < base else ''}{price}"


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("width", [1, 3, 5, 10, 15, 30, 45, 60])
def test_minute_candles_are_made_of_their_trades(world, moment, width):
    def label(trade):
        minute = 540 + (krx.day_and_minute(trade.at)[1] - 540) // width * width
        return f"20261120{minute // 60:02d}{minute % 60:02d}00"

    wanted = [
        (name, candle(list(some))) for name, some in groupby(ticks(world, STOCK, moment), label)
    ]
    table = todays(minutes(world, moment, most=400 // width + 2, 틱범위=str(width)))
    assert [(row["체결시간"], said(row)) for row in reversed(table)] == wanted


def test_before_the_first_trade_the_newest_candle_is_yesterdays(world):
    at_eight = at(8, 0)
    assert days(world, at_eight)[0]["일자"] == "20261119"
    assert minutes(world, at_eight, most=1)[0]["체결시간"].startswith("20261119")


def test_on_a_sunday_fridays_candles_are_whole(world):
    sunday = krx.midnight(date(2026, 11, 22)) + 12 * 60 * krx.MINUTE
    assert days(world, sunday)[0] == days(world, AFTER_CLOSE)[0]
    assert minutes(world, sunday, most=400) == minutes(world, AFTER_CLOSE, most=400)


# -- ticks -------------------------------------------------------------------------------------


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("width", [1, 3, 30])
def test_tick_candles_are_made_of_so_many_trades_and_named_by_their_first(world, width, moment):
    trades = ticks(world, STOCK, moment)
    some = [trades[start : start + width] for start in range(0, len(trades), width)]
    inputs = {"틱범위": str(width), "종목코드": CODE}
    table = minutes(world, moment, "opt10079", most=len(some) + 1, **inputs)
    assert [said(row) for row in table[: len(some)]] == [candle(each) for each in reversed(some)]
    assert all(row["현재가"].isdigit() for row in table), "without colour"
    for row, each in zip(table, reversed(some)):
        clock = krx.kst(each[0].at)
        assert row["체결시간"] == f"{clock:%Y%m%d%H%M%S}"
    assert table[len(some)]["체결시간"] < "20261120", "then the day before"


def test_the_single_record_repeats_the_code(world):
    for tr in ("opt10080", "opt10081", "opt10082", "opt10083"):
        inputs = {"종목코드": CODE}
        if tr == "opt10080":
            inputs["틱범위"] = "1"
        assert single(world, tr, inputs) == {"종목코드": CODE}
