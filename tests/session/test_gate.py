from __future__ import annotations

import pytest

from sapi_kiwoom.session.gate import Gate, call_out
from simulator.clock import VirtualLoop

from .fakes import START


@pytest.fixture
def loop():
    return VirtualLoop(START)


def test_work_runs_at_once_outside_of_calls(loop):
    seen = []
    Gate(loop).run(lambda: seen.append(1))
    assert seen == [1]


def test_work_that_arrives_inside_a_call_runs_after_it_in_order(loop):
    gate, seen = Gate(loop), []
    with gate:
        gate.run(lambda: seen.append(1))
        with gate:
            gate.run(lambda: seen.append(2))
        assert seen == []
    gate.run(lambda: seen.append(3))  # not before those that wait
    loop.run_for(1)
    assert seen == [1, 2, 3]


def test_posted_work_and_timers_that_a_nested_loop_runs_are_kept_too(loop):
    gate, seen = Gate(loop), []
    gate.post(lambda: seen.append("post"))
    gate.call_later(1, lambda: seen.append("timer"))
    with gate:
        loop.run_for(2)  # what a modal window does inside a call
        assert seen == []
    loop.run_for(1)
    assert seen == ["post", "timer"]


def test_work_kept_by_one_call_does_not_run_inside_the_next(loop):
    gate, seen = Gate(loop), []
    with gate:
        gate.run(lambda: seen.append(1))
    with gate:
        loop.run_for(1)
        assert seen == []
    loop.run_for(1)
    assert seen == [1]


def test_work_that_makes_calls_itself_keeps_the_order(loop):
    gate, seen = Gate(loop), []

    def call():
        with gate:
            seen.append("call")
            gate.run(lambda: seen.append("event"))

    with gate:
        gate.run(call)
        gate.run(lambda: seen.append("next"))
    loop.run_for(1)
    assert seen == ["call", "next", "event"]


def test_an_exception_holds_up_none_of_the_others(loop):
    gate, seen = Gate(loop), []
    with gate:
        gate.run(lambda: 1 // 0)
        gate.run(lambda: seen.append(1))
    with pytest.raises(ZeroDivisionError):
        loop.run_for(1)
    loop.run_for(1)
    assert seen == [1]


def test_the_exception_of_a_callback_is_logged(caplog):
    call_out(lambda what: 1 // what, 0)
    assert "a callback failed" in caplog.text
    assert "ZeroDivisionError" in caplog.text
