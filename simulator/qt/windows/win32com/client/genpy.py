"""What is in the control's type library, as pywin32 tells it."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, Dict, Mapping, Tuple

from sapi_kiwoom.signatures import (
    EVENTS,
    METHODS,
    NOTHING,
    NUMBER,
    TABLE,
    TEXT,
    Signature,
)
from simulator.qt import registry
from simulator.qt.windows import pythoncom
from simulator.qt.windows.pywintypes import IID, IIDType

_VT = {
    TEXT: pythoncom.VT_BSTR,
    NUMBER: pythoncom.VT_I4,
    TABLE: pythoncom.VT_VARIANT,
    NOTHING: pythoncom.VT_VOID,
}


class MapEntry:
    """A method or an event.

    Attributes:
        dispid: its number.
        names: its own, then its parameters'.
        desc: its FUNCDESC: the number first, parameters third, what it returns ninth.
    """

    def __init__(self, number: int, signature: Signature) -> None:
        self.dispid = number
        self.names = (signature.name, *(name for name, _ in signature.parameters))
        self.desc = (
            number,
            (),
            tuple((_VT[kind], 1, None) for _, kind in signature.parameters),
            pythoncom.FUNC_DISPATCH,
            pythoncom.INVOKE_FUNC,
            4,
            0,
            0,
            (_VT[signature.returns], 0, None),
            0,
        )
        self.resultCLSID = None
        self.hidden = False

    def GetResultName(self) -> None:
        """Nothing returns an object."""


class DispatchItem:
    """An interface: its methods by name."""

    def __init__(self, clsid: str, name: str, members: Mapping[str, Signature]) -> None:
        self.clsid = IID(clsid)
        self.python_name = name
        self.mapFuncs: Dict[str, MapEntry] = OrderedDict(
            (each.name, MapEntry(number, each)) for number, each in enumerate(members.values(), 1)
        )
        self.propMap: Dict[str, Any] = {}
        self.propMapGet: Dict[str, Any] = {}
        self.propMapPut: Dict[str, Any] = {}


class EnumerationItem:
    """The control has no enumerations."""


class RecordItem:
    """The control has no records."""


class VTableItem:
    """The control has no interfaces with tables."""


class Generator:
    """Reads a type library."""

    def __init__(
        self,
        typelib: object,
        sourceFilename: object,
        progressObject: object,
        bBuildHidden: int = 1,
        bUnicodeToString: object = None,
    ) -> None:
        self.typelib = typelib

    def BuildOleItemsFromType(
        self, types: object = None
    ) -> Tuple[Dict[IIDType, DispatchItem], Dict[Any, Any], Dict[Any, Any], Dict[Any, Any]]:
        """Interfaces by identifier, and three empty dicts."""
        items = (
            DispatchItem(registry.DISPATCH, "_DKHOpenAPI", METHODS),
            DispatchItem(registry.EVENTS, "_DKHOpenAPIEvents", EVENTS),
        )
        return {each.clsid: each for each in items}, {}, {}, {}
