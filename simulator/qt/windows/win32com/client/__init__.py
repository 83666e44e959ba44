"""Objects of COM. The control is none without a window: programs host it in a QAxWidget."""

from __future__ import annotations

from typing import Any

from simulator.qt.windows.pywintypes import com_error
from simulator.qt.windows.win32com.client import gencache, genpy, selecttlb

__all__ = ["Dispatch", "DispatchWithEvents", "EnsureDispatch", "gencache", "genpy", "selecttlb"]


class _Shell:
    """``WScript.Shell``, with which programs press keys in other programs' windows."""

    def AppActivate(self, title: Any, wait: bool = False) -> bool:
        """There is no such window."""
        return False

    def SendKeys(self, keys: str, wait: int = 0) -> None:
        """Nobody listens."""

    def Popup(self, text: str, *_more: Any) -> int:
        """Nobody reads it: OK."""
        return 1


def Dispatch(name: object, *_more: Any, **_named: Any) -> _Shell:
    """``WScript.Shell``; com_error for anything else."""
    if str(name).lower() == "wscript.shell":
        return _Shell()
    raise com_error(-2147221005, "Invalid class string", None, None)


EnsureDispatch = Dispatch


def DispatchWithEvents(name: object, handler: object) -> _Shell:
    """As `Dispatch`: nothing here has events."""
    return Dispatch(name)


def GetObject(path: object = None, *_more: Any, **_named: Any) -> _Shell:
    """As `Dispatch`."""
    return Dispatch(path)
