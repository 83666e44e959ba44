"""Events: what may hear them, and how programs wait for them."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest

from tests.simulator.qt.conftest import wait_for


def ask(ocx: Any, rqname: str = "rq", code: str = "005930") -> None:
    ocx.dynamicCall("SetInputValue(QString, QString)", "종목코드", code)
    prototype = "CommRqData(QString, QString, int, QString)"
    assert ocx.dynamicCall(prototype, rqname, "opt10001", 0, "0101") == 0


def until(happened: Any, turn: Any) -> None:
    """Turn an event loop until something has happened."""
    late = time.monotonic() + 20
    while not happened():
        assert time.monotonic() < late, "nothing happened"
        turn()


def test_a_slot_takes_as_many_arguments_as_it_likes(ocx: Any) -> None:
    heard: list[Any] = []

    class Callable:
        def __call__(self, screen: str) -> None:
            heard.append((screen,))

    def five(screen: str, rqname: str, trcode: str, record: str, more: str) -> None:
        heard.append((screen, rqname, trcode, record, more))

    called = Callable()
    ocx.OnReceiveTrData.connect(five)
    ocx.OnReceiveTrData.connect(lambda: heard.append(()))
    ocx.OnReceiveTrData.connect(called)
    ocx.OnReceiveTrData.connect(lambda *arguments: heard.append(arguments))
    wait_for(ocx.OnReceiveTrData, lambda: ask(ocx))
    whole = ("0101", "rq", "opt10001", "", "0", 0, "", "", "")
    assert heard == [whole[:5], (), ("0101",), whole]


def test_signals_are_indexed_by_type_and_passed_on(widget: Any) -> None:
    class Wrapper:
        OnEventConnect = widget.OnEventConnect

    heard: list[int] = []
    widget.OnEventConnect[int].connect(heard.append)
    Wrapper.OnEventConnect.connect(heard.append)
    with pytest.raises(KeyError):
        widget.OnEventConnect[str]
    assert wait_for(Wrapper.OnEventConnect, widget.CommConnect) == (0,)
    assert heard == [0, 0]
    widget.OnEventConnect.disconnect(heard.append)


def test_one_signal_tells_the_names_of_all_events(widget: Any) -> None:
    heard: list[Any] = []
    widget.signal.connect(lambda name, count, _values: heard.append((name, count)))
    wait_for(widget.OnEventConnect, widget.CommConnect)
    assert heard == [("OnEventConnect", 1)]


def test_a_slot_knows_its_sender(widget: Any) -> None:
    from PyQt5.QtCore import QObject

    senders: list[Any] = []

    class Listener(QObject):
        def heard(self, _error: int) -> None:
            senders.append(self.sender())

    listener = Listener()
    widget.OnEventConnect.connect(listener.heard)
    wait_for(widget.OnEventConnect, widget.CommConnect)
    assert senders == [widget]


def test_no_event_comes_while_no_event_loop_turns(widget: Any) -> None:
    from PyQt5.QtCore import QCoreApplication

    heard: list[int] = []
    widget.OnEventConnect.connect(heard.append)
    widget.CommConnect()
    over = time.monotonic() + 0.1
    while time.monotonic() < over:
        assert widget.GetConnectState() == 0
    assert heard == []
    until(lambda: heard, QCoreApplication.processEvents)
    assert widget.GetConnectState() == 1


def test_the_market_goes_on_while_a_program_is_busy(ocx: Any) -> None:
    """Five requests a second are allowed; a program that only sleeps between them has its own pace."""
    codes: list[int] = []
    for _ in range(8):
        over = time.monotonic() + 0.02  # a second of the market, at this speed
        while time.monotonic() < over:
            pass
        ocx.SetInputValue("종목코드", "005930")
        codes.append(ocx.CommRqData("rq", "opt10001", 0, "0101"))
    assert codes == [0] * 8


def test_a_test_waits(widget: Any) -> None:
    from PyQt5.QtTest import QTest

    heard: list[int] = []
    widget.OnEventConnect.connect(heard.append)
    widget.CommConnect()
    until(lambda: heard, lambda: QTest.qWait(10))
    assert heard == [0]


def test_a_busy_loop_pumps_messages(widget: Any) -> None:
    import pythoncom

    heard: list[int] = []
    widget.OnEventConnect.connect(heard.append)
    widget.CommConnect()
    until(lambda: heard, pythoncom.PumpWaitingMessages)
    assert heard == [0]


def test_event_loops_nest_inside_events(ocx: Any) -> None:
    """Three requests deep, each made and awaited in the event of the one before."""
    order: list[str] = []
    names = iter(["second", "third"])

    def heard(_screen: str, rqname: str, trcode: str) -> None:
        order.append(f"{rqname} begins")
        inner = next(names, None)
        if inner:
            wait_for(ocx.OnReceiveTrData, lambda: ask(ocx, inner))
        value = ocx.GetCommData(trcode, rqname, 0, "종목코드").strip()
        order.append(f"{rqname} has {value}")

    ocx.OnReceiveTrData.connect(heard)
    wait_for(ocx.OnReceiveTrData, lambda: ask(ocx, "first"))
    assert order == [
        "first begins",
        "second begins",
        "third begins",
        "third has 005930",
        "second has 005930",
        "first has 005930",
    ]


def test_getters_are_valid_only_inside_their_event(ocx: Any) -> None:
    values: list[str] = []

    def heard(_screen: str, rqname: str, trcode: str) -> None:
        values.append(ocx.GetCommData(trcode, rqname, 0, "종목코드").strip())

    ocx.OnReceiveTrData.connect(heard)
    wait_for(ocx.OnReceiveTrData, lambda: ask(ocx))
    assert values == ["005930"]
    assert ocx.GetCommData("opt10001", "rq", 0, "종목코드") == ""


def test_real_time_arrives_with_its_values(ocx: Any) -> None:
    trades: list[Any] = []

    def heard(code: str, kind: str, raw: str) -> None:
        if kind == "주식체결":
            trades.append((code, raw.split("\t")[1], ocx.GetCommRealData(code, 10)))

    ocx.OnReceiveRealData.connect(heard)
    from PyQt5.QtTest import QTest

    assert ocx.SetRealReg("0101", "005930", "10;15", "0") == 0
    until(lambda: len(trades) > 3, lambda: QTest.qWait(10))
    ocx.SetRealRemove("ALL", "ALL")
    for code, raw, value in trades:
        assert code == "005930"
        assert value == raw != ""


def test_an_order_is_told_by_three_kinds_of_events(ocx: Any) -> None:
    from PyQt5.QtTest import QTest

    heard: list[str] = []
    ocx.OnReceiveMsg.connect(lambda *arguments: heard.append("msg"))
    ocx.OnReceiveTrData.connect(lambda *arguments: heard.append("tr"))
    ocx.OnReceiveChejanData.connect(heard.append)
    assert ocx.SendOrder("주문", "0101", "8099999911", 1, "005930", 1, 0, "03", "") == 0
    until(lambda: heard.count("1") == 1, lambda: QTest.qWait(10))
    assert heard == ["msg", "tr", "0", "0", "1"]


def test_conditions_are_loaded_and_searched(ocx: Any) -> None:
    assert wait_for(ocx.OnReceiveConditionVer, ocx.GetConditionLoad)[0] == 1
    index, name = ocx.GetConditionNameList().split(";")[:-1][0].split("^")
    found = wait_for(
        ocx.OnReceiveTrCondition, lambda: ocx.SendCondition("0101", name, int(index), 0)
    )
    assert found[0::2] == ("0101", name, 0)
    assert re.fullmatch(r"(\w{6};)*", found[1])


def test_a_window_asks_before_a_warned_stock_is_bought_while_events_arrive(ocx: Any) -> None:
    """SendOrder returns when the user has answered; what happens meanwhile is heard meanwhile."""
    heard: list[str] = []
    ocx.OnReceiveTrData.connect(lambda _screen, rqname: heard.append(rqname))
    ask(ocx, "query")
    assert ocx.SendOrder("order", "0102", "8099999911", 1, "298380", 1, 0, "03", "") == 0
    assert heard == ["query"]
    wait_for(ocx.OnReceiveTrData, lambda: None)
    assert heard == ["query", "order"]


def test_another_thread_may_meet_the_window_too(ocx: Any) -> None:
    import threading

    found: list[int] = []
    order = ("order", "0102", "8099999911", 1, "298380", 1, 0, "03", "")
    worker = threading.Thread(target=lambda: found.append(ocx.SendOrder(*order)))
    worker.start()
    worker.join(20)
    assert found == [0]


def test_asyncio_waits_on_qts_event_loop(application: Any, widget: Any) -> None:
    asyncio = pytest.importorskip("asyncio")
    qasync = pytest.importorskip("qasync", reason="needs qasync")

    async def program() -> int:
        connected = asyncio.Event()
        heard: list[int] = []
        widget.OnEventConnect.connect(lambda error: (heard.append(error), connected.set()))
        assert widget.CommConnect() == 0
        await asyncio.wait_for(connected.wait(), 20)
        return heard[0]

    loop = qasync.QEventLoop(application)
    try:
        assert loop.run_until_complete(program()) == 0
    finally:
        asyncio.set_event_loop(None)
        loop.close()
