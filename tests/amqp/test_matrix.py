"""Whatever happens to the connection, with whatever is in flight.

Every request is answered once or delivered again, nothing is acknowledged wrongly, orders are delivered to
the server once, and everything goes on without help. Five servers meet each fault together, each with another
load; what is in flight during the fault is in the load's `begin` and `during`.
"""

from __future__ import annotations

import contextlib
import itertools
import threading
from typing import Any, Callable, Dict, Iterator, List

import pika
import pytest

from sapi_kiwoom.server.transport import EXPIRED
from tests.amqp.harness import Client, Serving, eventually
from tests.amqp.proxy import TO_BROKER, TO_CLIENT, Proxy

pytestmark = [pytest.mark.rabbitmq, pytest.mark.timeout(120)]

ACCOUNT = "8012345611"
_numbers = itertools.count(1)


class Load:
    """A server with nothing in flight, and the client that it has."""

    def __init__(self, node: Any, start: Callable[..., Serving], url: str) -> None:
        self.prefix = f"m{next(_numbers)}"
        self.inbox = f"{self.prefix}.inbox"
        self.tasks, self.orders, self.expired = (
            f"{self.prefix}.{name}" for name in ("tasks", f"orders.{ACCOUNT}", f"expired.{ACCOUNT}")
        )
        self.node = node
        self.serving = start(
            url,
            answer=lambda message: message.body if message.body.startswith(b"call") else None,
            shortest_pause=0.05,
            longest_pause=0.5,
            request_queue=self.tasks,
            reply_queue=f"{self.prefix}.replies",
            parked_queue=f"{self.prefix}.parked",
            order_queue=f"{self.prefix}.orders.",
            expired_queue=f"{self.prefix}.expired.",
        )
        self.serving.on_loop(lambda: self.serving.transport.own([ACCOUNT]))
        with self.client() as client:
            client.channel.queue_declare(self.inbox, durable=True)

    @contextlib.contextmanager
    def client(self) -> Iterator[Client]:
        """A client that meets no fault. What is answered to it outlives the broker."""
        client = Client(self.node.url, self.tasks)
        client.reply_queue = self.inbox
        yield client
        client.close()

    def begin(self) -> None:
        """Before the fault."""

    def during(self) -> None:
        """While it lasts."""

    def finish(self, client: Client) -> None:
        """After it: what was in flight is brought to its end."""

    def check(self) -> None:
        """Everything is as it should be, and goes on."""
        with self.client() as client:
            self.finish(client)
            bodies = [message.body for message in self.serving.messages.queue]
            assert len(bodies) == len(set(bodies)), "something was run twice"
            eventually(lambda: client.consumers(self.orders) == 1)
            client.send(b"call", correlation_id="call")
            client.send(b"call order", self.orders, correlation_id="call order")
            answers = set()  # an answer of before may come once more
            while not answers.issuperset({b"call", b"call order"}):
                answers.add(client.receive()[1])
            self.serving.stop()
            for name in (self.tasks, self.orders, self.expired):
                assert client.depth(name) == 0, f"{name} holds what was answered"


class Read(Load):
    """A read that is answered while the broker does not hear it."""

    def begin(self) -> None:
        with self.client() as client:
            client.send(b"read", correlation_id="1")
        self.message = self.serving.next()

    def during(self) -> None:
        self.serving.reply(self.message, b"answer")

    def finish(self, client: Client) -> None:
        assert client.receive()[1] == b"answer"
        self.settle()

    def settle(self) -> None:
        """Its delivery came again, if it had to, and was recognised."""
        counters = self.serving.counters
        eventually(lambda: counters.replied and (not counters.reconnects or self.gone()))

    def gone(self) -> bool:
        with self.client() as client:
            return client.depth(self.tasks) == 0 and client.consumers(self.tasks) == 1


class Chain(Read):
    """A read in pages, of which some are on their way."""

    def begin(self) -> None:
        super().begin()
        self.pages(b"1", b"2")
        with self.client() as client:
            assert [client.receive()[1] for _ in range(2)] == [b"1", b"2"]

    def pages(self, *bodies: bytes) -> None:
        transport = self.serving.transport
        self.serving.on_loop(lambda: [transport.page(self.message, body) for body in bodies])

    def during(self) -> None:
        self.pages(b"3", b"4")
        self.serving.reply(self.message, b"last")

    def finish(self, client: Client) -> None:
        seen: List[bytes] = []
        while not seen or seen[-1] != b"last":
            seen.append(client.receive()[1])
        new = [body for body in dict.fromkeys(seen) if body not in (b"1", b"2")]
        assert new == [b"3", b"4", b"last"]
        self.settle()


class Order(Load):
    """Two orders: one was accepted before the fault, the other is accepted while it lasts."""

    def begin(self) -> None:
        with self.client() as client:
            for body in (b"first", b"second"):
                client.send(body, self.orders, correlation_id=body.decode(), delivery_mode=2)
        self.first, self.second = self.serving.next(), self.serving.next()
        assert self.serving.accept(self.first).wait(20)

    def during(self) -> None:
        self.accepted = self.serving.accept(self.second)
        self.serving.reply(self.first, b"placed first")

    def finish(self, client: Client) -> None:
        expired = self.serving.expired
        eventually(lambda: self.accepted.is_set() or not expired.empty())
        assert self.accepted.is_set() != (not expired.empty()), "accepted, or too late; not both"
        self.serving.reply(self.second, b"placed second")
        answers = set()
        while answers != {b"placed first", b"placed second"}:
            answers.add(client.receive()[1])
        for message in self.serving.messages.queue:
            assert message.queue != EXPIRED
        counters = self.serving.counters
        if counters.reconnects:  # what had to come again has come, and was recognised
            eventually(lambda: client.consumers(self.orders) == client.consumers(self.expired) == 1)
            eventually(lambda: client.depth(self.orders) == client.depth(self.expired) == 0)


class Ticks(Load):
    """Events: trades that may be lost and are counted then, and orders' that may not."""

    COUNT = 200

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        with self.client() as client:
            client.channel.exchange_declare("kiwoom.events", "topic", durable=True)
            client.channel.queue_bind(self.inbox, "kiwoom.events", f"{self.prefix}-events.#")

    def during(self) -> None:
        for number in range(self.COUNT):
            self.serving.broadcast(f"{self.prefix}-events.trade", [b"t%d" % number])
            self.serving.broadcast(f"{self.prefix}-events.order", [b"o%d" % number], keep=True)

    def finish(self, client: Client) -> None:
        eventually(lambda: not self.serving.transport._worker._answers._kept)
        self.serving.broadcast(f"{self.prefix}-events.trade", [b"end"])
        self.serving.broadcast(f"{self.prefix}-events.order", [b"end"], keep=True)
        seen: List[bytes] = []
        while seen.count(b"end") < 2:
            seen.append(client.receive()[1])
        orders = [body for body in dict.fromkeys(seen) if body.startswith(b"o")]
        assert orders == [b"o%d" % number for number in range(self.COUNT)]
        trades = [int(body[1:]) for body in seen if body.startswith(b"t")]
        assert trades == sorted(set(trades)), "a trade came twice, or late"
        lost = sum(count for _, count in self.serving.broadcasts_lost.queue)
        assert len(trades) + lost >= self.COUNT, "a trade was lost in silence"


LOADS = (Load, Read, Chain, Order, Ticks)


@contextlib.contextmanager
def restart(proxy: Proxy, node: Any, loads: List[Load]) -> Iterator[None]:
    # RabbitMQ forgets a quorum queue for good when it is killed half a second after its birth.
    threading.Event().wait(1.0)
    node.halt()
    yield
    node.resume()


@contextlib.contextmanager
def cut_and_refuse(proxy: Proxy, node: Any, loads: List[Load]) -> Iterator[None]:
    proxy.refuse()
    proxy.cut()
    yield
    proxy.refuse(False)


def blackhole(*directions: str) -> Callable[..., Any]:
    @contextlib.contextmanager
    def fault(proxy: Proxy, node: Any, loads: List[Load]) -> Iterator[None]:
        proxy.blackhole(*directions)
        yield

    return fault


@contextlib.contextmanager
def slow(proxy: Proxy, node: Any, loads: List[Load]) -> Iterator[None]:
    proxy.slow()
    yield


@contextlib.contextmanager
def trickle(proxy: Proxy, node: Any, loads: List[Load]) -> Iterator[None]:
    proxy.trickle()
    yield


@contextlib.contextmanager
def closed_channel(proxy: Proxy, node: Any, loads: List[Load]) -> Iterator[None]:
    for load in loads:
        worker = load.serving.transport._worker
        publish = worker._answers._confirms.channel.basic_publish
        worker.connection.call(lambda publish=publish: publish("no-such-exchange", "key", b""))
    yield


@contextlib.contextmanager
def memory_alarm(proxy: Proxy, node: Any, loads: List[Load]) -> Iterator[None]:
    node.control("set_vm_memory_high_watermark", "0.0000001")
    yield
    node.control("set_vm_memory_high_watermark", "0.4")


@contextlib.contextmanager
def internal_error(proxy: Proxy, node: Any, loads: List[Load]) -> Iterator[None]:
    close = pika.spec.Connection.Close(541, "INTERNAL_ERROR", 0, 0)
    proxy.say(pika.frame.Method(0, close).marshal())
    yield


FAULTS: Dict[str, Any] = {  # and whether the connection is gone by it
    "restart": (restart, True),
    "cut": (cut_and_refuse, True),
    "blackhole to the broker": (blackhole(TO_BROKER), True),
    "blackhole to the server": (blackhole(TO_CLIENT), True),
    "blackhole both ways": (blackhole(TO_BROKER, TO_CLIENT), True),
    "slow": (slow, False),
    "trickle": (trickle, False),
    "closed channel": (closed_channel, True),
    "memory alarm": (memory_alarm, False),
    "541": (internal_error, True),
}


@pytest.fixture
def through(node):
    """A proxy in front of the node."""
    proxy = Proxy(node.port)
    yield proxy
    proxy.close()


@pytest.fixture
def start():
    """Starts servers; they are stopped when the test ends."""
    servings: List[Serving] = []

    def begin(url: str, **options: Any) -> Serving:
        servings.append(Serving(url, **options))
        return servings[-1]

    yield begin
    for serving in servings:
        serving.stop()


@pytest.mark.parametrize("name", FAULTS)
def test_every_load_survives(name, node, through, start, caplog):
    fault, fatal = FAULTS[name]
    loads = [load(node, start, f"{through.url}?heartbeat=1") for load in LOADS]
    for load in loads:
        load.serving.wait_ready().own(ACCOUNT)
        load.begin()
    with fault(through, node, loads):
        for load in loads:
            load.during()
    for load in loads:
        if fatal:
            eventually(lambda load=load: load.serving.counters.reconnects >= 1)
        load.check()
        if not fatal:
            assert load.serving.counters.reconnects == 0
        assert load.serving.errors.empty()
    assert "PRECONDITION_FAILED" not in caplog.text  # an unknown delivery tag


def test_a_broker_that_is_down_at_start(node, through, start):
    through.refuse()
    loads = [load(node, start, through.url) for load in LOADS]
    _, read, chain, _, ticks = loads
    with read.client() as client:
        for each in (read, chain):
            client.channel.queue_declare(each.tasks)
            client.send(b"read", each.tasks, reply_to=each.inbox)
    ticks.during()
    eventually(lambda: through.accepted > 2 * len(loads))
    assert not any(load.serving.ready.is_set() for load in loads)
    through.refuse(False)
    for each in (read, chain):
        each.message = each.serving.next()
        each.during()
    for load in loads:
        load.serving.own(ACCOUNT)
        if not isinstance(load, Order):
            load.check()
