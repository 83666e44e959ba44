"""Real, mock and simulated servers never serve one virtual host together."""

import pytest

from sapi_kiwoom.amqp import OtherKindServes
from tests.amqp.harness import eventually

pytestmark = pytest.mark.rabbitmq


def echo(message):
    return b"echo " + message.body


@pytest.mark.parametrize("kind", ["real", "mock"])
def test_a_server_of_another_kind_may_not_join(serve, client, names, kind):
    serve(kind="simulator", answer=echo).wait_ready()
    other = serve(kind=kind, answer=lambda message: b"wrong")
    error = other.errors.get(timeout=20)
    assert isinstance(error, OtherKindServes)
    assert "'simulator'" in str(error)
    assert "add_vhost" in str(error)
    assert not other.ready.is_set()
    assert [client.call(b"one") for _ in range(10)] == [b"echo one"] * 10
    assert client.consumers(names["request_queue"]) == 1


def test_servers_of_one_kind_serve_together(serve, client, names):
    serve(answer=echo).wait_ready()
    serve(answer=echo).wait_ready()
    assert client.consumers(names["request_queue"]) == 2
    assert client.call(b"one") == b"echo one"


def test_the_place_is_free_again_when_the_server_stopped(serve, client):
    serve(kind="mock").wait_ready().stop()
    serve(kind="real", answer=echo).wait_ready()
    assert client.call(b"one") == b"echo one"


def test_of_two_that_start_at_once_at_most_one_serves(serve):
    for _ in range(5):
        both = [serve(kind="real"), serve(kind="mock")]
        eventually(lambda b=both: all(s.ready.is_set() or not s.errors.empty() for s in b))
        assert sum(serving.ready.is_set() for serving in both) <= 1
        for serving in both:
            serving.stop()


def test_a_server_that_was_replaced_while_it_was_away_stops(serve, client, proxy):
    first = serve(proxy.url, kind="simulator").wait_ready()
    proxy.refuse()
    proxy.cut()
    eventually(lambda: proxy.accepted > 1)
    serve(kind="real", answer=echo).wait_ready()
    proxy.refuse(False)
    assert isinstance(first.errors.get(timeout=20), OtherKindServes)
    assert client.call(b"one") == b"echo one"


def test_an_unknown_kind_is_a_mistake_of_the_caller(broker_url):
    from sapi_kiwoom.amqp import AmqpTransport
    from simulator.clock import VirtualLoop

    with pytest.raises(ValueError, match="real, mock, simulator"):
        AmqpTransport(broker_url, "fake", VirtualLoop(0))
