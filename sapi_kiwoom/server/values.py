"""The raw string of a real-time event as values by FID: JSON, made once for each event.

A number is a JSON number, a price without the sign that only carries its colour, a blank null; what is no
number (names, codes, times of day, symbols) is a string. A number that cannot be read stays a string.
"""

from __future__ import annotations

import re
from functools import lru_cache
from json import JSONEncoder
from math import isfinite
from typing import Callable, Dict, FrozenSet, Iterable, NamedTuple, Pattern, Tuple

from sapi_kiwoom import catalogue

quoted = JSONEncoder(ensure_ascii=False).encode
"""A string as JSON."""


def _fids(*spans: Iterable[int]) -> FrozenSet[int]:
    return frozenset(fid for span in spans for fid in span)


COLOURED = _fids(
    (10, 16, 17, 18, 19, 23, 27, 28, 36, 182, 197, 219, 291, 305, 306, 307, 620, 670, 768),
    range(41, 61),
    (1221, 1236, 1237, 1365, 1366, 10010),
)
"""FIDs of prices and of values of indexes: their sign is a colour."""

TEXTS = _fids(
    (20, 21, 25, 214, 215, 216, 238, 290, 293, 297, 300, 302, 370, 382, 567, 568),
    (592, 593, 594, 689, 770, 1223, 1224, 1225, 1890, 1891, 1892),
    range(141, 161),
    range(271, 276),
    range(281, 286),
    (9001, 9008, 9068, 9069, 9075),
)
"""FIDs of what is no number."""


def _text(text: str) -> str:
    return quoted(text) if text else "null"


def _number(text: str) -> str:
    if not text:
        return "null"
    try:
        return str(int(text))
    except ValueError:
        pass
    try:
        number = float(text)
    except ValueError:
        return quoted(text)
    return repr(number) if isfinite(number) else quoted(text)


def _coloured(text: str) -> str:
    return _number(text).lstrip("-")


_JSON_NUMBER = r"(?:0|[1-9][0-9]*)(?:\.[0-9]+)?"

_KINDS: Dict[str, Tuple[Callable[[str], str], str, str]] = {
    # how one text is written, what it usually looks like, and what stands around it
    "text": (_text, r'([^\t"\\\s]+)', '"'),
    "number": (_number, rf"[ +]?(-?{_JSON_NUMBER})", ""),
    "coloured": (_coloured, rf"[ +-]?({_JSON_NUMBER})", ""),
}


class _Layout(NamedTuple):
    """How the raw string of a real type is read, and the form of its JSON object.

    Attributes:
        keys: as JSON.
        writers: of each value.
        usual: matches what the control usually sends, and finds in it what JSON has: one pass of C.
        pieces: of the object; every second one is replaced by what was found.
    """

    keys: Tuple[str, ...]
    writers: Tuple[Callable[[str], str], ...]
    usual: Pattern[str]
    pieces: Tuple[str, ...]


@lru_cache(maxsize=None)
def _layout(real_type: str) -> _Layout:
    keys, writers, patterns, pieces = [], [], [], ["{"]
    for fid in catalogue.real_types()[real_type].fids:
        key = catalogue.fid_key(fid)
        # What nobody has published the meaning of is no number.
        kind = "text" if fid in TEXTS or not key else "coloured" if fid in COLOURED else "number"
        writer, pattern, mark = _KINDS[kind]
        keys.append(quoted(key or f"fid_{fid}"))
        writers.append(writer)
        patterns.append(pattern)
        pieces[-1] += f"{keys[-1]}:{mark}"
        pieces += ["", f"{mark},"]
    pieces[-1] = pieces[-1][:-1] + "}"
    usual = re.compile("\t".join(patterns), re.ASCII)
    return _Layout(tuple(keys), tuple(writers), usual, tuple(pieces))


def values(real_type: str, raw: str) -> str:
    """The values of an event as a JSON object, by the FIDs' English keys.

    Args:
        real_type: Kiwoom's name; one that the catalogue has.
        raw: its FIDs in wire order with tabs between them. Servers may send fewer, or more behind
            those that are known: the values that are there are given.
    """
    keys, writers, usual, pieces = _layout(real_type)
    found = usual.fullmatch(raw)
    if found is not None:
        made = [*pieces]
        made[1::2] = found.groups()
        return "".join(made)
    texts = zip(keys, writers, raw.split("\t"))
    return "{" + ",".join(f"{key}:{write(text.strip())}" for key, write, text in texts) + "}"
