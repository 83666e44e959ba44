"""Rows of the TRs: formats as recorded, and one story with the history behind them."""

from datetime import date

import pytest

from sapi_kiwoom import catalogue, krx
from simulator.answers import ANSWERS
from simulator.answers.world import World
from simulator.feeds.generated import Generated
from simulator.universe import universe

TODAY = date(2026, 11, 20)
AT_TEN = krx.midnight(TODAY) + 600 * krx.MINUTE
AFTER_CLOSE = krx.midnight(TODAY) + 16 * 60 * krx.MINUTE
RANKING = {
    "시장구분": "000",
    "상하한구분": "2",
    "정렬구분": "1",
    "종목조건": "0",
    "거래량구분": "00000",
    "신용조건": "0",
    "매매금구분": "0",
}


@pytest.fixture(scope="module")
def world():
    return World(universe(), Generated(5))


def rows(world, code, inputs, moment=AT_TEN, most=2_000):
    fields = [each.name for each in catalogue.tr(code).multi.fields]
    found = []
    for row in ANSWERS[code](world, inputs, moment):
        if row is not None:
            assert len(row) == len(fields)
            assert all(isinstance(cell, str) for cell in row)
            found.append(dict(zip(fields, row)))
        if len(found) == most:
            break
    return found


def days(world, moment=AT_TEN, **inputs):
    return rows(
        world,
        "opt10081",
        {"종목코드": "005930", "기준일자": "", "수정주가구분": "1", **inputs},
        moment,
    )


def minutes(world, moment=AT_TEN, most=2_000, **inputs):
    usual = {"종목코드": "005930", "틱범위": "1", "수정주가구분": "1"}
    return rows(world, "opt10080", {**usual, **inputs}, moment, most)


def test_day_candles_are_unsigned_newest_first_with_the_code_in_the_first_row(world):
    table = days(world)
    assert [row["종목코드"] for row in table[:3]] == ["005930", "", ""]
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


def test_minute_candles_wear_their_colour_and_label_the_start_of_the_minute(world):
    table = minutes(world, moment=AFTER_CLOSE)
    base = world.feed.base_price(universe()["005930"], TODAY)
    today = [row for row in table if row["체결시간"].startswith("20261120")]
    assert [row["체결시간"][8:] for row in today[:3]] == ["153500", "153000", "151900"]
    assert today[-1]["체결시간"] == "20261120090000"
    assert len(today) == 382
    for row in today:
        price = abs(int(row["현재가"]))
        sign = "+" if price > base else "-" if price < base else ""
        assert row["현재가"] == f"{sign}{price}"


@pytest.mark.parametrize("moment", [AT_TEN, AT_TEN + 12_345_678, AFTER_CLOSE])
def test_minutes_add_up_to_the_day_at_any_moment(world, moment):
    today = [row for row in minutes(world, moment) if row["체결시간"].startswith("20261120")]
    day = days(world, moment)[0]
    price = [
        {name: abs(int(row[name])) for name in ("시가", "고가", "저가", "현재가")} for row in today
    ]
    assert day["시가"] == str(price[-1]["시가"])
    assert day["현재가"] == str(price[0]["현재가"])
    assert day["고가"] == str(max(row["고가"] for row in price))
    assert day["저가"] == str(min(row["저가"] for row in price))
    assert day["거래량"] == str(sum(int(row["거래량"]) for row in today))


@pytest.mark.parametrize("width", [3, 5, 10, 15, 30, 45, 60])
def test_wider_candles_hold_the_same_trades(world, width):
    fine = [row for row in minutes(world, AFTER_CLOSE) if row["체결시간"].startswith("20261120")]
    wide = [
        row
        for row in minutes(world, AFTER_CLOSE, 틱범위=str(width))
        if row["체결시간"].startswith("20261120")
    ]
    assert sum(int(row["거래량"]) for row in wide) == sum(int(row["거래량"]) for row in fine)
    assert wide[0]["현재가"] == fine[0]["현재가"]
    assert wide[-1]["시가"] == fine[-1]["시가"]
    for row in wide:
        minute = int(row["체결시간"][8:10]) * 60 + int(row["체결시간"][10:12])
        assert (minute - 540) % width == 0


def test_a_young_stock_has_a_short_history(world):
    young = max(universe().values(), key=lambda stock: stock.listed)
    table = days(world, 종목코드=young.code)
    assert table[-1]["일자"] >= young.listed.strftime("%Y%m%d")
    assert len(table) == len(krx.trading_days(young.listed, TODAY))


def test_before_the_first_trade_the_newest_candle_is_yesterdays(world):
    at_eight = krx.midnight(TODAY) + 480 * krx.MINUTE
    assert days(world, at_eight)[0]["일자"] == "20261119"
    assert minutes(world, at_eight)[0]["체결시간"].startswith("20261119")


def test_the_book_stands_around_the_last_trade(world):
    (row,) = rows(world, "opt10004", {"종목코드": "005930"})
    last = world.last_trade(universe()["005930"], AT_TEN)
    asks = [abs(int(row["매도최우선호가"]))]
    asks += [abs(int(row[f"매도{level}차선호가"])) for level in range(2, 11)]
    bids = [abs(int(row["매수최우선호가"]))]
    bids += [
        abs(int(row[f"매수{level}{'우' if level == 6 else '차'}선호가"])) for level in range(2, 11)
    ]
    assert asks == sorted(asks)
    assert bids == sorted(bids, reverse=True)
    assert bids[0] <= last.price <= asks[0]
    assert bids[0] < asks[0]
    sizes = [row["매도최우선잔량"]] + [
        row[f"매도{level}{'우' if level == 6 else '차'}선잔량"] for level in range(2, 11)
    ]
    assert int(row["총매도잔량"]) == sum(map(int, sizes))
    assert "0959" <= row["호가잔량기준시간"] <= "100000"


def test_short_selling_is_a_part_of_the_day(world):
    table = rows(
        world,
        "opt10014",
        {"종목코드": "005930", "시간구분": "1", "시작일자": "20261001", "종료일자": "20261120"},
    )
    assert table[0]["일자"] == "20261119"
    assert table[-1]["일자"] == "20261001"
    for row in table:
        assert 0 <= int(row["공매도량"]) <= int(row["거래량"])
        share = int(row["공매도량"]) / int(row["거래량"]) * 100
        assert float(row["매매비중"]) == pytest.approx(share, abs=0.0051)


def test_rankings_hold_what_was_asked_for_in_the_order_asked_for(world):
    risen = rows(world, "opt10017", RANKING)
    assert risen
    assert all(row["전일대비기호"] in "12" and row["현재가"][0] == "+" for row in risen)
    assert [row["종목코드"] for row in risen] == sorted(row["종목코드"] for row in risen)
    by_rate = [
        float(row["등락률"]) for row in rows(world, "opt10017", {**RANKING, "정렬구분": "3"})
    ]
    assert by_rate == sorted(by_rate, reverse=True)
    fallen = rows(world, "opt10017", {**RANKING, "상하한구분": "5", "시장구분": "101"})
    assert fallen
    assert all(universe()[row["종목코드"]].market == "KOSDAQ" for row in fallen)
    assert not {row["종목코드"] for row in fallen} & {row["종목코드"] for row in risen}


def test_stocks_at_their_limit_are_found_on_a_day_that_has_some(world):
    history = world.feed

    def closes_locked(stock, day):
        bar = history.day(stock, day)
        return bar is not None and bar.close == history.limits(stock, day)[0]

    day = next(
        bar.date
        for stock in universe().values()
        for bar in history.days(stock, krx.previous_trading_day(TODAY), 250)
        if closes_locked(stock, bar.date)
    )
    locked = [stock for stock in universe().values() if closes_locked(stock, day)]
    moment = krx.midnight(day) + 15 * 60 * krx.MINUTE + 59 * krx.MINUTE
    found = rows(world, "opt10017", {**RANKING, "상하한구분": "1"}, moment)
    assert {row["종목코드"] for row in found} == {stock.code for stock in locked}
    tomorrow = krx.midnight(krx.next_trading_day(day)) + 15 * 60 * krx.MINUTE
    after = rows(world, "opt10017", {**RANKING, "상하한구분": "6"}, tomorrow)
    assert {row["종목코드"] for row in after} == {stock.code for stock in locked}


def test_the_after_hours_book_is_empty_since_the_session_was_abolished(world):
    (row,) = rows(world, "opt10087", {"종목코드": "005930"}, AFTER_CLOSE)
    assert row["시간외단일가_현재가"] == "0"
    then = krx.midnight(date(2026, 9, 11)) + (16 * 60 + 30) * krx.MINUTE
    (row,) = rows(world, "opt10087", {"종목코드": "005930"}, then)
    close = world.feed.day(universe()["005930"], date(2026, 9, 11)).close
    assert abs(int(row["시간외단일가_현재가"])) == close
    assert int(row["시간외단일가_매도호가수량1"]) > 0


@pytest.mark.parametrize("code", ["opt10004", "opt10080", "opt10081", "opt10087"])
def test_an_unknown_stock_has_no_rows(world, code):
    inputs = {"종목코드": "999999", "틱범위": "1", "기준일자": "", "수정주가구분": "1"}
    assert rows(world, code, inputs) == []
