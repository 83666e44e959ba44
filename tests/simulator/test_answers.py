"""Single stocks: forms as recorded, and one story with the market behind them."""

from datetime import date

import pytest

from sapi_kiwoom import catalogue, krx
from simulator.answers.table import ANSWERS
from simulator.tape import Tape
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

MOMENTS = [at(9, 0, 3), AT_TEN, at(11, 13, 14, 159265), AFTER_CLOSE]


@pytest.fixture(scope="module")
def world():
    return small_world()


def basics(world, moment=AT_TEN, code=CODE):
    return single(world, "opt10001", {"종목코드": code}, moment)


def sign(text):
    return (int(text) > 0) - (int(text) < 0)


# -- opt10001, OPTKWFID ------------------------------------------------------------------------


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("code", CODES)
def test_a_stock_at_a_glance_is_its_tape(world, code, moment):
    stock = universe()[code]
    tape = Tape(world.feed, stock, TODAY)
    tape.advance(moment)
    now = basics(world, moment, code)
    assert now["기준가"] == str(tape.base)
    assert (now["상한가"], now["하한가"]) == (f"+{tape.upper}", f"-{tape.lower}")
    assert now["거래량"] == str(tape.volume)
    if tape.last is None:
        assert [now[name] for name in ("시가", "고가", "저가", "전일대비")] == ["0"] * 4
        return
    prices = {
        "현재가": tape.last.price,
        "시가": tape.marks.open,
        "고가": tape.marks.high,
        "저가": tape.marks.low,
    }
    for name, price in prices.items():
        colour = "+" if price > tape.base else "-" if price < tape.base else ""
        assert now[name] == f"{colour}{price}"
    assert int(now["전일대비"]) == tape.last.price - tape.base
    assert float(now["등락율"]) == pytest.approx(
        (tape.last.price - tape.base) / tape.base * 100, abs=0.0051
    )
    assert now["대비기호"] == tape.symbol(tape.last.price)
    assert sign(now["전일대비"]) == {"1": 1, "2": 1, "3": 0, "4": -1, "5": -1}[now["대비기호"]]


@pytest.mark.parametrize("moment", MOMENTS)
def test_the_years_extremes_are_those_of_the_day_candles(world, moment):
    now = basics(world, moment)
    days = rows(world, "opt10081", {"종목코드": CODE}, moment, most=250)
    high, low = max(int(row["고가"]) for row in days), min(int(row["저가"]) for row in days)
    assert (number(now["250최고"]), number(now["250최저"])) == (high, low)
    newest = next(row["일자"] for row in days if int(row["고가"]) == high)
    assert now["250최고가일"] == newest
    price = number(now["현재가"])
    assert float(now["250최고가대비율"]) == pytest.approx((price - high) / high * 100, abs=0.0051)
    assert float(now["250최저가대비율"]) == pytest.approx((price - low) / low * 100, abs=0.0051)
    this_year = [row for row in days if row["일자"] >= "2026"]
    assert number(now["연중최고"]) == max(int(row["고가"]) for row in this_year)
    assert number(now["연중최저"]) == min(int(row["저가"]) for row in this_year)


@pytest.mark.parametrize("code", CODES)
def test_what_is_said_about_a_company_fits_together(world, code):
    now, stock = basics(world, AT_TEN, code), universe()[code]
    if stock.market == "ETF":
        assert now["EPS"] == now["PER"] == now["자본금"] == now["결산월"] == ""
        return
    price, earnings, book_value = int(now["기준가"]), int(now["EPS"]), int(now["BPS"])
    assert int(now["시가총액"]) == number(now["현재가"]) * stock.shares // 100_000_000
    assert int(now["자본금"]) == int(now["액면가"]) * stock.shares // 100_000_000
    assert (now["PER"] == "") == (earnings < 0)
    if now["PER"]:
        assert float(now["PER"]) * earnings == pytest.approx(price, rel=0.01)
    assert float(now["PBR"]) * book_value == pytest.approx(price, rel=0.02)
    assert float(now["ROE"]) == pytest.approx(earnings / book_value * 100, abs=0.11)
    assert int(now["당기순이익"]) == int(earnings * stock.shares / 100_000_000)
    assert int(now["매출액"]) > abs(int(now["영업이익"])) >= abs(int(now["당기순이익"]))
    assert int(now["유통주식"]) < int(now["상장주식"])
    another_day = basics(world, AT_TEN - 30 * 24 * 60 * krx.MINUTE, code)
    assert [another_day[name] for name in ("EPS", "BPS", "매출액")] == [
        now[name] for name in ("EPS", "BPS", "매출액")
    ]


def test_before_the_first_trade_a_stock_stands_at_its_base_price(world):
    now = basics(world, at(8, 0))
    assert now["현재가"] == now["기준가"]
    assert (now["대비기호"], now["전일대비"], now["등락율"], now["거래량"]) == (
        "3",
        "0",
        "0.00",
        "0",
    )
    assert (now["시가"], now["예상체결가"]) == ("0", "-0")


def test_an_auction_shows_what_it_expects_and_not_the_future(world):
    expected = world.feed.expected(STOCK, TODAY)
    shown = [each for each in expected if at(15, 20) <= each.at <= at(15, 25)][-1]
    now = basics(world, at(15, 25))
    assert number(now["예상체결가"]) == shown.price
    assert now["예상체결수량"] == str(shown.quantity)
    assert basics(world, AT_TEN)["예상체결가"] == basics(world, AFTER_CLOSE)["예상체결가"] == "-0"


SHARED = {
    "현재가": "현재가",
    "기준가": "기준가",
    "전일대비": "전일대비",
    "전일대비기호": "대비기호",
    "등락율": "등락율",
    "거래량": "거래량",
    "전일거래량대비": "거래대비",
    "상한가": "상한가",
    "하한가": "하한가",
    "시가": "시가",
    "고가": "고가",
    "저가": "저가",
    "예상체결가": "예상체결가",
    "예상체결량": "예상체결수량",
    "자본금": "자본금",
    "액면가": "액면가",
    "시가총액": "시가총액",
    "주식수": "상장주식",
    "종목명": "종목명",
}


@pytest.mark.parametrize("moment", [*MOMENTS, at(8, 55)])
def test_watched_stocks_are_each_what_they_are_alone(world, moment):
    asked = [*reversed(CODES), "999999"]
    table = rows(world, "OPTKWFID", {"종목코드": ";".join(asked)}, moment)
    assert [row["종목코드"] for row in table] == list(reversed(CODES))
    for row in table:
        alone = basics(world, moment, row["종목코드"])
        assert {name: row[name] for name in SHARED} == {
            name: alone[other] for name, other in SHARED.items()
        }
        (book,) = rows(world, "opt10004", {"종목코드": row["종목코드"]}, moment)
        assert row["매도1차호가"] == row["매도호가"] == book["매도최우선호가"]
        assert row["매수5차호가"] == book["매수5차선호가"]
        assert row["우선매수잔량"] == book["매수최우선잔량"]
        assert row["총매도잔량"] == book["총매도잔량"]


def test_no_more_than_a_hundred_stocks_are_watched(world):
    table = rows(world, "OPTKWFID", {"종목코드": ";".join([CODE] * 101)}, at(8, 0))
    assert len(table) == 100


# -- opt10003, opt10046 ------------------------------------------------------------------------


@pytest.mark.parametrize("moment", MOMENTS)
def test_the_latest_trades_are_those_of_the_tape(world, moment):
    table = rows(world, "opt10003", {"종목코드": CODE}, moment)
    stock = STOCK
    tape = Tape(world.feed, stock, TODAY)
    packets = []
    ticks = [
        tick
        for bar in world.feed.minutes(stock, TODAY)
        for tick in world.feed.ticks(stock, TODAY, bar.minute)
        if tick.at <= moment
    ]
    for tick in ticks:
        packets.append((tape.publish(tick).split("\t"), tape.value))
    assert len(table) == min(len(packets), 2_000)
    for row, (packet, value) in zip(table, reversed(packets)):
        real = [field.strip() for field in packet]  # a blank where a TR has nothing
        assert [row["시간"], row["현재가"], row["전일대비"], row["대비율"]] == real[:4]
        assert row["체결거래량"] == real[6]
        assert row["누적거래량"] == real[7]
        assert row["sign"] == real[12]
        assert row["체결강도"] == real[18]
        assert row["누적거래대금"] == str(value)


@pytest.mark.parametrize("moment", MOMENTS)
def test_strengths_are_averaged_over_the_minutes_before(world, moment):
    bought = sold = 0
    at_ends, last = {}, []
    for tick in ticks(world, STOCK, moment):
        bought += tick.quantity * (tick.side > 0)
        sold += tick.quantity * (tick.side < 0)
        at_ends[krx.day_and_minute(tick.at)[1]] = bought / sold * 100 if sold else 0.0
    last = list(at_ends.values())[::-1]
    row = rows(world, "opt10046", {"종목코드": CODE}, moment, most=1)[0]
    assert float(row["체결강도"]) == pytest.approx(last[0], abs=0.0051)
    for span in (5, 20, 60):
        mean = sum(last[:span]) / len(last[:span])
        assert float(row[f"체결강도{span}분"]) == pytest.approx(mean, abs=0.02)


# -- opt10004, opt10087 ------------------------------------------------------------------------


def sizes(row, side):
    names = [f"{side}최우선"] + [
        f"{side}{level}{'우' if level == 6 else '차'}선" for level in range(2, 11)
    ]
    return [int(row[f"{name}잔량"]) for name in names]


def prices(row, side):
    fields = [f"{side}최우선호가", f"{side}2차선호가", f"{side}3차선호가", f"{side}4차선호가"]
    return [number(row[name]) for name in fields]


def changes(row, side):
    return [int(row[f"{side}{level}차선잔량대비"]) for level in range(1, 11)]


@pytest.fixture(scope="module")
def quotes(world):
    return [
        quote for minute in range(530, 961) for quote in world.feed.quotes(STOCK, TODAY, minute)
    ]


@pytest.mark.parametrize("moment", MOMENTS)
def test_the_book_is_the_last_that_the_market_showed(world, quotes, moment):
    (row,) = rows(world, "opt10004", {"종목코드": CODE}, moment)
    shown = [quote for quote in quotes if quote.at <= moment]
    now, before = shown[-1], shown[-2] if len(shown) > 1 else shown[-1]
    assert row["호가잔량기준시간"] == f"{krx.kst(now.at):%H%M%S}"
    for side, levels, past in (("매도", now.asks, before.asks), ("매수", now.bids, before.bids)):
        assert prices(row, side) == [price for price, _ in levels[:4]]
        assert sizes(row, side) == [size for _, size in levels] + [0] * (10 - len(levels))
        assert int(row[f"총{side}잔량"]) == sum(size for _, size in levels)
        then = dict(past)
        wanted = [size - then.get(price, size) for price, size in levels]
        assert changes(row, side)[: len(wanted)] == wanted
    assert prices(row, "매수")[0] < prices(row, "매도")[0]


def test_before_the_first_trade_there_is_no_book(world):
    (row,) = rows(world, "opt10004", {"종목코드": CODE}, at(8, 0))
    assert row["매도최우선호가"] == row["총매수잔량"] == "0"
    assert row["호가잔량기준시간"] == "080000"


def test_the_after_hours_book_is_empty_since_the_session_was_abolished(world):
    (row,) = rows(world, "opt10087", {"종목코드": CODE}, AFTER_CLOSE)
    assert row["시간외단일가_현재가"] == "0"
    then = at(16, 30, day=date(2026, 9, 11))
    (row,) = rows(world, "opt10087", {"종목코드": CODE}, then)
    close = world.feed.day(STOCK, date(2026, 9, 11)).close
    assert abs(int(row["시간외단일가_현재가"])) == close
    assert int(row["시간외단일가_매도호가수량1"]) > 0


# -- opt10005, OPT10006, opt10014 --------------------------------------------------------------


@pytest.mark.parametrize("moment", MOMENTS)
def test_the_days_of_a_stock_are_its_candles_in_colour(world, moment):
    table = rows(world, "opt10005", {"종목코드": CODE}, moment, most=100)
    candles = rows(world, "opt10081", {"종목코드": CODE}, moment, most=101)
    for row, candle, before in zip(table, candles, candles[1:]):
        base, close = int(before["현재가"]), int(candle["현재가"])
        assert row["날짜"] == candle["일자"]
        assert number(row["종가"]) == close
        assert row["종가"][0] == ("+" if close > base else "-" if close < base else row["종가"][0])
        assert int(row["대비"]) == close - base
        assert (row["거래량"], row["거래대금"]) == (candle["거래량"], candle["거래대금"])
    (newest,) = rows(world, "OPT10006", {"종목코드": CODE}, moment)
    assert newest == {name: table[0][name] for name in newest}
    assert (
        newest["체결강도"] == rows(world, "opt10003", {"종목코드": CODE}, moment, 1)[0]["체결강도"]
    )


def test_short_selling_is_a_part_of_the_day(world):
    inputs = {"종목코드": CODE, "시간구분": "1", "시작일자": "20261001", "종료일자": "20261120"}
    table = rows(world, "opt10014", inputs)
    assert table[0]["일자"] == "20261119"
    assert table[-1]["일자"] == "20261001"
    for row in table:
        assert 0 <= int(row["공매도량"]) <= int(row["거래량"])
        share = int(row["공매도량"]) / int(row["거래량"]) * 100
        assert float(row["매매비중"]) == pytest.approx(share, abs=0.0051)


# -- all ---------------------------------------------------------------------------------------

INPUTS = {
    "종목코드": "999999",
    "틱범위": "1",
    "시간구분": "1",
    "시작일자": "20261001",
    "종료일자": "20261120",
}
OF_A_STOCK = [
    *("opt10001", "opt10003", "opt10004", "opt10005", "opt10006", "opt10014", "opt10046"),
    *("opt10079", "opt10080", "opt10081", "opt10082", "opt10083", "opt10087", "optkwfid"),
]


@pytest.mark.parametrize("code", OF_A_STOCK)
def test_an_unknown_stock_has_no_answer(world, code):
    asked = {each.name: INPUTS.get(each.name, "") for each in catalogue.tr(code).inputs}
    answer = ANSWERS[code](world, asked, AT_TEN)
    assert answer.single == []
    assert [row for row in answer.rows if row is not None] == []
