"""What a generated day must have beside the measures of `tests.simulator.bands`."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date
from math import log

import pytest

from sapi_kiwoom import krx
from simulator.feeds.generator import Generated
from simulator.feeds.generator.market import exposure
from simulator.universe import universe
from tests.simulator.bands import correlation

HISTORY = Generated(1)
MONTH = krx.trading_days(date(2026, 10, 12), date(2026, 11, 18))
YEAR = krx.trading_days(date(2025, 11, 20), date(2026, 11, 18))


@pytest.mark.parametrize("code", ["005930", "005380", "196170", "069500"])
def test_volume_of_a_day(code):
    stock = universe()[code]
    days = [HISTORY.minutes(stock, day) for day in MONTH]

    def part(first, last):
        total = sum(bar.volume for bars in days for bar in bars)
        within = (bar.volume for bars in days for bar in bars if first <= bar.minute <= last)
        return sum(within) / total

    assert 0.15 < part(540, 569) < 0.30
    assert 0.025 < part(720, 749) < 0.06
    assert 0.03 < part(930, 930) < 0.09
    assert part(935, 935) == pytest.approx(part(930, 930) * 0.026, rel=0.01)


def closes(code):
    return [HISTORY.day(universe()[code], day).close for day in YEAR]


def moves(code):
    prices = closes(code)
    return [log(after / before) for before, after in zip(prices, prices[1:])]


def test_stocks_rise_and_fall_together():
    stocks = [
        stock
        for stock in universe().values()
        if stock.market == "KOSPI" and stock.size == "대형주" and stock.listed < YEAR[0]
    ][:60]
    each = [moves(stock.code) for stock in stocks]
    index = [sum(day) / len(day) for day in zip(*each)]
    assert 0.35 < sum(correlation(one, index) for one in each) / len(each) < 0.75
    deviation = (sum(move * move for move in index) / len(index)) ** 0.5
    assert 0.006 < deviation < 0.018
    assert correlation(moves("069500"), index) > 0.8
    assert correlation(moves("114800"), index) < -0.8
    assert correlation(moves("069500"), moves("102110")) > 0.95


@pytest.mark.parametrize(
    ("name", "sign", "group"),
    [
        ("KODEX 200", 1, "KOSPI"),
        ("TIGER 200선물인버스2X", -1, "KOSPI"),
        ("KODEX 인버스", -1, "KOSPI"),
        ("KODEX 코스닥 150", 1, "KOSDAQ"),
        ("KODEX 코스닥150선물인버스", -1, "KOSDAQ"),
        ("TIGER 200 건설", 0, ""),
        ("KODEX 미국S&P500선물(H)", 0, ""),
    ],
)
def test_which_index_an_etf_follows(name, sign, group):
    stock = replace(universe()["069500"], name=name)
    follows = exposure(stock)
    assert follows.is_index == bool(sign)
    if sign:
        assert (follows.market > 0) == (sign > 0)
        assert follows.group == group


def test_weights_of_draws_add_up_to_one():
    for stock in list(universe().values())[::7]:
        market, board, sector, own, minute, rest, _ = exposure(stock)
        assert abs(market**2 + board**2 + sector**2 + own**2 - 256**2) < 2 * 256
        assert abs(minute**2 + rest**2 - 256**2) < 2 * 256


def test_stocks_move_together_within_a_day():
    def minutes(code):
        found = []
        for day in MONTH[:6]:
            bars = [bar for bar in HISTORY.minutes(universe()[code], day) if bar.minute < 920]
            found += [log(b.close / a.close) for a, b in zip(bars[::5], bars[5::5])]
        return found

    etf = minutes("069500")
    assert correlation(etf, minutes("122630")) > 0.8
    codes = ("005930", "000660", "005380", "035420", "051910", "006400", "000270", "105560")
    index = [sum(moves) / len(codes) for moves in zip(*map(minutes, codes))]
    assert correlation(etf, index) > 0.25


def test_prices_touch_their_extremes_and_leave():
    shares, longest = [], []
    for code in ("005930", "000660", "196170", "086520", "069500"):
        for day in MONTH:
            bar = HISTORY.day(universe()[code], day)
            minutes = [one for one in HISTORY.minutes(universe()[code], day) if one.minute < 920]
            touches = "".join(
                "x" if one.high == bar.high or one.low == bar.low else " " for one in minutes
            )
            shares.append(touches.count("x") / len(touches))
            longest.append(max(map(len, touches.split(" "))))
    # Of a random walk they are 0.06 where the range is 8 ticks, 0.02 where it is 20.
    assert 0 < sorted(shares)[len(shares) // 2] < 0.06
    assert sorted(longest)[len(longest) * 9 // 10] < 40


def test_no_day_stands_still():
    for code in ("005930", "005380", "086520", "069500"):
        stock = universe()[code]
        ranges = [
            (bar.high - bar.low) * 10_000 / bar.close / stock.volatility
            for bar in HISTORY.days(stock, YEAR[-1], 1_000)
        ]
        assert min(ranges) > 0.2
        assert 0.7 < sorted(ranges)[500] < 1.5


def test_the_opening_auction_is_large():
    parts = []
    for code in ("005930", "000660", "005380", "105560", "035420"):
        stock = universe()[code]
        for day in MONTH:
            auction = HISTORY.ticks(stock, day, krx.session(day).open)[0]
            assert auction.side == 0
            parts.append(auction.quantity / HISTORY.day(stock, day).volume)
    assert 0.007 < sum(parts) / len(parts) < 0.03


def strength(code, day):
    """체결강도 at the end of a day: shares bought for 100 sold."""
    stock, bought, sold = universe()[code], 0, 0
    for bar in HISTORY.minutes(stock, day):
        for tick in HISTORY.ticks(stock, day, bar.minute):
            bought += tick.quantity * (tick.side > 0)
            sold += tick.quantity * (tick.side < 0)
    return 100 * bought / sold


def test_buyers_are_keener_on_days_that_rise():
    found, moves = [], []
    for code in ("006380", "066970"):
        for day in MONTH[:14]:
            bar, base = (
                HISTORY.day(universe()[code], day),
                HISTORY.base_price(universe()[code], day),
            )
            found.append(strength(code, day))
            moves.append(bar.close / base - 1)
    assert 50 < min(found) < 92
    assert 108 < max(found) < 200
    assert correlation(found, moves) > 0.3


def test_trades_come_in_runs_and_bursts():
    stock = universe()["005930"]
    ticks = [
        tick
        for bar in HISTORY.minutes(stock, MONTH[0])[1:-2]
        for tick in HISTORY.ticks(stock, MONTH[0], bar.minute)
    ]
    sides = Counter(tick.side for tick in ticks)
    assert set(sides) == {1, -1}
    assert 0.4 < sides[1] / len(ticks) < 0.6
    seconds = Counter(tick.at // 1_000_000 for tick in ticks)
    usual = len(ticks) / len(seconds)
    assert max(seconds.values()) > 8 * usual
    assert len(seconds) < 0.9 * 60 * 379
    sizes = sorted(tick.quantity for tick in ticks)
    assert sizes[len(sizes) * 99 // 100] > 14 * sizes[len(sizes) // 2]


def test_liquidity_providers_print_one_size_again_and_again():
    def repeats(code):
        stock = universe()[code]
        found = Counter()
        for bar in HISTORY.minutes(stock, MONTH[0])[1:-2]:
            ticks = HISTORY.ticks(stock, MONTH[0], bar.minute)
            found.update(a.quantity == b.quantity for a, b in zip(ticks, ticks[1:]))
        return found[True] / sum(found.values())

    assert repeats("251340") > 1.4 * repeats("028050")


@pytest.mark.parametrize(
    ("day", "first", "last", "auction"),
    [
        (date(2026, 11, 20), 540, 919, 930),
        (date(2026, 1, 2), 600, 919, 930),  # opens at 10:00
        (date(2020, 12, 3), 600, 979, 990),  # college entrance exam
        (date(2016, 7, 29), 540, 889, 900),  # the last day that closed at 15:00
    ],
)
def test_labels_of_a_busy_stock(day, first, last, auction):
    bars = HISTORY.minutes(universe()["005930"], day)
    assert [bar.minute for bar in bars] == [*range(first, last + 1), auction, auction + 5]
    assert bars[-1].low == bars[-1].high == bars[-2].close
    (settled,) = HISTORY.ticks(universe()["005930"], day, auction)
    assert settled.side == 0
    assert 0 <= settled.at - krx.midnight(day) - auction * krx.MINUTE < 30_000_000


def test_thin_stocks_have_holes():
    bars = HISTORY.minutes(universe()["510001"], date(2026, 11, 20))
    assert 2 <= len(bars) < 200


def test_limits_are_reached_now_and_then():
    days = ups = downs = 0
    stocks = [stock for stock in universe().values() if stock.kind == "stock"]
    for stock in stocks[:: max(1, len(stocks) // 21)]:
        bars = HISTORY.days(stock, date(2026, 11, 20), 2_500)[::-1]
        for before, bar in zip(bars, bars[1:]):
            upper, lower = krx.tick_table(stock.market, bar.date).limits(before.close)
            days += 1
            ups += bar.close == bar.high == upper
            downs += bar.close == bar.low == lower
    assert 1 / 1_100 < ups / days < 1 / 400
    assert 1 / 20_000 < downs / days < 1 / 2_500


def test_levels_stay_plausible():
    stocks = list(universe().values())
    for stock in stocks[:: max(1, len(stocks) // 31)]:
        prices = [bar.close for bar in HISTORY.days(stock, date(2026, 11, 20), 2_500)]
        assert stock.price / 12 < min(prices)
        assert max(prices) < stock.price * 12
