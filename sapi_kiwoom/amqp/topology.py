"""The queues as data, and how to declare them where a broker or an older declaration objects.

Version 1 declared its queues without arguments, not durable. Brokers from RabbitMQ 4.3 refuse that; and
somebody may have declared a queue of the same name in another way. What is new is durable, and replicated
where the broker can (quorum queues; with everything asked of them here, from RabbitMQ 3.10 on).
"""

from __future__ import annotations

import logging
from typing import Any, Dict, List, NamedTuple, Optional, Set

from pika.exceptions import ChannelClosedByBroker, ConnectionClosedByBroker

from sapi_kiwoom.amqp.settings import Settings
from sapi_kiwoom.amqp.steps import Step, Steps

log = logging.getLogger(__name__)

NOT_FOUND = 404
RESOURCE_LOCKED = 405
PRECONDITION_FAILED = 406
NOT_ALLOWED = 530
NOT_IMPLEMENTED = 540
ACCESS_REFUSED = 403
INTERNAL_ERROR = 541


class Queue(NamedTuple):
    """A queue as it should be declared."""

    name: str
    durable: bool = False
    auto_delete: bool = False
    quorum: bool = False
    """Replicated where the broker can do that."""
    ttl: Optional[float] = None
    """Seconds after which a message that waits is dead-lettered."""
    dead_letters: Optional[str] = None
    """The queue that gets them."""
    expires: Optional[float] = None
    """Seconds after which the queue goes when nobody uses it."""
    single_active: bool = False
    """Of several consumers only one is served, until it is gone."""
    strict: bool = False
    """A queue of this name that was declared in another way is not to be used."""

    def arguments(self, quorum: bool) -> Dict[str, Any]:
        """RabbitMQ's arguments for it."""
        given: Dict[str, Any] = {}
        if quorum:
            given["x-queue-type"] = "quorum"
        if self.ttl is not None:
            given["x-message-ttl"] = int(self.ttl * 1000)
        if self.dead_letters is not None:
            given["x-dead-letter-exchange"] = ""
            given["x-dead-letter-routing-key"] = self.dead_letters
            if quorum:  # or a message could be lost on its way from one to the other
                given["x-dead-letter-strategy"] = "at-least-once"
                given["x-overflow"] = "reject-publish"
        if self.expires is not None:
            given["x-expires"] = int(self.expires * 1000)
        if self.single_active:
            given["x-single-active-consumer"] = True
        return given


def parked_queue(settings: Settings) -> str:
    """Where this server parks. A shared one would hand what one server parked to another."""
    return f"{settings.parked_queue}.{settings.server}"


def queues(settings: Settings) -> List[Queue]:
    """What a server declares before it serves."""
    return [Queue(settings.request_queue), Queue(settings.reply_queue)]


def parked_queues(settings: Settings) -> List[Queue]:
    """The one that all servers of a kind share, and this server's own."""
    return [
        Queue(settings.parked_queue, durable=True, quorum=True),
        Queue(
            parked_queue(settings),
            durable=True,
            quorum=True,
            ttl=settings.parked_ttl,
            dead_letters=settings.parked_queue,
            expires=settings.parked_expires,
        ),
    ]


def order_queues(settings: Settings, account: str) -> List[Queue]:
    """What a server declares for an account that it owns: where its orders come, and where they go stale."""
    expired = settings.expired_queue + account
    return [
        Queue(expired, durable=True, quorum=True, single_active=True, strict=True),
        Queue(
            settings.order_queue + account,
            durable=True,
            quorum=True,
            single_active=True,
            ttl=settings.order_ttl,
            dead_letters=expired,
            strict=True,
        ),
    ]


class Dialect:
    """How this broker wants the queues declared, learnt from its refusals. Lives as long as the process."""

    def __init__(self) -> None:
        self._only_durable = False
        self._classic: Set[str] = set()
        self._taken_as_is: Set[str] = set()
        self._told: Set[str] = set()
        self._news = False

    def declaration(self, queue: Queue) -> Dict[str, Any]:
        """The arguments of ``queue.declare``."""
        if queue.name in self._taken_as_is:
            return {"queue": queue.name, "passive": True}
        return {
            "queue": queue.name,
            "durable": queue.durable or self._only_durable,
            "auto_delete": queue.auto_delete,
            "arguments": queue.arguments(queue.quorum and queue.name not in self._classic) or None,
        }

    def learn(self, queue: Queue, error: BaseException) -> bool:
        """Take note of a refusal; True when the queue should be declared again, in another way."""
        code = refusal(error)
        if code == INTERNAL_ERROR and not queue.durable and not self._only_durable:
            self._only_durable = True
            log.warning(
                "The broker refuses queues that are not durable (RabbitMQ does so from 4.3 on), so they "
                "are declared durable. Clients of version 1 that declare %r themselves are refused as "
                "well, unless its rabbitmq.conf says "
                "deprecated_features.permit.transient_nonexcl_queues = true",
                queue.name,
            )
        elif (
            code in (PRECONDITION_FAILED, NOT_IMPLEMENTED)
            and queue.quorum
            and queue.name not in self._classic
        ):
            self._classic.add(queue.name)
            log.info(
                "A queue is not replicated, because the broker or an older one of it refuses that"
            )
        elif (
            code == PRECONDITION_FAILED and not queue.strict and queue.name not in self._taken_as_is
        ):
            self._taken_as_is.add(queue.name)
            if queue.name not in self._told:
                self._told.add(queue.name)
                log.warning(
                    "Queue %r exists with other arguments; it is used as it is. To have it as usual, "
                    "delete it while nobody uses it. (%s)",
                    queue.name,
                    error,
                )
        elif code == NOT_FOUND and queue.name in self._taken_as_is:
            self._taken_as_is.discard(queue.name)  # it was deleted meanwhile: declare it as usual
        else:
            return False
        self._news = True
        return True

    def take_news(self) -> bool:
        """True when something was learnt since the last call: the next attempt need not wait."""
        news, self._news = self._news, False
        return news


def refusal(error: BaseException) -> Optional[int]:
    """The reply code with which a broker closed a channel or connection; None for other errors."""
    if isinstance(error, (ChannelClosedByBroker, ConnectionClosedByBroker)):
        return int(error.reply_code)
    return None


def declare(connection: Any, queue: Queue, dialect: Dialect) -> Steps:
    """Declare a queue in the way that the broker accepts.

    Raises:
        Exception: pika's, when it accepts none.
    """
    while True:
        answer = yield ask(connection, **dialect.declaration(queue))
        if not isinstance(answer, Exception):
            return answer
        if not dialect.learn(queue, answer) or not connection.is_open:
            raise answer


def ask(connection: Any, **declaration: Any) -> Step:
    """Declare on a channel of its own, because a refusal closes the channel.

    The step's answer is pika's ``Queue.DeclareOk``, or the exception that closed the channel.
    """

    def step(done: Any) -> None:
        answers: List[Any] = []

        def opened(channel: Any) -> None:
            def declared(frame: Any) -> None:
                answers.append(frame.method)
                channel.close()

            channel.add_on_close_callback(closed)
            channel.queue_declare(callback=declared, **declaration)

        def closed(_: Any, reason: Exception) -> None:
            done(answers[0] if answers else reason)

        connection.channel(on_open_callback=opened)

    return step


def declare_exchange(channel: Any, name: str) -> Step:
    """A step that declares the exchange of what is broadcast."""
    return lambda done: channel.exchange_declare(
        name, exchange_type="topic", durable=True, callback=done
    )


def open_channel(connection: Any) -> Step:
    """A step whose answer is a new channel."""
    return lambda done: connection.channel(on_open_callback=done)
