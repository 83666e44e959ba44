"""What carries requests in and answers out, and what it may ask of the server."""

from __future__ import annotations

from typing import Callable, Hashable, Optional, Protocol, Sequence

TASKS = "tasks"
"""The queue of everything that is not an order, as `Message.queue` names it."""

ORDERS = "orders."
"""The queue of an account's orders is this and the account's number."""

EXPIRED = "orders.expired"
"""`Message.queue` of an order that nobody took in time, or that came back after its time."""

EVENTS = "kiwoom.events"
"""The exchange of what is broadcast."""


def check_topic(topic: str) -> None:
    """Refuse what AMQP cannot carry.

    Raises:
        ValueError: the topic is longer than 255 bytes, or no text.
    """
    if len(topic.encode()) > 255:
        raise ValueError(f"a topic has 255 bytes at most; make {topic[:40]!r}... shorter")


def no_queue(queue: str) -> str:
    """What a client is told that sent to a queue which no server reads."""
    return (
        f"대기열 {queue!r}이 없습니다. There is no queue {queue!r}: no server takes orders of that "
        "account. Look at the account's number; list-accounts shows those of the server"
    )


class Message:
    """One request as it came in.

    Attributes:
        body: the bytes as the client sent them; nothing about them is known yet.
        reply_to: where the answer goes; the transport's default address when the client named none.
        correlation_id: the client's, or None; the transport copies it into the answer.
        queue: where it was sent: `TASKS`, `ORDERS` and an account's number, or `EXPIRED`: an order that
            waited too long for this server. An expired one may never be placed; it is answered from
            the journal when it is known there, and with ``expired`` when it is not.
        user_id: the user as which its sender is connected, confirmed by the broker (``local`` in
            process), or None where the sender did not say.

    Transports subclass it to remember what they need for the answer; the server only reads it and
    uses its identity as a key.
    """

    __slots__ = ("body", "correlation_id", "queue", "reply_to", "user_id")

    def __init__(
        self,
        body: bytes,
        reply_to: str,
        correlation_id: Optional[str] = None,
        queue: str = TASKS,
        user_id: Optional[str] = None,
    ) -> None:
        self.body = body
        self.reply_to = reply_to
        self.correlation_id = correlation_id
        self.queue = queue
        self.user_id = user_id


class Receiver(Protocol):
    """The server as a transport sees it. All calls arrive on the loop's thread."""

    def on_message(self, message: Message) -> None:
        """A request. It is answered exactly once with `Transport.reply`, now or later."""

    def on_expired(self, message: Message) -> None:
        """The request's deadline passed: give up on it and answer so. No effect when it was answered.

        Also for an order that waits for the ``done`` of `Transport.accept`, which then never comes: it
        came back through `EXPIRED` and may not be placed any more.
        """

    def on_listener_lost(self, address: str, why: str) -> None:
        """Nobody reads the address any more: stop sending events there."""

    def on_events_lost(self, address: str, stream: Hashable, count: int) -> None:
        """``count`` events of a stream could not be kept; there is room again to say so."""

    def on_broadcasts_lost(self, topic: str, count: int) -> None:
        """``count`` broadcasts could not be kept; there is room again to broadcast a gap on the topic."""


class Transport(Protocol):
    """Carries messages between clients and the server.

    All methods are called on the loop's thread and return at once. `own` and `broadcast` may be called
    before `start`; they take effect with it.
    """

    def start(self, receiver: Receiver) -> None:
        """Begin to deliver requests."""

    def own(self, accounts: Sequence[str]) -> None:
        """Take the orders of these accounts, and of no others, from now on.

        Each has a durable queue of its own, `ORDERS` and its number, read by one server at a time. An
        order that waits there for 5 s, or for its ``expiration`` if that is shorter, comes as
        `EXPIRED` instead.
        """

    def accept(self, message: Message, done: Callable[[], None]) -> None:
        """Acknowledge a request before it is answered: it will not be delivered again.

        From here on it is the server's alone and has no deadline of the transport's; its answer still
        follows with `reply`.

        Args:
            message: not answered yet.
            done: called on the loop once the acknowledgement was handed to the connection. While there
                is none, this waits until the request comes again; if it comes too late,
                `Receiver.on_expired` is called instead. Never called after the answer was given.
        """

    def page(self, message: Message, body: bytes) -> None:
        """Send a part of the answer; further parts and `reply` follow it, in order, to the same place.

        Kept until it is safe, as an answer is. One that was under way when the connection broke is sent
        again, so clients may see it twice.
        """

    def reply(self, message: Message, body: bytes) -> None:
        """Answer a request: the last word on it. Exactly once for each message.

        The request is only given up (acknowledged) after the answer is safe, if it was not accepted
        before.
        """

    def publish(self, address: str, body: bytes, stream: Hashable, conflate: bool = False) -> None:
        """Send an event to a listener, after everything sent to that address before.

        Args:
            address: where the listener reads, the ``reply_to`` of its subscription.
            body: the encoded event.
            stream: what the event belongs to, for `Receiver.on_events_lost`.
            conflate: under pressure, a newer event of the stream may replace this one (quotes).
                Other events (trades) are counted and announced when they cannot be kept.
        """

    def broadcast(
        self, topic: str, body: bytes, *, conflate: bool = False, keep: bool = False
    ) -> None:
        """Send an event to whoever listens to its topic, with one publish however many they are.

        Order is kept among the kept events, and among the others of a topic.

        Args:
            topic: words with dots between them, of 255 bytes at most.
            body: the encoded event.
            conflate: under pressure, a newer event of the topic may replace this one. Others are counted
                and announced with `Receiver.on_broadcasts_lost` when they cannot be kept.
            keep: never dropped, and safe on the broker's disk where a durable queue takes it (orders).
                One that was under way when the connection broke is sent again, so listeners may see
                it twice.

        Raises:
            ValueError: the topic is too long.
        """

    def listen(self, address: str) -> None:
        """From now on, watch whether anybody still reads the address."""

    def unlisten(self, address: str) -> None:
        """Stop watching the address."""

    def stop(self, done: Callable[[], None]) -> None:
        """Take no more requests, send what was handed over, return what was not answered; then ``done``."""
