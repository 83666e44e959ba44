"""Masters: what the control knows about stocks and the login without asking the server."""

from __future__ import annotations

from typing import Dict, Optional

from simulator.universe import Stock, market_codes, market_kind

_ACCOUNTS = ("8099999911", "8099999931")
"""Invented: a cash account and a derivatives account."""


def login_info(tag: str, profile: str) -> str:
    """GetLoginInfo."""
    values = {
        "ACCOUNT_CNT": str(len(_ACCOUNTS)),
        "ACCNO": "".join(f"{account};" for account in _ACCOUNTS),
        "ACCLIST": "".join(f"{account};" for account in _ACCOUNTS),
        "ACCTLIST_DETAIL": f"{_ACCOUNTS[0]},시뮬레이터,위탁종합;{_ACCOUNTS[1]},시뮬레이터,선물옵션;",
        "USER_ID": "simuser",
        "USER_NAME": "시뮬레이터",
        "GetServerGubun": "1" if profile == "mock" else "0",
        "KEY_BSECGB": "1",
        "FIREW_SECGB": "2",
    }
    return values.get(tag, "")


def codes(stocks: Dict[str, Stock], market: str) -> str:
    """GetCodeListByMarket: each code followed by ``;``."""
    if market == "NXT":
        listed = [stock.code for stock in stocks.values() if stock.size == "대형주"]
    else:
        listed = market_codes(market)
    return "".join(f"{code};" for code in listed)


def state(stock: Stock) -> str:
    """GetMasterStockState."""
    credit = "|담보대출|신용가능" if stock.margin_rate < 100 else ""
    return f"증거금{stock.margin_rate}%{credit}"


def function(name: str, param: str, stock: Optional[Stock], profile: str) -> str:
    """KOA_Functions."""
    if name == "GetServerGubun":
        return "1" if profile == "mock" else "0"
    if stock is None:
        return ""
    if name == "GetMasterStockInfo":
        market = "코스닥" if stock.market == "KOSDAQ" else "거래소"
        return f"시장구분0|{market};시장구분1|{stock.size};업종구분|{stock.sector};"
    if name == "GetStockMarketKind":
        return str(market_kind(stock))
    if name == "GetMasterListedStockCntEx":
        return str(stock.shares)
    if name in ("IsOrderWarningETF", "IsOrderWarningStock"):
        return "0"
    return ""
