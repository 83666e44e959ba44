"""Every stock at once, as the broker's server ranks them: by whole minutes."""

from __future__ import annotations

from datetime import date
from typing import Callable, Iterator, List, Optional

from sapi_kiwoom import krx
from simulator.answers.rankings.screening import admitted
from simulator.answers.reply import Rows
from simulator.answers.snapshot import Period, Snapshot, on_day
from simulator.answers.world import World
from simulator.feeds import DayBar
from simulator.strings import ratio
from simulator.universe import Stock


def ranked_at(world: World, moment: int) -> int:
    """The moment for which rankings stand: the end of the last whole minute."""
    moment = world.settled(moment)
    return moment - moment % krx.MINUTE - 1


def bar_at(world: World, stock: Stock, moment: int) -> Optional[DayBar]:
    """A stock's day by the end of the minute in which the moment lies; None before its first trade."""
    day, minute = krx.day_and_minute(moment)
    if stock.code in world.live:  # its trades are no longer those that were summed up
        return world.feed.day_so_far(stock, krx.midnight(day) + (minute + 1) * krx.MINUTE - 1)
    found = world.summaries.of(stock, day).at(minute)
    if found is None:
        return None
    opening, high, low, close, volume, value = found
    return DayBar(day, opening, high, low, close, volume, value // 1_000_000)


def strength(world: World, stock: Stock, moment: int) -> int:
    """체결강도 in hundredths as minutes let it be estimated: to fold every trade of a day takes too long.

    Of the shares of a minute that rises a tick, 60 % count as the buyers', 5 % more for each further one.
    """
    day, now = krx.day_and_minute(moment)
    found = world.summaries.of(stock, day)
    price, volume, bought = found.open, 0, 0
    for minute, close, total in zip(found.minutes, found.closes, found.volumes):
        if minute > now:
            break
        ticks = (close - price) // krx.tick_table(stock.market, day).tick(price)
        tilt = min(10 + 5 * (abs(ticks) - 1), 40) if ticks else 0
        bought += (total - volume) * (50 + (tilt if ticks > 0 else -tilt))
        price, volume = close, total
    return ratio(bought, 100 * volume - bought)


def standings(
    world: World,
    moment: int,
    market: str,
    kind: str = "0",
    possible: Callable[[Snapshot], bool] = lambda whole: True,
) -> Iterator[Optional[Snapshot]]:
    """The admitted stocks that traded on the moment's day; None after each, to let others go.

    Args:
        possible: given a whole day, whether any of its moments can be wanted: to look at the minutes of a
            stock takes much longer.
    """
    asof = ranked_at(world, moment)
    day = world.trading_day(asof)
    for stock in world.stocks.values():
        whole = whole_day(world, stock, day) if admitted(stock, market, kind) else None
        if whole and (stock.code in world.live or possible(whole)):
            bar = bar_at(world, stock, asof)
            if bar:
                yield whole._replace(bar=bar)
        yield None


def whole_day(world: World, stock: Stock, day: date) -> Optional[Snapshot]:
    """A stock's whole day, drawn once: no cache of a feed has room for that of every stock."""
    known = world.whole_days.get(stock.code)
    if known is None or known.day != day:
        bar = world.feed.day(stock, day)
        known = on_day(world.feed, stock, day, bar) if bar else None
        if known is not None:
            world.whole_days[stock.code] = known
    return known


def days_before(world: World, now: Snapshot, span: int) -> Optional[Period]:
    """The extremes of so many trading days before a snapshot's; None on the first day."""
    key = (now.stock.code, span)
    known = world.periods.get(key)
    if known is None or known.day != now.day:
        bars = world.feed.days(now.stock, krx.previous_trading_day(now.day), span)
        if not bars:
            return None
        known = world.periods[key] = Period(
            now.day,
            max(bar.high for bar in bars),
            min(bar.low for bar in bars),
            max(bar.close for bar in bars),
            min(bar.close for bar in bars),
        )
    return known


def prepare(world: World, moment: int) -> Iterator[None]:
    """Look at a moment's whole day, one stock a step, so that its first ranking need not wait for that."""
    day = world.trading_day(moment)
    for stock in world.stocks.values():
        if whole_day(world, stock, day):
            world.summaries.of(stock, day)
        yield


def ranked(
    found: Iterator[Optional[Snapshot]],
    keep: Callable[[Snapshot], bool],
    key: Callable[[Snapshot], int],
    row: Callable[[Snapshot, int], List[str]],
    most: Optional[int] = None,
) -> Rows:
    """Rows of up to ``most`` of those kept, the highest key first, equal ones by code.

    ``row`` is given the rank, from 1.
    """
    kept = []
    for now in found:
        if now is None:
            yield None
        elif keep(now):
            kept.append((-key(now), now.stock.code, now))
    kept.sort(key=lambda each: each[:2])
    for rank, (_, _, now) in enumerate(kept[:most], 1):
        yield row(now, rank)
        yield None
