"""One RabbitMQ for all tests that need one, started by pytest-rabbitmq when the first of them comes."""

from __future__ import annotations

from typing import Iterator

import pytest
from pytest_rabbitmq import factories

from sapi_kiwoom.amqp.node import Epmd, NoBrokerProgram, find_server, free_ports

try:
    _server = find_server()
except NoBrokerProgram:
    _server = None  # the root conftest.py skips what needs it, or lets it fail

rabbitmq_proc = factories.rabbitmq_proc(server=_server, host="127.0.0.1")


@pytest.fixture(scope="session")
def own_epmd() -> Iterator[None]:
    """Or the node would start Erlang's common port mapper, which then outlives the tests."""
    patch = pytest.MonkeyPatch()
    port = free_ports(1)[0]
    epmd = Epmd(port)
    patch.setenv("ERL_EPMD_PORT", str(port))
    yield
    patch.undo()
    epmd.close()


@pytest.fixture(scope="session")
def broker_port(own_epmd: None, request: pytest.FixtureRequest) -> int:
    """The port of the session's RabbitMQ."""
    return int(request.getfixturevalue("rabbitmq_proc").port)


@pytest.fixture(scope="session")
def broker_url(broker_port: int) -> str:
    """The URL of the session's RabbitMQ."""
    return f"amqp://guest:guest@127.0.0.1:{broker_port}/%2F"
