"""A faithful stand-in for the Kiwoom control: pure Python, on any system, at any speed, from a seed.

Prices, shares, sectors, accounts and order books are synthetic. Names and codes are those of real
companies and nothing else about them is.
"""

from __future__ import annotations

from typing import Optional

from sapi_kiwoom import krx
from simulator.answers.world import World
from simulator.clock import VirtualLoop
from simulator.control import Behaviour, SimulatedControl
from simulator.feeds.generated import Generated
from simulator.universe import universe


class Simulator:
    """A simulated control and the loop on which it lives.

    Args:
        seed: decides every price; the same seed gives the same bytes on every Python.
        at: the market's time at the start, microseconds since 1970 UTC.
        speed: market seconds per second; None as fast as possible.
        behaviour: what may be chosen about the control.

    Attributes:
        kind: what replies and events carry, so that nobody takes them for real ones.
    """

    kind = "simulator"

    def __init__(
        self,
        seed: int = 1,
        *,
        at: int,
        speed: Optional[float] = None,
        behaviour: Optional[Behaviour] = None,
    ) -> None:
        self.world = World(universe(), Generated(seed))
        self.loop = VirtualLoop(at, speed)
        self.control = SimulatedControl(self.loop, self.world, behaviour)


def usual_moment(wall: int) -> int:
    """When a market starts that nobody gave a time: now within trading hours, else the last 10:00.

    Args:
        wall: the real time, microseconds since 1970 UTC.

    Returns:
        ``wall`` while the regular session of its date is open; else 10:00 of its date, or of the last
        trading day where its date is none. Microseconds since 1970 UTC.
    """
    day, minute = krx.day_and_minute(wall)
    if not krx.is_trading_day(day):
        day = krx.previous_trading_day(day)
    elif krx.session(day).open <= minute < krx.session(day).closing_auction:
        return wall
    return krx.midnight(day) + 10 * 60 * krx.MINUTE


__all__ = ["Behaviour", "SimulatedControl", "Simulator", "VirtualLoop", "World", "usual_moment"]
