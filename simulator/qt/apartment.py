"""Where a program's controls live: market time, what waits to be told, and who may call when.

A control in a program's process lives by the program's event loop. The market goes on whatever the program
does; what the market and the broker tell waits, in order, until the program's event loop turns. So nothing
that a program does in an event, a nested loop included, can disturb the market or lose anything.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from functools import partial
from typing import Any, Callable, Deque, List, Optional, Tuple, cast

from sapi_kiwoom.control import Events
from sapi_kiwoom.loop import SECOND, Handle
from sapi_kiwoom.signatures import EVENTS, NUMBER, TEXT, Signature
from simulator import Simulator
from simulator.clock import Timer, VirtualLoop
from simulator.control import SimulatedControl
from simulator.house import Client
from simulator.scenario.model import Scenario

_GRAIN = 1_000
"""Microseconds of market time for which it is not worth to begin."""

_STEP = SECOND // 50
"""Market time between two looks at the clock on the wall."""

_PATIENCE, _IN_A_CALL = 0.02, 0.005
"""Wall-clock seconds after which the market steps aside for the program, though it lags behind. A call
brings it on only after as long a time without: thousands of calls read one answer."""

Wait = Callable[[Callable[[], bool]], None]
"""Lets the program's event loop turn until something has happened."""

Record = Callable[[int, str, Tuple[Any, ...], Any, bool], None]
"""Writes down a call or an event: when, its name, its arguments, what it returned, whether a call."""


class Apartment:
    """The market of a process and its controls. Calls may come from any thread.

    Args:
        scenario: what is played.
        start: the market's time at the beginning, microseconds since 1970 UTC.
        speed: market seconds per second; infinity lets time pass only while the program waits.
        wait: used while a window asks the user something inside a call.
        record: told of each call and event.

    Attributes:
        thread: the one on which events arrive.
    """

    def __init__(
        self,
        scenario: Scenario,
        start: int,
        speed: float,
        *,
        wait: Wait,
        record: Optional[Record] = None,
    ) -> None:
        simulator = Simulator(scenario=scenario, at=start, speed=float("inf"))
        self.thread = threading.get_ident()
        self._scenario = simulator.scenario
        self._house = simulator.house
        self._market = simulator.loop
        self._speed = speed
        self._anchor = (time.monotonic(), start)
        self._wait = wait
        self._record = record
        self._fresh = 0.0  # on the wall: until then a call finds the market recent enough
        self._computing = False
        self._inbox: Deque[Timer] = deque()
        self._lock = threading.Lock()  # held by whoever computes, never while the program runs

    def control(self, emit: Callable[[str, Tuple[Any, ...]], None]) -> SimulatedControl:
        """A control of its own, that tells ``emit`` its events on `thread`."""
        with self._lock:
            control = _Resident(
                cast(VirtualLoop, _Doorstep(self)), self._house, scenario=self._scenario
            )
            control.attach(cast(Events, _Sink(self, emit)))
        return control

    def call(self, control: SimulatedControl, signature: Signature, arguments: List[Any]) -> Any:
        """Call a method of a control: a str, an int, a table, or None."""
        with self._lock:
            if self._speed != float("inf") and time.monotonic() > self._fresh:
                self._catch_up(_IN_A_CALL)
            at = self._market.now()
            method = getattr(control, signature.name, None)
            found = method(*arguments) if method else None
            if found is None:
                found = {TEXT: "", NUMBER: 0}.get(signature.returns)
        if self._record:
            self._record(at, signature.name, tuple(arguments), found, True)
        return found

    def release(self, control: SimulatedControl) -> None:
        """The program has let go of a control. Without the lock: a collector of garbage may call."""
        self.post(lambda: control.lose_line() if control.GetConnectState() else None)

    def advance(self) -> bool:
        """Let the market do what it did since; whether something waits to be told."""
        with self._lock:
            self._catch_up(_PATIENCE)
        return bool(self._inbox)

    def deliver(self) -> None:
        """Tell what waits by now. On `thread`, from its event loop."""
        for _ in range(len(self._inbox)):
            with self._lock:
                if not self._inbox:  # an event loop in an event has told it
                    return
                timer = self._inbox.popleft()
                fn, timer.fn = timer.fn, None
                if fn is not None:
                    fn()

    # -- for those inside, with the lock held ------------------------------------------------------

    def now(self) -> int:
        """Market time."""
        return self._market.now()

    def later(self, delay: int, timer: Timer) -> None:
        """Put a timer into the inbox after some market time."""
        self._market.call_later(delay, partial(self._inbox.append, timer))

    def outside(self, fn: Callable[[], None]) -> None:
        """Let the program run: it may call again, from here or from elsewhere."""
        self._lock.release()
        try:
            fn()
        finally:
            self._lock.acquire()

    def pause(self, duration: Optional[int]) -> bool:
        """A window is open: the program's event loop turns until it is closed. See `VirtualLoop.turn`."""
        end = self._market.now() + duration if duration is not None else None

        def over() -> bool:
            return end is not None and self._market.now() >= end

        if threading.get_ident() == self.thread:
            self.outside(lambda: self._wait(over))
        else:
            self.outside(lambda: self._sit_out(over))
        return over()

    def tell(self, emit: Callable[[], None], event: str, arguments: Tuple[Any, ...]) -> None:
        """An event. While the market computes, and elsewhere than on `thread`, it has to wait."""
        if self._computing or threading.get_ident() != self.thread:
            again = partial(self.tell, emit, event, arguments)
            self._inbox.append(Timer(again))
            return
        if self._record:
            self._record(self._market.now(), event, arguments, None, False)
        self.outside(emit)

    def post(self, fn: Callable[[], None]) -> None:
        """Do something when the program's event loop turns."""
        self._inbox.append(Timer(fn))

    def _sit_out(self, over: Callable[[], bool]) -> None:
        """Wait on another thread, whose window it is; the owner may itself be waiting for that thread."""
        tick = threading.Event()
        while not over():
            tick.wait(0.005)
            self.advance()

    def _catch_up(self, patience: float) -> None:
        try:
            self._bring_on(time.monotonic() + patience)
        finally:
            self._fresh = time.monotonic() + _IN_A_CALL

    def _bring_on(self, until: float) -> None:
        while True:
            wall, market = self._anchor
            if self._speed == float("inf"):
                behind = 0 if self._inbox else _STEP
            else:
                gone = (time.monotonic() - wall) * self._speed
                behind = market + int(gone * SECOND) - self._market.now()
            if behind < _GRAIN:
                return
            self._computing = True
            try:
                self._market.run_for(min(behind, _STEP))
            finally:
                self._computing = False
            if time.monotonic() > until:
                return


class _Doorstep:
    """The loop as a control sees it: what it asks for is done when the program's event loop turns."""

    def __init__(self, apartment: Apartment) -> None:
        self._apartment = apartment
        self.now = apartment.now
        self.post = apartment.post
        self.turn = apartment.pause

    def call_later(self, delay: int, fn: Callable[[], None]) -> Timer:
        """See `Loop.call_later`."""
        timer = Timer(fn)
        self._apartment.later(delay, timer)
        return timer

    def cancel(self, handle: Handle) -> None:
        """See `Loop.cancel`."""
        assert isinstance(handle, Timer), "only a handle of this loop can be cancelled"
        handle.fn = None


class _Resident(SimulatedControl):
    """A control whose line speaks when the program's event loop turns. The lock guards its thread."""

    def _check_thread(self) -> None:
        pass


def _queued(name: str) -> Callable[..., None]:
    said = getattr(SimulatedControl, name)

    def later(self: _Resident, *arguments: Any) -> None:
        self._loop.post(partial(said, self, *arguments))

    return later


for _name in vars(Client):
    if not _name.startswith("_"):
        setattr(_Resident, _name, _queued(_name))


class _Sink:
    """Hands a control's events over."""

    def __init__(self, apartment: Apartment, emit: Callable[[str, Tuple[Any, ...]], None]) -> None:
        for name in EVENTS:
            setattr(self, name, partial(self._tell, apartment, emit, name))

    @staticmethod
    def _tell(
        apartment: Apartment,
        emit: Callable[[str, Tuple[Any, ...]], None],
        name: str,
        *arguments: Any,
    ) -> None:
        apartment.tell(partial(emit, name, arguments), name, arguments)
