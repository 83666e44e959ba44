"""Screen numbers: the control's handles for requests and registrations, at most 200 of them."""

from __future__ import annotations

from collections import deque
from typing import Deque, Set

from sapi_kiwoom.errors import RequestRejected

LIMIT = 200
"""Beyond so many screens the vendor promises nothing about the data."""


class Pool:
    """Screens for one purpose, the one given back longest ago first.

    Turning them over lets a late answer meet a screen that nobody uses at the moment.
    """

    def __init__(self, purpose: str, first: int, size: int) -> None:
        self.purpose = purpose
        self._size = size
        self._free: Deque[str] = deque(f"{number:04}" for number in range(first, first + size))
        self._taken: Set[str] = set()

    @property
    def free(self) -> int:
        """How many can still be taken."""
        return len(self._free)

    def __contains__(self, screen: str) -> bool:
        return screen in self._taken or screen in self._free

    def acquire(self) -> str:
        """Take a screen.

        Raises:
            RequestRejected: ``busy``, all are taken.
        """
        if not self._free:
            raise RequestRejected(
                "busy",
                f"all {self._size} screens for {self.purpose} are in use; give something up first",
                screens=self._size,
            )
        screen = self._free.popleft()
        self._taken.add(screen)
        return screen

    def release(self, screen: str) -> None:
        """Give a screen back.

        Raises:
            KeyError: it was not taken from this pool.
        """
        self._taken.remove(screen)
        self._free.append(screen)


class Screens:
    """The four pools. Their numbers lie apart, below 9000 (where the vendor's own windows are).

    Raises:
        ValueError: an empty pool, or more than `LIMIT` screens altogether.
    """

    def __init__(
        self, tr: int = 50, realtime: int = 100, conditions: int = 20, orders: int = 30
    ) -> None:
        sizes = (tr, realtime, conditions, orders)
        if min(sizes) < 1 or sum(sizes) > LIMIT:
            raise ValueError(f"each pool needs a screen, all together at most {LIMIT}: {sizes}")
        self.tr = Pool("TR requests", 1000, tr)
        self.realtime = Pool("real-time codes", 2000, realtime)
        self.conditions = Pool("conditions", 3000, conditions)
        self.orders = Pool("orders", 4000, orders)
