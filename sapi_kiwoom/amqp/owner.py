"""The accounts whose orders this server takes: a pair of queues for each, declared and consumed.

The broker serves one consumer of an order queue at a time, so the second server that owns an account by
mistake waits for the first one to go.
"""

from __future__ import annotations

import logging
from typing import Any, Callable, Dict, List, Optional, Sequence

from sapi_kiwoom.amqp import steps
from sapi_kiwoom.amqp.inlet import Inlet, Taken
from sapi_kiwoom.amqp.settings import Settings
from sapi_kiwoom.amqp.steps import Steps
from sapi_kiwoom.amqp.topology import (
    ACCESS_REFUSED,
    PRECONDITION_FAILED,
    Dialect,
    declare,
    order_queues,
    refusal,
)
from sapi_kiwoom.server.transport import EXPIRED, ORDERS

log = logging.getLogger(__name__)


class Owner:
    """Brings what is consumed in line with what is owned.

    Args:
        settings: for names and limits.
        dialect: how to declare.
        open_inlet: steps that give a new `Inlet`.
        taken: gets deliveries and the name under which the server knows their queue.
        failed: gets what no account is spared.
    """

    def __init__(
        self,
        settings: Settings,
        dialect: Dialect,
        open_inlet: Callable[[Any, int], Steps],
        taken: Callable[[str], Taken],
        failed: Callable[[Exception], None],
    ) -> None:
        self._settings = settings
        self._dialect = dialect
        self._open_inlet = open_inlet
        self._taken = taken
        self._failed = failed
        self._wanted: List[str] = []
        self._connection: Optional[Any] = None
        self._owned: Dict[str, Optional[Inlet]] = {}  # None: not yet, or it failed

    def own(self, accounts: Sequence[str]) -> None:
        """Take the orders of these accounts, now or once there is a connection."""
        self._wanted = list(dict.fromkeys(accounts))
        if self._connection is not None:
            self.serve(self._connection)

    def serve(self, connection: Any) -> None:
        """There is a connection: one conversation for each account, so that none waits for another."""
        self._connection = connection
        for account in [account for account in self._owned if account not in self._wanted]:
            inlet = self._owned.pop(account)
            if inlet is not None:
                inlet.cancel(lambda _: None)
        for account in self._wanted:
            if account not in self._owned:
                self._owned[account] = None
                steps.run(self._take(connection, account), self._failed)

    def lost(self) -> None:
        """The connection is gone, and every consumer with it."""
        self._connection = None
        self._owned = {}

    def mask(self, text: str) -> str:
        """What a broker says, without the numbers of accounts that queues are named after."""
        for account in [*self._wanted, *self._owned]:
            text = text.replace(account, "***" + account[-2:])
        return text

    @property
    def owned(self) -> List[str]:
        """The accounts whose orders come."""
        return [account for account, inlet in self._owned.items() if inlet is not None]

    def _take(self, connection: Any, account: str) -> Steps:
        queues = order_queues(self._settings, account)
        for queue in queues:
            try:
                yield from declare(connection, queue, self._dialect)
            except Exception as error:
                if refusal(error) not in (PRECONDITION_FAILED, ACCESS_REFUSED):
                    raise
                log.error(
                    "주문 대기열을 쓸 수 없습니다. The orders of account ***%s cannot be taken; everything "
                    "else is served. Delete the account's queues %s* and %s* while nobody uses them, or "
                    "give this user the right to configure them (%s)",
                    account[-2:],
                    self._settings.order_queue,
                    self._settings.expired_queue,
                    self.mask(str(error)),
                )
                return
        inlet = yield from self._open_inlet(connection, self._settings.order_prefetch)
        for queue, known_as in zip(queues, (EXPIRED, ORDERS + account)):
            yield inlet.consume(queue.name, self._taken(known_as))
        if account in self._owned:
            self._owned[account] = inlet
        else:  # it was given up meanwhile
            inlet.cancel(lambda _: None)
