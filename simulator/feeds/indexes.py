"""Indexes between the ends of two minutes, and what auctions expect of them."""

from __future__ import annotations

from bisect import bisect_right
from datetime import date
from typing import Dict, Generator, List, NamedTuple, Optional, Tuple

from sapi_kiwoom import krx
from sapi_kiwoom.loop import SECOND
from simulator.draws import octets
from simulator.feeds import Expected, Feed
from simulator.feeds.generator.index import IndexDay, IndexMoment, Industry, base_price
from simulator.universe import Stock

STEP = 10 * SECOND
"""So often an index is reckoned (SYNTHETIC: KRX does it more often)."""

_STEPS = krx.MINUTE // STEP
_PARTS = 256
_LARGEST = 50
"""Members of whose auctions an expected index is made."""


def index_at(index: IndexDay, seed: int, code: str, moment: int) -> Optional[IndexMoment]:
    """An index as it was reckoned last by a moment of its day; None before the session opens.

    Known is where it stood at the end of each minute. Between two of them it goes from one to the other,
    in steps that are drawn and never go beyond either.

    Args:
        index: the index on the moment's day.
        seed: the feed's.
        code: 업종코드.
        moment: microseconds since 1970 UTC.
    """
    day, minute = krx.day_and_minute(moment)
    after = index.at(minute)
    step = moment % krx.MINUTE // STEP
    if after is None:
        return None
    before = index.at(minute - 1) or IndexMoment(*[after.open] * 4, *[0] * 7)
    if not step:
        return before
    draw, more = octets(2, seed, "index", code, day, minute, step)
    # A step's part of the volume stays among its neighbours', its part of the move need not.
    part = (step * _PARTS + (more >> 1) - 64) // _STEPS
    move = min(max((step * _PARTS + 3 * draw - 384) // _STEPS, 0), _PARTS)
    level = before.level + (after.level - before.level) * move // _PARTS
    return IndexMoment(
        level,
        after.open,
        max(before.high, level),
        min(before.low, level),
        before.volume + (after.volume - before.volume) * part // _PARTS,
        before.value + (after.value - before.value) * part // _PARTS,
        *(after if 2 * step >= _STEPS or not before.volume else before)[6:],
    )


class ExpectedAt(NamedTuple):
    """What auctions expect of an index: its level in hundredths, and shares."""

    level: int
    quantity: int


class ExpectedIndex:
    """An index in the auctions of a day, from those of its fifty largest members.

    The others are taken to move with them, and to trade as much for what they usually do.
    """

    def __init__(self, index: IndexDay, industry: Industry) -> None:
        self._index = index
        self._volume = sum(stock.volume for stock in industry.members)
        self._largest_volume = 0
        self._members: List[Tuple[Stock, int, Tuple[Expected, ...]]] = []
        session, midnight = krx.session(index.day), krx.midnight(index.day)
        self._opening = midnight + session.open * krx.MINUTE
        self._closing = midnight + session.close * krx.MINUTE
        self._closes: Dict[Stock, int] = {}

    def add(self, feed: Feed, stock: Stock) -> None:
        """Count a member in."""
        day = self._index.day
        base = base_price(feed, stock, day)
        close = krx.session(day).close
        before = [bar.close for bar in feed.minutes(stock, day) if bar.minute < close]
        self._closes[stock] = before[-1] if before else base
        self._largest_volume += stock.volume
        self._members.append((stock, base, feed.expected(stock, day)))

    def at(self, moment: int) -> Optional[ExpectedAt]:
        """What the opening or the closing auction expects; None before any does, and outside both."""
        began = 0 if moment < self._opening else self._closing
        if not (moment < self._opening or self._closing <= moment):
            return None
        worth = now = quantity = 0
        for stock, base, events in self._members:
            place = bisect_right(events, (moment + 1,)) - 1
            price = self._closes[stock] if began else base
            worth += price * stock.shares
            if place >= 0 and events[place].at >= began and events[place].price:
                price = events[place].price
                quantity += events[place].quantity
            now += price * stock.shares
        if not quantity:
            return None
        last = self._index.at(krx.session(self._index.day).close - 1) if began else None
        level = last.level if last else self._index.base
        return ExpectedAt(
            level * now // worth, quantity * self._volume // max(1, self._largest_volume)
        )


def expect_index(
    feed: Feed, index: IndexDay, industry: Industry
) -> Generator[None, None, ExpectedIndex]:
    """An index in the auctions of a day, one member a step."""
    found = ExpectedIndex(index, industry)
    by_worth = sorted(industry.members, key=lambda each: (-each.price * each.shares, each.code))
    for stock in by_worth[:_LARGEST]:
        if stock.listed <= index.day:
            found.add(feed, stock)
            yield
    return found


def last_volume(feed: Feed, industry: Industry, day: date) -> Generator[None, None, int]:
    """Shares of all members on the trading day before, some members a step."""
    before, volume = krx.previous_trading_day(day), 0
    for number, stock in enumerate(industry.members):
        bar = feed.day(stock, before)
        volume += bar.volume if bar else 0
        if number % 8 == 0:
            yield
    return volume
