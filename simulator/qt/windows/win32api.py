"""This and that of Windows."""

from __future__ import annotations

import os
import signal
import threading
from datetime import datetime
from typing import Any, Tuple

from simulator.qt.windows import winreg
from simulator.qt.windows.pywintypes import error
from simulator.qt.windows.win32gui import PostMessage, SendMessage

RegCloseKey = winreg.CloseKey
__all__ = ["PostMessage", "SendMessage", "error"]


def Sleep(milliseconds: int, alertable: bool = False) -> int:
    """Block this thread."""
    threading.Event().wait(milliseconds / 1000)
    return 0


def MAKELONG(low: int, high: int) -> int:
    """Two numbers of 16 bits in one."""
    return low & 0xFFFF | (high & 0xFFFF) << 16


def LOWORD(value: int) -> int:
    """The lower 16 bits."""
    return value & 0xFFFF


def HIWORD(value: int) -> int:
    """The upper 16 bits."""
    return value >> 16 & 0xFFFF


def GetCurrentProcess() -> int:
    """A handle of this process."""
    return -1


def GetCurrentProcessId() -> int:
    """The number of this process."""
    return os.getpid()


def GetCurrentThreadId() -> int:
    """The number of this thread."""
    return threading.get_ident()


def OpenProcess(access: int, inherit: bool, process: int) -> int:
    """A handle of a process: its number."""
    return process


def TerminateProcess(process: int, code: int) -> None:
    """End this process, or another one by its number."""
    if process in (-1, os.getpid()):
        os._exit(code)
    os.kill(process, signal.SIGTERM)


def CloseHandle(handle: int) -> None:
    """Nothing is held."""


def GetLastError() -> int:
    """None."""
    return 0


def GetSystemMetrics(index: int) -> int:
    """The size of a screen."""
    return {0: 1920, 1: 1080}.get(index, 0)


def GetCursorPos() -> Tuple[int, int]:
    """Somewhere."""
    return 0, 0


def SetCursorPos(position: Tuple[int, int]) -> None:
    """There is no pointer."""


def keybd_event(key: int, scan: int, flags: int = 0, extra: int = 0) -> None:
    """Nobody listens."""


def mouse_event(flags: int, x: int = 0, y: int = 0, data: int = 0, extra: int = 0) -> None:
    """Nobody listens."""


def GetAsyncKeyState(key: int) -> int:
    """No key is pressed."""
    return 0


GetKeyState = GetAsyncKeyState


def MessageBox(window: Any, text: str, title: str = "", style: int = 0) -> int:
    """Nobody reads it: OK, or yes."""
    return 6 if style & 0xF in (3, 4) else 1


def ShellExecute(
    window: Any, operation: str, file: str, arguments: str, folder: str, show: int
) -> int:
    """Pretends to start a program: above 32 is success."""
    return 42


def GetLocalTime() -> Tuple[int, ...]:
    """Year, month, weekday (Sunday is 0), day, hour, minute, second, millisecond."""
    now = datetime.now()
    clock = (now.hour, now.minute, now.second, now.microsecond // 1000)
    return (now.year, now.month, now.isoweekday() % 7, now.day, *clock)


def ExpandEnvironmentStrings(text: str) -> str:
    """A text with the values of variables in it."""
    return os.path.expandvars(text)


def RegOpenKey(key: Any, name: str = "", *_access: int) -> winreg.HKEYType:
    """A key of the registry; an error without one."""
    try:
        return winreg.OpenKey(key, name)
    except OSError as missing:
        raise error(2, "RegOpenKeyEx", str(missing.strerror)) from missing


RegOpenKeyEx = RegOpenKey


def RegQueryValueEx(key: Any, name: Any) -> Tuple[Any, int]:
    """A value and its type; an error without one."""
    try:
        return winreg.QueryValueEx(key, name or "")
    except OSError as missing:
        raise error(2, "RegQueryValueEx", str(missing.strerror)) from missing


def RegQueryValue(key: Any, name: str) -> str:
    """The default value of a key; an error without one."""
    return str(RegQueryValueEx(RegOpenKey(key, name or ""), "")[0])


def RegEnumKey(key: Any, index: int) -> str:
    """The name of a key below; an error behind the last."""
    try:
        return winreg.EnumKey(key, index)
    except OSError as over:
        raise error(259, "RegEnumKeyEx", str(over.strerror)) from over
