from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sapi_kiwoom import krx
from simulator.feeds import DayBar, Quote, Tick
from simulator.feeds.bars import AFTER, KRX, NXT
from simulator.feeds.folding import fold_day, fold_minutes
from simulator.feeds.generator import Generated
from simulator.feeds.overlay import Overlay
from simulator.universe import universe

FEED = Generated(1)
STOCK = min(
    (s for s in universe().values() if s.kind == "stock" and s.volume * s.price > 1_000_000_000),
    key=lambda s: s.volume * s.price,
)
OTHER = universe()["000660"]
DAY, NEXT = date(2026, 11, 17), date(2026, 11, 18)
TABLE = krx.tick_table(STOCK.market, DAY)
UPPER, LOWER = FEED.limits(STOCK, DAY)
MIDNIGHT = krx.midnight(DAY)

PRICES = st.one_of(
    st.integers(TABLE.index(LOWER), TABLE.index(UPPER)).map(TABLE.price),
    st.sampled_from((UPPER, LOWER)),
)
MOMENTS = st.integers(540 * krx.MINUTE, 920 * krx.MINUTE - 1)


@st.composite
def traded(draw, moments=MOMENTS):
    """Trades anywhere in the session of DAY."""
    return [
        Tick(
            MIDNIGHT + at, draw(PRICES), draw(st.integers(1, 10**6)), draw(st.sampled_from((-1, 1)))
        )
        for at in sorted(draw(st.lists(moments, max_size=15)))
    ]


def all_ticks(feed, day=DAY, board=KRX):
    return [
        tick
        for bar in feed.minutes(STOCK, day, board)
        for tick in feed.ticks(STOCK, day, bar.minute, board)
    ]


def answers(feed, stock, day):
    """Everything that a feed says of a day."""
    moment = krx.midnight(day) + 601 * krx.MINUTE + 30_000_000
    boards = (KRX, AFTER, NXT)
    ticks = [feed.ticks(stock, day, 600, board) for board in boards]
    return [
        feed.day(stock, day),
        feed.days(stock, day, 3),
        feed.base_price(stock, day),
        feed.limits(stock, day),
        [feed.minutes(stock, day, board) for board in boards],
        ticks,
        [feed.best_quotes(stock, tick) for tick in ticks[0]],
        [feed.quotes(stock, day, 600, board) for board in boards],
        feed.expected(stock, day),
        feed.minutes_so_far(stock, moment),
        feed.day_so_far(stock, moment),
    ]


@given(traded())
def test_other_days_and_stocks_show_through(ticks):
    overlay = Overlay(FEED)
    overlay.put(STOCK, DAY, ticks)
    assert overlay.seed == FEED.seed
    assert not overlay.immutable
    before = krx.previous_trading_day(DAY)
    assert answers(overlay, STOCK, before) == answers(FEED, STOCK, before)
    assert answers(overlay, OTHER, DAY) == answers(FEED, OTHER, DAY)


@given(traded())
def test_a_replaced_day_is_made_of_its_ticks(ticks):
    overlay = Overlay(FEED)
    overlay.put(STOCK, DAY, ticks)
    base = FEED.base_price(STOCK, DAY)
    bars = overlay.minutes(STOCK, DAY)
    assert bars == fold_minutes(ticks, TABLE)
    assert all_ticks(overlay) == ticks
    for bar in bars:
        first = TABLE.index(bar.low)
        levels = [TABLE.price(first + place) for place in range(len(bar.traded))]
        assert levels[-1] == bar.high
        assert sum(map(int.__mul__, levels, bar.traded)) == bar.value
    assert overlay.limits(STOCK, DAY) == (UPPER, LOWER)
    if ticks:
        assert overlay.day(STOCK, DAY) == DayBar(
            DAY,
            ticks[0].price,
            max(tick.price for tick in ticks),
            min(tick.price for tick in ticks),
            ticks[-1].price,
            sum(tick.quantity for tick in ticks),
            sum(tick.quantity * tick.price for tick in ticks) // 1_000_000,
        )
    else:
        assert overlay.day(STOCK, DAY) == DayBar(DAY, base, base, base, base, 0, 0)


@given(traded(), MOMENTS)
def test_a_replaced_day_so_far_is_made_of_its_ticks_so_far(ticks, offset):
    overlay, moment = Overlay(FEED), MIDNIGHT + offset
    overlay.put(STOCK, DAY, ticks)
    passed = fold_minutes([tick for tick in ticks if tick.at <= moment], TABLE)
    assert overlay.minutes_so_far(STOCK, moment) == passed
    assert overlay.day_so_far(STOCK, moment) == fold_day(DAY, passed)


@given(traded(), st.integers(2, 5))
def test_closes_are_base_prices_and_limits_hold_until_both_feeds_are_one(ticks, shrink):
    overlay = Overlay(FEED)
    price = TABLE.round_down(LOWER // shrink)  # so far off that the limits stand in the way
    overlay.put(STOCK, DAY, [tick._replace(price=price) for tick in ticks])
    day, before, merged = DAY, overlay.day(STOCK, DAY), False
    for _ in range(12):
        day = krx.next_trading_day(day)
        bar, below = overlay.day(STOCK, day), FEED.day(STOCK, day)
        assert overlay.base_price(STOCK, day) == before.close
        upper, lower = overlay.limits(STOCK, day)
        assert (upper, lower) == TABLE.limits(before.close)
        assert lower <= bar.low <= bar.high <= upper
        assert fold_day(day, overlay.minutes(STOCK, day)) == bar
        assert bar.volume == below.volume
        merged = merged or before.close == FEED.base_price(STOCK, day)
        if merged:
            assert answers(overlay, STOCK, day)[2:] == answers(FEED, STOCK, day)[2:]
        before = bar
    assert merged
    newest = [bar for _, bar in zip(range(20), overlay.iterate_days(STOCK, day))]
    assert newest == [overlay.day(STOCK, bar.date) for bar in newest]
    assert overlay.days(STOCK, day, 20) == newest


def test_trades_moved_into_the_limits_rebuild_their_bars():
    overlay = Overlay(FEED)
    overlay.put(STOCK, DAY, [Tick(MIDNIGHT + 600 * krx.MINUTE, TABLE.round_down(LOWER // 2), 5, 1)])
    upper, _ = overlay.limits(STOCK, NEXT)
    ticks = all_ticks(overlay, NEXT)
    assert fold_minutes(ticks, TABLE) == overlay.minutes(STOCK, NEXT)
    assert {tick.side for tick in ticks if tick.price == upper} == {-1, 0}
    for minute in (545, 700):
        for quote in overlay.quotes(STOCK, NEXT, minute):
            assert quote.asks == ()
            assert quote.bids[0][0] == upper


@given(traded(), traded(st.integers(600 * krx.MINUTE, 601 * krx.MINUTE - 1)), st.booleans())
def test_one_minute_is_replaced_alone(ticks, minute, over_put):
    overlay = Overlay(FEED)
    if over_put:
        overlay.put(STOCK, DAY, ticks)
    before = {
        bar.minute: overlay.ticks(STOCK, DAY, bar.minute) for bar in overlay.minutes(STOCK, DAY)
    }
    overlay.put_minute(STOCK, DAY, 600, minute)
    before[600] = minute
    expected = [tick for each in sorted(before) for tick in before[each]]
    assert overlay.minutes(STOCK, DAY) == fold_minutes(expected, TABLE)
    assert all_ticks(overlay) == expected
    assert overlay.base_price(STOCK, NEXT) == overlay.day(STOCK, DAY).close


def check_quote(quote):
    prices = [won for won, _ in quote.asks[::-1]] + [won for won, _ in quote.bids]
    assert prices == sorted(set(prices), reverse=True)
    assert all(LOWER <= won <= UPPER and TABLE.round_down(won) == won for won in prices)
    assert all(shares > 0 for _, shares in (*quote.asks, *quote.bids))


@given(traded(), st.data())
def test_books_stand_around_the_trades(ticks, data):
    overlay = Overlay(FEED)
    overlay.put(STOCK, DAY, ticks)
    for tick in ticks:
        ask, bid = overlay.best_quotes(STOCK, tick)
        assert tick.price == (ask if tick.side > 0 else bid)
    traded_in = [bar.minute for bar in overlay.minutes(STOCK, DAY)]
    minute = data.draw(st.sampled_from([*traded_in, 540, 700, 919]))
    quotes = overlay.quotes(STOCK, DAY, minute)
    for quote in quotes:
        check_quote(quote)
        assert krx.day_and_minute(quote.at) == (DAY, minute)
    if minute in traded_in:
        assert quotes
    if minute < min(traded_in, default=1_000):
        assert not quotes


def test_the_same_trades_have_the_same_books():
    overlay = Overlay(FEED)
    overlay.put(STOCK, DAY, all_ticks(FEED))
    for minute in (*range(538, 560), 700, 919, 920, 925, 930, 931):
        assert overlay.quotes(STOCK, DAY, minute) == FEED.quotes(STOCK, DAY, minute)
    for feed in (overlay, FEED):
        auctions = {krx.day_and_minute(each.at)[1] // 60 for each in feed.expected(STOCK, DAY)}
        assert auctions == {8, 15}


def test_an_auction_within_the_session_expects_what_it_gives():
    start, end = MIDNIGHT + 600 * krx.MINUTE, MIDNIGHT + 602 * krx.MINUTE + 5_000_000
    price = FEED.base_price(STOCK, DAY)
    overlay = Overlay(FEED)
    overlay.put(
        STOCK,
        DAY,
        [Tick(start, price, 10, 1), Tick(end, UPPER, 500, 0), Tick(end + 9, UPPER, 1, -1)],
    )
    expected = overlay.expected(STOCK, DAY)
    assert expected
    for each in expected:
        assert start < each.at < end
        assert LOWER <= each.price <= UPPER
        assert 0 < each.quantity <= 500
    bids, asks = overlay.auction_orders(STOCK, DAY, expected[-1].at)
    assert bids[0][0] >= expected[-1].price >= asks[0][0]
    assert overlay.quotes(STOCK, DAY, 601) == []
    assert all(
        quote.at < end - 100_000_000 or quote.at >= end for quote in overlay.quotes(STOCK, DAY, 602)
    )


def test_given_quotes_are_given_back():
    tick = Tick(MIDNIGHT + 600 * krx.MINUTE, FEED.base_price(STOCK, DAY), 1, 1)
    quote = Quote(tick.at + 1, ((UPPER, 5),), ())
    overlay = Overlay(FEED)
    overlay.put(STOCK, DAY, [tick], [quote])
    assert overlay.quotes(STOCK, DAY, 600) == [quote]
    assert overlay.quotes(STOCK, DAY, 601) != []
    overlay.put_minute(STOCK, DAY, 600, [tick])
    assert overlay.quotes(STOCK, DAY, 600) not in ([], [quote])


def test_boards_and_base_prices_are_put_by_themselves():
    overlay = Overlay(FEED)
    tick = Tick(MIDNIGHT + 600 * krx.MINUTE, FEED.base_price(STOCK, DAY), 1, 1)
    overlay.put(STOCK, DAY, [tick], board=NXT)
    assert all_ticks(overlay, board=NXT) == [tick]
    assert all_ticks(overlay) == all_ticks(FEED)
    overlay.put(STOCK, DAY, [], base=20_000)
    assert overlay.limits(STOCK, DAY) == TABLE.limits(20_000)
    assert overlay.base_price(STOCK, NEXT) == 20_000
    assert overlay.expected(STOCK, DAY) == ()
    assert overlay.auction_orders(STOCK, DAY, tick.at) == ([], [])


def test_what_is_put_later_counts():
    overlay, price = Overlay(FEED), FEED.base_price(STOCK, DAY)
    tick = Tick(MIDNIGHT + 600 * krx.MINUTE, price, 1, 1)
    overlay.put(STOCK, DAY, [tick._replace(price=UPPER)])
    assert overlay.base_price(STOCK, NEXT) == UPPER
    overlay.put(STOCK, DAY, [tick])
    assert overlay.base_price(STOCK, NEXT) == price
    assert [bar.date for bar in overlay.days(STOCK, NEXT, 2)] == [NEXT, DAY]


@pytest.mark.parametrize(
    ("ticks", "message"),
    [
        ([Tick(MIDNIGHT - 1, 1, 1, 1)], "is not of 2026-11-17"),
        ([Tick(MIDNIGHT + 2, 1, 1, 1), Tick(MIDNIGHT + 1, 1, 1, 1)], "tick 1, .*is earlier than"),
        ([Tick(MIDNIGHT, 0, 1, 1)], "needs a price, shares and a side"),
        ([Tick(MIDNIGHT, 1, -1, 1)], "needs a price, shares and a side"),
        ([Tick(MIDNIGHT, 1, 1, 2)], "needs a price, shares and a side"),
    ],
)
def test_what_cannot_be_played_is_refused(ticks, message):
    with pytest.raises(ValueError, match=message):
        Overlay(FEED).put(STOCK, DAY, ticks)
    with pytest.raises(ValueError, match=message):
        Overlay(FEED).put_minute(STOCK, DAY, 0, ticks)


def test_minutes_and_days_are_checked():
    with pytest.raises(ValueError, match="is not in minute 600 of 2026-11-17"):
        Overlay(FEED).put_minute(STOCK, DAY, 600, [Tick(MIDNIGHT, 1, 1, 1)])
    with pytest.raises(ValueError, match="2026-11-21 is not a trading day"):
        Overlay(FEED).put(STOCK, date(2026, 11, 21), [])
