"""Ticks: events per second through the whole server, beside the same messages published bare."""

from __future__ import annotations

import importlib.util
import json
import os
import tempfile
from typing import List

import pika

from benchmarks.figures import Figure
from benchmarks.processes import Program, floor

REQUESTS = "benchmark.tick-requests"
EVENTS = "benchmark.ticks"
CODE = "005930"

SAMPLE = 1_000
"""Messages of the server that the floor publishes again and again."""


def flow(url: str, rounds: int, quick: bool) -> List[Figure]:
    """With the fast JSON library where it is installed, and without."""
    count = 10_000 if quick else 40_000
    figures = []
    for library, target in [("orjson", 0.8), ("json", 0.5)]:
        if library == "json" or importlib.util.find_spec(library):
            name = f"ticks, {library}"
            figure = Figure(name, "1/s", "bare publishing", at_least=target)
            _measure(figure, url, rounds, count, library)
            figures.append(figure)
        else:
            print(f"  {library} is not installed: its figure is left out")
    return figures


def _measure(figure: Figure, url: str, rounds: int, count: int, library: str) -> None:
    arguments = ["-m", "benchmarks.tick_server", url, REQUESTS, str(count), library]
    with tempfile.TemporaryDirectory() as folder, Program(*arguments) as ours, _Client(
        url
    ) as client:
        ours.await_ready()
        file = os.path.join(folder, "bodies")
        with open(file, "wb") as bodies:
            bodies.write(b"\n".join(client.sample(count)))
        for number in range(rounds):
            for measure in (0, 1) if number % 2 else (1, 0):
                with Program("-m", "benchmarks.drain", url, EVENTS, str(count)) as drain:
                    drain.await_ready()
                    if measure:
                        client.ask("subscribe-realtime", EVENTS)
                        figure.ours.append(drain.result())
                        client.ask("unsubscribe-realtime", EVENTS)
                    else:
                        with floor("publish", url, EVENTS, str(count), file):
                            figure.floor.append(drain.result())


class _Client:
    """Asks for ticks."""

    def __init__(self, url: str) -> None:
        self._connection = pika.BlockingConnection(pika.URLParameters(url))
        self._channel = self._connection.channel()

    def __enter__(self) -> _Client:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def ask(self, method: str, address: str) -> None:
        """Subscribe or unsubscribe the queue."""
        request = {
            "task_id": "benchmark",
            "method": method,
            "parameters": {"stock_code": CODE},
            "request_time": "2026-11-20T10:00:00",
        }
        properties = pika.BasicProperties(reply_to=address)
        self._channel.basic_publish("", REQUESTS, json.dumps(request).encode(), properties)

    def sample(self, count: int) -> List[bytes]:
        """The first of the messages that one subscription brings, once all of them came."""
        queue = self._channel.queue_declare("", exclusive=True).method.queue
        self.ask("subscribe-realtime", queue)
        received: List[bytes] = []
        for _, __, body in self._channel.consume(queue, auto_ack=True):
            received.append(body)
            if len(received) == count + 1:  # the answer to the subscription comes first
                break
        self.ask("unsubscribe-realtime", queue)
        self._channel.cancel()
        return received[1 : SAMPLE + 1]
