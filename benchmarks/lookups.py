"""Lookups: how many, how fast, and how fast while TRs wait in the same queue."""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import List

import pika

from benchmarks.figures import Figure
from benchmarks.processes import floor, load, server

TASKS = "tasks"
ECHO = "benchmark.echo"
PLAIN = "benchmark.plain-echo"
ANSWERS = "benchmark.answers"

TRS = 100

RATE = 200
"""Lookups per second of the clients that do not wait for one another."""


def speed(url: str, rounds: int, quick: bool) -> List[Figure]:
    """Against both echoes, all three one after the other in each round."""
    many = Figure("lookups, 256 in flight", "1/s", "echo", at_least=0.85)
    single = Figure("one lookup after the other, p50", "us", "echo", at_most=1.25)
    many_plain = many.beside["plainest echo"] = []
    single_plain = single.beside["plainest echo"] = []
    flood, calls = (3_000, 500) if quick else (10_000, 2_000)
    targets = [
        (TASKS, many.ours, single.ours),
        (ECHO, many.floor, single.floor),
        (PLAIN, many_plain, single_plain),
    ]
    with ExitStack() as stack:
        for program in server(url), floor("echo", url, ECHO), floor("plain_echo", url, PLAIN):
            stack.enter_context(program).await_ready()
        for _ in range(rounds):
            for queue, rates, latencies in targets:
                rates.append(load(url, queue, flood, "--in-flight", "256")["rate"])
                latencies.append(load(url, queue, calls)["p50"])
            targets.reverse()  # nobody always comes first
    return [many, single]


def behind_trs(url: str, rounds: int, quick: bool) -> List[Figure]:
    """A fresh server in each round: first idle, then with 100 TRs in its queue, five a second leaving it.

    Twice, because the two answer different questions. One client that asks again after each answer meets a
    stall once, however long it is. Clients that come at a fixed rate all meet it, so there the time that the
    control needs to hand over a page of 600 rows shows, during which it can do nothing else.
    """
    floor_name = "the same server idle"
    single = Figure(
        f"one lookup after the other behind {TRS} TRs, p99", "us", floor_name, at_most=2
    )
    steady = Figure(f"{RATE} lookups a second behind {TRS} TRs, p99", "us", floor_name)
    calls, dues = (1_000, 300) if quick else (4_000, 600)
    for _ in range(rounds):
        with server(url) as ours, _Trs(url) as trs:
            ours.await_ready()
            single.floor.append(load(url, TASKS, calls)["p99"])
            steady.floor.append(load(url, TASKS, dues, "--rate", str(RATE))["p99"])
            trs.send()
            single.ours.append(load(url, TASKS, calls)["p99"])
            steady.ours.append(load(url, TASKS, dues, "--rate", str(RATE))["p99"])
            trs.check()
            ours.kill()  # else it would finish them, at the pace of the request budget
    return [single, steady]


class _Trs:
    """TR requests, taken back when the server that had them is gone."""

    def __init__(self, url: str) -> None:
        self._connection = pika.BlockingConnection(pika.URLParameters(url))
        self._channel = self._connection.channel()
        self._channel.queue_declare(ANSWERS, exclusive=True)

    def __enter__(self) -> _Trs:
        return self

    def __exit__(self, *_: object) -> None:
        self._channel.queue_purge(TASKS)
        self._connection.close()

    def send(self) -> None:
        """Ask for the daily candles of a month, as often as there are TRs."""
        for number in range(TRS):
            request = {
                "task_id": number,
                "method": "request-day-candle",
                "parameters": {
                    "stock_code": "015760",
                    "is_adjusted": "1",
                    "from": "20200101",
                    "to": "20200131",
                },
                "request_time": "2026-11-20T10:00:00",
            }
            body = json.dumps(request).encode()
            properties = pika.BasicProperties(reply_to=ANSWERS, correlation_id=str(number))
            self._channel.basic_publish("", TASKS, body, properties)

    def check(self) -> None:
        """Some were answered meanwhile and some still wait, or nothing was measured."""
        answered = self._channel.queue_declare(ANSWERS, passive=True).method.message_count
        if not 0 < answered < TRS:
            raise SystemExit(
                f"{answered} of {TRS} TRs were answered meanwhile: this measured nothing"
            )
