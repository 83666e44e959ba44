"""Candles: opt10080 (minutes) and opt10081 (days)."""

from __future__ import annotations

from datetime import date
from typing import Dict, Iterable, Iterator, List, Optional, Tuple

from sapi_kiwoom import krx
from simulator.answers.world import World
from simulator.feeds.generated import FIRST_DAY
from simulator.strings import coloured, hhmmss

_MINUTE_DAYS = 120
"""Trading days for which minute candles are kept, about half a year as with the real server."""

_UNUSED = ["", "", "", "", "", "", ""]
"""수정주가구분, 수정비율, 대업종구분, 소업종구분, 종목정보, 수정주가이벤트, 전일종가: blank on usual rows."""

Candle = Tuple[int, int, int, int, int, int]
"""Label (minute of the day), open, high, low, close (won), volume (shares)."""


def days(world: World, inputs: Dict[str, str], moment: int) -> Iterator[Optional[List[str]]]:
    """opt10081: unsigned prices, 거래대금 in million won, 종목코드 in the first row only."""
    stock = world.stock(inputs["종목코드"])
    if stock is None:
        return
    newest = _until(inputs["기준일자"], world.trading_day(moment))
    code = inputs["종목코드"]
    today = world.trading_day(moment)
    for whole in world.feed.iterate_days(stock, newest):
        bar = world.feed.day_so_far(stock, moment) if whole.date == today else whole
        if bar is None:  # today, before its first trade
            continue
        yield [
            code,
            str(bar.close),
            str(bar.volume),
            str(bar.value_million),
            bar.date.strftime("%Y%m%d"),
            str(bar.open),
            str(bar.high),
            str(bar.low),
            *_UNUSED,
        ]
        code = ""


def minutes(world: World, inputs: Dict[str, str], moment: int) -> Iterator[Optional[List[str]]]:
    """opt10080: prices coloured against the previous close, labelled with the start of the candle."""
    stock = world.stock(inputs["종목코드"])
    if stock is None:
        return
    width = int(inputs["틱범위"].split(":")[0])
    today = day = world.trading_day(moment)
    for _ in range(_MINUTE_DAYS):
        if day < max(stock.listed, FIRST_DAY):
            return
        bars = (
            world.feed.minutes_so_far(stock, moment)
            if day == today
            else world.feed.minutes(stock, day)
        )
        base = world.feed.base_price(stock, day)
        candles = _merged(
            ((bar.minute, bar.open, bar.high, bar.low, bar.close, bar.volume) for bar in bars),
            width,
            krx.session(day).open,
        )
        stamp = day.strftime("%Y%m%d")
        for label, opening, high, low, close, volume in reversed(candles):
            yield [
                coloured(close, base),
                str(volume),
                stamp + hhmmss(label),
                coloured(opening, base),
                coloured(high, base),
                coloured(low, base),
                *_UNUSED,
            ]
        yield None
        day = krx.previous_trading_day(day)


def _until(text: str, today: date) -> date:
    """기준일자; blank or later than today means today."""
    if not text:
        return today
    return min(today, date(int(text[:4]), int(text[4:6]), int(text[6:8])))


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
