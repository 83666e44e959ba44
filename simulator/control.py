"""The simulated control: argument checks, return codes and event timing as the real one has them."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field
from itertools import islice
from typing import Dict, Iterator, List, Optional, Tuple

from sapi_kiwoom import catalogue
from sapi_kiwoom.catalogue import Tr
from sapi_kiwoom.control import Events
from sapi_kiwoom.errors import KiwoomError
from sapi_kiwoom.loop import Loop
from simulator import masters
from simulator.answers import ANSWERS, SINGLES, Rows
from simulator.answers.world import World
from simulator.draws import Draws
from simulator.limits import Allowance, RequestLimit
from simulator.registrations import Registrations
from simulator.stream import Streams
from simulator.strings import padded
from simulator.universe import Stock

log = logging.getLogger(__name__)

NOT_CONNECTED, NO_SUCH_TR, WRONG_INPUT, TOO_MANY_CODES, TOO_MANY_FIDS = -101, -201, -202, -204, -206
LINE_LOST = -106

_ROWS_A_TURN = 200
"""Rows made before others get their turn on the loop."""


@dataclass(frozen=True)
class Behaviour:
    """What may be chosen about the control.

    Attributes:
        profile: ``mock`` speaks like Kiwoom's mock server (모의투자), ``real`` like the real one.
        login: microseconds from CommConnect to OnEventConnect.
        latency: least and most microseconds from a request to its answer (recorded: 60 to 110 ms).
        allowance: requests that are allowed.
        login_error: what OnEventConnect reports; 0 is a successful login.
    """

    profile: str = "mock"
    login: int = 50_000
    latency: Tuple[int, int] = (60_000, 110_000)
    allowance: Allowance = field(default_factory=Allowance)
    login_error: int = 0


@dataclass
class _Chain:
    """A request whose pages are being asked for."""

    code: str
    inputs: Dict[str, str]
    rows: Rows
    ahead: List[List[str]] = field(default_factory=list)  # made but not sent


@dataclass
class _Answer:
    """What the getters read inside OnReceiveTrData."""

    tr: Tr
    inputs: Dict[str, str]
    rows: List[List[str]]


class SimulatedControl:
    """Implements `Control` over a simulated market.

    Raises:
        RuntimeError: a call came from another thread than the one that made the control, as would
            happen to a COM object of a single-threaded apartment.
    """

    def __init__(self, loop: Loop, world: World, behaviour: Optional[Behaviour] = None) -> None:
        self._loop = loop
        self._world = world
        self._behaviour = behaviour or Behaviour()
        self._thread = threading.get_ident()
        self._events: Optional[Events] = None
        self._connected = False
        self._logins = 0
        self._limit = RequestLimit(self._behaviour.allowance)
        self._inputs: Dict[str, str] = {}
        self._chain: Optional[_Chain] = None
        self._answer: Optional[_Answer] = None
        self._real: Tuple[str, List[str]] = ("", [])
        self._requests = 0
        self._streams = Streams(world, loop, self._deliver)
        self._registrations = Registrations(self._streams.start, self._streams.stop)

    def attach(self, events: Events) -> None:
        """See `Control.attach`."""
        assert self._events is None, "the control has its sink already"
        self._events = events

    # -- session -------------------------------------------------------------------------------

    def CommConnect(self) -> int:
        """See `Control.CommConnect`."""
        self._check_thread()
        self._loop.call_later(self._behaviour.login, self._finish_login)
        return 0

    def _finish_login(self) -> None:
        error = self._behaviour.login_error
        if error == 0:
            self._connected = True
            self._logins += 1
            self._limit.forgive()
        self._sink.OnEventConnect(error)

    def GetConnectState(self) -> int:
        """See `Control.GetConnectState`."""
        self._check_thread()
        return int(self._connected)

    def GetLoginInfo(self, sTag: str) -> str:
        """See `Control.GetLoginInfo`. The accounts are invented."""
        self._check_thread()
        return masters.login_info(sTag, self._behaviour.profile) if self._connected else ""

    def lose_line(self) -> None:
        """The line to the broker's server breaks: registrations and requests in flight are gone."""
        self._connected = False
        self._chain = None
        self._inputs.clear()
        self._registrations.clear()
        self._logins += 1  # answers under way belong to the login that is over
        self._sink.OnEventConnect(LINE_LOST)

    # -- requests ------------------------------------------------------------------------------

    def SetInputValue(self, sID: str, sValue: str) -> None:
        """See `Control.SetInputValue`."""
        self._check_thread()
        self._inputs[sID] = sValue

    def CommRqData(self, sRQName: str, sTrCode: str, nPrevNext: int, sScreenNo: str) -> int:
        """See `Control.CommRqData`."""
        self._check_thread()
        inputs, self._inputs = self._inputs, {}
        if not self._connected:
            return NOT_CONNECTED
        refused = self._limit.request(self._loop.now())
        if refused:
            if refused == -209:
                log.warning(
                    "조회횟수 제한 : -209. 과도한 조회요청으로 다시 로그인할 때까지 조회가 차단됩니다."
                )
            return refused
        try:
            tr = catalogue.tr(sTrCode)
        except KiwoomError:
            return NO_SUCH_TR
        if any(not inputs.get(each.name) for each in tr.inputs if each.name != "기준일자"):
            return WRONG_INPUT
        inputs.setdefault("기준일자", "")
        chain = self._chain
        if nPrevNext != 2 or chain is None or (chain.code, chain.inputs) != (tr.code, inputs):
            # Another TR in between breaks a chain: what follows is a first page again.
            rows = ANSWERS[tr.code.lower()](self._world, inputs, self._loop.now())
            chain = _Chain(tr.code, inputs, rows)
        self._chain = chain
        self._requests += 1
        latency = Draws(self._world.feed.seed, "latency", str(self._requests)).between(
            *self._behaviour.latency
        )
        login = self._logins
        due = self._loop.now() + latency

        def prepare() -> None:
            if login != self._logins:
                return
            try:
                prepared = self._prepare(chain, tr)
            except Exception:  # a defect of ours; whoever asked learns it by a time-out
                log.exception("%s with %s cannot be answered", tr.code, inputs)
                return
            if prepared:
                self._loop.call_later(
                    due - self._loop.now(),
                    lambda: self._send_answer(chain, tr, sScreenNo, sRQName, sTrCode, login),
                )
            else:
                self._loop.call_later(0, prepare)

        self._loop.call_later(0, prepare)
        return 0

    def _prepare(self, chain: _Chain, tr: Tr) -> bool:
        """Make rows ahead, a turn's worth; True when the page and one row more are there, or no more come."""
        assert tr.multi is not None
        for row in islice(chain.rows, _ROWS_A_TURN):
            if row is None:
                return False
            chain.ahead.append(row)
            if len(chain.ahead) > tr.multi.rows:
                return True
        return _exhausted(chain)

    def _send_answer(
        self, chain: _Chain, tr: Tr, screen: str, rqname: str, trcode: str, login: int
    ) -> None:
        if login != self._logins:
            return
        assert tr.multi is not None
        rows, chain.ahead = chain.ahead[: tr.multi.rows], chain.ahead[tr.multi.rows :]
        prefix = "모의투자 " if self._behaviour.profile == "mock" else ""
        text = "조회가 완료되었습니다" if prefix else "조회가 완료되었습니다."
        self._sink.OnReceiveMsg(screen, rqname, trcode, f"[100000] {prefix}{text}")
        code = chain.inputs.get("종목코드", "")
        if code in self._world.stocks:  # a quote's answer registers its stock by itself
            self._registrations.replace(screen, [code])
        self._answer = _Answer(tr, chain.inputs, rows)
        try:
            more = "2" if chain.ahead else "0"
            self._sink.OnReceiveTrData(screen, rqname, trcode, "", more, 0, "", "", "")
        finally:
            self._answer = None

    def GetRepeatCnt(self, sTrCode: str, sRecordName: str) -> int:
        """See `Control.GetRepeatCnt`. Whatever record is named, the multi record counts."""
        answer = self._current(sTrCode)
        return len(answer.rows) if answer else 0

    def GetCommData(self, strTrCode: str, strRecordName: str, nIndex: int, strItemName: str) -> str:
        """See `Control.GetCommData`. Blanks stand behind the value."""
        answer = self._current(strTrCode)
        if answer is None:
            return ""
        assert answer.tr.multi is not None
        for column, each in enumerate(answer.tr.multi.fields):
            if each.name == strItemName and 0 <= nIndex < len(answer.rows):
                return padded(answer.rows[nIndex][column], each.width)
        if nIndex == 0 and strItemName in SINGLES.get(answer.tr.code.lower(), ()):
            return padded(answer.inputs[strItemName], 20)
        return ""

    def GetCommDataEx(self, strTrCode: str, strRecordName: str) -> Optional[List[List[str]]]:
        """See `Control.GetCommDataEx`."""
        answer = self._current(strTrCode)
        if answer is None or not answer.rows:
            return None
        assert answer.tr.multi is not None
        widths = [each.width for each in answer.tr.multi.fields]
        return [[padded(value, width) for value, width in zip(row, widths)] for row in answer.rows]

    def _current(self, trcode: str) -> Optional[_Answer]:
        self._check_thread()
        answer = self._answer
        return answer if answer and answer.tr.code.lower() == trcode.lower() else None

    # -- real time -----------------------------------------------------------------------------

    def SetRealReg(
        self, strScreenNo: str, strCodeList: str, strFidList: str, strOptType: str
    ) -> int:
        """See `Control.SetRealReg`."""
        self._check_thread()
        if not self._connected:
            return NOT_CONNECTED
        codes = [code for code in strCodeList.split(";") if code]
        if len(codes) > 100:
            return TOO_MANY_CODES
        if len(strFidList.split(";")) > 100:
            return TOO_MANY_FIDS
        if strOptType == "0":
            self._registrations.replace(strScreenNo, codes)
        else:
            self._registrations.add(strScreenNo, codes)
        return 0

    def SetRealRemove(self, strScrNo: str, strDelCode: str) -> None:
        """See `Control.SetRealRemove`."""
        self._check_thread()
        self._registrations.remove(strScrNo, [strDelCode])

    def DisconnectRealData(self, sScnNo: str) -> None:
        """See `Control.DisconnectRealData`."""
        self._check_thread()
        self._registrations.remove(sScnNo, ["ALL"])

    def GetCommRealData(self, sTrCode: str, nFid: int) -> str:
        """See `Control.GetCommRealData`. The first argument is ignored, as by the real control."""
        self._check_thread()
        real_type, values = self._real
        if not values:
            return ""
        fids = catalogue.real_types()[real_type].fids
        return values[fids.index(nFid)] if nFid in fids else ""

    def _deliver(self, code: str, real_type: str, raw: str) -> None:
        self._real = (real_type, raw.split("\t"))
        try:
            self._sink.OnReceiveRealData(code, real_type, raw)
        finally:
            self._real = ("", [])

    # -- masters -------------------------------------------------------------------------------

    def GetCodeListByMarket(self, sMarket: str) -> str:
        """See `Control.GetCodeListByMarket`."""
        self._check_thread()
        return masters.codes(self._world.stocks, sMarket) if self._connected else ""

    def GetMasterCodeName(self, sTrCode: str) -> str:
        """See `Control.GetMasterCodeName`."""
        stock = self._master(sTrCode)
        return stock.name if stock else ""

    def GetMasterListedStockCnt(self, sTrCode: str) -> int:
        """See `Control.GetMasterListedStockCnt`: the low 32 bits, as a signed number."""
        stock = self._master(sTrCode)
        return (stock.shares + (1 << 31)) % (1 << 32) - (1 << 31) if stock else 0

    def GetMasterConstruction(self, sTrCode: str) -> str:
        """See `Control.GetMasterConstruction`."""
        return "정상" if self._master(sTrCode) else ""

    def GetMasterListedStockDate(self, sTrCode: str) -> str:
        """See `Control.GetMasterListedStockDate`."""
        stock = self._master(sTrCode)
        return stock.listed.strftime("%Y%m%d") if stock else ""

    def GetMasterLastPrice(self, sTrCode: str) -> str:
        """See `Control.GetMasterLastPrice`: ten digits."""
        stock = self._master(sTrCode)
        if stock is None:
            return ""
        day = self._world.trading_day(self._loop.now())
        return f"{self._world.feed.base_price(stock, day):010d}"

    def GetMasterStockState(self, sTrCode: str) -> str:
        """See `Control.GetMasterStockState`."""
        stock = self._master(sTrCode)
        return masters.state(stock) if stock else ""

    def KOA_Functions(self, sFunctionName: str, sParam: str) -> str:
        """See `Control.KOA_Functions`. A function that is not simulated answers "", as an unknown one."""
        self._check_thread()
        if not self._connected:
            return ""
        return masters.function(
            sFunctionName, sParam, self._world.stock(sParam), self._behaviour.profile
        )

    # -- inside --------------------------------------------------------------------------------

    def _master(self, code: str) -> Optional[Stock]:
        self._check_thread()
        return self._world.stock(code) if self._connected else None

    @property
    def _sink(self) -> Events:
        assert self._events is not None, "attach a sink before CommConnect"
        return self._events

    def _check_thread(self) -> None:
        if threading.get_ident() != self._thread:
            raise RuntimeError(
                "the control was called from another thread than the one that made it; "
                "hand the call over with loop.post"
            )


def _exhausted(chain: _Chain) -> bool:
    """Whether the rows ended; looks one ahead."""
    ahead: Iterator[Optional[List[str]]] = islice(chain.rows, 1)
    for row in ahead:
        if row is not None:
            chain.ahead.append(row)
        return False
    return True
