"""The drawer of later additions (KOA_Functions), and calls that have fallen out of use."""

from __future__ import annotations

from simulator import masters, themes
from simulator.brokerage.validation import WRONG_INPUT
from simulator.control.conditions import Conditions
from simulator.control.masters import Masters

_CHEJAN = "-1"


class Functions(Conditions, Masters):
    """The control's remaining calls."""

    def KOA_Functions(self, sFunctionName: str, sParam: str) -> str:
        """See `Control.KOA_Functions`. An unknown function answers ""; upper and lower case are one."""
        self._check_thread()
        if self._line is None:
            return ""
        name = sFunctionName.strip().lower()
        if name == "showaccountwindow":
            # The user whom we simulate enters the passwords of all accounts.
            self._passwords.update(each.number for each in self._accounts)
            return ""
        if name == "setconditionsearchflag":
            self._with_prices = {"AddPrice": True, "DelPrice": False}.get(sParam, self._with_prices)
            return ""
        if name == "getthemegrouplist":
            return themes.groups(self._world.stocks, int(sParam == "1"))
        if name in ("sendorder_ex", "sendordercredit_ex"):
            return str(self._send_joined(name, sParam.split(",")))
        stock = self._world.stock(sParam)
        return masters.function(sFunctionName, sParam, stock, self._house.profile)

    def _send_joined(self, name: str, values: list[str]) -> int:
        """An order whose arguments came as one text, with 조건가격 and a spare one behind them.

        조건가격 is not passed on: the server refuses 스톱지정가, the only 거래구분 that has one.
        """
        try:
            if name == "sendorder_ex":
                rqname, screen, account, kind, code, quantity, price, hoga, original, *_ = values
                return self.SendOrder(
                    rqname,
                    screen,
                    account,
                    int(kind),
                    code,
                    int(quantity),
                    int(price),
                    hoga,
                    original,
                )
            (
                rqname,
                screen,
                account,
                kind,
                code,
                quantity,
                price,
                hoga,
                credit,
                loan,
                original,
                *_,
            ) = values
            return self.SendOrderCredit(
                rqname,
                screen,
                account,
                int(kind),
                code,
                int(quantity),
                int(price),
                hoga,
                credit,
                loan,
                original,
            )
        except ValueError:  # too few of them, or text where a number should be
            return WRONG_INPUT

    # -- out of use ----------------------------------------------------------------------------

    def CommGetData(
        self,
        sJongmokCode: str,
        sRealType: str,
        sFieldName: str,
        nIndex: int,
        sInnerFieldName: str,
    ) -> str:
        """See `Control.CommGetData`."""
        if not sRealType:
            return self.GetCommData(sJongmokCode, sFieldName, nIndex, sInnerFieldName)
        fid = int(sFieldName) if sFieldName.isdigit() else -1
        if sRealType == _CHEJAN:
            return self.GetChejanData(fid)
        return self.GetCommRealData(sJongmokCode, fid)

    def SetOutputFID(self, sID: str) -> int:
        """See `Control.SetOutputFID`."""
        self._check_thread()
        return 0

    def GetDataCount(self, strRecordName: str) -> int:
        """See `Control.GetDataCount`."""
        self._check_thread()
        return 0

    def GetOutputValue(self, strRecordName: str, nRepeatIdx: int, nItemIdx: int) -> str:
        """See `Control.GetOutputValue`."""
        self._check_thread()
        return ""

    def CommInvestRqData(self, sMarketGb: str, sRQName: str, sScreenNo: str) -> int:
        """See `Control.CommInvestRqData`."""
        self._check_thread()
        return 0
