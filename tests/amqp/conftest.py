"""Each test has queues of its own, so none meets what another left."""

from __future__ import annotations

import itertools
import os
from typing import Any, Callable, Dict, Iterator, List

import pika
import pytest
from pika.exceptions import ChannelClosedByBroker

from sapi_kiwoom.amqp.kinds import KINDS
from tests.amqp.harness import Client, Serving
from tests.amqp.proxy import Proxy

_numbers = itertools.count(1)


@pytest.fixture
def names(broker_url: str) -> Iterator[Dict[str, str]]:
    """The names of this test's queues, as options of the transport."""
    prefix = f"t{os.getpid()}-{next(_numbers)}"
    options = {
        "request_queue": f"{prefix}.tasks",
        "reply_queue": f"{prefix}.replies",
        "parked_queue": f"{prefix}.parked",
        "kind_queue": f"{prefix}.kind.",
    }
    yield options
    connection = pika.BlockingConnection(pika.URLParameters(broker_url))
    kinds = [options["kind_queue"] + kind for kind in KINDS]
    for name in [*list(options.values())[:3], *kinds]:
        channel = connection.channel()
        try:
            channel.queue_delete(name)
        except ChannelClosedByBroker:
            pass
    connection.close()


@pytest.fixture
def serve(broker_url: str, names: Dict[str, str]) -> Iterator[Callable[..., Serving]]:
    """Starts transports on this test's queues; they are stopped when the test ends."""
    started: List[Serving] = []

    def start(url: str = broker_url, **options: Any) -> Serving:
        serving = Serving(url, **{**names, **options})
        started.append(serving)
        return serving

    yield start
    for serving in started:
        serving.stop()


@pytest.fixture
def client(broker_url: str, names: Dict[str, str]) -> Iterator[Client]:
    """A client of this test's request queue."""
    each = Client(broker_url, names["request_queue"])
    yield each
    each.close()


@pytest.fixture
def proxy(broker_port: int) -> Iterator[Proxy]:
    """A proxy in front of the broker."""
    each = Proxy(broker_port)
    yield each
    each.close()
