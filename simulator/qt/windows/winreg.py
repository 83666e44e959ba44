"""The registry, as far as it speaks of the control; read only."""

from __future__ import annotations

from typing import Any, Tuple

from simulator.qt import registry

HKEYType = registry.Key
HKEY_CLASSES_ROOT = registry.CLASSES_ROOT
HKEY_CURRENT_USER = registry.CURRENT_USER
HKEY_LOCAL_MACHINE = registry.LOCAL_MACHINE
HKEY_USERS = 0x80000003
KEY_READ, KEY_QUERY_VALUE, KEY_ENUMERATE_SUB_KEYS = 0x20019, 1, 8
KEY_WRITE, KEY_SET_VALUE, KEY_ALL_ACCESS = 0x20006, 2, 0xF003F
KEY_WOW64_64KEY, KEY_WOW64_32KEY = 0x100, 0x200
REG_SZ, REG_EXPAND_SZ, REG_BINARY, REG_DWORD = 1, 2, 3, 4
error = OSError


def ConnectRegistry(computer: object, key: object) -> registry.Key:
    """This computer's registry."""
    return registry.of(key)


def OpenKey(key: object, sub_key: str, reserved: int = 0, access: int = KEY_READ) -> registry.Key:
    """A key; FileNotFoundError where there is none, PermissionError where it is to be written."""
    if access & (KEY_SET_VALUE | 4):
        raise PermissionError(5, "Access is denied", sub_key)
    return registry.of(key).open(sub_key or "")


OpenKeyEx = OpenKey


def CreateKey(key: object, sub_key: str) -> registry.Key:
    """PermissionError: it is read only."""
    return OpenKey(key, sub_key, 0, KEY_WRITE)


def SetValueEx(key: object, name: str, reserved: object, kind: int, value: object) -> None:
    """PermissionError: it is read only."""
    raise PermissionError(5, "Access is denied", name)


def CloseKey(key: object) -> None:
    """Nothing is held."""


def QueryValueEx(key: object, name: str) -> Tuple[Any, int]:
    """A value and its type; FileNotFoundError where there is none."""
    values = registry.of(key).values()
    if (name or "") not in values:
        raise FileNotFoundError(2, "The system cannot find the file specified", name)
    return values[name or ""], REG_SZ


def QueryValue(key: object, sub_key: str) -> str:
    """The default value of a key."""
    return str(QueryValueEx(OpenKey(key, sub_key or ""), "")[0])


def EnumKey(key: object, index: int) -> str:
    """The name of a key below; OSError behind the last."""
    names = registry.of(key).names()
    if index >= len(names):
        raise OSError(259, "No more data is available")
    return names[index]


def EnumValue(key: object, index: int) -> Tuple[str, Any, int]:
    """Name, value and type; OSError behind the last."""
    values = list(registry.of(key).values().items())
    if index >= len(values):
        raise OSError(259, "No more data is available")
    return (*values[index], REG_SZ)


def QueryInfoKey(key: object) -> Tuple[int, int, int]:
    """How many keys and values there are; when it was changed."""
    found = registry.of(key)
    return len(found.names()), len(found.values()), 0
