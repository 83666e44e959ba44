"""The touch: best ask and best bid just after a trade."""

from __future__ import annotations

from bisect import bisect_right
from datetime import date
from typing import Iterable

from sapi_kiwoom import krx
from simulator.draws import OCTAVE, heavy_tail, octets
from simulator.feeds.bars import Tick
from simulator.universe import Stock

_WIDE = {"대형주": 5, "": 8}
"""Of 256 books at quiet times, those whose spread is wider than one tick; 40 for other stocks."""

_THIN, _THINNEST = 1_000_000_000, 24
"""Won a day below which fewer trades mean wider spreads, and by how many times at most, in 1/8."""

_WIDER = (149, 216, 235, 247, 252)
"""Of 256 wide spreads, those of two ticks, of up to three ... up to six; the rest have seven."""

_TINY = 5_000
_WIDE_WHERE_TICKS_ARE_TINY = 160
_WIDER_WHERE_TICKS_ARE_TINY = (190, 250, 254, 255, 255)
"""The same where a tick is less than 2 bp of the price: 31 % one tick, 52 % two, 17 % three and more."""

_EARLY = (5, 20, 60, 120)
_WIDENED = (10, 5, 3, 2, 2)
"""How many times more spreads are wide until so many minutes after the open, and later; doubled."""

_RUNNING = 900
"""1/10,000 from the base price from which on a price runs: the more, the wider the spreads."""

_STIR = heavy_tail(OCTAVE * 3 // 4)  # quiet and restless half minutes
_BLOCK_BITS = 25
"""A stretch of 33.5 seconds has as many wide spreads as it has."""

_SPREADS = 7
_MULTIPLIER = 0x9E3779B97F4A7C15  # of Fibonacci hashing: spreads neighbouring moments evenly


class Touches:
    """Gives the touch after any trade of one stock on one day.

    Spreads are wide in the first minutes, where the price has run away from the day's base, and for half
    a minute now and then; where a stock trades little, they are wide all day.

    A trade's spread is drawn by mixing its moment with a salt: asked for every trade, a hash function
    would cost more than all the rest of an event.

    Args:
        seed: decides the spreads.
        stock: whose.
        day: when.
        limits: the day's highest and lowest price, in won.
    """

    def __init__(self, seed: int, stock: Stock, day: date, limits: tuple[int, int]) -> None:
        self._noise = octets(264, "spread", seed, stock.code, day)
        self._salt = int.from_bytes(self._noise[256:], "big")
        self._table = krx.tick_table(stock.market, day)
        self._limits = limits
        self._base = sum(limits) // 2
        self._opening = krx.midnight(day) + krx.session(day).open * krx.MINUTE
        wide, wider = _WIDE.get(stock.size, 40), _WIDER
        if self._table.tick(stock.price) * _TINY < stock.price:
            wide, wider = _WIDE_WHERE_TICKS_ARE_TINY, _WIDER_WHERE_TICKS_ARE_TINY
        else:
            wide = wide * _thinness(stock) >> 3
        self._wide = wide
        self._wider = wider
        self._parts: dict[int, int] = {}  # of the spreads of half a minute, those that are wide
        self._touches: dict[tuple[int, bool], tuple[int, list[tuple[int, int]]]] = {}

    def after(self, tick: Tick) -> tuple[int, int]:
        """Best ask and best bid in won just after a trade; 0 where the limit leaves no room for one."""
        return self.after_each((tick,))[0]

    def after_each(self, ticks: Iterable[Tick]) -> list[tuple[int, int]]:
        """The same after each of some trades."""
        parts, known, salt, wider = self._parts, self._touches, self._salt, self._wider
        touches = []
        for at, price, _, side in ticks:
            part = parts.get(at >> _BLOCK_BITS) or self._part(at >> _BLOCK_BITS)
            running, each = known.get((price, side > 0)) or self._touches_at(price, side > 0)
            draw = (at ^ salt) * _MULTIPLIER >> 40
            if draw & 255 >= part * running >> 3:
                touches.append(each[0])
            else:
                touches.append(each[bisect_right(wider, draw >> 8 & 255) + 1])
        return touches

    def _part(self, block: int) -> int:
        """Of 256 spreads in half a minute, those that are wide where the price does not run."""
        minutes = ((block << _BLOCK_BITS) - self._opening) // krx.MINUTE
        times = next((n for n, upto in zip(_WIDENED, _EARLY) if minutes < upto), _WIDENED[-1])
        if minutes < -1:
            times = 4
        if self._wide > 128:  # wide as they are, a little more or less is all that changes
            part = self._wide + (times + _STIR[self._noise[block & 255]] // 16 >> 1)
        else:
            part = min(200, self._wide * times * _STIR[self._noise[block & 255]] >> 9)
        self._parts[block] = part
        return part

    def _touches_at(self, price: int, bought: bool) -> tuple[int, list[tuple[int, int]]]:
        """How many times more spreads are wide at a price, in 1/8, and the touch for each spread."""
        away = abs(price - self._base) * 10_000 // self._base
        running = 8 + min(16, max(0, away - _RUNNING) // 60)
        found = running, [self._touch(price, bought, each) for each in range(1, _SPREADS + 1)]
        self._touches[price, bought] = found
        return found

    def _touch(self, price: int, bought: bool, spread: int) -> tuple[int, int]:
        upper, lower = self._limits
        index = self._table.index(price)
        if bought:
            ask, bid = price, self._table.price(max(0, index - spread))
        else:
            ask, bid = self._table.price(index + spread), price
        if price < upper < ask:
            ask = upper
        if price > lower > bid:
            bid = lower
        return ask if ask <= upper else 0, bid if bid >= lower else 0


def _thinness(stock: Stock) -> int:
    """How many times more spreads are wide than those of a stock that trades well, in 1/8."""
    value, times = stock.volume * stock.price, 8
    while value < _THIN and times < _THINNEST:
        value, times = value * 2, times + 4
    return times
