"""The 장시작시간 (0s): the market's clock, sent under the key ``09``."""

from __future__ import annotations

from simulator.strings import clock, time_of_day

KEY = "09"
"""What OnReceiveRealData names in place of a code."""


def opening_time(phase: str, at: int, remaining: int) -> str:
    """One event: 3 values.

    Args:
        phase: 장운영구분 (FID 215): ``0`` before the opening, ``2`` before the close, ``3`` the market
            opens, ``4`` it closes, and the letters of the sessions around it.
        at: microseconds since 1970 UTC.
        remaining: seconds until what ``phase`` waits for; 0 where it has come.
    """
    return f"{phase}\t{clock(at)}\t{time_of_day(remaining)}"
