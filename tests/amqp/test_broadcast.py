"""What is published once for however many listen."""

from __future__ import annotations

import pytest

from tests.amqp.harness import Client, Serving, eventually
from tests.amqp.proxy import TO_BROKER, TO_CLIENT
from tests.conftest import ACCOUNTS

pytestmark = pytest.mark.rabbitmq


@pytest.fixture
def topic(names):
    """The start of topics of which only this test hears."""
    return names["request_queue"].replace(".", "-")


@pytest.fixture
def listen(broker_url):
    """Starts clients that listen to patterns."""
    clients = []

    def start(*patterns):
        client = Client(broker_url)
        clients.append(client)
        client.bind(*patterns)
        return client

    yield start
    for client in clients:
        client.close()


def bodies(client, count):
    return [client.receive()[1] for _ in range(count)]


def test_one_publish_however_many_listen(serve, listen, topic):
    listeners = [listen(f"{topic}.#") for _ in range(5)]
    serving = serve().wait_ready()
    numbers = [b"%d" % number for number in range(300)]
    serving.broadcast(f"{topic}.trade.005930", numbers)
    for each in listeners:
        assert bodies(each, 300) == numbers
    assert serving.counters.events == 300


def test_listeners_choose_by_words(serve, listen, topic):
    one, two = listen(f"{topic}.*.005930"), listen(f"{topic}.quote.#")
    serving = serve().wait_ready()
    for rest in ("trade.005930", "trade.000660", "quote.005930"):
        serving.broadcast(f"{topic}.{rest}", [rest.encode()])
    assert bodies(one, 2) == [b"trade.005930", b"quote.005930"]
    assert bodies(two, 1) == [b"quote.005930"]


def test_nobody_needs_to_listen(serve, listen, topic):
    serving = serve().wait_ready()
    serving.broadcast(f"{topic}.a", [b"1"])
    serving.broadcast(f"{topic}.a", [b"2"], keep=True)
    eventually(lambda: not serving.transport._worker._answers._kept)
    late = listen(f"{topic}.#")
    serving.broadcast(f"{topic}.a", [b"3"], keep=True)
    assert bodies(late, 1) == [b"3"]
    assert serving.counters.reconnects == 0


def test_only_what_is_kept_goes_to_disk(serve, listen, topic):
    listener = listen(f"{topic}.#")
    serving = serve().wait_ready()
    serving.broadcast(f"{topic}.order", [b"1"], keep=True)
    assert listener.receive()[0].delivery_mode == 2
    serving.broadcast(f"{topic}.trade", [b"2"])
    assert listener.receive()[0].delivery_mode != 2


def test_what_is_kept_waits_for_the_broker_however_long(serve, listen, topic, proxy):
    listener = listen(f"{topic}.#")
    serving = serve(proxy.url, outbox=5).wait_ready()
    proxy.refuse()
    proxy.cut()
    numbers = [b"%d" % number for number in range(200)]
    serving.broadcast(f"{topic}.order", numbers, keep=True)
    proxy.refuse(False)
    assert bodies(listener, 200) == numbers
    assert serving.broadcasts_lost.empty()


def test_what_was_under_way_is_sent_again_in_order(serve, listen, topic, proxy):
    listener = listen(f"{topic}.#")
    serving = serve(proxy.url).wait_ready()
    proxy.blackhole(TO_CLIENT)  # it arrives, and nobody hears so
    serving.broadcast(f"{topic}.order", [b"1", b"2"], keep=True)
    assert bodies(listener, 2) == [b"1", b"2"]
    proxy.blackhole(TO_BROKER)
    serving.broadcast(f"{topic}.order", [b"3"], keep=True)
    proxy.cut()
    assert bodies(listener, 3) == [b"1", b"2", b"3"]
    eventually(lambda: not serving.transport._worker._answers._kept)


def test_lost_trades_are_told_by_topic_and_quotes_replaced(serve, listen, topic, proxy):
    listener = listen(f"{topic}.#")
    serving = serve(proxy.url, outbox=4).wait_ready()
    proxy.refuse()
    proxy.cut()
    eventually(lambda: serving.transport._worker._pika is None)
    quotes, trades = f"{topic}.quote", f"{topic}.trade"
    serving.broadcast(trades, [b"t%d" % number for number in range(6)])
    serving.broadcast(quotes, [b"q%d" % number for number in range(9)], conflate=True)
    proxy.refuse(False)
    assert bodies(listener, 4) == [b"t3", b"t4", b"t5", b"q8"]
    assert serving.broadcasts_lost.get(timeout=20) == (trades, 3)
    assert serving.broadcasts_lost.empty()
    assert serving.events_lost.empty()


def test_stopping_waits_until_what_is_kept_is_safe(serve, listen, topic):
    listener = listen(f"{topic}.#")
    serving = serve().wait_ready()
    serving.broadcast(f"{topic}.order", [b"%d" % n for n in range(500)], keep=True)
    serving.stop()
    assert bodies(listener, 500) == [b"%d" % n for n in range(500)]


def test_pages_and_their_answer_survive_a_lost_connection_in_order(serve, client, proxy):
    serving = serve(proxy.url).wait_ready()
    client.send(b"all", correlation_id="1")
    message = serving.next()

    def pages(*parts):
        serving.on_loop(lambda: [serving.transport.page(message, part) for part in parts])

    pages(b"1", b"2")
    assert bodies(client, 2) == [b"1", b"2"]
    eventually(lambda: not message.pages)
    proxy.blackhole(TO_BROKER)
    pages(b"3")
    proxy.refuse()
    proxy.cut()
    pages(b"4")
    serving.reply(message, b"last")
    proxy.refuse(False)
    answers = [client.receive() for _ in range(3)]
    assert [body for _, body in answers] == [b"3", b"4", b"last"]
    assert {properties.correlation_id for properties, _ in answers} == {"1"}
    eventually(lambda: serving.counters.adopted == 1)
    serving.stop()
    assert client.depth(client.queue_name) == 0


def test_what_is_asked_for_before_the_start_is_done_with_it(broker_url, names, listen, topic):
    listener = listen(f"{topic}.#")
    serving = Serving(broker_url, started=False, **names)
    serving.broadcast(f"{topic}.session", [b"connected"])
    serving.broadcast(f"{topic}.order", [b"filled"], keep=True)
    serving.on_loop(lambda: serving.transport.own(ACCOUNTS[:1]))
    assert listener.channel.basic_get(listener.reply_queue)[0] is None
    serving.on_loop(lambda: serving.transport.start(serving))
    assert sorted(bodies(listener, 2)) == [b"connected", b"filled"]
    serving.own(*ACCOUNTS[:1]).stop()
