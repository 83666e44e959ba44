"""Handlers that the control answers at once: masters, markets, themes, sectors, contracts, the login."""

from __future__ import annotations

from functools import partial
from typing import Any, Callable, Dict, List, Optional

from sapi_kiwoom.control import Control
from sapi_kiwoom.server.calls import Call, Handler, Services

_CALL, _PUT = 2, 3

_SIDES = {"call": _CALL, "put": _PUT}

_WARNINGS = {
    "2": "정리매매",
    "3": "단기과열",
    "4": "투자위험",
    "5": "투자경고",
}
"""IsOrderWarningStock: why an order would be stopped by a window."""

Lookup = Callable[[Control, Dict[str, Any]], Any]


def handlers(server: Services) -> Dict[str, Handler]:
    """By the method's name."""
    control = server.session.control
    found: Dict[str, Handler] = {
        name: partial(_answer, control, lookup) for name, lookup in _LOOKUPS.items()
    }
    found["list-accounts"] = partial(_list_accounts, server)
    return found


def _answer(control: Control, lookup: Lookup, call: Call) -> None:
    call.answer(lookup(control, call.values))


# -- stocks ----------------------------------------------------------------------------------------


def _stock(control: Control, code: str) -> Dict[str, Any]:
    return {
        "stock_code": code,
        "name": control.GetMasterCodeName(code),
        "last_price": _number(control.GetMasterLastPrice(code)),
        "states": _split(control.GetMasterStockState(code), "|"),
        "construction": control.GetMasterConstruction(code),
        "listed_date": control.GetMasterListedStockDate(code),
        "listed_shares": _listed_shares(control, code),
        "market_kind": _number(control.KOA_Functions("GetStockMarketKind", code)),
        "sectors": _sectors_of(control.KOA_Functions("GetMasterStockInfo", code)),
        "order_warning": _warning(control, code),
    }


def _listed_shares(control: Control, code: str) -> Optional[int]:
    return _number(control.KOA_Functions("GetMasterListedStockCntEx", code))


def _warning(control: Control, code: str) -> Dict[str, Any]:
    stock = control.KOA_Functions("IsOrderWarningStock", code)
    return {
        "stock": _WARNINGS.get(stock, ""),
        "etf": control.KOA_Functions("IsOrderWarningETF", code) == "1",
    }


def _sectors_of(text: str) -> Dict[str, List[str]]:
    """``시장구분0|거래소;업종구분|금융업;`` as lists by their titles."""
    parts = [part.split("|") for part in _split(text, ";")]
    return {title: [each for each in values if each] for title, *values in parts}


# -- themes, sectors, members ----------------------------------------------------------------------


def _pairs(text: str, between: str) -> List[Dict[str, str]]:
    """``100|name;101|name`` as objects."""
    found = []
    for part in _split(text, between):
        code, _, name = part.partition("|")
        found.append({"code": code, "name": name})
    return found


def _theme_stocks(control: Control, values: Dict[str, Any]) -> List[str]:
    """Without the letter of their market in front: ``A005930``."""
    return [
        each[1:] if len(each) == 7 else each
        for each in _split(control.GetThemeGroupCode(values["theme_code"]), ";")
    ]


def _sectors(control: Control, values: Dict[str, Any]) -> List[Dict[str, str]]:
    """``시장구분,업종코드,업종명|...`` as objects."""
    found = []
    for part in _split(control.KOA_Functions("GetUpjongCode", values["market"]), "|"):
        market, _, rest = part.partition(",")
        code, _, name = rest.partition(",")
        found.append({"market": market, "code": code, "name": name})
    return found


# -- futures and options: of the index without a base, else of a stock --------------------------------


def _futures(control: Control, values: Dict[str, Any]) -> List[Dict[str, str]]:
    base = values.get("base", "")
    if not base:
        return [{"code": code} for code in _split(control.GetFutureList(), ";")]
    found = []
    for part in _split(control.GetSFutureList(base), ";"):
        code, name, stock = [*part.split("^"), "", ""][:3]
        found.append({"code": code, "name": name, "stock": stock})
    return found


def _months(control: Control, values: Dict[str, Any]) -> List[str]:
    base = values.get("base", "")
    return _split(control.GetSMonthList(base) if base else control.GetMonthList(), ";")


def _strikes(control: Control, values: Dict[str, Any]) -> List[str]:
    base = values.get("base", "")
    if base:
        return _split(control.GetSActPriceList(base), ";")
    return [_points(each) for each in _split(control.GetActPriceList(), ";")]


def _at_the_money(control: Control, values: Dict[str, Any]) -> str:
    base = values.get("base", "")
    return control.GetSOptionATM(base) if base else _points(control.GetOptionATM())


def _points(hundredths: str) -> str:
    """Lists have an index's strikes in hundredths of a point, look-ups take points."""
    if not hundredths.isdigit():
        return hundredths
    whole, parts = divmod(int(hundredths), 100)
    return f"{whole}.{parts:02}"


def _option(control: Control, values: Dict[str, Any]) -> str:
    base, side = values.get("base", ""), _SIDES[values["side"]]
    strike, month = values["strike"], values["month"]
    if base:
        return control.GetSOptionCode(base, strike, side, month)
    return control.GetOptionCode(strike, side, month)


def _option_of_month(control: Control, values: Dict[str, Any]) -> str:
    base, side = values.get("base", ""), _SIDES[values["side"]]
    code, month = values["option_code"], values["month"]
    if base:
        return control.GetSOptionCodeByMonth(base, code, side, month)
    return control.GetOptionCodeByMonth(code, side, month)


def _option_of_strike(control: Control, values: Dict[str, Any]) -> str:
    base, side = values.get("base", ""), _SIDES[values["side"]]
    code, steps = values["option_code"], values["steps"]
    if base:
        return control.GetSOptionCodeByActPrice(base, code, side, steps)
    return control.GetOptionCodeByActPrice(code, side, steps)


# -- the login -------------------------------------------------------------------------------------


def _login(control: Control, values: Dict[str, Any]) -> Dict[str, Any]:
    return {
        "user_id": control.GetLoginInfo("USER_ID"),
        "user_name": control.GetLoginInfo("USER_NAME"),
        "server": "mock" if control.GetLoginInfo("GetServerGubun") == "1" else "real",
        "accounts": _number(control.GetLoginInfo("ACCOUNT_CNT")),
        "keyboard_security": control.GetLoginInfo("KEY_BSECGB"),
        "firewall": control.GetLoginInfo("FIREW_SECGB"),
        "module_path": control.GetAPIModulePath(),
    }


def _list_accounts(server: Services, call: Call) -> None:
    control = server.session.control
    details: Dict[str, List[str]] = {}
    for part in _split(control.GetLoginInfo("ACCTLIST_DETAIL"), ";"):
        number, _, rest = part.partition(",")
        details[number] = rest.rsplit(",", 1)
    accounts = []
    for number in _split(control.GetLoginInfo("ACCNO"), ";"):
        if server.policy.may(call.user, call.method.name, number):
            name, product = [*details.get(number, []), "", ""][:2]
            accounts.append({"account": number, "name": name, "product": product})
    call.answer(accounts)


# -- strings of the control -----------------------------------------------------------------------


def _split(text: str, between: str) -> List[str]:
    return [part.strip() for part in text.split(between) if part.strip()]


def _number(text: str) -> Optional[int]:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() else None


_LOOKUPS: Dict[str, Lookup] = {
    "get-stocks": lambda control, values: [_stock(control, code) for code in values["stock_codes"]],
    "get-market-codes": lambda control, values: _split(
        control.GetCodeListByMarket(values["market"]), ";"
    ),
    "get-last-price": lambda control, values: _number(
        control.GetMasterLastPrice(values["stock_code"])
    ),
    "get-construction": lambda control, values: control.GetMasterConstruction(values["stock_code"]),
    "get-listed-date": lambda control, values: control.GetMasterListedStockDate(
        values["stock_code"]
    ),
    "get-listed-shares": lambda control, values: _listed_shares(control, values["stock_code"]),
    "get-market-kind": lambda control, values: _number(
        control.KOA_Functions("GetStockMarketKind", values["stock_code"])
    ),
    "get-order-warning": lambda control, values: _warning(control, values["stock_code"]),
    "get-themes": lambda control, values: _pairs(
        control.GetThemeGroupList(1 if values.get("sort") == "name" else 0), ";"
    ),
    "get-theme-stocks": _theme_stocks,
    "get-sectors": _sectors,
    "get-sector-name": lambda control, values: control.KOA_Functions(
        "GetUpjongNameByCode", values["sector_code"]
    ),
    "get-members": lambda control, values: _pairs(control.GetBranchCodeName(), ";"),
    "get-futures": _futures,
    "get-base-assets": lambda control, values: _pairs(control.GetSFOBasisAssetList(), ";"),
    "get-option-months": _months,
    "get-option-strikes": _strikes,
    "get-option-atm": _at_the_money,
    "get-option": _option,
    "get-option-of-month": _option_of_month,
    "get-option-of-strike": _option_of_strike,
    "get-login-info": _login,
}
