"""Watched conditions: which clients want them, each event published once."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Optional

from sapi_kiwoom.errors import KiwoomError, RequestRejected
from sapi_kiwoom.server.calls import Call
from sapi_kiwoom.server.listening import Listening
from sapi_kiwoom.session.conditionlist import Condition
from sapi_kiwoom.session.conditions import Conditions, Watcher

_REASON = "conditions"


class Watches:
    """Which conditions each client wants to hear of, known by the queue that it reads.

    Args:
        conditions: the session's.
        listening: finds the queues that nobody reads any more.
        announce: publishes an event: its topic and its members.
    """

    def __init__(
        self,
        conditions: Conditions,
        listening: Listening,
        announce: Callable[[str, Dict[str, Any]], None],
    ) -> None:
        self._conditions = conditions
        self._listening = listening
        self._announce = announce
        self._queues: Dict[int, Dict[str, None]] = {}  # by the condition's number
        self._watcher = Watcher(self._changed, self._ended)

    def begin(self, call: Call, queue: str) -> None:
        """Answer with the codes that meet a condition, and publish from then on what changes."""

        def found(condition: Condition, codes: List[str]) -> None:
            if call.open:
                self._queues.setdefault(condition.number, {})[queue] = None
                self._listening.begin(queue, _REASON)
                call.answer({**described(condition), "codes": codes, "keys": [topic(condition)]})
            elif condition.number not in self._queues:  # given up while it waited
                self._conditions.stop(condition.number, self._watcher)

        self._conditions.watch(call.values["condition"], self._watcher, found, call.fail)

    def stop(self, queue: str, number: Optional[int]) -> List[int]:
        """End a client's wish to hear of a condition, or of all; gives their numbers.

        Raises:
            RequestRejected: ``not-subscribed``.
        """
        ended = [
            each
            for each, queues in self._queues.items()
            if queue in queues and number in (None, each)
        ]
        if not ended:
            raise RequestRejected(
                "not-subscribed",
                f"the queue {queue} watches no such condition; `queue` must be the one that was named "
                "with watch-condition, `condition` the number or name",
                field="queue",
            )
        for each in ended:
            self._end(each, queue)
        return ended

    def drop(self, queue: str) -> int:
        """End everything of a client that is gone; gives how much it was."""
        ended = [number for number, queues in self._queues.items() if queue in queues]
        for number in ended:
            self._end(number, queue)
        return len(ended)

    def _end(self, number: int, queue: str) -> None:
        queues = self._queues[number]
        del queues[queue]
        if not queues:
            del self._queues[number]
            self._conditions.stop(number, self._watcher)
        self._look_after(queue)

    def _look_after(self, queue: str) -> None:
        if not any(queue in queues for queues in self._queues.values()):
            self._listening.end(queue, _REASON)

    def _changed(self, condition: Condition, code: str, change: str, found_out: bool) -> None:
        self._announce(
            topic(condition),
            {**described(condition), "code": code, "change": change, "reconciled": found_out},
        )

    def _ended(self, condition: Condition, error: KiwoomError) -> None:
        for queue in self._queues.pop(condition.number, {}):
            self._look_after(queue)
        self._announce(topic(condition), {**described(condition), "ended": error.message})


def described(condition: Condition) -> Dict[str, Any]:
    """A condition as answers and events have it."""
    return {"index": condition.number, "name": condition.name}


def topic(condition: Condition) -> str:
    """The topic, and routing key, of what changes in a condition."""
    return f"condition.{condition.number}"
