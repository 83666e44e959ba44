"""How deep a book is at each price for some minutes: what tells one hour, one side, one price from another.

Books are thin at the open and deeper later; all of them, and one side against the other, swell and shrink
over tens of minutes. Orders gather at prices that the market has looked at for long, and are gone where it
has passed through; round prices have more. Everything is drawn by the time of day alone, or follows from
the minutes before, so no book has to be known for the next one.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import accumulate
from typing import List, NamedTuple, Sequence, Tuple

from sapi_kiwoom import krx
from simulator.draws import NORMAL, NORMAL_ONE, OCTAVE, heavy_tail
from simulator.feeds.bars import MinuteBar

_SEEN = 12
"""Valid prices from the last trade within which orders gather."""

_MEMORY = 40
"""Minutes for which they do."""

_FRESH_DAY = 10
"""Minutes that prices have been looked at when a day begins."""

_GATHERED = tuple(150 + 150 * score // (score + 8) for score in range(_MEMORY + _FRESH_DAY + 1))
_PASSED = tuple(heavy_tail(OCTAVE * 5 // 8))
_LONG, _SHORT, _PRICE = 50, 12, 25
"""Minutes in which the whole book, slowly and quickly, and a price, come to something new."""

_LONG_WAVE, _SHORT_WAVE = heavy_tail(OCTAVE * 7 // 16), heavy_tail(OCTAVE // 5)
_LEAN = 256 * 20 // 100
"""How much deeper one side is than usual, the other shallower, as a standard deviation in 1/256."""

_MOVED = 24
"""Minutes of which the move counts: sellers wait above a price that has risen, mostly."""

_MOVED_LITTLE = 3
"""Ticks that the price moves in this time at least before it counts as much as usual."""

_ROUND = ((100, 460), (50, 384), (10, 345), (5, 300))
"""Ticks of which a round price is a multiple, and how much more stands there, in 1/256."""

_BREAKING = 15
"""Minutes in which the orders of a locked stock leave before it breaks out."""


class Standing(NamedTuple):
    """Shares at each price beside the usual ones, in 1/256, from the lowest price upwards."""

    asks: List[int]
    bids: List[int]


def usual_depth(since_open: int) -> int:
    """How deep books are so many minutes after the open, in 1/256."""
    if since_open < 0:
        return 200
    if since_open < 60:
        return 144 + 112 * since_open // 60
    return min(310, 256 + (since_open - 60) * 54 // 240)


def looked_at(bars: Sequence[MinuteBar], minute: int) -> Sequence[MinuteBar]:
    """The minutes of a day that orders remember which stand in the book at a minute."""
    passed = bisect_left(bars, (minute,))
    return bars[max(0, passed - _MEMORY) : passed]


def draw_standing(
    noise: bytes,
    table: krx.TickTable,
    low: int,
    high: int,
    minute: int,
    opening: int,
    volatility: int,
    recent: Sequence[MinuteBar],
) -> Standing:
    """How deep the book is from a minute on, at each price by itself.

    Args:
        noise: random bytes of the day, a power of two of them.
        table: the day's valid prices.
        low: the number of ticks below the lowest price that is asked for.
        high: the same of the highest one.
        minute: minutes since midnight.
        opening: the minute of the day's open.
        volatility: deviation of a usual day's return in 1/10,000.
        recent: the minutes that are `looked_at`.
    """
    mask = len(noise) - 1
    prices = [table.price(index) for index in range(low, high + 1)]
    whole = (
        usual_depth(minute - opening)
        * _wave(_LONG_WAVE, noise, mask, minute, _LONG, 11)
        * _wave(_SHORT_WAVE, noise, mask, minute, _SHORT, 23)
        >> 16
    )
    lean = _wave(NORMAL, noise, mask, minute, _LONG * 3 // 5, 37)
    lean += _wave(NORMAL, noise, mask, minute, _SHORT, 41) >> 1
    if recent:
        lately = recent[-_MOVED:]
        move = lately[-1].close - sum(bar.close for bar in lately) // len(lately)
        price = lately[-1].close
        usual = max(_MOVED_LITTLE * table.tick(price), price * volatility // 100_000)
        move = max(-64, min(64, move * NORMAL_ONE // usual))
        lean += move * (96 + 3 * _wave(NORMAL, noise, mask, minute, _LONG, 53)) >> 8
    lean = max(-140, min(140, lean * _LEAN // NORMAL_ONE))
    sides = []
    above, below = _gathered(table, low, high, recent)
    own = [_price(noise, mask, index, minute) for index in range(low, high + 1)]
    rounded = [_roundness(price, table.tick(price)) for price in prices]
    for gathered, part in ((above, whole * (256 + lean) >> 8), (below, whole * (256 - lean) >> 8)):
        sides.append(
            [
                part * _GATHERED[score] * each * more >> 24
                for score, each, more in zip(gathered, own, rounded)
            ]
        )
    return Standing(*sides)


def locked_depth(minute: int, limit: int, bars: Sequence[MinuteBar]) -> int:
    """How many orders wait at a limit where nobody comes to the other side, in 1/256 of the usual.

    They gather after the lock, and leave before it breaks: those who lose faith are why it does.
    """
    place = bisect_left(bars, (minute,))
    since = place
    while since and bars[since - 1].low == bars[since - 1].high == limit:
        since -= 1
    locked = minute - bars[since].minute if since < place else 0
    waiting = 72 + 208 * locked // (locked + 25)
    for bar in bars[place : place + _BREAKING]:
        if bar.low != limit or bar.high != limit:
            left = max(0, min(_BREAKING, bar.minute - minute))
            return waiting * (1 + left) // (1 + _BREAKING)
    return waiting


def _wave(
    table: Sequence[int], noise: bytes, mask: int, minute: int, length: int, salt: int
) -> int:
    """A line from one drawn value to the next, ``length`` minutes later."""
    node, part = divmod(minute, length)
    first, second = (table[noise[each * 131 + salt * 577 & mask]] for each in (node, node + 1))
    return first + (second - first) * part // length


def _price(noise: bytes, mask: int, index: int, minute: int) -> int:
    """What one price has of its own, in 1/256; each is drawn anew at another time."""
    node, part = divmod(minute + index * 7, _PRICE)
    place = index * 61 + node * 769
    first, second = _PASSED[noise[place & mask]], _PASSED[noise[place + 769 & mask]]
    return first + (second - first) * part // _PRICE


def _roundness(price: int, tick: int) -> int:
    """How much more stands at a price because it is a round one, in 1/256."""
    for ticks, part in _ROUND:
        if not price % (ticks * tick):
            return part
    return 256


def _gathered(
    table: krx.TickTable, low: int, high: int, bars: Sequence[MinuteBar]
) -> Tuple[List[int], List[int]]:
    """For how many minutes orders could gather at each price, above the trades and below them."""
    first = max(0, low - _SEEN)  # trades beyond the prices are near enough from here on
    prices = [table.price(index) for index in range(first, high + _SEEN + 1)]
    wanted = slice(low - first, high + 1 - first)
    size = len(prices)
    known = _FRESH_DAY if len(bars) < _MEMORY else 0
    above, below = [0] * (size + 1), [0] * (size + 1)  # changes from place to place
    top, bottom = 0, size  # places that trades have not passed since
    for bar in reversed(bars):
        upper, lower = bisect_right(prices, bar.high), bisect_left(prices, bar.low)
        top, bottom = max(top, upper), min(bottom, lower)
        if top == size and not bottom:
            break
        end = min(size, upper + _SEEN)
        if top < end:
            above[top] += 1
            above[end] -= 1
        end = max(0, lower - _SEEN)
        if end < bottom:
            below[end] += 1
            below[bottom] -= 1
    if known:
        above[top] += known
        below[0] += known
        below[bottom] -= known
    return list(accumulate(above))[wanted], list(accumulate(below))[wanted]
