"""Condition search (조건검색): what meets a condition now, and who enters and leaves.

The same condition may be searched once a minute, ten may be watched at a time, and a search counts as a
request. What has to wait for that waits.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import Callable, Dict, List, NamedTuple, Optional, Tuple

from sapi_kiwoom.control import Control
from sapi_kiwoom.errors import ControlError, KiwoomError, RequestRejected, RequestTimeout
from sapi_kiwoom.loop import SECOND, Handle, Loop
from sapi_kiwoom.session.conditionlist import (
    Condition,
    ConditionList,
    OnError,
    find,
    ready_at,
    refused_without_reason,
)
from sapi_kiwoom.session.gate import Gate, call_out
from sapi_kiwoom.session.limiter import Limiter
from sapi_kiwoom.session.screens import Pool

log = logging.getLogger(__name__)

MOST_WATCHED = 10

MOST_HITS = 100
"""A search that finds more brings no real-time events."""

_BETWEEN = 60 * SECOND
"""Between two searches with one condition."""

ENTERED, LEFT = "I", "D"


class Watcher(NamedTuple):
    """Who is told of a watched condition.

    Attributes:
        on_change: gets the condition, a code, `ENTERED` or `LEFT`, and whether that was found out by
            another search after a lost login, and not told by the control.
        on_end: the watch is over, for this reason.
    """

    on_change: Callable[[Condition, str, str, bool], None]
    on_end: Callable[[Condition, KiwoomError], None]


class _Search:
    """One SendCondition, due or under way, and who waits for its answer."""

    def __init__(self, condition: Condition, screen: str, watch: Optional[_Watch]) -> None:
        self.condition = condition
        self.screen = screen
        self.watch = watch
        self.waiting: List[Tuple[Callable[[List[str]], None], OnError]] = []
        self.sent = False
        self.repeated = False
        self.timer: Optional[Handle] = None


class _Watch:
    """A condition that is watched on a screen of its own."""

    def __init__(self, condition: Condition, screen: str) -> None:
        self.condition = condition
        self.screen = screen
        self.watchers: List[Watcher] = []
        self.codes: Dict[str, None] = {}  # that meet it, as far as it is known
        self.live = False  # it was answered since the login


class Conditions:
    """Asks the control for conditions.

    Callbacks come from the loop, each caller's once. Not to be called inside a call of the control
    (`Gate` sees to that).

    Args:
        control: what is asked.
        loop: market time.
        gate: keeps everything out of calls under way.
        limiter: the budget that searches share with TRs.
        pool: screens for conditions.
        timeout: microseconds until an answer counts as lost.
    """

    def __init__(
        self,
        control: Control,
        loop: Loop,
        gate: Gate,
        limiter: Limiter,
        pool: Pool,
        timeout: int = 10 * SECOND,
    ) -> None:
        self._control = control
        self._loop = loop
        self._gate = gate
        self._limiter = limiter
        self._pool = pool
        self._timeout = timeout
        self._list = ConditionList(control, loop, gate, self._loaded, timeout)
        self._connected = False
        self._searches: List[_Search] = []  # in the order of asking
        self._watches: Dict[int, _Watch] = {}
        self._asked: Dict[int, int] = {}  # when each was searched last
        self._timer: Optional[Handle] = None  # until a search is due
        self._timer_of_list: Optional[Handle] = None  # until the list is tried again

    # -- for callers ---------------------------------------------------------------------------

    def known(self, done: Callable[[List[Condition]], None], on_error: OnError) -> None:
        """Give all conditions, by number; what ``on_error`` gets is said by `ConditionList.get`."""
        self._list.get(lambda known: call_out(done, sorted(known.values())), on_error)

    def search(
        self, which: str, done: Callable[[Condition, List[str]], None], on_error: OnError
    ) -> None:
        """Give the codes that meet a condition now.

        Who asks for one that is about to be searched gets the same answer.

        Args:
            which: its name or its number.
            done: gets the condition and the codes.
            on_error: as in `known`; `RequestRejected` ``unknown-condition`` where there is none such.
        """

        def begin(known: Dict[int, Condition]) -> None:
            condition = find(known, which)
            search = self._due(condition)
            search.waiting.append((lambda codes: call_out(done, condition, codes), on_error))
            self._gate.post(self._step)

        self._list.get(begin, on_error)

    def watch(
        self,
        which: str,
        watcher: Watcher,
        done: Callable[[Condition, List[str]], None],
        on_error: OnError,
    ) -> None:
        """Tell ``watcher`` which codes enter and leave a condition, until `stop`.

        Args:
            which: its name or its number.
            watcher: is told of what changes after ``done``; twice is the same as once.
            done: gets the condition and the codes that meet it now.
            on_error: as in `search`; ``busy`` where ten are watched already, ``too-many-hits``.
        """

        def begin(known: Dict[int, Condition]) -> None:
            condition = find(known, which)
            watch = self._watches.get(condition.number) or self._new_watch(condition)

            def found(codes: List[str]) -> None:
                if watcher not in watch.watchers:
                    watch.watchers.append(watcher)
                call_out(done, condition, codes)

            if watch.live:
                found([*watch.codes])
                return
            search = next(each for each in self._searches if each.watch is watch)
            search.waiting.append((found, on_error))
            self._gate.post(self._step)

        self._list.get(begin, on_error)

    def stop(self, number: int, watcher: Watcher) -> bool:
        """Tell a watcher nothing more of a condition; False when it did not watch it."""
        watch = self._watches.get(number)
        if watch is None or watcher not in watch.watchers:
            return False
        watch.watchers.remove(watcher)
        self._end_if_idle(watch)
        return True

    def number(self, which: str) -> int:
        """The number of a condition that is watched, by its name or its number; -1 for any other."""
        watched = {each.condition.number: each.condition for each in self._watches.values()}
        try:
            return find(watched, which).number
        except RequestRejected:
            return -1

    @property
    def watched(self) -> Dict[int, int]:
        """How many watch each condition, by its number."""
        return {number: len(watch.watchers) for number, watch in self._watches.items()}

    # -- for the session -----------------------------------------------------------------------

    def resume(self) -> None:
        """Logged in: load the conditions again for those that wait for them or are watched."""
        self._connected = True
        self._list.resume()
        if self._watches or self._searches or self._list.wanted:
            self._restore()

    def suspend(self) -> None:
        """The login is lost. Everything stays; what is under way is made again after the next."""
        self._connected = False
        self._list.suspend()
        self._set_timer(None)
        for search in self._searches:
            self._unsend(search)
        for watch in self._watches.values():
            watch.live = False

    def on_loaded(self, result: int, text: str) -> None:
        """The answer to GetConditionLoad."""
        self._list.on_loaded(result, text)

    def on_found(self, screen: str, codes: str, index: int) -> None:
        """The answer to SendCondition."""
        search = next(
            (each for each in self._searches if each.sent and each.screen == screen), None
        )
        if search is None or search.condition.number != index:
            log.warning("ignored the answer to condition %d on screen %s: late", index, screen)
            return
        # With SetConditionSearchFlag each code has its price behind a "^".
        found = [each.split("^", 1)[0].strip() for each in codes.split(";") if each.strip()]
        watch = search.watch
        if watch is not None and len(found) > MOST_HITS:
            error = RequestRejected(
                "too-many-hits",
                f"{search.condition.name} is met by {len(found)} stocks, and real time comes for "
                f"{MOST_HITS} at most; narrow it, or use search-condition",
                hits=len(found),
            )
            self._fail(search, error)
            return
        self._searches.remove(search)
        self._cancel(search)
        if watch is None:
            self._pool.release(screen)
        else:
            watch.live = True
            self._tell_difference(watch, found)
        for done, _ in search.waiting:
            call_out(done, found)
        if watch is not None:
            self._end_if_idle(watch)
        self._gate.post(self._step)

    def on_change(self, code: str, kind: str, index: str) -> None:
        """A code entered or left a condition that is watched."""
        watch = self._watches.get(int(index)) if index.strip().isdigit() else None
        if watch is None or not watch.live:
            return
        if kind == LEFT:
            watch.codes.pop(code, None)
        else:
            watch.codes[code] = None
        _tell(watch, code, kind, False)

    # -- after another login --------------------------------------------------------------------

    def _restore(self) -> None:
        """Have the list loaded; `_loaded` does the rest."""
        self._timer_of_list = None
        if not self._connected or self._list.known is not None:
            return
        ready = ready_at(self._loop.now())
        if ready:
            self._try_list_again(ready - self._loop.now())
        else:
            self._list.get(lambda known: None, self._not_restored)

    def _not_restored(self, error: KiwoomError) -> None:
        log.error("conditions could not be loaded, tried again in a minute: %s", error)
        self._try_list_again(_BETWEEN)

    def _try_list_again(self, delay: int) -> None:
        if self._timer_of_list is not None:
            self._loop.cancel(self._timer_of_list)
        self._timer_of_list = self._gate.call_later(delay, self._restore)

    def _loaded(self, known: Dict[int, Condition]) -> None:
        """Search again with what was watched and what waits, as far as there is still such a condition."""
        for search in [*self._searches]:
            if search.watch is None and known.get(search.condition.number) != search.condition:
                self._fail(search, _gone(search.condition))
        for watch in [*self._watches.values()]:
            if known.get(watch.condition.number) != watch.condition:
                self._end(watch, _gone(watch.condition))
            elif not any(search.watch is watch for search in self._searches):
                self._searches.append(_Search(watch.condition, watch.screen, watch))
        self._step()

    # -- searching -----------------------------------------------------------------------------

    def _due(self, condition: Condition) -> _Search:
        """The search that will answer: one that was not sent yet, or a new one."""
        for search in self._searches:
            if search.condition == condition and not search.sent and search.watch is None:
                return search
        search = _Search(condition, self._pool.acquire(), None)
        self._searches.append(search)
        return search

    def _new_watch(self, condition: Condition) -> _Watch:
        if len(self._watches) >= MOST_WATCHED:
            raise RequestRejected(
                "busy", f"{MOST_WATCHED} conditions are watched already; stop one of them first"
            )
        watch = _Watch(condition, self._pool.acquire())
        self._watches[condition.number] = watch
        self._searches.append(_Search(condition, watch.screen, watch))
        return watch

    def _step(self) -> None:
        """Make the search that is due, or be back when one is."""
        self._set_timer(None)
        if not self._connected or self._list.known is None:
            return
        now = self._loop.now()
        due = [(self._due_at(search), search) for search in self._searches if not search.sent]
        if not due:
            return
        at, search = min(due, key=lambda each: each[0])
        at = max(at, self._limiter.next_at(now))
        if at > now:
            self._set_timer(self._gate.call_later(at - now, self._step))
            return
        self._send(search, now)
        self._gate.post(self._step)

    def _due_at(self, search: _Search) -> int:
        asked = self._asked.get(search.condition.number)
        return 0 if asked is None else asked + _BETWEEN

    def _send(self, search: _Search, now: int) -> None:
        condition = search.condition
        self._limiter.record(now)
        self._asked[condition.number] = now
        search.sent = True  # before the call: its answer may come before it returns
        search.timer = self._gate.call_later(self._timeout, partial(self._time_out, search))
        live = int(search.watch is not None)
        code: Optional[int] = None
        try:
            with self._gate:
                code = self._control.SendCondition(
                    search.screen, condition.name, condition.number, live
                )
        except Exception:
            log.exception("SendCondition failed")
        if code == 1 or search not in self._searches:
            return
        if code == 0 and not search.repeated:
            # It says no more than no. Perhaps the server before this one asked less than a minute ago.
            search.repeated = True
            self._unsend(search)
        else:
            self._fail(search, refused_without_reason("SendCondition", code))

    def _unsend(self, search: _Search) -> None:
        search.sent = False
        self._cancel(search)

    def _time_out(self, search: _Search) -> None:
        seconds = self._timeout / SECOND
        name = search.condition.name
        self._fail(search, RequestTimeout(f"{name} was not answered in {seconds:g} s; ask again"))

    def _fail(self, search: _Search, error: KiwoomError) -> None:
        self._cancel(search)
        watched = search.watch is not None and bool(search.watch.watchers)
        if watched and isinstance(error, (ControlError, RequestTimeout)):
            log.error("no real time for condition %d yet: %s", search.condition.number, error)
            waiting, search.waiting = search.waiting, []
            for _, on_error in waiting:
                call_out(on_error, error)
            self._unsend(search)
            self._gate.post(self._step)
            return
        self._searches.remove(search)
        for _, on_error in search.waiting:
            call_out(on_error, error)
        if search.watch is None:
            self._pool.release(search.screen)
        else:
            self._end(search.watch, error)
        self._gate.post(self._step)

    def _cancel(self, search: _Search) -> None:
        if search.timer is not None:
            self._loop.cancel(search.timer)
            search.timer = None

    # -- watching ------------------------------------------------------------------------------

    def _tell_difference(self, watch: _Watch, found: List[str]) -> None:
        """What changed while nobody could tell."""
        before, watch.codes = watch.codes, dict.fromkeys(found)
        if watch.watchers:
            for code in before:
                if code not in watch.codes:
                    _tell(watch, code, LEFT, True)
            for code in found:
                if code not in before:
                    _tell(watch, code, ENTERED, True)

    def _end_if_idle(self, watch: _Watch) -> None:
        waits = any(search.watch is watch and search.waiting for search in self._searches)
        if not watch.watchers and not waits and watch.condition.number in self._watches:
            self._end(watch, None)

    def _end(self, watch: _Watch, error: Optional[KiwoomError]) -> None:
        del self._watches[watch.condition.number]
        for search in [each for each in self._searches if each.watch is watch]:
            self._searches.remove(search)
            self._cancel(search)
            for _, on_error in search.waiting:
                call_out(on_error, error or RequestRejected("stopped", "the watch was stopped"))
        condition = watch.condition
        with self._gate:
            call_out(
                self._control.SendConditionStop, watch.screen, condition.name, condition.number
            )
        self._pool.release(watch.screen)
        if error is not None:
            log.warning("condition %d is watched no more: %s", condition.number, error)
            for watcher in watch.watchers:
                call_out(watcher.on_end, condition, error)

    def _set_timer(self, timer: Optional[Handle]) -> None:
        if self._timer is not None:
            self._loop.cancel(self._timer)
        self._timer = timer


def _tell(watch: _Watch, code: str, kind: str, found_out: bool) -> None:
    for watcher in tuple(watch.watchers):
        if watcher in watch.watchers:
            call_out(watcher.on_change, watch.condition, code, kind, found_out)


def _gone(condition: Condition) -> RequestRejected:
    return RequestRejected(
        "unknown-condition", f"there is no condition {condition.name} any more", field="condition"
    )
