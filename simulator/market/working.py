"""An order as the exchange holds it."""

from __future__ import annotations

from typing import Any, Optional, Protocol

from simulator.feeds.bars import KRX

GOOD, IMMEDIATE, ALL_OR_NOTHING = "", "IOC", "FOK"
"""What becomes of shares that do not trade at once: they stay, they are dropped, or nothing trades."""


class WorkingOrder:
    """An order at work on one board of one stock.

    Attributes:
        side: +1 buys, -1 sells.
        limit: worst price in won; None takes any (시장가).
        quantity: shares still to trade.
        condition: ``GOOD``, ``IMMEDIATE`` or ``ALL_OR_NOTHING``.
        owner: whoever placed it; the exchange hands it back in its reports and looks no further.
        board: where it is; set by the exchange.
        ahead: shares that stand before it at its price, where the fill model counts them.
    """

    __slots__ = ("ahead", "board", "condition", "limit", "owner", "quantity", "resting", "side")

    def __init__(
        self, owner: Any, side: int, quantity: int, limit: Optional[int], condition: str = GOOD
    ) -> None:
        self.owner = owner
        self.side = side
        self.limit = limit
        self.quantity = quantity
        self.condition = condition
        self.board = KRX
        self.ahead = 0
        self.resting: Any = None  # its place in a full book

    def accepts(self, price: int) -> bool:
        """Whether it would trade at a price."""
        return self.limit is None or (self.limit - price) * self.side >= 0


class Reports(Protocol):
    """Receives what becomes of working orders."""

    def filled(self, order: WorkingOrder, price: int, quantity: int) -> None:
        """Some of an order traded now, at a price in won. `WorkingOrder.quantity` is what is left."""

    def dropped(self, order: WorkingOrder) -> None:
        """The rest of an order left the exchange without trading: its time or its condition ended it."""
