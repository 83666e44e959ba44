"""What becomes of a prototype and its arguments on their way to the control."""

from __future__ import annotations

from typing import Any, List

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sapi_kiwoom.signatures import METHODS, NUMBER
from simulator.qt import dispatch
from simulator.qt.dispatch import Refused, arguments, prototype


def call(text: str, *values: Any) -> List[Any]:
    return arguments(prototype(text), values)


@pytest.mark.parametrize("signature", METHODS.values(), ids=METHODS)
def test_every_prototype_of_the_table_takes_its_own_types(signature: Any) -> None:
    values = [7 if kind == NUMBER else "x" for _, kind in signature.parameters]
    called = prototype(signature.prototype)
    assert called.signature is signature
    assert arguments(called, values) == values


@pytest.mark.parametrize(
    "types",
    [
        "QString, QString, int, QString",
        "QString,QString,int,QString",
        "const QString&, const QString&, int, const QString&",
        "Qstring, Qstring, Int, Qstring",
        "QString, QString, int, QString   ",
        "string, str, long, BSTR",
    ],
)
@pytest.mark.parametrize("closed", [")", ""])
def test_odd_prototypes_are_understood(types: str, closed: str) -> None:
    found = call(f"CommRqData({types}{closed}", "rq", "opt10081", "2", "0101")
    assert found == ["rq", "opt10081", 2, "0101"]


def test_qt_makes_zero_of_a_text_that_is_no_number_where_com_refuses_it() -> None:
    assert call("GetChejanData(int)", "") == [0]
    assert call("GetChejanData(int)", "abc") == [0]
    for text in ("", "abc"):
        with pytest.raises(Refused) as refused:
            call("GetChejanData(Int)", text)
        assert refused.value.code == dispatch.TYPE_MISMATCH


def test_no_more_arguments_are_used_than_the_prototype_names() -> None:
    assert call("GetLoginInfo(QString)", "ACCNO", "left over") == ["ACCNO"]
    with pytest.raises(Refused) as refused:
        call("SetInputValue(QString)", "종목코드", "005930")
    assert refused.value.code == dispatch.BAD_PARAMETER_COUNT


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('GetLoginInfo("ACCNO")', ["ACCNO"]),
        ('GetLoginInfo("ACCNO"', ["ACCNO"]),
        ('SetInputValue("종목코드", "005930")', ["종목코드", "005930"]),
        ('CommRqData("a, b", "opt10001", 0, "0101")', ["a, b", "opt10001", 0, "0101"]),
        ('KOA_Functions("GetServerGubun", "")', ["GetServerGubun", ""]),
        ("GetChejanData(9203)", [9203]),
        ("CommConnect()", []),
        ("CommConnect", []),
    ],
)
def test_arguments_may_stand_in_the_prototype(text: str, expected: List[Any]) -> None:
    assert call(text) == expected


@pytest.mark.parametrize("text", ["Nonsense()", "", "()", "OnEventConnect(int)"])
def test_an_unknown_method_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refused:
        call(text)
    assert refused.value.code == dispatch.MEMBER_NOT_FOUND


def test_nothing_becomes_an_empty_text_or_zero() -> None:
    assert call("CommRqData(QString, QString, int, QString)", None, "t", None, None) == [
        "",
        "t",
        0,
        "",
    ]


def test_a_true_bool_is_minus_one_to_com() -> None:
    prototype_of_bool = "CommKwRqData(QString, bool, int, int, QString, QString)"
    assert call(prototype_of_bool, "005930", False, 1, 0, "rq", "0101")[1] == 0
    assert call(prototype_of_bool, "005930", True, 1, 0, "rq", "0101")[1] == -1


@given(st.integers())
def test_a_number_arrives_whole_or_cut_to_32_bits_by_qt_or_refused_by_com(value: int) -> None:
    fits = dispatch.LEAST <= value <= dispatch.MOST
    found = call("GetChejanData(int)", value)[0]
    assert dispatch.LEAST <= found <= dispatch.MOST
    assert (found - value) % (1 << 32) == 0
    try:
        assert call("GetChejanData(Int)", value) == [value]
        assert fits
    except Refused as refused:
        assert refused.code == dispatch.OVERFLOW
        assert not fits


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.binary(),
    st.lists(st.integers()),
)


@given(st.sampled_from(sorted(METHODS)), st.text(max_size=30), st.lists(VALUES, max_size=12))
def test_whatever_is_called_arrives_as_the_type_library_has_it_or_is_refused(
    name: str, types: str, values: List[Any]
) -> None:
    try:
        called = prototype(f"{name}({types})")
        found = arguments(called, values)
    except Refused:
        return
    assert [type(each) for each in found] == [
        int if kind == NUMBER else str for _, kind in called.signature.parameters
    ]
