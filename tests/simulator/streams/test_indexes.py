"""업종지수, 업종등락, 예상업종지수 over a day, against the index's own minutes."""

from dataclasses import replace
from functools import lru_cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sapi_kiwoom import catalogue, krx
from simulator.answers.sectors import sectors
from simulator.answers.world import World
from simulator.clock import VirtualLoop
from simulator.feeds.generator import Generated
from simulator.feeds.indexes import index_at
from simulator.market.exchange import Exchange
from simulator.market.fullbook import FullBook
from simulator.stream import Streams
from simulator.streams.types import BREADTH, EXPECTED_INDEX, INDEX, INDEX_TYPES
from simulator.universe import universe
from tests.simulator.market.fakes import DAY, at, run_until

REAL = {name: catalogue.real_types()[name].fids for name in INDEX_TYPES}
CODES = ("005930", "000660", "00088K", "035720", "012340", "101170", "215100", "247540")
STOCKS = {code: universe()[code] for code in CODES}


class Market:
    """Some stocks, and whoever wants their indexes."""

    def __init__(self, moment, stocks=None):
        stocks = STOCKS if stocks is None else stocks
        self.loop = VirtualLoop(moment)
        make = lambda exchange, play, reports: FullBook(  # noqa: E731
            play, reports, lambda: exchange.continuous(play)
        )
        self.exchange = Exchange(self.loop, Generated(5), make)
        self.world = World(stocks, self.exchange.feed)
        self.heard = []
        self.on = lambda: None
        self.streams = Streams(self.world, self.exchange, self.loop, self._hear)

    def _hear(self, key, real_type, raw):
        values = raw.split("\t")
        assert len(values) == len(REAL[real_type])
        self.heard.append((self.loop.now(), key, real_type, dict(zip(REAL[real_type], values))))
        self.on()

    def want(self, key, *types):
        self.streams.want(key, frozenset(types))

    def run_until(self, moment):
        run_until(self.loop, moment)

    def of(self, real_type, key="001"):
        return [(now, v) for now, k, kind, v in self.heard if (k, kind) == (key, real_type)]

    def day(self, code="001"):
        known = sectors(self.world)
        steps = known.day(known.industry(code), DAY, at(12))
        while True:
            try:
                next(steps)
            except StopIteration as end:
                return end.value


@pytest.fixture(scope="module")
def market():
    found = Market(at(8))
    found.want("001", *INDEX_TYPES)
    found.want("101", *INDEX_TYPES)
    found.run_until(at(16, 30))
    return found


def number(text):
    return round(float(text.replace("+", "").replace("-", "").strip()) * 100)


def test_every_event_is_the_index_at_its_moment(market):
    day, volume = market.day(), 0
    for now, values in market.of(INDEX):
        state = index_at(day, 5, "001", now)
        assert number(values[10]) == state.level
        assert [number(values[fid]) for fid in (16, 17, 18)] == [state.open, state.high, state.low]
        assert (int(values[13]), int(values[14])) == (state.volume // 1_000, state.value // 10**6)
        assert abs(volume + int(values[15]) - int(values[13])) <= 1
        volume = int(values[13])
    assert len(market.of(INDEX)) > 2_000


def test_at_the_end_of_a_minute_it_stands_where_its_members_do(market):
    day = market.day()
    told = dict(market.of(INDEX))
    for minute in range(9 * 60, 15 * 60):
        values = told.get(krx.midnight(DAY) + (minute + 1) * krx.MINUTE)
        assert values is None or number(values[10]) == day.at(minute).level


def test_who_rose_and_fell_are_those_that_were_traded(market):
    last = dict(market.of(INDEX))
    for now, values in market.of(BREADTH):
        counts = {fid: int(values[fid]) for fid in (251, 252, 253, 254, 255, 256)}
        assert counts[252] + counts[253] + counts[255] == counts[256] <= 4
        assert counts[251] <= counts[252] and counts[254] <= counts[255]
        assert all(values[fid] == last[now][fid] for fid in (10, 11, 12, 13, 14, 20, 25))


def test_auctions_expect_an_index_that_is_near_what_they_make_of_it(market):
    told = market.of(EXPECTED_INDEX)
    day = market.day()
    early = [values for now, values in told if now <= at(9)]
    late = [values for now, values in told if now >= at(15, 20)]
    assert len(early) > 20 and len(late) > 20
    assert len(early) + len(late) == len(told)
    assert abs(number(early[-1][291]) - day.at(9 * 60).open) * 200 < day.base
    assert abs(number(late[-1][291]) - day.at(15 * 60 + 30).level) * 200 < day.base
    for values in early:
        sign = (number(values[291]) > day.base) - (number(values[291]) < day.base)
        assert values[293] == {1: "2", 0: "3", -1: "5"}[sign]
        assert values[291][0] == {1: "+", 0: " ", -1: "-"}[sign]


def test_each_index_has_its_own(market):
    assert {key for _, key, _, _ in market.heard} == {"001", "101"}
    assert market.of(INDEX, "101")[0][1][10] != market.of(INDEX)[0][1][10]


@lru_cache(maxsize=None)
def kospi():
    return Market(at(8)).day()


@given(st.integers(9 * 3_600, 16 * 3_600), st.integers(0, 600))
def test_an_index_between_minutes_never_leaves_its_day(second, later):
    day, midnight = kospi(), krx.midnight(DAY)
    first, then = (
        index_at(day, 5, "001", midnight + each * 1_000_000) for each in (second, second + later)
    )
    assert first.low <= first.level <= first.high
    assert first.high <= then.high and first.low >= then.low
    assert first.volume <= then.volume and first.value <= then.value


def test_before_the_session_there_is_no_index():
    assert index_at(kospi(), 5, "001", at(8, 59, 59)) is None


def test_who_registers_within_the_session_is_told_from_then_on(market):
    late = Market(at(11, 0, 3))
    late.want("001", INDEX)
    late.run_until(at(11, 10))
    told = late.of(INDEX)
    assert told
    assert told == [each for each in market.of(INDEX) if told[0][0] <= each[0] <= at(11, 10)]
    late.want("001")
    late.run_until(at(11, 20))
    assert len(late.heard) == len(told)


def test_who_is_told_may_let_time_go_on():
    """Events stay in order of time, and none comes twice."""
    slow = Market(at(9, 30))
    slow.on = lambda: len(slow.heard) == 3 and slow.loop.turn(65_000_000)
    slow.want("001", INDEX, BREADTH)
    slow.want("101", INDEX, BREADTH)
    slow.run_until(at(9, 40))
    clocks = [(key, kind, values[20]) for _, key, kind, values in slow.heard]
    assert len(set(clocks)) == len(clocks) > 100
    assert [each[2] for each in clocks] == sorted(each[2] for each in clocks)


def test_an_index_without_members_is_silent():
    nobody = Market(at(8), {"005930": replace(STOCKS["005930"], market="KOSDAQ", kospi200=False)})
    nobody.want("001", *INDEX_TYPES)
    nobody.want("024", *INDEX_TYPES)
    nobody.run_until(at(9, 5))
    assert nobody.heard == []
