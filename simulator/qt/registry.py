r"""What the registry says of the control. Keys are found in any case, values by name; "" is the default."""

from __future__ import annotations

from typing import Dict, List, Mapping

CLASSES_ROOT, CURRENT_USER, LOCAL_MACHINE = 0x80000000, 0x80000001, 0x80000002

CONTROL = "{A1574A0D-6BFA-4BD7-9020-DED88711818D}"
DISPATCH = "{CF20FBB6-EDD4-4BE5-A473-FEF91977DEB6}"
EVENTS = "{7335F12D-8973-4BD5-B7F0-12DF03D175B7}"
LIBRARY = "{6D8C2B4D-EF41-4750-8AD4-C299033833FB}"
PROGID = "KHOPENAPI.KHOpenAPICtrl.1"
MODULE = "C:\\OpenAPI\\khopenapi.ocx"
TITLE = "KHOpenAPI ActiveX Control module"

_CLASSES: Mapping[str, Mapping[str, str]] = {
    PROGID: {"": "KHOpenAPI Control"},
    f"{PROGID}\\CLSID": {"": CONTROL},
    f"CLSID\\{CONTROL}": {"": "KHOpenAPI Control"},
    f"CLSID\\{CONTROL}\\InprocServer32": {"": MODULE, "ThreadingModel": "Apartment"},
    f"CLSID\\{CONTROL}\\ProgID": {"": PROGID},
    f"CLSID\\{CONTROL}\\TypeLib": {"": LIBRARY},
    f"TypeLib\\{LIBRARY}\\1.0": {"": TITLE},
    f"TypeLib\\{LIBRARY}\\1.0\\FLAGS": {"": "2"},
    f"TypeLib\\{LIBRARY}\\1.0\\0\\win32": {"": MODULE},
}
_ALIASES = ("software\\classes\\wow6432node", "software\\classes", "wow6432node")


class Key:
    """An open key.

    Attributes:
        path: from the root of the classes, in small letters; "" for a root.
    """

    def __init__(self, path: str = "") -> None:
        self.path = path

    def Close(self) -> None:
        """Nothing is held."""

    def Detach(self) -> int:
        """There is no handle."""
        return 0

    def __enter__(self) -> Key:
        return self

    def __exit__(self, *_error: object) -> None:
        self.Close()

    def open(self, name: str) -> Key:
        """A key below this one.

        Raises:
            FileNotFoundError: there is none.
        """
        path = "\\".join(filter(None, [self.path, *name.lower().split("\\")]))
        for alias in _ALIASES:
            if path == alias or path.startswith(alias + "\\"):
                path = path[len(alias) + 1 :]
        if path and not any(_below(each, path) for each in _CLASSES):
            raise FileNotFoundError(2, "The system cannot find the file specified", name)
        return Key(path)

    def values(self) -> Dict[str, str]:
        """The key's values by name."""
        found = (each for path, each in _CLASSES.items() if path.lower() == self.path)
        return dict(next(found, {}))

    def names(self) -> List[str]:
        """The keys directly below."""
        depth = len(self.path.split("\\")) if self.path else 0
        below = (each.split("\\") for each in _CLASSES if _below(each, self.path))
        return list(dict.fromkeys(each[depth] for each in below if len(each) > depth))


def _below(path: str, key: str) -> bool:
    return not key or f"{path.lower()}\\".startswith(f"{key}\\")


def of(key: object) -> Key:
    """The key itself, or the root that a number stands for."""
    return key if isinstance(key, Key) else Key()
