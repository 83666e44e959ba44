"""The control's 58 methods and 9 events as its type library has them: names, parameters, types.

The adapter of the real control and the stand-in of the simulator are both made from this table, so that
neither knows a method that the other does not.
"""

from __future__ import annotations

from typing import Dict, NamedTuple, Tuple

TEXT, NUMBER, TABLE, NOTHING = "QString", "int", "QVariantList", "void"
"""Types as Qt names them: a BSTR, a LONG, a two-dimensional SAFEARRAY of BSTR, nothing."""


class Signature(NamedTuple):
    """A method or an event.

    Attributes:
        id: its DISPID; 0 for an event.
        name: the vendor's.
        returns: what it returns: one of the types above.
        parameters: (name, type) in order.
    """

    id: int
    name: str
    returns: str
    parameters: Tuple[Tuple[str, str], ...]

    @property
    def prototype(self) -> str:
        """The method as ``dynamicCall`` wants it: ``CommRqData(QString, QString, int, QString)``."""
        return f"{self.name}({', '.join(kind for _, kind in self.parameters)})"


_TYPES = {"S": TEXT, "I": NUMBER, "V": TABLE, "-": NOTHING}

# In the order of their DISPIDs: what a method returns, its name, its parameters; S text, I number.
_METHODS = """
I CommConnect
- CommTerminate
I CommRqData S:sRQName S:sTrCode I:nPrevNext S:sScreenNo
S GetLoginInfo S:sTag
I SendOrder S:sRQName S:sScreenNo S:sAccNo I:nOrderType S:sCode I:nQty I:nPrice S:sHogaGb S:sOrgOrderNo
I SendOrderFO S:sRQName S:sScreenNo S:sAccNo S:sCode I:lOrdKind S:sSlbyTp S:sOrdTp I:lQty S:sPrice S:sOrgOrdNo
- SetInputValue S:sID S:sValue
I SetOutputFID S:sID
S CommGetData S:sJongmokCode S:sRealType S:sFieldName I:nIndex S:sInnerFieldName
- DisconnectRealData S:sScnNo
I GetRepeatCnt S:sTrCode S:sRecordName
I CommKwRqData S:sArrCode I:bNext I:nCodeCount I:nTypeFlag S:sRQName S:sScreenNo
S GetAPIModulePath
S GetCodeListByMarket S:sMarket
I GetConnectState
S GetMasterCodeName S:sTrCode
I GetMasterListedStockCnt S:sTrCode
S GetMasterConstruction S:sTrCode
S GetMasterListedStockDate S:sTrCode
S GetMasterLastPrice S:sTrCode
S GetMasterStockState S:sTrCode
I GetDataCount S:strRecordName
S GetOutputValue S:strRecordName I:nRepeatIdx I:nItemIdx
S GetCommData S:strTrCode S:strRecordName I:nIndex S:strItemName
S GetCommRealData S:sTrCode I:nFid
S GetChejanData I:nFid
S GetThemeGroupList I:nType
S GetThemeGroupCode S:strThemeCode
S GetFutureList
S GetFutureCodeByIndex I:nIndex
S GetActPriceList
S GetMonthList
S GetOptionCode S:strActPrice I:nCp S:strMonth
S GetOptionCodeByMonth S:sTrCode I:nCp S:strMonth
S GetOptionCodeByActPrice S:sTrCode I:nCp I:nTick
S GetSFutureList S:strBaseAssetCode
S GetSFutureCodeByIndex S:strBaseAssetCode I:nIndex
S GetSActPriceList S:strBaseAssetGb
S GetSMonthList S:strBaseAssetGb
S GetSOptionCode S:strBaseAssetGb S:strActPrice I:nCp S:strMonth
S GetSOptionCodeByMonth S:strBaseAssetGb S:sTrCode I:nCp S:strMonth
S GetSOptionCodeByActPrice S:strBaseAssetGb S:sTrCode I:nCp I:nTick
S GetSFOBasisAssetList
S GetOptionATM
S GetSOptionATM S:strBaseAssetGb
S GetBranchCodeName
I CommInvestRqData S:sMarketGb S:sRQName S:sScreenNo
I SendOrderCredit S:sRQName S:sScreenNo S:sAccNo I:nOrderType S:sCode I:nQty I:nPrice S:sHogaGb S:sCreditGb \
S:sLoanDate S:sOrgOrderNo
S KOA_Functions S:sFunctionName S:sParam
I SetInfoData S:sInfoData
I SetRealReg S:strScreenNo S:strCodeList S:strFidList S:strOptType
I GetConditionLoad
S GetConditionNameList
I SendCondition S:strScrNo S:strConditionName I:nIndex I:nSearch
- SendConditionStop S:strScrNo S:strConditionName I:nIndex
V GetCommDataEx S:strTrCode S:strRecordName
- SetRealRemove S:strScrNo S:strDelCode
I GetMarketType S:sTrCode
"""

_EVENTS = """
- OnReceiveTrData S:sScrNo S:sRQName S:sTrCode S:sRecordName S:sPrevNext I:nDataLength S:sErrorCode \
S:sMessage S:sSplmMsg
- OnReceiveRealData S:sRealKey S:sRealType S:sRealData
- OnReceiveMsg S:sScrNo S:sRQName S:sTrCode S:sMsg
- OnReceiveChejanData S:sGubun I:nItemCnt S:sFIdList
- OnEventConnect I:nErrCode
- OnReceiveInvestRealData S:sRealKey
- OnReceiveRealCondition S:strCode S:strType S:strConditionName S:strConditionIndex
- OnReceiveTrCondition S:sScrNo S:strCodeList S:strConditionName I:nIndex I:nNext
- OnReceiveConditionVer I:lRet S:sMsg
"""


def _read(text: str, numbered: bool) -> Dict[str, Signature]:
    found = {}
    for number, line in enumerate(text.strip().splitlines(), 1):
        returns, name, *parameters = line.split()
        pairs = (parameter.split(":") for parameter in parameters)
        found[name] = Signature(
            number if numbered else 0,
            name,
            _TYPES[returns],
            tuple((each, _TYPES[kind]) for kind, each in pairs),
        )
    return found


METHODS: Dict[str, Signature] = _read(_METHODS, numbered=True)
"""By name, in the order of their DISPIDs."""

EVENTS: Dict[str, Signature] = _read(_EVENTS, numbered=False)
"""By name."""
