"""The composition root: puts control, session, server and transport together."""

from __future__ import annotations

import importlib
import logging
import signal
import sys
import time
from typing import Any, Callable, Optional, Sequence, Type

from sapi_kiwoom.amqp import AmqpLink, AmqpTransport
from sapi_kiwoom.client import Client
from sapi_kiwoom.control import Control
from sapi_kiwoom.errors import KiwoomError
from sapi_kiwoom.loop import Loop
from sapi_kiwoom.server import Server
from sapi_kiwoom.server.local import LocalTransport
from sapi_kiwoom.server.policy import Policy
from sapi_kiwoom.session import Session
from sapi_kiwoom.session.limiter import DEFAULT, Limiter, Window
from sapi_kiwoom.session.orders import Journal, attach

log = logging.getLogger(__name__)

WAITING = 500
"""TR requests that may wait; half of the deliveries that a server holds, so lookups always get through."""

NO_CONTROL = (
    "이 컴퓨터에서는 키움 OpenAPI+ 컨트롤(KHOPENAPI.KHOpenAPICtrl.1)을 사용할 수 없습니다. "
    "시뮬레이터로 실행하려면 --simulator 를 붙이세요:\n"
    "There is no Kiwoom control here; this version serves the simulator only:\n\n"
    "    sapi-kiwoom serve --simulator {url}\n"
)
"""Says what to do where the real control cannot be used."""


def wall() -> int:
    """The real time, microseconds since 1970 UTC."""
    return time.time_ns() // 1_000


def scenario(which: Any) -> Any:
    """A `simulator.Scenario`, by its file, its name, or None for any day of the whole market.

    Raises:
        KiwoomError: there is none, or it cannot be played.
    """
    return importlib.import_module("simulator").load(which)


def usual_moment() -> int:
    """When a market starts that nobody gave a time, microseconds since 1970 UTC."""
    moment: int = importlib.import_module("simulator").usual_moment(wall())
    return moment


def simulator(**options: Any) -> Any:
    """A `simulator.Simulator`. Loaded by name: the server's code knows nothing of the simulator.

    It starts at ``at``, else at the scenario's start, else at the usual moment; with a ``state``, what
    happened since has happened when this returns.

    Raises:
        KiwoomError: the scenario cannot be played, or the state cannot be used.
    """
    module = importlib.import_module("simulator")
    options["scenario"] = played = scenario(options.get("scenario"))
    if options.get("at") is None and played.start is None:
        options["at"] = usual_moment()
    made = module.Simulator(**options)
    if options.get("state") is not None:
        made.catch_up()
    return made


def simulate(timeout: float = 60.0, **options: Any) -> Client:
    """A client of a simulator in this process, without any broker.

    Args:
        timeout: seconds of market time to wait for an answer.
        options: of `simulator.Simulator`: ``scenario``, ``seed``, ``at``, ``speed``, ``state``,
            ``behaviour``.
    """
    simulated = simulator(**options)
    transport = LocalTransport(simulated.loop)
    session = Session(simulated.control, simulated.loop, Limiter(DEFAULT))
    Server(session, transport, simulated.kind, simulated=simulated, label=simulated.label).start()

    def failed(error: KiwoomError) -> None:
        raise error

    session.start(on_connected=_nothing, on_failed=failed)
    return Client(transport.link(), timeout)


def connect(url: str = "amqp://localhost:5672", timeout: float = 60.0) -> Client:
    """A client of the server behind a broker.

    Raises:
        NotConnected: the broker cannot be reached.
    """
    return Client(AmqpLink(url), timeout)


def on_signals(loop: Loop, stop: Callable[[], None]) -> None:
    """Let SIGINT and SIGTERM call ``stop`` on the loop."""

    def handle(number: int, frame: object) -> None:
        loop.post(stop)

    for name in ("SIGINT", "SIGTERM", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), handle)


def keep_running(loop: Loop, *fatal: Type[Exception]) -> None:
    """Run until the loop is stopped, whatever fails on it.

    An exception ends one callable and not the process: a request that caused it would come again after
    each restart.

    Args:
        loop: to be run.
        fatal: exceptions that end it all the same.
    """
    while True:
        try:
            loop.run()
        except fatal:
            raise
        except Exception:
            log.exception("something failed that nobody expected; the process goes on")
        else:
            return


class App:
    """A server over RabbitMQ, from login to orderly shutdown.

    Args:
        loop: turns until the app stops.
        control: any implementation.
        kind: ``real``, ``mock`` or ``simulator``.
        url: the broker's.
        windows: the request budget.
        history: file that keeps the request budget over restarts; None keeps it in memory.
        deadline: seconds of wall-clock time after which a request is given up.
        on_ready: called once when requests are taken.
        simulated: the `simulator.Simulator` that ``control`` is part of.
        journal: file of orders; without one none are taken.
        policy: file that says who may do what; see `sapi_kiwoom.server.policy`.

    Raises:
        KiwoomError: journal or policy cannot be used.
    """

    def __init__(
        self,
        loop: Loop,
        control: Control,
        kind: str,
        url: str,
        *,
        windows: Sequence[Window] = DEFAULT,
        history: Optional[str] = None,
        deadline: float = 3600.0,
        on_ready: Callable[[], None] = lambda: None,
        simulated: Optional[Any] = None,
        journal: Optional[str] = None,
        policy: Optional[str] = None,
    ) -> None:
        self._loop = loop
        self._failure: Optional[KiwoomError] = None
        self._stopping = False
        self._transport = AmqpTransport(
            url, kind, loop, deadline=deadline, on_ready=on_ready, on_fatal=self._fail
        )
        limiter = Limiter(windows, history, now=loop.now())
        self._session = Session(control, loop, limiter, depth=WAITING)
        allowed = None if policy is None else Policy.load(policy)
        self._journal: Optional[Journal] = None
        if journal is not None:
            allowed = allowed or Policy()
            self._journal = attach(self._session, journal, allowed.limits).journal
        self._server = Server(
            self._session,
            self._transport,
            kind,
            policy=allowed,
            simulated=simulated,
            label=_no_label if simulated is None else simulated.label,
        )

    def run(self) -> None:
        """Serve until SIGINT or SIGTERM.

        Raises:
            KiwoomError: something failed that waiting cannot heal.
        """
        on_signals(self._loop, self.stop)
        self._session.start(on_connected=self._server.start, on_failed=self._fail)
        keep_running(self._loop)
        if self._journal is not None:
            self._journal.close()
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        """Answer or give back what is in flight, then end `run`; a second call does not wait."""
        if self._stopping:
            log.warning("stopping at once; what is in flight goes back to the queue")
            self._loop.stop()
            return
        self._stopping = True
        log.info("stopping: no new requests are taken, what is in flight is answered or returned")
        self._server.stop(self._loop.stop)

    def _fail(self, error: KiwoomError) -> None:
        self._failure = error
        self._loop.stop()


def real_control(url: str) -> None:
    """Refuse in words where the real control cannot be used.

    Raises:
        SystemExit: always, in this version.
    """
    sys.exit(NO_CONTROL.format(url=url))


def _no_label(tr: str) -> str:
    return ""


def _nothing() -> None:
    pass
