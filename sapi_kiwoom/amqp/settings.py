"""What can be set, and what is counted."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """How an `AmqpTransport` behaves. All durations are seconds of wall-clock time."""

    request_queue: str = "tasks"
    reply_queue: str = "sapi-kiwoom"
    """Where an answer goes when its request has no ``reply_to``."""
    parked_queue: str = "sapi-kiwoom.parked"
    """Durable; holds requests that take longer than a delivery may be held."""
    kind_queue: str = "sapi-kiwoom.kind."
    """The start of the names of the queues that say which kind is served."""

    prefetch: int = 1000
    """Requests that may be unanswered at once."""
    deadline: float = 3600.0
    """After this a request is given up; the property ``expiration`` of a request may shorten it."""
    renew_after: float = 480.0
    """A delivery held this long is moved to the parked queue. Brokers close the channel of whoever holds
    one for 30 minutes (``consumer_timeout``)."""

    shortest_pause: float = 0.5
    """Before the first attempt to connect again; it doubles with each failure."""
    longest_pause: float = 30.0

    window: int = 2000
    """Events that may be on their way to the broker before more are held back."""
    outbox: int = 10_000
    """Events that are held back before the oldest are dropped."""

    check_every: float = 5.0
    """Between two looks at the queues of the listeners."""
    missing_grace: float = 60.0
    """How long a listener's queue may be missing, for example while its client connects again."""
    deep: int = 1000
    """Messages in a queue without a consumer that show that nobody reads it any more."""

    stop_grace: float = 10.0
    """What `stop` may take until everything handed over is confirmed."""


@dataclass
class Counters:
    """What happened since the start. Written by the thread ``amqp``, good for reading anywhere."""

    delivered: int = 0
    replied: int = 0
    returned: int = 0
    """Replies that no queue took: the client was gone."""
    requeued: int = 0
    expired: int = 0
    renewed: int = 0
    adopted: int = 0
    """Requests that came again, after a renewal or a lost connection, and were already being served."""
    reconnects: int = 0
    events: int = 0
    events_lost: int = 0
    listeners_lost: int = 0
