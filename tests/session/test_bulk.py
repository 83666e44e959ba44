"""Bulk history leaves a fifth of the budget to others; pages reach who wants them as they come."""

from __future__ import annotations

from typing import Any, List, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sapi_kiwoom.catalogue import tr
from sapi_kiwoom.loop import SECOND
from sapi_kiwoom.session.limiter import DEFAULT, Limiter

from .fakes import SILENCE, Archive, Page, Request
from .test_limiter import NOW, WINDOWS, earliest
from .test_requests import DAY, MINUTE, QUOTE, Desk, days, rows_of

SLOW = ((5, SECOND), (10, 60 * SECOND))


# -- the budget ----------------------------------------------------------------------------------


@given(WINDOWS, st.lists(st.tuples(st.integers(0, 20), st.booleans()), max_size=25))
def test_bulk_calls_wait_for_their_share_as_a_naive_model_does(windows, calls):
    limiter, all_of_them, bulks, now = Limiter(windows), [], [], NOW
    shares = [(max(1, count - -(-count // 5)), length) for count, length in windows]
    for pause, bulk in calls:
        now += pause
        at = earliest(all_of_them, windows, now)
        # What both allow may lie later than either alone.
        while bulk and earliest(bulks, shares, at) != at:
            at = earliest(all_of_them, windows, earliest(bulks, shares, at))
        assert limiter.next_at(now, bulk) == at
        now = at
        limiter.record(now, bulk)
        all_of_them.append(now)
        if bulk:
            bulks.append(now)


def test_a_collector_never_takes_more_than_four_fifths():
    limiter, now, made = Limiter(), NOW, []
    while now < NOW + 3600 * SECOND:
        now = limiter.next_at(now, bulk=True)
        limiter.record(now, bulk=True)
        made.append(now)
        assert limiter.next_at(now) == now  # somebody else may, always
    assert sum(stamp < NOW + 3600 * SECOND for stamp in made) == 800


@given(WINDOWS, st.lists(st.tuples(st.integers(0, 20), st.booleans()), max_size=25))
def test_a_restart_forgets_neither_share(tmp_path_factory, windows, calls):
    path = tmp_path_factory.mktemp("history") / "calls"
    limiter, now = Limiter(windows, path, NOW), NOW
    for pause, bulk in calls:
        now = limiter.next_at(now + pause, bulk)
        limiter.record(now, bulk)
    again = Limiter(windows, path, now)
    assert again.next_at(now) == limiter.next_at(now)
    assert again.next_at(now, True) == limiter.next_at(now, True)
    assert again.budget(now) == limiter.budget(now)


def test_the_budget_says_what_was_used():
    limiter = Limiter(DEFAULT)
    for second in range(3):
        limiter.record(NOW + second * SECOND, bulk=True)
    used = [
        (each["limit"], each["seconds"], each["used"]) for each in limiter.budget(NOW + 2 * SECOND)
    ]
    assert used == [(5, 1, 1), (50, 180, 3), (1000, 3600, 3)]


# -- the queue -----------------------------------------------------------------------------------


def order(desk: Desk) -> List[Tuple[str, int]]:
    return [(each.tr_code, each.at // SECOND) for each in desk.control.requests]


@pytest.mark.parametrize("reentrant", [False, True])
def test_others_pass_a_collector_that_has_used_up_its_share(reentrant):
    desk = Desk(reentrant, SLOW)
    desk.control.answer = Archive({"005930": days(60)}, 3)
    start = desk.loop.now()
    for _ in range(3):
        desk.submit("history", bulk=True)
    desk.run(5)
    assert len(desk.control.requests) == 8  # four fifths of ten
    desk.control.answer = lambda request: Page([])
    for name in "ab":
        desk.submit(name, QUOTE)
    desk.run(5)
    assert [name for name, _ in desk.ended] == ["a", "b"]
    assert desk.loop.now() - start < 11 * SECOND
    desk.control.answer = Archive({"005930": days(60)}, 30)
    desk.run(3600)
    assert [name for name, _ in desk.ended[2:]] == ["history"] * 3
    desk.assert_nothing_left()


def test_a_chain_that_was_cut_for_its_share_goes_on_whole():
    desk = Desk(False, SLOW)
    archive = Archive({"005930": days(60)}, 3)
    desk.control.answer = lambda each: archive(each) if each.tr_code == DAY.code else Page([])
    desk.submit("history", bulk=True)
    for second in range(1, 200, 7):
        desk.loop.call_later(second * SECOND, lambda: desk.submit("quote", QUOTE))
    desk.run(3600)
    assert archive.interrupted == 0
    assert [rows for name, rows in desk.ended if name == "history"] == [days(60)]
    assert sum(name == "quote" for name, _ in desk.ended) == 29


def test_what_cannot_be_cut_takes_the_whole_budget_while_others_wait():
    """It holds them up anyway: then the sooner it ends, the better."""
    desk = Desk(False, SLOW)
    archive = Archive({"005930": rows_of(MINUTE, [f"{n:014}" for n in range(60, 0, -1)])}, 6)
    desk.control.answer = lambda each: archive(each) if each.tr_code == MINUTE.code else Page([])
    desk.submit("minutes", MINUTE, bulk=True)
    desk.run(3)
    assert len(desk.control.requests) == 8
    desk.submit("quote", QUOTE, priority=1)
    desk.run(3)
    assert [name for name, _ in desk.ended] == ["minutes"]
    assert len(desk.control.requests) == 10
    desk.run(60)
    assert [name for name, _ in desk.ended] == ["minutes", "quote"]
    assert archive.interrupted == 0


# -- pages ---------------------------------------------------------------------------------------


@pytest.fixture(params=[False, True], ids=["posted", "reentrant"])
def desk(request):
    return Desk(request.param)


def test_pages_come_with_their_numbers_before_the_end(desk):
    seen: List[Any] = []
    desk.control.answer = Archive({"005930": days(7)}, 3)
    desk.submit("a", on_page=lambda page: seen.append((page, len(desk.ended))))
    desk.run()
    assert [page.rows for page, _ in seen] == [days(7)[:3], days(7)[3:6], days(7)[6:]]
    flags = [(page.number, page.more, page.last, ended) for page, ended in seen]
    assert flags == [(1, True, False, 0), (2, True, False, 0), (3, False, True, 0)]
    assert desk.ended == [("a", days(7))]


def test_more_is_said_where_pages_were_counted_out(desk):
    seen: List[Any] = []
    desk.control.answer = Archive({"005930": days(9)}, 3)
    desk.submit("a", max_pages=2, on_page=seen.append)
    desk.run()
    assert [(page.number, page.more, page.last) for page in seen] == [
        (1, True, False),
        (2, True, True),
    ]
    assert desk.ended == [("a", days(6))]


def test_after_a_lost_line_the_pages_begin_with_the_first_again(desk):
    seen: List[Any] = []
    archive = Archive({"005930": days(9)}, 3)

    def answer(request: Request) -> Any:
        if len(desk.control.requests) == 2:
            desk.control.connect_event(-106)
            return SILENCE
        return archive(request)

    desk.control.answer = answer
    desk.submit("a", max_pages=3, on_page=seen.append)
    desk.run()
    assert [page.number for page in seen] == [1, 1, 2, 3]
    assert desk.ended == [("a", days(9))]


def test_pages_that_a_cut_made_twice_are_given_once(desk):
    seen: List[Any] = []
    desk.control.answer = Archive({"005930": days(9), "000660": days(9)}, 3)
    desk.submit("a", on_page=seen.append)
    desk.submit("b", code="000660")
    desk.run()
    assert [row for page in seen for row in page.rows] == days(9)
    assert [page.number for page in seen] == list(range(1, len(seen) + 1))
    assert [page.last for page in seen] == [False] * (len(seen) - 1) + [True]


# -- other ways to ask ---------------------------------------------------------------------------


def test_watch_lists_are_asked_for_with_their_own_call(desk):
    quotes = tr("OPTKWFID")
    calls: List[Any] = []

    def ask(*call: Any) -> int:
        calls.append(call)
        rqname, screen = call[4:]
        request = Request(rqname, quotes.code, 0, screen, {}, desk.loop.now())
        desk.loop.call_later(1, lambda: desk.control.deliver(request, Page([])))
        return 0

    desk.control.CommKwRqData = ask
    desk.submit("a", quotes, code="005930;000660")
    desk.run()
    assert calls == [("005930;000660", 0, 2, 0, "sapi-1", "1000")]
    assert desk.ended == [("a", [])]
    desk.assert_nothing_left()


def test_the_exchange_is_set_behind_the_other_inputs(desk):
    ranking = tr("opt10016")
    assert ranking.venue is not None
    inputs = {**{each.name: "0" for each in ranking.inputs}, ranking.venue.name: "2"}
    chain = desk.chain("a", ranking)
    desk.session.requests.submit(type(chain)(ranking, inputs, chain.on_done, chain.on_error))
    desk.run()
    assert desk.control.names("SetInputValue")[-1] == ("SetInputValue", "거래소구분", "2")
    assert desk.ended == [("a", [])]
