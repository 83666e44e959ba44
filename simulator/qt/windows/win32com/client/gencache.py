"""Modules that pywin32 writes from type libraries: none is needed here."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from simulator.qt.windows import pythoncom

is_readonly = False


def EnsureModule(
    typelibCLSID: object, lcid: int, major: int, minor: int, *_more: Any, **_named: Any
) -> SimpleNamespace:
    """What identifies the control's type library; com_error for another."""
    library = pythoncom.LoadRegTypeLib(typelibCLSID, major, minor, lcid)
    clsid, lcid, _, major, minor, _ = library.GetLibAttr()
    return SimpleNamespace(CLSID=clsid, LCID=lcid, MajorVersion=major, MinorVersion=minor)


GetModuleForTypelib = EnsureModule


def EnsureDispatch(name: object, *_more: Any, **_named: Any) -> Any:
    """See `win32com.client.Dispatch`."""
    from simulator.qt.windows.win32com.client import Dispatch

    return Dispatch(name)
