from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from sapi_kiwoom import krx
from sapi_kiwoom.loop import SECOND
from simulator.market.interruptions import (
    BOTH,
    DYNAMIC,
    STATIC,
    CircuitBreaker,
    Halt,
    Halts,
    Interruption,
    VolatilityInterruption,
    dynamic_percent,
)
from simulator.market.phases import (
    AFTER_MARKET,
    CLOSING_AUCTION,
    CONTINUOUS,
    OPENING_AUCTION,
)

DAY = date(2026, 11, 20)
TABLE = krx.tick_table("KOSPI", DAY)
DELAY = 17 * SECOND


def at(text, day=DAY):
    hours, minutes, *seconds = (int(part) for part in text.split(":"))
    return krx.midnight(day) + (hours * 60 + minutes) * krx.MINUTE + sum(seconds) * SECOND


CLOSING = at("15:20"), at("15:30")


def interruption(base=10_000, kind="stock", in_kospi200=False, closing=CLOSING):
    return VolatilityInterruption(kind, in_kospi200, base, TABLE, lambda start: DELAY, closing)


def opened(**arguments):
    vi = interruption(**arguments)
    assert vi.offer(at("09:00"), 10_000, OPENING_AUCTION) is None
    return vi


# -- VI ----------------------------------------------------------------------------------------


def test_ten_percent_from_the_last_single_price():
    vi = opened()
    for price in (10_500, 10_990):  # each near enough to the one before
        assert vi.offer(at("10:00"), price) is None
    start = at("10:00:01")
    expected = Interruption(STATIC, 11_000, 10_000, 10_990, start, start + 137 * SECOND)
    assert vi.offer(start, 11_000) == expected == vi.active
    assert vi.last == 10_990  # it did not happen

    vi.settle(11_200)
    assert (vi.reference, vi.last, vi.active) == (11_200, 11_200, None)
    assert vi.offer(at("10:05"), 11_000) is None


def test_the_opening_price_is_the_first_reference():
    vi = interruption()
    assert vi.offer(at("09:00"), 10_500, OPENING_AUCTION) is None
    assert (vi.reference, vi.last) == (10_500, 10_500)
    assert vi.offer(at("09:01"), 11_100) is None
    assert vi.offer(at("09:02"), 11_550).kind == STATIC


@pytest.mark.parametrize(
    ("reference", "price"),  # as published for triggered interruptions
    [
        (18_000, 16_200),
        (102_500, 112_800),
        (32_450, 29_200),
        (10_350, 9_310),
        (3_475, 3_825),
    ],
)
def test_recorded_static_interruptions(reference, price):
    vi = interruption(base=reference)
    tick = TABLE.tick(price)
    nearer = price - tick if price > reference else price + tick
    assert vi.offer(at("09:00"), nearer, OPENING_AUCTION) is None
    vi = interruption(base=reference)
    assert vi.offer(at("09:00"), price, OPENING_AUCTION).kind == STATIC
    assert price in interruption(base=reference).thresholds()


@pytest.mark.parametrize(
    ("kind", "in_kospi200", "continuous", "closing"),
    [("stock", True, 3, 2), ("stock", False, 6, 4), ("etf", False, 3, 2), ("etn", False, 6, 4)],
)
def test_percents_from_the_last_trade(kind, in_kospi200, continuous, closing):
    assert dynamic_percent(kind, in_kospi200) == continuous
    assert dynamic_percent(kind, in_kospi200, CLOSING_AUCTION) == closing
    for phase, percent in ((CONTINUOUS, continuous), (CLOSING_AUCTION, closing)):
        for sign in (1, -1):
            vi = opened(kind=kind, in_kospi200=in_kospi200)
            assert vi.offer(at("10:00"), 10_000 + sign * (percent * 100 - 10), phase) is None
            vi = opened(kind=kind, in_kospi200=in_kospi200)
            assert vi.offer(at("10:00"), 10_000 + sign * percent * 100, phase).kind == DYNAMIC


def test_the_after_market_trades_at_any_moment_too():
    vi = interruption(closing=None)
    for price in (10_500, 10_900):
        assert vi.offer(at("16:30"), price, AFTER_MARKET) is None
    assert vi.reference == 10_000
    assert vi.offer(at("16:31"), 11_000, AFTER_MARKET).kind == STATIC


def test_both_at_once():
    vi = opened()
    assert vi.offer(at("10:00"), 8_000).kind == BOTH


def test_an_opening_far_from_the_base_price_is_late():
    vi = interruption()
    assert vi.offer(at("09:00"), 12_000, OPENING_AUCTION).end == at("09:02:17")
    vi.settle(12_500)  # whatever the interruption's auction gives is settled
    assert vi.offer(at("09:03"), 13_000) is None


def test_no_trade_happens_while_it_lasts():
    vi = opened()
    vi.offer(at("10:00"), 11_000)
    with pytest.raises(ValueError, match=r"interrupted until .* 10:02:17.*; settle"):
        vi.offer(at("10:01"), 10_000)
    vi.settle(None)
    assert vi.reference == 10_000
    with pytest.raises(ValueError, match="no interruption is running"):
        vi.settle(None)


@pytest.mark.parametrize(
    ("text", "phase", "end"),
    [
        ("15:17", CONTINUOUS, "15:19:17"),
        ("15:18", CONTINUOUS, "15:30"),  # it would last into the closing auction
        ("15:30", CLOSING_AUCTION, "15:32:17"),
    ],
)
def test_around_the_closing_auction(text, phase, end):
    assert opened().offer(at(text), 11_000, phase).end == at(end)


@given(st.integers(1_000, 900_000), st.data())
def test_thresholds_are_the_nearest_prices_that_interrupt(base, data):
    base = TABLE.round_down(base)
    vi = interruption(base=base)
    assert vi.offer(at("09:00"), base, OPENING_AUCTION) is None
    last = TABLE.round_down(base * data.draw(st.integers(955, 1_050)) // 1_000)
    assert vi.offer(at("09:01"), last) is None
    low, high = vi.thresholds()
    inside = TABLE.price(TABLE.index(low) + 1), TABLE.price(TABLE.index(high) - 1)
    for price in inside:
        other = interruption(base=base)
        other.reference, other.last = vi.reference, vi.last
        assert other.offer(at("09:02"), price) is None
    for price in (low, high):
        other = interruption(base=base)
        other.reference, other.last = vi.reference, vi.last
        assert other.offer(at("09:02"), price) is not None


class Interrupted(RuleBasedStateMachine):
    """Whatever is offered: what happened is never farther away than allowed."""

    @initialize()
    def open(self):
        self.vi = opened()
        self.now = at("09:00")
        self.reference = self.last = 10_000

    @rule(price=st.integers(700, 1_300), wait=st.integers(0, 60))
    def trade(self, price, wait):
        price *= 10
        self.now += wait * SECOND
        if self.vi.active is not None:
            return
        stopped = self.vi.offer(self.now, price)
        far = not 9 * self.reference < 10 * price < 11 * self.reference
        fast = not 94 * self.last < 100 * price < 106 * self.last
        assert (stopped is not None) == (far or fast)
        if stopped is None:
            self.last = price
        else:
            assert stopped.end - stopped.start == 2 * krx.MINUTE + DELAY
            assert stopped.kind == (BOTH if far and fast else STATIC if far else DYNAMIC)

    @rule(price=st.none() | st.integers(700, 1_300))
    def settle(self, price):
        if self.vi.active is None:
            return
        self.now = self.vi.active.end
        self.vi.settle(price and price * 10)
        if price is not None:
            self.reference = self.last = price * 10

    @invariant()
    def knows_its_references(self):
        assert (self.vi.reference, self.vi.last) == (self.reference, self.last)


TestInterrupted = Interrupted.TestCase
TestInterrupted.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)


# -- circuit breakers --------------------------------------------------------------------------


def fed(breaker, *updates, day=DAY):
    """The halts that updates of "HH:MM:SS percent" give."""
    halts = []
    for update in updates:
        text, percent = update.split()
        halt = breaker.update(at(text, day), round(250_000 * (100 + float(percent)) / 100))
        if halt is not None:
            halts.append(halt)
    return halts


def breaker(day=DAY):
    return CircuitBreaker(250_000, day)


def test_eight_percent_for_a_minute():
    assert fed(breaker(), "10:00:00 -8", "10:00:59 -9") == []
    assert fed(breaker(), "10:00:00 -8", "10:00:30 -7.9", "10:01:00 -9", "10:01:59 -9") == []
    first = breaker()
    assert fed(first, "10:00:00 -8", "10:01:00 -8.2", "10:02:00 -9") == [
        Halt(at("10:01"), at("10:21"), at("10:31"), "서킷브레이커")
    ]
    assert first.step == 1


def test_each_step_once():
    market = breaker()
    halts = fed(
        market,
        *("10:00:00 -8.5", "10:01:00 -8.5"),
        *("10:20:00 -16", "10:22:00 -16"),  # nothing trades
        *("10:31:00 -9", "10:40:00 -9"),  # not deep enough
        *("11:00:00 -15", "11:01:00 -15.1"),
        *("11:31:00 -15.5", "11:40:00 -16"),
        *("13:00:00 -20", "13:01:00 -20", "14:00:00 -25"),
    )
    assert [halt.start for halt in halts] == [at("10:01"), at("11:01"), at("13:01")]
    assert [halt.resumes for halt in halts] == [True, True, False]
    assert halts[-1].end == at("24:00")
    assert market.step == 3


def test_a_step_must_be_lower_than_the_one_before():
    """At -14.5 % the first, so the second needs -15.36 %."""
    fallen = ("10:00:00 -14.5", "10:01:00 -14.5")
    assert len(fed(breaker(), *fallen, "11:00:00 -15.3", "11:01:00 -15.3")) == 1
    assert len(fed(breaker(), *fallen, "11:00:00 -15.4", "11:01:00 -15.4")) == 2


def test_not_in_the_last_forty_minutes_but_the_last_step():
    assert fed(breaker(), "14:48:00 -8", "14:49:00 -8") != []
    assert fed(breaker(), "14:49:00 -8", "14:50:00 -8", "15:00:00 -9") == []
    exam = date(2026, 11, 19)
    assert fed(breaker(exam), "15:30:00 -8", "15:31:00 -8", day=exam) != []
    late = breaker()
    fed(late, "10:00:00 -8", "10:01:00 -8", "11:00:00 -15", "11:01:00 -15")
    assert len(fed(late, "15:00:00 -21", "15:01:00 -21")) == 1


# -- halts -------------------------------------------------------------------------------------

SPANS = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 5), st.integers(0, 5)), max_size=8)


@given(SPANS)
def test_halts_never_overlap_and_each_moment_has_its_own(spans):
    halts, kept = Halts(), []
    for start, still, auction in spans:
        halt = Halt(start, start + still, start + still + auction, "공시")
        valid = halt.start < halt.end
        if valid and all(halt.end <= other.start or other.end <= halt.start for other in kept):
            halts.add(halt)
            kept.append(halt)
        else:
            with pytest.raises(ValueError, match="overlaps" if valid else "start < end"):
                halts.add(halt)
    assert list(halts) == sorted(kept)
    for moment in range(62):
        there = [halt for halt in kept if halt.start <= moment < halt.end]
        assert halts.at(moment) == (there[0] if there else None)


def test_a_halt_out_of_order_is_refused():
    with pytest.raises(ValueError, match="start <= auction <= end"):
        Halts([Halt(10, 5, 20, "풍문")])
