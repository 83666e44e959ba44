"""Requests in, answers out, over a real broker."""

import struct

import pika
import pika.adapters.select_connection
import pytest

from tests.amqp.harness import eventually

pytestmark = pytest.mark.rabbitmq


def echo(message):
    return b"echo " + message.body


def test_a_request_is_answered_with_its_properties(serve, client):
    serve(answer=echo).wait_ready()
    client.send(b"one", correlation_id="c-1")
    properties, body = client.receive()
    assert body == b"echo one"
    assert properties.correlation_id == "c-1"
    assert properties.content_type == "application/json"


def test_without_a_correlation_id_the_answer_has_none(serve, client):
    serve(answer=echo).wait_ready()
    client.send(b"one")
    properties, _ = client.receive()
    assert properties.correlation_id is None


def test_without_reply_to_the_answer_goes_to_the_shared_queue(serve, client, names):
    serving = serve(answer=echo).wait_ready()
    client.send(b"one", reply_to=None)
    assert client.receive(names["reply_queue"])[1] == b"echo one"
    assert serving.next().reply_to == names["reply_queue"]


def test_direct_reply_to_is_answered(serve, client, broker_url):
    serve(answer=echo).wait_ready()
    connection = pika.BlockingConnection(pika.URLParameters(broker_url))
    channel = connection.channel()
    bodies = []
    channel.basic_consume(
        "amq.rabbitmq.reply-to", lambda *args: bodies.append(args[3]), auto_ack=True
    )
    properties = pika.BasicProperties(reply_to="amq.rabbitmq.reply-to")
    channel.basic_publish("", client.queue_name, b"one", properties)
    eventually(lambda: connection.process_data_events(0.01) or bodies)
    assert bodies == [b"echo one"]
    connection.close()


def test_a_dead_reply_to_is_counted_and_does_not_stay(serve, client):
    serving = serve(answer=echo).wait_ready()
    client.send(b"one", reply_to="nobody-reads-here")
    assert client.call(b"two") == b"echo two"
    eventually(lambda: serving.counters.returned == 1)
    serving.stop()
    assert client.depth(client.queue_name) == 0


def test_queues_are_declared_as_clients_of_2021_declare_them(serve, client, names):
    serve(answer=echo).wait_ready()
    client.channel.queue_declare(names["request_queue"])
    client.channel.queue_declare(names["reply_queue"])
    assert client.call(b"one") == b"echo one"


def test_a_request_is_acknowledged_only_after_its_answer(serve, client):
    serving = serve().wait_ready()
    client.send(b"one")
    client.send(b"two")
    first, second = serving.next(), serving.next()
    serving.reply(second, b"answer")
    assert client.receive()[1] == b"answer"
    eventually(lambda: serving.counters.replied == 1)
    serving.stop()
    assert client.depth(client.queue_name) == 1  # the unanswered one went back
    assert client.receive(client.queue_name)[1] == first.body


def test_as_many_requests_as_prefetch_are_seen_at_once(serve, client):
    serving = serve(prefetch=3).wait_ready()
    for number in range(5):
        client.send(b"%d" % number)
    seen = [serving.next() for _ in range(3)]
    eventually(lambda: client.depth(client.queue_name) == 2)
    assert serving.messages.empty()
    serving.reply(seen[1], b"done")  # answers may come in any order
    assert serving.next().body == b"3"


def test_answers_out_of_order_leave_nothing_behind(serve, client):
    serving = serve(prefetch=50).wait_ready()
    for number in range(50):
        client.send(b"%d" % number)
    seen = [serving.next() for _ in range(50)]
    for message in seen[1::2] + seen[-2::-2]:
        serving.reply(message, message.body)
    assert {client.receive()[1] for _ in seen} == {message.body for message in seen}
    client.send(b"last")
    assert serving.next().body == b"last"
    serving.stop()
    assert client.depth(client.queue_name) == 1


def test_a_deadline_passes_once_and_the_server_has_the_last_word(serve, client):
    serving = serve(deadline=0.1).wait_ready()
    client.send(b"slow")
    message = serving.next()
    assert serving.expired.get(timeout=20) is message
    serving.reply(message, b"too late")
    assert client.receive()[1] == b"too late"
    assert serving.expired.empty()
    assert serving.counters.expired == 1


def test_the_property_expiration_shortens_the_deadline(serve, client):
    serving = serve().wait_ready()
    client.send(b"patient")
    client.send(b"hasty", expiration="100")
    patient, hasty = serving.next(), serving.next()
    assert serving.expired.get(timeout=20) is hasty
    serving.reply(hasty, b"too late")
    serving.reply(patient, b"fine")
    assert [client.receive()[1] for _ in range(2)] == [b"too late", b"fine"]


def test_stopping_sends_what_was_handed_over_and_returns_the_rest(serve, client):
    serving = serve().wait_ready()
    for number in range(20):
        client.send(b"%d" % number)
    seen = [serving.next() for _ in range(20)]

    def answer_half_and_stop():
        for message in seen[:10]:
            serving.transport.reply(message, message.body)
        serving.transport.stop(serving.loop.stop)

    serving.loop.post(answer_half_and_stop)
    serving._thread.join(20)
    assert [client.receive()[1] for _ in range(10)] == [b"%d" % n for n in range(10)]
    assert client.depth(client.queue_name) == 10


@pytest.mark.parametrize(
    "properties",
    [
        {"reply_to": b"\xff\xfe", "correlation_id": "c"},
        {"correlation_id": b"\xff\xfe"},
        {"headers": {"y": [1, {"z": None}]}},
        {"expiration": "0", "priority": 255, "message_id": "m" * 255},
    ],
)
def test_strange_properties_are_no_poison(serve, client, properties):
    serving = serve(answer=echo).wait_ready()
    client.send(b"strange", **properties)
    assert serving.next().body == b"strange"
    client.send(b"next", correlation_id="next")
    while client.receive()[0].correlation_id != "next":
        pass
    eventually(lambda: serving.counters.replied == 2)
    assert serving.counters.reconnects == 0


class Undecodable(pika.BasicProperties):
    """Headers with a value that pika's own decoder cannot take."""

    def __init__(self, value):
        super().__init__()
        self.value = value

    def encode(self):
        table = b"\x01x" + self.value
        return [struct.pack(">HI", self.FLAG_HEADERS, len(table)), table]


def test_properties_that_pika_cannot_decode_are_no_poison(serve, client, names):
    beyond_all_calendars = b"T" + struct.pack(">Q", 2**63)
    serving = serve(answer=echo).wait_ready()
    client.channel.basic_publish(
        "", client.queue_name, b"strange", Undecodable(beyond_all_calendars)
    )
    assert client.receive(names["reply_queue"])[1] == b"echo strange"
    assert client.call(b"next") == b"echo next"
    assert serving.counters.reconnects == 0


def test_a_correlation_id_that_is_not_utf8_comes_back_as_it_was(serve, client):
    serve(answer=echo).wait_ready()
    client.send(b"one", correlation_id=b"\xff\xfe")
    assert client.receive()[0].correlation_id == b"\xff\xfe"


def test_large_bodies_pass(serve, client):
    serve(answer=echo).wait_ready()
    body = bytes(range(256)) * 40_000
    assert client.call(body) == b"echo " + body


@pytest.mark.parametrize("poller", ["select", "poll"])
def test_it_works_with_the_poller_of_windows(serve, client, monkeypatch, poller):
    monkeypatch.setattr(pika.adapters.select_connection, "SELECT_TYPE", poller)
    serving = serve(answer=echo).wait_ready()
    for number in range(300):
        client.send(b"%d" % number)
    assert [client.receive()[1] for _ in range(300)] == [b"echo %d" % n for n in range(300)]
    serving.stop()
    assert client.depth(client.queue_name) == 0


def test_a_deleted_queue_is_declared_and_served_again(serve, client):
    serving = serve(answer=echo).wait_ready()
    client.channel.queue_delete(client.queue_name)
    eventually(lambda: serving.counters.reconnects == 1)
    assert client.call(b"one") == b"echo one"
