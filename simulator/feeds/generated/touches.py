"""The touch: best ask and best bid just after a trade."""

from __future__ import annotations

from datetime import date

from sapi_kiwoom import krx
from simulator.draws import octets
from simulator.feeds.bars import Tick
from simulator.universe import Stock

_WIDE = {"대형주": (6, 2), "": (20, 7)}
"""Of 256 books, those whose spread is wider than one tick, and wider than two; (64, 21) for other stocks."""

_TINY = 5_000
_WIDE_WHERE_TICKS_ARE_TINY = (177, 44)
"""The same where a tick is less than 2 bp of the price: 31 % one tick, 52 % two, 17 % three."""

_SPREADS = 3
_MULTIPLIER = 0x9E3779B97F4A7C15  # of Fibonacci hashing: spreads neighbouring moments evenly


class Touches:
    """Gives the touch after any trade of one stock on one day.

    A trade's spread is drawn by mixing its moment with a salt: asked for every trade, a hash function
    would cost more than all the rest of an event.

    Args:
        seed: decides the spreads.
        stock: whose.
        day: when.
        limits: the day's highest and lowest price, in won.
    """

    def __init__(self, seed: int, stock: Stock, day: date, limits: tuple[int, int]) -> None:
        self._salt = int.from_bytes(octets(8, "spread", seed, stock.code, day), "big")
        self._table = krx.tick_table(stock.market, day)
        self._limits = limits
        wide, widest = _WIDE.get(stock.size, (64, 21))
        if self._table.tick(stock.price) * _TINY < stock.price:
            wide, widest = _WIDE_WHERE_TICKS_ARE_TINY
        self._spread = [3 if n < widest else 2 if n < wide else 1 for n in range(256)]
        self._touches: dict[tuple[int, bool], list[tuple[int, int]]] = {}

    def after(self, tick: Tick) -> tuple[int, int]:
        """Best ask and best bid in won just after a trade; 0 where the limit leaves no room for one."""
        at, price, _, side = tick
        spread = self._spread[(at ^ self._salt) * _MULTIPLIER >> 40 & 255]
        key = (price, side > 0)
        touches = self._touches.get(key)
        if touches is None:
            touches = self._touches[key] = [
                self._touch(price, side > 0, each) for each in range(_SPREADS + 1)
            ]
        return touches[spread]

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
