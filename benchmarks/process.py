"""The server as a process: how soon it serves, what it costs while nobody asks."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from typing import List

import psutil

from benchmarks.figures import Figure
from benchmarks.lookups import ECHO
from benchmarks.processes import floor, server


def ready(url: str, rounds: int, quick: bool) -> List[Figure]:
    """From the start of the program, the broker being up, to its line with ``ready``."""
    figure = Figure("start until ready", "s", "start of the echo", limit=1.0)
    for _ in range(rounds):
        with server(url) as ours:
            figure.ours.append(ours.await_ready().ready)
        with floor("echo", url, ECHO) as echo:
            figure.floor.append(echo.await_ready().ready)
    return [figure]


def idle(url: str, rounds: int, quick: bool) -> List[Figure]:
    """The processor's time that server and echo use in the same seconds, connected and not asked."""
    figure = Figure("idle", "% of a core", "idle echo", limit=1.0)
    seconds = 2.0 if quick else 5.0
    with ExitStack() as stack:
        ours = stack.enter_context(server(url)).await_ready()
        echo = stack.enter_context(floor("echo", url, ECHO)).await_ready()
        _let_pass(seconds)  # what follows a start is not idling
        for _ in range(rounds):
            before = [_used(program.pid) for program in (ours, echo)]
            _let_pass(seconds)
            after = [_used(program.pid) for program in (ours, echo)]
            figure.ours.append((after[0] - before[0]) / seconds * 100)
            figure.floor.append((after[1] - before[1]) / seconds * 100)
    return [figure]


def _used(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def _let_pass(seconds: float) -> None:
    threading.Event().wait(seconds)
