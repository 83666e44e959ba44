"""A transport without a broker: client and server in one process, on one thread."""

from __future__ import annotations

from collections import Counter, deque
from typing import Callable, Deque, Dict, Hashable, List, Optional, Sequence, Set, Tuple

from sapi_kiwoom.errors import NotConnected
from sapi_kiwoom.loop import SECOND, Handle, Loop
from sapi_kiwoom.server.transport import ORDERS, TASKS, Message, Receiver, check_topic, no_queue

USER = "local"
"""`Message.user_id` of every client in this process."""

_ROOM = 100_000
"""Events that wait for a client which does not read, before more are dropped and counted."""


class _Topic(str):
    """The stream of what was broadcast on a topic."""

    __slots__ = ()


class LocalTransport:
    """Implements `Transport` by handing messages over on the loop.

    Args:
        loop: the loop of the server. It only turns while a client waits in `LocalLink.receive`.
        deadline: seconds of market time after which a request is given up.
    """

    def __init__(self, loop: Loop, deadline: float = 3600.0) -> None:
        self.loop = loop
        self._deadline = int(deadline * SECOND)
        self._receiver: Optional[Receiver] = None
        self._early: List[Message] = []  # sent before the server started
        self._deadlines: Dict[Message, Handle] = {}
        self._links: Dict[str, LocalLink] = {}
        self._watched: Dict[str, bool] = {}
        self._queues: Set[str] = {TASKS}
        self._count = 0
        self.stopped = False

    def link(self) -> LocalLink:
        """A client's end. Each has an address of its own."""
        self._count += 1
        link = LocalLink(self, f"local-{self._count}")
        self._links[link.address] = link
        return link

    # -- Transport -----------------------------------------------------------------------------

    def start(self, receiver: Receiver) -> None:
        """See `Transport.start`."""
        self._receiver = receiver
        early, self._early = self._early, []
        for message in early:
            self.deliver(message)

    def own(self, accounts: Sequence[str]) -> None:
        """See `Transport.own`. Nothing waits here, so nothing expires."""
        self._queues = {TASKS, *(ORDERS + account for account in accounts)}

    def accept(self, message: Message, done: Callable[[], None]) -> None:
        """See `Transport.accept`. Nothing is ever delivered again here."""
        self.loop.cancel(self._deadlines[message])
        self.loop.post(lambda: done() if message in self._deadlines else None)

    def page(self, message: Message, body: bytes) -> None:
        """See `Transport.page`."""
        link = self._links.get(message.reply_to)
        if link is not None:
            link.put(body)

    def reply(self, message: Message, body: bytes) -> None:
        """See `Transport.reply`."""
        self.loop.cancel(self._deadlines.pop(message))
        link = self._links.get(message.reply_to)
        if link is not None:
            link.put(body)

    def publish(self, address: str, body: bytes, stream: Hashable, conflate: bool = False) -> None:
        """See `Transport.publish`. Nothing needs to be conflated here: a client that waits reads."""
        link = self._links.get(address)
        if link is not None:
            link.put_event(body, stream)

    def broadcast(
        self, topic: str, body: bytes, *, conflate: bool = False, keep: bool = False
    ) -> None:
        """See `Transport.broadcast`."""
        check_topic(topic)
        for link in self._links.values():
            if link.wants(topic):
                if keep:
                    link.put(body)
                else:
                    link.put_event(body, _Topic(topic))

    def listen(self, address: str) -> None:
        """See `Transport.listen`."""
        self._watched[address] = True

    def unlisten(self, address: str) -> None:
        """See `Transport.unlisten`."""
        self._watched.pop(address, None)

    def stop(self, done: Callable[[], None]) -> None:
        """See `Transport.stop`. What is unanswered is returned by telling its client: `NotConnected`."""
        self.stopped = True
        for handle in self._deadlines.values():
            self.loop.cancel(handle)
        self._deadlines.clear()
        self.loop.post(done)

    # -- what links use ------------------------------------------------------------------------

    def deliver(self, message: Message) -> None:
        """Hand a client's message to the server.

        Raises:
            NotConnected: the server does not read the message's queue.
        """
        receiver = self._receiver
        if message.queue not in self._queues:
            raise NotConnected(no_queue(message.queue))
        if receiver is None:
            self._early.append(message)
            return
        self._deadlines[message] = self.loop.call_later(
            self._deadline, lambda: receiver.on_expired(message)
        )
        self.loop.post(lambda: receiver.on_message(message))

    def tell_lost(self, address: str, stream: Hashable, count: int) -> None:
        """A link has room again and says what it could not keep."""
        if self._receiver is None:
            return
        if isinstance(stream, _Topic):
            self._receiver.on_broadcasts_lost(str(stream), count)
        else:
            self._receiver.on_events_lost(address, stream, count)

    def leave(self, address: str) -> None:
        """A client is gone."""
        self._links.pop(address, None)
        if self._receiver is not None and address in self._watched:
            self._receiver.on_listener_lost(address, "the client closed its link")


class LocalLink:
    """Implements `Link`. Waiting for a message turns the loop, so market time passes meanwhile."""

    def __init__(self, transport: LocalTransport, address: str) -> None:
        self.address = address
        self._transport = transport
        self._inbox: Deque[Tuple[bytes, bool]] = deque()
        self._events = 0
        self._lost: Counter[Hashable] = Counter()
        self._patterns: List[str] = []
        self._waiting = False
        self._closed = False

    def send(self, body: bytes, correlation_id: str, queue: str = TASKS) -> None:
        """See `Link.send`."""
        self._check()
        self._transport.deliver(Message(body, self.address, correlation_id, queue, USER))

    def bind(self, pattern: str) -> None:
        """Receive what is broadcast on the topics of a pattern: ``*`` is any word, ``#`` any words."""
        self._check()
        if pattern not in self._patterns:
            self._patterns.append(pattern)

    def unbind(self, pattern: str) -> None:
        """Take `bind` back."""
        self._check()
        if pattern in self._patterns:
            self._patterns.remove(pattern)

    def wants(self, topic: str) -> bool:
        """Whether a pattern of this client matches."""
        words = topic.split(".")
        return any(_matches(pattern.split("."), words) for pattern in self._patterns)

    def receive(self, timeout: float) -> Optional[bytes]:
        """See `Link.receive`; ``timeout`` is market time here."""
        if not self._inbox:
            self._check()
            loop = self._transport.loop
            alarm = loop.call_later(int(timeout * SECOND), loop.stop)
            self._waiting = True
            try:
                loop.run()
            finally:
                self._waiting = False
                loop.cancel(alarm)
        if not self._inbox:
            self._check()
            return None
        body, is_event = self._inbox.popleft()
        if is_event:
            self._events -= 1
            if self._lost and self._events < _ROOM // 2:
                lost, self._lost = self._lost, Counter()
                for stream, count in lost.items():
                    self._transport.tell_lost(self.address, stream, count)
        return body

    def close(self) -> None:
        """See `Link.close`."""
        if not self._closed:
            self._closed = True
            self._transport.leave(self.address)

    def put(self, body: bytes, is_event: bool = False) -> None:
        """The transport has something for this client."""
        self._inbox.append((body, is_event))
        if self._waiting:
            self._waiting = False
            self._transport.loop.stop()

    def put_event(self, body: bytes, stream: Hashable) -> None:
        """The same for an event, which may be dropped where a client does not read."""
        if self._events >= _ROOM:
            self._lost[stream] += 1
            return
        self._events += 1
        self.put(body, is_event=True)

    def _check(self) -> None:
        if self._closed:
            raise NotConnected("this link was closed; open another one")
        if self._transport.stopped:
            raise NotConnected("the server in this process was stopped; start another one")


def _matches(pattern: List[str], words: List[str]) -> bool:
    """Whether a topic fits a pattern, by the rules of AMQP."""
    if not pattern:
        return not words
    first, rest = pattern[0], pattern[1:]
    if first == "#":
        return any(_matches(rest, words[n:]) for n in range(len(words) + 1))
    return bool(words) and first in ("*", words[0]) and _matches(rest, words[1:])
