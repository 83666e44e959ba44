"""Order books: opt10004 (the regular session) and opt10087 (the after-hours single-price session).

Prices stand around the last trade's touch. Quantities are synthetic: drawn for each price level and
second, thin at the touch as in recorded books.
"""

from __future__ import annotations

from typing import Dict, Iterator, List, NamedTuple, Optional, Tuple

from sapi_kiwoom import krx
from sapi_kiwoom.loop import SECOND
from simulator.answers.world import World
from simulator.draws import Draws
from simulator.feeds import Tick
from simulator.strings import coloured, hhmmss, ratio, signed, signed_hundredths, symbol
from simulator.universe import Stock

_ASK_DEPTH = (76, 93, 100, 108, 121, 101, 107, 116, 127, 132)
_BID_DEPTH = (59, 88, 104, 128, 95, 97, 96, 84, 84, 85)
"""Size of a level in hundredths of the book's mean, from the touch outwards."""


class Level(NamedTuple):
    """One level of a book: price in won (0: nothing there), shares, change of shares in a second."""

    price: int
    quantity: int
    change: int


EMPTY = Level(0, 0, 0)
NOTHING = [EMPTY] * 10
"""One side before the day's first trade."""


def order_book(world: World, inputs: Dict[str, str], moment: int) -> Iterator[Optional[List[str]]]:
    """opt10004: one row, asks from the tenth level down to the touch, then bids outwards."""
    stock = world.stock(inputs["종목코드"])
    day = krx.kst(moment).date()
    if stock is None or not krx.is_trading_day(day) or day < stock.listed:
        return
    last, base = world.last_trade(stock, moment), world.feed.base_price(stock, day)
    asks, bids = _levels(world, stock, last, moment // SECOND) if last else (NOTHING, NOTHING)
    row = [_clock(last.at if last else moment)]
    for level in reversed(asks):
        row += [signed(level.change), str(level.quantity), _price(level, base)]
    for level in bids:
        row += [_price(level, base), str(level.quantity), signed(level.change)]
    ask_total, ask_change = _totals(asks)
    bid_total, bid_change = _totals(bids)
    yield [*row, signed(ask_change), str(ask_total), str(bid_total), signed(bid_change), *"0000"]


def after_hours_book(
    world: World, inputs: Dict[str, str], moment: int
) -> Iterator[Optional[List[str]]]:
    """opt10087: five levels within 10 % of the close, between 16:00 and 18:00 while that session existed.

    Its 호가잔량기준시간 is the regular session's, as the guide says. KRX abolished the session on
    2026-09-14; from then on, and outside its hours, every quantity and price is 0.
    """
    stock = world.stock(inputs["종목코드"])
    now = krx.kst(moment)
    if stock is None or not krx.is_trading_day(now.date()) or now.date() < stock.listed:
        return
    last, base = world.last_trade(stock, moment), world.feed.base_price(stock, now.date())
    asks, bids, close = NOTHING[:5], NOTHING[:5], 0
    if krx.has_afterhours_single_price(now.date()) and 16 <= now.hour < 18 and last:
        close = last.price
        every_ten_minutes = moment // (600 * SECOND)
        asks, bids = (
            [_within(level, close) for level in side[:5]]
            for side in _levels(world, stock, last, every_ten_minutes)
        )
    ask_total, ask_change = _totals(asks)
    bid_total, bid_change = _totals(bids)
    upper, lower = world.feed.limits(stock, now.date())
    yield [
        _clock(last.at if last else moment),
        *(signed(level.change) for level in reversed(asks)),
        *(str(level.quantity) for level in reversed(asks)),
        *(_price(level, base) for level in reversed(asks)),
        *(_price(level, base) for level in bids),
        *(str(level.quantity) for level in bids),
        *(signed(level.change) for level in bids),
        str(ask_total),
        str(bid_total),
        signed(ask_change),
        str(ask_total),
        str(bid_total),
        signed(bid_change),
        *"0000",
        coloured(close, base) if close else "0",
        symbol(close or base, base, upper, lower),
        signed(close - base if close else 0),
        signed_hundredths(ratio(close - base, base) if close else 0),
        "0",
    ]


def touch(world: World, stock: Stock, last: Tick) -> Tuple[int, int, int, int]:
    """Best ask, its shares, best bid, its shares after a trade; 0 where a side is empty."""
    asks, bids = _levels(world, stock, last, last.at // SECOND)
    return asks[0].price, asks[0].quantity, bids[0].price, bids[0].quantity


def _levels(world: World, stock: Stock, last: Tick, turn: int) -> Tuple[List[Level], List[Level]]:
    """Asks and bids from the touch outwards; ``turn`` numbers the moments at which sizes change."""
    day, _ = krx.day_and_minute(last.at)
    upper, lower = world.feed.limits(stock, day)
    ask, bid = world.feed.best_quotes(stock, last)
    asks: List[Level] = []
    bids: List[Level] = []
    for side, depths, best, step in ((asks, _ASK_DEPTH, ask, 1), (bids, _BID_DEPTH, bid, -1)):
        index = krx.tick_index(best, day, stock.market) if best else 0
        for number, depth in enumerate(depths):
            price = krx.price_at(index + number * step, day, stock.market) if best else 0
            if not best or not lower <= price <= upper:
                side.append(EMPTY)
                continue
            now = _quantity(world, stock, price, turn, depth)
            side.append(Level(price, now, now - _quantity(world, stock, price, turn - 1, depth)))
    return asks, bids


def _quantity(world: World, stock: Stock, price: int, turn: int, depth: int) -> int:
    """Shares at a price, a five-hundredth of a usual day's on average.

    Mostly what the price keeps, partly what this second brings.
    """
    seed = world.feed.seed
    kept = Draws(seed, "book", stock.code, str(price)).between(20, 180)
    fresh = Draws(seed, "book", stock.code, str(price), str(turn)).between(80, 120)
    return max(1, stock.volume * depth * kept * fresh // 500_000_000)


def _totals(levels: List[Level]) -> Tuple[int, int]:
    return sum(level.quantity for level in levels), sum(level.change for level in levels)


def _within(level: Level, close: int) -> Level:
    return level if abs(level.price - close) * 10 <= close else EMPTY


def _price(level: Level, base: int) -> str:
    return coloured(level.price, base) if level.price else "0"


def _clock(moment: int) -> str:
    return hhmmss(krx.day_and_minute(moment)[1], moment // SECOND % 60)
