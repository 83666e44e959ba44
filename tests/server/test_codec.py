"""Any bytes are either a request or refused with a reason; any task_id comes back as it was."""

import json
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sapi_kiwoom import krx
from sapi_kiwoom.errors import ControlError, RequestRejected
from sapi_kiwoom.server import codec
from sapi_kiwoom.server.codec import LONGEST_BODY, Encoder, Unreadable, decode, dumps

GOOD = {"task_id": "1", "method": "get-stock-name", "parameters": {}, "request_time": "now"}
NOW = krx.microseconds(datetime(2021, 10, 1, 12, 0, 0, 123456, tzinfo=krx.KST))

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def encoder() -> Encoder:
    return Encoder("simulator", lambda: NOW)


@given(st.binary(max_size=200) | json_values.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_a_request_or_refused_with_a_reason(body):
    try:
        decode(body)
    except Unreadable as unreadable:
        reply = json.loads(encoder().failed(unreadable.task_id, unreadable.error))
        assert reply["status"] == "TASK_FAILED"
        assert reply["error"]["name"] == "invalid-message"
        assert reply["result"] == reply["error"]["message"] != ""


@given(json_values)
def test_every_task_id_comes_back_as_it_was(task_id):
    request = decode(json.dumps({**GOOD, "task_id": task_id}).encode())
    reply = json.loads(encoder().succeeded(request.task_id, b'"ok"'))
    assert reply["task_id"] == task_id
    assert type(reply["task_id"]) is type(task_id)


def test_a_task_id_of_10_000_characters_comes_back():
    request = decode(json.dumps({**GOOD, "task_id": "가" * 10_000}).encode())
    assert json.loads(encoder().succeeded(request.task_id, b"[]"))["task_id"] == "가" * 10_000


def test_half_of_a_surrogate_pair_comes_back_escaped():
    request = decode(b'{"task_id": "\\ud800", "method": "m", "parameters": {}, "request_time": 0}')
    assert b"\\ud800" in encoder().succeeded(request.task_id, b"[]")


@pytest.mark.parametrize("field", GOOD)
def test_a_missing_field_is_named_and_the_task_id_repeated(field):
    body = json.dumps({name: value for name, value in GOOD.items() if name != field}).encode()
    with pytest.raises(Unreadable) as caught:
        decode(body)
    assert caught.value.error.details["field"] == field
    assert field in caught.value.error.message
    assert caught.value.task_id == (b'"unknown"' if field == "task_id" else b'"1"')


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "not JSON"),
        (b"no json", "not JSON"),
        (b"[]", "must be a JSON object"),
        (b"null", "must be a JSON object"),
        ("{'한글'}".encode("cp949"), "not UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
        (b"1" * 500_000, "digits"),
        (b'{"task_id": NaN}', "NaN is not JSON"),
        (b'{"task_id": 1e999}', "too large"),
        (b" " * (LONGEST_BODY + 1), "at most"),
        (json.dumps({**GOOD, "method": []}).encode(), "'method' must be"),
        (json.dumps({**GOOD, "parameters": None}).encode(), "'parameters' must be an object"),
    ],
)
def test_what_is_no_request_is_refused_in_words(body, words):
    with pytest.raises(Unreadable, match=words):
        decode(body)


def test_a_byte_order_mark_is_no_reason_to_refuse():
    assert decode(b"\xef\xbb\xbf" + json.dumps(GOOD).encode()).method == "get-stock-name"


def test_a_reply_looks_as_in_2021():
    reply = json.loads(encoder().succeeded(b'"t"', dumps([{"day": "20211001"}])))
    assert reply == {
        "task_id": "t",
        "result": [{"day": "20211001"}],
        "response_time": "2021-10-01 12:00:00.123456",
        "status": "TASK_SUCCEED",
        "kind": "simulator",
    }


def test_a_failure_carries_the_vendors_code_and_its_name():
    error = ControlError("CommRqData", -200, "OP_ERR_SISE_OVERFLOW", "too fast")
    reply = json.loads(encoder().failed(b"7", error))
    assert (reply["task_id"], reply["status"]) == (7, "TASK_FAILED")
    assert "-200" in reply["result"]
    assert reply["error"] == {
        "code": -200,
        "name": "control-error",
        "message": reply["result"],
        "details": {"call": "CommRqData", "vendor_name": "OP_ERR_SISE_OVERFLOW"},
    }


def test_a_failure_without_a_vendors_code_says_null():
    reply = json.loads(encoder().failed(b"null", RequestRejected("busy", "later", waiting=5)))
    assert reply["error"] == {
        "code": None,
        "name": "busy",
        "message": "later",
        "details": {"waiting": 5},
    }


@given(json_values)
def test_both_json_libraries_write_the_same_value(value):
    assert json.loads(codec._plain_dumps(value)) == value
    assert json.loads(dumps(value)) == value
