"""Events on their way out: how many may be under way, which wait, which are dropped.

Events are published without confirms, which would cost the broker more than the events themselves. Instead a
marker, a method that the broker answers in order, follows them now and then; its answer shows how far the
broker has come. Without answers nothing more is sent, and what waits is bounded.
"""

from __future__ import annotations

from collections import deque
from typing import Any, Callable, Deque, Dict, Hashable, List, Optional, Tuple

import pika

from sapi_kiwoom.amqp.settings import Counters

_MARK_EVERY = 500
"""Events after which a marker follows, when none is under way and the window is not smaller."""

_PROPERTIES = pika.BasicProperties(content_type="application/json")


class _Event:
    __slots__ = ("address", "body", "conflate", "exchange", "stream")

    def __init__(
        self, address: str, body: bytes, stream: Hashable, conflate: bool, exchange: str
    ) -> None:
        self.address = address
        self.body = body
        self.stream = stream
        self.conflate = conflate
        self.exchange = exchange


class Outbox:
    """Sends events, or keeps them while the broker is behind or away.

    Args:
        window: events that may be under way.
        limit: events that may wait.
        counters: where sent and lost ones are counted.
        on_marked: the broker has seen everything sent before some marker.
        on_room: events were lost, and there is room again to say so: gets address, stream and count.
        divert: gets address, body and stream of an event that is to be sent, and returns True when it has
            sent it another way; `arrived` is called for each of those.
    """

    def __init__(
        self,
        window: int,
        limit: int,
        counters: Counters,
        on_marked: Callable[[], None],
        on_room: Callable[[str, Hashable, int], None],
        divert: Callable[[str, bytes, Hashable], bool],
    ) -> None:
        self._window = window
        self._mark_every = min(_MARK_EVERY, 1 + window // 4)
        self._limit = limit
        self._counters = counters
        self._on_marked = on_marked
        self._on_room = on_room
        self._divert = divert
        self._channel: Optional[Any] = None
        self._blocked = False
        self._sent = 0  # counts of events, since the start
        self._seen = 0  # by the broker, for sure
        self._diverted = 0  # and did not arrive yet
        self._marker: Optional[int] = None  # what the broker has seen once it answers
        self._last: Dict[str, int] = {}  # address -> what was sent when its last event was
        self._under_way: Deque[Optional[Tuple[str, Hashable]]] = deque()  # None: may be lost
        self._waiting: Deque[_Event] = deque()
        self._latest: Dict[Tuple[str, Hashable], _Event] = {}  # those that a newer one may replace
        self._lost: Dict[Tuple[str, Hashable], int] = {}

    def attach(self, channel: Any) -> None:
        """There is a channel; what waited is sent."""
        self._channel = channel
        self._blocked = False
        self._pump()

    def detach(self) -> None:
        """The channel is gone. What was under way counts as lost, although some of it may have arrived."""
        self._channel = None
        self._marker = None
        self._seen = self._sent
        self._diverted = 0
        self._last.clear()
        under_way, self._under_way = self._under_way, deque()
        for key in under_way:
            if key is not None:
                self.lose(*key)

    def block(self, blocked: bool) -> None:
        """The broker is short of memory or disk and reads nothing for now, or it does again."""
        self._blocked = blocked
        self._pump()

    def seen(self, address: str) -> bool:
        """Whether the broker has seen all events sent to the address.

        Otherwise a message on another channel could overtake them. After `mark`, ``on_marked`` follows.
        """
        return self._last.get(address, 0) <= self._seen

    @property
    def empty(self) -> bool:
        """Whether nothing waits and the broker has seen everything."""
        return not self._waiting and self._seen == self._sent and not self._diverted

    def put(
        self, address: str, body: bytes, stream: Hashable, conflate: bool, exchange: str = ""
    ) -> None:
        """Send an event now or later: to a queue, or to whoever listens to a topic of an exchange."""
        if not self._waiting and self._open():
            self._send(address, body, stream, conflate, exchange)
        else:
            self._keep(_Event(address, body, stream, conflate, exchange))

    def lose(self, address: str, stream: Hashable) -> None:
        """An event was lost elsewhere; it is announced together with others."""
        self._counters.events_lost += 1
        key = (address, stream)
        self._lost[key] = self._lost.get(key, 0) + 1
        self._announce()

    def mark(self) -> None:
        """Ask the broker how far it has come, unless it was asked already."""
        if self._marker is None and self._channel is not None and self._seen < self._sent:
            self._marker = self._sent
            channel = self._channel
            channel.basic_qos(callback=lambda _: self._marked(channel))

    def arrived(self) -> None:
        """An event that was diverted is no longer under way."""
        self._diverted -= 1
        self._pump()

    def _open(self) -> bool:
        return (
            self._channel is not None
            and not self._blocked
            and self._sent - self._seen + self._diverted < self._window
        )

    def _send(
        self, address: str, body: bytes, stream: Hashable, conflate: bool, exchange: str
    ) -> None:
        self._counters.events += 1
        if not exchange and self._divert(address, body, stream):
            self._diverted += 1
            return
        assert self._channel is not None
        self._channel.basic_publish(exchange, address, body, _PROPERTIES, mandatory=not exchange)
        self._sent += 1
        self._under_way.append(None if conflate else (address, stream))
        if not exchange:  # no answer has to wait for what is broadcast
            self._last[address] = self._sent
        if self._marker is None and self._sent - self._seen >= self._mark_every:
            self.mark()

    def _marked(self, channel: Any) -> None:
        if channel is not self._channel:
            return
        assert self._marker is not None
        for _ in range(self._marker - self._seen):
            self._under_way.popleft()
        self._seen, self._marker = self._marker, None
        if len(self._last) > self._window:
            self._last = {a: n for a, n in self._last.items() if n > self._seen}
        self._on_marked()
        self._pump()

    def _keep(self, event: _Event) -> None:
        key = (event.address, event.stream)
        if event.conflate:
            older = self._latest.get(key)
            if older is not None:
                older.body = (
                    event.body
                )  # in the older one's place, or busy streams would never go out
                return
            self._latest[key] = event
        self._waiting.append(event)
        if len(self._waiting) > self._limit:
            oldest = self._next()
            self.lose(oldest.address, oldest.stream)

    def _next(self) -> _Event:
        event = self._waiting.popleft()
        if event.conflate:
            del self._latest[event.address, event.stream]
        return event

    def _pump(self) -> None:
        while self._waiting and self._open():
            event = self._next()
            self._send(event.address, event.body, event.stream, event.conflate, event.exchange)
        self._announce()

    def _announce(self) -> None:
        """Say what was lost, once half of the room is free: each announcement is an event itself."""
        if self._lost and len(self._waiting) <= self._limit // 2:
            lost, self._lost = self._lost, {}
            for (address, stream), count in lost.items():
                self._on_room(address, stream, count)

    def waiting(self) -> List[Tuple[str, bytes]]:
        """What waits: addresses and bodies, in order."""
        return [(event.address, event.body) for event in self._waiting]
