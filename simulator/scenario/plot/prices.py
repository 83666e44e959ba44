"""The panel of prices: candles, lines, what auctions expect, dots."""

from __future__ import annotations

import heapq
from bisect import bisect_left
from typing import Any, Dict, List, Sequence, Tuple

from sapi_kiwoom import krx
from simulator.feeds import MinuteBar
from simulator.feeds.bars import KRX, NXT
from simulator.scenario.plot import events as happened
from simulator.scenario.plot import words
from simulator.scenario.plot.axis import at_middle, line, wall
from simulator.scenario.plot.day import Day
from simulator.scenario.plot.events import Event
from simulator.scenario.plot.words import FALL, FLAT, RISE

LARGE_PRINTS = 40
"""So many of the largest trades are drawn as dots."""

_AVERAGE, _OTHER, _AUCTION = "#7b4bb3", "#128a7d", "#b86e00"


def traces(day: Day, events: Sequence[Event]) -> List[Dict[str, Any]]:
    """Everything in the panel of prices but the book."""
    return [*_lines(day), *_candles(day), *_expected(day), *_dots(day, events)]


def span(day: Day) -> Tuple[int, int]:
    """The lowest and the highest price that are in sight at first, in won."""
    expected = [each.price for each in day.seen[KRX].expected if each.quantity]
    low = min([*(bar.low for bar in day.minutes[KRX]), *expected], default=day.base)
    high = max([*(bar.high for bar in day.minutes[KRX]), *expected], default=day.base)
    room = max((high - low) // 12, 4 * day.table.tick(high))
    return low - room, high + room


def marks(day: Day) -> List[Tuple[int, str, str, str]]:
    """Prices that hold all day: won, name, colour, dash."""
    return [
        (day.base, "기준가", FLAT, "dash"),
        (day.upper, "상한가", RISE, "dot"),
        (day.lower, "하한가", FALL, "dot"),
    ]


def _middles(day: Day, bars: Sequence[MinuteBar]) -> List[int]:
    return at_middle(day.day, (bar.minute for bar in bars))


def _lines(day: Day) -> List[Dict[str, Any]]:
    """Base price and limits; Nextrade's closes; the average price so far."""
    ends = [wall(day.day, day.phases[0].start), wall(day.day, day.phases[-1].end)]
    lines = []
    for price, name, colour, dash in marks(day):
        style = {"color": colour, "width": 1, "dash": dash}
        fixed = {"x": ends, "y": [price] * 2, "line": style, "hoverinfo": "skip"}
        lines.append(line(name, "y", showlegend=False, **fixed))
    bars = day.bars
    value = volume = 0
    average = []
    for bar in bars:
        value, volume = value + bar.value, volume + bar.volume
        average.append(round(value / volume, 1))
    style = {"color": _AVERAGE, "width": 1.2}
    hover = "VWAP %{y:,.0f}<extra></extra>"
    lines.append(
        line("VWAP", "y", x=_middles(day, bars), y=average, line=style, hovertemplate=hover)
    )
    other = day.minutes[NXT]
    if other:
        style = {"color": _OTHER, "width": 1}
        hover = "넥스트레이드 NXT %{y:,}<extra></extra>"
        closes = [bar.close for bar in other]
        fixed = {"x": _middles(day, other), "y": closes, "line": style, "hovertemplate": hover}
        lines.append(line("NXT", "y", visible="legendonly", **fixed))
    return lines


def _candles(day: Day) -> List[Dict[str, Any]]:
    bars = day.bars
    middles = _middles(day, bars)
    candles = {
        "type": "candlestick",
        "name": "1분봉",
        "xaxis": "x",
        "yaxis": "y",
        "x": middles,
        "open": [bar.open for bar in bars],
        "high": [bar.high for bar in bars],
        "low": [bar.low for bar in bars],
        "close": [bar.close for bar in bars],
        "increasing": {"line": {"color": RISE, "width": 1}, "fillcolor": RISE},
        "decreasing": {"line": {"color": FALL, "width": 1}, "fillcolor": FALL},
        "hoverinfo": "skip",
    }
    readings = [
        f"시 {bar.open:,} 고 {bar.high:,} 저 {bar.low:,} <b>종 {bar.close:,}</b> "
        f"{words.change(bar.close, day.base)}"
        for bar in bars
    ]
    label = line(  # a candle's own hover label takes four lines and has no room for the change
        "가격",
        "y",
        x=middles,
        y=[bar.close for bar in bars],
        text=readings,
        line={"color": "rgba(0,0,0,0)"},
        hovertemplate="%{text}<extra></extra>",
        showlegend=False,
    )
    nothing = {"x": middles[:1], "y": [0], "line": {"width": 0}, "hoverinfo": "skip"}
    percent = line("등락률", "y6", showlegend=False, **nothing)  # an axis needs something on it
    return [candles, label, percent]


def _expected(day: Day) -> List[Dict[str, Any]]:
    """What auctions expect: prices among the candles, shares among the volumes."""
    seen = day.seen[KRX].expected
    settled = [tick.at for tick in day.seen[KRX].ticks if not tick.side]
    moments: List[Any] = []
    prices: List[Any] = []
    shares: List[Any] = []
    for place, each in enumerate(seen):
        last = seen[place - 1].at if place else each.at
        if bisect_left(settled, last) < bisect_left(settled, each.at):  # down to zero, and up again
            moments += [wall(day.day, last), None, wall(day.day, each.at)]
            prices += [None, None, None]
            shares += [0, None, 0]
        moments.append(wall(day.day, each.at))
        prices.append(each.price if each.quantity else None)
        shares.append(each.quantity)
    style = {"color": _AUCTION, "width": 1.3, "shape": "hv"}
    group = {"x": moments, "line": style, "legendgroup": "expected", "connectgaps": False}
    return [
        line("예상체결가", "y", y=prices, hovertemplate="예상 %{y:,}<extra></extra>", **group),
        line(
            "예상체결량",
            "y2",
            y=shares,
            hovertemplate="예상 %{y:,}주<extra></extra>",
            showlegend=False,
            fill="tozeroy",
            fillcolor="rgba(184, 110, 0, 0.10)",
            **group,
        ),
    ]


def _dots(day: Day, events: Sequence[Event]) -> List[Dict[str, Any]]:
    """The largest trades, auction prices, orders and fills."""
    continuous = (tick for tick in day.seen[KRX].ticks if tick.side)
    largest = heapq.nlargest(LARGE_PRINTS, continuous, key=lambda tick: tick.quantity)
    traces = []
    if largest:
        most = largest[0].quantity
        traces.append(
            {
                **_points("대량 체결", day, largest),
                "marker": {
                    "symbol": "circle",
                    "size": [6 + 12 * tick.quantity / most for tick in largest],
                    "color": [RISE if tick.side > 0 else FALL for tick in largest],
                    "opacity": 0.45,
                    "line": {"color": "white", "width": 1},
                },
                "text": [
                    f"대량 {words.SIDES[tick.side]} {tick.quantity:,}주 @ {tick.price:,} "
                    f"({words.won(tick.quantity * tick.price)})"
                    for tick in largest
                ],
            }
        )
    styles = (
        (happened.AUCTION, "단일가 체결", "diamond", 10),
        (happened.LIMIT, "상·하한가 도달", "star", 12),
        (happened.ORDER, "주문", "triangle-right-open", 11),
        (happened.FILL, "내 체결", "", 13),
    )
    for kind, name, symbol, size in styles:
        chosen = [event for event in events if event.kind == kind]
        if not chosen:
            continue
        up_or_down = ["triangle-up" if each.side > 0 else "triangle-down" for each in chosen]
        colours = [
            _AUCTION if not each.side else RISE if each.side > 0 else FALL for each in chosen
        ]
        traces.append(
            {
                **_points(name, day, chosen),
                "y": [each.price or _price_at(day, each.at) for each in chosen],
                "marker": {
                    "symbol": symbol or up_or_down,
                    "size": size,
                    "color": colours,
                    "line": {
                        "color": "white" if "open" not in symbol else colours[0],
                        "width": 1.5,
                    },
                },
                "text": [f"<b>{each.title}</b> {each.text}" for each in chosen],
            }
        )
    return traces


def _points(name: str, day: Day, points: Sequence[Any]) -> Dict[str, Any]:
    """Dots of whatever has a moment and a price."""
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "xaxis": "x",
        "yaxis": "y",
        "x": [wall(day.day, each.at) for each in points],
        "y": [each.price for each in points],
        "hovertemplate": "%{text}<extra></extra>",
    }


def _price_at(day: Day, moment: int) -> int:
    """The price of the minute in which an order without one came."""
    minute = krx.day_and_minute(moment)[1]
    past = [bar.close for bar in day.bars if bar.minute <= minute]
    return past[-1] if past else day.base
