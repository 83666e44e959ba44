"""The ledger: what it took is there, whatever happens to its process."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from simulator.brokerage.ledger import FILE, Entry, Ledger, LedgerError, NoLedger

META = {"scenario": "quiet day 1f3a", "seed": "7"}


@pytest.fixture
def opened():
    """Opens ledgers that are closed after the test."""
    ledgers = []

    def open_ledger(folder, meta=META):
        ledgers.append(Ledger(Path(folder), meta))
        return ledgers[-1]

    yield open_ledger
    for ledger in ledgers:
        ledger.close()


def test_entries_come_back_in_order(tmp_path, opened):
    ledger = opened(tmp_path / "new" / "state")
    assert ledger.append(5, "order", {"number": 1, "name": "삼성전자"}) == 1
    assert ledger.append(5, "fill", {"price": 77_000}) == 2
    ledger.close()
    again = opened(tmp_path / "new" / "state")
    assert again.last == 2
    assert list(again.entries()) == [
        Entry(1, 5, "order", {"number": 1, "name": "삼성전자"}),
        Entry(2, 5, "fill", {"price": 77_000}),
    ]
    assert [entry.kind for entry in again.entries(after=1)] == ["fill"]
    assert again.append(6, "day", {}) == 3


def test_entries_are_read_page_by_page(tmp_path, opened, monkeypatch):
    monkeypatch.setattr("simulator.brokerage.ledger._PAGE", 3)
    ledger = opened(tmp_path)
    for number in range(1, 9):
        ledger.append(number, "clock", {})
    assert [entry.sequence for entry in ledger.entries()] == list(range(1, 9))


@pytest.mark.parametrize(
    ("changed", "field"),
    [({"seed": "8"}, "seed"), ({"scenario": "other"}, "scenario"), ({"format": "0"}, "format")],
)
def test_another_scenarios_state_is_refused(tmp_path, opened, changed, field):
    opened(tmp_path).close()
    with pytest.raises(LedgerError, match=f"made with {field} .* delete this one") as caught:
        opened(tmp_path, {**META, **changed})
    assert caught.value.details == {"field": field}
    assert opened(tmp_path).last == 0  # the refusal has let it go


def test_a_directory_in_use_is_refused(tmp_path, opened):
    opened(tmp_path)
    code = (
        "import sys; from pathlib import Path\n"
        "from simulator.brokerage.ledger import Ledger, LedgerError\n"
        "try: Ledger(Path(sys.argv[1]), {'scenario': 'quiet day 1f3a', 'seed': '7'})\n"
        "except LedgerError as error: print(error)\n"
    )
    said = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout
    assert "another process uses it; stop that process or name another directory" in said


def test_a_file_that_is_no_ledger_is_refused(tmp_path, opened):
    (tmp_path / FILE).write_bytes(b"candles " * 200)
    with pytest.raises(LedgerError, match="is no ledger"):
        opened(tmp_path)


def test_a_directory_that_cannot_be_made_is_refused(tmp_path, opened):
    (tmp_path / "file").write_text("")
    with pytest.raises(LedgerError, match="name a directory to write in"):
        opened(tmp_path / "file" / "state")


def test_a_failed_append_leaves_no_gap(tmp_path, opened):
    ledger = opened(tmp_path)
    ledger.append(1, "order", {})
    ledger._base.execute("PRAGMA max_page_count = 1")  # as a full disk
    with pytest.raises(LedgerError, match="make room on the disk"):
        ledger.append(2, "order", {"text": "x" * 100_000})
    ledger._base.execute("PRAGMA max_page_count = 100000")
    assert ledger.append(3, "order", {}) == 2


APPENDING = """
import sys
from pathlib import Path
from simulator.brokerage.ledger import Ledger
ledger = Ledger(Path(sys.argv[1]), {"scenario": "quiet day 1f3a", "seed": "7"})
while True:
    sequence = ledger.append(ledger.last, "fill", {"text": "x" * 3000})
    sys.stdout.write(f"{sequence}\\n")
    sys.stdout.flush()
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows has no SIGKILL")
def test_whatever_was_appended_survives_a_kill(tmp_path, opened):
    told = 0
    for appends in (1, 40, 7):
        child = subprocess.Popen(
            [sys.executable, "-c", APPENDING, str(tmp_path)],
            stdout=subprocess.PIPE,
            universal_newlines=True,
        )
        assert child.stdout is not None
        for _ in range(appends):
            told = int(child.stdout.readline())
        os.kill(child.pid, signal.SIGKILL)
        told = int((child.stdout.read().split() or [told])[-1])  # said before it was dead
        child.stdout.close()
        assert child.wait() == -signal.SIGKILL
        ledger = opened(tmp_path)
        entries = list(ledger.entries())
        ledger.close()
        assert [entry.sequence for entry in entries] == list(range(1, len(entries) + 1))
        assert len(entries) in (told, told + 1)  # the last one may not have been said any more
        assert {len(entry.data["text"]) for entry in entries} == {3000}
        told = len(entries)


def test_no_ledger_counts_and_keeps_nothing():
    ledger = NoLedger()
    assert [ledger.append(1, "order", {}), ledger.append(1, "fill", {})] == [1, 2]
    assert (ledger.last, list(ledger.entries())) == (2, [])
    ledger.close()
