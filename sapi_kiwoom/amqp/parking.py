"""The parked queue: where requests go that take longer than a delivery may be held.

A parked request is durable and persistent. The server that parked it takes it back as a fresh delivery and
knows it by its name; if that server is dead, whoever gets it serves it as a new one.
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


def new_name() -> str:
    """A name that no other request has."""
    return secrets.token_hex(8)


def name_of(properties: Any) -> Optional[str]:
    """What a message from the parked queue is called; None when somebody else put it there."""
    return (properties.headers or {}).get(_NAME)


def properties_of(delivery: Delivery) -> pika.BasicProperties:
    """The properties of a request's parked copy."""
    return pika.BasicProperties(
        content_type="application/json",
        correlation_id=delivery.correlation,
        reply_to=delivery.reply_to,
        delivery_mode=2,
        headers={
            _NAME: delivery.id,
            _DEADLINE: int(time.time() + delivery.deadline - time.monotonic()),
        },
    )


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
