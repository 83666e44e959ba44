"""Prices of the simulated market: any stock, any day, any minute, without what came before.

Days bridge to minutes and minutes to trades, and they agree exactly: the trades of a minute rebuild its
bar, the minutes of a day its bar. The seed decides everything.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import date
from functools import lru_cache
from typing import Iterator

from sapi_kiwoom import krx
from simulator.feeds.bars import DayBar, MinuteBar, Tick
from simulator.feeds.generated.days import BLOCK, FIRST_DAY, Block, draw_block
from simulator.feeds.generated.minutes import draw_minutes
from simulator.feeds.generated.ticks import best_quotes, draw_ticks
from simulator.universe import Stock

__all__ = ["FIRST_DAY", "DayBar", "Generated", "MinuteBar", "Tick"]


class Generated:
    """What was and will be traded under one seed.

    Every method raises `ValueError` for a day beyond the calendar of `krx`.

    Attributes:
        seed: decides every price.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._block = lru_cache(maxsize=1_024)(self._draw_block)
        self._minutes = lru_cache(maxsize=512)(self._draw_minutes)
        self._ticks = lru_cache(maxsize=1_024)(self._draw_ticks)

    def day(self, stock: Stock, day: date) -> DayBar | None:
        """The bar of a whole day; None before the listing, before 2015-06-15, on closed days."""
        if day < stock.listed or day < FIRST_DAY or not krx.is_trading_day(day):
            return None
        found, place = self._place(stock, day)
        return found.bars[place]

    def days(self, stock: Stock, newest: date, count: int) -> list[DayBar]:
        """Up to ``count`` day bars, newest first, from ``newest`` backwards."""
        return [bar for _, bar in zip(range(count), self.iterate_days(stock, newest))]

    def iterate_days(self, stock: Stock, newest: date) -> Iterator[DayBar]:
        """All day bars from ``newest`` backwards to the listing, newest first; none before that."""
        oldest = max(stock.listed, FIRST_DAY)
        if newest < oldest:
            return
        day = newest if krx.is_trading_day(newest) else krx.previous_trading_day(newest)
        number, place = divmod(krx.trading_day_index(day) - 1, BLOCK)
        while number >= 0:
            for bar in reversed(self._block(stock, number).bars[: place + 1]):
                if bar.date < oldest:
                    return
                yield bar
            number, place = number - 1, BLOCK - 1

    def base_price(self, stock: Stock, day: date) -> int:
        """The day's base price in won: the close before it, drawn too where it was not listed yet."""
        found, place = self._place(stock, day)
        return found.bars[place - 1].close if place else found.base

    def limits(self, stock: Stock, day: date) -> tuple[int, int]:
        """The highest and the lowest price of a day, in won."""
        return krx.tick_table(stock.market, day).limits(self.base_price(stock, day))

    def minutes(self, stock: Stock, day: date) -> tuple[MinuteBar, ...]:
        """All minutes with trades of a whole day, in order; none where `day` gives None."""
        return self._minutes(stock, day)

    def ticks(self, stock: Stock, day: date, minute: int) -> list[Tick]:
        """The trades of the minute that begins ``minute`` minutes after midnight; maybe none."""
        return list(self._ticks(stock, day, minute))

    def best_quotes(self, stock: Stock, tick: Tick) -> tuple[int, int]:
        """Best ask and best bid in won just after a trade; 0 where the book has no such side."""
        day, _ = krx.day_and_minute(tick.at)
        return best_quotes(self.seed, stock, day, tick, self.limits(stock, day))

    def minutes_so_far(self, stock: Stock, moment: int) -> tuple[MinuteBar, ...]:
        """The minutes of a moment's day up to and including the moment (microseconds since 1970)."""
        day, minute = krx.day_and_minute(moment)
        bars = self.minutes(stock, day)
        passed = bisect_left([bar.minute for bar in bars], minute)
        running = self._running(stock, moment, day, bars[passed]) if passed < len(bars) else None
        return (*bars[:passed], running) if running else bars[:passed]

    def day_so_far(self, stock: Stock, moment: int) -> DayBar | None:
        """The bar of a moment's day up to and including the moment; None before its first trade."""
        bars = self.minutes_so_far(stock, moment)
        if not bars:
            return None
        return DayBar(
            krx.day_and_minute(moment)[0],
            bars[0].open,
            max(bar.high for bar in bars),
            min(bar.low for bar in bars),
            bars[-1].close,
            sum(bar.volume for bar in bars),
            sum(bar.value for bar in bars) // 1_000_000,
        )

    def _place(self, stock: Stock, day: date) -> tuple[Block, int]:
        number, place = divmod(krx.trading_day_index(day) - 1, BLOCK)
        return self._block(stock, number), place

    def _running(self, stock: Stock, moment: int, day: date, bar: MinuteBar) -> MinuteBar | None:
        """What of a minute had been traded by a moment; None before its first trade."""
        trades = self._ticks(stock, day, bar.minute)
        trades = trades[: bisect_right([trade.at for trade in trades], moment)]
        if not trades:
            return None
        table = krx.tick_table(stock.market, day)
        high, low = max(trade.price for trade in trades), min(trade.price for trade in trades)
        first = table.index(low)
        traded = [0] * (table.index(high) - first + 1)
        for trade in trades:
            traded[table.index(trade.price) - first] += trade.quantity
        return MinuteBar(
            bar.minute,
            trades[0].price,
            high,
            low,
            trades[-1].price,
            sum(traded),
            sum(trade.price * trade.quantity for trade in trades),
            tuple(traded),
        )

    def _draw_block(self, stock: Stock, number: int) -> Block:
        return draw_block(self.seed, stock, number)

    def _draw_minutes(self, stock: Stock, day: date) -> tuple[MinuteBar, ...]:
        bar = self.day(stock, day)
        return draw_minutes(self.seed, stock, bar) if bar else ()

    def _draw_ticks(self, stock: Stock, day: date, minute: int) -> tuple[Tick, ...]:
        for bar in self.minutes(stock, day):
            if bar.minute == minute:
                return tuple(draw_ticks(self.seed, stock, day, bar, self.limits(stock, day)))
        return ()
