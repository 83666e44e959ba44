"""Plays many stocks in order of time on a single timer of the loop.

A timer for each event would cost as much as the event itself.
"""

from __future__ import annotations

import heapq
from typing import List, Optional, Protocol, Tuple

from sapi_kiwoom.loop import Handle
from simulator.clock import VirtualLoop


class Player(Protocol):
    """Has one event that is due next.

    Attributes:
        turn: the number under which it waits; kept by the conductor.
    """

    turn: int

    def fire(self) -> None:
        """Its event is due. It should say first for which one it waits next."""


class Conductor:
    """Gives each player its turn.

    Args:
        loop: market time.
    """

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop
        self._waiting: List[Tuple[int, int, Player]] = []
        self._turns = 0
        self._running = False
        self._firing: Optional[Player] = None  # still at the head of those that wait
        self._handle: Optional[Handle] = None
        self._at = 0  # when the handle fires
        loop.turning.append(self._step_aside)

    def wait(self, player: Player, moment: int) -> None:
        """Let a player fire at a moment (microseconds since 1970 UTC), and at no other that it waited for."""
        self._turns += 1
        player.turn = self._turns
        if player is self._firing:
            self._firing = None
            heapq.heapreplace(self._waiting, (moment, self._turns, player))
            return
        self._leave_head()
        heapq.heappush(self._waiting, (moment, self._turns, player))
        if not self._running and (self._handle is None or moment < self._at):
            self._arrange()

    def leave(self, player: Player) -> None:
        """Let it not fire."""
        player.turn = 0

    def _step_aside(self) -> None:
        """A modal window opens in somebody's turn: the others go on by a timer."""
        if self._running:
            self._running = False
            self._leave_head()
            if self._waiting:
                self._arrange()

    def _leave_head(self) -> None:
        """Whoever fires has no event any more where its last one stood."""
        if self._firing is not None:
            self._firing = None
            heapq.heappop(self._waiting)

    def _arrange(self) -> None:
        if self._handle is not None:
            self._loop.cancel(self._handle)
        self._at = self._waiting[0][0]
        self._handle = self._loop.call_later(self._at - self._loop.now(), self._run)

    def _run(self) -> None:
        """Fire whoever is due, until something else on the loop is due before."""
        self._handle = None
        waiting, reach = self._waiting, self._loop.reach
        try:
            while waiting:
                self._running = True
                moment, turn, player = waiting[0]
                if player.turn != turn:
                    heapq.heappop(waiting)
                elif reach(moment):
                    player.turn = 0
                    self._firing = player
                    player.fire()
                    if self._firing is not None:  # it waits for nothing more
                        self._leave_head()
                else:
                    break
        finally:
            self._leave_head()
            self._running = False
            if waiting:
                self._arrange()
