"""A line between two processes: JSON objects, one a line, over TCP. The ``op`` of each says what it is."""

from __future__ import annotations

import contextlib
import json
import logging
import socket
import threading
from queue import Empty, SimpleQueue
from typing import Any, Callable, Dict, List, Optional, Tuple

log = logging.getLogger(__name__)

Message = Dict[str, Any]

LONGEST = 1 << 20
"""Bytes of a message; whoever sends more is dropped."""

MOST_WAITING = 32 << 20
"""Bytes that may wait for an end that does not read, before it is dropped."""

_TURN = 1 << 16
"""Bytes read or written at once. A thread that writes message by message would hand over Python's lock
for each of them, and wait for it."""


class Wire:
    """One end of a line. Messages arrive on a thread of its own; sending never waits.

    Args:
        connection: a connected socket. It belongs to the wire from now on.
        on_message: called on the reading thread.
        on_end: called once on the reading thread when nothing more will come.
        longest: bytes of a message that the other end may send.
        most_waiting: bytes that may wait for the other end to read them.
    """

    def __init__(
        self,
        connection: socket.socket,
        on_message: Callable[[Message], None],
        on_end: Callable[[], None],
        *,
        longest: int = LONGEST,
        most_waiting: int = MOST_WAITING,
    ) -> None:
        with contextlib.suppress(OSError):  # it may be gone already
            connection.settimeout(None)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connection = connection
        self._on_message = on_message
        self._on_end = on_end
        self._longest = longest
        self._most_waiting = most_waiting
        self._outbox: SimpleQueue[Optional[bytes]] = SimpleQueue()
        self._queued = self._written = 0  # bytes; each is changed by one thread
        self._dropped = False
        self._writer = threading.Thread(target=self._write, name="exchange-line", daemon=True)
        self._reader = threading.Thread(target=self._read, name="exchange-line", daemon=True)
        self._writer.start()
        self._reader.start()

    def send(self, message: Message) -> None:
        """Send a message; one for an end that is gone is lost. To be called by one thread."""
        if self._dropped:
            return
        text = json.dumps(message, ensure_ascii=False, separators=(",", ":")) + "\n"
        data = text.encode("utf-8")
        self._queued += len(data)
        if self._queued - self._written > self._most_waiting:
            log.warning("a line is dropped: its other end does not read what it is sent")
            self.drop()
            return
        self._outbox.put(data)

    def close(self) -> None:
        """Send what waits, then end."""
        self._outbox.put(None)

    def drop(self) -> None:
        """End at once."""
        self._dropped = True
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)

    @property
    def alive(self) -> bool:
        """Whether more may come."""
        return self._reader.is_alive()

    def join(self, timeout: float) -> None:
        """Wait until the threads have ended and the socket is closed.

        Args:
            timeout: seconds; what takes longer is dropped.
        """
        self._reader.join(timeout)
        self.drop()
        self._reader.join(timeout)

    def _read(self) -> None:
        try:
            with self._connection.makefile("rb", _TURN) as lines:
                while True:
                    line = lines.readline(self._longest)
                    if not line.endswith(b"\n"):
                        if len(line) == self._longest:
                            raise ValueError(f"a message of more than {self._longest} bytes")
                        return  # the other end is gone, perhaps in the middle of a message
                    self._on_message(_message(line))
        except OSError as error:
            log.debug("a line broke: %s", error)
        except (ValueError, RecursionError) as error:
            log.warning("a line is dropped: its other end sends nonsense: %s", error)
        finally:
            self.drop()
            self._outbox.put(None)
            self._writer.join()
            self._connection.close()
            self._on_end()

    def _write(self) -> None:
        ended = False
        try:
            while not ended:
                data, ended = self._next()
                self._connection.sendall(data)
                self._written += len(data)
            self._connection.shutdown(socket.SHUT_RDWR)
        except OSError as error:
            log.debug("a line broke: %s", error)

    def _next(self) -> Tuple[bytes, bool]:
        """Waits for something to be sent; gives what waits then, and whether it is the last."""
        parts: List[bytes] = []
        size = 0
        try:
            while size < _TURN:
                data = self._outbox.get(block=not parts)
                if data is None:
                    return b"".join(parts), True
                parts.append(data)
                size += len(data)
        except Empty:
            pass
        return b"".join(parts), False


class Garbled(ValueError):
    """A message that makes no sense."""


def text(message: Message, name: str) -> str:
    """A text in a message.

    Raises:
        Garbled: it has none of this name.
    """
    value = message.get(name)
    if not isinstance(value, str):
        raise Garbled(f"{name} is no text in {message['op']!r:.40}")
    return value


def number(message: Message, name: str) -> int:
    """A number in a message, of 64 bits.

    Raises:
        Garbled: it has none of this name.
    """
    value = message.get(name)
    if type(value) is not int or not -(1 << 63) <= value < 1 << 63:
        raise Garbled(f"{name} is no number in {message['op']!r:.40}")
    return value


def _message(line: bytes) -> Message:
    found = json.loads(line.decode("utf-8"))
    if not isinstance(found, dict) or not isinstance(found.get("op"), str):
        raise Garbled(f"{line[:40]!r} is no message")
    return found
