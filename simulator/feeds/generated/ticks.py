"""The trades of one minute: they rebuild its bar exactly, prices, volume and value."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Callable, Sequence

from sapi_kiwoom import krx
from simulator.draws import octets
from simulator.feeds.bars import MinuteBar, Tick
from simulator.feeds.generated.activity import is_nervous, trade_size
from simulator.feeds.generated.arrivals import MARGIN, draws_needed, moments, order
from simulator.feeds.generated.interruptions import Interruption
from simulator.feeds.generated.sizes import count_trades, counts, draw_sizes
from simulator.universe import Stock

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
    size = trade_size((seed, stock.code, day), bar.minute - session.open, is_nervous(stock))
    continuous = bar.value * 5 >> 3 if with_auction else bar.value
    trades = counts(bar.traded, count_trades(stock, continuous, bar.volume, size), opening, closing)
    if caused:
        trades[closing] = 1  # the trade that goes too far is the last one
    number = sum(trades)
    draws = octets(2 * number + draws_needed(number) + 3, "trades", *key)
    levels = order(draws[3 : 3 + number], trades, opening, closing)
    provided = stock.kind == "etf"
    passed = 3 + number
    sizes = []
    for level, (count, shares) in enumerate(zip(trades, bar.traded)):
        some = draws[passed : passed + count]
        passed += count
        # What an auction trades is one print.
        alone = with_auction and level == opening and count > 1
        part = max(1, min(shares - count + 1, shares * (80 + (draws[0] >> 1)) >> 8)) if alone else 0
        parts = draw_sizes(some[alone:], shares - part, provided)
        sizes.append(iter([part, *parts] if alone else parts))

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
        sides = _sides(draws[3 : 3 + number], prices, bar, limits)
        if with_auction:
            sides[0] = 0
    quantities = [next(sizes[level]) for level in levels]
    return list(map(_tick, zip(times, prices, quantities, sides)))


def _sides(draws: bytes, prices: list[int], bar: MinuteBar, limits: tuple[int, int]) -> list[int]:
    """Who came to whom: up is a buyer, down a seller, and an unchanged price mostly the same again.

    Where the price stays at a limit, only one side is left to come to.
    """
    upper, lower = limits
    side = 1 if draws[-1] < 128 else -1
    before = prices[0]
    sides = []
    for price, draw in zip(prices, draws):
        if price > before:
            side = 1
        elif price < before:
            side = -1
        elif draw < 20:
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
