"""What a broker may refuse: transient queues (from RabbitMQ 4.3 on), other arguments, credentials."""

import pika
import pytest
from pika.exceptions import ChannelClosedByBroker, ConnectionClosedByBroker

from sapi_kiwoom.amqp import AmqpLink
from sapi_kiwoom.amqp.topology import Dialect, Queue
from sapi_kiwoom.errors import NotConnected
from tests.amqp.harness import Client, Serving, eventually
from tests.amqp.peer import Peer


@pytest.fixture
def peer_and_serving():
    """Starts a scripted peer and a transport on it."""
    things = []

    def start(answer=lambda message: b"answer", **script):
        peer = Peer(**script)
        serving = Serving(peer.url, answer=answer)
        things.extend([serving.stop, peer.close])
        return peer, serving

    yield start
    for end in things:
        end()


@pytest.mark.parametrize("closed", ["channel", "connection"])
def test_where_transient_queues_are_refused_durable_ones_are_declared(
    peer_and_serving, closed, caplog
):
    peer, serving = peer_and_serving(refuse=closed)
    serving.wait_ready()
    assert ("tasks", False) in peer.declared
    assert ("tasks", True) in peer.declared
    assert ("sapi-kiwoom", True) in peer.declared
    assert peer.connections == (1 if closed == "channel" else 2)
    eventually(lambda: ("client", b"answer") in peer.published)
    setting = "deprecated_features.permit.transient_nonexcl_queues = true"
    assert caplog.text.count(setting) == 1


@pytest.mark.parametrize("refuse", ["quorum", "quorum-connection"])
def test_where_replicated_queues_are_refused_plain_durable_ones_are_declared(
    peer_and_serving, refuse
):
    peer, serving = peer_and_serving(refuse=refuse)
    serving.wait_ready()
    serving.own("8012345611")
    eventually(lambda: serving.transport._worker._parks)
    assert ("orders.8012345611", True) in peer.declared
    assert peer.arguments["orders.8012345611"] == {
        "x-message-ttl": 5000,
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": "orders.expired.8012345611",
        "x-single-active-consumer": True,
    }
    assert peer.arguments["sapi-kiwoom.parked"] == {}
    assert peer.arguments["tasks"] == {}


def test_new_queues_are_replicated_and_those_of_version_1_are_as_they_were(peer_and_serving):
    peer, serving = peer_and_serving()
    serving.wait_ready().own("8012345611")
    eventually(lambda: serving.transport._worker._parks)
    quorum = {n for n, arguments in peer.arguments.items() if "x-queue-type" in arguments}
    server = serving.transport._settings.server
    assert quorum == {
        "orders.8012345611",
        "orders.expired.8012345611",
        "sapi-kiwoom.parked",
        f"sapi-kiwoom.parked.{server}",
    }
    assert peer.arguments["tasks"] == peer.arguments["sapi-kiwoom"] == {}
    assert ("tasks", False) in peer.declared


@pytest.mark.parametrize("closed", ["channel", "connection"])
def test_a_client_declares_in_the_same_way(closed, caplog):
    peer = Peer(refuse=closed)
    link = AmqpLink(peer.url)
    link.send(b"one", "1")
    link.close()
    peer.close()
    assert peer.published == [("tasks", b"one")]
    assert peer.declared[:2] == [("tasks", False), ("tasks", True)]


def test_a_broker_that_refuses_everything_is_not_hammered(caplog):
    dialect = Dialect()
    refused = ConnectionClosedByBroker(541, "INTERNAL_ERROR")
    assert dialect.learn(Queue("tasks"), refused)
    assert not dialect.learn(Queue("tasks"), refused)
    assert dialect.take_news()
    assert not dialect.take_news()


def test_a_durable_queue_was_never_the_reason():
    refused = ChannelClosedByBroker(541, "INTERNAL_ERROR")
    assert not Dialect().learn(Queue("parked", durable=True), refused)


def test_requests_are_acknowledged_after_their_answers_are_confirmed(peer_and_serving):
    peer, _ = peer_and_serving(requests=3, confirm_every=3)
    eventually(lambda: "acknowledged 3" in peer.order)
    assert peer.order == ["published"] * 3 + ["confirmed", "acknowledged 3"]


def test_an_event_behind_an_unconfirmed_answer_takes_its_channel(peer_and_serving):
    """On another one it could overtake the answer; a real broker only does so on a bad day."""
    peer, serving = peer_and_serving(answer=lambda message: None, confirm_every=2)
    message = serving.next()

    def answer_and_publish():
        serving.transport.reply(message, b"answer")
        serving.transport.publish("client", b"event", "stream")

    serving.on_loop(answer_and_publish)
    eventually(lambda: serving.counters.replied == 1)
    assert peer.published == [("client", b"answer"), ("client", b"event")]
    assert peer.channels[0] == peer.channels[1]
    serving.publish("client", [b"another"])
    eventually(lambda: len(peer.channels) == 3)
    assert peer.channels[2] != peer.channels[0]


def test_a_failed_publish_is_repeated(peer_and_serving):
    peer, serving = peer_and_serving(nack=2)
    eventually(lambda: serving.counters.replied == 1)
    assert peer.published == [("client", b"answer")] * 3


def test_a_publish_that_fails_for_good_gives_its_request_back(peer_and_serving):
    peer, serving = peer_and_serving(nack=4)
    eventually(lambda: serving.counters.requeued == 1)
    assert peer.published == [("client", b"answer")] * 4
    assert serving.counters.replied == 0


@pytest.mark.rabbitmq
def test_a_queue_with_other_arguments_is_used_as_it_is(serve, client, names, caplog):
    client.channel.queue_declare(names["request_queue"], durable=True)
    client.channel.queue_declare(names["reply_queue"], arguments={"x-max-length": 9})
    serve(answer=lambda message: b"answer").wait_ready()
    assert client.call() == b"answer"
    assert caplog.text.count("exists with other arguments") == 2


@pytest.mark.rabbitmq
def test_a_client_uses_such_a_queue_too(broker_url, client, names):
    client.channel.queue_declare(names["request_queue"], durable=True)
    link = AmqpLink(broker_url, names["request_queue"])
    link.send(b"one", "1")
    link.close()
    assert client.receive(names["request_queue"])[1] == b"one"


@pytest.mark.rabbitmq
@pytest.mark.parametrize(
    ("user", "host", "words"),
    [
        ("guest:wrong-secret", "%2F", "user or the password"),
        ("guest:guest", "nowhere", "add_vhost nowhere"),
    ],
)
def test_what_no_waiting_can_heal_ends_with_words(broker_port, user, host, words, caplog):
    serving = Serving(f"amqp://{user}@127.0.0.1:{broker_port}/{host}")
    error = serving.errors.get(timeout=20)
    assert isinstance(error, NotConnected)
    assert words in str(error)
    assert "secret" not in str(error) + caplog.text
    serving.stop()


@pytest.mark.parametrize(
    "url", ["http://localhost", "amqp://localhost:port", "amqp://kim:se@cret:x@host:y", "localhost"]
)
def test_a_malformed_url_ends_with_words(url):
    serving = Serving(url)
    error = serving.errors.get(timeout=20)
    assert "amqp://user:password@host:5672" in str(error)
    assert "cret" not in str(error)
    serving.stop()
    with pytest.raises(NotConnected, match="amqp://user:password@host:5672"):
        AmqpLink(url)


@pytest.mark.rabbitmq
def test_another_consumer_of_the_parked_queue_changes_nothing(serve, client, names, broker_url):
    """Somebody who looks into the queue does not keep the server from starting."""
    client.channel.queue_declare(names["parked_queue"], durable=True)
    watcher = Client(broker_url)
    watcher.channel.basic_consume(names["parked_queue"], lambda *_: None)
    serve(answer=lambda message: b"answer").wait_ready()
    assert client.call() == b"answer"
    watcher.close()


def test_pika_is_quiet():
    import logging

    assert not logging.getLogger(pika.__name__).isEnabledFor(logging.ERROR)
