"""A long run under load, through restarts of the broker: ``tox -e soak`` or ``python -m tests.soak``.

Ten subscribers read every trade of forty stocks while another client asks for names. The broker is killed
and started again on the way. At the end counts are compared: each request answered, each subscriber's
trades without a hole except where the broker was away, nothing in the server's log that is an error.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
import time

import pika
from pika.exceptions import AMQPError

from sapi_kiwoom.amqp import PrivateBroker
from simulator.universe import universe
from tests.serving import serving

SPEED = 13  # from 10:00 on the market is open for 24 minutes
CODES = [stock.code for stock in universe().values() if stock.size == "대형주"][:40]


class Peer(threading.Thread):
    """A client that connects again whenever its connection breaks."""

    def __init__(self, url, name):
        super().__init__(name=name, daemon=True)
        self.parameters = pika.URLParameters(url)
        self.ending = threading.Event()
        self.broken = 0
        self.start()

    def run(self):
        while not self.ending.is_set():
            try:
                connection = pika.BlockingConnection(self.parameters)
                channel = connection.channel()
                channel.queue_declare(self.name)
                channel.queue_declare("tasks")
                channel.basic_consume(self.name, self.receive, auto_ack=True)
                self.connected(channel)
                while not self.ending.is_set():
                    self.step(connection, channel)
                connection.close()
            except (AMQPError, OSError):
                self.broken += 1
                self.ending.wait(0.5)

    def send(self, channel, task_id, method, code):
        body = {
            "task_id": task_id,
            "method": method,
            "parameters": {"stock_code": code},
            "request_time": "now",
        }
        properties = pika.BasicProperties(reply_to=self.name, correlation_id=task_id)
        channel.basic_publish("", "tasks", json.dumps(body), properties)


class Subscriber(Peer):
    """Reads trades; counts each stock's holes by its cumulative volume."""

    def __init__(self, url, name):
        self.volumes = {}
        self.trades = self.holes = self.repeated = self.gaps = 0
        self.first = True
        super().__init__(url, name)

    def connected(self, channel):
        if self.first:  # the server remembers the subscription through a restart of the broker
            self.first = False
            for code in CODES:
                self.send(channel, code, "subscribe-realtime", code)

    def step(self, connection, channel):
        connection.process_data_events(0.2)

    def receive(self, channel, method, properties, body):
        result = json.loads(body)["result"]
        if not isinstance(result, dict):
            return
        if result["real_data_type"] == "gap":
            self.gaps += int(result["real_time_data"])
            return
        self.trades += 1
        fields = result["real_time_data"].split("\t")
        quantity, volume = abs(int(fields[6])), int(fields[7])
        before = self.volumes.get(result["stock_code"])
        self.volumes[result["stock_code"]] = volume
        if before is not None:
            self.holes += volume > before + quantity
            self.repeated += volume <= before


class Caller(Peer):
    """Asks for a name fifty times a second; what is not answered is asked again."""

    def __init__(self, url, name):
        self.sent = self.failed = self.answered = self.again = 0
        self.open = {}
        self.due = time.monotonic()
        super().__init__(url, name)

    def connected(self, channel):
        for task_id, code in list(self.open.items()):
            self.again += 1
            self.send(channel, task_id, "get-stock-name", code)

    def step(self, connection, channel):
        code = CODES[self.sent % len(CODES)]
        task_id = str(self.sent)
        self.sent += 1
        self.open[task_id] = code
        self.send(channel, task_id, "get-stock-name", code)
        self.due = max(self.due + 0.02, time.monotonic() - 1.0)
        connection.sleep(max(0.0, self.due - time.monotonic()))  # takes answers meanwhile

    def receive(self, channel, method, properties, body):
        reply = json.loads(body)
        code = self.open.pop(reply["task_id"], None)
        if code is None:
            return
        self.answered += 1
        self.failed += reply["result"] != universe()[code].name


def main():
    parser = argparse.ArgumentParser(prog="tests.soak", description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--restarts", type=int, default=1)
    options = parser.parse_args()
    length = options.minutes * 60
    pause = threading.Event()
    with PrivateBroker() as broker, serving(
        broker.url, "--speed", str(SPEED), "--at", "2026-11-20T10:00"
    ) as server:
        subscribers = [Subscriber(broker.url, f"soak-{number}") for number in range(10)]
        caller = Caller(broker.url, "soak-caller")
        begun = time.monotonic()
        restarts = [length * (n + 1) / (options.restarts + 1) for n in range(options.restarts)]
        while time.monotonic() - begun < length and server.poll() is None:
            pause.wait(min(10.0, length / 10))
            passed = time.monotonic() - begun
            print(
                f"{passed:5.0f} s  {subscribers[0].trades / passed:6.1f} trades/s to each of ten, "
                f"{caller.answered / passed:5.1f} answers/s, {len(caller.open)} open",
                flush=True,
            )
            if restarts and passed > restarts[0]:
                restarts.pop(0)
                print("       the broker is killed and started again", flush=True)
                broker.restart()
        for peer in subscribers:
            peer.ending.set()
        deadline = time.monotonic() + 20
        caller.step = lambda connection, channel: connection.process_data_events(0.1)
        while caller.open and time.monotonic() < deadline:
            pause.wait(0.2)
        caller.ending.set()
        for peer in [*subscribers, caller]:
            peer.join()
        alive = server.poll() is None
    holes = max(each.holes for each in subscribers)
    errors = [line for line in server.errors if " ERROR " in line or "Traceback" in line]
    checks = {
        "the server lived": alive,
        "every request was answered": not caller.open,
        "every answer was right": not caller.failed,
        "no trade came twice": not any(each.repeated for each in subscribers),
        "no hole but where the broker was away": holes <= options.restarts * len(CODES),
        "no error in the server's log": not errors,
        "the server ended in good order": server.returncode == 0,
    }
    print(f"trades of each subscriber: {[each.trades for each in subscribers]}")
    print(f"lost and announced: {[each.gaps for each in subscribers]}, holes at most {holes}")
    print(f"requests: {caller.sent} sent, {caller.answered} answered, {caller.again} sent again")
    if errors:
        print("the end of the server's log:\n   " + "   ".join(server.errors[-40:]))
    for name, held in checks.items():
        print(f"{'ok  ' if held else 'FAIL'} {name}")
    return 0 if all(checks.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
