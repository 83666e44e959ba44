"""The trades of one minute: they rebuild its bar exactly, prices, volume and value."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Callable, Iterator, Sequence

from sapi_kiwoom import krx
from simulator.draws import NORMAL, NORMAL_ONE, octets
from simulator.feeds.bars import MinuteBar, Tick
from simulator.feeds.generator.activity import is_nervous, trade_size
from simulator.feeds.generator.arrivals import MARGIN, draws_needed, moments, order
from simulator.feeds.generator.interruptions import Interruption
from simulator.feeds.generator.sizes import auction_shares, count_trades, counts, draw_sizes
from simulator.universe import Stock

_TURNS = 22
"""How often one who trades at the same price comes from the other side, of 256 times."""

_LEAN_DAY, _LEAN_HOUR, _LEAN_MOVE = 22, 26, 50
"""In 1/16 of `_TURNS`' measure, how far buyers or sellers are keener: a deviation of it for days, one for
hours, and so much for each deviation that the price is off its base."""

_MOST_LEAN = 96
_HOURS = 16

_tick: Callable[[tuple[int, int, int, int]], Tick] = partial(tuple.__new__, Tick)
"""`Tick._make` without its checks, in half the time."""


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
    levels = order(draws[3 : 3 + number], trades, opening, closing)
    passed = 3 + number
    sizes = _sizes(draws[passed:], trades, traded, (opening, auction), stock.kind == "etf")
    passed += number

    begin = ended or start + draws[1] * (8_000 if with_auction else 13)
    until = caused or end - MARGIN
    if with_auction:
        times = [begin, *moments(draws[passed:], number - 1, begin, until)]
    else:
        times = moments(draws[passed:], number, begin, until)
    if caused:
        times[-1] = caused
    valid = [table.price(first + level) for level in range(width)]
    prices = [valid[level] for level in levels]
    if bar.minute > session.closing_auction:
        sides = [0] * number
    else:
        lean = _lean((seed, stock.code, day), stock, bar, limits)
        sides = _sides(draws[3 : 3 + number], prices, bar, limits, lean)
        if with_auction:
            sides[0] = 0
    quantities = [next(sizes[level]) for level in levels]
    return list(map(_tick, zip(times, prices, quantities, sides)))


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


def _sides(
    draws: bytes, prices: list[int], bar: MinuteBar, limits: tuple[int, int], lean: int
) -> list[int]:
    """Who came to whom: up is a buyer, down a seller, and an unchanged price mostly the same again.

    Where the price stays at a limit, only one side is left to come to.
    """
    upper, lower = limits
    side = 1 if draws[-1] < 128 + 4 * lean else -1
    buyers_leave, sellers_leave = _TURNS - lean, _TURNS + lean
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
    if bar.high >= upper or bar.low <= lower:
        for number, price in enumerate(prices):
            if number and price != prices[number - 1]:
                continue
            if price in (upper, lower):
                sides[number] = -1 if price == upper else 1
    return sides
