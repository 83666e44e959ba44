"""The parked queues: where requests go that take longer than a delivery may be held.

A parked request is durable and persistent, and in a queue of its server's own. That takes it back as a
fresh delivery and knows it by its name. If the server is dead, the request is dead-lettered to a queue that
all servers read, and whoever gets it there serves it as a new one.
"""

from __future__ import annotations

import secrets
import time
from typing import Any, Optional

import pika

from sapi_kiwoom.amqp.deliveries import Delivery

_NAME = "x-sapi-kiwoom-id"
_DEADLINE = "x-sapi-kiwoom-deadline"
"""When it is given up, seconds since 1970."""
_USER = "x-sapi-kiwoom-user"
"""Who had sent it."""


def new_name() -> str:
    """A name that no other request has."""
    return secrets.token_hex(8)


def name_of(properties: Any) -> Optional[str]:
    """What a message from the parked queue is called; None when somebody else put it there."""
    return (properties.headers or {}).get(_NAME)


def properties_of(delivery: Delivery, server: Optional[str]) -> pika.BasicProperties:
    """The properties of a request's parked copy.

    Args:
        delivery: the request.
        server: the user as which this server is connected, None if that is not known.
    """
    headers = {
        _NAME: delivery.id,
        _DEADLINE: int(time.time() + delivery.deadline - time.monotonic()),
    }
    if delivery.user_id is not None:
        headers[_USER] = delivery.user_id
    return pika.BasicProperties(
        content_type="application/json",
        correlation_id=delivery.correlation,
        reply_to=delivery.reply_to,
        user_id=server,
        delivery_mode=2,
        headers=headers,
    )


def user_of(properties: Any, from_parked: bool, server: Optional[str]) -> Optional[str]:
    """Who sent a request, as far as the broker vouches for it.

    The broker lets nobody send in the name of another user. A parked copy comes in the name of the server
    that parked it, and only from such a one its header is believed.

    Args:
        properties: the message's.
        from_parked: it comes from a parked queue.
        server: the user as which this server is connected, None if that is not known.
    """
    sender: Any = properties.user_id
    if from_parked:
        trusted = server is not None and sender == server
        sender = (properties.headers or {}).get(_USER) if trusted else None
    if isinstance(sender, bytes):  # not UTF-8
        sender = sender.decode("utf-8", "replace")
    return sender if isinstance(sender, str) else None


def time_left(properties: Any, longest: float) -> float:
    """Seconds until a request that was just delivered is given up.

    Args:
        properties: the message's; ``expiration``, or the deadline of a parked request, may shorten it.
        longest: what it has otherwise.
    """
    left = longest
    if properties.expiration and properties.expiration.isdigit():
        left = min(left, int(properties.expiration) / 1000)
    if properties.headers:
        deadline = properties.headers.get(_DEADLINE)
        if isinstance(deadline, int):
            left = min(left, deadline - time.time())
    return left
