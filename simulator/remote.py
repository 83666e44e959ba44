"""The broker in a process of its own, and the lines to it: JSON, one message a line, over TCP.

Several controls, each in its own process, may be logged in. The broker's process keeps the market's time;
whoever connects takes it over. What a control asks goes to the broker's loop and comes back as messages,
so a line that breaks loses what was under way, as a real one does.
"""

from __future__ import annotations

import json
import logging
import socket
import threading
from functools import partial
from itertools import count
from queue import SimpleQueue
from typing import Any, Callable, Dict, FrozenSet, Iterator, List, Optional, Tuple

from sapi_kiwoom.errors import KiwoomError
from sapi_kiwoom.loop import Loop
from simulator.answers import Reply
from simulator.answers.world import World
from simulator.brokerage.notices import Notice
from simulator.brokerage.validation import Request
from simulator.house import Client, House, Line

log = logging.getLogger(__name__)

Message = Dict[str, Any]
Address = Tuple[str, int]

_ROWS = 200
"""Rows of an answer that travel together."""

_PATIENCE = 10.0
"""Wall-clock seconds for the broker's process to confirm that it has something."""


class ExchangeUnreachable(KiwoomError):
    """The broker's process is not there, or plays something else."""

    name = "exchange-unreachable"


class _Wire:
    """One end of a line. Messages arrive on a thread; sending never waits.

    Args:
        connection: a connected socket.
        on_message: called on the reading thread.
        on_end: called once on the reading thread when the other end is gone.
    """

    def __init__(
        self,
        connection: socket.socket,
        on_message: Callable[[Message], None],
        on_end: Callable[[], None],
    ) -> None:
        self._connection = connection
        self._on_message = on_message
        self._on_end = on_end
        self._outbox: SimpleQueue[Optional[Message]] = SimpleQueue()
        for work in (self._read, self._write):
            threading.Thread(target=work, name="exchange-line", daemon=True).start()

    def send(self, message: Message) -> None:
        """Send a message; one for an end that is gone is lost."""
        self._outbox.put(message)

    def close(self) -> None:
        """Send what waits, then end."""
        self._outbox.put(None)

    def _read(self) -> None:
        try:
            with self._connection.makefile("r", encoding="utf-8", newline="\n") as lines:
                for line in lines:
                    self._on_message(json.loads(line))
        except (OSError, ValueError) as error:
            log.debug("a line to the exchange broke: %s", error)
        self._outbox.put(None)
        self._on_end()

    def _write(self) -> None:
        try:
            for message in iter(self._outbox.get, None):
                text = json.dumps(message, ensure_ascii=False) + "\n"
                self._connection.sendall(text.encode("utf-8"))
            self._connection.shutdown(socket.SHUT_RDWR)
        except OSError as error:
            log.debug("a line to the exchange broke: %s", error)
        self._connection.close()


# -- the broker's end ------------------------------------------------------------------------------


class HouseServer:
    """Lets controls of other processes log in to a house.

    Args:
        loop: of the house.
        house: which.
        speed: market seconds per second, told to whoever connects.
        identity: what is played; a control that plays something else is turned away.
        port: on 127.0.0.1; 0 takes a free one.

    Raises:
        ExchangeUnreachable: the port is taken.
    """

    def __init__(
        self, loop: Loop, house: House, *, speed: float, identity: str, port: int = 0
    ) -> None:
        self._loop = loop
        self._house = house
        self._hello = {"speed": speed, "identity": identity}
        try:
            self._listener = socket.create_server(("127.0.0.1", port))
        except OSError as error:
            raise ExchangeUnreachable(
                f"port {port} of 127.0.0.1: {error}; choose another"
            ) from error
        threading.Thread(target=self._accept, name="exchange-door", daemon=True).start()

    @property
    def address(self) -> Address:
        """Where it listens."""
        host, port = self._listener.getsockname()
        return host, port

    def close(self) -> None:
        """Let nobody in any more."""
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._loop.post(partial(self._admit, connection))

    def _admit(self, connection: socket.socket) -> None:
        _Guest(self, connection)

    def greet(self) -> Message:
        """What everybody who connects is told first."""
        return {"op": "hello", "now": self._loop.now(), **self._hello}

    def line(self, client: Client) -> Line:
        """A control logs in."""
        return self._house.connect(client)

    def post(self, fn: Callable[[], None]) -> None:
        """Do something on the house's loop."""
        self._loop.post(fn)


class _Guest:
    """A control of another process, at the broker's end of its line."""

    def __init__(self, server: HouseServer, connection: socket.socket) -> None:
        self._server = server
        self._line: Optional[Line] = None
        self._reply: Optional[Reply] = None
        self._wire = _Wire(
            connection,
            lambda message: server.post(lambda: self._handle(message)),
            lambda: server.post(self._leave),
        )
        self._wire.send(server.greet())

    def _leave(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None

    def _handle(self, message: Message) -> None:
        op = message["op"]
        if op == "login":
            self._line = self._server.line(self)
            self._wire.send({"op": "done"})
        elif self._line is None:
            log.warning("a line that is not logged in wants %s", op)
        elif op == "ask":
            self._reply = self._line.ask(message["code"], message["inputs"])
            single = self._reply.single if self._reply else None
            self._wire.send({"op": "asked", "id": message["id"], "single": single})
        elif op == "rows":
            self._wire.send({"op": "rows", "id": message["id"], **self._rows()})
        elif op == "want":
            self._line.want(message["key"], frozenset(message["types"]))
        elif op == "send":
            self._line.send(Request(**message["request"]))
            self._wire.send({"op": "done"})

    def _rows(self) -> Message:
        """Some more rows; ``None`` among them ends a turn, as it does for whoever pulls rows."""
        rows: List[Optional[List[str]]] = []
        if self._reply is not None:
            for row in self._reply.rows:
                rows.append(row)
                if row is None or len(rows) == _ROWS:
                    return {"rows": rows, "more": True}
        return {"rows": rows, "more": False}

    def answered(self, request: Request, trcode: str, message: str, number: str) -> None:
        """See `Client.answered`."""
        told = {"trcode": trcode, "message": message, "number": number}
        self._wire.send({"op": "answered", "request": request._asdict(), **told})

    def noticed(self, notice: Notice) -> None:
        """See `Client.noticed`."""
        self._wire.send(
            {"op": "noticed", "gubun": notice.gubun, "values": list(notice.values.items())}
        )

    def real(self, key: str, real_type: str, raw: str) -> None:
        """See `Client.real`."""
        self._wire.send({"op": "real", "event": [key, real_type, raw]})

    def lost(self) -> None:
        """See `Client.lost`."""
        self._wire.close()


# -- the control's end -----------------------------------------------------------------------------


class RemoteHouse:
    """A house in another process.

    Args:
        loop: of the control, whose time and speed are the ones `hello` gave.
        world: what masters are answered from; the same stocks and seed as the house's.
        profile: of the house.
        address: where it listens.
    """

    def __init__(self, loop: Loop, world: World, profile: str, address: Address) -> None:
        self.world = world
        self.profile = profile
        self._loop = loop
        self._address = address

    def connect(self, client: Client) -> Line:
        """Log in.

        Raises:
            ExchangeUnreachable: nobody is there.
        """
        return _RemoteLine(self._loop, _connected(self._address), client)


def hello(address: Address) -> Message:
    """The time (``now``, microseconds), ``speed`` and ``identity`` of the house that listens there.

    Raises:
        ExchangeUnreachable: nobody is there.
    """
    arrived: SimpleQueue[Optional[Message]] = SimpleQueue()
    wire = _Wire(_connected(address), arrived.put, lambda: arrived.put(None))
    message = arrived.get()
    wire.close()
    if message is None:
        raise ExchangeUnreachable(f"{address[0]}:{address[1]} hung up; is it sapi-kiwoom exchange?")
    return message


def _connected(address: Address) -> socket.socket:
    try:
        connection = socket.create_connection(address, timeout=_PATIENCE)
    except OSError as error:
        raise ExchangeUnreachable(
            f"{address[0]}:{address[1]}: {error}; start it with: sapi-kiwoom exchange --port "
            f"{address[1]}"
        ) from error
    connection.settimeout(None)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


class _RemoteLine:
    """A line to a house in another process."""

    def __init__(self, loop: Loop, connection: socket.socket, client: Client) -> None:
        self._loop = loop
        self._client = client
        self._closed = False
        self._done: SimpleQueue[bool] = SimpleQueue()
        self._asks = count(1)
        self._ask = 0
        self._single: List[str] = []
        self._rows: List[Optional[List[str]]] = []
        self._more = self._waiting = False
        self._wire = _Wire(connection, self._receive, self._end)
        self._confirmed({"op": "login"})

    def ask(self, code: str, inputs: Dict[str, str]) -> Optional[Reply]:
        """See `Line.ask`. The single record and the rows are filled in as they arrive."""
        self._ask = next(self._asks)
        self._single, self._rows = [], []
        self._more = self._waiting = True
        self._wire.send({"op": "ask", "id": self._ask, "code": code, "inputs": inputs})
        return Reply(self._single, self._arriving(self._ask))

    def _arriving(self, ask: int) -> Iterator[Optional[List[str]]]:
        while ask == self._ask and not self._closed:
            if self._waiting:
                yield None
            elif self._rows:
                yield self._rows.pop(0)
            elif self._more:
                self._waiting = True
                self._wire.send({"op": "rows", "id": ask})
            else:
                return

    def want(self, key: str, types: FrozenSet[str]) -> None:
        """See `Line.want`."""
        self._wire.send({"op": "want", "key": key, "types": sorted(types)})

    def send(self, request: Request) -> None:
        """See `Line.send`. Waits for the broker's process to have written it down.

        Raises:
            ExchangeUnreachable: it did not say so; it may have the order or not.
        """
        self._confirmed({"op": "send", "request": request._asdict()})

    def close(self) -> None:
        """See `Line.close`."""
        self._closed = True
        self._wire.close()

    def _confirmed(self, message: Message) -> None:
        self._wire.send(message)
        try:
            done = self._done.get(timeout=_PATIENCE)
        except Exception as error:
            raise ExchangeUnreachable("the exchange does not answer; look at its log") from error
        if not done:
            raise ExchangeUnreachable("the line to the exchange broke; log in again")

    def _receive(self, message: Message) -> None:
        """On the reading thread."""
        if message["op"] == "done":
            self._done.put(True)
        elif message["op"] != "hello":
            self._loop.post(lambda: self._handle(message))

    def _end(self) -> None:
        self._done.put(False)
        self._loop.post(self._lost)

    def _lost(self) -> None:
        if not self._closed:
            self._closed = True
            self._client.lost()

    def _handle(self, message: Message) -> None:
        if self._closed:
            return
        op, client = message["op"], self._client
        if op == "asked" and message["id"] == self._ask:
            self._single.extend(message["single"] or [])
            self._waiting, self._more = False, message["single"] is not None
        elif op == "rows" and message["id"] == self._ask:
            self._rows.extend(message["rows"])
            self._waiting, self._more = False, message["more"]
        elif op == "real":
            client.real(*message["event"])
        elif op == "noticed":
            client.noticed(
                Notice(message["gubun"], {int(fid): text for fid, text in message["values"]})
            )
        elif op == "answered":
            request = Request(**message["request"])
            client.answered(request, message["trcode"], message["message"], message["number"])
