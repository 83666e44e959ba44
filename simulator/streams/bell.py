"""장시작시간: the market's clock."""

from __future__ import annotations

from typing import Iterator, Optional

from sapi_kiwoom import krx
from sapi_kiwoom.loop import Handle, Loop
from simulator.market import phases
from simulator.packets.opening import KEY, opening_time
from simulator.streams.types import OPENING, Deliver


class Bell:
    """The 장시작시간 events, which come to every login without being registered."""

    def __init__(self, loop: Loop, deliver: Deliver) -> None:
        self._loop = loop
        self._deliver = deliver
        self._handle: Optional[Handle] = None
        self._operations: Iterator[phases.Operation] = iter(())

    def start(self) -> None:
        """Ring from now on."""
        now = self._loop.now()
        day = krx.kst(now).date()
        if day > krx.LAST_DATE:
            return
        self._operations = iter(each for each in phases.operations(day) if each.at > now)
        self._wait()

    def stop(self) -> None:
        """Be silent."""
        if self._handle is not None:
            self._loop.cancel(self._handle)
            self._handle = None

    def _wait(self) -> None:
        now = self._loop.now()
        operation = next(self._operations, None)
        if operation is not None:
            self._handle = self._loop.call_later(operation.at - now, lambda: self._ring(operation))
            return
        midnight = krx.midnight(krx.kst(now).date()) + 24 * 60 * krx.MINUTE
        self._handle = self._loop.call_later(midnight - now, self.start)

    def _ring(self, operation: phases.Operation) -> None:
        self._wait()
        raw = opening_time(operation.code, operation.at, operation.remaining)
        self._deliver(KEY, OPENING, raw)
