"""The broker of the tests: one for all, started by pytest-rabbitmq when the first test needs it."""

from __future__ import annotations

import itertools
import os
from typing import Dict, Iterator

import pika
import pytest
from pika.exceptions import ChannelClosedByBroker
from pytest_rabbitmq import factories

from sapi_kiwoom.amqp.kinds import KINDS
from sapi_kiwoom.amqp.node import Epmd, NoBrokerProgram, find_server, free_ports

try:
    _server = find_server()
except NoBrokerProgram:
    _server = None  # the root conftest.py skips what needs it, or lets it fail

rabbitmq_proc = factories.rabbitmq_proc(server=_server, host="127.0.0.1")

ACCOUNTS = ("8012345611", "8012345631")
"""Whose orders the tests send."""

_numbers = itertools.count(1)


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
    """Where it listens on 127.0.0.1."""
    return int(request.getfixturevalue("rabbitmq_proc").port)


@pytest.fixture(scope="session")
def broker_url(broker_port: int) -> str:
    """How clients connect."""
    return f"amqp://guest:guest@127.0.0.1:{broker_port}/%2F"


@pytest.fixture
def queue_names(broker_url: str) -> Iterator[Dict[str, str]]:
    """Queues that only this test uses, as options of `AmqpTransport`; they are deleted after it."""
    prefix = f"t{os.getpid()}-{next(_numbers)}"
    options = {
        "request_queue": f"{prefix}.tasks",
        "reply_queue": f"{prefix}.replies",
        "parked_queue": f"{prefix}.parked",
        "kind_queue": f"{prefix}.kind.",
        "order_queue": f"{prefix}.orders.",
        "expired_queue": f"{prefix}.expired.",
    }
    yield dict(options)
    connection = pika.BlockingConnection(pika.URLParameters(broker_url))
    kind_queue = options.pop("kind_queue")
    orders = [options.pop("order_queue"), options.pop("expired_queue")]
    for name in [
        *options.values(),
        *(kind_queue + kind for kind in KINDS),
        *(start + account for start in orders for account in ACCOUNTS),
    ]:
        try:
            connection.channel().queue_delete(name)
        except ChannelClosedByBroker:
            pass
    connection.close()
