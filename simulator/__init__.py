"""A faithful stand-in for the Kiwoom control: pure Python, on any system, at any speed, from a seed.

Prices, shares, sectors, accounts and order books are synthetic. Names and codes are those of real
companies and nothing else about them is.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Mapping, Optional, Union

from sapi_kiwoom import krx
from simulator.answers import label
from simulator.answers.world import World
from simulator.brokerage.ledger import AnyLedger, Ledger, NoLedger
from simulator.clock import VirtualLoop
from simulator.control import Behaviour, SimulatedControl
from simulator.house import AnyHouse, House
from simulator.scenario import injected
from simulator.scenario.build import feed, listed
from simulator.scenario.errors import ScenarioError
from simulator.scenario.model import Scenario
from simulator.scenario.read import load

if TYPE_CHECKING:
    from simulator.qt.installing import Installation
    from simulator.remote import Address


class Simulator:
    """A simulated control, the broker behind it, and the loop on which both live.

    Args:
        seed: decides every price; the same seed gives the same bytes on every Python.
        at: the market's time at the start, microseconds since 1970 UTC; None for the scenario's.
        speed: market seconds per second; None for the scenario's, infinity as fast as possible, which is
            also what a scenario means that says nothing.
        behaviour: what may be chosen about the control.
        scenario: what is played, its file, or the name of one that comes with the simulator; ``seed``,
            where it is named, stands in for the scenario's.
        state: a directory that remembers accounts and orders. Where there are some already, the market
            goes on from the last of them; `catch_up` brings it to ``at``.
        exchange: address of a broker in another process (`simulator.hosting.HouseServer`), which has the
            market's time and speed.

    Attributes:
        kind: what replies and events carry, so that nobody takes them for real ones.
        scenario: what is played.
        house: the broker.
        control: the control of one login.

    Raises:
        ScenarioError: the scenario cannot be played, or no moment is named.
        LedgerError: the state cannot be used.
        ExchangeUnreachable: the broker is not there or plays something else.
    """

    kind = "simulator"
    house: AnyHouse

    def __init__(
        self,
        seed: Optional[int] = None,
        *,
        at: Optional[int] = None,
        speed: Optional[float] = None,
        behaviour: Optional[Behaviour] = None,
        scenario: Union[Scenario, str, Path, None] = None,
        state: Optional[Path] = None,
        exchange: Optional[Address] = None,
    ) -> None:
        scenario = load(scenario)
        if seed is not None:
            scenario = replace(scenario, seed=seed)
        self.scenario = scenario
        at = scenario.start if at is None else at
        if at is None:
            raise ScenarioError("start", "nobody says when the market begins; give at or a start")
        speed = scenario.speed if speed is None else speed
        if speed == float("inf"):
            speed = None
        self._target, self._speed = at, speed
        stocks = listed(scenario)
        if exchange is not None:
            from simulator import remote  # noqa: PLC0415 - sockets, for those who need them

            played = identity(scenario)
            told = remote.hello(exchange, played)
            self._target, self._speed = told.now, told.speed
            self.loop = VirtualLoop(told.now, told.speed)
            world = World(stocks, feed(scenario, stocks))
            self.house = remote.RemoteHouse(self.loop, world, scenario.server, exchange, played)
        else:
            ledger: AnyLedger = NoLedger()
            if state is not None:
                ledger = Ledger(state, {"scenario": identity(scenario)})
            began = max((entry.at for entry in ledger.entries()), default=at)
            self.loop = VirtualLoop(began, None if began < at else speed)
            self.house = House(self.loop, scenario, stocks, feed(scenario, stocks), ledger)
        self.control = SimulatedControl(self.loop, self.house, scenario, behaviour)

    @property
    def world(self) -> World:
        """What answers and masters are made from."""
        return self.house.world

    @property
    def speed(self) -> Optional[float]:
        """Market seconds per second; None is as fast as possible."""
        return self._speed

    def label(self, tr: str) -> str:
        """What the answers to a TR are worth: ``modelled``, or ``synthetic`` where they are invented."""
        return label(tr)

    @property
    def own_clock(self) -> bool:
        """Whether the market's time is this process's to set; else the exchange's."""
        return isinstance(self.house, House)

    def inject(self, written: Mapping[str, Any]) -> None:
        """Let something go wrong that the scenario does not say.

        Args:
            written: a fault with the keys of a scenario's ``faults``; ``duration`` in seconds. Without a
                call or an event it happens at once.

        Raises:
            ScenarioError: it makes no sense.
        """
        fault = injected.read(written, self.scenario, self.loop.now())
        self.control.faults.add(fault)
        if fault.at is not None:
            self.loop.call_later(0, lambda: self.control.meet(fault))

    def close(self) -> None:
        """Let others have the state, or hang up on the exchange. Nothing may run here any more."""
        self.house.close()

    def catch_up(self) -> None:
        """After a restart: let the market do what it did meanwhile, while nobody was logged in."""
        behind = self._target - self.loop.now()
        if behind > 0:
            self.loop.run_for(behind)
        self.loop.pace(self._speed)


def install(
    scenario: Union[str, Path, None] = None,
    *,
    seed: Optional[int] = None,
    speed: Optional[float] = None,
    at: Optional[int] = None,
    transcript: Union[str, Path, None] = None,
) -> Installation:
    """Let programs for the control find it in this process and its children, as ``PyQt5.QAxContainer``.

    Args:
        scenario: a file, or the name of one that comes with the simulator; None for a day of the
            whole market.
        seed, speed, at: stand in for the scenario's, as for `Simulator`; the usual speed is 1.
        transcript: a file to which every call and event is written, as JSON lines.

    Returns:
        What takes it all back with ``remove()``, or at the end of a with block.

    Raises:
        ScenarioError: the scenario cannot be played.
    """
    from simulator.qt import installing, settings  # noqa: PLC0415 (few need it)

    names = [None if each is None else str(each) for each in (scenario, transcript)]
    return installing.install(settings.Settings(names[0], seed, speed, at, names[1]))


def identity(scenario: Scenario) -> str:
    """Names what is played: two simulators with the same one have the same market."""
    digest = hashlib.sha256(repr(replace(scenario, source="")).encode()).hexdigest()[:12]
    return f"{scenario.name}, seed {scenario.seed} ({digest})"


_SHORTLY = 5
"""Minutes."""


def usual_moment(wall: int) -> int:
    """When a market starts that nobody gave a time: now while stocks trade, else the last 10:00.

    Args:
        wall: the real time, microseconds since 1970 UTC.

    Returns:
        ``wall`` from the opening of its date until shortly before the closing auction, in which nothing
        would trade for ten minutes; else 10:00 of its date, or of the last trading day where its date is
        none. Microseconds since 1970 UTC.
    """
    day, minute = krx.day_and_minute(wall)
    if not krx.is_trading_day(day):
        day = krx.previous_trading_day(day)
    elif krx.session(day).open <= minute < krx.session(day).close - _SHORTLY:
        return wall
    return krx.midnight(day) + 10 * 60 * krx.MINUTE


__all__ = [
    "Behaviour",
    "Scenario",
    "SimulatedControl",
    "Simulator",
    "VirtualLoop",
    "World",
    "install",
    "load",
    "usual_moment",
]
