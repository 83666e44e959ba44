"""The table of methods: names, parameters as JSON Schemas, what each does in Korean and English.

Everything that lists, checks or describes methods reads this table. Each group has a module of rows.
"""

from __future__ import annotations

from typing import Dict

from sapi_kiwoom.errors import RequestRejected
from sapi_kiwoom.server.methods import (
    events,
    lookups,
    orders,
    reads,
    simulator_only,
    status,
    version1,
)
from sapi_kiwoom.server.methods.checking import check, span
from sapi_kiwoom.server.methods.table import Method, Transaction

__all__ = ["METHODS", "Method", "Transaction", "check", "find", "span"]

METHODS: Dict[str, Method] = {
    method.name: method
    for module in (version1, reads, events, orders, lookups, status, simulator_only)
    for method in module.TABLE
}
"""All methods by name."""


def find(name: str) -> Method:
    """The method of this name.

    Raises:
        RequestRejected: ``unknown-method``, with the names that exist.
    """
    method = METHODS.get(name)
    if method is None:
        raise RequestRejected(
            "unknown-method",
            f"Method {name[:100]!r} is not exists in method map; one of: {', '.join(METHODS)}",
            field="method",
        )
    return method
