"""The 주식체결 of every trade, and the 주식시세 of a price that changes without one.

A trade's 43 values are written a hundred thousand times a second, so what depends on a price alone is
written once for each price, what seldom changes when it does.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import date
from functools import lru_cache
from typing import Iterable, NamedTuple

from sapi_kiwoom import krx
from sapi_kiwoom.loop import SECOND
from simulator.brokerage.costs import FEE_RATES, tax_rate
from simulator.feeds import DayBar, Tick
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


class _Then(NamedTuple):
    """What depends on the minute alone."""

    kind: str  # 290 691
    volume: int  # yesterday's by its end


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
        self._past_minutes = [minute for minute, _ in past]
        self._past_volumes = [0, *(volume for _, volume in past)]
        self._midnight = krx.midnight(day)
        self._session = krx.session(day)
        self._priced = lru_cache(maxsize=None)(self._write_priced)
        self._coloured = colours.price
        # What was written last, with what it was written from.
        self._second = self._minute = -1
        self._at = self._hhmm = ""  # 20, its first four digits
        self._then = _Then("", 0)
        self._marks: Marks | None = None
        self._prices = self._limits = self._times = ""  # 16 17 18; 567 568; 1890 1891 1892

    def trades(  # noqa: PLR0915 (in one piece: a call for each trade would cost a tenth of it)
        self, totals: Totals, ticks: Iterable[Tick], touches: Iterable[tuple[int, int]]
    ) -> list[str]:
        """Add trades to a day's totals and write the 주식체결 of each: 43 values.

        Args:
            touches: best ask and bid in won just after each trade; 0 where the book has no such side.
        """
        written = []
        midnight, coloured, priced = self._midnight, self._coloured, self._priced
        volume_before, value_before = self._volume_before, self._value_before
        volume, value = totals.volume, totals.value
        bought, sold, buys, sells = totals.bought, totals.sold, totals.buys, totals.sells
        high, low = totals.high, totals.low or _ENDLESS
        if totals.marks is not self._marks:
            self._write_marks(totals.marks)
        prices, limits, times = self._prices, self._limits, self._times
        this_second, at_text = self._second, self._at
        then = self._then
        kind = then.kind
        bought_text, buys_text, sold_text, sells_text = (
            f"{bought}",
            f"{buys}",
            f"{sold}",
            f"{sells}",
        )
        # Rates of volume and value, written when they have grown enough: the next time is the mark.
        volume_rate = turnover = rate_then = value_rate = ""
        volume_mark = value_mark = 0
        tick = totals.last
        for tick, (ask, bid) in zip(ticks, touches):
            at, price, quantity, side = tick
            second = (at - midnight) // SECOND
            if second != this_second:
                self._move_to(second)
                this_second, at_text = second, self._at
                if self._then is not then:
                    then, volume_mark = self._then, 0
                    kind = then.kind
            if price > high or price < low:
                totals.reach(at, price)
                high, low = totals.high, totals.low
                self._write_marks(totals.marks)
                prices, limits, times = self._prices, self._limits, self._times
            won = quantity * price
            volume += quantity
            value += won
            thousands = won // 1_000
            if side > 0:
                bought += quantity
                buys += 1
                bought_text, buys_text = f"{bought}", f"{buys}"
                size = f"+{quantity}"
                flow = (
                    f"+{thousands}\t 0\t{size}\t{size}" if thousands else f" 0\t 0\t{size}\t{size}"
                )
            elif side < 0:
                sold += quantity
                sells += 1
                sold_text, sells_text = f"{sold}", f"{sells}"
                size = f"-{quantity}"
                flow = (
                    f"-{thousands}\t{size}\t 0\t{size}" if thousands else f" 0\t{size}\t 0\t{size}"
                )
            else:
                size = f"{quantity}"
                flow = f"+{thousands}\t 0\t 0\t 0" if thousands else " 0\t 0\t 0\t 0"
            change, direction, cost, capital, margins, contracts = priced(price)
            more = volume - volume_before
            richer = value - value_before
            if volume >= volume_mark:
                volume_rate, volume_mark = self._volume_rate(volume)
                turnover, mark = self._turnover(volume)
                rate_then, mark_then = self._rate_then(volume)
                volume_mark = min(volume_mark, mark, mark_then)
            if value >= value_mark:
                value_rate, value_mark = self._value_rate(value)
            # `ratio` of numbers that are not negative.
            both = bought + sold
            share = (20_000 * bought + both) // (2 * both) if both else 0
            written.append(
                f"{at_text}\t{change}\t{coloured(ask)}\t{coloured(bid)}\t{size}\t{volume}\t"
                f"{value // MILLION}\t{prices}\t{direction}\t"
                f"{f'+{more}' if more > 0 else more if more else ' 0'}\t"
                f"{f'+{richer}' if richer > 0 else richer if richer else ' 0'}\t"
                f"{volume_rate}\t{turnover}\t{cost}\t"
                f"{hundredths((20_000 * bought + sold) // (2 * sold) if sold else 0)}\t"
                f"{capital}\t{kind}\t{value_rate}\t{limits}\t{rate_then}\t"
                f"{times}\t{sold_text}\t{bought_text}\t"
                f"{hundredths(share) if share >= 5_000 else '-' + hundredths(share)}\t"
                f"{sells_text}\t{buys_text}\t{flow}\t{margins}\t"
                f"{(2 * value + volume) // (2 * volume)}\t{contracts}"
            )
        totals.last = tick
        totals.volume, totals.value = volume, value
        totals.bought, totals.sold, totals.buys, totals.sells = bought, sold, buys, sells
        return written

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

    def _volume_rate(self, volume: int) -> tuple[str, int]:
        """거래량 against yesterday's (FID 30), and the volume at which it is another."""
        before = self._volume_before
        number, mark = _against(volume, before)
        return (rate(number), mark) if volume >= before else (rate(-number), min(mark, before))

    def _value_rate(self, value: int) -> tuple[str, int]:
        """거래대금 against yesterday's (FID 691), and the value at which it is another."""
        before = self._value_before
        number, mark = _against(value, before)
        return (rate(number), mark) if value >= before else (rate(-number), min(mark, before))

    def _turnover(self, volume: int) -> tuple[str, int]:
        """거래회전율 (FID 31), and the volume at which it is another."""
        number, mark = _against(volume, self._shares)
        return hundredths(number), mark

    def _rate_then(self, volume: int) -> tuple[str, int]:
        """전일 동시간 거래량 비율 (FID 851), and the volume at which it is another."""
        number, mark = _against(volume, self._then.volume)
        return str(number), mark

    def _move_to(self, second: int) -> None:
        self._second = second
        if second // 60 != self._minute:
            self._move_to_minute(second // 60)
        self._at = self._hhmm + TWO_DIGITS[second % 60]

    def _move_to_minute(self, minute: int) -> None:
        self._minute = minute
        self._hhmm = TWO_DIGITS[minute // 60] + TWO_DIGITS[minute % 60]
        volume = self._past_volumes[bisect_right(self._past_minutes, minute)]
        self._then = _Then(f"{session_kind(minute, self._session)}\t0", volume)

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


def _against(part: int, whole: int) -> tuple[int, int]:
    """`ratio` of numbers that are not negative, and the part at which it is another."""
    if not whole:
        return 0, _ENDLESS
    number = (20_000 * part + whole) // (2 * whole)
    return number, -(-(2 * number + 1) * whole // 20_000)


def session_kind(minute: int, session: krx.Session) -> str:
    """장구분 (FID 290) of a minute of the day: 1 before the session, 2 in it, 3 after it."""
    return "1" if minute < session.open else "2" if minute <= session.closing_auction else "3"
