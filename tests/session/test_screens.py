from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sapi_kiwoom.errors import RequestRejected
from sapi_kiwoom.session.screens import LIMIT, Pool, Screens


def pools(screens):
    return [screens.tr, screens.realtime, screens.conditions, screens.orders]


def test_the_pools_share_nothing_and_stay_within_the_limit():
    numbers = [pool.acquire() for pool in pools(Screens()) for _ in range(pool.free)]
    assert len(numbers) == len(set(numbers)) <= LIMIT
    assert all(len(number) == 4 and "0000" < number < "9000" for number in numbers)


def test_the_largest_division_still_shares_nothing():
    numbers = [pool.acquire() for pool in pools(Screens(50, 50, 50, 50)) for _ in range(pool.free)]
    assert len(set(numbers)) == LIMIT


@pytest.mark.parametrize("sizes", [(100, 100, 1, 0), (100, 100, 1, 1), (1, -1, 1, 1)])
def test_a_division_that_the_control_would_not_bear_is_refused(sizes):
    with pytest.raises(ValueError, match="at most 200"):
        Screens(*sizes)


def test_screens_turn_over_so_that_a_late_answer_meets_a_fresh_one():
    pool = Pool("tests", 1, 3)
    seen = []
    for _ in range(6):
        screen = pool.acquire()
        seen.append(screen)
        pool.release(screen)
    assert seen == ["0001", "0002", "0003"] * 2


def test_an_empty_pool_says_what_to_do():
    pool = Pool("tests", 1, 1)
    pool.acquire()
    with pytest.raises(RequestRejected, match="all 1 screens for tests are in use; give") as caught:
        pool.acquire()
    assert caught.value.name == "busy"


def test_what_was_not_taken_cannot_be_given_back():
    pool = Pool("tests", 1, 1)
    with pytest.raises(KeyError):
        pool.release("0001")
    assert "0001" in pool
    assert "0002" not in pool


@given(st.lists(st.integers(-1, 4)))
def test_a_screen_is_never_taken_twice_and_the_longest_free_comes_first(steps):
    pool, taken = Pool("tests", 1, 4), []
    free = ["0001", "0002", "0003", "0004"]
    for step in steps:
        if step >= 0 and step < len(taken):
            free.append(taken.pop(step))
            pool.release(free[-1])
        elif free:
            taken.append(pool.acquire())
            assert taken[-1] == free.pop(0)
        assert pool.free == len(free)
