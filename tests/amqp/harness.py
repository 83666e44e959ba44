"""Both ends of a broker, for tests: a transport with a receiver that records, and a plain pika client."""

from __future__ import annotations

import queue
import threading
import time
from typing import Any, Callable, List, Optional

import pika

from sapi_kiwoom.amqp import AmqpTransport
from sapi_kiwoom.server.transport import Message
from simulator.clock import VirtualLoop

PATIENCE = 20.0
"""Seconds after which a test gives up waiting. Nothing passes or fails by how long it took before."""


def eventually(true: Callable[[], Any]) -> None:
    """Wait until a condition holds that nobody announces."""
    end = time.monotonic() + PATIENCE
    pause = threading.Event()
    while not true():
        assert time.monotonic() < end, "it never came true"
        pause.wait(0.02)


class Serving:
    """An `AmqpTransport` on a loop in a thread of its own.

    Args:
        url: the broker.
        answer: gives the answer to a message at once, or None to leave it unanswered.
        kind: what is served.
        started: whether the transport is.
        options: the transport's.
    """

    def __init__(
        self,
        url: str,
        answer: Callable[[Message], Optional[bytes]] = lambda message: None,
        kind: str = "simulator",
        started: bool = True,
        **options: Any,
    ) -> None:
        self.answer = answer
        self.messages: queue.Queue[Message] = queue.Queue()
        self.expired: queue.Queue[Message] = queue.Queue()
        self.listeners_lost: queue.Queue[Any] = queue.Queue()
        self.events_lost: queue.Queue[Any] = queue.Queue()
        self.broadcasts_lost: queue.Queue[Any] = queue.Queue()
        self.errors: queue.Queue[Any] = queue.Queue()
        self.ready = threading.Event()
        options.setdefault("parked_ttl", 1.0)
        options.setdefault("parked_expires", 60.0)  # so that few are left on the broker
        self.loop = VirtualLoop(0, speed=1.0)
        self.transport = AmqpTransport(
            url, kind, self.loop, on_ready=self.ready.set, on_fatal=self.errors.put, **options
        )
        self._thread = threading.Thread(target=self.loop.run, daemon=True)
        self._thread.start()
        if started:
            self.on_loop(lambda: self.transport.start(self))

    # -- Receiver --

    def on_message(self, message: Message) -> None:
        self.messages.put(message)
        body = self.answer(message)
        if body is not None:
            self.transport.reply(message, body)

    def on_expired(self, message: Message) -> None:
        self.expired.put(message)

    def on_listener_lost(self, address: str, why: str) -> None:
        self.listeners_lost.put((address, why))

    def on_events_lost(self, address: str, stream: Any, count: int) -> None:
        self.events_lost.put((address, stream, count))

    def on_broadcasts_lost(self, topic: str, count: int) -> None:
        self.broadcasts_lost.put((topic, count))

    # -- what tests do --

    @property
    def counters(self) -> Any:
        return self.transport.counters

    def on_loop(self, fn: Callable[[], Any]) -> Any:
        """Run something on the loop's thread and return its result."""
        results: queue.Queue[Any] = queue.Queue()
        self.loop.post(lambda: results.put(fn()))
        return results.get(timeout=PATIENCE)

    def wait_ready(self) -> Serving:
        assert self.ready.wait(PATIENCE), "the transport never got ready"
        return self

    def next(self) -> Message:
        """The next request."""
        return self.messages.get(timeout=PATIENCE)

    def reply(self, message: Message, body: bytes) -> None:
        self.on_loop(lambda: self.transport.reply(message, body))

    def own(self, *accounts: str) -> Serving:
        """Take the accounts' orders; returns once they come."""
        self.on_loop(lambda: self.transport.own(accounts))
        eventually(lambda: sorted(self.transport._worker._owner.owned) == sorted(accounts))
        return self

    def accept(self, message: Message) -> threading.Event:
        """Accept a request; returns what is set once that is done."""
        accepted = threading.Event()
        self.on_loop(lambda: self.transport.accept(message, accepted.set))
        return accepted

    def broadcast(self, topic: str, bodies: List[bytes], **how: bool) -> None:
        def all_of_them() -> None:
            for body in bodies:
                self.transport.broadcast(topic, body, **how)

        self.on_loop(all_of_them)

    def publish(self, address: str, bodies: List[bytes], conflate: bool = False) -> None:
        def all_of_them() -> None:
            for body in bodies:
                self.transport.publish(address, body, "stream", conflate)

        self.on_loop(all_of_them)

    def stop(self) -> None:
        if self._thread.is_alive():
            self.loop.post(lambda: self.transport.stop(self.loop.stop))
            self._thread.join(PATIENCE)
            assert not self._thread.is_alive(), "the transport did not stop"


class Client:
    """What any AMQP client does: send requests, read answers from a queue of its own."""

    def __init__(self, url: str, queue_name: str = "tasks") -> None:
        self.queue_name = queue_name
        self.connection = pika.BlockingConnection(pika.URLParameters(url))
        self.channel = self.connection.channel()
        self.reply_queue = self.channel.queue_declare("", exclusive=True).method.queue

    def send(self, body: bytes = b"{}", queue_name: str = "", **properties: Any) -> None:
        properties.setdefault("reply_to", self.reply_queue)
        self.channel.basic_publish(
            "", queue_name or self.queue_name, body, pika.BasicProperties(**properties)
        )

    def receive(self, queue_name: Optional[str] = None) -> Any:
        """The next message: its properties and its body."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            method, properties, body = self.channel.basic_get(
                queue_name or self.reply_queue, auto_ack=True
            )
            if method is not None:
                return properties, body
            self.connection.sleep(0.01)
        raise AssertionError("no message came")

    def bind(self, *patterns: str) -> None:
        """Receive what is broadcast."""
        self.channel.exchange_declare("kiwoom.events", "topic", durable=True)
        for pattern in patterns:
            self.channel.queue_bind(self.reply_queue, "kiwoom.events", pattern)

    def call(self, body: bytes = b"{}", **properties: Any) -> bytes:
        self.send(body, **properties)
        answer: bytes = self.receive()[1]
        return answer

    def depth(self, name: str) -> int:
        return int(self.channel.queue_declare(name, passive=True).method.message_count)

    def consumers(self, name: str) -> int:
        return int(self.channel.queue_declare(name, passive=True).method.consumer_count)

    def close(self) -> None:
        if self.connection.is_open:
            self.connection.close()
