"""What every kind of investor bought net of a stock over some days."""

from __future__ import annotations

from datetime import date
from typing import Any, Callable, Iterator, List, NamedTuple, Optional, Tuple, TypeVar

from sapi_kiwoom import krx
from simulator.answers.parties.investors import COLUMNS, by_column, million
from simulator.answers.rankings.screening import admitted
from simulator.answers.rankings.standings import bar_at, ranked_at, whole_day
from simulator.answers.reply import Rows
from simulator.answers.snapshot import Snapshot
from simulator.answers.world import World
from simulator.feeds.generator import FIRST_DAY
from simulator.feeds.investors import Investors
from simulator.universe import Stock

FOREIGN, INSTITUTION = 1, 2
"""Places of 외국인투자자 and 기관계 among the `COLUMNS`."""

_ROOM = 10_000
"""Sums of past days that are remembered: some of all stocks."""


class Total(NamedTuple):
    """Sums over days.

    Attributes:
        shares: 순매수 by the `COLUMNS` of opt10059.
        worth: the same in million won, each day's at its average price.
        volume, value_million: shares and million won traded.
        base: won, the base price of the first day; 0 without any day.
    """

    shares: Tuple[int, ...] = (0,) * len(COLUMNS)
    worth: Tuple[int, ...] = (0,) * len(COLUMNS)
    volume: int = 0
    value_million: int = 0
    base: int = 0

    @property
    def average(self) -> int:
        """The average price of all trades, in won; 0 without any."""
        return self.value_million * 1_000_000 // self.volume if self.volume else 0

    def after(self, earlier: Total) -> Total:
        """This and what was before it."""
        return Total(
            tuple(one + other for one, other in zip(self.shares, earlier.shares)),
            tuple(one + other for one, other in zip(self.worth, earlier.worth)),
            self.volume + earlier.volume,
            self.value_million + earlier.value_million,
            earlier.base or self.base,
        )


def of_day(day: Investors, base: int) -> Total:
    """One day."""
    bar, bought, sold = day.bar, by_column(day.bought), by_column(day.sold)
    return Total(
        tuple(one - other for one, other in zip(bought, sold)),
        tuple(million(one, bar) - million(other, bar) for one, other in zip(bought, sold)),
        bar.volume,
        bar.value_million,
        base,
    )


def _past(world: World, stock: Stock, first: date, last: date) -> Total:
    """Whole days."""
    key = stock.code, first, last
    found = world.totals.get(key)
    if found is None:
        found = Total()
        for day in world.investors.days(stock, last):
            if day.bar.date < first:
                break
            found = found.after(of_day(day, world.feed.base_price(stock, day.bar.date)))
        if len(world.totals) >= _ROOM:
            world.totals.clear()
        world.totals[key] = found
    return found


def total(world: World, now: Snapshot, first: date, last: date) -> Total:
    """The days from ``first`` to ``last``, the snapshot's own as far as it tells."""
    before = krx.previous_trading_day(now.day)
    earlier = _past(world, now.stock, first, min(last, before)) if first <= before else Total()
    if last < now.day or now.bar is None:
        return earlier
    return of_day(world.investors.day(now.stock, now.bar), now.base).after(earlier)


def holding(world: World, now: Snapshot) -> int:
    """The shares that foreigners hold at a snapshot."""
    if now.bar is None:
        return world.investors.held_before(now.stock, now.day)
    return world.investors.day(now.stock, now.bar).holding


class Ranked(NamedTuple):
    """A stock as it stands, and its sums."""

    now: Snapshot
    total: Total


def totals(
    world: World, moment: int, market: str, first: date, last: date
) -> Iterator[Optional[Ranked]]:
    """All stocks of a market as they stood at the end of the last whole minute; None after each."""
    for now in everybody(world, moment, market):
        if now:
            yield Ranked(now, total(world, now, first, last))
        yield None


def everybody(world: World, moment: int, market: str) -> Iterator[Optional[Snapshot]]:
    """The same without sums: also those that did not trade yet; None after each."""
    asof = ranked_at(world, moment)
    day = world.trading_day(asof)
    for stock in world.stocks.values():
        whole = whole_day(world, stock, day) if admitted(stock, market) else None
        if whole:
            yield whole._replace(bar=bar_at(world, stock, asof))
        yield None


def days_back(world: World, moment: int, count: int, skipped: int = 0) -> Tuple[date, date]:
    """The first and the last of ``count`` trading days, the last so many before today."""
    place = krx.trading_day_index(world.trading_day(moment)) - skipped
    earliest = krx.trading_day_index(FIRST_DAY)
    first, last = max(earliest, place - count + 1), max(earliest, place)
    return krx.trading_day(first), krx.trading_day(last)


T = TypeVar("T")


def first_ranked(
    found: Iterator[Optional[T]],
    key: Callable[[T], Any],
    keep: Callable[[T], bool],
    row: Callable[[T, int], List[str]],
    most: Optional[int] = None,
) -> Rows:
    """Rows of up to ``most`` of those kept, the lowest key first; ``row`` is given the rank, from 1."""
    kept: List[T] = []
    for each in found:
        if each is None:
            yield None
        elif keep(each):
            kept.append(each)
    kept.sort(key=key)
    for rank, each in enumerate(kept[:most], 1):
        yield row(each, rank)
        yield None
