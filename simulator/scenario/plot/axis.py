"""The time axis, what is drawn over it, and long columns of numbers in little room.

The axis carries the time of day in Korea without a zone, as milliseconds: what Plotly takes for UTC.
"""

from __future__ import annotations

import base64
import sys
from array import array
from datetime import date
from typing import Any, Dict, Iterable, List

from sapi_kiwoom import krx

_EPOCH = date(1970, 1, 1).toordinal()
_DAY = 24 * 60 * 60 * 1_000
_HALF = 30_000


def wall(day: date, moment: int) -> int:
    """A moment of a day on the time axis: milliseconds on Korean clocks since 1970."""
    return (day.toordinal() - _EPOCH) * _DAY + (moment - krx.midnight(day)) // 1_000


def at_middle(day: date, minutes: Iterable[int]) -> List[int]:
    """The middles of minutes since midnight on the time axis."""
    midnight = krx.midnight(day)
    return [wall(day, midnight + minute * krx.MINUTE) + _HALF for minute in minutes]


def line(name: str, axis: str, **more: Any) -> Dict[str, Any]:
    """A line over the time axis and the y axis of a panel."""
    return {"type": "scatter", "mode": "lines", "name": name, "xaxis": "x", "yaxis": axis, **more}


def packed(values: Iterable[float], shape: str) -> Dict[str, str]:
    """Single-precision numbers, of which not-a-number is a gap.

    Args:
        values: row by row.
        shape: rows and columns, for example "12, 400".
    """
    numbers = array("f", values)
    if sys.byteorder == "big":
        numbers.byteswap()
    text = base64.b64encode(numbers.tobytes()).decode("ascii")
    return {"dtype": "f4", "bdata": text, "shape": shape}
