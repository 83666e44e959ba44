"""The order books of a minute, around the trades and the touch that are drawn already.

How many shares stand at a price is a matter of that price and of the time: a few prices in turn get a
new queue of about the old size, so that any minute can be had without those before it. Inside a minute,
trades take their shares from the queues, and what they eat up is gone.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import date
from math import isqrt
from typing import Callable, Dict, Iterator, List, Optional, Sequence, Tuple

from sapi_kiwoom import krx
from simulator.draws import OCTAVE, heavy_tail, octets
from simulator.feeds.bars import KRX, NXT, Quote, Tick
from simulator.universe import Stock

Levels = Tuple[Tuple[int, int], ...]
Touch = Tuple[int, int]
"""Best ask and best bid in won, 0 for a side without orders."""
Taken = Dict[int, int]
"""Shares that trades take at each price in won."""

_LEVELS = 10
_REACH = 11
"""Valid prices from the touch outwards among which ten with orders are looked for."""

# Usual shares by level, in hundredths of the book's mean; thin at the touch, most in the middle.
_ASKS = (76, 93, 100, 108, 121, 101, 107, 116, 127, 132)
_BIDS = (59, 88, 104, 128, 95, 97, 96, 84, 84, 85)

_KEPT = heavy_tail(OCTAVE * 3 // 4)  # what a price has all day
_SLOW = heavy_tail(OCTAVE * 2 // 5)  # what it has for `1 << _LONG_BITS` slots
_LONG_BITS = 7
_FRESH = tuple(208 + (draw * 3 >> 3) for draw in range(256))  # what it has from turn to turn
_NOISE_BITS = 13
_NOISE_MASK = (1 << _NOISE_BITS) - 1
_TURNS = 3
"""Prices out of 32 that get a new queue in a slot."""

_GROUP = 250_000
"""Microseconds in which a broker sends one book, however many trades there are."""

_WARM = 40
"""Slots before a minute with which its first book is prepared."""

_MOST_SLOTS = 150
_BOARD_PART = {KRX: 1, NXT: 3}
"""By how much fewer shares stand in a board's book than in the regular one, 8 unless named."""


class Depth:
    """What a stock's books of one day on one board are drawn from.

    Attributes:
        slots: moments in a minute at which queues change.
        noise: random bytes.
        empty: of 256 prices, those without orders while nobody trades there.
        scales: usual shares by level, of asks and of bids.
        locked: usual shares at a limit that has only one side.
    """

    def __init__(self, seed: int, stock: Stock, day: date, board: str) -> None:
        part = _BOARD_PART.get(board, 8)
        fund = stock.market in ("ETF", "ETN")  # liquidity providers fill these books
        self.slots = min(
            _MOST_SLOTS, 2 + isqrt(stock.volume * stock.price) * (1 + fund) // (2_500 * part)
        )
        self.noise = octets(1 << _NOISE_BITS, "depth", seed, stock.code, day, board)
        self.empty = 3 if stock.size == "대형주" or fund else 20
        usual = (stock.volume // 400 + 2 * isqrt(stock.volume)) * (1 + 2 * fund) // part
        self.scales = [
            [max(2, usual * part // 100) for part in (*side, *(side[-1:] * _REACH))]
            for side in (_ASKS, _BIDS)
        ]
        self.locked = max(50, stock.volume // (2 * part))

    def turns(self, slot: int) -> bytes:
        """Which prices get a new queue in a slot, by their number of ticks; only 5 bits matter."""
        start = slot * _TURNS & _NOISE_MASK
        return self.noise[start : start + _TURNS]

    def moments(self, slot: int, end: int) -> Iterator[int]:
        """When the slots from this one on are that begin before a moment, microseconds."""
        slots, noise = self.slots, self.noise
        length = krx.MINUTE // slots
        late = (
            (noise[each & _NOISE_MASK] << 8 | noise[each * 3 & _NOISE_MASK]) * length >> 17
            for each in range(slot, end * slots // krx.MINUTE)
        )
        return (-(-each * krx.MINUTE // slots) + wait for each, wait in enumerate(late, slot))


class _Side:
    """One side of the book; places count valid prices outwards.

    Attributes:
        prices: won at each place.
        sizes: shares at each place, up to date from the touch outwards.
        touch: the place of the best price; beyond the last one where there are no orders.
        alone: whether the other side is empty.
    """

    def __init__(self, depth: Depth, prices: List[int], first: int, step: int) -> None:
        self.prices = prices
        self.sizes = [0] * len(prices)
        self.touch = len(prices)
        self.alone = False
        self._depth = depth
        self._first = first  # the number of ticks below the price at place 0
        self._step = step
        self._scale = depth.scales[step < 0]
        self._place = {price: place for place, price in enumerate(prices)}
        self._levels: Optional[Levels] = None  # as shown last, while nothing has changed

    def _draw(self, place: int, slot: int) -> int:
        """Shares that come to stand at a place in a slot."""
        depth = self._depth
        noise, level = depth.noise, place - self.touch
        index = (self._first + self._step * place) * 2 + (self._step < 0)
        slow = noise[index * 89 + (slot + index * 23 >> _LONG_BITS) * 769 & _NOISE_MASK]
        if level and slow < depth.empty:
            return 0
        shares = self._scale[level] if level < _REACH else self._scale[-1]
        if self.alone and not level:
            shares = depth.locked
        kept = _KEPT[noise[index * 61 & _NOISE_MASK]]
        fresh = _FRESH[noise[index * 47 + slot * 5 & _NOISE_MASK]]
        return (shares * kept * _SLOW[slow] * fresh >> 24) + 1

    def open(self, touch: int, alone: bool, changed: Dict[int, int], slot: int) -> None:
        """Fill the book from a best price in won on; queues are as old as ``changed`` says."""
        self.touch, self.alone = self._place.get(touch, len(self.prices)), alone
        for place in range(self.touch, len(self.prices)):
            index = self._first + self._step * place
            self.sizes[place] = self._draw(place, changed.get(index & 31, slot - 64))

    def move(self, touch: int, alone: bool, slot: int) -> None:
        """Another best price in won; 0 for none. Prices that come nearer have new, short queues."""
        self._levels = None
        before, self.touch = self.touch, self._place.get(touch, len(self.prices))
        if alone != self.alone:
            self.alone, before = alone, max(before, self.touch + 1)
        for place in range(self.touch, min(before, len(self.prices))):
            part = 64 + (self._depth.noise[slot + place & _NOISE_MASK] >> 1)
            self.sizes[place] = 1 + (self._draw(place, slot) * part >> 8)
        if self.touch < len(self.prices) and not self.sizes[self.touch]:
            self.sizes[self.touch] = self._draw(self.touch, slot)

    def turn(self, turn: int, slot: int) -> bool:
        """Give a new queue to the price whose turn it is, if it is near the touch on this side."""
        place = self.touch + ((turn - self._first) * self._step - self.touch & 31)
        if place >= self.touch + _REACH:
            return False
        if place < len(self.sizes):
            self.sizes[place] = self._draw(place, slot)
            self._levels = None
        return True

    def take(self, taken: Taken) -> None:
        """Trade shares at prices in won; `move` sees to it that the best price has some left."""
        for price, shares in taken.items():
            place = self._place[price]
            self.sizes[place] = max(0, self.sizes[place] - shares)
            self._levels = None

    def raise_to(self, wanted: Taken) -> None:
        """Have at least so many shares at these prices in won, as far as they are in the book."""
        for price, shares in wanted.items():
            place = self._place[price]
            if place >= self.touch and self.sizes[place] <= shares:
                self.sizes[place] = shares + max(1, shares * self._depth.noise[place] >> 9)
                self._levels = None

    def levels(self) -> Levels:
        """Up to ten (won, shares) from the touch outwards."""
        if self._levels is None:
            start = self.touch
            sizes = self.sizes[start : start + _LEVELS]
            if 0 in sizes:
                end = start + _REACH
                pairs = zip(self.prices[start:end], self.sizes[start:end])
                self._levels = tuple([pair for pair in pairs if pair[1]][:_LEVELS])
            else:
                self._levels = tuple(zip(self.prices[start : start + _LEVELS], sizes))
        return self._levels


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
    asks = _Side(depth, prices, low, 1)
    bids = _Side(depth, prices[::-1], low + len(prices) - 1, -1)
    book = _Book(depth, asks, bids, begin, start)
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

    def __init__(self, depth: Depth, asks: _Side, bids: _Side, begin: int, start: int) -> None:
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
        for slot in range(self._slot - 1, self._slot - 64, -1):
            for turn in self._depth.turns(slot):
                changed.setdefault(turn & 31, slot)
        ask, bid = self._touch = touch
        self._asks.open(ask, not bid, changed, self._slot)
        self._bids.open(bid, not ask, changed, self._slot)

    def foresee(self, wanted: Tuple[Taken, Taken]) -> None:
        """Make sure that the coming trades meet the shares that they take."""
        self._wanted = wanted
        self._raise()

    def wait(self, until: int, touch: Optional[Touch]) -> None:
        """Let queues change until a moment; before it, the touch goes to where trades expect it."""
        moving = touch if touch != self._touch else None
        move_at = until
        gap = until - max(self._shown, self._begin)
        if moving is not None:
            move_at -= gap * (24 + (self._depth.noise[self._slot & _NOISE_MASK] >> 1)) >> 8
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
            self.quotes.append(Quote(at, self._asks.levels(), self._bids.levels()))

    def _move(self, touch: Touch) -> None:
        ask, bid = self._touch = touch
        self._asks.move(ask, not bid, self._slot)
        self._bids.move(bid, not ask, self._slot)
        self._raise()

    def _raise(self) -> None:
        for side, wanted in zip((self._asks, self._bids), self._wanted):
            if wanted:
                side.raise_to(wanted)

    def _turn(self) -> None:
        """Give new queues to the prices whose turn it is in the next slot."""
        slot = self._slot
        for turn in self._depth.turns(slot):
            if not self._asks.turn(turn, slot):
                self._bids.turn(turn, slot)
        self._slot += 1


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
    low = max(table.index(lower), table.index(min(seen)) - _REACH)
    high = min(table.index(upper), table.index(max(seen)) + _REACH)
    return [table.price(index) for index in range(low, high + 1)], low
