"""What is registered for real time on which screens, by the control's rules."""

from __future__ import annotations

from functools import lru_cache
from typing import Callable, Dict, FrozenSet, List, Optional, Tuple

from sapi_kiwoom import catalogue
from sapi_kiwoom.catalogue import Tr
from simulator.streams.types import EVERY_STOCK, STOCK_TYPES, VI
from simulator.universe import Stock

__all__ = [
    "ALL",
    "EVERY_STOCK",
    "MOST_CODES",
    "STOCK_TYPES",
    "VI",
    "Registrations",
    "Types",
    "by_request",
    "types_of",
]

ALL = "ALL"

MOST_CODES = 100
"""Codes of one call, and of one screen."""

Types = FrozenSet[str]
"""Names of real types."""

NOTHING: Types = frozenset()

_PROGRAM, _FID_OF_PROGRAM, _FID_WITHOUT_TYPE = "종목프로그램매매", 131, 201
"""FID 131 registers 종목프로그램매매 as well, FID 201 registers nothing."""

_NOT_REGISTERED = frozenset(
    (
        "주문체결",
        "잔고",
        "파생잔고",
        VI,
        "임의연장정보",
        "시간외종목정보",
        "주식거래원",
        "순간체결량",
        "선물옵션합계",
        "투자자별매매",
    )
)
"""Real types that SetRealReg does not bring: those of accounts, of opt10054, and Kiwoom's own."""

_SPECIAL = frozenset(
    (
        _PROGRAM,
        "주식당일거래원",
        "주식종목정보",
        "ETF NAV",
        "ELW 이론가",
        "ELW 지표",
        "선물이론가",
        "옵션이론가",
    )
)
"""Real types that are chosen by FIDs of their own, and not by those that they share with a trade."""

_INDEX_TYPES: Types = frozenset(("업종지수", "업종등락"))
_OF_INDEXES = ("opt20001", "opt20003")


@lru_cache(maxsize=256)
def types_of(fids: Tuple[str, ...], shared: bool = False) -> Types:
    """The real types that SetRealReg brings: those that contain one of the FIDs, each with all of its.

    Args:
        fids: as SetRealReg takes them.
        shared: whether FIDs that trades have too (price, time, volume) also bring the special types:
            brokers, program trading, NAV and the like.
    """
    wanted = {int(fid) for fid in fids if fid.isdigit()} - {_FID_WITHOUT_TYPE}
    brings_special = wanted if shared else wanted - _ordinary_fids()
    found = {
        name
        for name, each in catalogue.real_types().items()
        if name not in _NOT_REGISTERED
        and not (brings_special if name in _SPECIAL else wanted).isdisjoint(each.fids)
    }
    return frozenset(found | {_PROGRAM} if _FID_OF_PROGRAM in wanted else found)


@lru_cache(maxsize=None)
def _ordinary_fids() -> FrozenSet[int]:
    """FIDs of the types that are not special."""
    types = catalogue.real_types().items()
    apart = _SPECIAL | _NOT_REGISTERED
    return frozenset(fid for name, each in types if name not in apart for fid in each.fids)


def by_request(
    tr: Tr, inputs: Dict[str, str], stock: Callable[[str], Optional[Stock]]
) -> Tuple[List[str], Types]:
    """Codes that the answer to a request registers on its screen, and with which types.

    Args:
        stock: gives the stock of a code, None where there is none.
    """
    code = tr.code.lower()
    if code == "opt10054":
        return [EVERY_STOCK], frozenset((VI,))
    if code in _OF_INDEXES:
        return [inputs["업종코드"]], _INDEX_TYPES
    if not code.startswith("opt") or "계좌번호" in inputs:
        return [], NOTHING
    codes = [each for each in inputs.get("종목코드", "").split(";") if stock(each)]
    return (codes, STOCK_TYPES) if codes else ([], NOTHING)


class Registrations:
    """Codes by screen, each with real types.

    A code that stands on several screens is delivered once, with the types of all of them, and until it
    left the last.

    Args:
        on_change: told of a code with the types that are wanted of it from now on; none ends it.
    """

    def __init__(self, on_change: Callable[[str, Types], None]) -> None:
        self._screens: Dict[str, Dict[str, Types]] = {}  # in order of registration
        self._on_change = on_change

    def codes(self) -> List[str]:
        """All registered codes, each once."""
        return list(dict.fromkeys(code for codes in self._screens.values() for code in codes))

    def on(self, screen: str) -> List[str]:
        """Codes of a screen."""
        return list(self._screens.get(screen, ()))

    def add(self, screen: str, codes: List[str], types: Types) -> None:
        """Add codes to a screen."""
        for code in codes:
            before = self._types(code)
            standing = self._screens.setdefault(screen, {})
            standing[code] = standing.get(code, NOTHING) | types
            self._tell(code, before)

    def replace(self, screen: str, codes: List[str], types: Types) -> None:
        """Put these codes on the screen in place of what it had."""
        before = {code: self._types(code) for code in (*self._screens.get(screen, ()), *codes)}
        self._screens.pop(screen, None)
        if codes:
            self._screens[screen] = dict.fromkeys(codes, types)
        for code, types_before in before.items():
            self._tell(code, types_before)

    def remove(self, screen: str, codes: List[str]) -> None:
        """Take codes off one screen, or off every screen (``ALL``); ``ALL`` as a code means every code."""
        for each in list(self._screens) if screen == ALL else [screen]:
            standing = self._screens.get(each, {})
            for code in list(standing) if ALL in codes else codes:
                before = self._types(code)
                standing.pop(code, None)
                self._tell(code, before)
            if not standing:
                self._screens.pop(each, None)

    def clear(self) -> None:
        """Forget everything: the line was lost."""
        self.remove(ALL, [ALL])

    def _types(self, code: str) -> Types:
        return NOTHING.union(*(codes.get(code, NOTHING) for codes in self._screens.values()))

    def _tell(self, code: str, before: Types) -> None:
        types = self._types(code)
        if types != before:
            self._on_change(code, types)
