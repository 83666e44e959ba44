from __future__ import annotations

from typing import Dict, List, Set

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from sapi_kiwoom.errors import ControlError, NotConnected, RequestRejected
from sapi_kiwoom.session import realtime as module
from sapi_kiwoom.session.gate import Gate
from sapi_kiwoom.session.realtime import FIDS, Realtime
from sapi_kiwoom.session.screens import Pool
from simulator.clock import VirtualLoop

from .fakes import START, FakeControl


class Sink:
    """Hands the control's events to the registrations, as the session does."""

    def __init__(self, realtime: Realtime) -> None:
        self.OnReceiveRealData = realtime.deliver


class Desk:
    """Registrations over a fake control."""

    def __init__(self, screens: int = 3) -> None:
        loop = VirtualLoop(START)
        self.control = FakeControl(loop)
        self.pool = Pool("real time", 2000, screens)
        self.realtime = Realtime(self.control, Gate(loop), self.pool)
        self.control.attach(Sink(self.realtime))
        self.realtime.restore()


class Reader:
    """A listener that remembers what it got."""

    def __init__(self) -> None:
        self.seen: List[str] = []

    def __call__(self, code: str, real_type: str, raw: str) -> None:
        self.seen.append(raw)


@pytest.fixture
def desk():
    return Desk()


def test_an_event_reaches_all_listeners_of_its_code_in_order(desk):
    seen = []

    def first(*event):
        seen.append(("first", *event))

    def second(*event):
        seen.append(("second", *event))

    desk.realtime.subscribe("005930", first)
    desk.realtime.subscribe("005930", second)
    desk.realtime.subscribe("000660", second)
    desk.control.tick("005930", "090000\t77000")
    event = ("005930", "주식체결", "090000\t77000")
    assert seen == [("first", *event), ("second", *event)]


def test_a_code_is_registered_once_and_taken_back_by_its_last_listener(desk):
    readers = [Reader(), Reader()]
    for reader in readers:
        desk.realtime.subscribe("005930", reader)
    assert desk.control.calls == [("SetRealReg", "2000", "005930", FIDS, "0")]
    assert desk.realtime.unsubscribe("005930", readers[0])
    desk.control.tick("005930", "a")
    assert [reader.seen for reader in readers] == [[], ["a"]]
    assert desk.realtime.unsubscribe("005930", readers[1])
    assert desk.control.calls[1:] == [("SetRealRemove", "2000", "005930")]
    assert desk.pool.free == 3


def test_the_second_code_is_added_to_the_screen(desk):
    desk.realtime.subscribe("005930", Reader())
    desk.realtime.subscribe("000660", Reader())
    assert desk.control.calls[1] == ("SetRealReg", "2000", "000660", FIDS, "1")
    assert desk.control.registered == {"2000": ["005930", "000660"]}


def test_a_screen_takes_a_hundred_codes(desk):
    for number in range(101):
        desk.realtime.subscribe(f"{number:06}", Reader())
    assert [len(codes) for codes in desk.control.registered.values()] == [100, 1]


def test_the_same_listener_twice_is_once(desk):
    reader = Reader()
    desk.realtime.subscribe("005930", reader)
    desk.realtime.subscribe("005930", reader)
    desk.control.tick("005930", "a")
    assert reader.seen == ["a"]
    assert desk.realtime.unsubscribe("005930", reader)
    assert not desk.realtime.unsubscribe("005930", reader)
    assert desk.control.registered == {}


def test_a_listener_is_dropped_from_all_its_codes(desk):
    gone, stays = Reader(), Reader()
    for code in ("005930", "000660"):
        desk.realtime.subscribe(code, gone)
    desk.realtime.subscribe("000660", stays)
    desk.realtime.drop(gone)
    assert desk.control.registered == {"2000": ["000660"]}
    desk.control.tick("000660", "a")
    assert (gone.seen, stays.seen) == ([], ["a"])


def test_a_listener_may_leave_during_delivery(desk):
    last = Reader()

    def once(code, real_type, raw):
        desk.realtime.unsubscribe(code, once)

    desk.realtime.subscribe("005930", once)
    desk.realtime.subscribe("005930", last)
    desk.control.tick("005930", "a")
    desk.control.tick("005930", "b")
    assert last.seen == ["a", "b"]


def test_who_was_made_to_leave_during_delivery_gets_nothing_more(desk):
    last = Reader()
    desk.realtime.subscribe("005930", lambda *_: desk.realtime.drop(last))
    desk.realtime.subscribe("005930", last)
    desk.control.tick("005930", "a")
    assert last.seen == []


def test_who_joins_during_delivery_gets_the_next_event(desk):
    late = Reader()
    desk.realtime.subscribe("005930", lambda *_: desk.realtime.subscribe("005930", late))
    desk.control.tick("005930", "a")
    desk.control.tick("005930", "b")
    assert late.seen == ["b"]


def test_a_listener_that_fails_does_not_keep_the_event_from_others(desk, caplog):
    last = Reader()
    desk.realtime.subscribe("005930", lambda *_: 1 // 0)
    desk.realtime.subscribe("005930", last)
    desk.control.tick("005930", "a")
    assert last.seen == ["a"]
    assert "ZeroDivisionError" in caplog.text


def test_a_code_that_only_a_tr_registered_is_nobodys(desk):
    desk.control.registered["1000"] = ["005930"]
    desk.control.tick("005930", "a")  # nothing to see: it must not fail


@pytest.mark.parametrize(("code", "name"), [(-205, "OP_ERR_DATA_RCV_FAIL"), (None, "")])
def test_a_refused_registration_raises_and_leaves_nothing_behind(desk, code, name):
    desk.control.register_code = lambda codes: code
    with pytest.raises(ControlError) as caught:
        desk.realtime.subscribe("005930", Reader())
    assert caught.value.code == code
    assert caught.value.details == {"call": "SetRealReg", "vendor_name": name}
    assert desk.pool.free == 3
    desk.control.register_code = lambda codes: 0
    reader = Reader()
    desk.realtime.subscribe("005930", reader)
    desk.control.tick("005930", "a")
    assert reader.seen == ["a"]


def test_without_room_it_says_so():
    desk = Desk(screens=1)
    for number in range(100):
        desk.realtime.subscribe(f"{number:06}", Reader())
    with pytest.raises(RequestRejected, match="real time are in use"):
        desk.realtime.subscribe("005930", Reader())


def test_what_is_wanted_together_is_registered_together_a_hundred_codes_a_call(desk):
    desk.realtime.want([(f"{number:06}", "주식체결") for number in range(150)])
    assert [len(call[2].split(";")) for call in desk.control.calls] == [100, 50]
    desk.realtime.want([(f"{number:06}", "주식체결") for number in range(150, 230)])
    assert [len(codes) for codes in desk.control.registered.values()] == [100, 100, 30]


def test_what_is_wanted_together_is_registered_whole_or_not_at_all():
    desk = Desk(screens=1)
    with pytest.raises(RequestRejected, match="real time are in use"):
        desk.realtime.want([(f"{number:06}", "주식체결") for number in range(101)])
    assert desk.control.registered == {}
    assert desk.pool.free == 1


def test_without_a_login_nothing_can_be_registered(desk):
    desk.realtime.suspend()
    with pytest.raises(NotConnected, match="try again after the login"):
        desk.realtime.subscribe("005930", Reader())
    assert desk.control.calls == []


def test_a_new_login_registers_everything_again(desk):
    reader = Reader()
    for code in ("005930", "000660"):
        desk.realtime.subscribe(code, reader)
    desk.realtime.suspend()
    desk.control.registered.clear()
    assert desk.realtime.restore()
    assert desk.control.calls[-1] == ("SetRealReg", "2000", "005930;000660", FIDS, "0")
    desk.control.tick("000660", "a")
    assert reader.seen == ["a"]


def test_a_registration_that_fails_after_a_new_login_is_reported_and_can_be_repeated(desk, caplog):
    desk.realtime.subscribe("005930", Reader())
    desk.control.registered.clear()
    desk.control.register_code = lambda codes: -205
    assert not desk.realtime.restore()
    assert "no real-time events for 005930" in caplog.text
    desk.control.register_code = lambda codes: 0
    assert desk.realtime.restore()
    assert desk.control.registered == {"2000": ["005930"]}


def test_a_control_that_fails_to_take_a_code_back_does_not_cost_a_screen(desk, monkeypatch):
    reader = Reader()
    desk.realtime.subscribe("005930", reader)
    monkeypatch.setattr(desk.control, "SetRealRemove", lambda screen, code: 1 // 0)
    assert desk.realtime.unsubscribe("005930", reader)
    assert desk.pool.free == 3


CODES = [f"{number:06}" for number in range(7)]


class Registrations(RuleBasedStateMachine):
    """Screens of two codes, three screens, four listeners; the model is a list of listeners by code."""

    def __init__(self) -> None:
        super().__init__()
        self.per_screen, module.CODES_PER_SCREEN = module.CODES_PER_SCREEN, 2
        self.desk = Desk()
        self.readers = [Reader() for _ in range(4)]
        self.listening: Dict[str, List[Reader]] = {code: [] for code in CODES}
        self.connected = True

    def teardown(self) -> None:
        module.CODES_PER_SCREEN = self.per_screen

    def wanted(self) -> Set[str]:
        return {code for code, readers in self.listening.items() if readers}

    @precondition(lambda self: self.connected)
    @rule(code=st.sampled_from(CODES), reader=st.integers(0, 3), refused=st.booleans())
    def subscribe(self, code, reader, refused):
        control, listener = self.desk.control, self.readers[reader]
        control.register_code = lambda codes: -205 if refused else 0
        new = code not in self.wanted()
        if new and (refused or len(self.wanted()) == 6):
            with pytest.raises((ControlError, RequestRejected)):
                self.desk.realtime.subscribe(code, listener)
            return
        self.desk.realtime.subscribe(code, listener)
        if listener not in self.listening[code]:
            self.listening[code].append(listener)

    @rule(code=st.sampled_from(CODES), reader=st.integers(0, 3))
    def unsubscribe(self, code, reader):
        listener = self.readers[reader]
        listened = listener in self.listening[code]
        assert self.desk.realtime.unsubscribe(code, listener) == listened
        if listened:
            self.listening[code].remove(listener)

    @rule(reader=st.integers(0, 3))
    def drop(self, reader):
        self.desk.realtime.drop(self.readers[reader])
        for readers in self.listening.values():
            if self.readers[reader] in readers:
                readers.remove(self.readers[reader])

    @precondition(lambda self: self.connected)
    @rule()
    def lose_the_line(self):
        self.connected = False
        self.desk.realtime.suspend()
        self.desk.control.registered.clear()

    @precondition(lambda self: not self.connected)
    @rule()
    def log_in_again(self):
        self.connected = True
        self.desk.control.register_code = lambda codes: 0
        assert self.desk.realtime.restore()

    @invariant()
    def the_control_holds_each_wanted_code_on_one_screen_and_no_other(self):
        held = [code for codes in self.desk.control.registered.values() for code in codes]
        assert sorted(held) == (sorted(self.wanted()) if self.connected else [])
        assert all(len(codes) <= 2 for codes in self.desk.control.registered.values())

    @invariant()
    def only_screens_with_codes_are_taken(self):
        if self.connected:
            assert self.desk.pool.free == 3 - len(self.desk.control.registered)
        if not self.wanted():
            assert self.desk.pool.free == 3

    @invariant()
    def an_event_reaches_its_listeners_and_nobody_else(self):
        for code in CODES:
            self.desk.control.tick(code, code)
            got = [reader for reader in self.readers if reader.seen]
            assert all(reader.seen == [code] for reader in got)
            assert len(got) == (len(self.listening[code]) if self.connected else 0)
            assert all(reader in self.listening[code] for reader in got)
            for reader in self.readers:
                reader.seen.clear()


TestRegistrations = Registrations.TestCase
TestRegistrations.settings = settings(stateful_step_count=30)
