"""Events by topic from a server in a process of its own, over a real broker."""

import json
import time

import pytest

from sapi_kiwoom.amqp import AmqpLink
from tests.serving import serving

pytestmark = pytest.mark.rabbitmq


@pytest.fixture(scope="module")
def server(broker_url):
    with serving(broker_url, "--at", "2026-11-20T10:00") as process:
        yield process
    assert not [line for line in process.errors if "Traceback" in line], "".join(process.errors)


def ask(link, method, **parameters):
    request = {"task_id": "t", "method": method, "parameters": parameters, "request_time": "now"}
    link.send(json.dumps(request).encode(), "c")
    reply = next(each for each in messages(link) if "task_id" in each)
    assert reply["status"] == "TASK_SUCCEED", reply
    return reply["result"]


def messages(link, seconds=30):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        body = link.receive(end - time.monotonic())
        if body is not None:
            yield json.loads(body)


def test_each_listener_gets_every_event_and_none_after_unsubscribing(server, broker_url):
    first, second = AmqpLink(broker_url), AmqpLink(broker_url)
    try:
        keys = ask(first, "subscribe", codes=["005930"], types=["trade", "book"])["keys"]
        for link in (first, second):
            for key in keys:
                link.bind(key)
        wanted = [each for each, _ in zip(messages(second), range(20))]
        assert {each["real_type"] for each in wanted} == {"주식체결", "주식호가잔량"}
        assert all(each["values"] and each["kind"] == "simulator" for each in wanted)
        seen = [each for each, _ in zip(messages(first), range(20))]
        assert [each for each in seen if each in wanted]
        assert sorted(ask(first, "unsubscribe")["keys"]) == sorted(keys)
        list(messages(second, 1))
        assert list(messages(second, 2)) == []
    finally:
        first.close()
        second.close()
