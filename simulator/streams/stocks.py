"""What comes of a registered stock by the clock, not with its trades and books. All of KRX."""

from __future__ import annotations

from datetime import date
from typing import Callable, Dict, Iterable, List, Optional, Protocol, Tuple

from sapi_kiwoom import krx
from sapi_kiwoom.loop import SECOND
from simulator.draws import Draws
from simulator.feeds import Feed
from simulator.feeds.members import MemberDay
from simulator.feeds.nav import NavDay
from simulator.feeds.programs import ProgramDay, ProgramTotals
from simulator.feeds.waiting import STEP, Waiting
from simulator.market import phases
from simulator.market.phases import Phase
from simulator.packets.book import after_hours
from simulator.packets.info import stock_info
from simulator.packets.members import member_trading
from simulator.packets.nav import net_asset_value
from simulator.packets.programs import program_trading
from simulator.streams.types import AFTER_HOURS, INFO, MEMBERS, NAV, PRICE, PROGRAM
from simulator.tape import Tape
from simulator.universe import Stock

_BEFORE_OPENING, _AFTER_CLOSE = 2_000, 100
"""A usual day's volume against what comes to one side of the trades at a known close."""


_PROGRAM_STEP, _MEMBERS_STEP, _NAV_STEP = 10 * SECOND, 60 * SECOND, 10 * SECOND


class Market(Protocol):
    """What an event is made from."""

    @property
    def feed(self) -> Feed:
        """Prices, without what users' orders print."""

    @property
    def stock(self) -> Stock:
        """Whose events they are."""

    @property
    def tape(self) -> Tape:
        """The day's totals on KRX."""

    @property
    def touch(self) -> Tuple[int, int]:
        """Best ask and best bid in won, 0 where there is none."""

    def volume_by(self, moment: int) -> int:
        """Shares traded on a moment's day on KRX, up to and including the moment."""


class Source(Protocol):
    """Events of one real type of one stock."""

    def moments(self, day: date) -> Iterable[int]:
        """When there may be any on a trading day, in order."""

    def write(self, moment: int) -> Optional[str]:
        """The raw string of a moment that has come; None where there is nothing to say."""


class _Price:
    """주식시세: the close once more, when the day's totals are settled. None without a trade."""

    def __init__(self, market: Market) -> None:
        self._market = market

    def moments(self, day: date) -> Iterable[int]:
        closing = _phases(day)[phases.CLOSING_AUCTION]
        stock = self._market.stock
        delay = Draws(self._market.feed.seed, "settled", stock.code, day).between(45, 120)
        return (closing.end + delay * SECOND,)

    def write(self, moment: int) -> Optional[str]:
        tape = self._market.tape
        if tape.last is None:
            return None
        return tape.packets.price(tape, tape.last.price, *self._market.touch)


class _Info:
    """주식종목정보: base price and limits, when orders for the opening begin to gather."""

    def __init__(self, market: Market) -> None:
        self._market = market

    def moments(self, day: date) -> Iterable[int]:
        return (_phases(day)[phases.OPENING_AUCTION].start,)

    def write(self, moment: int) -> Optional[str]:
        return stock_info(self._market.stock, self._market.tape.colours)


class _AfterHours:
    """주식시간외호가: what waits to be traded at a known close."""

    def __init__(self, market: Market) -> None:
        self._market = market
        self._sessions: List[Waiting] = []

    def moments(self, day: date) -> Iterable[int]:
        seed, stock, told = self._market.feed.seed, self._market.stock, _phases(day)
        early, orders, late = (
            told[name] for name in (phases.PREVIOUS_CLOSE, phases.CLOSE_ORDERS, phases.CLOSE)
        )
        self._sessions = [
            Waiting(seed, stock, early.start, early.start, early.end, _BEFORE_OPENING),
            Waiting(seed, stock, orders.start, late.start, late.end, _AFTER_CLOSE),
        ]
        for each in self._sessions:
            yield from range(each.start + STEP, each.end, STEP)

    def write(self, moment: int) -> Optional[str]:
        session = next(each for each in self._sessions if moment < each.end)
        (asked, wanted), before = session.at(moment), session.at(moment - STEP)
        if (asked, wanted) == before:
            return None
        return after_hours(moment, asked, before[0], wanted, before[1])


class _Programs:
    """종목프로그램매매: every ten seconds in which something was traded."""

    def __init__(self, market: Market) -> None:
        self._market = market
        self._day: Optional[ProgramDay] = None
        self._date: Optional[date] = None
        self._volume = 0  # at the event before
        self._before = self._yesterday = ProgramTotals()

    def moments(self, day: date) -> Iterable[int]:
        return _grid(self._market, day, PROGRAM, _PROGRAM_STEP)

    def write(self, moment: int) -> Optional[str]:
        market, (day, minute) = self._market, krx.day_and_minute(moment)
        tape = market.tape
        if self._day is None or self._date != day:
            feed, stock, then = market.feed, market.stock, moment - _PROGRAM_STEP
            self._day, self._date = ProgramDay(feed, stock, day), day
            self._yesterday = ProgramDay(feed, stock, krx.previous_trading_day(day)).whole
            self._volume = market.volume_by(then)
            self._before = self._day.at(krx.day_and_minute(then)[1], self._volume)
        if tape.last is None or tape.volume == self._volume:
            return None
        totals, before = self._day.at(minute, tape.volume), self._before
        self._volume, self._before = tape.volume, totals
        if totals == before:
            return None
        return program_trading(
            tape.colours,
            moment,
            tape.last.price,
            tape.volume,
            tape.value,
            totals,
            before,
            self._yesterday,
        )


class _Members:
    """주식당일거래원: every minute in which something was traded."""

    def __init__(self, market: Market) -> None:
        self._market = market
        self._day: Optional[MemberDay] = None
        self._date: Optional[date] = None
        self._volume = 0  # at the event before
        self._before: Tuple[List[int], List[int]] = ([], [])

    def moments(self, day: date) -> Iterable[int]:
        return _grid(self._market, day, MEMBERS, _MEMBERS_STEP)

    def write(self, moment: int) -> Optional[str]:
        market, (day, minute) = self._market, krx.day_and_minute(moment)
        volume = market.tape.volume
        if self._day is None or self._date != day:
            self._day, self._date = MemberDay(market.feed, market.stock, day), day
            then = moment - _MEMBERS_STEP
            self._volume = market.volume_by(then)
            self._before = self._at(krx.day_and_minute(then)[1], self._volume)
        if volume == self._volume:
            return None
        now, before = self._at(minute, volume), self._before
        self._volume, self._before = volume, now
        return member_trading(*now, *before, volume)

    def _at(self, minute: int, volume: int) -> Tuple[List[int], List[int]]:
        assert self._day is not None
        return self._day.sold(minute, volume), self._day.bought(minute, volume)


class _Nav:
    """ETF NAV: every ten seconds of an ETF's session."""

    def __init__(self, market: Market) -> None:
        self._market = market
        self._day: Optional[NavDay] = None
        self._date: Optional[date] = None

    def moments(self, day: date) -> Iterable[int]:
        return _grid(self._market, day, NAV, _NAV_STEP) if self._market.stock.kind == "etf" else ()

    def write(self, moment: int) -> Optional[str]:
        market, day = self._market, krx.day_and_minute(moment)[0]
        if self._day is None or self._date != day:
            self._day, self._date = NavDay(market.feed, market.stock, day), day
        tape, nav = market.tape, self._day
        price = tape.last.price if tape.last else tape.base
        return net_asset_value(
            tape.colours,
            moment,
            nav.at(moment, price),
            nav.before,
            nav.tracking_error,
            price,
            tape.volume,
        )


SOURCES: Dict[str, Callable[[Market], Source]] = {
    PRICE: _Price,
    AFTER_HOURS: _AfterHours,
    INFO: _Info,
    PROGRAM: _Programs,
    MEMBERS: _Members,
    NAV: _Nav,
}
"""Makers of events by real type."""


def _phases(day: date) -> Dict[str, Phase]:
    return {phase.name: phase for phase in phases.phases(day, "KRX")}


def _grid(market: Market, day: date, real_type: str, step: int) -> Iterable[int]:
    """Even moments of the regular session, until the last auction is settled; other stocks have others."""
    told = _phases(day)
    opening, closing = told[phases.CONTINUOUS].start, told[phases.CLOSING_AUCTION].end
    offset = Draws(market.feed.seed, "turn", market.stock.code, real_type).below(step)
    return range(opening + offset, closing + krx.MINUTE + step, step)
