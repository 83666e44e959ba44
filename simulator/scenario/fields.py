"""What may stand in a scenario's file: each kind of value, read from strings and written as such."""

from __future__ import annotations

import re
from dataclasses import MISSING, dataclass, fields
from datetime import date, datetime
from difflib import get_close_matches
from typing import Any, Callable, Dict, Mapping, NamedTuple, Optional, Protocol, Sequence

from sapi_kiwoom import krx
from sapi_kiwoom.loop import SECOND
from simulator.scenario.document import inside
from simulator.scenario.errors import ScenarioError


class Place(NamedTuple):
    """Where in a scenario something is read.

    Attributes:
        path: of the value.
        day: which times without a date mean; None where the scenario has no start.
    """

    path: str
    day: Optional[date] = None

    def within(self, key: str) -> Place:
        """The place of a mapping's value."""
        return self._replace(path=inside(self.path, key))

    def item(self, number: int) -> Place:
        """The place of a list's item."""
        return self._replace(path=f"{self.path}[{number}]")

    def wrong(self, why: str) -> ScenarioError:
        """What is wrong here."""
        return ScenarioError(self.path, why)


class Kind(Protocol):
    """A kind of value."""

    def read(self, value: Any, place: Place) -> Any:
        """The value that strings, lists and dicts stand for.

        Raises:
            ScenarioError: they stand for none.
        """

    def write(self, value: Any) -> Any:
        """The inverse of `read`."""


class Scalar(NamedTuple):
    """One string.

    Attributes:
        parse: gives the value; None where the string is none, or raises ScenarioError.
        show: gives the string.
        example: for people who wrote something else.
    """

    parse: Callable[[str, Place], Any]
    show: Callable[[Any], str]
    example: str

    def read(self, value: Any, place: Place) -> Any:
        """See `Kind.read`."""
        found = self.parse(value, place) if isinstance(value, str) else None
        if found is None:
            raise place.wrong(f"{_shown(value)} is not {self.example}")
        return found

    def write(self, value: Any) -> str:
        """See `Kind.write`."""
        return self.show(value)


class ListOf(NamedTuple):
    """A list, as a tuple."""

    kind: Kind

    def read(self, value: Any, place: Place) -> Any:
        """See `Kind.read`."""
        if not isinstance(value, list):
            raise place.wrong(f"{_shown(value)} is not a list; write [a, b] or lines with -")
        return tuple(self.kind.read(each, place.item(n)) for n, each in enumerate(value))

    def write(self, value: Any) -> Any:
        """See `Kind.write`."""
        return [self.kind.write(each) for each in value]


class MapOf(NamedTuple):
    """A mapping with any number of keys."""

    key: Kind
    kind: Kind

    def read(self, value: Any, place: Place) -> Any:
        """See `Kind.read`."""
        if not isinstance(value, dict):
            raise place.wrong(f"{_shown(value)} is not a mapping; write {{key: value}}")
        return {
            self.key.read(key, place.within(key)): self.kind.read(each, place.within(key))
            for key, each in value.items()
        }

    def write(self, value: Any) -> Any:
        """See `Kind.write`."""
        return {self.key.write(key): self.kind.write(each) for key, each in value.items()}


class Either(NamedTuple):
    """One of two kinds, told apart by whether a string is written."""

    scalar: Kind
    other: Kind
    is_scalar: Callable[[Any], bool]

    def read(self, value: Any, place: Place) -> Any:
        """See `Kind.read`."""
        return (self.scalar if isinstance(value, str) else self.other).read(value, place)

    def write(self, value: Any) -> Any:
        """See `Kind.write`."""
        return (self.scalar if self.is_scalar(value) else self.other).write(value)


class Raw:
    """Whatever stands there: somebody else reads it."""

    def read(self, value: Any, place: Place) -> Any:
        """See `Kind.read`."""
        return value

    def write(self, value: Any) -> Any:
        """See `Kind.write`."""
        return value


@dataclass(frozen=True)
class Field:
    """A key of a mapping.

    Attributes:
        key: in the file.
        kind: of its value.
        attribute: of the object that is read; the key's name where "".
    """

    key: str
    kind: Kind
    attribute: str = ""

    @property
    def target(self) -> str:
        """The attribute that it is."""
        return self.attribute or self.key


class Record:
    """A mapping with known keys, as an object of a dataclass.

    A key without a default must be there; one with it is not written where it has its default.
    """

    def __init__(self, cls: Callable[..., Any], keys: Sequence[Field]) -> None:
        self._cls = cls
        self.fields = tuple(keys)
        self._defaults: Dict[str, Any] = {}
        for each in fields(cls):  # type: ignore[arg-type]  # it is a dataclass
            if each.default is not MISSING:
                self._defaults[each.name] = each.default
            elif each.default_factory is not MISSING:
                self._defaults[each.name] = each.default_factory()

    def read(self, value: Any, place: Place) -> Any:
        """See `Kind.read`."""
        return self._cls(**self.values(value, place))

    def values(self, value: Any, place: Place) -> Dict[str, Any]:
        """What the object is made from."""
        check_keys(value, [each.key for each in self.fields], place)
        for each in self.fields:
            if each.key not in value and each.target not in self._defaults:
                raise place.wrong(f"{each.key} is missing")
        return {
            each.target: each.kind.read(value[each.key], place.within(each.key))
            for each in self.fields
            if each.key in value
        }

    def write(self, value: Any) -> Any:
        """See `Kind.write`."""
        return {
            each.key: each.kind.write(getattr(value, each.target))
            for each in self.fields
            if each.target not in self._defaults
            or getattr(value, each.target) != self._defaults[each.target]
        }


def check_keys(value: Any, known: Sequence[str], place: Place) -> None:
    """Raise ScenarioError unless a value is a mapping with known keys only."""
    if not isinstance(value, dict):
        raise place.wrong(f"{_shown(value)} is not a mapping; its keys are {', '.join(known)}")
    for key in value:
        if key not in known:
            near = get_close_matches(key, known, 1)
            hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
            raise place.within(key).wrong(f"unknown key; {hint}")


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return repr(value) if value else "nothing"
    return "a list" if isinstance(value, list) else "a mapping"


# -- strings ---------------------------------------------------------------------------------------

_TIME = r"(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?"
_MOMENT = re.compile(rf"(?:(\d{{4}}-\d\d-\d\d)[ T])?{_TIME}", re.ASCII)
_DURATION = re.compile(r"(\d{1,9})(?:\.(\d{1,6}))? ?(us|ms|s|min|h)", re.ASCII)
_UNITS = {"h": 3600 * SECOND, "min": 60 * SECOND, "s": SECOND, "ms": 1_000, "us": 1}
_WHOLE = re.compile(r"\d{1,3}(?:[,_]?\d{3})*|\d{1,18}", re.ASCII)
_DECIMAL = re.compile(r"\d{1,9}(?:\.\d{1,9})?", re.ASCII)


def pattern(regex: str, example: str) -> Scalar:
    """A string of a form."""
    compiled = re.compile(regex, re.ASCII | re.DOTALL)
    return Scalar(lambda text, _: text if compiled.fullmatch(text) else None, str, example)


def one_of(names: Mapping[str, Any]) -> Scalar:
    """One of some words."""
    words = {value: name for name, value in names.items()}
    return Scalar(lambda text, _: names.get(text), lambda value: words[value], " or ".join(names))


def whole(least: int, most: int, example: str) -> Scalar:
    """A whole number, maybe with ``_`` or ``,`` before every three digits."""

    def parse(text: str, place: Place) -> Optional[int]:
        digits = text[1:] if text.startswith("-") else text
        if not _WHOLE.fullmatch(digits):
            return None
        number = int(digits.replace(",", "").replace("_", ""))
        number = -number if text.startswith("-") else number
        if not least <= number <= most:
            raise place.wrong(f"{text} is not within {least} to {most:_}")
        return number

    return Scalar(parse, lambda number: f"{number:_}", example)


def _speed(text: str, place: Place) -> Optional[float]:
    if text == "max":
        return float("inf")
    return float(text) or None if _DECIMAL.fullmatch(text) else None


def _show_speed(speed: float) -> str:
    return "max" if speed == float("inf") else f"{speed:.9f}".rstrip("0").rstrip(".")


def _moment(text: str, place: Place) -> Optional[int]:
    found = _MOMENT.fullmatch(text)
    if found is None:
        return None
    dated, hour, minute, second, parts = found.groups()
    day = _date(dated, place) if dated else place.day
    if day is None:
        raise place.wrong(f"{text} needs a date, or the scenario a start; write 2026-11-20 {text}")
    if int(hour) > 23 or int(minute) > 59 or int(second or 0) > 59:
        raise place.wrong(f"{text} is no time of day")
    since = (int(hour) * 60 + int(minute)) * krx.MINUTE + int(second or 0) * SECOND
    return krx.midnight(day) + since + int((parts or "0").ljust(6, "0"))


def _date(text: str, place: Place) -> date:
    try:
        day = date(*map(int, text.split("-")))
    except ValueError:
        raise place.wrong(f"{text} is no date") from None
    if not krx.FIRST_DATE <= day <= krx.LAST_DATE:
        raise place.wrong(f"{text} is outside the calendar of {krx.FIRST_DATE} to {krx.LAST_DATE}")
    return day


def _show_moment(moment: int) -> str:
    # not strftime: what it gives for early years differs between systems
    at: datetime = krx.kst(moment).replace(tzinfo=None)
    shape = "minutes" if not (at.second or at.microsecond) else "auto"
    return at.isoformat(" ", shape)


def _duration(text: str, place: Place) -> Optional[int]:
    found = _DURATION.fullmatch(text)
    if found is None:
        return None
    number, parts, unit = found.groups()
    return (int(number) * 1_000_000 + int((parts or "0").ljust(6, "0"))) * _UNITS[unit] // 1_000_000


def _show_duration(duration: int) -> str:
    if duration > SECOND and duration % SECOND:
        return f"{duration // SECOND}.{duration % SECOND:06d}".rstrip("0") + "s"
    unit = next(
        (each for each, size in _UNITS.items() if duration >= size and not duration % size), "s"
    )
    return f"{duration // _UNITS[unit]}{unit}"


TEXT = Scalar(lambda text, _: text, str, "a text")
NAME = pattern(r"\S(?:.*\S)?", "a name")
WON = whole(0, 10**15, "won, for example 71_000")
SHARES = whole(1, 10**12, "a number of shares, for example 1_000")
SEED = whole(0, 2**63 - 1, "a whole number, for example 7")
CODE = pattern("[0-9A-Z]{6}", "a stock code, six characters of 0-9 and A-Z, for example 000660")
ACCOUNT = pattern(r"\d{10}", "an account number of ten digits, for example 8099999911")
FLAG = one_of({"yes": True, "no": False})
SPEED = Scalar(_speed, _show_speed, "a speed: a number above 0, or max")
MOMENT = Scalar(
    _moment, _show_moment, "a moment in Korean time, for example 2026-11-20 09:00:30, or 09:00"
)
DURATION = Scalar(_duration, _show_duration, "a duration: 30s, 20ms, 5min")
SECONDS = Scalar(
    lambda text, place: _in_seconds(_duration(text, place)),
    lambda value: DURATION.show(round(value * SECOND)),
    DURATION.example,
)


def _in_seconds(duration: Optional[int]) -> Optional[float]:
    return None if duration is None else duration / SECOND


__all__ = [
    "ACCOUNT",
    "CODE",
    "DURATION",
    "FLAG",
    "MOMENT",
    "NAME",
    "SECONDS",
    "SEED",
    "SHARES",
    "SPEED",
    "TEXT",
    "WON",
    "Either",
    "Field",
    "Kind",
    "ListOf",
    "MapOf",
    "Place",
    "Raw",
    "Record",
    "Scalar",
    "check_keys",
    "one_of",
    "pattern",
    "whole",
]
