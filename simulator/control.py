"""The simulated control: argument checks, return codes and event timing as the real one has them."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field
from typing import Dict, FrozenSet, List, Optional, Tuple

from sapi_kiwoom import catalogue
from sapi_kiwoom.control import Events
from sapi_kiwoom.errors import KiwoomError
from sapi_kiwoom.loop import SECOND
from simulator import faults, masters
from simulator.brokerage.messages import Saying, text
from simulator.brokerage.notices import Notice
from simulator.brokerage.order import BUY, NEW
from simulator.brokerage.validation import ORDER_TYPES, OrdersASecond, Request, local
from simulator.chains import Answer, Chain, order_answer
from simulator.clock import VirtualLoop
from simulator.draws import Draws
from simulator.faults import Faults
from simulator.house import AnyHouse, Line
from simulator.limits import Allowance, RequestLimit
from simulator.registrations import Registrations
from simulator.scenario.model import Fault, Scenario
from simulator.stream import STOCK_TYPES
from simulator.universe import Stock

log = logging.getLogger(__name__)

NOT_CONNECTED, NO_SUCH_TR, WRONG_INPUT, TOO_MANY_CODES, TOO_MANY_FIDS = -101, -201, -202, -204, -206
LINE_LOST, SEND_FAILED = -106, -307

DERIVATIVES = "8099999931"
"""An account that the login has besides those that trade stocks."""


@dataclass(frozen=True)
class Behaviour:
    """What may be chosen about the control.

    Attributes:
        login: microseconds from CommConnect to OnEventConnect.
        latency: least and most microseconds from a request to its answer (recorded: 60 to 110 ms).
        allowance: requests that are allowed.
        login_error: what OnEventConnect reports; 0 is a successful login.
        message_first: whether OnReceiveMsg of an order comes before OnReceiveTrData, as recorded; the
            guide has it the other way round.
        guards: whether orders above 2 and 5 billion won, or 1 % and 3 % of the shares, fail.
    """

    login: int = 50_000
    latency: Tuple[int, int] = (60_000, 110_000)
    allowance: Allowance = field(default_factory=Allowance)
    login_error: int = 0
    message_first: bool = True
    guards: bool = False


class SimulatedControl:
    """Implements `Control` over a simulated broker.

    Raises:
        RuntimeError: a call came from another thread than the one that made the control, as would
            happen to a COM object of a single-threaded apartment.
    """

    def __init__(
        self,
        loop: VirtualLoop,
        house: AnyHouse,
        scenario: Optional[Scenario] = None,
        behaviour: Optional[Behaviour] = None,
    ) -> None:
        self._loop = loop
        self._house = house
        self._world = house.world
        self._scenario = scenario or Scenario()
        self._behaviour = behaviour or Behaviour()
        self._thread = threading.get_ident()
        self._events: Optional[Events] = None
        self._line: Optional[Line] = None
        self._closed_until = 0
        self._limit = RequestLimit(self._behaviour.allowance)
        self._orders = OrdersASecond()
        self._inputs: Dict[str, str] = {}
        self._chain: Optional[Chain] = None
        self._answer: Optional[Answer] = None
        self._real: Tuple[str, str] = ("", "")  # type and raw string of the event under way
        self._real_values: Optional[List[str]] = None  # split when a value is asked for
        self._notice: Optional[Notice] = None
        self._requests = 0
        self._registrations = Registrations(self._want)
        self.faults = Faults(self._scenario.faults, self._scenario.seed)
        for fault in self.faults.timed:
            self._meet_later(fault)

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
        if self._loop.now() < self._closed_until:
            error = NOT_CONNECTED
        if error == 0 and self._line is None:
            try:
                self._line = self._house.connect(self)
                self._limit.forgive()
            except KiwoomError as failed:
                log.warning("%s", failed)
                error = NOT_CONNECTED
        self._sink.OnEventConnect(error)

    def GetConnectState(self) -> int:
        """See `Control.GetConnectState`."""
        self._check_thread()
        return int(self._line is not None)

    def GetLoginInfo(self, sTag: str) -> str:
        """See `Control.GetLoginInfo`. The accounts are invented."""
        self._check_thread()
        if self._line is None:
            return ""
        accounts = [
            *(
                masters.Account(each.number, each.name, "위탁종합")
                for each in self._scenario.accounts
            ),
            masters.Account(DERIVATIVES, self._scenario.accounts[0].name, "선물옵션"),
        ]
        return masters.login_info(sTag, self._house.profile, accounts)

    def lost(self) -> None:
        """See `Client.lost`."""
        self.lose_line()

    def lose_line(self) -> None:
        """The line to the broker's server breaks: registrations and requests in flight are gone."""
        line, self._line = self._line, None
        self._chain = None
        self._inputs.clear()
        self._registrations.clear()
        if line is not None:
            line.close()
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
        return self._request(sRQName, sTrCode, nPrevNext, sScreenNo, inputs, "CommRqData")

    def CommKwRqData(
        self,
        sArrCode: str,
        bNext: int,
        nCodeCount: int,
        nTypeFlag: int,
        sRQName: str,
        sScreenNo: str,
    ) -> int:
        """See `Control.CommKwRqData`. Futures and options (type 3) are not simulated."""
        self._check_thread()
        codes = [code for code in sArrCode.split(";") if code]
        if len(codes) > 100:
            return TOO_MANY_CODES
        if nTypeFlag != 0 or len(codes) != nCodeCount:
            return WRONG_INPUT
        inputs = {"종목코드": ";".join(codes)}
        return self._request(sRQName, "OPTKWFID", 0, sScreenNo, inputs, "CommKwRqData")

    def _request(
        self,
        rqname: str,
        trcode: str,
        prev_next: int,
        screen: str,
        inputs: Dict[str, str],
        call: str,
    ) -> int:
        line = self._line
        if line is None:
            return NOT_CONNECTED
        fault = self.faults.on(call)
        if fault is not None and fault.effect == faults.CODE:
            return fault.code
        refused = self._limit.request(self._loop.now())
        if refused:
            if refused == -209:
                log.warning(
                    "조회횟수 제한 : -209. 과도한 조회요청으로 다시 로그인할 때까지 조회가 차단됩니다."
                )
            return refused
        try:
            tr = catalogue.tr(trcode)
        except KiwoomError:
            return NO_SUCH_TR
        if any(not (each.optional or inputs.get(each.name)) for each in tr.inputs):
            return WRONG_INPUT
        for each in tr.inputs:
            inputs.setdefault(each.name, "")
        chain = self._chain
        if prev_next != 2 or chain is None or not chain.continues(tr, inputs):
            # Another TR in between breaks a chain: what follows is a first page again.
            reply = line.ask(tr.code.lower(), inputs)
            if reply is None:
                return NO_SUCH_TR
            chain = Chain(tr, inputs, reply)
        self._chain = chain
        self._requests += 1
        if fault is not None and fault.effect == faults.NO_ANSWER:
            return 0
        latency = Draws(self._scenario.seed, "latency", str(self._requests)).between(
            *self._behaviour.latency
        )
        if fault is not None and fault.effect == faults.LATE:
            latency += int(fault.seconds * SECOND)
        due = self._loop.now() + latency
        asked = chain

        def alive() -> bool:
            return self._line is line

        def answer() -> None:
            if alive():
                self._send_answer(asked, screen, rqname, trcode)

        def ready() -> None:
            self._loop.call_later(due - self._loop.now(), answer)

        self._loop.call_later(0, lambda: asked.prepare(self._loop, alive, ready))
        return 0

    def _send_answer(self, chain: Chain, screen: str, rqname: str, trcode: str) -> None:
        answer = chain.page()
        self._sink.OnReceiveMsg(
            screen, rqname, trcode, text(self._house.profile, Saying.QUERY_DONE)
        )
        codes = chain.inputs.get("종목코드", "").split(";")
        if all(self._world.stock(code) for code in codes):
            # a quote's answer registers its stocks by itself
            self._registrations.replace(screen, codes, STOCK_TYPES)
        self._receive(screen, rqname, trcode, answer, "2" if chain.more else "0")

    def _receive(
        self, screen: str, rqname: str, trcode: str, answer: Answer, prev_next: str
    ) -> None:
        outer, self._answer = self._answer, answer  # a window inside an event lets others arrive
        try:
            self._sink.OnReceiveTrData(screen, rqname, trcode, "", prev_next, 0, "", "", "")
        finally:
            self._answer = outer

    def GetRepeatCnt(self, sTrCode: str, sRecordName: str) -> int:
        """See `Control.GetRepeatCnt`. Whatever record is named, the multi record counts."""
        answer = self._current(sTrCode)
        return len(answer.rows) if answer else 0

    def GetCommData(self, strTrCode: str, strRecordName: str, nIndex: int, strItemName: str) -> str:
        """See `Control.GetCommData`. Blanks stand behind the value."""
        answer = self._current(strTrCode)
        return answer.item(nIndex, strItemName) if answer else ""

    def GetCommDataEx(self, strTrCode: str, strRecordName: str) -> Optional[List[List[str]]]:
        """See `Control.GetCommDataEx`."""
        answer = self._current(strTrCode)
        return answer.table() if answer else None

    def _current(self, trcode: str) -> Optional[Answer]:
        self._check_thread()
        answer = self._answer
        return answer if answer and answer.tr.code.lower() == trcode.lower() else None

    # -- real time -----------------------------------------------------------------------------

    def SetRealReg(
        self, strScreenNo: str, strCodeList: str, strFidList: str, strOptType: str
    ) -> int:
        """See `Control.SetRealReg`."""
        self._check_thread()
        if self._line is None:
            return NOT_CONNECTED
        codes = [code for code in strCodeList.split(";") if code]
        fids = [fid for fid in strFidList.split(";") if fid]
        if len(codes) > 100:
            return TOO_MANY_CODES
        if len(fids) > 100:
            return TOO_MANY_FIDS
        types = _types(fids)
        if strOptType == "0":
            self._registrations.replace(strScreenNo, codes, types)
        else:
            self._registrations.add(strScreenNo, codes, types)
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
        real_type, raw = self._real
        if not real_type:
            return ""
        if self._real_values is None:
            self._real_values = raw.split("\t")
        fids = catalogue.real_types()[real_type].fids
        return self._real_values[fids.index(nFid)] if nFid in fids else ""

    def _want(self, key: str, types: FrozenSet[str]) -> None:
        if self._line is not None:
            self._line.want(key, types)

    def real(self, key: str, real_type: str, raw: str) -> None:
        """See `Client.real`."""
        outer, self._real, self._real_values = self._real, (real_type, raw), None
        try:
            self._sink.OnReceiveRealData(key, real_type, raw)
        finally:
            self._real, self._real_values = outer, None

    # -- orders --------------------------------------------------------------------------------

    def SendOrder(
        self,
        sRQName: str,
        sScreenNo: str,
        sAccNo: str,
        nOrderType: int,
        sCode: str,
        nQty: int,
        nPrice: int,
        sHogaGb: str,
        sOrgOrderNo: str,
    ) -> int:
        """See `Control.SendOrder`."""
        self._check_thread()
        if self._line is None:
            return NOT_CONNECTED
        fault = self.faults.on("SendOrder")
        if fault is not None and fault.effect == faults.CODE:
            return fault.code
        request = Request(
            sRQName, sScreenNo, sAccNo, nOrderType, sCode, nQty, nPrice, sHogaGb, sOrgOrderNo
        )
        stock = self._world.stocks.get(sCode)
        accounts = self._scenario.accounts
        refused = local(
            request,
            stock,
            [*(each.number for each in accounts), DERIVATIVES],
            [*(each.number for each in accounts if each.password), DERIVATIVES],
            self._behaviour.guards,
        ) or self._orders.order(self._loop.now())
        if refused:
            return refused
        if stock is not None and stock.warning and ORDER_TYPES[nOrderType][:2] == (NEW, BUY):
            if not self._asked():
                return 0
        if self._line is None:  # lost while the user was asked
            return NOT_CONNECTED
        try:
            self._line.send(request)
        except KiwoomError as failed:
            log.warning("%s", failed)
            return SEND_FAILED
        return fault.code if fault is not None and fault.effect == faults.LOST else 0

    def _asked(self) -> bool:
        """Ask the user whether to buy a warned stock: SendOrder does not return before the answer.

        Time goes on meanwhile and events arrive, as a modal window lets them. What SendOrder returns
        when the user says no is not known; 0 without any event here.
        """
        dialog = self._scenario.dialog
        answered = self._loop.turn(
            None if dialog.answer == "never" else int(dialog.seconds * SECOND)
        )
        return answered and dialog.answer == "send"

    def GetChejanData(self, nFid: int) -> str:
        """See `Control.GetChejanData`."""
        self._check_thread()
        return self._notice.values.get(nFid, "") if self._notice else ""

    def answered(self, request: Request, trcode: str, message: str, number: str) -> None:
        """See `Client.answered`."""
        screen, rqname = request.screen, request.rqname
        if self._behaviour.message_first:
            self._sink.OnReceiveMsg(screen, rqname, trcode, message)
        self._receive(screen, rqname, trcode, order_answer(trcode, number), "")
        if not self._behaviour.message_first:
            self._sink.OnReceiveMsg(screen, rqname, trcode, message)

    def noticed(self, notice: Notice) -> None:
        """See `Client.noticed`."""
        outer, self._notice = self._notice, notice
        try:
            self._sink.OnReceiveChejanData(notice.gubun, len(notice.values), notice.fid_list)
        finally:
            self._notice = outer

    # -- masters -------------------------------------------------------------------------------

    def GetCodeListByMarket(self, sMarket: str) -> str:
        """See `Control.GetCodeListByMarket`."""
        self._check_thread()
        return masters.codes(self._world.stocks, sMarket) if self._line is not None else ""

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
        if self._line is None:
            return ""
        return masters.function(
            sFunctionName, sParam, self._world.stock(sParam), self._house.profile
        )

    # -- inside --------------------------------------------------------------------------------

    def _master(self, code: str) -> Optional[Stock]:
        self._check_thread()
        return self._world.stock(code) if self._line is not None else None

    def _meet_later(self, fault: Fault) -> None:
        """Let something happen at its moment; what lies in the past does not."""
        assert fault.at is not None
        if fault.at >= self._loop.now():
            self._loop.call_later(fault.at - self._loop.now(), lambda: self.meet(fault))

    def meet(self, fault: Fault) -> None:
        """A fault of the line, now."""
        if fault.effect == faults.CLOSED:
            self._closed_until = self._loop.now() + int(fault.seconds * SECOND)
        if self._line is not None:
            self.lose_line()

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


def _types(fids: List[str]) -> FrozenSet[str]:
    """The real types that contain one of these FIDs; each is delivered with all of its FIDs."""
    wanted = {int(fid) for fid in fids if fid.isdigit()}
    return frozenset(
        name for name, each in catalogue.real_types().items() if not wanted.isdisjoint(each.fids)
    )
