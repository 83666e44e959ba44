"""The client's end, where a broker is in the way of what `tests/contract/test_transport.py` says."""

import pytest

from sapi_kiwoom.amqp import AmqpLink
from sapi_kiwoom.errors import NotConnected
from tests.amqp.peer import Peer


def test_no_broker_is_said_in_words():
    with pytest.raises(NotConnected, match="sapi-kiwoom serve --simulator") as caught:
        AmqpLink("amqp://kim:secret@127.0.0.1:1")
    assert "kim:***@127.0.0.1:1" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_broker_that_refuses_a_request_is_named():
    peer = Peer(nack=1)
    link = AmqpLink(peer.url)
    with pytest.raises(NotConnected, match="could not take the request"):
        link.send(b"one", "1")
    link.close()
    peer.close()


@pytest.mark.rabbitmq
def test_a_client_may_come_before_the_server(broker_url, names, serve):
    link = AmqpLink(broker_url, names["request_queue"])
    link.send(b"early", "1")
    serve(answer=lambda message: b"echo " + message.body)
    assert link.receive(20) == b"echo early"
    link.close()


@pytest.mark.rabbitmq
def test_a_deleted_request_queue_is_said_in_words(broker_url, names, client):
    link = AmqpLink(broker_url, names["request_queue"])
    client.channel.queue_delete(names["request_queue"])
    with pytest.raises(NotConnected, match="start the server again"):
        link.send(b"one", "1")
    link.close()


@pytest.mark.rabbitmq
def test_a_lost_connection_is_said_by_both_calls(proxy, names, client):
    link = AmqpLink(proxy.url, names["request_queue"])
    proxy.cut()
    with pytest.raises(NotConnected, match="Is RabbitMQ running"):
        link.receive(20)
    with pytest.raises(NotConnected):
        link.send(b"one", "1")
    link.close()
