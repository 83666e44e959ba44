"""The order and the moments of a minute's trades.

The price goes from the minute's open to one extreme, to the other, to its close. On the way it bounces
between bid and ask: at any moment two neighbouring levels trade. Trades come in runs at one price and in
bursts, which are dense in places that are drawn, and thin elsewhere.
"""

from __future__ import annotations

from itertools import accumulate, chain, repeat
from operator import mul

from sapi_kiwoom import krx
from simulator.draws import OCTAVE, heavy_tail

_RUN = (1,) * 116 + (2,) * 60 + (3,) * 34 + (4,) * 20 + (6,) * 16 + (9,) * 10
LENGTHS = tuple(_RUN[draw * 101 & 255] for draw in range(256))
"""For each byte how long a run of trades at one price is, two on average."""
_RUNS = tuple(bytes([draw]) * length for draw, length in enumerate(LENGTHS))

GAPS = heavy_tail(OCTAVE * 24 // 10)
SPEEDS = heavy_tail(OCTAVE * 15 // 10)
STRETCHES = 48
"""Parts of a minute's trades that come at different speeds."""


def order(draws: bytes, counts: list[int], opening: int, closing: int) -> list[int]:
    """The level of each trade in turn.

    Args:
        draws: one for each trade.
        counts: trades at each level, enough to open and close where the minute does.
        opening, closing: the levels of the first and the last trade.
    """
    width = len(counts)
    if width == 1:
        return [0] * counts[0]
    top = width - 1
    up_first = (closing < opening) if closing != opening else draws[-1] < 128
    corners = [opening, top, 0, closing] if up_first else [opening, 0, top, closing]
    starts = [0, *accumulate(1 + abs(a - b) for a, b in zip(corners, corners[1:]))]
    legs = [
        (start, corner, min(corner, end), max(corner, end))
        for start, corner, end in zip(starts, corners, corners[1:])
    ]
    keys: list[int] = []
    passed = 0
    for level, count in enumerate(counts):
        between = count - (level == opening) - (level == closing)
        if between <= 0:
            continue
        # Where the way passes this level; trades are up to one level's way before or behind.
        stations = [
            start + abs(level - corner) << 7
            for start, corner, low, high in legs
            if low <= level <= high
        ]
        some = draws[passed : passed + between]
        passed += between
        if between > 2:
            some = b"".join(map(_RUNS.__getitem__, some[: 1 + between * 2 // 3]))[:between]
            if len(some) < between:
                some += some[: between - len(some)]
        if len(stations) == 1:
            base = stations[0] * width + level
            keys += [base + draw * width for draw in some]
        else:
            ways = len(stations)
            keys += [
                (stations[draw * ways >> 8] + (draw * ways & 255)) * width + level for draw in some
            ]
    keys.sort()
    levels = [key % width for key in keys]
    return [opening, *levels, closing]


def moments(draws: bytes, count: int, start: int, end: int) -> list[int]:
    """So many moments from ``start`` to ``end``, in microseconds, in bursts.

    Args:
        draws: `draws_needed` of them.
        count: how many moments.
        start, end: between which they lie, the first not at the start itself.
    """
    stretch = count // STRETCHES + 1
    speeds = chain.from_iterable(repeat(SPEEDS[draw], stretch) for draw in draws[count + 1 :])
    gaps = map(GAPS.__getitem__, draws[: count + 1])
    passed = list(accumulate(map(mul, gaps, speeds)))
    whole = passed.pop()
    span = end - start
    return [start + gap * span // whole for gap in passed]


def draws_needed(count: int) -> int:
    """How many draws `moments` takes for so many trades."""
    return count + STRETCHES + 2


MARGIN = krx.MINUTE // 4_000
"""Nothing trades in so many microseconds at the end of a minute."""
