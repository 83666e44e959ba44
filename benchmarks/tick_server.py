"""The server's whole path of a tick, from `OnReceiveRealData` to the broker, with a control that only fires.

Session, server and transport are the real ones. Each registration of a code fires as many events as the
command line says, as fast as the transport takes them.
"""
# ruff: noqa: N802, N803 (the vendor's names)

from __future__ import annotations

import sys
import time
from typing import Any

from sapi_kiwoom.control import Events
from sapi_kiwoom.loop import SECOND

BATCH = 200
"""Events fired before the loop gets to do something else."""

AHEAD = 2_000
"""Events that may be fired and not yet published: less than the transport would hold back."""

RAW = (
    "{time}\t+71900\t+1200\t+1.70\t+71900\t+71800\t{volume}\t{total}\t857391\t+71100\t+72100\t+70900\t2\t"
    "-1203948\t-85600\t-53.97\t0.20\t241\t118.42\t4292160\t3\t0\t-1042\t091532\t000000\t100512\t12"
)


class FiringControl:
    """As much of a `Control` as a subscription needs."""

    def __init__(self, loop: Any, count: int) -> None:
        self._loop = loop
        self._count = count
        self._fired = 0
        self._until = 0

    def attach(self, events: Events) -> None:
        """See `Control`."""
        self._events = events

    def watch(self, transport: Any) -> None:
        """How far the transport has come decides how fast events are fired."""
        self._transport = transport

    def CommConnect(self) -> int:
        """See `Control`."""
        self._loop.call_later(0, lambda: self._events.OnEventConnect(0))
        return 0

    def SetRealReg(
        self, strScreenNo: str, strCodeList: str, strFidList: str, strOptType: str
    ) -> int:
        """See `Control`."""
        self._until += self._count
        self._loop.call_later(SECOND // 10, lambda: self._fire(strCodeList))
        return 0

    def SetRealRemove(self, strScrNo: str, strDelCode: str) -> None:
        """See `Control`."""

    def _fire(self, code: str) -> None:
        room = AHEAD - (self._fired - self._transport.counters.events)
        for _ in range(min(room, BATCH, self._until - self._fired)):
            self._fired += 1
            raw = RAW.format(
                time=100000 + self._fired % 60, volume=1 + self._fired % 997, total=self._fired
            )
            self._events.OnReceiveRealData(code, "주식체결", raw)
        if self._fired < self._until:
            self._loop.call_later(0 if room > BATCH else 200, lambda: self._fire(code))


def main() -> None:
    """Serve one queue until killed."""
    url, queue, count, json_library = sys.argv[1:]
    if json_library == "json":
        sys.modules["orjson"] = None  # type: ignore[assignment]
    from sapi_kiwoom.amqp import AmqpTransport
    from sapi_kiwoom.server import Server
    from sapi_kiwoom.session import Session
    from simulator.clock import VirtualLoop

    loop = VirtualLoop(start=time.time_ns() // 1_000, speed=1.0)
    control: Any = FiringControl(loop, int(count))

    def fail(error: Exception) -> None:
        raise error

    transport = AmqpTransport(
        url,
        "simulator",
        loop,
        on_ready=lambda: print("ready", flush=True),
        on_fatal=fail,
        request_queue=queue,
    )
    control.watch(transport)
    session = Session(control, loop)
    session.start(on_connected=Server(session, transport, "simulator").start, on_failed=fail)
    loop.run()


if __name__ == "__main__":
    main()
