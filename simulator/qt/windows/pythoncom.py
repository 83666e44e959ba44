"""COM's messages, as an event loop; the control's type library."""

from __future__ import annotations

from simulator.qt import registry
from simulator.qt.windows.pywintypes import IID, IIDType, com_error

error = com_error
PyIIDType = IIDType

COINIT_APARTMENTTHREADED, COINIT_MULTITHREADED = 2, 0
CLSCTX_ALL, CLSCTX_INPROC_SERVER, CLSCTX_LOCAL_SERVER, CLSCTX_SERVER = 23, 1, 4, 21
DISPATCH_METHOD, DISPATCH_PROPERTYGET, DISPATCH_PROPERTYPUT = 1, 2, 4
DISPID_VALUE, DISPID_NEWENUM = 0, -4
FUNC_VIRTUAL, FUNC_PUREVIRTUAL, FUNC_NONVIRTUAL, FUNC_STATIC, FUNC_DISPATCH = range(5)
FUNCFLAG_FRESTRICTED, FUNCFLAG_FHIDDEN = 1, 0x40
INVOKE_FUNC, INVOKE_PROPERTYGET, INVOKE_PROPERTYPUT, INVOKE_PROPERTYPUTREF = 1, 2, 4, 8
TKIND_DISPATCH, TKIND_COCLASS = 4, 5
VT_EMPTY, VT_NULL, VT_I2, VT_I4, VT_R4, VT_R8, VT_DATE, VT_BSTR = 0, 1, 2, 3, 4, 5, 7, 8
VT_DISPATCH, VT_ERROR, VT_BOOL, VT_VARIANT, VT_UNKNOWN, VT_VOID = 9, 10, 11, 12, 13, 24
VT_ARRAY, VT_BYREF = 0x2000, 0x4000
Missing = Empty = object()


class PyITypeLib:
    """A type library: the control's."""

    def __init__(self, path: str) -> None:
        self.path = path

    def GetLibAttr(self) -> tuple[IIDType, int, int, int, int, int]:
        """Its identifier, language, kind of system, version and flags."""
        return IID(registry.LIBRARY), 0, 1, 1, 0, 2

    def GetDocumentation(self, index: int) -> tuple[str, str, int, str]:
        """Its name and title."""
        return "KHOpenAPILib", registry.TITLE, 0, ""


def LoadTypeLib(path: str) -> PyITypeLib:
    """The control's type library; com_error for another."""
    if not str(path).lower().endswith("khopenapi.ocx"):
        raise com_error(-2147312566, "Error loading type library/DLL.", None, None)
    return PyITypeLib(str(path))


def LoadRegTypeLib(iid: object, major: int, minor: int, lcid: int) -> PyITypeLib:
    """The control's type library; com_error for another."""
    if IID(str(iid)) != IID(registry.LIBRARY):
        raise com_error(-2147319779, "Library not registered.", None, None)
    return PyITypeLib(registry.MODULE)


def PumpWaitingMessages(*_filter: int) -> int:
    """Let the events that wait be told. Waits some milliseconds for one; 0: nobody asked to quit."""
    from simulator.qt import pump

    pump.pump_waiting_messages()
    return 0


def PumpMessages() -> None:
    """Let events be told, for ever."""
    while not PumpWaitingMessages():
        pass


def CoInitialize() -> None:
    """Nothing is to be done."""


def CoInitializeEx(flags: int) -> None:
    """Nothing is to be done."""


def CoUninitialize() -> None:
    """Nothing is to be done."""


def CoFreeUnusedLibraries() -> None:
    """Nothing is to be done."""


def MakeIID(text: str) -> IIDType:
    """A GUID."""
    return IID(text)
