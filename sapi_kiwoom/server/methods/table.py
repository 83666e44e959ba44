"""What the table of methods is made of: `Method`, and the schemas that its parameters share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, Mapping, Optional, Sequence

Schema = Dict[str, Any]

WAIT, REFUSE, ANSWER = "wait", "refuse", "answer"
"""What a method does while the control is not connected: see `Method.offline`."""


@dataclass(frozen=True)
class Transaction:
    """How a method asks for a TR and which of its rows it returns.

    Attributes:
        tr: the TR's code; each of its inputs is filled from the parameter of the same key.
        time: Korean name of the field on which ``from`` and ``to`` select; None returns all rows.
        all_pages: go on until ``from`` is passed or no page is left; else only the first page.
        old_keys: keys that the 2021 server misspelt, sent beside the right ones.
    """

    tr: str
    time: Optional[str] = None
    all_pages: bool = False
    old_keys: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Method:
    """One method that clients can call.

    Attributes:
        name: kebab-case, as it stands in ``method`` of a request.
        korean: what it does, for a trader.
        english: the same in English.
        parameters: JSON Schema of ``parameters``: an object, each property with the Korean ``title`` and
            an English ``description`` that says how to do it right.
        transaction: for methods of version 1 that ask for a TR.
        group: ``version-1``, ``reads``, ``lookups``, ``status``, ``simulator``, ``events``, ``orders``.
        offline: while the control is not connected, ``wait`` (until the deadline), ``refuse`` (at once with
            ``not-connected``) or ``answer`` as always.
        since: the wire version that brought it. Version 1 ignores parameters that it does not know and
            makes strings of numbers, as in 2021; later methods refuse the former.
    """

    name: str
    korean: str
    english: str
    parameters: Schema
    transaction: Optional[Transaction] = None
    group: str = ""
    offline: str = WAIT
    since: int = 2


def text(title: str, description: str, **rules: Any) -> Schema:
    """A string."""
    return {"type": "string", "title": title, "description": description, **rules}


def whole(title: str, description: str, least: int, most: int, **rules: Any) -> Schema:
    """A whole number from ``least`` to ``most``."""
    limits = {"minimum": least, "maximum": most}
    return {"type": "integer", "title": title, "description": description, **limits, **rules}


def yes(title: str, description: str) -> Schema:
    """True or false; false where it is left out."""
    return {"type": "boolean", "title": title, "description": description, "default": False}


def number(title: str, description: str, digits: int) -> Schema:
    """A string of digits, as TRs want their switches."""
    return text(title, description, pattern=f"^[0-9]{{1,{digits}}}$")


def moment(title: str) -> Schema:
    """A day or a moment of it, Korean time."""
    description = "a date that exists, YYYYMMDD, or with a time, YYYYMMDDHHMMSS"
    return text(title, description, format="moment")


def day(title: str, description: str) -> Schema:
    """A day, Korean time."""
    return text(title, f"{description}; a date that exists, YYYYMMDD", format="day")


def many(title: str, description: str, items: Schema, most: int) -> Schema:
    """A list of at least one."""
    limits = {"minItems": 1, "maxItems": most}
    return {
        "type": "array",
        "title": title,
        "description": description,
        "items": items,
        **limits,
    }


ANY_CODE = text("종목코드", "a stock code, for example 005930", maxLength=32)

CODE = text(
    "종목코드",
    "six characters of 0-9 and A-Z, for example 005930 or 0126Z0; "
    "with _NX or _AL where a quote of that venue is meant",
    pattern="^[0-9A-Z]{6}(_NX|_AL)?$",
)

ACCOUNT = text(
    "계좌번호", "the ten digits of an account, as list-accounts has it", pattern="^[0-9]{10}$"
)


def parameters(optional: Sequence[str] = (), **properties: Schema) -> Schema:
    """The schema of a method's parameters; all are required but those in ``optional``.

    A property named like a keyword of Python is written with a ``_`` behind it (``from_``).
    """
    named = {name.rstrip("_"): schema for name, schema in properties.items()}
    required = [name for name in named if name not in optional]
    return {
        "type": "object",
        "properties": named,
        "required": required,
        "additionalProperties": False,
    }
