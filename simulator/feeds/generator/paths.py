"""The way of a price through a day: from open to close, once at the high, once at the low.

Prices count parts of a tick (`FINE` to one) above the day's low.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from math import isqrt
from operator import add, mul
from typing import NamedTuple, Sequence

from simulator.draws import NORMAL, NORMAL_ONE, OCTAVE, octets, power_of_two
from simulator.feeds.generator.market import tilted

FINE_BITS = 8
FINE = 1 << FINE_BITS
"""Parts of a tick in which a path is drawn."""

_PASSING = 136
"""Part of a minute's noise that the next minute takes back, in 1/256."""


_LEAST_MOVE = FINE * 9 // 8
"""What a price moves in a minute at least, if only to and fro."""

_NOISE = 178
"""Deviation of a day's noise, in 1/256 of the way from its low to its high."""

_HEAD = 6
"""Draws for a whole day."""

_CELLS = 12
"""Parts of a day of which one is drawn for each extreme."""

_WHOLE_DAY = 2 * _CELLS
_SLOW = tuple(isqrt((1 << 32) // half**3) for half in range(1, _WHOLE_DAY))
_FADED = 16 * 30
_FADE = tuple(1 + (power_of_two(-n * OCTAVE // 16) >> 24) for n in range(_FADED + 1))
_STEPS = 64
_NEAR = tuple(
    1 + (power_of_two(-n * n * OCTAVE * 185 // (49 * 256)) >> 24) for n in range(_STEPS + 1)
)
"""How likely a way is whose mean is off by so many 1/64 of the day's range: usually a tenth."""


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
    """A path that touches its high and its low and leaves them again.

    Args:
        key: names the draw.
        common: ties the path to those of other stocks.
        restless: how far the price goes from the end of the minute before, usually about 256.
        weights: what is traded in each minute.
        shape: the day's open, close and high in ticks above its low.
        usual_top: how many ticks such a stock's high is above its low on a usual day.
        want: where the mean of the path, weighted with ``weights``, should come to lie.
    """
    opening, close, top = shape
    count, most = len(weights), top * FINE
    draws = octets(4 * count + _HEAD, "path", *key)
    head, draws = draws[:_HEAD], draws[_HEAD:]
    # Time runs as fast as the square of the noise.
    clock = [0, *accumulate(map(mul, restless, restless))]
    # A day that goes far does so by a trend too, one that does not by turning often.
    noisy = max(205, min(345, isqrt((usual_top << 16) // (top + 1))))
    step = most * noisy * _NOISE // ((isqrt(clock[-1]) + 1) << 8)  # 1/256 of a part
    sign = -1 if common.inverse else 1
    # The closing auction may end off the last trade before it, hence the jump.
    jump = sign * NORMAL[head[0]] * most // (NORMAL_ONE * 20)
    ends = (opening * FINE, max(0, min(most, close * FINE + jump)))
    pins: dict[int, int] = {}
    if count > 1:
        ways = (common.inverse, common.faithful)
        pins = _pins(head[1:], *ways, clock, ends, most, step, want)
    high_at, low_at = (
        next((place for place, level in pins.items() if level == extreme), otherwise)
        for extreme, otherwise in (
            (most, 0 if opening == top else count - 1),
            (0, 0 if opening == 0 else count - 1),
        )
    )
    pins.update({-1: ends[0], count - 1: ends[1]})

    usual = isqrt(clock[-1] // count) + 1
    least = _LEAST_MOVE * 13 // 16 if common.faithful else _LEAST_MOVE
    lasting = isqrt(max(0, least * least - (step * usual >> 8) ** 2)) * 256 // usual
    asides = _asides(draws[count:], restless, sign * step * _PASSING >> 8, sign * lasting)
    own, shared = tilted(sign * common.own), tilted(common.weight)
    moves = map(add, map(own.__getitem__, draws), map(shared.__getitem__, common.minutes))
    walk = accumulate(map(mul, moves, restless))
    levels, sway = _bridge(
        pins, clock, [0, *[(x * step >> 21) + aside for x, aside in zip(walk, asides)]]
    )
    # Two more walks, in directions of their own.
    others = (
        _bridge(dict.fromkeys(pins, 0), clock, [0, *accumulate(map(mul, some, restless))])[0]
        for some in (
            map(NORMAL.__getitem__, draws[2 * count :]),
            map(NORMAL.__getitem__, draws[3 * count :]),
        )
    )
    offs = [(y * y + z * z) * (step * step) >> 26 for y, z in zip(*others)]
    goal = want * sum(weights)
    room = sum(map(mul, weights, sway))
    lift = (goal - sum(map(mul, weights, levels)) << 10) // room if room else 0
    lift = max(-most, min(most, lift))
    levels = [x + (lift * give >> 10) for x, give in zip(levels, sway)]
    ends_within = _within(levels, offs, most)
    return Path(_lifted(ends_within, sway, weights, most, goal), high_at, low_at, step)


def _bridge(pins: dict[int, int], clock: list[int], walk: list[int]) -> tuple[list[int], list[int]]:
    """A walk bent to be at each pin at its time, and how far each minute may give way, in 1/1,024."""
    levels: list[int] = []
    sway: list[int] = []
    places = sorted(pins)
    for start, end in zip(places, places[1:]):
        first, last, begin = start + 1, end + 1, clock[start + 1]
        length = clock[last] - begin or 1
        parts = [(time - begin << 12) // length for time in clock[first + 1 : last + 1]]
        level = pins[start] - walk[first]
        drift = pins[end] - level - walk[last]
        levels += [
            x + level + (drift * part >> 12) for x, part in zip(walk[first + 1 : last + 1], parts)
        ]
        sway += [part * (4_096 - part) >> 12 for part in parts]
    return levels, sway


def _within(levels: list[int], offs: list[int], most: int) -> list[int]:
    """Levels turned back into the day's range, whose ends they reach at pins only.

    A walk that keeps off a barrier is the distance from it of a walk in three dimensions (Williams).
    There are two barriers, hence two distances: the price divides the range in their ratio.
    """
    lows = [isqrt(x * x + off) for x, off in zip(levels, offs)]
    highs = [isqrt((most - x) * (most - x) + off) for x, off in zip(levels, offs)]
    return [most * low // (low + high or 1) for low, high in zip(lows, highs)]


def _lifted(
    path: list[int], sway: list[int], weights: list[int], most: int, goal: int
) -> list[int]:
    """The path with its mean nearer to the goal: it gives way in the middle, never at an extreme."""
    if not most:
        return path
    room = [give * x // most * (most - x) >> 8 for x, give in zip(path, sway)]  # in 1/1,024
    whole = sum(map(mul, weights, room)) // most
    if not whole:
        return path
    missing = goal - sum(map(mul, weights, path))
    lift = max(-240, min(240, (missing << 10) // (whole * most)))
    return [x + (lift * give >> 10) for x, give in zip(path, room)]


def _asides(draws: bytes, restless: list[int], passing: int, lasting: int) -> list[int]:
    """How far the price is off the path: a part of a minute's noise is gone in the next.

    Where the path hardly moves, ``lasting`` noise is off for several minutes.
    """
    noise = [NORMAL[draw] * size >> 5 for draw, size in zip(draws, restless)]
    if not lasting:
        return [size * passing >> 8 for size in noise]
    stays = accumulate(noise[::-1], lambda before, new: (before * 7 >> 3) + new)
    return [size * passing + stay * lasting >> 8 for size, stay in zip(noise, stays)]


def _pins(
    draws: bytes,
    inverse: bool,
    faithful: bool,
    clock: list[int],
    ends: tuple[int, int],
    most: int,
    step: int,
    want: int,
) -> dict[int, int]:
    """The minutes in which the price is at its high and at its low, if not at open or close.

    Each way to visit them takes its time: how likely a random walk goes a distance in it for the first
    time decides between them, and where the mean would be.
    """
    missing = [level for level in (most, 0) if level not in ends]
    if not missing:
        return {}
    opening, close = ends
    if faithful:  # one index, one way, though ticks differ
        opening, close, want = ((x * 6 + most // 2) // most * most // 6 for x in (*ends, want))
    spread = (step * step * clock[-1] >> 16) + 1

    def passage(start: int, end: int) -> list[int]:
        """How likely a random walk goes from here to there in so many half cells, not earlier."""
        distance = abs(end - start)
        far = distance * distance * _CELLS * 369 * 16 // (spread << 8)
        return [0] + [
            (distance + FINE // 2) * slow * _FADE[min(_FADED, far // half)] >> 16
            for half, slow in enumerate(_SLOW, 1)
        ]

    def fits(mean: int) -> int:
        """How likely a way is that would have its mean here."""
        return _NEAR[min(_STEPS, abs(mean // (4 * _CELLS) - want) * _STEPS // most)]

    # By what is reached first, when, and when the other is: the chance of that.
    chances: list[list[list[int]]] = []
    missing = missing[:: -1 if inverse else 1]
    halves = range(1, _WHOLE_DAY, 2)
    for first in missing:
        second = most - first
        one, between = passage(opening, first), passage(first, second)
        if len(missing) == 1:
            last = passage(first, close)
            means = ((first - close) * time + (opening + close) * _WHOLE_DAY for time in halves)
            likely = (one[time] * last[_WHOLE_DAY - time] for time in halves)
            chances.append([[each * fits(mean)] for each, mean in zip(likely, means)])
            continue
        last = passage(second, close)
        closing = [(close - first) * (_WHOLE_DAY - later) for later in range(_WHOLE_DAY)]
        chances.append(
            [
                [
                    one[time]
                    * between[later - time]
                    * last[_WHOLE_DAY - later]
                    * fits((opening - second) * time + most * _WHOLE_DAY + closing[later])
                    for later in range(time + 2, _WHOLE_DAY, 2)
                ]
                for time in halves
            ]
        )
    way = _pick([sum(map(sum, times)) for times in chances], draws[0])
    cell = _pick(list(map(sum, chances[way])), draws[1])
    found = [(missing[way], cell << 8 | draws[2])]
    if len(missing) > 1:
        after = cell + 1 + _pick(chances[way][cell], draws[3])
        found.append((missing[1 - way], after << 8 | draws[4]))
    pins: dict[int, int] = {}
    latest = len(clock) - 3  # the last minute has the close
    for level, time in found:
        place = min(latest, bisect_right(clock, clock[-1] * time // (_CELLS << 8)) - 1)
        if place in pins:
            place += 1 if place < latest else -1
        if place >= 0:
            pins[place] = level
    return pins


def _pick(chances: Sequence[int], draw: int) -> int:
    """Which of these is drawn."""
    passed = list(accumulate(chances))
    return bisect_right(passed, draw * passed[-1] >> 8)


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
