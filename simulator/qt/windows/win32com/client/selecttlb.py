"""Type libraries that are registered: the control's."""

from __future__ import annotations

from typing import Any, List, Tuple

from simulator.qt import registry
from simulator.qt.windows import win32api, win32con
from simulator.qt.windows.pywintypes import IID


class TypelibSpec:
    """A registered type library."""

    def __init__(self, clsid: object, lcid: int, major: object, minor: object, flags: int = 0):
        self.clsid = str(clsid)
        self.lcid = int(lcid)
        self.major = major
        self.minor = minor
        self.flags = flags
        self.dll: Any = None
        self.desc = ""
        self.ver_desc = ""

    def __lt__(self, other: TypelibSpec) -> bool:
        return (self.desc, str(self.major)) < (other.desc, str(other.major))

    def Resolve(self) -> int:
        """Find the file: 1 when it is known."""
        return int(bool(self.dll))


def EnumKeys(key: Any) -> List[Tuple[str, str]]:
    """The keys below, with their default values."""
    found: List[Tuple[str, str]] = []
    while True:
        try:
            name = win32api.RegEnumKey(key, len(found))
        except win32api.error:
            return found
        try:
            value = win32api.RegQueryValue(key, name)
        except win32api.error:
            value = ""
        found.append((name, value))


def EnumTlbs(excludeFlags: int = 0) -> List[TypelibSpec]:
    """The control's."""
    return FindTlbsWithDescription(registry.TITLE)


def FindTlbsWithDescription(desc: str) -> List[TypelibSpec]:
    """Those with this title."""
    if desc != registry.TITLE:
        return []
    win32api.RegOpenKey(win32con.HKEY_CLASSES_ROOT, f"TypeLib\\{registry.LIBRARY}")
    spec = TypelibSpec(IID(registry.LIBRARY), 0, "1", "0", 2)
    spec.dll, spec.desc, spec.ver_desc = registry.MODULE, desc, f"{desc} (1.0)"
    return [spec]
