"""Trades that are drawn for many minutes at once are those that are drawn minute by minute."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sapi_kiwoom import krx
from simulator.draws import octets
from simulator.feeds.generator import Generated
from simulator.feeds.generator.arrivals import draws_needed
from simulator.feeds.generator.sizes import counts
from simulator.feeds.generator.ticks import Minute, draw_ticks, trades_of
from simulator.universe import universe

arrays = pytest.importorskip("simulator.feeds.generator.arrays", reason="numpy is an extra")

DAY = date(2026, 11, 20)
BUSY = sorted(universe().values(), key=lambda stock: -stock.price * stock.volume)[:40]
ETFS = [stock for stock in BUSY if stock.kind == "etf"]
FEED = Generated(3)


@st.composite
def minutes(draw: st.DrawFn) -> Minute:
    """Any minute there could be, of few shares or of very many, on few levels or on hundreds."""
    width = draw(st.sampled_from([1, 2, 3, 5, 12, 90, 300]))
    most = draw(st.sampled_from([3, 40, 5_000, 10**7, 10**12]))
    traded = draw(st.lists(st.integers(2, most), min_size=width, max_size=width))
    opening, closing = draw(st.tuples(*[st.integers(0, width - 1)] * 2))
    auction = draw(st.sampled_from([0, 0, 1, 700]))
    number = draw(st.sampled_from([1, 16, 60, 400]))
    trades = counts(traded, number, -1 if auction else opening, closing)
    trades[opening] += auction > 0
    number = sum(trades)
    key = draw(st.integers(0, 1 << 32))
    ordering, sizing = octets(number, "order", key), octets(number, "sizes", key)
    if draw(st.booleans()):  # all of them want a single share
        sizing = bytes(number)
    begin = krx.midnight(DAY) + 600 * krx.MINUTE + draw(st.integers(0, 2_000_000))
    return Minute(
        number=number,
        draws=(ordering, sizing, octets(draws_needed(number), "moments", key)),
        lean=draw(st.sampled_from([*range(-6, 7), None])),
        opening=opening,
        closing=closing,
        trades=trades,
        traded=traded,
        auction=auction,
        provided=draw(st.booleans()),
        begin=begin,
        until=begin + draw(st.sampled_from([1_000, 30_000_000, 10**15])),
        caused=draw(st.sampled_from([*[0] * 7, begin + 1_001])),
        prices=list(range(1_000, 1_000 + 5 * width, 5)),
        limits=draw(st.sampled_from([*[None] * 7, (1_000 + 5 * width - 5, 700)])),
    )


@settings(deadline=None, max_examples=60)
@given(st.lists(minutes(), max_size=6))
def test_many_minutes_at_once_are_the_same_as_each_alone(some):
    assert arrays.trades_of_all(some) == [trades_of(minute) for minute in some]


@settings(deadline=None, max_examples=25)
@given(
    st.lists(st.sampled_from(BUSY), min_size=1, max_size=5, unique=True),
    st.integers(9 * 60, 15 * 60 + 35),
)
def test_what_was_drawn_ahead_is_what_would_have_been_drawn(stocks, minute):
    FEED.draw_ahead(stocks, DAY, minute)
    for stock in stocks:
        (bar,) = [bar for bar in FEED.minutes(stock, DAY) if bar.minute == minute] or [None]
        alone = draw_ticks(3, stock, DAY, bar, FEED.limits(stock, DAY)) if bar else []
        assert FEED.ticks(stock, DAY, minute) == alone
        assert not bar or sum(tick.quantity for tick in alone) == bar.volume


def test_the_first_minute_of_the_day_has_auctions_and_providers():
    assert ETFS
    feed, alone = Generated(9), Generated(9)
    feed.draw_ahead(BUSY, DAY, 540)
    for stock in BUSY:
        ticks = feed.ticks(stock, DAY, 540)
        assert ticks == alone.ticks(stock, DAY, 540)
        assert ticks[0].side == 0
        assert {type(value) for tick in ticks for value in tick} == {int}
