"""Day bars of any stock on any day, without the days before.

The logarithm of the price is fixed at every 64th trading day by midpoint displacement: a knot lies
between its two coarser neighbours, never far from the stock's price level. The 64 days between two
knots are drawn together and made to meet both. Knots and days share the market's draws, so that stocks
rise and fall together.
"""

from __future__ import annotations

from datetime import date
from math import isqrt
from typing import NamedTuple

from sapi_kiwoom import krx
from simulator.draws import NORMAL, NORMAL_ONE, OCTAVE, heavy_tail, octets, power_of_two
from simulator.feeds.bars import DayBar
from simulator.feeds.generator.market import WHOLE, blend, exposure, market_draws
from simulator.universe import Stock

FIRST_DAY = date(2015, 6, 15)
"""No prices before: since that day a price may move 30 % a day."""

BLOCK = 64
"""Trading days between two knots."""

_LAST_KNOT = 64
_BASIS_POINT = 151  # in OCTAVE
_MOST_OFFSET = 3 * OCTAVE // 2
_MOST_MOVE = OCTAVE * 33 // 100  # +25.7 % or -20.4 %: rounding and limits never stand in its way
_LIMIT_MOVES = (396_891, -539_573)  # log2 of 1.3 and of 0.7, in OCTAVE
_TAIL = heavy_tail(OCTAVE * 80 // 100)  # of a stock's days and
_MARKET_TAIL = heavy_tail(OCTAVE * 42 // 100)  # of the market's: an excess kurtosis of about 15
_TAIL_MEAN = isqrt(sum(tail * tail for tail in _TAIL) // 256)  # quadratic means, in 1/256
_MARKET_TAIL_MEAN = isqrt(sum(tail * tail for tail in _MARKET_TAIL) // 256)
_WILD_ONE = _TAIL_MEAN * _MARKET_TAIL_MEAN
_DEVIATION = 10_000 * _WILD_ONE
_LEAST_RANGE = 6
"""A day's range is at least the sum of its own deviation and of two usual days', over this."""

_VOLUMES = heavy_tail(OCTAVE * 55 // 100)
_EXCITEMENT = 3  # a move of as many standard deviations doubles the usual volume


class Block(NamedTuple):
    """Days from one knot to the next: ``bars[0]`` is the day after the one that closed at ``base``."""

    base: int
    bars: list[DayBar]


def knot(seed: int, stock: Stock, number: int) -> int:
    """How far the price is from ``stock.price`` on day ``number * BLOCK``: log2, in `OCTAVE`."""

    def normal(place: int) -> int:
        return blend(seed, "knot", stock, place, octets(1, seed, "knot", stock.code, place))[0]

    left, right = 0, _LAST_KNOT
    low, high = (normal(end) * OCTAVE // (3 * WHOLE) for end in (left, right))
    while left < number < right:
        middle = (left + right) // 2
        # A free random walk would need sqrt(width); damped from half a year on.
        width = {1: 57, 2: 80}.get(middle - left, 113) * _BASIS_POINT
        offset = min(stock.volatility, 250) * width * normal(middle) // (10 * WHOLE)
        offset = max(-_MOST_OFFSET, min(_MOST_OFFSET, (low + high) // 2 + offset))
        if number < middle:
            right, high = middle, offset
        else:
            left, low = middle, offset
    return low if number == left else high


def draw_block(seed: int, stock: Stock, number: int) -> Block:
    """The days after knot ``number`` up to and including knot ``number + 1``."""
    start = number * BLOCK
    count = min(BLOCK, krx.count_trading_days() - 1 - start)
    size = stock.volatility * _BASIS_POINT
    normals = octets(BLOCK * 7, seed, "days", stock.code, number)
    gaps = blend(seed, "gaps", stock, number, normals[1::7])
    tails = octets(BLOCK, seed, "tails", stock.code, number)
    market_tails = market_draws(seed, "tails", number, BLOCK)
    follows = exposure(stock)
    beyond = market_draws(seed, "beyond", number, BLOCK * 3)
    # How wild each day is, `_WILD_ONE` as usual.
    wild = [
        (_TAIL_MEAN if follows.is_index else _TAIL[own]) * _MARKET_TAIL[common]
        for own, common in zip(tails, market_tails)
    ]
    level = knot(seed, stock, number)
    limit_days = _limit_days(seed, stock, number)
    moves = [
        normal * size * day // (WHOLE * _WILD_ONE)
        for normal, day in zip(blend(seed, "days", stock, number, normals[::7]), wild)
    ]
    for place, move in limit_days.items():
        moves[place] = move
    _settle(moves, knot(seed, stock, number + 1) - level, limit_days)

    days = [krx.trading_day(start + place) for place in range(count + 1)]
    table = krx.tick_table(stock.market, days[0])
    same_table = table is krx.tick_table(stock.market, days[-1])
    previous = base = _price(stock, level, table)
    usual_volume = stock.volume * _VOLUMES[normals[-1]] * 2 // 3  # calm and busy quarters
    bars = []
    for place in range(count):
        day = days[place + 1]
        if not same_table:
            table = krx.tick_table(stock.market, day)
        move = moves[place]
        level += move
        limited = place in limit_days
        close = table.limits(previous)[move < 0] if limited else _price(stock, level, table)

        deviation = previous * stock.volatility * wild[place]  # `_DEVIATION` to the won
        _, _, above, below, busy, mean, lock = normals[place * 7 : place * 7 + 7]
        if follows.is_index:
            above, below, mean = beyond[3 * place : 3 * place + 3]
            if follows.market < 0:
                above, below, mean = below, above, 255 - mean
        opening = previous + ((close - previous) * 3 >> 3)
        opening = table.round_to_tick(opening + deviation * gaps[place] // (_DEVIATION * WHOLE * 2))
        least = (
            deviation * (wild[place] + 2 * _WILD_ONE) // (_DEVIATION * _LEAST_RANGE * wild[place])
        )
        high, low = _range(table, opening, close, deviation, (above, below), least)
        if high * 5 > previous * 6 or low * 5 < previous * 4:
            upper, lower = table.limits(previous)
            opening, high, low = min(upper, max(lower, opening)), min(upper, high), max(lower, low)
            if limited and lock < 32:  # locked at the limit from the first trade on
                opening = high = low = close

        volume = usual_volume * _VOLUMES[busy] * (_EXCITEMENT * size + abs(move))
        volume = max(200, min(stock.shares, volume // (_EXCITEMENT * size << 16)))
        # The mean trade lies between a fifth and four fifths of the range, which minutes can always
        # be made to meet.
        mean_price = (opening + close + 3 * (high + low)) * 512 + (high - low) * NORMAL[mean] * 8
        value = volume * mean_price // (8 * 512)
        bars.append(DayBar(day, opening, high, low, close, volume, value // 1_000_000))
        previous = close
    return Block(base, bars)


def _range(
    table: krx.TickTable,
    opening: int,
    close: int,
    deviation: int,
    draws: tuple[int, int],
    least: int,
) -> tuple[int, int]:
    """A day's high and low in won, not nearer to each other than ``least`` if the grid lets them."""
    top, bottom = (opening, close) if opening > close else (close, opening)
    upwards, downwards = (abs(NORMAL[draw]) + 1 for draw in draws)
    high = table.round_down(top + deviation * upwards // (_DEVIATION * NORMAL_ONE * 9 // 5))
    low = table.round_up(bottom - deviation * downwards // (_DEVIATION * NORMAL_ONE * 9 // 5))
    lacking = least - (high - low)
    if lacking > 0:  # even a quiet day goes somewhere
        high = table.round_to_tick(high + lacking * upwards // (upwards + downwards))
        low = table.round_to_tick(low - lacking * downwards // (upwards + downwards))
    return high, low


def _price(stock: Stock, level: int, table: krx.TickTable) -> int:
    return table.round_to_tick(stock.price * power_of_two(level) >> 40)


def _limit_days(seed: int, stock: Stock, number: int) -> dict[int, int]:
    """Days of a block that close at a limit, and their move: 1 in 700 up, 1 in 5,000 down.

    Never the last one, whose close both neighbouring blocks know, and never two in a row.
    """
    if stock.kind not in ("stock", "preferred"):
        return {}
    up, down = (36, 5) if stock.size == "대형주" else (155, 22)
    draws = octets(BLOCK * 2, seed, "limit", stock.code, number)
    found: dict[int, int] = {}
    for place in range(BLOCK - 1):
        draw = draws[2 * place] << 8 | draws[2 * place + 1]
        if draw < up + down and place - 1 not in found:
            found[place] = _LIMIT_MOVES[draw >= up]
    return found


def _settle(moves: list[int], total: int, fixed: dict[int, int]) -> None:
    """Shift the moves that are not fixed evenly so that all add up to ``total``, within bounds."""
    for place, move in enumerate(moves):
        if place not in fixed:
            moves[place] = max(-_MOST_MOVE, min(_MOST_MOVE, move))
    rest = total - sum(moves)
    while rest:
        open_days = len(moves) - len(fixed)
        for place, move in enumerate(moves):
            if place in fixed:
                continue
            # Rounded away from 0, so that every pass moves something.
            share = -(-rest // open_days) if rest > 0 else rest // open_days
            moves[place] = max(-_MOST_MOVE, min(_MOST_MOVE, move + share))
            rest -= moves[place] - move
            open_days -= 1
