"""The volatility interruptions (VI) of a whole day, without playing it."""

from __future__ import annotations

from datetime import date
from typing import List, NamedTuple, Sequence, Tuple, TypeVar

from sapi_kiwoom import krx
from simulator.feeds import Expected, Feed, MinuteBar, Quote, Tick
from simulator.feeds.generator.interruptions import may_be_stopped
from simulator.market.guard import Guard
from simulator.market.interruptions import Interruption, dynamic_percent
from simulator.universe import Stock

_E = TypeVar("_E", Tick, Quote, Expected)


class Stop(NamedTuple):
    """One VI of a day.

    Attributes:
        interruption: what stopped trading.
        released: when a single price ended it, in microseconds since 1970 UTC.
        number: which one of the stock's day, from 1.
    """

    interruption: Interruption
    released: int
    number: int


def stops(feed: Feed, stock: Stock, day: date) -> List[Stop]:
    """The VIs on KRX that a feed has in store for a day, in order.

    Days on which nothing goes 10 % away from the opening price are taken to have none: that is so but
    for the dynamic ones of a recording.

    Args:
        feed: what is played; users' orders set off no VI.
        stock: whose.
        day: a trading day.
    """
    whole = feed.day(stock, day)
    if whole is None or not may_be_stopped(whole):
        return []
    passed = _Passed(feed, stock)
    guard = Guard(passed, day, None)
    found: List[Stop] = []
    reference = last = 0
    for bar in feed.minutes(stock, day):
        if last and guard.running is None and not _may_stop(stock, bar, reference, last):
            end = krx.midnight(day) + (bar.minute + 1) * krx.MINUTE
            ticks = [Tick(end - 1, bar.close, bar.volume, 1)]  # all that the next minute needs
        else:
            ticks = feed.ticks(stock, day, bar.minute)
        for tick in ticks:
            passed.go_on(tick.at)
            for interruption, over in guard.traded(tick):
                if over:
                    found.append(Stop(interruption, tick.at, len(found) + 1))
            if tick.side == 0:
                reference = tick.price
        last = bar.close
    return found


def _may_stop(stock: Stock, bar: MinuteBar, reference: int, last: int) -> bool:
    """Whether a minute's prices can go too far, or hold the price of an auction."""
    high, low = max(bar.high, last), min(bar.low, last)
    far = high * 10 >= reference * 11 or low * 10 <= reference * 9
    percent = dynamic_percent(stock.kind, stock.kospi200)
    return far or (high - low) * 100 >= low * percent or not reference


class _Passed:
    """A day that has passed up to some trade; see `guard.Played`."""

    def __init__(self, feed: Feed, stock: Stock) -> None:
        self.feed = feed
        self.stock = stock
        self._at = self._count = 0

    def go_on(self, at: int) -> None:
        """One more trade has passed."""
        self._count = self._count + 1 if at == self._at else 1
        self._at = at

    def split(self, events: Sequence[_E]) -> Tuple[List[_E], List[_E]]:
        """What has passed, and what has not."""
        first = sum(1 for event in events if event.at < self._at)
        if first < len(events) and events[first].at == self._at:
            first += self._count
        return list(events[:first]), list(events[first:])
