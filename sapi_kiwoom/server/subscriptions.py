"""Who listens to which code: version 1's subscriptions on top of the session's registrations."""

from __future__ import annotations

from typing import Callable, Dict, List, Tuple

from sapi_kiwoom.errors import RequestRejected
from sapi_kiwoom.server.codec import Encoder, dumps
from sapi_kiwoom.server.listening import Listening
from sapi_kiwoom.server.transport import Transport
from sapi_kiwoom.session.realtime import Realtime

Key = Tuple[str, bytes, str]
"""Address, ``task_id`` as JSON text, code. Two clients may use one ``task_id``."""

QUOTES = frozenset({"주식우선호가", "주식호가잔량", "주식시간외호가", "주식예상체결"})
"""Real types of which only the latest matters: under pressure a newer one replaces an older."""

_REASON = "version-1"

GAP = "gap"
"""``real_data_type`` of the message that says how many events were lost."""


class Subscriptions:
    """Keeps subscriptions by address, ``task_id`` and code, and publishes each event to each of them.

    Attributes:
        listening: finds the addresses that nobody reads any more, of version 1 and of others.
    """

    def __init__(self, realtime: Realtime, transport: Transport, encoder: Encoder) -> None:
        self._realtime = realtime
        self._transport = transport
        self._encoder = encoder
        self.listening = Listening(transport)
        self._listeners: Dict[Key, Callable[[str, str, str], None]] = {}
        self._latest: Tuple[Tuple[str, str, str], bytes] = (("", "", ""), b"")

    def __len__(self) -> int:
        return len(self._listeners)

    def subscribe(self, address: str, task_id: bytes, code: str) -> None:
        """Send the code's events to the address. Asking twice changes nothing.

        Raises:
            ControlError: the control refused the registration.
        """
        key = (address, task_id, code)
        if key in self._listeners:
            return

        def listener(code: str, real_type: str, raw: str) -> None:
            body = self._encoder.succeeded(task_id, self._event(code, real_type, raw))
            self._transport.publish(address, body, (task_id, code, real_type), real_type in QUOTES)

        self._realtime.subscribe(code, listener)
        if not any(each[0] == address for each in self._listeners):
            self.listening.begin(address, _REASON)
        self._listeners[key] = listener

    def unsubscribe(self, address: str, task_id: bytes, code: str) -> None:
        """End a subscription: the address's own, else the only one that has this ``task_id``.

        Raises:
            RequestRejected: ``not-subscribed``.
        """
        key = (address, task_id, code)
        if key not in self._listeners:
            others = [each for each in self._listeners if each[1:] == (task_id, code)]
            if len(others) != 1:
                raise RequestRejected(
                    "not-subscribed",
                    f"{plain(task_id)} did not subscribed {code} yet",
                    field="task_id",
                )
            key = others[0]
        self._end([key])

    def drop(self, address: str) -> int:
        """End every subscription of an address that nobody reads; returns how many there were."""
        keys = [key for key in self._listeners if key[0] == address]
        self._end(keys)
        self.listening.forget(address)
        return len(keys)

    def lost(self, address: str, task_id: bytes, code: str, count: int) -> None:
        """Tell a subscriber that ``count`` events could not be delivered."""
        gap = dumps({"stock_code": code, "real_data_type": GAP, "real_time_data": str(count)})
        if (address, task_id, code) in self._listeners:
            self._transport.publish(
                address, self._encoder.succeeded(task_id, gap), (task_id, code, GAP)
            )

    def _end(self, keys: List[Key]) -> None:
        for key in keys:
            self._realtime.unsubscribe(key[2], self._listeners.pop(key))
            if not any(each[0] == key[0] for each in self._listeners):
                self.listening.end(key[0], _REASON)

    def _event(self, code: str, real_type: str, raw: str) -> bytes:
        """The event's JSON, made once however many listen to the code."""
        event = (code, real_type, raw)
        if self._latest[0] != event:
            self._latest = (
                event,
                dumps({"stock_code": code, "real_data_type": real_type, "real_time_data": raw}),
            )
        return self._latest[1]


def plain(task_id: bytes) -> str:
    """A ``task_id`` as it reads in a sentence: a string without its quotation marks, the rest as JSON."""
    text = task_id.decode("utf-8")
    return text[1:-1] if text.startswith('"') else text
