"""Minute bars of a day: they rebuild its day bar exactly, prices, volume and value.

Shares follow the usual profile of a day, tilted a little towards its dear or its cheap minutes, so that
the day's value comes out. Levels count ticks above the day's low.
"""

from __future__ import annotations

from itertools import accumulate, repeat
from math import isqrt
from operator import mul
from typing import Iterator, Sequence

from sapi_kiwoom import krx
from simulator.draws import NORMAL, NORMAL_ONE, OCTAVE, heavy_tail, octets, split
from simulator.feeds.bars import DayBar, MinuteBar
from simulator.feeds.generator.activity import draw_activity, is_nervous
from simulator.feeds.generator.interruptions import Bounds, may_be_stopped, needed, stop
from simulator.feeds.generator.market import exposure, market_draws
from simulator.feeds.generator.paths import FINE, FINE_BITS, Common, Path, draw_path, tilt
from simulator.feeds.generator.sizes import auction_shares, usual_value
from simulator.universe import Stock

AFTER_HOURS = 5
"""Minutes from the closing auction to the label of the trades at the closing price after it."""

_ASIDE = tuple(FINE // 2 + (draw - 128) * 255 // 256 for draw in range(256))
"""How far off the path trades are: within the tick that is next to it, at the bid or at the ask."""

_AUCTION = tuple(max(30, min(90, 56 + normal * 11 // NORMAL_ONE)) for normal in NORMAL)
"""What the closing auction trades, in 1/1,000 of a day's volume."""

_REACH = heavy_tail(OCTAVE * 3 // 4)
_LOWER = tuple(24 + draw * 208 // 256 for draw in range(256))


def draw_minutes(seed: int, stock: Stock, day: DayBar) -> tuple[MinuteBar, ...]:
    """The day's minutes in order: the regular session, the closing auction, the trades after it."""
    session = krx.session(day.date)
    slots = session.close - session.open
    key = (seed, stock.code, day.date)
    prices = _grid(krx.tick_table(stock.market, day.date), day.low, day.high)
    top = len(prices) - 1

    closing = day.volume * _AUCTION[octets(1, "auction", *key)[0]] // 1_000
    after = closing * 26 // 1_000
    regular = day.volume - closing - after
    activity = draw_activity(key, slots, is_nervous(stock))
    lot = usual_value(stock) // day.close + 1  # shares of a usual trade
    places = _places(key, activity.rate, regular // lot, regular // 16)
    follows = exposure(stock)
    route: tuple[object, ...] = key  # what draws the path: all ETFs on an index go the same way
    restless, weights = activity.restless, activity.volume
    if follows.is_index:
        route = (seed, "index", follows.group, day.date)
        restless = draw_activity(route, slots, True).restless
    market = market_draws(seed, "minutes", day.date, slots)
    paced = _pace(restless, places)
    if len(places) < slots:
        restless = [restless[place] for place in places]
        weights = [weights[place] for place in places]
        market = bytes(market[place] for place in places)

    least = day.value_million * 1_000_000 - (closing + after) * day.close  # for the regular session
    # The level at which the mean trade should be.
    above = (least + 500_000) * FINE * top // regular - day.low * FINE * top
    want = above // (day.high - day.low) if top else 0
    shape = (prices.index(day.open), prices.index(day.close), top)
    common = Common(market, follows.minute, follows.rest, follows.market < 0, follows.is_index)
    tick = krx.tick_table(stock.market, day.date).tick(day.low)
    usual_top = day.low * stock.volatility * 13 // (100_000 * tick)
    path = draw_path(route, common, paced, weights, shape, usual_top, want)
    weights = tilt(weights, path, want)
    volumes = [1 + shares for shares in split(regular - len(places), weights)]
    for pin in (path.high_at, path.low_at):
        if volumes[pin] < 4:
            volumes[volumes.index(max(volumes))] -= 4
            volumes[pin] += 4
    spans = _spans(key, path, restless, volumes, 3 * lot, shape)
    resumed: list[int] = []
    if may_be_stopped(day):
        places, spans, volumes, resumed = stop(key, places, spans, volumes, prices, slots)
    minutes = [session.open + place for place in places]
    auctions = {
        number: auction_shares((*key, minutes[number]), volumes[number], number in resumed)
        for number in (*resumed, 0)
        if number or not places[0]
    }
    traded = _traded(key, spans, volumes, auctions, lot)
    values = [
        shares * prices[low]
        if high == low
        else shares * prices[low] + parts[1] * (prices[high] - prices[low])
        if high - low == 1
        else sum(map(mul, prices[low : high + 1], parts))
        for (_, high, low, _), parts, shares in zip(spans, traded, volumes)
    ]
    _match(spans, traded, volumes, values, prices, sum(values) - least)
    columns = zip(
        minutes,
        *([prices[level] for level in column] for column in zip(*spans)),
        volumes,
        values,
        map(tuple, traded),
    )
    bars = map(MinuteBar._make, columns)
    return (*bars, *_after(session, day.close, closing, after))


def _after(session: krx.Session, close: int, closing: int, after: int) -> list[MinuteBar]:
    """The closing auction and the trades at its price after it, as far as they have any shares."""
    return [
        MinuteBar(session.closing_auction + delay, *(close,) * 4, shares, shares * close, (shares,))
        for delay, shares in ((0, closing), (AFTER_HOURS, after))
        if shares
    ]


def _grid(table: krx.TickTable, low: int, high: int) -> list[int]:
    """All valid prices from ``low`` to ``high``."""
    tick = table.tick(low)
    if tick == table.tick(high):
        return list(range(low, high + 1, tick))
    return [table.price(index) for index in range(table.index(low), table.index(high) + 1)]


def _places(key: tuple[object, ...], rate: list[int], prints: int, most: int) -> list[int]:
    """The minutes in which a stock with so many prints a day has any."""
    slots = len(rate)
    # Trades come together: it takes more than two, on average, to have one in every minute.
    threshold = sum(rate) // (104 * max(1, prints))
    if slots <= most and min(rate) > 256 * threshold:
        return list(range(slots))
    draws = octets(slots, "places", *key)
    while True:
        places = [
            place
            for place, (busy, draw) in enumerate(zip(rate, draws))
            if busy > (draw + 1) * threshold
        ]
        if not places:
            return [rate.index(max(rate))]
        if len(places) <= most:
            return places
        threshold = 2 * threshold + 1


def _pace(restless: list[int], places: list[int]) -> list[int]:
    """How restless the price is from each minute with trades to the next: it moves on in between."""
    if len(places) == len(restless):
        return restless
    clock = [0, *accumulate(map(mul, restless, restless))]
    times = [clock[place + 1] for place in places]
    return [isqrt(end - begin) for begin, end in zip([0, *times], times)]


def _spans(
    key: tuple[object, ...],
    path: Path,
    restless: list[int],
    volumes: list[int],
    few: int,
    shape: tuple[int, int, int],
) -> Sequence[Bounds]:
    """Each minute's prices: trades happen at the bid or at the ask, on both sides of the path."""
    opening, _, top = shape
    count = len(volumes)
    draws = octets(4 * count, "spans", *key)
    ends, step = path.ends, path.step
    starts = [opening * FINE, *ends]
    aside, reach = _ASIDE.__getitem__, _REACH.__getitem__
    firsts = [x + off >> FINE_BITS for x, off in zip(starts, map(aside, draws[:count]))]
    lasts = [x + off >> FINE_BITS for x, off in zip(ends, map(aside, draws[count:]))]
    firsts[0] = opening
    moves = [size * step for size in restless]
    ups = map(mul, map(reach, draws[2 * count :]), moves)
    downs = map(mul, map(reach, draws[3 * count :]), moves)
    spans: list[Bounds] = []
    for one, other, before, end, up, down, shares in zip(
        firsts, lasts, starts, ends, ups, downs, volumes
    ):
        first, last = one, other
        if shares == 1:  # one trade, one price; the day's first is given
            first = last = other if spans else one
        if first > last:
            high, low = first, last
        else:
            high, low = last, first
        if shares > few:
            peak, trough = (end, before) if end > before else (before, end)
            peak = peak + (up >> 17) + FINE - 1 >> FINE_BITS
            trough = trough - (down >> 17) >> FINE_BITS
            # What would go beyond the day's extreme turns back before.
            if peak > high:
                high = peak if peak <= top else max(high, 2 * top - peak)
            if trough < low:
                low = trough if trough >= 0 else min(low, -trough)
        spans.append((first, high, low, last))
    if top:
        for pin, extreme in ((path.high_at, top), (path.low_at, 0)):
            first, high, low, last = spans[pin]
            spans[pin] = (first, max(high, extreme), min(low, extreme), last)
    return spans


def _patterns() -> list[list[tuple[int, ...]]]:
    """For each number of levels, ways to split a minute's shares over them, in 1/65,536."""
    draws = octets(16 * 32, "patterns")
    ways: list[list[tuple[int, ...]]] = [[]]
    for levels in range(1, 13):
        some = [draws[32 * way : 32 * way + levels] for way in range(16)]
        ways.append([tuple(split(1 << 16, [32 + draw for draw in each])) for each in some])
    return ways


_PATTERNS = _patterns()


def _traded(
    key: tuple[object, ...],
    spans: Sequence[Bounds],
    volumes: list[int],
    auctions: dict[int, int],
    lot: int,
) -> list[list[int]]:
    """Each minute's shares by level: what its prices need and its auction trades, the rest by chance.

    Fewer trades than levels leave some without any.
    """
    draws = octets(len(spans), "traded", *key)
    least = max(3, 2 + lot)
    traded = []
    if auctions:
        volumes = [shares - auctions.get(number, 0) for number, shares in enumerate(volumes)]
    for (first, high, low, last), shares, draw in zip(spans, volumes, draws):
        levels = high - low + 1
        if levels == 1:
            traded.append([shares])
        elif shares < least * levels:
            parts = needed(first, high, low, last)
            rest = split(shares - sum(parts), [(part + 1) ** 4 for part in parts])
            traded.append([need + part for need, part in zip(parts, rest)])
        elif levels == 2:
            lower = 2 + ((shares - 4) * _LOWER[draw] >> 8)
            traded.append([lower, shares - lower])
        else:
            spare = shares - 2 * levels
            if levels < 13:
                parts = [2 + (spare * part >> 16) for part in _PATTERNS[levels][draw & 15]]
            else:
                repeated = (_PATTERNS[12][draw & 15] * (levels // 12 + 1))[:levels]
                whole = sum(repeated)
                parts = [2 + spare * part // whole for part in repeated]
            parts[first - low] += shares - sum(parts)
            traded.append(parts)
    for number, shares in auctions.items():
        first, _, low, _ = spans[number]
        traded[number][first - low] += shares
    return traded


def _match(
    spans: Sequence[Bounds],
    traded: list[list[int]],
    volumes: list[int],
    values: list[int],
    prices: list[int],
    excess: int,
) -> None:
    """Move shares to higher or to lower prices until the value is within the day's million.

    First half of what a minute can spare goes to its own best level, the richest minutes before others;
    then to that of a better minute, at last to the day's.

    Args:
        excess: how far the sum of ``values`` is above what it must be, in won; 0 to 999,999 will do.
    """
    if 0 <= excess < 1_000_000:
        return
    upwards = excess < 0
    goal = -1 if upwards else 0  # the place of a minute's best level
    side = 1 if upwards else 2
    extremes = [span[side] for span in spans]
    extreme = extremes.index(max(extremes) if upwards else min(extremes))

    def ways() -> Iterator[tuple[int, int, int]]:
        """From which minute, to which, and what part of all that can be moved."""
        numbers = range(len(spans))
        for number in sorted(numbers, key=volumes[:].__getitem__, reverse=True):
            yield number, number, 2
        middles = [span[1] + span[2] for span in spans]
        order = sorted(numbers, key=middles.__getitem__, reverse=not upwards)
        yield from zip(order[: len(order) // 2], reversed(order), repeat(2))
        yield from zip(order, repeat(extreme), repeat(1))

    for number, target, part in ways():
        first, high, low, last = spans[number]
        best = prices[extremes[target]]
        if number == target and high == low:
            continue
        for level, need in enumerate(needed(first, high, low, last)):
            gain = best - prices[low + level]
            if gain <= 0 if upwards else gain >= 0:
                continue
            wanted = -(excess // gain) if upwards else -((excess - 999_999) // gain)
            if not 0 <= excess + wanted * gain < 1_000_000:  # one share too much
                wanted -= 1
            moved = min(wanted, (traded[number][level] - need) // part)
            traded[number][level] -= moved
            traded[target][goal] += moved
            volumes[number] -= moved
            volumes[target] += moved
            values[number] -= moved * prices[low + level]
            values[target] += moved * best
            excess += moved * gain
            if 0 <= excess < 1_000_000:
                return
    raise AssertionError(f"{excess} won too much cannot be moved")
