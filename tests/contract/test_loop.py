"""What every `Loop` promises. A new one needs one more line in `MAKERS`."""

from __future__ import annotations

import threading
import time
from bisect import insort
from functools import partial
from typing import Any, Callable, Dict, List, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sapi_kiwoom.loop import SECOND
from simulator.clock import VirtualLoop

START = 1_700_000_000 * SECOND

MAKERS: Dict[str, Tuple[Callable[[], Any], int]] = {
    # A loop, and a delay that is short on the wall but long beside a call.
    "as fast as possible": (lambda: VirtualLoop(START), SECOND),
    "speed 1": (lambda: VirtualLoop(START, 1), 500),
    "speed 60": (lambda: VirtualLoop(START, 60), 30_000),
}


@pytest.fixture(params=MAKERS)
def maker(request):
    return MAKERS[request.param]


@pytest.fixture
def loop(maker):
    return maker[0]()


@pytest.fixture
def unit(maker):
    return maker[1]


# -- timers --------------------------------------------------------------------------------------


def test_timers_run_in_order_of_time(loop, unit):
    seen = []
    for delay in (3, 1, 2):
        loop.call_later(delay * unit, lambda delay=delay: seen.append(delay))
    loop.call_later(4 * unit, loop.stop)
    loop.run()
    assert seen == [1, 2, 3]


def test_ties_run_in_order_of_asking(loop, unit):
    seen = []
    for i in range(100):
        loop.call_later(unit, lambda i=i: seen.append(i))
    loop.call_later(unit, loop.stop)
    loop.run()
    assert seen == list(range(100))


@pytest.mark.parametrize("delay", [0, -1, -10 * SECOND])
def test_no_delay_is_as_soon_as_possible(loop, unit, delay):
    seen = []
    loop.call_later(unit, loop.stop)
    loop.call_later(delay, lambda: seen.append(loop.now()))
    start = loop.now()
    loop.run()
    assert len(seen) == 1
    assert seen[0] >= start


def test_a_timer_never_runs_before_its_moment(loop, unit):
    due, seen = loop.now() + 3 * unit, []
    loop.call_later(3 * unit, lambda: (seen.append(loop.now()), loop.stop()))
    loop.run()
    assert seen[0] >= due


def test_a_timer_may_ask_for_the_next(loop, unit):
    seen = []

    def tick():
        seen.append(loop.now())
        if len(seen) == 5:
            loop.stop()
        loop.call_later(unit, tick)

    tick()
    loop.run()
    assert all(late - early >= unit for early, late in zip(seen, seen[1:]))


# -- cancel --------------------------------------------------------------------------------------


def test_a_cancelled_timer_does_not_run(loop, unit):
    seen = []
    handle = loop.call_later(unit, lambda: seen.append("no"))
    loop.call_later(2 * unit, loop.stop)
    loop.cancel(handle)
    loop.cancel(handle)
    loop.run()
    assert seen == []


def test_a_timer_can_be_cancelled_by_one_of_the_same_moment(loop, unit):
    seen, handles = [], []
    loop.call_later(unit, lambda: loop.cancel(handles[0]))
    handles.append(loop.call_later(unit, lambda: seen.append("no")))
    loop.call_later(unit, loop.stop)
    loop.run()
    assert seen == []


def test_cancelling_what_ran_has_no_effect(loop, unit):
    seen, handles = [], []

    def once():
        seen.append(1)
        loop.cancel(handles[0])

    handles.append(loop.call_later(0, once))
    loop.call_later(unit, loop.stop)
    loop.run()
    loop.cancel(handles[0])
    assert seen == [1]


# -- posts ---------------------------------------------------------------------------------------


def test_posts_run_in_order(loop):
    seen = []
    for i in range(100):
        loop.post(lambda i=i: seen.append(i))
    loop.post(loop.stop)
    loop.run()
    assert seen == list(range(100))


def test_posts_of_posts_run_in_order(loop):
    seen = []

    def branch(depth, name):
        seen.append(name)
        if depth:
            loop.post(lambda: branch(depth - 1, name + "a"))
            loop.post(lambda: branch(depth - 1, name + "b"))

    branch(3, "")
    loop.call_later(0, lambda: loop.post(lambda: loop.post(lambda: loop.post(loop.stop))))
    loop.run()
    names = [name for name in seen if len(name) == 2]
    assert names == ["aa", "ab", "ba", "bb"]
    assert seen.index("b") < seen.index("aa")


def test_posts_keep_their_order_while_the_loop_idles(loop):
    """An idle loop waits for the first post in another way than it takes the next ones."""
    rounds, seen = 200, []
    answered = threading.Semaphore(0)

    def other_thread():
        for i in range(rounds):
            for part in "abc":
                loop.post(lambda i=i, part=part: seen.append((i, part)))
            loop.post(answered.release)
            answered.acquire()  # now the loop has nothing to do
        loop.post(loop.stop)

    thread = threading.Thread(target=other_thread)
    thread.start()
    loop.run()
    thread.join()
    assert seen == [(i, part) for i in range(rounds) for part in "abc"]


def test_posts_of_many_threads_all_arrive_each_threads_in_order(loop):
    seen: List[Tuple[int, int]] = []
    threads = [
        threading.Thread(
            target=lambda name=name: [
                loop.post(lambda i=i: seen.append((name, i))) for i in range(500)
            ]
        )
        for name in range(4)
    ]

    def watch():
        for thread in threads:
            thread.join()
        loop.post(loop.stop)

    watcher = threading.Thread(target=watch)
    for thread in [*threads, watcher]:
        thread.start()
    loop.run()
    watcher.join()
    for name in range(4):
        assert [i for who, i in seen if who == name] == list(range(500))


def test_everything_runs_on_the_thread_that_runs_the_loop(loop):
    seen = []

    def other_thread():
        loop.post(lambda: seen.append(threading.get_ident()))
        loop.post(lambda: loop.call_later(0, lambda: (note(), loop.stop())))

    def note():
        seen.append(threading.get_ident())

    thread = threading.Thread(target=other_thread)
    thread.start()
    loop.run()
    thread.join()
    assert seen == [threading.get_ident()] * 2


def test_a_post_before_run_is_not_lost(loop):
    thread = threading.Thread(target=loop.post, args=(loop.stop,))
    thread.start()
    thread.join()
    loop.run()


def test_posts_do_not_starve_timers_nor_timers_posts(loop):
    seen = set()

    def post_for_ever():
        seen.add("post")
        if len(seen) == 3:
            loop.stop()
        loop.post(post_for_ever)

    def time_for_ever():
        seen.add("timer")
        loop.call_later(1, time_for_ever)

    loop.call_later(0, time_for_ever)
    loop.post(post_for_ever)
    loop.call_later(20, lambda: seen.add("later"))
    loop.run()
    assert seen == {"post", "timer", "later"}


# -- time ----------------------------------------------------------------------------------------


def test_now_never_runs_backwards(loop, unit):
    seen = [loop.now()]

    def timer(delay):
        seen.append(loop.now())
        loop.call_later(delay, lambda: timer(delay))

    def post():
        seen.append(loop.now())
        if len(seen) > 300:
            loop.stop()
        loop.call_later(unit // 10, lambda: loop.post(post))

    for delay in (unit // 7, unit // 3, unit):
        timer(delay)
    for _ in range(3):
        post()
    loop.run()
    seen.append(loop.now())
    assert seen == sorted(seen)


def test_now_stands_still_within_a_call_or_at_least_never_goes_back(loop, unit):
    seen = []
    loop.post(lambda: seen.extend(loop.now() for _ in range(1000)))
    loop.call_later(unit, loop.stop)
    loop.run()
    assert seen == sorted(seen)
    assert loop.now() >= seen[-1]


# -- run and stop --------------------------------------------------------------------------------


def test_stop_before_run_lets_the_next_run_return_at_once(loop):
    seen = []
    loop.post(lambda: seen.append(1))
    loop.stop()
    loop.run()
    assert seen == []
    loop.post(loop.stop)
    loop.run()
    assert seen == [1]


def test_nothing_runs_after_stop_and_nothing_is_lost(loop, unit):
    seen = []
    loop.post(lambda: (seen.append("post"), loop.stop()))
    loop.post(lambda: seen.append("later post"))
    loop.call_later(0, lambda: seen.append("later timer"))
    loop.run()
    assert "later post" not in seen
    loop.call_later(unit, loop.stop)
    loop.run()
    assert sorted(seen) == ["later post", "later timer", "post"]


def test_an_exception_of_a_post_leaves_through_run_and_the_loop_can_go_on(loop):
    seen = []
    loop.post(lambda: 1 // 0)
    loop.post(lambda: (seen.append(1), loop.stop()))
    with pytest.raises(ZeroDivisionError):
        loop.run()
    loop.run()
    assert seen == [1]


def test_an_exception_of_a_timer_leaves_through_run_and_the_loop_can_go_on(loop, unit):
    seen = []
    loop.call_later(unit, lambda: 1 // 0)
    loop.call_later(unit, lambda: (seen.append(1), loop.stop()))
    with pytest.raises(ZeroDivisionError):
        loop.run()
    loop.run()
    assert seen == [1]


def test_an_exception_posted_by_another_thread_to_an_idle_loop_leaves_through_run(loop):
    thread = threading.Thread(target=loop.post, args=(lambda: 1 // 0,))
    loop.call_later(0, thread.start)
    with pytest.raises(ZeroDivisionError):
        loop.run()
    thread.join()


# -- against a model -----------------------------------------------------------------------------

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("schedule"), st.integers(-1, 6)),
        st.tuples(st.just("cancel"), st.integers(0, 40)),
        st.tuples(st.just("post"), st.just(0)),
    ),
    max_size=6,
)


class Model:
    """Everything that is due, sorted by its moment and the order of asking."""

    def __init__(self, loop: Any, unit: int, plans: List[List[Tuple[str, int]]]) -> None:
        self.loop = loop
        self.unit = unit
        self.plans = iter(plans)  # what each call does when it runs, in order of running
        self.due: List[Tuple[int, int]] = []
        self.handles: List[Any] = []
        self.posted: List[int] = []
        self.posts = 0

    def act(self) -> None:
        for step, value in next(self.plans, []):
            if step == "schedule":
                number = len(self.handles)
                insort(self.due, (self.loop.now() + max(0, value * self.unit), number))
                fire = partial(self.fire, number)
                self.handles.append(self.loop.call_later(value * self.unit, fire))
            elif step == "cancel" and self.handles:
                number = value % len(self.handles)
                self.loop.cancel(self.handles[number])
                self.due = [entry for entry in self.due if entry[1] != number]
            elif step == "post":
                self.posted.append(self.posts)
                self.loop.post(partial(self.receive, self.posts))
                self.posts += 1
        if not self.due and not self.posted:
            self.loop.stop()

    def fire(self, number: int) -> None:
        when, first = self.due.pop(0)
        assert number == first
        assert self.loop.now() >= when
        self.act()

    def receive(self, number: int) -> None:
        assert number == self.posted.pop(0)
        self.act()


@pytest.mark.parametrize("name", MAKERS)
@given(st.lists(STEPS, max_size=12))
def test_any_schedule_fires_as_in_a_sorted_list(name, plans):
    make, unit = MAKERS[name]
    loop = make()
    model = Model(loop, unit // 5, plans)
    loop.post(model.act)
    loop.run()
    assert model.due == []
    assert model.posted == []


# -- as fast as possible -------------------------------------------------------------------------


def test_without_a_pace_a_timer_sees_exactly_its_moment():
    loop, seen = VirtualLoop(START), []
    for delay in (5, 3_600 * SECOND):
        loop.call_later(delay, lambda: seen.append(loop.now() - START))
    loop.run_for(3_600 * SECOND)
    assert seen == [5, 3_600 * SECOND]


def test_without_a_pace_what_posts_lead_to_happens_before_time_goes_on():
    loop, seen = VirtualLoop(START), []

    def chain(rest):
        seen.append(loop.now())
        if rest:
            loop.post(lambda: chain(rest - 1))

    loop.call_later(SECOND, lambda: chain(50))
    loop.call_later(SECOND + 1, loop.stop)
    loop.run()
    assert seen == [START + SECOND] * 51


def test_at_a_pace_posts_that_run_late_do_not_see_a_later_moment_than_a_timer_that_is_due():
    loop, seen = VirtualLoop(START, 1), []

    def work():
        begin = time.monotonic()
        while time.monotonic() < begin + 0.002:
            pass

    loop.call_later(1000, lambda: (seen.append(loop.now() - START), loop.stop()))
    loop.post(work)
    loop.post(lambda: seen.append(loop.now() - START))
    loop.run()
    assert seen == [1000, 1000]


@pytest.mark.parametrize("name", MAKERS)
def test_a_run_that_was_cut_short_does_not_end_the_next(name):
    loop = MAKERS[name][0]()
    unit, seen = MAKERS[name][1], []
    loop.call_later(0, loop.stop)
    loop.run_for(2 * unit)
    loop.call_later(4 * unit, lambda: seen.append(1))
    loop.run_for(5 * unit)
    assert seen == [1]


@pytest.mark.parametrize("speed", [0, -1, float("nan")])
def test_a_speed_that_is_none_is_refused(speed):
    with pytest.raises(ValueError, match="speed must be above 0"):
        VirtualLoop(START, speed)


def test_a_stop_in_a_posted_call_fires_no_timer_and_keeps_the_time(loop):
    fired = []
    before = loop.now()
    loop.call_later(3600 * SECOND, lambda: fired.append(loop.now()))
    loop.post(loop.stop)
    loop.run()
    assert fired == []
    assert loop.now() - before < 3600 * SECOND
