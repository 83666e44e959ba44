"""Which addresses are watched for readers, and for whose sake."""

from __future__ import annotations

from typing import Dict, Hashable, Set

from sapi_kiwoom.server.transport import Transport


class Listening:
    """Watches an address as long as somebody has a reason to.

    Args:
        transport: watches.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._reasons: Dict[str, Set[Hashable]] = {}

    def begin(self, address: str, reason: Hashable) -> None:
        """There is this reason. Twice is the same as once."""
        reasons = self._reasons.setdefault(address, set())
        if not reasons:
            self._transport.listen(address)
        reasons.add(reason)

    def end(self, address: str, reason: Hashable) -> None:
        """There is this reason no more."""
        reasons = self._reasons.get(address)
        if reasons is not None:
            reasons.discard(reason)
            if not reasons:
                del self._reasons[address]
                self._transport.unlisten(address)

    def forget(self, address: str) -> None:
        """The transport has given the address up: nobody reads it. The next reason begins anew."""
        self._reasons.pop(address, None)
