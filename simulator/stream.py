"""Real-time events: what the exchange publishes about registered stocks, as raw strings."""

from __future__ import annotations

import logging
from collections import deque
from typing import Deque, Dict, FrozenSet, Optional, Tuple

from sapi_kiwoom import krx
from sapi_kiwoom.loop import Handle, Loop
from simulator.answers.world import World
from simulator.feeds import Expected, Feed, Quote, Tick
from simulator.feeds.bars import AFTER, KRX, NXT
from simulator.industries import BY_CODE
from simulator.market import phases
from simulator.market.exchange import Exchange
from simulator.market.interruptions import Interruption
from simulator.market.play import Play
from simulator.packets.book import best
from simulator.packets.expected import expected_trade
from simulator.streams.bell import Bell
from simulator.streams.indexes import IndexEvents
from simulator.streams.stocks import SOURCES
from simulator.streams.timetable import Timetable
from simulator.streams.types import (
    BEST,
    BOOK,
    EVERY_STOCK,
    EXPECTED,
    INDEX_TYPES,
    STOCK_TYPES,
    TRADE,
    VI,
    Deliver,
)
from simulator.streams.volatility import InterruptionEvents
from simulator.tape import Tape
from simulator.universe import Stock

log = logging.getLogger(__name__)

__all__ = ["STOCK_TYPES", "Bell", "Deliver", "Stream", "Streams", "tape_so_far"]

_BOOKS = frozenset((BOOK, BEST, EXPECTED))

_REGISTERING = 200_000
"""Microseconds until a registration delivers: most of those that a TR makes are taken back before."""


class Stream:
    """The events of one registered code, day after day.

    Args:
        key: the code as it was registered; with ``_NX`` it means Nextrade, with ``_AL`` both venues.
        types: the real types that are wanted.
    """

    def __init__(
        self,
        world: World,
        exchange: Exchange,
        loop: Loop,
        stock: Stock,
        key: str,
        types: FrozenSet[str],
        deliver: Deliver,
    ) -> None:
        self._world = world
        self._exchange = exchange
        self._loop = loop
        self._stock = stock
        self._key = key
        self._types = types
        self._deliver = deliver
        self._boards = _boards(key)
        self._tapes: Dict[str, Tape] = {}  # by board
        self._timetables: Dict[str, Timetable] = {}  # by real type
        self._regular: Optional[Play] = None  # KRX's
        self._shown: Optional[Quote] = None
        self._touch: Tuple[int, int] = (0, 0)
        self._opened = False
        self._due: Deque[Tuple[str, str]] = deque()
        self._handle: Handle = loop.call_later(_REGISTERING, self._open)

    def want(self, types: FrozenSet[str]) -> None:
        """Deliver other types from now on."""
        self._types = types
        if self._opened:
            for board in self._boards:
                self._exchange.watch(self._stock, board, self, self._wants_books)
            self._keep_time()

    def stop(self) -> None:
        """Deliver nothing more."""
        self._loop.cancel(self._handle)
        self._types = frozenset()
        self._keep_time()
        for board in self._boards:
            self._exchange.unwatch(self._stock, board, self)

    @property
    def _wants_books(self) -> bool:
        return bool(self._types & _BOOKS)

    def _open(self) -> None:
        self._opened = True
        for board in self._boards:
            play = self._exchange.watch(self._stock, board, self, self._wants_books)
            day = play.day
            if (
                board not in self._tapes
                and day
                and day <= krx.LAST_DATE
                and krx.is_trading_day(day)
            ):
                self._tapes[board] = tape_so_far(self._world, play)
            if board == KRX:
                self._regular = play
        self._keep_time()

    def _keep_time(self) -> None:
        """Have timetables for those wanted types that need one."""
        for name in SOURCES:
            wanted = name in self._types and self._regular is not None
            if wanted and name not in self._timetables:
                self._timetables[name] = self._timetable(name)
            elif not wanted and name in self._timetables:
                self._timetables.pop(name).stop()

    def _timetable(self, name: str) -> Timetable:
        source, stock = SOURCES[name](self), self._stock

        def tell(moment: int) -> None:
            raw = source.write(moment)
            if raw is not None:
                self._deliver(self._key, name, raw)

        return Timetable(
            self._loop, lambda day: source.moments(day) if stock.listed <= day else (), tell
        )

    def _today(self, play: Play) -> Tape:
        """The tape of the day that is played; nothing of a new one was missed."""
        tape = self._tapes.get(play.board)
        if tape is None or play.day != tape.day:
            assert play.day is not None
            tape = self._tapes[play.board] = Tape(
                self._world.feed, self._stock, play.day, play.board
            )
            self._shown = None
        return tape

    # -- what sources are made from (see `streams.stocks.Market`) --------------------------------

    @property
    def feed(self) -> Feed:
        """Prices, without what users' orders print."""
        return self._exchange.feed.below

    @property
    def stock(self) -> Stock:
        """The stock."""
        return self._stock

    @property
    def tape(self) -> Tape:
        """The day's totals on KRX."""
        assert self._regular is not None
        return self._today(self._regular)

    @property
    def touch(self) -> Tuple[int, int]:
        """Best ask and best bid on KRX in won."""
        return self._exchange.touch(self._stock)

    def volume_by(self, moment: int) -> int:
        """Shares traded on a moment's day on KRX, up to and including the moment."""
        bar = self._world.feed.day_so_far(self._stock, moment)
        return bar.volume if bar else 0

    # -- what is published ---------------------------------------------------------------------

    def traded(self, play: Play, tick: Tick) -> None:
        """See `Watcher.traded`."""
        tape = self._tapes.get(play.board)
        if tape is None or tape.day != play.day:
            tape = self._today(play)
        if TRADE in self._types:
            self._deliver(self._key, TRADE, tape.publish(tick, play.touch, play.feed, play.minute))
        else:
            tape.add(tick)

    def quoted(self, play: Play, quote: Quote) -> None:
        """See `Watcher.quoted`."""
        tape = self._today(play)
        touch = (quote.asks[0][0] if quote.asks else 0, quote.bids[0][0] if quote.bids else 0)
        if BEST in self._types and touch != self._touch:
            self._due.append((BEST, best(tape.colours, *touch)))
        self._touch = touch
        before, self._shown = self._shown, quote
        if BOOK in self._types:
            raw = tape.books.book(quote, before, tape.volume, self._outlook(play), self._code(play))
            self._due.append((BOOK, raw))
        while self._due:  # whoever hears of the first may let time go on
            self._deliver(self._key, *self._due.popleft())

    def expected(self, play: Play, expected: Expected) -> None:
        """See `Watcher.expected`."""
        tape = self._today(play)
        if EXPECTED in self._types:
            self._deliver(self._key, EXPECTED, expected_trade(tape.colours, expected, tape.volume))

    def interrupted(self, play: Play, interruption: Interruption, over: bool) -> None:
        """See `Watcher.interrupted`: VI발동/해제 is not registered by code."""

    def _outlook(self, play: Play) -> Optional[Expected]:
        """What the auction expects, while there is one."""
        return None if self._exchange.continuous(play) else play.expected

    def _code(self, play: Play) -> str:
        """장운영구분 (FID 215) of the regular session."""
        phase = self._exchange.phase(NXT if play.board == NXT else KRX)
        if phase is None:
            return "8"
        return {phases.OPENING_AUCTION: "0", phases.CLOSING_AUCTION: "2"}.get(phase.name, "3")


def tape_so_far(world: World, play: Play) -> Tape:
    """A tape of its own with everything that was played of a board on the trading day that runs."""
    stock, now = play.stock, play.loop.now()
    day, minute = krx.day_and_minute(now)
    live = world.live.get(stock.code)
    if play.board == KRX and live is not None and live.day == day:
        return live.copy()
    if play.board == KRX:  # of what happens at this very moment, only what was played
        tape = world.tapes.at(stock, now - 1).copy()
        past = play.split(play.feed.ticks(stock, day, minute))[0]
        past = [tick for tick in past if tick.at == now]
    else:
        tape = Tape(world.feed, stock, day, play.board)
        bars = play.feed.minutes(stock, day, play.board)
        ticks = [play.feed.ticks(stock, day, bar.minute, play.board) for bar in bars]
        past = [tick for each in ticks for tick in play.split(each)[0]]
    for tick in past:
        tape.add(tick)
    return tape


class Streams:
    """What a login has registered: a stream for each code of a listed stock, indexes, VIs."""

    def __init__(self, world: World, exchange: Exchange, loop: Loop, deliver: Deliver) -> None:
        self._world = world
        self._exchange = exchange
        self._loop = loop
        self._deliver = deliver
        self._streams: Dict[str, Stream] = {}
        self._indexes: Optional[IndexEvents] = None
        self._interruptions: Optional[InterruptionEvents] = None

    def want(self, key: str, types: FrozenSet[str]) -> None:
        """Deliver these types of a registered code; none ends it. Unknown codes stay silent.

        Args:
            key: the code of a stock or an index, or `EVERY_STOCK`, which brings `VI` alone.
            types: of all that are named, those count that such a code can bring.
        """
        if key == EVERY_STOCK:
            self._want_interruptions(VI in types)
        elif key in BY_CODE:
            if self._indexes is None:
                self._indexes = IndexEvents(self._world, self._loop, self._deliver)
            self._indexes.want(key, types & INDEX_TYPES)
        else:
            self._want_stock(key, types & STOCK_TYPES)

    def _want_interruptions(self, wanted: bool) -> None:
        if self._interruptions is not None and not wanted:
            self._interruptions.stop()
            self._interruptions = None
        elif self._interruptions is None and wanted:
            self._interruptions = InterruptionEvents(
                self._world, self._exchange.feed.below, self._loop, self._deliver
            )

    def _want_stock(self, key: str, types: FrozenSet[str]) -> None:
        stream = self._streams.get(key)
        stock = self._world.stock(key)
        if stream is not None and types:
            stream.want(types)
        elif stream is not None:
            self._streams.pop(key).stop()
        elif types and stock is not None:
            self._streams[key] = Stream(
                self._world, self._exchange, self._loop, stock, key, types, self._deliver
            )


def _boards(key: str) -> Tuple[str, ...]:
    """The boards that a code with its venue's suffix means."""
    if key.endswith("_NX"):
        return (NXT,)
    return (KRX, AFTER, NXT) if key.endswith("_AL") else (KRX, AFTER)
