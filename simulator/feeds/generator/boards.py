"""Trades off the regular session: what KRX adds after it, and Nextrade's day.

Nextrade's main market goes where the regular market goes, minute by minute. Before it the price walks
from the base price towards the day's open; in the evening it walks away from the close, a part of the
way towards the next day's open, on both boards alike. Each board draws under a seed of its own.

On the first trading day of a year and on the day of the college entrance exam Nextrade has no
pre-market; evenings begin as much later as the regular session ends later, and end as ever.
"""

from __future__ import annotations

from datetime import date
from itertools import accumulate
from operator import mul
from typing import Dict, List, NamedTuple, Sequence, Tuple

from sapi_kiwoom import krx
from simulator.draws import NORMAL, NORMAL_ONE, OCTAVE, heavy_tail, octets, split
from simulator.feeds.bars import AFTER, KRX, NXT, DayBar, MinuteBar, Tick
from simulator.feeds.generator.interruptions import Interruption
from simulator.feeds.generator.ticks import draw_ticks
from simulator.universe import Stock

NXT_SINCE = date(2025, 3, 4)

_PRE_MARKET = (8 * 60, 8 * 60 + 50)
_SINGLE_PRICE_END = 18 * 60
_EVENING_END = 20 * 60
_USUAL_OPEN = 9 * 60

_NOISE = heavy_tail(OCTAVE)
_PRINT = 3_000_000
"""Won that change hands in a usual trade; decides in how many minutes a thin stock trades."""


class Window(NamedTuple):
    """Minutes, counted from midnight, in which a board has a book; the end is not included.

    ``lasting`` says whether the book lives before and after trades, or is seen only when one is made.
    """

    start: int
    end: int
    lasting: bool


class Sources(NamedTuple):
    """What a day on another board follows from.

    Attributes:
        stock: what is traded.
        bar: the regular session.
        regular: its minutes.
        base: won, the close before the day.
        ahead: won, the next day's open.
        limits: the highest and the lowest price in won.
        stops: interruptions of the regular session, which stop Nextrade too.
    """

    stock: Stock
    bar: DayBar
    regular: Sequence[MinuteBar]
    base: int
    ahead: int
    limits: Tuple[int, int]
    stops: Sequence[Interruption]


def board_seed(seed: int, board: str) -> int:
    """The seed of a board's draws; the regular session has the feed's own."""
    return seed if board == KRX else int.from_bytes(octets(8, "board", seed, board), "big")


def windows(stock: Stock, day: date, board: str) -> List[Window]:
    """When a board has a book on a trading day, in order."""
    session = krx.session(day)
    if board == KRX:
        return [
            Window(session.open, session.close, True),
            Window(session.closing_auction, session.closing_auction + 1, False),
        ]
    if board == AFTER and krx.has_afterhours_single_price(day):
        first = session.closing_auction + 40
        return [
            Window(first, _SINGLE_PRICE_END, True),
            Window(_SINGLE_PRICE_END, _SINGLE_PRICE_END + 1, False),
        ]
    if board == AFTER and stock.market not in ("ETF", "ETN"):
        return [Window(session.closing_auction + 30, _EVENING_END, True)]
    if board == NXT and day >= NXT_SINCE and stock.nxt:
        pre = [Window(*_PRE_MARKET, True)] if session.open == _USUAL_OPEN else []
        return [
            *pre,
            Window(session.open, session.close, True),
            Window(session.closing_auction + 10, _EVENING_END, True),
        ]
    return []


def board_limits(
    stock: Stock, day: date, board: str, close: int, limits: Tuple[int, int]
) -> Tuple[int, int]:
    """The highest and the lowest price of a board in won: in 시간외단일가 within 10 % of the close."""
    upper, lower = limits
    if board != AFTER or not krx.has_afterhours_single_price(day):
        return upper, lower
    table = krx.tick_table(stock.market, day)
    return (
        min(upper, table.round_down(close + close // 10)),
        max(lower, table.round_up(close - close // 10)),
    )


def draw_board_minutes(seed: int, board: str, sources: Sources) -> Tuple[MinuteBar, ...]:
    """A board's minutes of a day, in order."""
    stock, bar = sources.stock, sources.bar
    found = windows(stock, bar.date, board)
    if not found:
        return ()
    key = (board_seed(seed, board), stock.code, bar.date)
    share = octets(1, "share", *key)[0]  # how much of the regular volume, by day
    if board == NXT:
        total = bar.volume * (150 + share * 250 // 255) // 1_000
        *pre, main, evening = found
        return (
            *(each for window in pre for each in _before(key, sources, window, total // 10)),
            *_along(key, sources, main, total * 7 // 10),
            *_evening(seed, key, sources, evening, total // 5, 1),
        )
    if krx.has_afterhours_single_price(bar.date):
        total = bar.volume * (1 + share * 6 // 255) // 1_000
        window = Window(found[0].start, _SINGLE_PRICE_END + 1, True)
        return _evening(seed, key, sources, window, total, 10)
    total = bar.volume * (10 + share * 30 // 255) // 1_000
    return _evening(seed, key, sources, found[0], total, 1)


def draw_board_ticks(seed: int, board: str, bar: MinuteBar, sources: Sources) -> List[Tick]:
    """The trades of a minute of `draw_board_minutes`, in order of time."""
    stock, day = sources.stock, sources.bar.date
    start = krx.midnight(day) + bar.minute * krx.MINUTE
    own = board_seed(seed, board)
    if board == AFTER and krx.has_afterhours_single_price(day):
        late = octets(1, "late", own, stock.code, day, bar.minute)[0] * 2_000
        return [Tick(start + late, bar.close, bar.volume, 0)]
    ticks = draw_ticks(own, stock, day, bar, sources.limits, sources.stops)
    if bar.minute == krx.session(day).open:  # Nextrade begins half a minute later
        ticks = [tick._replace(at=start + (tick.at - start + krx.MINUTE) // 2) for tick in ticks]
    draws = octets(len(ticks), "sides", own, stock.code, day, bar.minute)
    upper, lower = sources.limits
    side, before = 1 if draws[0] < 128 else -1, ticks[0].price
    found = []
    for tick, draw in zip(ticks, draws):
        price = tick.price
        if price in (upper, lower):
            side = -1 if price == upper else 1
        elif price != before:
            side = 1 if price > before else -1
        elif draw < 40:
            side = -side
        before = price
        found.append(tick._replace(side=side))
    return found


def _along(
    key: Tuple[object, ...], sources: Sources, window: Window, total: int
) -> List[MinuteBar]:
    """Minutes that trade what the regular ones trade, at their prices, in smaller numbers."""
    begin = window.start
    half = krx.midnight(sources.bar.date) + begin * krx.MINUTE + krx.MINUTE
    if any(stop.start < half for stop in sources.stops):
        begin += 1  # stopped before it began
    bars = [bar for bar in sources.regular if begin <= bar.minute < window.end]
    draws = octets(len(bars), "along", *key)
    weights = [bar.volume * (128 + draw) for bar, draw in zip(bars, draws)]
    if bars and bars[0].minute == window.start:
        weights[0] //= 4  # half a minute, without the auction
    table = krx.tick_table(sources.stock.market, sources.bar.date)
    found = []
    for bar, shares in zip(bars, split(total, weights) if bars else ()):
        if shares:
            low = table.index(bar.low)
            ends = (table.index(bar.open) - low, table.index(bar.close) - low)
            found.append(_bar(table, bar.minute, low, ends, shares, bar.traded))
    return found


def _before(
    key: Tuple[object, ...], sources: Sources, window: Window, total: int
) -> List[MinuteBar]:
    """The pre-market: from the base price towards the open, of which the night has told a part."""
    table = krx.tick_table(sources.stock.market, sources.bar.date)
    end = table.index(sources.bar.open)
    start = table.index(
        table.round_to_tick(sources.base + (sources.bar.open - sources.base) * 3 // 8)
    )
    minutes = window.end - window.start
    walk = _walk(("pre", *key), sources, minutes, 24)
    path = [
        start + (end - start) * n // minutes + (walk[n] - walk[-1] * n // minutes >> 8)
        for n in range(minutes + 1)
    ]
    weights = [
        320 if n < 3 else 150 if n > minutes - 6 else 100 - abs(n - 25) for n in range(minutes)
    ]
    return _walked(key, sources, window, sources.limits, path, total, weights, 1)


def _evening(
    seed: int,
    key: Tuple[object, ...],
    sources: Sources,
    window: Window,
    total: int,
    every: int,
) -> Tuple[MinuteBar, ...]:
    """Trades after the close, every so many minutes; all boards walk the same way."""
    stock, bar = sources.stock, sources.bar
    table = krx.tick_table(stock.market, bar.date)
    first = krx.session(bar.date).closing_auction
    minutes = _EVENING_END - first
    walk = _walk(("evening", seed, stock.code, bar.date), sources, minutes, 64)
    start = table.index(bar.close)
    drift = table.index(table.round_to_tick(bar.close + (sources.ahead - bar.close) // 4)) - start
    path = [start + (drift * n // minutes) + (walk[n] >> 8) for n in range(minutes + 1)]
    path = path[window.start - first : window.end - first + 1]
    weights = [40 + 8_000 // (20 + n) for n in range(window.end - window.start)]
    board = KRX if every == 1 else AFTER
    limits = board_limits(stock, bar.date, board, bar.close, sources.limits)
    return tuple(_walked(key, sources, window, limits, path, total, weights, every))


def _walk(key: Tuple[object, ...], sources: Sources, minutes: int, calm: int) -> List[int]:
    """A random walk by minute in 1/256 ticks; a minute moves a part of a usual day's move."""
    stock, close = sources.stock, sources.bar.close
    tick = krx.tick_table(stock.market, sources.bar.date).tick(close)
    step = close * stock.volatility * 256 // (10_000 * calm * tick)
    return [
        0,
        *accumulate(NORMAL[draw] * step // NORMAL_ONE for draw in octets(minutes, "walk", *key)),
    ]


def _walked(
    key: Tuple[object, ...],
    sources: Sources,
    window: Window,
    limits: Tuple[int, int],
    path: Sequence[int],
    total: int,
    weights: Sequence[int],
    every: int,
) -> List[MinuteBar]:
    """Minutes that trade along a path of tick indexes, which has the beginning of each and the end.

    Args:
        key: names the draws.
        sources: the day.
        window: its minutes.
        limits: won.
        path: tick indexes.
        total: shares.
        weights: how much is usually traded in each minute.
        every: minutes from one trade to the next, at one price, or 1 for continuous trading.
    """
    table = krx.tick_table(sources.stock.market, sources.bar.date)
    highest, lowest = table.index(limits[0]), table.index(limits[1])
    path = [max(lowest, min(highest, index)) for index in path]
    draws = octets(4 * len(weights), "minutes", window.start, *key)
    weights = [
        weight * _NOISE[draws[n]] if n % every == 0 else 0 for n, weight in enumerate(weights)
    ]
    prints = 1 + total * sources.bar.close // _PRINT
    threshold = sum(weights) // (256 * prints)
    weights = [
        weight if weight > (draws[4 * n + 1] + 1) * threshold else 0
        for n, weight in enumerate(weights)
    ]
    if not any(weights):
        return []
    found = []
    for n, shares in enumerate(split(total, weights)):
        if not shares:
            continue
        opening, close = path[n], path[n + 1]
        if every > 1:
            opening = close
        low, high = min(opening, close), max(opening, close)
        if every == 1 and shares > 8:
            low = max(lowest, low - (draws[4 * n + 2] < 90))
            high = min(highest, high + (draws[4 * n + 3] < 90))
        usual = [1] * (high - low + 1)
        found.append(
            _bar(table, window.start + n, low, (opening - low, close - low), shares, usual)
        )
    return found


def _bar(
    table: krx.TickTable,
    minute: int,
    low: int,
    ends: Tuple[int, int],
    shares: int,
    usual: Sequence[int],
) -> MinuteBar:
    """A minute that trades like ``usual`` from ``low`` (a tick index) on, or at its close only.

    ``ends`` are its open and its close, in ticks above ``low``.
    """
    need: Dict[int, int] = {0: 1, len(usual) - 1: 1}
    need.update((end, 1) for end in ends)
    if ends[0] == ends[1] and len(usual) > 1:
        need[ends[0]] = 2
    rest = shares - sum(need.values())
    if rest < 0:
        low, ends, traded = low + ends[1], (0, 0), [shares]
    else:
        traded = [part + need.get(level, 0) for level, part in enumerate(split(rest, usual))]
    prices = [table.price(low + level) for level in range(len(traded))]
    return MinuteBar(
        minute,
        prices[ends[0]],
        prices[-1],
        prices[0],
        prices[ends[1]],
        shares,
        sum(map(mul, prices, traded)),
        tuple(traded),
    )
