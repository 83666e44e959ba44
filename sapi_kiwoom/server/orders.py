"""Handlers of the methods of orders and accounts."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any, Callable, Dict, List, Optional, Sequence

from sapi_kiwoom import catalogue, krx
from sapi_kiwoom.catalogue import Record
from sapi_kiwoom.errors import ControlError, KiwoomError, NotConnected, RequestRejected
from sapi_kiwoom.loop import SECOND
from sapi_kiwoom.server.calls import AllowAll, Call, Handler, Services
from sapi_kiwoom.server.codec import dumps
from sapi_kiwoom.server.methods.orders import KIND_CODES, SIDES
from sapi_kiwoom.server.policy import Policy
from sapi_kiwoom.server.transport import EXPIRED, ORDERS
from sapi_kiwoom.session.orders import Order, Orders, Wish
from sapi_kiwoom.session.orders import order as states
from sapi_kiwoom.session.orders.guards import WITHOUT_PRICE
from sapi_kiwoom.session.orders.order import CANCEL, MODIFY, NEW, NOT_SPOT
from sapi_kiwoom.session.pages import Row, labels
from sapi_kiwoom.session.requests import Chain, Page

PRIORITY = 3
"""Of account reads among the requests of TRs: above everything that clients ask otherwise."""

WATCHED = "cancel-on-disconnect"
"""Setting of the journal: by reply queue, the strategies and accounts to be cancelled with it."""

_ORIGIN = {"place-order": NEW, "modify-order": MODIFY, "cancel-order": CANCEL}


class OrderMethods:
    """Serves the methods of orders.

    Args:
        server: whose session may have orders, or none.
    """

    def __init__(self, server: Services) -> None:
        self._server = server
        self._disconnects = 0
        if isinstance(server.session.orders, Orders):  # what a restart left is told soon
            server.session.orders.publish = self.publish
        server.session.watch(self._connection)

    @property
    def orders(self) -> Orders:
        """The session's.

        Raises:
            RequestRejected: ``orders-off``.
        """
        orders = self._server.session.orders
        if not isinstance(orders, Orders):
            raise RequestRejected(
                "orders-off",
                "이 서버는 주문을 받지 않습니다 / this server takes no orders; start it with --orders",
            )
        return orders

    def _connection(self, connected: bool) -> None:
        orders = self._server.session.orders
        if not connected or not isinstance(orders, Orders):
            return
        self._server.transport.own(orders.accounts)
        for address in orders.journal.setting(WATCHED) or {}:
            self._server.subscriptions.listening.begin(address, WATCHED)

    def publish(self, strategy: str, event: Dict[str, Any]) -> None:
        """Broadcast an event of an order; it is never dropped."""
        body = dumps({"kind": self._server.kind, "moment": self._server.loop.now(), **event})
        self._server.transport.broadcast(f"order.{strategy}", body, keep=True)

    # -- orders --------------------------------------------------------------------------------

    def order(self, call: Call) -> None:
        """place-order, modify-order and cancel-order."""
        orders, wish = self.orders, self._wish(call, _ORIGIN[call.method.name])
        if self._too_late(call, orders, wish):
            return
        orders.place(wish, partial(self._accept, call), partial(_placed, call))

    def cancel_all(self, call: Call) -> None:
        """cancel-all."""
        orders, wish = self.orders, self._wish(call, CANCEL)
        external = call.values.get("external", False)
        if external:
            self._check_strategy(call, "")
        if self._too_late(call, orders, wish):
            return

        def done(cancelled: List[Order]) -> None:
            call.answer(
                {
                    "order_id": wish.order_id,
                    "orders": [
                        {**each.described(), "original": each.wish.original} for each in cancelled
                    ],
                }
            )

        orders.cancel_all(wish, partial(self._accept, call), done, external)

    def _accept(self, call: Call, done: Callable[[], None]) -> None:
        self._server.transport.accept(call.message, done)

    def _too_late(self, call: Call, orders: Orders, wish: Wish) -> bool:
        """An order that waited too long for this server may be known, but is never sent."""
        call.undo = partial(orders.give_up, wish.order_id)
        if call.message.queue != EXPIRED or orders.give_up(wish.order_id):
            return False
        raise RequestRejected(
            "expired",
            "the order waited too long for this server and was not sent",
            order_id=wish.order_id,
        )

    def _wish(self, call: Call, action: str) -> Wish:
        values, account = call.values, call.values["account"]
        queue = ORDERS + account
        if call.message.queue not in (queue, EXPIRED):
            raise RequestRejected(
                "wrong-queue",
                f"주문은 {queue} 큐로 보내세요 / send {call.method.name} to the queue {queue}, "
                f"not to {call.message.queue}",
                queue=queue,
            )
        self._server.check_account(call, account)
        self._check_strategy(call, values["strategy"])
        if account.endswith(NOT_SPOT) or len(values.get("stock_code", "")) > 6:
            raise _not_offered("선물옵션 주문", "orders of futures and options", "account")
        if values.get("credit"):
            raise _not_offered("신용 주문", "credit orders", "credit")
        kind = KIND_CODES[values.get("order_kind", "00")]
        price = values.get("price", 0)
        if action == NEW and (kind in WITHOUT_PRICE) == bool(price):
            problem = "takes no price; leave it out" if price else "needs a price"
            raise RequestRejected(
                "invalid-parameter",
                f"주문가격(price): an order of the kind {values.get('order_kind', 'limit')} {problem}",
                field="price",
                method=call.method.name,
            )
        return Wish(
            order_id=values["order_id"],
            strategy=values["strategy"],
            account=account,
            action=action,
            side=SIDES[values["side"]] if action == NEW else "",
            code=values.get("stock_code", ""),
            quantity=values.get("quantity", 0),
            price=price,
            kind=kind,
            exchange=values.get("exchange", "KRX") if action == NEW else "",
            original=values.get("original", ""),
            valid_until=_moment(values["valid_until"]),
            user=call.user or "",
        )

    def _check_strategy(self, call: Call, strategy: str) -> None:
        policy = self._server.policy
        if isinstance(policy, Policy) and not policy.may_act_for(call.user, strategy):
            raise RequestRejected(
                "forbidden",
                f"{call.user or 'a client without user_id'} may not act for "
                f"{strategy or 'all strategies'}; the server's policy file says who may",
                field="strategy",
            )

    # -- halts and the like --------------------------------------------------------------------

    def halt(self, call: Call) -> None:
        """halt-orders."""
        strategy = call.values.get("strategy", "")
        self._check_strategy(call, strategy)
        why = call.values.get("reason") or f"halt-orders of {call.user or 'a client'}"
        self.orders.halt(strategy, why)
        call.answer({"halts": self.orders.guards.halts.all})

    def resume(self, call: Call) -> None:
        """resume-orders."""
        strategy = call.values.get("strategy", "")
        self._check_strategy(call, strategy)
        resumed = self.orders.resume(strategy)
        call.answer({"resumed": resumed, "halts": self.orders.guards.halts.all})

    def adopt(self, call: Call) -> None:
        """adopt-account."""
        self._server.check_account(call, call.values["account"])
        self.orders.adopt(call.values["account"])
        call.answer({"account": call.values["account"]})

    def settle(self, call: Call) -> None:
        """settle-order."""
        order = self._found(call)
        number = call.values["order_number"]
        self.orders.settle(order.order_id, number.zfill(7) if number else "")
        call.answer(self._described(order))

    def get(self, call: Call) -> None:
        """get-order."""
        call.answer(self._described(self._found(call)))

    def _found(self, call: Call) -> Order:
        order = self.orders.find(call.values["order_id"])
        if order is None:
            raise RequestRejected(
                "unknown-order",
                f"this server's journal has no order {call.values['order_id']!r}",
                field="order_id",
            )
        self._server.check_account(call, order.account)
        return order

    def _described(self, order: Order) -> Dict[str, Any]:
        fills = [fill._asdict() for fill in self.orders.fills(order)]
        return {**order.described(), "fills": fills}

    # -- cancel on disconnect ------------------------------------------------------------------

    def cancel_on_disconnect(self, call: Call) -> None:
        """cancel-on-disconnect."""
        orders, address = self.orders, call.message.reply_to
        strategy, account = call.values["strategy"], call.values["account"]
        self._server.check_account(call, account)
        self._check_strategy(call, strategy)
        if address.startswith("amq.rabbitmq.reply-to"):
            raise RequestRejected(
                "invalid-parameter",
                "reply_to: nobody can see whether a direct reply-to is read; use a queue of your own",
                field="reply_to",
            )
        watched: Dict[str, List[List[str]]] = orders.journal.setting(WATCHED) or {}
        mine = [each for each in watched.pop(address, []) if each != [strategy, account]]
        if call.values.get("on", True):
            mine.append([strategy, account])
        if mine:
            watched[address] = mine
            self._server.subscriptions.listening.begin(address, WATCHED)
        else:
            self._server.subscriptions.listening.end(address, WATCHED)
        orders.journal.set(WATCHED, watched)
        call.answer({"strategies": [each[0] for each in mine]})

    def drop(self, address: str) -> int:
        """Nobody reads a queue any more: cancel what was to be cancelled then; gives how much it was."""
        orders = self._server.session.orders
        if not isinstance(orders, Orders):
            return 0
        watched = orders.journal.setting(WATCHED) or {}
        lost = watched.pop(address, [])
        if lost:
            orders.journal.set(WATCHED, watched)
            self._server.subscriptions.listening.end(address, WATCHED)
        for strategy, account in lost:
            now = self._server.loop.now()
            self._disconnects += 1
            wish = Wish(
                order_id=f"disconnect-{now}-{self._disconnects}",
                strategy=strategy,
                account=account,
                action=CANCEL,
                valid_until=now + 60 * SECOND,
            )
            orders.cancel_all(wish, lambda done: done(), lambda orders: None)
        return len(lost)

    # -- accounts ------------------------------------------------------------------------------

    def open_orders(self, call: Call) -> None:
        """get-open-orders."""
        self._ask(
            call,
            "opt10075",
            {"전체종목구분": "0", "매매구분": "0", "체결구분": "1"},
            lambda single, rows: call.answer(self._with_ids(call, rows)),
        )

    def fills(self, call: Call) -> None:
        """get-fills."""
        self._ask(
            call,
            "opt10076",
            {"조회구분": "0", "매도수구분": "0", "체결구분": "2"},
            lambda single, rows: call.answer(self._with_ids(call, rows)),
        )

    def balance(self, call: Call) -> None:
        """get-balance."""

        def value(cash: Dict[str, Any], _: List[Dict[str, Any]]) -> None:
            self._ask(
                call,
                "opw00004",
                {"상장폐지조회구분": "0", "비밀번호입력매체구분": "00"},
                lambda single, rows: call.answer({"cash": cash, "value": single}),
            )

        self._ask(call, "opw00001", {"비밀번호입력매체구분": "00", "조회구분": "2"}, value)

    def positions(self, call: Call) -> None:
        """get-positions."""
        self._ask(
            call,
            "opw00018",
            {"비밀번호입력매체구분": "00", "조회구분": "2"},
            lambda single, rows: call.answer({"total": single, "positions": rows}),
        )

    def _with_ids(self, call: Call, rows: List[Dict[str, Any]]) -> List[Dict[str, Any]]:
        """Rows of orders with our names for them, where we sent them."""
        orders = self._server.session.orders
        for row in rows:
            mine: Optional[Order] = None
            if isinstance(orders, Orders):
                mine = orders.by_number(call.values["account"], str(row["order_number"]).zfill(7))
            row["order_id"] = mine.order_id if mine is not None else None
            row["strategy"] = mine.strategy if mine is not None else None
        return rows

    def _ask(
        self,
        call: Call,
        code: str,
        given: Dict[str, str],
        done: Callable[[Dict[str, Any], List[Dict[str, Any]]], None],
    ) -> None:
        """Ask a TR of the call's account for all its pages; ``done`` gets single and rows as values."""
        account = call.values["account"]
        self._server.check_account(call, account)
        tr = catalogue.tr(code)
        found = {**given, "계좌번호": account}
        inputs = {each.name: found.get(each.name, "") for each in tr.inputs}
        single: Dict[str, Any] = {}

        def page(each: Page) -> None:
            if tr.single is not None and each.single:
                single.update(_values(tr.single, each.single))

        def rows(found: Sequence[Row]) -> None:
            if tr.multi is None:
                done(single, [])
            else:
                done(single, [_values(tr.multi, row) for row in found])

        def finish(found: List[Row]) -> None:
            try:
                rows(found)
            except Exception as error:
                call.fail(error)

        requests = self._server.session.requests
        chain = Chain(
            tr=tr,
            inputs=inputs,
            on_done=finish,
            on_error=call.fail,
            on_page=page,
            priority=PRIORITY,
        )
        call.undo = partial(requests.cancel, requests.submit(chain))


def handlers(server: Services) -> Dict[str, Handler]:
    """By the method's name. Without a policy, orders are for clients in this process only."""
    if isinstance(server.policy, AllowAll):
        server.policy = Policy()
    methods = server.orders = OrderMethods(server)
    return {
        "place-order": methods.order,
        "modify-order": methods.order,
        "cancel-order": methods.order,
        "cancel-all": methods.cancel_all,
        "halt-orders": methods.halt,
        "resume-orders": methods.resume,
        "cancel-on-disconnect": methods.cancel_on_disconnect,
        "adopt-account": methods.adopt,
        "settle-order": methods.settle,
        "get-order": methods.get,
        "get-open-orders": methods.open_orders,
        "get-fills": methods.fills,
        "get-balance": methods.balance,
        "get-positions": methods.positions,
    }


def _placed(call: Call, order: Order) -> None:
    """Answer a call with what became of its order so far."""
    error = _error(order)
    if error is None:
        call.answer(order.described())
    else:
        call.fail(error)


def _error(order: Order) -> Optional[KiwoomError]:
    details = {"order_id": order.order_id, "state": order.state}
    if order.state == states.UNKNOWN:
        return RequestRejected(
            "order-unknown",
            "주문이 전송되었는지 알 수 없습니다 / nobody knows yet whether the order was sent "
            f"({order.reason}); do not send it again under another order_id: get-order and its events tell "
            "when it is settled",
            reason=order.reason,
            **details,
        )
    if order.state == states.EXPIRED:
        return RequestRejected(
            "expired",
            f"the order was not sent by its valid_until ({order.reason})",
            reason=order.reason,
            **details,
        )
    if order.state == states.NOT_SENT:
        return RequestRejected(
            "not-sent",
            f"the order was not sent ({order.reason}); send it under another order_id if it is still wanted",
            reason=order.reason,
            **details,
        )
    if order.state != states.REFUSED or order.number:
        return None
    if order.code is not None:
        error: KiwoomError = ControlError(
            "SendOrder", order.code, catalogue.error_name(order.code), order.message
        )
    elif order.reason == "not-connected":
        error = NotConnected(order.message)
    elif order.reason in ("broker", "exchange"):
        error = RequestRejected("order-refused", order.message or "the broker refused the order")
    else:
        error = RequestRejected(order.reason, order.message or order.reason)
    error.details.update(details)
    return error


def _not_offered(korean: str, english: str, field: str) -> RequestRejected:
    return RequestRejected(
        "not-offered",
        f"{korean}은 지원하지 않습니다 / {english} are not offered; only spot orders are",
        field=field,
    )


def _moment(text: str) -> int:
    """Microseconds since 1970 UTC of a Korean time.

    Raises:
        RequestRejected: ``invalid-parameter``: there is no such time.
    """
    text = text.replace("+09:00", "").replace(" ", "T")
    text, _, fraction = text.partition(".")
    try:
        moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=krx.KST)
    except ValueError:
        raise RequestRejected(
            "invalid-parameter",
            f"유효시각(valid_until): there is no time {text}",
            field="valid_until",
        ) from None
    return krx.microseconds(moment) + int(fraction.ljust(6, "0") or "0")


def _values(record: Record, row: Row) -> Dict[str, Any]:
    """A row by English keys, numbers as numbers."""
    found: Dict[str, Any] = {}
    for field, label in zip(record.fields, labels(record)):
        raw = row.get(label, "")
        try:
            value: Any = field.parse(raw)
        except ValueError:
            value = raw
        found[field.key] = value if value is None or isinstance(value, (int, str)) else float(value)
    return found
