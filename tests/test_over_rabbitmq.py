"""The whole server in a process of its own, over a real broker, against whatever clients send."""

import json
import subprocess
import sys
import time

import pika
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sapi_kiwoom import connect
from sapi_kiwoom.server.methods import METHODS
from tests.peer import GOOD, WAIT, Peer
from tests.server.test_wire_v1 import bodies
from tests.serving import serving

pytestmark = pytest.mark.rabbitmq

AT = ("--at", "2026-11-20T10:00")


@pytest.fixture(scope="module")
def server(broker_url):
    with serving(broker_url, *AT) as process:
        yield process
        assert process.poll() is None, "the server died"
    assert process.returncode == 0
    assert not [line for line in process.errors if "Traceback" in line]


@pytest.fixture
def peer(server, broker_url):
    peer = Peer(broker_url)
    yield peer
    peer.close()


def test_every_method_of_version_1_answers(server, broker_url):
    parameters = {
        "stock_code": "005930",
        "market": "001",
        "tick": "1",
        "is_adjusted": "1",
        "from": "20261118",
        "to": "20261118",
        "query_type": "1",
        "sort_type": "1",
        "filter_type": "0",
        "volume_type": "0",
        "credit_type": "0",
        "price_type": "0",
    }
    with connect(broker_url) as client:
        for name, method in METHODS.items():
            if method.since == 1 and not name.endswith("-realtime"):
                known = {key: parameters[key] for key in method.parameters["properties"]}
                client.call(name, **known)
        client.subscribe("005930")
        assert next(client.events(timeout=WAIT)).stock_code == "005930"
        client.unsubscribe("005930")


def test_any_tr_and_what_the_control_knows(server, broker_url):
    with connect(broker_url) as client:
        basics = client.call("request-tr", tr="opt10001", inputs={"종목코드": "005930"}, typed=True)
        assert basics["single"]["stock_name"] == "삼성전자"
        assert isinstance(basics["values"]["single"]["current_price"], int)
        quotes = client.call("request-stocks", stock_codes=["005930", "000660"])
        assert [row["stock_code"] for row in quotes["rows"]] == ["005930", "000660"]
        assert client.call("get-last-price", stock_code="005930") > 0
        assert {"name": "ping", "offline": "answer"}.items() <= next(
            each.items() for each in client.call("list-methods") if each["name"] == "ping"
        )
        assert client.call("get-status")["connected"] is True


def test_pages_come_in_order_and_the_last_word_once(peer):
    days = {"종목코드": "005930", "기준일자": "20261119", "수정주가구분": "1"}
    parameters = {"tr": "opt10081", "inputs": days, "max_pages": 3, "stream": True}
    request = {"task_id": "p", "method": "request-tr", "parameters": parameters, "request_time": ""}
    peer.send(request, correlation_id="p")
    replies = peer.wait(3)
    assert [correlation for correlation, _ in replies] == ["p"] * 3
    assert [(each["page"], each["last"]) for _, each in replies] == [
        (1, False), (2, False), (3, True),
    ]  # fmt: skip
    stamps = [row["day"] for _, each in replies for row in each["result"]["rows"]]
    assert stamps == sorted(set(stamps), reverse=True)
    assert len(stamps) == 1800


def test_the_correlation_id_is_copied(peer):
    peer.send({**GOOD, "task_id": "a"}, correlation_id="c-1")
    peer.send(b"no json", correlation_id="c-2")
    replies = dict(peer.wait(2))
    assert replies["c-1"]["result"] == "한국전력"
    assert replies["c-2"]["error"]["name"] == "invalid-message"


@given(st.lists(bodies, min_size=1, max_size=5))
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_arbitrary_bodies_are_answered_one_by_one_and_the_server_lives(peer, several):
    for number, body in enumerate(several):
        peer.send(body, correlation_id=str(number))
    replies = peer.wait(len(several))
    assert sorted(correlation for correlation, _ in replies) == sorted(
        str(number) for number in range(len(several))
    )
    assert peer.name() == "한국전력"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"x" * 10_000_000, id="ten megabytes"),
        pytest.param(b"", id="nothing"),
        pytest.param(b"\xff\xfe", id="not UTF-8"),
        pytest.param(b"[]", id="an array"),
        pytest.param(b"[" * 100_000, id="nested"),
        pytest.param(json.dumps({**GOOD, "task_id": ["a"], "method": []}).encode(), id="lists"),
    ],
)
def test_poison_is_answered_once_and_gone(peer, broker_url, body):
    peer.send(body)
    ((_, reply),) = peer.wait()
    assert reply["status"] == "TASK_FAILED"
    assert peer.name() == "한국전력"
    passive = peer.channel.queue_declare("tasks", passive=True)
    assert passive.method.message_count == 0


def test_a_task_id_of_10_000_characters(peer):
    peer.send({**GOOD, "task_id": "x" * 10_000})
    ((_, reply),) = peer.wait()
    assert reply["task_id"] == "x" * 10_000


def test_a_reply_queue_that_does_not_exist_is_said_in_the_log_and_harms_nobody(peer, server):
    peer.send({**GOOD, "task_id": "a"}, reply_to="no-such-queue")
    assert peer.name() == "한국전력"
    end = time.monotonic() + WAIT
    while not any("no-such-queue" in line for line in server.errors):
        assert time.monotonic() < end
        peer.connection.process_data_events(0.1)


def test_direct_reply_to(server, broker_url):
    connection = pika.BlockingConnection(pika.URLParameters(broker_url))
    channel = connection.channel()
    replies = []
    channel.basic_consume(
        "amq.rabbitmq.reply-to", lambda *args: replies.append(args[3]), auto_ack=True
    )
    properties = pika.BasicProperties(reply_to="amq.rabbitmq.reply-to")
    channel.basic_publish("", "tasks", json.dumps({**GOOD, "task_id": "d"}), properties)
    end = time.monotonic() + WAIT
    while not replies:
        assert time.monotonic() < end
        connection.process_data_events(0.1)
    assert json.loads(replies[0])["result"] == "한국전력"
    connection.close()


def test_a_client_that_dies_while_trades_flow_harms_nobody(peer, broker_url):
    watch = [sys.executable, "-m", "sapi_kiwoom", "watch", "005930", "000660", "--plain"]
    with subprocess.Popen([*watch, "--url", broker_url], stdout=subprocess.PIPE) as dying:
        assert dying.stdout.readline(), "trades flow"
        dying.kill()
    for _ in range(5):
        assert peer.name() == "한국전력"
