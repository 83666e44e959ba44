"""Orders at most once: a journal, the life of an order, guards, and comparison with the account's TRs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Callable, Optional, Union

from sapi_kiwoom.session.orders.book import EXTERNAL
from sapi_kiwoom.session.orders.guards import Guards, Limits
from sapi_kiwoom.session.orders.journal import Fill, Journal
from sapi_kiwoom.session.orders.life import Orders
from sapi_kiwoom.session.orders.order import RQNAME, Order, Wish, masked

if TYPE_CHECKING:
    from sapi_kiwoom.session import Session

__all__ = [
    "EXTERNAL",
    "RQNAME",
    "Fill",
    "Guards",
    "Journal",
    "Limits",
    "Order",
    "Orders",
    "Wish",
    "attach",
    "masked",
]


def attach(
    session: Session,
    journal: Union[Path, str],
    limits: Optional[Limits] = None,
    last_price: Callable[[str], Optional[int]] = lambda code: None,
) -> Orders:
    """Let a session send orders, before its login and before a server is built on it.

    Args:
        session: not started yet.
        journal: the file; see `Journal`.
        limits: see `Limits`.
        last_price: see `Guards`.

    Raises:
        KiwoomError: the journal cannot be used.
    """
    opened = Journal(journal)
    orders = Orders(
        session.control,
        session.loop,
        session.gate,
        opened,
        requests=session.requests,
        screens=session.screens.orders,
        guards=Guards(session.control, opened, limits, last_price),
    )
    session.orders = orders
    return orders
