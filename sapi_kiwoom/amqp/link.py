"""The client's end over RabbitMQ, blocking."""

from __future__ import annotations

import time
from collections import deque
from typing import Any, Deque, Optional

import pika
from pika.exceptions import AMQPError, NackError, UnroutableError

from sapi_kiwoom.amqp.topology import Dialect, Queue
from sapi_kiwoom.amqp.url import parameters, safe_url
from sapi_kiwoom.errors import NotConnected
from sapi_kiwoom.server.transport import EVENTS, ORDERS, TASKS, no_queue


class AmqpLink:
    """Implements `Link` over RabbitMQ, with a reply queue of its own. Not thread-safe.

    Args:
        url: the broker, ``amqp://user:password@host:5672/virtual-host``.
        request_queue: where the server takes its requests.

    Raises:
        NotConnected: the broker cannot be reached; the message says what to do.
    """

    def __init__(self, url: str, request_queue: str = TASKS) -> None:
        self._place = safe_url(url)
        self._request_queue = request_queue
        self._exchange = False
        self._inbox: Deque[bytes] = deque()
        parsed = parameters(url)
        if parsed.heartbeat is None:
            parsed.heartbeat = 0  # nobody would answer it while the caller does something else
        self._user = getattr(parsed.credentials, "username", None)
        self._dialect = Dialect()
        try:
            self._connection, self._channel = self._open(parsed)
            self._address = self._listen()
        except (AMQPError, OSError) as error:
            raise self._not_connected(error) from error

    def send(self, body: bytes, correlation_id: str, queue: str = TASKS) -> None:
        """See `Link.send`."""
        if queue == TASKS:
            queue = self._request_queue
        properties = pika.BasicProperties(
            reply_to=self._address,
            correlation_id=correlation_id,
            content_type="application/json",
            user_id=self._user,
        )
        try:
            self._channel.basic_publish("", queue, body, properties, mandatory=True)
        except UnroutableError:
            if queue.startswith(ORDERS):
                raise NotConnected(no_queue(queue)) from None
            raise NotConnected(
                f"대기열 {self._request_queue!r}이 없어졌습니다. Queue {self._request_queue!r} at "
                f"{self._place} was deleted; start the server again: sapi-kiwoom serve {self._place}"
            ) from None
        except NackError:
            raise NotConnected(
                f"The broker at {self._place} could not take the request; look into its log"
            ) from None
        except (AMQPError, OSError) as error:
            raise self._not_connected(error) from error

    def bind(self, pattern: str) -> None:
        """Receive what is broadcast on the topics of a pattern: ``*`` is any word, ``#`` any words."""
        try:
            if not self._exchange:  # we may be here before the server
                self._channel.exchange_declare(EVENTS, exchange_type="topic", durable=True)
                self._exchange = True
            self._channel.queue_bind(self._address, EVENTS, pattern)
        except (AMQPError, OSError) as error:
            raise self._not_connected(error) from error

    def unbind(self, pattern: str) -> None:
        """Take `bind` back."""
        try:
            self._channel.queue_unbind(self._address, EVENTS, pattern)
        except (AMQPError, OSError) as error:
            raise self._not_connected(error) from error

    def receive(self, timeout: float) -> Optional[bytes]:
        """See `Link.receive`."""
        end = time.monotonic() + timeout
        while not self._inbox:
            if not self._connection.is_open:
                raise self._not_connected(ConnectionError("the link is closed"))
            left = end - time.monotonic()
            if left < 0:
                return None
            try:
                self._connection.process_data_events(time_limit=left)
            except (AMQPError, OSError) as error:
                raise self._not_connected(error) from error
        return self._inbox.popleft()

    def close(self) -> None:
        """See `Link.close`."""
        try:
            if self._connection.is_open:
                self._connection.close()
        except (AMQPError, OSError):
            pass  # it is closed, in one way or another

    def _open(self, parsed: pika.URLParameters) -> Any:
        """Connect, and declare the request queue as version 1 does: we may be here before the server."""
        queue = Queue(self._request_queue)
        connection = pika.BlockingConnection(parsed)
        while True:
            channel = connection.channel()
            try:
                channel.queue_declare(**self._dialect.declaration(queue))
                return connection, channel
            except AMQPError as error:
                if not self._dialect.learn(queue, error):
                    connection.close()
                    raise
                if not connection.is_open:
                    connection = pika.BlockingConnection(parsed)

    def _listen(self) -> str:
        self._channel.confirm_delivery()
        address: str = self._channel.queue_declare(
            "", exclusive=True, auto_delete=True
        ).method.queue
        self._channel.basic_consume(
            address, lambda _, __, ___, body: self._inbox.append(body), auto_ack=True
        )
        return address

    def _not_connected(self, error: BaseException) -> NotConnected:
        detail = str(error) or repr(error)
        return NotConnected(
            f"브로커에 연결할 수 없습니다. No connection to the broker at {self._place} ({detail}). Is "
            "RabbitMQ running there, and are user, password and virtual host right? Without a broker: "
            "sapi-kiwoom serve --simulator starts one of its own and prints its URL"
        )
