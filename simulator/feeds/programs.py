"""Program trading (프로그램매매) of a stock: how much of each minute's trades baskets bought and sold.

SYNTHETIC: drawn from the seed as parts of the minutes' volumes, so that whoever asks twice is told the same,
and the last moment of a day is the day. What users' own orders trade adds nothing to it.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import date
from typing import List, NamedTuple

from simulator.draws import Draws, octets
from simulator.feeds import Feed
from simulator.universe import Stock


class ProgramTotals(NamedTuple):
    """What programs have traded of a stock on a day so far.

    Attributes:
        sold, bought: shares, of arbitrage (차익) and of the rest (비차익) together.
        sold_value, bought_value: won.
        arbitrage_sold, arbitrage_bought: the shares of arbitrage alone.
        arbitrage_sold_value, arbitrage_bought_value: the won.
    """

    sold: int = 0
    bought: int = 0
    sold_value: int = 0
    bought_value: int = 0
    arbitrage_sold: int = 0
    arbitrage_bought: int = 0
    arbitrage_sold_value: int = 0
    arbitrage_bought_value: int = 0


_MINUTES = 24 * 60
_PART = 16
"""Bits of a part of a volume; neither side ever has half of it."""


class ProgramDay:
    """The programs of a stock on one day on KRX.

    Making one takes about a millisecond, beside what the feed needs for the day's minutes.

    Args:
        feed: whose minutes are divided up. Where orders move a feed (it has a ``below``), what they
            print is left out.
        stock: whose.
        day: which day; without minutes nothing is traded.

    Attributes:
        whole: the totals at the day's end.
    """

    def __init__(self, feed: Feed, stock: Stock, day: date) -> None:
        bars = getattr(feed, "below", feed).minutes(stock, day)
        draws = Draws(feed.seed, "program day", stock.code, day)
        usual = 9_000 if stock.kospi200 else 5_000 if stock.size in ("대형주", "중형주") else 2_000
        wanted, tilt = draws.between(usual // 2, usual * 3 // 2), draws.between(-50, 50)
        parts = wanted * (100 - tilt) // 100, wanted * (100 + tilt) // 100
        if stock.kospi200:
            self._arbitrage = draws.between(0, 50), draws.between(0, 50)  # in 1/256
        else:
            self._arbitrage = 0, 0
        noise = octets(2 * _MINUTES, feed.seed, "program", stock.code, day)
        self._minutes: List[int] = []
        self._traded = [0]  # shares before each minute, and after the last
        self._volumes: List[int] = []
        self._bought, self._bought_value, self._sold, self._sold_value = [0], [0], [0], [0]
        for bar in bars:
            sold, bought = (
                bar.volume * (part * (96 + noise[2 * bar.minute + side]) // 224) >> _PART
                for side, part in enumerate(parts)
            )
            self._minutes.append(bar.minute)
            self._volumes.append(bar.volume)
            self._traded.append(self._traded[-1] + bar.volume)
            self._sold.append(self._sold[-1] + sold)
            self._bought.append(self._bought[-1] + bought)
            self._sold_value.append(self._sold_value[-1] + bar.value * sold // bar.volume)
            self._bought_value.append(self._bought_value[-1] + bar.value * bought // bar.volume)
        self.whole = self.at(_MINUTES, self._traded[-1])

    def at(self, minute: int, volume: int) -> ProgramTotals:
        """The totals at a moment; they never fall as time passes, nor come before what was traded.

        Args:
            minute: the moment's minute of the day.
            volume: shares traded by the moment on the whole day (누적거래량).
        """
        place = min(bisect_right(self._minutes, minute), bisect_right(self._traded, volume, 1)) - 1
        if place < 0:
            return ProgramTotals()
        whole = self._volumes[place]
        part = min(volume - self._traded[place], whole)

        def upto(totals: List[int]) -> int:
            return totals[place] + (totals[place + 1] - totals[place]) * part // whole

        sold, bought, sold_value, bought_value = map(
            upto, (self._sold, self._bought, self._sold_value, self._bought_value)
        )
        selling, buying = self._arbitrage
        return ProgramTotals(
            sold,
            bought,
            sold_value,
            bought_value,
            sold * selling >> 8,
            bought * buying >> 8,
            sold_value * selling >> 8,
            bought_value * buying >> 8,
        )
