"""The object: how programs get it, and what it is before and after."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest

from sapi_kiwoom.signatures import EVENTS, METHODS
from tests.simulator.qt.conftest import wait_for

CLSID = "{A1574A0D-6BFA-4BD7-9020-DED88711818D}"


@pytest.mark.parametrize(
    "name",
    [
        "KHOPENAPI.KHOpenAPICtrl.1",
        "KHOPENAPI.KHOpenApiCtrl.1",
        "KHOPENAPI64.KHOpenAPICtrl.1",
        CLSID,
    ],
)
def test_it_is_made_by_name_or_clsid(installed: Any, name: str) -> None:
    from PyQt5.QAxContainer import QAxBase, QAxObject, QAxWidget
    from PyQt5.QtCore import QObject
    from PyQt5.QtWidgets import QWidget

    parent = QWidget()
    for made in (QAxWidget(name), QAxWidget(name, parent), QAxObject(name, parent)):
        assert isinstance(made, QAxBase)
        assert isinstance(made, QObject)
        assert not made.isNull()
        assert made.control().lower() == CLSID.lower()
    assert QAxWidget(name, parent).parent() is parent
    assert QAxWidget("KHOPENAPI.KHOpenAPICtrl.1").control() == CLSID.lower()


def test_a_subclass_sets_its_control_later(installed: Any) -> None:
    from PyQt5.QAxContainer import QAxWidget
    from PyQt5.QtWidgets import QWidget

    class Kiwoom(QAxWidget):
        def __init__(self, parent: Any = None) -> None:
            super().__init__(parent)
            assert self.isNull()
            assert self.control() == ""
            assert self.setControl("KHOPENAPI.KHOpenAPICtrl.1")
            self.OnEventConnect.connect(self.connected)
            self.errors: list[int] = []

        def connected(self, error: int) -> None:
            self.errors.append(error)

        def signal(self, name: str) -> str:
            return name

    parent = QWidget()
    kiwoom = Kiwoom(parent)
    assert kiwoom.parent() is parent
    assert wait_for(kiwoom.OnEventConnect, lambda: kiwoom.dynamicCall("CommConnect()")) == (0,)
    assert kiwoom.errors == [0]
    assert kiwoom.signal("its own") == "its own"
    assert type(kiwoom).__name__ == "Kiwoom"


def test_without_a_control_it_has_neither_methods_nor_signals(installed: Any) -> None:
    from PyQt5.QAxContainer import QAxWidget

    empty = QAxWidget()
    for name in [*METHODS, *EVENTS]:
        with pytest.raises(AttributeError):
            getattr(empty, name)
    heard: list[Any] = []
    empty.exception.connect(lambda *arguments: heard.append(arguments))
    assert empty.dynamicCall("GetConnectState()") is None
    assert len(heard) == 1


def test_an_unknown_control_leaves_it_empty(installed: Any) -> None:
    from PyQt5.QAxContainer import QAxWidget

    for name in ("Nobody.Knows.1", "{00000000-0000-0000-0000-000000000000}", "{A1574A0D}", ""):
        made = QAxWidget(name)
        assert made.isNull()
        assert not hasattr(made, "OnEventConnect")
        assert made.setControl(name) is False


def test_clear_lets_go_of_the_control_and_logs_out(ocx: Any) -> None:
    from PyQt5.QtTest import QTest

    heard: list[Any] = []
    ocx.OnEventConnect.connect(heard.append)
    ocx.clear()
    assert ocx.isNull()
    assert not hasattr(ocx, "OnEventConnect")
    assert ocx.dynamicCall("GetConnectState()") is None
    assert ocx.setControl(CLSID)
    assert ocx.control() == CLSID
    assert ocx.dynamicCall("GetConnectState()") == 0
    QTest.qWait(50)
    assert heard == []


def test_nothing_keeps_an_object_alive_that_a_program_forgets(installed: Any) -> None:
    from PyQt5.QAxContainer import QAxObject

    made = QAxObject("KHOPENAPI.KHOpenAPICtrl.1")
    assert wait_for(made.OnEventConnect, made.CommConnect) == (0,)
    found = weakref.ref(made)
    del made
    gc.collect()
    assert found() is None


def test_the_meta_object_lists_methods_and_events(widget: Any) -> None:
    from PyQt5.QtCore import QMetaMethod

    meta = widget.metaObject()
    methods = [meta.method(number) for number in range(meta.methodCount())]
    signals = {
        bytes(each.name()).decode(): bytes(each.methodSignature()).decode()
        for each in methods
        if each.methodType() == QMetaMethod.Signal
    }
    assert set(EVENTS) | {"exception", "signal", "propertyChanged"} <= set(signals)
    assert (
        signals["OnReceiveTrCondition"] == "OnReceiveTrCondition(QString,QString,QString,int,int)"
    )
    assert signals["exception"] == "exception(int,QString,QString,QString)"
    for name in EVENTS:
        assert callable(getattr(widget, name).connect)
    slots = {bytes(each.methodSignature()).decode() for each in methods}
    assert {each.prototype.replace(" ", "") for each in METHODS.values()} <= slots


def test_the_documentation_names_every_method_and_event(widget: Any) -> None:
    text = widget.generateDocumentation()
    assert all(f" {name}(" in text for name in [*METHODS, *EVENTS])


def test_a_program_may_call_its_attributes_as_it_likes(installed: Any) -> None:
    from PyQt5.QAxContainer import QAxWidget

    class Kiwoom(QAxWidget):
        def __init__(self) -> None:
            super().__init__()
            self._control = self._name = self._apartment = self._host = "mine"
            self.setControl("KHOPENAPI.KHOpenAPICtrl.1")

        def clear(self) -> None:
            raise AssertionError("not asked for")

        def CommConnect(self) -> str:
            return "mine"

        def OnReceiveMsg(self, *arguments: Any) -> None:
            raise AssertionError("not connected")

    kiwoom = Kiwoom()
    assert kiwoom.CommConnect() == "mine"
    login = lambda: kiwoom.dynamicCall("CommConnect()")  # noqa: E731
    assert wait_for(kiwoom.OnEventConnect, login) == (0,)
    kiwoom.SetInputValue("종목코드", "005930")
    ask = lambda: kiwoom.CommRqData("rq", "opt10001", 0, "0101")  # noqa: E731
    assert wait_for(kiwoom.OnReceiveTrData, ask)[1] == "rq"
