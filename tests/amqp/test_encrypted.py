"""amqps: the broker's certificate is checked, and the client shows its own."""

from __future__ import annotations

import logging

import pytest

from sapi_kiwoom.amqp import AmqpLink
from sapi_kiwoom.amqp.url import parameters
from sapi_kiwoom.errors import NotConnected
from tests.amqp.harness import Serving, eventually


@pytest.fixture
def place(node):
    if node.certificates is None:
        pytest.skip("openssl is not installed, so there are no certificates")
    return f"amqps://guest:guest@127.0.0.1:{node.tls_port}/%2F"


@pytest.mark.rabbitmq
def test_a_server_and_a_client_with_certificates(place, node, names):
    url = f"{place}?heartbeat=10&{node.certificates.query}"
    serving = Serving(url, answer=lambda message: message.body * 2, **names).wait_ready()
    link = AmqpLink(url, names["request_queue"])
    link.send(b"one", "1")
    assert link.receive(20) == b"oneone"
    assert serving.next().user_id == "guest"
    link.close()
    serving.stop()


@pytest.mark.rabbitmq
def test_a_broker_that_nobody_vouches_for_is_no_broker(place, node):
    client = node.certificates.query.partition("&")[2]
    serving = Serving(f"{place}?{client}")
    error = serving.errors.get(timeout=20)
    assert isinstance(error, NotConnected)
    assert "cafile" in str(error)
    serving.stop()
    with pytest.raises(NotConnected):
        AmqpLink(f"{place}?{client}")


@pytest.mark.rabbitmq
def test_a_client_without_a_certificate_is_not_let_in(place, node, caplog):
    ca = node.certificates.path("ca.pem")
    with pytest.raises(NotConnected):
        AmqpLink(f"{place}?cafile={ca}")
    with caplog.at_level(logging.WARNING):
        serving = Serving(f"{place}?cafile={ca}", shortest_pause=0.01)
        eventually(lambda: "No connection to the broker at amqps://" in caplog.text)
    assert not serving.ready.is_set()
    serving.stop()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("amqps://h?cafile=/nowhere/ca.pem", "cafile '/nowhere/ca.pem'"),
        (f"amqps://kim:secret@h/v?certfile={__file__}", "certfile"),
        ("amqps://h?keyfile=/nowhere/key.pem", "keyfile needs certfile"),
        ("amqp://h?cafile=/nowhere/ca.pem", "write amqps://"),
    ],
)
def test_files_that_cannot_be_used_are_named(url, words):
    with pytest.raises(NotConnected) as caught:
        parameters(url)
    assert words in str(caught.value)
    assert "secret" not in str(caught.value)


def test_other_parameters_of_the_query_are_pikas():
    parsed = parameters("amqps://kim:pass@broker:5671/v?heartbeat=7&blocked_connection_timeout=3")
    assert (parsed.heartbeat, parsed.blocked_connection_timeout) == (7, 3)
    assert parsed.ssl_options is not None


def test_the_name_that_a_certificate_must_have_is_the_hosts(tmp_path):
    import shutil

    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed, so there are no certificates")
    from tests.amqp import certificates

    made = certificates.make(tmp_path)
    parsed = parameters(f"amqps://broker.example:5671?{made.query}&heartbeat=7")
    assert parsed.ssl_options.server_hostname == "broker.example"
    assert parsed.ssl_options.context.check_hostname
    assert parsed.heartbeat == 7
