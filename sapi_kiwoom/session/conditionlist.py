"""The user's list of conditions (조건검색식), loaded once for each login.

They are made in the broker's own program, and known from 07:30 on.
"""

from __future__ import annotations

import logging
from typing import Callable, Dict, List, NamedTuple, Optional, Tuple

from sapi_kiwoom import krx
from sapi_kiwoom.control import Control
from sapi_kiwoom.errors import (
    ControlError,
    KiwoomError,
    NotConnected,
    RequestRejected,
    RequestTimeout,
)
from sapi_kiwoom.loop import SECOND, Handle, Loop
from sapi_kiwoom.session.gate import Gate, call_out
from sapi_kiwoom.session.refused import refused

log = logging.getLogger(__name__)

READY = 450
"""Minutes after midnight, Korean time, from which conditions can be loaded: 07:30."""

OnError = Callable[[KiwoomError], None]


class Condition(NamedTuple):
    """A condition by its number and name, as the user's list has it."""

    number: int
    name: str


Known = Dict[int, Condition]
"""Conditions by their numbers."""


class ConditionList:
    """The conditions that there are.

    Args:
        control: what is asked.
        loop: market time.
        gate: keeps everything out of calls under way.
        on_loaded: is called with them whenever they were loaded, before anybody who waits for them.
        timeout: microseconds until an answer counts as lost.

    Attributes:
        known: the conditions; None before they are loaded.
    """

    def __init__(
        self,
        control: Control,
        loop: Loop,
        gate: Gate,
        on_loaded: Callable[[Known], None],
        timeout: int,
    ) -> None:
        self._control = control
        self._loop = loop
        self._gate = gate
        self._on_loaded = on_loaded
        self._timeout = timeout
        self._connected = False
        self._waiting: List[Tuple[Callable[[Known], None], OnError]] = []
        self._timer: Optional[Handle] = None  # while they are loaded
        self.known: Optional[Known] = None

    @property
    def wanted(self) -> bool:
        """Whether somebody waits for it."""
        return bool(self._waiting)

    def get(self, done: Callable[[Known], None], on_error: OnError) -> None:
        """Give the conditions, now or once they are loaded. What ``done`` raises goes to ``on_error``.

        ``on_error`` gets `RequestRejected` ``not-ready`` before 07:30, `NotConnected` without a login,
        `ControlError` or `RequestTimeout` where they could not be loaded.
        """
        if self.known is not None:
            _hand_over(done, on_error, self.known)
        elif not self._connected:
            call_out(on_error, NotConnected("not logged in; try again after the login"))
        elif ready_at(self._loop.now()):
            error = RequestRejected(
                "not-ready", "conditions can be had from 07:30 on, Korean time; ask again then"
            )
            call_out(on_error, error)
        else:
            self._waiting.append((done, on_error))
            if self._timer is None:
                self._load()

    def resume(self) -> None:
        """Logged in."""
        self._connected = True

    def suspend(self) -> None:
        """The login is lost, and with it the list. Who waits for it goes on waiting."""
        self._connected = False
        self.known = None
        self._cancel_timer()

    def on_loaded(self, result: int, text: str) -> None:
        """The answer to GetConditionLoad."""
        if self._timer is None:
            return
        if result != 1:
            self._fail(ControlError("GetConditionLoad", result, "", text))
            return
        with self._gate:
            names = self._control.GetConditionNameList()
        self._cancel_timer()
        known = self.known = {each.number: each for each in _parse(names)}
        call_out(self._on_loaded, known)
        waiting, self._waiting = self._waiting, []
        for done, on_error in waiting:
            _hand_over(done, on_error, known)

    def _load(self) -> None:
        # Before the call: its answer may come before it returns.
        self._timer = self._gate.call_later(self._timeout, self._time_out)
        code: Optional[int] = None
        try:
            with self._gate:
                code = self._control.GetConditionLoad()
        except Exception:
            log.exception("GetConditionLoad failed")
        if code != 1:
            self._fail(refused_without_reason("GetConditionLoad", code))

    def _time_out(self) -> None:
        seconds = self._timeout / SECOND
        self._fail(RequestTimeout(f"the conditions did not come in {seconds:g} s; ask again"))

    def _fail(self, error: KiwoomError) -> None:
        self._cancel_timer()
        waiting, self._waiting = self._waiting, []
        for _, on_error in waiting:
            call_out(on_error, error)

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._loop.cancel(self._timer)
            self._timer = None


def ready_at(now: int) -> int:
    """The moment from which the conditions of a moment's day can be loaded; 0 where it has come."""
    ready = krx.midnight(krx.kst(now).date()) + READY * krx.MINUTE
    return ready if now < ready else 0


def find(known: Known, which: str) -> Condition:
    """A condition by name, else by number.

    Raises:
        RequestRejected: ``unknown-condition``; which ones there are.
    """
    named = [each for each in known.values() if each.name == which]
    if len(named) > 1:
        numbers = ", ".join(str(each.number) for each in named)
        raise RequestRejected(
            "unknown-condition",
            f"several conditions are called {which!r}: give one of their numbers {numbers}",
            field="condition",
        )
    if named:
        return named[0]
    found = known.get(int(which)) if which.isascii() and which.isdigit() else None
    if found is None:
        names = ", ".join(f"{each.number} {each.name}" for each in sorted(known.values()))
        raise RequestRejected(
            "unknown-condition",
            f"there is no condition {which[:50]!r}; there are: {names or 'none, make some in HTS'}",
            field="condition",
        )
    return found


def _parse(names: str) -> List[Condition]:
    """``1^name;2^name;`` as conditions."""
    found = []
    for each in names.split(";"):
        index, _, name = each.partition("^")
        if index.strip().isdigit():
            found.append(Condition(int(index), name))
    return found


def refused_without_reason(call: str, code: Optional[int]) -> ControlError:
    """The error for a call of conditions, whose 0 means no."""
    if code == 0:
        return ControlError(
            call,
            0,
            "",
            "the control refused without a reason: asked too often, or a condition that this server "
            "does not search",
        )
    return refused(call, code)


def _hand_over(done: Callable[[Known], None], on_error: OnError, known: Known) -> None:
    try:
        done(known)
    except KiwoomError as error:
        call_out(on_error, error)
