"""Minute bars of a day: they rebuild its day bar exactly, prices, volume and value.

Shares follow the usual profile of a day, tilted a little towards its dear or its cheap minutes, so that
the day's value comes out. Levels count ticks above the day's low.
"""

from __future__ import annotations

from functools import lru_cache
from math import isqrt
from operator import mul
from typing import NamedTuple

from sapi_kiwoom import krx
from simulator.draws import OCTAVE, heavy_tail, octets, split
from simulator.feeds.bars import DayBar, MinuteBar
from simulator.feeds.generated.paths import FINE, FINE_BITS, Path, draw_path, tilt
from simulator.universe import Stock

AFTER_HOURS = 5
"""Minutes from the closing auction to the label of the trades at the closing price after it."""


# Usual volume of the 380 minutes from 09:00 to 15:19: an opening auction, then a U.
_PROFILE = [
    *(3_300, 1_300, 1_150, 1_050, 960, 900, 870, 850, 830, 810),
    *(560 - 4 * minute for minute in range(20)),
    *(340 for _ in range(30)),
    *(263 for _ in range(30)),
    *(227 for _ in range(30)),
    *(183 for _ in range(30)),
    *(143 for _ in range(30)),
    *(127 for _ in range(30)),  # noon
    *(137 for _ in range(30)),
    *(167 for _ in range(30)),
    *(180 for _ in range(30)),
    *(200 for _ in range(30)),
    *(233 for _ in range(30)),
    *(305 for _ in range(20)),
]
# How restless prices are, by half hour; 16 is the afternoon's usual measure.
_RESTLESS = (29, 20, 18, 17, 17, 16, 15, 15, 16, 16, 16, 17, 16)

_NOISE = heavy_tail(OCTAVE * 11 // 10)
_SLOW_NOISE = heavy_tail(OCTAVE * 7 // 10)
_REACH = heavy_tail(OCTAVE)

_PRINT = 3_000_000
"""Won that change hands in a usual trade; decides in how many minutes a thin stock trades."""


class _Span(NamedTuple):
    """A minute's prices in levels."""

    open: int
    high: int
    low: int
    close: int


@lru_cache(maxsize=8)
def _shape(slots: int) -> tuple[list[int], list[int]]:
    """Usual volume and restlessness of the minutes of a session of any length."""
    places = [minute * 380 // slots for minute in range(slots)]
    return [_PROFILE[place] for place in places], [_RESTLESS[place // 30] for place in places]


def draw_minutes(seed: int, stock: Stock, day: DayBar) -> tuple[MinuteBar, ...]:
    """The day's minutes in order: the regular session, the closing auction, the trades after it."""
    session = krx.session(day.date)
    slots = session.close - session.open
    key = (seed, stock.code, day.date)
    prices = _grid(krx.tick_table(stock.market, day.date), day.low, day.high)
    top = len(prices) - 1

    closing = day.volume * (30 + octets(1, "auction", *key)[0] * 52 // 255) // 1_000
    after = closing * 26 // 1_000
    regular = day.volume - closing - after
    slow = [_SLOW_NOISE[draw] for draw in octets(slots // 16 + 1, "slow", *key) for _ in range(16)]
    weights = _weights(key, slow, slots, regular * day.close // _PRINT, regular // 16)
    places = [place for place, weight in enumerate(weights) if weight]
    weights = [weights[place] for place in places]
    restless = [_shape(slots)[1][place] * isqrt(slow[place]) for place in places]

    least = day.value_million * 1_000_000 - (closing + after) * day.close  # for the regular session
    want = 0  # the level at which the mean trade should be
    if top:
        above = (least + 500_000) * FINE * top // regular - day.low * FINE * top
        want = above // (day.high - day.low)
    shape = (prices.index(day.open), prices.index(day.close), top)
    path = draw_path(key, restless, weights, shape, want)
    weights = tilt(weights, path, want)
    volumes = [1 + shares for shares in split(regular - len(places), weights)]
    for pin in (path.high_at, path.low_at):
        if volumes[pin] < 4:
            richest = volumes.index(max(volumes))
            volumes[pin] += 4
            volumes[richest] -= 4

    spans = _spans(key, path, volumes, shape)
    traded = _traded(key, spans, volumes)
    values = [sum(map(mul, prices[span.low :], parts)) for span, parts in zip(spans, traded)]
    _match(spans, traded, volumes, values, prices, sum(values) - least)
    bars = [
        MinuteBar(
            session.open + place,
            prices[span.open],
            prices[span.high],
            prices[span.low],
            prices[span.close],
            shares,
            value,
            tuple(parts),
        )
        for place, span, shares, value, parts in zip(places, spans, volumes, values, traded)
    ]
    for delay, shares in ((0, closing), (AFTER_HOURS, after)):
        if shares:
            prints = (day.close,) * 4
            minute = session.closing_auction + delay
            bars.append(MinuteBar(minute, *prints, shares, shares * day.close, (shares,)))
    return tuple(bars)


def _grid(table: krx.TickTable, low: int, high: int) -> list[int]:
    """All valid prices from ``low`` to ``high``."""
    tick = table.tick(low)
    if tick == table.tick(high):
        return list(range(low, high + 1, tick))
    return [table.price(index) for index in range(table.index(low), table.index(high) + 1)]


def _weights(
    key: tuple[object, ...], slow: list[int], slots: int, prints: int, most: int
) -> list[int]:
    """How much is traded in each minute; 0 where a stock with so few prints has no trade."""
    draws = octets(2 * slots, "volume", *key)
    weights = [
        usual * _NOISE[draw] * regime >> 8
        for usual, draw, regime in zip(_shape(slots)[0], draws, slow)
    ]
    threshold = sum(weights) // (256 * max(1, prints))
    while True:
        traded = [
            weight if weight > (draw + 1) * threshold else 0
            for weight, draw in zip(weights, draws[slots:])
        ]
        count = slots - traded.count(0)
        if count == 0:
            busiest = weights.index(max(weights))
            return [weight if place == busiest else 0 for place, weight in enumerate(weights)]
        if count <= most:
            return traded
        threshold = 2 * threshold + 1


def _spans(
    key: tuple[object, ...], path: Path, volumes: list[int], shape: tuple[int, int, int]
) -> list[_Span]:
    """Each minute's prices: trades happen a little off the path, at the bid or at the ask."""
    opening, _, top = shape
    count = len(volumes)
    draws = octets(4 * count, "spans", *key)
    reach = top * FINE // (2 * isqrt(count) + 1)
    bounce = FINE + top * FINE // 25
    aside = (bounce - FINE) // 2
    before = opening * FINE
    spans = []
    for number, (end, shares) in enumerate(zip(path.ends, volumes)):
        first = before - aside + (draws[number] * bounce >> 8) >> FINE_BITS
        last = end - aside + (draws[count + number] * bounce >> 8) >> FINE_BITS
        first = opening if not number else 0 if first < 0 else top if first > top else first
        last = 0 if last < 0 else top if last > top else last
        before = end
        if shares == 1:
            spans.append(_Span(first, first, first, first))
            continue
        high, low = (first, last) if first > last else (last, first)
        if shares > 3:
            up = end + 255 + (_REACH[draws[2 * count + number]] * reach >> 10) >> FINE_BITS
            down = end - (_REACH[draws[3 * count + number]] * reach >> 10) >> FINE_BITS
            if up > high:
                high = up if up < top else top
            if down < low:
                low = down if down > 0 else 0
            if number == path.high_at:
                high = top
            if number == path.low_at:
                low = 0
        spans.append(_Span(first, high, low, last))
    return spans


def _needed(span: _Span) -> list[int]:
    """The shares at each level without which a minute would have other prices."""
    need = [0] * (span.high - span.low + 1)
    need[0] = need[-1] = 1
    need[span.open - span.low] = need[span.close - span.low] = 1
    if span.open == span.close and span.high > span.low:
        need[span.open - span.low] = 2
    return need


def _traded(key: tuple[object, ...], spans: list[_Span], volumes: list[int]) -> list[list[int]]:
    """Each minute's shares by level: what its prices need, the rest by chance."""
    draws = octets(len(spans) + 64, "traded", *key)
    traded = []
    for number, (span, shares) in enumerate(zip(spans, volumes)):
        levels = span.high - span.low + 1
        if levels == 1:
            traded.append([shares])
            continue
        parts = _needed(span)
        rest = shares - sum(parts)
        if levels == 2:
            lower = rest * (draws[number] + 16) // 287
            traded.append([parts[0] + lower, parts[1] + rest - lower])
        else:
            chances = [64 + draws[(number + level) % len(draws)] for level in range(levels)]
            traded.append([need + part for need, part in zip(parts, split(rest, chances))])
    return traded


def _match(
    spans: list[_Span],
    traded: list[list[int]],
    volumes: list[int],
    values: list[int],
    prices: list[int],
    excess: int,
) -> None:
    """Move shares to higher or to lower prices until the value is within the day's million.

    First at most half of what a minute can spare to its own best level, then to the day's.

    Args:
        excess: how far the sum of ``values`` is above what it must be, in won; 0 to 999,999 will do.
    """
    if 0 <= excess < 1_000_000:
        return
    upwards = excess < 0
    goal = -1 if upwards else 0  # the place of a minute's best level
    order = sorted(range(len(spans)), key=lambda number: spans[number].low + spans[number].high)
    if not upwards:
        order.reverse()
    best = [prices[span.high if upwards else span.low] for span in spans]
    extreme = best.index(max(best) if upwards else min(best))
    within = [(number, number, 2) for number in order]
    for number, target, part in [*within, *((number, extreme, 1) for number in order)]:
        span = spans[number]
        for level, need in enumerate(_needed(span)):
            gain = best[target] - prices[span.low + level]
            if not gain:
                continue
            wanted = -(excess // gain) if upwards else -((excess - 999_999) // gain)
            if not 0 <= excess + wanted * gain < 1_000_000:  # one share too much
                wanted -= 1
            moved = min(wanted, (traded[number][level] - need) // part)
            traded[number][level] -= moved
            traded[target][goal] += moved
            volumes[number] -= moved
            volumes[target] += moved
            values[number] -= moved * prices[span.low + level]
            values[target] += moved * best[target]
            excess += moved * gain
            if 0 <= excess < 1_000_000:
                return
    raise AssertionError(f"{excess} won too much cannot be moved")
