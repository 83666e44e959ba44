"""What the handler of a method gets and gives: a `Call` for each request, `Services` for all of them."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Optional, Protocol

from sapi_kiwoom.errors import KiwoomError, RequestRejected
from sapi_kiwoom.loop import Loop
from sapi_kiwoom.server.codec import Encoder, Request, dumps
from sapi_kiwoom.server.methods import Method
from sapi_kiwoom.server.subscriptions import Subscriptions
from sapi_kiwoom.server.transport import Message, Transport
from sapi_kiwoom.session import Session

if TYPE_CHECKING:
    from sapi_kiwoom.server.events import Events
    from sapi_kiwoom.server.orders import OrderMethods

log = logging.getLogger(__name__)


class Policy(Protocol):
    """Who may do what."""

    def may(self, user: Optional[str], method: str, account: Optional[str]) -> bool:
        """Whether a user may call a method, on an account where it has to do with one.

        Args:
            user: as the transport vouches for him; None for one who has no name.
            method: its name.
            account: ten digits; None where the method, or this part of it, is about no account.
        """


class AllowAll:
    """The policy of a server that was given none."""

    def may(self, user: Optional[str], method: str, account: Optional[str]) -> bool:
        """See `Policy.may`."""
        return True


@dataclass
class Services:
    """What handlers work with.

    Attributes:
        session: the control, logged in or about to be.
        transport: carries messages.
        encoder: makes bodies.
        loop: market time.
        kind: ``real``, ``mock`` or ``simulator``.
        subscriptions: of version 1.
        policy: who may do what.
        simulated: the `simulator.Simulator` behind the control; None for a real one.
        label: what a TR's answers are worth, ``synthetic`` for instance; "" for the real control.
        calls: the requests that are not answered yet.
        events: what is published on ``kiwoom.events`` beside orders; set when the handlers are made.
        orders: the methods of orders; set when the handlers are made.
        on_broadcasts_lost: of the `Receiver`; whoever broadcasts sets it.
    """

    session: Session
    transport: Transport
    encoder: Encoder
    loop: Loop
    kind: str
    subscriptions: Subscriptions
    policy: Policy = field(default_factory=AllowAll)
    simulated: Optional[Any] = None
    label: Callable[[str], str] = lambda tr: ""
    calls: Dict[Message, Optional[Call]] = field(default_factory=dict)
    events: Optional[Events] = None
    orders: Optional[OrderMethods] = None
    on_broadcasts_lost: Callable[[str, int], None] = lambda topic, count: None

    def check_account(self, call: Call, account: str) -> None:
        """Let a call have to do with an account only where its user may.

        Raises:
            RequestRejected: ``forbidden``.
        """
        if not self.policy.may(call.user, call.method.name, account):
            raise RequestRejected(
                "forbidden",
                f"{call.user or 'a client without user_id'} may not call {call.method.name} on this "
                "account; the server's policy file says who may",
                field="account",
                method=call.method.name,
            )


class Call:
    """One request on its way through its handler. It is answered once, by `answer` or by `fail`.

    What comes after the last word (the deadline passed, the task was cancelled) is dropped.

    Attributes:
        message: as it came in.
        request: its envelope.
        method: the one that was asked for.
        values: its checked parameters.
        user: who asks, where the transport vouches for it.
        undo: called when the call ends early: gives up what is under way for it. Set by handlers.
        patient: its answer comes for sure, however late: the deadline does not end it. Set by handlers.
    """

    __slots__ = ("_services", "message", "method", "patient", "request", "undo", "values")

    def __init__(
        self,
        services: Services,
        message: Message,
        request: Request,
        method: Method,
        values: Dict[str, Any],
    ) -> None:
        self._services = services
        self.message = message
        self.request = request
        self.method = method
        self.values = values
        self.undo: Callable[[], object] = _nothing
        self.patient = False

    @property
    def user(self) -> Optional[str]:
        """Who asks, where the transport vouches for it."""
        return self.message.user_id

    @property
    def open(self) -> bool:
        """Whether it still waits for its answer."""
        return self.message in self._services.calls

    def answer(self, result: Any, **members: Any) -> None:
        """The last word: it went well.

        Args:
            result: any JSON value.
            members: of the reply, beside ``result``.
        """
        encoder = self._services.encoder
        self._end(encoder.succeeded(self.request.task_id, dumps(result), members))

    def fail(self, error: Exception) -> None:
        """The last word: it did not. Errors that are no `KiwoomError` stay in the log."""
        self._end(self._services.encoder.failed(self.request.task_id, told(error)))

    def page(self, result: Any, page: int) -> None:
        """A part of the answer; more follow, and at last `answer` or `fail`."""
        if self.open:
            body = self._services.encoder.succeeded(
                self.request.task_id, dumps(result), {"page": page, "last": False}
            )
            self._services.transport.page(self.message, body)

    def give_up(self, error: KiwoomError) -> None:
        """End it early: undo what is under way for it and say why."""
        if self.open:
            undo, self.undo = self.undo, _nothing
            undo()
            self.fail(error)

    def guard(self, fn: Callable[..., None]) -> Callable[..., None]:
        """``fn``, to be called later: what it raises then fails this call, as it does in a handler."""

        def guarded(*args: Any) -> None:
            try:
                fn(*args)
            except Exception as error:
                self.fail(error)

        return guarded

    def _end(self, body: bytes) -> None:
        if self.open:
            del self._services.calls[self.message]
            self._services.transport.reply(self.message, body)


Handler = Callable[[Call], None]
"""Serves a call, now or later. What it raises fails the call."""


def told(error: Exception) -> KiwoomError:
    """What a client is told of an exception."""
    if isinstance(error, KiwoomError):
        return error
    log.error("a request failed inside the server", exc_info=error)
    return KiwoomError(
        f"Unhandled exception occurred ({type(error).__name__}); the server's log has the details"
    )


def tasks(services: Services) -> List[Call]:
    """The calls under way, oldest first."""
    return [call for call in services.calls.values() if call is not None]


def _nothing() -> None:
    pass
