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
from simulator.feeds.generator.expected import draw_orders
from simulator.market import auction
from simulator.market.book import Book, Trade
from simulator.market.play import Play
from simulator.market.working import ALL_OR_NOTHING, GOOD, Reports, WorkingOrder

LEVELS = 10

Levels = List[Tuple[int, int]]
"""(won, shares) at each price."""


class FullBook:
    """One stock's book, with the orders of users in it.

    A trade of the feed prints its quantity, though maybe at better prices, where it met users. Beyond that
    is printed what users take, and what their orders trade with the feed's next book.

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
        self._anonymous: Dict[int, Dict[int, None]] = {1: {}, -1: {}}  # where such shares stand
        self._outlook: Optional[Expected] = None  # what the feed's auction expects
        self._due: List[Tuple[WorkingOrder, int, int]] = []  # fills to be reported: won, shares
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
        if self._fresh:
            self._look()
        if not self._continuous():
            if order.condition != GOOD:
                self._reports.dropped(order)
                return
            self._waiting.append(order)
            self._expect()
            return
        if order.condition == ALL_OR_NOTHING and self._reachable(order) < order.quantity:
            self._reports.dropped(order)
            return
        trades = self._book.take(order.side, order.quantity, self._index(order))
        self._settle(trades, order.side)
        self._due += [(order, self._table.price(each.index), each.quantity) for each in trades]
        left = order.quantity - sum(trade.quantity for trade in trades)
        if left and order.condition == GOOD:
            if order.limit is None:  # what a market order leaves stands at its last price
                assert self._play.last is not None, "continuous trading begins with a trade"
                order.limit = self._play.last.price
            order.resting = self._book.rest(order.side, self._price(order), left, order)
        self._finish()
        if left and order.condition != GOOD:
            self._reports.dropped(order)

    def withdraw(self, order: WorkingOrder, quantity: int) -> None:
        """Take back some of its shares; the rest keeps its place."""
        order.quantity -= quantity
        if order not in self._waiting:
            self._book.reduce(order.resting, quantity)
        elif not order.quantity:
            self._waiting.remove(order)
        if self._continuous():
            self._publish()
        else:
            self._expect()

    def _look(self) -> None:
        """Begin with what is shown when the first order comes."""
        self._fresh = False
        self._outlook = self._play.expected
        if self._play.quote is not None:
            self._set(self._play.quote)

    def _index(self, order: WorkingOrder) -> Optional[int]:
        return None if order.limit is None else self._table.index(order.limit)

    def _price(self, order: WorkingOrder) -> int:
        assert order.limit is not None
        return self._table.index(order.limit)

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
        index, side = self._table.index(tick.price), tick.side
        for each in (-side, side):  # nobody anonymous may stand in its way ...
            for price in self._anonymous[each]:
                if (price - index) * each > 0 or (price == index and each == side):
                    self._book.set_anonymous(each, price, 0)
        missing = tick.quantity - self._book.quantity(-side, index)
        if missing > 0:  # ... and as many shares as it took must be there to take
            self._offer(-side, index, self._book.anonymous(-side, index) + missing)
        self._settle(self._book.take(side, tick.quantity, index), side)
        self._finish()

    def quoted(self, quote: Quote) -> None:
        """The feed's next book: its shares come and go, those that now meet an order trade with it."""
        if not self._continuous():
            self._play.show(quote)
            return
        self._enter_waiting()
        self._set(quote)
        self._finish()

    def expected(self, expected: Expected) -> None:
        """What the feed's auction expects next, without the orders that wait for it."""
        self._outlook = expected
        self._expect()

    def _set(self, quote: Quote) -> None:
        wanted = {
            side: {self._table.index(price): shares for price, shares in levels}
            for side, levels in ((1, quote.bids), (-1, quote.asks))
        }
        for side, levels in wanted.items():
            for index in self._anonymous[side]:
                if self._book.anonymous(side, index) > levels.get(index, 0):
                    self._book.set_anonymous(side, index, levels.get(index, 0))
            self._anonymous[side] = {}
        for side, levels in wanted.items():
            for index, shares in levels.items():
                self._offer(side, index, shares)

    def _offer(self, side: int, index: int, shares: int) -> None:
        """Bring the anonymous shares at a price up to a number; new ones first meet who is in their way."""
        self._anonymous[side][index] = None
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
        """Print what an incoming order of a side took, a price at a time."""
        ask, bid = (self._book.best(each) for each in (-1, 1))
        self._play.touch = (
            0 if ask is None else self._table.price(ask),
            0 if bid is None else self._table.price(bid),
        )
        printed: Dict[int, int] = {}
        for trade in trades:
            printed[trade.index] = printed.get(trade.index, 0) + trade.quantity
            if trade.resting.owner is not None:
                price = self._table.price(trade.index)
                self._due.append((trade.resting.owner, price, trade.quantity))
        for index, quantity in printed.items():
            now = self._play.loop.now()
            self._play.print(Tick(now, self._table.price(index), quantity, side))

    def _finish(self) -> None:
        """Show the book as it stands now, and report what traded."""
        self._publish()
        self._report()

    def _report(self) -> None:
        due, self._due = self._due, []
        for order, price, quantity in due:
            order.quantity -= quantity
            self._reports.filled(order, price, quantity)

    def _publish(self) -> None:
        asks, bids = (
            tuple((self._table.price(index), n) for index, n in self._book.depth(side, LEVELS))
            for side in (-1, 1)
        )
        shown = self._play.quote
        if shown is None or (shown.asks, shown.bids) != (asks, bids):
            self._play.show(Quote(self._play.loop.now(), asks, bids))

    # -- auctions ------------------------------------------------------------------------------

    def _enter_waiting(self) -> None:
        """Continuous trading has begun: what waited for it comes in its turn."""
        if self._waiting and self._continuous():
            waiting, self._waiting = self._waiting, []
            for order in waiting:
                self.submit(order)

    @property
    def _gathering(self) -> List[WorkingOrder]:
        """The orders for an auction; those that stood before it began came first."""
        return [*self._book.owners(), *self._waiting]

    def _uncross(self, tick: Tick) -> None:
        """The feed's auction, with the orders that wait for it. Nobody anonymous is left after it."""
        orders, self._waiting = self._gathering, []
        self._book, self._anonymous = Book(), {1: {}, -1: {}}
        self._outlook = self._play.touch = None
        market = self._gathered(tick.at, tick.price, tick.quantity)
        settled = self._settled(market, orders, tick.price)
        assert settled is not None, "the feed's own orders trade"
        index, quantity = settled
        price = self._table.price(index)
        filled = self._share_out(price, quantity, market, orders)
        self._play.print(Tick(tick.at, price, quantity, 0))
        self._due += [(order, price, shares) for order, shares in filled]
        got = {id(order): shares for order, shares in filled}
        self._waiting = [each for each in orders if got.get(id(each), 0) < each.quantity]
        self._report()

    def _gathered(self, at: int, price: int, quantity: int) -> Tuple[Levels, Levels]:
        """The anonymous bids and asks that alone would be settled at a price and quantity."""
        play = self._play
        assert play.day is not None
        key = (play.feed.seed, play.stock.code, play.day, at)
        return draw_orders(
            key, self._table, play.feed.limits(play.stock, play.day), price, quantity
        )

    def _settled(
        self, market: Tuple[Levels, Levels], orders: List[WorkingOrder], last: int
    ) -> Optional[Tuple[int, int]]:
        """Tick index and shares at which the market's orders and those of users are settled."""
        upper, lower = self._play.feed.limits(self._play.stock, self._day)
        sides: List[List[Tuple[Optional[int], int]]] = []
        for side, levels in zip((1, -1), market):
            gathered: List[Tuple[Optional[int], int]] = [
                (self._table.index(price), shares) for price, shares in levels
            ]
            gathered += [(self._index(o), o.quantity) for o in orders if o.side == side]
            sides.append(gathered)
        limits = (self._table.index(lower), self._table.index(upper))
        return auction.uncross(sides[0], sides[1], self._table.index(last), limits)

    def _share_out(
        self,
        price: int,
        quantity: int,
        market: Tuple[Levels, Levels],
        orders: List[WorkingOrder],
    ) -> List[Tuple[WorkingOrder, int]]:
        """What each order gets: a better price first, then the market's shares, then its turn."""
        filled: List[Tuple[WorkingOrder, int]] = []
        for side, levels in zip((1, -1), market):
            accepting = [each for each in orders if each.side == side and each.accepts(price)]
            better = [order for order in accepting if order.limit != price]
            equal = [order for order in accepting if order.limit == price]
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
        outlook = self._outlook
        if outlook is None:
            return
        price, quantity = outlook.price, outlook.quantity
        market = self._gathered(outlook.at, price, quantity)
        settled = self._settled(market, self._gathering, price)
        if settled is not None:
            price, quantity = self._table.price(settled[0]), settled[1]
        self._play.expect(Expected(self._play.loop.now(), price, quantity))
