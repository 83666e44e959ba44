"""Processes: this one."""

from __future__ import annotations

import os
import threading
from typing import Any, List, Tuple

from simulator.qt.windows.win32api import GetCurrentProcess, TerminateProcess

__all__ = ["GetCurrentProcess", "TerminateProcess"]
BELOW_NORMAL_PRIORITY_CLASS, NORMAL_PRIORITY_CLASS = 0x4000, 0x20
ABOVE_NORMAL_PRIORITY_CLASS, HIGH_PRIORITY_CLASS, REALTIME_PRIORITY_CLASS = 0x8000, 0x80, 0x100
CREATE_NEW_CONSOLE, CREATE_NO_WINDOW, CREATE_SUSPENDED = 0x10, 0x08000000, 4
CREATE_BREAKAWAY_FROM_JOB = 0x01000000


def GetCurrentProcessId() -> int:
    """The number of this process."""
    return os.getpid()


def GetWindowThreadProcessId(window: int) -> Tuple[int, int]:
    """Thread and process of a window."""
    return threading.get_ident(), os.getpid()


def EnumProcesses() -> List[int]:
    """This one."""
    return [os.getpid()]


def GetModuleFileNameEx(process: int, module: Any) -> str:
    """The program of a process."""
    return "C:\\OpenAPI\\opstarter.exe"


def SetPriorityClass(process: int, priority: int) -> None:
    """Nothing is changed."""
