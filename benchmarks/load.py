"""The client of the lookups: plain pika, the same for the server and its floors, a process of its own.

Prints one JSON object: replies per second, and the latencies' percentiles in microseconds.
"""

from __future__ import annotations

import argparse
import json
import time
from typing import Any, Dict, List

import pika

BODY = json.dumps(
    {
        "task_id": "benchmark",
        "method": "get-stock-name",
        "parameters": {"stock_code": "015760"},
        "request_time": "2026-11-20T10:00:00",
    }
).encode()


class Load:
    """Sends ``count`` requests after a warm-up of a tenth as many.

    Args:
        url: the broker's.
        queue: where requests go.
        count: replies that are measured.
        in_flight: requests that are unanswered at any moment.
        rate: if not 0, send so many per second instead, whether answers come or not. Latencies then
            count from the moment at which a request was due, so that no stall is hidden.
    """

    def __init__(self, url: str, queue: str, count: int, in_flight: int, rate: float) -> None:
        self._queue = queue
        self._warm = count // 10
        self._total = count + self._warm
        self._in_flight = in_flight
        self._rate = rate
        self._due: Dict[str, float] = {}
        self._sent = 0
        self._began = self._ended = 0.0
        self._latencies: List[float] = []
        self._connection: Any = pika.SelectConnection(
            pika.URLParameters(url),
            on_open_callback=lambda opened: opened.channel(on_open_callback=self._opened),
            on_close_callback=lambda closed, reason: closed.ioloop.stop(),
        )

    def run(self) -> Dict[str, float]:
        """Send, receive, and say how it went."""
        self._connection.ioloop.start()
        if len(self._latencies) < self._total:
            raise SystemExit("the connection was lost")
        measured = sorted(self._latencies[self._warm :])
        return {
            "rate": len(measured) / (self._ended - self._began),
            "p50": measured[len(measured) // 2] * 1e6,
            "p99": measured[len(measured) * 99 // 100] * 1e6,
            "max": measured[-1] * 1e6,
        }

    def _opened(self, channel: Any) -> None:
        self._channel = channel
        channel.queue_declare("", exclusive=True, callback=self._declared)

    def _declared(self, frame: Any) -> None:
        self._address = frame.method.queue
        self._channel.basic_consume(
            self._address, self._answered, auto_ack=True, callback=lambda _: self._begin()
        )

    def _begin(self) -> None:
        if self._rate:
            self._start = time.perf_counter()
            self._send_due()
        else:
            for _ in range(min(self._in_flight, self._total)):
                self._send(time.perf_counter())

    def _send_due(self) -> None:
        now = time.perf_counter()
        due = self._start + self._sent / self._rate
        while self._sent < self._total and due <= now:
            self._send(due)
            due = self._start + self._sent / self._rate
        if self._sent < self._total:
            self._connection.ioloop.call_later(max(0.0, due - now), self._send_due)

    def _send(self, due: float) -> None:
        number = str(self._sent)
        self._sent += 1
        self._due[number] = due
        properties = pika.BasicProperties(reply_to=self._address, correlation_id=number)
        self._channel.basic_publish("", self._queue, BODY, properties)

    def _answered(self, _: Any, __: Any, properties: Any, body: bytes) -> None:
        now = time.perf_counter()
        self._latencies.append(now - self._due.pop(properties.correlation_id))
        if b"TASK_FAILED" in body:
            raise SystemExit(f"a lookup failed: {body!r}")
        if len(self._latencies) == self._warm:
            self._began = now
        if len(self._latencies) == self._total:
            self._ended = now
            self._connection.close()
        elif not self._rate and self._sent < self._total:
            self._send(now)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("queue")
    parser.add_argument("count", type=int)
    parser.add_argument("--in-flight", type=int, default=1)
    parser.add_argument("--rate", type=float, default=0.0)
    options = parser.parse_args()
    load = Load(options.url, options.queue, options.count, options.in_flight, options.rate)
    print(json.dumps(load.run()))


if __name__ == "__main__":
    main()
