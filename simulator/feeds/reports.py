"""What a recording holds and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import List, NamedTuple, Optional, Tuple

ERROR, WARNING = "error", "warning"


class Problem(NamedTuple):
    """What is wrong with a recording.

    Attributes:
        file: its path.
        line: from 1.
        level: ``ERROR``, or ``WARNING`` where it may be played all the same.
        reason: in words, with the remedy where there is one.
    """

    file: str
    line: int
    level: str
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}"


class Switches(NamedTuple):
    """What a recording may lack.

    Attributes:
        gaps: minutes or days without trades, and trades that a total shows to be missing.
        off_grid: prices that are not valid ones, as those that were adjusted later.
    """

    gaps: bool = False
    off_grid: bool = False


STRICT = Switches()
"""Nothing may be lacking."""


@dataclass
class RecordedDay:
    """One stock's day in a file.

    Attributes:
        code, day: whose.
        kind: ``TICKS``, ``MINUTES`` or ``DAYS``.
        path: the file.
        start, end: where the rows of its date begin and end, in bytes.
        line: of the first of them.
        code_before: whose row stood before them; Kiwoom names a code once.
        rows: how many are this stock's.
        open, high, low, close: won.
        high_line, low_line: where these are.
        volume: shares.
        value: million won; None where it is not recorded.
        base: its base price in won; None where it is not recorded.
    """

    code: str
    day: date
    kind: str
    path: Path
    start: int
    end: int
    line: int
    code_before: str
    rows: int
    open: int
    high: int
    low: int
    close: int
    high_line: int
    low_line: int
    volume: int
    value: Optional[int]
    base: Optional[int]


class Report(NamedTuple):
    """What a recording holds, and what is wrong with it.

    Attributes:
        rows: lines with a record.
        days: days of a stock each.
        problems: by line; the first 1,000.
        dropped: problems beyond these.
        recorded: the days, in the order of the file.
        newest_first: the order of the file.
    """

    rows: int
    days: int
    problems: Tuple[Problem, ...]
    dropped: int
    recorded: Tuple[RecordedDay, ...]
    newest_first: bool

    @property
    def errors(self) -> List[Problem]:
        """Those problems that keep it from being played."""
        return [problem for problem in self.problems if problem.level == ERROR]
