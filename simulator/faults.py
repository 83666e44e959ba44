"""What goes wrong, as a scenario wants it."""

from __future__ import annotations

from typing import Dict, List, Optional, Sequence

from simulator.draws import Draws
from simulator.scenario.model import Fault

DISCONNECT, CLOSED = "disconnect", "closed"
NO_ANSWER, LATE, CODE, LOST = "no-answer", "late", "code", "lost"


class Faults:
    """Says of each call whether it meets a fault.

    Args:
        faults: of the scenario; more may be added while it runs.
        seed: decides which calls are met.
    """

    def __init__(self, faults: Sequence[Fault] = (), seed: int = 1) -> None:
        self._seed = seed
        self._faults: List[Fault] = list(faults)
        self._calls: Dict[str, int] = {}

    @property
    def timed(self) -> List[Fault]:
        """Those that come at a moment, whatever is called."""
        return [fault for fault in self._faults if fault.at is not None]

    def add(self, fault: Fault) -> None:
        """One more from now on."""
        self._faults.append(fault)

    def on(self, call: str) -> Optional[Fault]:
        """The fault that a call made now meets; the first one of several."""
        number = self._calls[call] = self._calls.get(call, 0) + 1
        for place, fault in enumerate(self._faults):
            if fault.call == call and fault.at is None:
                draw = Draws(self._seed, "fault", place, call, number).below(fault.one_in)
                if not draw:
                    return fault
        return None
