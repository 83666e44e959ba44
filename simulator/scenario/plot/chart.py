"""The chart of a day, as Plotly's figure: plain lists and dicts, traces and a layout.

All panels share one time axis. It carries the time of day in Korea without a zone, as milliseconds: what
Plotly takes for UTC.
"""

from __future__ import annotations

import heapq
from typing import Any, Dict, List, Optional, Sequence, Tuple

from sapi_kiwoom import krx
from simulator.feeds import MinuteBar, Tick
from simulator.feeds.bars import AFTER, KRX, NXT
from simulator.market import phases
from simulator.scenario.plot import events as happened
from simulator.scenario.plot import heat, words
from simulator.scenario.plot.axis import wall
from simulator.scenario.plot.day import Day
from simulator.scenario.plot.events import Event
from simulator.scenario.plot.words import FALL, FLAT, RISE

PHASE = "phase"
"""Name of the shapes whose labels should stay in sight."""

LARGE_PRINTS = 40
"""So many of the largest trades are drawn as dots."""

_BASE = "#8b919c"
_GRID = "#eceef1"
_AVERAGE = "#7b4bb3"
_WILD = 10  # minutes
_HALF = 30_000  # milliseconds: the middle of a minute

# Panels from top to bottom: y axis, lower and upper end in the figure.
_STRIP = (0.976, 1.0)
_PANELS = {
    "y": (0.45, 0.97),
    "y2": (0.315, 0.43),
    "y3": (0.205, 0.295),
    "y4": (0.105, 0.185),
    "y5": (0.0, 0.085),
}

_BANDS = {
    happened.VI: "rgba(245, 179, 1, 0.20)",
    happened.HALT: "rgba(70, 76, 88, 0.16)",
    happened.FAULT: "rgba(217, 43, 58, 0.12)",
}
_PHASE_COLOURS = {
    phases.CONTINUOUS: ("#e6f2ea", "#2c6e49"),
    phases.AFTER_MARKET: ("#ece8f6", "#5b3f99"),
}
_PHASE_USUAL = ("#fdf0d2", "#8a5a00")


def figure(day: Day, events: Sequence[Event]) -> Dict[str, Any]:
    """Everything that is drawn.

    Returns:
        ``data`` and ``layout`` as Plotly takes them.
    """
    strengths = _strengths(day)
    data = [
        *heat.traces(day),
        *_lines(day),
        *_candles(day),
        *_expected(day),
        *_dots(day, events),
        *_volumes(day),
        _strength(day, strengths),
        _spread(day),
        *_waiting(day),
    ]
    return {"data": data, "layout": _layout(day, events, strengths)}


# -- prices ----------------------------------------------------------------------------------------


def _regular(day: Day) -> List[MinuteBar]:
    """The minutes of KRX, those of its after-market too."""
    return [*day.minutes[KRX], *day.minutes[AFTER]]


def _middles(day: Day, bars: Sequence[MinuteBar]) -> List[int]:
    midnight = krx.midnight(day.day)
    return [wall(day.day, midnight + bar.minute * krx.MINUTE) + _HALF for bar in bars]


def _marks(day: Day) -> List[Tuple[int, str, str, str]]:
    """Prices that hold all day: won, name, colour, dash."""
    return [
        (day.base, "기준가", _BASE, "dash"),
        (day.upper, "상한가", RISE, "dot"),
        (day.lower, "하한가", FALL, "dot"),
    ]


def _lines(day: Day) -> List[Dict[str, Any]]:
    """Base price and limits; Nextrade's closes; the average price so far."""
    ends = [wall(day.day, day.phases[0].start), wall(day.day, day.phases[-1].end)]
    lines = []
    for price, name, colour, dash in _marks(day):
        line = {"color": colour, "width": 1, "dash": dash}
        fixed = {"x": ends, "y": [price] * 2, "line": line, "hoverinfo": "skip"}
        lines.append(_line(name, "y", showlegend=False, **fixed))
    bars = _regular(day)
    value = volume = 0
    average = []
    for bar in bars:
        value, volume = value + bar.value, volume + bar.volume
        average.append(round(value / volume, 1))
    line = {"color": _AVERAGE, "width": 1.2}
    hover = "VWAP %{y:,.0f}<extra></extra>"
    lines.append(
        _line("VWAP", "y", x=_middles(day, bars), y=average, line=line, hovertemplate=hover)
    )
    other = day.minutes[NXT]
    if other:
        line = {"color": "#128a7d", "width": 1}
        hover = "넥스트레이드 NXT %{y:,}<extra></extra>"
        closes = [bar.close for bar in other]
        fixed = {"x": _middles(day, other), "y": closes, "line": line, "hovertemplate": hover}
        lines.append(_line("NXT", "y", visible="legendonly", **fixed))
    return lines


def _line(name: str, axis: str, **more: Any) -> Dict[str, Any]:
    return {"type": "scatter", "mode": "lines", "name": name, "xaxis": "x", "yaxis": axis, **more}


def _candles(day: Day) -> List[Dict[str, Any]]:
    bars = _regular(day)
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
    label = _line(  # a candle's own hover label takes four lines and has no room for the change
        "가격",
        "y",
        x=middles,
        y=[bar.close for bar in bars],
        text=readings,
        line={"color": "rgba(0,0,0,0)"},
        hovertemplate="%{text}<extra></extra>",
        showlegend=False,
    )
    percent = {**label, "yaxis": "y6", "hoverinfo": "skip", "hovertemplate": None}
    return [candles, label, percent]


def _expected(day: Day) -> List[Dict[str, Any]]:
    """What auctions expect: prices among the candles, shares among the volumes."""
    seen = day.seen[KRX].expected
    moments: List[Any] = []
    prices: List[Any] = []
    shares: List[Any] = []
    for place, each in enumerate(seen):
        last = seen[place - 1].at if place else each.at
        if each.at - last > 5 * krx.MINUTE:  # another auction: down to zero, and up again
            moments += [wall(day.day, last), None, wall(day.day, each.at)]
            prices += [None, None, None]
            shares += [0, None, 0]
        moments.append(wall(day.day, each.at))
        prices.append(each.price if each.quantity else None)
        shares.append(each.quantity)
    line = {"color": "#b86e00", "width": 1.3, "shape": "hv"}
    group = {"x": moments, "line": line, "legendgroup": "expected", "connectgaps": False}
    return [
        _line("예상체결가", "y", y=prices, hovertemplate="예상 %{y:,}<extra></extra>", **group),
        _line(
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
            "#b86e00" if not each.side else RISE if each.side > 0 else FALL for each in chosen
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
    past = [bar.close for bar in _regular(day) if bar.minute <= minute]
    return past[-1] if past else day.base


# -- below the prices ------------------------------------------------------------------------------


def _by_side(day: Day, ticks: Sequence[Tick]) -> Dict[int, Dict[int, int]]:
    """Shares by side and minute."""
    sums: Dict[int, Dict[int, int]] = {1: {}, -1: {}, 0: {}}
    midnight = krx.midnight(day.day)
    for tick in ticks:
        minute = (tick.at - midnight) // krx.MINUTE
        side = sums[tick.side]
        side[minute] = side.get(minute, 0) + tick.quantity
    return sums


def _volumes(day: Day) -> List[Dict[str, Any]]:
    bars = _regular(day)
    middles = _middles(day, bars)
    sums = _by_side(day, [*day.seen[KRX].ticks, *day.seen[AFTER].ticks])
    traces = []
    for side, name, colour in (
        (-1, "매도 체결", FALL),
        (1, "매수 체결", RISE),
        (0, "단일가", "#c99a3c"),
    ):
        shares = [sums[side].get(bar.minute, 0) for bar in bars]
        traces.append(
            {
                "type": "bar",
                "name": name,
                "xaxis": "x",
                "yaxis": "y2",
                "x": middles,
                "y": [each or None for each in shares] if side == 0 else shares,
                "width": 60_000,
                "marker": {"color": colour, "line": {"width": 0}, "opacity": 0.8},
                "hovertemplate": f"{name} %{{y:,}}주<extra></extra>",
                "showlegend": False,
            }
        )
    return traces


def _strengths(day: Day) -> List[Optional[float]]:
    """체결강도 after each minute: what buyers took so far, in percent of what sellers gave."""
    bars = day.minutes[KRX]
    sums = _by_side(day, day.seen[KRX].ticks)
    bought = sold = 0
    strengths: List[Optional[float]] = []
    for bar in bars:
        bought += sums[1].get(bar.minute, 0)
        sold += sums[-1].get(bar.minute, 0)
        strengths.append(round(bought * 100 / sold, 2) if sold else None)
    return strengths


def _strength(day: Day, strengths: Sequence[Optional[float]]) -> Dict[str, Any]:
    moments = _middles(day, day.minutes[KRX])
    hover = "체결강도 %{y:.1f}%<extra></extra>"
    style = {"line": {"color": "#b0306a", "width": 1.3}, "showlegend": False}
    return _line("체결강도", "y3", x=moments, y=strengths, hovertemplate=hover, **style)


def _strength_range(strengths: Sequence[Optional[float]]) -> List[float]:
    """The axis, without the wild first minutes of a day."""
    calm = [each for each in strengths[_WILD:] if each is not None]
    low, high = min([95.0, *calm]), max([105.0, *calm])
    room = (high - low) / 8
    return [low - room, high + room]


def _spread(day: Day) -> Dict[str, Any]:
    """The mean spread of each minute, in ticks, weighted by time."""
    midnight = krx.midnight(day.day)
    merged = {**day.seen[KRX].spreads, **day.seen[AFTER].spreads}
    minutes = [(minute, *merged[minute]) for minute in sorted(merged) if merged[minute][1]]
    return {
        "type": "bar",
        "name": "스프레드",
        "xaxis": "x",
        "yaxis": "y4",
        "x": [wall(day.day, midnight + each[0] * krx.MINUTE) + _HALF for each in minutes],
        "y": [round(each[1] / each[2], 2) for each in minutes],
        "width": 60_000,
        "marker": {"color": "#7d8796", "line": {"width": 0}},
        "hovertemplate": "스프레드 %{y:.2f}틱<extra></extra>",
        "showlegend": False,
    }


def _waiting(day: Day) -> List[Dict[str, Any]]:
    """Shares that wait in the ten best levels of each side."""
    traces = []
    samples = heat.thinned(day, krx.MINUTE // 2)
    moments = [wall(day.day, at) if quote else None for at, quote in samples]
    asks = [sum(level[1] for level in quote.asks) if quote else None for _, quote in samples]
    bids = [sum(level[1] for level in quote.bids) if quote else None for _, quote in samples]
    for name, shares, colour in (("매도잔량", asks, FALL), ("매수잔량", bids, RISE)):
        style = {"line": {"color": colour, "width": 1.2}, "showlegend": False}
        hover = f"{name} %{{y:,}}주<extra></extra>"
        traces.append(_line(name, "y5", x=moments, y=shares, hovertemplate=hover, **style))
    return traces


# -- layout ----------------------------------------------------------------------------------------


def _layout(
    day: Day, events: Sequence[Event], strengths: Sequence[Optional[float]]
) -> Dict[str, Any]:
    regular = [phase for phase in day.phases if phase.board == KRX]
    span = [wall(day.day, regular[0].start), wall(day.day, regular[-1].start)]
    expected = [each.price for each in day.seen[KRX].expected if each.quantity]
    low = min([*(bar.low for bar in day.minutes[KRX]), *expected], default=day.base)
    high = max([*(bar.high for bar in day.minutes[KRX]), *expected], default=day.base)
    room = max((high - low) // 12, 4 * day.table.tick(high))
    prices = [low - room, high + room]
    layout: Dict[str, Any] = {
        "height": 980,
        "margin": {"l": 78, "r": 64, "t": 62, "b": 28},
        "paper_bgcolor": "white",
        "plot_bgcolor": "white",
        "font": {"family": "Pretendard, 'Noto Sans KR', 'Malgun Gothic', sans-serif", "size": 12},
        "hovermode": "x unified",
        "hoversubplots": "axis",
        "hoverdistance": 30,
        "spikedistance": -1,
        "dragmode": "zoom",
        "barmode": "stack",
        "bargap": 0,
        "legend": {
            "orientation": "h",
            "x": 0,
            "y": 1.002,
            "yanchor": "bottom",
            "font": {"size": 11},
        },
        "hoverlabel": {"font": {"size": 12}, "bgcolor": "rgba(255,255,255,0.94)"},
        "separators": ".,",
        "xaxis": {
            "type": "date",
            "range": span,
            "anchor": "y5",
            "hoverformat": "%H:%M:%S",
            "tickformat": "%H:%M",
            "gridcolor": _GRID,
            "showspikes": True,
            "spikemode": "across",
            "spikesnap": "cursor",
            "spikethickness": 1,
            "spikedash": "solid",
            "spikecolor": "#9aa1ad",
            "rangeslider": {"visible": False},
        },
        "yaxis": {
            **_axis("y", "가격 (원)"),
            "range": prices,
            "tickformat": ",d",
            "showspikes": True,
            "spikemode": "across",
            "spikesnap": "cursor",
            "spikethickness": 1,
            "spikedash": "dot",
            "spikecolor": "#9aa1ad",
        },
        "yaxis2": {**_axis("y2", "거래량"), "range": [0, _most_volume(day)]},
        "yaxis3": {**_axis("y3", "체결강도"), "range": _strength_range(strengths)},
        "yaxis4": {**_axis("y4", "스프레드<br>(틱)"), "rangemode": "tozero"},
        "yaxis5": {**_axis("y5", "호가잔량"), "rangemode": "tozero"},
        "yaxis6": {
            "overlaying": "y",
            "side": "right",
            "range": [(price / day.base - 1) * 100 for price in prices],
            "ticksuffix": "%",
            "tickformat": "+.2f",
            "showgrid": False,
            "zeroline": False,
            "fixedrange": True,
        },
        "shapes": [*_phase_shapes(day), *_event_shapes(day, events), _hundred(day)],
        "annotations": _labels(day, events),
    }
    return layout


def _axis(name: str, title: str) -> Dict[str, Any]:
    return {
        "domain": list(_PANELS[name]),
        "title": {"text": title, "font": {"size": 11, "color": FLAT}, "standoff": 6},
        "gridcolor": _GRID,
        "zeroline": False,
        "nticks": 10 if name == "y" else 4,
        "fixedrange": name != "y",
    }


def _most_volume(day: Day) -> int:
    """The volume axis ends above the continuous minutes: auctions may be many times as large."""
    at_one_price = {krx.day_and_minute(tick.at)[1] for tick in day.seen[KRX].ticks if not tick.side}
    shares = sorted(bar.volume for bar in _regular(day) if bar.minute not in at_one_price)
    return shares[-1] * 11 // 10 + 1 if shares else 1


def _phase_shapes(day: Day) -> List[Dict[str, Any]]:
    """A strip of the sessions above the candles; auctions are tinted in all panels."""
    shapes = []
    for phase in day.phases:
        if phase.name == phases.PREVIOUS_CLOSE:
            continue  # beside the opening auction
        fill, colour = _PHASE_COLOURS.get(phase.name, _PHASE_USUAL)
        ends = {"x0": wall(day.day, phase.start), "x1": wall(day.day, phase.end)}
        name = words.PHASES[phase.name][0]
        if phase.end - phase.start < 25 * krx.MINUTE:
            name = words.SHORT.get(phase.name, "")
        label = {"text": name, "font": {"size": 11, "color": colour}}
        strip = {"y0": _STRIP[0], "y1": _STRIP[1], "fillcolor": fill, "label": label}
        edge = {"color": "white", "width": 1}
        shapes.append(
            {
                "type": "rect",
                "name": PHASE,
                "xref": "x",
                "yref": "paper",
                **ends,
                **strip,
                "line": edge,
            }
        )
        if phase.auction:
            shapes.append(_band(day, phase.start, phase.end, "rgba(245, 200, 90, 0.10)"))
    return shapes


def _band(day: Day, start: int, end: int, colour: str) -> Dict[str, Any]:
    return {
        "type": "rect",
        "xref": "x",
        "yref": "paper",
        "x0": wall(day.day, start),
        "x1": wall(day.day, end),
        "y0": 0,
        "y1": _PANELS["y"][1],
        "fillcolor": colour,
        "line": {"width": 0},
        "layer": "below",
    }


def _event_shapes(day: Day, events: Sequence[Event]) -> List[Dict[str, Any]]:
    shapes = []
    for event in events:
        if event.kind in _BANDS:
            shapes.append(_band(day, event.at, event.end or event.at, _BANDS[event.kind]))
        if event.kind == happened.FAULT:  # its beginning may be all of it
            line = {"color": RISE, "width": 1.5, "dash": "dot"}
            shapes.append({**shapes[-1], "x1": shapes[-1]["x0"], "type": "line", "line": line})
    return shapes


def _hundred(day: Day) -> Dict[str, Any]:
    """As much bought as sold."""
    line = {"color": _BASE, "width": 1, "dash": "dash"}
    ends = {"x0": 0, "x1": 1, "y0": 100, "y1": 100}
    return {"type": "line", "xref": "paper", "yref": "y3", **ends, "line": line, "layer": "below"}


def _labels(day: Day, events: Sequence[Event]) -> List[Dict[str, Any]]:
    """What the lines are, on the right; what the bands are, from the top of the panel downwards."""
    labels: List[Dict[str, Any]] = [
        {
            "xref": "paper",
            "yref": "y",
            "x": 1,
            "y": price,
            "xanchor": "right",
            "yanchor": "bottom",
            "text": f"{name} {price:,}",
            "showarrow": False,
            "font": {"size": 10, "color": colour},
        }
        for price, name, colour, _ in _marks(day)
    ]
    labels += [
        {
            "xref": "x",
            "yref": "paper",
            "x": wall(day.day, event.at),
            "y": _PANELS["y"][1] - 0.006,
            "xanchor": "left",
            "yanchor": "top",
            "text": event.title,
            "textangle": 90,
            "showarrow": False,
            "font": {"size": 11, "color": "#4a3b00" if event.kind == happened.VI else "#333"},
            "bgcolor": "rgba(255,255,255,0.6)",
        }
        for event in events
        if event.kind in _BANDS
    ]
    return labels
