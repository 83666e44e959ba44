"""The methods of orders and accounts over a local transport, with a simulated broker behind."""

import json
from datetime import timedelta
from itertools import count

import pytest

from sapi_kiwoom import krx
from sapi_kiwoom.errors import RequestRejected
from sapi_kiwoom.loop import SECOND
from sapi_kiwoom.server import Server
from sapi_kiwoom.server.local import LocalTransport
from sapi_kiwoom.server.policy import Policy, User
from sapi_kiwoom.server.transport import EXPIRED, Message
from tests.session.orders.bench import ACCOUNT, BASE, LOW, STOCK, Bench

QUEUE = f"orders.{ACCOUNT}"


class Office(Bench):
    """A server over the bench, and clients of it."""

    def __init__(self, path, policy=None, orders=True, **options):
        self.policy = policy
        self.with_orders = orders
        self.numbers = count(1)
        super().__init__(path, **options)

    def start(self, login=True):
        super().start(login=False)
        if not self.with_orders:
            self.session.orders = None
        self.transport = LocalTransport(self.loop)
        self.server = Server(self.session, self.transport, "simulator", policy=self.policy)
        self.server.start()
        self.link = self.transport.link()
        if login:
            self.session.start(on_connected=lambda: None, on_failed=self.failed)
            self.run(3)
        return self

    def send(self, method, queue="tasks", user="local", link=None, **parameters):
        link = link or self.link
        body = {
            "task_id": next(self.numbers), "method": method, "parameters": parameters,
            "request_time": "",
        }  # fmt: skip
        self.transport.deliver(Message(json.dumps(body).encode(), link.address, "c", queue, user))

    def call(self, method, queue="tasks", user="local", **parameters):
        self.send(method, queue, user, **parameters)
        while True:
            body = self.link.receive(60)
            assert body is not None, "no answer"
            reply = json.loads(body)
            if "task_id" in reply:
                return reply
            self.events.append(reply)

    def result(self, method, queue="tasks", user="local", **parameters):
        reply = self.call(method, queue, user, **parameters)
        assert reply["status"] == "TASK_SUCCEED", reply
        return reply["result"]

    def error(self, method, queue="tasks", user="local", **parameters):
        reply = self.call(method, queue, user, **parameters)
        assert reply["status"] == "TASK_FAILED", reply
        return reply["error"]

    def until(self, seconds=20):
        moment = krx.kst(self.loop.now()) + timedelta(seconds=seconds)
        return moment.replace(tzinfo=None).isoformat(timespec="milliseconds")

    def new(self, name, **values):
        return {
            "order_id": name, "strategy": "s1", "account": ACCOUNT, "side": "buy",
            "stock_code": STOCK.code, "quantity": 10, "price": LOW, "valid_until": self.until(),
            **values,
        }  # fmt: skip

    def change(self, order_id, original, **values):
        return {
            "order_id": order_id, "strategy": "s1", "account": ACCOUNT, "original": original,
            "valid_until": self.until(), **values,
        }  # fmt: skip


@pytest.fixture(autouse=True)
def closed():
    yield
    Bench.close_all()


@pytest.fixture
def office(tmp_path):
    return Office(tmp_path)


# -- orders ----------------------------------------------------------------------------------------


def test_an_order_from_its_placing_to_its_cancellation(office):
    office.link.bind("order.*")
    placed = office.result("place-order", QUEUE, **office.new("a"))
    assert (placed["order_id"], placed["state"], placed["open"]) == ("a", "working", 10)
    (row,) = office.result("get-open-orders", account=ACCOUNT)
    assert (row["order_id"], row["strategy"], row["open_volume"]) == ("a", "s1", 10)
    assert row["order_number"] == placed["order_number"]
    modified = office.result("modify-order", QUEUE, **office.change("b", "a", price=LOW - 10))
    assert modified["price"] == LOW - 10
    office.run(1)
    assert office.result("get-order", order_id="a")["state"] == "modified"
    cancelled = office.result("cancel-order", QUEUE, **office.change("c", modified["order_number"]))
    assert cancelled["original_number"] == modified["order_number"]
    office.run(1)
    assert office.result("get-order", order_id="b")["state"] == "cancelled"
    assert office.result("get-open-orders", account=ACCOUNT) == []
    told = [(each["event"], each["order_id"]) for each in office.events]
    assert told == [
        ("accepted", "a"), ("accepted", "b"), ("modified", "b"), ("modified", "a"),
        ("accepted", "c"), ("cancelled", "c"), ("cancelled", "b"),
    ]  # fmt: skip
    assert [each["sequence"] for each in office.events] == list(range(1, 8))
    assert office.events[0]["kind"] == "simulator"


def test_a_market_order_by_its_korean_names_and_what_the_account_says(office):
    placed = office.result(
        "place-order",
        QUEUE,
        **office.new("a", side="매수", order_kind="시장가", price=0, quantity=3),
    )
    assert placed["order_kind"] == "03"
    office.run(1)
    order = office.result("get-order", order_id="a")
    assert (order["state"], order["filled"]) == ("filled", 3)
    assert [fill["quantity"] for fill in order["fills"]] == [3]
    (fill,) = office.result("get-fills", account=ACCOUNT)
    assert (fill["order_id"], fill["filled_volume"]) == ("a", 3)
    (position,) = office.result("get-positions", account=ACCOUNT)["positions"]
    assert position["holding_volume"] == 3
    balance = office.result("get-balance", account=ACCOUNT)
    assert balance["cash"]["deposit"] > 0
    assert balance["value"]["total_purchase_amount"] == 3 * BASE


def test_the_same_order_twice_is_sent_once(office):
    values = office.new("a")
    first = office.result("place-order", QUEUE, **values)
    assert office.result("place-order", QUEUE, **values) == first
    assert len(office.exchange_orders) == 1
    other = office.error("place-order", QUEUE, **{**values, "quantity": 11})
    assert (other["name"], other["details"]["field"]) == ("order-id-taken", "order_id")


def test_what_the_broker_refuses(office):
    error = office.error("place-order", QUEUE, **office.new("a", price=LOW + 1))
    assert error["name"] == "order-refused"
    assert "호가단위" in error["message"]
    assert error["details"] == {"order_id": "a", "state": "refused"}


def test_what_the_control_refuses(tmp_path):
    office = Office(tmp_path)
    office.control.SendOrder = lambda *_: -301
    error = office.error("place-order", QUEUE, **office.new("a"))
    assert (error["name"], error["code"]) == ("control-error", -301)
    office.control.SendOrder = lambda *_: -307
    error = office.error("place-order", QUEUE, **office.new("b"))
    assert (error["name"], error["details"]["state"]) == ("order-unknown", "unknown")


def test_cancel_all(office):
    for name in "abc":
        office.result(
            "place-order", QUEUE, **office.new(name, strategy="s1" if name < "c" else "s2")
        )
    values = {
        "order_id": "all", "strategy": "s1", "account": ACCOUNT, "valid_until": office.until(),
    }  # fmt: skip
    answer = office.result("cancel-all", QUEUE, **values)
    assert [each["original"] for each in answer["orders"]] == ["a", "b"]
    office.run(2)
    states = {name: office.result("get-order", order_id=name)["state"] for name in "abc"}
    assert states == {"a": "cancelled", "b": "cancelled", "c": "working"}
    again = office.result("cancel-all", QUEUE, **values)
    assert [each["order_id"] for each in again["orders"]] == ["all/a", "all/b"]


def test_a_halt_survives_a_restart_and_lets_cancellations_pass(office):
    office.result("place-order", QUEUE, **office.new("a"))
    assert office.result("halt-orders", reason="lunch") == {"halts": {"": "lunch"}}
    office.kill()
    office.start()
    error = office.error("place-order", QUEUE, **office.new("b"))
    assert error["name"] == "halted"
    assert "lunch" in error["message"]
    assert office.result("cancel-order", QUEUE, **office.change("c", "a"))["state"] == "working"
    assert office.result("resume-orders")["resumed"]
    assert office.result("place-order", QUEUE, **office.new("d"))["state"] == "working"


# -- refused before anything is written ------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"quantity": 0}, "quantity"),
        ({"price": 0}, "price"),
        ({"order_kind": "market"}, "price"),
        ({"order_kind": "28"}, "order_kind"),
        ({"side": "hold"}, "side"),
        ({"stock_code": "00593"}, "stock_code"),
        ({"exchange": "NASDAQ"}, "exchange"),
        ({"valid_until": "2026-02-30T09:00:00"}, "valid_until"),
        ({"valid_until": "soon"}, "valid_until"),
        ({"order_id": "a/b"}, "order_id"),
        ({"strategy": "external"}, "strategy"),
        ({"stock_code": "101V3000"}, "account"),
        ({"credit": "03"}, "credit"),
        ({"account": "12"}, "account"),
    ],
)
def test_a_bad_order_names_its_field(office, values, field):
    error = office.error("place-order", QUEUE, **office.new("a", **values))
    assert error["details"]["field"] == field, error
    assert office.orders.find("a") is None


def test_an_order_belongs_on_the_queue_of_its_account(office):
    error = office.error("place-order", **office.new("a"))
    assert (error["name"], error["details"]["queue"]) == ("wrong-queue", QUEUE)
    assert QUEUE in error["message"]


def test_orders_are_off_unless_switched_on(tmp_path):
    office = Office(tmp_path, orders=False)
    assert office.error("halt-orders")["name"] == "orders-off"
    assert office.error("get-order", order_id="a")["name"] == "orders-off"
    assert office.result("get-open-orders", account=ACCOUNT) == []


def test_an_order_that_came_too_late_for_the_server(office):
    values = office.new("a")
    office.transport._queues.add(EXPIRED)
    assert office.error("place-order", EXPIRED, **values)["name"] == "expired"
    office.result("place-order", QUEUE, **values)
    assert office.result("place-order", EXPIRED, **values)["state"] == "working", "from the journal"


def test_an_order_that_comes_back_too_late_is_not_sent(office):
    """Its first delivery was journaled, but the connection broke before it was acknowledged."""
    values = office.new("a")
    accept, office.transport.accept = office.transport.accept, lambda message, done: None
    office.send("place-order", QUEUE, **values)
    office.run(1)
    assert office.orders.find("a").state == "accepted"
    office.transport.accept = accept
    office.transport._queues.add(EXPIRED)
    office.send("place-order", EXPIRED, **values)
    office.run(1)
    assert [json.loads(office.link.receive(1))["error"]["name"] for _ in range(2)] == [
        "expired"
    ] * 2
    assert office.exchange_orders == []


def test_without_a_login_orders_are_refused_at_once(office):
    values = office.new("a")
    office.result("place-order", QUEUE, **values)
    office.session._lost(-106)
    started = office.loop.now()
    assert office.error("place-order", QUEUE, **office.new("b"))["name"] == "not-connected"
    assert office.result("place-order", QUEUE, **values)["order_id"] == "a", "what is known is told"
    assert office.loop.now() - started < SECOND


# -- who may ---------------------------------------------------------------------------------------

TRADER = User(frozenset({"reads", "place-order"}), frozenset({ACCOUNT}), frozenset({"s1"}))


def test_a_user_may_what_the_policy_says(tmp_path):
    office = Office(tmp_path, Policy({"trader": TRADER}))
    assert office.result("place-order", QUEUE, "trader", **office.new("a"))["state"] == "working"
    other = office.error("place-order", QUEUE, "trader", **office.new("b", strategy="s2"))
    assert (other["name"], other["details"]["field"]) == ("forbidden", "strategy")
    assert (
        office.error("cancel-order", QUEUE, "trader", **office.change("c", "a"))["name"]
        == "forbidden"
    )
    assert len(office.result("get-open-orders", "tasks", "trader", account=ACCOUNT)) == 1
    for user in (None, "stranger"):
        assert office.error("place-order", QUEUE, user, **office.new("d"))["name"] == "forbidden"
        assert office.error("get-balance", "tasks", user, account=ACCOUNT)["name"] == "forbidden"
        assert office.result("get-stock-name", "tasks", user, stock_code=STOCK.code) == STOCK.name
        assert office.error("halt-orders", "tasks", user)["name"] == "forbidden"


def test_without_a_policy_orders_are_for_this_process_only(office):
    assert office.error("place-order", QUEUE, "guest", **office.new("a"))["name"] == "forbidden"
    assert office.result("get-open-orders", "tasks", "guest", account=ACCOUNT) == []


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("{", "Expecting"),
        ('{"user": {}}', "user"),
        ('{"users": {"a": {"methods": ["fly"], "accounts": ["*"]}}}', "no method 'fly'"),
        ('{"users": {"a": {"methods": ["*"], "accounts": ["12"]}}}', "ten digits"),
        ('{"users": {"a": {"methods": ["*"]}}}', "accounts"),
        ('{"limits": {"quantity": -1}}', "quantity"),
        ('{"limits": {}, "limits": {}}', "twice"),
    ],
)
def test_a_policy_file_says_what_is_wrong_with_it(tmp_path, text, part):
    path = tmp_path / "policy.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RequestRejected, match=part):
        Policy.load(path)


def test_a_policy_file(tmp_path):
    path = tmp_path / "policy.json"
    path.write_text(
        '{"users": {"a": {"methods": ["reads", "cancel-all"], "accounts": ["8099999911"]}},'
        ' "limits": {"quantity": 5, "distance": 2.5}}',
        encoding="utf-8",
    )
    policy = Policy.load(path)
    assert policy.limits.quantity == 5
    assert policy.limits.distance == 2.5
    assert policy.may("a", "cancel-all", ACCOUNT)
    assert not policy.may("a", "cancel-all", "8099999912")
    assert not policy.may("a", "place-order", ACCOUNT)
    assert policy.may("a", "get-order", None)


# -- a client that is gone -------------------------------------------------------------------------


def test_a_strategy_whose_client_is_gone_is_cancelled_when_it_asked_for_that(office):
    office.result("place-order", QUEUE, **office.new("a"))
    office.result("place-order", QUEUE, **office.new("b", strategy="s2"))
    other = office.transport.link()
    office.send("cancel-on-disconnect", link=other, strategy="s1", account=ACCOUNT)
    assert json.loads(other.receive(5))["result"] == {"strategies": ["s1"]}
    other.close()
    office.run(2)
    assert office.result("get-order", order_id="a")["state"] == "cancelled"
    assert office.result("get-order", order_id="b")["state"] == "working"


def test_no_account_number_in_the_log(office, caplog):
    caplog.set_level(0)
    office.result("place-order", QUEUE, **office.new("a", price=0, order_kind="03"))
    office.session._lost(-106)
    office.run(10)
    assert "reconciling" in caplog.text
    assert ACCOUNT not in caplog.text
