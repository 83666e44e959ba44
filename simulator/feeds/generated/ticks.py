"""The trades of one minute: they rebuild its bar exactly, prices, volume and value.

Each level's shares are cut into trades of very different sizes, the trades are put in an order that
leads from the minute's open over its extremes to its close, and spread over the minute in bursts.
"""

from __future__ import annotations

from datetime import date
from itertools import accumulate

from sapi_kiwoom import krx
from simulator.draws import OCTAVE, heavy_tail, octets, split
from simulator.feeds.bars import MinuteBar, Tick
from simulator.universe import Stock

_MOST = 140
"""Trades in a minute at most, however many shares change hands."""

_USUAL_VALUE = 3_000_000
"""Won that change hands in a usual trade of a stock that is not much traded."""

_USUAL_COUNT = 15_000
"""Trades on a usual day of a stock that is; the real ones have ten times as many smaller ones."""

_SIZES = heavy_tail(OCTAVE * 19 // 10)
_GAPS = heavy_tail(OCTAVE * 5 // 2)
_SINGLE = 80
"""Of 256 trades, those of one share."""


def draw_ticks(
    seed: int, stock: Stock, day: date, bar: MinuteBar, limits: tuple[int, int]
) -> list[Tick]:
    """The trades of a minute in order of time; ``limits`` are the day's highest and lowest price."""
    key = (seed, stock.code, day, bar.minute)
    session = krx.session(day)
    start = krx.midnight(day) + bar.minute * krx.MINUTE
    if bar.minute == session.closing_auction:  # settled at a moment within half a minute
        late = int.from_bytes(octets(2, "close", *key), "big") * 30_000_000 >> 16
        return [Tick(start + late, bar.close, bar.volume, 0)]

    table = krx.tick_table(stock.market, day)
    first = table.index(bar.low)
    prices = [table.price(first + level) for level in range(len(bar.traded))]
    opening, closing = prices.index(bar.open), prices.index(bar.close)
    usual_value = max(_USUAL_VALUE, stock.volume * stock.price // _USUAL_COUNT)
    most = min(_MOST, 2 + bar.value // usual_value)
    sizes = [
        _sizes((*key, level), shares, 1 + (most - 1) * shares // bar.volume, least)
        for level, (shares, least) in enumerate(
            zip(bar.traded, _least(len(prices), opening, closing))
        )
    ]
    levels = _order(key, [len(parts) for parts in sizes], opening, closing)
    with_auction = bar.minute == session.open
    if with_auction:  # it is the largest trade of its level; the last in the list comes first
        sizes[opening].sort()
    times = _times(key, len(levels), start, with_auction)
    sides = _sides(key, [prices[level] for level in levels], bar.minute, session, limits)
    return [
        Tick(at, prices[level], sizes[level].pop(), side)
        for at, level, side in zip(times, levels, sides)
    ]


def best_quotes(
    seed: int, stock: Stock, day: date, tick: Tick, limits: tuple[int, int]
) -> tuple[int, int]:
    """Best ask and best bid in won just after a trade; 0 where the limit leaves no room for one."""
    table = krx.tick_table(stock.market, day)
    upper, lower = limits
    draw = octets(1, "spread", seed, stock.code, tick.at)[0]
    wide = {"대형주": 6, "": 20}.get(stock.size, 64)  # of 256 books, those wider than one tick
    spread = 1 if draw >= wide else 2 if draw * 3 >= wide else 3
    index = table.index(tick.price)
    if tick.side > 0:
        ask, bid = tick.price, table.price(max(0, index - spread))
    else:
        ask, bid = table.price(index + spread), tick.price
    if tick.price < upper < ask:
        ask = upper
    if tick.price > lower > bid:
        bid = lower
    return ask if ask <= upper else 0, bid if bid >= lower else 0


def _least(levels: int, opening: int, closing: int) -> list[int]:
    """How many trades a level must have so that the minute opens and closes where it should."""
    least = [0] * levels
    least[opening] = least[closing] = 1
    if opening == closing and levels > 1:
        least[opening] = 2
    return least


def _sizes(key: tuple[object, ...], shares: int, trades: int, least: int) -> list[int]:
    """A level's shares in trades: many of one share, a few large ones."""
    trades = min(shares, max(least, trades))
    if trades <= 1:
        return [shares] if shares else []
    draws = octets(2 * trades, "sizes", *key)
    # One trade at least must take what the others leave.
    weights = [
        0 if number and draw < _SINGLE else _SIZES[draws[trades + number]]
        for number, draw in enumerate(draws[:trades])
    ]
    parts = [1 + part for part in split(shares - trades, weights)]
    turn = draws[0] % trades
    return parts[turn:] + parts[:turn]


def _order(key: tuple[object, ...], counts: list[int], opening: int, closing: int) -> list[int]:
    """The level of each trade in turn.

    The minute runs from its open to one extreme, to the other, to its close; every trade is near the
    moment at which that way passes its level.
    """
    top = len(counts) - 1
    total = sum(counts)
    if total == 1 or not top:
        return [0] * total
    counts = list(counts)
    counts[opening] -= 1
    counts[closing] -= 1
    draws = octets(2 * total + 1, "order", *key)
    up_first = (closing < opening) if closing != opening else draws[-1] < 128
    corners = [opening, top, 0, closing] if up_first else [opening, 0, top, closing]
    lengths = [1 + abs(a - b) for a, b in zip(corners, corners[1:])]
    starts = [0, *accumulate(lengths)]
    whole = starts[-1] * 64
    found = []
    number = 0
    for level, count in enumerate(counts):
        for _ in range(count):
            leg = draws[number] % 3
            low, high = sorted(corners[leg : leg + 2])
            if not low <= level <= high:
                leg, low, high = 1, 0, top  # the middle way passes every level
            passed = abs(level - corners[leg]) + starts[leg]
            near = passed * 64 + draws[total + number] * max(64, whole // 3) // 256
            found.append((near, number, level))
            number += 1
    found.sort()
    return [opening, *(level for _, _, level in found), closing]


def _times(key: tuple[object, ...], count: int, start: int, with_auction: bool) -> list[int]:
    """Moments within the minute, in bursts; the opening auction is settled at its very beginning."""
    draws = octets(count + 3, "times", *key)
    gaps = list(accumulate(_GAPS[draw] for draw in draws[: count + 1]))
    fine = draws[-1] * 13  # so that trades do not all stand on the same grid
    first = draws[-2] * 8_000 if with_auction else 0
    span = krx.MINUTE - first - 4_000
    times = [start + first + fine + gap * span // gaps[-1] for gap in gaps[:count]]
    if with_auction:
        times[0] = start + first
    return times


def _sides(
    key: tuple[object, ...],
    prices: list[int],
    minute: int,
    session: krx.Session,
    limits: tuple[int, int],
) -> list[int]:
    """Who came to whom: up is a buyer, down a seller, and an unchanged price mostly the same again.

    Where the price stays at a limit, only one side is left to come to.
    """
    if minute > session.closing_auction:
        return [0] * len(prices)
    upper, lower = limits
    draws = octets(len(prices), "sides", *key)
    side = 1 if draws[0] < 128 else -1
    before = prices[0]
    sides = []
    for price, draw in zip(prices, draws):
        if price != before:
            side = 1 if price > before else -1
        elif price == upper:
            side = -1
        elif price == lower:
            side = 1
        elif draw < 24:
            side = -side
        sides.append(side)
        before = price
    if minute == session.open:
        sides[0] = 0
    return sides
