"""What really traded where it is not what the feed had in store: orders of users moved it."""

from __future__ import annotations

from datetime import date
from typing import Dict, List, Optional, Set, Tuple

from sapi_kiwoom import krx
from simulator.feeds import Feed, Tick
from simulator.feeds.overlay import Overlay, ReplacedDay
from simulator.market.play import Play
from simulator.universe import Stock


class Record(Overlay):
    """A feed with what was printed in its place, minute by minute.

    A minute that runs holds what was printed so far. The exchange plays the feed below.
    """

    def __init__(self, feed: Feed) -> None:
        super().__init__(feed)
        self.below = feed
        self._running: Dict[Tuple[str, date, str], Tuple[Stock, int, List[Tick]]] = {}
        self._stale: Set[Tuple[str, date, str]] = set()  # whose last prints are not written yet

    def begin(self, play: Play) -> None:
        """What is printed from now on may differ."""
        now = play.loop.now()
        day, minute = krx.day_and_minute(now)
        key = (play.stock.code, day, play.board)
        if key not in self._running:
            past, _ = play.split(self.ticks(play.stock, day, minute, play.board))
            self._running[key] = (play.stock, minute, past)
            self._stale.add(key)

    def add(self, play: Play, tick: Tick) -> None:
        """A trade was printed; its minute or the day may be a new one."""
        day, minute = krx.day_and_minute(tick.at)
        key = (play.stock.code, day, play.board)
        stock, running, ticks = self._running.get(key, (play.stock, minute, []))
        if minute != running:
            self._write(key)
            ticks = []
        self._running[key] = (stock, minute, ticks)
        self._stale.add(key)
        ticks.append(tick)

    def replacement(self, stock: Stock, day: date, board: str) -> Optional[ReplacedDay]:
        """What replaces a day on a board, up to the latest trade; None where nothing does."""
        key = (stock.code, day, board)
        if key in self._stale:
            self._write(key)
        return super().replacement(stock, day, board)

    def _write(self, key: Tuple[str, date, str]) -> None:
        self._stale.discard(key)  # first: writing asks for the replacement in its turn
        stock, minute, ticks = self._running[key]
        self.put_minute(stock, key[1], minute, ticks, board=key[2])
