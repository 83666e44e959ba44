"""The order books of a minute, around the trades and the touch that are drawn already.

Inside a minute, trades take their shares from the queues (`queues`), and what they eat up is gone.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from functools import partial
from typing import Callable, Dict, List, Optional, Sequence, Tuple

from sapi_kiwoom import krx
from simulator.feeds.bars import MinuteBar, Quote, Tick
from simulator.feeds.generator.queues import (
    NOISE_MASK,
    OLDEST,
    REACH,
    Depth,
    Ground,
    Levels,
    Side,
    Taken,
)

__all__ = ["Depth", "Touch", "draw_quotes"]

Touch = Tuple[int, int]
"""Best ask and best bid in won, 0 for a side without orders."""

_quote: Callable[[Tuple[int, Levels, Levels]], Quote] = partial(tuple.__new__, Quote)
"""`Quote._make` without its checks."""

_GROUP = 250_000
"""Microseconds in which a broker sends one book, however many trades there are."""

_WARM = 40
"""Slots before a minute with which its first book is prepared."""


def draw_quotes(
    depth: Depth,
    table: krx.TickTable,
    limits: Tuple[int, int],
    start: int,
    ticks: Sequence[Tick],
    best: Callable[[Tick], Touch],
    before: Optional[Touch],
    lasting: bool,
    earlier: Sequence[Tick] = (),
    bars: Sequence[MinuteBar] = (),
) -> List[Quote]:
    """The books of a minute in order of time, as a broker sends them.

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
    """
    begin = start
    if before is not None and earlier:
        begin -= min(_WARM, depth.slots) * krx.MINUTE // depth.slots
        passed = bisect_left([tick.at for tick in earlier], begin)
        before = best(earlier[max(0, passed - 1)])
        ticks = [*earlier[passed:], *ticks]
    groups = _groups(ticks, start)
    after = [best(group[-1]) for group in groups]
    if before is None and not after:
        return []
    at_first = [
        _touch_for(group[0], touch, best)
        for group, touch in zip(groups, [before or after[0], *after])
    ]
    prices, low = _prices(table, limits, [before, *at_first, *after], ticks)
    last = (start + krx.MINUTE - 1) * depth.slots // krx.MINUTE
    ground = Ground(depth, table, prices, low, last, bars)
    book = _Book(depth, Side(ground, 1), Side(ground, -1), begin, start)
    wanted = [_wanted(group) for group in groups]
    wanted.append(({}, {}))
    if before is not None:
        book.open(before)
        book.foresee(wanted[0])
    for number, group in enumerate(groups):
        if before is not None or number:
            book.wait(group[0].at, at_first[number])
        book.pass_by(group[-1].at, wanted[number], after[number])
        book.foresee(wanted[number + 1])
        book.show_trade(group[-1].at)
    if lasting:
        book.wait(start + krx.MINUTE, None)
    return book.quotes


class _Book:
    """Both sides of the book on their way through a minute."""

    def __init__(self, depth: Depth, asks: Side, bids: Side, begin: int, start: int) -> None:
        self.quotes: List[Quote] = []
        self._depth = depth
        self._asks = asks
        self._bids = bids
        self._begin = begin  # nothing is sent before the start
        self._start = start
        self._end = start + krx.MINUTE
        self._slot = begin * depth.slots // krx.MINUTE  # the next one, and when each of them is
        self._slots = depth.moments(self._slot, self._end)
        self._due = next(self._slots)
        self._shown = begin - _GROUP  # when the latest quote was due
        self._touch: Optional[Touch] = None
        self._wanted: Tuple[Taken, Taken] = ({}, {})

    def open(self, touch: Touch) -> None:
        """Begin with this touch, every queue as old as it is."""
        changed: Dict[int, int] = {}
        for slot in range(self._slot - 1, self._slot - OLDEST, -1):
            for turn in self._depth.turns(slot):
                changed.setdefault(turn & 31, slot)
        ask, bid = self._touch = touch
        self._asks.open(ask, not bid, changed, self._slot)
        self._bids.open(bid, not ask, changed, self._slot)

    def foresee(self, wanted: Tuple[Taken, Taken]) -> None:
        """Make sure that the coming trades meet the shares that they take."""
        self._wanted = wanted
        for side, some in zip((self._asks, self._bids), wanted):
            side.raise_to(some)

    def wait(self, until: int, touch: Optional[Touch]) -> None:
        """Let queues change until a moment; before it, the touch goes to where trades expect it."""
        moving = touch if touch != self._touch else None
        move_at = until
        gap = until - max(self._shown, self._begin)
        if moving is not None:
            move_at -= gap * (24 + (self._depth.noise[self._slot & NOISE_MASK] >> 1)) >> 8
        while self._due < until:
            if moving is not None and self._due >= move_at:
                self._move(moving)
                moving = None
                if move_at - self._shown >= _GROUP // 2:
                    self.show(move_at)
            self._turn()
            if self._due - self._shown >= _GROUP:
                self._raise()
                self.show(self._due)
            self._due = next(self._slots, self._end)
        if moving is not None:
            self._move(moving)
            if move_at - self._shown >= _GROUP // 2:
                self.show(move_at)

    def pass_by(self, last: int, taken: Tuple[Taken, Taken], touch: Touch) -> None:
        """Let trades up to a moment take their shares and leave the touch at its place."""
        while self._due <= last:
            self._turn()
            self._due = next(self._slots, self._end)
        if self._touch is None:
            self.open(touch)
            return
        self._wanted = ({}, {})
        for side, shares in zip((self._asks, self._bids), taken):
            side.take(shares)
        self._move(touch)

    def show_trade(self, at: int) -> None:
        """Send the book that trades left, just after the last of them and in the same minute."""
        latest = (self._start if at < self._start else self._end) - 1
        self.show(min(max(at, self._shown) + 2, latest))

    def show(self, at: int) -> None:
        """Send the book, unless one was sent at that moment."""
        if at <= self._shown:
            return
        self._shown = at
        if at >= self._start:
            self.quotes.append(_quote((at, self._asks.levels(), self._bids.levels())))

    def _move(self, touch: Touch) -> None:
        ask, bid = self._touch = touch
        self._asks.move(ask, not bid, self._slot)
        self._bids.move(bid, not ask, self._slot)
        self._raise()

    def _raise(self) -> None:
        for side, wanted in zip((self._asks, self._bids), self._wanted):
            if wanted and side.shown is None:  # else nothing has changed
                side.raise_to(wanted)

    def _turn(self) -> None:
        """Give new queues to the prices near the touch whose turn it is in the next slot."""
        slot, asks, bids = self._slot, self._asks, self._bids
        for turn in self._depth.turns(slot):
            side, place = asks, asks.touch + (turn - asks.first - asks.touch & 31)
            if place >= asks.touch + REACH:
                side, place = bids, bids.touch + (bids.first - bids.touch - turn & 31)
                if place >= bids.touch + REACH:
                    continue
            if place < len(side.sizes):
                side.sizes[place] = side.draw(place, slot)
                side.shown = None
        self._slot = slot + 1


def _groups(ticks: Sequence[Tick], start: int) -> List[Sequence[Tick]]:
    """Trades that one book follows: those of a quarter of a second in a minute; an auction's alone."""
    times = [tick.at for tick in ticks]
    walls = {bisect_left(times, start), len(ticks)}
    for place, tick in enumerate(ticks):
        if not tick.side:
            walls |= {place, place + 1}
    groups = []
    first = 0
    for wall in sorted(walls):
        while first < wall:
            following = bisect_right(times, times[first] + _GROUP, first, wall)
            groups.append(ticks[first:following])
            first = following
    return groups


def _touch_for(tick: Tick, touch: Touch, best: Callable[[Tick], Touch]) -> Touch:
    """The touch that a trade meets: this one if it trades there, else the one that it leaves."""
    if tick.side == 0 or tick.price == (touch[0] if tick.side > 0 else touch[1]):
        return touch
    return best(tick)


def _wanted(group: Sequence[Tick]) -> Tuple[Taken, Taken]:
    """Shares that a group of trades takes at each price in won, from asks and from bids."""
    taken: Tuple[Taken, Taken] = ({}, {})
    for tick in group:
        if tick.side:
            side = taken[tick.side < 0]
            side[tick.price] = side.get(tick.price, 0) + tick.quantity
    return taken


def _prices(
    table: krx.TickTable,
    limits: Tuple[int, int],
    touches: Sequence[Optional[Touch]],
    ticks: Sequence[Tick],
) -> Tuple[List[int], int]:
    """All prices that a minute's books can show, and how many ticks lie below the first."""
    seen = [price for touch in touches if touch for price in touch if price]
    seen += [tick.price for tick in ticks]
    upper, lower = limits
    low = max(table.index(lower), table.index(min(seen)) - REACH)
    high = min(table.index(upper), table.index(max(seen)) + REACH)
    return [table.price(index) for index in range(low, high + 1)], low
