"""The apartment without Qt: a loop of the test's own stands in for Qt's."""

from __future__ import annotations

import threading
from datetime import date
from typing import Any, Callable, List, Tuple

import pytest

from sapi_kiwoom import krx
from sapi_kiwoom.loop import SECOND
from sapi_kiwoom.signatures import METHODS
from simulator.qt.apartment import Apartment
from simulator.scenario.model import Scenario

START = krx.midnight(date(2026, 11, 20)) + 600 * krx.MINUTE
SCENARIO = Scenario(codes=("005930", "298380"), warnings={"298380": "5"}, start=START)


class Home:
    """An apartment with one control; `turn` is its event loop."""

    def __init__(self, speed: float = float("inf")) -> None:
        self.heard: List[Tuple[str, Tuple[Any, ...]]] = []
        self.record: List[Tuple[Any, ...]] = []
        self.reactions: List[Callable[[str], None]] = []
        self.apartment = Apartment(
            SCENARIO,
            START,
            speed,
            wait=self.turn,
            record=lambda *line: self.record.append(line),
        )
        self.control = self.apartment.control(self.emit)

    def emit(self, name: str, arguments: Tuple[Any, ...]) -> None:
        self.heard.append((name, arguments))
        for react in list(self.reactions):
            react(name)

    def turn(self, over: Callable[[], bool]) -> None:
        for _ in range(100_000):
            if over():
                return
            self.apartment.advance()
            self.apartment.deliver()
        raise AssertionError("it was never over")

    def until(self, event: str) -> None:
        before = self.names.count(event)
        self.turn(lambda: self.names.count(event) > before)

    def call(self, name: str, *arguments: Any) -> Any:
        return self.apartment.call(self.control, METHODS[name], list(arguments))

    @property
    def names(self) -> List[str]:
        return [name for name, _ in self.heard]


@pytest.fixture
def home() -> Home:
    made = Home()
    made.call("CommConnect")
    made.until("OnEventConnect")
    return made


def ask(home: Home, rqname: str = "rq") -> None:
    home.call("SetInputValue", "종목코드", "005930")
    assert home.call("CommRqData", rqname, "opt10001", 0, "0101") == 0


def test_nothing_is_told_before_it_is_delivered() -> None:
    home = Home()
    home.call("CommConnect")
    while not home.apartment.advance():
        assert home.call("GetConnectState") == 0
    assert home.heard == []
    home.apartment.deliver()
    assert home.heard == [("OnEventConnect", (0,))]
    assert home.call("GetConnectState") == 1


def test_every_method_can_be_called_and_is_recorded(home: Home) -> None:
    for name, method in METHODS.items():
        home.record.clear()
        home.call(name, *(0 if kind == "int" else "" for _, kind in method.parameters))
        assert [line[1] for line in home.record if line[4]] == [name]


def test_delivery_nests_in_an_event(home: Home) -> None:
    answers: List[str] = []

    def react(name: str) -> None:
        if name == "OnReceiveTrData":
            if len(answers) < 2:
                answers.append("")
                ask(home)
                home.until("OnReceiveTrData")
            answers.append(home.call("GetCommData", "opt10001", "rq", 0, "종목코드").strip())

    home.reactions.append(react)
    ask(home)
    home.until("OnReceiveTrData")
    assert answers == ["", "", "005930", "005930", "005930"]


def test_an_error_of_a_program_leaves_the_apartment_usable(home: Home) -> None:
    def react(name: str) -> None:
        home.reactions.clear()
        raise ZeroDivisionError

    home.reactions.append(react)
    ask(home)
    with pytest.raises(ZeroDivisionError):
        home.until("OnReceiveMsg")
    ask(home)
    home.until("OnReceiveTrData")
    assert home.call("GetConnectState") == 1


def test_a_window_turns_the_programs_loop(home: Home) -> None:
    order = ("order", "0102", "8099999911", 1, "298380", 1, 0, "03", "")
    ask(home, "query")
    assert home.call("SendOrder", *order) == 0
    assert [each[1] for name, each in home.heard if name == "OnReceiveTrData"] == ["query"]
    home.until("OnReceiveTrData")


def test_events_of_calls_from_other_threads_come_on_the_first_one(home: Home) -> None:
    threads: List[int] = []
    home.reactions.append(lambda name: threads.append(threading.get_ident()))
    worker = threading.Thread(target=ask, args=(home,))
    worker.start()
    worker.join(20)
    home.until("OnReceiveTrData")
    assert set(threads) == {threading.get_ident()}


def test_a_control_that_is_let_go_logs_out_and_others_do_not(home: Home) -> None:
    other = home.apartment.control(lambda name, arguments: None)
    home.apartment.call(other, METHODS["CommConnect"], [])
    home.turn(lambda: other.GetConnectState() == 1)
    home.apartment.release(other)
    home.turn(lambda: other.GetConnectState() == 0)
    assert home.call("GetConnectState") == 1


def test_time_passes_while_the_program_does_not_wait() -> None:
    home = Home(speed=1000)
    began = home.apartment.now()
    pause = threading.Event()
    while home.apartment.now() < began + 2 * SECOND:
        pause.wait(0.001)
        home.call("GetConnectState")
    assert home.heard == []
