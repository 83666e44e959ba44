"""Masters: what the control knows about stocks and the login without asking the server."""

from __future__ import annotations

from typing import Dict, NamedTuple, Optional, Sequence

from simulator import elws, industries
from simulator.brokerage import profiles
from simulator.universe import Stock, market_codes, market_kind

_CONSTRUCTION = {"4": "투자위험", "5": "투자경고"}


class Account(NamedTuple):
    """An account of the login.

    Attributes:
        number: ten digits, the last two of which tell the product.
        name: 계좌명.
        product: 위탁종합, 선물옵션 ...
    """

    number: str
    name: str
    product: str


ACCOUNTS = (
    Account("8099999911", "시뮬레이터", "위탁종합"),
    Account("8099999931", "시뮬레이터", "선물옵션"),
)
"""Invented: a cash account and a derivatives account."""


def login_info(tag: str, profile: str, accounts: Sequence[Account] = ACCOUNTS) -> str:
    """GetLoginInfo; "" for a tag that it does not know."""
    numbers = "".join(f"{account.number};" for account in accounts)
    values = {
        "ACCOUNT_CNT": str(len(accounts)),
        "ACCNO": numbers,
        "ACCLIST": numbers,
        "ACCTLIST_DETAIL": "".join(f"{','.join(account)};" for account in accounts),
        "USER_ID": "simuser",
        "USER_NAME": "시뮬레이터",
        "GetServerGubun": _server(profile),
        "KEY_BSECGB": "1",
        "FIREW_SECGB": "2",
    }
    return values.get(tag, "")


def codes(stocks: Dict[str, Stock], market: str) -> str:
    """GetCodeListByMarket: each code followed by ``;``. ELWs are listed under "3" alone."""
    found = elws.listed(stocks) if market == str(elws.MARKET_KIND) else market_codes(market, stocks)
    return "".join(f"{code};" for code in found)


def state(stock: Stock) -> str:
    """GetMasterStockState."""
    credit = "|담보대출|신용가능" if stock.margin_rate < 100 else ""
    return f"증거금{stock.margin_rate}%{credit}"


def construction(stock: Stock) -> str:
    """GetMasterConstruction."""
    return _CONSTRUCTION.get(stock.warning, "정상")


def function(name: str, param: str, stock: Optional[Stock], profile: str) -> str:
    """What KOA_Functions knows by itself; "" for an unknown function or code.

    Args:
        name: of the function; upper and lower case are one.
        param: its argument.
        stock: what the argument names, where it is a code.
        profile: ``mock``, ``mock-2020`` or ``real``.
    """
    name = name.strip().lower()
    if name == "getservergubun":
        return _server(profile)
    if name == "getupjongcode":
        return industries.codes(param)
    if name == "getupjongnamebycode":
        return industries.BY_CODE.get(param, "")
    if stock is None:
        return ""
    if name == "getmasterstockinfo":
        market = "코스닥" if stock.market == "KOSDAQ" else "거래소"
        return f"시장구분0|{market};시장구분1|{stock.size};업종구분|{stock.sector};"
    if name == "getstockmarketkind":
        return str(market_kind(stock))
    if name == "getmasterlistedstockcntex":
        return str(stock.shares)
    if name == "isorderwarningstock":
        return stock.warning or "0"
    if name == "isorderwarningetf":
        return "1" if stock.warning and stock.kind in ("etf", "etn") else "0"
    return ""


def _server(profile: str) -> str:
    """GetServerGubun: 1 is the mock server, whatever its year."""
    return profiles.profile(profile).server
