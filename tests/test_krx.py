from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sapi_kiwoom import krx

MARKETS = st.sampled_from(["KOSPI", "KOSDAQ", "ETF", "ETN"])
DAYS = st.dates(krx.FIRST_DATE, krx.LAST_DATE)
PRICES = st.integers(1, 3_000_000)
MOMENTS = st.integers(0, 4_000_000_000_000_000)


# -- time -------------------------------------------------------------------------------------


def test_korea_is_nine_hours_ahead():
    moment = krx.microseconds(datetime(2026, 11, 23, 0, 0, 0, 123_456, tzinfo=timezone.utc))
    assert str(krx.kst(moment)) == "2026-11-23 09:00:00.123456+09:00"
    assert krx.day_and_minute(moment) == (date(2026, 11, 23), 540)


@given(MOMENTS)
def test_no_microsecond_is_lost(moment):
    there = krx.kst(moment)
    assert krx.microseconds(there) == moment
    assert krx.day_and_minute(moment) == (there.date(), there.hour * 60 + there.minute)
    assert 0 <= moment - krx.midnight(there.date()) < 24 * 60 * krx.MINUTE


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="no time zone"):
        krx.microseconds(datetime(2026, 11, 23))


# -- trading days -----------------------------------------------------------------------------


def test_closures_of_2026():
    closed = [
        day.strftime("%m-%d")
        for n in range(365)
        for day in [date(2026, 1, 1) + timedelta(n)]
        if day.weekday() < 5 and not krx.is_trading_day(day)
    ]
    assert " ".join(closed) == (
        "01-01 02-16 02-17 02-18 03-02 05-01 05-05 05-25 06-03 07-17 08-17 09-24 09-25"
        " 10-05 10-09 12-25 12-31"
    )


@pytest.mark.parametrize(
    ("year", "count"),  # as the exchange counted them
    list(zip(range(2015, 2026), [248, 246, 243, 244, 246, 248, 248, 246, 245, 244, 242])),
)
def test_trading_days_of_a_year(year, count):
    assert len(krx.trading_days(date(year, 1, 1), date(year, 12, 31))) == count


@given(DAYS, DAYS)
def test_ranges_and_ordinals_agree(first, second):
    start, end = sorted((first, second))
    days = krx.trading_days(start, end)
    assert days == [
        day
        for day in (start + timedelta(n) for n in range((end - start).days + 1))
        if krx.is_trading_day(day)
    ]
    for day in days[:3] + days[-3:]:
        assert krx.trading_day(krx.trading_day_index(day)) == day


@given(DAYS)
def test_neighbours(day):
    if day > date(2015, 1, 2):
        before = krx.previous_trading_day(day)
        assert before < day
        assert [d for d in krx.trading_days(before, day) if d != day] == [before]
    if day < date(2027, 12, 30):
        after = krx.next_trading_day(day)
        assert after > day
        assert [d for d in krx.trading_days(day, after) if d != day] == [after]


def test_days_beyond_the_calendar_are_refused():
    for ask in (krx.is_trading_day, krx.previous_trading_day, krx.next_trading_day):
        with pytest.raises(ValueError, match="outside the calendar"):
            ask(date(2028, 1, 3))
    with pytest.raises(ValueError, match="outside the calendar"):
        krx.previous_trading_day(date(2015, 1, 2))
    with pytest.raises(ValueError, match="not a trading day"):
        krx.trading_day_index(date(2026, 11, 22))


# -- sessions ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "hours"),
    [
        ("2026-11-20", (540, 920, 930)),
        ("2026-01-02", (600, 920, 930)),
        ("2021-01-04", (600, 920, 930)),
        ("2020-12-03", (600, 980, 990)),
        ("2026-11-19", (600, 980, 990)),
        ("2016-07-29", (540, 890, 900)),
        ("2016-08-01", (540, 920, 930)),
        ("2015-11-12", (600, 950, 960)),
    ],
)
def test_sessions(day, hours):
    session = krx.session(date.fromisoformat(day))
    assert (session.open, session.close, session.closing_auction) == hours


def test_two_late_openings_a_year():
    for year in range(2015, 2028):
        days = krx.trading_days(date(year, 1, 1), date(year, 12, 31))
        late = [day for day in days if krx.session(day).open == 600]
        assert late[0] == days[0]
        assert len(late) == (3 if year == 2017 else 2)


def test_single_price_trading_ended_in_september_2026():
    assert krx.has_afterhours_single_price(date(2026, 9, 11))
    assert not krx.has_afterhours_single_price(date(2026, 9, 14))
    assert not krx.has_afterhours_single_price(date(2026, 9, 12))  # a Saturday


# -- prices -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("market", "day", "price", "tick"),
    [
        ("KOSPI", "2023-01-20", 1_500, 5),
        ("KOSPI", "2023-01-25", 1_500, 1),
        ("KOSPI", "2023-01-20", 77_500, 100),
        ("KOSPI", "2023-01-20", 150_000, 500),
        ("KOSPI", "2023-01-25", 150_000, 100),
        ("KOSDAQ", "2023-01-20", 600_000, 100),
        ("KOSDAQ", "2023-01-25", 600_000, 1_000),
        ("ETF", "2023-12-08", 1_500, 5),
        ("ETF", "2023-12-11", 1_500, 1),
        ("ETF", "2026-11-20", 45_000, 5),
    ],
)
def test_tick_sizes(market, day, price, tick):
    assert krx.tick_table(market, date.fromisoformat(day)).tick(price) == tick


@pytest.mark.parametrize(
    ("day", "base", "upper", "lower"),
    [
        ("2022-01-18", 77_500, 100_500, 54_300),  # recorded
        ("2026-11-20", 185_800, 241_500, 130_100),
        ("2026-11-20", 24_250, 31_500, 17_000),
        ("2026-11-20", 239_000, 310_500, 167_500),
        ("2026-11-20", 4_020, 5_220, 2_815),
        ("2015-06-12", 10_000, 11_500, 8_500),  # the last day of 15 %
        ("2015-06-15", 10_000, 13_000, 7_000),
    ],
)
def test_price_limits(day, base, upper, lower):
    assert krx.tick_table("KOSPI", date.fromisoformat(day)).limits(base) == (upper, lower)


@given(MARKETS, DAYS, PRICES)
def test_prices_and_ordinals_are_a_bijection(market, day, price):
    table = krx.tick_table(market, day)
    below = table.round_down(price)
    index = table.index(below)
    assert table.price(index) == below
    assert table.price(index + 1) == below + table.tick(below) > price
    assert table.index(table.price(index + 1)) == index + 1
    assert krx.price_at(krx.tick_index(below, day, market) + 1, day, market) == table.price(
        index + 1
    )
    if below != price:
        with pytest.raises(ValueError, match="multiple of the tick"):
            table.index(price)


@given(MARKETS, DAYS, PRICES)
def test_rounding(market, day, price):
    table = krx.tick_table(market, day)
    down, up, near = table.round_down(price), table.round_up(price), table.round_to_tick(price)
    assert down <= price <= up
    assert up - down in (0, table.tick(price))
    assert near in (down, up)
    assert abs(near - price) * 2 <= table.tick(price)


@given(MARKETS, DAYS, st.integers(1_000, 3_000_000))
def test_limits_are_valid_prices_within_the_percentage(market, day, base):
    table = krx.tick_table(market, day)
    percent = 30 if day >= date(2015, 6, 15) else 15
    upper, lower = table.limits(base)
    assert lower < base < upper
    assert (upper - base) * 100 <= base * percent
    assert (base - lower) * 100 <= base * percent
    assert table.price(table.index(lower)) == lower
    assert table.price(table.index(upper)) == upper


def test_unknown_market():
    with pytest.raises(ValueError, match="unknown market"):
        krx.tick_table("NASDAQ", date(2026, 11, 20))
