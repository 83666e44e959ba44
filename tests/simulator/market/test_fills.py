"""What every fill model keeps to, and what touch and queue each assume."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.feeds import Quote, Tick
from simulator.market.fills import Touch
from simulator.market.working import ALL_OR_NOTHING, IMMEDIATE
from tests.simulator.market.fakes import BASE, STOCK, TABLE, Look, Tiny, at, book
from tests.simulator.market.trading import MODELS, Market, carry_out, opened, plans

EVENING = at(16)
ASK, BID = BASE + 10, BASE
BUY, SELL = 1, -1

each_model = pytest.mark.parametrize("model", list(MODELS))


# -- what all keep to ------------------------------------------------------------------------------


@settings(max_examples=120)
@given(plans(), st.sampled_from(list(MODELS)))
def test_no_order_trades_beyond_its_limit_its_shares_or_its_condition(plan, model):
    market = Market(plan.feed, model)
    market.watch(books=False)
    orders = carry_out(market, plan)
    market.run_until(EVENING)
    for sent in orders:
        fills = market.reports.of(sent.order)
        total = sum(quantity for _, quantity in fills)
        for price, _ in fills:
            assert price % TABLE.tick(price) == 0
            assert sent.limit is None or (sent.limit - price) * sent.side >= 0
        dropped = market.reports.drops.count(sent.order)
        left = sent.quantity - total - sent.withdrawn
        assert left >= 0
        assert dropped == (1 if left else 0), "what does not trade is told at its end, once"
        if sent.condition == ALL_OR_NOTHING:
            assert total in (0, sent.quantity - sent.withdrawn)


@settings(max_examples=100)
@given(plans(), st.sampled_from(["touch", "queue"]), st.booleans())
def test_touch_and_queue_leave_history_as_it_is(plan, model, books):
    market = Market(plan.feed, model)
    seen = market.watch(books)
    carry_out(market, plan)
    market.run_until(EVENING)
    assert seen.of(Tick) == plan.feed.events[Tick]
    if books:
        assert seen.of(Quote) == plan.feed.events[Quote]


@each_model
def test_a_market_order_trades_at_once(model):
    market = Market(opened(), model)
    sent = market.later(at(9, 1), BUY, 20)
    market.run_until(at(9, 1))
    # touch: at the last price, as the mock server does; the others at the ask
    assert market.reports.of(sent[0]) == [(BASE if model == "touch" else ASK, 20)]


@each_model
@pytest.mark.parametrize("condition", [IMMEDIATE, ALL_OR_NOTHING])
def test_an_order_that_does_not_wait_meets_nobody_far_away(model, condition):
    market = Market(opened(), model)
    sent = market.later(at(9, 1), BUY, 20, BASE - 200, condition)
    market.run_until(at(9, 1))
    assert market.reports.of(sent[0]) == []
    assert market.reports.drops == sent


@each_model
@pytest.mark.parametrize("condition", [IMMEDIATE, ALL_OR_NOTHING])
def test_an_auction_takes_no_order_that_does_not_wait(model, condition):
    market = Market(opened(), model)
    sent = market.later(at(8, 50), BUY, 20, BASE + 100, condition)
    market.run_until(at(10))
    assert market.reports.of(sent[0]) == []
    assert market.reports.drops == sent


@pytest.mark.parametrize("model", ["queue", "book"])
def test_all_or_nothing_counts_what_it_could_have(model):
    market = Market(opened(shares=100), model)
    too_many = market.later(at(9, 1), BUY, 201, ASK + 10, ALL_OR_NOTHING)
    enough = market.later(at(9, 1, 1), BUY, 200, ASK + 10, ALL_OR_NOTHING)
    market.run_until(at(9, 2))
    assert market.reports.of(too_many[0]) == []
    assert market.reports.of(enough[0]) == [(ASK, 100), (ASK + 10, 100)]


@pytest.mark.parametrize("model", ["queue", "book"])
def test_immediate_or_cancel_takes_what_is_there(model):
    market = Market(opened(shares=100), model)
    sent = market.later(at(9, 1), BUY, 250, ASK + 10, IMMEDIATE)
    market.run_until(at(9, 1))
    assert market.reports.of(sent[0]) == [(ASK, 100), (ASK + 10, 100)]
    assert market.reports.drops == sent


@each_model
@pytest.mark.parametrize("limit", [None, BASE + 50, BASE + 100])
@pytest.mark.parametrize("side", [BUY, SELL])
def test_an_opening_auction_fills_at_its_price_alone(model, limit, side):
    price = BASE + 50
    feed = opened()
    feed.events[Tick][0] = Tick(at(9), price, 1_000, 0)
    feed = type(feed)(feed.events[Tick], feed.events[Quote])
    market = Market(feed, model)
    sent = market.later(at(8, 50), side, 5, limit)
    market.run_until(at(9))
    fills = market.reports.of(sent[0])
    better = limit is None or (limit - price) * side > 0
    worse = limit is not None and (limit - price) * side < 0
    if better:
        assert [q for _, q in fills] == [5]
    if worse:
        assert fills == []
    if model == "book":  # the order moves the price, if anything
        assert all((won - price) * side >= 0 for won, _ in fills)
    else:
        assert all(won == price for won, _ in fills)


@each_model
def test_a_closing_auction_fills_who_stood_there_before(model):
    market = Market(opened(Tick(at(15, 19), BASE, 5, -1)), model)
    sent = market.later(at(15, 19, 30), SELL, 5, BASE + 10)
    market.run_until(at(15, 19, 50))
    low = market.later(at(15, 25), SELL, 7, BASE - 100)
    market.run_until(at(15, 29))
    assert market.filled(low[0]) == 0
    market.run_until(at(15, 31))
    assert market.reports.of(low[0]) == [(BASE, 7)]
    assert market.reports.of(sent[0]) == []
    assert market.reports.drops == sent, "and what did not trade expires with the auction"


@each_model
def test_an_order_that_comes_before_the_late_opening_price_waits_for_it(model):
    """The session begins at nine, its first price up to half a minute later."""
    feed = opened()
    feed = type(feed)([Tick(at(9, 0, 20), BASE, 500, 0), *feed.events[Tick][1:]], [])
    market = Market(feed, model)
    sent = market.later(at(9, 0, 5), BUY, 10)
    market.run_until(at(9, 0, 19))
    assert market.filled(sent[0]) == 0
    market.run_until(at(9, 0, 20))
    assert market.filled(sent[0]) == 10


# -- touch -----------------------------------------------------------------------------------------


def test_touched_an_order_gets_what_was_printed_and_passed_all():
    market = Market(
        opened(Tick(at(9, 2), BASE - 20, 7, -1), Tick(at(9, 3), BASE - 30, 1, -1)), "touch"
    )
    sent = market.later(at(9, 1), BUY, 50, BASE - 20)
    market.run_until(at(9, 2))
    assert market.reports.of(sent[0]) == [(BASE - 20, 7)]
    market.run_until(at(9, 3))
    assert market.reports.of(sent[0]) == [(BASE - 20, 7), (BASE - 20, 43)]


def test_what_is_on_its_way_may_miss():
    """The server takes its time; by then the price has gone, and the order waits for it."""
    ticks = [Tick(at(9, 1), BASE, 5, -1), Tick(at(9, 1, 1), BASE + 40, 5, 1)]
    market = Market(opened(*ticks, Tick(at(9, 5), BASE + 10, 3, -1)), "touch")
    market.exchange._make_trading = lambda exchange, play, reports: Touch(
        play, reports, lambda: exchange.continuous(play), lambda order: 2_000_000
    )
    sent = market.later(at(9, 1, 0, 1), BUY, 10, BASE + 10)
    now = market.later(at(9, 1, 0, 2), BUY, 10, BASE + 10, IMMEDIATE)
    market.run_until(at(9, 4))
    assert market.reports.fills == []
    assert market.reports.drops == now
    market.run_until(at(9, 5))
    assert market.reports.of(sent[0]) == [(BASE + 10, 3)]


def test_shares_may_be_taken_back_while_on_their_way():
    market = Market(opened(), "touch")
    market.exchange._make_trading = lambda exchange, play, reports: Touch(
        play, reports, lambda: exchange.continuous(play), lambda order: 2_000_000
    )
    sent = market.later(at(9, 1), BUY, 10)
    gone = market.later(at(9, 1), BUY, 10)
    market.run_until(at(9, 1, 1))
    market.exchange.withdraw(sent[0], 4)
    market.exchange.withdraw(gone[0], 10)
    market.run_until(at(9, 2))
    assert market.reports.fills == [(sent[0], BASE, 6)]


# -- queue -----------------------------------------------------------------------------------------


def trade(second, price, quantity, side):
    return Tick(at(9, 2, second), price, quantity, side)


def test_an_order_waits_for_what_stood_before_it():
    market = Market(
        opened(
            trade(0, BID, 60, -1), trade(1, BID, 30, 1), trade(2, BID, 39, -1), trade(3, BID, 5, -1)
        ),
        "queue",
    )
    sent = market.later(at(9, 1), BUY, 3, BID)  # 100 stand there
    market.run_until(at(9, 2, 1))
    assert market.filled(sent[0]) == 0, "60 of 100; buyers who come to the ask do not count"
    market.run_until(at(9, 2, 2))
    assert market.filled(sent[0]) == 0, "99 of 100"
    market.run_until(at(9, 2, 3))
    assert market.reports.of(sent[0]) == [(BID, 3)]


def test_those_before_it_may_leave():
    thinner = book(at(9, 1, 30), ASK, BID, shares=10)
    thicker = book(at(9, 1, 40), ASK, BID, shares=500)
    market = Market(opened(thinner, thicker, trade(0, BID, 10, -1), trade(1, BID, 2, -1)), "queue")
    sent = market.later(at(9, 1), BUY, 3, BID)
    market.run_until(at(9, 2, 0))
    assert market.filled(sent[0]) == 0
    market.run_until(at(9, 2, 1))
    assert market.reports.of(sent[0]) == [(BID, 2)], "who came later stands behind it"


def test_a_better_price_stands_before_all():
    wide = book(at(9, 0, 30), ASK + 40, BID)
    market = Market(opened(wide, trade(0, BID, 4, -1)), "queue")
    sent = market.later(at(9, 1), BUY, 6, BID + 20)
    market.run_until(at(9, 2))
    assert market.reports.of(sent[0]) == [(BID + 20, 4)], "at its own price, as it was there first"


def test_the_better_and_then_the_earlier_of_two_orders_is_served_first():
    wide = book(at(9, 0, 30), ASK + 40, BID)
    market = Market(opened(wide, trade(0, BID, 4, -1), trade(1, BID, 4, -1)), "queue")
    second = market.later(at(9, 1), BUY, 3, BID + 10)
    third = market.later(at(9, 1, 1), BUY, 3, BID + 10)
    first = market.later(at(9, 1, 2), BUY, 2, BID + 20)
    market.run_until(at(9, 2))
    assert [market.filled(each[0]) for each in (first, second, third)] == [2, 2, 0]
    market.run_until(at(9, 2, 1))
    assert [market.filled(each[0]) for each in (first, second, third)] == [2, 3, 3]


def test_an_order_beyond_the_shown_levels_stands_behind_the_outermost():
    deep = BID - 100
    market = Market(opened(trade(0, deep, 99, -1), trade(1, deep, 2, -1)), "queue")
    sent = market.later(at(9, 1), BUY, 5, deep)
    market.run_until(at(9, 2, 0))
    assert market.filled(sent[0]) == 0
    market.run_until(at(9, 2, 1))
    assert market.reports.of(sent[0]) == [(deep, 1)]


def test_what_a_market_order_does_not_get_stands_at_its_last_price():
    market = Market(opened(shares=10), "queue")
    sent = market.later(at(9, 1), BUY, 60)
    market.run_until(at(9, 1))
    assert [price for price, _ in market.reports.of(sent[0])] == [ASK + 10 * n for n in range(5)]
    assert (sent[0].quantity, sent[0].limit) == (10, ASK + 40)


def test_a_book_that_comes_to_an_order_fills_it():
    market = Market(opened(book(at(9, 2), BID - 10, BID - 20, shares=4)), "queue")
    sent = market.later(at(9, 1), BUY, 3, BID)
    market.run_until(at(9, 2))
    assert market.reports.of(sent[0]) == [(BID, 3)]


def test_shares_taken_back_keep_the_place_of_the_others():
    market = Market(opened(trade(0, BID, 90, -1), trade(1, BID, 13, -1)), "queue")
    sent = market.later(at(9, 1), BUY, 30, BID)
    market.run_until(at(9, 2))
    market.exchange.withdraw(sent[0], 10)
    market.run_until(at(9, 2, 1))
    assert market.reports.of(sent[0]) == [(BID, 3)]
    assert sent[0].quantity == 17


def test_a_watcher_may_let_time_go_on_while_a_print_is_told():
    """Fills belong to their own trade, even where a modal window holds up who hears of it."""
    ticks = [trade(0, BID - 20, 5, -1), trade(1, BID - 30, 5, -1)]
    market = Market(opened(*ticks), "touch")
    sent = market.later(at(9, 1), BUY, 6, BID - 20)
    slow = Look(lambda event: event is ticks[0] and market.loop.turn(10_000_000))
    market.exchange.watch(STOCK, "KRX", slow, False)
    market.run_until(at(9, 3))
    assert market.reports.of(sent[0]) == [(BID - 20, 5), (BID - 20, 1)]


@pytest.mark.parametrize("side", [BUY, SELL])
def test_a_queue_gives_no_more_than_an_auction_printed(side):
    market = Market(Tiny([Tick(at(9), BASE, 30, 0), Tick(at(9, 1), BASE, 1, 1)]), "queue")
    market.run_until(at(8, 45))
    first, second = (market.order(side, 20, BASE + 50 * side) for _ in range(2))
    market.run_until(at(9) + 1)
    assert [market.filled(first), market.filled(second)] == [20, 10]
