"""Each test has queues of its own, so none meets what another left."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from typing import Any, Callable, Dict, Iterator, List, Optional

import pytest

from sapi_kiwoom.amqp import PrivateBroker
from sapi_kiwoom.amqp.node import free_ports
from tests.amqp import certificates
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


class Node(PrivateBroker):
    """A broker that tests may restart, starve and shoot at; with TLS where openssl is installed."""

    def __init__(self, made: Optional[certificates.Certificates]) -> None:
        self.certificates = made
        self.tls_port = free_ports(1)[0]
        super().__init__(config="" if made is None else made.broker(self.tls_port))

    def halt(self) -> None:
        """Kill it; `resume` starts it again with all that was durable."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def resume(self) -> None:
        self._start_node()

    def control(self, *command: str) -> None:
        """Run rabbitmqctl."""
        assert self._epmd is not None
        environment = self._environment(self._distribution, self._epmd.port)
        program = self._program.replace("rabbitmq-server", "rabbitmqctl")
        subprocess.run([program, *command], env=environment, check=True, capture_output=True)


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A broker besides the one of all tests."""
    made = None
    if shutil.which("openssl") is not None:
        made = certificates.make(tmp_path_factory.mktemp("certificates"))
    with Node(made) as started:
        yield started
