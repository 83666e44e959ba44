"""The budget of requests: never more than so many calls in any stretch of so much time.

Bulk calls, the history that collectors fetch, leave a fifth of each window to all others.
"""

from __future__ import annotations

import logging
import os
from collections import Counter, deque
from pathlib import Path
from typing import Deque, Dict, List, Sequence, Tuple, Union

from sapi_kiwoom.loop import SECOND

log = logging.getLogger(__name__)

Window = Tuple[int, int]
"""(count, microseconds): at most ``count`` calls in any half-open stretch of that length."""

DEFAULT: Tuple[Window, ...] = ((5, SECOND), (50, 180 * SECOND), (1000, 3600 * SECOND))
"""The documented limit of five in a second, and what users measured of the undisclosed ones."""

NOTICE: Tuple[Window, ...] = (*DEFAULT, (5, 18 * SECOND), (25, 90 * SECOND))
"""`DEFAULT` and the pauses of the broker's notice: slower, for those who were blocked before."""

_BULK = " bulk"
"""Stands behind the moment of a bulk call in a history file."""

_COMPACT_AFTER = 10
"""The history file is rewritten when it holds so many times what is needed."""


class Limiter:
    """Rolling windows over the moments of past calls.

    Args:
        windows: all of them hold at once.
        history: a file that carries the moments over a restart, one a line; it is made
            where it is missing. A clock that was set back meanwhile makes the limiter wait longer,
            never shorter.
        now: market time in microseconds since 1970 UTC; needed with a history.

    Raises:
        ValueError: a window of no calls or no length, no window at all, or a history without now.
        OSError: the history cannot be read or written.
    """

    def __init__(
        self,
        windows: Sequence[Window] = DEFAULT,
        history: Union[Path, str, None] = None,
        now: int = 0,
    ) -> None:
        if not windows or any(count < 1 or length < 1 for count, length in windows):
            raise ValueError(f"windows are pairs (calls, microseconds) from 1 on, got {windows!r}")
        self._windows = tuple(windows)
        # Each window asks only for its own count-th last call, so no more than that are kept.
        self._stamps: Deque[int] = deque(maxlen=max(count for count, _ in windows))
        self._bulk: Deque[int] = deque(maxlen=max(_share(count) for count, _ in windows))
        self._history = None if history is None else Path(history)
        self._lines = 0
        if self._history is not None:
            if not now:
                raise ValueError("a history needs to know what time it is now")
            self._history.parent.mkdir(parents=True, exist_ok=True)
            past = now - max(length for _, length in windows)
            for stamp, bulk in _load(self._history, now):
                if stamp > past:
                    self._keep(stamp, bulk)
            self._rewrite(self._history)

    def next_at(self, now: int, bulk: bool = False) -> int:
        """The earliest moment from ``now`` on at which a call may be made, a bulk call or any other."""
        stamps, bulks = self._stamps, self._bulk
        at = now
        for count, length in self._windows:
            if count <= len(stamps):
                at = max(at, stamps[-count] + length)
            if bulk and _share(count) <= len(bulks):
                at = max(at, bulks[-_share(count)] + length)
        return at

    def budget(self, now: int) -> List[Dict[str, int]]:
        """How much of each window is used: ``limit`` calls in ``seconds``, ``used`` in the last of them."""
        return [
            {
                "limit": count,
                "seconds": length // SECOND,
                "used": sum(stamp > now - length for stamp in self._stamps),
            }
            for count, length in self._windows
        ]

    def record(self, now: int, bulk: bool = False) -> None:
        """Count a call; to be called before it, for what is counted must survive a crash in it."""
        self._keep(now, bulk)
        if self._history is None:
            return
        try:
            with self._history.open("a", encoding="ascii") as file:
                file.write(f"{now}{_BULK if bulk else ''}\n")
                file.flush()
                os.fsync(file.fileno())
            self._lines += 1
            if self._lines > _COMPACT_AFTER * len(self._stamps):
                self._rewrite(self._history)
        except OSError:  # a full disk is no reason to answer nobody
            log.exception("%s: a restart now would forget requests already made", self._history)

    def _keep(self, stamp: int, bulk: bool) -> None:
        self._stamps.append(stamp)
        if bulk:
            self._bulk.append(stamp)

    def _rewrite(self, path: Path) -> None:
        bulks = Counter(self._bulk)
        fresh = path.with_name(path.name + ".new")
        with fresh.open("w", encoding="ascii") as file:
            for stamp in self._stamps:
                bulk = bulks[stamp] > 0  # calls of one moment may change places
                bulks[stamp] -= 1
                file.write(f"{stamp}{_BULK if bulk else ''}\n")
            file.flush()
            os.fsync(file.fileno())
        os.replace(fresh, path)
        self._lines = len(self._stamps)


def _share(count: int) -> int:
    """So many calls of a window may be bulk."""
    return max(1, count - -(-count // 5))


def _load(path: Path, now: int) -> List[Tuple[int, bool]]:
    """The moments of a history, and which were bulk calls; oldest first, none after ``now``."""
    try:
        *lines, last = path.read_text(encoding="ascii", errors="replace").split("\n")
    except FileNotFoundError:
        return []
    stamps = []
    for line in lines:
        bulk = line.endswith(_BULK)
        try:
            stamps.append((min(int(line[: -len(_BULK)] if bulk else line), now), bulk))
        except ValueError:  # a call was made, its moment is lost: the safe guess is the latest
            log.warning("%s: cannot read %r, taken for a call made just now", path, line)
            stamps.append((now, False))
    if last:  # without its end it was never safe on the disk, so its call was never made
        log.warning("%s: dropped a torn last line", path)
    return sorted(stamps)
