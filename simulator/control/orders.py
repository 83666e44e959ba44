"""Orders: what the control sees itself, the line, and the events that tell of them."""

from __future__ import annotations

import logging
from typing import Optional

from sapi_kiwoom.errors import KiwoomError
from sapi_kiwoom.loop import SECOND
from simulator import faults
from simulator.brokerage.messages import Saying, text
from simulator.brokerage.notices import Notice
from simulator.brokerage.order import BUY, NEW
from simulator.brokerage.profiles import profile
from simulator.brokerage.validation import (
    NO_ACCOUNT,
    NO_CODE,
    NO_PASSWORD,
    NOT_YOUR_ACCOUNT,
    ORDER_TYPES,
    WRONG_INPUT,
    OrdersASecond,
    Request,
    local,
)
from simulator.chains import order_answer
from simulator.control.core import DERIVATIVES, NOT_CONNECTED
from simulator.control.requests import Requests

log = logging.getLogger(__name__)

SEND_FAILED = -307
ABOVE_300_CONTRACTS, ABOVE_500_CONTRACTS = -309, -310

FUTURES_ORDER, CREDIT_ORDER = "KOA_NORMAL_FO_ORD", "KOA_CREDIT_ORD"
"""TR codes of answers to these orders. Our own: Kiwoom's are not public."""

_FUTURES_HOGA = frozenset("123456789A")
_CREDIT_HOGA = frozenset(("03", "33", "99"))
"""sCreditGb: 자기융자, 융자상환, 융자합."""


class Orders(Requests):
    """The control's orders."""

    def _begin(self) -> None:
        super()._begin()
        self._orders = OrdersASecond()
        self._answered = 0
        self._notice: Optional[Notice] = None
        self._passwords = {DERIVATIVES}  # accounts whose password the user has entered
        self._passwords.update(each.number for each in self._scenario.accounts if each.password)

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
        request = Request(
            sRQName, sScreenNo, sAccNo, nOrderType, sCode, nQty, nPrice, sHogaGb, sOrgOrderNo
        )
        stock = self._world.stocks.get(sCode)
        accounts = [each.number for each in self._accounts]
        refused = local(request, stock, accounts, self._passwords, self._behaviour.guards)
        refused = self._counted(refused)
        if refused:
            return refused
        if stock is not None and stock.warning and ORDER_TYPES[nOrderType][:2] == (NEW, BUY):
            if not self._asked():
                return 0
        if self._line is None:  # lost while the user was asked
            return NOT_CONNECTED
        self._take_screen(sScreenNo)
        self._repurpose(sScreenNo)
        try:
            self._line.send(request)
        except KiwoomError as failed:
            log.warning("%s", failed)
            return SEND_FAILED
        if fault is not None and fault.effect == faults.WITHIN:
            line, before = self._line, self._answered
            self.faults.turn_until(lambda: self._answered > before or self._line is not line)
        return 0

    def SendOrderFO(
        self,
        sRQName: str,
        sScreenNo: str,
        sAccNo: str,
        sCode: str,
        lOrdKind: int,
        sSlbyTp: str,
        sOrdTp: str,
        lQty: int,
        sPrice: str,
        sOrgOrdNo: str,
    ) -> int:
        """See `Control.SendOrderFO`. The server refuses it: nothing stands behind the account."""
        well_formed = (
            lOrdKind in (1, 2, 3)
            and sSlbyTp in ("1", "2")
            and (sOrdTp in _FUTURES_HOGA or lOrdKind == 3)
            and lQty >= 0
            and _is_price(sPrice)
        )
        contracts = 0
        if self._behaviour.guards and lQty > 300:
            contracts = ABOVE_500_CONTRACTS if lQty > 500 else ABOVE_300_CONTRACTS
        return self._send_refused(
            "SendOrderFO",
            (sRQName, sScreenNo, FUTURES_ORDER),
            self._form(well_formed, sAccNo, sCode) or contracts,
        )

    def SendOrderCredit(
        self,
        sRQName: str,
        sScreenNo: str,
        sAccNo: str,
        nOrderType: int,
        sCode: str,
        nQty: int,
        nPrice: int,
        sHogaGb: str,
        sCreditGb: str,
        sLoanDate: str,
        sOrgOrderNo: str,
    ) -> int:
        """See `Control.SendOrderCredit`. The server refuses it: no account has a line of credit."""
        request = Request(
            sRQName, sScreenNo, sAccNo, nOrderType, sCode, nQty, nPrice, sHogaGb, sOrgOrderNo
        )
        refused = WRONG_INPUT
        if sCreditGb in _CREDIT_HOGA and nOrderType in range(1, 7):
            stock = self._world.stocks.get(sCode)
            accounts = [each.number for each in self._accounts]
            refused = local(request, stock, accounts, self._passwords, self._behaviour.guards)
        return self._send_refused("SendOrderCredit", (sRQName, sScreenNo, CREDIT_ORDER), refused)

    def GetChejanData(self, nFid: int) -> str:
        """See `Control.GetChejanData`."""
        self._check_thread()
        return self._notice.values.get(nFid, "") if self._notice else ""

    # -- from the server -----------------------------------------------------------------------

    def answered(self, request: Request, trcode: str, message: str, number: str) -> None:
        """See `Client.answered`."""
        self._answered += 1
        self._tell(request.screen, request.rqname, trcode, message, number)

    def noticed(self, notice: Notice) -> None:
        """See `Client.noticed`."""
        outer, self._notice = self._notice, notice
        try:
            self._events.OnReceiveChejanData(notice.gubun, len(notice.values), notice.fid_list)
        finally:
            self._notice = outer

    def _tell(self, screen: str, rqname: str, trcode: str, message: str, number: str) -> None:
        first = self._behaviour.message_first
        if first is None:
            first = profile(self._house.profile).message_first
        if first:
            self._events.OnReceiveMsg(screen, rqname, trcode, message)
        self._receive(screen, rqname, trcode, order_answer(trcode, number), "")
        if not first:
            self._events.OnReceiveMsg(screen, rqname, trcode, message)

    # -- inside --------------------------------------------------------------------------------

    def _form(self, well_formed: bool, account: str, code: str) -> int:
        """What is wrong with an order that `local` does not know."""
        if not well_formed:
            return WRONG_INPUT
        if not account:
            return NO_ACCOUNT
        if account not in [each.number for each in self._accounts]:
            return NOT_YOUR_ACCOUNT
        if account not in self._passwords:
            return NO_PASSWORD
        return 0 if code else NO_CODE

    def _counted(self, refused: int) -> int:
        """The code of an order, counted if nothing is wrong with it so far."""
        if refused == NO_PASSWORD:
            self.on_message_box(
                "계좌비밀번호가 등록되지 않았습니다. 계좌비밀번호 입력창에서 등록하세요."
            )
        return refused or self._orders.order(self._loop.now())

    def _send_refused(self, call: str, names: tuple[str, str, str], refused: int) -> int:
        """Send an order (its sRQName, sScreenNo and TR code) that the server does not take."""
        self._check_thread()
        if self._line is None:
            return NOT_CONNECTED
        refused = self._counted(refused)
        if refused:
            return refused
        rqname, screen, trcode = names
        self._take_screen(screen)
        self._repurpose(screen)
        message = text(self._house.profile, Saying.NOT_OFFERED)
        self._later(self._latency(), lambda: self._tell(screen, rqname, trcode, message, ""))
        return 0

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


def _is_price(text: str) -> bool:
    """Whether it is empty or a decimal number."""
    whole, _, decimals = text.partition(".")
    return not text or (whole + decimals).isdigit()
