"""Sessions, venues and the ends of orders; what is played and what is forgotten."""

import dataclasses
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sapi_kiwoom import krx
from simulator.feeds import Expected, Quote, Tick
from simulator.feeds.bars import AFTER, NXT
from simulator.feeds.generator import Generated
from simulator.market.exchange import SOR
from simulator.market.interruptions import Halt, Halts
from simulator.market.working import WorkingOrder
from simulator.universe import universe
from tests.simulator.market.fakes import BASE, DAY, STOCK, Tiny, at, book
from tests.simulator.market.trading import MODELS, Market, opened

BUY, SELL = 1, -1
CODE = "00088K"
REAL = universe()[CODE]


def generated(model="touch", moment=None):
    return Market(Generated(5), model, moment)


# -- looking ---------------------------------------------------------------------------------------


@settings(max_examples=25, deadline=None)
@given(st.integers(8 * 60, 16 * 60), st.integers(0, 59))
def test_it_makes_no_difference_to_the_last_trade_whether_somebody_looks(minute, second):
    moment = at(0, minute, second)
    alone, watched = generated(moment=moment), generated(moment=moment)
    watched.exchange.watch(REAL, "KRX", Deaf(), False)
    assert alone.exchange.last(REAL) == watched.exchange.last(REAL)
    assert alone.exchange.touch(REAL) == watched.exchange.touch(REAL)


def test_the_touch_is_that_of_the_book_where_it_is_played():
    market = Market(opened(book(at(9, 5), BASE + 40, BASE + 10)), "queue")
    market.watch()
    market.run_until(at(9, 6))
    assert market.exchange.touch(STOCK) == (BASE + 40, BASE + 10)


def test_a_book_without_a_side_has_no_best_price_there():
    market = Market(opened(Quote(at(9, 5), ((BASE + 10, 5),), ())), "queue")
    market.watch()
    market.run_until(at(9, 6))
    assert market.exchange.touch(STOCK) == (BASE + 10, 0)
    assert market.exchange.limit(STOCK, "KRX", SELL, "06", 0) == (0, False)
    assert market.exchange.limit(STOCK, "KRX", BUY, "06", 0) == (BASE + 10, True)
    assert market.exchange.limit(STOCK, "KRX", BUY, "28", BASE) == (None, False)


def test_what_nobody_needs_is_forgotten():
    market = Market(opened(), "touch")
    look = market.watch()
    order = market.order(BUY, 5, BASE - 500)
    market.exchange.unwatch(STOCK, "KRX", look)
    market.run_until(at(9, 1))
    assert market.exchange._plays
    market.exchange.withdraw(order, 5)
    market.run_until(at(9, 2))
    assert market.exchange._plays == market.exchange._trading == {}


def test_an_order_that_comes_while_another_ends_is_not_forgotten():
    """Both are tidied up after, at the same moment."""
    market = Market(opened(Tick(at(9, 2), BASE - 10, 50, -1)), "touch")
    first, second = (market.order(BUY, 5, BASE - 10) for _ in range(2))
    third = []
    filled = market.reports.filled

    def on_fill(order, price, quantity):
        filled(order, price, quantity)
        if order is second:
            market.exchange._tidy(market.exchange._plays[STOCK.code, "KRX"])
            third.append(market.order(BUY, 5, BASE - 500))

    market.reports.filled = on_fill
    market.run_until(at(9, 3))
    assert market.filled(first) == 5
    assert len(market.exchange._plays) == 1
    market.exchange.withdraw(third[0], 5)
    market.run_until(at(9, 4))
    assert market.exchange._plays == {}


def test_a_play_of_the_past_does_not_push_out_its_successor():
    market = Market(opened(), "touch")
    look = market.watch()
    old = market.exchange._plays[STOCK.code, "KRX"]
    market.exchange.unwatch(STOCK, "KRX", look)
    market.watch()
    new = market.exchange._plays[STOCK.code, "KRX"]
    market.exchange._tidy(old)
    assert market.exchange._plays == {(STOCK.code, "KRX"): new}


class Deaf:
    def traded(self, play, tick):
        pass


# -- sessions --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "continuous"),
    [
        (at(8, 50), False),
        (at(9, 0, 5), False),  # the opening price is late
        (at(9, 0, 10), True),
        (at(15, 19, 59), True),
        (at(15, 20), False),
        (at(15, 30, 1), False),
        (at(15, 45), False),
        (at(16, 5), False),
    ],
)
def test_trades_happen_at_any_moment_from_the_opening_to_the_closing_auction(moment, continuous):
    feed = Tiny([Tick(at(9, 0, 10), BASE, 1, 0), Tick(at(15, 30, 20), BASE, 1, 0)])
    market = Market(feed, "touch")
    market.watch()
    market.run_until(moment)
    play = market.exchange._plays[STOCK.code, "KRX"]
    assert market.exchange.continuous(play) is continuous


def test_a_vi_stops_continuous_trade_and_can_be_asked_for_without_looking():
    jump = BASE + 1_000
    feed = opened(
        Tick(at(10), jump, 1, 1),
        Tick(at(10, 2, 10), jump, 9, 0),
        Expected(at(8, 40), BASE, 4),
        Expected(at(10, 0, 30), jump, 5),
    )
    watched, half, alone = (Market(feed, "touch") for _ in range(3))
    watched.watch()
    half.watch(books=False)
    for moment, runs in ((at(9, 59), False), (at(10, 1), True), (at(10, 3), False)):
        for market in (watched, half, alone):
            market.run_until(moment)
            assert market.exchange.interrupted(STOCK) is runs
        play = watched.exchange._plays[STOCK.code, "KRX"]
        assert watched.exchange.continuous(play) is not runs
    assert alone.exchange._plays == {}


def test_a_halt_takes_no_orders_and_then_gathers_them():
    halts = {
        STOCK.code: Halts([Halt(at(10), at(10, 20), at(10, 30), "공시")]),
        "": Halts([Halt(at(11), at(11, 20), at(11, 30), "서킷브레이커")]),
    }
    market = Market(opened(), "touch", halts=halts)
    market.watch()
    found = {}
    for moment in (at(9, 59), at(10, 5), at(10, 25), at(10, 31), at(11, 5), at(11, 25), at(11, 31)):
        market.run_until(moment)
        play = market.exchange._plays[STOCK.code, "KRX"]
        found[moment] = (
            market.exchange.halted(STOCK),
            market.exchange.broken(),
            market.exchange.continuous(play),
        )
    assert list(found.values()) == [
        (False, False, True),
        (True, False, False),
        (False, False, False),
        (False, False, True),
        (False, True, False),
        (False, False, False),
        (False, False, True),
    ]


def test_beyond_the_calendar_nothing_trades():
    market = Market(Generated(5), "touch", krx.midnight(date(2028, 1, 3)) + 10 * 60 * krx.MINUTE)
    assert market.exchange.last(REAL) is None
    assert market.exchange.touch(REAL) == (0, 0)
    assert market.exchange.phase("KRX") is None
    assert market.exchange.interrupted(REAL) is False


# -- the ends of orders ----------------------------------------------------------------------------


@pytest.mark.parametrize("model", list(MODELS))
def test_an_order_expires_once_after_the_closing_auction(model):
    market = Market(opened(), model)
    sent = market.later(at(10), BUY, 5, BASE - 900)
    market.run_until(at(15, 30, 30))
    assert market.reports.drops == []
    market.run_until(at(21))
    assert market.reports.drops == sent
    assert market.reports.fills == []


def test_a_conditional_order_takes_any_price_in_the_closing_auction():
    market = Market(opened(Tick(at(15, 19), BASE + 100, 5, 1)), "touch")
    sent = market.later(at(10), BUY, 5, BASE - 500, hoga="05")
    kept = market.later(at(10), BUY, 5, BASE - 500)
    market.run_until(at(15, 19, 30))
    assert market.reports.fills == []
    market.run_until(at(15, 40))
    assert market.reports.of(sent[0]) == [(BASE + 100, 5)]
    assert market.reports.drops == kept


@pytest.mark.parametrize("model", list(MODELS))
@pytest.mark.parametrize(
    ("hoga", "sent", "due"), [("61", (8, 35), (8, 35)), ("81", (15, 35), (15, 40))]
)
def test_trades_at_a_known_close_need_somebody_else(model, hoga, sent, due):
    """However much is asked for, others have only so much, and who comes first is served first."""
    market = generated(model, at(8))
    orders = [WorkingOrder(n, BUY, 5_000_000, None) for n in range(2)]
    for order in orders:
        market.loop.call_later(
            at(*sent) - market.loop.now(),
            lambda order=order: market.exchange.submit(order, REAL, "KRX", hoga),
        )
    market.run_until(at(*due))
    feed = market.exchange.feed
    close = feed.base_price(REAL, DAY) if hoga == "61" else feed.day(REAL, DAY).close
    filled = [market.filled(order) for order in orders]
    assert 0 < filled[0] <= REAL.volume // (2_000 if hoga == "61" else 100)
    assert filled[1] == 0
    assert {price for _, price, _ in market.reports.fills} == {close}
    market.run_until(at(21))
    assert market.reports.drops == orders
    assert market.moved == [], "their trades are not printed"


def test_an_order_at_the_close_can_be_taken_back():
    market = Market(opened(), "touch", at(15, 33))
    order = market.order(BUY, 5, None, hoga="81")
    market.exchange.withdraw(order, 2)
    market.exchange.withdraw(order, 3)
    market.run_until(at(21))
    assert (market.reports.fills, market.reports.drops) == ([], [])


# -- limits ----------------------------------------------------------------------------------------


def test_best_and_middle_prices_are_those_of_the_moment():
    market = Market(opened(book(at(9, 5), BASE + 50, BASE + 20)), "queue")
    market.watch()
    market.run_until(at(9, 6))
    limit = market.exchange.limit
    assert limit(STOCK, "KRX", BUY, "06", 0) == (BASE + 50, True)
    assert limit(STOCK, "KRX", SELL, "16", 0) == (BASE + 20, True)
    assert limit(STOCK, "KRX", BUY, "07", 0) == (BASE + 20, True)
    assert limit(STOCK, "KRX", BUY, "29", 0) == (BASE + 30, True)
    assert limit(STOCK, "KRX", SELL, "30", 0) == (BASE + 40, True)
    assert limit(STOCK, "KRX", SELL, "03", 0) == (None, True)
    assert limit(STOCK, "KRX", SELL, "00", BASE) == (BASE, True)


def test_the_single_price_session_has_limits_of_its_own():
    day = date(2026, 9, 11)
    market = Market(
        Tiny([Tick(at(9, day=day), BASE, 1, 0), Tick(at(15, 30, day=day), BASE + 2_500, 1, 0)]),
        "touch",
        at(16, 5, day=day),
    )
    assert market.exchange.limits(STOCK, "00") == (BASE + 3_000, BASE - 3_000)
    assert market.exchange.limits(STOCK, "62") == (BASE + 3_000, BASE + 2_500 - 1_250)


# -- venues ----------------------------------------------------------------------------------------

BOTH = dataclasses.replace(STOCK, nxt=True)


class TwoBoards(Tiny):
    """The same events on KRX, and others on Nextrade."""

    def __init__(self, here, there):
        super().__init__(here.events[Tick], here.events[Quote])
        self.there = there

    def minutes(self, stock, day, board="KRX"):
        return (
            self.there.minutes(stock, day, NXT)
            if board == NXT
            else super().minutes(stock, day, board)
        )

    def ticks(self, stock, day, minute, board="KRX"):
        there = self.there.ticks(stock, day, minute, NXT)
        return there if board == NXT else super().ticks(stock, day, minute, board)

    def quotes(self, stock, day, minute, board="KRX"):
        there = self.there.quotes(stock, day, minute, NXT)
        return there if board == NXT else super().quotes(stock, day, minute, board)


def both(ask_there):
    there = Tiny([Tick(at(8, 30), BASE, 1, 1), Tick(at(9, 1), ask_there, 1, 1)], board=NXT)
    return TwoBoards(opened(Tick(at(9, 1), BASE + 10, 1, 1)), there)


def sent_to(market, moment, venue, side=BUY, limit=BASE + 500):
    order = WorkingOrder("somebody", side, 1, limit)
    market.loop.call_later(
        moment - market.loop.now(), lambda: market.exchange.submit(order, BOTH, venue, "00")
    )
    market.run_until(moment)
    return order.board


@pytest.mark.parametrize(
    ("moment", "there", "venue", "board"),
    [
        (at(9, 5), BASE, SOR, NXT),  # better there
        (at(9, 5), BASE + 10, SOR, "KRX"),  # as good: KRX
        (at(9, 5), BASE + 20, SOR, "KRX"),
        (at(9, 5), BASE, "KRX", "KRX"),
        (at(9, 5), BASE + 20, NXT, NXT),
        (at(8, 5), BASE, SOR, NXT),  # KRX has not begun
        (at(15, 25), BASE, SOR, "KRX"),  # the closing auction is on KRX
        (at(16, 30), BASE, "KRX", AFTER),
    ],
)
def test_where_an_order_goes(moment, there, venue, board):
    assert sent_to(Market(both(there), "touch"), moment, venue) == board


def test_an_order_of_the_pre_market_ends_with_it():
    market = Market(both(BASE), "touch")
    order = WorkingOrder("somebody", BUY, 1, BASE - 500)
    market.loop.call_later(
        at(8, 10) - market.loop.now(), lambda: market.exchange.submit(order, BOTH, NXT, "00")
    )
    market.run_until(at(8, 49))
    assert market.reports.drops == []
    market.run_until(at(8, 50))
    assert market.reports.drops == [order]


def test_trade_goes_on_with_the_first_price_of_each_session():
    """What the pre-market traded last says nothing about the main market."""
    market = Market(both(BASE), "touch")
    order = WorkingOrder("somebody", BUY, 1, BASE + 100)
    market.loop.call_later(
        at(9, 0, 40) - market.loop.now(), lambda: market.exchange.submit(order, BOTH, NXT, "00")
    )
    market.run_until(at(9, 0, 59))
    assert market.reports.fills == []
    market.run_until(at(9, 1))
    assert market.filled(order) == 1


# -- who is told that orders move a stock ----------------------------------------------------------


def test_the_first_order_of_a_day_says_that_it_moves_the_stock():
    market = Market(opened(), "book")
    for _ in range(2):
        market.order(BUY, 5, BASE - 900)
    assert len(market.moved) == 1
    market.run_until(at(23, 59))
    assert market.exchange._recorders
    market.run_until(at(0, 0, 1, day=date(2026, 11, 21)))
    assert market.exchange._recorders == market.exchange._plays == {}
    market.run_until(at(9, day=krx.next_trading_day(DAY)))
    market.order(BUY, 5, BASE - 900)
    assert len(market.moved) == 2


def test_models_that_leave_history_alone_move_nothing():
    market = Market(opened(), "queue")
    market.order(BUY, 5, BASE - 900)
    assert market.moved == []
