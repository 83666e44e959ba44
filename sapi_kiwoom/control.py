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
    """Receives the control's nine events; one sink for each control."""

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
        """Something happened to an order, wherever it was entered: "0" 주문체결, "1" 잔고, "4" 파생잔고.

        ``sFIdList`` names the ``nItemCnt`` FIDs that GetChejanData has, ``;`` between them.
        """

    def OnReceiveInvestRealData(self, sRealKey: str) -> None:
        """Out of use."""

    def OnReceiveRealCondition(
        self, strCode: str, strType: str, strConditionName: str, strConditionIndex: str
    ) -> None:
        """A stock enters (``strType`` "I") or leaves ("D") a condition that SendCondition asked for."""

    def OnReceiveTrCondition(
        self, sScrNo: str, strCodeList: str, strConditionName: str, nIndex: int, nNext: int
    ) -> None:
        """The answer to SendCondition: codes with ``;`` after each; ``nNext`` is 0."""

    def OnReceiveConditionVer(self, lRet: int, sMsg: str) -> None:
        """The answer to GetConditionLoad: ``lRet`` 1 is success."""


class Control(Protocol):
    """The 58 calls of ``KHOPENAPI.KHOpenAPICtrl.1``. Each returns at once.

    Before the login all but CommConnect, GetConnectState and GetAPIModulePath give "", 0 or an error.
    """

    def attach(self, events: Events) -> None:
        """Name the sink. Exactly once, before CommConnect. Not a call of the vendor's control."""

    # -- session -------------------------------------------------------------------------------

    def CommConnect(self) -> int:
        """Start the login. 0: the result will come as OnEventConnect."""

    def CommTerminate(self) -> None:
        """Out of use: who wants to log out ends the process."""

    def GetConnectState(self) -> int:
        """1 when connected, else 0."""

    def GetLoginInfo(self, sTag: str) -> str:
        """ACCOUNT_CNT, ACCNO (``;`` after each account), USER_ID, USER_NAME, GetServerGubun ("1" is mock)."""

    def GetAPIModulePath(self) -> str:
        """The folder in which the control is installed."""

    def SetInfoData(self, sInfoData: str) -> int:
        """Out of use."""

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

    def CommGetData(
        self,
        sJongmokCode: str,
        sRealType: str,
        sFieldName: str,
        nIndex: int,
        sInnerFieldName: str,
    ) -> str:
        """The old form of three getters.

        ``(trcode, "", rqname, index, item)`` is GetCommData, ``(code, real type, FID, 0, "")``
        GetCommRealData, ``(gubun, "-1", FID, 0, "")`` GetChejanData.
        """

    def SetOutputFID(self, sID: str) -> int:
        """Out of use."""

    def GetDataCount(self, strRecordName: str) -> int:
        """Out of use."""

    def GetOutputValue(self, strRecordName: str, nRepeatIdx: int, nItemIdx: int) -> str:
        """Out of use."""

    def CommInvestRqData(self, sMarketGb: str, sRQName: str, sScreenNo: str) -> int:
        """Out of use."""

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
        """Send an order for KOSPI200 futures or options. Answers and codes as those of SendOrder.

        Args:
            lOrdKind: 1 new, 2 modify, 3 cancel.
            sSlbyTp: "1" sell, "2" buy.
            sOrdTp: "1" limit, "3" market ... "A".
            lQty: contracts.
            sPrice: points, as text.
            sOrgOrdNo: the order to be changed, "" for a new one.
        """

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
        """Send an order on credit, as SendOrder does for cash. Not on the mock server.

        Args:
            sCreditGb: "03" buy on credit, "33" sell what one loan paid for, "99" whatever loan did.
            sLoanDate: YYYYMMDD of the loan for "33", "99991231" for "99".
        """

    def GetChejanData(self, nFid: int) -> str:
        """One FID of the OnReceiveChejanData being delivered, "" where it has none."""

    # -- condition search ----------------------------------------------------------------------

    def GetConditionLoad(self) -> int:
        """Load what the user has defined. 1: OnReceiveConditionVer will come; 0: it failed."""

    def GetConditionNameList(self) -> str:
        """``index^name;`` of each condition that was loaded, in no particular order."""

    def SendCondition(self, strScrNo: str, strConditionName: str, nIndex: int, nSearch: int) -> int:
        """Search once (``nSearch`` 0), or go on in real time (1). 1: sent; 0: unknown, or too often.

        It counts as a request. The same condition may be asked for once a minute, ten may go on at
        once, and one with more than 100 hits does not.
        """

    def SendConditionStop(self, strScrNo: str, strConditionName: str, nIndex: int) -> None:
        """Let a condition go on no longer."""

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

    def GetMarketType(self, sTrCode: str) -> int:
        """The market of a stock, in the numbers of GetCodeListByMarket."""

    def GetThemeGroupList(self, nType: int) -> str:
        """Themes as ``100|name;101|name``, by code (0) or by name (1)."""

    def GetThemeGroupCode(self, strThemeCode: str) -> str:
        """Stocks of a theme, with the letter of their market: ``A005930;A000660``."""

    def GetBranchCodeName(self) -> str:
        """Members of the exchange as ``001|name;002|name``."""

    # -- masters of futures and options: nCp is 2 for calls and 3 for puts, months are YYYYMM ----------

    def GetFutureList(self) -> str:
        """Codes of index futures with ``;`` between."""

    def GetFutureCodeByIndex(self, nIndex: int) -> str:
        """One of them; 0 is the nearest KOSPI200 future."""

    def GetActPriceList(self) -> str:
        """Strikes of index options in hundredths of a point, ``;`` between."""

    def GetMonthList(self) -> str:
        """Months of index options: of calls from the last to the first, of puts from the first on."""

    def GetOptionCode(self, strActPrice: str, nCp: int, strMonth: str) -> str:
        """The index option with a strike, in points with decimals."""

    def GetOptionCodeByMonth(self, sTrCode: str, nCp: int, strMonth: str) -> str:
        """The index option with the strike of another one, in another month."""

    def GetOptionCodeByActPrice(self, sTrCode: str, nCp: int, nTick: int) -> str:
        """The index option ``nTick`` strikes above (below 0: under) another one; 0 is not allowed."""

    def GetOptionATM(self) -> str:
        """The strike at the money of index options, in hundredths of a point."""

    def GetSFutureList(self, strBaseAssetCode: str) -> str:
        """Stock futures as ``code^name^stock;``; of all base assets for ""."""

    def GetSFutureCodeByIndex(self, strBaseAssetCode: str, nIndex: int) -> str:
        """A base asset's future; 0 is the nearest."""

    def GetSActPriceList(self, strBaseAssetGb: str) -> str:
        """As GetActPriceList, of a stock's options, in won."""

    def GetSMonthList(self, strBaseAssetGb: str) -> str:
        """As GetMonthList, of a stock's options."""

    def GetSOptionCode(self, strBaseAssetGb: str, strActPrice: str, nCp: int, strMonth: str) -> str:
        """As GetOptionCode, of a stock's options."""

    def GetSOptionCodeByMonth(
        self, strBaseAssetGb: str, sTrCode: str, nCp: int, strMonth: str
    ) -> str:
        """As GetOptionCodeByMonth, of a stock's options."""

    def GetSOptionCodeByActPrice(
        self, strBaseAssetGb: str, sTrCode: str, nCp: int, nTick: int
    ) -> str:
        """As GetOptionCodeByActPrice, of a stock's options."""

    def GetSFOBasisAssetList(self) -> str:
        """Base assets of stock futures and options."""

    def GetSOptionATM(self, strBaseAssetGb: str) -> str:
        """As GetOptionATM, of a stock's options, in won."""
