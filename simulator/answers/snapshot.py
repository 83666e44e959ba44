"""A stock as it stands at a moment."""

from __future__ import annotations

from datetime import date
from typing import List, NamedTuple, Optional

from sapi_kiwoom import krx
from simulator.answers.forms import change_form, rate_form, volume_rate_form
from simulator.answers.world import World
from simulator.feeds import DayBar, Feed
from simulator.feeds.generator import FIRST_DAY
from simulator.strings import coloured, symbol
from simulator.universe import Stock


class Snapshot(NamedTuple):
    """What one trading day has brought a stock so far.

    Attributes:
        base, upper, lower: base price and limits of the day in won.
        bar: the day so far; None before its first trade.
        yesterday: the trading day before; None for a stock listed that day.
    """

    stock: Stock
    day: date
    base: int
    upper: int
    lower: int
    bar: Optional[DayBar]
    yesterday: Optional[DayBar]

    @property
    def price(self) -> int:
        """현재가 in won: the last trade's, the base price before the first."""
        return self.bar.close if self.bar else self.base

    @property
    def volume(self) -> int:
        """거래량 in shares."""
        return self.bar.volume if self.bar else 0

    @property
    def value_million(self) -> int:
        """거래대금 in million won, cut."""
        return self.bar.value_million if self.bar else 0

    @property
    def volume_before(self) -> int:
        """전일거래량 in shares."""
        return self.yesterday.volume if self.yesterday else 0

    @property
    def change(self) -> int:
        """전일대비 in won."""
        return self.price - self.base

    @property
    def symbol(self) -> str:
        """전일대비기호."""
        return symbol(self.price, self.base, self.upper, self.lower)

    def form(self, price: int) -> str:
        """A price in its colour."""
        return coloured(price, self.base)

    @property
    def change_form(self) -> str:
        """전일대비 as TRs have it."""
        return change_form(self.price, self.base)

    @property
    def rate_form(self) -> str:
        """등락율 as TRs have it."""
        return rate_form(self.price, self.base)

    @property
    def volume_rate_form(self) -> str:
        """전일거래량대비율 as TRs have it."""
        return volume_rate_form(self.volume, self.volume_before)

    @property
    def front(self) -> List[str]:
        """종목코드 to 등락률, with which most rankings begin."""
        return [
            self.stock.code,
            self.stock.name,
            self.form(self.price),
            self.symbol,
            self.change_form,
            self.rate_form,
        ]


class Period(NamedTuple):
    """The extremes of some trading days before a day, in won."""

    day: date
    high: int
    low: int
    highest_close: int
    lowest_close: int


def snapshot(world: World, stock: Stock, moment: int) -> Optional[Snapshot]:
    """The stock on the moment's trading day; None before its listing."""
    return on_day(world.feed, stock, world.trading_day(moment), world.day_so_far(stock, moment))


def on_day(feed: Feed, stock: Stock, day: date, bar: Optional[DayBar]) -> Optional[Snapshot]:
    """The stock on a day of which ``bar`` is known; None before its listing."""
    if day < max(stock.listed, FIRST_DAY):
        return None
    upper, lower = feed.limits(stock, day)
    yesterday = feed.day(stock, krx.previous_trading_day(day))
    return Snapshot(stock, day, feed.base_price(stock, day), upper, lower, bar, yesterday)
