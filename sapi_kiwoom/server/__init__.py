"""Requests in, replies out, whoever carries them: the methods of the table on top of a `Session`."""

from __future__ import annotations

import logging
from functools import partial
from typing import Any, Callable, Dict, Hashable, Optional

from sapi_kiwoom.errors import NotConnected, RequestRejected, RequestTimeout
from sapi_kiwoom.server import (
    events,
    lookups,
    methods,
    orders,
    reads,
    simulator_only,
    status,
    version1,
)
from sapi_kiwoom.server.calls import AllowAll, Call, Handler, Policy, Services, told
from sapi_kiwoom.server.codec import Encoder, Unreadable, decode
from sapi_kiwoom.server.methods.table import ANSWER, REFUSE
from sapi_kiwoom.server.subscriptions import Subscriptions
from sapi_kiwoom.server.transport import TASKS, Message, Transport
from sapi_kiwoom.session import Session

log = logging.getLogger(__name__)

ORDERS_GROUP = "orders"
"""The group of the methods that may come through the queues of orders."""


class Server:
    """Answers every message exactly once.

    Args:
        session: the control, logged in or about to be.
        transport: what carries messages; the server starts and stops with it.
        kind: what stands behind the session: ``real``, ``mock`` or ``simulator``.
        policy: who may do what; by default everybody everything.
        simulated: the `simulator.Simulator` behind the session, for the methods that only it has.
        label: what the simulator's answer to a TR is worth, ``synthetic`` where its numbers are invented.

    Attributes:
        services: what the handlers work with.
    """

    def __init__(
        self,
        session: Session,
        transport: Transport,
        kind: str,
        *,
        policy: Optional[Policy] = None,
        simulated: Optional[Any] = None,
        label: Callable[[str], str] = lambda tr: "",
    ) -> None:
        encoder = Encoder(kind, session.loop.now)
        self.services = Services(
            session=session,
            transport=transport,
            encoder=encoder,
            loop=session.loop,
            kind=kind,
            subscriptions=Subscriptions(session.realtime, transport, encoder),
            policy=policy or AllowAll(),
            simulated=simulated,
            label=label,
        )
        self._open = self.services.calls
        self._handlers: Dict[str, Handler] = {}
        for module in (version1, reads, lookups, status, simulator_only, events, orders):
            self._handlers.update(module.handlers(self.services))

    def start(self) -> None:
        """Begin to take requests."""
        self.services.transport.start(self)
        if self.services.events is not None:
            self.services.events.start()

    def stop(self, done: Callable[[], None]) -> None:
        """Take no more requests; answer or return what is in flight; then ``done``."""
        self.services.transport.stop(done)

    # -- Receiver ------------------------------------------------------------------------------

    def on_message(self, message: Message) -> None:
        """See `Receiver.on_message`."""
        self._open[message] = None
        # A window of the control may turn the loop inside a call: wait until that call is over.
        self.services.session.outside_calls(partial(self._take, message))

    def on_expired(self, message: Message) -> None:
        """See `Receiver.on_expired`."""
        if message not in self._open:
            return
        error = RequestTimeout(
            "the deadline passed before the request could be served; "
            "ask for less at once, or again when fewer requests are waiting"
        )
        call = self._open[message]
        if call is not None:
            if not call.patient:
                call.give_up(error)
        else:
            self._refuse(message, _task_id(message), error)

    def on_listener_lost(self, address: str, why: str) -> None:
        """See `Receiver.on_listener_lost`."""
        count = self.services.subscriptions.drop(address)
        if self.services.events is not None:
            count += self.services.events.drop(address)
        if self.services.orders is not None:
            count += self.services.orders.drop(address)
        log.warning("ended %d subscriptions of %s: %s", count, address, why)

    def on_events_lost(self, address: str, stream: Hashable, count: int) -> None:
        """See `Receiver.on_events_lost`."""
        assert isinstance(stream, tuple)
        task_id, code, _ = stream
        self.services.subscriptions.lost(address, task_id, code, count)

    def on_broadcasts_lost(self, topic: str, count: int) -> None:
        """See `Receiver.on_broadcasts_lost`."""
        self.services.on_broadcasts_lost(topic, count)

    # -- from the message to the handler -------------------------------------------------------

    def _take(self, message: Message) -> None:
        if message not in self._open:
            return  # its deadline passed meanwhile
        task_id = None
        try:
            request = decode(message.body)
            task_id = request.task_id
            method = methods.find(request.method)
            values = methods.check(method, request.parameters)
        except Unreadable as unreadable:
            self._refuse(message, unreadable.task_id, unreadable.error)
        except Exception as error:
            self._refuse(message, _task_id(message) if task_id is None else task_id, error)
        else:
            call = Call(self.services, message, request, method, values)
            self._open[message] = call
            self._admit(call)

    def _admit(self, call: Call) -> None:
        """Serve a call, now or once the control is connected, or refuse it."""
        session, method = self.services.session, call.method
        if call.message.queue != TASKS and method.group != ORDERS_GROUP:
            call.fail(
                RequestRejected(
                    "wrong-queue",
                    f"{method.name} 은 {TASKS} 큐로 보내세요 / send {method.name} to the queue {TASKS}, "
                    f"not to {call.message.queue}",
                    queue=TASKS,
                )
            )
        elif not self.services.policy.may(call.user, method.name, None):
            call.fail(
                RequestRejected(
                    "forbidden",
                    f"{call.user or 'a client without user_id'} may not call {method.name}; "
                    "the server's policy file says who may",
                    method=method.name,
                )
            )
        elif session.connected or method.offline == ANSWER:
            self._serve(call)
        elif method.offline == REFUSE:
            call.fail(
                NotConnected(f"the control is not connected; {method.name} does not wait for it")
            )
        else:
            session.when_connected(partial(self._serve, call))

    def _serve(self, call: Call) -> None:
        if call.open:  # else its deadline passed, or it was cancelled, while the control was away
            try:
                self._handlers[call.method.name](call)
            except Exception as error:
                call.fail(error)

    def _refuse(self, message: Message, task_id: bytes, error: Exception) -> None:
        """Answer a message that is no call."""
        if message in self._open:
            del self._open[message]
            body = self.services.encoder.failed(task_id, told(error))
            self.services.transport.reply(message, body)


def _task_id(message: Message) -> bytes:
    try:
        return decode(message.body).task_id
    except Unreadable as unreadable:
        return unreadable.task_id
