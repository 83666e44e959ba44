"""What really traded where it is not what the feed had in store: orders of users moved it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from operator import attrgetter
from typing import Dict, List, Optional, Set, Tuple, TypeVar

from sapi_kiwoom import krx
from simulator.feeds import Expected, Feed, Quote, Tick
from simulator.feeds.bars import KRX
from simulator.feeds.overlay import Overlay, ReplacedDay
from simulator.market.play import Play
from simulator.universe import Stock

_Key = Tuple[str, date, str]
_E = TypeVar("_E", Quote, Expected)

_KEPT = 2
"""Books that are kept of those shown while orders stood in them: the last, and what it is compared with."""


@dataclass
class _Minute:
    """The minute that runs, with what was printed in it so far."""

    stock: Stock
    minute: int
    ticks: List[Tick]


@dataclass
class _Shown:
    """What was shown of a day while orders were at work on it.

    Attributes:
        spans: from when to when they were, microseconds since 1970 UTC; the last may run still.
        quotes, expected: the last of these that were shown then.
        touch: the last trade, and best ask and bid after it.
    """

    spans: List[Tuple[int, int]] = field(default_factory=list)
    quotes: List[Quote] = field(default_factory=list)
    expected: List[Expected] = field(default_factory=list)
    touch: Optional[Tuple[Tick, Tuple[int, int]]] = None

    def over(self, below: List[_E], shown: List[_E]) -> List[_E]:
        """What the feed below had in store, where it was shown, and what was shown instead."""
        found: List[_E] = list(shown)
        for event in below:
            if not any(start <= event.at <= end for start, end in self.spans):
                found.append(event)
        found.sort(key=attrgetter("at"))
        return found


_RUNNING = 1 << 62


class Record(Overlay):
    """A feed with what was printed in its place, minute by minute.

    A minute that runs holds what was printed so far. The exchange plays the feed below. Of the books and
    expectations that orders changed only the last are known.
    """

    def __init__(self, feed: Feed) -> None:
        super().__init__(feed)
        self.below = feed
        self._running: Dict[_Key, _Minute] = {}
        self._stale: Set[_Key] = set()  # whose last prints are not written yet
        self._shown_then: Dict[_Key, _Shown] = {}

    # -- what the exchange tells ---------------------------------------------------------------

    def begin(self, play: Play) -> None:
        """Orders are at work from now on: what is printed and shown may differ."""
        key, now = _key(play), play.loop.now()
        shown = self._shown_then.setdefault(key, _Shown())
        if not shown.spans or shown.spans[-1][1] != _RUNNING:
            shown.spans.append((now, _RUNNING))
        if key not in self._running:
            minute = krx.day_and_minute(now)[1]
            past, _ = play.split(self.ticks(play.stock, key[1], minute, play.board))
            self._running[key] = _Minute(play.stock, minute, past)
            self._stale.add(key)

    def end(self, play: Play) -> None:
        """No order is at work any more; what is printed is told all the same."""
        spans = self._shown_then[_key(play)].spans
        spans[-1] = (spans[-1][0], play.loop.now())

    def add(self, play: Play, tick: Tick) -> None:
        """A trade was printed; its minute may be a new one."""
        key, minute = _key(play), krx.day_and_minute(tick.at)[1]
        running = self._running[key]
        if minute != running.minute:
            self._write(key)
            running = self._running[key] = _Minute(play.stock, minute, [])
        running.ticks.append(tick)
        self._stale.add(key)
        if play.touch is not None:
            self._shown_then[key].touch = (tick, play.touch)

    def show(self, play: Play, quote: Quote) -> None:
        """A book was shown."""
        quotes = self._shown_then[_key(play)].quotes
        quotes.append(quote)
        del quotes[:-_KEPT]

    def expect(self, play: Play, expected: Expected) -> None:
        """An auction expected something."""
        self._shown_then[_key(play)].expected[:] = [expected]

    # -- the feed ------------------------------------------------------------------------------

    def quotes(self, stock: Stock, day: date, minute: int, board: str = KRX) -> List[Quote]:
        """The books of a minute in order of time, see the class."""
        shown = self._shown_then.get((stock.code, day, board))
        if shown is None:
            return super().quotes(stock, day, minute, board)
        then = [quote for quote in shown.quotes if krx.day_and_minute(quote.at)[1] == minute]
        return shown.over(self.below.quotes(stock, day, minute, board), then)

    def expected(self, stock: Stock, day: date) -> Tuple[Expected, ...]:
        """What the day's auctions expect, see the class."""
        shown = self._shown_then.get((stock.code, day, KRX))
        if shown is None:
            return super().expected(stock, day)
        return tuple(shown.over(list(self.below.expected(stock, day)), shown.expected))

    def best_quotes(self, stock: Stock, tick: Tick, board: str = KRX) -> Tuple[int, int]:
        """Best ask and best bid in won just after a trade; 0 where the book has no such side."""
        shown = self._shown_then.get((stock.code, krx.day_and_minute(tick.at)[0], board))
        if shown is None:
            return super().best_quotes(stock, tick, board)
        if shown.touch is not None and shown.touch[0] == tick:
            return shown.touch[1]
        return self.below.best_quotes(stock, tick, board)

    def replacement(self, stock: Stock, day: date, board: str) -> Optional[ReplacedDay]:
        """What replaces a day on a board, up to the latest trade; None where nothing does."""
        key = (stock.code, day, board)
        if key in self._stale:
            self._write(key)
        return super().replacement(stock, day, board)

    def _write(self, key: _Key) -> None:
        self._stale.discard(key)  # first: writing asks for the replacement in its turn
        running = self._running[key]
        self.put_minute(running.stock, key[1], running.minute, running.ticks, board=key[2])


def _key(play: Play) -> _Key:
    return play.stock.code, krx.kst(play.loop.now()).date(), play.board
