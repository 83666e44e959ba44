"""The strings of recorded data, rebuilt."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sapi_kiwoom import krx
from simulator.strings import (
    clock,
    coloured,
    hundredths,
    padded,
    rate,
    ratio,
    signed,
    signed_hundredths,
    symbol,
    time_of_day,
    yyyymmdd,
)


def test_a_price_wears_the_colour_of_its_change():
    assert coloured(77_600, 77_500) == "+77600"
    assert coloured(76_600, 77_500) == "-76600"
    assert coloured(77_500, 77_500) == "77500"
    assert coloured(51_300, 51_300, " ") == " 51300"


def test_values_of_a_recorded_trade():
    """005930 on 2022-01-18 at 14:29:42: base 77,500, price 77,100."""
    assert signed(77_100 - 77_500) == "-400"
    assert signed_hundredths(ratio(-400, 77_500)) == "-0.52"
    assert hundredths(ratio(2_944_634, 4_817_707)) == "61.12"
    assert hundredths(ratio(7_884_712, 8_785_122)) == "89.75"
    assert signed(0, " ") == " 0"


@pytest.mark.parametrize(
    ("price", "expected"), [(130, "1"), (110, "2"), (100, "3"), (70, "4"), (90, "5")]
)
def test_symbols(price, expected):
    assert symbol(price, 100, 130, 70) == expected


@given(st.integers(-(10**9), 10**9), st.integers(1, 10**9))
def test_a_ratio_is_rounded_half_away_from_zero(part, whole):
    hundred = ratio(part, whole)
    assert abs(2 * hundred * whole - 2 * part * 10_000) <= whole
    assert ratio(-part, whole) == -hundred


@given(st.integers(-(10**9), 10**9))
def test_two_decimals(number):
    assert hundredths(number) == str(Decimal(number).scaleb(-2).quantize(Decimal("0.01")))
    assert signed_hundredths(number, " ") == rate(number)
    assert rate(number)[0] == (" " if number == 0 else "+" if number > 0 else "-")
    assert rate(number)[1:] == hundredths(abs(number))


def test_times_and_dates():
    day = date(2026, 1, 2)
    assert time_of_day(9 * 3_600 + 5 * 60 + 7) == "090507"
    assert clock(krx.midnight(day) + (15 * 3_600 + 30 * 60) * 1_000_000 + 999_999) == "153000"
    assert yyyymmdd(day) == "20260102"


@given(st.text(alphabet="가나다라a1 ", max_size=40), st.integers(0, 30))
def test_a_buffer_is_filled_to_its_bytes(text, width):
    raw = padded(text, width).encode("cp949")
    assert len(raw) in (width, width - 1)  # one less where a character was cut in two
