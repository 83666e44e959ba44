"""Industry indexes (업종): their level is the value of all members, of a fixed list, over a fixed divisor.

A day of 2,500 stocks takes seconds, so everything that goes over all members is a generator that
yields after each one and returns what it found: ``bars = yield from indexes.days(...)``.
"""

from __future__ import annotations

from array import array
from collections import OrderedDict
from datetime import date
from itertools import accumulate, islice
from math import isqrt
from typing import Dict, Generator, Iterable, List, NamedTuple, Optional, Tuple

from sapi_kiwoom import krx
from simulator.feeds import Feed
from simulator.feeds.summary import DaySummary, Summaries
from simulator.universe import Stock

KOSPI, KOSDAQ, KOSPI200 = "001", "101", "201"

_LEVELS = {KOSPI: 400_000, KOSDAQ: 90_000, KOSPI200: 56_000}
"""In hundredths, where every stock is at `Stock.price`."""

_UPPER, _UP, _FLAT, _DOWN, _LOWER = range(5)
_MINUTES = 24 * 60


class Industry(NamedTuple):
    """An index.

    Attributes:
        code: 업종코드.
        members: its stocks; each weighs all its listed shares.
        divisor: won of market value for 0.01 of the index, times `scale`.
        scale: makes the divisor exact.
    """

    code: str
    members: Tuple[Stock, ...]
    divisor: int
    scale: int

    def level(self, worth: int) -> int:
        """The index, in hundredths, at which all members together are worth so many won."""
        return worth * self.scale // self.divisor


class IndexBar(NamedTuple):
    """One day of an index: levels in hundredths, shares, million won."""

    date: date
    open: int
    high: int
    low: int
    close: int
    volume: int
    value_million: int


class IndexMoment(NamedTuple):
    """An index at the end of a minute.

    Attributes:
        level, open, high, low: hundredths; the last three of the day so far.
        volume: shares traded so far.
        value: won, so far.
        upper, up, flat, down, lower: members by their last price of the day: at the upper limit, above
            the base price but not there, at it, below it, at the lower limit. The others had no trade.
    """

    level: int
    open: int
    high: int
    low: int
    volume: int
    value: int
    upper: int
    up: int
    flat: int
    down: int
    lower: int


def industries(stocks: Iterable[Stock]) -> Dict[str, Industry]:
    """The indexes over these stocks by code; those without any member are left out.

    KOSPI and KOSDAQ have all stocks of their market, preferred shares and REITs among them.
    """
    listed = sorted(stocks, key=lambda stock: stock.code)
    members = {
        KOSPI: [stock for stock in listed if stock.market == "KOSPI"],
        KOSDAQ: [stock for stock in listed if stock.market == "KOSDAQ"],
        KOSPI200: [stock for stock in listed if stock.kospi200],
    }
    return {
        code: Industry(
            code, tuple(found), sum(stock.price * stock.shares for stock in found), _LEVELS[code]
        )
        for code, found in members.items()
        if found
    }


class IndexDay:
    """An index on one day, minute by minute."""

    def __init__(self, feed: Feed, industry: Industry, day: date) -> None:
        self.day = day
        self._feed = feed
        self._industry = industry
        self._start = krx.session(day).open
        self._worth = self._opening = 0  # of all members at their base prices, and at their first
        self._moves, self._volumes, self._values, *self._counts = (
            array("q", bytes(8 * _MINUTES)) for _ in range(8)
        )
        self._levels = array("q")

    def add(self, stock: Stock, summary: DaySummary) -> None:
        """Count a member in."""
        base = last = base_price(self._feed, stock, self.day)
        self._worth += base * stock.shares
        self._opening += (summary.open or base) * stock.shares
        if not summary.open:
            return
        upper, lower = self._feed.limits(stock, self.day)
        moves, counts, status = self._moves, self._counts, -1
        for minute, price in zip(summary.minutes, summary.closes):
            if price == last and status >= 0:
                continue
            moves[minute] += (price - last) * stock.shares
            last = price
            now = _status(price, base, upper, lower)
            if now != status:
                counts[now][minute] += 1
                if status >= 0:
                    counts[status][minute] -= 1
                status = now
        volume = value = 0
        for minute, upto, worth in zip(summary.minutes, summary.volumes, summary.values):
            self._volumes[minute] += upto - volume
            self._values[minute] += worth - value
            volume, value = upto, worth

    def finish(self) -> None:
        """Sum up, when all members are counted in."""
        level = self._industry.level
        self._levels = array("q", map(level, accumulate(self._moves, initial=self._worth)))[1:]
        self._volumes = array("q", accumulate(self._volumes))
        self._values = array("q", accumulate(self._values))
        self._counts = [array("q", accumulate(each)) for each in self._counts]

    @property
    def base(self) -> int:
        """The index before the day, in hundredths."""
        return self._industry.level(self._worth)

    def at(self, minute: int) -> Optional[IndexMoment]:
        """The index at the end of a minute; None before the session opens."""
        if minute < self._start:
            return None
        opening = self._industry.level(self._opening)
        passed = self._levels[self._start : minute + 1]
        return IndexMoment(
            self._levels[minute],
            opening,
            max(opening, *passed),
            min(opening, *passed),
            self._volumes[minute],
            self._values[minute],
            *(each[minute] for each in self._counts),
        )


class Indexes:
    """All indexes of a feed.

    Args:
        feed: the members' prices.
        stocks: the universe.
        summaries: where the members' days are summed up, shared with whoever needs them too.
        room: days of minutes that are kept.
    """

    def __init__(
        self, feed: Feed, stocks: Iterable[Stock], summaries: Summaries, room: int = 2
    ) -> None:
        self.industries = industries(stocks)
        self._feed = feed
        self._summaries = summaries
        self._room = room
        self._days: OrderedDict[date, Dict[str, IndexDay]] = OrderedDict()

    def prepare(self, day: date) -> Generator[None, None, Dict[str, IndexDay]]:
        """The minutes of all indexes on a trading day, one member a step.

        Raises:
            ValueError: not a trading day.
        """
        if day not in self._days:
            found = {
                code: IndexDay(self._feed, industry, day)
                for code, industry in self.industries.items()
            }
            members: Dict[Stock, List[str]] = {}
            for code, industry in self.industries.items():
                for stock in industry.members:
                    members.setdefault(stock, []).append(code)
            for stock, codes in members.items():
                summary = self._summaries.of(stock, day)
                for code in codes:
                    found[code].add(stock, summary)
                yield
            for each in found.values():
                each.finish()
            self._days[day] = found
            while len(self._days) > self._room:
                self._days.popitem(last=False)
        return self._days[day]

    def minutes(self, code: str, day: date) -> Optional[IndexDay]:
        """An index on a day; None while the day is not prepared."""
        return self._days.get(day, {}).get(code)

    def days(self, code: str, newest: date, count: int) -> Generator[None, None, List[IndexBar]]:
        """Up to ``count`` day bars, newest first, from ``newest`` backwards; one member a step.

        Open and close are exact. High and low are estimated from the members' own, which do not reach
        them at the same moment: the minutes of `prepare` know better.

        Raises:
            ValueError: a day beyond the calendar.
            KeyError: no such index.
        """
        industry = self.industries[code]
        days = trading_days_back(newest, count)
        sums = [_Sum() for _ in days]
        for stock in industry.members:
            bars = islice(self._feed.iterate_days(stock, newest), len(days))
            place = 0
            for total, bar in zip(sums, bars):
                top, bottom = max(bar.open, bar.close), min(bar.open, bar.close)
                total.open += bar.open * stock.shares
                total.close += bar.close * stock.shares
                total.above += ((bar.high - top) * stock.shares >> 16) ** 2
                total.below += ((bottom - bar.low) * stock.shares >> 16) ** 2
                total.volume += bar.volume
                total.value += bar.value_million
                place += 1
            if place < len(days):
                worth = base_price(self._feed, stock, days[place]) * stock.shares
                for total in sums[place:]:
                    total.open += worth
                    total.close += worth
            yield
        return [total.bar(day, industry) for day, total in zip(days, sums)]


class _Sum:
    """The members' day bars, added up in won."""

    __slots__ = ("above", "below", "close", "open", "value", "volume")

    def __init__(self) -> None:
        self.open = self.close = self.volume = self.value = 0
        self.above = self.below = 0  # beyond open and close, squares of 65,536 won

    def bar(self, day: date, industry: Industry) -> IndexBar:
        """The day's bar."""
        top, bottom = max(self.open, self.close), min(self.open, self.close)
        return IndexBar(
            day,
            industry.level(self.open),
            industry.level(top + (isqrt(self.above) << 16)),
            industry.level(bottom - (isqrt(self.below) << 16)),
            industry.level(self.close),
            self.volume,
            self.value,
        )


def base_price(feed: Feed, stock: Stock, day: date) -> int:
    """A member's base price in won; before its listing, that of its first day."""
    first = stock.listed
    if day < first:
        day = first if krx.is_trading_day(first) else krx.next_trading_day(first)
    return feed.base_price(stock, day)


def trading_days_back(newest: date, count: int) -> List[date]:
    """Up to ``count`` trading days, newest first."""
    index = krx.trading_day_index(
        newest if krx.is_trading_day(newest) else krx.previous_trading_day(newest)
    )
    return [krx.trading_day(place) for place in range(index, max(-1, index - count), -1)]


def _status(price: int, base: int, upper: int, lower: int) -> int:
    if price >= upper:
        return _UPPER
    if price <= lower:
        return _LOWER
    return _UP if price > base else _DOWN if price < base else _FLAT
