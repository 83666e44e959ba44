"""The fill model in which orders are part of the market: they stand in the book and change what is printed.

The feed's books are the market's anonymous shares, its trades are orders that come to the book. A user's
order stands in the same book: whoever comes meets it in its turn, and what it takes from the book is
printed. The feed does not learn from it: at its next book the shares that were taken are back. So a
user's order moves the price for as long as the feed is silent, and no longer.
"""

from __future__ import annotations

from typing import Callable, Dict, List, Optional, Tuple

from sapi_kiwoom import krx
from simulator.feeds import Expected, Quote, Tick
from simulator.feeds.generated.expected import draw_orders
from simulator.market import auction
from simulator.market.book import Book, Trade
from simulator.market.play import Play
from simulator.market.working import ALL_OR_NOTHING, GOOD, Reports, WorkingOrder

LEVELS = 10

Levels = List[Tuple[int, int]]
"""(won, shares) at each price."""


class FullBook:
    """One stock's book, with the orders of users in it.

    Args:
        play: the stock and board.
        reports: told of fills.
        continuous: whether trades happen at any moment now.
    """

    needs_books = True

    def __init__(
        self,
        play: Play,
        reports: Reports,
        continuous: Callable[[], bool],
    ) -> None:
        self._play = play
        self._reports = reports
        self._continuous = continuous
        self._book = Book()
        self._waiting: List[WorkingOrder] = []  # for an auction, or for continuous trading to begin
        self._shown: Dict[int, List[int]] = {
            1: [],
            -1: [],
        }  # indexes at which anonymous shares stand
        self._day = krx.kst(play.loop.now()).date()
        self._table = krx.tick_table(play.stock.market, self._day)
        self._fresh = True

    @property
    def empty(self) -> bool:
        """Whether no order is at work."""
        return not self._waiting and next(iter(self._book.owners()), None) is None

    # -- orders --------------------------------------------------------------------------------

    def submit(self, order: WorkingOrder) -> None:
        """Put an order to work."""
        if self._fresh and self._play.quote is not None:
            self._set(self._play.quote)
        if not self._continuous():
            self._waiting.append(order)
            self._expect()
            return
        if order.condition == ALL_OR_NOTHING and self._reachable(order) < order.quantity:
            self._reports.dropped(order)
            return
        trades = self._book.take(order.side, order.quantity, self._index(order))
        self._settle(trades, order.side)
        for trade in trades:
            order.quantity -= trade.quantity
            self._reports.filled(order, self._table.price(trade.index), trade.quantity)
        if order.quantity and order.condition != GOOD:
            self._reports.dropped(order)
        elif order.quantity:
            if order.limit is None:  # what a market order leaves stands at its last price
                last = self._play.last
                assert trades or last is not None
                order.limit = self._table.price(trades[-1].index) if trades else last.price  # type: ignore[union-attr]
            self._rest(order)
        self._publish()

    def withdraw(self, order: WorkingOrder, quantity: int) -> None:
        """Take back some of its shares; the rest keeps its place."""
        order.quantity -= quantity
        if order in self._waiting:
            if not order.quantity:
                self._waiting.remove(order)
            self._expect()
        elif order.resting is not None:
            self._book.reduce(order.resting, quantity)
            self._publish()

    def _rest(self, order: WorkingOrder) -> None:
        assert order.limit is not None
        index = self._table.index(order.limit)
        order.resting = self._book.rest(order.side, index, order.quantity, order)

    def _index(self, order: WorkingOrder) -> int | None:
        return None if order.limit is None else self._table.index(order.limit)

    def _reachable(self, order: WorkingOrder) -> int:
        levels = self._book.depth(-order.side, LEVELS)
        return sum(n for index, n in levels if order.accepts(self._table.price(index)))

    # -- the market comes ----------------------------------------------------------------------

    def traded(self, tick: Tick) -> None:
        """The feed's next trade comes to the book."""
        if tick.side == 0:
            self._uncross(tick)
            return
        self._enter_waiting()
        index, maker = self._table.index(tick.price), -tick.side
        for price in self._shown[maker]:  # nobody anonymous may stand in its way ...
            if (price - index) * maker > 0:
                self._book.set_anonymous(maker, price, 0)
        for price in self._shown[tick.side]:
            if (price - index) * tick.side >= 0:
                self._book.set_anonymous(tick.side, price, 0)
        missing = tick.quantity - self._book.quantity(maker, index)
        if missing > 0:  # ... and as many shares as it took must be there to take
            self._offer(maker, index, self._book.anonymous(maker, index) + missing)
        self._settle(self._book.take(tick.side, tick.quantity, index), tick.side)
        self._publish()

    def quoted(self, quote: Quote) -> None:
        """The feed's next book: its shares come and go, those that now meet an order trade with it."""
        if not self._continuous():
            self._play.show(quote)
            return
        self._enter_waiting()
        self._set(quote)
        self._publish()

    def _set(self, quote: Quote) -> None:
        self._fresh = False
        wanted = {
            side: {self._table.index(price): shares for price, shares in levels}
            for side, levels in ((1, quote.bids), (-1, quote.asks))
        }
        for side, levels in wanted.items():
            for index in self._shown[side]:
                if self._book.anonymous(side, index) > levels.get(index, 0):
                    self._book.set_anonymous(side, index, levels.get(index, 0))
        for side, levels in wanted.items():
            for index, shares in levels.items():
                self._offer(side, index, shares)
            self._shown[side] = list(levels)

    def _offer(self, side: int, index: int, shares: int) -> None:
        """Bring the anonymous shares at a price up to a number; new ones first meet who is in their way."""
        more = shares - self._book.anonymous(side, index)
        if more <= 0:
            return
        best = self._book.best(-side)
        if best is not None and (index - best) * side >= 0:
            trades = self._book.take(side, more, index)
            self._settle(trades, side)
            more -= sum(trade.quantity for trade in trades)
        if more > 0:
            self._book.set_anonymous(side, index, self._book.anonymous(side, index) + more)

    def _settle(self, trades: List[Trade], side: int) -> None:
        """Print what an incoming order of a side took, a price at a time, and report fills."""
        best = {side: self._book.best(side) for side in (-1, 1)}
        ask, bid = (0 if index is None else self._table.price(index) for index in best.values())
        self._play.touch = ask, bid
        printed: Dict[int, int] = {}
        for trade in trades:
            printed[trade.index] = printed.get(trade.index, 0) + trade.quantity
        for index, quantity in printed.items():
            now = self._play.loop.now()
            self._play.print(Tick(now, self._table.price(index), quantity, side))
        for trade in trades:
            order = trade.resting.owner
            if order is not None:
                order.quantity -= trade.quantity
                self._reports.filled(order, self._table.price(trade.index), trade.quantity)

    def _publish(self) -> None:
        """Show the book as it stands now."""
        asks, bids = (
            tuple((self._table.price(index), n) for index, n in self._book.depth(side, LEVELS))
            for side in (-1, 1)
        )
        self._play.show(Quote(self._play.loop.now(), asks, bids))

    # -- auctions ------------------------------------------------------------------------------

    def _enter_waiting(self) -> None:
        """Continuous trading has begun: what waited for it comes in its turn."""
        waiting, self._waiting = self._waiting, []
        for order in waiting:
            self.submit(order)

    def _uncross(self, tick: Tick) -> None:
        """The feed's auction, with the orders that wait for it."""
        standing: List[WorkingOrder] = list(self._book.owners())  # since before the auction began
        for order in standing:
            self._book.cancel(order.resting)
        self._waiting = [*standing, *self._waiting]
        self._play.touch = None
        market = self._gathered(tick.at, tick.price, tick.quantity)
        settled = self._settled(market, tick.price)
        if settled is None:
            self._play.print(tick)
            return
        index, quantity = settled
        price = self._table.price(index)
        filled = self._share_out(price, quantity, market)
        self._play.print(Tick(tick.at, price, quantity, 0))
        for order, shares in filled:
            order.quantity -= shares
            self._reports.filled(order, price, shares)
        self._waiting = [order for order in self._waiting if order.quantity > 0]

    def _gathered(self, at: int, price: int, quantity: int) -> Tuple[Levels, Levels]:
        """The anonymous bids and asks that alone would be settled at a price and quantity."""
        play = self._play
        assert play.day is not None
        key = (play.feed.seed, play.stock.code, play.day, at)
        return draw_orders(
            key, self._table, play.feed.limits(play.stock, play.day), price, quantity
        )

    def _settled(self, market: Tuple[Levels, Levels], last: int) -> Optional[Tuple[int, int]]:
        """Tick index and shares at which the market's orders and those that wait are settled."""
        upper, lower = self._play.feed.limits(self._play.stock, self._day)
        sides: List[List[Tuple[Optional[int], int]]] = []
        for side, levels in zip((1, -1), market):
            orders: List[Tuple[Optional[int], int]] = [
                (self._table.index(price), shares) for price, shares in levels
            ]
            orders += [(self._index(o), o.quantity) for o in self._waiting if o.side == side]
            sides.append(orders)
        limits = (self._table.index(lower), self._table.index(upper))
        return auction.uncross(sides[0], sides[1], self._table.index(last), limits)

    def _share_out(
        self, price: int, quantity: int, market: Tuple[Levels, Levels]
    ) -> List[Tuple[WorkingOrder, int]]:
        """What each waiting order gets: a better price first, then the market's shares, then its turn."""
        filled: List[Tuple[WorkingOrder, int]] = []
        for side, levels in zip((1, -1), market):
            orders = [each for each in self._waiting if each.side == side and each.accepts(price)]
            better = [order for order in orders if order.limit != price]
            equal = [order for order in orders if order.limit == price]
            others = sum(shares for won, shares in levels if (won - price) * side >= 0)
            left = quantity
            for order in better:
                filled.append((order, min(left, order.quantity)))
                left -= filled[-1][1]
            left = max(0, left - others)
            for order in equal:
                filled.append((order, min(left, order.quantity)))
                left -= filled[-1][1]
        return [(order, shares) for order, shares in filled if shares]

    def _expect(self) -> None:
        """What the running auction would give with the orders that wait for it."""
        expected = self._play.expected
        if expected is None:
            return
        settled = self._settled(
            self._gathered(expected.at, expected.price, expected.quantity), expected.price
        )
        if settled is not None:
            index, quantity = settled
            self._play.expect(Expected(self._play.loop.now(), self._table.price(index), quantity))
