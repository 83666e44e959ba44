"""Contracts by date, and the calls that give their codes."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sapi_kiwoom import krx
from simulator import derivatives
from simulator.derivatives import CALL, FUTURE, PUT
from tests.simulator.control.rig import Rig

DAYS = st.sampled_from(krx.trading_days(date(2016, 1, 4), date(2027, 11, 30)))


@pytest.fixture(scope="module")
def control():
    """On 2026-11-20."""
    return Rig().control


@given(DAYS)
def test_the_last_day_is_the_second_thursday_or_the_trading_day_before(day):
    last = derivatives.expiry(day.year, day.month)
    thursday = next(
        date(day.year, day.month, number)
        for number in range(8, 15)
        if date(day.year, day.month, number).weekday() == 3
    )
    assert krx.is_trading_day(last)
    assert last <= thursday
    between = [last + timedelta(step) for step in range(1, (thursday - last).days + 1)]
    assert not any(map(krx.is_trading_day, between))


@given(DAYS, st.sampled_from([0, 2, 4]))
def test_months_are_in_order_and_as_many_of_each_kind_as_the_rule_says(day, serial):
    months = derivatives.listed_months(day, serial)
    assert months == sorted(set(months))
    assert len(months) == 7 + serial
    counts = [sum(month == each for _, month in months) for each in (3, 6, 9, 12)]
    assert counts == [1, 2, 1, 3]
    year, month = months[0]
    first = date(year, month, 1)
    assert first <= day <= derivatives.expiry(year, month) or first > day


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("01", FUTURE, 2018, 12), "101NC000"),
        (("01", FUTURE, 2025, 12), "101WC000"),
        (("01", FUTURE, 2026, 3), "A0163000"),
        (("01", CALL, 2026, 1, "565"), "B0161565"),
        (("01", PUT, 2016, 7, "250"), "301L7250"),
        (("11", FUTURE, 2025, 6), "111W6000"),
    ],
)
def test_codes(arguments, code):
    assert derivatives.code(*arguments) == code
    assert derivatives.asset_of(code) == arguments[0]


@pytest.mark.parametrize(
    ("text", "number"),
    [("247.50", 24750), ("247.5", 24750), ("247", 24700), (" 7.05 ", 705), ("", -1), ("a.b", -1)],
)
def test_prices(text, number):
    assert derivatives.hundredths(text) == number


def test_index_futures(control):
    codes = control.GetFutureList().split(";")
    assert len(codes) == 7
    assert codes[0] == control.GetFutureCodeByIndex(0) == "A016C000"
    assert control.GetMasterCodeName("A016C000") == "F 202612"
    assert control.GetFutureCodeByIndex(7) == control.GetFutureCodeByIndex(-1) == ""


def test_the_months_of_calls_stand_before_those_of_puts(control):
    months = control.GetMonthList().split(";")
    calls, puts = months[: len(months) // 2], months[len(months) // 2 :]
    assert len(months) == 22
    assert calls == puts[::-1]
    assert puts == sorted(puts)
    assert puts[0] == "202612"


@pytest.mark.parametrize("asset", [None, "11"])
def test_options_are_found_by_strike_and_month(control, asset):
    def call(name, *arguments):
        if asset is None:
            return getattr(control, f"Get{name}")(*arguments)
        return getattr(control, f"GetS{name}")(asset, *arguments)

    strikes = [int(each) for each in call("ActPriceList").split(";")]
    atm = int(call("OptionATM"))
    months = sorted(set(call("MonthList").split(";")))
    assert strikes == sorted(set(strikes)) and atm in strikes
    where = strikes.index(atm)

    def code(strike, side, month):
        shown = f"{strike / 100:.2f}" if asset is None else str(strike)
        return call("OptionCode", shown, side, month)

    codes = {code(strike, side, month) for strike in strikes for side in (2, 3) for month in months}
    assert len(codes) == len(strikes) * 2 * len(months)
    assert all(len(each) == 8 for each in codes)
    middle = code(atm, 2, months[0])
    assert call("OptionCodeByMonth", middle, 3, months[1]) == code(atm, 3, months[1])
    assert call("OptionCodeByActPrice", middle, 2, 1) == code(strikes[where + 1], 2, months[0])
    assert call("OptionCodeByActPrice", middle, 2, -1) == code(strikes[where - 1], 2, months[0])
    assert call("OptionCodeByActPrice", middle, 2, 0) == ""
    assert call("OptionCodeByActPrice", middle, 2, 1_000) == ""
    assert call("OptionCodeByMonth", "005930", 2, months[0]) == ""
    assert code(atm + 1, 2, months[0]) == code(atm, 4, months[0]) == code(atm, 2, "209901") == ""
    assert months[0] in control.GetMasterCodeName(middle)


def test_stock_futures(control):
    assets = dict(each.split("|") for each in control.GetSFOBasisAssetList().split(";") if each)
    assert assets == {"11": "삼성전자", "50": "SK하이닉스"}, "of the listed stocks only"
    listed = [each.split("^") for each in control.GetSFutureList("11").split(";") if each]
    assert [name for *_, name in listed] == ["삼성전자"] * 9
    assert listed[0][0] == control.GetSFutureCodeByIndex("11", 0)
    assert control.GetSFutureList("").count(";") == 18
    assert control.GetMasterCodeName(listed[0][0]) == listed[0][1]


@pytest.mark.parametrize("asset", ["", "01", "12", "99"])
def test_an_asset_without_contracts(control, asset):
    assert control.GetSActPriceList(asset) == control.GetSMonthList(asset) == ""
    assert control.GetSOptionATM(asset) == control.GetSFutureCodeByIndex(asset, 0) == ""


def test_strikes_above_a_thousand_points_have_codes_of_their_own():
    made = [
        derivatives.code("01", CALL, 2026, 1, derivatives._points(each))
        for each in range(900, 1200)
    ]
    assert len(set(made)) == 300
    assert {len(each) for each in made} == {8}
