"""One stock's trading day as it runs: the totals that every 주식체결 event repeats."""

from __future__ import annotations

import copy
from collections import OrderedDict
from datetime import date
from typing import List, Tuple

from sapi_kiwoom import krx
from sapi_kiwoom.loop import SECOND
from simulator.feeds import Feed, Tick
from simulator.strings import (
    coloured,
    hhmmss,
    hundredths,
    ratio,
    signed,
    signed_hundredths,
    symbol,
)
from simulator.universe import Stock

MILLION = 1_000_000
HUNDRED_MILLION = 100_000_000


class Tape:
    """Trades of one stock on one day, folded one after the other.

    Attributes:
        base: the day's base price in won, yesterday's close.
        upper, lower: the day's price limits in won.
        last: the trade folded last; None before the first.
        volume, value: shares and won traded so far.
    """

    def __init__(self, feed: Feed, stock: Stock, day: date) -> None:
        self.stock = stock
        self.day = day
        yesterday = feed.day(stock, krx.previous_trading_day(day))
        today = feed.day(stock, day)
        self.base = feed.base_price(stock, day)
        self.upper, self.lower = feed.limits(stock, day)
        self.yesterday = yesterday
        self._feed = feed
        self._past = self._cumulated(feed, stock) if yesterday else []
        self._bars = feed.minutes(stock, day) if today else ()
        self._bar = 0
        self._ticks: List[Tick] = []  # of the minute before self._bar
        self._tick = 0
        self.last: Tick | None = None
        self.volume = self.value = 0
        self.open = self.high = self.low = 0
        self._open_at = self._high_at = self._low_at = "000000"
        self._upper_at = self._lower_at = "000000"
        self._bought = self._sold = self._buys = self._sells = 0

    def _cumulated(self, feed: Feed, stock: Stock) -> List[Tuple[int, int]]:
        total, past = 0, []
        for bar in feed.minutes(stock, krx.previous_trading_day(self.day)):
            total += bar.volume
            past.append((bar.minute, total))
        return past

    def upcoming(self) -> Tick | None:
        """The next trade that is not folded yet, None after the day's last."""
        while self._tick == len(self._ticks):
            if self._bar == len(self._bars):
                return None
            minute = self._bars[self._bar].minute
            self._ticks = self._feed.ticks(self.stock, self.day, minute)
            self._bar, self._tick = self._bar + 1, 0
        return self._ticks[self._tick]

    def fold(self) -> Tick:
        """Fold the next trade and return it."""
        tick = self.upcoming()
        assert tick is not None, "the day has no more trades"
        self._tick += 1
        if self.last is None:
            self.open, self._open_at = tick.price, _time(tick.at)
        if tick.price > self.high:
            self.high, self._high_at = tick.price, _time(tick.at)
            if tick.price == self.upper:
                self._upper_at = self._high_at
        if not self.low or tick.price < self.low:
            self.low, self._low_at = tick.price, _time(tick.at)
            if tick.price == self.lower:
                self._lower_at = self._low_at
        self.last = tick
        self.volume += tick.quantity
        self.value += tick.quantity * tick.price
        if tick.side > 0:
            self._bought += tick.quantity
            self._buys += 1
        elif tick.side < 0:
            self._sold += tick.quantity
            self._sells += 1
        return tick

    def advance(self, moment: int) -> None:
        """Fold every trade up to and including a moment (microseconds since 1970 UTC)."""
        while True:
            tick = self.upcoming()
            if tick is None or tick.at > moment:
                return
            self.fold()

    def copy(self) -> Tape:
        """A tape that goes on from here by itself."""
        return copy.copy(self)  # what it shares is never changed in place

    def symbol(self, price: int) -> str:
        """전일대비기호 of a price on this day."""
        return symbol(price, self.base, self.upper, self.lower)

    def packet(self) -> str:
        """The raw string of the 주식체결 event for the trade folded last: 43 FIDs in wire order.

        Names of the FIDs: `catalogue.real_types`. Values that Kiwoom's guide does not explain follow the
        arithmetic of recorded packets: 32 is fee and tax of one share, 1497 and 1498 are 40 % and 32 % of
        the price, 732 is 0.533 % of it.
        """
        tick, base, stock = self.last, self.base, self.stock
        assert tick is not None
        price, quantity = tick.price, tick.quantity
        ask, bid = self._feed.best_quotes(stock, tick)
        volume_before = self.yesterday.volume if self.yesterday else 0
        value_before = self.yesterday.value_million * MILLION if self.yesterday else 0
        grown = 1 if self.volume >= volume_before else -1
        richer = 1 if self.value >= value_before else -1
        bought_share = ratio(self._bought, self._bought + self._sold)
        side = tick.side
        return "\t".join(
            (
                _time(tick.at),
                coloured(price, base, " "),
                signed(price - base, " "),
                signed_hundredths(ratio(price - base, base), " "),
                coloured(ask, base, " ") if ask else "-0",
                coloured(bid, base, " ") if bid else "-0",
                f"{quantity * side:+d}" if side else str(quantity),
                str(self.volume),
                str(self.value // MILLION),
                coloured(self.open, base, " "),
                coloured(self.high, base, " "),
                coloured(self.low, base, " "),
                self.symbol(price),
                signed(self.volume - volume_before, " "),
                signed(self.value - value_before, " "),
                signed_hundredths(grown * ratio(self.volume, volume_before), " "),
                hundredths(ratio(self.volume, stock.shares)),
                str((price * 23 + 5_000) // 10_000),
                hundredths(ratio(self._bought, self._sold)),
                str(price * stock.shares // HUNDRED_MILLION),
                self._session(tick.at),
                "0",
                signed_hundredths(richer * ratio(self.value, value_before), " "),
                self._upper_at,
                self._lower_at,
                str(ratio(self.volume, self._volume_yesterday_at(tick.at))),
                self._open_at,
                self._high_at,
                self._low_at,
                str(self._sold),
                str(self._bought),
                ("-" if bought_share < 5_000 else "") + hundredths(bought_share),
                str(self._sells),
                str(self._buys),
                signed((side or 1) * (quantity * price // 1_000), " "),
                signed(-quantity if side < 0 else 0, " "),
                signed(quantity if side > 0 else 0, " "),
                signed(quantity * side, " "),
                str(price * 40 // 100),
                str(price * 32 // 100),
                str(self.value // self.volume),
                str(price * 533 // 100_000),
                "0",
            )
        )

    def _volume_yesterday_at(self, moment: int) -> int:
        minute = krx.day_and_minute(moment)[1]
        total = 0
        for each, cumulated in self._past:
            if each > minute:
                break
            total = cumulated
        return total

    def _session(self, moment: int) -> str:
        """장구분 (FID 290): 2 in the regular session, 3 in the closing-price session after it."""
        return (
            "2" if krx.day_and_minute(moment)[1] <= krx.session(self.day).closing_auction else "3"
        )


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


def _time(moment: int) -> str:
    minute = krx.day_and_minute(moment)[1]
    return hhmmss(minute, moment // SECOND % 60)
