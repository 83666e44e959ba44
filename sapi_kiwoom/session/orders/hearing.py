"""Hears what becomes of orders: the server's answers, chejan events, and what the account's TRs show."""

from __future__ import annotations

import logging
from functools import partial
from typing import Any, Callable, Dict, List, Mapping, Optional

from sapi_kiwoom.loop import SECOND, Loop
from sapi_kiwoom.session.orders import order as states
from sapi_kiwoom.session.orders.book import EXTERNAL, Book
from sapi_kiwoom.session.orders.guards import Clock
from sapi_kiwoom.session.orders.journal import Fill
from sapi_kiwoom.session.orders.notices import Evidence, Notice, notice
from sapi_kiwoom.session.orders.order import CANCEL, LIVE, MODIFY, Order
from sapi_kiwoom.session.orders.sending import Sender

log = logging.getLogger(__name__)

_OPEN = (states.SENDING, states.SENT, states.UNKNOWN)
"""An order in one of these may still be given its number, or be refused."""


class Hearing:
    """Finds the order that an event is about, and writes down what it says.

    An event that has no order yet is parked until none of the account's orders waits for its number.

    Args:
        loop: its time.
        book: the orders.
        sender: knows what was sent from which screen.
        clock: hears the exchange's times.
        doubt: called with an account when a fill was missed.
    """

    def __init__(
        self,
        loop: Loop,
        book: Book,
        sender: Sender,
        clock: Callable[[], Clock],
        doubt: Callable[[str, str], None],
    ) -> None:
        self._loop = loop
        self._book = book
        self._sender = sender
        self._clock = clock
        self._doubt = doubt
        self._parked: List[Notice] = []
        sender.released = lambda order: self._unpark(order.account)

    # -- events --------------------------------------------------------------------------------

    def on_answer(self, rqname: str, trcode: str, number: str) -> None:
        """The broker's server answered an order: its number, or "" when it refused."""
        order = self._of_request(rqname)
        if order is None:
            log.warning("ignored an answer to %r (%s): no such order", rqname, trcode)
        elif number.strip():
            self.numbered(order, number.strip().zfill(7))
        elif order.number or order.state not in _OPEN:
            log.error("order %s is %s but was answered without a number", rqname, order.state)
        elif order.message:
            self._refused_by_broker(order)
        else:  # the reason may come after the refusal
            self._loop.call_later(SECOND // 2, partial(self._refused_by_broker, order))

    def on_message(self, screen: str, rqname: str, trcode: str, text: str) -> None:
        """What the broker's server says about an order."""
        order = self._of_request(rqname)
        if order is not None:
            order.message = text.strip()

    def on_chejan(self, gubun: str, values: Mapping[int, str]) -> None:
        """A chejan event with the values of its FIDs; only 주문체결 (``0``) is about orders."""
        if gubun != "0":
            return
        heard = notice(values)
        self._clock().hear(heard.time, self._loop.now())
        order = self._book.numbers.get((self._book.today, heard.account, heard.number))
        if order is None:
            order = self._on_screen(heard)
            if order is not None:
                self.numbered(order, heard.number)
        if order is not None:
            self._apply(order, heard)
        else:
            self._parked.append(heard)
            self._unpark(heard.account)

    # -- whose it is ---------------------------------------------------------------------------

    def _of_request(self, rqname: str) -> Optional[Order]:
        return self._book.requests.get(rqname)

    def _on_screen(self, heard: Notice) -> Optional[Order]:
        """The order sent from the event's screen, if it cannot be another one's event."""
        order = self._sender.flight.get(heard.screen)
        if order is None or order.number:
            return None
        for other in self._book.orders.values():
            if (
                other is not order
                and other.state == states.UNKNOWN
                and not other.number
                and _same_order(other, heard)
            ):
                return None  # its twin: the answer, or the account's TRs, will tell
        return order if _same_order(order, heard) else None

    def numbered(self, order: Order, number: str, event: str = "accepted") -> None:
        """The broker took the order under this number."""
        if order.number == number:
            return
        if order.number:
            log.error("order %s has number %s, not %s", order.order_id, number, order.number)
            self._book.numbers.pop((order.day, order.account, order.number), None)
        late = order.state == states.UNKNOWN
        if order.state in LIVE:
            event = "reconciled" if late else event
            self._book.change(order, event, state=states.WORKING, number=number, reason="")
        self._book.numbers[order.day, order.account, number] = order
        self._sender.release(order)
        mine = [each for each in self._parked if _is(each, order)]
        self._parked = [each for each in self._parked if not _is(each, order)]
        for each in mine:
            self._apply(order, each)

    def _unpark(self, account: str) -> None:
        """Once no order of the account waits for its number, events without an order are of others."""
        if any(each.account == account for each in self._sender.flight.values()):
            return
        others = [each for each in self._parked if each.account == account]
        self._parked = [each for each in self._parked if each.account != account]
        for each in others:
            self._book.external[account, each.number] = each
            self._book.tell(EXTERNAL, _described(each))

    # -- what it says --------------------------------------------------------------------------

    def _refused_by_broker(self, order: Order) -> None:
        if order.number or order.state not in _OPEN:
            return
        self._book.change(order, "refused", state=states.REFUSED, reason="broker")
        self._sender.release(order)

    def _apply(self, order: Order, heard: Notice) -> None:
        """Write down what a chejan event says of an order."""
        if heard.refused:
            if order.state in LIVE:
                message = order.message or heard.rejection
                self._book.change(
                    order,
                    "refused",
                    state=states.REFUSED,
                    reason="exchange",
                    message=message,
                    open=0,
                )
            return
        if heard.fill:
            if heard.value and heard.value <= order.reconciled_value:
                return  # the account's TRs have shown it
            fill = Fill(heard.fill, heard.fill_quantity, heard.fill_price, self._loop.now())
            value = fill.price * fill.quantity
            opened = (
                order.open - fill.quantity if heard.open is None else min(order.open, heard.open)
            )
            self._fill(order, fill, value, opened)
            if heard.value > order.value:
                self._doubt(order.account, "a fill was missed")
        elif heard.state == "확인" and order.wish.action == CANCEL:
            if order.state == states.WORKING:
                self._book.change(order, "cancelled", state=states.DONE)
        elif heard.state == "확인" and order.wish.action == MODIFY:
            self._book.change(order, "modified")
        elif heard.open is not None and heard.open < order.open and order.wish.action != CANCEL:
            self._withdrawn(order, heard.open)

    def compare(self, order: Order, evidence: Evidence) -> None:
        """Count what was missed."""
        if evidence.filled > order.filled:
            quantity = evidence.filled - order.filled
            value = evidence.value - order.value
            fill = Fill(
                f"reconciled-{evidence.filled}", quantity, value // quantity, self._loop.now(), True
            )
            opened = min(order.open, evidence.open) if order.wish.action != CANCEL else 0
            self._fill(order, fill, value, opened, evidence.value)
        if order.wish.action == CANCEL or order.state not in (states.WORKING, states.UNKNOWN):
            return
        if evidence.open < order.open:
            self._withdrawn(order, evidence.open)

    def _fill(
        self, order: Order, fill: Fill, value: int, opened: int, reconciled_value: int = 0
    ) -> None:
        """Count a fill, once."""
        if self._book.counted(order, fill):
            return
        filled = order.filled + fill.quantity
        if filled > order.wish.quantity > 0:
            log.error("order %s filled %d of %d", order.order_id, filled, order.wish.quantity)
        state = order.state if opened else states.FILLED
        self._book.change(
            order, "filled", fill,
            state=state if state in (states.FILLED, states.WORKING) else order.state,
            filled=filled, value=order.value + value, open=opened,
            reconciled_value=max(order.reconciled_value, reconciled_value),
        )  # fmt: skip

    def _withdrawn(self, order: Order, opened: int) -> None:
        """Shares were taken back: by a change, or by the exchange."""
        changes = [
            each
            for each in self._book.orders.values()
            if each.target == order.number and each.account == order.account and each.number
        ]
        modified = bool(changes) and changes[-1].wish.action == MODIFY
        event, state = (
            ("modified", states.MODIFIED) if modified else ("cancelled", states.CANCELLED)
        )
        self._book.change(order, event, state=order.state if opened else state, open=opened)


def _same_order(order: Order, heard: Notice) -> bool:
    wish = order.wish
    return (
        order.account == heard.account
        and order.stock == heard.stock
        and order.side == heard.side
        and wish.action == heard.action
        and (not wish.quantity or wish.quantity == heard.quantity)
        and order.target == heard.original
    )


def _described(heard: Notice) -> Dict[str, Any]:
    """An event of an order that was entered elsewhere."""
    told: Dict[str, Any] = {
        "event": "accepted" if heard.state == "접수" else "modified",
        "order_id": None,
        "strategy": EXTERNAL,
        "account": heard.account,
        "action": heard.action,
        "order_number": heard.number,
        "original_number": heard.original,
        "stock_code": heard.stock,
        "side": heard.side,
        "quantity": heard.quantity,
        "price": heard.price,
        "open": heard.open,
    }
    if heard.fill:
        told["event"] = "filled"
        told["fill"] = {
            "number": heard.fill, "quantity": heard.fill_quantity, "price": heard.fill_price,
        }  # fmt: skip
    elif heard.open == 0:
        told["event"] = "cancelled"
    return told


def _is(heard: Notice, order: Order) -> bool:
    return heard.account == order.account and heard.number == order.number
