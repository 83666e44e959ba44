"""Turns the control's calls and events into answers: login, requests, real time, conditions, orders."""
# ruff: noqa: N802, N803 (the vendor's names)

from __future__ import annotations

import logging
import re
from collections import deque
from functools import partial
from typing import Any, Callable, Deque, Dict, List, NamedTuple, Optional, Protocol, Tuple

from sapi_kiwoom import krx
from sapi_kiwoom.control import Control
from sapi_kiwoom.errors import KiwoomError
from sapi_kiwoom.loop import SECOND, Handle, Loop
from sapi_kiwoom.session.conditions import Conditions
from sapi_kiwoom.session.gate import Gate, call_out
from sapi_kiwoom.session.limiter import DEFAULT, NOTICE, Limiter, Window
from sapi_kiwoom.session.masking import Masking
from sapi_kiwoom.session.pages import Row
from sapi_kiwoom.session.realtime import Listener, Realtime
from sapi_kiwoom.session.refused import refused
from sapi_kiwoom.session.requests import Chain, Requests, Ticket
from sapi_kiwoom.session.screens import Screens

__all__ = [
    "DEFAULT",
    "NOTICE",
    "Chain",
    "Conditions",
    "Limiter",
    "Listener",
    "OrderEvents",
    "Realtime",
    "Requests",
    "Row",
    "Screens",
    "ServerMessage",
    "Session",
    "Ticket",
    "Window",
]

log = logging.getLogger(__name__)

LINE_LOST = -106

LONGEST_RETRY = 300 * SECOND

_CODE = re.compile(r"\s*\[([0-9A-Za-z]+)\]\s*")

CONNECTED, LOST, LOGIN_FAILED, MAINTENANCE = "connected", "lost", "login-failed", "maintenance"
"""What `Session.watch_states` tells."""

_MAINTENANCE = (300, 310)
"""Minutes after midnight, Korean time, in which the broker's server is checked every day: from 05:00."""

_WHO = ("USER_NAME", "USER_ID")


class OrderEvents(Protocol):
    """What becomes of orders, as the control tells it.

    Nothing of it arrives inside a call of the control. The values were read inside their event.
    """

    def on_chejan(self, gubun: str, values: Dict[int, str]) -> None:
        """OnReceiveChejanData: ``gubun`` "0" 주문체결, "1" 잔고; the values by FID, without blanks around."""

    def on_message(self, screen: str, rqname: str, trcode: str, text: str) -> None:
        """What the broker's server says about something sent from a screen for orders; not masked."""

    def on_answer(self, rqname: str, trcode: str, number: str) -> None:
        """OnReceiveTrData of an order: its 주문번호, "" for one that the server turned down."""

    def on_connection(self, connected: bool) -> None:
        """Logged in, or the login is lost; before anybody else hears of it."""


class ServerMessage(NamedTuple):
    """What the broker's server says to a person.

    Attributes:
        code: what stands in brackets before the text, ``RC4058``; "" where nothing does. It may change.
        text: the rest, with account numbers and the user's names hidden.
        rqname, trcode: of the request that it is about.
    """

    code: str
    text: str
    rqname: str
    trcode: str


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

    Attributes:
        requests: TRs.
        realtime: real-time events.
        conditions: condition search.
        orders: hears what becomes of orders; None where none are sent.
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
        self.realtime = Realtime(control, self._gate, self.screens.realtime, self.requests)
        self.conditions = Conditions(
            control, loop, self._gate, limiter, self.screens.conditions, timeout
        )
        self.orders: Optional[OrderEvents] = None
        self.masked = Masking()
        self._login_retry = login_retry
        self._connected = False
        self._first: Optional[Tuple[Callable[[], None], Callable[[KiwoomError], None]]] = None
        self._was_connected = False
        self._failures = 0
        self._timer: Optional[Handle] = None
        self._watchers: List[Callable[[bool], None]] = []
        self._state_watchers: List[Callable[[str, Dict[str, Any]], None]] = []
        self._message_watchers: List[Callable[[ServerMessage], None]] = []
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

    @property
    def gate(self) -> Gate:
        """Closed while a call of the control is under way; for those who call the control too."""
        return self._gate

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

    def watch_states(self, on_state: Callable[[str, Dict[str, Any]], None]) -> None:
        """Tell from now on what becomes of the login, and the details that there are.

        `CONNECTED`; `LOST` and `LOGIN_FAILED` with ``code``, ``message`` and ``retry_seconds``;
        `MAINTENANCE` behind these in the minutes of the broker's daily check.
        """
        self._state_watchers.append(on_state)

    def watch_messages(self, on_message: Callable[[ServerMessage], None]) -> None:
        """Tell from now on what the broker's server says."""
        self._message_watchers.append(on_message)

    # -- events of the control -----------------------------------------------------------------

    def OnEventConnect(self, nErrCode: int) -> None:
        """See `Events`."""
        if nErrCode == 0:
            self._gate.run(self._logged_in)
        else:
            self._gate.run(partial(self._lost, nErrCode))

    def OnReceiveMsg(self, sScrNo: str, sRQName: str, sTrCode: str, sMsg: str) -> None:
        """See `Events`."""
        text = self.masked(sMsg)
        log.debug("server message on %s (%s, screen %s): %s", sTrCode, sRQName, sScrNo, text)
        self.requests.on_message(sRQName, text)
        if self.orders is not None and sScrNo in self.screens.orders:
            on_message = self.orders.on_message
            self._gate.run(partial(call_out, on_message, sScrNo, sRQName, sTrCode, sMsg))
        message = _message(text, sRQName, sTrCode)
        for told in tuple(self._message_watchers):
            self._gate.run(partial(call_out, told, message))

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
        if sScrNo in self.screens.orders:
            self._on_order_answer(sRQName, sTrCode)
        else:
            self.requests.on_tr_data(sScrNo, sRQName, sPrevNext)

    def OnReceiveRealData(self, sRealKey: str, sRealType: str, sRealData: str) -> None:
        """See `Events`."""
        self._gate.run(partial(self.realtime.deliver, sRealKey, sRealType, sRealData))

    def OnReceiveChejanData(self, sGubun: str, nItemCnt: int, sFIdList: str) -> None:
        """See `Events`. Read now, for the values are only here; told when no call is under way."""
        log.debug("chejan event %s with %d items", sGubun, nItemCnt)
        if self.orders is None:
            return
        values: Dict[int, str] = {}
        try:
            with self._gate:
                for fid in sFIdList.split(";"):
                    if fid.strip().isdigit():
                        values[int(fid)] = self.control.GetChejanData(int(fid)).strip()
        except Exception:  # what was read counts: it may be a fill
            log.exception("a chejan event could not be read to its end")
        self._gate.run(partial(call_out, self.orders.on_chejan, sGubun, values))

    def OnReceiveConditionVer(self, lRet: int, sMsg: str) -> None:
        """See `Events`."""
        self._gate.run(partial(self.conditions.on_loaded, lRet, sMsg))

    def OnReceiveTrCondition(
        self, sScrNo: str, strCodeList: str, strConditionName: str, nIndex: int, nNext: int
    ) -> None:
        """See `Events`."""
        self._gate.run(partial(self.conditions.on_found, sScrNo, strCodeList, nIndex))

    def OnReceiveRealCondition(
        self, strCode: str, strType: str, strConditionName: str, strConditionIndex: str
    ) -> None:
        """See `Events`."""
        self._gate.run(partial(self.conditions.on_change, strCode, strType, strConditionIndex))

    def OnReceiveInvestRealData(self, sRealKey: str) -> None:
        """See `Events`. Out of use."""

    # -- what they lead to ---------------------------------------------------------------------

    def _on_order_answer(self, rqname: str, trcode: str) -> None:
        number = ""
        try:
            with self._gate:
                number = self.control.GetCommData(trcode, "", 0, "주문번호").strip()
        except Exception:
            log.exception("the answer to an order could not be read")
            return  # not told: no number would mean that it was turned down
        if self.orders is not None:
            self._gate.run(partial(call_out, self.orders.on_answer, rqname, trcode, number))

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
        self._learn_names()
        if self.orders is not None:
            call_out(self.orders.on_connection, True)
        self._restore()
        self.requests.resume()
        self.conditions.resume()
        if self._first is not None:
            on_connected, _ = self._first
            self._first = None
            self._gate.post(on_connected)
        self._tell(True)
        self._tell_state(CONNECTED, {})
        self._run_waiting()

    def _lost(self, code: Optional[int]) -> None:
        error = refused("CommConnect", code)
        state = LOST if self._connected else LOGIN_FAILED
        told: Dict[str, Any] = {"code": error.code, "message": error.message}
        if self._connected:
            self._connected = False
            if self.orders is not None:
                call_out(self.orders.on_connection, False)
            self.realtime.suspend()
            self.conditions.suspend()
            self.requests.suspend()
            self._tell(False)
        elif self._first is not None and code != LINE_LOST:
            _, on_failed = self._first
            self._first = None
            self._gate.post(partial(on_failed, error))
            self._tell_state(state, told)
            return
        elif self._first is None and not self._was_connected:
            return  # nobody asked for a login
        delay = min(self._login_retry << min(self._failures, 16), LONGEST_RETRY)
        self._failures += 1
        log.warning("%s; logging in again in %g s", error, delay / SECOND)
        self._set_timer(self._gate.call_later(delay, self._login))
        told["retry_seconds"] = delay / SECOND
        self._tell_state(state, told)
        first, last = _MAINTENANCE
        if first <= krx.day_and_minute(self.loop.now())[1] < last:
            self._tell_state(MAINTENANCE, told)

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

    def _tell_state(self, state: str, details: Dict[str, Any]) -> None:
        for on_state in tuple(self._state_watchers):
            call_out(on_state, state, dict(details))

    def _learn_names(self) -> None:
        """Whose login it is, so that no message tells it."""
        try:
            with self._gate:
                self.masked.know(self.control.GetLoginInfo(tag) for tag in _WHO)
        except Exception:
            log.exception("the user's names are not known, so they cannot be hidden in messages")

    def _set_timer(self, timer: Optional[Handle]) -> None:
        if self._timer is not None:
            self.loop.cancel(self._timer)
        self._timer = timer


def _message(text: str, rqname: str, trcode: str) -> ServerMessage:
    found = _CODE.match(text)
    code = found.group(1) if found else ""
    return ServerMessage(code, text[found.end() if found else 0 :].strip(), rqname, trcode)
