"""Real-time events: the trades of registered stocks, delivered when they happen."""

from __future__ import annotations

import logging
from typing import Callable, Dict, Optional

from sapi_kiwoom import krx
from sapi_kiwoom.loop import Handle, Loop
from simulator.answers.world import World
from simulator.tape import Tape

log = logging.getLogger(__name__)

TRADE = "주식체결"

_REGISTERING = 200_000
"""Microseconds until a registration delivers: most of those that a TR makes are taken back before."""

Deliver = Callable[[str, str, str], None]
"""Called with the key under which the event was registered, the real type and the raw string."""


class TradeStream:
    """The 주식체결 events of one code from now on, day after day."""

    def __init__(self, world: World, loop: Loop, code: str, deliver: Deliver) -> None:
        self._world = world
        self._loop = loop
        self._code = code
        self._deliver = deliver
        self._tape: Optional[Tape] = None
        self._handle: Handle = loop.call_later(_REGISTERING, self._open)

    def stop(self) -> None:
        """Deliver nothing more."""
        self._loop.cancel(self._handle)

    def _open(self) -> None:
        """Take up the running day, or wait for the next one."""
        now = self._loop.now()
        stock = self._world.stock(self._code)
        day = krx.kst(now).date()
        if stock is not None and krx.is_trading_day(day) and day >= stock.listed:
            self._tape = self._world.tapes.at(stock, now).copy()
        else:
            self._tape = None
        self._wait()

    def _wait(self) -> None:
        now = self._loop.now()
        tick = self._tape.upcoming() if self._tape else None
        if tick is not None:
            self._handle = self._loop.call_later(tick.at - now, self._trade)
        else:
            try:
                tomorrow = krx.next_trading_day(krx.kst(now).date())
            except ValueError as error:
                log.warning("no more trades of %s: %s", self._code, error)
                return
            opening = krx.midnight(tomorrow) + krx.session(tomorrow).open * krx.MINUTE
            self._handle = self._loop.call_later(opening - now, self._open)

    def _trade(self) -> None:
        assert self._tape is not None
        self._tape.fold()
        packet = self._tape.packet()
        self._wait()  # first, so that a receiver that stops the stream stops this timer
        self._deliver(self._code, TRADE, packet)


class Streams:
    """One stream for each registered code that trades."""

    def __init__(self, world: World, loop: Loop, deliver: Deliver) -> None:
        self._world = world
        self._loop = loop
        self._deliver = deliver
        self._streams: Dict[str, TradeStream] = {}

    def start(self, code: str) -> None:
        """A code was registered; unknown codes and venues that are not simulated stay silent."""
        if code in self._world.stocks:
            self._streams[code] = TradeStream(self._world, self._loop, code, self._deliver)

    def stop(self, code: str) -> None:
        """A code left its last screen."""
        stream = self._streams.pop(code, None)
        if stream is not None:
            stream.stop()
