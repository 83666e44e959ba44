"""What goes wrong, as a scenario wants it: decided here, and met by the control in a line each.

Faults come at a moment, or meet calls, logins, the answers to requests, or events that the server sends.
Which of them are met is drawn from the seed, so that a scenario goes wrong the same way each time.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple

from sapi_kiwoom.loop import SECOND
from simulator.brokerage.notices import Notice
from simulator.brokerage.validation import Request
from simulator.clock import VirtualLoop
from simulator.draws import Draws
from simulator.scenario.model import (
    BOX,
    CLOSED,
    CODE,
    DISCONNECT,
    DROP,
    DUPLICATE,
    HANG,
    LATE,
    LOST,
    NO_ANSWER,
    REFUSE_LOGIN,
    REORDER,
    SECOND_LOGIN,
    WITHIN,
    Fault,
)

__all__ = [
    "AT",
    "BOX",
    "CALL",
    "CALLS_MET",
    "CHEJAN",
    "EVENT",
    "EVENTS_MET",
    "LATE",
    "LOGIN",
    "NOT_REACHED",
    "NO_ANSWER",
    "REAL_CONDITION",
    "REAL_DATA",
    "SECOND_LOGIN",
    "TARGETS",
    "TR_CONDITION",
    "TR_DATA",
    "WITHIN",
    "Faults",
]

NOT_REACHED = -101
"""What OnEventConnect reports while the server is closed."""

AT, CALL, EVENT, LOGIN = "at", "call", "event", "login"

TARGETS: Mapping[str, Tuple[str, ...]] = {
    DISCONNECT: (AT, CALL),
    CLOSED: (AT,),
    SECOND_LOGIN: (AT, LOGIN),
    BOX: (AT, CALL),
    REFUSE_LOGIN: (LOGIN,),
    CODE: (CALL,),
    LOST: (CALL,),
    HANG: (CALL,),
    NO_ANSWER: (CALL,),
    LATE: (CALL, EVENT),
    WITHIN: (CALL,),
    DROP: (EVENT,),
    DUPLICATE: (EVENT,),
    REORDER: (EVENT,),
}
"""What each effect may meet: a moment, calls, events or logins."""

TR_DATA, REAL_DATA, CHEJAN = "OnReceiveTrData", "OnReceiveRealData", "OnReceiveChejanData"
TR_CONDITION, REAL_CONDITION = "OnReceiveTrCondition", "OnReceiveRealCondition"

EVENTS_MET = (TR_DATA, REAL_DATA, CHEJAN, TR_CONDITION, REAL_CONDITION)
"""Events that may be met; an answer's OnReceiveMsg comes, or not, with its OnReceiveTrData."""

_AROUND = frozenset((CODE, LOST, HANG, BOX, DISCONNECT))
_ANSWERS = frozenset((NO_ANSWER, LATE, WITHIN))

_REQUEST, _KEYED_REQUEST = "CommRqData", "CommKwRqData"

CALLS_MET: Mapping[str, Tuple[str, ...]] = {
    LOST: ("SendOrder",),
    NO_ANSWER: (_REQUEST, _KEYED_REQUEST, "SendCondition"),
    LATE: (_REQUEST, _KEYED_REQUEST, "SendCondition"),
    WITHIN: (_REQUEST, _KEYED_REQUEST, "SendCondition", "SendOrder"),
}
"""The calls that an effect may meet; those not named here may meet each one."""

_A_MOMENT, _A_WHILE = 1_000, 50_000
"""Microseconds of market time between two looks whether a call may return that waits for its answer, or
for somebody to close a window."""

Later = Callable[[int, Callable[[], None]], None]
"""Called with microseconds and what is to happen then, unless the line is lost by then."""


class Faults:
    """Says what meets a fault.

    Args:
        faults: of the scenario.
        seed: decides which calls and events are met.
        loop: market time.
    """

    def __init__(self, faults: Sequence[Fault], seed: int, loop: VirtualLoop) -> None:
        self._seed = seed
        self._loop = loop
        self._faults: List[Fault] = []
        self._seen: List[int] = []  # how many each of them might have met
        self._control: Any = None
        self._surrounded: Dict[str, None] = {}
        self._kept: Dict[str, Callable[[], None]] = {}  # by event, until the next one has come
        self._waiting = 0
        self._released = 0
        for fault in faults:
            self.add(fault)

    def add(self, fault: Fault) -> None:
        """One more from now on; one of events that the server sends by itself from the next login on."""
        self._faults.append(fault)
        self._seen.append(0)
        if self._control is not None:
            self._surround(fault)

    @property
    def timed(self) -> List[Fault]:
        """Those that come at a moment, whatever is called."""
        return [fault for fault in self._faults if fault.at is not None]

    # -- what is met ---------------------------------------------------------------------------

    def login(self) -> int:
        """What OnEventConnect reports of a login that ends now; 0 where nothing is wrong."""
        now = self._loop.now()
        for fault in self._faults:
            if fault.effect == CLOSED and fault.at is not None:
                if fault.at <= now < fault.at + round(fault.seconds * SECOND):
                    return NOT_REACHED
        refused = self._met(lambda fault: fault.effect == REFUSE_LOGIN, "CommConnect")
        return refused.code if refused else 0

    def on(self, call: str, tr: str = "") -> Optional[Fault]:
        """What is wrong with the answer to a request made now."""
        return self._met(
            lambda fault: fault.call == call and fault.effect in _ANSWERS and _of(fault, tr), call
        )

    def deliver(self, event: str, detail: str, hand_over: Callable[[], None], later: Later) -> None:
        """Hand over an event: at once and once, unless a fault meets it.

        Args:
            event: its name.
            detail: the TR or the real type; other events have none.
            later: hands it over when it is late.
        """
        fault = self._met(lambda each: each.event == event and _of(each, detail), event)
        effect = fault.effect if fault else ""
        kept = self._kept.pop(event, None)
        if fault is not None and effect == LATE:
            later(round(fault.seconds * SECOND), hand_over)
        elif fault is not None and effect == REORDER and kept is None:
            self._keep(event, hand_over, round((fault.seconds or 1) * SECOND), later)
        elif effect != DROP:
            hand_over()
            if effect == DUPLICATE:
                hand_over()
        if kept is not None:
            kept()

    def between(self, client: Any, later: Later) -> Any:
        """Stands between the server and a client (`house.Client`) where events may be met."""
        return _Between(self, client, later) if any(each.event for each in self._faults) else client

    def forget(self) -> None:
        """The line is lost, and what was kept back on it."""
        self._kept.clear()

    def _keep(self, event: str, hand_over: Callable[[], None], longest: int, later: Later) -> None:
        def give_up() -> None:
            if self._kept.get(event) is hand_over:
                del self._kept[event]
                hand_over()

        self._kept[event] = hand_over
        later(longest, give_up)

    def _met(self, meant: Callable[[Fault], bool], name: str) -> Optional[Fault]:
        """The first fault that meets what is meant; each counts and draws for itself."""
        now, found = self._loop.now(), None
        for place, fault in enumerate(self._faults):
            if fault.at is not None or not meant(fault):
                continue
            if now < (fault.since or now) or now >= (fault.until or now + 1):
                continue
            self._seen[place] += 1
            number = self._seen[place]
            if found is not None or fault.nth not in (0, number):
                continue
            if not Draws(self._seed, "fault", place, name, number).below(fault.one_in):
                found = fault
        return found

    # -- around calls --------------------------------------------------------------------------

    def surround(self, control: Any) -> None:
        """Let the calls of a control meet their faults; those without any stay as they are."""
        self._control = control
        for fault in self._faults:
            self._surround(fault)

    def _surround(self, fault: Fault) -> None:
        call = fault.call
        if not call or fault.effect not in _AROUND or call in self._surrounded:
            return
        self._surrounded[call] = None
        method = getattr(self._control, call)

        def surrounded(*args: Any) -> Any:
            return self._call(call, method, args)

        setattr(self._control, call, surrounded)

    def _call(self, call: str, method: Callable[..., Any], args: Tuple[Any, ...]) -> Any:
        tr = args[1] if call == _REQUEST and len(args) > 1 else ""
        fault = self._met(
            lambda each: each.call == call and each.effect in _AROUND and _of(each, tr), call
        )
        if fault is None:
            return method(*args)
        if fault.effect == CODE:
            return fault.code
        if fault.effect == BOX:
            self.show(fault)
        result = method(*args)
        if fault.effect == HANG:
            self.hold(fault)
        elif fault.effect == DISCONNECT:
            self._loop.call_later(0, lambda: self._control.meet(fault))
        return fault.code if fault.effect == LOST and result == 0 else result

    def show(self, fault: Fault) -> None:
        """Show a window, as a modal one: this returns when it is closed, and events go on meanwhile."""
        self.hold(fault, lambda: self._control.on_message_box(fault.text))

    def hold(self, fault: Fault, begin: Callable[[], None] = lambda: None) -> None:
        """Let events go on until the fault's time is over, or `release`, which ``begin`` may call."""
        end = self._loop.now() + round(fault.seconds * SECOND) if fault.seconds else None
        self._waiting += 1
        depth = self._waiting
        try:
            begin()
            self.turn_until(
                lambda: self._released >= depth or (end is not None and self._loop.now() >= end),
                _A_WHILE,
            )
        finally:
            self._waiting -= 1
            self._released = 0

    def release(self) -> None:
        """The innermost call that hangs returns, or the window that is shown is closed."""
        self._released = self._waiting

    def turn_until(self, over: Callable[[], bool], step: int = _A_MOMENT) -> None:
        """Let everything else go on inside the call that runs; also ends when the loop is stopped.

        Args:
            over: asked every ``step`` microseconds.
        """
        while not over() and self._loop.turn(step):
            pass


class _Between:
    """A client (`house.Client`) who hands on what the server sends, as the faults want it."""

    def __init__(self, faults: Faults, client: Any, later: Later) -> None:
        self._faults = faults
        self._client = client
        self._later = later

    def answered(self, request: Request, trcode: str, message: str, number: str) -> None:
        """See `house.Client.answered`."""

        def hand_over() -> None:
            self._client.answered(request, trcode, message, number)

        self._faults.deliver(TR_DATA, trcode, hand_over, self._later)

    def noticed(self, notice: Notice) -> None:
        """See `house.Client.noticed`."""
        self._faults.deliver(CHEJAN, "", lambda: self._client.noticed(notice), self._later)

    def real(self, key: str, real_type: str, raw: str) -> None:
        """See `house.Client.real`."""

        def hand_over() -> None:
            self._client.real(key, real_type, raw)

        self._faults.deliver(REAL_DATA, real_type, hand_over, self._later)

    def lost(self) -> None:
        """See `house.Client.lost`."""
        self._client.lost()


def _of(fault: Fault, detail: str) -> bool:
    """Whether a fault means requests of this TR, or events of this real type."""
    wanted = fault.tr or fault.real
    return not wanted or wanted.lower() == detail.lower()
