"""Calls: every way in which programs write them, and what becomes of wrong ones."""

from __future__ import annotations

import threading
from typing import Any, Callable

import pytest

from tests.simulator.qt.conftest import wait_for


def refused(widget: Any, call: Callable[[], Any]) -> Any:
    """What the ``exception`` signal carries of a call that must return nothing."""
    heard: list[Any] = []
    widget.exception.connect(lambda *arguments: heard.append(arguments))
    try:
        assert call() is None
    finally:
        widget.exception.disconnect()
    assert len(heard) == 1
    return heard[0]


REQUEST = "CommRqData(QString, QString, int, QString)"


@pytest.mark.parametrize(
    "request_it",
    [
        lambda ocx: ocx.dynamicCall(REQUEST, "rq", "opt10001", 0, "0101"),
        lambda ocx: ocx.dynamicCall(REQUEST, "rq", "opt10001", "0", "0101"),
        lambda ocx: ocx.dynamicCall(REQUEST, ["rq", "opt10001", 0, "0101"]),
        lambda ocx: ocx.dynamicCall(REQUEST, ["rq", "opt10001", "0", "0101"]),
        lambda ocx: ocx.dynamicCall(REQUEST, ("rq", "opt10001", 0, "0101")),
        lambda ocx: ocx.dynamicCall(REQUEST[:-1], "rq", "opt10001", 0, "0101"),
        lambda ocx: ocx.dynamicCall(
            "CommRqData(Qstring, Qstring, Int, Qstring)", "rq", "opt10001", "0", "0101"
        ),
        lambda ocx: ocx.dynamicCall(
            "CommRqData(const QString&, const QString&, int, const QString&)",
            *("rq", "opt10001", 0, "0101"),
        ),
        lambda ocx: ocx.dynamicCall('CommRqData("rq", "opt10001", 0, "0101")'),
        lambda ocx: ocx.CommRqData("rq", "opt10001", 0, "0101"),
    ],
)
def test_a_request_is_written_in_many_ways(ocx: Any, request_it: Callable[[Any], int]) -> None:
    def ask() -> None:
        ocx.dynamicCall("SetInputValue(QString, QString)", "종목코드", "005930")
        assert request_it(ocx) == 0

    found = wait_for(ocx.OnReceiveTrData, ask)
    assert found == ("0101", "rq", "opt10001", "", "0", 0, "", "", "")


def test_the_spelling_of_a_tr_comes_back(ocx: Any) -> None:
    def ask() -> None:
        ocx.SetInputValue("종목코드", "005930")
        assert ocx.CommRqData("rq", "OpT10001", 0, "0101") == 0

    assert wait_for(ocx.OnReceiveTrData, ask)[2] == "OpT10001"


def test_fids_may_be_texts(ocx: Any) -> None:
    values: list[Any] = []

    def fill(*_arguments: Any) -> None:
        for fid in (9203, "9203"):
            values.append(ocx.dynamicCall("GetChejanData(int)", fid))

    ocx.OnReceiveChejanData.connect(fill)
    order = ["주문", "0101", "8099999911", 1, "005930", 1, 0, "03", ""]
    prototype = "SendOrder(QString, QString, QString, int, QString, int, int, QString, QString)"
    wait_for(ocx.OnReceiveChejanData, lambda: ocx.dynamicCall(prototype, order))
    assert values[0] == values[1] != ""


def test_more_than_eight_arguments_need_a_list(ocx: Any) -> None:
    order = ["주문", "0101", "0000000000", 1, "005930", 1, 0, "03", ""]
    prototype = "SendOrder(QString, QString, QString, int, QString, int, int, QString, QString)"
    with pytest.raises(TypeError):
        ocx.dynamicCall(prototype, *order)
    assert ocx.dynamicCall(prototype, order) < 0
    assert ocx.SendOrder(*order) < 0
    with pytest.raises(TypeError):
        ocx.dynamicCall(None)


def test_arguments_one_by_one_end_at_the_first_nothing(ocx: Any) -> None:
    prototype = "KOA_Functions(QString, QString)"
    refused(ocx, lambda: ocx.dynamicCall(prototype, "GetServerGubun", None))
    assert ocx.dynamicCall(prototype, ["GetServerGubun", None]) == "1"


@pytest.mark.parametrize(
    "call",
    [
        lambda ocx: ocx.dynamicCall("Nonsense()"),
        lambda ocx: ocx.dynamicCall("GetLoginInfo()"),
        lambda ocx: ocx.dynamicCall("GetLoginInfo()", "ACCNO"),
        lambda ocx: ocx.dynamicCall("SetInputValue(QString)", "종목코드", "005930"),
        lambda ocx: ocx.dynamicCall("GetChejanData(Int)", ""),
        lambda ocx: ocx.dynamicCall("GetChejanData(Int)", [object()]),
        lambda ocx: ocx.querySubObject("Nonsense()"),
    ],
)
def test_a_wrong_call_returns_nothing_warns_and_tells(
    ocx: Any, call: Callable[[Any], Any], capfd: pytest.CaptureFixture[str]
) -> None:
    code, source, text, _ = refused(ocx, lambda: call(ocx))
    assert code < 0
    assert source
    assert text
    assert text in capfd.readouterr().err


def test_attributes_are_strict_about_types(ocx: Any) -> None:
    get = ocx.GetCommData  # taken once, as some programs do at the beginning
    assert get("opt10001", "rq", 0, "종목명") == ""
    for wrong in (("opt10001", "rq", "0", "종목명"), ("opt10001", "rq", 0), (1, "rq", 0, "x")):
        with pytest.raises(TypeError):
            get(*wrong)
    with pytest.raises(TypeError):
        ocx.GetConnectState(1)
    assert ocx.GetConnectState() == 1
    assert ocx.SetInputValue("종목코드", "005930") is None


def test_types_of_what_is_returned(ocx: Any) -> None:
    assert type(ocx.dynamicCall("GetConnectState()")) is int
    assert type(ocx.dynamicCall("GetLoginInfo(QString)", "no such tag")) is str
    assert ocx.dynamicCall("SetInputValue(QString, QString)", "a", "b") is None
    assert ocx.dynamicCall("GetCommDataEx(QString, QString)", "opt10081", "rq") is None
    tables: list[Any] = []

    def take(_screen: str, rqname: str, trcode: str) -> None:
        prototype = "GetCommDataEx(QString, QString)"
        tables.append(ocx.dynamicCall(prototype, trcode, rqname))
        tables.append(ocx.GetCommDataEx(trcode, rqname))

    def ask() -> None:
        ocx.SetInputValue("종목코드", "005930")
        ocx.SetInputValue("수정주가구분", "1")
        ocx.CommRqData("rq", "opt10081", 0, "0101")

    ocx.OnReceiveTrData.connect(take)
    wait_for(ocx.OnReceiveTrData, ask)
    assert tables[0] == tables[1]
    assert len(tables[0]) == 600
    assert {type(each) for row in tables[0] for each in row} == {str}


def test_lists_end_as_programs_cut_them(ocx: Any) -> None:
    accounts = ocx.GetLoginInfo("ACCNO")
    assert accounts.split(";")[:-1][0] == "8099999911"
    assert accounts.endswith(";")
    assert ocx.GetCodeListByMarket("0").endswith(";")
    assert ocx.GetMasterLastPrice("005930").startswith("0")


def test_other_threads_may_call_while_the_main_thread_waits_for_them(ocx: Any) -> None:
    found: list[Any] = []

    def work() -> None:
        found.append(ocx.dynamicCall("GetMasterCodeName(QString)", "005930"))
        found.append(ocx.GetConnectState())
        found.append(ocx.dynamicCall("Nonsense()"))

    worker = threading.Thread(target=work)
    worker.start()
    worker.join(20)  # no event loop turns meanwhile
    assert found == ["삼성전자", 1, None]


def test_what_another_thread_asks_for_is_answered_on_the_main_thread(ocx: Any) -> None:
    threads: list[int] = []

    def heard(*_arguments: Any) -> None:
        threads.append(threading.get_ident())

    def work() -> None:
        ocx.dynamicCall("SetInputValue(QString, QString)", "종목코드", "005930")
        ocx.dynamicCall(REQUEST, "rq", "opt10001", 0, "0101")

    ocx.OnReceiveMsg.connect(heard)
    worker = threading.Thread(target=work)
    wait_for(ocx.OnReceiveTrData, worker.start)
    worker.join(20)
    assert threads == [threading.get_ident()]
