"""Events and their listeners, over a real broker."""

import threading

import pytest

from tests.amqp.harness import PATIENCE, Client, eventually

pytestmark = pytest.mark.rabbitmq


def bodies(client, count, queue_name=None):
    return [client.receive(queue_name)[1] for _ in range(count)]


def test_events_arrive_in_order_after_the_answer(serve, client):
    serving = serve().wait_ready()
    for _ in range(20):
        client.send(b"subscribe")
        message = serving.next()

        def answer_and_publish(message=message):
            serving.transport.reply(message, b"answer")
            for number in range(10):
                serving.transport.publish(message.reply_to, b"%d" % number, "stream")

        serving.on_loop(answer_and_publish)
        assert bodies(client, 11) == [b"answer", *(b"%d" % n for n in range(10))]


def test_an_answer_comes_after_the_events_before_it(serve, client):
    serving = serve().wait_ready()
    for _ in range(20):
        client.send(b"unsubscribe")
        message = serving.next()

        def publish_and_answer(message=message):
            for number in range(10):
                serving.transport.publish(message.reply_to, b"%d" % number, "stream")
            serving.transport.reply(message, b"answer")
            serving.transport.publish(message.reply_to, b"last", "stream")

        serving.on_loop(publish_and_answer)
        assert bodies(client, 12) == [*(b"%d" % n for n in range(10)), b"answer", b"last"]


def test_many_more_events_than_the_window_pass_in_order(serve, client):
    serving = serve(window=50).wait_ready()
    sent = [b"%d" % number for number in range(1_000)]
    serving.publish(client.reply_queue, sent)
    assert bodies(client, 1_000) == sent
    assert serving.counters.events == 1_000
    assert serving.counters.events_lost == 0


def test_events_wait_for_the_next_connection(serve, proxy, names, client):
    serving = serve(proxy.url, outbox=10).wait_ready()
    proxy.refuse()
    proxy.cut()
    eventually(lambda: proxy.accepted > 1)
    serving.publish(client.reply_queue, [b"%d" % number for number in range(15)])
    proxy.refuse(False)
    assert bodies(client, 10) == [b"%d" % number for number in range(5, 15)]
    assert serving.events_lost.get(timeout=20) == (client.reply_queue, "stream", 5)


def test_stopping_sends_the_events_that_were_handed_over(serve, client):
    serving = serve(window=10).wait_ready()
    serving.publish(client.reply_queue, [b"%d" % number for number in range(1_000)])
    serving.stop()
    assert client.depth(client.reply_queue) == 1_000


def test_a_listener_whose_queue_is_gone_is_lost_after_a_grace(serve, broker_url, names):
    serving = serve(check_every=0.05, missing_grace=0.2).wait_ready()
    listener = Client(broker_url, names["request_queue"])
    address = listener.reply_queue
    serving.on_loop(lambda: serving.transport.listen(address))
    serving.publish(address, [b"tick"])
    assert bodies(listener, 1) == [b"tick"]
    assert serving.listeners_lost.empty()
    listener.close()  # its queue is exclusive and goes with it
    serving.publish(address, [b"tick"])
    assert serving.listeners_lost.get(timeout=20)[0] == address
    assert serving.counters.listeners_lost == 1


def test_a_deep_queue_without_a_consumer_is_a_lost_listener(serve, client, names):
    serving = serve(check_every=0.05, deep=10).wait_ready()
    shared = names["reply_queue"]
    serving.on_loop(lambda: serving.transport.listen(shared))
    serving.publish(shared, [b"tick"] * 10)
    eventually(lambda: client.depth(shared) == 10)
    assert serving.listeners_lost.empty()
    serving.publish(shared, [b"tick"])
    address, why = serving.listeners_lost.get(timeout=20)
    assert address == shared
    assert "11 messages" in why


def test_a_listener_that_is_only_away_is_kept(serve, client):
    serving = serve(check_every=0.02, missing_grace=3600.0).wait_ready()
    serving.on_loop(lambda: serving.transport.listen("named-by-its-client"))
    missing_since = serving.transport._worker._listeners._missing_since
    eventually(lambda: missing_since.get("named-by-its-client") is not None)
    client.channel.queue_declare("named-by-its-client", exclusive=True)
    eventually(lambda: missing_since["named-by-its-client"] is None)
    assert serving.listeners_lost.empty()


def test_who_is_no_longer_watched_is_not_lost(serve):
    serving = serve(check_every=0.02, missing_grace=0.1).wait_ready()

    def watch_two_and_forget_one():
        serving.transport.listen("forgotten")
        serving.transport.listen("watched")
        serving.transport.unlisten("forgotten")

    serving.on_loop(watch_two_and_forget_one)
    assert serving.listeners_lost.get(timeout=20)[0] == "watched"
    assert serving.listeners_lost.empty()


def test_direct_reply_to_can_be_watched(serve, client, broker_url):
    serving = serve(check_every=0.02, missing_grace=0.1).wait_ready()
    other = Client(broker_url, client.queue_name)
    other.channel.basic_consume("amq.rabbitmq.reply-to", lambda *_: None, auto_ack=True)
    other.send(b"subscribe", reply_to="amq.rabbitmq.reply-to")
    address = serving.next().reply_to
    assert address != "amq.rabbitmq.reply-to"
    serving.on_loop(lambda: serving.transport.listen(address))
    listeners = serving.transport._worker._listeners
    looked = []
    present = listeners._present
    listeners._present = lambda *found: (looked.append(found), present(*found))
    eventually(lambda: len(looked) > 3)
    assert serving.listeners_lost.empty()
    other.close()
    assert serving.listeners_lost.get(timeout=20)[0] == address


def test_events_and_answers_that_come_while_stopping_do_no_harm(serve, client):
    """Trades do not pause for a server that ends; once they met a channel that was closing."""
    serving = serve().wait_ready()
    client.send()
    late = serving.next()
    stopped = threading.Event()

    def trade():
        if not stopped.is_set():
            serving.transport.publish(client.reply_queue, b"trade", "stream")
            serving.loop.call_later(100, trade)

    def answer():
        if not stopped.is_set():
            serving.transport.reply(late, b"late")

    def stop():
        trade()
        serving.loop.call_later(3_000, answer)
        serving.transport.stop(stopped.set)

    serving.on_loop(stop)
    assert stopped.wait(PATIENCE)
    assert serving.errors.empty()
