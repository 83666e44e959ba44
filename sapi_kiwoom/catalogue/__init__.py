"""What the control's requests and real-time events are made of, as data.

The facts are Kiwoom's (TR inputs and outputs as KOA Studio lists them, in the control's column order);
the English keys are this project's, those of the six TRs of wire version 1 included.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Dict, Mapping, Optional, Tuple

from sapi_kiwoom.errors import KiwoomError

_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Field:
    """One input or output of a TR.

    Attributes:
        name: Kiwoom's Korean name, what SetInputValue and GetCommData take.
        key: the English name on the wire, unique in its block.
        fid: Kiwoom's number of the field; -1 where it has none (the TRs of accounts, opw).
        width: bytes of the field's buffer.
        optional: an input that may be left empty.
    """

    name: str
    key: str
    fid: int
    width: int
    optional: bool = False


@dataclass(frozen=True)
class Record:
    """A single or multi record: its Korean name, its fields in column order, rows of a full page."""

    name: str
    fields: Tuple[Field, ...]
    rows: int


@dataclass(frozen=True)
class Cursor:
    """How a long chain can be resumed later: set ``input`` to the oldest row's ``field``."""

    input: str
    field: str


@dataclass(frozen=True)
class Tr:
    """One TR: ``code`` in Kiwoom's usual spelling, inputs in the order in which they must be set."""

    code: str
    title: str
    inputs: Tuple[Field, ...]
    single: Optional[Record]
    multi: Optional[Record]
    cursor: Optional[Cursor]


@dataclass(frozen=True)
class RealType:
    """A kind of real-time event: its two-character id and its FIDs in wire order."""

    name: str
    id: str
    fids: Tuple[int, ...]


def _load(name: str) -> Any:
    return json.loads((_FOLDER / name).read_text(encoding="utf-8"))


def _record(raw: Optional[Mapping[str, Any]]) -> Optional[Record]:
    if raw is None:
        return None
    fields = tuple(Field(**field) for field in raw["fields"])
    return Record(raw["record"], fields, raw.get("rows", 1))


@lru_cache(maxsize=None)
def trs() -> Dict[str, Tr]:
    """All TRs by their code in lower case."""
    return {
        raw["code"].lower(): Tr(
            code=raw["code"],
            title=raw["title"],
            inputs=tuple(Field(**field) for field in raw["inputs"]),
            single=_record(raw.get("single")),
            multi=_record(raw.get("multi")),
            cursor=Cursor(**raw["cursor"]) if "cursor" in raw else None,
        )
        for raw in _load("trs.json")
    }


def tr(code: str) -> Tr:
    """The TR with this code, in any spelling (``OPT10081`` and ``opt10081`` are one).

    Raises:
        KiwoomError: the catalogue has no such TR.
    """
    found = trs().get(code.lower())
    if found is None:
        raise KiwoomError(f"the catalogue has no TR {code!r}", tr_code=code)
    return found


@lru_cache(maxsize=None)
def real_types() -> Dict[str, RealType]:
    """All real types by their Korean name, for example ``주식체결``."""
    return {
        raw["name"]: RealType(raw["name"], raw["id"], tuple(raw["fids"]))
        for raw in _load("real_types.json")
    }


@lru_cache(maxsize=None)
def _errors() -> Dict[int, Tuple[str, str]]:
    return {int(code): (entry[0], entry[1]) for code, entry in _load("errors.json").items()}


def error_name(code: int) -> str:
    """Kiwoom's constant for a return code, ``OP_ERR_SISE_OVERFLOW`` for -200; "" where none is known."""
    return _errors().get(code, ("", ""))[0]


def error_meaning(code: int) -> str:
    """What a return code means and, where something can be done, what; in English and Korean."""
    return _errors().get(code, ("", "an error that the vendor's guide does not list"))[1]
