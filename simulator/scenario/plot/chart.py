"""The chart of a day, as Plotly's figure: plain lists and dicts, traces and a layout.

All panels share one time axis.
"""

from __future__ import annotations

from typing import Any, Dict, List, Sequence

from sapi_kiwoom import krx
from simulator.feeds.bars import KRX
from simulator.market import phases
from simulator.scenario.plot import events as happened
from simulator.scenario.plot import heat, panels, prices, words
from simulator.scenario.plot.axis import wall
from simulator.scenario.plot.day import Day
from simulator.scenario.plot.events import Event
from simulator.scenario.plot.words import FLAT, RISE

PHASE = "phase"
"""Name of the shapes whose labels should stay in sight."""

_GRID = "#eceef1"

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
    data = [*heat.traces(day), *prices.traces(day, events), *panels.traces(day)]
    return {"data": data, "layout": _layout(day, events)}


def _layout(day: Day, events: Sequence[Event]) -> Dict[str, Any]:
    regular = [phase for phase in day.phases if phase.board == KRX]
    span = [wall(day.day, regular[0].start), wall(day.day, regular[-1].start)]
    low, high = prices.span(day)
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
        "barmode": "overlay",
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
            "range": [low, high],
            "tickformat": ",d",
            "showspikes": True,
            "spikemode": "across",
            "spikesnap": "cursor",
            "spikethickness": 1,
            "spikedash": "dot",
            "spikecolor": "#9aa1ad",
        },
        "yaxis2": {**_axis("y2", "거래량"), "range": panels.volume_range(day)},
        "yaxis3": {**_axis("y3", "체결강도"), "range": panels.strength_range(day)},
        "yaxis4": {**_axis("y4", "스프레드<br>(틱)"), "rangemode": "tozero"},
        "yaxis5": {**_axis("y5", "호가잔량"), "rangemode": "tozero"},
        "yaxis6": {
            "overlaying": "y",
            "side": "right",
            "range": [(price / day.base - 1) * 100 for price in (low, high)],
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
    line = {"color": FLAT, "width": 1, "dash": "dash"}
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
        for price, name, colour, _ in prices.marks(day)
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
