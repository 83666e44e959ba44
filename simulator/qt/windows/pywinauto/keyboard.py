"""Keys that nobody reads."""

from __future__ import annotations

from typing import Any


def send_keys(keys: str, *_more: Any, **_named: Any) -> None:
    """Nobody listens."""


SendKeys = send_keys
