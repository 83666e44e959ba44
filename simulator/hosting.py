"""The broker in a process of its own: lets controls of other processes log in.

A control that connects is greeted with what is played, its time and its speed (``hello``). Then it sends
``login``, ``ask``, ``rows``, ``want`` and ``send``, and hears ``done`` or ``failed``, ``rows``, ``real``,
``answered`` and ``noticed``. What belongs together has the same ``id``. Everything is done on the
broker's loop, in the order in which it arrived. A line that breaks loses what was under way, as a real
one does.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
from functools import partial
from queue import Empty, SimpleQueue
from typing import Callable, Dict, List, Optional, Tuple

from sapi_kiwoom.errors import KiwoomError
from sapi_kiwoom.loop import Loop
from simulator.answers import Reply
from simulator.brokerage.notices import Notice
from simulator.brokerage.validation import Request, local
from simulator.control import DERIVATIVES
from simulator.house import House, Line
from simulator.wire import Garbled, Message, Wire, number, text

log = logging.getLogger(__name__)

FORMAT = 1
"""Of the messages; both ends must have the same."""

_LONGEST = 1 << 16
"""Bytes of a message from a control."""

_ROWS = 200
"""Rows of an answer that travel together."""

_ANSWERS = 256
"""Answers of a line that are kept until the rest of their rows is asked for: many times more than are
under way at once."""

_GOODBYE = 1.0
"""Wall-clock seconds for a control to hear the last words at the end."""


class PortTaken(KiwoomError):
    """Something else listens there."""

    name = "port-taken"


class HouseServer:
    """Lets controls of other processes log in to a house.

    Args:
        loop: of the house.
        house: which.
        speed: market seconds per second, told to whoever connects.
        identity: what is played; a control that plays something else does not log in.
        port: on 127.0.0.1; 0 takes a free one.

    Raises:
        PortTaken: by somebody else.
    """

    def __init__(
        self, loop: Loop, house: House, *, speed: float, identity: str, port: int = 0
    ) -> None:
        self.house = house
        self._loop = loop
        self._hello = {"op": "hello", "format": FORMAT, "speed": speed, "identity": identity}
        try:
            self._listener = socket.create_server(("127.0.0.1", port))
        except (OSError, OverflowError) as error:
            raise PortTaken(f"--port {port}: {error}; choose another, 0 takes any") from error
        self._port: int = self._listener.getsockname()[1]
        self._arrived: SimpleQueue[socket.socket] = SimpleQueue()
        self._guests: Dict[_Guest, None] = {}
        self._closed = threading.Event()
        self._door = threading.Thread(target=self._accept, name="exchange-door", daemon=True)
        self._door.start()

    @property
    def address(self) -> Tuple[str, int]:
        """Where it listens."""
        return "127.0.0.1", self._port

    def close(self) -> None:
        """Hang up on everybody and let nobody in any more. On the thread of the loop."""
        self._closed.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # ends accept(), where closing does not
        self._listener.close()
        self._door.join()
        with contextlib.suppress(Empty):
            while True:
                self._arrived.get_nowait().close()
        guests = list(self._guests)
        for guest in guests:
            guest.lost()
        for guest in guests:
            guest.leave()
            guest.join(_GOODBYE)

    def _accept(self) -> None:
        while not self._closed.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError as error:
                if not self._closed.is_set():
                    log.warning("nobody can log in for the moment: %s", error)
                    self._closed.wait(1.0)
                continue
            self._arrived.put(connection)
            self._loop.post(self._admit)

    def _admit(self) -> None:
        with contextlib.suppress(Empty):  # closed meanwhile
            guest = _Guest(self, self._arrived.get_nowait())
            self._guests[guest] = None
            guest.tell({**self._hello, "id": 0, "now": self._loop.now()})

    def left(self, guest: _Guest) -> None:
        """A guest is gone."""
        self._guests.pop(guest, None)

    def post(self, fn: Callable[[], None]) -> None:
        """Do something on the house's loop."""
        self._loop.post(fn)


class _Guest:
    """A control of another process, at the broker's end of its line. It is the `Client` of a `Line`."""

    def __init__(self, server: HouseServer, connection: socket.socket) -> None:
        self._server = server
        self._line: Optional[Line] = None
        self._answers: Dict[int, Reply] = {}  # by the id of what was asked, until they end
        self._gone = False
        self._wire = Wire(
            connection,
            lambda message: server.post(partial(self._take, message)),
            lambda: server.post(self.leave),
            longest=_LONGEST,
        )

    def tell(self, message: Message) -> None:
        """Send a message."""
        self._wire.send(message)

    def leave(self) -> None:
        """The line is gone, and with it what was registered."""
        self._gone = True
        self._server.left(self)
        if self._line is not None:
            log.info("a control has left")
            self._line.close()
            self._line = None

    def join(self, timeout: float) -> None:
        """Wait for the end of the wire."""
        self._wire.join(timeout)

    # -- what the control wants ----------------------------------------------------------------

    def _take(self, message: Message) -> None:
        """Do what a control wants; one that wants nonsense is dropped and harms nobody else."""
        if self._gone:
            return
        try:
            self._do(message)
        except Garbled as error:
            log.warning("a line is dropped: its other end sends nonsense: %s", error)
            self._wire.drop()
            self.leave()

    def _do(self, message: Message) -> None:
        op, line = message["op"], self._line
        if op == "login":
            if line is not None:
                raise Garbled("a second login")
            self._line = self._server.house.connect(self)
            log.info("a control has logged in")
            self.tell({"op": "done", "id": number(message, "id")})
        elif line is None:
            raise Garbled(f"{op!r:.40} before the login")
        elif op == "ask":
            self._ask(line, number(message, "id"), text(message, "code"), _inputs(message))
        elif op == "rows":
            self._send_rows(number(message, "id"))
        elif op == "want":
            line.want(text(message, "key"), frozenset(_texts(message, "types")))
        elif op == "send":
            self._send(line, number(message, "id"), self._order(message))
        else:
            raise Garbled(f"{op!r:.40} is nothing that a control wants")

    def _ask(self, line: Line, ask: int, code: str, inputs: Dict[str, str]) -> None:
        try:
            reply = line.ask(code, inputs)
        except Exception:  # a defect of ours
            log.exception("%s with %s cannot be answered", code, inputs)
            reply = None
        if reply is None:
            self._cannot(ask)
            return
        self._answers[ask] = reply
        if len(self._answers) > _ANSWERS:
            del self._answers[next(iter(self._answers))]
        self._send_rows(ask)

    def _send_rows(self, ask: int) -> None:
        """Send some rows; a None among them ends a turn here, as it does for whoever pulls them.

        The single record goes with the first that come after it was filled in.
        """
        if ask not in self._answers:
            self._cannot(ask)
            return
        reply = self._answers[ask]
        rows: List[List[str]] = []
        more = False
        try:
            for row in reply.rows:
                if row is not None:
                    rows.append(row)
                if row is None or len(rows) == _ROWS:
                    more = True
                    break
        except Exception:  # a defect of ours
            log.exception("an answer broke off")
            self._cannot(ask)
            return
        if not more:
            del self._answers[ask]
        single = reply.single[:]
        reply.single.clear()
        self.tell({"op": "rows", "id": ask, "single": single, "rows": rows, "more": more})

    def _cannot(self, ask: int) -> None:
        self._answers.pop(ask, None)
        why = "the exchange cannot answer; its log says why"
        self.tell({"op": "rows", "id": ask, "single": [], "rows": [], "more": False, "why": why})

    def _send(self, line: Line, ask: int, request: Request) -> None:
        try:
            line.send(request)
        except KiwoomError as error:
            self.tell({"op": "failed", "id": ask, "why": error.message})
        else:
            self.tell({"op": "done", "id": ask})

    def _order(self, message: Message) -> Request:
        """An order as a control may send it: what gets past here is written down for good."""
        fields = message.get("request")
        if not isinstance(fields, dict) or set(fields) != set(Request._fields):
            raise Garbled("no order in 'send'")
        request = Request(**fields)
        for value, kind in zip(request, _ORDER):
            if type(value) is not kind:
                raise Garbled(f"{value!r:.40} in an order")
        if max(request.quantity, request.price) >= 1 << 31:
            raise Garbled("more than 32 bits in an order")
        accounts = [*self._server.house.desk.accounts, DERIVATIVES]
        refused = local(request, None, accounts, accounts)
        if refused:
            raise Garbled(f"an order that SendOrder refuses ({refused})")
        return request

    # -- what the control hears ----------------------------------------------------------------

    def answered(self, request: Request, trcode: str, message: str, number: str) -> None:
        """See `Client.answered`."""
        told = {"trcode": trcode, "message": message, "number": number}
        self.tell({"op": "answered", "request": request._asdict(), **told})

    def noticed(self, notice: Notice) -> None:
        """See `Client.noticed`."""
        self.tell({"op": "noticed", "gubun": notice.gubun, "values": list(notice.values.items())})

    def real(self, key: str, real_type: str, raw: str) -> None:
        """See `Client.real`."""
        self.tell({"op": "real", "event": [key, real_type, raw]})

    def lost(self) -> None:
        """See `Client.lost`."""
        self._wire.close()


_ORDER = tuple(map(type, Request("", "", "", 0, "", 0, 0, "", "")))


def _texts(message: Message, name: str) -> List[str]:
    found = message.get(name)
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise Garbled(f"{name} are no texts in {message['op']!r:.40}")
    return found


def _inputs(message: Message) -> Dict[str, str]:
    found = message.get("inputs")
    if not isinstance(found, dict) or not all(isinstance(each, str) for each in found.values()):
        raise Garbled("no inputs in 'ask'")
    return found
