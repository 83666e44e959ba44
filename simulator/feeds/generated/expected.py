"""What auctions expect while orders gather, and the orders that make them expect it.

The expected price wanders from where the price was to where the auction will settle, and the quantity
grows to what will trade. The orders at a moment are drawn from its price and quantity, so that KRX's
rule for auctions gives back just these.
"""

from __future__ import annotations

from itertools import accumulate
from math import isqrt
from typing import List, Sequence, Tuple

from sapi_kiwoom import krx
from simulator.draws import NORMAL, NORMAL_ONE, OCTAVE, heavy_tail, octets, split
from simulator.feeds.bars import Expected, Tick
from simulator.universe import Stock

Orders = List[Tuple[int, int]]
"""(won, shares) at each price, from the best one on."""

OPENING_MINUTES, CLOSING_MINUTES = 30, 10
"""For how long orders gather for an auction."""

_MOST = 1_100
_WHOLE = 1 << 20
_GROWTH = _WHOLE * 15 // 16  # the rest is there from the first moment
_DEPTH = heavy_tail(OCTAVE // 2)
_REACH = 10
"""Valid prices on each side of the expected one at which orders stand."""


def draw_expected(
    key: Tuple[object, ...],
    stock: Stock,
    table: krx.TickTable,
    limits: Tuple[int, int],
    start: int,
    origin: int,
    settled: Tick,
) -> List[Expected]:
    """What one auction expects, up to just before it is settled.

    Args:
        key: names the draw.
        stock: how much it is traded says how often the expectation changes.
        table: the day's valid prices.
        limits: the day's highest and lowest price in won.
        start: when orders begin to gather, microseconds since 1970 UTC.
        origin: the price before it, in won.
        settled: the auction's trade.
    """
    length = settled.at - start
    liveliness = isqrt(stock.volume * stock.price) * length // (30 * krx.MINUTE)
    count = min(_MOST, 3 + liveliness // 1_200)
    draws = octets(4 * count + 1, "expected", *key)
    gaps = [(16 + draw) * (5 * count - 4 * n) for n, draw in enumerate(draws[: count + 1])]
    passed = list(accumulate(gaps))
    times = [start + length * each // (passed[-1] + 1) for each in passed[:count]]

    end = table.index(settled.price)
    begin = table.index(table.round_to_tick(origin))
    highest, lowest = table.index(limits[0]), table.index(limits[1])
    tick = table.tick(settled.price)
    reach = max(256, settled.price * stock.volatility * 256 // (30_000 * tick))  # 1/256 ticks
    step = reach // (isqrt(count) * NORMAL_ONE) + 1
    walk = list(accumulate(NORMAL[draw] * step for draw in draws[count : 2 * count]))
    found = []
    for n, at in enumerate(times):
        left = count - 1 - n
        wander = (walk[n] - walk[-1] * (n + 1) // count) + (begin - end) * 256 * left // count
        if draws[2 * count + n] < 12:  # a large order comes or goes
            wander += NORMAL[draws[3 * count + n]] * reach // (3 * NORMAL_ONE)
        wander = wander * left // (left + count // 8 + 1)
        index = max(lowest, min(highest, end + (wander + 128 >> 8)))
        grown = (n + 1) * (n + 1 + count // 12) * _GROWTH // (count * (count + count // 12))
        grown = (_WHOLE - _GROWTH + grown) * (990 + draws[3 * count + n] * 20 // 255) // 1_000
        quantity = max(1, settled.quantity * grown // _WHOLE)
        found.append(Expected(at, table.price(index), min(quantity, settled.quantity)))
    return found


def draw_orders(
    key: Tuple[object, ...],
    table: krx.TickTable,
    limits: Tuple[int, int],
    price: int,
    quantity: int,
) -> Tuple[Orders, Orders]:
    """Bids and asks that an auction settles at this price and quantity, and at no other.

    More than half of what trades comes from orders that would take a worse price, a third of these at
    any price (at the limit). At the price itself one side has more than trades. Better prices than it
    leave shares behind on both sides, usually a few times the quantity.

    Args:
        key: names the draw.
        table: the day's valid prices.
        limits: the day's highest and lowest price in won.
        price: won.
        quantity: shares; 0 gives no orders.
    """
    if not quantity:
        return [], []
    upper, lower = limits
    index = table.index(price)
    above = [table.price(n) for n in range(index + 1, min(table.index(upper), index + _REACH) + 1)]
    below = [
        table.price(n) for n in range(index - 1, max(table.index(lower), index - _REACH) - 1, -1)
    ]
    draws = octets(6, "orders", *key)
    surplus = quantity * draws[0] // 640
    more = (surplus, 0) if draws[1] < 128 else (0, surplus)
    sides = []
    for side, outer, inner, limit in ((0, above, below, upper), (1, below, above, lower)):
        eager = quantity * (560 + draws[2 + side]) // 1_000 if outer else 0
        anyhow = eager // 3
        standing = {price: quantity - eager + more[side]}
        for worse, shares in zip(outer, _spread(key, outer, eager - anyhow, side)):
            standing[worse] = shares
        if outer:
            standing[limit] = standing.get(limit, 0) + anyhow
        behind = quantity * (256 + 2 * draws[4 + side]) // 256 + len(inner)
        for better, shares in zip(inner, _spread(key, inner, behind, side)):
            standing[better] = shares
        orders = [(won, shares) for won, shares in standing.items() if shares]
        sides.append(sorted(orders, reverse=not side))
    return sides[0], sides[1]


def _spread(key: Tuple[object, ...], prices: Sequence[int], shares: int, side: int) -> List[int]:
    """Shares at each of these prices: a price keeps its part while others come and go."""
    weights = [_DEPTH[octets(1, "depth", *key[:-1], won, side)[0]] for won in prices]
    return split(shares, weights) if prices else []
