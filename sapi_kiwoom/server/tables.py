"""TR records on the wire: inputs by either name, rows with English keys, values beside the text."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any, Dict, List, Mapping, Optional, Tuple

from sapi_kiwoom import catalogue
from sapi_kiwoom.catalogue import Field, Record, Tr
from sapi_kiwoom.errors import RequestRejected
from sapi_kiwoom.session.pages import Row, labels

_DEFAULTS = {"비밀번호입력매체구분": "00"}
"""What everybody sends, because the password is entered in the control's own window."""

_MOMENTS = frozenset(
    ("일자", "날짜", "체결시간", "체결일자", "조회일자", "일자n", "거래일자", "매매일자")
)
"""Names of the columns that say of which day or moment a row is."""


def find(code: str) -> Tr:
    """The TR with this code.

    Raises:
        RequestRejected: the catalogue has none.
    """
    known = catalogue.trs()
    if code.lower() in known:
        return known[code.lower()]
    near = [known[each].code for each in get_close_matches(code.lower(), known, 3)]
    hint = f"; did you mean {', '.join(near)}?" if near else ", for example opt10001 is one"
    raise RequestRejected(
        "invalid-parameter", f"TR코드(tr): the catalogue has no TR {code!r}{hint}", field="tr"
    )


def inputs(tr: Tr, given: Mapping[str, str]) -> Dict[str, str]:
    """The inputs of a TR by Korean name, from some by Korean name and some by English key.

    Raises:
        RequestRejected: one is unknown, missing, or named twice.
    """
    fields = [*tr.inputs, *([tr.venue] if tr.venue is not None else [])]
    by_name = {**{each.key: each for each in fields}, **{each.name: each for each in fields}}
    found: Dict[str, str] = {}
    for name, value in given.items():
        field = by_name.get(name)
        if field is None:
            raise _refused(name, f"{tr.code} has no input {name[:100]!r}; it has: {_named(fields)}")
        if field.name in found:
            raise _refused(
                name, f"{field.name} and {field.key} are one input; leave one of them out"
            )
        found[field.name] = value
    for field in tr.inputs:
        if field.name not in found:
            if not field.optional and field.name not in _DEFAULTS:
                raise _refused(
                    field.key,
                    f"{field.name}({field.key}) is essential; {tr.code} has the inputs: {_named(fields)}",
                )
            found[field.name] = _DEFAULTS.get(field.name, "")
    return found


def _refused(name: str, message: str) -> RequestRejected:
    return RequestRejected("invalid-parameter", message, field=f"inputs.{name[:100]}")


def _named(fields: List[Field]) -> str:
    return ", ".join(f"{each.name}({each.key})" for each in fields) or "none"


def moment(tr: Tr) -> Optional[str]:
    """Korean name of the column that says of which day a row of a TR is; None where there is none."""
    if tr.cursor is not None:
        return tr.cursor.field
    if tr.multi is not None:
        for field in tr.multi.fields:
            if field.name in _MOMENTS and field.kind in ("date", "timestamp"):
                return field.name
    return None


class Renamed:
    """Turns the rows of a record into what clients get.

    Args:
        record: of the TR; None for one that it does not have.
        profile: the server whose way of writing the values are read in, see `catalogue.kinds`.
    """

    def __init__(self, record: Optional[Record], profile: str) -> None:
        fields = record.fields if record is not None else ()
        self._columns: List[Tuple[str, Field]] = (
            list(zip(labels(record), fields)) if record is not None else []
        )
        self._profile = profile

    def text(self, row: Row) -> Dict[str, str]:
        """A row with English keys, as the control wrote it."""
        return {field.key: row[label] for label, field in self._columns if label in row}

    def values(self, row: Row) -> Dict[str, Any]:
        """The same as numbers and text; None for what is blank, or cannot be read."""
        return {
            field.key: _value(field, row[label], self._profile)
            for label, field in self._columns
            if label in row
        }


def _value(field: Field, raw: str, profile: str) -> Any:
    try:
        value = field.parse(raw, profile)
    except ValueError:
        return None  # the text stands beside it
    return value if value is None or isinstance(value, (int, str)) else float(value)
