"""Keeps work out of calls that are under way.

Before a call of the control returns, the control may deliver events, and where it opens a window a
nested Qt loop even runs posted callables and timers. Nothing of that may start another call in the
middle of the first.
"""

from __future__ import annotations

import logging
from collections import deque
from functools import partial
from types import TracebackType
from typing import Any, Callable, Deque, Optional, Type

from sapi_kiwoom.loop import Handle, Loop

log = logging.getLogger(__name__)


class Gate:
    """Closed while a call of the control is under way: ``with gate: control.CommRqData(...)``."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._depth = 0
        self._kept: Deque[Callable[[], None]] = deque()

    def __enter__(self) -> None:
        self._depth += 1

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self._depth -= 1
        if not self._depth and self._kept:
            self._loop.post(self._release)

    def run(self, fn: Callable[[], None]) -> None:
        """Run ``fn`` now or, inside a call, soon after it; always in the order of asking."""
        if self._depth or self._kept:
            self._kept.append(fn)
        else:
            fn()

    def post(self, fn: Callable[[], None]) -> None:
        """Run ``fn`` soon, outside of every call and of the event that is being handled."""
        self._loop.post(partial(self.run, fn))

    def call_later(self, delay: int, fn: Callable[[], None]) -> Handle:
        """Like `Loop.call_later`, but never inside a call."""
        return self._loop.call_later(delay, partial(self.run, fn))

    def _release(self) -> None:
        if self._depth or not self._kept:
            return  # inside the next call already: its end asks again
        fn = self._kept.popleft()
        if self._kept:  # one at a time, so that an exception holds up none of the others
            self._loop.post(self._release)
        fn()


def call_out(fn: Callable[..., None], *args: Any) -> None:
    """Call what belongs to others. Their exceptions are logged: none may leave an event handler."""
    try:
        fn(*args)
    except Exception:
        log.exception("a callback failed: %r", fn)
