"""The loop on which control, session and server live: one thread, one notion of time."""

from __future__ import annotations

from typing import Callable, Protocol

SECOND = 1_000_000
"""Microseconds in a second: the unit of every duration and moment in this project."""


class Handle(Protocol):
    """A call that was asked for with `Loop.call_later`; only good for `Loop.cancel`."""


class Loop(Protocol):
    """Runs callables in order of time on the thread that called `run`.

    Market time is the loop's: under a simulator it may run faster than the clock on the wall.
    Calls due at the same microsecond run in the order in which they were asked for.
    """

    def now(self) -> int:
        """Market time in microseconds since 1970-01-01 UTC. Never runs backwards."""

    def call_later(self, delay: int, fn: Callable[[], None]) -> Handle:
        """Run ``fn`` after ``delay`` microseconds (0 or less: as soon as possible). Loop thread only."""

    def cancel(self, handle: Handle) -> None:
        """Forget the call. No effect when it ran already or was cancelled before."""

    def post(self, fn: Callable[[], None]) -> None:
        """Run ``fn`` soon, in the order of posting. The only method that other threads may call.

        Safe in a signal handler too.
        """

    def run(self) -> None:
        """Run until `stop`. An exception that a callable raises leaves through here."""

    def stop(self) -> None:
        """Let `run` return after the callable that runs now. Loop thread only (else ``post(stop)``)."""
