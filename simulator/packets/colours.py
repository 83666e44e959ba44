"""Prices of a day as real-time data writes them: coloured against the day's base price."""

from __future__ import annotations

from functools import lru_cache

from simulator.strings import coloured, rate, ratio, signed, symbol


class Colours:
    """Writes each price of one stock on one day once.

    Attributes:
        base, upper, lower: base price and limits of the day in won.
        price: a price with its colour, a blank before the base price itself; ``-0`` for 0, as an absent
            price is recorded.
        change: a price with what always follows it, 현재가, 전일대비, 등락율 (FIDs 10, 11, 12).
    """

    def __init__(self, base: int, upper: int, lower: int) -> None:
        self.base, self.upper, self.lower = base, upper, lower
        self.price = lru_cache(maxsize=None)(self._price)
        self.change = lru_cache(maxsize=None)(self._change)

    def symbol(self, price: int) -> str:
        """전일대비기호 of a price (FID 25); of 0 that of an unchanged one."""
        return symbol(price or self.base, self.base, self.upper, self.lower)

    def difference(self, price: int) -> str:
        """A price's distance from the base price in won, signed; none where there is no price."""
        return signed(price - self.base if price else 0, " ")

    def percent(self, price: int) -> str:
        """The same in percent, with two decimals."""
        return rate(ratio(price - self.base, self.base) if price else 0)

    def _price(self, price: int) -> str:
        return coloured(price, self.base, " ")

    def _change(self, price: int) -> str:
        return f"{self.price(price)}\t{self.difference(price)}\t{self.percent(price)}"
