"""Any mix of chains, cancellations, refusals, time-outs and lost lines."""

from __future__ import annotations

from typing import Any, List, NamedTuple, Optional

from hypothesis import example, given
from hypothesis import strategies as st

from sapi_kiwoom.loop import SECOND

from .fakes import SILENCE, Archive
from .test_requests import DAY, MINUTE, TIMES, Desk, rows_of

WINDOWS = ((2, SECOND), (5, 20 * SECOND))


class Plan(NamedTuple):
    """A chain, and what its caller does with it."""

    kind: Any
    rows: int
    wanted: int  # rows that are enough; 0 for the first page only
    priority: int
    at: int  # seconds
    cancel_after: Optional[int]  # seconds
    bulk: bool = False


PLANS = st.builds(
    Plan,
    kind=st.sampled_from([DAY, DAY, MINUTE]),
    rows=st.integers(0, 10),
    wanted=st.integers(0, 12),
    priority=st.integers(0, 1),
    at=st.integers(0, 20),
    cancel_after=st.one_of(st.none(), st.none(), st.integers(0, 40)),
    bulk=st.booleans(),
)

FAULTS = st.dictionaries(
    st.integers(1, 20),
    st.sampled_from(["silence", "late", "lost", "answered and lost", -200, -209, None]),
    max_size=5,
)


class Caller:
    """Submits a plan and checks what comes back."""

    def __init__(self, desk: Desk, number: int, plan: Plan) -> None:
        self.desk = desk
        self.plan = plan
        self.code = f"{number:06}"
        times = [f"2024{9000 - day}" for day in range(plan.rows)]
        self.rows = rows_of(plan.kind, times)
        self.ends: List[Any] = []
        self.cancelled = False
        desk.loop.call_later(plan.at * SECOND, self.submit)

    def submit(self) -> None:
        # Enough is told by the moment of the oldest row, as callers do who want a range.
        oldest = f"2024{9000 - self.plan.wanted + 1}"
        self.ticket = self.desk.submit(
            self.code,
            self.plan.kind,
            self.code,
            enough=lambda rows: rows[-1][TIMES[self.plan.kind.code]] <= oldest,
            max_pages=int(self.plan.wanted == 0),
            priority=self.plan.priority,
            bulk=self.plan.bulk,
        )
        if self.plan.cancel_after is not None:
            self.desk.loop.call_later(self.plan.cancel_after * SECOND, self.cancel)

    def cancel(self) -> None:
        ended = [name for name, _ in self.desk.ended]
        self.cancelled = self.desk.session.requests.cancel(self.ticket)
        assert self.cancelled == (self.code not in ended)

    def check(self, page: int) -> None:
        ends = [end for name, end in self.desk.ended if name == self.code]
        assert len(ends) == (0 if self.cancelled else 1)
        for rows in ends:
            if isinstance(rows, list):
                assert rows == self.rows[: len(rows)]  # in order, no gap, none twice
                least = page if self.plan.wanted == 0 else self.plan.wanted
                assert len(rows) >= min(least, self.plan.rows)


@given(st.booleans(), st.integers(1, 3), st.lists(PLANS, min_size=1, max_size=6), FAULTS)
@example(False, 3, [Plan(DAY, 10, 12, 0, 0, None)] * 3, {})
@example(True, 2, [Plan(DAY, 10, 12, 0, 0, None)] * 2, {2: "lost", 4: "late"})
def test_each_chain_ends_once_whole_within_the_budget(reentrant, page, plans, faults):
    desk = Desk(reentrant, WINDOWS)
    callers = [Caller(desk, number, plan) for number, plan in enumerate(plans)]
    archive = Archive({caller.code: caller.rows for caller in callers}, page)

    def answer(request):
        fault = faults.get(len(desk.control.requests), "none")
        if fault == "answered and lost":
            desk.control.deliver(request, archive(request))
        if fault in ("lost", "answered and lost"):
            desk.control.connect_event(-106)
            return SILENCE
        if fault == "silence":
            return SILENCE
        if fault == "late":
            return archive(request)._replace(delay=15 * SECOND)
        return archive(request) if fault == "none" else fault

    desk.control.answer = answer
    desk.run(3600)

    for caller in callers:
        caller.check(page)
    assert archive.interrupted == 0
    stamps = [request.at for request in desk.control.requests]
    for count, length in WINDOWS:
        assert all(late - early >= length for early, late in zip(stamps, stamps[count:]))
    desk.assert_nothing_left()
    if not faults:
        assert all(isinstance(end, list) for _, end in desk.ended)
