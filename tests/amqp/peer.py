"""A scripted peer: speaks just enough AMQP to refuse what a newer broker refuses.

It can also stand in for the server program: ``python -m tests.amqp.peer`` listens on the port that the
environment names, as ``rabbitmq-server`` does.
"""

from __future__ import annotations

import os
import socket
import struct
import threading
from typing import Any, Callable, Dict, List, Optional, Tuple

from pika import frame, spec

REFUSAL = (541, "INTERNAL_ERROR - feature `transient_nonexcl_queues` is deprecated", 50, 10)


class Peer:
    """A broker that keeps no messages.

    Args:
        refuse: "channel" or "connection": what it closes when a queue that is neither durable nor
            exclusive is declared; None takes everything.
        consumers: what it says about queues that are looked at passively; others are missing.
        port: where it listens on loopback.
    """

    def __init__(
        self,
        refuse: Optional[str] = None,
        consumers: Optional[Dict[str, int]] = None,
        nack: int = 0,
        port: int = 0,
    ) -> None:
        self._refuse = refuse
        self._consumers = consumers or {}
        self.nack = nack
        self.connections = 0
        self.declared: List[Tuple[str, bool]] = []
        self.published: List[Tuple[str, bytes]] = []
        self._sockets: List[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def url(self) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self.port}/%2F"

    def close(self) -> None:
        for each in [self._listener, *self._sockets]:
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            each.close()
        for thread in self._threads:
            thread.join()

    def join(self) -> None:
        """Serve until the process is killed."""
        self._threads[0].join()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._sockets.append(sock)
            thread = threading.Thread(target=_Conversation(self, sock).run, daemon=True)
            self._threads.append(thread)
            thread.start()


class _Conversation:
    def __init__(self, peer: Peer, sock: socket.socket) -> None:
        self.peer = peer
        self.sock = sock
        self.published = 0
        self.publishing = ("", b"")
        self.answers: Dict[type, Callable[[int, Any], None]] = {
            spec.Connection.StartOk: self.send_simply(spec.Connection.Tune(0, 131072, 0)),
            spec.Connection.TuneOk: lambda channel, method: None,
            spec.Connection.Open: self.send_simply(spec.Connection.OpenOk()),
            spec.Connection.Close: self.send_simply(spec.Connection.CloseOk()),
            spec.Connection.CloseOk: lambda channel, method: None,
            spec.Channel.Open: self.send_simply(spec.Channel.OpenOk()),
            spec.Channel.Close: self.send_simply(spec.Channel.CloseOk()),
            spec.Channel.CloseOk: lambda channel, method: None,
            spec.Confirm.Select: self.send_simply(spec.Confirm.SelectOk()),
            spec.Basic.Qos: self.send_simply(spec.Basic.QosOk()),
            spec.Basic.Consume: self.consume,
            spec.Basic.Cancel: lambda channel, method: self.send(
                channel, spec.Basic.CancelOk(method.consumer_tag)
            ),
            spec.Basic.Publish: self.publish,
            spec.Basic.Ack: lambda channel, method: None,
            spec.Basic.Nack: lambda channel, method: None,
            spec.Queue.Declare: self.declare,
        }

    def run(self) -> None:
        try:
            self.read(8)  # the protocol's header
            capabilities = {"publisher_confirms": True, "basic.nack": True}
            self.send(
                0,
                spec.Connection.Start(
                    server_properties={"capabilities": capabilities},
                    mechanisms="PLAIN",
                    locales="en_US",
                ),
            )
            while True:
                self.handle()
        except (OSError, EOFError):
            pass

    def handle(self) -> None:
        header = self.read(7)
        size = struct.unpack(">I", header[3:])[0]
        _, received = frame.decode_frame(header + self.read(size + 1))
        if isinstance(received, frame.Method):
            self.answers[type(received.method)](received.channel_number, received.method)
        elif isinstance(received, frame.Body):
            self.store(received.channel_number, received.fragment)

    def read(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            more = self.sock.recv(size - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def send(self, channel: int, method: Any) -> None:
        self.sock.sendall(frame.Method(channel, method).marshal())

    def send_simply(self, method: Any) -> Callable[[int, Any], None]:
        return lambda channel, _: self.send(channel, method)

    def declare(self, channel: int, method: Any) -> None:
        peer = self.peer
        if method.passive:
            if method.queue not in peer._consumers:
                self.send(channel, spec.Channel.Close(404, "NOT_FOUND", 50, 10))
                return
        else:
            peer.declared.append((method.queue, method.durable))
            if peer._refuse is not None and not method.durable and not method.exclusive:
                if peer._refuse == "channel":
                    self.send(channel, spec.Channel.Close(*REFUSAL))
                else:
                    self.send(0, spec.Connection.Close(*REFUSAL))
                return
        consumers = peer._consumers.get(method.queue, 0)
        self.send(channel, spec.Queue.DeclareOk(method.queue or "amq.gen-1", 0, consumers))

    def consume(self, channel: int, method: Any) -> None:
        self.send(channel, spec.Basic.ConsumeOk(method.consumer_tag))
        if method.queue == "tasks":
            self.deliver(channel, method.consumer_tag)

    def deliver(self, channel: int, consumer_tag: str) -> None:
        body = b"request"
        deliver = spec.Basic.Deliver(consumer_tag, 1, False, "", "tasks")
        header = frame.Header(channel, len(body), spec.BasicProperties(reply_to="client"))
        pieces = [frame.Method(channel, deliver), header, frame.Body(channel, body)]
        self.sock.sendall(b"".join(piece.marshal() for piece in pieces))

    def publish(self, channel: int, method: Any) -> None:
        self.publishing = (method.routing_key, b"")

    def store(self, channel: int, fragment: bytes) -> None:
        self.published += 1
        self.peer.published.append((self.publishing[0], fragment))
        if self.peer.nack > 0:
            self.peer.nack -= 1
            self.send(channel, spec.Basic.Nack(self.published))
        else:
            self.send(channel, spec.Basic.Ack(self.published))


if __name__ == "__main__":
    print("a log line", flush=True)
    if "PEER_FAILS" in os.environ:
        raise SystemExit("BOOT FAILED")
    Peer(port=int(os.environ["RABBITMQ_NODE_PORT"])).join()
