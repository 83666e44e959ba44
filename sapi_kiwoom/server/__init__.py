"""Requests in, replies out, whoever carries them: wire version 1 on top of a `Session`."""

from __future__ import annotations

import logging
from functools import partial
from typing import Callable, Dict, Hashable, List, Optional, Union

from sapi_kiwoom.errors import KiwoomError, RequestTimeout
from sapi_kiwoom.server import methods, transactions
from sapi_kiwoom.server.codec import Encoder, Request, Unreadable, decode, dumps
from sapi_kiwoom.server.subscriptions import Subscriptions, plain
from sapi_kiwoom.server.transport import Message, Transport
from sapi_kiwoom.session import Session
from sapi_kiwoom.session.requests import Ticket

log = logging.getLogger(__name__)


class Server:
    """Answers every message exactly once.

    Args:
        session: the control, logged in or about to be.
        transport: what carries messages; the server starts and stops with it.
        kind: what stands behind the session: ``real``, ``mock`` or ``simulator``.
    """

    def __init__(self, session: Session, transport: Transport, kind: str) -> None:
        self._session = session
        self._transport = transport
        self._encoder = Encoder(kind, session.loop.now)
        self._subscriptions = Subscriptions(session.realtime, transport, self._encoder)
        self._open: Dict[Message, Optional[Ticket]] = {}
        control = session.control
        self._lookups: Dict[str, Callable[[Dict[str, str]], str]] = {
            "get-stock-name": lambda values: control.GetMasterCodeName(values["stock_code"]),
            "get-stock-codes": lambda values: control.GetCodeListByMarket(values["market"]),
            "get-stock-states": lambda values: control.GetMasterStockState(values["stock_code"]),
        }

    def start(self) -> None:
        """Begin to take requests."""
        self._transport.start(self)

    def stop(self, done: Callable[[], None]) -> None:
        """Take no more requests; answer or return what is in flight; then ``done``."""
        self._transport.stop(done)

    # -- Receiver ------------------------------------------------------------------------------

    def on_message(self, message: Message) -> None:
        """See `Receiver.on_message`."""
        self._open[message] = None
        # A window of the control may turn the loop inside a call: wait until that call is over.
        self._session.outside_calls(partial(self._take, message))

    def _take(self, message: Message) -> None:
        task_id = None
        try:
            request = decode(message.body)
            task_id = request.task_id
            method = methods.find(request.method)
            values = methods.check(method, request.parameters)
            if self._session.connected:
                self._serve(message, request, method, values)
            else:
                self._session.when_connected(
                    lambda: self._serve_late(message, request, method, values)
                )
        except Unreadable as unreadable:
            self._fail(message, unreadable.task_id, unreadable.error)
        except Exception as error:
            self._fail(message, _task_id(message) if task_id is None else task_id, error)

    def on_expired(self, message: Message) -> None:
        """See `Receiver.on_expired`."""
        if message not in self._open:
            return
        ticket = self._open[message]
        if ticket is not None:
            self._session.requests.cancel(ticket)
        self._fail(
            message,
            _task_id(message),
            RequestTimeout(
                "the deadline passed before the request could be served; "
                "ask for less at once, or again when fewer requests are waiting"
            ),
        )

    def on_listener_lost(self, address: str, why: str) -> None:
        """See `Receiver.on_listener_lost`."""
        count = self._subscriptions.drop(address)
        log.warning("ended %d subscriptions of %s: %s", count, address, why)

    def on_events_lost(self, address: str, stream: Hashable, count: int) -> None:
        """See `Receiver.on_events_lost`."""
        assert isinstance(stream, tuple)
        task_id, code, _ = stream
        self._subscriptions.lost(address, task_id, code, count)

    # -- methods -------------------------------------------------------------------------------

    def _serve_late(
        self, message: Message, request: Request, method: methods.Method, values: Dict[str, str]
    ) -> None:
        if message in self._open:  # else its deadline passed while the control was not connected
            try:
                self._serve(message, request, method, values)
            except Exception as error:
                self._fail(message, request.task_id, error)

    def _serve(
        self, message: Message, request: Request, method: methods.Method, values: Dict[str, str]
    ) -> None:
        lookup = self._lookups.get(method.name)
        if lookup is not None:
            self._succeed(message, request.task_id, lookup(values))
        elif method.transaction is not None:
            self._transact(message, request, method.transaction, values)
        elif method.name == "subscribe-realtime":
            self._subscriptions.subscribe(message.reply_to, request.task_id, values["stock_code"])
            self._confirm(message, request, "subscribes", values)
        else:
            assert method.name == "unsubscribe-realtime", method.name
            self._subscriptions.unsubscribe(message.reply_to, request.task_id, values["stock_code"])
            self._confirm(message, request, "unsubscribes", values)

    def _confirm(
        self, message: Message, request: Request, verb: str, values: Dict[str, str]
    ) -> None:
        text = f"{plain(request.task_id)} {verb} {values['stock_code']} successfully"
        self._succeed(message, request.task_id, text)

    def _transact(
        self,
        message: Message,
        request: Request,
        transaction: methods.Transaction,
        values: Dict[str, str],
    ) -> None:
        chain = transactions.chain(
            transaction,
            values,
            on_result=lambda rows: self._succeed(message, request.task_id, rows),
            on_error=lambda error: self._fail(message, request.task_id, error),
        )
        ticket = self._session.requests.submit(chain)
        if message in self._open:  # else it was answered at once
            self._open[message] = ticket

    # -- replies -------------------------------------------------------------------------------

    def _succeed(
        self, message: Message, task_id: bytes, result: Union[str, List[Dict[str, str]]]
    ) -> None:
        self._reply(message, self._encoder.succeeded(task_id, dumps(result)))

    def _fail(self, message: Message, task_id: bytes, error: Exception) -> None:
        if not isinstance(error, KiwoomError):
            log.error("a request failed inside the server", exc_info=error)
            error = KiwoomError(
                f"Unhandled exception occurred ({type(error).__name__}); the server's log has the details"
            )
        self._reply(message, self._encoder.failed(task_id, error))

    def _reply(self, message: Message, body: bytes) -> None:
        if message in self._open:
            del self._open[message]
            self._transport.reply(message, body)


def _task_id(message: Message) -> bytes:
    try:
        return decode(message.body).task_id
    except Unreadable as unreadable:
        return unreadable.task_id
