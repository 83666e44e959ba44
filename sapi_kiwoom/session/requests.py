"""The queue of TR requests: whole chains of pages, one after the other, within the budget."""

from __future__ import annotations

import logging
from bisect import insort
from enum import Enum
from functools import partial
from itertools import count
from typing import Dict, List, Optional, Tuple

from sapi_kiwoom.control import Control
from sapi_kiwoom.errors import KiwoomError, RequestRejected, RequestTimeout
from sapi_kiwoom.loop import SECOND, Handle, Loop
from sapi_kiwoom.session.chains import WATCH_LISTS, Chain, Page, Ticket
from sapi_kiwoom.session.gate import Gate, call_out
from sapi_kiwoom.session.limiter import Limiter
from sapi_kiwoom.session.pages import Row, read_page, read_single
from sapi_kiwoom.session.refused import refused
from sapi_kiwoom.session.screens import Pool

__all__ = ["REPEATS", "TOO_FAST", "WATCH_LISTS", "Chain", "Page", "Requests", "Ticket"]

log = logging.getLogger(__name__)

TOO_FAST = -200
"""Clears by itself after a second, so the call is worth repeating."""

REPEATS = 3
"""How often a page is asked for again after `TOO_FAST`."""


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
        self.single: Row = {}
        self.new = False  # the last page had rows that no page before it had
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
        given = set(chain.inputs)
        if chain.tr.venue is not None:
            given.discard(chain.tr.venue.name)
        for name in sorted(names.symmetric_difference(given)):
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

    @property
    def running(self) -> Optional[str]:
        """The code of the TR whose chain has its turn."""
        return None if self._run is None else self._run.ticket.chain.tr.code

    def budget(self) -> List[Dict[str, int]]:
        """How much of the budget is used now, see `Limiter.budget`."""
        return self._limiter.budget(self._loop.now())

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
        tr = run.ticket.chain.tr
        page: Optional[List[Row]] = None
        try:
            with self._gate:
                page = read_page(self._control, tr)
                if run.ticket.chain.on_page is not None:
                    run.single = read_single(self._control, tr)
        except Exception:
            log.exception("the answer to %s could not be read", tr.code)
        self._gate.post(partial(self._advance, run, page, prev_next == "2"))

    # -- one step after the other --------------------------------------------------------------

    def _step(self) -> None:
        """Make the call that is due, or be back when the budget allows it."""
        run = self._run
        if run is None and not (self._connected and self._waiting):
            return
        if run is not None and run.state is not _State.READY:
            return
        if run is not None and run.new and self._others_wait(run.ticket.chain) and run.ticket.cut():
            self._end(run)
            run.ticket.turn = next(self._turns)
            insort(self._waiting, run.ticket)
            run = None
        now = self._loop.now()
        place = 0
        if run is None:
            place, at = self._first(now)
        else:
            # Who cannot be cut makes others wait: then the sooner it ends, the better.
            bulk = run.ticket.chain.bulk and all(each.chain.bulk for each in self._waiting)
            at = self._limiter.next_at(now, bulk)
        at = max(at, self._not_before)
        if at > now:
            self._set_timer(self._gate.call_later(at - now, self._step))
            return
        if run is None:
            screen = self._waiting[place].chain.screen or self._pool.acquire()
            run = _Run(self._waiting.pop(place), f"sapi-{next(self._names)}", screen)
            self._run = run
        self._ask(run, now)

    def _first(self, now: int) -> Tuple[int, int]:
        """Whose turn is next, as a place in the queue, and when: a bulk chain's may come later."""
        bulk = self._waiting[0].chain.bulk
        at = self._limiter.next_at(now, bulk)
        if bulk and at > now:
            for place, ticket in enumerate(self._waiting):
                if not ticket.chain.bulk:
                    sooner = self._limiter.next_at(now)
                    return (place, sooner) if sooner < at else (0, at)
        return 0, at

    def _ask(self, run: _Run, now: int) -> None:
        ticket = run.ticket
        tr = ticket.chain.tr
        run.state = _State.ASKED  # before the call: its answer may come before it returns
        self._limiter.record(now, ticket.chain.bulk)
        try:
            with self._gate:
                code = self._call(run)
        except Exception as error:
            log.exception("the request of %s failed", tr.code)
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
            call = "CommKwRqData" if tr.code in WATCH_LISTS else "CommRqData"
            self._fail(run, refused(call, code))

    def _call(self, run: _Run) -> Optional[int]:
        """The call itself; as any of the control's it may come back without a code."""
        control, chain, inputs = self._control, run.ticket.chain, run.ticket.inputs
        tr = chain.tr
        if tr.code in WATCH_LISTS:
            codes, kind = inputs[tr.inputs[0].name], WATCH_LISTS[tr.code]
            count = len(codes.split(";"))
            return control.CommKwRqData(codes, 0, count, kind, run.rqname, run.screen)
        for field in (*tr.inputs, *([tr.venue] if tr.venue is not None else [])):
            if field.name in inputs:
                control.SetInputValue(field.name, inputs[field.name])
        return control.CommRqData(run.rqname, tr.code, run.prev_next, run.screen)

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
            last = (
                not more
                or 0 < chain.max_pages <= ticket.pages + 1
                or (bool(new) and chain.enough(new))
            )
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
        ticket.pages += 1
        run.new = bool(new)
        if last:
            self._end(run)
            ticket.ended = True
        else:
            run.page = page
            run.prev_next = 2
            run.repeats = 0
            run.state = _State.READY
        if chain.on_page is not None:
            rows = new if chain.tr.multi is not None else []
            call_out(chain.on_page, Page(ticket.pages, run.single, rows, more, last))
        if last:
            call_out(chain.on_done, ticket.rows)
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
        if run.ticket.chain.screen is None:
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
