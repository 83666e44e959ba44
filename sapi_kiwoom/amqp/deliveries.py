"""The bookkeeping of requests: which are unanswered, which are not yet acknowledged.

A delivery tag belongs to the channel that brought it. When the connection is lost all tags are void; the
broker delivers those requests again, and they must be recognised, not run twice.
"""

from __future__ import annotations

import hashlib
import math
from typing import Any, Callable, Dict, List, Optional

from sapi_kiwoom.amqp.inlet import Tag
from sapi_kiwoom.server.transport import TASKS, Message

_REMEMBER = 600.0
"""Seconds for which an answered request that may come again is remembered. A broker notices a dead
connection after two heartbeats, two minutes as a rule."""


class Delivery(Message):
    """A request that a broker delivered.

    Attributes:
        tag: on the present channel; None while the request is not held there.
        correlation: the property as it came, which may be bytes that are not UTF-8.
        answer: what the server replied, None before.
        deadline: moment on the monotonic clock.
        held_since: when ``tag`` was delivered.
        finished: since when the answer is safe.
        id: its name in the parked queue, once it was there.
        parked: only the copy in the parked queue is left, ``tag`` is that one's.
        parking: the copy is on its way to the parked queue, ``tag`` is still the original's.
        copy: the tag of the copy when it came back before it was confirmed.
        stray: the connection was lost while it was parked, so a copy may come or not.
        accepting: what to call once it is accepted; None when nobody waits for that.
        accepted: it was acknowledged before its answer.
        too_late: it came back expired, and can no longer be accepted.
        replied: the server gave its answer. For the loop's thread.
        pages: parts of the answer that are not safe yet, in order.
        last_is_safe: the broker has the answer, and a page before it perhaps not.
    """

    __slots__ = (
        "accepted",
        "accepting",
        "answer",
        "attempts",
        "copy",
        "correlation",
        "deadline",
        "expired",
        "finished",
        "held_since",
        "id",
        "last_is_safe",
        "pages",
        "parked",
        "parking",
        "replied",
        "stray",
        "tag",
        "too_late",
    )

    def __init__(
        self,
        body: bytes,
        reply_to: str,
        correlation: Any,
        tag: Tag,
        now: float,
        deadline: float,
        queue: str = TASKS,
        user_id: Optional[str] = None,
    ) -> None:
        super().__init__(body, reply_to, correlation, queue, user_id)
        if correlation.__class__ is bytes:
            self.correlation_id = correlation.decode("utf-8", "replace")
        self.correlation = correlation
        self.tag: Optional[Tag] = tag
        self.held_since = now
        self.deadline = deadline
        self.answer: Optional[bytes] = None
        self.attempts = 0
        self.expired = False
        self.finished: Optional[float] = None
        self.id: Optional[str] = None
        self.parked = False
        self.parking = False
        self.stray = False
        self.copy: Optional[Tag] = None
        self.accepting: Optional[Callable[[], None]] = None
        self.accepted = False
        self.too_late = False
        self.replied = False
        self.pages: List[bytes] = []
        self.last_is_safe = False


class Deliveries:
    """All requests between their delivery and their acknowledgement, and some beyond."""

    def __init__(self) -> None:
        self.open: Dict[Delivery, None] = {}  # in order of arrival
        self._orphans: Dict[bytes, List[Delivery]] = {}
        self._parked: Dict[str, Delivery] = {}

    def take(self, delivery: Delivery) -> None:
        """A new request."""
        self.open[delivery] = None
        if delivery.id is not None:
            delivery.parked = True
            self._parked[delivery.id] = delivery

    def recognise(
        self, body: bytes, reply_to: str, correlation: Any, name: Optional[str]
    ) -> Optional[Delivery]:
        """The request that a delivery repeats, or None when it is new.

        Args:
            body: the message's.
            reply_to: where its answer goes.
            correlation: its ``correlation_id``.
            name: what it is called in the parked queue, when it came from there.
        """
        if name is not None:
            return self._parked.get(name)
        key = _key(body, reply_to, correlation)
        waiting = self._orphans.get(key)
        if not waiting:
            return None
        delivery = waiting.pop(0)
        if not waiting:
            del self._orphans[key]
        return delivery

    def adopt(self, delivery: Delivery, tag: Tag, from_parked: bool, now: float) -> List[Tag]:
        """A request came again, with a new tag; returns the tags to acknowledge at once."""
        if from_parked:
            delivery.stray = False
        if delivery.finished is not None:
            if not delivery.stray:
                self._forget_parked(delivery)
            return [tag]
        if delivery.parking and delivery.copy is None:
            delivery.copy = tag
            return []
        if delivery.tag is not None:
            return [tag]  # one more copy of what is held already
        if delivery.accepted:
            return [tag]  # its acknowledgement was lost on the way
        delivery.tag = tag
        delivery.parked = from_parked
        delivery.held_since = now
        return []

    def accept(self, delivery: Delivery) -> List[Tag]:
        """It is the server's alone from now on; returns the tags to acknowledge."""
        delivery.accepted = True
        delivery.deadline = math.inf
        tags = [tag for tag in (delivery.tag, delivery.copy) if tag is not None]
        delivery.tag = delivery.copy = None
        delivery.parking = False
        return tags

    def park(self, delivery: Delivery, name: str) -> None:
        """A copy is on its way to the parked queue."""
        delivery.parking = True
        if delivery.id is None:
            delivery.id = name
            self._parked[name] = delivery

    def parked(self, delivery: Delivery, ok: bool, now: float) -> List[Tag]:
        """The copy is safe, or could not be stored; returns the tags to acknowledge."""
        if not delivery.parking:  # answered meanwhile
            if not ok:
                self._forget_parked(delivery)
            return []
        delivery.parking = False
        delivery.held_since = now
        copy, delivery.copy = delivery.copy, None
        if not ok:
            return [] if copy is None else [copy]
        original, delivery.tag = delivery.tag, copy
        delivery.parked = True
        return [] if original is None else [original]

    def finish(self, delivery: Delivery) -> List[Tag]:
        """The answer is safe, or can never be delivered; returns the tags to acknowledge."""
        self.open.pop(delivery, None)
        tags = [tag for tag in (delivery.tag, delivery.copy) if tag is not None]
        under_way = delivery.parking and delivery.copy is None
        may_come_again = delivery.tag is None or under_way or delivery.stray
        if not may_come_again:
            self._forget_parked(delivery)
        delivery.tag = delivery.copy = None
        delivery.parking = False
        delivery.answer = b""  # it may be remembered for a while, its answer need not be
        delivery.accepting = None
        return tags

    def lost(self) -> None:
        """The connection is gone, and every tag with it."""
        for delivery in list(self.open):
            if delivery.accepted or (delivery.tag is not None and not delivery.parked):
                key = _key(delivery.body, delivery.reply_to, delivery.correlation)
                orphans = self._orphans.setdefault(key, [])
                if delivery not in orphans:
                    orphans.append(delivery)
            delivery.last_is_safe = False
            delivery.stray = delivery.stray or delivery.parking
            delivery.tag = delivery.copy = None
            delivery.parking = False
            if delivery.finished is not None:  # its acknowledgement did not reach the broker
                self.open.pop(delivery)

    def forget(self, now: float) -> None:
        """Forget orphans that were answered long ago and never came again."""
        for key, waiting in list(self._orphans.items()):
            kept = [d for d in waiting if d.finished is None or now - d.finished < _REMEMBER]
            if kept:
                self._orphans[key] = kept
            else:
                del self._orphans[key]

    def past_deadline(self, now: float) -> List[Delivery]:
        """Unanswered requests whose deadline passed; each is returned once."""
        late = [d for d in self.open if now >= d.deadline and not d.expired and d.answer is None]
        for delivery in late:
            delivery.expired = True
        return late

    def held_since(self, moment: float) -> List[Delivery]:
        """Unanswered requests whose delivery is held since that moment, or longer."""
        return [
            d
            for d in self.open
            if d.held_since <= moment
            and d.tag is not None
            and d.answer is None
            and not d.parking
            and d.queue == TASKS
        ]

    def unsafe(self) -> List[Delivery]:
        """Requests with an answer, or pages of it, that are not safe yet."""
        return [d for d in self.open if (d.answer is not None or d.pages) and d.finished is None]

    def _forget_parked(self, delivery: Delivery) -> None:
        if delivery.id is not None:
            self._parked.pop(delivery.id, None)


def _key(body: bytes, reply_to: str, correlation: Any) -> bytes:
    digest = hashlib.blake2b(body, digest_size=16)
    digest.update(repr((reply_to, correlation)).encode("utf-8", "surrogatepass"))
    return digest.digest()
