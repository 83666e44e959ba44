"""Pressing keys in other programs' windows: there is one, that asks for a login."""

from __future__ import annotations

from simulator.qt.windows.pywinauto import application, findwindows, keyboard, mouse, timings
from simulator.qt.windows.pywinauto.application import Application, Desktop, WindowSpecification
from simulator.qt.windows.pywinauto.findwindows import ElementNotFoundError, WindowNotFoundError

__all__ = [
    "Application",
    "Desktop",
    "ElementNotFoundError",
    "WindowNotFoundError",
    "WindowSpecification",
    "application",
    "findwindows",
    "keyboard",
    "mouse",
    "timings",
]
