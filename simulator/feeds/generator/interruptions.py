"""Static volatility interruptions (정적 VI) of generated days.

A trade 10 % or more away from the last price of an auction is the last one for two minutes and up to
half a minute more; then an auction sets one price, from which the next 10 % count. A day is drawn first
and made to obey afterwards: the minute of such a trade ends with it, the minutes behind it are emptied
into the one of the auction, and whatever the day had reached in them, the auction reaches.
"""

from __future__ import annotations

from bisect import bisect_left
from datetime import date
from typing import NamedTuple, Sequence, Tuple

from sapi_kiwoom import krx
from simulator.draws import octets
from simulator.feeds.bars import DayBar, MinuteBar
from simulator.universe import Stock

SECOND = 1_000_000
_STOPPED = 120
"""Seconds for which nothing trades at least."""

_LATEST = 14
"""Minutes before the end of continuous trading from which on nothing is interrupted any more."""


class Interruption(NamedTuple):
    """A time without trades between one that went too far and the auction after it.

    Attributes:
        start: the moment of the trade that went too far, microseconds since 1970 UTC.
        end: the moment of the auction.
        price: of the trade that went too far, in won.
        reference: the last price of an auction before it, in won.
    """

    start: int
    end: int
    price: int
    reference: int


Bounds = Tuple[int, int, int, int]
"""A minute's open, high, low and close in levels: a `Span` without its names, of which days need many."""


class Span(NamedTuple):
    """A minute's prices in levels."""

    open: int
    high: int
    low: int
    close: int


def needed(opening: int, high: int, low: int, close: int) -> list[int]:
    """The shares at each level without which a minute would have other prices."""
    need = [0] * (high - low + 1)
    need[0] = need[-1] = need[opening - low] = need[close - low] = 1
    if opening == close and high > low:
        need[opening - low] = 2
    return need


def interruptions(
    seed: int, stock: Stock, day: date, bars: Sequence[MinuteBar]
) -> tuple[Interruption, ...]:
    """The interruptions of a day with these minutes, in order."""
    session = krx.session(day)
    found = []
    for bar, following, reference in _triggers(bars, session.close):
        start, end = _times((seed, stock.code, day), bar.minute - session.open)
        opening = krx.midnight(day) + session.open * krx.MINUTE
        assert following.minute == session.open + end // 60
        found.append(
            Interruption(opening + start * SECOND, opening + end * SECOND, bar.close, reference)
        )
    return tuple(found)


def _triggers(bars: Sequence[MinuteBar], close: int) -> list[tuple[MinuteBar, MinuteBar, int]]:
    """Minutes that end in an interruption, the ones that end it, the reference price until then."""
    reference = bars[0].open if bars else 0
    found = []
    for bar, following in zip(bars, bars[1:]):
        if bar.minute < close and goes_too_far(bar.close, reference):
            found.append((bar, following, reference))
            reference = following.open
    return found


def goes_too_far(price: int, reference: int) -> bool:
    """Whether a trade at ``price`` interrupts trading."""
    return price * 10 >= reference * 11 or price * 10 <= reference * 9


def may_be_stopped(day: DayBar) -> bool:
    """Whether a day's prices can go too far at all: the opening auction is the first reference."""
    return day.high * 10 >= day.open * 11 or day.low * 10 <= day.open * 9


def _times(key: tuple[object, ...], place: int) -> tuple[int, int]:
    """Seconds since the opening at which the trade of that minute stops and an auction resumes."""
    draw, more = octets(2, "interruption", *key, place)
    start = 6 + draw * 44 // 255
    end = start + _STOPPED + more * 30 // 255
    if end % 60 > 50:  # the minute of the auction has time for trades behind it
        end -= min(12, end - start - _STOPPED)
    return 60 * place + start, 60 * place + end


_ENOUGH = 4
"""Shares with which a minute can have any open, high, low and close."""


class _Day:
    """Minutes that are being made to obey: what they are, and what the day must still reach."""

    def __init__(self, spans: list[Span], prices: list[int]) -> None:
        self.prices = prices
        self.top = len(prices) - 1
        self.pending = {0, self.top}
        self.places: list[int] = []
        self.spans: list[Span] = []
        self.volumes: list[int] = []
        self.resumed: list[int] = []
        self.refer(spans[0].open)

    def refer(self, level: int) -> None:
        """The price of an auction: from it count the levels that go too far."""
        reference = self.prices[level]
        self.up = bisect_left(self.prices, -(-reference * 11 // 10))
        self.down = bisect_left(self.prices, reference * 9 // 10 + 1) - 1

    def within(self, level: int) -> int:
        """The next level that does not go too far."""
        return max(self.down + 1, min(self.up - 1, level))

    def add(self, place: int, span: Span, shares: int) -> None:
        """A minute without an interruption; the prices that go too far are cut off."""
        opening, high, low, close = map(self.within, span)
        self.append(place, Span(opening, high, low, close), shares)

    def append(self, place: int, span: Span, shares: int) -> None:
        """A minute as it is."""
        self.places.append(place)
        self.spans.append(span)
        self.volumes.append(shares)
        self.pending -= {span.high, span.low}

    def trigger(self, place: int, span: Span, shares: int, upwards: bool) -> None:
        """A minute that ends with the trade that goes too far."""
        opening, high, low, _ = map(self.within, span)
        close = self.up if upwards else self.down
        high, low = max(opening, high, close), min(opening, low, close)
        if upwards:
            high = close
        else:
            low = close
        self.append(place, Span(opening, high, low, close), max(_ENOUGH, shares))

    def resume(self, place: int, span: Span, shares: int, opening: int) -> None:
        """A minute that begins with an auction."""
        self.refer(opening)
        self.resumed.append(len(self.places))
        _, high, low, close = map(self.within, span)
        self.append(place, Span(opening, max(high, opening), min(low, opening), close), shares)


def stop(
    key: tuple[object, ...],
    places: list[int],
    bounds: Sequence[Bounds],
    volumes: list[int],
    prices: list[int],
    slots: int,
) -> tuple[list[int], Sequence[Bounds], list[int], list[int]]:
    """The minutes of a day that obeys: places, prices, shares, and which begin with an auction.

    Args:
        key: names the draws.
        places: the minutes with trades, counted from the opening.
        bounds: their prices.
        volumes: their shares.
        prices: of each level, in won.
        slots: minutes of continuous trading.
    """
    spans = [Span(*each) for each in bounds]
    day = _Day(spans, prices)
    places = [0, *places[1:]]  # such a day begins with its opening auction
    number, count = 0, len(places)
    while number < count and places[number] < slots - _LATEST:
        place, span, shares = places[number], spans[number], volumes[number]
        number += 1
        if day.down < span.low and span.high < day.up:
            day.append(place, span, shares)
            continue
        upwards = span.high >= day.up
        day.trigger(place, span, shares, upwards)
        # Whatever was to be traded until the auction is traded in it.
        back = _times(key, place)[1] // 60
        passed, gathered = {span.high, span.low}, 0
        latest = span
        while number < count and places[number] <= back:
            latest = spans[number]
            passed |= {latest.high, latest.low}
            gathered += volumes[number]
            number += 1
        extreme = day.top if upwards else 0
        opening = extreme if extreme in passed & day.pending else latest.close
        day.resume(back, latest, max(_ENOUGH, gathered), opening)
    shares = sum(volumes[number:])
    place = max(slots - _LATEST, day.places[-1] + 1)  # the last auction may stand there
    for extreme in sorted(day.pending):
        if extreme not in day.pending:
            continue
        level = day.within(day.spans[-1].close)
        if day.down < extreme < day.up:
            day.append(place, Span(level, max(level, extreme), min(level, extreme), level), 8)
            place += 1
            continue
        day.trigger(place, Span(level, level, level, level), 8, extreme > level)
        back = _times(key, place)[1] // 60
        day.resume(back, Span(extreme, extreme, extreme, extreme), 8, extreme)
        place = back + 1
    for late, span, part in zip(places[number:], spans[number:], volumes[number:]):
        if late >= place:
            day.add(late, span, part)
            shares -= part
    # Shares that were moved or made up are settled with the busiest minute.
    richest = day.volumes.index(max(day.volumes))
    day.volumes[richest] += sum(volumes) - sum(day.volumes)
    return day.places, day.spans, day.volumes, day.resumed
