"""What all parts of the control share: its thread, its sink, the line, screens and the user's windows."""

from __future__ import annotations

import logging
import threading
from typing import Callable, Dict, List, Optional, cast

from sapi_kiwoom.control import Events
from simulator import masters
from simulator.clock import VirtualLoop
from simulator.control.behaviour import SERVED, Behaviour
from simulator.draws import Draws
from simulator.faults import Faults
from simulator.house import AnyHouse, Line
from simulator.limits import RequestLimit
from simulator.scenario.model import Scenario

log = logging.getLogger(__name__)

NOT_CONNECTED = -101

DERIVATIVES = "8099999931"
"""An account that the login has besides those that trade stocks."""


class _NoSink:
    """Stands where the sink will be."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        raise RuntimeError(f"nobody hears {name}; attach a sink before CommConnect")


class Core:
    """The control without any of its calls; see `SimulatedControl` for what it is made with."""

    def __init__(
        self,
        loop: VirtualLoop,
        house: AnyHouse,
        scenario: Optional[Scenario] = None,
        behaviour: Optional[Behaviour] = None,
    ) -> None:
        self._loop = loop
        self._house = house
        self._world = house.world
        self._scenario = scenario or Scenario()
        self._behaviour = behaviour or Behaviour()
        self._thread = threading.get_ident()
        self._events = cast(Events, _NoSink())
        self._line: Optional[Line] = None
        self._limit = RequestLimit(self._behaviour.allowance)
        self._screens: Dict[str, None] = {}  # in use
        self._answers = 0
        self.faults = Faults(self._scenario.faults, self._scenario.seed, loop)
        self.on_message_box: Callable[[str], None] = lambda text: log.warning("%s", text)
        self._begin()

    def _begin(self) -> None:
        """Each part makes what it keeps."""

    def attach(self, events: Events) -> None:
        """See `Control.attach`."""
        assert isinstance(self._events, _NoSink), "the control has its sink already"
        self._events = events

    # -- for the parts -------------------------------------------------------------------------

    @property
    def _accounts(self) -> List[masters.Account]:
        """Those of the login."""
        accounts = self._scenario.accounts
        return [
            *(masters.Account(each.number, each.name, "위탁종합") for each in accounts),
            masters.Account(DERIVATIVES, accounts[0].name, "선물옵션"),
        ]

    def _forget(self) -> None:
        """The line was lost, and with it what each part had under way."""
        self.faults.forget()
        self._screens.clear()

    def _take_screen(self, screen: str) -> bool:
        """Put a screen to use; whether it is one of those that are served."""
        if screen not in self._screens:
            if len(self._screens) >= self._behaviour.screens:
                log.warning("more than %d screens are in use", self._behaviour.screens)
                return self._behaviour.beyond_screens == SERVED
            self._screens[screen] = None
        return True

    def _repurpose(self, screen: str) -> None:
        """A request, an order or a condition search begins to use a screen."""

    def _later(self, delay: int, fn: Callable[[], None]) -> None:
        """Call ``fn`` after some microseconds, unless the line is lost by then."""
        line = self._line
        self._loop.call_later(delay, lambda: fn() if self._line is line else None)

    def _latency(self) -> int:
        """Microseconds from a request to its answer, drawn anew."""
        self._answers += 1
        draws = Draws(self._scenario.seed, "latency", str(self._answers))
        return draws.between(*self._behaviour.latency)

    def _check_thread(self) -> None:
        if threading.get_ident() != self._thread:
            raise RuntimeError(
                "the control was called from another thread than the one that made it; "
                "hand the call over with loop.post"
            )
