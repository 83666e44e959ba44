"""The way of a price through a day: from open to close, once at the high, once at the low.

Prices count parts of a tick (`FINE` to one) above the day's low.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from math import isqrt
from operator import add, mul
from typing import NamedTuple, Sequence

from simulator.draws import NORMAL, NORMAL_ONE, octets
from simulator.feeds.generated.market import tilted

FINE_BITS = 8
FINE = 1 << FINE_BITS
"""Parts of a tick in which a path is drawn."""

_PASSING = 124
"""Part of a minute's noise that the next minute takes back, in 1/256."""


_LEAST_MOVE = FINE * 13 // 16
"""What a price moves in a minute at least, if only to and fro."""


class Path(NamedTuple):
    """Where a price goes.

    Attributes:
        ends: where it stands at the end of each minute.
        high_at, low_at: the minutes in which it reaches the high and the low.
        step: deviation of its move in a minute, for each part of that minute's restlessness.
    """

    ends: list[int]
    high_at: int
    low_at: int
    step: int


class Common(NamedTuple):
    """What a path has in common with the market's.

    Attributes:
        minutes: the market's draws, one a minute.
        weight, own: of the market's draws and of its own, in 1/256; their squares add up to one.
        inverse: the path goes down where its key lets others go up.
        faithful: it follows an index and has less noise of its own.
    """

    minutes: Sequence[int]
    weight: int
    own: int
    inverse: bool
    faithful: bool


def draw_path(
    key: tuple[object, ...],
    common: Common,
    restless: list[int],
    weights: list[int],
    shape: tuple[int, int, int],
    usual_top: int,
    want: int,
) -> Path:
    """A path that is noise between the minutes at which it must be somewhere.

    Args:
        key: names the draw.
        common: ties the path to those of other stocks.
        restless: the size of each minute's noise, usually about 256.
        weights: what is traded in each minute.
        shape: the day's open, close and high in ticks above its low.
        usual_top: how many ticks such a stock's high is above its low on a usual day.
        want: where the mean of the path, weighted with ``weights``, should come to lie.
    """
    opening, close, top = shape
    count, most = len(weights), top * FINE
    draws = octets(2 * count + 3, "path", *key)
    # Time runs as fast as the square of the noise.
    clock = [0, *accumulate(map(mul, restless, restless))]
    # A day that goes far does so by a trend too, one that does not by turning often.
    noisy = max(205, min(345, isqrt((usual_top << 16) // (top + 1))))
    step = most * noisy * 5 // ((isqrt(clock[-1]) + 1) * 8)  # 1/256 of a part
    sign = -1 if common.inverse else 1
    extremes = draws[2 * count : 2 * count + 2][::sign]
    high_at, low_at = _extremes(extremes, clock, shape, step)

    # The closing auction may end off the last trade before it, hence the jump.
    jump = sign * NORMAL[draws[-1]] * most // (NORMAL_ONE * 20)
    pins = {-1: opening * FINE, count - 1: max(0, min(most, close * FINE + jump))}
    if count > 1:
        if top not in (opening, close):
            pins[high_at] = most
        if 0 not in (opening, close):
            pins[low_at] = 0
    own, shared = tilted(sign * common.own), tilted(common.weight)
    walk = [0]
    walk += accumulate(
        (own[draw] + shared[market]) * step * size >> 21
        for draw, market, size in zip(draws, common.minutes, restless)
    )
    ends: list[int] = []
    sway: list[int] = []  # how far each minute may give way to move the mean, in 1/1,024
    for start, end in zip(sorted(pins), sorted(pins)[1:]):
        first, begin = start + 1, clock[start + 1]
        length = clock[end + 1] - begin or 1
        level = pins[start] - walk[first]
        drift = pins[end] - level - walk[end + 1]
        level -= drift * begin // length
        ends += [
            level + noise + drift * time // length
            for noise, time in zip(walk[first + 1 : end + 2], clock[first + 1 : end + 2])
        ]
        width = end - start
        sway += [(n * (width - n) << 12) // (width * width) for n in range(1, width + 1)]
    usual = isqrt(clock[-1] // count) + 1
    least = _LEAST_MOVE * 7 // 8 if common.faithful else _LEAST_MOVE
    lasting = isqrt(max(0, least * least - (step * usual >> 8) ** 2)) * 256 // usual
    asides = _asides(draws[count:], restless, sign * step * _PASSING >> 8, sign * lasting)
    ends = list(map(add, ends, asides))
    if min(ends) < 0 or max(ends) > most:  # turned back, and slowed down
        ends = [-x >> 1 if x < 0 else x if x < most else most - (x - most >> 1) for x in ends]
    room = sum(map(mul, weights, sway))
    lift = ((want * sum(weights) - sum(map(mul, weights, ends))) << 10) // room if room else 0
    lift = max(-most, min(most, lift))
    ends = [x + (lift * give >> 10) for x, give in zip(ends, sway)]
    if min(ends) < 0 or max(ends) > most:
        ends = [0 if x < 0 else x if x < most else most for x in ends]
    return Path(ends, high_at, low_at, step)


def _asides(draws: bytes, restless: list[int], passing: int, lasting: int) -> list[int]:
    """How far the price is off the path: a part of a minute's noise is gone in the next.

    Where the path hardly moves, ``lasting`` noise is off for several minutes.
    """
    noise = [NORMAL[draw] * size >> 5 for draw, size in zip(draws, restless)]
    if not lasting:
        return [size * passing >> 8 for size in noise]
    stays = accumulate(noise[::-1], lambda before, new: (before * 7 >> 3) + new)
    return [size * passing + stay * lasting >> 8 for size, stay in zip(noise, stays)]


def _extremes(
    draws: bytes, clock: list[int], shape: tuple[int, int, int], step: int
) -> tuple[int, int]:
    """In which minutes the high and the low are: rather near an end of the day than in between.

    The price has time to come there from the open and to go from there to the close.
    """
    opening, close, top = shape
    whole = clock[-1]
    pace = 2 * step * step + 1
    times = []
    for level, draw in zip((top, 0), draws):
        early, late = (
            min(whole // 4, ((level - end) * FINE << 8) ** 2 // pace) for end in (opening, close)
        )
        times.append(early + ((whole - early - late) * draw * draw * (768 - 2 * draw) >> 24))
    high, low = times
    if abs(high - low) < whole // 6:
        low = high + whole // 4 if high < whole // 2 else high - whole // 4
    high_at, low_at = (bisect_right(clock, time) - 1 for time in (high, low))
    last = len(clock) - 2
    return min(high_at, last), min(low_at, last)


def tilt(weights: list[int], path: Path, want: int) -> list[int]:
    """Weights so changed that the mean of the path, weighted with them, comes nearer to ``want``."""
    whole = sum(weights)
    mean = sum(map(mul, weights, path.ends)) // whole
    if abs(want - mean) < FINE // 16:
        return weights
    off = [x - mean for x in path.ends]
    spread = sum(map(mul, weights, map(mul, off, off))) // whole + 1
    slope = (want - mean) << 8
    return [
        weight * min(1_024, max(32, 256 + x * slope // spread)) for weight, x in zip(weights, off)
    ]
