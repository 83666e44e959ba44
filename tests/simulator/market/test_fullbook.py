"""Orders of users in the market's own book."""

from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.feeds import Expected, Quote, Tick
from simulator.market.fullbook import LEVELS
from tests.simulator.market.fakes import BASE, DAY, STOCK, TABLE, Look, Tiny, at, book
from tests.simulator.market.trading import Market, carry_out, opened, plans

EVENING = at(16)
ASK, BID = BASE + 10, BASE
BUY, SELL = 1, -1


# -- what always holds -----------------------------------------------------------------------------


def well_formed(quote):
    asks, bids = [price for price, _ in quote.asks], [price for price, _ in quote.bids]
    assert asks == sorted(set(asks)) and bids == sorted(set(bids), reverse=True)
    assert not asks or not bids or bids[0] < asks[0], "the book is crossed"
    for price, shares in (*quote.asks, *quote.bids):
        assert shares > 0 and price % TABLE.tick(price) == 0
    assert len(asks) <= LEVELS and len(bids) <= LEVELS


@settings(max_examples=80)
@given(plans(orders=10))
def test_the_book_is_never_crossed_and_shares_are_conserved(plan):
    market = Market(plan.feed, "book")
    look = market.watch(on=lambda event: isinstance(event, Quote) and well_formed(event))
    orders = carry_out(market, plan)
    market.run_until(EVENING)
    printed = sum(tick.quantity for tick in look.of(Tick))
    fed = sum(tick.quantity for tick in plan.feed.events[Tick])
    filled = sum(quantity for _, _, quantity in market.reports.fills)
    assert printed >= fed, "what the feed trades is printed in any case"
    assert printed - fed <= filled, "beyond that only what users trade"
    assert filled <= 2 * printed
    for sent in orders:
        total = market.filled(sent.order)
        ended = sent.order in market.reports.drops
        assert total + sent.withdrawn <= sent.quantity
        assert ended == (total + sent.withdrawn < sent.quantity)


@given(plans(orders=10))
def test_what_users_trade_is_printed_at_its_moment_and_price(plan):
    market = Market(plan.feed, "book")
    look, fills = market.watch(books=False), []
    filled = market.reports.filled

    def note(order, price, quantity):
        fills.append((market.loop.now(), price, order.side, quantity))
        filled(order, price, quantity)

    market.reports.filled = note
    carry_out(market, plan)
    market.run_until(EVENING)
    for side in (BUY, SELL):
        for moment, price in {(when, price) for when, price, each, _ in fills if each == side}:
            shares = sum(
                n for when, won, each, n in fills if (when, won, each) == (moment, price, side)
            )
            assert shares <= sum(
                t.quantity for t in look.of(Tick) if (t.at, t.price) == (moment, price)
            )


@given(plans(orders=0))
def test_without_orders_the_feed_is_the_market(plan):
    market = Market(plan.feed, "book")
    look = market.watch()
    market.run_until(EVENING)
    assert look.of(Tick) == plan.feed.events[Tick]
    assert look.of(Quote) == plan.feed.events[Quote]


@given(plans(orders=0))
def test_an_order_far_away_changes_no_trade_and_shows_every_book(plan):
    market = Market(plan.feed, "book")
    look = market.watch()
    sent = market.later(at(8, 40), BUY, 1, BASE - 2_000)
    market.run_until(at(15, 29))
    assert look.of(Tick) == plan.feed.events[Tick][:-1]
    assert market.filled(sent[0]) == 0
    shown = {quote.at: quote for quote in look.of(Quote)}
    for quote in plan.feed.events[Quote]:
        assert quote.at not in shown or shown[quote.at].asks == quote.asks


# -- in the continuous session ---------------------------------------------------------------------


def trade(second, price, quantity, side):
    return Tick(at(9, 2, second), price, quantity, side)


def test_an_order_shows_in_the_book_and_so_does_its_withdrawal():
    market = Market(opened(), "book")
    look = market.watch()
    sent = market.later(at(9, 1), BUY, 30, BID)
    market.run_until(at(9, 1))
    assert look.of(Quote)[-1].bids[0] == (BID, 130)
    market.exchange.withdraw(sent[0], 10)
    assert look.of(Quote)[-1].bids[0] == (BID, 120)
    market.exchange.withdraw(sent[0], 20)
    assert look.of(Quote)[-1].bids[0] == (BID, 100)
    assert len(look.of(Quote)) == 4


def test_a_large_order_moves_the_price_until_the_feed_speaks_again():
    restored = book(at(9, 3), ASK, BID, 100, levels=5)
    market = Market(opened(restored), "book")
    look = market.watch()
    sent = market.later(at(9, 1), BUY, 230)
    market.run_until(at(9, 1))
    assert market.reports.of(sent[0]) == [(ASK, 100), (ASK + 10, 100), (ASK + 20, 30)]
    assert [(t.price, t.quantity, t.side) for t in look.of(Tick)[1:]] == [
        (ASK, 100, 1),
        (ASK + 10, 100, 1),
        (ASK + 20, 30, 1),
    ]
    assert look.of(Quote)[-1].asks[0] == (ASK + 20, 70)
    assert market.exchange.touch(STOCK) == (ASK + 20, BID)
    market.run_until(at(9, 3))
    assert (look.of(Quote)[-1].asks, look.of(Quote)[-1].bids) == (restored.asks, restored.bids)


def test_more_than_the_book_has_stands_at_the_last_price():
    market = Market(opened(shares=10), "book")
    look = market.watch()
    sent = market.later(at(9, 1), BUY, 60)
    market.run_until(at(9, 1))
    assert market.filled(sent[0]) == 50
    assert look.of(Quote)[-1].asks == ()
    assert look.of(Quote)[-1].bids[0] == (ASK + 40, 10)


def test_time_decides_at_a_price():
    market = Market(opened(trade(0, BID, 90, -1), trade(1, BID, 15, -1)), "book")
    look = market.watch()
    sent = market.later(at(9, 1), BUY, 10, BID)
    market.run_until(at(9, 2))
    assert market.filled(sent[0]) == 0, "100 stood before it"
    market.run_until(at(9, 2, 1))
    assert market.reports.of(sent[0]) == [(BID, 5)]
    assert look.of(Tick)[-1] == trade(1, BID, 15, -1)


def test_a_seller_meets_the_better_price_of_a_user_first():
    wide = book(at(9, 0, 30), ASK + 40, BID)
    market = Market(opened(wide, trade(0, BID, 30, -1)), "book")
    look = market.watch()
    sent = market.later(at(9, 1), BUY, 10, BID + 20)
    market.run_until(at(9, 2))
    assert market.reports.of(sent[0]) == [(BID + 20, 10)]
    assert [(t.price, t.quantity) for t in look.of(Tick)[1:]] == [(BID + 20, 10), (BID, 20)]


def test_the_market_that_comes_to_an_order_trades_with_it():
    """The feed's next book asks less than a user bids."""
    market = Market(opened(book(at(9, 2), BID - 10, BID - 20, 100)), "book")
    look = market.watch()
    sent = market.later(at(9, 1), BUY, 30, BID)
    market.run_until(at(9, 2))
    assert market.reports.of(sent[0]) == [(BID, 30)]
    last = look.of(Tick)[-1]
    assert (last.price, last.quantity, last.side) == (BID, 30, SELL)
    assert look.of(Quote)[-1].asks[0] == (BID - 10, 70)


def test_shares_that_were_made_for_a_trade_do_not_haunt_the_book():
    """A trade outside the shown levels needs shares; what it leaves of them goes with the next book."""
    far = ASK + 300
    market = Market(
        opened(trade(0, far, 10, 1), book(at(9, 3), ASK, BID), trade(70, ASK, 5, 1)), "book"
    )
    look = market.watch()
    sell = market.later(at(9, 1), SELL, 4, far - 10)
    market.run_until(at(9, 2))
    assert market.reports.of(sell[0]) == [(far - 10, 4)]
    market.run_until(at(9, 5))
    assert look.of(Quote)[-1].asks[-1] == (ASK + 20, 100)
    assert sum(t.quantity for t in look.of(Tick)) == 50 + 10 + 5


def test_users_trade_with_each_other():
    wide = book(at(9, 0, 30), ASK + 40, BID)
    market = Market(opened(wide), "book")
    buy = market.later(at(9, 1), BUY, 10, BID + 20)
    sell = market.later(at(9, 1, 1), SELL, 4, BID + 10)
    market.run_until(at(9, 2))
    assert market.reports.of(buy[0]) == market.reports.of(sell[0]) == [(BID + 20, 4)]


def test_the_book_is_as_after_the_trade_when_a_fill_is_reported():
    """So that 체결 tells the best quotes that the trade left."""
    market = Market(opened(), "book")
    touches = []
    filled = market.reports.filled

    def note(order, price, quantity):
        last = market.exchange.last(STOCK)
        touches.append((market.exchange.touch(STOCK), last.price))
        filled(order, price, quantity)

    market.reports.filled = note
    market.later(at(9, 1), BUY, 100, ASK)
    market.run_until(at(9, 1))
    assert touches == [((ASK + 10, BID), ASK)]


def test_a_watcher_may_let_time_go_on_while_the_book_works():
    ticks = [trade(0, BID, 110, -1), trade(1, BID, 20, -1)]
    market = Market(opened(*ticks), "book")
    sent = market.later(at(9, 1), BUY, 15, BID)
    slow = Look(lambda event: event == ticks[0] and market.loop.turn(10_000_000))
    market.exchange.watch(STOCK, "KRX", slow, True)
    market.run_until(at(9, 3))
    assert market.reports.of(sent[0]) == [(BID, 10), (BID, 5)]
    moments = [event.at for event in slow.seen]
    assert moments == sorted(moments)


# -- auctions --------------------------------------------------------------------------------------

OUTLOOK = [Expected(at(8, 40), BASE, 400), Expected(at(8, 50), BASE + 20, 500)]


def auction(price=BASE, quantity=1_000):
    """A feed that opens in an auction and closes in one."""
    closing = [Expected(at(15, 21), price, 300), Expected(at(15, 25), price, 400)]
    ticks = [
        Tick(at(9), price, quantity, 0),
        Tick(at(9, 1), price, 10, 1),
        Tick(at(15, 30), price, 600, 0),
    ]
    return Tiny(ticks, [book(at(9, 0, 1), price + 10, price)], [*OUTLOOK, *closing])


def test_waiting_orders_are_in_what_the_auction_expects():
    market = Market(auction(), "book")
    look = market.watch()
    sent = market.later(at(8, 45), BUY, 10_000)
    market.run_until(at(8, 45))
    with_it = look.of(Expected)[-1]
    assert with_it.at == at(8, 45)
    assert with_it.price > OUTLOOK[0].price and with_it.quantity > OUTLOOK[0].quantity
    market.run_until(at(8, 50))
    assert look.of(Expected)[-1].price > OUTLOOK[1].price, "and stay in it when the feed goes on"
    market.exchange.withdraw(sent[0], 4_000)
    part = look.of(Expected)[-1]
    market.exchange.withdraw(sent[0], 6_000)
    assert look.of(Expected)[-1][1:] == OUTLOOK[1][1:], "without it the market expects its own"
    assert part.quantity <= with_it.quantity * 2


def test_a_second_order_is_added_to_the_market_and_not_to_the_first_ones_outlook():
    """However orders come, the expectation is that of all of them together."""
    outlooks = []
    for parts in ([600], [100, 200, 300]):
        market = Market(auction(), "book")
        look = market.watch()
        for part in parts:
            market.later(at(8, 45), BUY, part)
        market.run_until(at(8, 46))
        outlooks.append(look.of(Expected)[-1][1:])
    assert outlooks[0] == outlooks[1]


@given(
    st.lists(
        st.tuples(
            st.sampled_from((BUY, SELL)),
            st.integers(1, 3_000),
            st.one_of(st.none(), st.integers(-15, 15)),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_an_auction_has_one_price_for_all(wanted):
    market = Market(auction(), "book")
    look = market.watch()
    orders = []
    for side, quantity, offset in wanted:
        limit = None if offset is None else BASE + 10 * offset
        orders.append((limit, side, quantity, market.later(at(8, 45), side, quantity, limit)))
    market.run_until(at(9))
    (print_,) = look.of(Tick)
    bought = sold = 0
    for limit, side, quantity, (order,) in orders:
        fills = market.reports.of(order)
        assert all(price == print_.price for price, _ in fills)
        total = sum(shares for _, shares in fills)
        eager = limit is None or (limit - print_.price) * side > 0
        if eager and limit is not None:
            assert total == quantity, "who names a better price is served in full"
        if limit is not None and (limit - print_.price) * side < 0:
            assert total == 0
        bought, sold = bought + total * (side > 0), sold + total * (side < 0)
    assert max(bought, sold) <= print_.quantity
    assert print_.quantity >= 1_000 - 1, "nobody trades less because somebody came"


def test_what_the_auction_leaves_goes_on_in_the_book():
    market = Market(auction(), "book")
    look = market.watch()
    sent = market.later(at(8, 45), BUY, 50, BASE - 10)
    market.run_until(at(8, 59))
    assert look.of(Quote) == []
    market.run_until(at(9, 0, 1))
    assert market.filled(sent[0]) == 0
    assert dict(look.of(Quote)[-1].bids)[BASE - 10] == 150


def test_what_stood_before_an_auction_takes_part_in_it():
    market = Market(auction(), "book")
    look = market.watch()
    sent = market.later(at(15, 19), SELL, 5_000, BASE + 20)
    market.run_until(at(15, 22))
    without = Market(auction(), "book")
    other = without.watch()
    without.later(at(15, 20, 30), SELL, 5_000, BASE + 20)
    without.run_until(at(15, 22))
    assert look.of(Expected)[-1][1:] == other.of(Expected)[-1][1:]
    low = market.later(at(15, 23), BUY, 9_000, BASE + 30)
    market.run_until(at(15, 30))
    last = look.of(Tick)[-1]
    assert (last.side, last.at) == (0, at(15, 30))
    assert {price for price, _ in market.reports.of(low[0])} == {last.price}
    assert market.filled(sent[0]) == (5_000 if last.price > BASE + 20 else market.filled(sent[0]))
    assert {price for price, _ in market.reports.of(sent[0])} <= {last.price}


def test_the_book_of_before_an_auction_is_gone_after_it():
    """An interruption moves the price; orders that wait meet nobody at the old one."""
    jump = BASE + 1_000
    feed = Tiny(
        [
            Tick(at(9), BASE, 50, 0),
            Tick(at(10), jump, 5, 1),
            Tick(at(10, 2, 10), jump + 500, 80, 0),
            Tick(at(10, 2, 20), jump + 500, 7, 1),
        ],
        [book(at(9, 1), ASK, BID), book(at(9, 59), jump, jump - 10)],
        [Expected(at(8, 50), BASE, 20), Expected(at(10, 1), jump + 400, 60)],
    )
    market = Market(feed, "book")
    market.watch()
    sent = market.later(at(10, 0, 30), BUY, 10, jump + 100)
    cancelled_at_once = market.later(at(10, 0, 40), BUY, 10, jump + 700, "IOC")
    market.run_until(at(10, 5))
    assert market.reports.of(sent[0]) == []
    assert market.reports.drops == cancelled_at_once


# -- what is written down --------------------------------------------------------------------------


@settings(max_examples=60)
@given(plans(orders=8))
def test_the_record_is_what_was_printed(plan):
    market = Market(plan.feed, "book")
    look = market.watch(books=False)
    carry_out(market, plan)
    market.run_until(EVENING)
    record = market.exchange.feed
    day = DAY
    ticks = [t for bar in record.minutes(STOCK, day) for t in record.ticks(STOCK, day, bar.minute)]
    assert ticks == look.of(Tick)
    assert record.day(STOCK, day).volume == sum(tick.quantity for tick in ticks)
