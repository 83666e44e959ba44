"""What a condition search (조건검색) looks for: criteria as data, and as people write them in a file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Dict, Mapping, Optional, Tuple, Union

from simulator.scenario.fields import Place, check_keys

PRICE, CHANGE, VOLUME, VALUE = "price", "change", "volume", "value"
NUMBER, PERCENT, MILLION, TIMES_YESTERDAY = "", "%", "million", "x yesterday"

_UNITS: Mapping[str, Tuple[str, ...]] = {
    PRICE: (NUMBER,),
    CHANGE: (PERCENT,),
    VOLUME: (NUMBER, TIMES_YESTERDAY),
    VALUE: (MILLION, TIMES_YESTERDAY),
}
_IN_HUNDREDTHS = (PERCENT, TIMES_YESTERDAY)
_SIGNS = {">": ">", "<": "<", ">=": ">=", "<=": "<=", "above": ">", "below": "<"}

MARKETS = ("kospi", "kosdaq", "etf", "etn", "kospi200", "nxt")


@dataclass(frozen=True)
class Compare:
    """A figure of the day so far against a number.

    Attributes:
        figure: ``price`` (현재가, won), ``change`` (등락률), ``volume`` (거래량, shares), ``value``
            (거래대금).
        sign: ``>``, ``>=``, ``<`` or ``<=``.
        number: in the unit; percents and multiples in hundredths.
        unit: "" (won, shares), ``%``, ``million`` (won) or ``x yesterday``, times the day before.
    """

    figure: str
    sign: str
    number: int
    unit: str = NUMBER


@dataclass(frozen=True)
class NewExtreme:
    """The day's ``high`` or ``low`` is beyond those of so many trading days before it (신고가, 신저가)."""

    side: str
    days: int


@dataclass(frozen=True)
class AtLimit:
    """The price stands at the day's ``upper`` or ``lower`` limit (상한가, 하한가)."""

    side: str


@dataclass(frozen=True)
class Market:
    """Where it is listed: ``kospi``, ``kosdaq``, ``etf``, ``etn``, ``kospi200``, or trades too: ``nxt``."""

    name: str


@dataclass(frozen=True)
class Owned:
    """One of the accounts holds it (보유종목). The mock server does not search for that."""


@dataclass(frozen=True)
class AllOf:
    """Every one of some criteria."""

    parts: Tuple[Criterion, ...]


@dataclass(frozen=True)
class AnyOf:
    """One of some criteria at least."""

    parts: Tuple[Criterion, ...]


@dataclass(frozen=True)
class Not:
    """The contrary of a criterion."""

    part: Criterion


Criterion = Union[Compare, NewExtreme, AtLimit, Market, Owned, AllOf, AnyOf, Not]


def needs_accounts(criterion: Criterion) -> bool:
    """Whether it asks what the accounts hold."""
    if isinstance(criterion, (AllOf, AnyOf)):
        return any(map(needs_accounts, criterion.parts))
    return needs_accounts(criterion.part) if isinstance(criterion, Not) else criterion == Owned()


# -- as they are written ---------------------------------------------------------------------------

_COMPARE = re.compile(
    r"(price|change|volume|value) ?(>=|<=|>|<|above|below) ?(-?[\d_,]+)(?:\.(\d{1,2}))? ?"
    r"(%|million|x yesterday)?",
    re.ASCII,
)
_EXTREME = re.compile(r"new (high|low) of (\d{1,3}) days?", re.ASCII)
_LIMIT = re.compile(r"at the (upper|lower) limit")
_KEYS = ("all", "any", "not", "market")
_EXAMPLES = (
    "price above 50_000, change >= 5 %, volume > 2x yesterday, value > 10_000 million, "
    "new high of 20 days, at the upper limit, market: kosdaq, owned, or all, any, not with others"
)
_DEEPEST = 20


class Criteria:
    """The kind of value (see `fields.Kind`) that a condition's ``when`` is."""

    def read(self, value: Any, place: Place) -> Criterion:
        """A text, a list (of which all must be met), or a mapping with one of all, any, not, market."""
        return self._read(value, place, 0)

    def _read(self, value: Any, place: Place, depth: int) -> Criterion:
        if depth > _DEEPEST:
            raise place.wrong("too many criteria within each other; write a simpler one")
        if isinstance(value, str):
            return _atom(value, place)
        if isinstance(value, list):
            return AllOf(self._several(value, place, depth))
        check_keys(value, _KEYS, place)
        if len(value) != 1:
            raise place.wrong(f"has {len(value)} keys; write one criterion for each line with -")
        ((key, inner),) = value.items()
        within = place.within(key)
        if key == "market":
            return _market(inner, within)
        if key == "not":
            return Not(self._read(inner, within, depth + 1))
        return (AllOf if key == "all" else AnyOf)(self._several(inner, within, depth))

    def _several(self, value: Any, place: Place, depth: int) -> Tuple[Criterion, ...]:
        if not isinstance(value, list) or not value:
            raise place.wrong("is no list of criteria; write lines with -")
        return tuple(self._read(each, place.item(n), depth + 1) for n, each in enumerate(value))

    def write(self, value: Optional[Criterion]) -> Any:
        """See `Kind.write`."""
        if isinstance(value, (AllOf, AnyOf)):
            key = "all" if isinstance(value, AllOf) else "any"
            return {key: [self.write(each) for each in value.parts]}
        if isinstance(value, Not):
            return {"not": self.write(value.part)}
        return _text(value)


def _atom(text: str, place: Place) -> Criterion:
    compared = _COMPARE.fullmatch(text)
    if compared:
        return _compare(text, compared, place)
    extreme = _EXTREME.fullmatch(text)
    if extreme:
        if int(extreme.group(2)) < 1:
            raise place.wrong(f"{text!r} looks at no day; write 1 at least")
        return NewExtreme(extreme.group(1), int(extreme.group(2)))
    limit = _LIMIT.fullmatch(text)
    if limit:
        return AtLimit(limit.group(1))
    if text == "owned":
        return Owned()
    raise place.wrong(f"{text!r} is no criterion; known are {_EXAMPLES}")


def _compare(text: str, found: re.Match[str], place: Place) -> Compare:
    figure, sign, whole, parts, unit = found.groups()
    unit = unit or NUMBER
    if unit not in _UNITS[figure]:
        known = " or ".join(f"{figure} {sign} 5 {each}".strip() for each in _UNITS[figure])
        raise place.wrong(f"{text!r} has another unit than {figure} may have; write {known}")
    digits = whole.replace("_", "").replace(",", "")
    if not digits.lstrip("-") or len(digits) > 16:
        raise place.wrong(f"{whole!r} in {text!r} is no number")
    if digits.startswith("-") and figure != CHANGE:
        raise place.wrong(f"{text!r}: only a change is ever below 0")
    if unit not in _IN_HUNDREDTHS:
        if parts:
            raise place.wrong(f"{text!r}: {figure} is a whole number; leave .{parts} out")
        return Compare(figure, _SIGNS[sign], int(digits), unit)
    number = abs(int(digits)) * 100 + int((parts or "0").ljust(2, "0"))
    return Compare(figure, _SIGNS[sign], -number if digits.startswith("-") else number, unit)


def _market(value: Any, place: Place) -> Market:
    if value not in MARKETS:
        shown = repr(value) if isinstance(value, str) else "that"
        raise place.wrong(f"{shown} is no market; known are {', '.join(MARKETS)}")
    return Market(value)


def _text(value: Any) -> Union[str, Dict[str, str]]:
    if isinstance(value, Market):
        return {"market": value.name}
    if isinstance(value, NewExtreme):
        return f"new {value.side} of {value.days} days"
    if isinstance(value, AtLimit):
        return f"at the {value.side} limit"
    if isinstance(value, Owned):
        return "owned"
    number = f"{value.number:_}"
    if value.unit in _IN_HUNDREDTHS:
        whole, parts = divmod(abs(value.number), 100)
        number = (
            ("-" if value.number < 0 else "") + f"{whole:_}" + (f".{parts:02d}" if parts else "")
        )
    space = " " if value.unit in (PERCENT, MILLION) else ""
    return f"{value.figure} {value.sign} {number}{space}{value.unit}"


def describe(value: Criterion) -> str:
    """A criterion in a line, for people."""
    if isinstance(value, (AllOf, AnyOf)):
        return (
            "("
            + (" and " if isinstance(value, AllOf) else " or ").join(map(describe, value.parts))
            + ")"
        )
    if isinstance(value, Not):
        return f"not {describe(value.part)}"
    text = _text(value)
    return text if isinstance(text, str) else f"market {text['market']}"
