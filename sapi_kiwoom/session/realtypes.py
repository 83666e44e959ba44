"""The real types that can be listened to: their slugs, which codes they come for, how they are registered.

Whatever FIDs a registration names, the control delivers the real types that contain one of them, each with
all of its FIDs. So each type is registered by FIDs that choose it, and is one of a group: types that
the same FIDs choose.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Dict, FrozenSet, Iterable, List, NamedTuple, Optional, Tuple

from sapi_kiwoom import catalogue
from sapi_kiwoom.errors import RequestRejected

STOCK, INDEX, CONTRACT, CLOCK = "stock", "index", "contract", "clock"
"""What a code names: a stock (ETFs and ELWs too), an index, a future or an option, the market's clock."""

EVERY = "*"
"""In place of a code: all stocks, for real types that are not registered by code."""

TRADES = "20;10;15"
"""FIDs of trades, and of what is like a trade for indexes, futures and options."""

UNASKED = ""
"""In place of FIDs: the control delivers it to every login."""

BY_REQUEST = "opt10054"
"""In place of FIDs: this TR registers it, for all stocks at once."""


class RealType(NamedTuple):
    """A kind of real-time event that can be listened to.

    Attributes:
        slug: its name in routing keys.
        name: Kiwoom's name.
        of: what its codes name.
        fids: what registers it: FIDs for SetRealReg, `UNASKED` or `BY_REQUEST`.
        latest: only the latest event of a code matters (quotes): a newer one may replace it.
        special: not chosen by FIDs that it shares with trades, only by those of its own.
    """

    slug: str
    name: str
    of: str
    fids: str
    latest: bool = False
    special: bool = False


_TABLE = (
    RealType("trade", "주식체결", STOCK, TRADES),
    RealType("expected", "주식예상체결", STOCK, TRADES, latest=True),
    RealType("price", "주식시세", STOCK, TRADES),
    RealType("best", "주식우선호가", STOCK, "27;28", latest=True),
    RealType("book", "주식호가잔량", STOCK, "41;51", latest=True),
    RealType("after-hours", "주식시간외호가", STOCK, "132;136", latest=True),
    RealType("info", "주식종목정보", STOCK, "297;592", special=True),
    RealType("program", "종목프로그램매매", STOCK, "202;206", special=True),
    RealType("members", "주식당일거래원", STOCK, "141;151", special=True),
    RealType("nav", "ETF NAV", STOCK, "36;39", special=True),
    RealType("elw-theory", "ELW 이론가", STOCK, "670;671", special=True),
    RealType("elw-figures", "ELW 지표", STOCK, "666;667", special=True),
    RealType("vi", "VI발동/해제", STOCK, BY_REQUEST, special=True),
    RealType("index", "업종지수", INDEX, TRADES),
    RealType("breadth", "업종등락", INDEX, TRADES),
    RealType("expected-index", "예상업종지수", INDEX, TRADES, latest=True),
    RealType("future", "선물시세", CONTRACT, TRADES),
    RealType("future-book", "선물호가잔량", CONTRACT, "41;51", latest=True),
    RealType("future-theory", "선물이론가", CONTRACT, "184;185", latest=True, special=True),
    RealType("option", "옵션시세", CONTRACT, TRADES),
    RealType("option-book", "옵션호가잔량", CONTRACT, "41;51", latest=True),
    RealType("option-theory", "옵션이론가", CONTRACT, "190;191", latest=True, special=True),
    RealType("contract-best", "선물옵션우선호가", CONTRACT, "27;28", latest=True),
    RealType("market-clock", "장시작시간", CLOCK, UNASKED),
)

BY_SLUG: Dict[str, RealType] = {each.slug: each for each in _TABLE}
BY_NAME: Dict[str, RealType] = {each.name: each for each in _TABLE}
LATEST: FrozenSet[str] = frozenset(each.name for each in _TABLE if each.latest)
"""Names of the real types of which only the latest event matters."""

_USUAL = {
    STOCK: ("trade",),
    INDEX: ("index",),
    CONTRACT: ("future", "option"),
    CLOCK: ("market-clock",),
}

_FORMS = (
    (STOCK, re.compile(r"[0-9A-Z]{6}(_NX|_AL)?", re.ASCII)),
    (INDEX, re.compile(r"[0-9]{3}", re.ASCII)),
    (CONTRACT, re.compile(r"[0-9A-Z]{8}", re.ASCII)),
    (CLOCK, re.compile(r"09")),
)

_FORMS_IN_WORDS = (
    "005930, 005930_NX or 005930_AL for a stock, 001 for an index, A0166000 for a future or an option, "
    "09 for the market's clock, * for the VI events of all stocks"
)

Pair = Tuple[str, str]
"""A code and the name of a real type."""


def names_what(code: str) -> Optional[str]:
    """What a code names, told by its form; None where it has none of the forms."""
    return next((what for what, form in _FORMS if form.fullmatch(code)), None)


def pairs(codes: Iterable[str], types: Iterable[str], fids: Iterable[int]) -> List[Pair]:
    """What a subscription means: each code with each real type that comes for it.

    Args:
        codes: codes of any kind; `EVERY` with ``vi``.
        types: slugs or Kiwoom's names.
        fids: choose the real types that contain one of them. Without types and FIDs the usual ones
            are meant: trades, or the values of an index.

    Raises:
        RequestRejected: ``invalid-parameter``: which code, type or FID cannot be, and what can.
    """
    chosen = [_type(each) for each in types]
    fids = list(fids)
    for fid in fids:
        if not _of_fid(fid):
            raise _invalid("fids", f"no real type that can be subscribed has the FID {fid}")
    usual = not chosen and not fids
    found: Dict[Pair, None] = {}
    used = set()
    for code in dict.fromkeys(codes):
        what = STOCK if code == EVERY else names_what(code)
        if what is None:
            raise _invalid("codes", f"{code[:50]!r} is no code; for example {_FORMS_IN_WORDS}")
        of_code = [BY_SLUG[slug] for slug in _USUAL[what]] if usual else chosen
        of_code = [*of_code, *(each for fid in fids for each in _of_fid(fid))]
        fitting = [
            each
            for each in of_code
            if each.of == what and (code != EVERY or each.fids == BY_REQUEST)
        ]
        if not fitting:
            possible = ", ".join(
                each.slug
                for each in _TABLE
                if each.of == what and (code != EVERY or each.fids == BY_REQUEST)
            )
            raise _invalid("types", f"none of these types comes for {code}; one of: {possible}")
        used.update(fitting)
        found.update(dict.fromkeys((code, each.name) for each in fitting))
    for each in chosen:
        if each not in used:
            raise _invalid("types", f"{each.slug} comes for none of these codes")
    return list(found)


def names(types: Iterable[str], fids: Iterable[int]) -> FrozenSet[str]:
    """Kiwoom's names of real types.

    Raises:
        RequestRejected: ``invalid-parameter``, there is no such type.
    """
    of_fids = (each for fid in fids for each in _of_fid(fid))
    return frozenset(each.name for each in (*map(_type, types), *of_fids))


def _type(name: str) -> RealType:
    found = BY_SLUG.get(name) or BY_NAME.get(name)
    if found is None:
        raise _invalid(
            "types", f"there is no real type {name[:50]!r}; one of: {', '.join(BY_SLUG)}"
        )
    return found


@lru_cache(maxsize=None)
def _of_fid(fid: int) -> Tuple[RealType, ...]:
    """The types that a FID chooses: special ones only where nothing else has it."""
    having = [each for each in _TABLE if fid in catalogue.real_types()[each.name].fids]
    usual = tuple(each for each in having if not each.special)
    return usual or tuple(having)


def _invalid(field: str, message: str) -> RequestRejected:
    return RequestRejected("invalid-parameter", message, field=field)
