"""Puts ``PyQt5.QAxContainer`` and the modules of Windows in place, in this process and its children."""

from __future__ import annotations

import builtins
import ctypes
import importlib
import os
import platform
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import BuiltinImporter, ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType, SimpleNamespace, TracebackType
from typing import Any, Dict, List, Optional, Sequence, Tuple, Type

from simulator.qt.folder import Folder
from simulator.qt.settings import VARIABLE, Settings, parse

_CONTAINER = "PyQt5.QAxContainer"
_WINDOWS = "simulator.qt.windows"
_NAMES = (
    "pythoncom",
    "pywinauto",
    "pywintypes",
    "win32api",
    "win32com",
    "win32con",
    "win32gui",
    "win32job",
    "win32process",
    "winreg",
)

_SCREENS = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")


class _Finder(MetaPathFinder, Loader):
    """Finds ``PyQt5.QAxContainer`` here, and what this Python lacks of `_NAMES`."""

    def find_spec(
        self, fullname: str, path: Optional[Sequence[str]] = None, target: Any = None
    ) -> Optional[ModuleSpec]:
        """See MetaPathFinder."""
        top = fullname.partition(".")[0]
        if fullname != _CONTAINER and (top not in _NAMES or _real(top)):
            return None
        return ModuleSpec(fullname, self)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """The module itself, under another name: programs and modules here share its classes."""
        own = "simulator.qt.widget" if spec.name == _CONTAINER else f"{_WINDOWS}.{spec.name}"
        return importlib.import_module(own)

    def exec_module(self, module: ModuleType) -> None:
        """See Loader: it has run."""


def _real(name: str) -> bool:
    """Whether this Python has such a module."""
    return bool(BuiltinImporter.find_spec(name) or PathFinder.find_spec(name))


def _ours(name: str) -> bool:
    return name == _CONTAINER or name.partition(".")[0] in _NAMES


class Installation:
    """What `install` has put in place. Also a context manager, for tests.

    Args:
        settings: what is played.
    """

    def __init__(self, settings: Settings) -> None:
        self._undo: List[Tuple[Any, str, Any]] = []
        self._modules = {name: each for name, each in sys.modules.items() if _ours(name)}
        self._finder = _Finder()
        self._folder: Optional[Folder] = Folder()
        self._environ: Dict[str, Optional[str]] = {}
        paths = [str(self._folder.children), *filter(None, [os.environ.get("PYTHONPATH")])]
        self._set_environ("PYTHONPATH", os.pathsep.join(paths))
        self._set_environ(VARIABLE, settings.dump())
        if sys.platform == "linux" and not any(map(os.environ.get, _SCREENS)):
            self._set_environ("QT_QPA_PLATFORM", "offscreen")  # Qt ends a program without a screen
        _appear(self._finder, self._undo)
        _settle(settings)

    def remove(self) -> None:
        """Take everything back. Controls that were made meanwhile are dead."""
        folder, self._folder = self._folder, None
        if folder is None:
            return
        sys.meta_path.remove(self._finder)
        for owner, name, value in reversed(self._undo):
            if value is None:
                delattr(owner, name)
            else:
                setattr(owner, name, value)
        for name in list(filter(_ours, sys.modules)):
            del sys.modules[name]
        sys.modules.update(self._modules)
        for name, text in self._environ.items():
            os.environ.pop(name, None)
            if text is not None:
                os.environ[name] = text
        _settle(None)
        folder.remove()

    def _set_environ(self, name: str, text: str) -> None:
        self._environ[name] = os.environ.get(name)
        os.environ[name] = text

    def __enter__(self) -> Installation:
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self.remove()


def install(settings: Settings) -> Installation:
    """Put everything in place; what is played is made when a program makes its first control."""
    settings.load()
    settings = settings.absolute()
    if settings.transcript:
        Path(settings.transcript).write_text("", encoding="utf-8")
    return Installation(settings)


def join() -> None:
    """In a child process: the same as in its parent, whose environment it has."""
    if VARIABLE in os.environ:
        _appear(_Finder(), [])
        _settle(parse(os.environ[VARIABLE]))


def _settle(settings: Optional[Settings]) -> None:
    """Say what is played, if anybody has looked at it; who looks later finds it in the environment."""
    pump = sys.modules.get("simulator.qt.pump")
    if pump is not None:
        pump.settle(settings)


def _appear(finder: MetaPathFinder, undo: List[Tuple[Any, str, Any]]) -> None:
    """Let this process look like one on a 32-bit Windows, where programs look. Real modules go first."""
    sys.meta_path.insert(0, finder)
    sys.modules.pop(_CONTAINER, None)

    def put(owner: Any, name: str, value: Any) -> None:
        undo.append((owner, name, getattr(owner, name, None)))
        setattr(owner, name, value)

    put(platform, "architecture", lambda *_arguments, **_named: ("32bit", "WindowsPE"))
    if os.name != "nt":
        put(builtins, "WindowsError", OSError)
        put(ctypes, "windll", SimpleNamespace(shell32=_Shell32()))


class _Shell32:
    """What programs ask of shell32: whether they may do everything. They may."""

    @staticmethod
    def IsUserAnAdmin() -> int:
        """1: an administrator."""
        return 1

    @staticmethod
    def ShellExecuteW(*_arguments: Any) -> int:
        """Pretends to start a program: above 32 is success."""
        return 42
