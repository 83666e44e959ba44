"""What a registration brings, whenever it comes and whatever it asks for."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sapi_kiwoom import catalogue, krx
from simulator.answers.world import World
from simulator.clock import VirtualLoop
from simulator.feeds import Quote, Tick
from simulator.market.exchange import Exchange
from simulator.market.fullbook import FullBook
from simulator.market.working import WorkingOrder
from simulator.stream import STOCK_TYPES, Bell, Streams, tape_so_far
from tests.simulator.market.fakes import BASE, DAY, STOCK, Reported, Tiny, at, book
from tests.simulator.market.test_exchange import BOTH, both
from tests.simulator.market.trading import opened

TRADE, BOOK, BEST, EXPECTED = "주식체결", "주식호가잔량", "주식우선호가", "주식예상체결"
REAL = {name: each.fids for name, each in catalogue.real_types().items()}
REGISTERED = 200_000


class Wire:
    """A market whose registrations are heard."""

    def __init__(self, feed, moment=None, stock=STOCK):
        self.loop = VirtualLoop(at(8) if moment is None else moment)
        self.stock = stock
        self.exchange = Exchange(self.loop, feed, self._model, moves_market=True)
        self.exchange.reports = Reported()
        self.world = World({stock.code: stock}, self.exchange.feed)
        self.exchange.on_moved = self._moved
        self.heard = []
        self.on = lambda *event: None
        self.streams = Streams(self.world, self.exchange, self.loop, self._hear)

    def _model(self, exchange, play, reports):
        return FullBook(play, reports, lambda: exchange.continuous(play))

    def _moved(self, play):
        """As the broker does: totals of what orders move are kept from what is printed."""
        self.world.live[play.stock.code] = tape = tape_so_far(self.world, play)
        play.watch(Adds(tape), False)

    def _hear(self, key, real_type, raw):
        texts = raw.split("\t")
        assert len(texts) == len(REAL[real_type]), real_type
        values = dict(zip(REAL[real_type], texts))
        self.heard.append((key, real_type, values))
        self.on(key, real_type, values)

    def want(self, *types, key=None):
        self.streams.want(key or self.stock.code, frozenset(types))

    def run_until(self, moment):
        self.loop.run_for(moment + 1 - self.loop.now())

    def of(self, real_type, key=None):
        return [v for k, kind, v in self.heard if kind == real_type and k == (key or k)]


class Adds:
    def __init__(self, tape):
        self.tape = tape

    def traded(self, play, tick):
        self.tape.add(tick)


TICKS = [Tick(at(9, 1, n), BASE + 10 * (n % 3), 1 + n, 1 - 2 * (n % 2)) for n in range(20)]


@settings(max_examples=60)
@given(st.lists(st.sampled_from([*range(0, 22_000_000, 500_000)]), max_size=5))
def test_totals_go_on_whenever_somebody_registers_again(moments):
    """누적거래량 counts what was traded while nobody was registered."""
    wire = Wire(opened(*TICKS), at(9, 0, 30))
    for number, moment in enumerate(sorted(moments)):
        types = (TRADE,) if number % 2 == 0 else ()
        wire.loop.call_later(30_000_000 + moment, lambda types=types: wire.want(*types))
    wire.run_until(at(9, 2))
    volume = {tick.at: 50 + sum(t.quantity for t in TICKS if t.at <= tick.at) for tick in TICKS}
    told = [(each[20], int(each[13])) for each in wire.of(TRADE)]
    clock = {f"0901{n:02d}": volume[tick.at] for n, tick in enumerate(TICKS)}
    assert told == [(second, clock[second]) for second, _ in told]
    assert len(told) == len(set(told))


def test_a_registration_at_the_moment_of_trades_counts_each_once():
    """Its 200 ms are over just as three trades happen."""
    moment = at(9, 5)
    three = [Tick(moment, BASE, n, 1) for n in (1, 2, 3)]
    after = Tick(at(9, 6), BASE, 4, 1)
    for first in (True, False):  # whether another looks already, and so trades before or after
        wire = Wire(opened(*three, after), at(9, 4))
        if first:
            wire.exchange.watch(STOCK, "KRX", Adds(Tape()), False)
        wire.loop.call_later(moment - REGISTERED - wire.loop.now(), lambda w=wire: w.want(TRADE))
        wire.run_until(at(9, 7))
        assert wire.of(TRADE)[-1][13] == str(50 + 6 + 4)


class Tape:
    def add(self, tick):
        pass


def test_types_may_change_while_it_runs():
    quotes = [book(at(9, 1, n, 5), BASE + 20 + 10 * (n % 2), BASE) for n in range(20)]
    wire = Wire(opened(*TICKS, *quotes), at(9, 0, 30))
    wire.want(TRADE)
    wire.run_until(at(9, 1, 4, 10))
    assert {kind for _, kind, _ in wire.heard} == {TRADE}
    wire.want(BOOK, BEST)
    wire.run_until(at(9, 1, 9, 10))
    wire.want(TRADE, BEST)
    wire.run_until(at(9, 1, 14, 10))
    wire.want()
    wire.run_until(at(9, 3))
    assert [each[20] for each in wire.of(TRADE)] == [
        f"0901{n:02d}" for n in (*range(5), *range(10, 15))
    ]
    assert [each[21] for each in wire.of(BOOK)] == [f"0901{n:02d}" for n in range(5, 10)]
    assert len(wire.of(BEST)) == 10
    assert int(wire.of(BOOK)[-1][13]) == 50 + sum(tick.quantity for tick in TICKS[:10])


def test_the_best_quotes_are_told_when_they_change():
    quotes = [book(at(9, 1, n), BASE + 10, BASE, shares=100 + n) for n in range(5)]
    wire = Wire(opened(*quotes, book(at(9, 1, 5), BASE + 20, BASE)), at(9, 0, 30))
    wire.want(*STOCK_TYPES)
    wire.run_until(at(9, 2))
    assert len(wire.of(BOOK)) == 6
    assert [each[27] for each in wire.of(BEST)] == [f"+{BASE + 10}", f"+{BASE + 20}"]


def test_who_is_told_of_the_best_quotes_may_let_time_go_on():
    quotes = [book(at(9, 1, n), BASE + 10 + 10 * n, BASE) for n in range(5)]
    wire = Wire(opened(*quotes), at(9, 0, 30))
    wire.on = lambda key, kind, values: (
        kind == BEST and len(wire.heard) == 1 and wire.loop.turn(2_500_000)
    )
    wire.want(BOOK, BEST)
    wire.run_until(at(9, 2))
    assert [each[21] for each in wire.of(BOOK)] == [f"0901{n:02d}" for n in range(5)]
    assert [kind for _, kind, _ in wire.heard] == [BEST, BOOK] * 5


def test_who_is_told_may_end_it():
    wire = Wire(opened(*TICKS), at(9, 0, 30))
    wire.on = lambda *event: wire.want()
    wire.want(TRADE)
    wire.run_until(at(9, 3))
    assert len(wire.heard) == 1


def test_a_registration_that_is_taken_back_at_once_brings_nothing():
    wire = Wire(opened(*TICKS), at(9, 1))
    wire.want(TRADE)
    wire.loop.run_for(REGISTERED // 2)
    wire.want()
    wire.run_until(at(9, 3))
    assert wire.heard == []
    assert wire.exchange._plays == {}


def test_days_begin_anew():
    monday = krx.next_trading_day(DAY)
    feed = Tiny(
        [
            Tick(at(9), BASE, 5, 0),
            Tick(at(15, 30), BASE + 100, 7, 0),
            Tick(at(9, day=monday), BASE + 50, 3, 0),
        ],
        [book(at(9, 0, 1), BASE + 10, BASE), book(at(9, 0, 1, day=monday), BASE + 60, BASE)],
    )
    wire = Wire(feed, at(12, day=date(2026, 11, 19)))
    wire.want(TRADE, BOOK)
    wire.run_until(at(10, day=monday))
    assert [each[13] for each in wire.of(TRADE)] == ["5", "12", "3"]
    assert [each[122] for each in wire.of(BOOK)] == [" 0", " 0"], "compared with nothing"


def test_a_registration_on_a_closed_day_waits_for_the_next():
    monday = krx.next_trading_day(DAY)
    wire = Wire(Tiny([Tick(at(9, day=monday), BASE, 3, 0)]), at(12, day=date(2026, 11, 21)))
    wire.want(*STOCK_TYPES)
    wire.run_until(at(10, day=monday))
    assert [each[13] for each in wire.of(TRADE)] == ["3"]


def test_after_the_calendar_a_registration_is_silent():
    wire = Wire(opened(), krx.midnight(date(2028, 1, 3)))
    wire.want(*STOCK_TYPES)
    wire.run_until(krx.midnight(date(2028, 1, 5)))
    assert wire.heard == []


# -- orders move it --------------------------------------------------------------------------------


def order(wire, moment, side, quantity, limit):
    wire.loop.call_later(
        moment - wire.loop.now(),
        lambda: wire.exchange.submit(
            WorkingOrder("somebody", side, quantity, limit), STOCK, "KRX", "00"
        ),
    )


def test_what_orders_trade_counts_for_who_registers_later():
    wire = Wire(opened(*TICKS), at(9, 0, 30))
    order(wire, at(9, 0, 40), 1, 30, BASE + 10)
    wire.loop.call_later(15_000_000, lambda: wire.want(TRADE))
    wire.run_until(at(9, 2))
    assert int(wire.of(TRADE)[0][13]) == 50 + 30 + 1
    assert int(wire.of(TRADE)[-1][13]) == 50 + 30 + sum(tick.quantity for tick in TICKS)
    tape = wire.world.tape(STOCK, wire.loop.now())
    assert tape.volume == int(wire.of(TRADE)[-1][13])
    day = wire.world.day_so_far(STOCK, wire.loop.now())
    assert day.volume == tape.volume


def test_an_order_stands_in_the_told_book_and_in_the_asked_one():
    wire = Wire(opened(), at(9, 0, 30))
    wire.want(*STOCK_TYPES)
    order(wire, at(9, 0, 40), 1, 30, BASE)
    wire.run_until(at(9, 1))
    assert wire.of(BOOK)[-1][71] == "130"
    now, before = wire.world.books(STOCK, wire.loop.now())
    assert isinstance(now, Quote)
    assert (now.bids[0], before.bids[0]) == ((BASE, 130), (BASE, 100))


# -- venues ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("suffix", "count"), [("", 1), ("_NX", 2), ("_AL", 3)])
def test_a_suffix_names_the_venue(suffix, count):
    wire = Wire(both(BASE), at(8, 5), BOTH)
    key = BOTH.code + suffix
    wire.want(TRADE, key=key)
    wire.run_until(at(9, 2))
    assert len(wire.of(TRADE, key)) == len(wire.heard) == count + ("_NX" not in key)


def test_an_unknown_code_is_silent():
    wire = Wire(opened())
    wire.want(TRADE, key="999999")
    wire.run_until(at(10))
    assert wire.heard == []


# -- the bell --------------------------------------------------------------------------------------


def bell(moment):
    loop, heard = VirtualLoop(moment), []
    ring = Bell(loop, lambda key, kind, raw: heard.append((loop.now(), key, kind, raw)))
    ring.start()
    return loop, heard, ring


def test_the_bell_rings_every_day():
    loop, heard, _ = bell(at(8, 59, 55))
    loop.run_for(at(8, 30, day=krx.next_trading_day(DAY)) - loop.now())
    assert heard[0] == (at(9), "09", "장시작시간", "3\t090000\t000000")
    closings = [at for at, _, _, raw in heard if raw.startswith("4")]
    assert closings == [at(15, 30)]


def test_a_stopped_bell_is_silent():
    loop, heard, ring = bell(at(8, 59, 55))
    ring.stop()
    loop.run_for(24 * 60 * krx.MINUTE)
    assert heard == []


def test_the_bell_ends_with_the_calendar():
    loop, heard, _ = bell(at(12, day=date(2027, 12, 30)))
    loop.run_for(40 * 24 * 60 * krx.MINUTE)
    assert heard
    assert krx.kst(heard[-1][0]).date() == date(2027, 12, 30)
