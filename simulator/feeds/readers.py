"""Recorded trades and candles as text: CSV or JSON lines, UTF-8 or CP949, our column names or Kiwoom's.

A file is read line by line and never held as a whole. What is wrong with a line is told by
`BadLine`; whether the lines make a day that can be played is for `simulator.feeds.checking`.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Dict, Iterator, List, Optional, Tuple

from simulator.feeds.columns import (
    COLUMNS,
    NUMBER,
    Candle,
    Trade,
    candle,
    code_of,
    field_of,
    trade,
)

TICKS, MINUTES, DAYS = "ticks", "minutes", "days"
"""What a file may hold: trades, minute candles or day candles."""

_LONGEST_LINE = 65_536
_ENDS = "\ufeff\r\n"
"""Around a line: what ends it, and the mark with which some programs begin a UTF-8 file."""


class BadLine(ValueError):
    """A line that cannot be read.

    Attributes:
        line: its number, from 1.
        reason: what is wrong with it.
    """

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line = line
        self.reason = reason


class Table:
    """A file of records: how it is written, and its lines.

    Args:
        path: a CSV file with column names in its first line, or JSON lines.
        kind: ``TICKS``, ``MINUTES`` or ``DAYS``; None to tell by the columns.

    Raises:
        BadLine: the file is empty, in no encoding that is known, or its columns do not do.
        OSError: it cannot be read.
    """

    def __init__(self, path: Path, kind: Optional[str] = None) -> None:
        self.path = path
        self.encoding = _encoding(path)
        self._delimiter = ""
        self.columns = self._header()
        self.kind = kind or self._kind()
        self._require()

    def lines(self, start: int = 0, line: int = 1) -> Iterator[Tuple[int, int, Dict[str, str]]]:
        """(line, byte offset, values by field) from a place on; blank lines are skipped.

        A line that cannot be taken apart gives a `BadLine` as its only value, under the field "!".
        """
        with self.path.open("rb") as file:
            file.seek(start)
            offset = start
            while True:
                raw = file.readline(_LONGEST_LINE)
                if not raw:
                    return
                here, offset = offset, offset + len(raw)
                text = raw.decode(self.encoding).strip(_ENDS)
                if text.strip() and not (line == 1 and self._delimiter):
                    try:
                        yield line, here, self._values(text)
                    except ValueError as error:
                        yield line, here, {"!": str(error)}
                line += 1

    def record(self, line: int, values: Dict[str, str], code: str = "") -> Trade | Candle:
        """A line's record; ``code`` is the one above, which Kiwoom does not repeat.

        Raises:
            BadLine: a value is missing or cannot be read.
        """
        try:
            if "!" in values:
                raise ValueError(values["!"])
            code = code_of(values.get("code", "")) or code
            if self.kind == TICKS:
                return trade(line, code, values)
            return candle(line, code, values, self.kind == MINUTES)
        except ValueError as error:
            raise BadLine(line, str(error)) from None

    def _header(self) -> List[str]:
        with self.path.open("rb") as file:
            text = file.readline(_LONGEST_LINE).decode(self.encoding).strip(_ENDS)
        if not text.strip():
            raise BadLine(1, "the file is empty, or its first line is")
        if text.lstrip().startswith("["):
            raise BadLine(1, "a JSON list; write one object a line instead")
        if text.lstrip().startswith("{"):
            try:
                return [field_of(name) for name in _json(text)]
            except ValueError as error:
                raise BadLine(1, str(error)) from None
        self._delimiter = max(",;\t", key=text.count)
        names = [name.strip() for name in _split(text, self._delimiter)]
        if any(NUMBER.fullmatch(name) for name in names):
            raise BadLine(
                1, "the first line must name the columns, for example time,price,quantity"
            )
        try:
            fields = [field_of(name) for name in names]
        except ValueError as error:
            raise BadLine(1, str(error)) from None
        for field in set(fields) - {""}:
            if fields.count(field) > 1:
                raise BadLine(1, f"two columns hold the {field}; leave one of them out")
        return fields

    def _kind(self) -> str:
        if not {"open", "high", "low"} & set(self.columns):
            return TICKS
        return MINUTES if "time" in self.columns else DAYS

    def _require(self) -> None:
        sizes = ["quantity"]
        if self.kind == TICKS and "signed quantity" in self.columns:
            sizes = []
        need = {
            TICKS: ["time", "price", *sizes],
            MINUTES: ["time", "open", "high", "low", "price", "quantity"],
            DAYS: ["date", "open", "high", "low", "price", "quantity"],
        }
        if self.kind not in need:
            raise ValueError(f"kind {self.kind!r} must be one of {', '.join(need)}")
        for field in need[self.kind]:
            if field not in self.columns:
                names = " or ".join(COLUMNS[field].split())
                raise BadLine(1, f"no column for the {field}; {self.kind} need one: {names}")

    def _values(self, text: str) -> Dict[str, str]:
        if not self._delimiter:
            values = _json(text)
            return {field_of(name): value.strip() for name, value in values.items()}
        parts = _split(text, self._delimiter)
        if len(parts) != len(self.columns):
            raise ValueError(f"{len(parts)} values in {len(self.columns)} columns")
        return {field: part.strip() for field, part in zip(self.columns, parts)}


def _encoding(path: Path) -> str:
    with path.open("rb") as file:
        if file.read(2) in (b"\xff\xfe", b"\xfe\xff"):
            raise BadLine(1, "UTF-16; save the file as UTF-8 or CP949")
    bad = 0
    for encoding in ("utf-8", "cp949"):
        wrong = _undecodable(path, encoding)
        if not wrong:
            return encoding
        bad = bad or wrong
    raise BadLine(bad, "neither UTF-8 nor CP949")


def _undecodable(path: Path, encoding: str) -> int:
    """The first line that is not in an encoding; 0 where all are."""
    with path.open("rb") as file:
        number = 0
        while True:
            line = file.readline(_LONGEST_LINE)
            if not line:
                return 0
            number += 1
            if len(line) == _LONGEST_LINE and not line.endswith(b"\n"):
                raise BadLine(number, f"longer than {_LONGEST_LINE} bytes")
            try:
                line.decode(encoding)
            except UnicodeDecodeError:
                return number


def _split(text: str, delimiter: str) -> List[str]:
    if '"' not in text:
        return text.split(delimiter)
    try:
        return next(csv.reader([text], delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise ValueError(f"not CSV: {error}") from None


def _json(text: str) -> Dict[str, str]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise ValueError(f"not JSON: {error}") from None
    if not isinstance(found, dict):
        raise ValueError("not a JSON object")
    for name, value in found.items():
        if isinstance(value, (bool, dict, list)):
            raise ValueError(f"{name} is neither a number nor a string")
    return {name: "" if value is None else str(value) for name, value in found.items()}
