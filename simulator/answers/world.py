"""What answers are made from."""

from __future__ import annotations

from datetime import date
from typing import Dict, Optional

from sapi_kiwoom import krx
from simulator.feeds import Feed, Tick
from simulator.tape import Tapes
from simulator.universe import Stock


class World:
    """The simulated market as the broker's server sees it.

    Attributes:
        stocks: every listed stock by code.
        feed: its prices, past and (up to the present moment) of today.
        tapes: today's running totals.
    """

    def __init__(self, stocks: Dict[str, Stock], feed: Feed) -> None:
        self.stocks = stocks
        self.feed = feed
        self.tapes = Tapes(feed)

    def stock(self, code: str) -> Optional[Stock]:
        """The stock that a quote's code means, whatever its venue; None for an unknown code."""
        return self.stocks.get(code.split("_", maxsplit=1)[0])

    def last_trade(self, stock: Stock, moment: int) -> Optional[Tick]:
        """The latest trade of the moment's day up to and including the moment."""
        day, _ = krx.day_and_minute(moment)
        bars = self.feed.minutes_so_far(stock, moment)
        if not bars:
            return None
        trades = self.feed.ticks(stock, day, bars[-1].minute)
        return [trade for trade in trades if trade.at <= moment][-1]

    def trading_day(self, moment: int) -> date:
        """The moment's date, or the last trading day before it."""
        day = krx.kst(moment).date()
        return day if krx.is_trading_day(day) else krx.previous_trading_day(day)
