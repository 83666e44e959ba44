"""What auctions expect while orders gather, and the orders that make them expect it.

The expected price goes in steps from where the price was to where the auction will settle, and wavers
less and less; the quantity grows in lumps to what will trade. The orders at a moment are drawn from its
price and quantity, so that KRX's rule for auctions gives back just these.
"""

from __future__ import annotations

from bisect import bisect_left
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
_WHOLE = 1 << 10
"""An auction's length, of which moments are parts."""

_FINE = 256
"""Parts of a tick in which the way of a price is drawn."""

_LONG = 20 * krx.MINUTE
_WAVER = {True: (2_400, 2), False: (300, 1)}
"""How much the price of a long and of a short auction wavers at most: in 1/10,000 of a usual day's move,
and in ticks; early orders are few, and each moves it."""

_STEP = heavy_tail(OCTAVE * 9 // 4)  # how far the price comes from one change to the next
_LUMP = heavy_tail(OCTAVE * 5 // 4)  # how many shares come
_FLOW, _FLOWS = heavy_tail(OCTAVE * 3 // 4), 40
"""How orders come and fail to come for some time, and how many such times an auction has."""

_LARGE, _LARGER = 250, 4
"""Of 256 changes, those by large orders are the ones beyond; how much larger they are."""

_STUBBORN = _FINE * 5 // 8
"""A price gives way when it is off by more than this: expectations do not flicker around half a tick."""

_SURPRISES = 36
"""Of 256 auctions, those of which the last seconds decide a part."""

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
    draws = octets(6 * count + 3 + _FLOWS, "expected", *key)
    gaps = [(16 + draw) * (5 * count - 4 * n) for n, draw in enumerate(draws[: count + 1])]
    passed = list(accumulate(gaps))
    gaps = gaps[:count]
    parts = [_WHOLE * each // (passed[-1] + 1) for each in passed[:count]]
    times = [start + length * each // (passed[-1] + 1) for each in passed[:count]]
    last_minute = _WHOLE - _WHOLE * krx.MINUTE // max(length, 2 * krx.MINUTE)

    tick = table.tick(settled.price)
    end, begin = table.index(settled.price), table.index(table.round_to_tick(origin))
    part, ticks = _WAVER[length > _LONG]
    waver = max(
        ticks * _FINE, settled.price * stock.volatility // 10_000 * _FINE * part // tick // 10_000
    )
    ways = _way(draws[count:], parts, gaps, (begin - end) * _FINE, waver, last_minute)
    prices = _settle(ways, begin, end, table.index(limits[0]), table.index(limits[1]))
    quantities = _grow(draws[4 * count :], parts, gaps, settled.quantity, last_minute)
    return [
        Expected(at, table.price(price), quantity)
        for at, price, quantity in zip(times, prices, quantities)
    ]


def _way(
    draws: bytes, parts: List[int], gaps: List[int], way: int, waver: int, last_minute: int
) -> List[int]:
    """How far the price is from the one that settles, in parts of a tick, at each change.

    Args:
        draws: three for each change.
        parts: its moment.
        gaps: how long it is after the one before, of no unit.
        way: how far the first price is off.
        waver: how much the price wavers.
        last_minute: the moment at which it begins.
    """
    count = len(parts)
    steps = [
        _STEP[draw] * gap * (3 * _WHOLE - 2 * part if part < last_minute else _WHOLE // 4)
        for draw, gap, part in zip(draws, gaps, parts)
    ]
    come = list(accumulate(steps))
    whole = come[-1] or 1
    surprise = draws[count] < _SURPRISES
    most = max(2 * _FINE, waver >> 2)
    kept = max(-most, min(most, way * (128 + draws[count + 1]) // 512)) if surprise else 0
    hurry = _WHOLE - (_WHOLE - last_minute) // 6
    # A walk that is drawn back: what one order does, others undo.
    pace = waver * 256 * 3 // (isqrt(count) * NORMAL_ONE * 2)
    noise = [NORMAL[draw] * pace for draw in draws[count : 2 * count]]
    if waver > 3 * _FINE:  # the first orders know little of each other
        noise[0] = NORMAL[draws[count]] * waver * 256 // (NORMAL_ONE * 2)
    walk = accumulate(noise, lambda before, new: before - before * 6 // (count + 6) + new)
    found = []
    for part, gone, off, draw in zip(parts, come, walk, draws[2 * count :]):
        left = _WHOLE - part
        calm = left * left // _WHOLE + left >> 1 if waver > 3 * _FINE else left
        value = (way - kept) * (whole - gone) // whole + (off * calm >> 18)
        if part < hurry:
            value += kept
        if draw < 2:  # an order that does not stay
            value += (1 if draw & 1 else -1) * (_FINE + (waver * left >> 11))
        found.append(value)
    return found


def _settle(ways: List[int], begin: int, end: int, highest: int, lowest: int) -> List[int]:
    """Tick indexes of a price that is so far off its end, and stays where it is if it can."""
    found = []
    index = begin
    for off in ways:
        if abs((index - end) * _FINE - off) > _STUBBORN:
            index = max(lowest, min(highest, end + (off + _FINE // 2 >> 8)))
        found.append(index)
    found[-1] = end
    return found


def _grow(
    draws: bytes, parts: List[int], gaps: List[int], quantity: int, last_minute: int
) -> List[int]:
    """Shares that would trade at each change: they come in lumps, and some leave again.

    Args:
        draws: two for each change, and `_FLOWS` and three more.
        parts, gaps, last_minute: as of `_way`.
        quantity: shares that will trade.
    """
    count = len(parts)
    first, hurry, leaving, *flows = draws[2 * count :]
    rest = [
        _LUMP[draw]
        * _FLOW[flows[part * _FLOWS // _WHOLE]]
        * (_WHOLE // 3 + part)
        * gap
        * (1 if draw < _LARGE else _LARGER)
        for draw, gap, part in zip(draws, gaps, parts)
    ]
    rest[0] = 0
    late = bisect_left(parts, last_minute)
    early, hurried = sum(rest[:late]) + 1, sum(rest[late:]) + 1
    part = 40 + hurry // 3  # of 256 shares, those that come in the last minute
    rest[:late] = [each * (256 - part) * hurried // early for each in rest[:late]]
    rest[late:] = [each * part for each in rest[late:]]
    whole = sum(rest) or 1
    there = max(1, quantity * (12 + first // 3) // 1_000)  # with the first look
    coming = max(0, quantity - quantity * leaving // 25_600 - there)
    found = []
    for gone, draw in zip(accumulate(rest), draws[count : 2 * count]):
        now = there + coming * gone // whole
        if draw < 50:  # some orders leave, and their like comes back
            now -= now * (draw + 6) // 1_600
        found.append(max(1, min(quantity, now)))
    found[-1] = max(found[-1], there + coming)
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
