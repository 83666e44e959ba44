"""The simulated control: argument checks, return codes and event timing as the real one has them.

One class in parts, one idea each: `core` (the thread, the sink, the line), `session` (login), `realtime`,
`requests`, `orders`, `conditions`, `masters`, `derivatives`, `functions` (the drawer of later additions, and
what has fallen out of use).
"""

from __future__ import annotations

from simulator.control.behaviour import ANY_TR, NEVER, SAME_TRCODE, Behaviour
from simulator.control.core import DERIVATIVES
from simulator.control.functions import Functions
from simulator.control.session import Session

__all__ = ["ANY_TR", "DERIVATIVES", "NEVER", "SAME_TRCODE", "Behaviour", "SimulatedControl"]


class SimulatedControl(Session, Functions):
    """Implements `Control` over a simulated broker.

    Args:
        loop: market time.
        house: the broker behind the line.
        scenario: the user's accounts and conditions, and what goes wrong.
        behaviour: what may be chosen about the control.

    Attributes:
        faults: what goes wrong.
        on_message_box: called with the text of a window that the control shows to the user. It is only
            logged unless somebody else is named here.

    Raises:
        RuntimeError: a call came from another thread than the one that made the control, as would
            happen to a COM object of a single-threaded apartment.
    """
