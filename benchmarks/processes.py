"""Programs that are measured, each a process of its own that says ``ready``."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Dict, List

FLOORS = Path(__file__).parent / "floors"

SERVER = ["-m", "sapi_kiwoom", "serve", "--simulator"]

PATIENCE = 60.0
"""Seconds that a program may take to stop."""


class Program:
    """A Python program that runs while this context is open.

    Args:
        arguments: of the interpreter.

    Attributes:
        began: when it was started, `time.perf_counter`.
        ready: seconds from there to its line with ``ready``.
    """

    def __init__(self, *arguments: str) -> None:
        self._arguments = arguments
        self.ready = 0.0

    def __enter__(self) -> Program:
        self._log = tempfile.TemporaryFile("w+")
        self.began = time.perf_counter()
        self._process = subprocess.Popen(
            [sys.executable, *self._arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.kill()
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._log.close()

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    def await_ready(self) -> Program:
        """Wait for the line with ``ready``."""
        while "ready" not in self._line():
            pass
        self.ready = time.perf_counter() - self.began
        return self

    def result(self) -> Any:
        """The JSON of the next line that it prints."""
        return json.loads(self._line())

    def kill(self) -> None:
        """End it without a chance to tidy up."""
        self._process.kill()
        self._process.wait()

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self._process.wait()
            self._log.seek(0)
            text = "".join(self._log.readlines()[-20:])
            raise SystemExit(f"ended by itself: python {' '.join(self._arguments)}\n{text}")
        return line


def server(url: str) -> Program:
    """The server, with the simulator behind it."""
    return Program(*SERVER, url)


def floor(name: str, *arguments: str) -> Program:
    """One of the programs in ``floors``."""
    return Program(str(FLOORS / f"{name}.py"), *arguments)


def load(url: str, queue: str, count: int, *options: str) -> Dict[str, float]:
    """Run the client of the lookups against a queue."""
    arguments: List[str] = ["-m", "benchmarks.load", url, queue, str(count), *options]
    with Program(*arguments) as client:
        measured: Dict[str, float] = client.result()
    return measured
