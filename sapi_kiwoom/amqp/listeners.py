"""Who still reads: queues of listeners that are gone, or that nobody empties.

That an event was taken by a queue proves little: the queue may have no consumer, or be the shared one that
is never deleted. So each watched queue is looked at now and then.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, Optional

from sapi_kiwoom.amqp.settings import Settings
from sapi_kiwoom.amqp.steps import Steps
from sapi_kiwoom.amqp.topology import NOT_FOUND, RESOURCE_LOCKED, ask, refusal


class Listeners:
    """The watched addresses.

    Args:
        settings: how long a queue may be missing, how deep it may be.
        on_lost: gets an address that nobody reads any more, and why that is known.
        clock: seconds, monotonic.
    """

    def __init__(
        self, settings: Settings, on_lost: Callable[[str, str], None], clock: Callable[[], float]
    ) -> None:
        self._settings = settings
        self._on_lost = on_lost
        self._clock = clock
        self._missing_since: Dict[str, Optional[float]] = {}

    def watch(self, address: str) -> None:
        """From now on."""
        self._missing_since.setdefault(address, None)

    def unwatch(self, address: str) -> None:
        """No longer."""
        self._missing_since.pop(address, None)

    def returned(self, address: str) -> None:
        """An event came back: no queue of that name. Its grace begins now, if it has not yet."""
        if self._missing_since.get(address, 0.0) is None:
            self._missing_since[address] = self._clock()

    def check(self, connection: Any) -> Steps:
        """Look at every watched queue once."""
        for address in list(self._missing_since):
            answer = yield ask(connection, queue=address, passive=True)
            if address not in self._missing_since:
                continue
            if not isinstance(answer, Exception):
                self._missing_since[address] = None
                self._present(address, answer.consumer_count, answer.message_count)
            elif refusal(answer) == RESOURCE_LOCKED:
                # Exclusive: it may not be looked at, but its client is there, or it were gone too.
                self._missing_since[address] = None
            elif refusal(answer) == NOT_FOUND:
                self._missing(address)
            elif not connection.is_open:
                return

    def _present(self, address: str, consumers: int, depth: int) -> None:
        if consumers == 0 and depth > self._settings.deep:
            self._lose(address, f"{depth} messages wait in its queue and nobody consumes them")

    def _missing(self, address: str) -> None:
        since = self._missing_since[address]
        now = self._clock()
        if since is None:
            self._missing_since[address] = now
        elif now - since >= self._settings.missing_grace:
            self._lose(address, f"its queue is missing since {now - since:.0f} s")

    def _lose(self, address: str, why: str) -> None:
        del self._missing_since[address]
        self._on_lost(address, why)
