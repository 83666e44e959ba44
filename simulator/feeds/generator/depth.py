"""The order books of a minute, around the trades and the touch that are drawn already.

Inside a minute, trades take their shares from the queues (`book`), and what they eat up is gone.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from operator import itemgetter
from typing import Callable, List, Optional, Sequence, Set, Tuple

from sapi_kiwoom import krx
from simulator.feeds.bars import MinuteBar, Tick
from simulator.feeds.generator.book import GROUP, Book, Kept, Taken, Touch
from simulator.feeds.generator.queues import REACH, Depth

__all__ = ["STRETCH", "Depth", "Kept", "Touch", "draw_book"]

STRETCH = 6
"""Minutes from which on a book is prepared anew; from the others on it goes on as it was left.

So a minute by itself needs no more than five others, and one after the other need little work each.
"""

_WARM = 40
"""Slots before a minute with which its first book is prepared."""

_AT, _PRICE, _SIDE = itemgetter(0), itemgetter(1), itemgetter(3)


def draw_book(
    depth: Depth,
    table: krx.TickTable,
    limits: Tuple[int, int],
    start: int,
    ticks: Sequence[Tick],
    best: Callable[[Tick], Touch],
    before: Optional[Touch],
    lasting: bool,
    *,
    earlier: Sequence[Tick] = (),
    bars: Sequence[MinuteBar] = (),
    kept: Optional[Kept] = None,
) -> Optional[Book]:
    """A book at the end of a minute, with all that was sent of it; None where there is none.

    One comes with the last of each group of trades, others in between; strictly later each.

    Args:
        depth: of the stock, day and board.
        table: the day's valid prices.
        limits: the day's highest and lowest price in won.
        start: the minute's beginning, microseconds since 1970 UTC.
        ticks: the minute's trades.
        best: the touch just after a trade.
        before: the touch at the beginning; None where the book opens with the first trade.
        lasting: whether the book is there after the last trade too.
        earlier: the trades of the minute before; what they left of the queues is still seen.
        bars: the day's minutes on the board; where the price has been says where orders stand.
        kept: what the minute before left, in place of ``earlier``.
    """
    begin = start
    if kept is not None:
        before = kept.touch
    elif before is not None and earlier:
        begin -= min(_WARM, depth.slots) * krx.MINUTE // depth.slots
        passed = bisect_left(list(map(_AT, earlier)), begin)
        before = best(earlier[max(0, passed - 1)])
        ticks = [*earlier[passed:], *ticks]
    groups = _groups(ticks, start)
    after = [best(group[-1]) for group in groups]
    if before is None and not after:
        return None
    at_first = [
        _touch_for(group, touch, left, best)
        for group, touch, left in zip(groups, [before or after[0], *after], after)
    ]
    low, high = _range(table, limits, {before, *at_first, *after}, ticks)
    book = Book(depth, table, low, high, bars, begin, start)
    wanted = [_wanted(group, book) for group in groups]
    wanted.append({})
    if before is not None:
        book.open(before, kept)
        book.foresee(wanted[0])
    for group, taken, coming, met, left in zip(groups, wanted, wanted[1:], at_first, after):
        if book.touch is not None:
            book.wait_for(group[0][0], met)
        last = group[-1][0]
        book.trade(last, taken, left)
        book.foresee(coming)
        book.send_trade(last)
    if lasting:
        book.wait(start + krx.MINUTE)
    return book


def _groups(ticks: Sequence[Tick], start: int) -> List[Sequence[Tick]]:
    """Trades that one book follows: those of a quarter of a second in a minute; an auction's alone."""
    times = list(map(_AT, ticks))
    walls = {bisect_left(times, start), len(ticks)}
    sides = list(map(_SIDE, ticks))
    if 0 in sides:
        for place, side in enumerate(sides):
            if not side:
                walls |= {place, place + 1}
    groups = []
    first = 0
    for wall in sorted(walls):
        while first < wall:
            following = bisect_right(times, times[first] + GROUP, first, wall)
            groups.append(ticks[first:following])
            first = following
    return groups


def _touch_for(
    group: Sequence[Tick], touch: Touch, left: Touch, best: Callable[[Tick], Touch]
) -> Touch:
    """The touch that trades meet: this one if the first trades there, else the one that it leaves."""
    _, price, _, side = group[0]
    if side == 0 or price == touch[side < 0]:
        return touch
    return best(group[0]) if len(group) > 1 else left


def _wanted(group: Sequence[Tick], book: Book) -> Taken:
    """Shares that a group of trades takes from each queue."""
    taken: Taken = {}
    for _, price, quantity, side in group:
        if side:
            place = (book.asks_at if side > 0 else book.bids_at)[price]
            taken[place] = taken.get(place, 0) + quantity
    return taken


def _range(
    table: krx.TickTable,
    limits: Tuple[int, int],
    touches: Set[Optional[Touch]],
    ticks: Sequence[Tick],
) -> Tuple[int, int]:
    """The lowest and highest price that a minute's books can show, by their number of ticks."""
    seen = {price for touch in touches if touch for price in touch if price}
    seen.update(map(_PRICE, ticks))
    upper, lower = limits
    low = max(table.index(lower), table.index(min(seen)) - REACH)
    return low, min(table.index(upper), table.index(max(seen)) + REACH)
