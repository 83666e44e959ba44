"""What stops trading: a stock's volatility interruption, the market's circuit breaker, halts.

Moments are microseconds since 1970 UTC, prices won. These are state machines without a clock: they are fed
what happens and say until when trading stops; whoever feeds them settles the auctions that follow.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import date
from typing import Callable, Iterable, Iterator, List, NamedTuple, Optional

from sapi_kiwoom import krx
from sapi_kiwoom.loop import SECOND
from simulator.market.phases import AUCTIONS, CLOSING_AUCTION, CONTINUOUS

STATIC, DYNAMIC, BOTH = "static", "dynamic", "both"
"""정적, 동적, 동적+정적."""

LONGEST_DELAY = 30 * SECOND
"""Auctions end at a random moment up to this much late (임의연장)."""

_INTERRUPTION = 2 * krx.MINUTE
_STATIC_PERCENT = 10


class Interruption(NamedTuple):
    """One VI.

    Attributes:
        kind: ``STATIC``, ``DYNAMIC`` or ``BOTH``.
        price: at which the trade would have been (발동가격).
        static_reference: the last single price (기준가격 정적).
        dynamic_reference: the last trade (기준가격 동적); 0 before the first.
        start: the moment of that trade, which did not happen.
        end: when its auction is settled.
    """

    kind: str
    price: int
    static_reference: int
    dynamic_reference: int
    start: int
    end: int


def dynamic_percent(kind: str, in_kospi200: bool, phase: str = CONTINUOUS) -> int:
    """By how many percent a trade may not move from the one before (동적 VI).

    KRX announced 3 for members of KOSPI 200 and for funds on it, inverse ones and bond funds, 6 for all
    other stocks, sector funds and leveraged ones; 2 and 4 in the closing auction. Here all ETFs have 3.

    Args:
        kind: of the `universe.Stock`.
        in_kospi200: whether it is a member.
        phase: of `phases`.
    """
    calm = in_kospi200 or kind == "etf"
    if phase == CLOSING_AUCTION:
        return 2 if calm else 4
    return 3 if calm else 6


class VolatilityInterruption:
    """VI (변동성완화장치) of one stock on one day.

    A trade that would be 10 % or more away from the last single price, or so many percent from the last
    trade, does not happen: orders gather for two minutes and up to 30 seconds, then trade at one price.
    There is no limit to how often. That much KRX published. The rest is how Korean traders know
    it: the first single price is the opening auction's, which is itself held against the base price
    and may be late by two minutes for it. While an auction gathers, its expected prices interrupt nothing;
    only the price at which it would be settled is offered, once: what an interruption's own auction
    gives is always settled. An interruption that would last into the closing auction ends with it.

    No VI applies to 정리매매, 단기과열 and the first day of trading, nor to trades at the closing price: that
    is for the caller to know. The after-market has a VI of its own, whose base is the close.

    Args:
        kind: of the `universe.Stock`.
        in_kospi200: whether it is a member.
        base: the day's base price.
        table: the stock's valid prices, for `thresholds`.
        delay: draws, for the moment at which it starts, the microseconds from 0 to `LONGEST_DELAY` by
            which its auction ends late.
        closing: the beginning and the end of the closing auction, if the session has one.

    Attributes:
        reference: the last single price; the base price before the first.
        last: the last trade; 0 before the first.
        active: the interruption that is not settled yet, else None.
    """

    def __init__(
        self,
        kind: str,
        in_kospi200: bool,
        base: int,
        table: krx.TickTable,
        delay: Callable[[int], int],
        closing: Optional[tuple[int, int]] = None,
    ) -> None:
        self.reference = base
        self.last = 0
        self.active: Interruption | None = None
        self._percent = dynamic_percent(kind, in_kospi200)
        self._closing_percent = dynamic_percent(kind, in_kospi200, CLOSING_AUCTION)
        self._table = table
        self._delay = delay
        self._closing = closing

    def offer(self, at: int, price: int, phase: str = CONTINUOUS) -> Interruption | None:
        """A trade is about to happen; in an auction, it is about to be settled.

        Args:
            at: the moment.
            price: of the trade.
            phase: of `phases`. In an auction the price becomes the new reference.

        Returns:
            The interruption that keeps it from happening. None if it happens.

        Raises:
            ValueError: an interruption is running.
        """
        if self.active is not None:
            raise ValueError(
                f"interrupted until {krx.kst(self.active.end)}; settle its auction first"
            )
        percent = self._closing_percent if phase == CLOSING_AUCTION else self._percent
        far = abs(price - self.reference) * 100 >= self.reference * _STATIC_PERCENT
        fast = self.last > 0 and abs(price - self.last) * 100 >= self.last * percent
        if far or fast:
            kind = BOTH if far and fast else STATIC if far else DYNAMIC
            end = self._end(at)
            self.active = Interruption(kind, price, self.reference, self.last, at, end)
        else:
            self.last = price
            if phase in AUCTIONS:
                self.reference = price
        return self.active

    def settle(self, price: Optional[int]) -> None:
        """The running interruption's auction is over.

        Args:
            price: at which it was settled, the new reference; None if nothing traded: the old one stays.

        Raises:
            ValueError: none is running.
        """
        if self.active is None:
            raise ValueError("no interruption is running; offer a trade first")
        self.active = None
        if price is not None:
            self.reference = self.last = price

    def thresholds(self) -> tuple[int, int]:
        """The valid prices next to the last ones, below and above, that would interrupt trading now."""
        low, high = _reach(self.reference, _STATIC_PERCENT)
        if self.last:
            nearest = _reach(self.last, self._percent)
            low, high = max(low, nearest[0]), min(high, nearest[1])
        return self._table.round_down(low), self._table.round_up(high)

    def _end(self, at: int) -> int:
        end = at + _INTERRUPTION + self._delay(at)
        if self._closing is not None and at < self._closing[0] < end:
            return self._closing[1]
        return end


def _reach(reference: int, percent: int) -> tuple[int, int]:
    """The won next to a price that are so many percent away, below and above."""
    return reference * (100 - percent) // 100, -(-reference * (100 + percent) // 100)


# -- halts -------------------------------------------------------------------------------------


class Halt(NamedTuple):
    """A time without trading, and the auction after it.

    Attributes:
        start: its first moment. From here on orders can only be cancelled.
        auction: from here on orders gather for one price. As late as ``end`` where trade does not resume.
        end: the auction is settled, or the day is over.
        reason: in the field's own word: 서킷브레이커, 공시, 풍문 ...
    """

    start: int
    auction: int
    end: int
    reason: str

    @property
    def resumes(self) -> bool:
        """Whether an auction follows."""
        return self.auction < self.end


class Halts:
    """The halts of a stock, or of the whole market."""

    def __init__(self, halts: Iterable[Halt] = ()) -> None:
        self._halts: List[Halt] = []
        for halt in halts:
            self.add(halt)

    def add(self, halt: Halt) -> None:
        """Another one.

        Raises:
            ValueError: its moments are out of order, or another one lasts into it.
        """
        if not halt.start < halt.end or not halt.start <= halt.auction <= halt.end:
            raise ValueError(f"{halt}: it must be start <= auction <= end, and start < end")
        place = bisect_right(self._halts, halt)
        for other in self._halts[max(0, place - 1) : place + 1]:
            if other.start < halt.end and halt.start < other.end:
                raise ValueError(f"{halt} overlaps with {other}; make them one")
        self._halts.insert(place, halt)

    def at(self, moment: int) -> Halt | None:
        """The halt, or the auction after it, that a moment lies in."""
        place = bisect_right([halt.start for halt in self._halts], moment)
        halt = self._halts[place - 1] if place else None
        return halt if halt is not None and moment < halt.end else None

    def __iter__(self) -> Iterator[Halt]:
        return iter(self._halts)


_STEPS = (8, 15, 20)
_HALT = 20 * krx.MINUTE
_AUCTION = 10 * krx.MINUTE
_CALM_END = 40
CIRCUIT_BREAKER = "서킷브레이커"


class CircuitBreaker:
    """The market's circuit breaker (CB) on one day, fed with its index.

    When the index has been 8 % or more below the last close for a minute, all stocks of the market halt for
    20 minutes and resume with a ten-minute auction; likewise once more at 15 %. At 20 % the day is
    over. Each step comes once a day and after the one before, and needs an index that is a further
    1 % lower than at that one's trigger. The first two do not come in the last 40 minutes (from 14:50).
    KRX published so when it introduced the steps in June 2015; earlier days, with one step of 10 %, are
    treated alike here. That the minute begins anew when the index recovers, or halts, is our reading.

    Args:
        base: the index at the last close, in whatever unit the others have.
        day: the trading day.
    """

    def __init__(self, base: int, day: date) -> None:
        midnight, session = krx.midnight(day), krx.session(day)
        self._base = base
        self._close = midnight + session.closing_auction * krx.MINUTE
        self._late = self._close - _CALM_END * krx.MINUTE
        self._midnight = midnight + 24 * 60 * krx.MINUTE
        self._step = 0
        self._below = base  # the index must be at most this, too
        self._since: int | None = None  # it has been low enough
        self._until = 0  # the running halt's end

    @property
    def step(self) -> int:
        """How many steps were triggered: 0 to 3."""
        return self._step

    def update(self, at: int, index: int) -> Halt | None:
        """The index now.

        Returns:
            The halt that begins at this moment, None as a rule. The third step's lasts to midnight.
        """
        if self._step == len(_STEPS) or at < self._until or at >= self._close:
            return None
        low = index * 100 <= self._base * (100 - _STEPS[self._step]) and index <= self._below
        if not low or (self._step < len(_STEPS) - 1 and at >= self._late):
            self._since = None
            return None
        if self._since is None:
            self._since = at
        if at - self._since < krx.MINUTE:
            return None
        self._step += 1
        self._since, self._below = None, index * 99 // 100
        if self._step == len(_STEPS):
            return Halt(at, self._midnight, self._midnight, CIRCUIT_BREAKER)
        self._until = at + _HALT + _AUCTION
        return Halt(at, at + _HALT, self._until, CIRCUIT_BREAKER)
