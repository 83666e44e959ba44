"""Wire version 1: bytes of a request to a `Request`, an outcome to the bytes of a reply.

A request is an object with ``task_id``, ``method``, ``parameters`` and ``request_time``. A reply repeats the
``task_id``, whatever JSON value it is, and adds ``result``, ``response_time``, ``status``, the ``kind`` of
control behind the server and, where it failed, ``error``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Callable, Dict, Mapping, NoReturn, Optional, Tuple

from sapi_kiwoom import krx
from sapi_kiwoom.errors import KiwoomError, RequestRejected
from sapi_kiwoom.loop import SECOND

LONGEST_BODY = 1024 * 1024
"""Bytes. A request is a few hundred; decoding a huge one would make everybody else wait."""

UNKNOWN = b'"unknown"'
"""The ``task_id`` of an answer to something whose own ``task_id`` could not be read."""

_DIGITS = 1000
"""Numbers longer than this are refused: converting them takes time that grows with their square."""


@dataclass(frozen=True)
class Request:
    """A request whose envelope was understood.

    Attributes:
        task_id: the client's ``task_id`` as JSON text, ready to be repeated.
        method: the method's name; whether it exists is not checked yet.
        parameters: as they came.
    """

    task_id: bytes
    method: str
    parameters: Dict[str, Any]


class Unreadable(Exception):
    """A body that is no request. ``task_id`` is the client's where that much could be read."""

    def __init__(self, task_id: bytes, error: RequestRejected) -> None:
        super().__init__(error.message)
        self.task_id = task_id
        self.error = error


def _plain_dumps(value: Any) -> bytes:
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    except UnicodeEncodeError:  # half of a surrogate pair came in escaped, so it leaves escaped
        return json.dumps(value, separators=(",", ":")).encode("ascii")


def _fast_dumps(value: Any) -> bytes:
    try:
        text: bytes = orjson.dumps(value)
        return text
    except TypeError:  # integers above 64 bits, half surrogates
        return _plain_dumps(value)


dumps: Callable[[Any], bytes]
"""Any JSON value as UTF-8 text. Uses orjson where it is installed (``pip install sapi-kiwoom[fast]``)."""

try:
    import orjson

    dumps = _fast_dumps
except ImportError:
    dumps = _plain_dumps


def _int(text: str) -> int:
    if len(text) > _DIGITS:
        raise ValueError(f"a number of {len(text)} digits")
    return int(text)


def _float(text: str) -> float:
    number = float(text)
    if len(text) > _DIGITS or number in (float("inf"), float("-inf")):
        raise ValueError("a number too large for JSON's usual range")
    return number


def _constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not JSON")


_decode = json.JSONDecoder(parse_int=_int, parse_float=_float, parse_constant=_constant).decode

_EXAMPLE = (
    '{"task_id": "1", "method": "get-stock-name", "parameters": {"stock_code": "015760"}, '
    '"request_time": "2026-11-20T10:00:00"}'
)


def _unreadable(message: str, task_id: bytes = UNKNOWN, **details: Any) -> Unreadable:
    return Unreadable(task_id, RequestRejected("invalid-message", message, **details))


def decode(body: bytes) -> Request:
    """Read a request's envelope.

    Raises:
        Unreadable: the body is no request; its error says which field and how it should look.
    """
    if len(body) > LONGEST_BODY:
        raise _unreadable(
            f"the message has {len(body)} bytes; at most {LONGEST_BODY} are read",
            limit=LONGEST_BODY,
        )
    try:
        value = _decode(body.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise _unreadable(
            f"the message is not UTF-8 (byte {error.start}); encode it as UTF-8"
        ) from None
    except RecursionError:
        raise _unreadable("the message is nested too deeply") from None
    except ValueError as error:
        raise _unreadable(
            f"the message is not JSON ({error}); send for example {_EXAMPLE}"
        ) from None
    if not isinstance(value, dict):
        raise _unreadable(f"the message must be a JSON object; send for example {_EXAMPLE}")
    task_id = dumps(value["task_id"]) if "task_id" in value else UNKNOWN
    for field in ("task_id", "method", "parameters", "request_time"):
        if field not in value:
            raise _unreadable(
                f"the field {field!r} is missing; send for example {_EXAMPLE}", task_id, field=field
            )
    method, parameters = value["method"], value["parameters"]
    if not isinstance(method, str):
        raise _unreadable(
            "'method' must be the name of a method as a string", task_id, field="method"
        )
    if not isinstance(parameters, dict):
        raise _unreadable(
            "'parameters' must be an object, {} where a method needs none",
            task_id,
            field="parameters",
        )
    return Request(task_id, method, parameters)


class Encoder:
    """Builds replies. Parts that repeat (the time's seconds, the kind) are made once.

    Args:
        kind: what stands behind the server: ``real``, ``mock`` or ``simulator``.
        now: market time in microseconds since 1970 UTC.
    """

    def __init__(self, kind: str, now: Callable[[], int]) -> None:
        self._now = now
        self._kind = dumps(kind)
        self._second: Tuple[int, str] = (-1, "")

    def _time(self) -> bytes:
        seconds, fraction = divmod(self._now(), SECOND)
        if self._second[0] != seconds:
            self._second = (seconds, krx.kst(seconds * SECOND).strftime("%Y-%m-%d %H:%M:%S"))
        return f"{self._second[1]}.{fraction:06d}".encode("ascii")

    def _reply(self, task_id: bytes, result: bytes, status: bytes, more: bytes = b"") -> bytes:
        return b'{"task_id":%b,"result":%b,"response_time":"%b","status":"%b","kind":%b%b}' % (
            task_id,
            result,
            self._time(),
            status,
            self._kind,
            more,
        )

    def succeeded(
        self, task_id: bytes, result: bytes, members: Optional[Mapping[str, Any]] = None
    ) -> bytes:
        """A reply with a result that is encoded already, and with further members where there are any."""
        more = b"," + dumps(members)[1:-1] if members else b""
        return self._reply(task_id, result, b"TASK_SUCCEED", more)

    def failed(self, task_id: bytes, error: KiwoomError) -> bytes:
        """A reply that says what went wrong: its message as ``result``, the whole in ``error``."""
        return self._reply(
            task_id, dumps(error.message), b"TASK_FAILED", b',"error":' + dumps(error_object(error))
        )


def error_object(error: KiwoomError) -> Dict[str, Optional[Any]]:
    """What ``error`` looks like on the wire."""
    return {
        "code": error.code,
        "name": error.name,
        "message": error.message,
        "details": error.details,
    }
