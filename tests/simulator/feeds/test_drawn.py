"""What is drawn beside prices: programs, members, NAVs, orders that wait for a known close."""

from datetime import date
from functools import lru_cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sapi_kiwoom import krx
from simulator.feeds.generator import Generated
from simulator.feeds.members import FOREIGN, MemberDay, members
from simulator.feeds.nav import NavDay
from simulator.feeds.programs import ProgramDay, ProgramTotals
from simulator.feeds.waiting import STEP, Waiting
from simulator.universe import universe

DAY = date(2026, 11, 20)
FEED = Generated(7)
CODES = ("005930", "00088K", "069500", "035720")
TO_THE_END = 24 * 60


@lru_cache(maxsize=None)
def bars(code):
    return FEED.minutes(universe()[code], DAY)


@lru_cache(maxsize=None)
def programs(code):
    return ProgramDay(FEED, universe()[code], DAY)


@lru_cache(maxsize=None)
def traders(code):
    return MemberDay(FEED, universe()[code], DAY)


@st.composite
def two_moments(draw):
    """A stock and two moments of its day, each a minute and the shares traded by then."""
    code = draw(st.sampled_from(CODES))
    found = []
    for _ in range(2):
        place = draw(st.integers(0, len(bars(code)) - 1))
        part = draw(st.integers(0, bars(code)[place].volume))
        volume = sum(bar.volume for bar in bars(code)[:place]) + part
        found.append((volume, bars(code)[place].minute + draw(st.integers(0, 1))))
    (volume, minute), (more, later) = sorted(found)
    return code, (min(minute, later), volume), (later, more)


# -- programs --------------------------------------------------------------------------------------


@given(two_moments())
def test_what_programs_traded_only_grows_and_is_part_of_what_was_traded(case):
    code, first, second = case
    earlier, later = (programs(code).at(*moment) for moment in (first, second))
    assert all(then <= now for then, now in zip(earlier, later))
    assert later.sold + later.bought <= second[1]
    assert later.arbitrage_sold <= later.sold
    assert later.arbitrage_bought <= later.bought
    assert later.arbitrage_sold_value <= later.sold_value
    assert later.arbitrage_bought_value <= later.bought_value


@pytest.mark.parametrize("code", CODES)
def test_a_day_of_programs_is_its_last_moment_and_that_of_whoever_asks_again(code):
    day, bar = programs(code), FEED.day(universe()[code], DAY)
    assert day.whole == day.at(TO_THE_END, bar.volume)
    assert day.whole == ProgramDay(Generated(7), universe()[code], DAY).whole
    assert 0 < day.whole.sold and 0 < day.whole.bought
    for shares, won in (
        (day.whole.sold, day.whole.sold_value),
        (day.whole.bought, day.whole.bought_value),
    ):
        assert bar.low * shares - len(bars(code)) <= won <= bar.high * shares


def test_programs_before_the_first_trade_and_on_a_closed_day():
    stock = universe()["005930"]
    assert programs("005930").at(8 * 60, 0) == ProgramTotals()
    assert ProgramDay(FEED, stock, date(2026, 11, 21)).whole == ProgramTotals()


def test_only_members_of_the_index_are_arbitraged():
    for code in CODES:
        whole = programs(code).whole
        if not universe()[code].kospi200:
            assert whole.arbitrage_sold == whole.arbitrage_bought == 0


# -- members ---------------------------------------------------------------------------------------


@given(two_moments())
def test_what_members_traded_only_grows_and_adds_up_to_no_more_than_was_traded(case):
    code, first, second = case
    day = traders(code)
    for ask in (day.sellers, day.buyers):
        earlier = {each.code: each.shares for each in ask(*first)}
        later = {each.code: each.shares for each in ask(*second)}
        assert all(shares <= later[member] for member, shares in earlier.items())
        assert sum(later.values()) <= second[1]


@pytest.mark.parametrize("code", CODES)
def test_members_trade_nearly_everything_the_largest_first(code):
    day = traders(code)
    again = MemberDay(Generated(7), universe()[code], DAY)
    for side, same in (
        (day.sellers(TO_THE_END, day.volume), again.sellers(TO_THE_END, day.volume)),
        (day.buyers(TO_THE_END, day.volume), again.buyers(TO_THE_END, day.volume)),
    ):
        assert side == same
        shares = [each.shares for each in side]
        assert shares == sorted(shares, reverse=True) and shares[-1] > 0
        # A share less for each member and half hour is what rounding may cost.
        assert day.volume - 48 * len(members()) <= sum(shares) <= day.volume
        assert all(members()[each.code] == each.name for each in side)


def test_foreign_members_are_members():
    assert set(members()) > FOREIGN


# -- NAV -------------------------------------------------------------------------------------------


@given(st.integers(0, 24 * 3_600 - 1), st.sampled_from((5_000, 35_415, 101_230)))
def test_a_nav_is_near_its_price(second, price):
    nav = NavDay(FEED, universe()["069500"], DAY).at(krx.midnight(DAY) + second * 1_000_000, price)
    assert abs(nav - 100 * price) * 500 <= 100 * price


def test_a_nav_is_compared_with_that_of_the_last_close():
    stock = universe()["069500"]
    before = krx.previous_trading_day(DAY)
    for minute in (krx.session(before).closing_auction, 20 * 60):
        close = krx.midnight(before) + minute * krx.MINUTE
        at_close = NavDay(FEED, stock, before).at(close, FEED.day(stock, before).close)
        assert NavDay(FEED, stock, DAY).before == at_close


# -- waiting orders --------------------------------------------------------------------------------


@given(st.sampled_from(CODES), st.integers(0, 179), st.integers(0, 179))
def test_orders_gather_until_they_trade_and_then_one_side_waits(code, first, second):
    start, trading, end = 0, 60 * STEP, 180 * STEP
    waiting = Waiting(7, universe()[code], start, trading, end, 100)
    early, late = (waiting.at(step * STEP + 1) for step in sorted((first, second)))
    assert waiting.at(start) == (0, 0)
    assert min(*early, *late) >= 0
    if max(first, second) < 60:
        assert early[0] <= late[0] and early[1] <= late[1]
    else:
        assert 0 in late
