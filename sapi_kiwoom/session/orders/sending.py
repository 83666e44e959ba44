"""Sends orders: the queue, the budget, the screens, and SendOrder itself."""

from __future__ import annotations

import logging
import sqlite3
from functools import partial
from typing import Callable, Dict, List, Mapping, Optional, Sequence

from sapi_kiwoom.catalogue import error_meaning
from sapi_kiwoom.control import Control
from sapi_kiwoom.errors import KiwoomError, NotConnected, RequestRejected
from sapi_kiwoom.loop import SECOND, Handle, Loop
from sapi_kiwoom.session.gate import Gate
from sapi_kiwoom.session.limiter import Limiter
from sapi_kiwoom.session.orders import order as states
from sapi_kiwoom.session.orders.book import Book
from sapi_kiwoom.session.orders.guards import Guards
from sapi_kiwoom.session.orders.order import CANCEL, LIVE, MODIFY, NEW, ORDER_TYPES, Order
from sapi_kiwoom.session.screens import Pool

log = logging.getLogger(__name__)

DEFINITE = frozenset((-300, -301, -302, -303, -304, -305, -306, -308, -309, -310, -311, -340, -500))
"""What SendOrder returns when the control itself refused an order, so that nothing was sent. Every other
code, -307 (sending failed) and -106 (the line is lost) among them, leaves it open."""

RATE = ((5, SECOND),)
"""SendOrder, SendOrderFO and SendOrderCredit together; requests of TRs are counted apart."""

NOT_ADOPTED = "not-adopted"
"""Why an account's new orders are refused: it has open orders that the journal does not know."""


class Sender:
    """Sends the orders whose turn it is, one after the other, cancellations first.

    Args:
        control: sends them.
        loop: its time is the exchange's.
        gate: closed while a call is under way.
        book: the orders.
        screens: the order screens; an order that was not answered has one to itself.
        guards: look at each order right before it is sent.
        waits: by account: why its new orders wait.
        doubt: called with an account when an order may have been sent or not.
        answer_timeout, call_timeout: see `Orders`.

    Attributes:
        accounts: of the login; empty without one.
        connected: whether there is a login.
        flight: orders that were sent and are not answered, by screen.
        released: called with an order whose screen became free.
    """

    def __init__(
        self,
        control: Control,
        loop: Loop,
        gate: Gate,
        book: Book,
        screens: Pool,
        guards: Guards,
        waits: Mapping[str, str],
        doubt: Callable[[str, str], None],
        answer_timeout: int,
        call_timeout: int,
    ) -> None:
        self._control = control
        self._loop = loop
        self._gate = gate
        self._book = book
        self._screens = screens
        self._guards = guards
        self._waits = waits
        self._doubt = doubt
        self._answer_timeout = answer_timeout
        self._call_timeout = call_timeout
        self._limiter = Limiter(RATE)
        self._waiting: List[Order] = []  # accepted and acknowledged
        self._timer: Optional[Handle] = None
        self.accounts: Sequence[str] = ()
        self.connected = False
        self.flight: Dict[str, Order] = {}
        self.released: Callable[[Order], None] = lambda order: None
        for order in book.orders.values():  # the budget and the limits hold over a restart
            if order.sent and order.sent <= loop.now():
                self._limiter.record(order.sent)
            guards.count(order)

    # -- the queue -----------------------------------------------------------------------------

    def __contains__(self, order: Order) -> bool:
        return order in self._waiting

    def add(self, order: Order) -> None:
        """The order's message will not come again: from here on it is ours alone."""
        if order.state == states.ACCEPTED and order not in self._waiting:
            self._waiting.append(order)
            self._waiting.sort(key=lambda each: (each.wish.action != CANCEL, each.sequence))
            self.pump()

    def expire(self, order: Order) -> None:
        """Give an order up whose ``valid_until`` has passed before it was sent."""
        if order.state == states.ACCEPTED and self._loop.now() > order.wish.valid_until:
            self._drop(order)
            why = self._waits.get(order.account, "") if order.wish.action != CANCEL else ""
            self._book.change(order, "expired", state=states.EXPIRED, reason=why or "valid-until")

    def pump(self) -> None:
        """Send the order whose turn it is, then look again."""
        for order in tuple(self._waiting):
            if order.state != states.ACCEPTED or order not in self._waiting:
                continue
            try:
                if not self._ready(order):
                    continue
            except KiwoomError as refusal:
                self._refuse(order, refusal)
                continue
            at = self._limiter.next_at(self._loop.now())
            if at > self._loop.now():
                self._wake(at)
                return
            if not self._screens.free:
                return  # an answer gives one back
            try:
                with self._gate:
                    self._guards.check(order, self._loop.now())
            except KiwoomError as refusal:
                self._refuse(order, refusal)
                continue
            except Exception as error:
                log.exception("order %s could not be checked", order.order_id)
                self._refuse(order, RequestRejected("internal-error", f"not checked: {error!r}"))
                continue
            if order.state == states.ACCEPTED and order in self._waiting:
                self._send(order)
                self._gate.post(self.pump)
                return

    def _ready(self, order: Order) -> bool:
        """Whether it can go now; False where it has to wait, up to its ``valid_until``.

        Raises:
            KiwoomError: it never can.
        """
        if self._loop.now() > order.wish.valid_until:
            self.expire(order)
            return False
        if not self.connected:
            raise NotConnected(
                "키움에 접속되어 있지 않습니다 / the control is not logged in; try again later"
            )
        if order.account not in self.accounts:
            raise RequestRejected(
                "unknown-account",
                "this login has no such account; list-accounts has those it has",
                field="account",
            )
        action = order.wish.action
        if action != CANCEL:
            self._guards.halts.check(order.strategy)
            why = self._waits.get(order.account)
            if why == NOT_ADOPTED:
                raise RequestRejected(
                    NOT_ADOPTED,
                    "the account has open orders that this server's journal does not know; look at "
                    "get-open-orders, then call adopt-account",
                    field="account",
                )
            if why is not None:
                return False
        return action == NEW or self._resolve(order)

    def _resolve(self, change: Order) -> bool:
        """Find the number of the order to be changed; False while nobody knows it yet."""
        wanted, account = change.wish.original, change.account
        number = wanted.zfill(7) if wanted.isdigit() and len(wanted) <= 7 else ""
        original = self._book.find(wanted) or self._book.numbered(account, number)
        if original is None:
            external = self._book.external.get((account, number))
            if external is None:
                raise RequestRejected(
                    "unknown-order",
                    f"there is no order {wanted!r} on the account; name the order_id, or the number as "
                    "get-open-orders has it",
                    field="original",
                )
            change.side, change.stock, change.target = external.side, external.stock, number
            change.exchange = external.exchange
            change.open = 0 if change.wish.action == CANCEL else change.wish.quantity
            return True
        if original.account != account:
            raise RequestRejected(
                "unknown-order", "that order is of another account", field="original"
            )
        if original.state == states.ACCEPTED:
            if change.wish.action == MODIFY:
                return False
            if original in self._waiting:  # certainly not sent, and never will be
                self._drop(original)
                self._book.change(original, "cancelled", state=states.REFUSED, reason="cancelled")
            self._drop(change)
            self._book.change(change, "cancelled", state=states.DONE)
            return False
        if original.state not in LIVE:
            raise RequestRejected(
                "not-open", f"order {wanted!r} is {original.state}: nothing of it is open",
                field="original", state=original.state,
            )  # fmt: skip
        if not original.number:
            return False
        change.side, change.stock = original.side, original.stock
        change.exchange, change.target = original.exchange, original.number
        if change.wish.action == MODIFY:
            change.open = change.wish.quantity or original.open
        return True

    # -- SendOrder -----------------------------------------------------------------------------

    def _send(self, order: Order) -> None:
        now = self._loop.now()
        self._drop(order)
        wish = order.wish
        order.screen = self._screens.acquire()
        order.sent = now
        order.state = states.SENDING
        self.flight[order.screen] = order
        kind = wish.kind if wish.action == NEW else "00"
        original = self._book.numbers.get((order.day, order.account, order.target))
        if wish.action == MODIFY and original is not None:
            kind = original.wish.kind  # a modification never changes it
        arguments = (
            order.rqname, order.screen, order.account,
            ORDER_TYPES[order.exchange][wish.action, order.side], order.stock,
            wish.quantity or (order.open if wish.action == MODIFY else 0), wish.price, kind, order.target,
        )  # fmt: skip
        self._limiter.record(now)
        # Not through the gate, which stays closed while the call is under way.
        watchdog = self._loop.call_later(self._call_timeout, partial(self._stuck, order))
        try:
            self._book.journal.save(order)
        except sqlite3.Error as error:
            log.exception("the journal cannot be written; order %s is not sent", order.order_id)
            self._loop.cancel(watchdog)
            self.release(order)
            order.sent = 0
            self._refuse(order, RequestRejected("journal-failed", f"not sent: {error}"))
            return
        code: Optional[int] = None
        try:
            with self._gate:
                code = self._control.SendOrder(*arguments)
        except Exception:
            log.exception("SendOrder failed; nobody knows whether %s was sent", order.order_id)
        self._loop.cancel(watchdog)
        self._guards.count(order)
        self._returned(order, code)

    def _returned(self, order: Order, code: Optional[int]) -> None:
        """SendOrder returned. What events said in the meantime counts more."""
        if order.number or order.state not in (states.SENDING, states.UNKNOWN):
            return
        if code == 0:
            if order.state == states.SENDING:
                self._book.change(order, state=states.SENT)
            self._gate.call_later(self._answer_timeout, partial(self._unanswered, order))
        elif code in DEFINITE:
            self._book.change(
                order, "refused", state=states.REFUSED, reason="control-error", code=code,
                message=error_meaning(code),
            )  # fmt: skip
            self.release(order)
        else:
            self._book.change(
                order, "unknown", state=states.UNKNOWN, reason="send-failed", code=code
            )
            self._doubt(order.account, "an order may have been sent or not")

    def _stuck(self, order: Order) -> None:
        if order.state == states.SENDING:
            log.error("SendOrder of %s does not return", order.order_id)
            self._book.change(order, "unknown", state=states.UNKNOWN, reason="call-does-not-return")

    def _unanswered(self, order: Order) -> None:
        if order.state in (states.SENT, states.UNKNOWN) and not order.number:
            if order.state == states.SENT:
                self._book.change(order, "unknown", state=states.UNKNOWN, reason="no-answer")
            self._doubt(order.account, "an order was not answered")

    # -- small things --------------------------------------------------------------------------

    def _refuse(self, order: Order, refusal: KiwoomError) -> None:
        self._drop(order)
        self._book.change(
            order,
            "refused",
            state=states.REFUSED,
            reason=refusal.name,
            message=refusal.message,
            open=0,
        )

    def _drop(self, order: Order) -> None:
        if order in self._waiting:
            self._waiting.remove(order)

    def _wake(self, at: int) -> None:
        if self._timer is not None:
            self._loop.cancel(self._timer)
        self._timer = self._gate.call_later(max(0, at - self._loop.now()), self.pump)

    def release(self, order: Order) -> None:
        """The screen is free for another order."""
        if self.flight.get(order.screen) is order:
            del self.flight[order.screen]
            self._screens.release(order.screen)
            self.released(order)
            self._gate.post(self.pump)
