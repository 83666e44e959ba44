"""What stands around given trades: the touch, the books, and what auctions expect before them."""

from __future__ import annotations

from bisect import bisect_left
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Callable, List, NamedTuple, Optional, Sequence, Tuple

from sapi_kiwoom import krx
from simulator.feeds.bars import AFTER, KRX, Expected, Quote, Tick
from simulator.feeds.generator.boards import board_limits, board_seed, windows
from simulator.feeds.generator.depth import STRETCH, Depth, Kept, draw_book
from simulator.feeds.generator.expected import (
    OPENING_MINUTES,
    Orders,
    draw_expected,
    draw_orders,
)
from simulator.feeds.generator.touches import Touches
from simulator.market.interruptions import Halt
from simulator.universe import Stock

if TYPE_CHECKING:
    from simulator.feeds import Feed

_AFTER_HALT = 10 * krx.MINUTE
"""How long the auction after a halt lasts."""

_INTERRUPTION = 2 * krx.MINUTE
"""No auction within the session is shorter."""


_LATE = 3
"""Minutes after which the closing auction has been settled for sure; what follows trades at its price."""


class Auction(NamedTuple):
    """An auction of a day: when orders begin to gather, the price before it in won, its trade."""

    start: int
    origin: int
    settled: Tick


@lru_cache(maxsize=128)
def _depth(seed: int, stock: Stock, day: date, board: str) -> Depth:
    return Depth(seed, stock, day, board)


@lru_cache(maxsize=128)
def _touches(seed: int, stock: Stock, day: date, limits: Tuple[int, int]) -> Touches:
    return Touches(seed, stock, day, limits)


def snap(price: int, table: krx.TickTable, limits: Tuple[int, int]) -> int:
    """The valid price within the limits that stands for one that may be neither."""
    upper, lower = limits
    return table.round_down(min(upper, max(lower, price)))


def into_limits(tick: Tick, limits: Tuple[int, int]) -> Tick:
    """A trade moved into the limits; at a limit only one side is left to come to."""
    upper, lower = limits
    if lower < tick.price < upper:
        return tick
    price, side = (upper, -1) if tick.price >= upper else (lower, 1)
    return Tick(tick.at, price, tick.quantity, side if tick.side else 0)


def limits_on(feed: Feed, stock: Stock, day: date, board: str) -> Tuple[int, int]:
    """The highest and the lowest price in won of a day on a board of any feed."""
    limits = feed.limits(stock, day)
    bar = feed.day(stock, day) if board == AFTER else None
    return board_limits(stock, day, board, bar.close, limits) if bar else limits


def best_quotes(feed: Feed, stock: Stock, day: date, tick: Tick, board: str) -> Tuple[int, int]:
    """Best ask and best bid in won just after any trade, on the grid or not; 0 for an empty side."""
    limits = limits_on(feed, stock, day, board)
    tick = tick._replace(price=snap(tick.price, krx.tick_table(stock.market, day), limits))
    return _touches(board_seed(feed.seed, board), stock, day, limits).after(tick)


def quotes_around(feed: Feed, stock: Stock, day: date, minute: int, board: str) -> List[Quote]:
    """The books of a minute of any feed, drawn around its trades.

    There are none while orders gather for an auction, and none before a session's first trade.
    """
    return _book_around(feed, stock, day, minute, board)[0]


def _book_around(
    feed: Feed, stock: Stock, day: date, minute: int, board: str
) -> Tuple[List[Quote], Optional[Kept]]:
    """The books of a minute, and what it leaves for the next one."""
    for window in windows(stock, day, board):
        if window.start <= minute < window.end:
            break
    else:
        return [], None
    table, limits = krx.tick_table(stock.market, day), limits_on(feed, stock, day, board)
    bars = feed.minutes(stock, day, board)
    place = bisect_left([bar.minute for bar in bars], minute)

    def trades(number: int) -> List[Tick]:
        ticks = feed.ticks(stock, day, bars[number].minute, board) if number < len(bars) else []
        return [tick._replace(price=snap(tick.price, table, limits)) for tick in ticks]

    def best(tick: Tick) -> Tuple[int, int]:
        ask, bid = feed.best_quotes(stock, tick, board)
        return ask and snap(ask, table, limits), bid and snap(bid, table, limits)

    ticks, following = [], trades(place)
    if following and bars[place].minute == minute:
        ticks, following = following, trades(place + 1)
    last: Optional[Tick] = None
    earlier: List[Tick] = []
    if place and bars[place - 1].minute >= window.start:
        earlier = trades(place - 1)
        last = earlier[-1]
        if bars[place - 1].minute < minute - 1:
            earlier = []
    before = best(last) if last else None
    start = krx.midnight(day) + minute * krx.MINUTE
    end = krx.midnight(day) + window.end * krx.MINUTE
    if last and (ticks or following) and _gathering(last, (ticks or following)[0], end):
        before = None
    lasting = window.lasting
    if ticks and following and _gathering(ticks[-1], following[0], end):
        lasting = False
    if board != KRX:  # what stops the regular session stops others too
        for halt in _halts(feed, stock, day):
            if halt.start < start < halt.end:
                before = None
            if halt.start < start + krx.MINUTE <= halt.end:
                lasting = False
    kept: Optional[Kept] = None
    if before is not None and minute % STRETCH and minute > window.start:
        kept = _book_around(feed, stock, day, minute - 1, board)[1]
    book = draw_book(
        _depth(feed.seed, stock, day, board),
        table,
        limits,
        start,
        ticks,
        best,
        before,
        lasting,
        earlier=earlier,
        bars=bars,
        kept=kept,
    )
    return (book.quotes, book.keep() if lasting else None) if book else ([], None)


def _halts(feed: Feed, stock: Stock, day: date) -> Sequence[Halt]:
    """When trading stops on a day that a scenario wrote; other feeds do not tell."""
    halts: Optional[Callable[[Stock, date], Sequence[Halt]]] = getattr(feed, "halts", None)
    return halts(stock, day) if halts else ()


def _gathering(previous: Optional[Tick], following: Tick, end: int) -> bool:
    """Whether orders gather between two trades that follow each other, for one before ``end``."""
    if following.side or following.at >= end:
        return False
    return previous is None or following.at - previous.at >= _INTERRUPTION


def auctions(feed: Feed, stock: Stock, day: date) -> List[Auction]:
    """The auctions of any feed's day: those at its ends, and those that end an interruption."""
    session, midnight = krx.session(day), krx.midnight(day)
    close = midnight + session.close * krx.MINUTE
    end = midnight + (session.closing_auction + _LATE) * krx.MINUTE
    table, limits = krx.tick_table(stock.market, day), feed.limits(stock, day)
    found: List[Auction] = []
    start = midnight + (session.open - OPENING_MINUTES) * krx.MINUTE
    previous: Optional[Tick] = None
    origin = feed.base_price(stock, day)
    for bar in feed.minutes(stock, day):
        for tick in feed.ticks(stock, day, bar.minute):
            if _gathering(previous, tick, end):
                if bar.minute >= session.closing_auction:
                    start = max(start, close)
                elif tick.at - start > _AFTER_HALT and previous is not None:
                    start = tick.at - _AFTER_HALT
                settled = tick._replace(price=snap(tick.price, table, limits))
                found.append(Auction(start, snap(origin, table, limits), settled))
            previous, start, origin = tick, tick.at, tick.price
    return found


def expected_before(feed: Feed, stock: Stock, day: date) -> Tuple[Expected, ...]:
    """What the auctions of any feed's day expect, from their beginnings to just before their prices."""
    table, limits = krx.tick_table(stock.market, day), feed.limits(stock, day)
    return tuple(
        expected
        for start, origin, settled in auctions(feed, stock, day)
        for expected in draw_expected(
            (feed.seed, stock.code, day, settled.at), stock, table, limits, start, origin, settled
        )
    )


def auction_orders(feed: Feed, stock: Stock, day: date, moment: int) -> Tuple[Orders, Orders]:
    """Bids and asks that make a feed's latest auction expect what it does at a moment.

    From the settlement on they are those that it matched.

    Returns:
        (won, shares) by price, the best first; none before the first auction expects anything.
    """
    known = [each for each in feed.expected(stock, day) if each.at <= moment]
    for _, _, settled in auctions(feed, stock, day):
        if settled.at <= moment:
            known.append(Expected(settled.at, settled.price, settled.quantity))
    if not known:
        return [], []
    at, price, quantity = max(known)
    table, limits = krx.tick_table(stock.market, day), feed.limits(stock, day)
    return draw_orders((feed.seed, stock.code, day, at), table, limits, price, quantity)
