"""What each TR's answer is worth: ``modelled`` from the market and the accounts, or ``synthetic``."""

from __future__ import annotations

MODELLED, SYNTHETIC = "modelled", "synthetic"

INVENTED = frozenset(("opt10014", "opt10087"))
"""TRs with an answer of their own whose numbers are invented all the same."""

FROM_THE_MARKET = frozenset(
    (
        *("opt10094", "opt20001", "opt20002", "opt20003", "opt20004", "opt20005", "opt20006"),
        *("opt20007", "opt20008", "opt20009", "opt20019", "opt50004", "opt50037", "opt50065"),
        *("opt90001", "opt90002"),
    )
)
"""TRs without an answer of their own all of whose columns the market gives."""
