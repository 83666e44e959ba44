"""The trades of many minutes at once, by numpy: the same as `ticks.trades_of` gives for each.

The rules are there, in `arrivals` and in `sizes`; here they are written once more for columns of trades, so
that Python does little for each of them. Columns have 64 bits, and so must the machine. numpy is an extra
(``fast``).
"""

from __future__ import annotations

import sys
from itertools import chain
from typing import Any, NamedTuple, Sequence

import numpy as np

from simulator.feeds.bars import Tick
from simulator.feeds.generator import arrivals, sizes
from simulator.feeds.generator.ticks import TURNS, Minute, tick, trades_of

if sys.maxsize < 1 << 32:
    raise ImportError("needs a Python of 64 bits")

Column = Any
"""A numpy array of integers; its type has no name that all versions of numpy share."""

_LEAST = 16
"""Trades of a minute that is worth while."""

_LEVEL_BITS, _PLACE_BITS = 12, 16
"""Bits for a level of a minute, and for a trade of a level."""

_MINUTE_BIT = 44
_TOO_LARGE = 1 << 63

_LENGTHS = np.array(arrivals.LENGTHS, np.int64)
_GAPS = np.array(arrivals.GAPS, np.int64)
_SPEEDS = np.array(arrivals.SPEEDS, np.int64)
_WEIGHTS = np.array(sizes.TABLES, np.int64).ravel()
_PROVIDED = np.array(sizes.PROVIDED, np.int64)
_TABLES = len(sizes.TABLES)
_ROUND = 4
"""Shares of a usual trade from which on larger ones are round."""


class _Levels(NamedTuple):
    """All levels of all minutes, one after the other.

    Attributes:
        minute: the place of each level's minute.
        level: the levels, from the minute's lowest upwards.
        trades: at each.
        traded: shares at each but those of the auction.
        price: won.
        begin: the place of each minute's first level.
    """

    minute: Column
    level: Column
    trades: Column
    traded: Column
    price: Column
    begin: Column


def trades_of_all(minutes: Sequence[Minute]) -> list[list[Tick]]:
    """The trades of each minute in order of time."""
    places = [place for place, minute in enumerate(minutes) if _suits(minute)]
    drawn = dict(zip(places, _trades([minutes[place] for place in places]))) if places else {}
    return [
        drawn[place] if place in drawn else trades_of(minute)
        for place, minute in enumerate(minutes)
    ]


def _suits(minute: Minute) -> bool:
    """Whether a minute is like most: what is rare is left to the rules."""
    return (
        minute.number >= _LEAST
        and len(minute.prices) <= 1 << _LEVEL_BITS
        and minute.lean is not None
        and not minute.caused
        and not minute.limits
    )


def _trades(minutes: Sequence[Minute]) -> list[list[Tick]]:
    """What `trades_of` gives for each minute."""
    number = _column([minute.number for minute in minutes])
    ends = number.cumsum()
    first = ends - number
    widths = _column([len(minute.prices) for minute in minutes])
    begin = widths.cumsum() - widths
    levels = _Levels(
        _owners(widths),
        _ranges(widths),
        _column(list(chain.from_iterable(minute.trades for minute in minutes))),
        _column(list(chain.from_iterable(minute.traded for minute in minutes))),
        _column(list(chain.from_iterable(minute.prices for minute in minutes))),
        begin,
    )
    ordering = _draws([minute.draws[0] for minute in minutes])
    minute_of = _owners(number)
    place = _order(minutes, levels, ordering, number, first)
    place += begin[minute_of]
    prices = levels.price[place]
    columns = (
        _moments(minutes, number, first),
        prices,
        _sizes(minutes, levels, place),
        _sides(minutes, prices, ordering, first, minute_of),
    )
    ticks = list(map(tick, zip(*(column.tolist() for column in columns))))
    return [ticks[start:end] for start, end in zip(first.tolist(), ends.tolist())]


def _column(values: Sequence[int]) -> Column:
    return np.array(values, np.int64)


def _draws(draws: Sequence[bytes]) -> Column:
    return np.frombuffer(b"".join(draws), np.uint8)


def _ranges(counts: Column) -> Column:
    """From 0 up to each count, one after the other."""
    ends = counts.cumsum()
    return np.arange(ends[-1], dtype=np.int64) - (ends - counts).repeat(counts)


def _owners(counts: Column) -> Column:
    """The place of each count, as often as it says."""
    return np.arange(len(counts), dtype=np.int64).repeat(counts)


def _accumulated(values: Column, counts: Column) -> tuple[Column, Column]:
    """Sums of groups of so many values: up to each value and with it, and of each group."""
    passed = values.cumsum()
    upto = passed[counts.cumsum() - 1]
    whole = np.diff(upto, prepend=0)
    return passed - (upto - whole).repeat(counts), whole


def _parts(total: Column, part: Column, whole: Column) -> Column:
    """Parts of totals, cut; by Python's integers where 64 bits might not do."""
    if int(total.max()) * int(part.max()) >= _TOO_LARGE:
        part = part.astype(object)
    return (total * part // whole).astype(np.int64)


def _order(
    minutes: Sequence[Minute], levels: _Levels, draws: Column, number: Column, first: Column
) -> Column:
    """The level of each trade: see `arrivals.order`."""
    opening = _column([minute.opening for minute in minutes])
    closing = _column([minute.closing for minute in minutes])
    top = _column([len(minute.prices) - 1 for minute in minutes])
    up_first = np.where(closing != opening, closing < opening, draws[first + number - 1] < 128)
    corners = [opening, np.where(up_first, top, 0), np.where(up_first, 0, top), closing]

    # Where the way passes each level, by leg of the way.
    level, minute = levels.level, levels.minute
    between = levels.trades - (level == opening[minute]) - (level == closing[minute])
    start = np.zeros(len(minutes), np.int64)
    stations, passes = [], []
    for corner, end in zip(corners, corners[1:]):
        low, high = np.minimum(corner, end)[minute], np.maximum(corner, end)[minute]
        passes.append((low <= level) & (level <= high))
        stations.append(start[minute] + abs(level - corner[minute]) << 7)
        start = start + 1 + abs(corner - end)
    passing = np.stack(passes, axis=1)
    ways = passing.sum(axis=1)
    station = np.stack(stations, axis=1)[passing]

    inner = np.ones(len(draws), bool)  # all but the first and the last
    inner[first] = inner[first + number - 1] = False
    used = between > 0
    of = np.flatnonzero(used).repeat(between[used])  # the level of each draw
    some = _runs(draws[_ranges(number - 2) + first.repeat(number - 2)], between[used])
    chosen = some * ways[of]
    behind = station[(ways.cumsum() - ways)[of] + (chosen >> 8)] + (chosen & 255)
    keys = (minute[of] << _MINUTE_BIT) + (behind << _LEVEL_BITS) + level[of]
    keys.sort()
    found = np.empty(len(draws), np.int64)
    found[inner] = keys & (1 << _LEVEL_BITS) - 1
    found[first], found[first + number - 1] = opening, closing
    return found


def _runs(draws: Column, counts: Column) -> Column:
    """The draws of each level, in runs where it has more than two."""
    level = _owners(counts)
    taken = np.where(counts > 2, 1 + counts * 2 // 3, counts)
    lengths = np.where((counts > 2)[level], _LENGTHS[draws], 1)
    lengths *= _ranges(counts) < taken[level]
    starts = counts.cumsum() - counts
    whole = np.add.reduceat(lengths, starts)
    place = _ranges(counts)
    place -= whole[level] * (place >= whole[level])  # too short ones begin again
    return draws.repeat(lengths)[(whole.cumsum() - whole)[level] + place].astype(np.int64)


def _sizes(minutes: Sequence[Minute], levels: _Levels, place: Column) -> Column:
    """The shares of each trade: see `sizes.draw_sizes`."""
    draws = _draws([minute.draws[1] for minute in minutes])
    # An auction is the first trade of its level, and takes a draw for nothing.
    printed = [
        (begin + minute.opening, minute.auction)
        for begin, minute in zip(levels.begin.tolist(), minutes)
        if minute.auction
    ]
    auction = np.zeros(len(levels.level), np.int64)
    auction[[level for level, _ in printed]] = 1
    counts = levels.trades - auction
    begin = levels.trades.cumsum() - counts
    level = _owners(levels.trades)
    trade = np.arange(len(draws)) - begin[level]  # after the auction, which is -1
    size, repeated, at = _provided(minutes, levels, draws, counts, begin)
    spread = (trade >= 0) & ((trade < at[level]) | (trade >= (at + repeated)[level]))
    found = size[level]
    found[trade < 0] = [shares for _, shares in printed]
    some, used = draws[trade >= repeated[level]], counts > 0
    found[spread] = _spread(
        some, (counts - repeated)[used], (levels.traded - size * repeated)[used]
    )
    # They are in order of level, wanted in that of time.
    if len(levels.level) < 1 << 16:
        place = place.astype(np.uint16)  # sorts faster
    in_time = np.empty(len(draws), np.int64)
    in_time[place.argsort(kind="stable")] = found
    return in_time


def _provided(
    minutes: Sequence[Minute], levels: _Levels, draws: Column, counts: Column, begin: Column
) -> tuple[Column, Column, Column]:
    """What liquidity providers print at each level: shares a trade, how often, after how many others."""
    provided = _column([minute.provided for minute in minutes])[levels.minute]
    provided *= counts > 5
    begin = begin * provided  # of other levels any will do
    first = draws[begin].astype(np.int64)
    size = _PROVIDED[first & 7]
    repeated = counts * (64 + (first >> 1)) >> 9
    repeated *= provided * (size * repeated * 3 < levels.traded)
    return size, repeated, draws[begin + provided] * (counts - repeated) * (repeated > 0) >> 8


def _spread(draws: Column, counts: Column, traded: Column) -> Column:
    """The shares of each level in as many trades as it has."""
    mean = traded // counts
    table = np.minimum(np.frexp(mean.astype(np.float64))[1], _TABLES - 1).astype(np.int64) << 8
    level = _owners(counts)
    passed, whole = _accumulated(_WEIGHTS[table[level] + draws], counts)
    upto = _parts((traded - counts)[level], passed, np.maximum(whole, 1)[level])
    starts = counts.cumsum() - counts
    found = upto.copy()
    found[1:] -= upto[:-1]
    found[starts] = upto[starts]
    found += 1
    found -= found % 10 * ((mean >= _ROUND)[level] & (found > 24) & (found & 1 == 1))
    # What is left goes to the largest, the first of them.
    largest = np.maximum.reduceat((found << _PLACE_BITS) - _ranges(counts), starts)
    found[starts + (-largest & (1 << _PLACE_BITS) - 1)] += traded - np.add.reduceat(found, starts)
    return found


def _moments(minutes: Sequence[Minute], number: Column, first: Column) -> Column:
    """The moment of each trade: see `arrivals.moments`."""
    draws = _draws([minute.draws[2] for minute in minutes])
    after = _column([minute.auction > 0 for minute in minutes])
    begin = _column([minute.begin for minute in minutes])
    span = _column([minute.until for minute in minutes]) - begin
    count = number - after
    drawn = _column([len(minute.draws[2]) for minute in minutes])
    start = drawn.cumsum() - drawn
    minute = _owners(count + 1)
    place = _ranges(count + 1)
    speed = (start + count + 1)[minute] + place // (count // arrivals.STRETCHES + 1)[minute]
    gaps = _GAPS[draws[start[minute] + place]] * _SPEEDS[draws[speed]]
    passed, whole = _accumulated(gaps, count + 1)
    moments = begin[minute] + _parts(span[minute], passed, whole[minute])
    moments = moments[place < count[minute]]  # the last gap ends the minute
    found = begin.repeat(number)  # where an auction is
    found[np.arange(len(found), dtype=np.int64) - (first + after).repeat(number) >= 0] = moments
    return found


def _sides(
    minutes: Sequence[Minute], prices: Column, draws: Column, first: Column, minute: Column
) -> Column:
    """Who came to whom: see `ticks`."""
    lean = _column([each.lean or 0 for each in minutes])
    last = np.concatenate((first[1:], _column([len(draws)]))) - 1
    side = np.where(draws[last] < 128 + 4 * lean, 1, -1)
    moved = np.zeros(len(prices), np.int64)
    moved[1:] = np.sign(prices[1:] - prices[:-1])
    moved[first] = 0
    buyers_leave, sellers_leave = (draws < (TURNS - lean)[minute]), (draws < (TURNS + lean)[minute])
    # A draw at which one side alone leaves brings the other; one at which both do, turns the side.
    given = np.where(moved, moved, sellers_leave * 1 - buyers_leave)
    turns = (moved == 0) & buyers_leave & sellers_leave
    begun = given[first] == 0
    given[first] = np.where(begun, np.where(turns[first], -side, side), given[first])
    turns[first] = False
    turned = turns.cumsum()
    known = np.maximum.accumulate(np.where(given, np.arange(len(given)), 0))
    sides = given[known] * (1 - 2 * (turned - turned[known] & 1))
    sides[first[_column([each.auction for each in minutes]) > 0]] = 0
    return sides
