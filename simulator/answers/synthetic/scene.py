"""A stock, an index or a contract as it stands at the end of some time: what rules read values from."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Callable, Dict, NamedTuple, Optional, Tuple, Union

from simulator.draws import octets
from simulator.strings import symbol

Fact = Union[int, str, None]

LEVELS, POINT_LEVELS = 10, 5
"""Levels of a book: of a stock, of a contract."""


class Coloured(NamedTuple):
    """A price whose colour is against a base of its own."""

    value: int
    base: int


class Level(NamedTuple):
    """One level of a book: price (0: nothing there), quantity, orders."""

    price: int
    quantity: int
    orders: int


Book = Tuple[Tuple[Level, ...], Tuple[Level, ...]]
"""Asks and bids, each from the touch outwards."""


@dataclass
class Scene:
    """Where a subject stood at a moment, on the day so far.

    Prices are won; hundredths of a point where ``points``.

    Attributes:
        code, name: of the subject.
        at: microseconds since 1970 UTC.
        day: the trading day.
        base, upper, lower: base price and limits.
        open, high, low, price: of the day so far; the first three are 0 before the first trade.
        volume, value: shares and won of the day so far.
        last: shares of the last trade or minute, signed by who came to the other.
        before: shares of the day before.
        key: what is drawn for the subject is drawn under this one.
        step: the tick at a price.
        points: whether prices are hundredths of a point.
        facts: what else is known, by the Korean name of the field; in hundredths where fields of its kind
            have decimals.
        shown: gives the book that the exchange shows; without it one is drawn around the price.
        more: gives further facts, where they take time.
        options: inputs of the request.
        previous: the scene of the row behind.
        other: the put beside a call.
    """

    code: str
    name: str
    at: int
    day: date
    base: int
    upper: int
    lower: int
    open: int
    high: int
    low: int
    price: int
    volume: int
    value: int
    last: int
    before: int
    key: str
    step: Callable[[int], int]
    points: bool = False
    facts: Dict[str, Union[Fact, Coloured]] = field(default_factory=dict)
    shown: Optional[Callable[[], Book]] = None
    more: Optional[Callable[[], Dict[str, Union[Fact, Coloured]]]] = None
    options: Dict[str, str] = field(default_factory=dict)
    previous: Optional[Scene] = None
    other: Optional[Scene] = None
    _book: Optional[Book] = None

    @property
    def symbol(self) -> str:
        """전일대비기호."""
        return symbol(self.price, self.base, self.upper, self.lower)

    @property
    def average(self) -> int:
        """The day's average price so far."""
        if not self.volume:
            return self.price
        if self.points:
            return (self.high + self.low + self.price) // 3
        return min(max(self.value // self.volume, self.low), self.high)

    def further(self, name: str) -> bool:
        """Whether anything is known under a name, facts that take time among them."""
        if name not in self.facts and self.more is not None:
            self.facts = {**self.more(), **self.facts}
            self.more = None
        return name in self.facts

    def draw(self, label: str, bound: int) -> int:
        """A number below ``bound`` that stays the same all day."""
        drawn = octets(8, "synthetic", self.key, self.day, label)
        return int.from_bytes(drawn, "big") * bound >> 64

    def draw_now(self, label: str, bound: int) -> int:
        """A number below ``bound`` that the moment decides too."""
        return self.draw(f"{label}/{self.at}", bound)

    @property
    def asks(self) -> Tuple[Level, ...]:
        """The book's sellers from the touch outwards."""
        return self._sides()[0]

    @property
    def bids(self) -> Tuple[Level, ...]:
        """The book's buyers from the touch outwards."""
        return self._sides()[1]

    def _sides(self) -> Book:
        if self._book is None:
            self._book = self.shown() if self.shown else self._draw_book()
        return self._book

    def _draw_book(self) -> Book:
        """The last price stands at one of the two touches; nothing stands beyond a limit."""
        count = POINT_LEVELS if self.points else LEVELS
        drawn = octets(2 * count + 1, "synthetic", self.key, self.at, "book")
        usual = max(self.before // 800, 20)
        asks, bids = [], []
        bid = self.price if drawn[-1] & 1 else self.price - self.step(max(self.price - 1, 1))
        ask = bid + self.step(max(bid, 1))
        for place in range(count):
            if 0 < ask <= self.upper:
                quantity = 1 + usual * (64 + drawn[2 * place]) // 128
                asks.append(Level(ask, quantity, orders(quantity)))
            else:
                asks.append(Level(0, 0, 0))
            if max(self.lower, 1) <= bid:
                quantity = 1 + usual * (64 + drawn[2 * place + 1]) // 128
                bids.append(Level(bid, quantity, orders(quantity)))
            else:
                bids.append(Level(0, 0, 0))
            ask += self.step(max(ask, 1))
            bid -= self.step(max(bid - 1, 1))
        return tuple(asks), tuple(bids)


def orders(quantity: int) -> int:
    """How many orders stand behind so many shares (건수): nobody counts them."""
    return 1 + quantity // 120 if quantity else 0
