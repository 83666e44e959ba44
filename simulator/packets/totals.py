"""What has been traded of one stock on one day so far."""

from __future__ import annotations

from typing import NamedTuple

from simulator.feeds import Tick


class Marks(NamedTuple):
    """The day's first, highest and lowest price, and when they were reached first.

    Attributes:
        open, high, low: won; 0 before the first trade.
        open_at, high_at, low_at: microseconds since 1970 UTC.
        upper_at, lower_at: when the price first stood at its limit; 0 for never.
    """

    open: int = 0
    high: int = 0
    low: int = 0
    open_at: int = 0
    high_at: int = 0
    low_at: int = 0
    upper_at: int = 0
    lower_at: int = 0


class Totals:
    """Trades added one after the other.

    Args:
        upper, lower: the day's price limits in won.

    Attributes:
        last: the trade added last; None before the first.
        marks: another object each time one of them changes.
        volume, value: shares and won traded so far.
        bought, sold: shares of them whose buyer, whose seller came to the other.
        buys, sells: how many trades these were.
    """

    def __init__(self, upper: int, lower: int) -> None:
        self.upper, self.lower = upper, lower
        self.last: Tick | None = None
        self.marks = Marks()
        self.volume = self.value = 0
        self.bought = self.sold = self.buys = self.sells = 0
        self._high, self._low = 0, 1 << 60  # every first price is beyond both

    def add(self, tick: Tick) -> None:
        """Count one more trade."""
        at, price, quantity, side = tick
        self.last = tick
        self.volume += quantity
        self.value += quantity * price
        if side > 0:
            self.bought += quantity
            self.buys += 1
        elif side < 0:
            self.sold += quantity
            self.sells += 1
        if price > self._high or price < self._low:
            self.reach(at, price)

    def reach(self, at: int, price: int) -> None:
        """Mark a price beyond the day's highest or lowest; `add` does by itself."""
        if price > self._high:
            self._rise(at, price)
        if price < self._low:
            self._fall(at, price)

    @property
    def open(self) -> int:
        """The day's first price in won; 0 before it."""
        return self.marks.open

    @property
    def high(self) -> int:
        """The day's highest price in won; 0 before the first."""
        return self.marks.high

    @property
    def low(self) -> int:
        """The day's lowest price in won; 0 before the first."""
        return self.marks.low

    def _rise(self, at: int, price: int) -> None:
        self._high = price
        if not self.marks.open:
            self.marks = self.marks._replace(open=price, open_at=at)
        self.marks = self.marks._replace(high=price, high_at=at)
        if price == self.upper:
            self.marks = self.marks._replace(upper_at=at)

    def _fall(self, at: int, price: int) -> None:
        self._low = price
        self.marks = self.marks._replace(low=price, low_at=at)
        if price == self.lower:
            self.marks = self.marks._replace(lower_at=at)
