"""Seeded draws that are the same on every Python and platform: integers and table look-ups only.

A draw is named by its key (seed, purpose, code, day ...). None has a state that another could
disturb, so any of them can be had without its predecessors. Floats never occur: exp, log and
powers differ in the last bit between C libraries.
"""

from __future__ import annotations

from hashlib import shake_128
from math import isqrt
from typing import Sequence

OCTAVE_BITS = 20
OCTAVE = 1 << OCTAVE_BITS
"""Fixed-point unit of logarithms: `OCTAVE` steps are a doubling, 151 steps a basis point."""

NORMAL_ONE = 32
"""One standard deviation in `NORMAL`."""


def octets(count: int, *key: object) -> bytes:
    """``count`` random bytes, decided by the key."""
    return shake_128("/".join(map(str, key)).encode()).digest(count)


class Draws:
    """A short sequence of draws under one key, for code that wants them one after the other."""

    def __init__(self, *key: object) -> None:
        self._key = "/".join(map(str, key))
        self._count = 0

    def below(self, bound: int) -> int:
        """A number from 0 up to ``bound - 1``, all equally likely."""
        self._count += 1
        return int.from_bytes(octets(16, self._key, self._count), "big") * bound >> 128

    def between(self, least: int, most: int) -> int:
        """A number from ``least`` to ``most``, both included."""
        return least + self.below(most - least + 1)


def _normal_quantiles() -> tuple[int, ...]:
    """Quantiles of a binomial with 4,096 tosses (standard deviation 32) at 256 even steps."""
    tosses = (2 * NORMAL_ONE) ** 2
    ways, below = 1, 0
    lower: list[int] = []  # the upper half mirrors it
    for heads in range(tosses // 2 + 1):
        below += ways
        while len(lower) < 128 and (2 * len(lower) + 1) << tosses < below << 9:
            lower.append(heads - tosses // 2)
        ways = ways * (tosses - heads) // (heads + 1)
    return (*lower, *(-each for each in reversed(lower)))


NORMAL = _normal_quantiles()
"""A normal draw for each byte, in 1/32 of a standard deviation, never beyond 2.9 of them."""


def _powers_of_two() -> tuple[int, ...]:
    """2 ** (i / 1024) with 40 fractional bits, for i = 0 ... 1024."""
    guard, roots = 80, [2 << 80]
    for _ in range(10):
        roots.append(isqrt(roots[-1] << guard))
    powers = []
    for number in range(1024):
        power = 1 << guard
        for bit in range(10):
            if number >> bit & 1:
                power = power * roots[10 - bit] >> guard
        powers.append(power >> guard - 40)
    return (*powers, 2 << 40)


_POWERS = _powers_of_two()


def power_of_two(exponent: int) -> int:
    """2 ** (exponent / OCTAVE) with 40 fractional bits; the exponent may be negative."""
    whole, fraction = exponent >> OCTAVE_BITS, exponent & OCTAVE - 1
    place, rest = fraction >> 10, fraction & 1023
    low = _POWERS[place]
    power = low + ((_POWERS[place + 1] - low) * rest >> 10)
    return power << whole if whole >= 0 else power >> -whole


def heavy_tail(deviation: int) -> tuple[int, ...]:
    """A log-normal multiplier for each byte, in 1/256; ``deviation`` (of its log) in `OCTAVE`."""
    return tuple(max(1, power_of_two(normal * deviation // NORMAL_ONE) >> 32) for normal in NORMAL)


def split(total: int, weights: Sequence[int]) -> list[int]:
    """``total`` in integer shares that are proportional to the weights and add up exactly.

    Raises:
        ValueError: there is something to split but no weight above 0.
    """
    whole = sum(weights)
    if not whole:
        if total:
            raise ValueError(f"cannot split {total} by weights that are all 0")
        return [0] * len(weights)
    shares, passed, given = [], 0, 0
    for weight in weights:
        passed += weight
        upto = total * passed // whole
        shares.append(upto - given)
        given = upto
    return shares
