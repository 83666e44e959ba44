"""TR methods: a checked request becomes a chain of the session, its rows become the result."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Mapping, Sequence

from sapi_kiwoom import catalogue
from sapi_kiwoom.errors import KiwoomError
from sapi_kiwoom.server.methods import Transaction, span
from sapi_kiwoom.session.requests import Chain

Row = Dict[str, str]


def chain(
    transaction: Transaction,
    values: Mapping[str, str],
    on_result: Callable[[List[Row]], None],
    on_error: Callable[[KiwoomError], None],
) -> Chain:
    """The chain of pages that answers a request with these (checked) parameters.

    Rows reach ``on_result`` with the wire's keys, newest first, those outside ``from`` to ``to`` left out.
    """
    tr = catalogue.tr(transaction.tr)
    assert tr.multi is not None
    inputs = {each.name: _input(each.key, each.width, values[each.key]) for each in tr.inputs}
    fields = tr.multi.fields
    keys = [(each.name, each.key) for each in fields]
    keys += [
        (each.name, transaction.old_keys[each.key])
        for each in fields
        if each.key in transaction.old_keys
    ]
    time = transaction.time

    def selected(rows: Sequence[Row]) -> List[Row]:
        if time is None:
            return list(rows)
        start, end = span(values)
        return [row for row in rows if start <= row[time].ljust(14, "0") <= end]

    def enough(rows: Sequence[Row]) -> bool:
        return time is not None and bool(rows) and rows[-1][time].ljust(14, "0") < span(values)[0]

    return Chain(
        tr=tr,
        inputs=inputs,
        enough=enough,
        max_pages=0 if transaction.all_pages else 1,
        bulk=transaction.all_pages,
        on_done=lambda rows: on_result([_renamed(row, keys) for row in selected(rows)]),
        on_error=on_error,
    )


def _input(key: str, width: int, value: str) -> str:
    # A control that takes a day gets the day, even where the client's moment has a time.
    return value[:8] if key in ("from", "to") and width >= 8 else value


def _renamed(row: Mapping[str, str], keys: Sequence[Any]) -> Row:
    return {key: row[name] for name, key in keys}
