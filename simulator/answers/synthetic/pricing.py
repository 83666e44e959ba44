"""What futures and options are worth, in integers: the carry of a level, the mean of a normal move."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate

from simulator.draws import NORMAL, NORMAL_ONE

INTEREST, DIVIDENDS = 300, 150
"""A year's interest and dividends in hundredths of a percent (표면이자, 배당)."""

INDEX_DEVIATION, STOCK_DEVIATION = 1_800, 3_200
"""Standard deviation of a year's move, in hundredths of a percent."""

_SORTED = sorted(NORMAL)
_SUMS = [0, *accumulate(_SORTED)]
_ALL = len(_SORTED)


def carry(level: int, days: int) -> int:
    """The theoretical price of a future with so many days left, in the level's unit."""
    return level + level * (INTEREST - DIVIDENDS) * days // (10_000 * 365)


def premium(beyond: int, deviation: int) -> int:
    """What an option is worth on average, before the tick.

    Args:
        beyond: how far the future stands in the money; below 0 out of it.
        deviation: standard deviation of its move until the end; all three in one unit.
    """
    if not deviation:
        return max(beyond, 0)
    below = bisect_right(_SORTED, -beyond * NORMAL_ONE // deviation)
    above = _ALL - below
    total = above * beyond * NORMAL_ONE + deviation * (_SUMS[-1] - _SUMS[below])
    return max(total // (_ALL * NORMAL_ONE), beyond, 0)
