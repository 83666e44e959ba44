"""The time axis, and long columns of numbers as Plotly takes them in little room."""

from __future__ import annotations

import base64
import sys
from array import array
from datetime import date
from typing import Dict, Iterable

from sapi_kiwoom import krx

_EPOCH = date(1970, 1, 1).toordinal()
_DAY = 24 * 60 * 60 * 1_000


def wall(day: date, moment: int) -> int:
    """A moment of a day on the time axis: milliseconds on Korean clocks since 1970."""
    return (day.toordinal() - _EPOCH) * _DAY + (moment - krx.midnight(day)) // 1_000


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
