"""What must arrive, on the channel with confirms: answers and their pages, what is kept, what is parked.

Events that follow an answer to the same address take its channel too, or they could overtake it.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from typing import Any, Callable, Deque, Dict, Hashable, List, NamedTuple, Optional, Union

import pika

from sapi_kiwoom.amqp.confirms import Confirms
from sapi_kiwoom.amqp.deliveries import Deliveries, Delivery
from sapi_kiwoom.amqp.inlet import Tag, acknowledge
from sapi_kiwoom.amqp.outbox import Outbox
from sapi_kiwoom.amqp.settings import Counters, Settings

log = logging.getLogger(__name__)

_ATTEMPTS = 3
"""How often a reply is published again that the broker could not take care of."""


class _Renewal(NamedTuple):
    delivery: Delivery


class _Page(NamedTuple):
    """A part of an answer."""

    delivery: Delivery
    body: bytes


class _Kept:
    """A broadcast that waits for its confirm, or for a connection."""

    __slots__ = ("body", "topic")

    def __init__(self, topic: str, body: bytes) -> None:
        self.topic = topic
        self.body = body


class _OrderedEvent(NamedTuple):
    """An event behind an unconfirmed reply to the same address."""

    address: str
    body: bytes
    stream: Hashable


_ToQueue = Union[Delivery, _Page, _OrderedEvent]


class Answers:
    """Sends what must arrive, over as many connections as it takes, and acknowledges what is answered.

    Args:
        settings: for the exchange's name.
        counters: where things are counted.
        book: the requests.
        call_soon: runs something once everything that was read is worked off.
        lose: gives up the connection, with a reason.
        on_progress: something arrived.

    Attributes:
        outbox: the other channel's events; whoever makes that sets it.
    """

    outbox: Outbox

    def __init__(
        self,
        settings: Settings,
        counters: Counters,
        book: Deliveries,
        call_soon: Callable[[Callable[[], None]], None],
        lose: Callable[[object], None],
        on_progress: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._counters = counters
        self._book = book
        self._call_soon = call_soon
        self._lose = lose
        self._on_progress = on_progress
        self._confirms: Optional[Confirms] = None
        self._safe: List[Delivery] = []  # answered safely, to be acknowledged in one go
        self._held: Deque[_ToQueue] = deque()  # until events before are seen
        self._kept: Dict[_Kept, None] = {}  # in order
        self._flush_planned = False

    # -- connecting ----------------------------------------------------------------------------------

    def confirms(self, channel: Any) -> Confirms:
        """A channel's confirms, as `attach` wants them."""
        return Confirms(channel, self._settled, self._flushed)

    def attach(self, confirms: Confirms) -> None:
        """There is a channel; what could not be sent, or may be lost, is sent in order."""
        self._confirms = confirms
        for delivery in self._book.unsafe():
            for body in delivery.pages:
                self._send_in_order(_Page(delivery, body), delivery.reply_to)
            if delivery.answer is not None:
                self._send_in_order(delivery, delivery.reply_to)
        for kept in self._kept:
            self._send_kept(kept)

    def detach(self) -> bool:
        """The channel is gone; returns whether there was one."""
        confirms, self._confirms = self._confirms, None
        held, self._held = self._held, deque()
        unconfirmed = confirms.abandon() if confirms is not None else []
        for item in [*unconfirmed, *held]:
            if isinstance(item, _OrderedEvent):
                self.outbox.lose(item.address, item.stream)
        self._safe.clear()
        return confirms is not None

    @property
    def attached(self) -> bool:
        """Whether there is a channel."""
        return self._confirms is not None

    @property
    def empty(self) -> bool:
        """Whether everything arrived, and is acknowledged."""
        waiting = self._held or self._safe or self._kept
        return not waiting and (self._confirms is None or self._confirms.empty)

    # -- sending -------------------------------------------------------------------------------------

    def page(self, delivery: Delivery, body: bytes) -> None:
        """Send a part of an answer."""
        delivery.pages.append(body)
        if self._confirms is not None:
            self._send_in_order(_Page(delivery, body), delivery.reply_to)

    def reply(self, delivery: Delivery, body: bytes) -> None:
        """Send an answer, and acknowledge its request then."""
        delivery.answer = body
        delivery.accepting = None
        if self._confirms is not None:
            self._send_in_order(delivery, delivery.reply_to)

    def keep(self, topic: str, body: bytes) -> None:
        """Broadcast what may not be lost."""
        kept = _Kept(topic, body)
        self._kept[kept] = None
        if self._confirms is not None:
            self._send_kept(kept)

    def park(self, delivery: Delivery, queue: str, properties: pika.BasicProperties) -> None:
        """Copy a request to a parked queue, and acknowledge the original then."""
        assert self._confirms is not None
        self._confirms.publish(_Renewal(delivery), queue, delivery.body, properties)

    def divert(self, address: str, body: bytes, stream: Hashable) -> bool:
        """Keep an event behind replies to the same address: it takes their channel while they are there."""
        if self._held and any(_address(item) == address for item in self._held):
            self._held.append(_OrderedEvent(address, body, stream))
            return True
        assert self._confirms is not None
        if self._confirms.towards(address):
            self._send(_OrderedEvent(address, body, stream))
            return True
        return False

    def marked(self) -> None:
        """The broker has seen events up to a marker: what waited behind them may go."""
        held, self._held = self._held, deque()
        for item in held:
            self._send_in_order(item, _address(item))
        self._on_progress()

    def _send_in_order(self, item: _ToQueue, address: str) -> None:
        """Send, but not before the other channel's events arrived."""
        if self.outbox.seen(address):
            self._send(item)
        else:
            self._held.append(item)
            self.outbox.mark()

    def _send(self, item: _ToQueue) -> None:
        assert self._confirms is not None
        if isinstance(item, _OrderedEvent):
            properties = pika.BasicProperties(content_type="application/json")
            self._confirms.publish(item, item.address, item.body, properties)
            return
        delivery, body = item if isinstance(item, _Page) else (item, item.answer)
        assert body is not None
        properties = pika.BasicProperties(
            content_type="application/json",
            correlation_id=delivery.correlation,
            delivery_mode=2 if delivery.accepted else None,
        )
        self._confirms.publish(item, delivery.reply_to, body, properties)

    def _send_kept(self, kept: _Kept) -> None:
        assert self._confirms is not None
        properties = pika.BasicProperties(content_type="application/json", delivery_mode=2)
        exchange = self._settings.events_exchange
        self._confirms.publish(kept, kept.topic, kept.body, properties, exchange)

    # -- what became of it ---------------------------------------------------------------------------

    def _settled(self, item: Any, ok: bool) -> None:
        """The broker confirmed a message, or said that it failed."""
        if isinstance(item, Delivery):
            if ok:
                item.last_is_safe = True
                self._finish(item)
            else:
                self._failed(item)
        elif isinstance(item, _Page):
            if ok:
                item.delivery.pages.remove(item.body)
                self._finish(item.delivery)
            else:
                self._repeat_all("a part of an answer")
        elif isinstance(item, _Kept):
            if ok:
                self._kept.pop(item)
            else:
                self._repeat_all("an event")
        elif isinstance(item, _Renewal):
            if ok:
                self._counters.renewed += 1
            self.acknowledge(self._book.parked(item.delivery, ok, time.monotonic()))
        else:
            if not ok:
                self.outbox.lose(item.address, item.stream)
            self.outbox.arrived()

    def _finish(self, delivery: Delivery) -> None:
        """Note that an answer is safe, with all its pages."""
        if delivery.last_is_safe and not delivery.pages:
            delivery.finished = time.monotonic()
            self._counters.replied += 1
            self._safe.append(delivery)

    def _repeat_all(self, what: str) -> None:
        """Whatever may not be lost is sent again in order, over a new connection."""
        self._lose(f"the broker failed to take {what}")

    def _failed(self, delivery: Delivery) -> None:
        if delivery.accepted:  # nothing can be given back
            self._repeat_all("the answer of an accepted request")
            return
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
        for tag in self._book.finish(delivery):
            tag.inlet.give_back(tag.number)

    def _flushed(self) -> None:
        """A frame of confirms is worked off; acknowledge once everything that was read is."""
        if not self._flush_planned:
            self._flush_planned = True
            self._call_soon(self._acknowledge_safe)

    def _acknowledge_safe(self) -> None:
        self._flush_planned = False
        safe, self._safe = self._safe, []
        self.acknowledge([tag for delivery in safe for tag in self._book.finish(delivery)])
        self._on_progress()

    def acknowledge(self, tags: List[Tag]) -> None:
        """These deliveries are done with."""
        if tags and self._confirms is not None:
            acknowledge(tags)

    def tell_unsent(self) -> None:
        """Log what a lost connection leaves undone at the end."""
        unsafe = self._book.unsafe()
        accepted = sum(delivery.accepted for delivery in unsafe)
        if len(unsafe) > accepted:
            log.warning(
                "Stopping without a connection: %d answers are not sent. The broker will deliver "
                "their requests again",
                len(unsafe) - accepted,
            )
        if accepted or self._kept:
            log.error(
                "Stopping without a connection: %d answers of orders and %d events that should be kept "
                "are not sent. What became of the orders stands in the journal",
                accepted,
                len(self._kept),
            )


def _address(item: _ToQueue) -> str:
    if isinstance(item, _OrderedEvent):
        return item.address
    return item.delivery.reply_to if isinstance(item, _Page) else item.reply_to
