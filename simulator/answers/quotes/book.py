"""The order book of the regular session: opt10004."""

from __future__ import annotations

from typing import Dict, List, NamedTuple, Sequence, Tuple

from simulator.answers.forms import price_form, time_form
from simulator.answers.reply import Inputs, Reply, nothing
from simulator.answers.snapshot import snapshot
from simulator.answers.world import World
from simulator.strings import signed
from simulator.universe import Stock

_LEVELS = 10


class Level(NamedTuple):
    """One level of a book: price in won (0: nothing there), shares, their change at this price."""

    price: int
    quantity: int
    change: int


EMPTY = Level(0, 0, 0)


class Book(NamedTuple):
    """Ten levels a side from the touch outwards.

    Attributes:
        at: microseconds since 1970 UTC.
        ask_change, bid_change: change of a side's shares since the book before.
    """

    at: int
    asks: List[Level]
    bids: List[Level]
    ask_change: int
    bid_change: int

    @property
    def ask_total(self) -> int:
        """총매도잔량."""
        return sum(level.quantity for level in self.asks)

    @property
    def bid_total(self) -> int:
        """총매수잔량."""
        return sum(level.quantity for level in self.bids)


def book(world: World, stock: Stock, moment: int) -> Book:
    """The book at a moment, changes against the one before; empty where nothing was shown yet."""
    shown = world.books(stock, moment)
    if not shown:
        return Book(moment, [EMPTY] * _LEVELS, [EMPTY] * _LEVELS, 0, 0)
    now, before = shown[0], shown[-1]
    asks, bids = _levels(now.asks, dict(before.asks)), _levels(now.bids, dict(before.bids))
    ask_change = _total(now.asks) - _total(before.asks)
    return Book(now.at, asks, bids, ask_change, _total(now.bids) - _total(before.bids))


def _levels(side: Sequence[Tuple[int, int]], before: Dict[int, int]) -> List[Level]:
    """A price that was not shown before has no change."""
    levels = [Level(price, size, size - before.get(price, size)) for price, size in side]
    return (levels + [EMPTY] * _LEVELS)[:_LEVELS]


def _total(side: Sequence[Tuple[int, int]]) -> int:
    return sum(size for _, size in side)


def order_book(world: World, inputs: Inputs, moment: int) -> Reply:
    """opt10004: one row, asks from the tenth level down to the touch, then bids outwards."""
    stock = world.stock(inputs["종목코드"])
    now = snapshot(world, stock, moment) if stock else None
    if now is None:
        return nothing()
    shown, base = book(world, now.stock, moment), now.base
    row = [time_form(shown.at)]
    for level in reversed(shown.asks):
        row += [signed(level.change), str(level.quantity), price_form(level.price, base)]
    for level in shown.bids:
        row += [price_form(level.price, base), str(level.quantity), signed(level.change)]
    row += [signed(shown.ask_change), str(shown.ask_total)]
    row += [str(shown.bid_total), signed(shown.bid_change)]
    return Reply([], iter([[*row, *"0000"]]))
