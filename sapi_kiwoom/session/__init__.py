"""Turns the control's calls and events into answers: login, requests, real-time registrations."""
# ruff: noqa: N802, N803 (the vendor's names)

from __future__ import annotations

import logging
from collections import deque
from functools import partial
from typing import Callable, Deque, List, Optional, Tuple

from sapi_kiwoom.control import Control
from sapi_kiwoom.errors import KiwoomError
from sapi_kiwoom.loop import SECOND, Handle, Loop
from sapi_kiwoom.session.gate import Gate, call_out
from sapi_kiwoom.session.limiter import DEFAULT, NOTICE, Limiter, Window
from sapi_kiwoom.session.pages import Row
from sapi_kiwoom.session.realtime import Listener, Realtime
from sapi_kiwoom.session.refused import refused
from sapi_kiwoom.session.requests import Chain, Requests, Ticket
from sapi_kiwoom.session.screens import Screens

__all__ = [
    "DEFAULT",
    "NOTICE",
    "Chain",
    "Limiter",
    "Listener",
    "Realtime",
    "Requests",
    "Row",
    "Screens",
    "Session",
    "Ticket",
    "Window",
]

log = logging.getLogger(__name__)

LINE_LOST = -106

LONGEST_RETRY = 300 * SECOND


class Session:
    """One login at one control; the sink of its events.

    Everything happens on the loop's thread, nothing blocks. Work that others bring in through
    `Loop.post` may arrive in the middle of a call of the control: pass it to `outside_calls`.

    Args:
        control: not attached to any sink yet.
        loop: the loop on whose thread the control lives.
        limiter: the budget of TR requests; by default `DEFAULT` without a history.
        screens: by default the usual division.
        login_retry: microseconds until a lost login is tried again; doubled after each failure.
        timeout: microseconds until a TR that was not answered counts as lost.
        depth: so many TR requests may wait.
    """

    def __init__(
        self,
        control: Control,
        loop: Loop,
        limiter: Optional[Limiter] = None,
        *,
        screens: Optional[Screens] = None,
        login_retry: int = 5 * SECOND,
        timeout: int = 10 * SECOND,
        depth: int = 1000,
    ) -> None:
        self.control = control
        self.screens = screens or Screens()
        self.loop = loop
        self._gate = Gate(loop)
        limiter = limiter or Limiter()
        self.requests = Requests(
            control, loop, self._gate, limiter, self.screens.tr, timeout, depth
        )
        self.realtime = Realtime(control, self._gate, self.screens.realtime)
        self._login_retry = login_retry
        self._connected = False
        self._first: Optional[Tuple[Callable[[], None], Callable[[KiwoomError], None]]] = None
        self._was_connected = False
        self._failures = 0
        self._timer: Optional[Handle] = None
        self._watchers: List[Callable[[bool], None]] = []
        self._when_connected: Deque[Callable[[], None]] = deque()
        control.attach(self)

    # -- login ---------------------------------------------------------------------------------

    def start(
        self, on_connected: Callable[[], None], on_failed: Callable[[KiwoomError], None]
    ) -> None:
        """Log in. The loop calls one of the two, once; after ``on_failed`` it may be started again.

        A line that is lost in the middle of it (-106) is tried again instead.
        """
        if self._first is not None or self._was_connected:
            raise RuntimeError("this session was started already")
        self._first = (on_connected, on_failed)
        self._login()

    @property
    def connected(self) -> bool:
        """Whether the control is logged in."""
        return self._connected

    def when_connected(self, fn: Callable[[], None]) -> None:
        """Run ``fn`` now or, without a login, right after the next; in the order of asking."""
        self._when_connected.append(fn)
        self._gate.run(self._run_waiting)

    def outside_calls(self, fn: Callable[[], None]) -> None:
        """Run ``fn`` now or, in the middle of a call of the control, soon after it; in order."""
        self._gate.run(fn)

    def watch(self, on_state: Callable[[bool], None]) -> None:
        """Call ``on_state`` with True after each login and with False after each loss of it."""
        self._watchers.append(on_state)

    # -- events of the control -----------------------------------------------------------------

    def OnEventConnect(self, nErrCode: int) -> None:
        """See `Events`."""
        if nErrCode == 0:
            self._gate.run(self._logged_in)
        else:
            self._gate.run(partial(self._lost, nErrCode))

    def OnReceiveMsg(self, sScrNo: str, sRQName: str, sTrCode: str, sMsg: str) -> None:
        """See `Events`."""
        log.debug("server message on %s (%s, screen %s): %s", sTrCode, sRQName, sScrNo, sMsg)
        self.requests.on_message(sRQName, sMsg)

    def OnReceiveTrData(
        self,
        sScrNo: str,
        sRQName: str,
        sTrCode: str,
        sRecordName: str,
        sPrevNext: str,
        nDataLength: int,
        sErrorCode: str,
        sMessage: str,
        sSplmMsg: str,
    ) -> None:
        """See `Events`."""
        self.requests.on_tr_data(sScrNo, sRQName, sPrevNext)

    def OnReceiveRealData(self, sRealKey: str, sRealType: str, sRealData: str) -> None:
        """See `Events`."""
        self._gate.run(partial(self.realtime.deliver, sRealKey, sRealType, sRealData))

    def OnReceiveChejanData(self, sGubun: str, nItemCnt: int, sFIdList: str) -> None:
        """See `Events`. Orders are not sent through the session yet; those of others are only logged."""
        log.debug("chejan event %s with %d items", sGubun, nItemCnt)

    def OnReceiveConditionVer(self, lRet: int, sMsg: str) -> None:
        """See `Events`. The session searches no conditions."""

    def OnReceiveTrCondition(
        self, sScrNo: str, strCodeList: str, strConditionName: str, nIndex: int, nNext: int
    ) -> None:
        """See `Events`. The session searches no conditions."""

    def OnReceiveRealCondition(
        self, strCode: str, strType: str, strConditionName: str, strConditionIndex: str
    ) -> None:
        """See `Events`. The session searches no conditions."""

    def OnReceiveInvestRealData(self, sRealKey: str) -> None:
        """See `Events`. Out of use."""

    # -- what they lead to ---------------------------------------------------------------------

    def _login(self) -> None:
        self._timer = None
        if self._connected:
            return
        code: Optional[int] = None
        try:
            with self._gate:
                code = self.control.CommConnect()
        except Exception:
            log.exception("CommConnect failed")
        if code != 0:
            self._lost(code)

    def _logged_in(self) -> None:
        if self._connected:
            return
        log.info("logged in")
        self._connected = self._was_connected = True
        self._failures = 0
        self._set_timer(None)
        self._restore()
        self.requests.resume()
        if self._first is not None:
            on_connected, _ = self._first
            self._first = None
            self._gate.post(on_connected)
        self._tell(True)
        self._run_waiting()

    def _lost(self, code: Optional[int]) -> None:
        error = refused("CommConnect", code)
        if self._connected:
            self._connected = False
            self.realtime.suspend()
            self.requests.suspend()
            self._tell(False)
        elif self._first is not None and code != LINE_LOST:
            _, on_failed = self._first
            self._first = None
            self._gate.post(partial(on_failed, error))
            return
        elif self._first is None and not self._was_connected:
            return  # nobody asked for a login
        delay = min(self._login_retry << min(self._failures, 16), LONGEST_RETRY)
        self._failures += 1
        log.warning("%s; logging in again in %g s", error, delay / SECOND)
        self._set_timer(self._gate.call_later(delay, self._login))

    def _restore(self) -> None:
        self._timer = None
        if self._connected and not self.realtime.restore():
            self._set_timer(self._gate.call_later(self._login_retry, self._restore))

    def _run_waiting(self) -> None:
        while self._connected and self._when_connected:
            call_out(self._when_connected.popleft())

    def _tell(self, connected: bool) -> None:
        for on_state in tuple(self._watchers):
            call_out(on_state, connected)

    def _set_timer(self, timer: Optional[Handle]) -> None:
        if self._timer is not None:
            self.loop.cancel(self._timer)
        self._timer = timer
