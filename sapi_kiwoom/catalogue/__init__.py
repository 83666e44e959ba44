"""What the control's requests and real-time events are made of, as data.

The facts are Kiwoom's: TR inputs and outputs as KOA Studio lists them, in the control's column order, and
the FIDs of real-time events in wire order. The English keys and the kinds (`sapi_kiwoom.catalogue.kinds`)
are this project's, the keys of the six TRs of wire version 1 included. Files are read at the first look-up.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, List, Mapping, NamedTuple, Optional, Tuple

from sapi_kiwoom.errors import KiwoomError

if TYPE_CHECKING:
    from sapi_kiwoom.catalogue.kinds import Value

_FOLDER = Path(__file__).parent


class Field(NamedTuple):
    """One input or output of a TR.

    Attributes:
        name: Kiwoom's Korean name, what SetInputValue and GetCommData take.
        key: the English name on the wire, unique in its block.
        fid: Kiwoom's number of the field; -1 where it has none (the TRs of accounts, opw).
        width: bytes of the field's buffer.
        optional: an input that may be left empty.
        kind: how its values are written, a name in `kinds.KINDS`.
    """

    name: str
    key: str
    fid: int
    width: int
    optional: bool = False
    kind: str = "text"

    def format(self, value: Optional[Value], profile: str = "mock", colour: int = 0) -> str:
        """The string that the control gives for a value; see `kinds.Kind.format`.

        Raises:
            ValueError: the value is not of the field's kind, or the server is unknown.
        """
        from sapi_kiwoom.catalogue.kinds import KINDS  # noqa: PLC0415 - decimal is not free

        try:
            return KINDS[self.kind].format(value, profile, self.width, colour)
        except ValueError as error:
            raise ValueError(f"{self.name} ({self.key}): {error}") from None

    def parse(self, raw: str, profile: str = "mock") -> Optional[Value]:
        """The value of a string of the control, None where it is blank; see `kinds.Kind.parse`.

        Raises:
            ValueError: the string is not of the field's kind, or the server is unknown.
        """
        from sapi_kiwoom.catalogue.kinds import KINDS  # noqa: PLC0415

        try:
            return KINDS[self.kind].parse(raw, profile)
        except ValueError as error:
            raise ValueError(f"{self.name} ({self.key}): {error}") from None


class Record(NamedTuple):
    """A single or multi record: its Korean name, its fields in column order, rows of a full page."""

    name: str
    fields: Tuple[Field, ...]
    rows: int


class Cursor(NamedTuple):
    """How a long chain can be resumed later: set ``input`` to the oldest row's ``field``."""

    input: str
    field: str


@dataclass(frozen=True)
class Tr:
    """One TR.

    Attributes:
        code: in Kiwoom's usual spelling.
        title: Kiwoom's Korean name.
        inputs: in the order in which they must be set.
        single: the record that comes once.
        multi: the record of the rows.
        cursor: how a chain can be resumed; None where it cannot.
        group: what it is about, ``stock``, ``account`` or ``futures-options`` for example.
        venue: the input 거래소구분 that servers take since 2025, never needed; None where they do not.
    """

    code: str
    title: str
    inputs: Tuple[Field, ...]
    single: Optional[Record]
    multi: Optional[Record]
    cursor: Optional[Cursor]
    group: str = ""
    venue: Optional[Field] = None


class RealType(NamedTuple):
    """A kind of real-time event.

    Attributes:
        name: Kiwoom's Korean name, as the events have it.
        id: its two characters.
        fids: in wire order.
        internal: exists in Kiwoom's own programs only; OpenAPI+ never delivers it.
    """

    name: str
    id: str
    fids: Tuple[int, ...]
    internal: bool = False


def _load(name: str) -> Any:
    return json.loads((_FOLDER / name).read_text(encoding="utf-8"))


# -- TRs -------------------------------------------------------------------------------------------


def _field(name: str, key: str, fid: int, width: int, kind: str, optional: bool = False) -> Field:
    return Field(name, key, fid, width, optional, kind)


def _record(raw: Optional[Mapping[str, Any]]) -> Optional[Record]:
    if raw is None:
        return None
    return Record(raw["record"], tuple(_field(*each) for each in raw["fields"]), raw.get("rows", 1))


def _venue(code: str, name: Optional[str]) -> Optional[Field]:
    if name is None:
        return None
    fid, width = (-1, 3) if code.startswith("opw") else (9081, 1)
    return Field(name, "exchange", fid, width, optional=True, kind="flag")


@lru_cache(maxsize=None)
def _raw_trs() -> Dict[str, Any]:
    return {raw["code"].lower(): raw for raw in _load("trs.json")}


_built: Dict[str, Tr] = {}


def tr(code: str) -> Tr:
    """The TR with this code, in any spelling (``OPT10081`` and ``opt10081`` are one).

    Raises:
        KiwoomError: the catalogue has no such TR.
    """
    lower = code.lower()
    found = _built.get(lower)
    if found is not None:
        return found
    raw = _raw_trs().get(lower)
    if raw is None:
        raise KiwoomError(f"the catalogue has no TR {code!r}", tr_code=code)
    return _built.setdefault(
        lower,
        Tr(
            code=raw["code"],
            title=raw["title"],
            inputs=tuple(_field(*each) for each in raw["inputs"]),
            single=_record(raw.get("single")),
            multi=_record(raw.get("multi")),
            cursor=Cursor(**raw["cursor"]) if "cursor" in raw else None,
            group=raw["group"],
            venue=_venue(lower, raw.get("venue")),
        ),
    )


@lru_cache(maxsize=None)
def trs() -> Dict[str, Tr]:
    """All TRs by their code in lower case."""
    return {code: tr(code) for code in _raw_trs()}


# -- Real time -------------------------------------------------------------------------------------


@lru_cache(maxsize=None)
def _all_real_types() -> List[RealType]:
    return [
        RealType(raw["name"], raw["id"], tuple(raw["fids"]), raw.get("internal", False))
        for raw in _load("real_types.json")
    ]


@lru_cache(maxsize=None)
def real_types() -> Dict[str, RealType]:
    """The real types that OpenAPI+ delivers, by their Korean name, for example ``주식체결``."""
    return {each.name: each for each in _all_real_types() if not each.internal}


@lru_cache(maxsize=None)
def internal_real_types() -> Dict[str, RealType]:
    """The real types that Kiwoom's table has besides, for its own programs, by their Korean name."""
    return {each.name: each for each in _all_real_types() if each.internal}


@lru_cache(maxsize=None)
def _fids() -> Dict[int, Tuple[str, str]]:
    return {int(fid): (entry[0], entry[1]) for fid, entry in _load("fids.json").items()}


def fid_name(fid: int) -> str:
    """Kiwoom's Korean name of a FID, ``현재가`` for 10; "" where none is published."""
    return _fids().get(fid, ("", ""))[0]


def fid_key(fid: int) -> str:
    """The English name of a FID, unique in each real type; "" where the Korean one is not published."""
    return _fids().get(fid, ("", ""))[1]


# -- Codes -----------------------------------------------------------------------------------------


@lru_cache(maxsize=None)
def _errors() -> Dict[int, Tuple[str, str]]:
    return {int(code): (entry[0], entry[1]) for code, entry in _load("errors.json").items()}


def error_name(code: int) -> str:
    """Kiwoom's constant for a return code, ``OP_ERR_SISE_OVERFLOW`` for -200; "" where none is known."""
    return _errors().get(code, ("", ""))[0]


def error_meaning(code: int) -> str:
    """What a return code means and, where something can be done, what; in English and Korean."""
    return _errors().get(code, ("", "an error that the vendor's guide does not list"))[1]


@lru_cache(maxsize=None)
def _messages() -> Dict[str, Any]:
    return dict(_load("messages.json"))


def message_meaning(code: str) -> str:
    """What the code in an OnReceiveMsg means, ``107066`` or ``RC4003``; "" for one that is not known."""
    return str(_messages().get(code, {"meaning": ""})["meaning"])


def message_texts(code: str) -> Dict[str, Tuple[str, ...]]:
    """The texts that follow a message code, by server (`kinds.PROFILES`); one code may have several.

    ``{shares}`` stands for a number.
    """
    texts = _messages().get(code, {"texts": {}})["texts"]
    return {server: tuple(each) for server, each in texts.items()}
