"""One stock's day as it was published: the scenario is played once, and what is seen is kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Callable, Dict, List, Optional, Tuple

from sapi_kiwoom import krx
from sapi_kiwoom.loop import SECOND
from simulator import Simulator
from simulator.brokerage.order import Fill, Order
from simulator.feeds import Expected, MinuteBar, Quote, Tick
from simulator.feeds.bars import AFTER, KRX, NXT
from simulator.house import House
from simulator.market import phases
from simulator.market.interruptions import Halt, Interruption
from simulator.market.phases import Phase
from simulator.market.play import Play
from simulator.scenario import build
from simulator.scenario.model import Entry, Fault, Scenario
from simulator.universe import Stock

SAMPLE = 10 * SECOND
"""Of the books within this time the last one is kept."""

_LONGEST_WEIGHT = krx.MINUTE


@dataclass
class Seen:
    """What a board published in a day, in order of time.

    Attributes:
        ticks: its trades.
        expected: what its auctions expected.
        interruptions: its VIs.
        books: the last book of each `SAMPLE` since midnight that has one, by its number.
        spreads: by minute, the spread in ticks times how long it stood, and how long that was.
    """

    ticks: List[Tick] = field(default_factory=list)
    expected: List[Expected] = field(default_factory=list)
    interruptions: List[Interruption] = field(default_factory=list)
    books: Dict[int, Quote] = field(default_factory=dict)
    spreads: Dict[int, Tuple[int, int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Day:
    """One stock's day.

    Attributes:
        scenario: what was played.
        stock, day: whose day, and which.
        base, upper, lower: base price and limits in won.
        phases: the sessions of KRX.
        minutes: by board: ``KRX``, ``AFTER`` and ``NXT``.
        seen: by board: ``KRX`` and ``AFTER``.
        halts: of the stock and of the market.
        faults: those that come at a moment of the day.
        entries: orders for the stock that were entered elsewhere, each with what the broker took; None
            where it refused.
        fills: what traded of them.
    """

    scenario: Scenario
    stock: Stock
    day: date
    base: int
    upper: int
    lower: int
    phases: Tuple[Phase, ...]
    minutes: Dict[str, Tuple[MinuteBar, ...]]
    seen: Dict[str, Seen]
    halts: Tuple[Halt, ...]
    faults: Tuple[Fault, ...]
    entries: Tuple[Tuple[Entry, Optional[Order]], ...]
    fills: Tuple[Fill, ...]

    @property
    def bars(self) -> List[MinuteBar]:
        """The minutes of KRX, those of its after-hours trade too."""
        return [*self.minutes[KRX], *self.minutes[AFTER]]

    @property
    def table(self) -> krx.TickTable:
        """The stock's valid prices."""
        return krx.tick_table(self.stock.market, self.day)


def play(scenario: Scenario, stock: str, day: date, report: Callable[[str], None]) -> Day:
    """Play a stock's day, with the orders that the scenario enters on that day.

    Args:
        scenario: what is played.
        stock: its code.
        day: a trading day.
        report: told how far it is, each hour of the market.

    Raises:
        ScenarioError, RecordingError, OSError: the scenario cannot be played.
    """
    midnight = krx.midnight(day)
    simulator = Simulator(at=midnight, speed=float("inf"), scenario=scenario)
    house, loop = simulator.house, simulator.loop
    assert isinstance(house, House), "the broker is in this process"
    listing, exchange = house.world.stocks[stock], house.exchange
    recorders = {
        board: _Recorder(midnight, krx.tick_table(listing.market, day)) for board in (KRX, AFTER)
    }
    for board, recorder in recorders.items():
        exchange.watch(listing, board, recorder, books=True)
    sessions = phases.phases(day, KRX)
    end = sessions[-1].end + 2 * krx.MINUTE
    while loop.now() < end:
        loop.run_for(min(60 * krx.MINUTE, end - loop.now()))
        if loop.now() > sessions[0].start:
            report(f"{listing.code} {listing.name} {krx.kst(loop.now()):%Y-%m-%d %H:%M}")
    feed = exchange.feed
    upper, lower = feed.limits(listing, day)
    stopped = build.halts(scenario, house.world.stocks)
    over = midnight + 24 * 60 * krx.MINUTE
    orders = [order for number in house.desk.accounts for order in house.desk.orders(number)]
    return Day(
        scenario=scenario,
        stock=listing,
        day=day,
        base=feed.base_price(listing, day),
        upper=upper,
        lower=lower,
        phases=sessions,
        minutes={board: feed.minutes(listing, day, board) for board in (KRX, AFTER, NXT)},
        seen={board: recorder.seen for board, recorder in recorders.items()},
        halts=tuple(
            halt
            for key in ("", stock)
            for halt in stopped.get(key, ())
            if midnight <= halt.start < over
        ),
        faults=tuple(
            fault
            for fault in scenario.faults
            if fault.at is not None and midnight <= fault.at < over
        ),
        entries=_match(
            [
                each
                for each in scenario.entries
                if each.code == stock and midnight <= each.at < over
            ],
            [order for order in orders if order.stock is listing],
        ),
        fills=tuple(
            fill
            for number in house.desk.accounts
            for fill in house.desk.fills(number)
            if fill.order.stock is listing
        ),
    )


def _match(entries: List[Entry], orders: List[Order]) -> Tuple[Tuple[Entry, Optional[Order]], ...]:
    """Each entry with the first order left that can be its own: nobody else sends any."""
    left = sorted(orders, key=lambda order: order.entered)
    found: List[Tuple[Entry, Optional[Order]]] = []
    for entry in sorted(entries, key=lambda entry: entry.at):
        order = next((each for each in left if _is(entry, each)), None)
        if order is not None:
            left.remove(order)
        found.append((entry, order))
    return tuple(found)


def _is(entry: Entry, order: Order) -> bool:
    return (
        entry.at <= order.entered < entry.at + krx.MINUTE
        and entry.account == order.account
        and entry.quantity == order.quantity
        and entry.hoga == order.hoga
    )


class _Recorder:
    """Keeps what a play publishes."""

    def __init__(self, midnight: int, table: krx.TickTable) -> None:
        self.seen = Seen()
        self._midnight = midnight
        self._table = table
        self._last: Optional[Quote] = None

    def traded(self, play: Play, tick: Tick) -> None:
        self.seen.ticks.append(tick)

    def quoted(self, play: Play, quote: Quote) -> None:
        self.seen.books[(quote.at - self._midnight) // SAMPLE] = quote
        last, self._last = self._last, quote
        if last is not None and last.asks and last.bids:
            minute = (last.at - self._midnight) // krx.MINUTE
            ticks, stood = self.seen.spreads.get(minute, (0, 0))
            weight = min(quote.at - last.at, _LONGEST_WEIGHT)
            spread = self._table.index(last.asks[0][0]) - self._table.index(last.bids[0][0])
            self.seen.spreads[minute] = ticks + spread * weight, stood + weight

    def expected(self, play: Play, expected: Expected) -> None:
        self.seen.expected.append(expected)

    def interrupted(self, play: Play, interruption: Interruption, over: bool) -> None:
        if not over:
            self.seen.interruptions.append(interruption)
