"""Servers that need a broker to themselves: each test starts its own and is answered by no other."""

import signal
import time

import pytest

from sapi_kiwoom import connect
from tests.peer import WAIT, Peer
from tests.serving import serving

pytestmark = pytest.mark.rabbitmq

AT = ("--at", "2026-11-20T10:00")


@pytest.mark.parametrize("poller", ["select", "poll"])
def test_the_server_also_runs_on_other_pollers(broker_url, poller):
    """`select` is the only one that Windows has."""
    choose = (
        "import pika.adapters.select_connection as s; "
        f"s.SELECT_TYPE = {poller!r}; "
        "import sys; from sapi_kiwoom.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    with serving(broker_url, *AT, program=choose), connect(broker_url) as client:
        assert client.call("get-stock-name", stock_code="015760") == "한국전력"
        rows = client.call(
            "request-day-candle",
            stock_code="005930",
            is_adjusted="1",
            from_="20250102",
            to="20261119",
        )
        assert len(rows) > 400


def test_a_fast_market_does_not_make_answers_late(broker_url):
    """Drawing every stock's day may take a second; the market waits for work that is due."""
    ranking = {"market": "000", "query_type": "2", "sort_type": "3"}
    rest = dict.fromkeys(["filter_type", "volume_type", "credit_type", "price_type"], "0")
    with serving(broker_url, *AT, "--speed", "120"), connect(broker_url) as client:
        assert client.call("request-upper-and-low", **ranking, **rest)


def test_a_failure_that_nobody_expected_does_not_end_the_server(broker_url):
    broken = (
        "import simulator.stream as s; s.Stream._open = lambda self: 1 / 0; "
        "import sys; from sapi_kiwoom.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    with serving(broker_url, *AT, program=broken) as server, connect(broker_url) as client:
        client.subscribe("005930")
        assert client.call("get-stock-name", stock_code="015760") == "한국전력"
        end = time.monotonic() + WAIT
        while not any("ZeroDivisionError" in line for line in server.errors):
            assert time.monotonic() < end
            assert client.call("get-stock-name", stock_code="015760") == "한국전력"
        assert server.poll() is None


def test_a_killed_servers_request_is_answered_by_the_next_one(broker_url):
    peer = Peer(broker_url)
    with serving(broker_url, *AT) as first:
        long = {"stock_code": "005930", "is_adjusted": "1", "from": "20150101", "to": "20261119"}
        for number in range(8):
            peer.send(
                {
                    "task_id": number,
                    "method": "request-day-candle",
                    "parameters": long,
                    "request_time": 0,
                }
            )
        peer.wait(1)
        first.send_signal(signal.SIGKILL)
        first.wait(WAIT)
    with serving(broker_url, *AT):
        ids = {reply["task_id"] for _, reply in peer.wait(7)}
    assert len(ids) == 7
    peer.close()
