from __future__ import annotations

from typing import Any, List

import pytest

from sapi_kiwoom.errors import ControlError, NotConnected
from sapi_kiwoom.loop import SECOND
from sapi_kiwoom.session import Session
from simulator.clock import VirtualLoop

from .fakes import START, FakeControl


class Desk:
    """A session that is not started yet, and what it tells its user."""

    def __init__(self, reentrant: bool) -> None:
        self.loop = VirtualLoop(START)
        self.control = FakeControl(self.loop, reentrant)
        self.session = Session(self.control, self.loop)
        self.told: List[Any] = []
        self.session.watch(self.told.append)

    def start(self) -> None:
        self.session.start(lambda: self.told.append("connected"), self.told.append)

    def run(self, seconds: float = 1) -> None:
        self.loop.run_for(int(seconds * SECOND))

    def logins(self) -> List[float]:
        """When logins were tried, in seconds after the first."""
        stamps = [at for _, at in self.control.names("CommConnect")]
        return [(at - stamps[0]) / SECOND for at in stamps]


@pytest.fixture(params=[False, True], ids=["posted", "reentrant"])
def desk(request):
    return Desk(request.param)


def test_a_login(desk):
    assert not desk.session.connected
    desk.start()
    assert desk.told == []  # even where the control answers inside CommConnect
    desk.run()
    assert desk.session.connected
    assert sorted(map(str, desk.told)) == ["True", "connected"]


def test_the_user_is_called_by_the_loop_and_not_inside_an_event(desk):
    desk.start()
    desk.control.connect_event(0)
    assert "connected" not in desk.told
    desk.run()
    assert desk.told.count("connected") == 1


@pytest.mark.parametrize("code", [-100, -101, -102])
def test_a_first_login_that_fails_is_reported_and_may_be_repeated(desk, code):
    desk.control.login_codes = [code]
    desk.start()
    desk.run(3600)
    [error] = desk.told
    assert isinstance(error, ControlError)
    assert (error.code, error.details["call"]) == (code, "CommConnect")
    assert len(desk.logins()) == 1
    desk.start()
    desk.run()
    assert desk.session.connected


@pytest.mark.parametrize("code", [-105, None])
def test_a_login_that_is_refused_at_once_is_reported(desk, code):
    desk.control.connect_code = code
    desk.start()
    desk.run()
    assert [error.code for error in desk.told] == [code]


def test_a_login_call_that_raises_is_reported(desk, monkeypatch):
    monkeypatch.setattr(desk.control, "CommConnect", lambda: 1 // 0)
    desk.start()
    desk.run()
    assert [type(error) for error in desk.told] == [ControlError]


def test_what_on_failed_raises_ends_the_loop(desk):
    def on_failed(error):
        raise error

    desk.control.login_codes = [-100]
    desk.session.start(lambda: None, on_failed)
    with pytest.raises(ControlError, match="-100"):
        desk.run()


def test_it_starts_once(desk):
    desk.start()
    with pytest.raises(RuntimeError, match="started already"):
        desk.start()
    desk.run()
    with pytest.raises(RuntimeError, match="started already"):
        desk.start()


def test_a_line_lost_during_the_first_login_is_tried_again(desk):
    desk.control.login_codes = [-106]
    desk.start()
    desk.run(60)
    assert desk.session.connected
    assert "connected" in desk.told


def test_a_lost_line_is_told_and_the_login_repeated(desk):
    desk.start()
    desk.run()
    desk.told.clear()
    desk.control.connect_event(-106)
    assert not desk.session.connected
    assert desk.told == [False]
    desk.run(60)
    assert desk.session.connected
    assert desk.told == [False, True]  # on_connected was for the first login


def test_logins_that_fail_are_repeated_ever_less_often_but_without_end(desk):
    desk.start()
    desk.run()
    desk.control.login_codes = [-106, -101, -100] + [-106] * 20
    desk.control.connect_event(-106)
    desk.run(7200)
    stamps = desk.logins()[1:]
    pauses = [int(late - early) for early, late in zip(stamps, stamps[1:])]
    assert pauses[:6] == [10, 20, 40, 80, 160, 300]
    assert set(pauses[6:]) == {300}
    assert desk.session.connected
    desk.control.connect_event(-106)  # after a success the pauses begin anew
    desk.run(10)
    assert desk.session.connected
    assert desk.told.count(False) == 2


def test_a_line_reported_lost_twice_is_one_loss(desk):
    desk.start()
    desk.run()
    desk.told.clear()
    desk.control.connect_event(-106)
    desk.control.connect_event(-106)
    desk.run(60)
    assert desk.told == [False, True]
    assert len(desk.logins()) == 2


def test_a_login_that_comes_by_itself_is_welcome(desk):
    desk.start()
    desk.run()
    desk.control.connect_event(-106)
    desk.control.connect_event(0)
    desk.control.connect_event(0)
    assert desk.session.connected
    desk.run(60)
    assert len(desk.logins()) == 1
    assert desk.told.count(True) == 2


def test_events_before_the_start_change_nothing(desk):
    desk.control.connect_event(-106)
    desk.run(60)
    assert desk.control.calls == []
    assert desk.told == []


def test_work_waits_for_the_login_in_order(desk):
    seen = []
    desk.session.when_connected(lambda: seen.append(1))
    desk.session.when_connected(lambda: 1 // 0)
    desk.session.when_connected(lambda: seen.append(2))
    desk.start()
    assert seen == []
    desk.run()
    assert seen == [1, 2]
    desk.session.when_connected(lambda: seen.append(3))
    assert seen == [1, 2, 3]
    desk.control.connect_event(-106)
    desk.session.when_connected(lambda: seen.append(4))
    assert seen == [1, 2, 3]
    desk.run(60)
    assert seen == [1, 2, 3, 4]


def test_work_that_arrives_inside_a_call_of_the_control_waits_for_its_end(desk):
    """What a nested Qt loop does: a message of a client is posted while SetRealReg runs."""
    seen = []

    def register(codes):
        desk.session.outside_calls(lambda: seen.append("message"))
        desk.session.when_connected(lambda: seen.append("lookup"))
        assert seen == []
        return 0

    desk.start()
    desk.run()
    desk.control.register_code = register
    desk.session.realtime.subscribe("005930", lambda *event: None)
    desk.run()
    assert seen == ["message", "lookup"]


def test_an_event_that_arrives_inside_a_call_is_delivered_after_it_in_order(desk):
    seen = []
    desk.start()
    desk.run()
    desk.session.realtime.subscribe("005930", lambda code, kind, raw: seen.append(raw))

    def register(codes):
        desk.control.tick("005930", "first")
        return 0

    desk.control.register_code = register
    desk.session.realtime.subscribe("000660", lambda *event: None)
    assert seen == []
    desk.control.tick("005930", "second")
    desk.run()
    assert seen == ["first", "second"]


def test_registrations_come_back_with_the_login(desk):
    seen = []
    desk.start()
    desk.run()
    desk.session.realtime.subscribe("005930", lambda code, kind, raw: seen.append(raw))
    desk.control.connect_event(-106)
    desk.control.registered.clear()
    codes = iter([-205, -205, 0])
    desk.control.register_code = lambda text: next(codes)
    desk.run(60)
    desk.control.tick("005930", "a")
    assert seen == ["a"]
    assert len(desk.control.names("SetRealReg")) == 4


def test_without_the_line_nothing_can_be_registered(desk):
    desk.start()
    desk.run()
    desk.control.connect_event(-106)
    with pytest.raises(NotConnected):
        desk.session.realtime.subscribe("005930", lambda *event: None)


def test_a_watcher_that_fails_does_not_keep_the_state_from_others(desk, caplog):
    seen = []
    desk.session.watch(lambda connected: 1 // 0)
    desk.session.watch(seen.append)
    desk.start()
    desk.run()
    assert seen == [True]
    assert "ZeroDivisionError" in caplog.text


def test_what_the_server_says_is_in_the_log(desk, caplog):
    caplog.set_level("DEBUG")
    desk.session.OnReceiveMsg("1000", "sapi-1", "opt10081", "[00Z310] 조회가 완료되었습니다.")
    assert "[00Z310] 조회가 완료되었습니다." in caplog.text
