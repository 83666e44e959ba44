"""Channels on which requests come, and their acknowledgements.

Queues that are replicated have channels of their own. Such a queue may have no leader, when a part of the
broker is away, and whoever consumes it then blocks everything else on the channel.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Set, Tuple

from sapi_kiwoom.amqp.steps import Step

Taken = Callable[["Tag", Any, Any, bytes], None]
"""Gets a delivery: its tag, pika's method and properties, and the body."""


class Inlet:
    """One channel, and what is consumed there.

    Args:
        channel: pika's.
    """

    def __init__(self, channel: Any) -> None:
        self._channel = channel
        self._acknowledgements = Acknowledgements()
        self.consumers: List[str] = []

    def prefetch(self, count: int) -> Step:
        """A step that limits what may be unacknowledged, for each consumer that follows."""
        return lambda done: self._channel.basic_qos(prefetch_count=count, callback=done)

    def consume(self, queue: str, taken: Taken) -> Step:
        """A step that begins to consume."""

        def deliver(_: Any, method: Any, properties: Any, body: bytes) -> None:
            taken(Tag(self, method.delivery_tag), method, properties, body)

        return lambda done: self.consumers.append(
            self._channel.basic_consume(queue, deliver, callback=done)
        )

    def cancel(self, done: Callable[[Any], None]) -> None:
        """Consume nothing more; ``done`` is called for each consumer."""
        consumers, self.consumers = self.consumers, []
        for consumer in consumers:
            self._channel.basic_cancel(consumer, callback=done)

    def acknowledge(self, numbers: List[int]) -> None:
        """These are done with."""
        for number, multiple in self._acknowledgements.settle(numbers):
            self._channel.basic_ack(number, multiple)

    def give_back(self, number: int) -> None:
        """This one goes to its queue again."""
        self._acknowledgements.returned(number)
        self._channel.basic_nack(number, requeue=True)


class Tag(NamedTuple):
    """A delivery: where it came in, and its number there."""

    inlet: Inlet
    number: int


def acknowledge(tags: List[Tag]) -> None:
    """Acknowledge deliveries, with as few frames as possible."""
    numbers: Dict[Inlet, List[int]] = {}
    for inlet, number in tags:
        numbers.setdefault(inlet, []).append(number)
    for inlet, its_numbers in numbers.items():
        inlet.acknowledge(its_numbers)


class Acknowledgements:
    """Delivery tags of one channel that are done with, acknowledged with as few frames as possible."""

    def __init__(self) -> None:
        self._low = 1  # every tag below is done with
        self._done: Set[int] = set()

    def settle(self, tags: List[int]) -> Iterator[Tuple[int, bool]]:
        """What to acknowledge for these tags: pairs of a tag and whether all before it are meant too.

        A tag that was acknowledged before must not be named again, multiple or not: the broker would
        close the channel.
        """
        done = self._done
        done.update(tags)
        while self._low in done:
            done.remove(self._low)
            self._low += 1
        first = [tag for tag in tags if tag < self._low]
        if first:
            yield max(first), True
        for tag in tags:
            if tag > self._low:
                yield tag, False

    def returned(self, tag: int) -> None:
        """The tag was given back to the broker."""
        self._done.add(tag)
