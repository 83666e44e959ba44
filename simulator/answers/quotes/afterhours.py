"""The book of the after-hours single-price session: opt10087. Its shares are synthetic."""

from __future__ import annotations

from typing import List, Tuple

from sapi_kiwoom import krx
from sapi_kiwoom.loop import SECOND
from simulator.answers.forms import change_form, price_form, rate_form, time_form
from simulator.answers.quotes.book import EMPTY, Level
from simulator.answers.reply import Inputs, Reply, nothing
from simulator.answers.world import World
from simulator.draws import Draws
from simulator.feeds import Tick
from simulator.strings import coloured, signed, symbol
from simulator.universe import Stock

_ASK_DEPTH = (76, 93, 100, 108, 121)
_BID_DEPTH = (59, 88, 104, 128, 95)
"""Size of a level in hundredths of the book's mean, from the touch outwards."""

_NOTHING = [EMPTY] * 5


def after_hours_book(world: World, inputs: Inputs, moment: int) -> Reply:
    """opt10087: five levels within 10 % of the close, between 16:00 and 18:00 while that session existed.

    Its 호가잔량기준시간 is the regular session's, as the guide says. KRX abolished the session on
    2026-09-14; from then on, and outside its hours, every quantity and price is 0.
    """
    stock = world.stock(inputs["종목코드"])
    now = krx.kst(moment)
    if stock is None or not krx.is_trading_day(now.date()) or now.date() < stock.listed:
        return nothing()
    last, base = world.last_trade(stock, moment), world.feed.base_price(stock, now.date())
    asks, bids, close = _NOTHING, _NOTHING, 0
    if krx.has_afterhours_single_price(now.date()) and 16 <= now.hour < 18 and last:
        close = last.price
        asks, bids = _levels(world, stock, last, moment // (600 * SECOND))
    ask_total, ask_change = _totals(asks)
    bid_total, bid_change = _totals(bids)
    upper, lower = world.feed.limits(stock, now.date())
    row = [
        time_form(last.at if last else moment),
        *(signed(level.change) for level in reversed(asks)),
        *(str(level.quantity) for level in reversed(asks)),
        *(price_form(level.price, base) for level in reversed(asks)),
        *(price_form(level.price, base) for level in bids),
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
        change_form(close or base, base),
        rate_form(close or base, base),
        "0",
    ]
    return Reply([], iter([row]))


def _levels(world: World, stock: Stock, last: Tick, turn: int) -> Tuple[List[Level], List[Level]]:
    """Asks and bids from the touch outwards; ``turn`` numbers the moments at which sizes change."""
    day, _ = krx.day_and_minute(last.at)
    table = krx.tick_table(stock.market, day)
    upper, lower = world.feed.limits(stock, day)
    ask, bid = world.feed.best_quotes(stock, last)
    asks: List[Level] = []
    bids: List[Level] = []
    for side, depths, best, step in ((asks, _ASK_DEPTH, ask, 1), (bids, _BID_DEPTH, bid, -1)):
        index = table.index(best) if best else 0
        for number, depth in enumerate(depths):
            price = table.price(index + number * step) if best else 0
            if not lower <= price <= upper or abs(price - last.price) * 10 > last.price:
                side.append(EMPTY)
                continue
            now = _quantity(world, stock, price, turn, depth)
            side.append(Level(price, now, now - _quantity(world, stock, price, turn - 1, depth)))
    return asks, bids


def _quantity(world: World, stock: Stock, price: int, turn: int, depth: int) -> int:
    """Shares at a price, a five-hundredth of a usual day's on average.

    Mostly what the price keeps, partly what this turn brings.
    """
    seed = world.feed.seed
    kept = Draws(seed, "book", stock.code, str(price)).between(20, 180)
    fresh = Draws(seed, "book", stock.code, str(price), str(turn)).between(80, 120)
    return max(1, stock.volume * depth * kept * fresh // 500_000_000)


def _totals(levels: List[Level]) -> Tuple[int, int]:
    return sum(level.quantity for level in levels), sum(level.change for level in levels)
