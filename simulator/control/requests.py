"""TR requests: inputs, limits, chains of pages, and the answer that the getters read."""

from __future__ import annotations

import logging
from functools import partial
from typing import Dict, List, Optional

from sapi_kiwoom import catalogue
from sapi_kiwoom.catalogue import Tr
from sapi_kiwoom.errors import KiwoomError
from sapi_kiwoom.loop import SECOND
from simulator import faults
from simulator.answers import label
from simulator.answers.labels import SYNTHETIC
from simulator.answers.reply import nothing
from simulator.brokerage.messages import Saying, text
from simulator.brokerage.profiles import profile
from simulator.chains import Answer, Chain, Chains
from simulator.control.behaviour import DROP, REFUSE, TR_ORDER
from simulator.control.core import NOT_CONNECTED
from simulator.control.realtime import TOO_MANY_CODES, RealTime
from simulator.registrations import MOST_CODES, by_request

log = logging.getLogger(__name__)

NO_SUCH_TR, WRONG_INPUT = -201, -202

CONTINUE = 2
"""nPrevNext of every page but the first."""

WATCH_LISTS = {0: "OPTKWFID", 3: "OPTFOFID"}
"""TRs of CommKwRqData by nTypeFlag: stocks, futures and options."""


class Requests(RealTime):
    """The control's TR requests."""

    def _begin(self) -> None:
        super()._begin()
        self._inputs: Dict[str, str] = {}
        self._chains = Chains(self._behaviour.chain_break)
        self._answer: Optional[Answer] = None

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
        """See `Control.CommKwRqData`."""
        self._check_thread()
        codes = [code for code in sArrCode.split(";") if code]
        if len(codes) > MOST_CODES:
            return TOO_MANY_CODES
        if nTypeFlag not in WATCH_LISTS or len(codes) != nCodeCount:
            return WRONG_INPUT
        inputs = {"종목코드": ";".join(codes)}
        return self._request(sRQName, WATCH_LISTS[nTypeFlag], 0, sScreenNo, inputs, "CommKwRqData")

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
        fault = self.faults.on(call, trcode)
        refused = self._count_request()
        if refused:
            return refused
        try:
            tr = catalogue.tr(trcode)
        except KiwoomError:
            return NO_SUCH_TR
        if self._behaviour.strict and label(tr.code) == SYNTHETIC:
            log.warning(
                "%s %s is answered synthetically, which Behaviour(strict=True) refuses; it is answered "
                "with strict=False",
                tr.code,
                tr.title,
            )
            return NO_SUCH_TR
        if not self._acceptable(tr, inputs):
            return WRONG_INPUT
        for each in tr.inputs:
            inputs.setdefault(each.name, "")
        chain = self._chains.next(tr, inputs) if prev_next == CONTINUE else None
        if chain is None:
            # Without a chain, or with a broken one, what comes is a first page.
            try:
                reply = nothing() if self._not_offered(tr) else line.ask(tr.code.lower(), inputs)
            except ValueError as failed:
                log.warning("%s cannot be asked with %s: %s", tr.code, inputs, failed)
                return WRONG_INPUT
            if reply is None:
                return NO_SUCH_TR
            chain = Chain(tr, inputs, reply)
        self._chains.keep(chain)
        served = self._take_screen(screen)
        self._repurpose(screen)
        latency = self._latency()
        if fault is not None and fault.effect == faults.NO_ANSWER:
            return 0
        if fault is not None and fault.effect == faults.LATE:
            latency += int(fault.seconds * SECOND)
        due = self._loop.now() + latency
        asked, waiting = chain, True

        def alive() -> bool:
            return self._line is line

        def answer() -> None:
            nonlocal waiting
            if alive():
                waiting = False
                self._send_answer(asked, screen, rqname, trcode, served)

        def ready() -> None:
            self._loop.call_later(due - self._loop.now(), answer)

        asked.ask(self._loop, alive, ready)
        if fault is not None and fault.effect == faults.WITHIN:
            self.faults.turn_until(lambda: not (waiting and alive()))
        return 0

    def _count_request(self) -> int:
        """Count a request of any kind; below 0 it is refused, the first time with a window."""
        was_blocked = self._limit.blocked
        refused = self._limit.request(self._loop.now())
        if self._limit.blocked and not was_blocked:
            self.on_message_box(
                f"조회횟수 제한 : {refused}. 과도한 조회요청으로 다시 로그인할 때까지 조회가 차단됩니다."
            )
        return refused

    def _acceptable(self, tr: Tr, inputs: Dict[str, str]) -> bool:
        """Whether enough inputs are set, in an order that will do."""
        names = [each.name for each in tr.inputs]
        if self._behaviour.missing_inputs == REFUSE:
            if any(not (each.optional or inputs.get(each.name)) for each in tr.inputs):
                return False
        elif names and not any(name in inputs for name in names):
            return False
        if self._behaviour.input_order == TR_ORDER:
            given = [name for name in inputs if name in names]
            return given == [name for name in names if name in inputs]
        return True

    def _not_offered(self, tr: Tr) -> bool:
        return tr.code.lower() in profile(self._house.profile).refused

    def _send_answer(
        self, chain: Chain, screen: str, rqname: str, trcode: str, served: bool
    ) -> None:
        answer, more = chain.page(), chain.more
        hand_over = partial(self._hand_over, chain, answer, more, screen, rqname, trcode, served)
        self.faults.deliver(faults.TR_DATA, trcode, hand_over, self._later)

    def _hand_over(
        self,
        chain: Chain,
        answer: Answer,
        more: bool,
        screen: str,
        rqname: str,
        trcode: str,
        served: bool,
    ) -> None:
        not_offered = self._not_offered(chain.tr)
        saying = Saying.NOT_OFFERED if not_offered else Saying.QUERY_DONE
        self._events.OnReceiveMsg(screen, rqname, trcode, text(self._house.profile, saying))
        if not_offered and not self._behaviour.refused_answer:
            return
        if not served:
            answer = Answer(chain.tr, [], [])
        else:
            codes, types = by_request(chain.tr, chain.inputs, self._world.stock)
            if codes or self._behaviour.screen_reuse == DROP:
                self._registrations.replace(screen, codes, types)
        self._receive(screen, rqname, trcode, answer, "2" if more else "0")

    def _receive(
        self, screen: str, rqname: str, trcode: str, answer: Answer, prev_next: str
    ) -> None:
        outer, self._answer = self._answer, answer  # a window inside an event lets others arrive
        try:
            self._events.OnReceiveTrData(screen, rqname, trcode, "", prev_next, 0, "", "", "")
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
        """The answer under way, if it is that of this TR."""
        self._check_thread()
        answer = self._answer
        return answer if answer and answer.code == trcode.lower() else None

    def _forget(self) -> None:
        super()._forget()
        self._chains.clear()
        self._inputs.clear()
