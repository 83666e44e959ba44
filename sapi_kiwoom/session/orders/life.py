"""The life of an order: at most one SendOrder for each, whatever happens.

1. It is in the journal as ``accepted``. 2. The client's message is acknowledged, so nobody delivers it
again. 3. It gets its turn: budget, screen, ``valid_until``, guards. 4. The journal says ``sending``; then
SendOrder, with nothing in between. 5. What the control, the broker and the exchange say is written down
and published. An order that may have been sent is never sent again.
"""

from __future__ import annotations

import logging
from datetime import date
from functools import partial
from typing import Callable, Dict, List, Mapping, Optional, Sequence

from sapi_kiwoom.control import Control
from sapi_kiwoom.errors import RequestRejected
from sapi_kiwoom.loop import SECOND, Loop
from sapi_kiwoom.session.gate import Gate
from sapi_kiwoom.session.orders import order as states
from sapi_kiwoom.session.orders.book import Book, Done, Publish, taken
from sapi_kiwoom.session.orders.guards import Guards
from sapi_kiwoom.session.orders.hearing import Hearing
from sapi_kiwoom.session.orders.journal import Fill, Journal
from sapi_kiwoom.session.orders.notices import Evidence
from sapi_kiwoom.session.orders.order import CANCEL, LIVE, NOT_SPOT, Order, Wish, masked
from sapi_kiwoom.session.orders.reconcile import Asks, Reconciler, identified
from sapi_kiwoom.session.orders.sending import NOT_ADOPTED, Sender
from sapi_kiwoom.session.screens import Pool

log = logging.getLogger(__name__)

RECONCILING = "reconciling"
"""Why an account's new orders wait: what became of earlier ones is being asked."""

ADOPTED = "adopted"
"""Setting: accounts with orders from before the journal that somebody has looked at."""

Accept = Callable[[Callable[[], None]], None]
"""Acknowledges the client's message and then calls back, or never if the message is to come again."""


class Orders:
    """All orders of one login. Everything happens on the loop's thread.

    Args:
        control: sends them.
        loop: its time is the exchange's, as far as `Guards.clock` does not object.
        gate: keeps everything out of calls under way.
        journal: of these accounts, opened by this process alone.
        requests: asks the account's TRs.
        screens: the order screens.
        guards: look at each order before it is sent.
        publish: receives each event with the strategy that it is for.
        answer_timeout: microseconds after SendOrder until an order without a number is ``unknown``.
        call_timeout: the same for a SendOrder that does not return.

    Attributes:
        guards, journal: as above.
        waits: by account: why its new orders wait (`RECONCILING`) or are refused (`NOT_ADOPTED`).
    """

    def __init__(
        self,
        control: Control,
        loop: Loop,
        gate: Gate,
        journal: Journal,
        *,
        requests: Asks,
        screens: Pool,
        guards: Optional[Guards] = None,
        publish: Publish = lambda strategy, event: None,
        answer_timeout: int = 10 * SECOND,
        call_timeout: int = 30 * SECOND,
    ) -> None:
        self._control = control
        self._loop = loop
        self._gate = gate
        self.journal = journal
        self.guards = guards or Guards(control, journal)
        self.waits: Dict[str, str] = {}
        self._book = Book(journal, loop, publish)
        self._book.load()
        self._sender = Sender(
            control, loop, gate, self._book, screens, self.guards, self.waits, self._reconcile,
            answer_timeout, call_timeout,
        )  # fmt: skip
        self._hearing = Hearing(
            loop, self._book, self._sender, lambda: self.guards.clock, self._reconcile
        )
        self._reconciler = Reconciler(requests, gate, self._reconciled)

    @property
    def accounts(self) -> Sequence[str]:
        """Of the login; those from which stocks can be ordered."""
        return self._sender.accounts

    @property
    def publish(self) -> Publish:
        """Receives each event with the strategy that it is for."""
        return self._book.publish

    @publish.setter
    def publish(self, publish: Publish) -> None:
        self._book.publish = publish

    # -- for clients ---------------------------------------------------------------------------

    def place(self, wish: Wish, accept: Accept, done: Done) -> None:
        """Take an order, a modification or a cancellation; ``done`` hears once how it was answered.

        The same wish again is answered from the journal, or together with the first.

        Args:
            wish: what is wanted.
            accept: acknowledges the client's message.
            done: never called before this returns.

        Raises:
            RequestRejected: ``order-id-taken``: the ``order_id`` belongs to another wish.
            KiwoomError: the journal cannot be written; nothing was sent.
        """
        order = self._book.known(wish)
        if order is None:
            order = Order(wish, self._loop.now())
            self._book.add([order])
        self._listen(order, done)
        self._acknowledge([order], accept)

    def cancel_all(
        self,
        wish: Wish,
        accept: Accept,
        done: Callable[[List[Order]], None],
        external: bool = False,
    ) -> None:
        """Cancel everything of an account that may still fill, orders on their way included.

        Args:
            wish: a cancellation without an original; a code limits it to a stock.
            accept: acknowledges the client's message.
            done: hears what became of the cancellation of each order.
            external: of all strategies, and what was entered elsewhere; else only of the wish's strategy.

        Raises:
            RequestRejected: ``order-id-taken``.
            KiwoomError: the journal cannot be written; nothing was sent.
        """
        family = self._book.family(wish.order_id)
        if family is None:
            if self._book.find(wish.order_id) is not None:
                raise taken(wish.order_id)
            now, originals = self._loop.now(), self._originals(wish, external)
            orders = [Order(_child(wish, each), now) for each in originals]
            self._book.add(orders, wish)
        elif family["digest"] != wish.digest:
            raise taken(wish.order_id)
        else:
            found = [self._book.find(each) for each in family["ids"]]
            orders = [each for each in found if each is not None]
        missing = {each.order_id for each in orders}

        def one_done(order: Order) -> None:
            missing.discard(order.order_id)
            if not missing:
                done(orders)

        for each in orders:
            self._listen(each, one_done)
        self._acknowledge(orders, accept)
        if not orders:
            self._gate.post(partial(done, orders))

    def give_up(self, order_id: str) -> bool:
        """The message waited too long: what was not acknowledged is never sent. False where it is unknown."""
        family = self._book.family(order_id)
        ids = [order_id] if family is None else family["ids"]
        found = [order for order in map(self._book.find, ids) if order is not None]
        for order in found:
            if order.state == states.ACCEPTED and order not in self._sender:
                self._book.change(order, "expired", state=states.EXPIRED, reason="not-acknowledged")
        return bool(found) or family is not None

    def find(self, order_id: str) -> Optional[Order]:
        """The order with this id, from whatever day."""
        return self._book.find(order_id)

    def by_number(self, account: str, number: str) -> Optional[Order]:
        """Today's order with a broker's number, None where it was not sent from here."""
        return self._book.numbered(account, number)

    def fills(self, order: Order) -> List[Fill]:
        """The parts of it that traded."""
        return self.journal.fills(order.day, order.account, order.number) if order.number else []

    def adopt(self, account: str) -> None:
        """Let orders of an account go although it has open ones that are not in the journal."""
        adopted = self.journal.setting(ADOPTED) or []
        if account not in adopted:
            self.journal.set(ADOPTED, [*adopted, account])
        if self.waits.get(account) == NOT_ADOPTED:
            del self.waits[account]
            self._gate.post(self._sender.pump)

    def settle(self, order_id: str, number: str) -> Order:
        """A human says what became of an unknown order: the broker's number, or "" for never sent.

        Raises:
            RequestRejected: ``unknown-order`` where there is none, ``not-unknown`` where it is settled.
        """
        order = self._book.find(order_id)
        if order is None:
            raise RequestRejected("unknown-order", f"there is no order {order_id!r}")
        if order.state != states.UNKNOWN or order.number:
            raise RequestRejected(
                "not-unknown",
                f"order {order_id!r} is {order.state}; only unknown orders are settled",
            )
        if number and self._book.numbers.get((order.day, order.account, number)) is not None:
            raise RequestRejected(
                "invalid-parameter",
                f"order number {number} belongs to another order of the journal",
                field="order_number",
            )
        if number:
            self._hearing.numbered(order, number, "reconciled")
            self.reconcile("an order was settled by hand")
        else:
            self._book.change(order, "reconciled", state=states.NOT_SENT, reason="settled by hand")
            self._sender.release(order)
        return order

    def halt(self, strategy: str, why: str) -> None:
        """Stop new orders and modifications of a strategy, "" for all; cancellations pass."""
        self.guards.halts.halt(strategy, why)
        self._gate.post(self._sender.pump)

    def resume(self, strategy: str) -> bool:
        """End a halt; False where there was none."""
        return self.guards.halts.resume(strategy)

    # -- events of the control -----------------------------------------------------------------

    def on_connection(self, connected: bool) -> None:
        """The login is there, or lost."""
        self._sender.connected = connected
        if connected:
            with self._gate:
                accounts = self._control.GetLoginInfo("ACCNO")
            self._sender.accounts = [
                each for each in accounts.split(";") if each and not each.endswith(NOT_SPOT)
            ]
            self.reconcile("login")
            self._gate.post(self._sender.pump)
            return
        for order in list(self._book.orders.values()):
            if order.state == states.SENT and not order.number:
                self._book.change(order, "unknown", state=states.UNKNOWN, reason="line-lost")
        self._sender.pump()

    def on_answer(self, rqname: str, trcode: str, number: str) -> None:
        """The broker's server answered an order: its number, or "" when it refused."""
        self._hearing.on_answer(rqname, trcode, number)

    def on_message(self, screen: str, rqname: str, trcode: str, text: str) -> None:
        """What the broker's server says about an order."""
        self._hearing.on_message(screen, rqname, trcode, text)

    def on_chejan(self, gubun: str, values: Mapping[int, str]) -> None:
        """A chejan event with the values of its FIDs; only 주문체결 (``0``) is about orders."""
        self._hearing.on_chejan(gubun, values)

    # -- reconciling ---------------------------------------------------------------------------

    def reconcile(self, reason: str) -> None:
        """Compare all accounts with what the broker knows; new orders wait until that is done."""
        for account in self.accounts:
            self._reconcile(account, reason)

    def _reconcile(self, account: str, reason: str) -> None:
        log.info("reconciling the orders of account %s: %s", masked(account), reason)
        self.waits[account] = RECONCILING
        today = self._book.today
        days = {
            order.day
            for order in self._book.orders.values()
            if order.account == account and order.sent and order.state in LIVE
        }
        self._reconciler.start(account, today, days)

    def _reconciled(self, account: str, found: Dict[date, Dict[str, Evidence]]) -> None:
        self._book.tell_left()
        today = self._book.today
        for day, evidence in found.items():
            lost = [
                order
                for order in self._book.orders.values()
                if order.account == account
                and order.day == day
                and order.state in (states.UNKNOWN, states.SENT)
                and not order.number
            ]

            def known(number: str, day: date = day) -> bool:
                return (day, account, number) in self._book.numbers

            for number, order in identified(lost, evidence, known).items():
                self._hearing.numbered(order, number, "reconciled")
            for number, each in evidence.items():
                mine = self._book.numbers.get((day, account, number))
                if mine is not None:
                    self._hearing.compare(mine, each)
            if day < today:
                self._lapse(account, day)
        for order in list(self._sender.flight.values()):
            if order.account == account and order.state == states.UNKNOWN:
                self._sender.release(order)
        foreign = {
            number: each
            for number, each in found.get(today, {}).items()
            if each.open
            and each.action != CANCEL
            and (today, account, number) not in self._book.numbers
        }
        for number, each in foreign.items():
            self._book.external.setdefault((account, number), each)
        adopted = account in (self.journal.setting(ADOPTED) or [])
        if foreign and not adopted and not self.journal.knows(account):
            log.error(
                "account %s has open orders but this journal knows none of them: new orders are refused "
                "until adopt-account is called",
                masked(account),
            )
            self.waits[account] = NOT_ADOPTED
        elif self._sender.connected:
            self.waits.pop(account, None)
        self._gate.post(self._sender.pump)

    def _lapse(self, account: str, day: date) -> None:
        """An order is good for its day."""
        for order in list(self._book.orders.values()):
            if order.account == account and order.day == day and order.state == states.WORKING:
                self._book.change(
                    order, "cancelled", state=states.LAPSED, open=0, reason="day-over"
                )

    # -- taking --------------------------------------------------------------------------------

    def _listen(self, order: Order, done: Done) -> None:
        if not self._book.listen(order, done):
            self._gate.post(partial(done, order))
        elif order.state == states.ACCEPTED:
            left = order.wish.valid_until - self._loop.now() + 1
            self._gate.call_later(max(0, left), partial(self._sender.expire, order))

    def _acknowledge(self, orders: Sequence[Order], accept: Accept) -> None:
        """Give up the message's redelivery; then the orders are ours alone."""

        def accepted() -> None:
            for order in orders:
                self._sender.add(order)

        if any(each.state == states.ACCEPTED and each not in self._sender for each in orders):
            accept(partial(self._gate.run, accepted))

    def _originals(self, wish: Wish, external: bool) -> List[str]:
        """Ids, or numbers, of what a `cancel_all` is about."""
        found = [
            order.order_id
            for order in self._book.orders.values()
            if order.account == wish.account
            and order.wish.action != CANCEL
            and order.state in LIVE
            and (external or order.strategy == wish.strategy)
            and wish.code in ("", order.stock)
        ]
        if external:
            found += [
                number
                for (account, number), each in self._book.external.items()
                if account == wish.account and each.open and wish.code in ("", each.stock)
            ]
        return found


def _child(wish: Wish, original: str) -> Wish:
    return Wish(
        order_id=f"{wish.order_id}/{original}",
        strategy=wish.strategy,
        account=wish.account,
        action=CANCEL,
        original=original,
        valid_until=wish.valid_until,
        user=wish.user,
    )
