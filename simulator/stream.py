"""Real-time events: what the exchange publishes about registered stocks, as raw strings."""

from __future__ import annotations

import logging
from collections import deque
from typing import Callable, Deque, Dict, FrozenSet, Iterator, Optional, Tuple

from sapi_kiwoom import krx
from sapi_kiwoom.loop import Handle, Loop
from simulator.answers.world import World
from simulator.feeds import Expected, Quote, Tick
from simulator.feeds.bars import AFTER, KRX, NXT
from simulator.market import phases
from simulator.market.exchange import Exchange
from simulator.market.interruptions import Interruption
from simulator.market.play import Play
from simulator.packets.book import best
from simulator.packets.expected import expected_trade
from simulator.packets.opening import KEY, opening_time
from simulator.tape import Tape
from simulator.universe import Stock

log = logging.getLogger(__name__)

TRADE, BOOK, BEST, EXPECTED = "주식체결", "주식호가잔량", "주식우선호가", "주식예상체결"
OPENING = "장시작시간"

STOCK_TYPES = frozenset((TRADE, BOOK, BEST, EXPECTED))
"""What a stock's registration may bring."""

_BOOKS = frozenset((BOOK, BEST, EXPECTED))

_REGISTERING = 200_000
"""Microseconds until a registration delivers: most of those that a TR makes are taken back before."""

Deliver = Callable[[str, str, str], None]
"""Called with the key under which the event was registered, the real type and the raw string."""


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

    def stop(self) -> None:
        """Deliver nothing more."""
        self._loop.cancel(self._handle)
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
    """One stream for each registered code that is listed."""

    def __init__(self, world: World, exchange: Exchange, loop: Loop, deliver: Deliver) -> None:
        self._world = world
        self._exchange = exchange
        self._loop = loop
        self._deliver = deliver
        self._streams: Dict[str, Stream] = {}

    def want(self, key: str, types: FrozenSet[str]) -> None:
        """Deliver these types of a registered code; none ends it. Unknown codes stay silent."""
        types &= STOCK_TYPES
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


class Bell:
    """The 장시작시간 events, which come to every login without being registered."""

    def __init__(self, loop: Loop, deliver: Deliver) -> None:
        self._loop = loop
        self._deliver = deliver
        self._handle: Optional[Handle] = None
        self._operations: Iterator[phases.Operation] = iter(())

    def start(self) -> None:
        """Ring from now on."""
        now = self._loop.now()
        day = krx.kst(now).date()
        if day > krx.LAST_DATE:
            return
        self._operations = iter(each for each in phases.operations(day) if each.at > now)
        self._wait()

    def stop(self) -> None:
        """Be silent."""
        if self._handle is not None:
            self._loop.cancel(self._handle)
            self._handle = None

    def _wait(self) -> None:
        now = self._loop.now()
        operation = next(self._operations, None)
        if operation is not None:
            self._handle = self._loop.call_later(operation.at - now, lambda: self._ring(operation))
            return
        midnight = krx.midnight(krx.kst(now).date()) + 24 * 60 * krx.MINUTE
        self._handle = self._loop.call_later(midnight - now, self.start)

    def _ring(self, operation: phases.Operation) -> None:
        self._wait()
        raw = opening_time(operation.code, operation.at, operation.remaining)
        self._deliver(KEY, OPENING, raw)


def _boards(key: str) -> Tuple[str, ...]:
    """The boards that a code with its venue's suffix means."""
    if key.endswith("_NX"):
        return (NXT,)
    return (KRX, AFTER, NXT) if key.endswith("_AL") else (KRX, AFTER)
