"""What the queues of a stock's books are drawn from.

How many shares stand at a price is a matter of that price and of the time (`standing`): a few prices in
turn get a new queue of about the old size, so that any minute can be had without those before it.
"""

from __future__ import annotations

from datetime import date
from math import isqrt
from typing import Dict, List, Sequence, Tuple

from sapi_kiwoom import krx
from simulator.draws import OCTAVE, heavy_tail, octets
from simulator.feeds.bars import KRX, NXT, MinuteBar
from simulator.feeds.generator.standing import Standing, draw_standing, looked_at
from simulator.universe import Stock

REACH = 11
"""Valid prices from the touch outwards among which ten with orders are looked for."""

OLDEST = 64
"""Slots after which every price has a new queue, but for a few."""

# Shares that come to each level, in hundredths of the book's mean. Recorded books are thin at the touch
# and deepest in the middle; here they become so because orders had less time to gather at the touch.
_ASKS = (108, 110, 101, 98, 113, 80, 86, 96, 105, 107)
_BIDS = (78, 101, 102, 126, 77, 80, 80, 66, 65, 68)

_SLOW = heavy_tail(OCTAVE * 2 // 5)  # what it has for about `1 << _LONG_BITS` slots
_LONG_BITS = 7
FRESH = tuple(208 + (draw * 3 >> 3) for draw in range(256))
"""What a price has from turn to turn, for each byte, in 1/256."""

_NOISE_BITS = 13
NOISE_MASK = (1 << _NOISE_BITS) - 1
TURNS = 3
"""Prices out of 32 that get a new queue in a slot."""

_BLOCK = 4
"""Minutes for which books are as deep as they are, at least."""

_PARTS = 4_099
"""How far from the draw of a price is that of its new queue."""

_MARGIN = 6
"""Prices on either side of those that are asked for which are drawn too, for they will be."""

_BLOCKS = 4
"""Blocks that are kept."""

_MOST_SLOTS = 150
_BOARD_PART = {KRX: 1, NXT: 3}
"""By how much fewer shares stand in a board's book than in the regular one, 8 unless named."""


class Depth:
    """What a stock's books of one day on one board are drawn from.

    Attributes:
        slots: moments in a minute at which queues change.
        noise: random bytes.
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
        empty = 3 if stock.size == "대형주" or fund else 20
        # Below 0 where nobody leaves an order while nobody trades there.
        self._slow = [-part if draw < empty else part for draw, part in enumerate(_SLOW)]
        around = self.noise + self.noise[: TURNS * (2 * _MOST_SLOTS + OLDEST)]
        self._around, self._turns = around, around.translate(bytes(range(32)) * 8)
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
        self._offsets = [-(-slot * krx.MINUTE // self.slots) for slot in range(2 * self.slots)]
        self._known: Dict[int, Tuple[int, int, Sequence[MinuteBar], Standing]] = {}

    def minute(self, slot: int) -> int:
        """Minutes since midnight of the day at which a slot begins."""
        return slot // self.slots - self._midnight

    def usual(
        self, slot: int, table: krx.TickTable, low: int, high: int, bars: Sequence[MinuteBar]
    ) -> Tuple[List[int], List[int]]:
        """What stands at each price in the minute of a slot, by asks and by bids.

        In 1/65,536 of the usual shares; below 0 where nobody leaves an order but at the touch.

        Args:
            slot: any of the minute's.
            table: the day's valid prices.
            low: the number of ticks below the lowest price that is asked for.
            high: the same of the highest one.
            bars: the day's minutes on the board.
        """
        slot -= slot % self.slots
        first, standing = self._standing(slot // self.block, table, low, high, bars)
        noise, slow, wanted = self.noise, self._slow, slice(low - first, high + 1 - first)
        asks, bids = (
            [
                deep * slow[noise[key * 89 + (slot + key * 23 >> _LONG_BITS) * 769 & NOISE_MASK]]
                for deep, key in zip(side[wanted], range(2 * low + number, 2 * high + 2, 2))
            ]
            for number, side in enumerate(standing)
        )
        return asks, bids

    def _standing(
        self, block: int, table: krx.TickTable, low: int, high: int, bars: Sequence[MinuteBar]
    ) -> Tuple[int, Standing]:
        """How deep books are, and the number of ticks below the first price for which it is told."""
        minute = self.minute(block * self.block)
        recent = looked_at(bars, minute)
        known = self._known.get(block)
        if known is not None:
            first, last, seen, standing = known
            if first <= low and high <= last and seen == recent:
                return first, standing
            low, high = min(low, first), max(high, last)
        low, high = max(0, low - _MARGIN), high + _MARGIN
        opening, volatility = self._opening, self._volatility
        standing = draw_standing(self.noise, table, low, high, minute, opening, volatility, recent)
        if len(self._known) >= _BLOCKS:
            self._known.clear()
        self._known[block] = (low, high, recent, standing)
        return low, standing

    def turns(self, first: int, end: int) -> bytes:
        """Which prices get a new queue in the slots from ``first`` up to ``end - 1``, three in each.

        They are named by the last 5 bits of their number of ticks.
        """
        start = first * TURNS & NOISE_MASK
        return self._turns[start : start + (end - first) * TURNS]

    def parts(self, first: int, end: int) -> bytes:
        """A random byte for each of those new queues."""
        start = first * TURNS + _PARTS & NOISE_MASK
        return self._around[start : start + (end - first) * TURNS]

    def moments(self, first: int, end: int) -> List[int]:
        """When these slots of a minute, and maybe of the one before, begin, in microseconds."""
        minute, number = divmod(first, self.slots)
        start, length = minute * krx.MINUTE, krx.MINUTE // self.slots
        place, count = first & NOISE_MASK, end - first
        high = self._around[place : place + count]
        place = first * 3 & NOISE_MASK
        low = self._around[place : place + 3 * count : 3]
        return [
            start + offset + ((high << 8 | low) * length >> 17)
            for offset, high, low in zip(self._offsets[number:], high, low)
        ]
