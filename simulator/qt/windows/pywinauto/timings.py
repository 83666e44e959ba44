"""Waiting for something to happen."""

from __future__ import annotations

import threading
import time
from typing import Any, Callable


class TimeoutError(RuntimeError):
    """It did not."""


class Timings:
    """Nothing needs time here."""

    @staticmethod
    def fast() -> None:
        """As it is."""

    slow = defaults = fast


def wait_until(
    timeout: float, retry_interval: float, function: Callable[..., Any], value: Any = True
) -> Any:
    """Call until it returns the value."""
    until = time.monotonic() + timeout
    while True:
        found = function()
        if found == value:
            return found
        if time.monotonic() >= until:
            raise TimeoutError("timed out")
        threading.Event().wait(min(retry_interval, 0.5))


def wait_until_passes(
    timeout: float, retry_interval: float, function: Callable[..., Any], *_exceptions: Any
) -> Any:
    """Call until it raises nothing."""
    until = time.monotonic() + timeout
    while True:
        try:
            return function()
        except Exception as error:
            if time.monotonic() >= until:
                raise TimeoutError("timed out") from error
        threading.Event().wait(min(retry_interval, 0.5))


WaitUntil, WaitUntilPasses = wait_until, wait_until_passes
