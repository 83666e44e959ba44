"""What every feed speaks of: bars, trades, order books and the prices that auctions expect."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

KRX, AFTER, NXT = "KRX", "AFTER", "NXT"
"""Boards on which a stock trades, each with trades and a book of its own.

``KRX`` is the regular session with its auctions and the trades at the closing price after it. ``AFTER``
is what KRX adds later in the day: one price every ten minutes from 16:00 to 18:00 (시간외단일가) until
2026-09-11, the continuous market from 16:00 to 20:00 since 2026-09-14. ``NXT`` is Nextrade.
"""


class DayBar(NamedTuple):
    """One trading day: prices in won, volume in shares, value in million won, cut."""

    date: date
    open: int
    high: int
    low: int
    close: int
    volume: int
    value_million: int


class MinuteBar(NamedTuple):
    """One minute with trades.

    Attributes:
        minute: its start, in minutes since Korean midnight.
        open, high, low, close: won.
        volume: shares.
        value: won, exact.
        traded: shares at each valid price from ``low`` up to ``high``.
    """

    minute: int
    open: int
    high: int
    low: int
    close: int
    volume: int
    value: int
    traded: tuple[int, ...]


class Tick(NamedTuple):
    """One trade.

    Attributes:
        at: microseconds since 1970 UTC.
        price: won.
        quantity: shares.
        side: +1 the buyer came to the ask, -1 the seller came to the bid, 0 an auction.
    """

    at: int
    price: int
    quantity: int
    side: int


class Quote(NamedTuple):
    """The book at a moment, up to ten levels on each side, from the touch outwards.

    Attributes:
        at: microseconds since 1970 UTC.
        asks, bids: (won, shares) of each level that has any; empty prices between are left out.
    """

    at: int
    asks: tuple[tuple[int, int], ...]
    bids: tuple[tuple[int, int], ...]


class Expected(NamedTuple):
    """What an auction would give if it were settled now (예상체결).

    Attributes:
        at: microseconds since 1970 UTC.
        price: won.
        quantity: shares; 0 where nothing would trade.
    """

    at: int
    price: int
    quantity: int
