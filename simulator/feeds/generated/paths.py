"""The way of a price through a day: from open to close, once at the high, once at the low.

Prices count parts of a tick (`FINE` to one) above the day's low.
"""

from __future__ import annotations

from itertools import accumulate
from math import isqrt
from operator import mul
from typing import NamedTuple

from simulator.draws import NORMAL, NORMAL_ONE, octets

FINE_BITS = 8
FINE = 1 << FINE_BITS
"""Parts of a tick in which a path is drawn."""


class Path(NamedTuple):
    """Where the price stands at the end of each minute; in which it reached the high and the low."""

    ends: list[int]
    high_at: int
    low_at: int


def draw_path(
    key: tuple[object, ...],
    restless: list[int],
    weights: list[int],
    shape: tuple[int, int, int],
    want: int,
) -> Path:
    """A path that is noise between the minutes at which it must be somewhere.

    Args:
        key: names the draw.
        restless: the size of each minute's noise, usually about 256.
        weights: what is traded in each minute.
        shape: the day's open, close and high in ticks above its low.
        want: where the mean of the path, weighted with ``weights``, should come to lie.
    """
    opening, close, top = shape
    count, most = len(weights), top * FINE
    draws = octets(count + 3, "path", *key)
    last = max(1, count - 1)
    high_at = draws[count] * last >> 8
    low_at = draws[count + 1] * last >> 8
    if abs(high_at - low_at) < last // 8:
        low_at = (high_at + last // 3) % last

    # The closing auction may end off the last trade before it, hence the jump.
    jump = NORMAL[draws[count + 2]] * most // (NORMAL_ONE * 12)
    pins = {-1: opening * FINE, count - 1: max(0, min(most, close * FINE + jump))}
    if count > 1:
        if top not in (opening, close):
            pins[high_at] = most
        if 0 not in (opening, close):
            pins[low_at] = 0
    step = most * 3 // (NORMAL_ONE * 5 * isqrt(count) + 1)
    noise = (NORMAL[draw] * step * size >> 8 for draw, size in zip(draws, restless))
    walk = [0, *accumulate(noise)]
    ends: list[int] = []
    sway: list[int] = []  # how far each minute may give way to move the mean, in 1/1,024
    for start, end in zip(sorted(pins), sorted(pins)[1:]):
        length = end - start
        level = pins[start] - walk[start + 1]
        drift = pins[end] - level - walk[end + 1]
        ends += [level + walk[start + 1 + n] + drift * n // length for n in range(1, length + 1)]
        sway += [(n * (length - n) << 12) // (length * length) for n in range(1, length + 1)]
    ends = [-x if x < 0 else x if x < most else 2 * most - x for x in ends]
    room = sum(map(mul, weights, sway))
    lift = ((want * sum(weights) - sum(map(mul, weights, ends))) << 10) // room if room else 0
    lift = max(-most, min(most, lift))
    ends = [max(0, min(most, x + (lift * give >> 10))) for x, give in zip(ends, sway)]
    return Path(ends, high_at, low_at)


def tilt(weights: list[int], path: Path, want: int) -> list[int]:
    """Weights so changed that the mean of the path, weighted with them, comes nearer to ``want``."""
    whole = sum(weights)
    mean = sum(map(mul, weights, path.ends)) // whole
    spread = sum(weight * (x - mean) ** 2 for weight, x in zip(weights, path.ends)) // whole
    slope = (want - mean) << 8
    return [
        weight * max(32, min(1_024, 256 + (x - mean) * slope // (spread + 1)))
        for weight, x in zip(weights, path.ends)
    ]
