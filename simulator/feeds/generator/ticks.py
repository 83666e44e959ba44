"""The trades of one minute: they rebuild its bar exactly, prices, volume and value."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Callable, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from sapi_kiwoom import krx
from simulator.draws import NORMAL, NORMAL_ONE, octets
from simulator.feeds.bars import MinuteBar, Tick
from simulator.feeds.generator.activity import is_nervous, trade_size
from simulator.feeds.generator.arrivals import MARGIN, draws_needed, moments, order
from simulator.feeds.generator.interruptions import Interruption
from simulator.feeds.generator.sizes import auction_shares, count_trades, counts, draw_sizes
from simulator.universe import Stock

TURNS = 22
"""How often one who trades at the same price comes from the other side, of 256 times."""

_LEAN_DAY, _LEAN_HOUR, _LEAN_MOVE = 22, 26, 50
"""In 1/16 of `TURNS`' measure, how far buyers or sellers are keener: a deviation of it for days, one for
hours, and so much for each deviation that the price is off its base."""

_MOST_LEAN = 96
_HOURS = 16

tick: Callable[[tuple[int, int, int, int]], Tick] = partial(tuple.__new__, Tick)
"""`Tick._make` without its checks, in half the time."""


class Minute(NamedTuple):
    """What is known of a minute's trades before each of them is drawn.

    Attributes:
        number: how many there are.
        draws: for their order and side, their sizes, their moments, one after the other.
        lean: how much keener buyers are than sellers; None after hours, where nobody comes to anybody.
        opening, closing: the levels of the first and of the last trade, from the lowest upwards.
        trades: at each level.
        traded: shares at each level but those of the auction.
        auction: shares of an auction that is the first trade, or 0.
        provided: whether liquidity providers take part.
        begin, until: between which the trades come, an auction at the beginning, in microseconds.
        caused: when the last trade interrupts trading, or 0.
        prices: of the levels, in won.
        limits: the day's highest and lowest price, in won, if the minute reaches one of them.
    """

    number: int
    draws: Tuple[bytes, bytes, bytes]
    lean: Optional[int]
    opening: int
    closing: int
    trades: List[int]
    traded: List[int]
    auction: int
    provided: bool
    begin: int
    until: int
    caused: int
    prices: List[int]
    limits: Optional[Tuple[int, int]]


def draw_ticks(
    seed: int,
    stock: Stock,
    day: date,
    bar: MinuteBar,
    limits: tuple[int, int],
    stops: Sequence[Interruption] = (),
) -> list[Tick]:
    """The trades of a minute in order of time.

    Args:
        seed: decides them.
        stock: what is traded.
        day: when.
        bar: the minute.
        limits: the day's highest and lowest price, in won.
        stops: the day's interruptions: trades that cause or end one are at its moments.
    """
    minute = draw_minute(seed, stock, day, bar, limits, stops)
    return minute if isinstance(minute, list) else trades_of(minute)


def draw_minute(
    seed: int,
    stock: Stock,
    day: date,
    bar: MinuteBar,
    limits: tuple[int, int],
    stops: Sequence[Interruption] = (),
) -> list[Tick] | Minute:
    """What decides the trades of a minute, or the one of the closing auction; see `draw_ticks`."""
    key = (seed, stock.code, day, bar.minute)
    session = krx.session(day)
    start = krx.midnight(day) + bar.minute * krx.MINUTE
    if bar.minute == session.closing_auction:  # settled at a moment within half a minute
        late = int.from_bytes(octets(2, "close", *key), "big") * 30_000_000 >> 16
        return [Tick(start + late, bar.close, bar.volume, 0)]

    end = start + krx.MINUTE
    caused = next((stop.start for stop in stops if start <= stop.start < end), 0)
    ended = next((stop.end for stop in stops if start <= stop.end < end), 0)
    with_auction = bar.minute == session.open or ended > 0

    table = krx.tick_table(stock.market, day)
    first = table.index(bar.low)
    width = len(bar.traded)
    opening, closing = table.index(bar.open) - first, table.index(bar.close) - first
    traded, value, auction = list(bar.traded), bar.value, 0
    if with_auction:  # one print, and enough is left to close where the minute does
        auction = auction_shares(key, bar.volume, ended > 0)
        auction = max(1, min(auction, traded[opening] - (opening == closing and width > 1)))
        traded[opening] -= auction
        value -= auction * bar.open
    size = trade_size((seed, stock.code, day), bar.minute - session.open, is_nervous(stock))
    number = count_trades(stock, value, bar.volume, size)
    trades = counts(traded, number, -1 if auction else opening, closing)
    trades[opening] += with_auction
    if caused:
        trades[closing] = 1  # the trade that goes too far is the last one
    number = sum(trades)
    draws = octets(2 * number + draws_needed(number) + 3, "trades", *key)
    ordered, sized = 3 + number, 3 + 2 * number
    after_hours = bar.minute > session.closing_auction
    return Minute(
        number=number,
        draws=(draws[3:ordered], draws[ordered:sized], draws[sized:]),
        lean=None if after_hours else _lean((seed, stock.code, day), stock, bar, limits),
        opening=opening,
        closing=closing,
        trades=trades,
        traded=traded,
        auction=auction,
        provided=stock.kind == "etf",
        begin=ended or start + draws[1] * (8_000 if with_auction else 13),
        until=caused or end - MARGIN,
        caused=caused,
        prices=[table.price(first + level) for level in range(width)],
        limits=limits if bar.high >= limits[0] or bar.low <= limits[1] else None,
    )


def trades_of(minute: Minute) -> list[Tick]:
    """The trades of a minute in order of time."""
    number, (ordering, sizing, timing), lean = minute.number, minute.draws, minute.lean
    levels = order(ordering, minute.trades, minute.opening, minute.closing)
    auction = (minute.opening, minute.auction)
    sizes = _sizes(sizing, minute.trades, minute.traded, auction, minute.provided)
    if minute.auction:
        times = [minute.begin, *moments(timing, number - 1, minute.begin, minute.until)]
    else:
        times = moments(timing, number, minute.begin, minute.until)
    if minute.caused:
        times[-1] = minute.caused
    prices = [minute.prices[level] for level in levels]
    sides = [0] * number if lean is None else _sides(ordering, prices, lean, minute.limits)
    if minute.auction:
        sides[0] = 0
    quantities = [next(sizes[level]) for level in levels]
    return list(map(tick, zip(times, prices, quantities, sides)))


def _sizes(
    draws: bytes, trades: list[int], traded: list[int], auction: tuple[int, int], provided: bool
) -> list[Iterator[int]]:
    """The shares of each level's trades in turn, that of an auction (level, shares) before others."""
    passed = 0
    found = []
    for level, (count, shares) in enumerate(zip(trades, traded)):
        some = draws[passed : passed + count]
        passed += count
        if auction == (level, 0) or level != auction[0]:
            found.append(iter(draw_sizes(some, shares, provided)))
        else:
            found.append(iter([auction[1], *draw_sizes(some[1:], shares, provided)]))
    return found


def _lean(key: tuple[object, ...], stock: Stock, bar: MinuteBar, limits: tuple[int, int]) -> int:
    """How much keener buyers are than sellers in a minute; for a day it averages out to a 체결강도.

    A day and each hour of it lean to one side, and so does a price that is far from its base.
    """
    draws = octets(_HOURS + 1, "lean", *key)
    base = sum(limits) // 2
    deviation = base * stock.volatility // 10_000 + 1
    gone = (bar.close - base) * _LEAN_MOVE // deviation
    hour = draws[1 + bar.minute // 60 % _HOURS]
    drawn = (NORMAL[draws[0]] * _LEAN_DAY + NORMAL[hour] * _LEAN_HOUR) // NORMAL_ONE
    (draw,) = octets(1, "lean", *key, bar.minute)
    return max(-_MOST_LEAN, min(_MOST_LEAN, gone + drawn)) + (draw & 15) >> 4


def _sides(draws: bytes, prices: list[int], lean: int, limits: tuple[int, int] | None) -> list[int]:
    """Who came to whom: up is a buyer, down a seller, and an unchanged price mostly the same again.

    Where the price stays at a limit, only one side is left to come to.
    """
    side = 1 if draws[-1] < 128 + 4 * lean else -1
    buyers_leave, sellers_leave = TURNS - lean, TURNS + lean
    before = prices[0]
    sides = []
    for price, draw in zip(prices, draws):
        if price > before:
            side = 1
        elif price < before:
            side = -1
        elif draw < (buyers_leave if side > 0 else sellers_leave):
            side = -side
        before = price
        sides.append(side)
    if limits:
        upper, _ = limits
        for number, price in enumerate(prices):
            if number and price != prices[number - 1]:
                continue
            if price in limits:
                sides[number] = -1 if price == upper else 1
    return sides
