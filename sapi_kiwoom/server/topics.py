"""Real-time events by topic: who wants what, and each event published once, however many listen."""

from __future__ import annotations

from typing import Callable, Dict, Iterable, List, Optional, Tuple

from sapi_kiwoom.errors import RequestRejected
from sapi_kiwoom.server.listening import Listening
from sapi_kiwoom.server.transport import Transport
from sapi_kiwoom.server.values import quoted, values
from sapi_kiwoom.session.realtime import Realtime
from sapi_kiwoom.session.realtypes import BY_NAME, EVERY, Pair, names, pairs

_REASON = "topics"


class Topics:
    """What each client wants, known by the queue that it reads.

    Args:
        realtime: where it is registered, counted by client.
        transport: broadcasts.
        listening: finds the queues that nobody reads any more.
        kind: ``real``, ``mock`` or ``simulator``.
        now: market time in microseconds since 1970 UTC.
    """

    def __init__(
        self,
        realtime: Realtime,
        transport: Transport,
        listening: Listening,
        kind: str,
        now: Callable[[], int],
    ) -> None:
        self._realtime = realtime
        self._transport = transport
        self._listening = listening
        self._kind = kind
        self._now = now
        self._wanted: Dict[str, Dict[Pair, None]] = {}  # by queue
        self._heads: Dict[
            Pair, Tuple[str, str, bool]
        ] = {}  # topic, how its bodies begin, conflated
        realtime.on_event = self._publish

    def __len__(self) -> int:
        """How many codes and real types are wanted, each by each client."""
        return sum(len(wanted) for wanted in self._wanted.values())

    def subscribe(
        self, queue: str, codes: Iterable[str], types: Iterable[str], fids: Iterable[int]
    ) -> List[str]:
        """Begin to publish what a client wants; gives the topics. What it wants already changes nothing.

        Raises:
            RequestRejected: ``invalid-parameter``, or ``busy`` where all screens are full.
            ControlError: the control refused a registration; nothing is left of any.
            NotConnected: there is no login.
        """
        asked = pairs(codes, types, fids)
        standing = self._wanted.get(queue, {})
        new = [pair for pair in asked if pair not in standing]
        self._realtime.want(new)
        self._wanted.setdefault(queue, standing).update(dict.fromkeys(new))
        self._listening.begin(queue, _REASON)
        return [topic(*pair) for pair in asked]

    def unsubscribe(
        self,
        queue: str,
        codes: Optional[Iterable[str]],
        types: Iterable[str],
        fids: Iterable[int],
    ) -> List[str]:
        """End what a client wants: of these codes or all, of these types or all; gives the topics.

        Raises:
            RequestRejected: ``invalid-parameter``, or ``not-subscribed`` where it wants none of it.
        """
        chosen = names(types, fids)
        of_codes = None if codes is None else set(codes)
        ended = [
            pair
            for pair in self._wanted.get(queue, ())
            if (of_codes is None or pair[0] in of_codes) and (not chosen or pair[1] in chosen)
        ]
        if not ended:
            raise RequestRejected(
                "not-subscribed",
                f"the queue {queue} is subscribed to none of that; `queue` must be the one that was "
                "named when it was subscribed",
                field="queue",
            )
        self._end(queue, ended)
        return [topic(*pair) for pair in ended]

    def drop(self, queue: str) -> int:
        """End everything that a client wanted which is gone; gives how much it was."""
        ended = list(self._wanted.get(queue, ()))
        if ended:
            self._end(queue, ended)
        return len(ended)

    def _end(self, queue: str, ended: List[Pair]) -> None:
        wanted = self._wanted[queue]
        for pair in ended:
            del wanted[pair]
        if not wanted:
            del self._wanted[queue]
            self._listening.end(queue, _REASON)
        self._realtime.want_no_more(ended)

    def _publish(self, code: str, real_type: str, raw: str) -> None:
        head = self._heads.get((code, real_type))
        if head is None:
            head = self._heads[code, real_type] = self._head(code, real_type)
        where, begins, conflate = head
        body = f'{begins}{self._now()},"raw":{quoted(raw)},"values":{values(real_type, raw)}}}'
        self._transport.broadcast(where, body.encode(), conflate=conflate)

    def _head(self, code: str, real_type: str) -> Tuple[str, str, bool]:
        begins = (
            f'{{"kind":{quoted(self._kind)},"real_type":{quoted(real_type)},'
            f'"code":{quoted(code)},"moment":'
        )
        return topic(code, real_type), begins, BY_NAME[real_type].latest


def topic(code: str, real_type: str) -> str:
    """The topic, and routing key, of a code's events of a real type; `EVERY` code fits any."""
    return f"real.{BY_NAME[real_type].slug}.{'*' if code == EVERY else code}"
