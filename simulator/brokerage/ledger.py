"""The truth that survives a kill: everything the exchange was told and has done, in order, on disk.

A ledger is an append-only table in an SQLite file. One process has it at a time. What it holds is replayed
by whoever starts again with the same directory.
"""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any, Dict, Iterator, Mapping, NamedTuple, Union

from sapi_kiwoom.errors import KiwoomError

FORMAT = "1"
FILE = "ledger.sqlite3"
_PAGE = 1_000


class LedgerError(KiwoomError):
    """The directory of a state cannot be used; the message names the remedy."""

    name = "state-unusable"


class Entry(NamedTuple):
    """One thing that happened.

    Attributes:
        sequence: 1, 2, 3 ... without gaps.
        at: market time, microseconds since 1970 UTC.
        kind: what it was, for example ``order``, ``fill`` or ``day``.
        data: whatever belongs to it, as JSON has it.
    """

    sequence: int
    at: int
    kind: str
    data: Dict[str, Any]


class Ledger:
    """The entries of one directory.

    Args:
        folder: made if it does not exist.
        meta: what the state depends on (digest of the scenario, seed ...). A ledger made with other
            values is refused: its entries would not fit what happens around them.

    Raises:
        LedgerError: another process uses the directory, it was made with another meta or by another
            version, or it cannot be written.
    """

    def __init__(self, folder: Path, meta: Mapping[str, str]) -> None:
        self._folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._base = sqlite3.connect(str(folder / FILE), timeout=0, isolation_level=None)
        except (OSError, sqlite3.Error) as error:
            raise LedgerError(f"--state {folder}: {error}; name a directory to write in") from error
        try:
            self._open({"format": FORMAT, **meta})
        except sqlite3.OperationalError as error:
            self._base.close()
            remedy = (
                "another process uses it; stop that process or name another directory"
                if "locked" in str(error)
                else "name a directory to write in"
            )
            raise LedgerError(f"--state {folder}: {error}; {remedy}") from error
        except sqlite3.DatabaseError as error:
            self._base.close()
            raise LedgerError(
                f"--state {folder}: {FILE} is no ledger ({error}); name another directory"
            ) from error
        except LedgerError:
            self._base.close()
            raise

    def _open(self, meta: Mapping[str, str]) -> None:
        # An exclusive lock lasts until the connection ends, with the process at the latest. FULL
        # makes every commit wait for the disk.
        self._base.execute("PRAGMA locking_mode = EXCLUSIVE")
        self._base.execute("PRAGMA journal_mode = WAL")
        self._base.execute("PRAGMA synchronous = FULL")
        self._base.execute("BEGIN EXCLUSIVE")
        self._base.execute("CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT)")
        self._base.execute(
            "CREATE TABLE IF NOT EXISTS entries"
            " (sequence INTEGER PRIMARY KEY, at INTEGER, kind TEXT, data TEXT)"
        )
        stored = dict(self._base.execute("SELECT name, value FROM meta"))
        if not stored:
            self._base.executemany("INSERT INTO meta VALUES (?, ?)", sorted(meta.items()))
            stored = dict(meta)
        self._base.execute("COMMIT")
        for name in sorted({*stored, *meta}):
            if stored.get(name) != meta.get(name):
                raise LedgerError(
                    f"--state {self._folder}: it was made with {name} {stored.get(name)}, not "
                    f"{meta.get(name)}; start with that again, name another directory, or delete "
                    "this one to begin anew",
                    field=name,
                )
        (self._last,) = self._base.execute(
            "SELECT coalesce(max(sequence), 0) FROM entries"
        ).fetchone()

    @property
    def last(self) -> int:
        """The sequence of the last entry; 0 where there is none."""
        return int(self._last)

    def append(self, at: int, kind: str, data: Mapping[str, object]) -> int:
        """Write an entry; it is on the disk when this returns its sequence.

        Raises:
            LedgerError: the disk is full or gone. Nothing has been written then.
        """
        text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        sequence = self.last + 1
        try:
            self._base.execute(
                "INSERT INTO entries VALUES (?, ?, ?, ?)", (sequence, at, kind, text)
            )
        except sqlite3.Error as error:
            raise LedgerError(f"--state {self._folder}: {error}; make room on the disk") from error
        self._last = sequence
        return sequence

    def entries(self, after: int = 0) -> Iterator[Entry]:
        """The entries behind the sequence ``after`` that were there when this was called, in order."""
        last = self.last
        while after < last:
            page = self._base.execute(
                "SELECT sequence, at, kind, data FROM entries WHERE sequence > ? AND sequence <= ?"
                " ORDER BY sequence LIMIT ?",
                (after, last, _PAGE),
            ).fetchall()
            for sequence, at, kind, text in page:
                yield Entry(sequence, at, kind, json.loads(text))
            after = page[-1][0]

    def close(self) -> None:
        """Let others have the directory."""
        self._base.close()


class NoLedger:
    """Stands where no state is asked for: counts, and keeps nothing."""

    def __init__(self) -> None:
        self.last = 0

    def append(self, at: int, kind: str, data: Mapping[str, object]) -> int:
        """Count an entry."""
        self.last += 1
        return self.last

    def entries(self, after: int = 0) -> Iterator[Entry]:
        """Nothing."""
        return iter(())

    def close(self) -> None:
        """Nothing."""


AnyLedger = Union[Ledger, NoLedger]
