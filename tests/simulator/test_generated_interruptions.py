from __future__ import annotations

from datetime import date

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from sapi_kiwoom import krx
from simulator.feeds.bars import DayBar
from simulator.feeds.generator import FIRST_DAY, Generated
from simulator.feeds.generator.interruptions import goes_too_far, interruptions, may_be_stopped
from simulator.feeds.generator.minutes import draw_minutes
from simulator.feeds.generator.ticks import draw_ticks
from simulator.universe import universe
from tests.simulator.test_generated import ODD_STOCKS, SEEDS, STOCKS, check_minutes, check_ticks

DAYS = st.sampled_from(krx.trading_days(FIRST_DAY, krx.LAST_DATE))
RATIOS = st.integers(-7_000, 9_500)  # of two prices within 30 % of a third, in 1/10,000


def wild_day(stock, day, open_price, ratios, volume):
    """A day bar that goes up and down by these ratios of its open."""
    table = krx.tick_table(stock.market, day)
    prices = [table.round_to_tick(open_price + open_price * ratio // 10_000) for ratio in ratios]
    opening = table.round_to_tick(open_price)
    high, low = max(opening, *prices), min(opening, *prices)
    value = volume * (2 * opening + 2 * prices[0] + high + low) // 6
    return DayBar(day, opening, high, low, prices[0], volume, value // 1_000_000)


def check_day(seed, stock, bar, limits):
    """A day obeys the rule, and still adds up."""
    day, session = bar.date, krx.session(bar.date)
    bars = draw_minutes(seed, stock, bar)
    check_minutes(stock, bar, bars)
    stops = interruptions(seed, stock, day, bars)
    waiting, reference, resumes = list(stops), bar.open, None
    for one in bars:
        if one.minute >= session.close:
            break
        start = krx.midnight(day) + one.minute * krx.MINUTE
        near = waiting and waiting[0].start < start + krx.MINUTE
        if one != bars[0] and resumes is None and not near:
            assert not goes_too_far(one.high, reference)
            assert not goes_too_far(one.low, reference)
            continue
        ticks = draw_ticks(seed, stock, day, one, limits, stops)
        check_ticks(day, one, ticks)
        for tick in ticks:
            if resumes is not None:
                assert (tick.at, tick.side) == (resumes, 0)
                reference, resumes = tick.price, None
                continue
            assert tick.side or (one == bars[0] and tick is ticks[0])
            if goes_too_far(tick.price, reference):
                stop = waiting.pop(0)
                assert (stop.start, stop.price) == (tick.at, tick.price)
                assert stop.reference == reference
                assert 120_000_000 <= stop.end - stop.start <= 150_000_000
                assert stop.end < krx.midnight(day) + session.close * krx.MINUTE
                resumes = stop.end
                assert tick is ticks[-1]
    assert not waiting
    assert resumes is None
    return stops


@given(
    SEEDS,
    STOCKS,
    DAYS,
    st.lists(RATIOS, min_size=1, max_size=3),
    st.sampled_from([200, 5_000, 400_000]),
)
@example(304, universe()["003550"], date(2016, 7, 18), [7_749, -759], 5_000)
@example(2660, universe()["092200"], date(2016, 8, 10), [6_027], 400_000)
def test_a_day_of_any_range_obeys_the_rule(seed, stock, day, ratios, volume):
    bar = wild_day(stock, day, stock.price, ratios, volume)
    assume(bar.low > 0)
    stops = check_day(seed, stock, bar, (bar.high * 2, 1))
    assert bool(stops) <= may_be_stopped(bar)


@given(SEEDS, ODD_STOCKS, st.sampled_from(krx.trading_days(FIRST_DAY, date(2027, 6, 1))))
def test_generated_days_obey_the_rule(seed, stock, day):
    feed = Generated(seed)
    bars = (feed.day(stock, one) for one in krx.trading_days(day, krx.LAST_DATE)[:120])
    bar = next((bar for bar in bars if bar and may_be_stopped(bar)), None)
    if bar:
        check_day(seed, stock, bar, feed.limits(stock, bar.date))


def test_a_day_that_leaves_its_range_is_interrupted():
    stock, day = universe()["056190"], date(2026, 11, 18)
    bar = wild_day(stock, day, 22_000, [2_000], 900_000)
    stops = check_day(1, stock, bar, (28_000, 16_000))
    assert stops
    assert stops[0].reference == 22_000
    assert stops[0].price == 24_200


def test_the_auction_after_an_interruption_trades_what_has_gathered():
    stock, day = universe()["056190"], date(2026, 11, 18)
    bar = wild_day(stock, day, 22_000, [2_000], 900_000)
    bars = draw_minutes(1, stock, bar)
    (stop, *_) = stops = interruptions(1, stock, day, bars)
    minute = krx.day_and_minute(stop.end)[1]
    resumed = next(one for one in bars if one.minute == minute)
    auction = draw_ticks(1, stock, day, resumed, (28_000, 16_000), stops)[0]
    assert auction.at == stop.end
    assert auction.side == 0
    assert 2 * auction.quantity > resumed.volume


def test_quiet_days_are_not_interrupted():
    feed, stock, day = Generated(1), universe()["005930"], date(2026, 11, 18)
    assert not may_be_stopped(feed.day(stock, day))
    assert interruptions(1, stock, day, feed.minutes(stock, day)) == ()
    assert interruptions(1, stock, day, ()) == ()


@pytest.mark.parametrize(
    ("price", "far"), [(11_000, True), (10_990, False), (9_000, True), (9_010, False)]
)
def test_ten_percent_is_too_far(price, far):
    assert goes_too_far(price, 10_000) == far
