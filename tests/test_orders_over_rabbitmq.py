"""Orders over a real broker, the exchange in a process of its own: the server is killed in between."""

import json
import signal
import time

import pytest

from sapi_kiwoom.amqp import AmqpLink
from sapi_kiwoom.errors import NotConnected
from tests.serving import serving
from tests.test_cli_exchange import exchange

__all__ = ["exchange"]

pytestmark = pytest.mark.rabbitmq

ACCOUNT = "8099999911"
POLICY = {
    "users": {"guest": {"methods": ["*"], "accounts": ["*"]}},
    "limits": {"quantity": 50},
}


class Trader:
    """A client that sends orders and hears what becomes of them."""

    def __init__(self, url):
        self.link = AmqpLink(url)
        self.events = []

    def ask(self, method, queue="tasks", wait=30, **parameters):
        task_id = f"{method} {time.monotonic()}"
        request = {"task_id": task_id, "method": method, "parameters": parameters}
        body = json.dumps({**request, "request_time": ""}).encode()
        end = time.monotonic() + wait
        while True:
            try:
                self.link.send(body, task_id, queue)
                break
            except NotConnected:  # the queue of orders comes a moment after `ready`
                assert time.monotonic() < end
        while time.monotonic() < end:
            told = json.loads(self.link.receive(end - time.monotonic()) or b"{}")
            if told.get("task_id") == task_id:
                return told
            self.events.append(told)
        raise AssertionError(f"no answer to {method}")

    def place(self, order_id, quantity=3, **others):
        return self.ask(
            "place-order",
            queue=f"orders.{ACCOUNT}",
            order_id=order_id,
            strategy="test",
            account=ACCOUNT,
            side="buy",
            stock_code="005930",
            quantity=quantity,
            valid_until="2026-11-20T15:00:00",
            **{"order_kind": "market", **others},
        )

    def filled(self, order_id, wait=30):
        """The order, once all its shares are filled."""
        end = time.monotonic() + wait
        while time.monotonic() < end:
            order = self.ask("get-order", order_id=order_id)["result"]
            if order["state"] == "filled":
                return order
            time.sleep(0.2)  # noqa: TID251 (a client of another process waits in real time)
        raise AssertionError(order)


@pytest.fixture
def trader(broker_url):
    made = Trader(broker_url)
    yield made
    made.link.close()


@pytest.fixture
def start(exchange, broker_url, tmp_path):
    """How the server is started, again and again, at the same exchange."""
    policy = tmp_path / "policy.json"
    policy.write_text(json.dumps(POLICY))
    state = tmp_path / "state"
    market = exchange("--at", "2026-11-20T10:00", "--speed", "5", "--state", str(state))
    said = ("--exchange", market.port, "--orders", "--journal", str(tmp_path / "orders.db"))
    return lambda: serving(broker_url, *said, "--policy", str(policy))


def test_an_order_is_sent_once_whatever_happens_to_the_server(start, trader):
    with start() as server:
        answer = trader.place("one")
        assert answer["status"] == "TASK_SUCCEED", answer
        number = answer["result"]["order_number"]
        assert trader.filled("one")["order_number"] == number
        again = trader.place("one")
        assert again["result"]["order_number"] == number
        other = trader.place("one", quantity=4)
        assert other["error"]["name"] == "order-id-taken"
        assert trader.place("big", quantity=51)["error"]["name"] == "order-limit"
        server.send_signal(signal.SIGKILL)
        server.wait(20)
    with start():
        assert trader.place("one")["result"]["order_number"] == number
        assert trader.filled("one")["order_number"] == number
        assert trader.place("two")["status"] == "TASK_SUCCEED"
        trader.filled("two")
        filled = trader.ask("request-tr", tr="opt10076", inputs={
            "종목코드": "", "조회구분": "0", "매도수구분": "0", "계좌번호": ACCOUNT, "비밀번호": "",
            "주문번호": "", "체결구분": "0",
        })["result"]  # fmt: skip
        numbers = {row["order_number"] for row in filled["rows"]}
        assert len(numbers) == 2
        assert number in numbers


def test_orders_go_to_their_queue_and_nowhere_else(start, trader):
    with start():
        wrong = trader.ask(
            "place-order", order_id="x", strategy="s", account=ACCOUNT, side="buy",
            stock_code="005930", quantity=1, valid_until="2026-11-20T15:00:00",
        )  # fmt: skip
        assert wrong["error"]["name"] == "wrong-queue"
        assert f"orders.{ACCOUNT}" in wrong["result"]


def test_without_a_policy_nobody_orders_over_the_broker(exchange, broker_url, trader, tmp_path):
    with serving(broker_url, "--at", "2026-11-20T10:00", "--orders", "--journal",
                 str(tmp_path / "orders.db")):  # fmt: skip
        assert trader.place("one")["error"]["name"] == "forbidden"
