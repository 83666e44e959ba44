from __future__ import annotations

from math import isqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.draws import (
    NORMAL,
    NORMAL_ONE,
    OCTAVE,
    Draws,
    heavy_tail,
    octets,
    power_of_two,
    split,
)


def test_a_key_decides_its_bytes():
    assert octets(8, 1, "days", "005930").hex() == "93585544d6d42231"
    assert octets(8, 2, "days", "005930") != octets(8, 1, "days", "005930")
    assert octets(4, 1, "days", "005930") == octets(8, 1, "days", "005930")[:4]


def test_draws_follow_their_key():
    draws, same, other = Draws(1, "a"), Draws(1, "a"), Draws(1, "b")
    first = [draws.between(0, 999) for _ in range(20)]
    assert first == [same.between(0, 999) for _ in range(20)]
    assert first != [other.between(0, 999) for _ in range(20)]


@given(st.integers(-1_000, 1_000), st.integers(0, 1_000), st.integers())
def test_between_has_both_ends(least, width, seed):
    assert least <= Draws(seed).between(least, least + width) <= least + width


def test_between_reaches_everything():
    draws = Draws("die")
    assert {draws.between(1, 6) for _ in range(100)} == {1, 2, 3, 4, 5, 6}


def test_normal_has_mean_0_and_deviation_1():
    assert len(NORMAL) == 256
    assert sum(NORMAL) == 0
    assert list(NORMAL) == sorted(NORMAL)
    assert abs(isqrt(sum(draw * draw for draw in NORMAL) // 256) - NORMAL_ONE) <= 1


@given(st.integers(-20 * OCTAVE, 20 * OCTAVE))
def test_powers_of_two(exponent):
    power = power_of_two(exponent)
    assert power <= power_of_two(exponent + 1)
    assert abs(power_of_two(exponent + OCTAVE) - 2 * power) <= 2
    square = power_of_two(exponent // 2) * power_of_two(exponent - exponent // 2) >> 40
    assert abs(square - power) <= max(power >> 20, 1 << 22)


def test_whole_powers_of_two_are_exact():
    for whole in range(-10, 11):
        assert power_of_two(whole * OCTAVE) == 1 << 40 + whole


def test_heavy_tail():
    tail = heavy_tail(OCTAVE)
    assert list(tail) == sorted(tail)
    assert tail[127] <= 256 <= tail[128]
    assert tail[-1] > 6 * 256  # 2.9 standard deviations, that is 2 ** 2.9


@given(st.integers(0, 10**12), st.lists(st.integers(0, 10**6), min_size=1, max_size=50))
def test_split_is_exact_and_proportional(total, weights):
    if not any(weights):
        weights[0] = 1
    shares = split(total, weights)
    assert sum(shares) == total
    for share, weight in zip(shares, weights):
        assert abs(share * sum(weights) - total * weight) <= sum(weights)
        assert weight or not share


def test_nothing_to_split_by():
    assert split(0, [0, 0]) == [0, 0]
    with pytest.raises(ValueError, match="cannot split 5"):
        split(5, [0, 0])
