"""Publishing what must arrive: each message is remembered until the broker confirms it."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Tuple

import pika


class Confirms:
    """One channel in confirm mode.

    Args:
        channel: pika's, fresh.
        on_settled: gets an item given to `publish`, and True when its message is safe, False when the
            broker could not take care of it.
        on_flushed: a frame of confirms was worked off.
    """

    def __init__(
        self,
        channel: Any,
        on_settled: Callable[[Any, bool], None],
        on_flushed: Callable[[], None],
    ) -> None:
        self.channel = channel
        self._on_settled = on_settled
        self._on_flushed = on_flushed
        self._published = 0
        self._low = 1  # everything below is confirmed
        self._unconfirmed: Dict[int, Tuple[str, Any]] = {}
        self._towards: Dict[str, int] = {}

    def select(self, done: Callable[[Any], None]) -> None:
        """Turn confirm mode on."""
        self.channel.confirm_delivery(self._confirmed, callback=done)

    def publish(
        self,
        item: Any,
        address: str,
        body: bytes,
        properties: pika.BasicProperties,
        exchange: str = "",
    ) -> None:
        """Send a message to a queue, or to whoever listens to a topic of an exchange."""
        self.channel.basic_publish(exchange, address, body, properties, mandatory=not exchange)
        self._published += 1
        address = exchange or address
        self._unconfirmed[self._published] = (address, item)
        self._towards[address] = self._towards.get(address, 0) + 1

    def towards(self, address: str) -> bool:
        """Whether something for this address is not confirmed yet."""
        return address in self._towards

    @property
    def empty(self) -> bool:
        """Whether everything is confirmed."""
        return not self._unconfirmed

    def abandon(self) -> List[Any]:
        """The channel is of no use any more; returns the items of which nothing was heard."""
        items = [item for _, item in self._unconfirmed.values()]
        self._unconfirmed.clear()
        self._towards.clear()
        return items

    def _confirmed(self, frame: Any) -> None:
        method = frame.method
        ok = method.NAME == "Basic.Ack"
        tag = method.delivery_tag
        if method.multiple:
            for each in range(self._low, tag + 1):
                self._settle(each, ok)
            self._low = max(self._low, tag + 1)
        else:
            self._settle(tag, ok)
            if tag == self._low:
                self._low += 1
        self._on_flushed()

    def _settle(self, tag: int, ok: bool) -> None:
        found = self._unconfirmed.pop(tag, None)
        if found is None:
            return
        address, item = found
        left = self._towards[address] - 1
        if left:
            self._towards[address] = left
        else:
            del self._towards[address]
        self._on_settled(item, ok)
