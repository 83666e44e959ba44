"""The journal: every decision about an order is on the disk before the next step is taken.

SQLite with a write-ahead log and full synchronisation: what was committed is there after a ``kill -9`` and
after a power cut. One server at a time may have a journal open; a lock file sees to that and is freed by
the operating system when a process ends, however it ends.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Union

from sapi_kiwoom.errors import KiwoomError
from sapi_kiwoom.session.orders.order import LIVE, Order, Wish

VERSION = 1

_TABLES = """
CREATE TABLE orders (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    order_id TEXT NOT NULL UNIQUE,
    digest TEXT NOT NULL,
    wish TEXT NOT NULL,
    received INTEGER NOT NULL,
    day TEXT NOT NULL,
    account TEXT NOT NULL,
    strategy TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    message TEXT NOT NULL,
    code INTEGER,
    screen TEXT NOT NULL,
    sent INTEGER NOT NULL,
    number TEXT NOT NULL,
    side TEXT NOT NULL,
    stock TEXT NOT NULL,
    exchange TEXT NOT NULL,
    target TEXT NOT NULL,
    filled INTEGER NOT NULL,
    value INTEGER NOT NULL,
    open INTEGER NOT NULL,
    reconciled_value INTEGER NOT NULL
);
CREATE INDEX orders_day ON orders (day);
CREATE INDEX orders_state ON orders (state);
CREATE TABLE fills (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    day TEXT NOT NULL,
    account TEXT NOT NULL,
    number TEXT NOT NULL,
    fill TEXT NOT NULL,
    quantity INTEGER NOT NULL,
    price INTEGER NOT NULL,
    at INTEGER NOT NULL,
    reconciled INTEGER NOT NULL,
    UNIQUE (day, account, number, fill)
);
CREATE TABLE events (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    strategy TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""

_STATE = (
    "day", "state", "reason", "message", "code", "screen", "sent", "number", "side", "stock",
    "exchange", "target", "filled", "value", "open", "reconciled_value",
)  # fmt: skip
_UPDATE = f"UPDATE orders SET {', '.join(f'{name} = ?' for name in _STATE)} WHERE sequence = ?"


class Fill(NamedTuple):
    """A part of an order that traded.

    Attributes:
        number: the broker's 체결번호; of one that the account's TRs showed ``reconciled-`` and the
            shares filled so far.
        quantity: shares.
        price: won; an average where several fills were missed.
        at: microseconds since 1970 UTC.
        reconciled: it was missed and found by the account's TRs.
    """

    number: str
    quantity: int
    price: int
    at: int
    reconciled: bool = False


class Journal:
    """Opens or begins a journal.

    Args:
        path: its file; ``.lock`` and SQLite's files stand beside it.

    Raises:
        KiwoomError: another server has it open, or the file is no journal of this version.
    """

    def __init__(self, path: Union[Path, str]) -> None:
        self.path = Path(path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = _Lock(self.path.with_name(self.path.name + ".lock"))
        self._db = sqlite3.connect(str(self.path), isolation_level=None)
        try:
            self._open()
        except sqlite3.DatabaseError as error:
            self.close()
            raise KiwoomError(
                f"{self.path} is no journal of orders ({error}); name another file, or move it away "
                "only if you know that none of its orders is open"
            ) from None
        except KiwoomError:
            self.close()
            raise

    def _open(self) -> None:
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        (found,) = self._db.execute("PRAGMA user_version").fetchone()
        if found == 0:
            self._db.executescript(f"BEGIN; {_TABLES} PRAGMA user_version = {VERSION}; COMMIT;")
        elif found != VERSION:
            raise KiwoomError(
                f"{self.path} is a journal of version {found}, this server writes version {VERSION}; "
                "use the server that wrote it until its orders are done"
            )

    def close(self) -> None:
        """Give the journal up for another server."""
        self._db.close()
        self._lock.release()

    @contextmanager
    def commit(self) -> Iterator[None]:
        """All that is written inside is on the disk when this ends, or nothing of it.

        Raises:
            sqlite3.Error: the disk is full or the like.
        """
        if self._db.in_transaction:  # part of a larger one
            yield
            return
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    # -- orders --------------------------------------------------------------------------------

    def add(self, order: Order) -> None:
        """Write down a new order and give it its sequence.

        Raises:
            sqlite3.IntegrityError: its ``order_id`` is there already.
        """
        names = ("order_id", "digest", "wish", "received", "account", "strategy", *_STATE)
        wish = order.wish
        values = (
            wish.order_id, wish.digest, wish.text(), order.received, wish.account, wish.strategy,
            *_state(order),
        )  # fmt: skip
        with self.commit():
            marks = ", ".join("?" * len(names))
            cursor = self._db.execute(
                f"INSERT INTO orders ({', '.join(names)}) VALUES ({marks})", values
            )
            assert cursor.lastrowid is not None
            order.sequence = cursor.lastrowid

    def save(self, order: Order) -> None:
        """Write down an order's new state."""
        with self.commit():
            self._db.execute(_UPDATE, (*_state(order), order.sequence))

    def find(self, order_id: str) -> Optional[Order]:
        """The order with this ``order_id``, however old."""
        row = self._db.execute("SELECT * FROM orders WHERE order_id = ?", (order_id,)).fetchone()
        return None if row is None else _order(row)

    def recent(self, day: date) -> List[Order]:
        """The orders of a day, and older ones of which something may still become; oldest first."""
        live = sorted(LIVE)
        rows = self._db.execute(
            f"SELECT * FROM orders WHERE day = ? OR state IN ({', '.join('?' * len(live))}) "
            "ORDER BY sequence",
            (day.isoformat(), *live),
        )
        return [_order(row) for row in rows]

    def knows(self, account: str) -> bool:
        """Whether an order of the account was ever sent from this journal."""
        row = self._db.execute(
            "SELECT 1 FROM orders WHERE account = ? AND sent > 0 LIMIT 1", (account,)
        ).fetchone()
        return row is not None

    # -- fills ---------------------------------------------------------------------------------

    def add_fill(self, day: date, account: str, number: str, fill: Fill) -> None:
        """Write down a fill, once."""
        with self.commit():
            self._db.execute(
                "INSERT OR IGNORE INTO fills (day, account, number, fill, quantity, price, at, reconciled) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (day.isoformat(), account, number, *fill),
            )

    def has_fill(self, day: date, account: str, number: str, fill: Fill) -> bool:
        """Whether a fill with this number is written down."""
        row = self._db.execute(
            "SELECT 1 FROM fills WHERE day = ? AND account = ? AND number = ? AND fill = ?",
            (day.isoformat(), account, number, fill.number),
        ).fetchone()
        return row is not None

    def fills(self, day: date, account: str, number: str) -> List[Fill]:
        """The fills of an order in order of being heard of."""
        rows = self._db.execute(
            "SELECT fill, quantity, price, at, reconciled FROM fills "
            "WHERE day = ? AND account = ? AND number = ? ORDER BY sequence",
            (day.isoformat(), account, number),
        )
        return [Fill(row[0], row[1], row[2], row[3], bool(row[4])) for row in rows]

    # -- events --------------------------------------------------------------------------------

    def add_event(self, at: int, strategy: str, event: Dict[str, Any]) -> Dict[str, Any]:
        """Number an event and write it down; returns it as it is to be published."""
        with self.commit():
            cursor = self._db.execute(
                "INSERT INTO events (at, strategy, body) VALUES (?, ?, ?)",
                (at, strategy, json.dumps(event, ensure_ascii=False)),
            )
        return {"sequence": cursor.lastrowid, **event}

    def last_events(self, span: int) -> List[Dict[str, Any]]:
        """The events of the last ``span`` microseconds before the very last, oldest first."""
        rows = self._db.execute(
            "SELECT sequence, body FROM events WHERE at >= (SELECT max(at) FROM events) - ? "
            "ORDER BY sequence",
            (span,),
        )
        return [{"sequence": row[0], **json.loads(row[1])} for row in rows]

    # -- settings ------------------------------------------------------------------------------

    def setting(self, name: str) -> Any:
        """A value that survives restarts; None where there is none."""
        row = self._db.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
        return None if row is None else json.loads(row[0])

    def set(self, name: str, value: Any) -> None:
        """Keep a value; None forgets it."""
        with self.commit():
            if value is None:
                self._db.execute("DELETE FROM settings WHERE name = ?", (name,))
            else:
                self._db.execute(
                    "INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)",
                    (name, json.dumps(value, ensure_ascii=False)),
                )


def _state(order: Order) -> List[Any]:
    return [order.day.isoformat() if name == "day" else getattr(order, name) for name in _STATE]


def _order(row: sqlite3.Row) -> Order:
    order = Order(Wish(**json.loads(row["wish"])), row["received"])
    order.sequence = row["sequence"]
    for name in _STATE:
        if name != "day":  # follows from the others
            setattr(order, name, row[name])
    return order


class _Lock:
    """A file that one process at a time can hold."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a+b")
        try:
            _hold(self._file.fileno())
        except OSError:
            self._file.close()
            raise KiwoomError(
                f"another server is using {path.with_suffix('')}; stop it first, or give each server "
                "a journal of its own"
            ) from None

    def release(self) -> None:
        self._file.close()


if sys.platform == "win32":
    import msvcrt

    def _hold(file: int) -> None:
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _hold(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
