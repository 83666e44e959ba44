"""One stock on one board, event by event, while somebody looks at it or trades it."""

from __future__ import annotations

from collections import deque
from datetime import date
from functools import partial
from operator import attrgetter
from typing import (
    Callable,
    Deque,
    Dict,
    Iterable,
    Iterator,
    List,
    Optional,
    Protocol,
    Sequence,
    Tuple,
    TypeVar,
    Union,
    cast,
)

from sapi_kiwoom import krx
from sapi_kiwoom.loop import Handle
from simulator.clock import VirtualLoop
from simulator.feeds import Expected, Feed, Quote, Tick
from simulator.feeds.bars import KRX
from simulator.market.conductor import Conductor
from simulator.market.guard import Guard
from simulator.market.interruptions import Interruption
from simulator.universe import Stock

Event = Union[Tick, Quote, Expected]
_E = TypeVar("_E", Tick, Quote, Expected)

_at = attrgetter("at")
_DAY = 24 * 60 * krx.MINUTE
_LONGEST_SILENCE = 30
"""Minutes back in which the last book is looked for when somebody starts to look."""


class Watcher(Protocol):
    """Sees what is published about one stock on one board, in order of time."""

    def traded(self, play: Play, tick: Tick) -> None:
        """A trade was printed."""

    def quoted(self, play: Play, quote: Quote) -> None:
        """The book changed. Only a watcher that asked for books is told."""

    def expected(self, play: Play, expected: Expected) -> None:
        """An auction expects something else. Only a watcher that asked for books is told."""

    def interrupted(self, play: Play, interruption: Interruption, over: bool) -> None:
        """A VI began, or its auction was settled. Only a watcher that asked for books is told."""


class Receiver(Protocol):
    """Stands between the feed and what is published, where orders are at work: a fill model."""

    needs_books: bool

    def traded(self, tick: Tick) -> None:
        """The feed's next trade."""

    def quoted(self, quote: Quote) -> None:
        """The feed's next book."""

    def expected(self, expected: Expected) -> None:
        """What the feed's auction expects next."""


class Play:
    """Plays a feed's days in market time.

    Whatever is published is told when the work that led to it is done, so that a watcher may do anything
    in its turn: leave, send an order, even let time go on.

    Attributes:
        stock, board: what is played.
        day: the day that is played.
        minute: the feed's trades of the minute under way, or of the next one after its last.
        last: the trade printed last today; None before the first.
        quote: the book shown last today, None before; kept only while books are played.
        expected: what the running auction expects, likewise; None outside auctions.
        touch: best ask and best bid after the last trade, in won, where orders change the book; else None.
        trading: where the orders of this board are, if there are any.
    """

    def __init__(
        self,
        loop: VirtualLoop,
        feed: Feed,
        stock: Stock,
        board: str,
        conductor: Optional[Conductor] = None,
    ) -> None:
        self.loop = loop
        self.turn = 0
        self._conductor = conductor or Conductor(loop)
        self.feed = feed
        self.stock = stock
        self.board = board
        self.day: Optional[date] = None
        self.minute: Sequence[Tick] = ()
        self.last: Optional[Tick] = None
        self.quote: Optional[Quote] = None
        self.expected: Optional[Expected] = None
        self.touch: Optional[Tuple[int, int]] = None
        self.trading: Optional[Receiver] = None
        self._guard: Optional[Guard] = None
        self._watchers: Dict[Watcher, bool] = {}  # in order of arrival; whether it wants books
        self._alone: Optional[Watcher] = None  # where trades go from the feed to one watcher
        self._untold: Deque[Tuple[Watcher, Callable[[], None]]] = deque()
        self._books = self._looks_out = False
        self._events: Iterator[Event] = iter(())
        self._event: Optional[Event] = None
        # How far the feed was played: up to a moment, and the types of the events at it.
        self._moment = -1
        self._done: Tuple[type, ...] = ()
        self._playing = False
        self._handle: Optional[Handle] = None  # of the next day

    @property
    def interruption(self) -> Optional[Interruption]:
        """The VI that runs; seen on the board ``KRX`` while books or orders are played."""
        return self._guard.running if self._guard is not None else None

    # -- who looks -----------------------------------------------------------------------------

    @property
    def idle(self) -> bool:
        """Whether nobody needs it any more."""
        return not self._watchers and self.trading is None

    def watch(self, watcher: Watcher, books: bool) -> None:
        """Tell a watcher from now on; again, to change whether it is told of books."""
        self._watchers[watcher] = books
        self._retune()

    def unwatch(self, watcher: Watcher) -> None:
        """Tell it nothing more."""
        self._watchers.pop(watcher, None)
        self._untold = deque(each for each in self._untold if each[0] is not watcher)
        self._retune()

    def trade(self, trading: Optional[Receiver]) -> None:
        """Let the feed pass through ``trading`` from now on; None when there are no orders."""
        self.trading = trading
        self.touch = None
        self._retune()

    def _retune(self) -> None:
        """Play while somebody needs it, and books exactly while somebody needs them."""
        books = any(self._watchers.values()) or (
            self.trading is not None and self.trading.needs_books
        )
        if self.idle:
            self._stop()
        elif not self._playing:
            self._books = books
            self._open()
        elif books != self._books:
            self._books = books
            if not books:  # they would grow old
                self.quote = self.expected = None
            self._stop()
            self._resume()
        self._keep_guard()

    # -- the day -------------------------------------------------------------------------------

    def look_out(self) -> None:
        """See interruptions from now on. Nobody needs to watch or trade."""
        self._looks_out = True
        if self.idle:
            self._open()
            self._stop()
        else:
            self._keep_guard()

    def _stop(self) -> None:
        self._playing = False
        self._conductor.leave(self)
        if self._handle is not None:
            self.loop.cancel(self._handle)
            self._handle = None

    def _open(self) -> None:
        """Take up the running day where it stands, or wait for the next one."""
        now = self.loop.now()
        self.day = krx.kst(now).date()
        self.quote = self.expected = self.touch = None
        passed = self._passed(now)
        self.last = passed[-1] if passed else None
        self._reach(now + 1)  # what happens now has happened
        self._guard = None
        self._resume()

    def _passed(self, now: int) -> List[Tick]:
        """The trades of the latest minute that had any by now."""
        day, minute = krx.day_and_minute(now)
        if not self._listed(day):
            return []
        for bar in reversed(self.feed.minutes(self.stock, day, self.board)):
            if bar.minute <= minute:
                ticks = _until(self.feed.ticks(self.stock, day, bar.minute, self.board), now)
                if ticks:
                    return ticks
        return []

    def _reach(self, moment: int) -> None:
        self._moment = moment
        self._done = ()

    def _resume(self) -> None:
        """Go on with what is still to come of the day, with or without books."""
        now = self.loop.now()
        day, minute = krx.day_and_minute(now)
        if self._moment < now:
            self._reach(now)
        self._events = iter(())
        if self._listed(day):
            if self._books:
                self._look_back(day, minute)
            self._events = self._timeline(day, minute)
            self._keep_guard()
        self._advance()

    def _keep_guard(self) -> None:
        """Hold trades against the VI once somebody sees it or has orders that heed it."""
        wanted = self._books or self._looks_out or self.trading is not None
        if wanted and self._guard is None and self.board == KRX:
            day = krx.kst(self.loop.now()).date()
            if self._listed(day):
                self._guard = Guard(self, day, self.last)
        straight = self.trading is None and self._guard is None and len(self._watchers) == 1
        self._alone = next(iter(self._watchers)) if straight else None

    def _look_back(self, day: date, minute: int) -> None:
        """See what somebody sees who has looked for a while."""
        if self.last is not None:
            for each in range(minute, minute - _LONGEST_SILENCE, -1):
                quotes = self.split(self.feed.quotes(self.stock, day, each, self.board))[0]
                if quotes:
                    self.quote = quotes[-1]
                    break
        if self.board == KRX:
            expected = self.split(self.feed.expected(self.stock, day))[0]
            if expected and (self.last is None or expected[-1].at > self.last.at):
                self.expected = expected[-1]

    def split(self, events: Sequence[_E]) -> Tuple[List[_E], List[_E]]:
        """What of the feed has been played, and what has not."""
        first = sum(1 for event in events if event.at < self._moment)
        if first < len(events) and events[first].at == self._moment:
            first += self._done.count(type(events[first]))
        return list(events[:first]), list(events[first:])

    def _listed(self, day: date) -> bool:
        return self.stock.listed <= day <= krx.LAST_DATE and krx.is_trading_day(day)

    def _timeline(self, day: date, start: int) -> Iterator[Event]:
        """What is to come, in order of time; a trade before the book that it leaves."""
        expected: List[Expected] = []
        if self._books and self.board == KRX:
            expected = self.split(self.feed.expected(self.stock, day))[1]
            expected.reverse()
        for minute in self._minutes(day, start):
            ticks = self.minute = self.feed.ticks(self.stock, day, minute, self.board)
            events: List[Event] = [*(self.split(ticks)[1] if minute == start else ticks)]
            if self._books:
                quotes = self.feed.quotes(self.stock, day, minute, self.board)
                events += self.split(quotes)[1] if minute == start else quotes
                end = krx.midnight(day) + (minute + 1) * krx.MINUTE
                while expected and expected[-1].at < end:
                    events.append(expected.pop())
                events.sort(key=_at)
            yield from events

    def _minutes(self, day: date, start: int) -> Iterable[int]:
        """The minutes in which something may happen; with books, all of the board's hours."""
        traded = [bar.minute for bar in self.feed.minutes(self.stock, day, self.board)]
        if not self._books or not traded:
            return (minute for minute in traded if minute >= start)
        first = 8 * 60  # before any auction
        last = max(traded[-1], krx.session(day).close) if self.board == KRX else traded[-1]
        return range(max(start, first), last + 1)

    def _advance(self) -> None:
        """Wait for the next event, or the next day."""
        self._playing = True
        event = self._event = next(self._events, None)
        if event is not None:
            self._conductor.wait(self, event[0])
            return
        now = self.loop.now()
        if krx.kst(now).date() <= krx.LAST_DATE:
            midnight = krx.midnight(krx.kst(now).date()) + _DAY
            self._handle = self.loop.call_later(midnight - now, self._open)

    def fire(self) -> None:
        """The feed's next event is due."""
        event = self._event
        assert event is not None
        kind = type(event)
        if event[0] == self._moment:
            self._done += (kind,)
        else:
            self._moment, self._done = event[0], (kind,)
        # First what is next, so that whoever leaves now stops it: `_advance`, without a call.
        following = self._event = next(self._events, None)
        if following is None:
            self._advance()
        else:
            self._conductor.wait(self, following[0])
        alone = self._alone
        if alone is not None and kind is Tick and not self._untold:
            # The quick way, for what happens most by far: nothing is there to be told before.
            self.last = tick = cast(Tick, event)
            if tick[3] == 0:
                self.expected = None
            alone.traded(self, tick)
            return
        receiver = self.trading
        if isinstance(event, Tick):
            self.print(event) if receiver is None else receiver.traded(event)
        elif isinstance(event, Quote):
            self.show(event) if receiver is None else receiver.quoted(event)
        else:
            self.expect(event) if receiver is None else receiver.expected(event)
        self.tell()

    # -- what is published ---------------------------------------------------------------------

    def print(self, tick: Tick) -> None:
        """Publish a trade."""
        if self._guard is not None:
            for interruption, over in self._guard.traded(tick):
                self._tell_interruption(interruption, over)
        self.last = tick
        if tick.side == 0:
            self.expected = None
        for watcher in self._watchers:
            self._untold.append((watcher, partial(watcher.traded, self, tick)))

    def show(self, quote: Quote) -> None:
        """Publish a book."""
        self.quote = quote
        for watcher, books in self._watchers.items():
            if books:
                self._untold.append((watcher, partial(watcher.quoted, self, quote)))

    def expect(self, expected: Expected) -> None:
        """Publish what an auction expects."""
        self.expected = expected
        for watcher, books in self._watchers.items():
            if books:
                self._untold.append((watcher, partial(watcher.expected, self, expected)))

    def tell(self) -> None:
        """Tell the watchers what has been published."""
        while self._untold:
            self._untold.popleft()[1]()

    def _tell_interruption(self, interruption: Interruption, over: bool) -> None:
        for watcher, books in self._watchers.items():
            if books:
                tell = partial(watcher.interrupted, self, interruption, over)
                self._untold.append((watcher, tell))


def _until(events: Iterable[_E], now: int) -> List[_E]:
    return [event for event in events if event.at <= now]
