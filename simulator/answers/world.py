"""What answers are made from."""

from __future__ import annotations

from datetime import date
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Optional, Tuple

from sapi_kiwoom import krx
from simulator.feeds import DayBar, Expected, Feed, MinuteBar, Quote, Tick
from simulator.feeds.investors import InvestorFlows
from simulator.feeds.members import MemberDay
from simulator.feeds.programs import ProgramDay
from simulator.feeds.summary import Summaries
from simulator.tape import Tape, Tapes
from simulator.universe import Stock

if TYPE_CHECKING:
    from simulator.answers.parties.totals import Total
    from simulator.answers.sectors import Sectors
    from simulator.answers.snapshot import Period, Snapshot
    from simulator.derivatives import Boards


class World:
    """The simulated market as the broker's server sees it.

    Whatever has a moment gives what was known by then and nothing later. On a day without trading, that
    is the trading day before.

    Attributes:
        stocks: every listed stock by code.
        feed: its prices, past and (up to the present moment) of today.
        tapes: today's running totals.
        summaries: today's minutes of all stocks, for rankings.
        investors: who bought and who sold, on any day.
        member_days, program_days: the members' and the programs' trades of a stock on a day, the latest
            asked for remembered.
        totals: by code, first and last day, what investors did on days before today.
        whole_days: by code, today as it will have been: for rankings, and never shown.
        periods: by code and length, the days before today.
        brokerage: who keeps the accounts; None where nobody trades.
        live: totals of stocks that orders move today, by code; `tapes` does not know these.
        sectors: the indexes, once somebody asks for one; see `simulator.answers.sectors.sectors`.
        boards: the futures and options, likewise; see `simulator.answers.synthetic.contracts.board`.
    """

    def __init__(self, stocks: Dict[str, Stock], feed: Feed) -> None:
        self.stocks = stocks
        self.feed = feed
        self.tapes = Tapes(feed)
        self.summaries = Summaries(feed)
        self.investors = InvestorFlows(feed)
        self.member_days: Callable[[Stock, date], MemberDay]
        self.member_days = lru_cache(maxsize=128)(partial(MemberDay, feed))
        self.program_days: Callable[[Stock, date], ProgramDay]
        self.program_days = lru_cache(maxsize=64)(partial(ProgramDay, feed))
        self.totals: Dict[Tuple[str, date, date], Total] = {}
        self.whole_days: Dict[str, Snapshot] = {}
        self.periods: Dict[Tuple[str, int], Period] = {}
        self.brokerage: Optional[Any] = None
        self.live: Dict[str, Tape] = {}
        self.sectors: Optional[Sectors] = None
        self.boards: Optional[Boards] = None

    def stock(self, code: str) -> Optional[Stock]:
        """The stock that a quote's code means, whatever its venue; None for an unknown code."""
        return self.stocks.get(code.split("_", maxsplit=1)[0])

    def trading_day(self, moment: int) -> date:
        """The moment's date, or the last trading day before it."""
        day = krx.kst(moment).date()
        return day if krx.is_trading_day(day) else krx.previous_trading_day(day)

    def settled(self, moment: int) -> int:
        """The moment itself on a trading day, else the end of the trading day before."""
        day = self.trading_day(moment)
        return min(moment, krx.midnight(day) + 24 * 60 * krx.MINUTE - 1)

    def day_so_far(self, stock: Stock, moment: int) -> Optional[DayBar]:
        """The bar of the moment's trading day; None before its first trade."""
        return self.feed.day_so_far(stock, self.settled(moment))

    def minutes(self, stock: Stock, day: date, moment: int) -> Tuple[MinuteBar, ...]:
        """The minutes of a day that had trades by the moment."""
        if day == self.trading_day(moment):
            return self.feed.minutes_so_far(stock, self.settled(moment))
        return self.feed.minutes(stock, day)

    def ticks(self, stock: Stock, day: date, minute: int, moment: int) -> List[Tick]:
        """The trades of a minute by the moment."""
        return [tick for tick in self.feed.ticks(stock, day, minute) if tick.at <= moment]

    def last_trade(self, stock: Stock, moment: int) -> Optional[Tick]:
        """The latest trade of the moment's trading day."""
        day = self.trading_day(moment)
        bars = self.minutes(stock, day, moment)
        return self.ticks(stock, day, bars[-1].minute, moment)[-1] if bars else None

    def tape(self, stock: Stock, moment: int) -> Tape:
        """Totals of the moment's trading day."""
        live = self.live.get(stock.code)
        if live is not None and live.day == self.trading_day(moment):
            return live
        return self.tapes.at(stock, self.settled(moment))

    def books(self, stock: Stock, moment: int) -> List[Quote]:
        """The latest book and, behind it, the one before; fewer where the day has no more."""
        moment = self.settled(moment)
        day, minute = krx.day_and_minute(moment)
        found: List[Quote] = []
        for each in range(minute, krx.session(day).open - 1, -1):
            quotes = [quote for quote in self.feed.quotes(stock, day, each) if quote.at <= moment]
            found += reversed(quotes)
            if len(found) > 1:
                break
        return found[:2]

    def expected(self, stock: Stock, moment: int) -> Optional[Expected]:
        """What the running auction expects; None outside auctions."""
        day, minute = krx.day_and_minute(moment)
        if not krx.is_trading_day(day):
            return None
        session = krx.session(day)
        if not (minute < session.open or session.close <= minute < session.closing_auction):
            return None
        began = krx.midnight(day) + (session.close if minute >= session.close else 0) * krx.MINUTE
        past = [each for each in self.feed.expected(stock, day) if began <= each.at <= moment]
        return past[-1] if past else None
