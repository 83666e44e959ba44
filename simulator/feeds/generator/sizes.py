"""How many trades a minute has, and how many shares each of them.

Most trades are small, a third are of a single share, a few carry most of the volume; larger ones like
round numbers. In ETFs, liquidity providers print one size again and again.
"""

from __future__ import annotations

from itertools import accumulate, chain
from operator import sub
from typing import Sequence

from simulator.draws import OCTAVE, heavy_tail, octets
from simulator.universe import Stock

_LEAST_VALUE = 1_000_000
_PER_DAY = 220_000
"""Won of a usual trade: so many, and as much again as so many trades would make of a usual day."""

_LEAST_SHARES = 5
"""Shares of a usual trade at least."""

MOST = 12_000
"""Trades in a minute at most."""


def _weights(singles: int, octaves_tenths: int) -> tuple[int, ...]:
    """A weight for each byte: none for ``singles`` of them, which are trades of one share."""
    tail = heavy_tail(OCTAVE * octaves_tenths // 10)
    return tuple(
        0 if draw < singles else tail[(draw - singles) * 255 // (255 - singles)]
        for draw in range(256)
    )


TABLES = (
    *(_weights(0, 14) for _ in range(3)),
    *(_weights(singles, 24) for singles in (16, 56, 72, 76, 79)),
)
"""By the binary digits of the mean size: small ones have single shares enough by themselves."""

PROVIDED = (1, 10, 100, 1, 20, 50, 200, 1)
"""Sizes in which liquidity providers print."""


def usual_value(stock: Stock) -> int:
    """Won that change hands in a usual trade."""
    value = _LEAST_VALUE + stock.volume * stock.price // _PER_DAY
    return max(value, _LEAST_SHARES * stock.price)


def count_trades(stock: Stock, value: int, shares: int, size: int) -> int:
    """How many trades make a minute's volume.

    Args:
        stock: whose.
        value: traded in the minute, in won.
        shares: traded in the minute.
        size: of the minute's trades, in 1/256 of the usual.
    """
    return min(shares, MOST, 1 + (value << 8) // (usual_value(stock) * size))


def auction_shares(key: tuple[object, ...], shares: int, resumed: bool) -> int:
    """What of a minute's shares the auction at its beginning trades, if its price has so many.

    Args:
        key: names the draw.
        shares: traded in the minute.
        resumed: whether the auction ends an interruption, for which orders have gathered.
    """
    (draw,) = octets(1, "auction", *key)
    part = 150 + (draw >> 2) if resumed else 96 + (draw * 96 >> 8)
    return max(0, min(shares - 4, shares * part >> 8))


def draw_sizes(draws: bytes, shares: int, provided: bool) -> list[int]:
    """A level's shares in as many trades as there are draws.

    Args:
        draws: one for each trade.
        shares: what all of them carry; not less than one each.
        provided: whether liquidity providers take part.
    """
    trades = len(draws)
    if trades <= 1:
        return [shares] * trades
    if provided and trades > 5:
        first = draws[0]
        size, repeated = PROVIDED[first & 7], trades * (64 + (first >> 1)) >> 9
        if size * repeated * 3 < shares:
            place = draws[1] * (trades - repeated) >> 8
            sizes = _spread(draws[repeated:], shares - size * repeated)
            return sizes[:place] + [size] * repeated + sizes[place:]
    return _spread(draws, shares)


def _spread(draws: bytes, shares: int) -> list[int]:
    trades = len(draws)
    mean = shares // trades
    table = TABLES[min(len(TABLES) - 1, mean.bit_length())]
    passed = list(accumulate(map(table.__getitem__, draws)))
    spare, whole = shares - trades, passed[-1]
    if not whole:
        return [shares - trades + 1] + [1] * (trades - 1)
    upto = [spare * weight // whole for weight in passed]
    if mean < 4:
        return [1 + upto[0], *(1 + size for size in map(sub, upto[1:], upto))]
    sizes = [
        1 + size if size < 24 or size & 1 else size + 1 - (size + 1) % 10
        for size in map(sub, upto, chain((0,), upto))
    ]
    largest = sizes.index(max(sizes))
    sizes[largest] += shares - sum(sizes)
    return sizes


def counts(traded: Sequence[int], trades: int, opening: int, closing: int) -> list[int]:
    """How many of a minute's trades are at each level; enough to open and to close where it does."""
    whole = sum(traded) or 1
    spare = max(0, trades - len(traded))
    found = [min(shares, 1 + spare * shares // whole) for shares in traded]
    if opening == closing and len(traded) > 1:
        found[opening] = max(2, found[opening])
    return found
