"""The orders of a process: in memory, in the journal, and told to whoever listens; always in step."""

from __future__ import annotations

import logging
import sqlite3
from datetime import date
from typing import Any, Callable, Dict, Iterable, List, Optional, Tuple, Union

from sapi_kiwoom import krx
from sapi_kiwoom.errors import KiwoomError, RequestRejected
from sapi_kiwoom.loop import SECOND, Loop
from sapi_kiwoom.session.gate import call_out
from sapi_kiwoom.session.orders import order as states
from sapi_kiwoom.session.orders.journal import Fill, Journal
from sapi_kiwoom.session.orders.notices import Evidence, Notice
from sapi_kiwoom.session.orders.order import UNANSWERED, Order, Wish

log = logging.getLogger(__name__)

EXTERNAL = "external"
"""The strategy of orders that were entered elsewhere; no client may call itself so."""

REPEATED = 30 * SECOND
"""Events of so long before a stop are published again after the start: they may not have got out."""

Done = Callable[[Order], None]

Publish = Callable[[str, Dict[str, Any]], None]


class Book:
    """Knows the orders of today, and older ones of which something may still become.

    Args:
        journal: where they are written down.
        loop: its time.
        publish: receives each event with the strategy that it is for.

    Attributes:
        orders: by ``order_id``.
        numbers: by day, account and the broker's number.
        requests: by sRQName.
        external: what is known of each order that was entered elsewhere, by account and number.
        journal, publish: as above.
    """

    def __init__(self, journal: Journal, loop: Loop, publish: Publish) -> None:
        self.journal = journal
        self.publish = publish
        self.orders: Dict[str, Order] = {}
        self.numbers: Dict[Tuple[date, str, str], Order] = {}
        self.requests: Dict[str, Order] = {}
        self.external: Dict[Tuple[str, str], Union[Notice, Evidence]] = {}
        self._loop = loop
        self._listeners: Dict[str, List[Done]] = {}
        self._unsaved: List[Tuple[Order, Optional[Fill]]] = []
        self._untold: List[Dict[str, Any]] = []

    # -- finding -------------------------------------------------------------------------------

    @property
    def today(self) -> date:
        """The Korean day."""
        return krx.kst(self._loop.now()).date()

    def find(self, order_id: str) -> Optional[Order]:
        """The order with this id, from whatever day."""
        return self.orders.get(order_id) or self.journal.find(order_id)

    def numbered(self, account: str, number: str) -> Optional[Order]:
        """Today's order with a broker's number."""
        return self.numbers.get((self.today, account, number))

    def known(self, wish: Wish) -> Optional[Order]:
        """The order of a wish that came before.

        Raises:
            RequestRejected: ``order-id-taken``: the ``order_id`` belongs to another wish.
        """
        order = self.find(wish.order_id)
        other = order is not None and order.wish.digest != wish.digest
        if other or (order is None and self.family(wish.order_id) is not None):
            raise taken(wish.order_id)
        return order

    def family(self, order_id: str) -> Optional[Dict[str, Any]]:
        """Of a request that became several orders: its digest, and their ids."""
        found: Optional[Dict[str, Any]] = self.journal.setting(f"cancel-all {order_id}")
        return found

    # -- writing down --------------------------------------------------------------------------

    def add(self, orders: Iterable[Order], family: Optional[Wish] = None) -> None:
        """Write down new orders, and the request that they come from where it is none itself.

        Raises:
            KiwoomError: it cannot be written.
        """
        orders = list(orders)
        try:
            with self.journal.commit():
                for order in orders:
                    self.journal.add(order)
                if family is not None:
                    ids = [order.order_id for order in orders]
                    name = f"cancel-all {family.order_id}"
                    self.journal.set(name, {"digest": family.digest, "ids": ids})
        except sqlite3.Error as error:
            raise KiwoomError(
                f"the journal of orders cannot be written ({error}); nothing was sent"
            ) from error
        for order in orders:
            self.orders[order.order_id] = self.requests[order.rqname] = order

    def change(
        self, order: Order, event: str = "", fill: Optional[Fill] = None, **values: Any
    ) -> None:
        """Journal a new state, then publish it, then answer who waits for it.

        Where the journal cannot be written the truth is kept in memory and written later: what the
        exchange did has happened. No new order is sent meanwhile.
        """
        for name, value in values.items():
            setattr(order, name, value)
        told: Optional[Dict[str, Any]] = None
        try:
            told = self._written(order, event, fill)
        except sqlite3.Error:
            log.exception("order %s could not be journaled; trying again", order.order_id)
            told = self._event(order, event, fill) if event else None
            self._unsaved.append((order, fill))
            self._loop.call_later(SECOND, self._save_again)
        if told is not None:
            call_out(self.publish, order.strategy, told)
        if order.state not in UNANSWERED:
            for done in self._listeners.pop(order.order_id, ()):
                call_out(done, order)

    def _written(self, order: Order, event: str, fill: Optional[Fill]) -> Optional[Dict[str, Any]]:
        with self.journal.commit():
            self.journal.save(order)
            if fill is not None:
                self.journal.add_fill(order.day, order.account, order.number, fill)
            if not event:
                return None
            told = self._event(order, event, fill)
            return self.journal.add_event(self._loop.now(), order.strategy, told)

    def _event(self, order: Order, event: str, fill: Optional[Fill]) -> Dict[str, Any]:
        told = {"event": event, **order.described(), "time": self._loop.now()}
        if fill is not None:
            told["fill"] = fill._asdict()
        return told

    def tell(self, strategy: str, event: Dict[str, Any]) -> None:
        """Publish an event about no order of ours."""
        event = {**event, "time": self._loop.now()}
        try:
            event = self.journal.add_event(self._loop.now(), strategy, event)
        except sqlite3.Error:
            log.exception("an event could not be journaled")
        call_out(self.publish, strategy, event)

    def counted(self, order: Order, fill: Fill) -> bool:
        """Whether a fill of an order is written down already."""
        try:
            return self.journal.has_fill(order.day, order.account, order.number, fill)
        except sqlite3.Error:
            log.exception("fill %s of %s cannot be looked up", fill.number, order.order_id)
            return False

    def listen(self, order: Order, done: Done) -> bool:
        """Let ``done`` hear how an order is answered; False when it is answered already."""
        if order.state not in UNANSWERED:
            return False
        self._listeners.setdefault(order.order_id, []).append(done)
        return True

    def _save_again(self) -> None:
        while self._unsaved:
            order, fill = self._unsaved[0]
            try:
                self._written(order, "", fill)
            except sqlite3.Error:
                self._loop.call_later(SECOND, self._save_again)
                return
            del self._unsaved[0]

    # -- restoring -----------------------------------------------------------------------------

    def load(self) -> None:
        """Take up what the last process left: what was accepted was not sent, the rest nobody knows."""
        self._untold = [{**each, "repeated": True} for each in self.journal.last_events(REPEATED)]
        for order in self.journal.recent(self.today):
            self.orders[order.order_id] = self.requests[order.rqname] = order
            if order.number:
                self.numbers[order.day, order.account, order.number] = order
            if order.state in UNANSWERED:
                sent = order.state != states.ACCEPTED
                order.state = states.UNKNOWN if sent else states.NOT_SENT
                order.reason = "restart"
                told = self._written(order, order.state, None)
                if told is not None:
                    self._untold.append(told)

    def tell_left(self) -> None:
        """Publish what `load` found: the last events once more, and what became of the orders under way."""
        untold, self._untold = self._untold, []
        for event in untold:
            call_out(self.publish, event["strategy"], event)


def taken(order_id: str) -> RequestRejected:
    """The error for an ``order_id`` that belongs to another wish."""
    return RequestRejected(
        "order-id-taken",
        f"주문 ID {order_id!r} 가 다른 내용으로 이미 쓰였습니다 / order_id {order_id!r} belongs to another "
        "order; choose a new one for each order, and repeat an order exactly",
        field="order_id",
    )
