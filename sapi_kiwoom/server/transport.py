"""What carries requests in and answers out, and what it may ask of the server."""

from __future__ import annotations

from typing import Callable, Hashable, Optional, Protocol


class Message:
    """One request as it came in.

    Attributes:
        body: the bytes as the client sent them; nothing about them is known yet.
        reply_to: where the answer goes; the transport's default address when the client named none.
        correlation_id: the client's, or None; the transport copies it into the answer.

    Transports subclass it to remember what they need for the answer; the server only reads it and
    uses its identity as a key.
    """

    __slots__ = ("body", "correlation_id", "reply_to")

    def __init__(self, body: bytes, reply_to: str, correlation_id: Optional[str] = None) -> None:
        self.body = body
        self.reply_to = reply_to
        self.correlation_id = correlation_id


class Receiver(Protocol):
    """The server as a transport sees it. All calls arrive on the loop's thread."""

    def on_message(self, message: Message) -> None:
        """A request. It is answered exactly once with `Transport.reply`, now or later."""

    def on_expired(self, message: Message) -> None:
        """The request's deadline passed: give up on it and answer so. No effect when it was answered."""

    def on_listener_lost(self, address: str, why: str) -> None:
        """Nobody reads the address any more: stop sending events there."""

    def on_events_lost(self, address: str, stream: Hashable, count: int) -> None:
        """``count`` events of a stream could not be kept; there is room again to say so."""


class Transport(Protocol):
    """Carries messages between clients and the server.

    All methods are called on the loop's thread and return at once.
    """

    def start(self, receiver: Receiver) -> None:
        """Begin to deliver requests."""

    def reply(self, message: Message, body: bytes) -> None:
        """Answer a request: the last word on it. Exactly once for each message.

        The request is only given up (acknowledged) after the answer is safe.
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

    def listen(self, address: str) -> None:
        """From now on, watch whether anybody still reads the address."""

    def unlisten(self, address: str) -> None:
        """Stop watching the address."""

    def stop(self, done: Callable[[], None]) -> None:
        """Take no more requests, send what was handed over, return what was not answered; then ``done``."""
