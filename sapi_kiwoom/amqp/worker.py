"""The half of the transport that lives on the thread ``amqp``: everything that talks to pika."""

from __future__ import annotations

import logging
import time
from collections import deque
from typing import Any, Callable, Deque, Hashable, List, NamedTuple, Optional, Union

import pika

from sapi_kiwoom.amqp import kinds, parking, steps
from sapi_kiwoom.amqp.confirms import Confirms
from sapi_kiwoom.amqp.connection import Connection
from sapi_kiwoom.amqp.deliveries import Acknowledgements, Deliveries, Delivery
from sapi_kiwoom.amqp.listeners import Listeners
from sapi_kiwoom.amqp.outbox import Outbox
from sapi_kiwoom.amqp.settings import Counters, Settings
from sapi_kiwoom.amqp.topology import Dialect, declare, open_channel, queues
from sapi_kiwoom.errors import KiwoomError

log = logging.getLogger(__name__)

_SWEEP = 0.25
"""Seconds between two looks at deadlines: as exact as they are kept."""

_ATTEMPTS = 3
"""How often a reply is published again that the broker could not take care of."""


class Upstream(NamedTuple):
    """What the worker tells the loop's half. All called on the thread ``amqp``."""

    on_ready: Callable[[], None]
    on_delivery: Callable[[Delivery], None]
    on_expired: Callable[[Delivery], None]
    on_listener_lost: Callable[[str, str], None]
    on_events_lost: Callable[[str, Hashable, int], None]
    on_end: Callable[[Optional[KiwoomError]], None]


class _Renewal(NamedTuple):
    delivery: Delivery


class _OrderedEvent(NamedTuple):
    """An event behind an unconfirmed reply to the same address: it takes the reply's channel."""

    address: str
    body: bytes
    stream: Hashable


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
        self._outbox = Outbox(
            settings.window,
            settings.outbox,
            counters,
            self._marked,
            upstream.on_events_lost,
            self._divert,
        )
        self._listeners = Listeners(settings, self._listener_lost, time.monotonic)
        self._pika: Optional[Any] = None  # the connection, once it serves
        self._confirms: Optional[Confirms] = None
        self._acknowledgements = Acknowledgements()
        self._safe: List[Delivery] = []  # answered safely, to be acknowledged in one go
        self._held: Deque[Union[Delivery, _OrderedEvent]] = deque()  # until events before are seen
        self._consumers: List[str] = []
        self._ready = False
        self._flush_planned = False
        self._stopping = False

    # -- what the loop's half asks for -------------------------------------------------------------

    def begin(self) -> None:
        """Start the timers; connecting begins by itself."""
        self._sweep()
        self._check_listeners()

    def reply(self, delivery: Delivery, body: bytes) -> None:
        """Answer a request, as soon as there is a connection."""
        delivery.answer = body
        if self._confirms is not None:
            self._send_in_order(delivery, delivery.reply_to)

    def publish(self, address: str, body: bytes, stream: Hashable, conflate: bool) -> None:
        """Send an event."""
        self._outbox.put(address, body, stream, conflate)

    def listen(self, address: str) -> None:
        """Watch an address."""
        self._listeners.watch(address)

    def unlisten(self, address: str) -> None:
        """Do not watch it any more."""
        self._listeners.unwatch(address)

    def stop(self) -> None:
        """Take no more requests, finish what was handed over, close."""
        self._stopping = True
        if self._confirms is None:
            waiting = len(self._book.answered())
            if waiting:
                log.warning(
                    "Stopping without a connection: %d answers are not sent. The broker will deliver "
                    "their requests again",
                    waiting,
                )
            self.connection.close()
            return
        self.connection.call_later(self._settings.stop_grace, self._give_up_stopping)
        for consumer in self._consumers:
            self._confirms.channel.basic_cancel(
                consumer, callback=lambda _: self._finish_stopping()
            )

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
        channel = yield open_channel(connection)
        channel.add_on_return_callback(self._reply_returned)
        self._must_last(channel)
        confirms = Confirms(channel, self._settled, self._flushed)
        yield confirms.select
        yield lambda done: channel.basic_qos(prefetch_count=settings.prefetch, callback=done)
        if self._stopping:
            return
        self._serve(connection, confirms, events)
        self._consumers = []
        for queue_name, from_parked in [
            (settings.request_queue, False),
            (settings.parked_queue, True),
        ]:
            if self._stopping:
                return
            yield self._consume(channel, queue_name, from_parked)
        if self._ready:
            self._counters.reconnects += 1
        else:
            self._ready = True
            self._upstream.on_ready()

    def _serve(self, connection: Any, confirms: Confirms, events: Any) -> None:
        self._dialect.take_news()
        self._pika = connection
        self._confirms = confirms
        self._acknowledgements = Acknowledgements()
        for delivery in self._book.answered():
            self._send_in_order(delivery, delivery.reply_to)
        self._outbox.attach(events)

    def _consume(self, channel: Any, queue: str, from_parked: bool) -> steps.Step:
        def step(done: Callable[[Any], None]) -> None:
            tag = channel.basic_consume(
                queue,
                on_message_callback=lambda _, method, properties, body: self._delivered(
                    method, properties, body, from_parked
                ),
                callback=done,
            )
            self._consumers.append(tag)

        return step

    def _must_last(self, channel: Any) -> None:
        """Whatever ends a channel or one of its consumers, a new connection declares everything again."""
        channel.add_on_cancel_callback(lambda _: self._lose("a queue that is served was deleted"))
        channel.add_on_close_callback(lambda _, reason: self._lose(reason))

    def _lose(self, reason: object) -> None:
        """Use the connection no more, and make a new one."""
        self._lost()
        self.connection.lose(reason)

    def _lost(self) -> bool:
        """The connection is gone: no tag of it may ever be used again."""
        self._pika = None
        confirms, self._confirms = self._confirms, None
        held, self._held = self._held, deque()
        unconfirmed = confirms.abandon() if confirms is not None else []
        self._outbox.detach()
        for item in [*unconfirmed, *held]:
            if isinstance(item, _OrderedEvent):
                self._outbox.lose(item.address, item.stream)
        self._safe.clear()
        self._book.lost()
        if self._stopping:  # what could not be confirmed goes back to its queue
            self.connection.close()
        return self._dialect.take_news()

    def _blocked(self, blocked: bool) -> None:
        if blocked:
            log.warning("The broker is short of memory or disk and takes no messages for now")
        self._outbox.block(blocked)

    # -- requests ------------------------------------------------------------------------------------

    def _delivered(self, method: Any, properties: Any, body: bytes, from_parked: bool) -> None:
        now = time.monotonic()
        tag = method.delivery_tag
        reply_to: Any = properties.reply_to or self._settings.reply_queue
        if reply_to.__class__ is bytes:  # not UTF-8
            reply_to = reply_to.decode("utf-8", "replace")
        name = parking.name_of(properties) if from_parked else None
        if from_parked or method.redelivered:
            known = self._book.recognise(body, reply_to, properties.correlation_id, name)
            if known is not None:
                self._counters.adopted += 1
                self._acknowledge(self._book.adopt(known, tag, from_parked, now))
                return
        deadline = now + parking.time_left(properties, self._settings.deadline)
        delivery = Delivery(body, reply_to, properties.correlation_id, tag, now, deadline)
        if from_parked:
            delivery.id = name or parking.new_name()
        self._book.take(delivery)
        self._counters.delivered += 1
        self._upstream.on_delivery(delivery)

    def _sweep(self) -> None:
        """Look at everything that a clock decides."""
        self.connection.call_later(_SWEEP, self._sweep)
        now = time.monotonic()
        for delivery in self._book.past_deadline(now):
            self._counters.expired += 1
            self._upstream.on_expired(delivery)
        self._book.forget(now)
        if self._confirms is not None and not self._stopping:
            for delivery in self._book.held_since(now - self._settings.renew_after):
                self._renew(delivery)
        self._outbox.mark()
        if self._stopping:
            self._finish_stopping()

    def _renew(self, delivery: Delivery) -> None:
        """Move a request to the parked queue, from where it comes back with a fresh delivery."""
        self._book.park(delivery, parking.new_name())
        properties = parking.properties_of(delivery)
        queue = self._settings.parked_queue
        assert self._confirms is not None
        self._confirms.publish(_Renewal(delivery), queue, delivery.body, properties)

    # -- answers ---------------------------------------------------------------------------------------

    def _send_in_order(self, item: Union[Delivery, _OrderedEvent], address: str) -> None:
        """Send on the channel with confirms, but not before the other channel's events arrived."""
        if self._outbox.seen(address):
            self._send(item)
        else:
            self._held.append(item)
            self._outbox.mark()

    def _send(self, item: Union[Delivery, _OrderedEvent]) -> None:
        assert self._confirms is not None
        if isinstance(item, Delivery):
            assert item.answer is not None
            properties = pika.BasicProperties(
                content_type="application/json", correlation_id=item.correlation
            )
            self._confirms.publish(item, item.reply_to, item.answer, properties)
        else:
            properties = pika.BasicProperties(content_type="application/json")
            self._confirms.publish(item, item.address, item.body, properties)

    def _divert(self, address: str, body: bytes, stream: Hashable) -> bool:
        """Keep an event behind replies to the same address: it takes their channel while they are there."""
        if self._held and any(_address(item) == address for item in self._held):
            self._held.append(_OrderedEvent(address, body, stream))
            return True
        assert self._confirms is not None
        if self._confirms.towards(address):
            self._send(_OrderedEvent(address, body, stream))
            return True
        return False

    def _marked(self) -> None:
        """The broker has seen events up to a marker: what waited behind them may go."""
        held, self._held = self._held, deque()
        for item in held:
            self._send_in_order(item, _address(item))
        if self._stopping:
            self._finish_stopping()

    def _settled(self, item: Any, ok: bool) -> None:
        """The broker confirmed a message, or said that it failed."""
        if isinstance(item, Delivery):
            if ok:
                item.finished = time.monotonic()
                self._counters.replied += 1
                self._safe.append(item)
            else:
                self._reply_failed(item)
        elif isinstance(item, _Renewal):
            if ok:
                self._counters.renewed += 1
            self._acknowledge(self._book.parked(item.delivery, ok, time.monotonic()))
        else:
            if not ok:
                self._outbox.lose(item.address, item.stream)
            self._outbox.arrived()

    def _reply_failed(self, delivery: Delivery) -> None:
        delivery.attempts += 1
        if delivery.attempts <= _ATTEMPTS:
            self._send(delivery)
            return
        log.error(
            "The broker failed %d times to take the answer for %r; its request goes back to the queue",
            delivery.attempts,
            delivery.reply_to,
        )
        self._counters.requeued += 1
        assert self._confirms is not None
        for tag in self._book.finish(delivery):
            self._acknowledgements.returned(tag)
            self._confirms.channel.basic_nack(tag, requeue=True)

    def _flushed(self) -> None:
        """A frame of confirms is worked off; acknowledge once everything that was read is."""
        if not self._flush_planned:
            self._flush_planned = True
            self.connection.call_later(0, self._acknowledge_safe)

    def _acknowledge_safe(self) -> None:
        self._flush_planned = False
        safe, self._safe = self._safe, []
        self._acknowledge([tag for delivery in safe for tag in self._book.finish(delivery)])
        if self._stopping:
            self._finish_stopping()

    def _acknowledge(self, tags: List[int]) -> None:
        if tags and self._confirms is not None:
            channel = self._confirms.channel
            for tag, multiple in self._acknowledgements.settle(tags):
                channel.basic_ack(tag, multiple)

    def _reply_returned(self, _: Any, method: Any, properties: Any, __: bytes) -> None:
        """No such queue. The confirm follows all the same, and with it the acknowledgement."""
        address = method.routing_key
        if address == self._settings.parked_queue:  # and nothing may be acknowledged for that
            self._lose(f"queue {address!r} was deleted")
            return
        self._counters.returned += 1
        self._listeners.returned(address)
        log.warning(
            "The answer with correlation id %r for queue %r found nobody: no such queue (any more)",
            properties.correlation_id,
            address,
        )

    # -- listeners ---------------------------------------------------------------------------------------

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
        if self._confirms is None or self._pika is None or self._pika.is_closing:
            return
        self._outbox.mark()
        if self._held or self._safe or not self._confirms.empty or not self._outbox.empty:
            return
        # Closing gives every unanswered request back to its queue.
        self._hang_up()

    def _give_up_stopping(self) -> None:
        log.warning("Stopping takes too long; what is not confirmed yet is given up")
        self._hang_up()

    def _hang_up(self) -> None:
        self._lost()  # what is still handed over meets no channel that is closing
        self.connection.close()


def _address(item: Union[Delivery, _OrderedEvent]) -> str:
    return item.reply_to if isinstance(item, Delivery) else item.address
