"""The half of the transport that lives on the thread ``amqp``: everything that talks to pika."""

from __future__ import annotations

import logging
import time
from typing import Any, Callable, Hashable, List, NamedTuple, Optional, Sequence

import pika

from sapi_kiwoom.amqp import kinds, parking, steps
from sapi_kiwoom.amqp.answers import Answers
from sapi_kiwoom.amqp.confirms import Confirms
from sapi_kiwoom.amqp.connection import Connection
from sapi_kiwoom.amqp.deliveries import Deliveries, Delivery
from sapi_kiwoom.amqp.inlet import Inlet, Tag, Taken
from sapi_kiwoom.amqp.listeners import Listeners
from sapi_kiwoom.amqp.outbox import Outbox
from sapi_kiwoom.amqp.owner import Owner
from sapi_kiwoom.amqp.settings import Counters, Settings
from sapi_kiwoom.amqp.topology import (
    Dialect,
    declare,
    declare_exchange,
    open_channel,
    parked_queue,
    parked_queues,
    queues,
)
from sapi_kiwoom.errors import KiwoomError
from sapi_kiwoom.server.transport import EXPIRED, TASKS

log = logging.getLogger(__name__)

_SWEEP = 0.25
"""Seconds between two looks at deadlines: as exact as they are kept."""


class Upstream(NamedTuple):
    """What the worker tells the loop's half. All called on the thread ``amqp``."""

    on_ready: Callable[[], None]
    on_delivery: Callable[[Delivery], None]
    on_expired: Callable[[Delivery], None]
    on_listener_lost: Callable[[str, str], None]
    on_events_lost: Callable[[str, Hashable, int], None]
    on_broadcasts_lost: Callable[[str, int], None]
    on_end: Callable[[Optional[KiwoomError]], None]


_BROADCAST = object()
"""The stream of everything that is broadcast and not kept; its address is the topic."""


class Worker:
    """Serves over one connection after another.

    Args:
        url: the broker's.
        parameters: the same for pika.
        kind: what is served.
        settings: queues' names, limits and times.
        counters: where things are counted.
        upstream: the loop's half.
    """

    def __init__(
        self,
        url: str,
        parameters: pika.URLParameters,
        kind: str,
        settings: Settings,
        counters: Counters,
        upstream: Upstream,
    ) -> None:
        self._kind = kind
        self._settings = settings
        self._counters = counters
        self._upstream = upstream
        self.connection = Connection(
            url, parameters, settings, self._opened, self._lost, upstream.on_end
        )
        self._dialect = Dialect()
        self._book = Deliveries()
        self._answers = answers = Answers(
            settings,
            counters,
            self._book,
            lambda fn: self.connection.call_later(0, fn),
            self._lose,
            self._finish_stopping,
        )
        self._outbox = answers.outbox = Outbox(
            settings.window,
            settings.outbox,
            counters,
            answers.marked,
            self._events_lost,
            answers.divert,
        )
        self._listeners = Listeners(settings, self._listener_lost, time.monotonic)
        self._pika: Optional[Any] = None  # the connection, once it serves
        self._inlets: List[Inlet] = []
        self._owner = Owner(settings, self._dialect, self._open_inlet, self._taker, self._lose)
        credentials = parameters.credentials
        self._user: Optional[str] = getattr(credentials, "username", None)
        self._parks = False  # this server's parked queue is there and served
        self._ready = False
        self._stopping = False

    # -- what the loop's half asks for -------------------------------------------------------------

    def begin(self) -> None:
        """Start the timers; connecting begins by itself."""
        self._sweep()
        self._check_listeners()

    def own(self, accounts: Sequence[str]) -> None:
        """Take the orders of these accounts."""
        if not self._stopping:
            self._owner.own(accounts)

    def accept(self, delivery: Delivery, done: Callable[[], None]) -> None:
        """Acknowledge a request now, or once it is here again."""
        if delivery.answer is None and not delivery.too_late:
            delivery.accepting = done
            self._accept(delivery)

    def page(self, delivery: Delivery, body: bytes) -> None:
        """Send a part of an answer, as soon as there is a connection."""
        self._answers.page(delivery, body)

    def reply(self, delivery: Delivery, body: bytes) -> None:
        """Answer a request, as soon as there is a connection."""
        self._answers.reply(delivery, body)

    def publish(self, address: str, body: bytes, stream: Hashable, conflate: bool) -> None:
        """Send an event."""
        self._outbox.put(address, body, stream, conflate)

    def broadcast(self, topic: str, body: bytes, conflate: bool, keep: bool) -> None:
        """Send an event to whoever listens to its topic."""
        if keep:
            self._answers.keep(topic, body)
        else:
            self._outbox.put(topic, body, _BROADCAST, conflate, self._settings.events_exchange)

    def listen(self, address: str) -> None:
        """Watch an address."""
        self._listeners.watch(address)

    def unlisten(self, address: str) -> None:
        """Do not watch it any more."""
        self._listeners.unwatch(address)

    def stop(self) -> None:
        """Take no more requests, finish what was handed over, close."""
        self._stopping = True
        if not self._answers.attached:
            self._answers.tell_unsent()
            self.connection.close()
            return
        self.connection.call_later(self._settings.stop_grace, self._give_up_stopping)
        for inlet in self._inlets:
            inlet.cancel(lambda _: self._finish_stopping())

    # -- connecting ----------------------------------------------------------------------------------

    def _opened(self, connection: Any) -> None:
        connection.add_on_connection_blocked_callback(lambda *_: self._blocked(True))
        connection.add_on_connection_unblocked_callback(lambda *_: self._blocked(False))

        def failed(error: Exception) -> None:
            if isinstance(error, KiwoomError):
                self.connection.close(error)
            else:
                self._lose(error)

        steps.run(self._set_up(connection), failed)

    def _set_up(self, connection: Any) -> steps.Steps:
        """Declare everything and begin to serve; `kinds` first, before any request is taken."""
        settings = self._settings
        events = yield open_channel(connection)
        events.add_on_return_callback(lambda _, method, *__: self._event_returned(method))
        self._must_last(events)
        yield from kinds.claim(connection, events, self._kind, settings, self._dialect)
        for queue in queues(settings):
            yield from declare(connection, queue, self._dialect)
        yield declare_exchange(events, settings.events_exchange)
        channel = yield open_channel(connection)
        channel.add_on_return_callback(self._reply_returned)
        self._must_last(channel)
        confirms = self._answers.confirms(channel)
        yield confirms.select
        inlet = Inlet(channel)
        yield inlet.prefetch(settings.prefetch)
        if self._stopping:
            return
        self._serve(connection, confirms, events)
        self._inlets.append(inlet)
        yield inlet.consume(settings.request_queue, self._taker(TASKS))
        if self._stopping:
            return
        steps.run(self._serve_parked(connection), self._lose)
        self._owner.serve(connection)
        if self._ready:
            self._counters.reconnects += 1
        else:
            self._ready = True
            self._upstream.on_ready()

    def _serve(self, connection: Any, confirms: Confirms, events: Any) -> None:
        self._dialect.take_news()
        self._pika = connection
        self._answers.attach(confirms)
        self._outbox.attach(events)

    def _serve_parked(self, connection: Any) -> steps.Steps:
        """Take back what was parked here, and what servers had parked that are gone."""
        wanted = parked_queues(self._settings)
        for queue in wanted:
            yield from declare(connection, queue, self._dialect)
        inlet = yield from self._open_inlet(connection, self._settings.prefetch)
        for queue in wanted:
            yield inlet.consume(queue.name, self._taker(TASKS, from_parked=True))
        self._parks = True

    def _open_inlet(self, connection: Any, prefetch: int) -> steps.Steps:
        channel = yield open_channel(connection)
        self._must_last(channel)
        inlet = Inlet(channel)
        yield inlet.prefetch(prefetch)
        self._inlets.append(inlet)
        return inlet

    def _taker(self, known_as: str, from_parked: bool = False) -> Taken:
        return lambda tag, method, properties, body: self._delivered(
            tag, method.redelivered, properties, body, known_as, from_parked
        )

    def _must_last(self, channel: Any) -> None:
        """Whatever ends a channel or one of its consumers, a new connection declares everything again."""
        channel.add_on_cancel_callback(lambda _: self._lose("a queue that is served was deleted"))
        channel.add_on_close_callback(lambda _, reason: self._lose(reason))

    def _lose(self, reason: object) -> None:
        """Use the connection no more, and make a new one."""
        self._lost()
        self.connection.lose(self._owner.mask(str(reason)))

    def _lost(self) -> bool:
        """The connection is gone: no tag of it may ever be used again."""
        self._pika = None
        self._parks = False
        self._inlets = []
        self._owner.lost()
        was_attached = self._answers.detach()
        self._outbox.detach()
        self._book.lost()
        if self._stopping:  # what could not be confirmed goes back to its queue
            if was_attached:
                self._answers.tell_unsent()
            self.connection.close()
        return self._dialect.take_news()

    def _blocked(self, blocked: bool) -> None:
        if blocked:
            log.warning("The broker is short of memory or disk and takes no messages for now")
        self._outbox.block(blocked)

    # -- requests ------------------------------------------------------------------------------------

    def _delivered(
        self,
        tag: Tag,
        redelivered: bool,
        properties: Any,
        body: bytes,
        queue: str,
        from_parked: bool,
    ) -> None:
        now = time.monotonic()
        reply_to: Any = properties.reply_to or self._settings.reply_queue
        if reply_to.__class__ is bytes:  # not UTF-8
            reply_to = reply_to.decode("utf-8", "replace")
        name = parking.name_of(properties) if from_parked else None
        expired = queue == EXPIRED  # which says nothing of whether it was delivered before
        if from_parked or redelivered or expired:
            known = self._book.recognise(body, reply_to, properties.correlation_id, name)
            if known is not None:
                self._counters.adopted += 1
                self._answers.acknowledge(self._book.adopt(known, tag, from_parked, now))
                if expired:
                    self._came_too_late(known)
                else:
                    self._accept(known)
                return
        settings = self._settings
        longest = settings.deadline if queue == TASKS else settings.order_deadline
        deadline = now + parking.time_left(properties, longest)
        user = parking.user_of(properties, from_parked, self._user)
        delivery = Delivery(
            body, reply_to, properties.correlation_id, tag, now, deadline, queue, user
        )
        if from_parked:
            delivery.id = name or parking.new_name()
        self._book.take(delivery)
        self._counters.delivered += 1
        self._upstream.on_delivery(delivery)

    def _accept(self, delivery: Delivery) -> None:
        """Acknowledge what is to be accepted, if it is held here."""
        done = delivery.accepting
        if done is not None and delivery.tag is not None and self._answers.attached:
            delivery.accepting = None
            self._counters.accepted += 1
            self._answers.acknowledge(self._book.accept(delivery))
            done()

    def _came_too_late(self, delivery: Delivery) -> None:
        """Its time passed between two connections: what was not accepted before never will be."""
        if not delivery.accepted and delivery.answer is None and not delivery.expired:
            delivery.too_late = delivery.expired = True
            delivery.accepting = None
            self._counters.expired += 1
            self._upstream.on_expired(delivery)

    def _sweep(self) -> None:
        """Look at everything that a clock decides."""
        self.connection.call_later(_SWEEP, self._sweep)
        now = time.monotonic()
        for delivery in self._book.past_deadline(now):
            self._counters.expired += 1
            self._upstream.on_expired(delivery)
        self._book.forget(now)
        if self._parks and not self._stopping:
            for delivery in self._book.held_since(now - self._settings.renew_after):
                self._renew(delivery)
        self._outbox.mark()
        self._finish_stopping()

    def _renew(self, delivery: Delivery) -> None:
        """Move a request to the parked queue, from where it comes back with a fresh delivery."""
        self._book.park(delivery, parking.new_name())
        properties = parking.properties_of(delivery, self._user)
        queue = parked_queue(self._settings)
        self._answers.park(delivery, queue, properties)

    # -- listeners ---------------------------------------------------------------------------------------

    def _reply_returned(self, _: Any, method: Any, properties: Any, __: bytes) -> None:
        """No such queue. The confirm follows all the same, and with it the acknowledgement."""
        address = method.routing_key
        if address == parked_queue(self._settings):  # and nothing may be acknowledged for that
            self._lose(f"queue {address!r} was deleted")
            return
        self._counters.returned += 1
        self._listeners.returned(address)
        log.warning(
            "The answer with correlation id %r for queue %r found nobody: no such queue (any more)",
            properties.correlation_id,
            address,
        )

    def _events_lost(self, address: str, stream: Hashable, count: int) -> None:
        if stream is _BROADCAST:
            self._upstream.on_broadcasts_lost(address, count)
        else:
            self._upstream.on_events_lost(address, stream, count)

    def _event_returned(self, method: Any) -> None:
        self._listeners.returned(method.routing_key)

    def _check_listeners(self) -> None:
        self.connection.call_later(self._settings.check_every, self._check_listeners)
        if self._pika is not None and not self._stopping:
            steps.run(
                self._listeners.check(self._pika),
                lambda error: log.debug("Looking at listeners' queues failed: %s", error),
            )

    def _listener_lost(self, address: str, why: str) -> None:
        self._counters.listeners_lost += 1
        log.warning("Nobody listens at %r any more: %s", address, why)
        self._upstream.on_listener_lost(address, why)

    # -- stopping ------------------------------------------------------------------------------------------

    def _finish_stopping(self) -> None:
        """Close once everything arrived."""
        if not self._stopping or not self._answers.attached:
            return
        if self._pika is None or self._pika.is_closing:
            return
        self._outbox.mark()
        if self._answers.empty and self._outbox.empty:
            # Closing gives every unanswered request back to its queue.
            self._hang_up()

    def _give_up_stopping(self) -> None:
        log.warning("Stopping takes too long; what is not confirmed yet is given up")
        self._hang_up()

    def _hang_up(self) -> None:
        self._lost()  # what is still handed over meets no channel that is closing
        self.connection.close()
