"""The order book: time for an operation of a busy day's mix, beside the containers it is made of."""

from __future__ import annotations

import time
from collections import deque
from typing import Deque, Dict, List, Optional, Tuple

from benchmarks.figures import Figure
from simulator.draws import octets
from simulator.market.book import Book, Resting

REST, CANCEL, REDUCE, TAKE = range(4)

Step = Tuple[int, int, int, int, int]
"""What is done, side, tick index, shares, and the number of the order that it is about."""

MIDDLE = 10_000
LEVELS = 10
ORDERS = 2_000
"""Orders that stand in the book, about: a large cap, ten prices on each side."""

MOST_A_SECOND = 300_000


def speed(_: str, rounds: int, quick: bool) -> List[Figure]:
    """Of 100 operations 12 match, 6 reduce an order, the others put one into the book or cancel one."""
    steps = script(30_000 if quick else 150_000)
    figure = Figure(
        "one book operation",
        "us",
        "as many of dict and deque",
        limit=1e6 / MOST_A_SECOND,
    )
    for number in range(rounds):
        for ours in (True, False) if number % 2 else (False, True):
            values = figure.ours if ours else figure.floor
            seconds = replay(steps) if ours else floor(steps)
            values.append(seconds / len(steps) * 1e6)
    return [figure]


def script(count: int) -> List[Step]:
    """So many operations, drawn once and played in each round; the book stays about as deep."""
    book, steps = Book(), []
    alive: List[Resting] = []
    for number in range(count):
        what, size, near, far, which, *place = octets(8, "book", number)
        quantity = 1 + size * size // 128
        side = 1 if which & 1 else -1
        grows = what >= 180 if len(alive) >= ORDERS else what >= 90
        order = _pick(alive, int.from_bytes(place, "big"))
        if what < 31:
            limit = MIDDLE + side * LEVELS
            book.take(side, 2 * quantity, limit)
            steps.append((TAKE, side, limit, 2 * quantity, number))
        elif order is None or grows:
            best = book.best(-side)
            touch = MIDDLE if best is None else best - side
            index = touch - side * (near * far * LEVELS >> 16)
            alive.append(book.rest(side, index, quantity, number))
            steps.append((REST, side, index, quantity, number))
        elif what < 46 and order.quantity > 1:
            book.reduce(order, 1)
            steps.append((REDUCE, order.side, order.index, 1, order.owner))
        else:
            book.cancel(order)
            steps.append((CANCEL, order.side, order.index, 0, order.owner))
    return steps


def _pick(alive: List[Resting], draw: int) -> Optional[Resting]:
    """One that still stands; those met on the way that do not are forgotten."""
    while alive:
        place = draw % len(alive)
        if alive[place].quantity:
            return alive[place]
        alive[place] = alive[-1]
        alive.pop()
    return None


def replay(steps: List[Step]) -> float:
    """Seconds for the whole script on a book."""
    book = Book()
    orders: Dict[int, Resting] = {}
    began = time.perf_counter()
    for what, side, index, quantity, number in steps:
        if what == REST:
            orders[number] = book.rest(side, index, quantity, number)
        elif what == CANCEL:
            book.cancel(orders.pop(number))
        elif what == REDUCE:
            book.reduce(orders[number], quantity)
        else:
            book.take(side, quantity, index)
    return time.perf_counter() - began


def floor(steps: List[Step]) -> float:
    """Seconds for the same script where an order is a tuple at the end of its price's deque, and no more."""
    levels: Dict[int, Deque[Tuple[int, int]]] = {}
    orders: Dict[int, Tuple[int, int]] = {}
    began = time.perf_counter()
    for what, side, index, quantity, number in steps:
        if what == REST:
            key = side * index
            level = levels.get(key)
            if level is None:
                level = levels[key] = deque()
            orders[number] = order = (number, quantity)
            level.append(order)
        elif what == CANCEL:
            orders.pop(number)
            level = levels[side * index]
            if level:
                level.popleft()
        elif what == REDUCE:
            orders[number] = (number, quantity)
        else:
            level = levels.get(-side * index)
            if level:
                level.popleft()
    return time.perf_counter() - began
