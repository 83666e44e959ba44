"""One stock's trading day as it runs: the totals that every 주식체결 event repeats."""

from __future__ import annotations

import copy
from bisect import bisect_left
from collections import OrderedDict
from datetime import date
from itertools import accumulate
from typing import List, Tuple

from sapi_kiwoom import krx
from simulator.feeds import Feed, Tick
from simulator.packets.book import BookPackets
from simulator.packets.colours import Colours
from simulator.packets.totals import Totals
from simulator.packets.trade import TradePackets
from simulator.universe import Stock


class Tape(Totals):
    """Trades of one stock on one day, folded one after the other as the feed has them.

    Attributes:
        base: the day's base price in won, yesterday's close.
        upper, lower: the day's price limits in won.
        yesterday: the bar of the trading day before; None for a stock listed today.
        colours: writes its prices.
        packets: writes what it trades.
        books: writes its order books.
    """

    def __init__(self, feed: Feed, stock: Stock, day: date) -> None:
        super().__init__(*feed.limits(stock, day))
        self.stock = stock
        self.day = day
        before = krx.previous_trading_day(day)
        self.base = feed.base_price(stock, day)
        self.yesterday = feed.day(stock, before)
        past = feed.minutes(stock, before) if self.yesterday else ()
        cumulated = accumulate(bar.volume for bar in past)
        self.colours = Colours(self.base, self.upper, self.lower)
        self.books = BookPackets(self.colours, day, self.yesterday.volume if self.yesterday else 0)
        self.packets = TradePackets(
            self.colours,
            stock,
            day,
            self.yesterday,
            [(bar.minute, volume) for bar, volume in zip(past, cumulated)],
        )
        self._feed = feed
        self._bars = feed.minutes(stock, day) if feed.day(stock, day) else ()
        self._bar = 0
        self._ticks: List[Tick] = []  # of the minute before self._bar
        self._tick = 0

    def upcoming(self) -> Tick | None:
        """The next trade of the feed that is not folded yet, None after the day's last."""
        while self._tick == len(self._ticks):
            if self._bar == len(self._bars):
                return None
            minute = self._bars[self._bar].minute
            self._ticks = self._feed.ticks(self.stock, self.day, minute)
            self._bar, self._tick = self._bar + 1, 0
        return self._ticks[self._tick]

    def fold(self) -> Tick:
        """Fold the feed's next trade and return it."""
        tick = self.upcoming()
        assert tick is not None, "the day has no more trades"
        self._tick += 1
        self.add(tick)
        return tick

    def advance(self, moment: int) -> None:
        """Fold every trade up to and including a moment (microseconds since 1970 UTC)."""
        while self.upcoming() is not None:
            due = bisect_left(self._ticks, (moment + 1,), self._tick)
            for tick in self._ticks[self._tick : due]:
                self.add(tick)
            self._tick = due
            if due < len(self._ticks):
                return

    def copy(self) -> Tape:
        """A tape that goes on from here by itself."""
        return copy.copy(self)  # what it shares is never changed in place

    def symbol(self, price: int) -> str:
        """전일대비기호 of a price on this day."""
        return self.colours.symbol(price)

    def packet(self, quotes: Tuple[int, int] | None = None) -> str:
        """The raw string of the 주식체결 for the trade folded last.

        Args:
            quotes: best ask and best bid in won just after it, 0 where there is none; the feed is
                asked where they are not given.
        """
        assert self.last is not None, "no trade was folded"
        ask, bid = quotes or self._feed.best_quotes(self.stock, self.last)
        return self.packets.trade(self, ask, bid)


class Tapes:
    """Tapes by stock for questions about the present moment, the least recently asked forgotten."""

    def __init__(self, feed: Feed, room: int = 512) -> None:
        self._feed = feed
        self._room = room
        self._tapes: OrderedDict[str, Tape] = OrderedDict()

    def at(self, stock: Stock, moment: int) -> Tape:
        """The stock's tape of the moment's day, every trade up to the moment folded."""
        day = krx.kst(moment).date()
        tape = self._tapes.get(stock.code)
        passed = tape is not None and tape.last is not None and tape.last.at > moment
        if tape is None or tape.day != day or passed:
            tape = Tape(self._feed, stock, day)
            self._tapes[stock.code] = tape
            if len(self._tapes) > self._room:
                self._tapes.popitem(last=False)
        self._tapes.move_to_end(stock.code)
        tape.advance(moment)
        return tape
