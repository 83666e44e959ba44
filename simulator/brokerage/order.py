"""An order as the broker keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from simulator.universe import Stock

BUY, SELL = 1, -1
NEW, MODIFY, CANCEL = "new", "modify", "cancel"


@dataclass
class Order:
    """One order, or one request to change another: each has a number of its own.

    Attributes:
        number: 주문번호, from 1 each day.
        account: ten digits.
        stock: what is traded.
        side: ``BUY`` or ``SELL``; of a change, the side of the order that it changes.
        kind: ``NEW``, ``MODIFY`` (정정) or ``CANCEL`` (취소).
        hoga: 거래구분 as SendOrder takes it: "00" 지정가, "03" 시장가 ...
        quantity: shares ordered, or to be changed.
        price: won; 0 where the kind of order carries none.
        venue: ``KRX``, ``NXT`` or ``SOR``.
        entered: when the broker took it, microseconds since 1970 UTC.
        original: the order that this one changes; None for a new one.
        screen: the screen of SendOrder, "" for an order entered elsewhere with the same ID.
        rqname: the request's name, "" for an order entered elsewhere.
        filled: shares filled so far.
        value: won of these fills.
        withdrawn: shares taken back by later changes, or expired.
        fee, tax: won charged for these fills so far.
    """

    number: int
    account: str
    stock: Stock
    side: int
    kind: str
    hoga: str
    quantity: int
    price: int
    venue: str
    entered: int
    original: Optional[Order] = None
    screen: str = ""
    rqname: str = ""
    filled: int = 0
    value: int = 0
    withdrawn: int = 0
    fee: int = 0
    tax: int = 0

    @property
    def open(self) -> int:
        """Shares that may still trade (미체결수량)."""
        return 0 if self.kind == CANCEL else self.quantity - self.filled - self.withdrawn


@dataclass(frozen=True)
class Fill:
    """A part of an order that traded.

    Attributes:
        number: 체결번호, unique for the day.
        order: whose part.
        at: microseconds since 1970 UTC.
        price: won.
        quantity: shares.
    """

    number: int
    order: Order
    at: int
    price: int
    quantity: int
