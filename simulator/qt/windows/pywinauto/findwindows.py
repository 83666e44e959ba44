"""Looks for windows by their titles."""

from __future__ import annotations

import re
from typing import Any, List

from simulator.qt import desktop


class WindowNotFoundError(Exception):
    """No window is such."""


class WindowAmbiguousError(Exception):
    """Several windows are such."""


class ElementNotFoundError(Exception):
    """No control is such."""


class ElementAmbiguousError(Exception):
    """Several controls are such."""


def find_windows(**criteria: Any) -> List[int]:
    """The handles of the windows with a ``title``, or one that ``title_re`` matches.

    Raises:
        WindowNotFoundError: there is none.
    """
    found = [
        handle
        for handle, title in desktop.titles().items()
        if criteria.get("handle", handle) == handle
        and criteria.get("title", title) in (title, None)
        and re.match(criteria.get("title_re") or ".*", title)
    ]
    if not found:
        raise WindowNotFoundError(criteria)
    return found


def find_window(**criteria: Any) -> int:
    """The handle of the one window; see `find_windows`."""
    return find_windows(**criteria)[0]


def find_elements(**criteria: Any) -> List[int]:
    """As `find_windows`; an empty list without one."""
    try:
        return find_windows(**criteria)
    except WindowNotFoundError:
        return []


def find_element(**criteria: Any) -> int:
    """As `find_window`.

    Raises:
        ElementNotFoundError: there is none.
    """
    try:
        return find_window(**criteria)
    except WindowNotFoundError as missing:
        raise ElementNotFoundError(criteria) from missing
