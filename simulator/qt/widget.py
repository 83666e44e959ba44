"""``PyQt5.QAxContainer``: QAxBase, QAxWidget and QAxObject, with one control to offer."""

from __future__ import annotations

import logging
import re
import uuid
import weakref
from html import escape
from typing import Any, Callable, Dict, List, Optional, Tuple, Type

from PyQt5 import sip
from PyQt5.QtCore import QObject, pyqtSignal, pyqtSlot, qWarning
from PyQt5.QtWidgets import QWidget

from sapi_kiwoom.signatures import EVENTS, METHODS, NOTHING, NUMBER, TEXT, Signature
from simulator.qt import dispatch, pump
from simulator.qt.dispatch import Refused
from simulator.qt.registry import CONTROL

log = logging.getLogger(__name__)

__all__ = ["QAxBase", "QAxObject", "QAxWidget"]

_PROGIDS = ("khopenapi.khopenapictrl.1", "khopenapi64.khopenapictrl.1")
_TYPES = {TEXT: str, NUMBER: int}
_MOST_ARGUMENTS = 8
"""That dynamicCall takes one by one."""


class _Host:
    """What an object has while it has a control. The rest of its attributes are the program's.

    Attributes:
        name: of the control, see `QAxBase.control`.
        over: whether the object has let go of it: what it still says is not heard any more.
    """

    def __init__(self, name: str, owner: QAxBase) -> None:
        self.name = name
        self.over = False
        self._apartment = pump.apartment()
        self._control = self._apartment.control(_emitter(owner, self))
        weakref.finalize(owner, self.end).atexit = False

    def perform(self, signature: Signature, values: List[Any]) -> Any:
        """Call a method.

        Raises:
            Refused: it failed, which is a defect of ours: the control never raises.
        """
        pump.attend()
        try:
            return self._apartment.call(self._control, signature, values)
        except Exception as error:
            log.exception("%s%s failed", signature.name, tuple(values))
            raise Refused(
                dispatch.EXCEPTION,
                f"Error calling IDispatch member {signature.name}: Exception thrown by server: {error}",
            ) from error

    def end(self) -> None:
        """Log out; once."""
        if not self.over:
            self.over = True
            self._apartment.release(self._control)


class QAxBase:
    """What QAxWidget and QAxObject have in common: a control, or none yet."""

    _qax_host: Optional[_Host] = None

    # -- the control -------------------------------------------------------------------------------

    def setControl(self, control: str) -> bool:
        """Instantiate a control.

        Args:
            control: its ProgID or its CLSID in braces.

        Returns:
            Whether there is such a control; a warning says when not.
        """
        if self._qax_host is not None and control.lower() == self._qax_host.name.lower():
            return True
        QAxBase.clear(self)
        clsid = _clsid(control)
        if clsid is None:
            qWarning(f"QAxBase::setControl: requested control {control} could not be instantiated")
            return False
        self.__class__ = _wired(type(self))
        self._qax_host = _Host(clsid, self)
        return True

    def control(self) -> str:
        """The CLSID of the control, in small letters where a ProgID was given; "" without one."""
        return self._qax_host.name if self._qax_host is not None else ""

    def isNull(self) -> bool:
        """Whether there is no control."""
        return self._qax_host is None

    def clear(self) -> None:
        """Let go of the control. Its methods and signals are gone."""
        host, self._qax_host = self._qax_host, None
        if host is not None:
            self.__class__ = type(self).__bases__[0]
            host.end()

    # -- calls -------------------------------------------------------------------------------------

    def dynamicCall(self, name: str, *arguments: Any) -> Any:
        """Call a method by its prototype.

        Args:
            name: ``CommRqData(QString, QString, int, QString)``, or with the arguments in the
                parentheses.
            arguments: up to eight; or all of them in one list.

        Returns:
            A str, an int or a list; None of a method that returns nothing, and of a call that fails:
            then there is a warning, and ``exception`` is emitted.
        """
        return _invoke(self, self._qax_host, name, _values("dynamicCall", name, arguments))

    def querySubObject(self, name: str, *arguments: Any) -> None:
        """As `dynamicCall`, for methods that return an object. The control has none: None."""
        _invoke(self, self._qax_host, name, _values("querySubObject", name, arguments))

    # -- about it ----------------------------------------------------------------------------------

    def generateDocumentation(self) -> str:
        """HTML with the methods and events of the control; "" without one."""
        if self._qax_host is None:
            return ""
        lines = [
            f"<h1>{escape(self._qax_host.name)}</h1>",
            "<h2>Slots</h2>",
            *(f"<p>{escape(_declaration(each))}</p>" for each in METHODS.values()),
            "<h2>Signals</h2>",
            *(f"<p>{escape(_declaration(each))}</p>" for each in EVENTS.values()),
        ]
        return "<html><body>\n" + "\n".join(lines) + "\n</body></html>\n"

    def verbs(self) -> List[str]:
        """The control has no verbs."""
        return []

    def propertyBag(self) -> Dict[str, Any]:
        """The control has no properties."""
        return {}


class QAxWidget(QWidget, QAxBase):  # type: ignore[misc]
    """A widget that hosts the control: ``QAxWidget(parent)``, ``QAxWidget("progid or {clsid}", parent)``."""

    exception = pyqtSignal(int, str, str, str)
    propertyChanged = pyqtSignal(str)
    signal = pyqtSignal(str, int, "void*")

    def __init__(self, *arguments: Any, **named: Any) -> None:
        control, rest = _split(arguments)
        super().__init__(*rest, **named)
        if control is not None:
            self.setControl(control)


class QAxObject(QObject, QAxBase):  # type: ignore[misc]
    """An object that wraps the control, as `QAxWidget` does without being one."""

    exception = pyqtSignal(int, str, str, str)
    propertyChanged = pyqtSignal(str)
    signal = pyqtSignal(str, int, "void*")

    def __init__(self, *arguments: Any, **named: Any) -> None:
        control, rest = _split(arguments)
        super().__init__(*rest, **named)
        if control is not None:
            self.setControl(control)


def _split(arguments: Tuple[Any, ...]) -> Tuple[Optional[str], Tuple[Any, ...]]:
    if arguments and isinstance(arguments[0], str):
        return arguments[0], arguments[1:]
    return None, arguments


def _clsid(control: str) -> Optional[str]:
    """What `QAxBase.control` says of a control; None for one that is not here."""
    if control.lower() in _PROGIDS:
        return CONTROL.lower()
    if re.fullmatch(r"\{[-0-9a-fA-F]{36}\}", control) and uuid.UUID(control) == uuid.UUID(CONTROL):
        return control
    return None


def _values(call: str, name: object, arguments: Tuple[Any, ...]) -> List[Any]:
    """The arguments: those in the one list, or those up to the first that is nothing."""
    if not isinstance(name, str):
        raise TypeError(f"{call}(): argument 1 has unexpected type {type(name).__name__!r}")
    if len(arguments) == 1 and isinstance(arguments[0], (list, tuple)):
        return list(arguments[0])
    if len(arguments) > _MOST_ARGUMENTS:
        raise TypeError(
            f"{call}(): too many arguments: {len(arguments)}; above {_MOST_ARGUMENTS} they go in a list"
        )
    values = list(arguments)
    return values[: values.index(None)] if None in values else values


def _invoke(owner: QAxBase, host: Optional[_Host], name: str, values: List[Any]) -> Any:
    """Call a method by its prototype; None of one that fails, which is told as Qt tells it."""
    try:
        if host is None:
            reason = "Object is not initialized, or initialization failed"
            raise Refused(dispatch.NOT_INITIALIZED, reason)
        called = dispatch.prototype(name)
        return host.perform(called.signature, dispatch.arguments(called, values))
    except Refused as refused:
        _complain(owner, refused)
        return None


def _complain(owner: QAxBase, refused: Refused) -> None:
    qWarning(f"QAxBase: {refused.reason}")
    signal = _base(owner).exception.__get__(owner)
    signal.emit(refused.code, "KHOpenAPI", refused.reason, "")


def _base(owner: QAxBase) -> Any:
    """The class with the signals that a program may hide under attributes of its own."""
    return QAxWidget if isinstance(owner, QAxWidget) else QAxObject


# -- a class with the control's methods and signals -----------------------------------------------


_WIRED: Dict[Type[Any], Type[Any]] = {}


def _wired(cls: Type[Any]) -> Type[Any]:
    """The class of an object that has a control: with 58 slots and 9 signals.

    What the program's class has itself under one of these names goes first, as with Qt's meta-object.
    """
    if cls not in _WIRED:
        metaclass: Any = type(cls)
        _WIRED[cls] = metaclass(cls.__name__, (cls,), _members(cls))
    return _WIRED[cls]


def _members(cls: Type[Any]) -> Dict[str, Any]:
    members: Dict[str, Any] = {"__module__": cls.__module__, "__doc__": cls.__doc__}
    for name, event in EVENTS.items():
        if not hasattr(cls, name):
            members[name] = pyqtSignal(*(_TYPES[kind] for _, kind in event.parameters), name=name)
    for name, method in METHODS.items():
        if not hasattr(cls, name):
            members[name] = _slot(method)
    return members


def _slot(signature: Signature) -> Callable[..., Any]:
    """A method of the control as an attribute; as strict about types as Qt is."""
    types = [_TYPES[kind] for _, kind in signature.parameters]

    def call(self: QAxBase, *arguments: Any) -> Any:
        values = _strict(signature, arguments)
        if self._qax_host is None:
            raise AttributeError(f"the control of {signature.name} is gone")
        try:
            return self._qax_host.perform(signature, values)
        except Refused as refused:
            _complain(self, refused)
            return None

    call.__name__ = call.__qualname__ = signature.name
    if signature.returns == NOTHING:
        return pyqtSlot(*types, name=signature.name)(call)  # type: ignore[no-any-return]
    result = _TYPES.get(signature.returns, "QVariant")
    return pyqtSlot(*types, name=signature.name, result=result)(call)  # type: ignore[no-any-return]


def _strict(signature: Signature, arguments: Tuple[Any, ...]) -> List[Any]:
    expected = signature.parameters
    if len(arguments) != len(expected):
        raise TypeError(
            f"{signature.name}() called with {len(arguments)} arguments but {len(expected)} expected"
        )
    found: List[Any] = []
    for number, (value, (_, kind)) in enumerate(zip(arguments, expected), 1):
        if kind == TEXT and (value is None or isinstance(value, str)):
            found.append(value or "")
        elif kind == NUMBER and hasattr(value, "__index__"):
            found.append(value.__index__())
            if not dispatch.LEAST <= found[-1] <= dispatch.MOST:
                raise OverflowError(f"{signature.name}() argument {number} is no 32-bit integer")
        else:
            raise TypeError(
                f"{signature.name}() argument {number} has unexpected type "
                f"{type(value).__name__!r}; {kind} expected"
            )
    return found


def _emitter(owner: QAxBase, host: _Host) -> Callable[[str, Tuple[Any, ...]], None]:
    """Emits a control's events for as long as its owner is there and has it."""
    base, wired = _base(owner), vars(type(owner))
    found = weakref.ref(owner)

    def emit(name: str, arguments: Tuple[Any, ...]) -> None:
        alive = found()
        if host.over or alive is None or sip.isdeleted(alive):
            return
        base.signal.__get__(alive).emit(name, len(arguments), None)
        if name in wired and not host.over:
            wired[name].__get__(alive).emit(*arguments)

    return emit


def _declaration(signature: Signature) -> str:
    parameters = ", ".join(f"{kind} {name}" for name, kind in signature.parameters)
    return f"{signature.returns} {signature.name}({parameters})"
