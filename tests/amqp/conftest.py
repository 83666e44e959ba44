"""Each test has queues of its own, so none meets what another left."""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterator, List

import pytest

from tests.amqp.harness import Client, Serving
from tests.amqp.proxy import Proxy


@pytest.fixture
def names(queue_names: Dict[str, str]) -> Dict[str, str]:
    """The names of this test's queues, as options of the transport."""
    return queue_names


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
