"""The broker's side of the line: the market, the exchange, the order desk, and who is logged in."""

from __future__ import annotations

import logging
from datetime import date
from typing import Callable, Dict, FrozenSet, List, Optional, Protocol

from simulator.answers import Reply, Rows, answering
from simulator.answers.world import World
from simulator.brokerage.account import Account
from simulator.brokerage.desk import Desk
from simulator.brokerage.latency import Latency, Step
from simulator.brokerage.ledger import AnyLedger, NoLedger
from simulator.brokerage.notices import Notice
from simulator.brokerage.validation import Request
from simulator.clock import VirtualLoop
from simulator.feeds import Expected, Feed, Quote, Tick
from simulator.feeds.bars import KRX
from simulator.market.exchange import Exchange, MakeTrading, Trading
from simulator.market.fills import Queue, Touch
from simulator.market.fullbook import FullBook
from simulator.market.interruptions import Interruption
from simulator.market.play import Play
from simulator.market.working import Reports, WorkingOrder
from simulator.scenario.build import halts
from simulator.scenario.model import BOOK, MEASURED, QUEUE, SECOND_LOGIN, AccountSpec, Scenario
from simulator.stream import Bell, Streams, tape_so_far
from simulator.tape import Tape
from simulator.universe import Stock

log = logging.getLogger(__name__)


class Client(Protocol):
    """A control that is logged in."""

    def answered(self, request: Request, trcode: str, message: str, number: str) -> None:
        """The server's answer to an order of this control."""

    def noticed(self, notice: Notice) -> None:
        """Something happened to an order of the accounts."""

    def real(self, key: str, real_type: str, raw: str) -> None:
        """A real-time event."""

    def lost(self) -> None:
        """The line broke."""


class Line(Protocol):
    """A login's line to the broker's server."""

    def ask(self, code: str, inputs: Dict[str, str]) -> Optional[Reply]:
        """The answer to a TR, by its code in lower case; None for one that the server does not know."""

    def want(self, key: str, types: FrozenSet[str]) -> None:
        """Deliver these real types of a code from now on."""

    def send(self, request: Request) -> None:
        """Send an order. The server has it, and will not forget it, when this returns."""

    def close(self) -> None:
        """The line is gone: nothing more is heard."""


class AnyHouse(Protocol):
    """A broker as a control sees it, here or in another process."""

    @property
    def world(self) -> World:
        """What masters are answered from."""

    @property
    def profile(self) -> str:
        """``mock``, ``mock-2020`` or ``real``."""

    def connect(self, client: Client) -> Line:
        """A control logs in.

        Raises:
            KiwoomError: nobody answers.
        """

    def close(self) -> None:
        """Let go of what it holds: a state, or a connection. Nothing may happen here any more."""


class House:
    """A simulated broker with everything behind it. Several controls may be logged in.

    Args:
        loop: market time.
        scenario: what is played, and for whom.
        stocks: the listed ones by code.
        feed: what trades.
        ledger: where orders are written down.

    Attributes:
        world: what answers are made from.
        exchange, desk: where orders go.
        profile: ``mock``, ``mock-2020`` or ``real``.
    """

    def __init__(
        self,
        loop: VirtualLoop,
        scenario: Scenario,
        stocks: Dict[str, Stock],
        feed: Feed,
        ledger: Optional[AnyLedger] = None,
    ) -> None:
        self.profile = scenario.server
        self._loop = loop
        self._lines: List[_Line] = []
        self._one_login = any(
            each.effect == SECOND_LOGIN and each.at is None for each in scenario.faults
        )
        latency = _latency(scenario)
        self.exchange = Exchange(
            loop, feed, _model(scenario, latency), scenario.fills == BOOK, halts(scenario, stocks)
        )
        self.world = World(stocks, self.exchange.feed)
        self.exchange.on_moved = self._keep_tape
        self._ledger = ledger = ledger or NoLedger()
        began = next((entry.at for entry in ledger.entries()), loop.now())
        day = self.world.trading_day(began)
        self.desk = Desk(
            loop,
            self.exchange,
            stocks,
            {each.number: _account(each, scenario, stocks, day) for each in scenario.accounts},
            profile=self.profile,
            latency=latency,
            ledger=ledger,
            seed=scenario.seed,
            expired=frozenset(each.number for each in scenario.accounts if each.expired),
        )
        self.world.brokerage = self.desk
        sent = {(each.at, Request(**each.data)) for each in ledger.entries() if each.kind == "sent"}
        for entry in scenario.entries:
            request = Request(
                "",
                "",
                entry.account,
                entry.order_type,
                entry.code,
                entry.quantity,
                entry.price,
                entry.hoga,
            )
            if entry.at >= loop.now() and (entry.at, request) not in sent:
                loop.call_later(entry.at - loop.now(), _enter(self.desk, request))

    def connect(self, client: Client) -> Line:
        """A control logs in."""
        if self._one_login:
            for line in list(self._lines):
                line.cut()
        found = _Line(self, client, self._loop)
        self._lines.append(found)
        return found

    def left(self, line: _Line) -> None:
        """A control has logged out."""
        if line in self._lines:
            self._lines.remove(line)

    def close(self) -> None:
        """Let others have the ledger."""
        self._ledger.close()

    def _keep_tape(self, play: Play) -> None:
        """Orders move a stock: its totals are kept from what is printed from now on."""
        if play.board != KRX:
            return
        tape = tape_so_far(self.world, play)
        self.world.live[play.stock.code] = tape
        self.exchange.watch(play.stock, KRX, _Keeper(self.exchange, tape), False)


class _Line:
    """A line within the process."""

    def __init__(self, house: House, client: Client, loop: VirtualLoop) -> None:
        self._house = house
        self._client = client
        self._loop = loop
        self._streams = Streams(house.world, house.exchange, loop, client.real)
        self._wanted: Dict[str, None] = {}
        self._bell = Bell(loop, client.real)
        self._bell.start()
        house.desk.open(self)

    def ask(self, code: str, inputs: Dict[str, str]) -> Optional[Reply]:
        """See `Line.ask`."""
        answer = answering(code)
        if answer is None:
            return None
        reply = answer(self._house.world, inputs, self._loop.now())
        return reply._replace(rows=_readable(reply.rows, code, inputs))

    def want(self, key: str, types: FrozenSet[str]) -> None:
        """See `Line.want`."""
        self._wanted[key] = None
        self._streams.want(key, types)

    def send(self, request: Request) -> None:
        """See `Line.send`."""
        self._house.desk.send(request, self)

    def cut(self) -> None:
        """Somebody else logs in with the same ID."""
        self._client.lost()
        self.close()

    def close(self) -> None:
        """See `Line.close`."""
        self._house.left(self)
        for key in self._wanted:
            self._streams.want(key, frozenset())
        self._bell.stop()
        self._house.desk.close(self)

    def answered(self, request: Request, trcode: str, message: str, number: str) -> None:
        """See `desk.Client.answered`: another login of the same control does not get it."""
        self._client.answered(request, trcode, message, number)

    def noticed(self, notice: Notice) -> None:
        """See `desk.Client.noticed`."""
        self._client.noticed(notice)


class _Keeper:
    """Adds what is printed to a tape, for the day it was made for."""

    def __init__(self, exchange: Exchange, tape: Tape) -> None:
        self._exchange = exchange
        self._tape = tape

    def traded(self, play: Play, tick: Tick) -> None:
        if play.day == self._tape.day:
            self._tape.add(tick)
        else:
            self._exchange.unwatch(play.stock, KRX, self)

    def quoted(self, play: Play, quote: Quote) -> None:
        pass

    def expected(self, play: Play, expected: Expected) -> None:
        pass

    def interrupted(self, play: Play, interruption: Interruption, over: bool) -> None:
        pass


# -- what a scenario chooses -----------------------------------------------------------------------


def _latency(scenario: Scenario) -> Latency:
    if scenario.latency == MEASURED:
        return Latency.measured(scenario.seed, scenario.server)
    return Latency.uniform(scenario.seed, *scenario.latency)


def _model(scenario: Scenario, latency: Latency) -> MakeTrading:
    """Makes the fill model of a play."""

    def make(exchange: Exchange, play: Play, reports: Reports) -> Trading:
        def continuous() -> bool:
            return exchange.continuous(play)

        def delay(order: WorkingOrder) -> int:
            return latency.of(Step.MARKET_FILL, order.owner.entered, order.owner.number)

        if scenario.fills == BOOK:
            return FullBook(play, reports, continuous)
        if scenario.fills == QUEUE:
            return Queue(play, reports, continuous)
        return Touch(play, reports, continuous, delay)

    return make


def _account(spec: AccountSpec, scenario: Scenario, stocks: Dict[str, Stock], day: date) -> Account:
    account = Account(spec.number, spec.name, spec.cash, day, scenario.server, spec.margin)
    for holding in spec.holdings:
        account.grant(stocks[holding.code], holding.quantity, holding.cost)
    return account


def _enter(desk: Desk, request: Request) -> Callable[[], None]:
    return lambda: desk.send(request, None)


def _readable(rows: Rows, code: str, inputs: Dict[str, str]) -> Rows:
    """The rows, and no more of them where an input turns out to mean nothing: every request is answered."""
    try:
        yield from rows
    except ValueError as failed:
        log.warning("%s cannot be asked with %s: %s", code, inputs, failed)
