"""Queues of orders: acknowledged first, answered later, never delivered twice, never taken too late."""

from __future__ import annotations

import subprocess
import sys

import pytest
from pika.exceptions import ChannelClosedByBroker

from sapi_kiwoom.server.transport import EXPIRED
from tests.amqp.harness import Client, eventually
from tests.amqp.proxy import TO_BROKER
from tests.conftest import ACCOUNTS

LOST = "No connection to the broker"

pytestmark = pytest.mark.rabbitmq

ACCOUNT, OTHER = ACCOUNTS


@pytest.fixture
def orders(names):
    """The queue of the account's orders."""
    return names["order_queue"] + ACCOUNT


@pytest.fixture
def expired(names):
    """The queue of those that waited too long."""
    return names["expired_queue"] + ACCOUNT


def test_an_order_comes_with_its_queue_and_its_sender(serve, client, orders):
    serving = serve().wait_ready().own(ACCOUNT)
    client.send(b"order", orders, correlation_id="1", user_id="guest")
    message = serving.next()
    assert (message.queue, message.user_id) == (f"orders.{ACCOUNT}", "guest")
    serving.reply(message, b"placed")
    assert client.receive()[1] == b"placed"
    client.send(b"read")
    message = serving.next()
    assert (message.queue, message.user_id) == ("tasks", None)


def test_nobody_can_send_in_the_name_of_another(serve, client, orders):
    serving = serve().wait_ready().own(ACCOUNT)
    client.send(b"order", orders, user_id="boss")
    with pytest.raises(ChannelClosedByBroker):
        client.channel.queue_declare(orders, passive=True)
    assert serving.messages.empty()


def test_an_accepted_order_is_acknowledged_long_before_its_answer(serve, client, orders):
    serving = serve(order_prefetch=1).wait_ready().own(ACCOUNT)
    client.send(b"first", orders, correlation_id="1")
    client.send(b"second", orders, correlation_id="2")
    first = serving.next()
    assert serving.accept(first).wait(20)
    second = serving.next()  # it would not come if the first one were held still
    serving.reply(second, b"2")
    serving.reply(first, b"1")
    answers = [client.receive() for _ in range(2)]
    assert [body for _, body in answers] == [b"2", b"1"]
    assert [properties.correlation_id for properties, _ in answers] == ["2", "1"]
    assert answers[1][0].delivery_mode == 2
    assert serving.counters.accepted == 1


def test_an_accepted_order_is_never_delivered_again(serve, client, orders, proxy):
    serving = serve(proxy.url).wait_ready().own(ACCOUNT)
    client.send(b"order", orders)
    message = serving.next()
    assert serving.accept(message).wait(20)
    proxy.cut()
    serving.reply(message, b"placed")
    assert client.receive()[1] == b"placed"
    eventually(lambda: serving.counters.reconnects == 1)
    serving.own(ACCOUNT)
    client.send(b"next", orders)
    assert serving.next().body == b"next"  # what comes again comes before it
    assert serving.counters.delivered == 2


def test_an_acknowledgement_that_was_lost_is_made_up_for(serve, client, orders, proxy):
    serving = serve(f"{proxy.url}?heartbeat=5").wait_ready().own(ACCOUNT)
    client.send(b"order", orders)
    message = serving.next()
    proxy.blackhole(TO_BROKER)
    assert serving.accept(message).wait(20)  # it was handed over, but never arrived
    proxy.cut()
    eventually(lambda: serving.counters.adopted == 1)
    assert serving.messages.empty()
    serving.reply(message, b"placed")
    assert client.receive()[1] == b"placed"
    serving.stop()
    assert client.depth(orders) == 0


def test_accepting_waits_for_the_connection(serve, client, orders, proxy, caplog):
    serving = serve(proxy.url).wait_ready().own(ACCOUNT)
    client.send(b"order", orders)
    message = serving.next()
    proxy.refuse()
    proxy.cut()
    eventually(lambda: LOST in caplog.text)
    accepted = serving.accept(message)
    assert not accepted.wait(0.1)
    proxy.refuse(False)
    assert accepted.wait(20)
    assert serving.messages.empty()
    assert serving.expired.empty()


def test_what_comes_back_too_late_can_not_be_accepted(
    serve, client, orders, expired, proxy, caplog
):
    serving = serve(proxy.url, order_ttl=0.2).wait_ready().own(ACCOUNT)
    client.send(b"order", orders)
    message = serving.next()
    proxy.refuse()
    proxy.cut()
    eventually(lambda: LOST in caplog.text)  # else the acceptance is on its way already
    accepted = serving.accept(message)
    eventually(lambda: client.depth(expired) == 1)
    proxy.refuse(False)
    assert serving.expired.get(timeout=20) is message
    assert not serving.accept(message).is_set()
    serving.reply(message, b"expired")
    assert client.receive()[1] == b"expired"
    serving.stop()
    assert not accepted.is_set()
    assert client.depth(expired) == 0


def test_accepted_and_come_back_too_late_is_accepted_all_the_same(
    serve, client, orders, expired, proxy
):
    serving = serve(proxy.url, order_ttl=0.2).wait_ready().own(ACCOUNT)
    client.send(b"order", orders)
    message = serving.next()
    proxy.blackhole(TO_BROKER)
    assert serving.accept(message).wait(20)
    proxy.refuse()
    proxy.cut()
    eventually(lambda: client.depth(expired) == 1)
    proxy.refuse(False)
    eventually(lambda: serving.counters.adopted == 1)
    serving.reply(message, b"placed")
    assert client.receive()[1] == b"placed"
    assert serving.expired.empty()
    serving.stop()
    assert client.depth(expired) == 0


def test_an_order_that_nobody_took_in_time_comes_as_expired(serve, client, orders, expired):
    serve(order_ttl=0.2).wait_ready().own(ACCOUNT).stop()
    client.send(b"order", orders, correlation_id="1", user_id="guest")
    client.send(b"hasty", orders, correlation_id="2", expiration="1")
    eventually(lambda: client.depth(expired) == 2)
    serving = serve(order_ttl=0.2).wait_ready().own(ACCOUNT)
    late = {message.correlation_id: message for message in (serving.next(), serving.next())}
    assert sorted(late) == ["1", "2"]
    assert {message.queue for message in late.values()} == {EXPIRED}
    assert late["1"].user_id == "guest"
    serving.reply(late["1"], b"expired")
    properties, body = client.receive()
    assert (properties.correlation_id, body) == ("1", b"expired")


def test_an_account_is_served_by_one_server_at_a_time(serve, client, orders):
    first = serve().wait_ready().own(ACCOUNT)
    second = serve().wait_ready().own(ACCOUNT, OTHER)
    for number in range(10):
        client.send(b"%d" % number, orders)
    assert [first.next().body for _ in range(10)] == [b"%d" % number for number in range(10)]
    assert second.messages.empty()
    first.stop()
    assert [second.next().body for _ in range(10)] == [b"%d" % number for number in range(10)]


def test_what_is_owned_can_change(serve, client, names):
    serving = serve().wait_ready().own(ACCOUNT)
    serving.own(OTHER)
    assert client.consumers(names["order_queue"] + ACCOUNT) == 0
    assert client.consumers(names["order_queue"] + OTHER) == 1
    serving.own(ACCOUNT, OTHER)
    assert client.consumers(names["order_queue"] + ACCOUNT) == 1


def test_accounts_that_are_owned_before_there_is_a_broker_are_served_later(
    serve, client, orders, proxy
):
    proxy.refuse()
    serving = serve(proxy.url)
    serving.on_loop(lambda: serving.transport.own([ACCOUNT]))
    proxy.refuse(False)
    serving.own(ACCOUNT)
    client.send(b"order", orders)
    assert serving.next().body == b"order"


def test_a_queue_of_orders_that_was_declared_otherwise_is_not_used(
    serve, client, names, orders, caplog
):
    """It may hold orders for ever, or hand them to two servers."""
    client.channel.queue_declare(orders, durable=True)
    client.send(b"old order", orders)
    serving = serve(answer=lambda message: b"answer").wait_ready()
    serving.on_loop(lambda: serving.transport.own([ACCOUNT, OTHER]))
    eventually(lambda: serving.transport._worker._owner.owned == [OTHER])
    assert client.call(b"read") == b"answer"
    assert client.consumers(orders) == 0
    assert client.consumers(names["order_queue"] + OTHER) == 1
    assert "***11 cannot be taken" in caplog.text
    assert ACCOUNT not in caplog.text


def test_a_deadline_does_not_end_what_was_accepted(serve, client, orders):
    serving = serve(order_deadline=0.3).wait_ready().own(ACCOUNT)
    client.send(b"accepted", orders)
    accepted = serving.next()
    assert serving.accept(accepted).wait(20)
    client.send(b"held", orders)
    held = serving.next()
    assert serving.expired.get(timeout=20) is held
    assert serving.expired.empty()
    serving.reply(held, b"expired")
    serving.reply(accepted, b"placed")
    assert [client.receive()[1] for _ in range(2)] == [b"expired", b"placed"]


def test_orders_are_not_parked(serve, client, orders):
    serving = serve(renew_after=0.1).wait_ready().own(ACCOUNT)
    client.send(b"order", orders)
    client.send(b"read")
    serving.next(), serving.next()
    eventually(lambda: serving.counters.renewed >= 3)  # of the read
    assert {d.queue for d in serving.transport._worker._book._parked.values()} == {"tasks"}


def test_several_servers_share_reads_and_park_for_themselves(serve, client, broker_url):
    """Each has a parked queue of its own, or the second would run what the first one parked."""
    servers = [serve(renew_after=0.1, prefetch=1).wait_ready() for _ in range(2)]
    for number in range(2):
        client.send(b"%d" % number, user_id="guest")
    messages = [serving.next() for serving in servers]
    assert {message.body for message in messages} == {b"0", b"1"}
    eventually(lambda: all(serving.counters.renewed >= 5 for serving in servers))
    for serving, message in zip(servers, messages):
        assert serving.messages.empty()
        serving.reply(message, message.body)
    assert {client.receive()[1] for _ in range(2)} == {b"0", b"1"}


MORTAL = """
import sys
from tests.amqp.harness import Serving, eventually
serving = Serving(sys.argv[1], request_queue=sys.argv[2], kind_queue=sys.argv[3],
                  parked_queue=sys.argv[4], renew_after=0.1)
serving.next()
eventually(lambda: serving.counters.renewed >= 2)
print("parked", flush=True)
serving.next()
"""


def test_what_a_killed_server_had_parked_is_served_by_another(serve, names, broker_url):
    client = Client(broker_url, names["request_queue"])
    client.channel.queue_declare(client.queue_name)
    victim = subprocess.Popen(
        [sys.executable, "-c", MORTAL, broker_url]
        + [names[name] for name in ("request_queue", "kind_queue", "parked_queue")],
        stdout=subprocess.PIPE,
    )
    client.send(b"long", correlation_id="1", user_id="guest")
    assert victim.stdout.readline() == b"parked\n"
    survivor = serve(answer=lambda message: b"done").wait_ready()
    assert survivor.messages.empty()
    victim.kill()
    victim.wait()
    victim.stdout.close()
    properties, body = client.receive()
    assert (properties.correlation_id, body) == ("1", b"done")
    assert survivor.next().user_id == "guest"
    client.close()


def test_nobody_gets_a_name_by_writing_to_a_parked_queue(serve, client, names, broker_url):
    serving = serve().wait_ready()
    eventually(lambda: serving.transport._worker._parks)
    headers = {"x-sapi-kiwoom-id": "forged", "x-sapi-kiwoom-user": "boss"}
    client.send(b"forged", names["parked_queue"], headers=headers)
    message = serving.next()
    assert message.user_id is None
