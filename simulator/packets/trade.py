"""The 주식체결 of every trade, and the 주식시세 of a price that changes without one.

A trade's 43 values are written a hundred thousand times a second, so what depends on a price alone is
written once for each price, what seldom changes when it does.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from sapi_kiwoom import krx
from sapi_kiwoom.loop import SECOND
from simulator.brokerage.costs import FEE_RATES, tax_rate
from simulator.feeds import DayBar
from simulator.packets.colours import Colours
from simulator.packets.totals import Marks, Totals
from simulator.strings import (
    TWO_DIGITS,
    hundredths,
    rate,
    ratio,
    signed,
    time_of_day,
)
from simulator.universe import Stock

MILLION = 1_000_000
HUNDRED_MILLION = 100_000_000

_ENDLESS = 1 << 99
"""Divides as 0 should: what is compared with nothing is 0 of it."""


class _Priced(NamedTuple):
    """What depends on a trade's price alone, by FID."""

    change: str  # 10 11 12
    symbol: str  # 25
    cost: str  # 32
    capital: str  # 311
    margins: str  # 1497 1498
    contracts: str  # 732 852


class TradePackets:
    """Writes what one stock trades on one day.

    Args:
        yesterday: the bar of the trading day before; None for a stock listed today.
        past: (minute, shares traded by its end) of that day, in order.
    """

    def __init__(
        self,
        colours: Colours,
        stock: Stock,
        day: date,
        yesterday: DayBar | None,
        past: list[tuple[int, int]],
    ) -> None:
        self._colours = colours
        self._shares = stock.shares
        # 거래비용 of one share, in millionths: the fee on both sides and the tax on the sale.
        self._cost = 2 * FEE_RATES["real"] + tax_rate(stock.market, day)
        self._volume_before = yesterday.volume if yesterday else 0
        self._value_before = yesterday.value_million * MILLION if yesterday else 0
        self._twice_volume_before = 2 * self._volume_before or _ENDLESS
        self._twice_value_before = 2 * self._value_before or _ENDLESS
        self._twice_shares = 2 * stock.shares
        self._past_minutes = [minute for minute, _ in past]
        self._past_volumes = [0, *(volume for _, volume in past)]
        self._midnight = krx.midnight(day)
        self._session = krx.session(day)
        self._priced = lru_cache(maxsize=None)(self._write_priced)
        self._coloured = colours.price
        # What was written last, with what it was written from.
        self._second = self._minute = -1
        self._at = self._hhmm = self._kind = ""  # 20, its first four digits; 290 691
        self._volume_then, self._twice_volume_then = 0, _ENDLESS
        self._marks: Marks | None = None
        self._prices = self._limits = self._times = ""  # 16 17 18; 567 568; 1890 1891 1892

    def trade(self, totals: Totals, ask: int, bid: int) -> str:
        """The 주식체결 of the trade that was added last: 43 values.

        Args:
            ask, bid: best prices in won just after the trade; 0 where the book has no such side.
        """
        tick = totals.last
        assert tick is not None, "no trade was added"
        at, price, quantity, side = tick
        second = (at - self._midnight) // SECOND
        if second != self._second:
            self._second = second
            if second // 60 != self._minute:
                self._move_to(second // 60)
            self._at = self._hhmm + TWO_DIGITS[second % 60]
        if totals.marks is not self._marks:
            self._write_marks(totals.marks)
        change, direction, cost, capital, margins, contracts = self._priced(price)
        volume, value = totals.volume, totals.value
        bought, sold = totals.bought, totals.sold
        more = volume - self._volume_before
        richer = value - self._value_before
        # `ratio` of numbers that are not negative, six times.
        volume_rate = (20_000 * volume + self._volume_before) // self._twice_volume_before
        value_rate = (20_000 * value + self._value_before) // self._twice_value_before
        turnover = (20_000 * volume + self._shares) // self._twice_shares
        rate_then = (20_000 * volume + self._volume_then) // self._twice_volume_then
        power = (20_000 * bought + sold) // (2 * sold) if sold else 0
        both = bought + sold
        share = (20_000 * bought + both) // (2 * both) if both else 0
        thousands = quantity * price // 1_000
        if side > 0:
            size = f"+{quantity}"
            flow = f"+{thousands}\t 0\t{size}\t{size}"
        elif side < 0:
            size = f"-{quantity}"
            flow = f"-{thousands}\t{size}\t 0\t{size}"
        else:
            size = f"{quantity}"
            flow = f"+{thousands}\t 0\t 0\t 0"
        if not thousands:  # less than a thousand won
            flow = " 0" + flow[2:]
        coloured = self._coloured
        return "\t".join(
            (
                self._at,
                change,
                coloured(ask),
                coloured(bid),
                size,
                f"{volume}",
                f"{value // MILLION}",
                self._prices,
                direction,
                f"{more}" if more < 0 else f"+{more}" if more else " 0",
                f"{richer}" if richer < 0 else f"+{richer}" if richer else " 0",
                rate(volume_rate if more >= 0 else -volume_rate),
                hundredths(turnover),
                cost,
                hundredths(power),
                capital,
                self._kind,
                rate(value_rate if richer >= 0 else -value_rate),
                self._limits,
                f"{rate_then}",
                self._times,
                f"{sold}",
                f"{bought}",
                hundredths(share) if share >= 5_000 else f"-{hundredths(share)}",
                f"{totals.sells}",
                f"{totals.buys}",
                flow,
                margins,
                f"{(2 * value + volume) // (2 * volume)}",
                contracts,
            )
        )

    def price(self, totals: Totals, price: int, ask: int, bid: int) -> str:
        """The 주식시세 of a price that no trade made: 22 values. Prices in won, 0 where there is none."""
        if totals.marks is not self._marks:
            self._write_marks(totals.marks)
        priced = self._priced(price)
        more, richer = totals.volume - self._volume_before, totals.value - self._value_before
        volume_rate = ratio(totals.volume, self._volume_before)
        value_rate = ratio(totals.value, self._value_before)
        return "\t".join(
            (
                priced.change,
                self._coloured(ask),
                self._coloured(bid),
                str(totals.volume),
                str(totals.value // MILLION),
                self._prices,
                priced.symbol,
                signed(more, " "),
                signed(richer, " "),
                rate(volume_rate if more >= 0 else -volume_rate),
                hundredths(ratio(totals.volume, self._shares)),
                priced.cost,
                priced.capital,
                rate(value_rate if richer >= 0 else -value_rate),
                self._limits,
                priced.contracts,
            )
        )

    def _move_to(self, minute: int) -> None:
        self._minute = minute
        self._hhmm = TWO_DIGITS[minute // 60] + TWO_DIGITS[minute % 60]
        self._kind = f"{session_kind(minute, self._session)}\t0"
        self._volume_then = self._past_volumes[bisect_right(self._past_minutes, minute)]
        self._twice_volume_then = 2 * self._volume_then or _ENDLESS

    def _write_marks(self, marks: Marks) -> None:
        self._marks = marks
        self._prices = "\t".join(self._coloured(price) for price in marks[:3])
        self._times = "\t".join(
            self._moment(at) for at in (marks.open_at, marks.high_at, marks.low_at)
        )
        self._limits = "\t".join(self._moment(at) for at in (marks.upper_at, marks.lower_at))

    def _moment(self, at: int) -> str:
        return time_of_day((at - self._midnight) // SECOND) if at else "000000"

    def _write_priced(self, price: int) -> _Priced:
        return _Priced(
            self._colours.change(price),
            self._colours.symbol(price),
            str(-(-price * self._cost // 1_000_000)),
            str(price * self._shares // HUNDRED_MILLION),
            f"{price * 40 // 100}\t{price * 32 // 100}",
            f"{(price * 533 + 50_000) // 100_000}\t0",
        )


def session_kind(minute: int, session: krx.Session) -> str:
    """장구분 (FID 290) of a minute of the day: 1 before the session, 2 in it, 3 after it."""
    return "1" if minute < session.open else "2" if minute <= session.closing_auction else "3"
