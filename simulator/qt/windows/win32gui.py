"""Windows: the login window, where somebody looks for it, and no other."""

from __future__ import annotations

from typing import Any, Callable, Optional, Tuple

from simulator.qt import desktop
from simulator.qt.windows.pywintypes import error

_WM_SETTEXT, _EM_REPLACESEL = 0x000C, 0x00C2


def FindWindow(class_name: Optional[str], title: Optional[str]) -> int:
    """The handle of the window with this title; 0 without one."""
    return desktop.find(title or "")


def FindWindowEx(
    parent: Optional[int], after: Optional[int], class_name: Optional[str], title: Optional[str]
) -> int:
    """The next control of a window, or the window with this title; 0 without one."""
    if not parent:
        return desktop.find(title or "")
    items = desktop.items(parent)
    place = items.index(after) + 1 if after in items else 0
    return items[place] if place < len(items) else 0


def EnumWindows(callback: Callable[[int, Any], Any], extra: Any) -> None:
    """Call back for each window."""
    for handle in desktop.titles():
        if callback(handle, extra) is False:
            return


def EnumChildWindows(parent: int, callback: Callable[[int, Any], Any], extra: Any) -> None:
    """Call back for each control of a window."""
    for handle in desktop.items(parent):
        if callback(handle, extra) is False:
            return


def GetWindowText(handle: int) -> str:
    """A title, or what was typed."""
    return desktop.text(handle)


def SetWindowText(handle: int, text: str) -> None:
    """Type something."""
    desktop.set_text(handle, text)


def GetClassName(handle: int) -> str:
    """Of a dialog, or of a field in it."""
    return "#32770" if handle in desktop.titles() else "Edit"


def GetDlgItem(dialog: int, number: int) -> int:
    """A control of a dialog; an error without one."""
    found = desktop.item(dialog, number)
    if not found:
        raise error(1400, "GetDlgItem", "Invalid window handle.")
    return found


def SendMessage(handle: int, message: int, wparam: Any = 0, lparam: Any = 0) -> int:
    """Type into a field, or press a button."""
    if message in (_WM_SETTEXT, _EM_REPLACESEL) and isinstance(lparam, str):
        desktop.set_text(handle, lparam)
    desktop.send(handle, message)
    return 0


PostMessage = SendMessage


def IsWindow(handle: int) -> int:
    """Whether it is there."""
    return int(any(handle in (each, *desktop.items(each)) for each in desktop.titles()))


IsWindowVisible = IsWindowEnabled = IsWindow


def GetForegroundWindow() -> int:
    """The window in front; 0 without one."""
    return next(iter(desktop.titles()), 0)


def SetForegroundWindow(handle: int) -> None:
    """An error where the window is gone."""
    if not IsWindow(handle):
        raise error(1400, "SetForegroundWindow", "Invalid window handle.")


def ShowWindow(handle: int, how: int) -> int:
    """Nothing can be seen."""
    return IsWindow(handle)


def GetWindowRect(handle: int) -> Tuple[int, int, int, int]:
    """Somewhere."""
    return 0, 0, 400, 300


def GetParent(handle: int) -> int:
    """The dialog of a control."""
    return next((each for each in desktop.titles() if handle in desktop.items(each)), 0)


def MoveWindow(handle: int, x: int, y: int, width: int, height: int, repaint: bool) -> None:
    """Nothing can be seen."""


def SetWindowPos(
    handle: int, after: int, x: int, y: int, width: int, height: int, flags: int
) -> None:
    """Nothing can be seen."""


def PumpWaitingMessages() -> int:
    """See pythoncom."""
    from simulator.qt.windows import pythoncom

    return int(pythoncom.PumpWaitingMessages())
