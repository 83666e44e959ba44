"""A stock's order book on its way through a minute: queues come and go, and trades take from them."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple

from sapi_kiwoom import krx
from simulator.feeds.bars import MinuteBar, Quote
from simulator.feeds.generator.queues import FRESH, NOISE_MASK, OLDEST, REACH, TURNS, Depth
from simulator.feeds.generator.standing import locked_depth

Touch = Tuple[int, int]
"""Best ask and best bid in won, 0 for a side without orders."""

Level = Tuple[int, int]
"""A price in won and the shares that stand there."""

Levels = Tuple[Level, ...]

Taken = Dict[int, int]
"""Shares that trades take, by the place of the queue."""

GROUP = 250_000
"""Microseconds in which a broker sends one book, however many trades there are."""

_LEVELS = 10

_quote: Callable[[Tuple[int, Levels, Levels]], Quote] = partial(tuple.__new__, Quote)
"""`Quote._make` without its checks."""

_whole: Callable[[Sequence[Optional[Level]]], Levels] = tuple  # type: ignore[assignment]
"""Levels of which none is without orders, as they are shown."""


_SIDE_BITS = 4
_LEVEL_MASK = (1 << _SIDE_BITS) - 1
_NOBODY = 255
"""A seat is a level and, above this many bits, its side; or nobody's."""


class Kept(NamedTuple):
    """What is left of a book at the end of a minute, for the next one.

    Attributes:
        touch: won.
        sides: what stood at each price of the asks, and of the bids.
        latest: when the latest book was due, microseconds since 1970 UTC.
    """

    touch: Touch
    sides: Tuple[Dict[int, Optional[Level]], Dict[int, Optional[Level]]]
    latest: int


class _View(NamedTuple):
    """Where levels are counted from.

    Attributes:
        best: the places of the best ask and bid; the end of a side without orders.
        alone: for each side, whether the other one is empty.
        seats: whose queue stands at a price near, by the last 5 bits of its number of ticks.
    """

    best: Tuple[int, int]
    alone: Tuple[bool, bool]
    seats: bytes


class Book:
    """Both sides of a book, which goes from one moment to a later one.

    A call costs as much as drawing a queue, and a day of 100 stocks has millions of books. So `wait`, where
    most of them are sent, does by itself what `_renew` and `send` do, and leaves them the exceptions.

    Places count the valid prices of the asks outwards from the lowest that there may be, then those of
    the bids from the highest one. Behind either side there are some where nobody ever stands.

    Args:
        depth: of the stock, day and board.
        table: the day's valid prices.
        low: the number of ticks below the lowest price that may be shown.
        high: the same of the highest one.
        bars: the day's minutes on the board.
        begin: the moment from which on trades are told, microseconds since 1970 UTC.
        start: the beginning of the minute whose books are sent.
    """

    def __init__(
        self,
        depth: Depth,
        table: krx.TickTable,
        low: int,
        high: int,
        bars: Sequence[MinuteBar],
        begin: int,
        start: int,
    ) -> None:
        self.quotes: List[Quote] = []
        self.touch: Optional[Touch] = None
        self._depth, self._table, self._bars = depth, table, bars
        self._range = (low, high)
        ticks, behind = range(low, high + 1), [0] * REACH
        prices = [table.price(tick) for tick in ticks]
        # By place: won and number of ticks; what stands there now, and what usually does.
        self._prices = [*prices, *behind, *prices[::-1], *behind]
        self._ticks = [*ticks, *behind, *ticks[::-1], *behind]
        self._bids = len(prices) + REACH  # the first place of the bids
        self._ends = (len(prices), self._bids + len(prices))
        self.asks_at = dict(zip(prices, range(len(prices))))
        self.bids_at = dict(zip(prices[::-1], range(self._bids, self._ends[1])))
        self._levels: List[Optional[Level]] = [None] * len(self._prices)
        self._gaps = [True, True]  # whether there may be prices without orders in between
        self._view = _View(self._ends, (False, False), bytes([_NOBODY] * 32))
        self._views: Dict[Touch, _View] = {}
        asks, bids = depth.scales
        self._scales = [*asks[: 1 << _SIDE_BITS], *bids[: 1 << _SIDE_BITS]]  # by seat
        self._shown: List[Optional[Levels]] = [None, None]  # as sent, while nothing has changed
        self._latest = begin - GROUP  # when the latest book was due
        self._begin, self._start, self._end = begin, start, start + krx.MINUTE
        self._first = begin * depth.slots // krx.MINUTE
        last = start // krx.MINUTE * depth.slots + depth.slots
        self._border = last - depth.slots - self._first
        self._dues = [*depth.moments(self._first, last), self._end]
        self._turns = depth.turns(self._first, last)
        self._parts = depth.parts(self._first, last)
        self._number = 0  # of the next slot, from the first one on
        self._wanted: Taken = {}
        self._locked: Dict[int, int] = {}
        self._take_up(self._first)

    def _take_up(self, slot: int) -> None:
        """Know what usually stands at each place in the minute in which a slot lies."""
        self._minute = slot - slot % self._depth.slots
        asks, bids = self._depth.usual(slot, self._table, *self._range, self._bars)
        behind = [0] * REACH
        self._usual = [*asks, *behind, *bids[::-1], *behind]

    def open(self, touch: Touch, kept: Optional[Kept] = None) -> None:
        """Begin with this touch, with queues that were kept, or else every queue as old as it is."""
        self._look(touch)
        new = [place for span in zip(self._view.best, self._ends) for place in range(*span)]
        if kept:
            self._latest = kept.latest
            for known, first, end in zip(kept.sides, self._view.best, self._ends):
                self._levels[first:end] = map(known.get, self._prices[first:end])
            asks, bids = kept.sides
            new = [p for p in new if self._prices[p] not in (bids if p >= self._bids else asks)]
        now = self._first + self._number
        oldest = now - OLDEST + 1
        turns, parts = self._depth.turns(oldest, now), self._depth.parts(oldest, now)
        born = {turn: number for number, turn in enumerate(turns)} if new else {}
        for place in new:
            number = born.get(self._ticks[place] & 31, 0)
            slot = oldest + number // TURNS
            self._put(place, self._draw(place, slot, self._usually(place, slot), parts[number]))

    def keep(self) -> Optional[Kept]:
        """What the next minute begins with, if there is a book."""
        if self.touch is None:
            return None
        asks, bids = (
            dict(zip(self._prices[first:end], self._levels[first:end]))
            for first, end in zip(self._view.best, self._ends)
        )
        return Kept(self.touch, (asks, bids), self._latest)

    def wait(self, until: int, sending: bool = True) -> None:
        """Let queues change until a moment, and send the book when the latest one is old enough."""
        prices, levels, shown, wanted = self._prices, self._levels, self._shown, self._wanted
        (ask, bid), alone, seats = self._view
        special = 0 if any(alone) else -1  # the level that is drawn by a rule of its own, if any
        usual, scales = self._usual, self._scales
        turns, parts, gaps = self._turns, self._parts, self._gaps
        number, dues, quotes = self._number, self._dues, self.quotes
        start, latest = self._start, self._latest if sending else until
        due = dues[number]
        while due < until:
            first = number * TURNS
            for turn, part in zip(turns[first : first + TURNS], parts[first : first + TURNS]):
                seat = seats[turn]
                if seat <= _LEVEL_MASK:
                    place = ask + seat
                    shown[0] = None
                elif seat != _NOBODY:
                    place = bid + (seat & _LEVEL_MASK)
                    shown[1] = None
                else:
                    continue
                own = usual[place]
                if own > 0 and seat & _LEVEL_MASK > special:  # `_draw` without its exceptions
                    shares = (scales[seat] * own * FRESH[part] >> 24) + 1
                    if place in wanted:
                        shares = max(shares, self._more(place))
                    levels[place] = (prices[place], shares)
                elif prices[place]:
                    self._renew(place, part)
            number += 1
            if number == self._border:
                self._take_up(self._first + number)
                usual = self._usual
            if due - latest >= GROUP:
                latest = due
                if due >= start:
                    asks, bids = shown
                    if asks is None:
                        asks = self._show(0) if gaps[0] else _whole(levels[ask : ask + _LEVELS])
                        shown[0] = asks
                    if bids is None:
                        bids = self._show(1) if gaps[1] else _whole(levels[bid : bid + _LEVELS])
                        shown[1] = bids
                    quotes.append(_quote((due, asks, bids)))
            due = dues[number]
        if sending:
            self._latest = latest
        self._number = number

    def wait_for(self, until: int, touch: Touch) -> None:
        """Wait for trades; some time before, the touch goes to where they expect it."""
        if touch != self.touch:
            gap = until - max(self._latest, self._begin)
            draw = self._depth.noise[self._first + self._number & NOISE_MASK]
            at = until - (gap * (24 + (draw >> 1)) >> 8)
            if self._dues[self._number] < at:
                self.wait(at)
            self.move(touch)
            if at - self._latest >= GROUP // 2:
                self.send(at)
        if self._dues[self._number] < until:
            self.wait(until)

    def trade(self, last: int, taken: Taken, touch: Touch) -> None:
        """Let trades up to a moment take their shares and leave the touch at its place."""
        if self._dues[self._number] <= last:
            self.wait(last + 1, sending=False)
        if self.touch is None:
            self.open(touch)
            return
        self._wanted = {}
        for place, shares in taken.items():
            level = self._levels[place]
            if level:
                self._put(place, max(0, level[1] - shares))
        if touch != self.touch:
            self.move(touch)
        for place in taken:
            if place in self._view.best and not self._levels[place]:  # somebody stands there
                self._renew(place, self._noise_at(place))

    def foresee(self, wanted: Taken) -> None:
        """See to it that the coming trades meet the shares that they take."""
        self._wanted = wanted
        if wanted:
            self._raise()

    def send_trade(self, at: int) -> None:
        """Send the book that trades left, just after the last of them and in the same minute."""
        latest = (self._start if at < self._start else self._end) - 1
        self.send(min(max(at, self._latest) + 2, latest))

    def send(self, at: int) -> None:
        """Send the book, unless one was sent at that moment."""
        if at > self._latest:
            self._latest = at
            if at >= self._start:
                asks, bids = self._shown
                if asks is None:
                    asks = self._show(0)
                if bids is None:
                    bids = self._show(1)
                self.quotes.append(_quote((at, asks, bids)))

    def move(self, touch: Touch) -> None:
        """Go to another touch. Prices that come nearer have new, short queues."""
        before = self._view
        self._look(touch)
        now = self._view
        for side in (0, 1):
            first, inner = now.best[side], before.best[side]
            if before.alone[side] != now.alone[side]:
                inner = max(inner, first + 1)
            if first != inner:
                self._shown[side] = None
                self._gaps[side] = True
                end = self._ends[side]
                for place in range(first, min(inner, end)):
                    self._come_nearer(place)
                if first < end and not self._levels[first]:
                    self._renew(first, self._noise_at(first))
        if self._wanted:
            self._raise()

    def _come_nearer(self, place: int) -> None:
        """Have a short queue at a price that was beyond the touch."""
        draw = self._noise_at(place)
        shares = self._draw(place, self._first + self._number, self._usual[place], draw)
        self._put(place, 1 + (shares * (64 + (draw * 89 & 127)) >> 8))

    def _noise_at(self, place: int) -> int:
        """A draw for a place and the next slot."""
        slot = self._first + self._number
        return self._depth.noise[place * 47 + slot * 5 & NOISE_MASK]

    def _renew(self, place: int, draw: int) -> None:
        """Have a new queue at a place."""
        slot = self._first + self._number
        shares = self._draw(place, slot, self._usual[place], draw)
        self._put(place, max(shares, self._more(place)) if place in self._wanted else shares)

    def _look(self, touch: Touch) -> None:
        """Count levels from another touch on."""
        self.touch = touch
        view = self._views.get(touch)
        if view is None:
            view = self._views[touch] = self._view_from(touch)
        self._view = view

    def _view_from(self, touch: Touch) -> _View:
        (low, high), (ask, bid) = self._range, touch
        asks, bids = self.asks_at.get(ask, self._ends[0]), self.bids_at.get(bid, self._ends[1])
        seats = _seats(low + asks & 31, high + self._bids - bids & 31)
        return _View((asks, bids), (not bid, not ask), seats)

    def _raise(self) -> None:
        """Have the shares that are wanted, as far as they are in the book."""
        for place in self._wanted:
            if place >= self._view.best[place >= self._bids]:
                level = self._levels[place]
                if level is None or level[1] <= self._wanted[place]:
                    self._put(place, self._more(place))

    def _more(self, place: int) -> int:
        """Some more shares than are wanted at a place."""
        shares = self._wanted[place]
        return shares + max(1, shares * self._depth.noise[place] >> 9)

    def _show(self, side: int) -> Levels:
        """Up to ten levels from the touch outwards, those without orders left out."""
        first = self._view.best[side]
        found: Levels = tuple(filter(None, self._levels[first : first + REACH]))
        self._gaps[side] = len(found) < REACH
        self._shown[side] = found = found[:_LEVELS]
        return found

    def _put(self, place: int, shares: int) -> None:
        """Have other shares at a place."""
        side = place >= self._bids
        self._shown[side] = None
        if shares:
            self._levels[place] = (self._prices[place], shares)
        else:
            self._levels[place] = None
            self._gaps[side] = True

    def _draw(self, place: int, slot: int, usual: int, draw: int) -> int:
        """Shares that come to stand at a place in a slot, by a byte."""
        side = place >= self._bids
        level = place - self._view.best[side]
        if not level:
            if self._view.alone[side]:
                return self._draw_locked(place, slot, draw)
            usual = abs(usual)
        elif usual < 0:
            return 0
        scale = self._depth.scales[side][min(level, REACH)]
        return (scale * usual * FRESH[draw] >> 24) + 1

    def _usually(self, place: int, slot: int) -> int:
        """What stands at a place in the minute of a slot, maybe an earlier one."""
        if slot >= self._minute:
            return self._usual[place]
        tick = self._ticks[place]
        sides = self._depth.usual(slot, self._table, tick, tick, self._bars)
        return sides[place >= self._bids][0]

    def _draw_locked(self, place: int, slot: int, draw: int) -> int:
        """Shares at the limit: they come and go in small parts of what is there."""
        minute, part = self._depth.minute(slot), slot % self._depth.slots
        now, then = (self._waiting(each, self._prices[place]) for each in (minute, minute + 1))
        waiting = now * self._depth.slots + (then - now) * part
        return self._depth.locked * waiting * (8_128 + draw) // (self._depth.slots << 21) + 1

    def _waiting(self, minute: int, limit: int) -> int:
        if minute not in self._locked:
            self._locked[minute] = locked_depth(minute, limit, self._bars)
        return self._locked[minute]


@lru_cache(maxsize=1_024)
def _seats(ask: int, bid: int) -> bytes:
    """Whose queue stands at a price near these best ones; all are named by 5 bits of their ticks."""
    seats = bytearray([_NOBODY] * 32)
    for side, best, step in ((1, bid, -1), (0, ask, 1)):
        for level in range(REACH):
            seats[best + step * level & 31] = side << _SIDE_BITS | level
    return bytes(seats)
