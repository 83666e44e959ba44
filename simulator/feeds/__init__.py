"""Where prices come from. Every feed answers the same questions about any day, without the days before.

A feed knows the whole of a day from its beginning. What is still to come is kept from answers by whoever
asks: `minutes_so_far` and `day_so_far` give what had happened by a moment.
"""

from __future__ import annotations

from datetime import date
from typing import Iterator, Protocol, Sequence

from simulator.feeds.bars import KRX, DayBar, Expected, MinuteBar, Quote, Tick
from simulator.universe import Stock

__all__ = ["DayBar", "Expected", "Feed", "MinuteBar", "Quote", "Tick"]


class Feed(Protocol):
    """Prices, volumes and books of every stock.

    Every method raises `ValueError` for a day beyond the calendar of `krx`.

    Attributes:
        seed: decides whatever is drawn; a feed without draws has one all the same, for the control's.
    """

    seed: int

    def day(self, stock: Stock, day: date) -> DayBar | None:
        """The bar of a whole regular session; None on closed days and before the listing."""

    def days(self, stock: Stock, newest: date, count: int) -> list[DayBar]:
        """Up to ``count`` day bars, newest first, from ``newest`` backwards."""

    def iterate_days(self, stock: Stock, newest: date) -> Iterator[DayBar]:
        """All day bars from ``newest`` backwards, newest first."""

    def base_price(self, stock: Stock, day: date) -> int:
        """The day's base price in won (기준가): the close before it."""

    def limits(self, stock: Stock, day: date) -> tuple[int, int]:
        """The highest and the lowest price of a day, in won."""

    def minutes(self, stock: Stock, day: date, board: str = KRX) -> tuple[MinuteBar, ...]:
        """All minutes with trades of a whole day on a board, in order."""

    def ticks(self, stock: Stock, day: date, minute: int, board: str = KRX) -> list[Tick]:
        """The trades of the minute that begins ``minute`` minutes after midnight; maybe none."""

    def best_quotes(self, stock: Stock, tick: Tick, board: str = KRX) -> tuple[int, int]:
        """Best ask and best bid in won just after a trade; 0 where the book has no such side."""

    def touches(
        self, stock: Stock, ticks: Sequence[Tick], board: str = KRX
    ) -> list[tuple[int, int]]:
        """The `best_quotes` just after each of a day's trades."""

    def quotes(self, stock: Stock, day: date, minute: int, board: str = KRX) -> list[Quote]:
        """The books of a minute in order of time: each change that a broker would send."""

    def expected(self, stock: Stock, day: date) -> tuple[Expected, ...]:
        """What the day's auctions expect, from their beginning to just before they are settled."""

    def minutes_so_far(self, stock: Stock, moment: int) -> tuple[MinuteBar, ...]:
        """The regular minutes of a moment's day up to and including the moment (microseconds)."""

    def day_so_far(self, stock: Stock, moment: int) -> DayBar | None:
        """The bar of a moment's day up to and including the moment; None before its first trade."""
