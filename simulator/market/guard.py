"""Sees the VIs of a played stock begin and end, as the feed has them."""

from __future__ import annotations

from datetime import date
from typing import List, Optional, Protocol, Sequence, Tuple, TypeVar

from sapi_kiwoom import krx
from simulator.draws import Draws
from simulator.feeds import Expected, Feed, Quote, Tick
from simulator.market.interruptions import (
    LONGEST_DELAY,
    STATIC,
    Interruption,
    VolatilityInterruption,
)
from simulator.universe import Stock

_AUCTION = 2 * krx.MINUTE
_LONGEST = 4
"""Minutes in which the auction after a trade that went too far is settled for sure."""

_E = TypeVar("_E", Tick, Quote, Expected)


class Played(Protocol):
    """How far a day of a stock was played."""

    feed: Feed
    stock: Stock

    def split(self, events: Sequence[_E]) -> Tuple[List[_E], List[_E]]:
        """What of the feed has been played, and what has not."""


class Guard:
    """Holds trades against the rules of the VI.

    Whether trade is interrupted the feed decides: a trade that goes too far is followed by an auction, or
    by the next trade where the feed has no VI (a record of a stock without one, a hand-written day). The
    single prices of auctions are the reference.

    Args:
        played: the stock.
        day: a trading day.
        last: the trade before; None before the day's first.

    Attributes:
        running: the VI that runs.
    """

    def __init__(self, played: Played, day: date, last: Optional[Tick]) -> None:
        self.running: Optional[Interruption] = None
        self._played = played
        self._day = day
        feed, stock = played.feed, played.stock
        self._rules = VolatilityInterruption(
            stock.kind,
            stock.kospi200,
            feed.base_price(stock, day),
            krx.tick_table(stock.market, day),
            self._delay,
        )
        if last is not None:
            self._take_up(last)

    def _delay(self, at: int) -> int:
        feed, stock = self._played.feed, self._played.stock
        return Draws(feed.seed, "vi", stock.code, self._day, at).below(LONGEST_DELAY)

    def _take_up(self, last: Tick) -> None:
        """See what somebody sees who has looked since the opening."""
        rules, day, at = self._rules, self._day, last.at
        feed, stock = self._played.feed, self._played.stock
        bars = feed.minutes(stock, day)
        expected = self._played.split(feed.expected(stock, day))[0]
        rules.last, rules.reference = last.price, bars[0].open
        if not expected:
            return
        began, now = (krx.day_and_minute(moment)[1] for moment in (expected[-1].at, at))
        for bar in bars:
            for tick in self._trades(bar.minute)[0] if began <= bar.minute <= now else ():
                if tick.at >= expected[-1].at:
                    rules.reference = tick.price
                    return
        if expected[-1].at < self._close:
            end = at + _AUCTION + self._delay(at)
            reference = rules.reference
            self.running = rules.active = Interruption(
                STATIC, last.price, reference, last.price, at, end
            )

    def traded(self, tick: Tick) -> List[Tuple[Interruption, bool]]:
        """A trade is printed.

        Returns:
            The interruption that it ends (True) and the one that it begins (False).
        """
        changes: List[Tuple[Interruption, bool]] = []
        rules, running = self._rules, self.running
        if running is not None:
            rules.settle(tick.price)
            self.running = None
            changes.append((running, True))
        if tick.side == 0:
            rules.reference = rules.last = tick.price
            return changes
        interruption = rules.offer(tick.at, tick.price)
        if interruption is not None:
            if self._auction_follows(tick.at):
                self.running = interruption
                changes.append((interruption, False))
            else:
                rules.settle(tick.price)
        return changes

    def _auction_follows(self, at: int) -> bool:
        """Whether the feed's next trade is a single price, out of turn."""
        minute = krx.day_and_minute(at)[1]
        for each in range(minute, minute + _LONGEST):
            for tick in self._trades(each)[1]:
                return tick.side == 0 and tick.at < self._close
        return False

    def _trades(self, minute: int) -> Tuple[List[Tick], List[Tick]]:
        """The trades of a minute that were played, and those that were not."""
        return self._played.split(self._played.feed.ticks(self._played.stock, self._day, minute))

    @property
    def _close(self) -> int:
        return krx.midnight(self._day) + krx.session(self._day).close * krx.MINUTE
