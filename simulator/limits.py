"""What the broker's server allows: five requests a second, and an undisclosed budget behind that."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Deque, Tuple

from sapi_kiwoom.loop import SECOND

OVERLOAD, BLOCKED = -200, -209


@dataclass(frozen=True)
class Allowance:
    """Requests that are allowed.

    Attributes:
        per_second: documented; the count starts anew each second of the clock.
        budgets: (requests, seconds) beyond which the server blocks the login until it logs in again.
            Kiwoom does not publish them; these are what users' experience amounts to.
    """

    per_second: int = 5
    budgets: Tuple[Tuple[int, int], ...] = ((60, 180), (1000, 3600))


class RequestLimit:
    """Counts requests and says which are refused, and how."""

    def __init__(self, allowance: Allowance) -> None:
        self._allowance = allowance
        self._second = -1
        self._in_second = 0
        self._stamps: Deque[int] = deque()
        self.blocked = False

    def request(self, now: int) -> int:
        """The return code of a request made now (microseconds): 0, -200 or -209."""
        if self.blocked:
            return BLOCKED
        second = now // SECOND
        if second != self._second:
            self._second, self._in_second = second, 0
        if self._in_second >= self._allowance.per_second:
            return OVERLOAD
        self._in_second += 1
        self._stamps.append(now)
        longest = max((seconds for _, seconds in self._allowance.budgets), default=0)
        while self._stamps and self._stamps[0] <= now - longest * SECOND:
            self._stamps.popleft()
        for count, seconds in self._allowance.budgets:
            if len(self._stamps) > count and self._stamps[-count - 1] > now - seconds * SECOND:
                self.blocked = True
                return BLOCKED
        return 0

    def forgive(self) -> None:
        """A new login lifts the block and starts the budgets anew."""
        self.blocked = False
        self._stamps.clear()
