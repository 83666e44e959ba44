"""How a call reaches the control: what Qt makes of a prototype and its arguments, and COM after it.

Qt converts an argument to the type that the prototype names, if it knows that type. Whatever arrives at
the control is then coerced to what its type library says. Both are kind in different ways: Qt makes 0 of
a text that is no number, COM refuses it.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple

from sapi_kiwoom.signatures import METHODS, NUMBER, Signature

MEMBER_NOT_FOUND = -2147352573
TYPE_MISMATCH = -2147352571
EXCEPTION = -2147352567
OVERFLOW = -2147352566
BAD_PARAMETER_COUNT = -2147352562
NOT_INITIALIZED = -2147418113
"""HRESULTs as the ``exception`` signal carries them."""

LEAST, MOST = -(1 << 31), (1 << 31) - 1
"""Of a LONG."""

_BY_NAME = {name.lower(): signature for name, signature in METHODS.items()}
_WHOLE = re.compile(r"\s*[+-]?\d+\s*")
_LITERAL = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^",]*))\s*(?:,|$)')


class Refused(Exception):
    """A call that does not reach the control. Qt warns of it, and returns nothing.

    Attributes:
        code: an HRESULT.
        reason: for people.
    """

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Prototype(NamedTuple):
    """``F(QString, int)`` as Qt reads it: the method, the types named, and the text in the parentheses."""

    signature: Signature
    types: Tuple[str, ...]
    text: str


@lru_cache(maxsize=512)
def prototype(text: str) -> Prototype:
    """Read what dynamicCall was given.

    Names are found in any case, as COM finds them. Without its closing parenthesis the last type is cut
    short: Qt does not know it any more.

    Raises:
        Refused: the control has no such method.
    """
    name, opened, rest = text.partition("(")
    signature = _BY_NAME.get(name.strip().lower())
    if signature is None:
        raise Refused(MEMBER_NOT_FOUND, f"{text}: no such method")
    rest = rest.rstrip()
    if not opened:
        return Prototype(signature, ("",), "")
    closed = rest.endswith(")")
    inside = rest[:-1] if closed else rest
    types = [_plain(each) for each in inside.split(",")] if inside.strip() else []
    if types and not closed:
        types[-1] = types[-1][:-1]
    return Prototype(signature, tuple(types), inside)


def arguments(called: Prototype, values: Sequence[Any]) -> List[Any]:
    """What the control receives.

    Args:
        called: the prototype.
        values: the arguments; none lets those count that are written out in the prototype.

    Raises:
        Refused: there are too many or too few, or one cannot be coerced.
    """
    if values:
        values = [_as_qt(value, kind) for value, kind in zip(values, called.types)]
    else:
        values = _literals(called.text)
    signature = called.signature
    if len(values) != len(signature.parameters):
        raise Refused(
            BAD_PARAMETER_COUNT,
            f"Error calling IDispatch member {signature.name}: Bad parameter count",
        )
    return [
        _coerced(value, kind, number, signature)
        for number, (value, (_, kind)) in enumerate(zip(values, signature.parameters))
    ]


# -- Qt --------------------------------------------------------------------------------------------


def _plain(kind: str) -> str:
    return re.sub(r"\bconst\b|[&*]", "", kind).strip()


def _qt_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int)):
        return str(value)
    return f"{value:.17g}" if isinstance(value, float) else ""


def _qt_whole(value: Any) -> int:
    if isinstance(value, str):
        whole = int(value) if _WHOLE.fullmatch(value) else 0
        return whole if LEAST <= whole <= MOST else 0
    if isinstance(value, float):
        if not math.isfinite(value):
            return 0
        value = math.floor(value + 0.5) if value >= 0 else -math.floor(0.5 - value)
    if isinstance(value, int):
        return (int(value) - LEAST) % (1 << 32) + LEAST
    return 0


def _qt_truth(value: Any) -> bool:
    if isinstance(value, str):
        return value.lower() not in ("", "0", "false")
    return bool(value) if isinstance(value, (int, float)) else False


def _qt_real(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return 0.0


_QT: Dict[str, Callable[[Any], Any]] = {
    "QString": _qt_text,
    "int": _qt_whole,
    "uint": _qt_whole,
    "long": _qt_whole,
    "short": _qt_whole,
    "bool": _qt_truth,
    "double": _qt_real,
    "float": _qt_real,
}
"""The types of prototypes that Qt knows and the control has a use for."""


def _as_qt(value: Any, kind: str) -> Any:
    convert = _QT.get(kind)
    return convert(value) if convert else value


def _literals(text: str) -> List[Any]:
    """Arguments that stand in the prototype itself: ``"ACCNO", 1``."""
    found: List[Any] = []
    place = 0
    while place < len(text):
        match = _LITERAL.match(text, place)
        if match is None:  # a quotation mark in the middle of something
            found.append(text[place:].strip())
            break
        quoted, bare = match.groups()
        found.append(quoted if quoted is not None else _bare(bare.strip()))
        place = match.end()
    return found


def _bare(text: str) -> Any:
    if text in ("true", "false"):
        return text == "true"
    for read in (int, float):
        try:
            return read(text)
        except ValueError:
            continue
    return text


# -- COM -------------------------------------------------------------------------------------------


def _coerced(value: Any, kind: str, number: int, signature: Signature) -> Any:
    """A variant as the type library's LONG or BSTR; nothing is 0 or "", true is -1."""
    if value is None:
        return 0 if kind == NUMBER else ""
    if isinstance(value, bool):
        value = -1 if value else 0
    found = _long(value) if kind == NUMBER else _bstr(value)
    if found is None:
        raise Refused(
            TYPE_MISMATCH,
            f"Error calling IDispatch member {signature.name}: Type mismatch in parameter {number}",
        )
    if isinstance(found, int) and not LEAST <= found <= MOST:
        raise Refused(OVERFLOW, f"Error calling IDispatch member {signature.name}: Overflow")
    return found


def _long(value: Any) -> Optional[int]:
    if isinstance(value, str):
        try:
            value = float(value) if not _WHOLE.fullmatch(value) else int(value)
        except ValueError:
            return None
    if isinstance(value, float):
        return round(value) if math.isfinite(value) else None
    return int(value) if isinstance(value, int) else None


def _bstr(value: Any) -> Optional[str]:
    if isinstance(value, float):
        return f"{value:.15g}"
    return str(value) if isinstance(value, (str, int)) else None
