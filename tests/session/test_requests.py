from __future__ import annotations

from typing import Any, Dict, List

import pytest

from sapi_kiwoom.catalogue import tr
from sapi_kiwoom.errors import ControlError, KiwoomError, RequestRejected, RequestTimeout
from sapi_kiwoom.loop import SECOND
from sapi_kiwoom.session import Session
from sapi_kiwoom.session.limiter import Limiter
from sapi_kiwoom.session.requests import Chain
from sapi_kiwoom.session.screens import Screens
from simulator.clock import VirtualLoop

from .fakes import SILENCE, START, Archive, FakeControl, Page, Request

DAY = tr("opt10081")
MINUTE = tr("opt10080")
QUOTE = tr("opt10004")
TIMES = {"opt10081": "일자", "opt10080": "체결시간", "opt10004": "호가잔량기준시간"}


def rows_of(kind: Any, times: List[str]) -> List[Dict[str, str]]:
    """Rows as the control gives them, for these moments."""
    row = dict.fromkeys((field.name for field in kind.multi.fields), "")
    return [{**row, TIMES[kind.code]: time} for time in times]


def days(count: int) -> List[Dict[str, str]]:
    """So many daily rows, newest first."""
    return rows_of(DAY, [f"2024{9999 - number:04}" for number in range(count)])


class Desk:
    """A session that is logged in, over a fake control."""

    def __init__(self, reentrant: bool, windows: Any = ((1000, SECOND),), depth: int = 1000):
        self.loop = VirtualLoop(START)
        self.control = FakeControl(self.loop, reentrant)
        self.session = Session(
            self.control, self.loop, Limiter(windows), screens=Screens(tr=3), depth=depth
        )
        self.session.start(on_connected=lambda: None, on_failed=pytest.fail)
        self.loop.run_for(SECOND)
        assert self.session.connected
        self.control.calls.clear()
        self.ended: List[Any] = []  # (name, rows or error) in order

    def chain(self, name: str, kind: Any = DAY, code: str = "005930", **options: Any) -> Chain:
        inputs = {field.name: "1" for field in kind.inputs}
        inputs["종목코드"] = code
        if "기준일자" in inputs:
            inputs["기준일자"] = "20249999"
        return Chain(
            kind,
            inputs,
            on_done=lambda rows: self.ended.append((name, rows)),
            on_error=lambda error: self.ended.append((name, error)),
            **options,
        )

    def submit(self, name: str, kind: Any = DAY, code: str = "005930", **options: Any) -> Any:
        return self.session.requests.submit(self.chain(name, kind, code, **options))

    def run(self, seconds: float = 3600) -> None:
        self.loop.run_for(int(seconds * SECOND))

    def asked(self) -> List[Any]:
        return [(each.inputs.get("종목코드"), each.prev_next) for each in self.control.requests]

    def assert_nothing_left(self) -> None:
        assert self.session.screens.tr.free == 3
        assert self.control.registered == {}
        assert self.session.requests.waiting == 0


@pytest.fixture(params=[False, True], ids=["posted", "reentrant"])
def desk(request):
    return Desk(request.param)


def error_of(desk: Desk) -> KiwoomError:
    [(_, error)] = desk.ended
    assert isinstance(error, KiwoomError)
    return error


# -- one chain -----------------------------------------------------------------------------------


def test_a_chain_gathers_all_pages(desk):
    desk.control.answer = Archive({"005930": days(7)}, 3)
    desk.submit("a")
    desk.run()
    assert desk.ended == [("a", days(7))]
    assert desk.asked() == [("005930", 0), ("005930", 2), ("005930", 2)]
    desk.assert_nothing_left()


def test_inputs_are_set_again_for_each_page_in_the_order_of_the_tr(desk):
    desk.control.answer = Archive({"005930": days(4)}, 3)
    desk.submit("a")
    desk.run()
    inputs = [("종목코드", "005930"), ("기준일자", "20249999"), ("수정주가구분", "1")]
    page = [("SetInputValue", name, value) for name, value in inputs]
    assert desk.control.calls == [
        *page,
        ("CommRqData", "sapi-1", "opt10081", 0, "1000"),
        *page,
        ("CommRqData", "sapi-1", "opt10081", 2, "1000"),
        ("DisconnectRealData", "1000"),
    ]


def test_it_ends_with_the_page_that_is_enough(desk):
    seen = []
    desk.control.answer = Archive({"005930": days(9)}, 3)
    desk.submit("a", enough=lambda rows: seen.append(rows) or len(seen) == 2)
    desk.run()
    assert desk.ended == [("a", days(6))]
    assert seen == [days(6)[:3], days(6)[3:]]


def test_the_first_page_only(desk):
    desk.control.answer = Archive({"005930": days(9)}, 3)
    desk.submit("a", max_pages=1)
    desk.run()
    assert desk.ended == [("a", days(3))]


def test_no_rows_are_an_answer_too(desk):
    desk.submit("a", enough=pytest.fail)
    desk.run()
    assert desk.ended == [("a", [])]
    desk.assert_nothing_left()


def test_columns_in_another_order_give_the_right_fields(desk):
    desk.control.columns = lambda names: list(reversed(names))
    desk.control.answer = Archive({"005930": days(2)}, 3)
    desk.submit("a")
    desk.run()
    assert desk.ended == [("a", days(2))]


def test_more_that_never_comes_is_taken_for_the_end(desk, caplog):
    desk.control.answer = lambda request: Page(days(3), more=True)
    desk.submit("same page for ever")
    desk.run()
    desk.control.answer = lambda request: Page([], more=True)
    desk.submit("empty page")
    desk.run()
    assert desk.ended == [("same page for ever", days(3)), ("empty page", [])]
    assert len(desk.control.requests) == 3
    assert "promised more but gave nothing new" in caplog.text


def test_nothing_is_called_back_before_submit_returns(desk):
    desk.submit("a")
    assert desk.control.requests == []
    assert desk.ended == []


def test_a_chain_may_be_submitted_from_a_callback(desk):
    chain = desk.chain("second")
    first = Chain(
        DAY, chain.inputs, lambda rows: desk.session.requests.submit(chain), on_error=pytest.fail
    )
    desk.session.requests.submit(first)
    desk.run()
    assert desk.ended == [("second", [])]
    desk.assert_nothing_left()


# -- several chains ------------------------------------------------------------------------------


def test_an_interrupted_chain_would_get_wrong_rows():
    """Why chains are whole: this is what the control does to one that another TR interrupts."""

    def page(code, prev_next):
        inputs = {"종목코드": code}
        return archive(Request("r", "opt10080", prev_next, "1000", inputs, 0)).rows

    archive = Archive({"005930": days(9), "000660": days(9)}, 3)
    assert page("005930", 0) == days(3)
    page("000660", 0)
    page("000660", 2)
    assert page("005930", 2) == days(9)[6:]  # three rows were skipped
    assert archive.interrupted == 1


def test_a_chain_without_a_cursor_is_never_interrupted(desk):
    times = [f"2024{9999 - number}" for number in range(7)]
    archive = Archive({code: rows_of(MINUTE, times) for code in ("005930", "000660")}, 3)
    desk.control.answer = archive
    desk.submit("a", MINUTE, "005930")
    desk.submit("b", MINUTE, "000660", priority=1)
    desk.submit("c", MINUTE, "005930")
    desk.run()
    assert [name for name, _ in desk.ended] == ["b", "a", "c"]
    assert all(rows == rows_of(MINUTE, times) for _, rows in desk.ended)
    assert archive.interrupted == 0


def test_a_chain_with_a_cursor_takes_turns_with_others(desk):
    archive = Archive({"005930": days(8), "000660": days(5)}, 3)
    desk.control.answer = archive
    desk.submit("long", code="005930")
    desk.submit("short", code="000660")
    desk.run()
    assert desk.ended == [("short", days(5)), ("long", days(8))]
    # The last turn of the long one has nobody waiting and is a chain again.
    codes = [code for code, _ in desk.asked()]
    assert codes[:4] == ["005930", "000660", "005930", "000660"]
    assert set(codes[4:]) == {"005930"}
    assert archive.interrupted == 0
    desk.assert_nothing_left()


def test_a_turn_begins_at_the_oldest_row_and_drops_what_was_there(desk):
    desk.control.answer = Archive({"005930": days(6), "000660": days(1)}, 3)
    desk.submit("a")
    desk.submit("b", code="000660")
    desk.run()
    resumed = desk.control.requests[2]
    assert (resumed.prev_next, resumed.inputs["기준일자"]) == (0, days(3)[-1]["일자"])
    assert desk.ended[1] == ("a", days(6))


def test_a_turn_that_gives_nothing_older_goes_on_or_ends(desk):
    desk.control.answer = Archive({"005930": days(3), "000660": days(1)}, 1)
    desk.submit("a")
    desk.submit("b", code="000660")
    desk.run()
    assert desk.ended[1] == ("a", days(3))
    assert desk.asked() == [
        ("005930", 0),
        ("000660", 0),
        ("005930", 0),
        ("005930", 2),
        ("005930", 2),
    ]


def test_turns_of_one_row_each_get_on(desk):
    desk.control.answer = Archive({"005930": days(4), "000660": days(4)}, 1)
    desk.submit("a")
    desk.submit("b", code="000660")
    desk.run()
    assert desk.ended == [("a", days(4)), ("b", days(4))]


def test_a_control_that_ignores_the_cursor_does_not_make_a_chain_endless(desk):
    desk.control.answer = lambda request: Page(days(3), more=True)
    desk.submit("a")
    desk.submit("b", code="000660", max_pages=1)
    desk.run()
    assert desk.ended == [("b", days(3)), ("a", days(3))]


def test_a_chain_does_not_yield_to_those_behind_it(desk):
    desk.control.answer = Archive({"005930": days(6), "000660": days(1)}, 3)
    desk.submit("important", priority=1)
    desk.submit("other", code="000660")
    desk.run()
    assert desk.asked() == [("005930", 0), ("005930", 2), ("000660", 0)]


def test_higher_priorities_go_first_equal_ones_in_order(desk):
    for name, priority in [("a", 0), ("b", 1), ("c", 0), ("d", 2), ("e", 1)]:
        desk.submit(name, priority=priority)
    desk.run()
    assert [name for name, _ in desk.ended] == ["d", "b", "e", "a", "c"]


def test_a_full_queue_is_busy():
    desk = Desk(reentrant=False, depth=2)
    desk.submit("a")
    desk.submit("b")
    with pytest.raises(RequestRejected, match="2 requests are waiting already; wait for") as caught:
        desk.submit("c")
    assert caught.value.name == "busy"
    desk.run()
    assert len(desk.ended) == 2


def test_inputs_that_are_not_the_trs_are_rejected(desk):
    chain = desk.chain("a")
    for inputs, field in [({"종목코드": "1"}, "기준일자"), ({**chain.inputs, "x": "1"}, "x")]:
        with pytest.raises(RequestRejected, match="opt10081") as caught:
            desk.session.requests.submit(Chain(DAY, inputs, chain.on_done, chain.on_error))
        assert caught.value.name == "bad-parameter"
        assert caught.value.details == {"field": field}


def test_screens_turn_over(desk):
    for name in "abcd":
        desk.submit(name)
    desk.run()
    assert [each.screen for each in desk.control.requests] == ["1000", "1001", "1002", "1000"]
    assert len({each.rqname for each in desk.control.requests}) == 4


# -- the budget ----------------------------------------------------------------------------------


@pytest.mark.parametrize("reentrant", [False, True])
def test_pages_wait_for_the_budget_without_a_sleep(reentrant):
    desk = Desk(reentrant, windows=[(2, SECOND), (5, 100 * SECOND)])
    desk.control.answer = Archive({"005930": days(8)}, 1)
    desk.submit("a")
    desk.run(99)
    assert len(desk.control.requests) == 5
    desk.run(100)
    assert desk.ended == [("a", days(8))]
    stamps = [each.at for each in desk.control.requests]
    assert all(late - early >= SECOND for early, late in zip(stamps, stamps[2:]))
    assert all(late - early >= 100 * SECOND for early, late in zip(stamps, stamps[5:]))


def test_who_is_more_important_need_not_wait_behind_one_that_waits_for_the_budget():
    desk = Desk(reentrant=False, windows=[(1, 100 * SECOND)])
    desk.submit("first")
    desk.run(1)
    desk.submit("second")
    desk.run(1)
    desk.submit("important", priority=1)
    desk.run()
    assert [name for name, _ in desk.ended] == ["first", "important", "second"]


# -- refusals ------------------------------------------------------------------------------------


def test_too_fast_is_tried_again_after_a_second(desk):
    minutes = rows_of(MINUTE, ["4", "3", "2", "1"])
    archive = Archive({"005930": minutes}, 3)
    codes = iter([-200, -200, 0, -200, -200, -200])
    desk.control.answer = lambda request: next(codes, 0) or archive(request)
    desk.submit("a", MINUTE)
    desk.run(0.5)
    desk.submit("b", QUOTE, priority=1)  # neither makes it come sooner nor breaks in
    desk.run()
    stamps = [each.at for each in desk.control.requests]
    asked = [(each.tr_code, each.prev_next) for each in desk.control.requests]
    assert asked[:7] == [("opt10080", 0)] * 3 + [("opt10080", 2)] * 4
    assert {stamps[i + 1] - stamps[i] for i in (0, 1, 3, 4, 5)} == {SECOND}
    assert desk.ended[0] == ("a", minutes)


def test_too_fast_again_and_again_is_an_error(desk):
    desk.control.answer = lambda request: -200
    desk.submit("a")
    desk.run()
    error = error_of(desk)
    assert (error.code, error.details["vendor_name"]) == (-200, "OP_ERR_SISE_OVERFLOW")
    assert len(desk.control.requests) == 4
    desk.assert_nothing_left()


def test_an_answer_counts_whatever_the_call_returns_after_it(desk):
    def answer(request):
        desk.control.deliver(request, Page(days(1)))
        return -999

    desk.control.answer = answer
    desk.submit("a")
    desk.run()
    assert desk.ended == [("a", days(1))]


@pytest.mark.parametrize("code", [-201, -202, -209, -210, -999, None])
def test_other_codes_are_errors_at_once_and_the_next_chain_runs(desk, code):
    outcomes = iter([code, Page(days(1))])
    desk.control.answer = lambda request: next(outcomes)
    desk.submit("a")
    desk.submit("b")
    desk.run()
    (_, error), (_, rows) = desk.ended
    assert isinstance(error, ControlError)
    assert (error.code, error.details["tr_code"]) == (code, "opt10081")
    assert rows == days(1)
    desk.assert_nothing_left()


def test_an_error_carries_what_the_server_said(desk):
    desk.control.message = "[RC9000] 모의투자에서는 지원하지 않습니다"
    desk.control.answer = lambda request: SILENCE
    desk.submit("a")
    desk.run()
    error = error_of(desk)
    assert isinstance(error, RequestTimeout)
    assert error.details["server_message"] == "[RC9000] 모의투자에서는 지원하지 않습니다"


def test_a_control_that_raises_ends_only_this_chain(desk, monkeypatch):
    monkeypatch.setattr(desk.control, "CommRqData", lambda *_: 1 // 0)
    desk.submit("a")
    desk.run(1)
    assert "ZeroDivisionError" in error_of(desk).message
    monkeypatch.undo()
    desk.submit("b")
    desk.run(1)
    assert desk.ended[1:] == [("b", [])]
    desk.assert_nothing_left()


# -- time-outs, late and unknown answers -----------------------------------------------------------


def test_an_answer_that_does_not_come_times_out_and_the_next_chain_runs(desk):
    outcomes = iter([SILENCE, Page(days(1))])
    desk.control.answer = lambda request: next(outcomes)
    desk.submit("a")
    desk.submit("b")
    desk.run(9)
    assert desk.ended == []
    desk.run(2)
    (_, error), (_, rows) = desk.ended
    assert isinstance(error, RequestTimeout)
    assert "opt10081 was not answered in 10 s" in error.message
    assert rows == days(1)
    desk.assert_nothing_left()


def test_a_late_answer_is_ignored_and_its_registration_taken_back(desk, caplog):
    outcomes = iter([Page(days(1), delay=15 * SECOND), Page(days(2), delay=8 * SECOND)])
    desk.control.answer = lambda request: next(outcomes)
    desk.submit("a")
    desk.submit("b")
    desk.run()
    assert isinstance(desk.ended[0][1], RequestTimeout)
    assert desk.ended[1:] == [("b", days(2))]
    assert "nobody waits for it" in caplog.text
    desk.assert_nothing_left()


def test_a_time_out_that_meets_its_answer_inside_a_call_gives_way_to_it():
    desk = Desk(reentrant=False)
    desk.control.answer = lambda request: Page(days(1), delay=11 * SECOND)
    desk.submit("a")
    desk.run(8)

    def window_opens(codes):
        desk.run(5)  # the time-out is due, then the answer comes
        return 0

    desk.control.register_code = window_opens
    desk.session.realtime.subscribe("000660", lambda *event: None)
    desk.run(1)
    assert desk.ended == [("a", days(1))]


def test_an_answer_that_comes_twice_counts_once(desk):
    pages = Archive({"005930": days(4)}, 3)
    desk.control.answer = pages
    deliver = desk.control.deliver
    desk.control.deliver = lambda *answer: (deliver(*answer), deliver(*answer))
    desk.submit("a")
    desk.run()
    assert desk.ended == [("a", days(4))]


def test_answers_that_nobody_asked_for_are_ignored(desk):
    desk.session.OnReceiveTrData("9999", "stranger", "opt10081", "", "0", 0, "", "", "")
    desk.run(1)
    assert desk.control.calls == []


def test_a_chain_waits_for_budget_longer_than_the_time_out():
    desk = Desk(reentrant=False, windows=[(1, 100 * SECOND)])
    desk.control.answer = Archive({"005930": days(3)}, 1)
    desk.submit("a")
    desk.run()
    assert desk.ended == [("a", days(3))]


# -- cancelling ----------------------------------------------------------------------------------


def test_a_waiting_chain_that_is_cancelled_is_never_asked_for(desk):
    ticket = desk.submit("a")
    assert desk.session.requests.cancel(ticket)
    assert not desk.session.requests.cancel(ticket)
    desk.run()
    assert desk.control.requests == []
    assert desk.ended == []


def test_a_running_chain_that_is_cancelled_makes_room_and_drops_its_answer(desk):
    outcomes = iter([Page(days(1), delay=5 * SECOND), Page(days(2))])
    desk.control.answer = lambda request: next(outcomes)
    ticket = desk.submit("a")
    desk.submit("b")
    desk.run(1)
    assert desk.session.requests.cancel(ticket)
    desk.run()
    assert desk.ended == [("b", days(2))]
    desk.assert_nothing_left()


def test_a_chain_that_ended_cannot_be_cancelled(desk):
    ticket = desk.submit("a")
    desk.run(1)
    assert not desk.session.requests.cancel(ticket)
    assert desk.ended == [("a", [])]


def test_a_chain_may_be_cancelled_from_inside_its_own_call(desk):
    """A nested Qt loop can run the canceller before CommRqData returns."""
    desk.control.answer = Archive({"005930": days(4)}, 3)
    ticket = desk.submit("a")
    desk.control.inside = lambda: desk.session.requests.cancel(ticket)
    desk.run()
    assert desk.ended == []
    assert len(desk.control.requests) == 1
    desk.assert_nothing_left()


def test_a_chain_may_be_cancelled_inside_a_call_after_its_answer_came():
    desk = Desk(reentrant=False)
    desk.control.answer = lambda request: Page(days(1), delay=2 * SECOND)
    ticket = desk.submit("a")
    desk.run(1)

    def window_opens(codes):
        desk.run(2)
        assert desk.session.requests.cancel(ticket)
        return 0

    desk.control.register_code = window_opens
    desk.session.realtime.subscribe("000660", lambda *event: None)
    desk.run(1)
    assert desk.ended == []
    assert desk.control.registered == {"2000": ["000660"]}


def test_a_chain_may_be_cancelled_by_its_own_enough(desk):
    desk.control.answer = Archive({"005930": days(4)}, 3)
    tickets = []
    tickets.append(desk.submit("a", enough=lambda rows: desk.session.requests.cancel(tickets[0])))
    desk.run()
    assert desk.ended == []
    desk.assert_nothing_left()


def test_a_chain_that_waits_for_its_next_turn_can_be_cancelled(desk):
    desk.control.answer = Archive({"005930": days(4), "000660": days(4)}, 3)
    first = desk.submit("a")
    cancelled = []

    def enough(rows):
        cancelled.append(desk.session.requests.cancel(first))
        return False

    desk.submit("b", code="000660", enough=enough)
    desk.run()
    assert desk.ended == [("b", days(4))]
    assert cancelled == [True]  # the second page is the last anyway
    assert desk.asked() == [("005930", 0), ("000660", 0), ("000660", 2)]
    desk.assert_nothing_left()


# -- exceptions of others --------------------------------------------------------------------------


def test_an_exception_in_on_done_is_logged_and_the_next_chain_runs(desk, caplog):
    chain = desk.chain("a")
    desk.session.requests.submit(Chain(DAY, chain.inputs, lambda rows: 1 // 0, chain.on_error))
    desk.submit("b")
    desk.run()
    assert desk.ended == [("b", [])]
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize("error", [ZeroDivisionError("x"), RequestRejected("bad-parameter", "x")])
def test_an_exception_in_enough_becomes_the_chains_error(desk, error):
    def enough(rows):
        raise error

    desk.control.answer = Archive({"005930": days(4)}, 3)
    desk.submit("a", enough=enough)
    desk.run()
    assert "x" in error_of(desk).message
    assert desk.ended[0][1] is error or not isinstance(error, KiwoomError)
    desk.assert_nothing_left()


def test_an_answer_that_cannot_be_read_becomes_an_error(desk, monkeypatch, caplog):
    monkeypatch.setattr(desk.control, "GetCommDataEx", lambda code, record: 1 // 0)
    desk.submit("a")
    desk.run()
    assert "could not be read" in error_of(desk).message
    assert "ZeroDivisionError" in caplog.text
    desk.assert_nothing_left()


# -- the login -----------------------------------------------------------------------------------


def test_a_lost_line_makes_the_running_chain_start_over_before_the_others(desk):
    minutes = rows_of(MINUTE, [str(number) for number in range(7)])
    archive = Archive({"005930": minutes, "000660": days(1)}, 3)

    def answer(request):
        if len(desk.control.requests) == 2:
            desk.control.connect_event(-106)
            return SILENCE
        return archive(request)

    desk.control.answer = answer
    desk.submit("a", MINUTE)
    desk.submit("b", code="000660")
    desk.run()
    assert desk.ended == [("a", minutes), ("b", days(1))]
    assert [prev_next for _, prev_next in desk.asked()] == [0, 2, 0, 2, 2, 0]
    desk.assert_nothing_left()


def test_an_answer_to_what_was_asked_before_the_line_was_lost_is_ignored(desk):
    outcomes = iter([Page(days(1), delay=7 * SECOND), Page(days(2), delay=3 * SECOND)])
    desk.control.answer = lambda request: next(outcomes)
    desk.submit("a")
    desk.run(1)
    desk.control.connect_event(-106)
    desk.run()
    assert desk.ended == [("a", days(2))]
    desk.assert_nothing_left()


def test_a_line_lost_while_the_chain_waits_for_its_budget():
    desk = Desk(reentrant=False, windows=[(1, 100 * SECOND)])
    desk.control.answer = Archive({"005930": days(2)}, 1)
    desk.submit("a")
    desk.run(50)
    desk.control.connect_event(-106)
    desk.run()
    assert desk.ended == [("a", days(2))]
    assert desk.asked() == [("005930", 0), ("005930", 0), ("005930", 2)]


def test_a_line_lost_right_after_an_answer_makes_the_chain_start_over_too(desk):
    def answer(request):
        if len(desk.control.requests) == 1:
            desk.control.deliver(request, Page(days(1)))
            desk.control.connect_event(-106)
            return SILENCE
        return Page(days(2))

    desk.control.answer = answer
    desk.submit("a")
    desk.run()
    assert desk.ended == [("a", days(2))]
    desk.assert_nothing_left()


def test_a_cancelled_chain_does_not_come_back_with_the_line(desk):
    desk.control.answer = lambda request: SILENCE
    ticket = desk.submit("a")

    def inside():
        desk.control.connect_event(-106)
        desk.session.requests.cancel(ticket)

    desk.control.inside = inside
    desk.run()
    assert len(desk.control.requests) == 1
    assert desk.ended == []
    desk.assert_nothing_left()


def test_chains_wait_for_the_login(desk):
    desk.control.connect_event(-106)
    desk.submit("a")
    desk.run(1)
    assert desk.control.requests == []
    desk.run()
    assert desk.ended == [("a", [])]
