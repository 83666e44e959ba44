"""Fees, taxes and days of settlement, against what brokers have shown."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sapi_kiwoom import krx
from simulator.brokerage import costs

BEFORE_2019 = date(2018, 5, 2)


@pytest.mark.parametrize(
    ("value", "profile", "expected"),
    [
        (77_000, "mock", 260),  # recorded; 269.5 before it is cut
        (806, "real", 0),  # recorded
        (373_500, "real", 50),  # shown in the broker's own example
        (1_673_430, "real", 250),
        (0, "mock", 0),
    ],
)
def test_fees_are_cut_to_ten_won(value, profile, expected):
    assert costs.fee(value, profile) == expected


def test_an_unknown_profile_is_named():
    with pytest.raises(ValueError, match="'demo' is unknown; it is one of mock, mock-2020, real"):
        costs.fee(1_000, "demo")


@pytest.mark.parametrize(
    ("value", "day", "expected"),
    [
        (805, BEFORE_2019, 2),  # recorded
        (158_200, date(2024, 11, 28), 284),  # shown in the broker's own example
        (680_000, date(2024, 6, 3), 1_224),
    ],
)
def test_taxes_are_cut_to_a_won(value, day, expected):
    assert costs.tax(value, "KOSPI", day) == expected


@pytest.mark.parametrize(
    ("day", "rate"),
    [
        (date(2019, 5, 29), 3_000),
        (date(2019, 5, 30), 2_500),  # settled on 2019-06-03
        (date(2020, 12, 28), 2_500),
        (date(2020, 12, 29), 2_300),
        (date(2022, 12, 27), 2_300),
        (date(2022, 12, 28), 2_000),
        (date(2023, 12, 26), 2_000),
        (date(2023, 12, 27), 1_800),
        (date(2024, 12, 26), 1_800),
        (date(2024, 12, 27), 1_500),
        (date(2025, 12, 26), 1_500),
        (date(2025, 12, 29), 2_000),
        (date(2027, 12, 30), 2_000),  # settled behind the calendar's end
    ],
)
def test_the_day_of_settlement_decides_the_rate(day, rate):
    assert costs.tax_rate("KOSPI", day) == rate
    assert costs.tax_rate("KOSDAQ", day) == rate


@pytest.mark.parametrize("market", ["ETF", "ETN", "ELW"])
def test_funds_are_not_taxed(market):
    assert costs.tax(10**9, market, BEFORE_2019) == 0


def test_an_unknown_market_is_named():
    with pytest.raises(ValueError, match="'NYSE' has no known tax; it is one of ELW, ETF"):
        costs.tax(1_000, "NYSE", BEFORE_2019)


def test_settlement_passes_over_holidays_and_the_calendars_end():
    assert costs.settlement_day(date(2026, 2, 12)) == date(2026, 2, 19)  # 설 in between
    assert costs.settlement_day(date(2026, 2, 14), 1) == date(2026, 2, 19)  # from a Saturday
    assert costs.settlement_day(date(2026, 2, 12), 0) == date(2026, 2, 12)
    assert krx.trading_day(krx.count_trading_days() - 1) == date(2027, 12, 30)
    assert costs.settlement_day(date(2027, 12, 30)) == date(2028, 1, 3)


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=20))
def test_a_fee_on_the_whole_is_never_less_than_on_its_parts(values):
    together = costs.fee(sum(values), "mock")
    apart = sum(costs.fee(value, "mock") for value in values)
    assert apart <= together < apart + 10 * len(values)
