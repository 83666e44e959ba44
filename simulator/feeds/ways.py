"""The way from one waypoint of a scripted day to the next: rushes, rests and setbacks, and what they stir up.

Between two waypoints the price makes its way at a speed of its own in every stretch, and strays from it: the
farther the waypoints are apart, the more. It is at each of them when it has to be.
"""

from __future__ import annotations

from itertools import accumulate
from math import isqrt
from typing import List, NamedTuple, Sequence, Tuple

from sapi_kiwoom import krx
from simulator.draws import NORMAL, NORMAL_ONE, OCTAVE, heavy_tail, octets

_STRETCH = krx.MINUTE // 4
"""Microseconds from one draw to the next."""

_SPEED = heavy_tail(OCTAVE * 3 // 2)
_RUSH = heavy_tail(OCTAVE * 3 // 4)
_RUSHES = 16
"""Stretches that have a speed in common, beside their own."""

_ASTRAY = 35
"""How far a way strays on all its length if it were not held, in percent of the way."""

_BACK = 96
"""Part of a stretch's straying that the next one takes back, in 1/256."""

_STIRRED = 70
"""Percent of more trade for each usual move that a way goes beyond the first."""

_SHOCKED = 160
"""The same for a jump; it dies away."""

_MOST = 900
"""Percent of the usual trade, at most."""

_REST = 244
"""Part of what is stirred up that is left a minute later, in 1/256."""


class Goal(NamedTuple):
    """A price in won to come to at a moment, microseconds since 1970 UTC; in one jump or on the way."""

    at: int
    won: int
    jump: bool = False


class Pin(NamedTuple):
    """By how many ticks the price is off its old way at a moment, and whether it jumps to that."""

    at: int
    shift: int
    jump: bool = False


def draw_way(key: Tuple[object, ...], pins: Sequence[Pin], times: Sequence[int]) -> List[int]:
    """By how many ticks each trade is moved.

    Args:
        key: names the draws.
        pins: in order of time; what comes after the last one is moved like it.
        times: moments of the trades, in order, none before the first pin.
    """
    shifts: List[int] = []
    passed = 0
    for pin, following in zip(pins, [*pins[1:], None]):
        if following is None or following.jump or following.at <= pin.at:
            end = len(times) if following is None else _first(times, following.at, passed)
            shifts += [pin.shift] * (end - passed)
            passed = end
            continue
        nodes = _nodes((*key, pin.at), following.at - pin.at, following.shift - pin.shift)
        end = _first(times, following.at, passed)
        for at in times[passed:end]:
            node, part = divmod(at - pin.at, _STRETCH)
            first = nodes[node]
            way = first + (nodes[node + 1] - first) * part // _STRETCH
            shifts.append(pin.shift + (way + 128 >> 8))
        passed = end
    return shifts


def _first(times: Sequence[int], at: int, passed: int) -> int:
    while passed < len(times) and times[passed] < at:
        passed += 1
    return passed


def _nodes(key: Tuple[object, ...], length: int, way: int) -> List[int]:
    """How far on its way a price is at the beginning of each stretch, in 1/256 ticks.

    The last ones are beyond the end, or at it.
    """
    count = -(-length // _STRETCH)
    draws = octets(3 * count + 1, "way", *key)
    speeds = [
        _SPEED[draw] * _RUSH[draws[2 * count + number // _RUSHES]]
        for number, draw in enumerate(draws[:count])
    ]
    gone = [0, *accumulate(speeds)]
    step = abs(way) * 256 * _ASTRAY // (100 * NORMAL_ONE * (isqrt(count) or 1))
    noise = [NORMAL[draw] * step for draw in draws[count : 2 * count]]
    strayed = [0, *accumulate(noise)]
    back = [0, *noise[:-1], 0]
    return [
        (way << 8) * now // gone[-1] + off - strayed[-1] * number // count + (last * _BACK >> 8)
        for number, (now, off, last) in enumerate(zip(gone, strayed, back))
    ] + [way << 8]


def excitement(goals: Sequence[Goal], base: int, volatility: int, opening: int) -> List[int]:
    """How much is traded in each minute from the open on, in percent of the usual.

    Args:
        goals: in order of time.
        base: the day's base price in won.
        volatility: deviation of a usual day's return in 1/10,000.
        opening: the moment of the open.
    """
    last = (goals[-1].at - opening) // krx.MINUTE
    more = [0] * (max(0, last) + 120)
    at, won = opening, base
    for goal in goals:
        move = abs(goal.won - won) * 1_000_000 // (base * volatility)  # of a usual day, in percent
        first, end = ((each - opening) // krx.MINUTE for each in (at, goal.at))
        if goal.jump or end <= first:
            more[end] = max(more[end], move * _SHOCKED // 100)
        else:
            # A way of this many minutes usually leads as far as their square root.
            moves = move * isqrt(390 * 10_000 // (end - first)) // 100 - 100
            for minute in range(max(1, first), end):  # the opening auction is not on the way
                more[minute] = max(more[minute], moves * _STIRRED // 100)
        at, won = goal.at, goal.won
    stirred = accumulate(more, lambda before, new: max(new, before * _REST >> 8))
    return [min(_MOST, 100 + each) for each in stirred]
