"""Fill models that leave the feed's history as it is: they say when an order would have traded.

``Touch`` assumes that an order trades as soon as its price does. ``Queue`` assumes that it stands behind
the shares shown at its price when it came, that trades work these off first, and that those who leave
stood behind it as long as the book shows no fewer. Neither changes what others see: an order takes no
shares away from anybody, however large it is. `simulator.market.fullbook` has the third model, where it does.
"""

from __future__ import annotations

from typing import Callable, List, Tuple

from simulator.feeds import Expected, Quote, Tick
from simulator.market.play import Play
from simulator.market.working import ALL_OR_NOTHING, GOOD, Reports, WorkingOrder

Delay = Callable[[WorkingOrder], int]
"""Microseconds until an order that could trade at once does."""


def at_once(order: WorkingOrder) -> int:
    """No delay."""
    return 0


class _Waiting:
    """Orders at work over a feed's history that stays as it is: what the models below have in common."""

    def __init__(self, play: Play, reports: Reports, continuous: Callable[[], bool]) -> None:
        self._play = play
        self._reports = reports
        self._continuous = continuous
        self._orders: List[WorkingOrder] = []

    @property
    def empty(self) -> bool:
        """Whether no order is at work."""
        return not self._orders

    def withdraw(self, order: WorkingOrder, quantity: int) -> None:
        """Take back some of its shares; the rest keeps its place."""
        order.quantity -= quantity
        self._forget_done()

    def expected(self, expected: Expected) -> None:
        """What the feed's auction expects next."""
        self._play.expect(expected)

    def _fill(self, order: WorkingOrder, price: int, quantity: int) -> None:
        order.quantity -= quantity
        self._forget_done()
        self._reports.filled(order, price, quantity)

    def _forget_done(self) -> None:
        self._orders = [order for order in self._orders if order.quantity > 0]


class Touch(_Waiting):
    """Trades an order when its price is touched.

    Whatever it could meet at once trades whole at the last price, after a delay. Later, a trade at its
    price fills as many shares as were printed, a trade through its price the rest at its own price.

    Args:
        play: the stock and board.
        reports: told of fills.
        continuous: whether trades happen at any moment now, and not in an auction or not at all.
        delay: how long the server takes to fill what it could at once.
    """

    needs_books = False

    def __init__(
        self,
        play: Play,
        reports: Reports,
        continuous: Callable[[], bool],
        delay: Delay = at_once,
    ) -> None:
        super().__init__(play, reports, continuous)
        self._delay = delay

    def submit(self, order: WorkingOrder) -> None:
        """Put an order to work."""
        last = self._play.last
        able = self._continuous() and last is not None and order.accepts(last.price)
        if order.condition != GOOD and not able:
            self._reports.dropped(order)
            return
        self._orders.append(order)
        if able:
            order.ahead = 1  # on its way: trades do not touch it
            self._play.loop.call_later(self._delay(order), lambda: self._arrive(order))

    def traded(self, tick: Tick) -> None:
        """The feed's next trade: print it, and fill what it touches."""
        self._play.print(tick)
        for order in list(self._orders):
            if order.ahead or not order.accepts(tick.price):
                continue
            if order.limit is None or tick.side == 0:
                self._fill(order, tick.price, order.quantity)
            elif order.limit == tick.price:
                self._fill(order, tick.price, min(order.quantity, tick.quantity))
            else:
                self._fill(order, order.limit, order.quantity)

    def quoted(self, quote: Quote) -> None:
        """The feed's next book."""
        self._play.show(quote)

    def _arrive(self, order: WorkingOrder) -> None:
        order.ahead = 0
        last = self._play.last
        if order not in self._orders or last is None:
            return
        if self._continuous() and order.accepts(last.price):
            self._fill(order, last.price, order.quantity)
        elif order.condition != GOOD:
            self._orders.remove(order)
            self._reports.dropped(order)


class Queue(_Waiting):
    """Trades an order when those who stood before it have traded or left.

    What it meets at once walks the shown levels. Then it stands behind the shares shown at its price
    (behind those of the outermost level where its price is not shown). Prints at its price first work
    off what stands ahead, prints through its price come to it at once; it never gets more shares than
    were printed or shown. In an auction it trades when its price is better than the auction's.

    Args:
        play: the stock and board.
        reports: told of fills.
        continuous: whether trades happen at any moment now.
    """

    needs_books = True

    def submit(self, order: WorkingOrder) -> None:
        """Put an order to work."""
        reached = self._walk(order) if self._continuous() else []
        if order.condition == ALL_OR_NOTHING and sum(n for _, n in reached) < order.quantity:
            reached = []
        self._orders.append(order)
        for price, quantity in reached:
            self._fill(order, price, quantity)
        if order.quantity == 0:
            return
        if order.condition != GOOD:
            self._orders.remove(order)
            self._reports.dropped(order)
            return
        if order.limit is None and reached:  # what a market order leaves stands at its last price
            order.limit = reached[-1][0]
        order.ahead = self._shown(order)

    def traded(self, tick: Tick) -> None:
        """The feed's next trade: print it, and fill whom it reaches."""
        self._play.print(tick)
        if tick.side == 0:
            self._settle(tick)
            return
        left = tick.quantity
        for order in self._by_priority():
            if not order.accepts(tick.price):
                continue
            if order.limit == tick.price and tick.side == order.side:
                continue  # its own side came to the other one
            if order.limit is None or order.limit != tick.price:
                taken = min(left, order.quantity)
            else:
                worked_off = min(left, order.ahead)
                order.ahead -= worked_off
                taken = min(left - worked_off, order.quantity)
            if taken:
                left -= taken
                self._fill(order, tick.price if order.limit is None else order.limit, taken)

    def quoted(self, quote: Quote) -> None:
        """The feed's next book: those who left it do not stand ahead any more."""
        self._play.show(quote)
        if not self._continuous():
            return
        for order in self._by_priority():
            order.ahead = min(order.ahead, self._shown(order))
            for price, quantity in self._walk(order):
                self._fill(order, price if order.limit is None else order.limit, quantity)

    def _settle(self, tick: Tick) -> None:
        """An auction: a better price than its own trades, on each side as far as its shares go."""
        left = {1: tick.quantity, -1: tick.quantity}
        for order in self._by_priority():
            taken = min(left[order.side], order.quantity)
            if taken and order.accepts(tick.price) and order.limit != tick.price:
                left[order.side] -= taken
                self._fill(order, tick.price, taken)

    def _by_priority(self) -> List[WorkingOrder]:
        """Orders that take any price first, then the better price, then the earlier."""
        return sorted(
            self._orders,
            key=lambda order: (
                order.limit is not None,
                0 if order.limit is None else -order.limit * order.side,
            ),
        )

    def _walk(self, order: WorkingOrder) -> List[Tuple[int, int]]:
        """The shown (won, shares) that an order meets."""
        quote, left = self._play.quote, order.quantity
        if quote is None:
            return []
        reached = []
        for price, shares in quote.asks if order.side > 0 else quote.bids:
            if not left or not order.accepts(price):
                break
            taken = min(left, shares)
            reached.append((price, taken))
            left -= taken
        return reached

    def _shown(self, order: WorkingOrder) -> int:
        """Shares shown at its price on its own side."""
        quote = self._play.quote
        levels = () if quote is None else quote.bids if order.side > 0 else quote.asks
        if not levels or order.limit is None:
            return 0
        outermost, shares = levels[-1]
        if (outermost - order.limit) * order.side > 0:
            return shares
        return dict(levels).get(order.limit, 0)
