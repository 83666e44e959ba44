"""The panels below the prices: volume, 체결강도, spread, shares that wait."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence

from sapi_kiwoom import krx
from simulator.feeds.bars import AFTER, KRX
from simulator.market import phases
from simulator.scenario.plot import heat
from simulator.scenario.plot.axis import at_middle, line, wall
from simulator.scenario.plot.day import Day
from simulator.scenario.plot.words import FALL, RISE

_BOUGHT, _SOLD, _MATCHED = "#e4626d", "#5a8fe0", "#d9a93f"
_STRENGTH, _SPREAD = "#b0306a", "#8b94a3"
_WILD = 10
"""Minutes after the opening in which 체결강도 may leave its panel."""


def traces(day: Day) -> List[Dict[str, Any]]:
    """Everything below the prices."""
    return [*_volumes(day), _strength(day), _spread(day), *_waiting(day)]


def volume_range(day: Day) -> List[int]:
    """The volume axis, up to the largest minute without an auction: those may be many times as large."""
    shares = _shares(day, KRX, AFTER)
    continuous = (bar.volume for bar in day.bars if bar.minute not in shares[0])
    return [0, max(continuous, default=0) * 11 // 10 + 1]


def strength_range(day: Day) -> List[float]:
    """The axis of 체결강도, without the wild first minutes of a day."""
    opening = next(each.start for each in day.phases if each.name == phases.CONTINUOUS)
    first = krx.day_and_minute(opening)[1] + _WILD
    calm = [strength for minute, strength in _strengths(day).items() if minute >= first]
    low, high = min([95.0, *calm]), max([105.0, *calm])
    room = (high - low) / 8
    return [low - room, high + room]


def _shares(day: Day, *boards: str) -> Dict[int, Dict[int, int]]:
    """Shares traded on boards by side and minute."""
    sums: Dict[int, Dict[int, int]] = {1: {}, -1: {}, 0: {}}
    midnight = krx.midnight(day.day)
    for board in boards:
        for tick in day.seen[board].ticks:
            minute = (tick.at - midnight) // krx.MINUTE
            side = sums[tick.side]
            side[minute] = side.get(minute, 0) + tick.quantity
    return sums


def _volumes(day: Day) -> List[Dict[str, Any]]:
    """Shares by minute, those of sellers below those of buyers; what auctions matched, on top."""
    shares = _shares(day, KRX, AFTER)
    bars = day.bars
    minutes = range(bars[0].minute - 1, bars[-1].minute + 2) if bars else range(0)
    sold = [shares[-1].get(minute, 0) for minute in minutes]
    bought = [shares[1].get(minute, 0) for minute in minutes]
    both = [sum(each) for each in zip(sold, bought)]
    matched = sorted(shares[0])
    above = [shares[1].get(minute, 0) + shares[-1].get(minute, 0) for minute in matched]
    told = [f"매수 체결 {each:,}주" for each in bought], [f"매도 체결 {each:,}주" for each in sold]
    return [
        _steps(day, "매수 체결", "y2", minutes, both, _BOUGHT, told[0]),
        _steps(day, "매도 체결", "y2", minutes, sold, _SOLD, told[1]),
        {
            "type": "bar",
            "name": "단일가",
            "xaxis": "x",
            "yaxis": "y2",
            "x": at_middle(day.day, matched),
            "y": [shares[0][minute] for minute in matched],
            "base": above,
            "width": 60_000,
            "marker": {"color": _MATCHED, "line": {"width": 0}},
            "text": [f"단일가 체결 {shares[0][minute]:,}주" for minute in matched],
            "textposition": "none",
            "hovertemplate": "%{text}<extra></extra>",
            "showlegend": False,
        },
    ]


def _steps(
    day: Day,
    name: str,
    axis: str,
    minutes: Sequence[int],
    values: Sequence[float],
    colour: str,
    texts: Sequence[str],
) -> Dict[str, Any]:
    """A column for each of consecutive minutes, as one filled line: a browser draws it at once."""
    return line(
        name,
        axis,
        x=at_middle(day.day, minutes),
        y=values,
        line={"color": colour, "width": 0.5, "shape": "hvh"},
        fill="tozeroy",
        fillcolor=colour,
        text=texts,
        hovertemplate="%{text}<extra></extra>",
        showlegend=False,
    )


def _strengths(day: Day) -> Dict[int, float]:
    """체결강도 after each minute: what buyers took so far, in percent of what sellers gave."""
    shares = _shares(day, KRX)
    bought = sold = 0
    strengths = {}
    for bar in day.minutes[KRX]:
        bought += shares[1].get(bar.minute, 0)
        sold += shares[-1].get(bar.minute, 0)
        if sold:
            strengths[bar.minute] = round(bought * 100 / sold, 2)
    return strengths


def _strength(day: Day) -> Dict[str, Any]:
    strengths = _strengths(day)
    return line(
        "체결강도",
        "y3",
        x=at_middle(day.day, strengths),
        y=list(strengths.values()),
        line={"color": _STRENGTH, "width": 1.3},
        hovertemplate="체결강도 %{y:.1f}%<extra></extra>",
        showlegend=False,
    )


def _spread(day: Day) -> Dict[str, Any]:
    """The mean spread of each minute, in ticks, weighted by time."""
    merged = {**day.seen[KRX].spreads, **day.seen[AFTER].spreads}
    means = {minute: ticks / stood for minute, (ticks, stood) in merged.items() if stood}
    minutes = range(min(means) - 1, max(means) + 2) if means else range(0)
    values = [round(means.get(minute, 0), 2) for minute in minutes]
    texts = [f"스프레드 {each:.2f}틱" if each else "호가 없음" for each in values]
    return _steps(day, "스프레드", "y4", minutes, values, _SPREAD, texts)


def _waiting(day: Day) -> List[Dict[str, Any]]:
    """Shares that wait in the ten best levels of each side."""
    samples = heat.thinned(day, krx.MINUTE // 2)
    moments = [wall(day.day, at) if quote else None for at, quote in samples]
    asks = [sum(level[1] for level in quote.asks) if quote else None for _, quote in samples]
    bids = [sum(level[1] for level in quote.bids) if quote else None for _, quote in samples]
    return [
        line(
            name,
            "y5",
            x=moments,
            y=shares,
            line={"color": colour, "width": 1.2},
            hovertemplate=f"{name} %{{y:,}}주<extra></extra>",
            showlegend=False,
        )
        for name, shares, colour in (("매도잔량", asks, FALL), ("매수잔량", bids, RISE))
    ]
