"""What may be chosen about the simulated control where the real one is not known, or differs by version."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Optional, Tuple

from simulator.limits import Allowance

ANY_TR, SAME_TRCODE, NEVER = "any-tr", "same-trcode", "never"
"""What breaks a chain of pages: any other request, one of the same TR, none."""

BLANK, REFUSE = "blank", "refuse"
ANY_ORDER, TR_ORDER = "any", "tr"
SERVED, EMPTY = "served", "empty"
DROP, KEEP = "drop", "keep"
ADDS, IGNORED = "adds", "ignored"
ORDINARY, ALL_TYPES = "ordinary", "all"

_CHOICES = {
    "chain_break": (ANY_TR, SAME_TRCODE, NEVER),
    "missing_inputs": (BLANK, REFUSE),
    "input_order": (ANY_ORDER, TR_ORDER),
    "beyond_screens": (SERVED, EMPTY),
    "screen_reuse": (DROP, KEEP),
    "first_add": (ADDS, IGNORED),
    "shared_fids": (ORDINARY, ALL_TYPES),
}


@dataclass(frozen=True)
class Behaviour:
    r"""What may be chosen about the control.

    Attributes:
        login: microseconds from CommConnect to OnEventConnect.
        latency: least and most microseconds from a request to its answer (recorded: 60 to 110 ms).
        allowance: requests that are allowed.
        login_error: what OnEventConnect reports; 0 is a successful login.
        message_first: whether OnReceiveMsg of an order comes before OnReceiveTrData, as recorded; the
            guide has it the other way round. None for what the server's profile does.
        guards: whether orders above 2 and 5 billion won, 1 % and 3 % of the shares, or 300 and 500
            contracts fail.
        chain_break: what breaks a chain of pages, so that its next page is a first page again: ``any-tr``,
            ``same-trcode`` or ``never``.
        missing_inputs: ``blank`` sends a request whose inputs are not all set, as programs that leave
            out the password do, and gives -202 only where none is; ``refuse`` gives -202 for each one
            that the TR needs.
        input_order: ``any``, or ``tr``: -202 for inputs that are not set in the TR's order.
        screens: screen numbers that a program may have in use.
        beyond_screens: what more than that get: ``served`` like the others, or ``empty``.
        screen_reuse: whether a request ends what its screen had registered (``drop``) or not (``keep``).
        first_add: what SetRealReg with "1" does on a screen without registrations: ``adds`` or is
            ``ignored``.
        shared_fids: what SetRealReg brings for a FID that several real types have: the ``ordinary`` ones
            (trade, book, expected trade, index ...) or ``all`` (brokers, program trading, NAV too).
        refused_answer: whether a TR that the mock server does not offer has an OnReceiveTrData, without
            data, besides its message.
        strict: whether TRs that are only answered synthetically (`simulator.answers.label`) are refused, with
            -201 and a line in the log that names the TR.
        module_path: where GetAPIModulePath says that the control is.

    Raises:
        ValueError: a choice is none of those above.
    """

    login: int = 50_000
    latency: Tuple[int, int] = (60_000, 110_000)
    allowance: Allowance = field(default_factory=Allowance)
    login_error: int = 0
    message_first: Optional[bool] = None
    guards: bool = False
    chain_break: str = ANY_TR
    missing_inputs: str = BLANK
    input_order: str = ANY_ORDER
    screens: int = 200
    beyond_screens: str = SERVED
    screen_reuse: str = DROP
    first_add: str = ADDS
    shared_fids: str = ORDINARY
    refused_answer: bool = True
    strict: bool = False
    module_path: str = "C:\\OpenAPI"

    def __post_init__(self) -> None:
        for name, choices in _CHOICES.items():
            chosen = getattr(self, name)
            if chosen not in choices:
                raise ValueError(f"{name} is {chosen!r}; it is one of {', '.join(choices)}")
