"""A TCP proxy in front of a broker, that does to connections whatever networks do to them."""

from __future__ import annotations

import socket
import threading
from typing import List, Set

TO_BROKER, TO_CLIENT = "to-broker", "to-client"


class _Pair:
    """One client's connection and ours to the broker."""

    def __init__(self, near: socket.socket, far: socket.socket) -> None:
        self.near = near
        self.far = far
        self.swallowed: Set[str] = set()

    def cut(self) -> None:
        for each in (self.near, self.far):
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


class Proxy:
    """Forwards connections to a port of loopback, for as long as the test is content.

    Attributes:
        accepted: connections so far.
        pause: seconds for which every piece is held back.
        piece: bytes that are forwarded at once.
    """

    def __init__(self, port: int) -> None:
        self._target = port
        self._pairs: List[_Pair] = []
        self._lock = threading.Lock()
        self._flowing = threading.Event()
        self._flowing.set()
        self._closed = threading.Event()
        self._refusing = False
        self.accepted = 0
        self.pause = 0.0
        self.piece = 65536
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._threads: List[threading.Thread] = []
        self._start(self._accept)

    @property
    def url(self) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self.port}/%2F"

    def cut(self) -> None:
        """Drop every connection, as a network or a dying broker does."""
        for pair in self._take_pairs():
            pair.cut()

    def refuse(self, refusing: bool = True) -> None:
        """Hang up on whoever connects, or serve again."""
        self._refusing = refusing

    def freeze(self) -> None:
        """Forward nothing any more, while connections stay open."""
        self._flowing.clear()

    def thaw(self) -> None:
        self._flowing.set()

    def blackhole(self, *directions: str) -> None:
        """Lose everything that present connections send in a direction; new connections are fine."""
        with self._lock:
            for pair in self._pairs:
                pair.swallowed.update(directions)

    def slow(self, pause: float = 0.02) -> None:
        """Hold everything back for a while."""
        self.pause = pause

    def trickle(self, piece: int = 7) -> None:
        """Forward in small pieces, so that no frame comes whole."""
        self.piece = piece

    def say(self, data: bytes) -> None:
        """Tell every client something in the broker's name, and let neither hear the other again."""
        self.blackhole(TO_BROKER, TO_CLIENT)
        for pair in self._take_pairs():
            pair.near.sendall(data)

    def close(self) -> None:
        self._flowing.set()
        self._closed.set()
        try:
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._listener.close()
        self.cut()
        for thread in self._threads:
            thread.join()

    def _take_pairs(self) -> List[_Pair]:
        with self._lock:
            pairs, self._pairs = self._pairs, []
        return pairs

    def _start(self, fn, *arguments) -> None:
        thread = threading.Thread(target=fn, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            self.accepted += 1
            try:
                if self._refusing:
                    raise ConnectionRefusedError
                far = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                near.close()
                continue
            if self._closed.is_set():
                near.close()
                far.close()
                return
            pair = _Pair(near, far)
            with self._lock:
                self._pairs.append(pair)
            self._start(self._forward, pair, near, far, TO_BROKER)
            self._start(self._forward, pair, far, near, TO_CLIENT)

    def _forward(
        self, pair: _Pair, source: socket.socket, sink: socket.socket, direction: str
    ) -> None:
        try:
            while True:
                data = source.recv(65536)
                self._flowing.wait()
                if not data:
                    break
                if self.pause:
                    self._closed.wait(self.pause)
                while data and direction not in pair.swallowed:
                    piece = self.piece  # the test may change it at any moment
                    sink.sendall(data[:piece])
                    data = data[piece:]
        except OSError:
            pass
        pair.cut()
        source.close()  # the other thread closes the other one
