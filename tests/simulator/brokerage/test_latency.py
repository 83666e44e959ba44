from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.brokerage.latency import Latency, Step

MS = 1_000


def drawn(latency, step, count=4_000):
    return sorted(latency.of(step, "20261123", number) for number in range(count))


@pytest.mark.parametrize(
    ("step", "percent", "milliseconds"),
    [
        (Step.ANSWER, 5, 42),
        (Step.ANSWER, 25, 79),
        (Step.ANSWER, 50, 131),
        (Step.ANSWER, 75, 283),
        (Step.ANSWER, 95, 2_400),
        (Step.MARKET_FILL, 50, 400),
        (Step.LIMIT_FILL, 50, 5_300),
        (Step.LIMIT_FILL, 75, 22_000),
    ],
)
def test_the_mock_server_takes_as_long_as_measured(step, percent, milliseconds):
    latency = Latency.measured(3, "mock")
    count = sum(latency.of(step, number) < milliseconds * MS for number in range(4_000))
    assert abs(count - 40 * percent) < 120  # four standard deviations of a coin


def test_the_real_server_answers_in_a_tenth_of_a_second():
    answers = drawn(Latency.measured(3, "real"), Step.ANSWER, 1_001)
    assert 90 * MS < answers[500] < 110 * MS
    assert answers[-1] <= 1_000 * MS


def test_an_acceptance_follows_its_message_within_a_tenth_of_a_second():
    acceptances = drawn(Latency.measured(3, "mock"), Step.ACCEPTANCE, 1_000)
    assert 10 * MS <= acceptances[0] < 12 * MS
    assert 98 * MS < acceptances[-1] <= 100 * MS


def test_a_draw_belongs_to_its_key():
    latency = Latency.measured(3, "mock")
    one = latency.of(Step.ANSWER, "20261123", 7)
    assert (
        latency.of(Step.ANSWER, "20261123", 8) != one != latency.of(Step.MARKET_FILL, "20261123", 7)
    )
    assert Latency.measured(4, "mock").of(Step.ANSWER, "20261123", 7) != one
    assert Latency.measured(3, "mock").of(Step.ANSWER, "20261123", 7) == one


def test_draws_are_the_same_everywhere():
    latency = Latency.measured(1, "mock")
    assert [latency.of(Step.ANSWER, number) for number in range(3)] == [231_899, 1_543_807, 53_414]


@pytest.mark.parametrize("step", Step)
def test_constant(step):
    assert {Latency.constant(70 * MS).of(step, number) for number in range(20)} == {70 * MS}


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.sampled_from(Step), st.integers())
def test_uniform_stays_within_its_ends(least, width, step, key):
    assert least <= Latency.uniform(1, least, least + width).of(step, key) <= least + width


def test_uniform_reaches_its_ends():
    assert {Latency.uniform(1, 5, 7).of(Step.ANSWER, key) for key in range(50)} == {5, 6, 7}


@pytest.mark.parametrize(("least", "most"), [(-1, 5), (6, 5)])
def test_a_wrong_range_is_refused(least, most):
    with pytest.raises(ValueError, match="0 <= least <= most"):
        Latency.uniform(1, least, most)
