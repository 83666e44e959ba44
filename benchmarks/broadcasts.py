"""Broadcasts: events per second onto a topic, and what each costs, however many listen.

As a program: ``broadcasts.py URL ours|bare COUNT`` publishes, waits until the broker has seen it all, and
prints the rate and the microseconds of processor time for each.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any, Callable, Dict, List

import pika

from benchmarks.figures import Figure
from benchmarks.processes import Program

EXCHANGE = "kiwoom.events"
TOPIC = "real.trade.005930"
BODY = b"x" * 600
"""About as long as a tick with its parsed values."""


def flow(url: str, rounds: int, quick: bool) -> List[Figure]:
    """With one listener, and with ten."""
    count = "20000" if quick else "60000"
    figures = []
    for listeners in (1, 10):
        rate = Figure(f"broadcasts, {listeners} listening", "1/s", "bare publishing", at_least=0.8)
        cost = Figure(f"cost of one, {listeners} listening", "us", "bare publishing")
        with _Listeners(url, listeners):
            for number in range(rounds):
                for how in ("ours", "bare") if number % 2 else ("bare", "ours"):
                    with Program("-m", "benchmarks.broadcasts", url, how, count) as program:
                        measured: Dict[str, float] = program.await_ready().result()
                    for figure, name in [(rate, "rate"), (cost, "cost")]:
                        (figure.ours if how == "ours" else figure.floor).append(measured[name])
        figures += [rate, cost]
    return figures


class _Listeners:
    """Queues that keep the newest few and are read by nobody, so that only publishing is measured."""

    def __init__(self, url: str, count: int) -> None:
        self._connection = pika.BlockingConnection(pika.URLParameters(url))
        channel = self._connection.channel()
        channel.exchange_declare(EXCHANGE, "topic", durable=True)
        for _ in range(count):
            queue = channel.queue_declare("", exclusive=True, arguments={"x-max-length": 100})
            channel.queue_bind(queue.method.queue, EXCHANGE, "real.#")

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        self._connection.close()


def _ours(url: str, count: int, ready: Callable[[], None], done: Callable[[], None]) -> None:
    from sapi_kiwoom.amqp import AmqpTransport
    from simulator.clock import VirtualLoop

    loop = VirtualLoop(start=time.time_ns() // 1_000, speed=1.0)

    def begin() -> None:
        ready()
        publish(0)

    transport: Any = AmqpTransport(url, "simulator", loop, on_ready=begin)

    def publish(sent: int) -> None:
        # As many at once as a busy moment has; the transport's counter says how far it has come.
        batch = min(500, count - sent, 5_000 - (sent - transport.counters.events))
        for _ in range(batch):
            transport.broadcast(TOPIC, BODY)
        if sent + max(batch, 0) < count:
            loop.call_later(0 if batch > 0 else 5_000, lambda: publish(sent + max(batch, 0)))
        else:
            transport.stop(loop.stop)

    transport.start(_Nobody())
    loop.run()
    done()


class _Nobody:
    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_: None


def _bare(url: str, count: int, ready: Callable[[], None], done: Callable[[], None]) -> None:
    properties = pika.BasicProperties(content_type="application/json")

    def publish(channel: Any, sent: int) -> None:
        batch = min(100, count - sent)
        for _ in range(batch):
            channel.basic_publish(EXCHANGE, TOPIC, BODY, properties)
        if batch:
            channel.connection.ioloop.call_later(0, lambda: publish(channel, sent + batch))
        else:
            channel.connection.close()

    def opened(channel: Any) -> None:
        ready()
        publish(channel, 0)

    connection = pika.SelectConnection(
        pika.URLParameters(url),
        on_open_callback=lambda each: each.channel(on_open_callback=opened),
        on_close_callback=lambda each, reason: each.ioloop.stop(),
    )
    connection.ioloop.start()
    done()


def main() -> None:
    """Publish as the command line says."""
    url, how, count = sys.argv[1:]
    began: List[float] = []

    def ready() -> None:
        print("ready", flush=True)
        began.extend([time.perf_counter(), time.process_time()])

    def done() -> None:
        took, used = time.perf_counter() - began[0], time.process_time() - began[1]
        print(json.dumps({"rate": int(count) / took, "cost": used / int(count) * 1e6}), flush=True)

    (_ours if how == "ours" else _bare)(url, int(count), ready, done)


if __name__ == "__main__":
    main()
