"""The windows that a program may look for: one, that asks for a login.

The simulated control logs in by itself. Programs that type a password into the login window all the same
find one, until they have pressed its button or the login has ended; it forgets what it is told.
"""

from __future__ import annotations

from typing import Dict, List

LOGIN = "Open API Login"
LOGIN_WINDOW = 0x10010
_OK = 1
_TEXTS: Dict[int, str] = {}
_closed = False

CLICKS = (0x00F5, 0x0202, 0x0010)
"""BM_CLICK, WM_LBUTTONUP and WM_CLOSE: what closes the window, sent to its button or to itself."""


def titles() -> Dict[int, str]:
    """The windows that are open, by their handles."""
    return {} if _closed else {LOGIN_WINDOW: LOGIN}


def find(title: str) -> int:
    """The handle of the window with this title; 0 when there is none."""
    return next((handle for handle, each in titles().items() if each == title), 0)


def item(window: int, number: int) -> int:
    """The handle of a control of a dialog; 0 when there is no such dialog."""
    return window + number if window in titles() else 0


def items(window: int) -> List[int]:
    """The controls of a dialog: three fields and the button."""
    return [item(window, each) for each in (0x3E8, 0x3E9, 0x3EA, _OK)] if window in titles() else []


def send(handle: int, message: int) -> None:
    """A message to a window."""
    if message in CLICKS and handle in (LOGIN_WINDOW, LOGIN_WINDOW + _OK):
        close()


def close() -> None:
    """The login window is gone, until the next process."""
    global _closed  # noqa: PLW0603 (a desktop there is one of)
    _closed = True


def set_text(handle: int, text: str) -> None:
    """What somebody typed."""
    _TEXTS[handle] = text


def text(handle: int) -> str:
    """A window's title, or what was typed into a control."""
    return titles().get(handle) or _TEXTS.get(handle, "")
