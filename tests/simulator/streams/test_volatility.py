"""The VIs of all stocks: those that whoever looks at a stock sees, and those its feed was drawn with."""

from datetime import date

import pytest

from sapi_kiwoom import catalogue, krx
from simulator.answers.world import World
from simulator.clock import VirtualLoop
from simulator.feeds import Tick
from simulator.feeds.generator import Generated
from simulator.market.exchange import Exchange
from simulator.market.fullbook import FullBook
from simulator.market.stops import stops
from simulator.stream import Streams
from simulator.streams.types import EVERY_STOCK, VI
from simulator.streams.volatility import stop_event
from simulator.universe import universe
from tests.simulator.market.fakes import BASE, DAY, STOCK, Look, Tiny, at, run_until

FIDS = catalogue.real_types()[VI].fids
STOPPED = universe()["012340"]
CODES = ("012340", "101170", "215100", "00088K")


class Market:
    """Some stocks, and whoever wants their VIs."""

    def __init__(self, feed, stocks, moment):
        self.loop = VirtualLoop(moment)
        make = lambda exchange, play, reports: FullBook(  # noqa: E731
            play, reports, lambda: exchange.continuous(play)
        )
        self.exchange = Exchange(self.loop, feed, make)
        self.world = World({stock.code: stock for stock in stocks}, self.exchange.feed)
        self.heard = []
        self.streams = Streams(self.world, self.exchange, self.loop, self._hear)

    def _hear(self, key, real_type, raw):
        values = raw.split("\t")
        assert real_type == VI and len(values) == len(FIDS)
        self.heard.append((self.loop.now(), key, dict(zip(FIDS, values))))

    def want(self, *types):
        self.streams.want(EVERY_STOCK, frozenset(types))

    def run_until(self, moment):
        run_until(self.loop, moment)


def generated(moment, codes=CODES):
    return Market(Generated(5), [universe()[code] for code in codes], moment)


def clock(moment):
    return f"{krx.kst(moment):%H%M%S}"


def test_each_vi_is_told_when_it_begins_and_when_it_is_over():
    market = generated(at(8))
    market.want(VI)
    market.run_until(at(16))
    told = []
    for code in CODES:
        stock = universe()[code]
        for stop in stops(Generated(5), stock, DAY):
            told += [(stop.interruption.start, code, "000000")]
            told += [(stop.released, code, clock(stop.released))]
    assert [(now, code, values[1224]) for now, code, values in market.heard] == sorted(told)
    assert len(told) >= 6
    for _, code, values in market.heard:
        assert values[9001] == f"A{code}"
        assert abs(float(values[1238])) >= 10 and values[9068] == "1"
        assert values[1490] == "1"


def test_a_day_has_the_vis_that_its_feed_was_drawn_with_and_that_are_seen():
    feed = Generated(5)
    drawn = feed._stops(STOPPED, DAY)
    found = stops(feed, STOPPED, DAY)
    assert [(each.interruption.start, each.released) for each in found] == [
        (each.start, each.end) for each in drawn
    ]
    market, look = generated(at(8, 50), ["012340"]), Look()
    market.exchange.watch(STOPPED, "KRX", look, True)
    market.run_until(at(16))
    seen = [each for each in look.seen if isinstance(each[-1], bool)]
    assert [(each.interruption, over) for each in found for over in (False, True)] == seen


def test_what_was_traded_by_then_is_what_the_days_tape_has():
    market = generated(at(8), ["012340"])
    market.want(VI)
    market.run_until(at(16))
    for now, _, values in market.heard:
        tape = market.world.tapes.at(STOPPED, now)
        assert (values[13], values[14]) == (str(tape.volume), str(tape.value // 1_000_000))


def test_who_asks_within_a_session_hears_of_what_comes_after():
    (stop,) = stops(Generated(5), STOPPED, DAY)
    market = generated(stop.interruption.start + 30_000_000, ["012340"])
    market.want(VI)
    market.run_until(at(16))
    assert [values[1224] for _, _, values in market.heard] == [clock(stop.released)]
    after = generated(stop.released + 1, ["012340"])
    after.want(VI)
    after.run_until(at(16))
    assert after.heard == []


def test_who_takes_it_back_hears_nothing_more():
    market = generated(at(8, 35), ["012340"])
    market.want(VI)
    market.run_until(at(8, 40))
    market.want()
    market.run_until(at(16))
    assert market.heard == []


def test_a_weekend_and_the_end_of_the_calendar_are_silent():
    for day in (date(2026, 11, 21), date(2028, 1, 3)):
        market = generated(krx.midnight(day) + 9 * 60 * krx.MINUTE, ["012340"])
        market.want(VI)
        market.loop.run_for(12 * 60 * krx.MINUTE)
        assert market.heard == []


def written(*ticks):
    return Tiny([Tick(at(9), BASE, 50, 0), *ticks, Tick(at(15, 30), ticks[-1].price, 40, 0)])


@pytest.mark.parametrize(("price", "direction"), [(BASE * 11 // 10, "1"), (BASE * 9 // 10, "2")])
def test_a_written_vi(price, direction):
    feed = written(
        Tick(at(9, 5), BASE + 100, 1, 1),
        Tick(at(9, 6), price, 2, 1),
        Tick(at(9, 8, 12), price, 3, 0),
    )
    (stop,) = stops(feed, STOCK, DAY)
    assert (stop.interruption.price, stop.released, stop.number) == (price, at(9, 8, 12), 1)
    market = Market(feed, [STOCK], at(8))
    market.want(VI)
    market.run_until(at(9, 7))
    ((_, code, values),) = market.heard
    assert (code, values[9069], values[1223], values[1224]) == (
        STOCK.code,
        direction,
        "090600",
        "000000",
    )
    assert values == dict(zip(FIDS, stop_event(market.world.feed, STOCK, stop, False).split("\t")))


def test_a_move_without_an_auction_is_none():
    assert stops(written(Tick(at(9, 6), BASE * 12 // 10, 2, 1)), STOCK, DAY) == []


def test_two_vis_of_a_day_have_numbers():
    up, more = BASE * 11 // 10, BASE * 122 // 100
    feed = written(
        Tick(at(9, 6), up, 2, 1),
        Tick(at(9, 8, 10), up, 3, 0),
        Tick(at(10), more, 3, 1),
        Tick(at(10, 2, 5), more, 3, 0),
    )
    found = stops(feed, STOCK, DAY)
    assert [(each.number, each.interruption.static_reference) for each in found] == [
        (1, BASE),
        (2, up),
    ]
