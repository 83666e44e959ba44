"""The queue of TR requests: whole chains of pages, one after the other, within the budget."""

from __future__ import annotations

import logging
from bisect import insort
from dataclasses import dataclass
from enum import Enum
from functools import partial
from itertools import count
from typing import Callable, List, Mapping, Optional

from sapi_kiwoom.catalogue import Tr
from sapi_kiwoom.control import Control
from sapi_kiwoom.errors import KiwoomError, RequestRejected, RequestTimeout
from sapi_kiwoom.loop import SECOND, Handle, Loop
from sapi_kiwoom.session.gate import Gate, call_out
from sapi_kiwoom.session.limiter import Limiter
from sapi_kiwoom.session.pages import Row, read_page
from sapi_kiwoom.session.refused import refused
from sapi_kiwoom.session.screens import Pool

log = logging.getLogger(__name__)

TOO_FAST = -200
"""Clears by itself after a second, so the call is worth repeating."""

REPEATS = 3
"""How often a page is asked for again after `TOO_FAST`."""


@dataclass(frozen=True, eq=False)
class Chain:
    """A TR request with as many pages as it takes.

    Attributes:
        tr: what is asked.
        inputs: all inputs of the TR by their Korean names.
        on_done: receives the rows of all pages in the control's order.
        on_error: receives what went wrong, instead of `on_done`.
        enough: given the new rows of a page (never none), tells whether that was the last page
            wanted. It must not count pages: a chain starts over after a lost login.
        first_page_only: ask for nothing else.
        priority: higher ones go first; equal ones take turns.
    """

    tr: Tr
    inputs: Mapping[str, str]
    on_done: Callable[[List[Row]], None]
    on_error: Callable[[KiwoomError], None]
    enough: Callable[[List[Row]], bool] = lambda rows: False
    first_page_only: bool = False
    priority: int = 0


class Ticket:
    """A chain in the queue or under way; only good for `Requests.cancel`."""

    __slots__ = ("chain", "ended", "inputs", "older_than", "rows", "turn")

    def __init__(self, chain: Chain, turn: int) -> None:
        self.chain = chain
        self.turn = turn
        self.ended = False
        self.start_over()

    def start_over(self) -> None:
        """Forget all pages."""
        self.inputs = dict(self.chain.inputs)
        self.rows: List[Row] = []
        self.older_than: Optional[str] = None

    def __lt__(self, other: Ticket) -> bool:
        return (-self.chain.priority, self.turn) < (-other.chain.priority, other.turn)

    def take(self, page: List[Row]) -> List[Row]:
        """Keep the rows of a page, except those that an earlier turn had; return the new ones."""
        cursor, older_than = self.chain.tr.cursor, self.older_than
        if cursor is not None and older_than is not None:
            page = [row for row in page if row[cursor.field] < older_than]
        self.rows.extend(page)
        return page

    def cut(self) -> bool:
        """Prepare to go on from the oldest row in another turn; False where that is impossible."""
        cursor = self.chain.tr.cursor
        oldest = self.rows[-1][cursor.field] if cursor is not None and self.rows else ""
        if cursor is None or not oldest:
            return False
        self.inputs[cursor.input] = self.older_than = oldest
        return True


class _State(Enum):
    READY = 1  # the next page is to be asked for
    ASKED = 2
    ANSWERED = 3  # the page is read, what follows from it was posted


class _Run:
    """A chain that has its turn: another TR between its pages would break it."""

    def __init__(self, ticket: Ticket, rqname: str, screen: str) -> None:
        self.ticket = ticket
        self.rqname = rqname
        self.screen = screen
        self.state = _State.READY
        self.prev_next = 0
        self.repeats = 0
        self.page: List[Row] = []
        self.message = ""


class Requests:
    """Asks the control for one chain at a time and tells each caller exactly once how it ended.

    Chains that are submitted before the login, or while it is lost, wait for it.

    Args:
        control: what is asked.
        loop: its time decides about budget and time-outs.
        gate: keeps everything out of calls under way.
        limiter: the budget.
        pool: screens for TRs.
        timeout: microseconds of market time until an answer counts as lost.
        depth: so many chains may wait.
    """

    def __init__(
        self,
        control: Control,
        loop: Loop,
        gate: Gate,
        limiter: Limiter,
        pool: Pool,
        timeout: int = 10 * SECOND,
        depth: int = 1000,
    ) -> None:
        self._control = control
        self._loop = loop
        self._gate = gate
        self._limiter = limiter
        self._pool = pool
        self._timeout = timeout
        self._depth = depth
        self._connected = False
        self._waiting: List[Ticket] = []  # sorted: the head is next
        self._run: Optional[_Run] = None
        self._timer: Optional[Handle] = None  # until the budget allows a call, or the time-out
        self._not_before = 0
        self._turns = count()
        self._names = count(1)

    # -- for callers ---------------------------------------------------------------------------

    def submit(self, chain: Chain) -> Ticket:
        """Queue a chain. Its callbacks never run before this returns.

        Raises:
            RequestRejected: ``busy``, or ``bad-parameter`` where the inputs are not the TR's.
        """
        names = {field.name for field in chain.tr.inputs}
        for name in sorted(names.symmetric_difference(chain.inputs)):
            problem = "needs the input" if name in names else "has no input"
            raise RequestRejected(
                "bad-parameter", f"{chain.tr.code} {problem} {name!r}", field=name
            )
        if len(self._waiting) >= self._depth:
            raise RequestRejected(
                "busy",
                f"요청이 많아 대기열이 가득 찼습니다 / {self._depth} requests are waiting already; "
                "wait for answers before sending more",
                waiting=len(self._waiting),
            )
        ticket = Ticket(chain, next(self._turns))
        insort(self._waiting, ticket)
        self._gate.post(self._step)
        return ticket

    def cancel(self, ticket: Ticket) -> bool:
        """Give up a chain: from now on none of its callbacks is called. False when it had ended."""
        if ticket.ended:
            return False
        ticket.ended = True
        if ticket in self._waiting:
            self._waiting.remove(ticket)
        else:
            self._gate.run(partial(self._abandon, ticket))
        return True

    @property
    def waiting(self) -> int:
        """How many chains wait for their turn."""
        return len(self._waiting)

    # -- for the session -----------------------------------------------------------------------

    def resume(self) -> None:
        """Logged in."""
        self._connected = True
        self._gate.post(self._step)

    def suspend(self) -> None:
        """The login is lost. The chain under way keeps its place and starts over after the next."""
        self._connected = False
        self._set_timer(None)
        run = self._run
        if run is not None:
            self._end(run)
            if not run.ticket.ended:
                run.ticket.start_over()
                insort(self._waiting, run.ticket)

    def on_message(self, rqname: str, text: str) -> None:
        """What the broker's server says about a request; its error will carry it."""
        if self._run is not None and rqname == self._run.rqname:
            self._run.message = text

    def on_tr_data(self, screen: str, rqname: str, prev_next: str) -> None:
        """An answer. It is read now, the buffer is only valid here; everything else comes later."""
        run = self._run
        if run is None or run.rqname != rqname or run.state is not _State.ASKED:
            log.warning(
                "ignored the answer to %r on screen %s: nobody waits for it", rqname, screen
            )
            if screen in self._pool:  # the control has registered its code again
                self._gate.post(partial(self._forget, screen))
            return
        run.state = _State.ANSWERED
        self._set_timer(None)
        page: Optional[List[Row]] = None
        try:
            with self._gate:
                page = read_page(self._control, run.ticket.chain.tr)
        except Exception:
            log.exception("the answer to %s could not be read", run.ticket.chain.tr.code)
        self._gate.post(partial(self._advance, run, page, prev_next == "2"))

    # -- one step after the other --------------------------------------------------------------

    def _step(self) -> None:
        """Make the call that is due, or be back when the budget allows it."""
        run = self._run
        if run is None and not (self._connected and self._waiting):
            return
        if run is not None and run.state is not _State.READY:
            return
        now = self._loop.now()
        at = max(self._limiter.next_at(now), self._not_before)
        if at > now:
            self._set_timer(self._gate.call_later(at - now, self._step))
            return
        if run is None:
            screen = self._pool.acquire()
            run = _Run(self._waiting.pop(0), f"sapi-{next(self._names)}", screen)
            self._run = run
        self._ask(run, now)

    def _ask(self, run: _Run, now: int) -> None:
        ticket = run.ticket
        tr = ticket.chain.tr
        run.state = _State.ASKED  # before the call: its answer may come before it returns
        self._limiter.record(now)
        try:
            with self._gate:
                for field in tr.inputs:
                    self._control.SetInputValue(field.name, ticket.inputs[field.name])
                code = self._control.CommRqData(run.rqname, tr.code, run.prev_next, run.screen)
        except Exception as error:
            log.exception("CommRqData of %s failed", tr.code)
            self._fail(run, KiwoomError(f"{tr.code}: the control failed: {error!r}"))
            return
        if run.state is not _State.ASKED:
            return  # answered already
        if code == 0:
            self._set_timer(self._gate.call_later(self._timeout, partial(self._time_out, run)))
        elif code == TOO_FAST and run.repeats < REPEATS:
            run.repeats += 1
            run.state = _State.READY
            self._not_before = now + SECOND
            self._gate.post(self._step)
        else:
            self._fail(run, refused("CommRqData", code))

    def _advance(self, run: _Run, page: Optional[List[Row]], more: bool) -> None:
        if run is not self._run or run.ticket.ended:
            return
        ticket, chain = run.ticket, run.ticket.chain
        if page is None:
            self._fail(run, KiwoomError(f"the answer to {chain.tr.code} could not be read"))
            return
        repeated = run.prev_next == 2 and page == run.page
        new = [] if repeated else ticket.take(page)
        try:
            last = not more or chain.first_page_only or (bool(new) and chain.enough(new))
        except Exception as error:
            log.exception("could not tell whether %s has rows enough", chain.tr.code)
            problem = error if isinstance(error, KiwoomError) else KiwoomError(repr(error))
            self._fail(run, problem)
            return
        if run is not self._run:
            return  # cancelled from `enough`
        resumed = run.prev_next == 0 and ticket.older_than is not None and page
        if not (last or new or resumed):
            log.warning("%s promised more but gave nothing new; taken for its end", chain.tr.code)
            last = True
        if last:
            self._end(run)
            ticket.ended = True
            call_out(chain.on_done, ticket.rows)
        elif new and self._others_wait(chain) and ticket.cut():
            self._end(run)
            ticket.turn = next(self._turns)
            insort(self._waiting, ticket)
        else:
            run.page = page
            run.prev_next = 2
            run.repeats = 0
            run.state = _State.READY
        self._gate.post(self._step)

    def _others_wait(self, chain: Chain) -> bool:
        return bool(self._waiting) and self._waiting[0].chain.priority >= chain.priority

    def _time_out(self, run: _Run) -> None:
        if run is self._run and run.state is _State.ASKED:
            tr, seconds = run.ticket.chain.tr, self._timeout / SECOND
            self._fail(
                run, RequestTimeout(f"{tr.code} was not answered in {seconds:g} s; ask again")
            )

    def _fail(self, run: _Run, error: KiwoomError) -> None:
        self._end(run)
        ticket = run.ticket
        error.details.setdefault("tr_code", ticket.chain.tr.code)
        if run.message:
            error.details.setdefault("server_message", run.message)
        if not ticket.ended:
            ticket.ended = True
            call_out(ticket.chain.on_error, error)
        self._gate.post(self._step)

    def _abandon(self, ticket: Ticket) -> None:
        if self._run is not None and self._run.ticket is ticket:
            self._end(self._run)
            self._gate.post(self._step)

    def _end(self, run: _Run) -> None:
        """End a turn: take back what the TR registered on its screen, give the screen back."""
        self._run = None
        self._set_timer(None)
        with self._gate:
            call_out(self._control.DisconnectRealData, run.screen)
        self._pool.release(run.screen)

    def _forget(self, screen: str) -> None:
        if self._run is None or self._run.screen != screen:
            with self._gate:
                call_out(self._control.DisconnectRealData, screen)

    def _set_timer(self, timer: Optional[Handle]) -> None:
        if self._timer is not None:
            self._loop.cancel(self._timer)
        self._timer = timer
