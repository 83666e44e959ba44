from __future__ import annotations

from typing import Any, Callable, Dict, List, Optional, Tuple

import pytest

from sapi_kiwoom import krx
from sapi_kiwoom.errors import ControlError, NotConnected, RequestRejected, RequestTimeout
from sapi_kiwoom.loop import SECOND
from sapi_kiwoom.session import Session
from sapi_kiwoom.session.conditionlist import Condition
from sapi_kiwoom.session.conditions import ENTERED, LEFT, Watcher
from sapi_kiwoom.session.limiter import Limiter
from simulator.clock import VirtualLoop

from .fakes import FakeControl

TEN = krx.midnight(krx.date(2026, 11, 20)) + 600 * krx.MINUTE
NAMES = "7^돌파;0^거래량 급증;3^신고가;"


class Control(FakeControl):
    """A scripted control with conditions."""

    def __init__(self, loop: VirtualLoop, reentrant: bool) -> None:
        super().__init__(loop, reentrant)
        self.names_list = NAMES
        self.load_code: Optional[int] = 1
        self.load_result: Optional[int] = 1  # None: no answer
        self.found: Callable[[int], Optional[List[str]]] = lambda index: ["005930", "000660"]
        self.send_codes: List[Optional[int]] = []  # 1 when used up
        self.sent: List[Tuple[float, str, int, int]] = []
        self.live: Dict[str, int] = {}  # index by screen

    def GetConditionLoad(self) -> Optional[int]:
        with self._call("GetConditionLoad"):
            if self.load_code == 1 and self.load_result is not None:
                self._soon(SECOND // 2, lambda: self.loaded(self.load_result))
            return self.load_code

    def loaded(self, result: Any) -> None:
        assert self.events is not None
        self.events.OnReceiveConditionVer(result, "text")

    def GetConditionNameList(self) -> str:
        with self._call("GetConditionNameList"):
            return self.names_list

    def SendCondition(self, screen: str, name: str, index: int, search: int) -> Optional[int]:
        with self._call("SendCondition", screen, name, index, search):
            self.sent.append(((self.loop.now() - TEN) / SECOND, screen, index, search))
            code = self.send_codes.pop(0) if self.send_codes else 1
            codes = self.found(index) if code == 1 else None
            if codes is not None:
                if search:
                    self.live[screen] = index
                self._soon(SECOND // 10, lambda: self.answer_with(screen, name, index, codes))
            return code

    def answer_with(self, screen: str, name: str, index: int, codes: List[str]) -> None:
        assert self.events is not None
        listed = "".join(f"{code};" for code in codes)
        self.events.OnReceiveTrCondition(screen, listed, name, index, 0)

    def SendConditionStop(self, screen: str, name: str, index: int) -> None:
        with self._call("SendConditionStop", screen, name, index):
            self.live.pop(screen, None)

    def signal(self, index: int, code: str, kind: str) -> None:
        assert self.events is not None
        if index in self.live.values():
            self.events.OnReceiveRealCondition(code, kind, "이름", str(index))


class Desk:
    """A session that is logged in, and what it tells its user."""

    def __init__(self, reentrant: bool = False, at: int = TEN) -> None:
        self.loop = VirtualLoop(at)
        self.control = Control(self.loop, reentrant)
        self.session = Session(self.control, self.loop, Limiter(((5, SECOND),)))
        self.conditions = self.session.conditions
        self.session.start(lambda: None, lambda error: None)
        self.run(1)
        self.told: List[Any] = []
        self.watcher = Watcher(
            lambda *change: self.told.append(change[1:]),
            lambda condition, error: self.told.append(error.name),
        )

    def run(self, seconds: float) -> None:
        self.loop.run_for(int(seconds * SECOND))

    def search(self, which: str) -> None:
        self.conditions.search(which, lambda *found: self.told.append(found), self.told.append)

    def watch(self, which: str, watcher: Optional[Watcher] = None) -> None:
        self.conditions.watch(
            which,
            watcher or self.watcher,
            lambda *found: self.told.append(found),
            self.told.append,
        )

    def break_line(self) -> None:
        self.control.live.clear()
        self.control.connect_event(-106)


@pytest.fixture(params=[False, True], ids=["posted", "reentrant"])
def desk(request):
    return Desk(request.param)


def test_conditions_are_loaded_once_and_sorted(desk):
    for _ in range(2):
        desk.conditions.known(desk.told.append, desk.told.append)
    desk.run(1)
    desk.conditions.known(desk.told.append, desk.told.append)
    known = [Condition(0, "거래량 급증"), Condition(3, "신고가"), Condition(7, "돌파")]
    assert desk.told == [known] * 3
    assert len(desk.control.names("GetConditionLoad")) == 1


def test_they_are_loaded_again_after_another_login(desk):
    desk.conditions.known(desk.told.append, desk.told.append)
    desk.run(1)
    desk.break_line()
    desk.run(60)
    desk.control.names_list = "1^새로;"
    desk.conditions.known(desk.told.append, desk.told.append)
    desk.run(1)
    assert desk.told[-1] == [Condition(1, "새로")]


def test_before_half_past_seven_they_are_not_asked_for():
    desk = Desk(at=krx.midnight(krx.date(2026, 11, 20)) + 449 * krx.MINUTE)
    desk.search("7")
    [error] = desk.told
    assert (error.name, desk.control.names("GetConditionLoad")) == ("not-ready", [])
    desk.run(60)
    desk.search("7")
    desk.run(2)
    assert desk.told[1:] == [(Condition(7, "돌파"), ["005930", "000660"])]


@pytest.mark.parametrize(
    ("load_code", "load_result", "error"),
    [(0, 1, ControlError), (1, 0, ControlError), (1, None, RequestTimeout)],
)
def test_conditions_that_cannot_be_loaded_are_an_error_and_can_be_asked_again(
    desk, load_code, load_result, error
):
    desk.control.load_code, desk.control.load_result = load_code, load_result
    desk.search("7")
    desk.run(11)
    assert [type(each) for each in desk.told] == [error]
    desk.control.load_code = desk.control.load_result = 1
    desk.search("7")
    desk.run(2)
    assert desk.told[1:] == [(Condition(7, "돌파"), ["005930", "000660"])]


def test_without_a_login_it_says_so(desk):
    desk.break_line()
    desk.search("7")
    assert [type(each) for each in desk.told] == [NotConnected]


@pytest.mark.parametrize("which", ["7", "돌파"])
def test_a_search_by_number_or_name(desk, which):
    desk.search(which)
    desk.run(2)
    assert desk.told == [(Condition(7, "돌파"), ["005930", "000660"])]
    assert [each[1:] for each in desk.control.sent] == [("3000", 7, 0)]
    assert desk.session.screens.conditions.free == 20


def test_an_unknown_condition_names_those_that_there_are(desk):
    desk.search("9")
    desk.run(1)
    [error] = desk.told
    assert error.name == "unknown-condition"
    assert "0 거래량 급증, 3 신고가, 7 돌파" in error.message


def test_prices_in_the_answer_are_left_out(desk):
    desk.control.found = lambda index: ["005930^77000", "000660^1"]
    desk.search("7")
    desk.run(2)
    assert desk.told == [(Condition(7, "돌파"), ["005930", "000660"])]


def test_the_same_condition_waits_for_its_minute_and_others_do_not(desk):
    desk.search("7")
    desk.run(1)
    desk.search("7")
    desk.search("7")  # answered together with the one before
    desk.search("3")
    desk.run(5)
    assert [each[2] for each in desk.control.sent] == [7, 3]
    desk.run(60)
    assert [each[2] for each in desk.control.sent] == [7, 3, 7]
    first, _, second = (each[0] for each in desk.control.sent)
    assert second - first == 60
    assert len(desk.told) == 4


def test_searches_share_the_budget_of_requests(desk):
    for _ in range(5):
        desk.session.requests._limiter.record(desk.loop.now())
    begin = (desk.loop.now() - TEN) / SECOND
    desk.conditions.known(lambda known: None, desk.told.append)
    desk.search("7")
    desk.run(3)
    assert desk.control.sent[0][0] == begin + 1


def test_a_refusal_without_a_reason_is_repeated_after_a_minute(desk):
    """The server before this one may have asked a moment ago."""
    desk.control.send_codes = [0]
    desk.search("7")
    desk.run(59)
    assert desk.told == []
    desk.run(5)
    assert desk.told == [(Condition(7, "돌파"), ["005930", "000660"])]


def test_a_second_refusal_is_told(desk):
    desk.control.send_codes = [0, 0]
    desk.search("7")
    desk.run(70)
    [error] = desk.told
    assert (type(error), error.code) == (ControlError, 0)
    assert desk.session.screens.conditions.free == 20


@pytest.mark.parametrize("code", [-13, None])
def test_a_refusal_with_a_reason_is_told_at_once(desk, code):
    desk.control.send_codes = [code]
    desk.search("7")
    desk.run(2)
    [error] = desk.told
    assert (type(error), error.code) == (ControlError, code)


def test_a_search_that_is_not_answered_times_out_and_a_late_answer_is_nobodys(desk, caplog):
    desk.control.found = lambda index: None
    desk.search("7")
    desk.run(12)
    assert [type(each) for each in desk.told] == [RequestTimeout]
    desk.control.answer_with("3000", "돌파", 7, ["005930"])
    assert "ignored the answer to condition 7" in caplog.text


def test_a_search_under_way_when_the_line_is_lost_is_made_again(desk):
    desk.control.found = lambda index: None
    desk.search("7")
    desk.run(2)
    desk.break_line()
    desk.control.found = lambda index: ["005930"]
    desk.run(70)
    assert desk.told == [(Condition(7, "돌파"), ["005930"])]
    first, second = (each[0] for each in desk.control.sent)
    assert second - first >= 60


def test_a_search_whose_condition_is_gone_after_the_next_login_fails(desk):
    desk.control.found = lambda index: None
    desk.search("7")
    desk.run(2)
    desk.break_line()
    desk.control.names_list = "3^신고가;"
    desk.run(70)
    assert [each.name for each in desk.told] == ["unknown-condition"]
    assert desk.session.screens.conditions.free == 20


def test_searches_count_in_the_budget(desk):
    desk.control.names_list = "".join(f"{index}^조건{index};" for index in range(7))
    for index in range(7):
        desk.search(str(index))
    desk.run(3)
    moments = [each[0] for each in desk.control.sent]
    assert len(moments) == 7
    assert all(late - early >= 1 for early, late in zip(moments, moments[5:]))


# -- watching ----------------------------------------------------------------------------------


def test_a_watched_condition_tells_who_enters_and_leaves(desk):
    desk.watch("7")
    desk.run(2)
    desk.control.signal(7, "035720", ENTERED)
    desk.control.signal(7, "005930", LEFT)
    assert desk.told == [
        (Condition(7, "돌파"), ["005930", "000660"]),
        ("035720", ENTERED, False),
        ("005930", LEFT, False),
    ]


def test_the_second_watcher_gets_what_is_known_without_another_search(desk):
    desk.watch("7")
    desk.run(2)
    desk.control.signal(7, "035720", ENTERED)
    desk.told.clear()
    desk.watch("7", Watcher(lambda *change: None, lambda *end: None))
    assert desk.told == [(Condition(7, "돌파"), ["005930", "000660", "035720"])]
    assert len(desk.control.sent) == 1


def test_the_last_watcher_stops_it(desk):
    other = Watcher(lambda *change: None, lambda *end: None)
    desk.watch("7")
    desk.watch("7", other)
    desk.run(2)
    assert desk.conditions.watched == {7: 2}
    assert desk.conditions.stop(7, desk.watcher)
    assert not desk.conditions.stop(7, desk.watcher)
    assert desk.control.live == {"3000": 7}
    assert desk.conditions.stop(7, other)
    assert desk.control.live == {}
    assert desk.control.names("SendConditionStop") == [("SendConditionStop", "3000", "돌파", 7)]
    assert desk.session.screens.conditions.free == 20


def test_ten_are_watched_at_most(desk):
    desk.control.names_list = "".join(f"{index}^조건{index};" for index in range(11))
    for index in range(11):
        desk.watch(str(index))
    desk.run(5)
    assert [each.name for each in desk.told if isinstance(each, RequestRejected)] == ["busy"]
    assert len(desk.control.live) == 10
    desk.conditions.stop(4, desk.watcher)
    desk.watch("10")
    desk.run(5)
    assert sorted(desk.control.live.values()) == [0, 1, 2, 3, 5, 6, 7, 8, 9, 10]


def test_more_than_a_hundred_hits_are_not_watched_and_say_so(desk):
    desk.control.found = lambda index: [f"{number:06}" for number in range(101)]
    desk.watch("7")
    desk.run(2)
    [error] = desk.told
    assert (error.name, error.details["hits"]) == ("too-many-hits", 101)
    assert desk.control.live == {}
    assert desk.session.screens.conditions.free == 20


def test_a_watched_condition_comes_back_with_what_changed_meanwhile(desk):
    desk.watch("7")
    desk.run(2)
    desk.told.clear()
    desk.break_line()
    desk.control.found = lambda index: ["000660", "035720"]
    desk.run(70)
    assert desk.told == [("005930", LEFT, True), ("035720", ENTERED, True)]
    desk.control.signal(7, "000660", LEFT)
    assert desk.told[2:] == [("000660", LEFT, False)]
    assert list(desk.control.live.values()) == [7]


def test_who_comes_before_a_watch_is_back_waits_for_its_search(desk):
    desk.watch("7")
    desk.run(2)
    desk.told.clear()
    desk.break_line()
    desk.control.found = lambda index: ["035720"]
    desk.run(10)
    desk.watch("7", Watcher(lambda *change: None, lambda *end: None))
    desk.run(70)
    assert desk.told[-1] == (Condition(7, "돌파"), ["035720"])
    assert len(desk.control.sent) == 2


def test_who_asks_first_after_a_list_that_failed_to_load_brings_watches_back_too(desk):
    desk.watch("7")
    desk.run(2)
    desk.break_line()
    desk.control.load_code = 0
    desk.run(10)
    desk.control.load_code = 1
    desk.watch("7", Watcher(lambda *change: None, lambda *end: None))
    desk.run(65)
    assert list(desk.control.live.values()) == [7]
    assert desk.conditions.watched == {7: 2}


@pytest.mark.parametrize("codes", [[-13], [0, 0]])
def test_a_watch_that_is_refused_after_a_login_is_tried_again(desk, codes):
    desk.watch("7")
    desk.run(2)
    desk.told.clear()
    desk.break_line()
    desk.control.send_codes = list(codes)
    desk.run(200)
    assert desk.told == []
    assert list(desk.control.live.values()) == [7]


def test_a_watch_after_a_login_in_the_night_waits_until_half_past_seven(desk):
    desk.watch("7")
    desk.run(2)
    five = krx.midnight(krx.date(2026, 11, 21)) + 300 * krx.MINUTE
    desk.run((five - desk.loop.now()) / SECOND)
    desk.break_line()
    desk.run(60)
    assert len(desk.control.sent) == 1
    desk.run(3 * 3600)
    ready = krx.midnight(krx.date(2026, 11, 21)) + 450 * krx.MINUTE
    assert [each[0] for each in desk.control.sent[1:]] == pytest.approx(
        [(ready - TEN) / SECOND], abs=2
    )
    assert list(desk.control.live.values()) == [7]


def test_a_watch_that_cannot_come_back_ends_with_the_reason(desk):
    desk.watch("7")
    desk.run(2)
    desk.told.clear()
    desk.break_line()
    desk.control.names_list = "7^다른 이름;"
    desk.run(70)
    assert desk.told == ["unknown-condition"]
    assert desk.conditions.watched == {}


def test_conditions_that_do_not_load_after_a_login_are_tried_again(desk):
    desk.watch("7")
    desk.run(2)
    desk.break_line()
    desk.control.load_code = 0
    desk.run(100)
    assert desk.control.live == {}
    desk.control.load_code = 1
    desk.run(70)
    assert list(desk.control.live.values()) == [7]


def test_signals_of_what_nobody_watches_are_nobodys(desk):
    assert desk.control.events is not None
    desk.control.events.OnReceiveRealCondition("005930", "I", "이름", "7")
    desk.control.events.OnReceiveRealCondition("005930", "I", "이름", "")
    assert desk.told == []
