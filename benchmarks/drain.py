"""The reader of the ticks: counts messages without decoding them, so that it never is what is slow.

Speaks just enough AMQP on a bare socket: three frames for each message, of which only the body's is counted
(bodies are far smaller than a frame may be). Prints ``ready``, later the messages per second between the
first after the warm-up and the last.
"""

from __future__ import annotations

import argparse
import socket
import struct
import time
from typing import Any

import pika
from pika import frame, spec

METHOD, BODY = 1, 3
HEADER = struct.Struct(">BHI")


class Reader:
    """Frames of one connection, from its beginning."""

    def __init__(self, url: str) -> None:
        parameters = pika.URLParameters(url)
        self._socket = socket.create_connection((parameters.host, parameters.port), timeout=60)
        self._buffer = b""
        name, password = parameters.credentials.username, parameters.credentials.password
        self._socket.sendall(b"AMQP\x00\x00\x09\x01")
        self.wait()
        self.call(0, spec.Connection.StartOk({}, "PLAIN", f"\0{name}\0{password}", "en_US"))
        self.call(0, spec.Connection.TuneOk(2047, 131072, 0), answered=False)
        self.call(0, spec.Connection.Open(parameters.virtual_host))
        self.call(1, spec.Channel.Open())

    def call(self, channel: int, method: Any, answered: bool = True) -> None:
        """Send a method and wait for its answer."""
        self._socket.sendall(frame.Method(channel, method).marshal())
        if answered:
            self.wait()

    def wait(self) -> None:
        """Skip one method of the broker."""
        while not self.bodies(METHOD):
            pass

    def bodies(self, kind: int = BODY) -> int:
        """Read what is there; how many frames of the kind were in it."""
        data = self._socket.recv(1 << 20)
        if not data:
            raise SystemExit("the broker closed the connection")
        data = self._buffer + data
        at = found = 0
        while len(data) - at >= HEADER.size:
            type_, _, size = HEADER.unpack_from(data, at)
            if len(data) - at < size + 8:
                break
            found += type_ == kind
            at += size + 8
        self._buffer = data[at:]
        return found


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("queue")
    parser.add_argument("count", type=int)
    options = parser.parse_args()
    reader = Reader(options.url)
    reader.call(1, spec.Queue.Declare(queue=options.queue, auto_delete=True))
    reader.call(1, spec.Basic.Consume(queue=options.queue, no_ack=True))
    print("ready", flush=True)
    warm = options.count // 10
    seen = begun_with = 0
    began = 0.0
    while seen < options.count:
        seen += reader.bodies()
        if not began and seen >= warm:
            began, begun_with = time.perf_counter(), seen
    print((seen - begun_with) / (time.perf_counter() - began))


if __name__ == "__main__":
    main()
