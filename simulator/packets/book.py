"""Order books: 주식호가잔량 (0D), 주식우선호가 (0C) and 주식시간외호가 (0E)."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from operator import itemgetter
from typing import Tuple

from sapi_kiwoom import krx
from sapi_kiwoom.loop import SECOND
from simulator.feeds import Expected, Quote
from simulator.packets.colours import Colours
from simulator.strings import clock, hundredths, rate, ratio, signed, time_of_day

LEVELS = 10

_ABSENT = ["-0\t0\t 0"] * LEVELS
_NOTHING_EXPECTED = "0", "0", "\t".join((" 0", " 0.00", "3", "0", "0", "3", " 0", " 0.00"))
_NO_PROVIDER = "\t".join(["0"] * (2 * LEVELS))

_SHARES = itemgetter(1)

Levels = Tuple[Tuple[int, int], ...]


class BookPackets:
    """Writes the books of one stock on one day.

    Args:
        volume_before: shares traded on the trading day before.
    """

    def __init__(self, colours: Colours, day: date, volume_before: int) -> None:
        self._colours = colours
        self._volume_before = volume_before
        self._midnight = krx.midnight(day)
        self._time = lru_cache(maxsize=2)(time_of_day)
        self._still = lru_cache(maxsize=1_024)(self._write_still)  # most levels stay as they are

    def book(
        self,
        quote: Quote,
        before: Quote | None,
        volume: int,
        expected: Expected | None = None,
        phase: str = "3",
    ) -> str:
        """The 주식호가잔량 of a book: 103 values.

        A level's 직전대비 is the change at its price since the book before; a price that was not shown
        there has none. The totals are those of the levels shown, so a level that comes into sight
        changes them.

        Args:
            before: the book that was sent last; None for the day's first.
            volume: shares traded so far.
            expected: what the auction would give now; None outside auctions.
            phase: 장운영구분 (FID 215), the code of the last 장시작시간.
        """
        asks, bids = quote.asks, quote.bids
        asks_before, bids_before = (before.asks, before.bids) if before else (asks, bids)
        sides = zip(self._side(asks, asks_before), self._side(bids, bids_before))
        levels = "\t".join([level for pair in sides for level in pair])
        ask_total, bid_total = sum(map(_SHARES, asks)), sum(map(_SHARES, bids))
        ask_change = ask_total - sum(map(_SHARES, asks_before))
        bid_change = bid_total - sum(map(_SHARES, bids_before))
        price_now, quantity_now, outlook = self._expected(expected)
        share = rate(self._share(expected.quantity)) if expected else " 0.00"
        surplus = bid_total - ask_total
        return (
            f"{self._time((quote.at - self._midnight) // SECOND)}\t{levels}\t"
            f"{ask_total}\t{signed(ask_change, ' ')}\t{bid_total}\t{signed(bid_change, ' ')}\t"
            f"{price_now}\t{quantity_now}\t"
            f"{signed(surplus, ' ')}\t{hundredths(ratio(bid_total, ask_total))}\t"
            f"{signed(-surplus, ' ')}\t{hundredths(ratio(ask_total, bid_total))}\t"
            f"{outlook}\t{_NO_PROVIDER}\t{volume}\t{share}\t{phase}\t0"
        )

    def _side(self, levels: Levels, before: Levels) -> list[str]:
        """Price, shares and 직전대비 of the levels of one side."""
        then, still = dict(before), self._still
        texts = [
            still(price, shares)
            if then.get(price, shares) == shares
            else f"{self._colours.price(price)}\t{shares}\t{signed(shares - then[price])}"
            for price, shares in levels
        ]
        return texts if len(texts) == LEVELS else [*texts, *_ABSENT[len(texts) :]]

    def _write_still(self, price: int, shares: int) -> str:
        return f"{self._colours.price(price)}\t{shares}\t 0"

    def _expected(self, expected: Expected | None) -> tuple[str, str, str]:
        """FID 23, FID 24 and the block of 200, 201, 238 and 291 to 295."""
        if expected is None:
            return _NOTHING_EXPECTED
        colours, price = self._colours, expected.price
        shown, quantity = colours.price(price), str(expected.quantity)
        symbol = colours.symbol(price)
        change, percent = colours.difference(price), colours.percent(price)
        block = (change, percent, symbol, shown, quantity, symbol, change, percent)
        return shown, quantity, "\t".join(block)

    def _share(self, quantity: int) -> int:
        share = ratio(quantity, self._volume_before)
        return share if quantity >= self._volume_before else -share


def best(colours: Colours, ask: int, bid: int) -> str:
    """The 주식우선호가 of a new best price: 2 values. 0 won where the book has no such side."""
    return f"{colours.price(ask)}\t{colours.price(bid)}"


def after_hours(at: int, asked: int, asked_before: int, wanted: int, wanted_before: int) -> str:
    """The 주식시간외호가: shares that wait to be traded at the close, now and one event before.

    Args:
        at: microseconds since 1970 UTC.
        asked, asked_before: shares offered.
        wanted, wanted_before: shares bid for.
    """
    return (
        f"{clock(at)}\t{asked}\t{signed(asked - asked_before, ' ')}\t"
        f"{wanted}\t{signed(wanted - wanted_before, ' ')}"
    )
