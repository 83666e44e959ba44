"""Moments of the day at which something is done, day after day, and work that is done in small pieces."""

from __future__ import annotations

from datetime import date
from itertools import islice
from typing import Callable, Iterable, Iterator, Optional

from sapi_kiwoom import krx
from sapi_kiwoom.loop import Handle, Loop

_DAY = 24 * 60 * krx.MINUTE


class Timetable:
    """Rings at the moments of each trading day, until the calendar ends.

    Args:
        loop: market time.
        moments: a trading day's moments in order, in microseconds since 1970 UTC.
        ring: called with each moment when it has come. It may let time go on, or `stop`.
    """

    def __init__(
        self, loop: Loop, moments: Callable[[date], Iterable[int]], ring: Callable[[int], None]
    ) -> None:
        self._loop = loop
        self._moments = moments
        self._ring = ring
        self._handle: Optional[Handle] = None
        self._coming: Iterator[int] = iter(())
        self._begin()

    def stop(self) -> None:
        """Ring no more."""
        if self._handle is not None:
            self._loop.cancel(self._handle)

    def _begin(self) -> None:
        now = self._loop.now()
        day = krx.kst(now).date()
        if day > krx.LAST_DATE:
            return
        moments = self._moments(day) if krx.is_trading_day(day) else ()
        self._coming = (moment for moment in moments if moment > now)
        self._wait()

    def _wait(self) -> None:
        now = self._loop.now()
        moment = next(self._coming, None)
        if moment is None:
            midnight = krx.midnight(krx.kst(now).date()) + _DAY
            self._handle = self._loop.call_later(midnight - now, self._begin)
            return
        self._handle = self._loop.call_later(moment - now, lambda: self._come(moment))

    def _come(self, moment: int) -> None:
        self._wait()
        self._ring(moment)


class Work:
    """Long work in pieces, between which everything else goes on.

    Args:
        loop: market time.
        steps: the work; each step takes some milliseconds.
        done: called when it is over.
    """

    _STEPS = 5
    _PAUSE = 100_000

    def __init__(self, loop: Loop, steps: Iterator[None], done: Callable[[], None]) -> None:
        self._loop = loop
        self._steps = steps
        self._done = done
        self._handle: Handle = loop.call_later(0, self._go_on)

    def stop(self) -> None:
        """Leave the rest undone."""
        self._loop.cancel(self._handle)

    def _go_on(self) -> None:
        made = sum(1 for _ in islice(self._steps, self._STEPS))
        if made == self._STEPS:
            self._handle = self._loop.call_later(self._PAUSE, self._go_on)
        else:
            self._done()
