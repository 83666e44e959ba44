from __future__ import annotations

from dataclasses import replace
from datetime import date
from hashlib import sha256

from hypothesis import example, given
from hypothesis import strategies as st

from sapi_kiwoom import krx
from simulator.draws import OCTAVE
from simulator.feeds import DayBar
from simulator.feeds.generator import FIRST_DAY, Generated
from simulator.feeds.generator.days import _settle
from simulator.universe import Stock, universe

SEEDS = st.integers(0, 2**32)
STOCKS = st.sampled_from(list(universe().values()))
DAYS = st.sampled_from(krx.trading_days(FIRST_DAY, krx.LAST_DATE))


def check_minutes(stock: Stock, day: DayBar, bars):
    assert bars[0].open == day.open
    assert max(bar.high for bar in bars) == day.high
    assert min(bar.low for bar in bars) == day.low
    assert bars[-1].close == day.close
    assert sum(bar.volume for bar in bars) == day.volume
    assert sum(bar.value for bar in bars) // 1_000_000 == day.value_million
    table = krx.tick_table(stock.market, day.date)
    for bar in bars:
        assert bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high
        first = table.index(bar.low)
        levels = [table.price(first + level) for level in range(len(bar.traded))]
        assert levels[-1] == bar.high
        assert bar.open in levels
        assert bar.close in levels
        assert min(bar.traded) >= 0
        assert sum(bar.traded) == bar.volume
        assert sum(p * shares for p, shares in zip(levels, bar.traded)) == bar.value


def check_ticks(day, bar, ticks):
    assert ticks[0].price == bar.open
    assert ticks[-1].price == bar.close
    assert max(tick.price for tick in ticks) == bar.high
    assert min(tick.price for tick in ticks) == bar.low
    assert min(tick.quantity for tick in ticks) > 0
    assert sum(tick.quantity for tick in ticks) == bar.volume
    assert sum(tick.quantity * tick.price for tick in ticks) == bar.value
    times = [tick.at for tick in ticks]
    assert times == sorted(times)
    assert krx.day_and_minute(times[0]) == krx.day_and_minute(times[-1]) == (day, bar.minute)


@given(SEEDS, STOCKS, DAYS, st.data())
def test_ticks_rebuild_minutes_and_minutes_rebuild_the_day(seed, stock, day, data):
    history = Generated(seed)
    bar = history.day(stock, day)
    bars = history.minutes(stock, day)
    if day < stock.listed:
        assert bar is None
        assert bars == ()
        return
    assert bar.date == day
    check_minutes(stock, bar, bars)
    for minute in [*data.draw(st.lists(st.sampled_from(bars), max_size=5)), bars[0], bars[-1]]:
        ticks = history.ticks(stock, day, minute.minute)
        check_ticks(day, minute, ticks)
        for tick in ticks:
            check_quotes(history, stock, day, tick)


def check_quotes(history, stock, day, tick):
    ask, bid = history.best_quotes(stock, tick)
    upper, lower = history.limits(stock, day)
    table = krx.tick_table(stock.market, day)
    assert {1: ask, -1: bid}.get(tick.side, tick.price) == tick.price
    assert not (ask == 0 and bid == 0)
    for quote in (ask, bid):
        if quote:
            assert lower <= quote <= upper
            assert table.round_down(quote) == quote
    if ask and bid:
        assert bid < ask
    assert ask or tick.price == upper
    assert bid or tick.price == lower


@given(SEEDS, STOCKS, st.sampled_from(krx.trading_days(FIRST_DAY, date(2027, 1, 4))))
def test_days_stay_on_the_grid_and_within_the_limits(seed, stock, day):
    history = Generated(seed)
    base = history.base_price(stock, day)
    for _ in range(130):
        bar = history.day(stock, day)
        assert history.base_price(stock, day) == base
        if bar:
            table = krx.tick_table(stock.market, day)
            upper, lower = table.limits(base)
            assert history.limits(stock, day) == (upper, lower)
            prices = (bar.low, bar.open, bar.close, bar.high)
            assert lower <= bar.low <= min(prices) <= max(prices) <= bar.high <= upper
            assert all(table.round_down(price) == price for price in prices)
            assert bar.volume * bar.low // 1_000_000 <= bar.value_million
            assert bar.value_million <= bar.volume * bar.high // 1_000_000
            base = bar.close
        else:
            base = history.base_price(stock, krx.next_trading_day(day))
        day = krx.next_trading_day(day)


ODD_STOCKS = st.builds(
    replace,
    STOCKS,
    price=st.sampled_from([1_000, 4_999, 19_990, 200_000, 2_500_000]),
    volume=st.sampled_from([100, 1_000, 30_000, 100_000_000]),
    volatility=st.sampled_from([2, 50, 200, 500, 900]),
)


@given(SEEDS, ODD_STOCKS, DAYS)
def test_the_oddest_stocks_add_up_too(seed, stock, day):
    history = Generated(seed)
    bar, bars = history.day(stock, day), history.minutes(stock, day)
    if bar:
        check_minutes(stock, bar, bars)
        for minute in (bars[0], bars[-1]):
            check_ticks(day, minute, history.ticks(stock, day, minute.minute))


@given(
    st.lists(st.integers(-OCTAVE, OCTAVE), min_size=64, max_size=64),
    st.integers(-9 * OCTAVE, 9 * OCTAVE),
)
def test_moves_between_two_knots_add_up(moves, total):
    fixed = {3: moves[3], 40: moves[40]}
    _settle(moves, total, fixed)
    assert sum(moves) == total
    assert {place: moves[place] for place in fixed} == fixed
    assert all(abs(move) < OCTAVE * 34 // 100 for at, move in enumerate(moves) if at not in fixed)


@given(SEEDS, STOCKS, DAYS, st.randoms(use_true_random=False))
def test_the_order_of_questions_does_not_matter(seed, stock, day, random):
    def ask(history, number):
        if number == 0:
            return history.day(stock, day)
        if number == 1:
            return history.days(stock, day, 70)
        if number == 2:
            return history.minutes(stock, day)
        return history.ticks(stock, day, 540 + number)

    numbers = [0, 1, 2, 3, 150, 379]
    history = Generated(seed)
    expected = {number: ask(history, number) for number in numbers}
    random.shuffle(numbers)
    other = Generated(seed)
    assert {number: ask(other, number) for number in numbers} == expected


@given(SEEDS, STOCKS, DAYS, st.integers(530 * krx.MINUTE, 1000 * krx.MINUTE))
@example(0, universe()["002380"], date(2017, 7, 4), 679 * krx.MINUTE)  # one share, once two prices
def test_a_day_so_far_is_made_of_its_ticks(seed, stock, day, offset):
    history, moment = Generated(seed), krx.midnight(day) + offset
    ticks = [
        tick
        for bar in history.minutes(stock, day)
        if bar.minute * krx.MINUTE <= offset
        for tick in history.ticks(stock, day, bar.minute)
        if tick.at <= moment
    ]
    so_far = history.day_so_far(stock, moment)
    if not ticks:
        assert so_far is None
        assert history.minutes_so_far(stock, moment) == ()
        return
    assert so_far == DayBar(
        day,
        ticks[0].price,
        max(tick.price for tick in ticks),
        min(tick.price for tick in ticks),
        ticks[-1].price,
        sum(tick.quantity for tick in ticks),
        sum(tick.quantity * tick.price for tick in ticks) // 1_000_000,
    )
    check_minutes(stock, so_far, history.minutes_so_far(stock, moment))


def test_a_day_that_is_over_is_the_whole_day():
    history, stock, day = Generated(1), universe()["005930"], date(2026, 11, 20)
    evening = krx.midnight(day) + 18 * 60 * krx.MINUTE
    assert history.day_so_far(stock, evening) == history.day(stock, day)
    assert history.minutes_so_far(stock, evening) == history.minutes(stock, day)


def test_a_moment_includes_the_trade_at_it():
    history, stock, day = Generated(1), universe()["005930"], date(2026, 11, 20)
    first, second = history.ticks(stock, day, 540)[:2]
    assert first.side == 0
    assert history.day_so_far(stock, first.at - 1) is None
    assert history.day_so_far(stock, first.at).volume == first.quantity
    assert history.day_so_far(stock, second.at).volume == first.quantity + second.quantity


def test_pages_of_days_run_backwards_to_the_listing():
    history, stock = Generated(1), universe()["0126Z0"]
    page = history.days(stock, date(2026, 11, 22), 600)  # a Sunday
    assert [bar.date for bar in page] == krx.trading_days(stock.listed, date(2026, 11, 20))[::-1]
    assert page[:10] == history.days(stock, date(2026, 11, 20), 10)
    assert page[5] == history.day(stock, page[5].date)
    assert history.days(stock, date(2025, 11, 21), 600) == []
    old = history.days(universe()["005930"], krx.LAST_DATE, 10_000)
    assert old[0].date == date(2027, 12, 30)
    assert old[-1].date == FIRST_DAY


def test_a_stock_locked_at_its_upper_limit_has_no_asks():
    history = Generated(1)
    locked = (
        (stock, bar)
        for stock in universe().values()
        if stock.kind == "stock"
        for bar in history.days(stock, date(2026, 11, 20), 300)
        if bar.low == bar.high == history.limits(stock, bar.date)[0]
    )
    stock, bar = next(locked)
    for minute in history.minutes(stock, bar.date):
        for tick in history.ticks(stock, bar.date, minute.minute):
            assert tick.side <= 0
            assert history.best_quotes(stock, tick) == (0, bar.close)


def test_closed_days_have_no_prices():
    history, stock = Generated(1), universe()["005930"]
    assert history.day(stock, date(2026, 11, 22)) is None
    assert history.minutes(stock, date(2026, 11, 22)) == ()
    assert history.ticks(stock, date(2026, 11, 22), 600) == []
    assert history.ticks(stock, date(2026, 11, 20), 300) == []


def test_same_seed_same_bytes():
    """One digest for every Python and platform. It changes when the market is drawn differently."""
    history, digest = Generated(2026), sha256()
    for code in ("005930", "196170", "069500", "251340", "0126Z0", "510001"):
        stock = universe()[code]
        for bar in history.days(stock, date(2026, 11, 20), 200):
            digest.update(repr(bar[1:]).encode())
        for bar in history.minutes(stock, date(2026, 11, 20)):
            digest.update(repr(tuple(bar)).encode())
        for minute in (540, 541, 720, 919, 930, 935):
            ticks = history.ticks(stock, date(2026, 11, 20), minute)
            digest.update(repr([tuple(tick) for tick in ticks]).encode())
    assert digest.hexdigest() == "831ec69ee245f0b9194a75c2f338b5c185849a8fdcf00d7266b26173c3e3321e"
