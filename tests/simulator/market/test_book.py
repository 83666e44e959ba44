from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from simulator.market.book import Book, Trade

BUY, SELL = 1, -1
SIDES = st.sampled_from([BUY, SELL])
INDEXES = st.integers(98, 102)
QUANTITIES = st.integers(1, 12)


# -- a queue at one price ----------------------------------------------------------------------


def test_the_better_price_trades_first_then_the_earlier_order():
    book = Book()
    late = book.rest(SELL, 101, 5, "late")
    early = book.rest(SELL, 100, 7, "early")
    second = book.rest(SELL, 100, 2, "second")

    assert book.take(BUY, 10) == [Trade(100, 7, early), Trade(100, 2, second), Trade(101, 1, late)]
    assert (early.quantity, second.quantity, late.quantity) == (0, 0, 4)
    assert book.depth(SELL, 10) == [(101, 4)]
    assert list(book.owners()) == ["late"]


def test_a_limit_is_the_worst_price():
    book = Book()
    for index in (98, 99, 100):
        book.rest(BUY, index, 10)
    assert [(trade.index, trade.quantity) for trade in book.take(SELL, 50, 99)] == [
        (100, 10),
        (99, 10),
    ]
    assert book.take(SELL, 50, 99) == []
    assert book.best(BUY) == 98
    assert book.best(SELL) is None


def test_an_order_that_would_trade_does_not_rest():
    book = Book()
    book.rest(SELL, 100, 1)
    for attempt in (book.rest, book.set_anonymous):
        with pytest.raises(ValueError, match="index 100 would trade with 100"):
            attempt(BUY, 100, 5)
    assert book.depth(BUY, 10) == []


def test_reducing_keeps_the_place_and_the_last_share_leaves():
    book = Book()
    first = book.rest(BUY, 100, 10, "first")
    second = book.rest(BUY, 100, 10, "second")
    book.reduce(first, 9)
    assert book.ahead(second) == 1
    assert book.take(SELL, 1)[0].resting is first
    book.reduce(second, 10)
    assert book.best(BUY) is None
    with pytest.raises(ValueError, match="no longer in the book"):
        book.cancel(second)


def test_wrong_quantities_are_refused():
    book = Book()
    order = book.rest(BUY, 100, 10)
    for refused in (
        lambda: book.take(SELL, 0),
        lambda: book.rest(BUY, 100, 0),
        lambda: book.reduce(order, 11),
        lambda: book.reduce(order, 0),
        lambda: book.set_anonymous(BUY, 100, -1),
    ):
        with pytest.raises(ValueError, match="quantity"):
            refused()
    assert book.depth(BUY, 1) == [(100, 10)]


# -- anonymous liquidity -----------------------------------------------------------------------


def test_new_anonymous_shares_come_last_and_withdrawn_ones_from_everywhere():
    book = Book()
    book.set_anonymous(BUY, 100, 600)
    mine = book.rest(BUY, 100, 50, "mine")
    book.set_anonymous(BUY, 100, 1_000)
    assert (book.ahead(mine), book.quantity(BUY, 100)) == (600, 1_050)
    book.set_anonymous(BUY, 100, 500)
    assert (book.ahead(mine), book.quantity(BUY, 100)) == (300, 550)
    book.set_anonymous(BUY, 100, 0)
    assert (book.ahead(mine), book.quantity(BUY, 100)) == (0, 50)


def test_a_share_that_cannot_be_split_stays_behind():
    book = Book()
    book.set_anonymous(BUY, 100, 10)
    mine = book.rest(BUY, 100, 1, "mine")
    book.set_anonymous(BUY, 100, 20)
    book.set_anonymous(BUY, 100, 7)
    assert [order.quantity for order in book.orders(BUY)] == [3, 1, 4]
    assert book.ahead(mine) == 3


def test_ownerless_neighbours_become_one():
    book = Book()
    for _ in range(20):
        book.set_anonymous(BUY, 100, book.anonymous(BUY, 100) + 10)
        book.rest(BUY, 100, 1, "mine")
    assert len(list(book.orders(BUY))) == 40
    for order in [order for order in book.orders(BUY) if order.owner]:
        book.cancel(order)
    book.set_anonymous(BUY, 100, 150)
    assert [order.quantity for order in book.orders(BUY)] == [150]


def test_a_price_far_away_costs_nothing():
    book = Book()
    book.set_anonymous(SELL, 1_000_000_000, 5)
    book.set_anonymous(BUY, 1, 5)
    assert book.depth(SELL, 10) == [(1_000_000_000, 5)]
    assert [trade.index for trade in book.take(BUY, 5)] == [1_000_000_000]


# -- against a list that is sorted each time -----------------------------------------------------


class Entry:
    def __init__(self, side, index, quantity, owner):
        self.side, self.index, self.quantity, self.owner = side, index, quantity, owner


class Naive:
    """What a book is: a list of orders in the order in which they came."""

    def __init__(self):
        self.entries = []

    def queue(self, side):
        ours = [entry for entry in self.entries if entry.side == side and entry.quantity]
        return sorted(ours, key=lambda entry: -side * entry.index)  # stable: time decides

    def level(self, side, index):
        return [entry for entry in self.queue(side) if entry.index == index]

    def would_trade(self, side, index):
        opposite = self.queue(-side)
        return bool(opposite) and side * index >= side * opposite[0].index

    def take(self, side, quantity, limit):
        trades = []
        for entry in self.queue(-side):
            if not quantity or (limit is not None and side * entry.index > side * limit):
                break
            traded = min(quantity, entry.quantity)
            entry.quantity -= traded
            quantity -= traded
            trades.append((entry.index, traded, entry.owner))
        return trades

    def thin(self, side, index, quantity):
        ownerless = [entry for entry in self.level(side, index) if entry.owner is None]
        now = sum(entry.quantity for entry in ownerless)
        passed = kept = 0
        for entry in ownerless:
            passed += entry.quantity
            upto = passed * quantity // now
            entry.quantity, kept = upto - kept, upto


def merged(orders):
    """(index, shares, owner) in order, with ownerless neighbours taken together."""
    runs = []
    for index, quantity, owner in orders:
        if runs and owner is None and runs[-1][2] is None and runs[-1][0] == index:
            runs[-1] = (index, runs[-1][1] + quantity, None)
        else:
            runs.append((index, quantity, owner))
    return runs


class BookMachine(RuleBasedStateMachine):
    @initialize()
    def open(self):
        self.book, self.naive = Book(), Naive()
        self.mine = {}  # owner -> its order in the book, and in the list
        self.count = 0
        self.put = self.gone = 0  # shares

    def live(self):
        return sorted(owner for owner, (order, _) in self.mine.items() if order.quantity)

    @rule(side=SIDES, index=INDEXES, quantity=QUANTITIES, owned=st.booleans())
    def rest(self, side, index, quantity, owned):
        if self.naive.would_trade(side, index):
            with pytest.raises(ValueError, match="would trade"):
                self.book.rest(side, index, quantity)
            return
        self.count += 1
        owner = self.count if owned else None
        entry = Entry(side, index, quantity, owner)
        self.naive.entries.append(entry)
        order = self.book.rest(side, index, quantity, owner)
        self.put += quantity
        if owned:
            self.mine[owner] = (order, entry)

    @rule(side=SIDES, quantity=QUANTITIES, limit=st.none() | INDEXES)
    def take(self, side, quantity, limit):
        trades = self.book.take(side, quantity, limit)
        expected = self.naive.take(side, quantity, limit)
        assert merged((t.index, t.quantity, t.resting.owner) for t in trades) == merged(expected)
        self.gone += sum(trade.quantity for trade in trades)

    @precondition(lambda self: self.live())
    @rule(data=st.data())
    def cancel(self, data):
        order, entry = self.mine[data.draw(st.sampled_from(self.live()))]
        self.gone += order.quantity
        self.book.cancel(order)
        entry.quantity = 0

    @precondition(lambda self: self.live())
    @rule(data=st.data())
    def reduce(self, data):
        order, entry = self.mine[data.draw(st.sampled_from(self.live()))]
        quantity = data.draw(st.integers(1, order.quantity))
        self.book.reduce(order, quantity)
        entry.quantity -= quantity
        self.gone += quantity

    @rule(side=SIDES, index=INDEXES, quantity=st.integers(0, 30))
    def set_anonymous(self, side, index, quantity):
        now = self.book.anonymous(side, index)
        if quantity > now and self.naive.would_trade(side, index):
            with pytest.raises(ValueError, match="would trade"):
                self.book.set_anonymous(side, index, quantity)
            return
        self.book.set_anonymous(side, index, quantity)
        if quantity > now:
            self.naive.entries.append(Entry(side, index, quantity - now, None))
        elif quantity < now:
            self.naive.thin(side, index, quantity)
        self.put += max(0, quantity - now)
        self.gone += max(0, now - quantity)
        assert self.book.anonymous(side, index) == quantity

    @precondition(lambda self: self.live())
    @rule(data=st.data(), quantity=st.integers(0, 30))
    def set_anonymous_around_mine(self, data, quantity):
        order, _ = self.mine[data.draw(st.sampled_from(self.live()))]
        self.set_anonymous(order.side, order.index, quantity)

    @invariant()
    def the_same_orders_in_the_same_order(self):
        for side in (BUY, SELL):
            ours = merged((o.index, o.quantity, o.owner) for o in self.book.orders(side))
            assert ours == merged((e.index, e.quantity, e.owner) for e in self.naive.queue(side))

    @invariant()
    def the_same_depth(self):
        for side in (BUY, SELL):
            queue = self.naive.queue(side)
            indexes = list(dict.fromkeys(entry.index for entry in queue))
            levels = [
                (index, sum(entry.quantity for entry in queue if entry.index == index))
                for index in indexes
            ]
            for count in (0, 1, 3, 20):
                assert self.book.depth(side, count) == levels[:count]
            assert self.book.best(side) == (indexes[0] if indexes else None)
            assert [(i, self.book.quantity(side, i)) for i in indexes] == levels

    @invariant()
    def never_crossed(self):
        bid, ask = self.book.best(BUY), self.book.best(SELL)
        assert bid is None or ask is None or bid < ask

    @invariant()
    def shares_are_conserved(self):
        standing = sum(o.quantity for side in (BUY, SELL) for o in self.book.orders(side))
        assert standing == self.put - self.gone

    @invariant()
    def everybody_knows_what_is_ahead(self):
        assert sorted(self.book.owners()) == self.live()
        for owner in self.live():
            order, entry = self.mine[owner]
            level = self.naive.level(entry.side, entry.index)
            before = level[: level.index(entry)]
            assert self.book.ahead(order) == sum(other.quantity for other in before)


TestBook = BookMachine.TestCase
TestBook.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
