"""What had been traded by any minute of a day, compactly: for rankings and indexes over all stocks."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from datetime import date
from typing import Dict, Iterable, Iterator, NamedTuple, Optional

from simulator.feeds import Feed
from simulator.feeds.bars import KRX
from simulator.universe import Stock


class SoFar(NamedTuple):
    """A day up to a minute: prices in won, volume in shares, value in won, exact."""

    open: int
    high: int
    low: int
    close: int
    volume: int
    value: int


class DaySummary:
    """One stock's day on one board, minute by minute, in about 12 kB.

    Attributes:
        open: the day's first price in won; 0 on a day without trades.
        minutes: the minutes with trades, counted from midnight.
        volumes, values: shares and won traded from the day's beginning to each minute's end.
        closes: won, the last price of each of these minutes.
        highs, lows: won, the day's extremes by then.
    """

    __slots__ = ("closes", "highs", "lows", "minutes", "open", "values", "volumes")

    def __init__(self) -> None:
        self.open = 0
        self.minutes = array("h")
        self.volumes = array("q")
        self.values = array("q")
        self.closes = array("i")
        self.highs = array("i")
        self.lows = array("i")

    def at(self, minute: int) -> Optional[SoFar]:
        """What had been traded by the end of a minute; None before the first trade."""
        place = bisect_right(self.minutes, minute) - 1
        if place < 0:
            return None
        return SoFar(
            self.open,
            self.highs[place],
            self.lows[place],
            self.closes[place],
            self.volumes[place],
            self.values[place],
        )


def summary(feed: Feed, stock: Stock, day: date, board: str = KRX) -> DaySummary:
    """Sum up a stock's day; empty where it has no minutes.

    Raises:
        ValueError: a day beyond the calendar.
    """
    found = DaySummary()
    volume = value = high = low = 0
    for bar in feed.minutes(stock, day, board):
        if not found.open:
            found.open, low = bar.open, bar.low
        volume += bar.volume
        value += bar.value
        high = max(high, bar.high)
        low = min(low, bar.low)
        found.minutes.append(bar.minute)
        found.volumes.append(volume)
        found.values.append(value)
        found.closes.append(bar.close)
        found.highs.append(high)
        found.lows.append(low)
    return found


class Summaries:
    """Summaries of one board for one day at a time; another day forgets it.

    Args:
        feed: where prices come from.
        board: whose trades are summed up.
    """

    def __init__(self, feed: Feed, board: str = KRX) -> None:
        self._feed = feed
        self._board = board
        self._day: Optional[date] = None
        self._found: Dict[str, DaySummary] = {}

    def of(self, stock: Stock, day: date) -> DaySummary:
        """A stock's summary, made now if it was not prepared (some milliseconds).

        Raises:
            ValueError: a day beyond the calendar.
        """
        if day != self._day:
            self._day, self._found = day, {}
        found = self._found.get(stock.code)
        if found is None:
            found = self._found[stock.code] = summary(self._feed, stock, day, self._board)
        return found

    def prepare(self, stocks: Iterable[Stock], day: date) -> Iterator[None]:
        """Make the summaries of a day, one a step, so that the caller can do other things between.

        It may be left at any step. Questions about another day meanwhile cost what was prepared.
        """
        for stock in stocks:
            self.of(stock, day)
            yield

    def prepared(self, stocks: Iterable[Stock], day: date) -> bool:
        """Whether the summaries of all these stocks are there."""
        return day == self._day and all(stock.code in self._found for stock in stocks)
