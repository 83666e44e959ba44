"""What the broker's server refuses."""

from sapi_kiwoom.loop import SECOND
from simulator.limits import Allowance, RequestLimit


def test_the_sixth_request_in_a_second_of_the_clock_is_refused_and_the_next_second_is_new():
    limit = RequestLimit(Allowance())
    at = 1_000 * SECOND + 900_000
    assert [limit.request(at) for _ in range(6)] == [0, 0, 0, 0, 0, -200]
    assert limit.request(1_001 * SECOND) == 0


def test_beyond_60_in_180_seconds_the_login_is_blocked_until_a_new_one():
    limit = RequestLimit(Allowance())
    codes = [limit.request(second * SECOND) for second in range(61)]
    assert codes == [0] * 60 + [-209]
    assert limit.request(10_000 * SECOND) == -209
    limit.forgive()
    assert limit.request(10_001 * SECOND) == 0


def test_sixty_in_180_seconds_for_ever_are_allowed_until_the_hour_counts():
    limit = RequestLimit(Allowance(budgets=((60, 180),)))
    assert all(limit.request(number * 3 * SECOND) == 0 for number in range(5_000))


def test_a_thousand_an_hour():
    limit = RequestLimit(Allowance(budgets=((1000, 3600),)))
    codes = [limit.request(number * SECOND) for number in range(1_001)]
    assert codes == [0] * 1_000 + [-209]


def test_without_budgets_only_the_second_counts():
    limit = RequestLimit(Allowance(per_second=2, budgets=()))
    assert [limit.request(0), limit.request(1), limit.request(2)] == [0, 0, -200]
    assert limit.request(SECOND) == 0
