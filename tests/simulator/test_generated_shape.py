"""Simulated prices look like the market's: a coarse check of measured facts, at one seed."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from sapi_kiwoom import krx
from simulator.feeds.generated import Generated
from simulator.universe import universe

HISTORY = Generated(1)
MONTH = krx.trading_days(date(2026, 10, 12), date(2026, 11, 18))


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


@pytest.mark.parametrize("code", ["005930", "005380", "015760", "000660"])
def test_minutes_bounce_between_bid_and_ask(code):
    stock = universe()[code]
    still = moves = product = square = 0
    for day in MONTH:
        closes = [bar.close for bar in HISTORY.minutes(stock, day) if bar.minute < 920]
        steps = [after - before for before, after in zip(closes, closes[1:])]
        still += steps.count(0)
        moves += len(steps)
        product += sum(first * second for first, second in zip(steps, steps[1:]))
        square += sum(step * step for step in steps)
    assert 0.25 < still / moves < 0.6
    assert -0.40 < product / square < -0.05


def test_trades():
    stock = universe()["005930"]
    ticks = [
        HISTORY.ticks(stock, day, bar.minute)
        for day in MONTH[:3]
        for bar in HISTORY.minutes(stock, day)
        if bar.minute < 920
    ]
    every = [tick for trades in ticks for tick in trades]
    counts = [len(trades) for trades in ticks]
    mean = sum(counts) / len(counts)
    assert sum((count - mean) ** 2 for count in counts) / len(counts) / mean > 20
    assert max(counts) <= 150
    assert 0.2 < sum(tick.quantity == 1 for tick in every) / len(every) < 0.4
    sides = Counter(tick.side for tick in every)
    assert 0.4 < sides[1] / len(every) < 0.6
    spreads = [
        (ask - bid) // krx.tick_table("KOSPI", MONTH[0]).tick(bid)
        for ask, bid in (HISTORY.best_quotes(stock, tick) for tick in every[:2_000])
    ]
    assert spreads.count(1) > 0.95 * len(spreads)


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
    stocks = [stock for stock in universe().values() if stock.kind == "stock"][::12]
    for stock in stocks:
        bars = HISTORY.days(stock, date(2026, 11, 20), 2_500)[::-1]
        for before, bar in zip(bars, bars[1:]):
            upper, lower = krx.tick_table(stock.market, bar.date).limits(before.close)
            days += 1
            ups += bar.close == bar.high == upper
            downs += bar.close == bar.low == lower
    assert 1 / 1_100 < ups / days < 1 / 450
    assert 1 / 12_000 < downs / days < 1 / 2_500


def test_levels_stay_plausible():
    for stock in list(universe().values())[::10]:
        closes = [bar.close for bar in HISTORY.days(stock, date(2026, 11, 20), 2_500)]
        assert stock.price / 12 < min(closes)
        assert max(closes) < stock.price * 12
