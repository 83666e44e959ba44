"""RabbitMQ, whoever answers: the only folder that knows pika."""

from __future__ import annotations

from sapi_kiwoom.amqp.kinds import KINDS, OtherKindServes
from sapi_kiwoom.amqp.link import AmqpLink
from sapi_kiwoom.amqp.node import NoBrokerProgram, PrivateBroker
from sapi_kiwoom.amqp.settings import Counters, Settings
from sapi_kiwoom.amqp.transport import AmqpTransport
from sapi_kiwoom.amqp.url import safe_url

__all__ = [
    "KINDS",
    "AmqpLink",
    "AmqpTransport",
    "Counters",
    "NoBrokerProgram",
    "OtherKindServes",
    "PrivateBroker",
    "Settings",
    "safe_url",
]
