"""Market time that can run at any speed: the `Loop` of the simulator."""

from __future__ import annotations

import heapq
import time
from queue import Empty, SimpleQueue
from typing import Callable, List, Optional, Tuple

from sapi_kiwoom.loop import SECOND, Handle

_TURN = 64
"""At a pace, timers fired before posts are looked at again: neither can starve the other."""

_POSTS = 1024
"""Posts run before timers are looked at again: far more than one piece of work posts in its wake.
Without a pace all of that must happen at one moment, for the next timer may be hours away."""

_LONGEST_WAIT = 0.2
"""Seconds. Windows does not interrupt a lock that waits, so Ctrl-C is noticed between two waits."""


class Timer:
    """A call that is due at some moment; what `VirtualLoop.call_later` returns."""

    __slots__ = ("fn",)

    def __init__(self, fn: Callable[[], None]) -> None:
        self.fn: Optional[Callable[[], None]] = fn


class VirtualLoop:
    """A heap of timers, and an inbox that other threads may fill.

    Args:
        start: the market time at which it begins, microseconds since 1970 UTC.
        speed: market seconds per second of wall-clock time; None runs as fast as possible, jumping
            from timer to timer.

    Attributes:
        turning: called before a `turn`: whoever does much in one callable lets others go on in it.
    """

    def __init__(self, start: int, speed: Optional[float] = None) -> None:
        if speed is not None and not speed > 0:
            raise ValueError(
                f"speed must be above 0, got {speed!r}; None means as fast as possible"
            )
        self._now = start
        self._speed = speed
        # A moment on the wall, and the market's then.
        self._anchor: Tuple[float, int] = (0.0, start)
        self._ahead: Optional[int] = (
            None  # this loop's time then, where it goes slower until it is met
        )
        self._running = False
        self._halted = 0.0  # since when it does not run, on the wall
        self._heap: List[Tuple[int, int, Timer]] = []
        self._sequence = 0
        self._inbox: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._stopping = False
        self.turning: List[Callable[[], None]] = []

    def now(self) -> int:
        """Market time of the callable that runs, in microseconds since 1970 UTC."""
        return self._now

    def call_later(self, delay: int, fn: Callable[[], None]) -> Timer:
        """See `Loop.call_later`."""
        timer = Timer(fn)
        self._sequence += 1
        when = self._now + delay if delay > 0 else self._now
        heapq.heappush(self._heap, (when, self._sequence, timer))
        return timer

    def cancel(self, handle: Handle) -> None:
        """See `Loop.cancel`."""
        assert isinstance(handle, Timer), "only a handle of this loop can be cancelled"
        handle.fn = None

    def post(self, fn: Callable[[], None]) -> None:
        """See `Loop.post`."""
        self._inbox.put(fn)

    def stop(self) -> None:
        """See `Loop.stop`. Before `run`, the next run returns at once."""
        self._stopping = True

    def run(self) -> None:
        """See `Loop.run`. Market time stands still between two runs."""
        outermost, self._running = not self._running, True
        if outermost:
            wall, market = self._anchor
            self._anchor = (wall + time.monotonic() - self._halted, market)
        try:
            while not self._stopping:
                self._run_posts()
                wait = 0 if self._stopping else self._fire_timers()
                if wait != 0 and not self._stopping:
                    self._wait(wait)
        finally:
            self._stopping = False
            if outermost:
                self._running, self._halted = False, time.monotonic()

    def run_for(self, duration: int) -> None:
        """Run for ``duration`` microseconds of market time, timers due at its very end included."""
        end = self.call_later(duration, self.stop)
        try:
            self.run()
        finally:
            self.cancel(end)  # where something else ended the run, this must not end the next

    @property
    def speed(self) -> Optional[float]:
        """Market seconds per second; None is as fast as possible."""
        return self._speed

    def pace(self, speed: Optional[float]) -> None:
        """Go on at another speed: market seconds per second, None as fast as possible."""
        self._halted = time.monotonic()
        self._anchor = (self._halted, self._now)
        self._ahead = None
        self._speed = speed

    def follow(self, market: int, speed: float) -> None:
        """Take over the time and the speed of another clock.

        Args:
            market: what it shows now. Where that is later, what was due meanwhile happens at once. Where
                it is earlier, this loop's time goes at half speed until the other has caught up: it
                never runs backwards, and nothing waits for long.
            speed: market seconds per second.
        """
        self._halted = time.monotonic()
        self._anchor = (self._halted, market)
        self._ahead = self._now
        self._speed = speed

    def turn(self, duration: Optional[int]) -> bool:
        """Go on with everything else inside the callable that runs, as a modal window does.

        Args:
            duration: microseconds of market time; None goes on until somebody else's `stop`.

        Returns:
            Whether the time has passed. False after somebody else's `stop`, which ends the outer run too.
        """
        for step_aside in self.turning:
            step_aside()
        over = False

        def end() -> None:
            nonlocal over
            over = True
            self.stop()

        handle = None if duration is None else self.call_later(duration, end)
        self.run()
        if not over:
            if handle is not None:
                self.cancel(handle)
            self.stop()
        return over

    def _paced(self) -> Optional[int]:
        """The market time that the wall clock has reached; None without a pace."""
        if self._speed is None:
            return None
        wall, market = self._anchor
        gone = int((time.monotonic() - wall) * self._speed * SECOND)
        return market + gone if self._ahead is None else max(market + gone, self._ahead + gone // 2)

    def reach(self, moment: int) -> bool:
        """Go on to a moment at once, if nothing else is due by then and its time has come.

        For work that has many moments of its own and would have a timer for each.

        Returns:
            Whether it is that moment now; else whoever asks waits with a timer.
        """
        if self._stopping or not self._inbox.empty():
            return False
        heap = self._heap
        while heap and heap[0][2].fn is None:
            heapq.heappop(heap)
        if heap and heap[0][0] <= moment:
            return False
        if self._speed is not None:
            paced = self._paced()
            if paced is not None and moment > paced:
                return False
        if moment > self._now:  # noqa: PLR1730 (a call less)
            self._now = moment
        return True

    def _touch(self) -> None:
        paced = self._paced()
        if paced is None:
            return
        if self._heap:  # a timer that is due already must not see a moment after its own
            paced = min(paced, self._heap[0][0])
        self._now = max(self._now, paced)

    def _run_posts(self) -> None:
        for _ in range(_POSTS):
            if self._inbox.empty() or self._stopping:
                return
            self._touch()
            self._inbox.get_nowait()()

    def _fire_timers(self) -> Optional[float]:
        """Fire what is due; return seconds until the next timer, None when there is none."""
        heap = self._heap
        for _ in range(_TURN):
            while heap and heap[0][2].fn is None:
                heapq.heappop(heap)
            if not heap:
                return None
            when = heap[0][0]
            if self._speed is not None:
                paced = self._paced()
                if paced is not None and when > paced:
                    return (when - paced) / SECOND / self._speed
            timer = heapq.heappop(heap)[2]
            self._now = max(self._now, when)
            fn, timer.fn = timer.fn, None
            assert fn is not None
            fn()
            if self._stopping or (self._speed is None and not self._inbox.empty()):
                return 0
        return 0

    def _wait(self, wait: Optional[float]) -> None:
        try:
            fn = self._inbox.get(
                timeout=_LONGEST_WAIT if wait is None else min(wait, _LONGEST_WAIT)
            )
        except Empty:
            return
        self._touch()
        fn()
