"""One stock on one board, event by event, while somebody looks at it or trades it."""

from __future__ import annotations

from datetime import date
from operator import attrgetter
from typing import Dict, Iterable, Iterator, List, Optional, Protocol, Tuple, TypeVar, Union

from sapi_kiwoom import krx
from sapi_kiwoom.loop import Handle, Loop
from simulator.draws import Draws
from simulator.feeds import Expected, Feed, Quote, Tick
from simulator.feeds.bars import KRX
from simulator.market.interruptions import LONGEST_DELAY, Interruption, VolatilityInterruption
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


class Trading(Protocol):
    """Stands between the feed and what is published, where orders are at work: a fill model."""

    needs_books: bool

    def traded(self, tick: Tick) -> None:
        """The feed's next trade."""

    def quoted(self, quote: Quote) -> None:
        """The feed's next book."""


class Play:
    """Plays a feed's days in market time.

    Attributes:
        stock, board: what is played.
        day: the day that is played.
        last: the trade printed last today; None before the first.
        quote: the book shown last today, None before; kept only while books are played.
        expected: what the running auction expects, likewise.
        touch: best ask and best bid after the last trade, in won, where orders change the book; else None.
        trading: where the orders of this board are, if there are any.
        interruption: the VI that runs; seen on the board ``KRX`` while books are played.
    """

    def __init__(self, loop: Loop, feed: Feed, stock: Stock, board: str) -> None:
        self.loop = loop
        self.feed = feed
        self.stock = stock
        self.board = board
        self.day: Optional[date] = None
        self.last: Optional[Tick] = None
        self.quote: Optional[Quote] = None
        self.expected: Optional[Expected] = None
        self.touch: Optional[Tuple[int, int]] = None
        self.trading: Optional[Trading] = None
        self.interruption: Optional[Interruption] = None
        self._guard: Optional[VolatilityInterruption] = None
        self._watchers: Dict[Watcher, bool] = {}  # in order of arrival; whether it wants books
        self._books = False
        self._events: Iterator[Event] = iter(())
        self._event: Optional[Event] = None
        self._traded_at, self._trades = (
            -1,
            0,
        )  # of the feed's last trade, and how many at that moment
        self._handle: Optional[Handle] = None

    # -- who looks -----------------------------------------------------------------------------

    @property
    def idle(self) -> bool:
        """Whether nobody needs it any more."""
        return not self._watchers and self.trading is None

    def watch(self, watcher: Watcher, books: bool) -> None:
        """Tell a watcher from now on; again, to change whether it is told of books."""
        self._watchers = {
            **self._watchers,
            watcher: books,
        }  # a walk over the old one may be under way
        self._retune()

    def unwatch(self, watcher: Watcher) -> None:
        """Tell it nothing more."""
        self._watchers = {
            each: books for each, books in self._watchers.items() if each is not watcher
        }
        self._retune()

    def trade(self, trading: Optional[Trading]) -> None:
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
        elif self._handle is None:
            self._books = books
            self._open()
        elif books != self._books:
            self._books = books
            self._stop()
            self._resume()

    # -- the day -------------------------------------------------------------------------------

    def _stop(self) -> None:
        if self._handle is not None:
            self.loop.cancel(self._handle)
            self._handle = None

    def _open(self) -> None:
        """Take up the running day where it stands, or wait for the next one."""
        now = self.loop.now()
        self.day = krx.kst(now).date()
        self.quote = self.expected = None
        passed = self._passed(now)
        self.last = passed[-1] if passed else None
        self._traded_at = now
        self._trades = sum(1 for tick in passed if tick.at == now)
        self.interruption = self._guard = None
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

    def _resume(self) -> None:
        """Go on with what is still to come of the day, with or without books."""
        now = self.loop.now()
        day, minute = krx.day_and_minute(now)
        self._events = iter(())
        if self._listed(day):
            if self._books and self.quote is None and self.last is not None:
                for each in range(minute, minute - _LONGEST_SILENCE, -1):
                    quotes = _until(self.feed.quotes(self.stock, day, each, self.board), now)
                    if quotes:
                        self.quote = quotes[-1]
                        break
            if self._books and self.board == KRX and self._guard is None:
                self._guard = self._new_guard(day)
            self._events = self._timeline(day, minute, now)
        self._advance()

    def _new_guard(self, day: date) -> VolatilityInterruption:
        """Watches over trades from now on; what it was held against before is the opening price."""
        stock, now = self.stock, self.loop.now()
        base = self.feed.base_price(stock, day)

        def delay(at: int) -> int:
            return Draws(self.feed.seed, "vi", stock.code, day, at).below(LONGEST_DELAY)

        guard = VolatilityInterruption(
            stock.kind, stock.kospi200, base, krx.tick_table(stock.market, day), delay
        )
        if self.last is not None:
            opening = self.feed.minutes_so_far(stock, now)[0].open
            guard.reference, guard.last = opening, self.last.price
        return guard

    def _listed(self, day: date) -> bool:
        return self.stock.listed <= day <= krx.LAST_DATE and krx.is_trading_day(day)

    def _timeline(self, day: date, start: int, now: int) -> Iterator[Event]:
        """What is to come after now, in order of time; a trade before the book that it leaves."""
        expected: List[Expected] = []
        if self._books and self.board == KRX:
            expected = _after(self.feed.expected(self.stock, day), now)
            expected.reverse()
        skipped = self._trades if self._traded_at == now else 0
        for minute in self._minutes(day, start):
            ticks = self.feed.ticks(self.stock, day, minute, self.board)
            events: List[Event] = list(ticks)
            if minute == start:
                due = [tick for tick in ticks if tick.at >= now]
                events = [*due[skipped:]] if due and due[0].at == now else [*due]
            if self._books:
                quotes = self.feed.quotes(self.stock, day, minute, self.board)
                events += _after(quotes, now) if minute == start else quotes
                end = krx.midnight(day) + (minute + 1) * krx.MINUTE
                while expected and expected[-1].at < end:
                    events.append(expected.pop())
                events.sort(key=_at)
            yield from events

    def _minutes(self, day: date, start: int) -> Iterable[int]:
        """The minutes in which something may happen; with books, all until the last trade."""
        traded = [bar.minute for bar in self.feed.minutes(self.stock, day, self.board)]
        if not self._books:
            return (minute for minute in traded if minute >= start)
        first = 8 * 60  # before any auction
        return range(max(start, first), traded[-1] + 1 if traded else first)

    def _advance(self) -> None:
        """Wait for the next event, or the next day."""
        event = self._event = next(self._events, None)
        now = self.loop.now()
        if event is not None:
            self._handle = self.loop.call_later(event.at - now, self._fire)
        elif krx.kst(now).date() <= krx.LAST_DATE:
            midnight = krx.midnight(krx.kst(now).date()) + _DAY
            self._handle = self.loop.call_later(midnight - now, self._open)

    def _fire(self) -> None:
        event = self._event
        assert event is not None
        if isinstance(event, Tick):
            if event.at != self._traded_at:
                self._traded_at, self._trades = event.at, 0
            self._trades += 1
        self._advance()  # first, so that whoever leaves now stops what is next
        if isinstance(event, Tick):
            if self.trading is None:
                self.print(event)
            else:
                self.trading.traded(event)
        elif isinstance(event, Quote):
            if self.trading is None:
                self.show(event)
            else:
                self.trading.quoted(event)
        else:
            self.expect(event)

    # -- what is published ---------------------------------------------------------------------

    def print(self, tick: Tick) -> None:
        """Publish a trade."""
        if self._guard is not None:
            self._watch_over(self._guard, tick)
        self.last = tick
        for watcher in self._watchers:
            watcher.traded(self, tick)

    def _watch_over(self, guard: VolatilityInterruption, tick: Tick) -> None:
        """See a VI begin and end: the feed goes on with a single price when it is over."""
        running = self.interruption
        if running is not None:
            guard.settle(tick.price if tick.side == 0 else None)
            self.interruption = None
            self._tell_interruption(running, True)
        if tick.side == 0:
            guard.reference = guard.last = tick.price
            return
        self.interruption = guard.offer(tick.at, tick.price)
        if self.interruption is not None:
            self._tell_interruption(self.interruption, False)

    def _tell_interruption(self, interruption: Interruption, over: bool) -> None:
        for watcher, books in self._watchers.items():
            if books:
                watcher.interrupted(self, interruption, over)

    def show(self, quote: Quote) -> None:
        """Publish a book."""
        self.quote = quote
        for watcher, books in self._watchers.items():
            if books:
                watcher.quoted(self, quote)

    def expect(self, expected: Expected) -> None:
        """Publish what an auction expects."""
        self.expected = expected
        for watcher, books in self._watchers.items():
            if books:
                watcher.expected(self, expected)


def _until(events: Iterable[_E], now: int) -> List[_E]:
    return [event for event in events if event.at <= now]


def _after(events: Iterable[_E], now: int) -> List[_E]:
    return [event for event in events if event.at > now]
