"""A mouse that nobody sees."""

from __future__ import annotations

from typing import Any


def click(*_more: Any, **_named: Any) -> None:
    """Nobody listens."""


double_click = move = press = release = scroll = click
