"""The contract that the real control and every stand-in for it fulfil.

Names, argument order and return codes are the vendor's, so that they can be looked up in the vendor's
guide, in KOA Studio and in every Korean forum. Anything more comfortable is built above, in `session`.

All calls must be made on the thread that created the control, all events arrive there. The getters
(`GetCommData`, `GetCommDataEx`, `GetRepeatCnt`, `GetCommRealData`, `GetChejanData`) are only valid inside
the event that announced the data.
"""

from __future__ import annotations

from typing import List, Optional, Protocol


class Events(Protocol):
    """Receives the control's events; one sink for each control."""

    def OnEventConnect(self, nErrCode: int) -> None:
        """Login ended: 0 is success, below 0 an error of `catalogue.error_name`. -106: line lost."""

    def OnReceiveMsg(self, sScrNo: str, sRQName: str, sTrCode: str, sMsg: str) -> None:
        """The broker's server says something to a person. Its code may change: never key on it."""

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
        """The answer to CommRqData. ``sTrCode`` as the caller spelt it; ``sPrevNext`` "2" means more.

        ``sRecordName`` and the last four arguments carry nothing ("" and 0).
        """

    def OnReceiveRealData(self, sRealKey: str, sRealType: str, sRealData: str) -> None:
        """A real-time event. ``sRealData`` holds the type's FIDs in wire order, separated by tabs."""

    def OnReceiveChejanData(self, sGubun: str, nItemCnt: int, sFIdList: str) -> None:
        """Something happened to an order, wherever it was entered: "0" 주문체결, "1" 잔고.

        ``sFIdList`` names the ``nItemCnt`` FIDs that GetChejanData has, ``;`` between them.
        """


class Control(Protocol):
    """The calls of ``KHOPENAPI.KHOpenAPICtrl.1`` that this project makes. Each returns at once."""

    def attach(self, events: Events) -> None:
        """Name the sink. Exactly once, before CommConnect. Not a call of the vendor's control."""

    # -- session -------------------------------------------------------------------------------

    def CommConnect(self) -> int:
        """Start the login. 0: the result will come as OnEventConnect."""

    def GetConnectState(self) -> int:
        """1 when connected, else 0."""

    def GetLoginInfo(self, sTag: str) -> str:
        """ACCOUNT_CNT, ACCNO (``;`` after each account), USER_ID, USER_NAME, GetServerGubun ("1" is mock)."""

    # -- requests: SetInputValue for each input, CommRqData, then the getters inside OnReceiveTrData ---

    def SetInputValue(self, sID: str, sValue: str) -> None:
        """Store one input for the next CommRqData. Inputs are used up by it."""

    def CommRqData(self, sRQName: str, sTrCode: str, nPrevNext: int, sScreenNo: str) -> int:
        """Send a request. 0 ok; -200, -209, -210 too many; -201 no such TR; -202 inputs wrong."""

    def CommKwRqData(
        self,
        sArrCode: str,
        bNext: int,
        nCodeCount: int,
        nTypeFlag: int,
        sRQName: str,
        sScreenNo: str,
    ) -> int:
        """Ask for the quotes of up to 100 stocks (``;`` between) at once; answered as TR OPTKWFID.

        ``nTypeFlag`` 0 is stocks, 3 futures and options; ``bNext`` is 0. Return codes as CommRqData, -204
        for too many codes.
        """

    def GetRepeatCnt(self, sTrCode: str, sRecordName: str) -> int:
        """Rows of the multi record; 0 for a TR that has only a single one."""

    def GetCommData(self, strTrCode: str, strRecordName: str, nIndex: int, strItemName: str) -> str:
        """One item, padded with blanks. An unknown item or index gives ""."""

    def GetCommDataEx(self, strTrCode: str, strRecordName: str) -> Optional[List[List[str]]]:
        """All rows of the multi record with their columns in the TR's order, or None without rows."""

    # -- real time -----------------------------------------------------------------------------

    def SetRealReg(
        self, strScreenNo: str, strCodeList: str, strFidList: str, strOptType: str
    ) -> int:
        """Register codes (``;`` between). Type "0" replaces what the screen had, "1" adds to it."""

    def SetRealRemove(self, strScrNo: str, strDelCode: str) -> None:
        """Take a code off a screen; either may be "ALL"."""

    def DisconnectRealData(self, sScnNo: str) -> None:
        """Drop every registration of the screen."""

    def GetCommRealData(self, sTrCode: str, nFid: int) -> str:
        """One FID of the event being delivered, "" where the type does not have it."""

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
        """Send an order. 0: it was sent, no more; below 0 nothing was, except that -307 does not know.

        Accepted or refused comes as OnReceiveMsg and OnReceiveTrData with the item 주문번호 ("" when
        refused), what becomes of it as OnReceiveChejanData. The call does not return while a window asks
        the user something.

        Args:
            nOrderType: 1 buy, 2 sell, 3 and 4 cancel, 5 and 6 modify; 11 to 15 SOR, 21 to 25 Nextrade.
            nPrice: won; 0 for orders without a price.
            sHogaGb: 거래구분, "00" limit, "03" market ...
            sOrgOrderNo: the order to be changed, "" for a new one.
        """

    def GetChejanData(self, nFid: int) -> str:
        """One FID of the OnReceiveChejanData being delivered, "" where it has none."""

    # -- masters -------------------------------------------------------------------------------

    def GetCodeListByMarket(self, sMarket: str) -> str:
        """Codes of a market with ``;`` after each ("0" KOSPI, "10" KOSDAQ, "8" ETF ...)."""

    def GetMasterCodeName(self, sTrCode: str) -> str:
        """The name of a stock, "" for an unknown code."""

    def GetMasterListedStockCnt(self, sTrCode: str) -> int:
        """Shares listed, as a signed 32-bit number: wrong for the largest companies."""

    def GetMasterConstruction(self, sTrCode: str) -> str:
        """정상, 투자주의, 투자경고, 투자위험 or 투자주의환기종목."""

    def GetMasterListedStockDate(self, sTrCode: str) -> str:
        """The day of listing, YYYYMMDD."""

    def GetMasterLastPrice(self, sTrCode: str) -> str:
        """Today's base price in won (the previous close), digits padded with zeros."""

    def GetMasterStockState(self, sTrCode: str) -> str:
        """For example ``증거금30%|담보대출|신용가능``."""

    def KOA_Functions(self, sFunctionName: str, sParam: str) -> str:
        """The drawer of later additions: GetServerGubun, GetMasterStockInfo, GetStockMarketKind ..."""
