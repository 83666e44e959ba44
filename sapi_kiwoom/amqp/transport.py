"""The server's transport over RabbitMQ: the half that lives on the loop's thread."""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import Any, Callable, Deque, Hashable, List, Optional, Sequence, Tuple

from sapi_kiwoom.amqp.deliveries import Delivery
from sapi_kiwoom.amqp.kinds import KINDS
from sapi_kiwoom.amqp.settings import Counters, Settings
from sapi_kiwoom.amqp.url import parameters
from sapi_kiwoom.amqp.worker import Upstream, Worker
from sapi_kiwoom.errors import KiwoomError
from sapi_kiwoom.loop import Loop
from sapi_kiwoom.server.transport import Message, Receiver, check_topic

_TURN = 64
"""Requests handed to the server before the loop gets to do something else."""


class AmqpTransport:
    """Implements `Transport` over RabbitMQ.

    Everything that talks to the broker happens on a thread of its own, ``amqp``. The two threads hand
    over whole batches: a thread that is going to look anyway is not woken again.

    Args:
        url: the broker, ``amqp://user:password@host:5672/virtual-host``.
        kind: what stands behind the server: ``real``, ``mock`` or ``simulator``. Kinds never share a
            virtual host.
        loop: where the server lives.
        on_ready: called on the loop once requests are taken for the first time.
        on_fatal: called on the loop with an error that no waiting can heal: the URL is malformed, user,
            password or virtual host are refused, another kind serves. The transport is at its end then.
            A broker that is away is no such error; it is waited for.
        options: queues' names, limits and times, the fields of `Settings`.
    """

    def __init__(
        self,
        url: str,
        kind: str,
        loop: Loop,
        on_ready: Optional[Callable[[], None]] = None,
        on_fatal: Optional[Callable[[KiwoomError], None]] = None,
        **options: Any,
    ) -> None:
        if kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}, got {kind!r}")
        self.counters = Counters()
        self._url = url
        self._kind = kind
        self._loop = loop
        self._on_ready = on_ready
        self._on_fatal = on_fatal
        self._settings = Settings(**options)
        self._worker: Optional[Worker] = None
        self._early: List[Callable[[], None]] = []  # what was asked for before the start
        self._receiver: Optional[Receiver] = None
        self._inbox: Deque[Delivery] = deque()
        self._inbox_posted = False
        self._commands: Deque[Tuple[Callable[..., None], Tuple[Any, ...]]] = deque()
        self._commands_posted = False
        self._delivering = False
        self._ended = False
        self._stopping: Optional[Callable[[], None]] = None

    # -- Transport -----------------------------------------------------------------------------

    def start(self, receiver: Receiver) -> None:
        """See `Transport.start`. Returns at once; ``on_ready`` follows."""
        self._receiver = receiver
        try:
            parsed = parameters(self._url)
        except KiwoomError as error:
            self._loop.post(partial(self._end, error))
            return
        post = self._loop.post
        worker = Worker(
            self._url,
            parsed,
            self._kind,
            self._settings,
            self.counters,
            Upstream(
                on_ready=lambda: post(self._ready),
                on_delivery=self._take,
                on_expired=lambda delivery: post(lambda: self._expire(delivery)),
                on_listener_lost=lambda a, why: post(lambda: receiver.on_listener_lost(a, why)),
                on_events_lost=lambda a, s, n: post(lambda: receiver.on_events_lost(a, s, n)),
                on_broadcasts_lost=lambda t, n: post(lambda: receiver.on_broadcasts_lost(t, n)),
                on_end=lambda error: post(lambda: self._end(error)),
            ),
        )
        self._worker = worker
        early, self._early = self._early, []
        for each in early:
            each()
        worker.connection.call(worker.begin)
        worker.connection.start()

    def own(self, accounts: Sequence[str]) -> None:
        """See `Transport.own`."""
        if self._worker is None:
            self._early.append(lambda: self.own(accounts))
        else:
            self._command(self._worker.own, list(accounts))

    def accept(self, message: Message, done: Callable[[], None]) -> None:
        """See `Transport.accept`."""
        assert self._worker is not None
        assert isinstance(message, Delivery)

        def accepted() -> None:
            if not message.replied:
                done()

        self._command(self._worker.accept, message, partial(self._loop.post, accepted))

    def page(self, message: Message, body: bytes) -> None:
        """See `Transport.page`."""
        assert self._worker is not None
        self._command(self._worker.page, message, body)

    def reply(self, message: Message, body: bytes) -> None:
        """See `Transport.reply`."""
        assert self._worker is not None
        assert isinstance(message, Delivery)
        message.replied = True
        self._command(self._worker.reply, message, body)

    def publish(self, address: str, body: bytes, stream: Hashable, conflate: bool = False) -> None:
        """See `Transport.publish`. A newer event takes the place of the one that it replaces."""
        assert self._worker is not None
        self._command(self._worker.publish, address, body, stream, conflate)

    def broadcast(
        self, topic: str, body: bytes, *, conflate: bool = False, keep: bool = False
    ) -> None:
        """See `Transport.broadcast`."""
        check_topic(topic)
        if self._worker is None:
            self._early.append(lambda: self.broadcast(topic, body, conflate=conflate, keep=keep))
        else:
            self._command(self._worker.broadcast, topic, body, conflate, keep)

    def listen(self, address: str) -> None:
        """See `Transport.listen`."""
        assert self._worker is not None
        self._command(self._worker.listen, address)

    def unlisten(self, address: str) -> None:
        """See `Transport.unlisten`."""
        assert self._worker is not None
        self._command(self._worker.unlisten, address)

    def stop(self, done: Callable[[], None]) -> None:
        """See `Transport.stop`. Takes ``stop_grace`` seconds at most."""
        self._stopping = done
        if self._worker is None or self._ended:
            self._loop.post(done)
        else:
            self._command(self._worker.stop)

    # -- from the loop to the thread "amqp" --------------------------------------------------------

    def _command(self, fn: Callable[..., None], *args: Any) -> None:
        self._commands.append((fn, args))
        if not self._commands_posted and not self._delivering:
            self._post_commands()

    def _post_commands(self) -> None:
        assert self._worker is not None
        self._commands_posted = True
        self._worker.connection.call(self._run_commands)

    def _run_commands(self) -> None:
        self._commands_posted = False  # before looking: what comes now is seen or posted again
        commands = self._commands
        while commands:
            fn, args = commands.popleft()
            fn(*args)

    # -- from the thread "amqp" to the loop --------------------------------------------------------

    def _take(self, delivery: Delivery) -> None:
        self._inbox.append(delivery)
        if not self._inbox_posted:
            self._inbox_posted = True
            self._loop.post(self._deliver)

    def _deliver(self) -> None:
        self._inbox_posted = False
        assert self._receiver is not None
        on_message = self._receiver.on_message
        inbox = self._inbox
        self._delivering = True  # answers given meanwhile are handed over together
        try:
            for _ in range(_TURN):
                if not inbox or self._stopping is not None:
                    break
                on_message(inbox.popleft())
        finally:
            self._delivering = False
            if self._commands and not self._commands_posted:
                self._post_commands()
        if inbox and not self._inbox_posted:
            self._inbox_posted = True
            self._loop.post(self._deliver)

    def _expire(self, delivery: Delivery) -> None:
        assert self._receiver is not None
        if delivery in self._inbox and self._stopping is None:  # the server does not know it yet
            self._loop.post(lambda: self._expire(delivery))
        else:
            self._receiver.on_expired(delivery)

    def _ready(self) -> None:
        if self._on_ready is not None and self._stopping is None:
            self._on_ready()

    def _end(self, error: Optional[KiwoomError]) -> None:
        self._ended = True
        if self._worker is not None:
            self._worker.connection.join()
        if error is not None and self._on_fatal is not None:
            self._on_fatal(error)
        if self._stopping is not None:
            self._stopping()
