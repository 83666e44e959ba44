"""One stock's trading day as it runs: the totals that every 주식체결 event repeats."""

from __future__ import annotations

import copy
from bisect import bisect_left
from collections import OrderedDict
from datetime import date
from itertools import accumulate
from typing import List, Sequence, Tuple

from sapi_kiwoom import krx
from simulator.feeds import Feed, Tick
from simulator.feeds.bars import KRX
from simulator.packets.book import BookPackets
from simulator.packets.colours import Colours
from simulator.packets.totals import Totals
from simulator.packets.trade import TradePackets
from simulator.universe import Stock


class Tape(Totals):
    """Trades of one stock on one board on one day, folded one after the other as the feed has them.

    Attributes:
        stock, day, board: whose trades.
        base: the day's base price in won, yesterday's close.
        upper, lower: the day's price limits in won.
        yesterday: the bar of the trading day before; None for a stock listed today.
        colours: writes its prices.
        packets: writes what it trades.
        books: writes its order books.
    """

    def __init__(self, feed: Feed, stock: Stock, day: date, board: str = KRX) -> None:
        super().__init__(*feed.limits(stock, day))
        self.stock = stock
        self.day = day
        self.board = board
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
        self._bars = feed.minutes(stock, day, board) if feed.day(stock, day) else ()
        self._bar = 0
        self._ticks: List[Tick] = []  # of the minute before self._bar
        self._tick = 0
        # Trades and what is written for them, the next one's place, and the trade before it.
        self._foreseen: Tuple[Tick | None, ...] = (None,)
        self._written: List[str] = []
        self._place = 0
        self._before: Tick | None = None

    def upcoming(self) -> Tick | None:
        """The next trade of the feed that is not folded yet, None after the day's last."""
        while self._tick == len(self._ticks):
            if self._bar == len(self._bars):
                return None
            minute = self._bars[self._bar].minute
            self._ticks = self._feed.ticks(self.stock, self.day, minute, self.board)
            self._bar, self._tick = self._bar + 1, 0
        return self._ticks[self._tick]

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

    def publish(
        self,
        tick: Tick,
        touch: Tuple[int, int] | None = None,
        feed: Feed | None = None,
        coming: Sequence[Tick] = (),
    ) -> str:
        """Fold a trade and give its 주식체결.

        A minute's trades are written at once, when the first of them is published: that costs less than
        one after the other. What is written is given only if nothing came between.

        Args:
            touch: best ask and best bid in won just after it, 0 where there is none.
            feed: asked for the touch where it is not given; the tape's own unless named.
            coming: trades of that feed among which this one stands, in order.
        """
        if touch is not None:
            return self.packets.trades(self, (tick,), (touch,))[0]
        if self._foreseen[self._place] is not tick or self.last is not self._before:
            self._foresee(tick, feed or self._feed, coming)
        self._before = tick
        self.add(tick)
        self._place += 1
        return self._written[self._place - 1]

    def _foresee(self, tick: Tick, feed: Feed, coming: Sequence[Tick]) -> None:
        """Write a trade and those that will follow, as they are if nothing comes between."""
        first = next((place for place, each in enumerate(coming) if each is tick), None)
        ticks = (tick,) if first is None else coming[first:]
        touches = feed.touches(self.stock, ticks, self.board)
        self._written = self.packets.trades(self.copy(), ticks, touches)
        self._foreseen, self._place = (*ticks, None), 0
        self._before = self.last


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
