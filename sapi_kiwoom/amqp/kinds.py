"""Kinds never mix: real, mock and simulated servers never serve one virtual host together.

A server declares a queue named after its kind and holds a consumer on it as long as it serves. Only then it
looks for the queues of the other kinds, so of two that start at once each sees the other, and both refuse.
Several servers of the same kind are welcome.
"""

from __future__ import annotations

from typing import Any

from sapi_kiwoom.amqp.settings import Settings
from sapi_kiwoom.amqp.steps import Steps
from sapi_kiwoom.amqp.topology import NOT_FOUND, Dialect, Queue, ask, declare, refusal
from sapi_kiwoom.errors import KiwoomError

KINDS = ("real", "mock", "simulator")


class OtherKindServes(KiwoomError):
    """A server of another kind serves the same virtual host."""

    name = "other-kind-serves"


def claim(connection: Any, channel: Any, kind: str, settings: Settings, dialect: Dialect) -> Steps:
    """Say which kind serves, and make sure that no other does.

    Args:
        connection: an open connection.
        channel: what the claim hangs on; it ends with this channel.
        kind: one of `KINDS`.
        settings: for the queues' names.
        dialect: how to declare.

    Raises:
        OtherKindServes: the message names the kind and the remedy.
    """
    own = Queue(settings.kind_queue + kind, durable=True, auto_delete=True)
    yield from declare(connection, own, dialect)
    yield lambda done: channel.basic_consume(
        own.name, on_message_callback=lambda *_: None, auto_ack=True, callback=done
    )
    for other in KINDS:
        if other == kind:
            continue
        answer = yield ask(connection, queue=settings.kind_queue + other, passive=True)
        if not isinstance(answer, Exception):
            if answer.consumer_count > 0:
                host = connection.params.virtual_host
                raise OtherKindServes(
                    f"이 브로커의 가상 호스트 {host!r}에서 다른 종류의 서버({other})가 이미 실행 중입니다. "
                    f"A server of kind {other!r} serves virtual host {host!r} of this broker, so one of "
                    f"kind {kind!r} may not join: clients could not tell real from simulated. Stop the "
                    f"other server, or give this one a virtual host of its own, for example "
                    f"amqp://localhost:5672/{kind} after: rabbitmqctl add_vhost {kind} && "
                    f"rabbitmqctl set_permissions -p {kind} guest '.*' '.*' '.*'",
                    kind=kind,
                    other=other,
                    virtual_host=host,
                )
        elif refusal(answer) != NOT_FOUND:
            raise answer
