"""A broker in another process, as a control sees it. `simulator.hosting` is the other end."""

from __future__ import annotations

import logging
import socket
import time
from collections import deque
from functools import partial
from itertools import count
from queue import Empty, SimpleQueue
from typing import Deque, Dict, FrozenSet, Iterator, List, NamedTuple, Optional, Tuple
from weakref import WeakValueDictionary

from sapi_kiwoom.errors import KiwoomError
from sapi_kiwoom.loop import SECOND, Loop
from simulator.answers import Reply, answering
from simulator.answers.world import World
from simulator.brokerage.notices import Notice
from simulator.brokerage.validation import Request
from simulator.clock import VirtualLoop
from simulator.hosting import FORMAT
from simulator.house import Client, Line
from simulator.wire import Message, Wire

log = logging.getLogger(__name__)

Address = Tuple[str, int]

_PATIENCE = 10.0
"""Wall-clock seconds for the other process to confirm something."""

_LOOK_AGAIN = SECOND // 1000
"""Wall-clock microseconds between two looks whether rows have arrived."""

_NOTABLE = 60 * SECOND
"""Microseconds that an exchange which was started again may be behind: so often its ledger has the time."""

_END = "end"
"""Op of the message that a line's end makes of itself."""


class ExchangeUnreachable(KiwoomError):
    """The broker's process is not there, or plays something else."""

    name = "exchange-unreachable"


class Hello(NamedTuple):
    """What a broker's process says to whoever connects.

    Attributes:
        now: its market time, microseconds since 1970 UTC.
        speed: market seconds per second.
    """

    now: int
    speed: float


class RemoteHouse:
    """A house in another process.

    Args:
        loop: of the control. With each login it takes over the time and the speed of the house.
        world: what masters are answered from; the same stocks and seed as the house's.
        profile: of the house.
        address: where it listens.
        identity: what it has to play.
    """

    def __init__(
        self, loop: VirtualLoop, world: World, profile: str, address: Address, identity: str
    ) -> None:
        self.world = world
        self.profile = profile
        self._loop = loop
        self._address = address
        self._identity = identity
        self._lines: List[_RemoteLine] = []

    def connect(self, client: Client) -> Line:
        """Log in.

        Raises:
            ExchangeUnreachable: nobody is there, or it plays something else.
        """
        line = _RemoteLine(self._loop, self._address, client)
        try:
            told = line.greeted(self._identity)
            behind = self._loop.now() - told.now
            if behind > _NOTABLE:
                log.warning(
                    "the exchange is %.0f s behind; time goes slower until then", behind / SECOND
                )
            self._loop.follow(told.now, told.speed)
            line.login(told.speed)
        except ExchangeUnreachable:
            line.close()
            raise
        self._lines = [each for each in self._lines if each.standing] + [line]
        return line

    def close(self) -> None:
        """Hang up."""
        for line in self._lines:
            line.close()
            line.join()


def hello(address: Address, identity: str) -> Hello:
    """Ask a broker's process how late it is.

    Args:
        address: where it listens.
        identity: what it has to play.

    Raises:
        ExchangeUnreachable: nobody is there, or it plays something else.
    """
    call = _Call(address)
    try:
        return call.greeted(identity)
    finally:
        call.close()
        call.join()


class _Call:
    """A connection to the broker's process, on which one can wait for its answers.

    Raises:
        ExchangeUnreachable: nobody is there.
    """

    def __init__(self, address: Address) -> None:
        self._place = f"{address[0]}:{address[1]}"
        try:
            connection = socket.create_connection(address, timeout=_PATIENCE)
        except (OSError, OverflowError) as error:
            raise ExchangeUnreachable(
                f"no exchange on {self._place} ({error}); start it: sapi-kiwoom exchange --port "
                f"{address[1]}"
            ) from error
        self._told: SimpleQueue[Message] = SimpleQueue()
        self._wire = Wire(connection, self._receive, partial(self._receive, {"op": _END}))

    def greeted(self, identity: str) -> Hello:
        """What it says first."""
        told = self._await(0)
        now, speed = told.get("now"), told.get("speed")
        if not (isinstance(now, int) and isinstance(speed, (int, float)) and speed > 0):
            raise ExchangeUnreachable(f"{self._place} is no sapi-kiwoom exchange; look at the port")
        if told.get("format") != FORMAT:
            raise ExchangeUnreachable(
                f"the exchange on {self._place} is of another version; start it again with this one"
            )
        if told.get("identity") != identity:
            raise ExchangeUnreachable(
                f"the exchange on {self._place} plays {told.get('identity')}, not {identity}; name "
                "the same scenario and seed"
            )
        return Hello(now, speed)

    @property
    def standing(self) -> bool:
        """Whether it has not ended."""
        return self._wire.alive

    def close(self) -> None:
        """Hang up."""
        self._wire.close()

    def join(self) -> None:
        """Wait until it is over."""
        self._wire.join(1.0)

    def _await(self, ask: int) -> Message:
        """The answer with this id; what came too late for its own is passed over."""
        until = time.monotonic() + _PATIENCE
        while True:
            try:
                told = self._told.get(timeout=max(0.0, until - time.monotonic()))
            except Empty:
                raise ExchangeUnreachable(
                    f"the exchange on {self._place} has not answered within {_PATIENCE:g} s; "
                    "look at its log"
                ) from None
            if told["op"] == _END:
                self._told.put(told)  # for whoever waits next
                raise ExchangeUnreachable(f"the line to the exchange on {self._place} is broken")
            if told.get("id") == ask:
                if told["op"] == "failed":
                    raise ExchangeUnreachable(str(told.get("why")))
                return told

    def _receive(self, message: Message) -> None:
        """On the reading thread."""
        self._told.put(message)


class _RemoteLine(_Call):
    """A login's line to a broker in another process."""

    def __init__(self, loop: Loop, address: Address, client: Client) -> None:
        self._loop = loop
        self._client = client
        self._closed = False
        self._ids = count(1)
        self._pause = _LOOK_AGAIN
        self._wanted: Dict[str, FrozenSet[str]] = {}
        # Of answers that nobody looks at any more, nothing is kept.
        self._answers: WeakValueDictionary[int, _Answer] = WeakValueDictionary()
        super().__init__(address)

    def login(self, speed: float) -> None:
        """Log in.

        Raises:
            ExchangeUnreachable: it did not say so.
        """
        self._pause = int(_LOOK_AGAIN * speed)
        self._confirmed({"op": "login"})

    def ask(self, code: str, inputs: Dict[str, str]) -> Optional[Reply]:
        """See `Line.ask`. The single record and the rows are filled in as they arrive."""
        if answering(code) is None:
            return None
        ask = next(self._ids)
        answer = self._answers[ask] = _Answer(self._wire, ask)
        self._wire.send({"op": "ask", "id": ask, "code": code, "inputs": inputs})
        return Reply(answer.single, answer.arriving(), self._pause)

    def want(self, key: str, types: FrozenSet[str]) -> None:
        """See `Line.want`."""
        self._wanted[key] = types
        self._wire.send({"op": "want", "key": key, "types": sorted(types)})

    def send(self, request: Request) -> None:
        """See `Line.send`. Waits for the other process to have written it down.

        Raises:
            ExchangeUnreachable: it did not say so; it may have the order or not.
        """
        self._confirmed({"op": "send", "request": request._asdict()})

    def close(self) -> None:
        """See `Line.close`."""
        self._closed = True
        super().close()

    def _confirmed(self, message: Message) -> None:
        ask = next(self._ids)
        self._wire.send({**message, "id": ask})
        self._await(ask)

    def _receive(self, message: Message) -> None:
        """On the reading thread."""
        if message["op"] in ("hello", "done", "failed", _END):
            super()._receive(message)
        if message["op"] not in ("hello", "done", "failed"):
            self._loop.post(partial(self._handle, message))

    def _handle(self, message: Message) -> None:
        if self._closed:
            return
        op, client = message["op"], self._client
        if op == "real":
            key, real_type, raw = message["event"]
            # What was on its way when the registration ended is not delivered any more.
            if key not in self._wanted or real_type in self._wanted[key]:
                client.real(key, real_type, raw)
        elif op == "rows":
            answer = self._answers.get(message["id"])
            if answer is not None:
                answer.take(message)
        elif op == "noticed":
            values = {int(fid): text for fid, text in message["values"]}
            client.noticed(Notice(message["gubun"], values))
        elif op == "answered":
            request = Request(**message["request"])
            client.answered(request, message["trcode"], message["message"], message["number"])
        elif op == _END:
            self._closed = True
            client.lost()


class _Answer:
    """An answer whose rows arrive some at a time."""

    def __init__(self, wire: Wire, ask: int) -> None:
        self.single: List[str] = []
        self._wire = wire
        self._ask = ask
        self._rows: Deque[List[str]] = deque()
        self._waiting = self._more = True
        self._why = ""

    def arriving(self) -> Iterator[Optional[List[str]]]:
        """The rows; None while others are awaited."""
        while self._rows or self._more:
            if self._rows:
                yield self._rows.popleft()
                continue
            if not self._waiting:
                self._waiting = True
                self._wire.send({"op": "rows", "id": self._ask})
            yield None
        if self._why:
            raise ExchangeUnreachable(self._why)

    def take(self, message: Message) -> None:
        """Some rows are there."""
        self.single.extend(message["single"])
        self._rows.extend(message["rows"])
        self._waiting, self._more = False, message["more"]
        self._why = message.get("why", "")
