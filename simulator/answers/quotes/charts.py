"""Candles.

opt10079 (ticks), opt10080 (minutes), opt10081 (days), opt10082 (weeks), opt10083 (months), opt10094 (years).
"""

from __future__ import annotations

from datetime import date
from typing import Callable, Iterable, Iterator, List, Tuple

from sapi_kiwoom import krx
from simulator.answers.forms import count, day_form, parse_day, time_form
from simulator.answers.reply import Inputs, Reply, Rows, nothing
from simulator.answers.world import World
from simulator.feeds import DayBar, MinuteBar, Tick
from simulator.feeds.generator import FIRST_DAY
from simulator.strings import coloured, hhmmss
from simulator.universe import Stock

_MINUTE_DAYS = 120
"""Trading days for which minute candles are kept, about half a year as with the real server."""

_TICK_DAYS = 5
"""Trading days for which single trades are kept."""

_UNUSED = ["", "", "", "", "", "", ""]
"""수정주가구분, 수정비율, 대업종구분, 소업종구분, 종목정보, 수정주가이벤트, 전일종가: blank on usual rows."""

Candle = Tuple[int, int, int, int, int, int]
"""Label (a minute of the day, a moment), open, high, low, close (won), volume (shares)."""


# -- days, weeks, months, years ----------------------------------------------------------------


def days(world: World, inputs: Inputs, moment: int) -> Reply:
    """opt10081: unsigned prices, 거래대금 in million won, 종목코드 in the first row only."""
    stock = world.stock(inputs["종목코드"])
    return Reply([inputs["종목코드"]], _days(world, stock, inputs, moment)) if stock else nothing()


def weeks(world: World, inputs: Inputs, moment: int) -> Reply:
    """opt10082: as `days`; 일자 is the first trading day of the week, also in the running one."""
    return _periods(world, inputs, moment, lambda day: day.isocalendar()[:2])


def months(world: World, inputs: Inputs, moment: int) -> Reply:
    """opt10083: as `days`; 일자 is the first trading day of the month, also in the running one."""
    return _periods(world, inputs, moment, lambda day: (day.year, day.month))


def years(world: World, inputs: Inputs, moment: int) -> Reply:
    """opt10094: as `days`; 일자 is the first trading day of the year, also in the running one."""
    return _periods(world, inputs, moment, lambda day: (day.year,))


def _days(world: World, stock: Stock, inputs: Inputs, moment: int) -> Rows:
    code = inputs["종목코드"]
    for bar in _until(world, stock, inputs["기준일자"], moment):
        yield [code, *_day_row(bar)]
        code = ""


def _periods(
    world: World, inputs: Inputs, moment: int, period: Callable[[date], Tuple[int, ...]]
) -> Reply:
    stock = world.stock(inputs["종목코드"])
    if stock is None:
        return nothing()
    bars = _until(world, stock, inputs["기준일자"], moment)
    earliest = parse_day(inputs["끝일자"]) if inputs["끝일자"] else date.min
    return Reply([inputs["종목코드"]], _folded(bars, period, earliest))


def _folded(
    bars: Iterator[DayBar], period: Callable[[date], Tuple[int, ...]], earliest: date
) -> Rows:
    """Days, newest first, put together to candles; those that begin before ``earliest`` left out."""
    candle = next(bars, None)
    if candle is None:
        return
    for bar in bars:
        if period(bar.date) == period(candle.date):
            candle = _joined(bar, candle)
            continue
        if candle.date < earliest:
            return
        yield _day_row(candle)
        candle = bar
    if candle.date >= earliest:
        yield _day_row(candle)


def _joined(earlier: DayBar, later: DayBar) -> DayBar:
    return DayBar(
        earlier.date,
        earlier.open,
        max(earlier.high, later.high),
        min(earlier.low, later.low),
        later.close,
        earlier.volume + later.volume,
        earlier.value_million + later.value_million,
    )


def _day_row(bar: DayBar) -> List[str]:
    prices = str(bar.open), str(bar.high), str(bar.low)
    amounts = str(bar.volume), str(bar.value_million)
    return [str(bar.close), *amounts, day_form(bar.date), *prices, *_UNUSED]


def _until(world: World, stock: Stock, text: str, moment: int) -> Iterator[DayBar]:
    """Day bars, newest first, from 기준일자 on; blank or later than today it means today."""
    today = world.trading_day(moment)
    newest = min(today, parse_day(text)) if text else today
    for whole in world.feed.iterate_days(stock, newest):
        bar = world.day_so_far(stock, moment) if whole.date == today else whole
        if bar is not None:  # None: today, before its first trade
            yield bar


def _day(text: str) -> date:
    return date(int(text[:4]), int(text[4:6]), int(text[6:8]))


# -- minutes -----------------------------------------------------------------------------------


def minutes(world: World, inputs: Inputs, moment: int) -> Reply:
    """opt10080: prices coloured against the previous close, labelled with the start of the candle."""
    stock = world.stock(inputs["종목코드"])
    if stock is None:
        return nothing()
    width = count(inputs["틱범위"], 1)
    return Reply([inputs["종목코드"]], _minutes(world, stock, width, moment))


def _minutes(world: World, stock: Stock, width: int, moment: int) -> Rows:
    for day, bars in _recent(world, stock, moment, _MINUTE_DAYS):
        base = world.feed.base_price(stock, day)
        candles = _merged(
            ((bar.minute, bar.open, bar.high, bar.low, bar.close, bar.volume) for bar in bars),
            width,
            krx.session(day).open,
        )
        for label, opening, high, low, close, volume in reversed(candles):
            yield [
                coloured(close, base),
                str(volume),
                day_form(day) + hhmmss(label),
                coloured(opening, base),
                coloured(high, base),
                coloured(low, base),
                *_UNUSED,
            ]
        yield None


def _merged(bars: Iterable[Candle], width: int, opening: int) -> List[Candle]:
    """Minute bars put together to candles of ``width`` minutes that begin at the opening."""
    candles: List[Candle] = []
    for minute, first, high, low, last, volume in bars:
        label = opening + (minute - opening) // width * width
        if candles and candles[-1][0] == label:
            _, open_, top, bottom, _, total = candles[-1]
            candles[-1] = (label, open_, max(top, high), min(bottom, low), last, total + volume)
        else:
            candles.append((label, first, high, low, last, volume))
    return candles


# -- ticks -------------------------------------------------------------------------------------


def ticks(world: World, inputs: Inputs, moment: int) -> Reply:
    """opt10079: so many trades a candle, counted from each day's first; prices without colour.

    The time is that of a candle's first trade. 마지막틱갯수 is blank, as published.
    """
    stock = world.stock(inputs["종목코드"])
    if stock is None:
        return nothing()
    width = count(inputs["틱범위"], 1)
    return Reply([inputs["종목코드"], ""], _ticks(world, stock, width, moment))


def _ticks(world: World, stock: Stock, width: int, moment: int) -> Rows:
    for day, bars in _recent(world, stock, moment, _TICK_DAYS):
        trades: List[Tick] = []
        # Wider candles are counted from the opening; single trades can be had from the end.
        for bar in reversed(bars) if width == 1 else bars:
            some = world.ticks(stock, day, bar.minute, moment)
            if width == 1:
                yield from (_tick_row(day, [trade]) for trade in reversed(some))
            else:
                trades += some
            yield None
        for start in reversed(range(0, len(trades), width)):
            yield _tick_row(day, trades[start : start + width])


def _tick_row(day: date, trades: List[Tick]) -> List[str]:
    prices = [trade.price for trade in trades]
    return [
        str(prices[-1]),
        str(sum(trade.quantity for trade in trades)),
        day_form(day) + time_form(trades[0].at),
        str(prices[0]),
        str(max(prices)),
        str(min(prices)),
        *_UNUSED,
    ]


def _recent(
    world: World, stock: Stock, moment: int, most: int
) -> Iterator[Tuple[date, Tuple[MinuteBar, ...]]]:
    """So many trading days, newest first, with the minutes that had trades by the moment."""
    day = world.trading_day(moment)
    for _ in range(most):
        if day < max(stock.listed, FIRST_DAY):
            return
        yield day, world.minutes(stock, day, moment)
        day = krx.previous_trading_day(day)
