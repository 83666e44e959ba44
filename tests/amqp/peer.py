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
            exclusive is declared; "quorum" or "quorum-connection": the same for a replicated queue;
            None takes everything.
        nack: how many publishes fail before it takes one.
        requests: how many it delivers to whoever consumes from ``tasks``.
        confirm_every: it confirms only every so many publishes, all at once.
        port: where it listens on loopback.
    """

    def __init__(
        self,
        refuse: Optional[str] = None,
        nack: int = 0,
        requests: int = 1,
        confirm_every: int = 1,
        port: int = 0,
    ) -> None:
        self._refuse = refuse
        self.nack = nack
        self.requests = requests
        self.confirm_every = confirm_every
        self.order: List[str] = []
        self.channels: List[int] = []
        self.connections = 0
        self.declared: List[Tuple[str, bool]] = []
        self.arguments: Dict[str, Dict[str, Any]] = {}
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
            spec.Basic.Ack: lambda channel, method: self.peer.order.append(
                f"acknowledged {method.delivery_tag}"
            ),
            spec.Basic.Nack: lambda channel, method: None,
            spec.Queue.Declare: self.declare,
            spec.Exchange.Declare: self.send_simply(spec.Exchange.DeclareOk()),
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
            self.send(channel, spec.Channel.Close(404, "NOT_FOUND", 50, 10))
            return
        peer.declared.append((method.queue, method.durable))
        peer.arguments[method.queue] = method.arguments or {}
        quorum = (method.arguments or {}).get("x-queue-type") == "quorum"
        if peer._refuse in ("quorum", "quorum-connection"):
            if quorum and peer._refuse == "quorum":
                self.send(channel, spec.Channel.Close(406, "PRECONDITION_FAILED", 50, 10))
                return
            if quorum:
                self.send(0, spec.Connection.Close(540, "NOT_IMPLEMENTED", 50, 10))
                return
        elif peer._refuse is not None and not method.durable and not method.exclusive:
            if peer._refuse == "channel":
                self.send(channel, spec.Channel.Close(*REFUSAL))
            else:
                self.send(0, spec.Connection.Close(*REFUSAL))
            return
        self.send(channel, spec.Queue.DeclareOk(method.queue or "amq.gen-1", 0, 0))

    def consume(self, channel: int, method: Any) -> None:
        self.send(channel, spec.Basic.ConsumeOk(method.consumer_tag))
        if method.queue == "tasks":
            for tag in range(1, self.peer.requests + 1):
                self.deliver(channel, method.consumer_tag, tag)

    def deliver(self, channel: int, consumer_tag: str, tag: int) -> None:
        body = b"request"
        deliver = spec.Basic.Deliver(consumer_tag, tag, False, "", "tasks")
        header = frame.Header(channel, len(body), spec.BasicProperties(reply_to="client"))
        pieces = [frame.Method(channel, deliver), header, frame.Body(channel, body)]
        self.sock.sendall(b"".join(piece.marshal() for piece in pieces))

    def publish(self, channel: int, method: Any) -> None:
        self.publishing = (method.routing_key, b"")

    def store(self, channel: int, fragment: bytes) -> None:
        self.published += 1
        self.peer.published.append((self.publishing[0], fragment))
        self.peer.order.append("published")
        self.peer.channels.append(channel)
        if self.peer.nack > 0:
            self.peer.nack -= 1
            self.send(channel, spec.Basic.Nack(self.published))
        elif self.published % self.peer.confirm_every == 0:
            self.peer.order.append("confirmed")
            self.send(channel, spec.Basic.Ack(self.published, multiple=True))


if __name__ == "__main__":
    print("a log line", flush=True)
    if "PEER_FAILS" in os.environ:
        raise SystemExit("BOOT FAILED")
    Peer(port=int(os.environ["RABBITMQ_NODE_PORT"])).join()
