"""Connections that break, brokers that restart, servers that die: every accepted read is answered."""

import subprocess
import sys

import pytest

from tests.amqp.harness import Client, eventually

pytestmark = pytest.mark.rabbitmq


def echo(message):
    return b"echo " + message.body


def test_an_answer_finished_while_disconnected_is_sent_later_and_nothing_runs_twice(
    serve, client, proxy
):
    serving = serve(proxy.url).wait_ready()
    client.send(b"one", correlation_id="1")
    message = serving.next()
    proxy.refuse()
    proxy.cut()
    serving.reply(message, b"answer")
    proxy.refuse(False)
    assert client.receive()[1] == b"answer"
    eventually(lambda: serving.counters.adopted == 1)  # it came again and was recognised
    eventually(lambda: serving.counters.reconnects == 1)
    assert serving.messages.empty()
    serving.stop()
    assert client.depth(client.queue_name) == 0


def test_a_request_that_outlives_the_connection_is_answered_on_the_next_one(serve, client, proxy):
    serving = serve(proxy.url).wait_ready()
    client.send(b"one", correlation_id="1")
    client.send(b"one", correlation_id="1")  # the very same request, twice at once
    messages = [serving.next(), serving.next()]
    proxy.cut()
    eventually(lambda: serving.counters.adopted == 2)
    for message in messages:
        serving.reply(message, b"answer")
    assert [client.receive()[1] for _ in range(2)] == [b"answer", b"answer"]
    assert serving.messages.empty()
    serving.stop()
    assert client.depth(client.queue_name) == 0


def test_requests_are_answered_through_many_cuts(serve, client, proxy):
    serving = serve(proxy.url, answer=echo, shortest_pause=0.01, longest_pause=0.02).wait_ready()
    wanted = {b"%d" % number for number in range(200)}
    for number, body in enumerate(sorted(wanted)):
        client.send(body)
        if number % 40 == 39:
            proxy.cut()
    answered = set()
    while answered != {b"echo " + body for body in wanted}:
        answered.add(client.receive()[1])  # some may come twice: a read is answered at least once
    eventually(lambda: serving.counters.reconnects > 0 and client.depth(client.queue_name) == 0)
    serving.stop()
    assert client.depth(client.queue_name) == 0


def test_a_broker_that_is_down_at_start_is_waited_for(serve, client, proxy, caplog):
    proxy.refuse()
    serving = serve(proxy.url, answer=echo)
    eventually(lambda: proxy.accepted > 1)
    proxy.refuse(False)
    serving.wait_ready()
    assert client.call(b"one") == b"echo one"
    assert serving.errors.empty()
    assert "No connection to the broker at amqp://127.0.0.1" in caplog.text


def test_stopping_while_disconnected_returns_at_once(serve, client, proxy):
    serving = serve(proxy.url).wait_ready()
    client.send(b"one")
    message = serving.next()
    proxy.refuse()
    proxy.cut()
    eventually(lambda: client.depth(client.queue_name) == 1)
    serving.reply(message, b"never sent")
    serving.stop()
    assert client.depth(client.queue_name) == 1


def test_stopping_gives_up_on_a_broker_that_does_not_answer(serve, client, proxy):
    serving = serve(proxy.url, stop_grace=0.2).wait_ready()
    client.send(b"one")
    message = serving.next()
    proxy.freeze()
    serving.reply(message, b"answer")
    serving.stop()


def test_long_requests_are_renewed_again_and_again(serve, client, names):
    serving = serve(renew_after=0.2).wait_ready()
    client.send(b"long", correlation_id="1")
    message = serving.next()
    eventually(lambda: serving.counters.renewed >= 2 and serving.counters.adopted >= 2)
    serving.reply(message, b"answer")
    properties, body = client.receive()
    assert (body, properties.correlation_id) == (b"answer", "1")
    eventually(lambda: not serving.transport._worker._book._parked)
    assert serving.messages.empty()
    serving.stop()
    assert client.depth(client.queue_name) == 0
    assert client.depth(names["parked_queue"]) == 0


def test_a_parked_request_survives_a_lost_connection(serve, client, proxy, names):
    serving = serve(proxy.url, renew_after=0.5).wait_ready()
    client.send(b"long")
    message = serving.next()
    eventually(lambda: serving.counters.adopted == 1)
    proxy.cut()
    eventually(lambda: serving.counters.reconnects == 1)
    eventually(lambda: serving.counters.adopted >= 2)
    serving.reply(message, b"answer")
    assert client.receive()[1] == b"answer"
    eventually(lambda: not serving.transport._worker._book._parked)  # every copy came back
    assert serving.messages.empty()
    serving.stop()
    assert client.depth(names["parked_queue"]) == 0


def test_a_parked_request_is_inherited_by_the_next_server(serve, client, names):
    first = serve(renew_after=0.2, deadline=3600.0).wait_ready()
    client.send(b"long", correlation_id="1")
    first.next()
    eventually(lambda: first.counters.adopted >= 1)
    first.stop()
    second = serve(answer=echo).wait_ready()
    properties, body = client.receive()
    assert (body, properties.correlation_id) == (b"echo long", "1")
    second.stop()
    assert client.depth(names["parked_queue"]) == 0


def test_the_deadline_of_a_parked_request_is_kept_by_the_next_server(serve, client):
    first = serve(renew_after=0.1, deadline=2.0).wait_ready()
    client.send(b"long")
    first.next()
    eventually(lambda: first.counters.adopted >= 1)
    first.stop()
    second = serve(deadline=3600.0).wait_ready()
    assert second.expired.get(timeout=20) is second.next()


MORTAL = """
import sys
from tests.amqp.harness import Serving
serving = Serving(sys.argv[1], request_queue=sys.argv[2], kind_queue=sys.argv[3])
serving.next()
print("accepted", flush=True)
"""


def test_a_read_that_a_killed_server_had_accepted_is_answered_by_the_next(
    serve, client, names, broker_url
):
    victim = subprocess.Popen(
        [sys.executable, "-c", MORTAL, broker_url, names["request_queue"], names["kind_queue"]],
        stdout=subprocess.PIPE,
    )
    client.channel.queue_declare(client.queue_name)
    client.send(b"one", correlation_id="1")
    assert victim.stdout.readline() == b"accepted\n"
    victim.kill()
    victim.wait()
    victim.stdout.close()
    serve(answer=echo)
    assert client.receive()[1] == b"echo one"


@pytest.mark.timeout(120)
def test_a_restarted_broker_is_served_again(serve, names, broker_url, rabbitmq_proc):
    serving = serve(answer=echo).wait_ready()
    before = Client(broker_url, names["request_queue"])
    assert before.call(b"one") == b"echo one"
    before.close()
    rabbitmq_proc.stop()
    rabbitmq_proc.start()
    eventually(lambda: serving.counters.reconnects == 1)
    after = Client(broker_url, names["request_queue"])
    assert after.call(b"two") == b"echo two"
    after.close()
