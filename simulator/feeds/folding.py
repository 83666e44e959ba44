"""Trades folded into minutes, minutes into days."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING, Dict, Iterable, Sequence, Tuple

from sapi_kiwoom import krx
from simulator.feeds.bars import DayBar, MinuteBar, Tick
from simulator.universe import Stock

if TYPE_CHECKING:
    from simulator.feeds import Feed


def minute_of(tick: Tick) -> int:
    """The minute of the Korean day in which a trade lies (540 is 09:00)."""
    return krx.day_and_minute(tick.at)[1]


def fold_minute(minute: int, ticks: Sequence[Tick], table: krx.TickTable) -> MinuteBar:
    """The bar of a minute's trades, at least one.

    Shares traded off the grid (recorded prices that were adjusted later) count in ``traded`` at the valid
    price below.
    """
    shares: Dict[int, int] = {}
    for _, price, quantity, _ in ticks:
        shares[price] = shares.get(price, 0) + quantity
    high, low = max(shares), min(shares)
    first = table.index(table.round_down(low))
    traded = [0] * (table.index(table.round_down(high)) - first + 1)
    for price, quantity in shares.items():
        traded[table.index(table.round_down(price)) - first] += quantity
    value = sum(price * quantity for price, quantity in shares.items())
    opening, closing = ticks[0].price, ticks[-1].price
    return MinuteBar(minute, opening, high, low, closing, sum(traded), value, tuple(traded))


def bar_into_limits(bar: MinuteBar, table: krx.TickTable, limits: Tuple[int, int]) -> MinuteBar:
    """The bar of the same trades, each moved no further than into the limits (highest, lowest)."""
    upper, lower = limits
    first = table.index(table.round_down(bar.low))
    trades = [
        Tick(0, max(lower, min(upper, table.price(first + place))), shares, 0)
        for place, shares in enumerate(bar.traded)
        if shares
    ]
    opening, closing = (max(lower, min(upper, price)) for price in (bar.open, bar.close))
    return fold_minute(bar.minute, trades, table)._replace(open=opening, close=closing)


def fold_minutes(ticks: Iterable[Tick], table: krx.TickTable) -> tuple[MinuteBar, ...]:
    """The minutes with trades of one day; ``ticks`` are in order of time."""
    return tuple(
        fold_minute(minute, list(trades), table) for minute, trades in groupby(ticks, minute_of)
    )


def fold_day(day: date, bars: Sequence[MinuteBar]) -> DayBar | None:
    """The bar of a day's minutes; None where there are none."""
    if not bars:
        return None
    return DayBar(
        day,
        bars[0].open,
        max(bar.high for bar in bars),
        min(bar.low for bar in bars),
        bars[-1].close,
        sum(bar.volume for bar in bars),
        sum(bar.value for bar in bars) // 1_000_000,
    )


def minutes_so_far(feed: Feed, stock: Stock, moment: int) -> tuple[MinuteBar, ...]:
    """A feed's regular minutes of a moment's day, up to and including the moment."""
    day, minute = krx.day_and_minute(moment)
    bars = feed.minutes(stock, day)
    passed = bisect_left([bar.minute for bar in bars], minute)
    if passed == len(bars) or bars[passed].minute > minute:
        return bars[:passed]
    ticks = feed.ticks(stock, day, minute)
    ticks = ticks[: bisect_right([tick.at for tick in ticks], moment)]
    if not ticks:
        return bars[:passed]
    table = krx.tick_table(stock.market, day)
    return (*bars[:passed], fold_minute(minute, ticks, table))


def day_so_far(feed: Feed, stock: Stock, moment: int) -> DayBar | None:
    """A feed's bar of a moment's day, up to and including the moment; None before its first trade."""
    return fold_day(krx.day_and_minute(moment)[0], feed.minutes_so_far(stock, moment))
