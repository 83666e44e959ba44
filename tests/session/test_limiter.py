from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import List

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sapi_kiwoom.loop import SECOND
from sapi_kiwoom.session.limiter import DEFAULT, NOTICE, Limiter, Window

NOW = 1_700_000_000 * SECOND

WINDOWS = st.lists(
    st.tuples(st.integers(1, 6), st.integers(1, 60)), min_size=1, max_size=4, unique=True
)


@pytest.fixture(scope="module")
def quick_disk():
    """What counts in a property is what is written, not how long a disk takes for it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda fd: None)
        yield


def exceeded(stamps: List[int], windows: List[Window]) -> bool:
    """Whether any stretch of any window's length holds more calls than it may."""
    return any(
        sum(start <= stamp < start + length for stamp in stamps) > count
        for count, length in windows
        for start in stamps
    )


def earliest(stamps: List[int], windows: List[Window], now: int) -> int:
    """The model: try one moment after the other."""
    while exceeded([*stamps, now], windows):
        now += 1
    return now


def test_a_fresh_limiter_allows_a_call_at_once():
    assert Limiter().next_at(NOW) == NOW


def test_the_sixth_call_waits_for_the_end_of_the_second():
    limiter = Limiter()
    for i in range(5):
        assert limiter.next_at(NOW + i) == NOW + i
        limiter.record(NOW + i)
    assert limiter.next_at(NOW + 5) == NOW + SECOND
    assert limiter.next_at(NOW + SECOND) == NOW + SECOND


@pytest.mark.parametrize("windows", [DEFAULT, NOTICE])
def test_two_hours_at_full_speed_stay_within_the_named_windows(windows):
    limiter = Limiter(windows)
    now, stamps = NOW, []
    while now < NOW + 7200 * SECOND:
        now = limiter.next_at(now)
        limiter.record(now)
        stamps.append(now)
    for count, length in windows:
        assert all(late - early >= length for early, late in zip(stamps, stamps[count:]))
    assert len(stamps) >= 1000  # and the budget is used


def test_the_stricter_set_holds_all_that_the_default_holds():
    assert set(DEFAULT) < set(NOTICE)


@pytest.mark.parametrize("windows", [[], [(0, SECOND)], [(5, 0)]])
def test_windows_without_meaning_are_refused(windows):
    with pytest.raises(ValueError, match="windows are pairs"):
        Limiter(windows)


def test_a_history_needs_the_time(tmp_path):
    with pytest.raises(ValueError, match="what time it is"):
        Limiter(DEFAULT, tmp_path / "history")


@given(WINDOWS, st.lists(st.integers(0, 40), max_size=25))
def test_it_waits_exactly_as_long_as_a_naive_model(windows, pauses):
    limiter = Limiter(windows)
    now, stamps = NOW, []
    for pause in pauses:
        now = limiter.next_at(now + pause)
        assert now == earliest(stamps, windows, stamps[-1] + pause if stamps else now)
        limiter.record(now)
        stamps.append(now)


@given(
    WINDOWS,
    st.lists(
        st.one_of(
            st.tuples(st.just("call"), st.integers(0, 40)),
            st.tuples(st.just("restart"), st.integers(0, 40)),
            st.tuples(st.just("clock set back"), st.integers(1, 100)),
            st.tuples(st.just("torn"), st.sampled_from(["1", "17000", "\0\0\0", "x"])),
        ),
        max_size=20,
    ),
)
def test_no_sequence_of_calls_and_restarts_exceeds_a_window(quick_disk, windows, steps):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "history")
        true, clock = NOW, NOW  # the time that the broker sees, and what this computer believes
        limiter = Limiter(windows, path, clock)
        stamps: List[int] = []
        for step, value in steps:
            if step == "call":
                true, clock = true + value, clock + value
                wait = limiter.next_at(clock) - clock
                true, clock = true + wait, clock + wait
                limiter.record(clock)
                stamps.append(true)
                continue
            if step == "torn":
                with path.open("a", encoding="ascii") as file:
                    file.write(str(value))
            elif step == "restart":
                true, clock = true + value, clock + value
            else:
                clock -= value
            limiter = Limiter(windows, path, clock)
        assert not exceeded(stamps, windows)


@given(WINDOWS, st.lists(st.integers(0, 40), max_size=12))
def test_a_restart_changes_nothing(quick_disk, windows, pauses):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "history")
        steady, now = Limiter(windows), NOW
        for pause in pauses:
            now += pause
            restarted = Limiter(windows, path, now)
            assert restarted.next_at(now) == steady.next_at(now)
            now = steady.next_at(now)
            steady.record(now)
            restarted.record(now)


def test_the_history_is_on_the_disk_before_record_returns(tmp_path, monkeypatch):
    path = tmp_path / "history"
    limiter = Limiter(DEFAULT, path, NOW)
    synced = []
    fsync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda fd: (fsync(fd), synced.append(path.read_text())))
    limiter.record(NOW)
    assert synced == [f"{NOW}\n"]


def test_old_moments_are_dropped_at_the_start(tmp_path):
    path = tmp_path / "history"
    path.write_text(f"{NOW - 3600 * SECOND}\n{NOW - 3600 * SECOND + 1}\n{NOW - 1}\n")
    Limiter(DEFAULT, path, NOW)
    assert path.read_text() == f"{NOW - 3600 * SECOND + 1}\n{NOW - 1}\n"
    assert os.listdir(tmp_path) == ["history"]


def test_an_unreadable_line_counts_as_a_call_just_made(tmp_path):
    path = tmp_path / "history"
    path.write_text(f"{NOW - 5}\n17?0\n{NOW - 3}\n")
    assert Limiter([(1, 10)], path, NOW).next_at(NOW) == NOW + 10


def test_a_torn_last_line_was_never_a_call(tmp_path):
    path = tmp_path / "history"
    path.write_text(f"{NOW - 5}\n{str(NOW)[:9]}")
    assert Limiter([(1, 10)], path, NOW).next_at(NOW) == NOW + 5


def test_moments_in_the_future_count_from_now(tmp_path):
    path = tmp_path / "history"
    path.write_text(f"{NOW + 1000}\n")
    assert Limiter([(1, 10)], path, NOW).next_at(NOW) == NOW + 10


def test_the_folder_is_made_and_the_path_may_be_text(tmp_path):
    path = tmp_path / "state" / "limiter" / "history"
    Limiter(DEFAULT, str(path), NOW).record(NOW)
    assert path.read_text() == f"{NOW}\n"


def test_a_long_run_does_not_let_the_file_grow_for_ever(tmp_path):
    path = tmp_path / "history"
    limiter = Limiter([(2, 10)], path, NOW)
    for i in range(100):
        limiter.record(NOW + 10 * i)
    lines = path.read_text().split()
    assert len(lines) <= 20
    assert lines[-2:] == [str(NOW + 980), str(NOW + 990)]


def test_a_disk_that_fails_is_logged_and_the_budget_still_holds(tmp_path, caplog):
    path = tmp_path / "history"
    limiter = Limiter([(1, 10)], path, NOW)
    path.unlink()
    path.mkdir()
    limiter.record(NOW)
    assert "forget requests" in caplog.text
    assert limiter.next_at(NOW) == NOW + 10
