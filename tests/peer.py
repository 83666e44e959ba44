"""An AMQP client for tests, as somebody without this package would write it."""

import json
import time
from itertools import count

import pika

GOOD = {"method": "get-stock-name", "parameters": {"stock_code": "015760"}, "request_time": "now"}
WAIT = 30.0
_numbers = count()


class Peer:
    """An AMQP client with a reply queue of its own."""

    def __init__(self, url):
        self.connection = pika.BlockingConnection(pika.URLParameters(url))
        self.channel = self.connection.channel()
        self.queue = self.channel.queue_declare("", exclusive=True).method.queue
        self.replies = []
        self.channel.basic_consume(self.queue, self._receive, auto_ack=True)

    def _receive(self, channel, method, properties, body):
        self.replies.append((properties.correlation_id, json.loads(body)))

    def send(self, body, reply_to=None, correlation_id=None):
        properties = pika.BasicProperties(
            reply_to=reply_to or self.queue, correlation_id=correlation_id
        )
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.channel.basic_publish("", "tasks", body, properties)

    def wait(self, count=1, wait=WAIT):
        end = time.monotonic() + wait
        while len(self.replies) < count:
            assert time.monotonic() < end, f"{len(self.replies)} of {count} replies came"
            self.connection.process_data_events(0.1)
        replies, self.replies = self.replies[:count], self.replies[count:]
        return replies

    def name(self):
        """One good request and its answer, past whatever else arrives."""
        task_id = f"name-{next(_numbers)}"
        self.send({**GOOD, "task_id": task_id})
        while True:
            ((_, reply),) = self.wait()
            if reply["task_id"] == task_id:
                return reply["result"]

    def close(self):
        self.connection.close()
