from __future__ import annotations

from itertools import accumulate
from typing import NamedTuple, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.market.auction import allocate, allocate_at_limit, uncross
from simulator.market.book import Book

LOWER, UPPER = 0, 20
LEVELS = st.lists(st.tuples(st.none() | st.integers(LOWER, UPPER), st.integers(1, 50)), max_size=12)
LAST = st.integers(LOWER, UPPER)


class Order(NamedTuple):
    name: str
    side: int
    index: Optional[int]
    quantity: int


# -- the price ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bids", "asks", "last", "settled"),
    [
        # nobody meets
        ([], [], 10, None),
        ([(9, 5)], [(10, 5)], 9, None),
        ([(None, 5)], [], 9, None),
        # the price that trades most
        ([(12, 10), (11, 20), (10, 30)], [(9, 15), (10, 20), (11, 30)], 12, (10, 35)),
        # of several, the one next to the last price, which may be one that nobody names
        ([(14, 10)], [(10, 10)], 12, (12, 10)),
        ([(14, 10)], [(10, 10)], 8, (10, 10)),
        ([(14, 10)], [(10, 10)], 19, (14, 10)),
        # buyers are left over: they pay what they bid, whatever the last price
        ([(14, 15)], [(10, 10)], 8, (14, 10)),
        ([(14, 10)], [(10, 15)], 19, (10, 10)),
        # less is left over at 11, 100 would be at 10
        ([(10, 100), (11, 60)], [(9, 60)], 10, (11, 60)),
        # and nothing between two prices that both leave some
        ([(14, 10), (10, 5)], [(9, 10), (14, 5)], 8, (11, 10)),
        ([(14, 10), (10, 5)], [(9, 10), (14, 5)], 19, (13, 10)),
        # a market order that finds no counterpart drives the price to the limit
        ([(None, 10)], [(10, 6), (11, 3)], 10, (20, 9)),
        ([(12, 6)], [(None, 10)], 12, (0, 6)),
        ([(None, 10)], [(None, 10)], 12, (12, 10)),
    ],
)
def test_prices(bids, asks, last, settled):
    assert uncross(bids, asks, last, (LOWER, UPPER)) == settled


def test_without_limits_market_orders_stand_at_the_outermost_price():
    assert uncross([(None, 10), (9, 4)], [(10, 6), (12, 3)], 11) == (12, 9)
    assert uncross([(None, 10)], [(10, 6)], 15) == (15, 6)


def placed(orders, market):
    return [(market if index is None else index, quantity) for index, quantity in orders]


def traded_at(price, bids, asks):
    demand = sum(quantity for index, quantity in bids if index >= price)
    supply = sum(quantity for index, quantity in asks if index <= price)
    return min(demand, supply), abs(demand - supply)


@given(LEVELS, LEVELS, LAST)
def test_no_other_price_trades_more_or_leaves_less(bids, asks, last):
    settled = uncross(bids, asks, last, (LOWER, UPPER))
    bids, asks = placed(bids, UPPER), placed(asks, LOWER)
    outcomes = [traded_at(price, bids, asks) for price in range(LOWER, UPPER + 1)]
    most = max(traded for traded, _ in outcomes)
    if settled is None:
        assert most == 0
        return
    price, quantity = settled
    assert LOWER <= price <= UPPER
    assert quantity == most
    assert outcomes[price] == (most, min(left for traded, left in outcomes if traded == most))


@given(LEVELS, LEVELS, LAST)
def test_every_better_order_trades_in_full_and_only_then_the_last_price_counts(bids, asks, last):
    settled = uncross(bids, asks, last, (LOWER, UPPER))
    if settled is None:
        return
    bids, asks = placed(bids, UPPER), placed(asks, LOWER)

    def fills_the_better(price):
        traded, _ = traded_at(price, bids, asks)
        return (
            sum(quantity for index, quantity in bids if index > price) <= traded
            and sum(quantity for index, quantity in asks if index < price) <= traded
        )

    price, _ = settled
    best = traded_at(price, bids, asks)
    equals = [
        other
        for other in range(LOWER, UPPER + 1)
        if fills_the_better(other) and traded_at(other, bids, asks) == best
    ]
    assert price in equals
    assert abs(price - last) == min(abs(other - last) for other in equals)


# -- shares ------------------------------------------------------------------------------------


def orders_of(side, levels):
    return [Order(f"{place}", side, *level) for place, level in enumerate(levels)]


@given(LEVELS, LEVELS, LAST)
def test_both_sides_get_the_same_shares_by_price_and_time(bids, asks, last):
    settled = uncross(bids, asks, last, (LOWER, UPPER))
    if settled is None:
        return
    index, quantity = settled
    for side, levels in ((1, bids), (-1, asks)):
        orders = orders_of(side, levels)
        shared = allocate(orders, index, quantity)
        assert sum(shares for _, shares in shared) == quantity
        got = dict(shared)
        for order in orders:
            own = (UPPER if side > 0 else LOWER) if order.index is None else order.index
            if side * own > side * index:
                assert got[order] == order.quantity
            elif side * own < side * index:
                assert order not in got
        # who is served before is served in full
        assert all(shares == order.quantity for order, shares in shared[:-1])
        here = [got.get(order, 0) < order.quantity for order in orders if order.index == index]
        assert here == sorted(here)


def test_orders_of_a_book_can_be_allocated():
    book = Book()
    first, second = book.rest(-1, 10, 5, "first"), book.rest(-1, 9, 5, "second")
    assert allocate(book.orders(-1), 10, 7) == [(second, 5), (first, 2)]


def test_more_than_the_orders_have_is_refused():
    order = Order("only", 1, 10, 5)
    for share in (allocate, allocate_at_limit):
        with pytest.raises(ValueError, match="have 2 fewer"):
            share([order], 10, 7)
        with pytest.raises(ValueError, match="have 7 fewer"):
            share([order], 11, 7)


def at_upper(*quantities):
    return [Order(f"{place}", 1, UPPER, quantity) for place, quantity in enumerate(quantities)]


@pytest.mark.parametrize(
    ("wanted", "quantity", "shares"),
    [
        ((50, 10_000, 300), 100, {"1": 100}),
        ((50, 10_000, 300), 220, {"1": 100, "2": 100, "0": 20}),
        # 100 each, then 500 each: the large one first
        ((50, 10_000, 300), 900, {"1": 600, "2": 250, "0": 50}),
        # all rounds of one order: 3,600, then half of 6,400, then the rest
        ((10_000, 9_999), 3_600 * 2 + 3_200 + 3_199, {"0": 6_800, "1": 6_799}),
        ((10_000, 9_999), 3_600 * 2 + 3_200 + 3_200 + 5, {"0": 6_805, "1": 6_800}),
        # equally large: the earlier one first
        ((500, 500), 150, {"0": 100, "1": 50}),
    ],
)
def test_rounds_at_the_limit(wanted, quantity, shares):
    shared = allocate_at_limit(at_upper(*wanted), UPPER, quantity)
    assert {order.name: given for order, given in shared} == shares


def test_market_orders_stand_at_the_limit_and_others_do_not():
    orders = [
        Order("below", 1, UPPER - 1, 9_000),
        Order("market", 1, None, 200),
        Order("limit", 1, UPPER, 200),
    ]
    shared = allocate_at_limit(orders, UPPER, 150)
    assert [(order.name, given) for order, given in shared] == [("market", 100), ("limit", 50)]


@given(st.lists(st.integers(1, 20_000), min_size=1, max_size=8), st.data())
def test_every_share_of_the_limit_is_given_and_a_larger_order_never_gets_less(wanted, data):
    quantity = data.draw(st.integers(0, sum(wanted)))
    shared = allocate_at_limit(at_upper(*wanted), UPPER, quantity)
    assert sum(given for _, given in shared) == quantity
    assert all(given <= order.quantity for order, given in shared)
    shares = [given for _, given in shared]
    assert shares == sorted(shares, reverse=True)


def test_rounds_end_where_the_shares_end():
    """Three orders that want everything are served round after round."""
    for upto in accumulate([100, 500, 1_000, 2_000]):
        shared = allocate_at_limit(at_upper(9_000, 9_000, 9_000), UPPER, 3 * upto)
        assert [given for _, given in shared] == [upto] * 3
