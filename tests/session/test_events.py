"""Where the session sends the control's events: orders, states, messages."""

from __future__ import annotations

from typing import Any, List

import pytest

from sapi_kiwoom import krx
from sapi_kiwoom.loop import SECOND
from sapi_kiwoom.session import ServerMessage, Session
from sapi_kiwoom.session.masking import Masking
from simulator.clock import VirtualLoop

from .fakes import START, FakeControl

CHEJAN = {9201: "8012345611", 9203: " 0163911", 913: "접수 "}


class Control(FakeControl):
    """With the getters that orders need."""

    number = "0163911"

    def GetCommData(self, tr_code: str, record: str, index: int, item: str) -> str:
        assert (record, index, item) == ("", 0, "주문번호")
        return self.number

    def GetChejanData(self, fid: int) -> str:
        with self._call("GetChejanData", fid):
            return CHEJAN[fid]


class Orders:
    """Remembers what it hears."""

    def __init__(self) -> None:
        self.heard: List[Any] = []

    def on_chejan(self, gubun, values):
        self.heard.append((gubun, values))

    def on_message(self, screen, rqname, trcode, text):
        self.heard.append((screen, rqname, trcode, text))

    def on_answer(self, rqname, trcode, number):
        self.heard.append((rqname, trcode, number))

    def on_connection(self, connected):
        self.heard.append(connected)


class Desk:
    """A session that is logged in, with somebody who sends orders."""

    def __init__(self, at: int = START) -> None:
        self.loop = VirtualLoop(at)
        self.control = Control(self.loop)
        self.session = Session(self.control, self.loop)
        self.orders = self.session.orders = Orders()
        self.states: List[Any] = []
        self.messages: List[ServerMessage] = []
        self.session.watch_states(lambda *state: self.states.append(state))
        self.session.watch_messages(self.messages.append)

    def start(self) -> Desk:
        self.session.start(lambda: None, lambda error: None)
        self.loop.run_for(SECOND)
        return self


@pytest.fixture
def desk():
    desk = Desk().start()
    desk.orders.heard.clear()
    return desk


def answer(desk, screen):
    desk.session.OnReceiveTrData(
        screen, "sapi-order-1", "KOA_NORMAL_BUY_KP_ORD", "", "", 0, "", "", ""
    )


@pytest.mark.parametrize("number", ["0163911", ""])
def test_the_answer_to_an_order_goes_to_orders_with_its_number(desk, number):
    desk.control.number = f"{number} "
    answer(desk, "4000")
    assert desk.orders.heard == [("sapi-order-1", "KOA_NORMAL_BUY_KP_ORD", number)]


def test_an_answer_that_cannot_be_read_is_no_refusal(desk, caplog, monkeypatch):
    monkeypatch.setattr(desk.control, "GetCommData", lambda *_: 1 // 0)
    answer(desk, "4000")
    assert desk.orders.heard == []
    assert "could not be read" in caplog.text


def test_answers_on_other_screens_are_not_orders(desk):
    answer(desk, "1000")
    assert desk.orders.heard == []


def test_what_the_server_says_about_an_order_goes_there_as_it_is(desk):
    text = "[RC4058] 계좌 8012345611 모의투자 장종료"
    desk.session.OnReceiveMsg("4003", "sapi-order-1", "", text)
    desk.session.OnReceiveMsg("1003", "sapi-1", "opt10001", "[100000] 조회")
    assert desk.orders.heard == [("4003", "sapi-order-1", "", text)]
    assert [(each.code, each.text) for each in desk.messages] == [
        ("RC4058", "계좌 *** 모의투자 장종료"),
        ("100000", "조회"),
    ]


def test_no_account_reaches_the_log(desk, caplog):
    caplog.set_level("DEBUG")
    desk.session.OnReceiveMsg("4003", "", "", "홍길동 8012345611")
    desk.session.OnReceiveChejanData("0", 1, "9201")
    assert caplog.text
    assert "8012345611" not in caplog.text
    assert "홍길동" not in caplog.text


def test_a_chejan_event_is_read_in_its_event_and_told(desk):
    desk.session.OnReceiveChejanData("0", 3, "9201;9203;913")
    assert desk.orders.heard == [("0", {9201: "8012345611", 9203: "0163911", 913: "접수"})]


def test_a_chejan_event_inside_a_call_is_read_at_once_and_told_after_it(desk):
    def register(codes):
        desk.control._busy = ""  # a getter may be called inside the event
        desk.session.OnReceiveChejanData("0", 1, "9203")
        assert desk.control.names("GetChejanData") == [("GetChejanData", 9203)]
        assert desk.orders.heard == []
        return 0

    desk.control.register_code = register
    desk.session.realtime.subscribe("005930", lambda *event: None)
    desk.loop.run_for(SECOND)
    assert desk.orders.heard == [("0", {9203: "0163911"})]


def test_what_was_read_before_a_getter_failed_is_told(desk, caplog):
    desk.session.OnReceiveChejanData("0", 3, "9203;4711;913")
    assert desk.orders.heard == [("0", {9203: "0163911"})]
    assert "could not be read to its end" in caplog.text


def test_orders_that_fail_do_not_hurt_the_session(desk, caplog, monkeypatch):
    monkeypatch.setattr(desk.orders, "on_chejan", lambda *_: 1 // 0)
    desk.session.OnReceiveChejanData("0", 1, "9203")
    assert "ZeroDivisionError" in caplog.text


def test_orders_hear_of_the_connection_before_others():
    desk = Desk()
    heard = []
    desk.orders.on_connection = lambda connected: heard.append(("orders", connected))
    desk.session.watch(lambda connected: heard.append(("others", connected)))
    desk.start()
    desk.control.connect_event(-106)
    assert heard == [(who, how) for how in (True, False) for who in ("orders", "others")]


def test_states_of_the_session():
    desk = Desk()
    desk.control.login_codes = [0, -101]
    desk.start()
    desk.control.connect_event(-106)
    desk.loop.run_for(60 * SECOND)
    assert [state for state, _ in desk.states] == [
        "connected",
        "lost",
        "login-failed",
        "connected",
    ]
    lost, failed = desk.states[1][1], desk.states[2][1]
    assert (lost["code"], lost["retry_seconds"]) == (-106, 5)
    assert (failed["code"], failed["retry_seconds"]) == (-101, 10)


def test_a_first_login_that_fails_is_a_state():
    desk = Desk()
    desk.control.login_codes = [-100]
    desk.start()
    [(state, details)] = desk.states
    assert (state, details["code"], "retry_seconds" in details) == ("login-failed", -100, False)


@pytest.mark.parametrize(("minute", "told"), [(299, False), (300, True), (309, True), (310, False)])
def test_the_brokers_daily_check_is_a_state(minute, told):
    desk = Desk(krx.midnight(krx.date(2026, 11, 20)) + minute * krx.MINUTE).start()
    desk.control.connect_event(-106)
    assert ("maintenance" in [state for state, _ in desk.states]) == told


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("계좌 8012345611 확인", "계좌 *** 확인"),
        ("8012-3456-11", "***"),
        ("8012 3456 11", "***"),
        ("홍길동 GILDONG gildong", "*** *** ***"),
        ("7주 매수가능, 단가 77100", "7주 매수가능, 단가 77100"),
        ("주문번호 0163911", "주문번호 0163911"),
    ],
)
def test_what_is_hidden_in_messages(text, masked):
    masking = Masking()
    masking.know(["홍길동", "gildong", "", "x"])
    assert masking(text) == masked
