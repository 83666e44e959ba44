"""The table of methods: what is accepted, and that what is not is refused by name."""

import pytest

from sapi_kiwoom import catalogue
from sapi_kiwoom.errors import RequestRejected
from sapi_kiwoom.server.methods import METHODS, check, find, span

CANDLE = {
    "stock_code": "005930",
    "tick": "1",
    "is_adjusted": "1",
    "from": "20211001",
    "to": "20211005",
}


def refused(name, parameters):
    with pytest.raises(RequestRejected) as caught:
        check(find(name), parameters)
    return caught.value


def test_the_eleven_methods_of_2021_are_there():
    assert {name for name, method in METHODS.items() if method.since == 1} == {
        "get-stock-name",
        "get-stock-codes",
        "get-stock-states",
        "subscribe-realtime",
        "unsubscribe-realtime",
        "request-minute-candle",
        "request-day-candle",
        "request-upper-and-low",
        "request-offer-price-info",
        "request-offhour-single-trade-info",
        "request-short-trend",
    }


@pytest.mark.parametrize("method", [each for each in METHODS.values() if each.transaction])
def test_every_input_of_a_tr_comes_from_a_parameter(method):
    tr = catalogue.tr(method.transaction.tr)
    assert {each.key for each in tr.inputs} <= set(method.parameters["properties"])
    for right, old in method.transaction.old_keys.items():
        assert right in {each.key for each in tr.multi.fields}
        assert old not in {each.key for each in tr.multi.fields}


def test_an_unknown_method_is_answered_with_those_that_exist():
    with pytest.raises(
        RequestRejected, match=r"'no-such' is not exists in method map.*get-stock-name"
    ):
        find("no-such")


@pytest.mark.parametrize("name", CANDLE)
def test_a_missing_parameter_is_named(name):
    parameters = {key: value for key, value in CANDLE.items() if key != name}
    error = refused("request-minute-candle", parameters)
    assert error.details["field"] == name
    assert f"({name}) is essential" in error.message


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("stock_code", "5930"),
        ("stock_code", "005930;000660"),
        ("stock_code", None),
        ("stock_code", "00593가"),
        ("stock_code", ["005930"]),
        ("tick", "7"),
        ("tick", 1.5),
        ("is_adjusted", "yes"),
        ("from", "20210230"),
        ("from", "2021-10-01"),
        ("from", {}),
        ("from", "２０２１１００１"),
        ("to", "20211001250000"),
        ("to", ""),
    ],
)
def test_a_wrong_value_is_named_with_the_remedy(name, value):
    error = refused("request-minute-candle", {**CANDLE, name: value})
    assert error.name == "invalid-parameter"
    assert error.details["field"] == name
    assert f"({name})" in error.message
    assert (
        METHODS["request-minute-candle"].parameters["properties"][name]["description"]
        in error.message
    )


def test_dates_that_run_backwards_are_refused():
    error = refused("request-day-candle", {**CANDLE, "from": "20211006"})
    assert error.details["field"] == "from"
    assert "20211006" in error.message


def test_a_huge_value_is_not_repeated_whole():
    assert len(refused("request-minute-candle", {**CANDLE, "tick": "9" * 100_000}).message) < 500


def test_numbers_stand_for_strings_and_unknown_parameters_are_ignored():
    values = check(
        find("request-minute-candle"),
        {**CANDLE, "tick": 3, "is_adjusted": True, "from": 20211001, "colour": "red"},
    )
    assert values == {**CANDLE, "tick": "3", "is_adjusted": "1", "from": "20211001"}


@pytest.mark.parametrize("code", ["005930", "0126Z0", "00088K", "005930_NX", "005930_AL"])
def test_codes_with_letters_and_venues_are_codes(code):
    assert check(find("subscribe-realtime"), {"stock_code": code}) == {"stock_code": code}


def test_a_lookup_takes_any_code_as_in_2021():
    assert check(find("get-stock-name"), {"stock_code": "no such"}) == {"stock_code": "no such"}


def test_a_day_as_to_means_the_whole_day():
    assert span({"from": "20211001", "to": "20211001"}) == ("20211001000000", "20211001235959")
    assert span({"from": "20211001090000", "to": "20211001100000"}) == (
        "20211001090000",
        "20211001100000",
    )
