"""What can be set, and what is counted."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from sapi_kiwoom.server.transport import EVENTS, EXPIRED, ORDERS, TASKS


def _new_id() -> str:
    return secrets.token_hex(8)


@dataclass(frozen=True)
class Settings:
    """How an `AmqpTransport` behaves. All durations are seconds of wall-clock time."""

    request_queue: str = TASKS
    reply_queue: str = "sapi-kiwoom"
    """Where an answer goes when its request has no ``reply_to``."""
    parked_queue: str = "sapi-kiwoom.parked"
    """Durable; requests that a server had parked which is gone. Shared by the servers of one kind."""
    server: str = field(default_factory=_new_id)
    """This server's own name; its parked requests are in the queue ``parked_queue.server``."""
    order_queue: str = ORDERS
    """The start of the names of the queues of orders; the account's number follows."""
    expired_queue: str = EXPIRED + "."
    """The same for orders that waited too long. One for each account: only its server has the journal
    that knows whether the order had been taken all the same."""
    events_exchange: str = EVENTS
    """Where is published what is broadcast."""
    kind_queue: str = "sapi-kiwoom.kind."
    """The start of the names of the queues that say which kind is served."""

    prefetch: int = 1000
    """Requests that may be unanswered at once."""
    order_prefetch: int = 20
    """The same for the orders of an account. Accepted ones do not count, so few are enough."""
    deadline: float = 3600.0
    """After this a request is given up; the property ``expiration`` of a request may shorten it."""
    renew_after: float = 480.0
    """A delivery held this long is moved to the parked queue. Brokers close the channel of whoever holds
    one for 30 minutes (``consumer_timeout``)."""

    parked_ttl: float = 30.0
    """How long a request that was parked waits for its server before others may have it."""
    parked_expires: float = 3600.0
    """After this a parked queue that nobody uses goes, long empty."""
    order_ttl: float = 5.0
    """How long an order waits for its server before it has expired."""
    order_deadline: float = 600.0
    """After this an order that was neither accepted nor answered is given up."""

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
    accepted: int = 0
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
