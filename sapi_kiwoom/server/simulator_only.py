"""Handlers that only a simulator has: its clock, and what goes wrong on purpose."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any, Dict, Optional

from sapi_kiwoom import krx
from sapi_kiwoom.errors import KiwoomError, RequestRejected
from sapi_kiwoom.loop import SECOND
from sapi_kiwoom.server.calls import Call, Handler, Services
from sapi_kiwoom.server.status import market_time

_STILL = 1e-9
"""A speed at which no timer becomes due in a lifetime."""

_FURTHEST = 31 * 24 * 3600 * SECOND


def handlers(server: Services) -> Dict[str, Handler]:
    """By the method's name."""
    clock = _Clock(server)
    return {
        "advance": partial(_only_simulated, server, clock.advance),
        "set-speed": partial(_only_simulated, server, clock.set_speed),
        "inject-fault": partial(_only_simulated, server, partial(_inject, server)),
    }


def _only_simulated(server: Services, handler: Handler, call: Call) -> None:
    if server.simulated is None:
        raise RequestRejected(
            "simulator-only",
            f"{call.method.name} needs a simulator behind the server; here is kind {server.kind}",
            method=call.method.name,
        )
    handler(call)


class _Clock:
    """Moves the simulator's clock."""

    def __init__(self, server: Services) -> None:
        self._server = server
        self._speed: Optional[float] = None
        self._advancing = False

    def advance(self, call: Call) -> None:
        """Go as fast as possible to a moment, answer there, and go on at the speed of before."""
        loop = self._simulated.loop
        if self._advancing:
            raise RequestRejected("busy", "the clock is moving already; wait for that answer")
        self._check_own_clock()
        length = self._length(call.values)
        self._speed = loop.speed
        self._advancing = True
        call.patient = True  # in process, deadlines are market time, which this lets pass
        loop.pace(None)

        def arrived() -> None:
            self._advancing = False
            loop.pace(self._speed)
            call.answer({"market_time": market_time(self._server)})

        loop.call_later(length, arrived)

    def set_speed(self, call: Call) -> None:
        """Go on at another speed, at once or after the advance under way."""
        self._check_own_clock()
        speed: Optional[float] = call.values.get("speed")
        paced = None if speed is None else max(float(speed), _STILL)
        if self._advancing:
            self._speed = paced
        else:
            self._simulated.loop.pace(paced)
        call.answer({"speed": speed})

    def _length(self, values: Dict[str, Any]) -> int:
        now = self._server.loop.now()
        if ("until" in values) == ("seconds" in values):
            raise RequestRejected(
                "invalid-parameter",
                "시각(until): give either until or seconds",
                field="until",
            )
        if "seconds" in values:
            seconds: float = values["seconds"]
            return max(1, round(seconds * SECOND))
        length = _moment(values["until"]) - now
        if not 0 <= length <= _FURTHEST:
            raise RequestRejected(
                "invalid-parameter",
                f"시각(until): the market's time is {market_time(self._server)}; name a moment after it, "
                "at most 31 days later",
                field="until",
            )
        return length

    @property
    def _simulated(self) -> Any:
        assert self._server.simulated is not None, "the handlers are for simulators only"
        return self._server.simulated

    def _check_own_clock(self) -> None:
        if not self._simulated.own_clock:
            raise RequestRejected(
                "simulator-only",
                "the clock is that of the exchange in another process; start that with --speed",
            )


def _moment(text: str) -> int:
    """Microseconds since 1970 UTC of YYYYMMDD or YYYYMMDDHHMMSS, Korean time."""
    day = krx.midnight(date(int(text[:4]), int(text[4:6]), int(text[6:8])))
    clock = text[8:].ljust(6, "0")
    seconds = int(clock[:2]) * 3600 + int(clock[2:4]) * 60 + int(clock[4:])
    return day + seconds * SECOND


def _inject(server: Services, call: Call) -> None:
    assert server.simulated is not None
    try:
        server.simulated.inject(call.values)
    except KiwoomError as error:
        field = str(error.details.get("path", "effect")).rpartition(".")[2] or "effect"
        raise RequestRejected("invalid-parameter", error.message, field=field) from None
    call.answer({"injected": call.values["effect"]})
