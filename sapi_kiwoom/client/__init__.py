"""The client's side: `Client` calls methods and reads events, over a broker or in process.

>>> from sapi_kiwoom import connect                                   # doctest: +SKIP
>>> client = connect("amqp://localhost:5672")                         # doctest: +SKIP
>>> client.call("get-stock-name", stock_code="015760")                # doctest: +SKIP
'한국전력'
"""

from __future__ import annotations

import json
import secrets
import time
from collections import deque
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Any, Deque, Dict, Iterator, Optional, Set, Type

from sapi_kiwoom.client.link import Link
from sapi_kiwoom.errors import RequestFailed, RequestTimeout


@dataclass(frozen=True)
class RealEvent:
    """One real-time event.

    Attributes:
        stock_code: the code that was subscribed.
        real_type: Kiwoom's name of the type, for example ``주식체결``.
        raw: the type's FIDs in wire order, separated by tabs.
    """

    stock_code: str
    real_type: str
    raw: str


class Client:
    """Blocking calls over one link. Not to be shared between threads: give each its own.

    Args:
        link: the client's end of a transport; the client closes it.
        timeout: seconds to wait for an answer where a call names none.
    """

    def __init__(self, link: Link, timeout: float = 60.0) -> None:
        self._link = link
        self._timeout = timeout
        self._name = secrets.token_hex(4)
        self._count = 0
        self._replies: Dict[str, Dict[str, Any]] = {}
        self._waiting: Set[str] = set()
        self._subscribed: Dict[str, str] = {}  # code -> task_id
        self._events: Deque[RealEvent] = deque()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the link. Subscriptions end when the server notices that nobody reads."""
        self._link.close()

    def call(self, method: str, timeout: Optional[float] = None, **parameters: Any) -> Any:
        """Call a method and wait for its result.

        ``from`` is a keyword of Python: write ``from_``.

        Args:
            method: a name such as ``get-stock-name``.
            timeout: seconds to wait, instead of the client's.
            parameters: the method's parameters.

        Raises:
            RequestFailed: the server answered that it failed; ``name``, ``code``, ``details`` say why.
            RequestTimeout: no answer came in time.
            NotConnected: the connection was lost.
        """
        return self._call(self._next_task_id(), method, parameters, timeout)

    def subscribe(self, stock_code: str) -> None:
        """Ask for a code's real-time events; read them with `events`.

        Raises:
            RequestFailed, RequestTimeout, NotConnected: as `call`.
        """
        if stock_code not in self._subscribed:
            task_id = self._next_task_id()
            self._subscribed[stock_code] = task_id
            try:
                self._call(task_id, "subscribe-realtime", {"stock_code": stock_code}, None)
            except BaseException:
                del self._subscribed[stock_code]
                raise

    def unsubscribe(self, stock_code: str) -> None:
        """End a subscription of this client. No effect when there is none."""
        task_id = self._subscribed.pop(stock_code, None)
        if task_id is not None:
            self._call(task_id, "unsubscribe-realtime", {"stock_code": stock_code}, None)

    def events(self, timeout: Optional[float] = None) -> Iterator[RealEvent]:
        """Events of all subscribed codes as they come.

        Ends when none came for ``timeout`` seconds; without a timeout it never ends.

        Raises:
            NotConnected: the connection was lost.
        """
        while True:
            while self._events:
                yield self._events.popleft()
            body = self._link.receive(1.0 if timeout is None else timeout)
            if body is not None:
                self._sort(body)
            elif timeout is not None:
                return

    def _next_task_id(self) -> str:
        self._count += 1
        return f"{self._name}-{self._count}"

    def _call(
        self, task_id: str, method: str, parameters: Dict[str, Any], timeout: Optional[float]
    ) -> Any:
        request = {
            "task_id": task_id,
            "method": method,
            "parameters": {name.rstrip("_"): value for name, value in parameters.items()},
            "request_time": datetime.now().isoformat(),
        }
        self._waiting.add(task_id)
        try:
            self._link.send(json.dumps(request, ensure_ascii=False).encode("utf-8"), task_id)
            reply = self._wait(task_id, self._timeout if timeout is None else timeout, method)
        finally:
            self._waiting.discard(task_id)
        if reply["status"] == "TASK_SUCCEED":
            return reply["result"]
        raise RequestFailed(method, reply.get("error") or {"message": str(reply["result"])})

    def _wait(self, task_id: str, timeout: float, method: str) -> Dict[str, Any]:
        end = time.monotonic() + timeout
        left = timeout
        while task_id not in self._replies:
            body = self._link.receive(max(0.0, left))
            if body is not None:
                self._sort(body)
            left = end - time.monotonic()
            if task_id not in self._replies and (body is None or left <= 0):
                raise RequestTimeout(
                    f"{method} was not answered within {timeout:g} s; is a server running on this "
                    "broker, and is the queue's name the server's? A long history needs a longer timeout",
                    method=method,
                )
        return self._replies.pop(task_id)

    def _sort(self, body: bytes) -> None:
        reply = json.loads(body)
        task_id, result = reply["task_id"], reply["result"]
        if task_id in self._waiting:
            self._waiting.discard(task_id)
            self._replies[task_id] = reply
        elif (
            isinstance(result, dict)
            and self._subscribed.get(str(result.get("stock_code"))) == task_id
        ):
            self._events.append(
                RealEvent(result["stock_code"], result["real_data_type"], result["real_time_data"])
            )
