"""What stands in a book: the queues of each side, and what they are drawn from.

How many shares stand at a price is a matter of that price and of the time (`standing`): a few prices in
turn get a new queue of about the old size, so that any minute can be had without those before it.
"""

from __future__ import annotations

from datetime import date
from functools import partial
from math import isqrt
from typing import Dict, Iterator, List, Optional, Sequence, Tuple

from sapi_kiwoom import krx
from simulator.draws import OCTAVE, heavy_tail, octets
from simulator.feeds.bars import KRX, NXT, MinuteBar
from simulator.feeds.generator.standing import Standing, draw_standing, locked_depth
from simulator.universe import Stock

Levels = Tuple[Tuple[int, int], ...]
Taken = Dict[int, int]
"""Shares that trades take at each price in won."""

REACH = 11
"""Valid prices from the touch outwards among which ten with orders are looked for."""

OLDEST = 64
"""Slots after which every price has a new queue, but for a few."""

_LEVELS = 10

# Shares that come to each level, in hundredths of the book's mean. Recorded books are thin at the touch
# and deepest in the middle; here they become so because orders had less time to gather at the touch.
_ASKS = (108, 110, 101, 98, 113, 80, 86, 96, 105, 107)
_BIDS = (78, 101, 102, 126, 77, 80, 80, 66, 65, 68)

_SLOW = heavy_tail(OCTAVE * 2 // 5)  # what it has for `1 << _LONG_BITS` slots
_LONG_BITS = 7
_FRESH = tuple(208 + (draw * 3 >> 3) for draw in range(256))  # what it has from turn to turn
_NOISE_BITS = 13
NOISE_MASK = (1 << _NOISE_BITS) - 1
_TURNS = 3
"""Prices out of 32 that get a new queue in a slot."""

_BLOCK = 4
"""Minutes for which books are as deep as they are, at least."""

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
        block: slots for which books are as deep as they are; more than a queue is old.
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
            [max(2, usual * part // 100) for part in (*side, *(side[-1:] * REACH))]
            for side in (_ASKS, _BIDS)
        ]
        self.locked = max(50, stock.volume // (2 * part))
        self.block = self.slots * max(_BLOCK, OLDEST // self.slots + 1)
        self._opening = krx.session(day).open
        self._midnight = krx.midnight(day) // krx.MINUTE
        self._volatility = stock.volatility

    def minute(self, slot: int) -> int:
        """Minutes since midnight of the day at which a slot begins."""
        return slot // self.slots - self._midnight

    def standing(
        self,
        block: int,
        table: krx.TickTable,
        prices: List[int],
        low: int,
        bars: Sequence[MinuteBar],
    ) -> Standing:
        """How deep books are at prices in won, of which the first has ``low`` ticks below it."""
        minute = self.minute(block * self.block)
        tick = table.tick(prices[0])
        opening, volatility = self._opening, self._volatility
        return draw_standing(self.noise, prices, low, tick, minute, opening, volatility, bars)

    def turns(self, slot: int) -> bytes:
        """Which prices get a new queue in a slot, by their number of ticks; only 5 bits matter."""
        start = slot * _TURNS & NOISE_MASK
        return self.noise[start : start + _TURNS]

    def moments(self, slot: int, end: int) -> Iterator[int]:
        """When the slots from this one on are that begin before a moment, microseconds."""
        slots, noise = self.slots, self.noise
        length = krx.MINUTE // slots
        return (
            -(-each * krx.MINUTE // slots)
            + ((noise[each & NOISE_MASK] << 8 | noise[each * 3 & NOISE_MASK]) * length >> 17)
            for each in range(slot, end * slots // krx.MINUTE)
        )


class Ground:
    """What a minute's books are drawn on: its prices in won, and how deep books are there and then."""

    def __init__(
        self,
        depth: Depth,
        table: krx.TickTable,
        prices: List[int],
        low: int,
        last: int,
        bars: Sequence[MinuteBar],
    ) -> None:
        self.depth = depth
        self.prices = prices
        self.low = low  # ticks below the first price
        self.bars = bars
        block = last // depth.block
        self.since = block * depth.block
        """The slot from which on the later of two blocks counts."""
        self.later = depth.standing(block, table, prices, low, bars)
        self._draw_earlier = partial(depth.standing, block - 1, table, prices, low, bars)
        self._earlier: Optional[Standing] = None

    @property
    def earlier(self) -> Standing:
        """How deep books were before; most minutes do not ask."""
        if self._earlier is None:
            self._earlier = self._draw_earlier()
        return self._earlier


class Side:
    """One side of the book; places count valid prices outwards.

    Attributes:
        prices: won at each place.
        sizes: shares at each place, up to date from the touch outwards.
        touch: the place of the best price; beyond the last one where there are no orders.
        alone: whether the other side is empty.
        first: the number of ticks below the price at place 0.
        shown: the levels as shown last, while nothing has changed.
    """

    def __init__(self, ground: Ground, step: int) -> None:
        self.prices = ground.prices[::step]
        self.sizes = [0] * len(self.prices)
        self.touch = len(self.prices)
        self.alone = False
        self.first = ground.low if step > 0 else ground.low + len(self.prices) - 1
        self.shown: Optional[Levels] = None
        self._ground = ground
        self._depth = ground.depth
        self._noise = ground.depth.noise
        self._step = step
        self._scale = ground.depth.scales[step < 0]
        self._place = {price: place for place, price in enumerate(self.prices)}
        self._since = ground.since
        self._later = ground.later.asks if step > 0 else ground.later.bids[::-1]
        self._earlier: Optional[List[int]] = None
        self._locked: Dict[int, int] = {}

    def draw(self, place: int, slot: int) -> int:
        """Shares that come to stand at a place in a slot."""
        noise, level = self._noise, place - self.touch
        index = (self.first + self._step * place) * 2 + (self._step < 0)
        slow = noise[index * 89 + (slot + index * 23 >> _LONG_BITS) * 769 & NOISE_MASK]
        fresh = noise[index * 47 + slot * 5 & NOISE_MASK]
        if level:
            if slow < self._depth.empty:
                return 0
            shares = self._scale[level] if level < REACH else self._scale[-1]
        elif self.alone:
            return self._draw_locked(place, slot, fresh)
        else:
            shares = self._scale[0]
        deep = self._later if slot >= self._since else self._before()
        return (shares * deep[place] * _SLOW[slow] * _FRESH[fresh] >> 24) + 1

    def _before(self) -> List[int]:
        if self._earlier is None:
            earlier = self._ground.earlier
            self._earlier = earlier.asks if self._step > 0 else earlier.bids[::-1]
        return self._earlier

    def _draw_locked(self, place: int, slot: int, fresh: int) -> int:
        """Shares at the limit: they come and go in small parts of what is there."""
        minute, part = self._depth.minute(slot), slot % self._depth.slots
        now, then = (self._waiting(each, self.prices[place]) for each in (minute, minute + 1))
        waiting = now * self._depth.slots + (then - now) * part
        return self._depth.locked * waiting * (8_128 + fresh) // (self._depth.slots << 21) + 1

    def _waiting(self, minute: int, limit: int) -> int:
        if minute not in self._locked:
            self._locked[minute] = locked_depth(minute, limit, self._ground.bars)
        return self._locked[minute]

    def open(self, touch: int, alone: bool, changed: Dict[int, int], slot: int) -> None:
        """Fill the book from a best price in won on; queues are as old as ``changed`` says."""
        self.touch, self.alone = self._place.get(touch, len(self.prices)), alone
        for place in range(self.touch, len(self.prices)):
            index = self.first + self._step * place
            self.sizes[place] = self.draw(place, changed.get(index & 31, slot - OLDEST))

    def move(self, touch: int, alone: bool, slot: int) -> None:
        """Another best price in won; 0 for none. Prices that come nearer have new, short queues."""
        self.shown = None
        before, self.touch = self.touch, self._place.get(touch, len(self.prices))
        if alone != self.alone:
            self.alone, before = alone, max(before, self.touch + 1)
        for place in range(self.touch, min(before, len(self.prices))):
            part = 64 + (self._depth.noise[slot + place & NOISE_MASK] >> 1)
            self.sizes[place] = 1 + (self.draw(place, slot) * part >> 8)
        if self.touch < len(self.prices) and not self.sizes[self.touch]:
            self.sizes[self.touch] = self.draw(self.touch, slot)

    def take(self, taken: Taken) -> None:
        """Trade shares at prices in won; `move` sees to it that the best price has some left."""
        for price, shares in taken.items():
            place = self._place[price]
            self.sizes[place] = max(0, self.sizes[place] - shares)
            self.shown = None

    def raise_to(self, wanted: Taken) -> None:
        """Have at least so many shares at these prices in won, as far as they are in the book."""
        for price, shares in wanted.items():
            place = self._place[price]
            if place >= self.touch and self.sizes[place] <= shares:
                self.sizes[place] = shares + max(1, shares * self._depth.noise[place] >> 9)
                self.shown = None

    def levels(self) -> Levels:
        """Up to ten (won, shares) from the touch outwards."""
        if self.shown is None:
            start = self.touch
            sizes = self.sizes[start : start + _LEVELS]
            if 0 in sizes:
                end = start + REACH
                pairs = zip(self.prices[start:end], self.sizes[start:end])
                self.shown = tuple([pair for pair in pairs if pair[1]][:_LEVELS])
            else:
                self.shown = tuple(zip(self.prices[start : start + _LEVELS], sizes))
        return self.shown
