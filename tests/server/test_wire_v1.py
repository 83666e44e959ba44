"""The eleven methods as a client of 2021 sees them, in process: the whole server without a broker."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sapi_kiwoom import catalogue, krx
from sapi_kiwoom.app import simulator
from sapi_kiwoom.loop import SECOND
from sapi_kiwoom.server import Server
from sapi_kiwoom.server.local import LocalTransport
from sapi_kiwoom.session import Session
from simulator import Behaviour, Scenario
from simulator.universe import universe

AT = krx.midnight(krx.date(2026, 11, 20)) + 600 * krx.MINUTE
DAY = {"stock_code": "005930", "is_adjusted": "1", "from": "20261116", "to": "20261119"}
CODES = (
    "005930",
    "000660",
    "015760",
    "0126Z0",
    *list(universe())[::25],
)  # so that a ranking is quick
MINUTE = {**DAY, "tick": "1", "from": "20261118", "to": "20261118"}


class Wire:
    """Speaks the protocol by hand, as a client in another language would."""

    def __init__(self, deadline=3600.0, **options):
        self.simulated = simulated = simulator(
            seed=5, at=AT, scenario=Scenario(codes=CODES), **options
        )
        self.loop, self.control = simulated.loop, simulated.control
        self.transport = LocalTransport(self.loop, deadline)
        self.session = Session(self.control, self.loop)
        self.server = Server(self.session, self.transport, "simulator")
        self.server.start()
        self.session.start(lambda: None, self._failed)
        self.link = self.transport.link()

    def _failed(self, error):
        raise error

    def send(self, method, parameters, task_id="t", link=None, **more):
        body = {
            "task_id": task_id,
            "method": method,
            "parameters": parameters,
            "request_time": "now",
        }
        (link or self.link).send(json.dumps({**body, **more}).encode(), "c")

    def receive(self, timeout=300.0, link=None):
        body = (link or self.link).receive(timeout)
        return None if body is None else json.loads(body)

    def ask(self, method, parameters, **more):
        self.send(method, parameters, **more)
        return self.receive()


@pytest.fixture
def wire():
    return Wire()


def succeeded(reply):
    assert reply["status"] == "TASK_SUCCEED", reply
    assert reply["kind"] == "simulator"
    assert "error" not in reply
    return reply["result"]


def failed(reply):
    assert reply["status"] == "TASK_FAILED", reply
    assert reply["result"] == reply["error"]["message"]
    return reply["error"]


def test_lookups_answer_with_the_controls_string(wire):
    assert succeeded(wire.ask("get-stock-name", {"stock_code": "015760"})) == "한국전력"
    assert succeeded(wire.ask("get-stock-name", {"stock_code": "999999"})) == ""
    assert "증거금" in succeeded(wire.ask("get-stock-states", {"stock_code": "015760"}))
    assert "015760;" in succeeded(wire.ask("get-stock-codes", {"market": 0}))
    assert "0126Z0;" in succeeded(wire.ask("get-stock-codes", {"market": "0"}))


def test_day_candles_between_two_days(wire):
    rows = succeeded(wire.ask("request-day-candle", DAY))
    assert [row["day"] for row in rows] == ["20261119", "20261118", "20261117", "20261116"]
    assert set(rows[0]) == {field.key for field in catalogue.tr("opt10081").multi.fields}
    assert all(isinstance(value, str) and value == value.strip() for value in rows[0].values())


def test_day_candles_of_many_pages_come_in_one_answer(wire):
    rows = succeeded(wire.ask("request-day-candle", {**DAY, "from": "20200102"}))
    stamps = [row["day"] for row in rows]
    wanted = krx.trading_days(krx.date(2020, 1, 2), krx.date(2026, 11, 19))
    assert stamps == [day.strftime("%Y%m%d") for day in reversed(wanted)]


def test_minute_candles_of_a_day(wire):
    rows = succeeded(wire.ask("request-minute-candle", MINUTE))
    assert len(rows) == 382
    assert (rows[0]["timestamp"], rows[-1]["timestamp"]) == ("20261118153500", "20261118090000")


def test_minute_candles_between_two_minutes(wire):
    span = {"from": "20261118090100", "to": "20261118090300"}
    rows = succeeded(wire.ask("request-minute-candle", {**MINUTE, **span}))
    assert [row["timestamp"][8:] for row in rows] == ["090300", "090200", "090100"]


def test_the_other_transactions(wire):
    book = succeeded(wire.ask("request-offer-price-info", {"stock_code": "005930"}))
    assert len(book) == 1
    assert int(book[0]["sell_top_priority_remaining_volume"]) > 0
    short = {"stock_code": "005930", "query_type": 1, "from": "20261102", "to": "20261119"}
    assert len(succeeded(wire.ask("request-short-trend", short))) == 14
    ranking = dict.fromkeys(["filter_type", "volume_type", "credit_type", "price_type"], "0")
    ranking.update(market="000", query_type="2", sort_type="3")
    assert succeeded(wire.ask("request-upper-and-low", ranking))


def test_the_misspelt_key_of_opt10087_is_sent_beside_the_right_one(wire):
    (row,) = succeeded(wire.ask("request-offhour-single-trade-info", {"stock_code": "005930"}))
    assert (
        row["offhour_top_total_sell_remaining_volume_constart_previous"]
        == row["offhour_top_total_sell_remaining_volume_contrast_previous"]
    )
    assert len(row) == len(catalogue.tr("opt10087").multi.fields) + 1


@pytest.mark.parametrize(
    ("start", "end", "count"),
    [
        ("00010101", "00010102", 0),
        ("20100101", "20100105", 0),
        ("20991201", "20991231", 0),
        ("20261116", "99991231", 5),
    ],
)
def test_days_without_history_are_an_empty_success(wire, start, end, count):
    """Once a day before the calendar killed the server."""
    span = {"from": start, "to": end}
    assert len(succeeded(wire.ask("request-day-candle", {**DAY, **span}))) == count
    succeeded(wire.ask("request-short-trend", {"stock_code": "005930", "query_type": "1", **span}))
    assert succeeded(wire.ask("request-minute-candle", {**MINUTE, "from": end, "to": end})) == []
    assert succeeded(wire.ask("get-stock-name", {"stock_code": "015760"})) == "한국전력"


def test_an_unknown_code_is_an_empty_success(wire):
    assert succeeded(wire.ask("request-day-candle", {**DAY, "stock_code": "999999"})) == []


def test_a_subscription_is_confirmed_and_then_delivers(wire):
    reply = wire.ask("subscribe-realtime", {"stock_code": "005930"}, task_id="sub")
    assert succeeded(reply) == "sub subscribes 005930 successfully"
    event = wire.receive()
    assert event["task_id"] == "sub"
    result = succeeded(event)
    assert (result["stock_code"], result["real_data_type"]) == ("005930", "주식체결")
    assert len(result["real_time_data"].split("\t")) == 43


def collect(wire, seconds=60.0, link=None):
    end = wire.loop.now() + int(seconds * SECOND)
    events = []
    while wire.loop.now() < end:
        event = wire.receive((end - wire.loop.now()) / SECOND, link)
        if event is not None:
            events.append(event)
    return events


def test_subscribing_twice_changes_nothing_and_unsubscribing_ends_it(wire):
    for _ in range(2):
        wire.send("subscribe-realtime", {"stock_code": "005930"}, task_id="sub")
    replies = [wire.receive(), wire.receive()]
    assert {reply["result"] for reply in replies} == {"sub subscribes 005930 successfully"}
    volumes = [event["result"]["real_time_data"].split("\t")[7] for event in collect(wire)]
    assert len(volumes) == len(set(volumes)) > 0
    wire.send("unsubscribe-realtime", {"stock_code": "005930"}, task_id="sub")
    results = [event["result"] for event in collect(wire)]
    assert results[-1] == "sub unsubscribes 005930 successfully"
    error = failed(wire.ask("unsubscribe-realtime", {"stock_code": "005930"}, task_id="sub"))
    assert error["message"] == "sub did not subscribed 005930 yet"
    assert error["name"] == "not-subscribed"


def test_two_clients_with_one_task_id_both_receive(wire):
    """In 2021 the second took the first one's events away."""
    other = wire.transport.link()
    wire.ask("subscribe-realtime", {"stock_code": "005930"}, task_id="same")
    wire.send("subscribe-realtime", {"stock_code": "005930"}, task_id="same", link=other)
    mine, theirs = collect(wire), collect(wire, 0.0, other) or []
    while (event := other.receive(0.001)) is not None:
        theirs.append(json.loads(event))
    assert sum("real_data_type" in event["result"] for event in mine) > 0
    assert sum("real_data_type" in event["result"] for event in theirs) > 0


def test_one_of_two_listeners_leaving_leaves_the_other(wire):
    wire.ask("subscribe-realtime", {"stock_code": "005930"}, task_id="a")
    wire.send("subscribe-realtime", {"stock_code": "005930"}, task_id="b")
    wire.send("unsubscribe-realtime", {"stock_code": "005930"}, task_id="a")
    collect(wire, 1.0)
    ids = {event["task_id"] for event in collect(wire)}
    assert ids == {"b"}


def test_a_lookup_with_the_task_id_of_a_subscription_does_no_harm(wire):
    """In 2021 it killed the server at the next event."""
    wire.ask("subscribe-realtime", {"stock_code": "005930"}, task_id="x")
    wire.send("get-stock-name", {"stock_code": "015760"}, task_id="x")
    events = collect(wire)
    assert "한국전력" in [event["result"] for event in events]
    assert sum("real_data_type" in event["result"] for event in events) > 0


def test_a_client_that_dies_ends_its_registrations(wire):
    other = wire.transport.link()
    wire.send("subscribe-realtime", {"stock_code": "005930"}, link=other)
    assert json.loads(other.receive(10))["status"] == "TASK_SUCCEED"
    other.close()
    assert collect(wire, 120.0) == []
    assert wire.control._registrations.codes() == []


def test_the_same_task_id_twice_at_once_is_answered_twice(wire):
    wire.send("request-day-candle", DAY, task_id="same")
    wire.send("request-day-candle", {**DAY, "from": "20261119"}, task_id="same")
    lengths = sorted(len(succeeded(wire.receive())) for _ in range(2))
    assert lengths == [1, 4]


def test_a_refused_request_names_the_vendors_code():
    """In 2021 the answer was an empty list."""
    from simulator.limits import Allowance

    wire = Wire(behaviour=Behaviour(allowance=Allowance(budgets=((2, 3600),))))
    for _ in range(2):
        succeeded(wire.ask("request-offer-price-info", {"stock_code": "005930"}))
    error = failed(wire.ask("request-offer-price-info", {"stock_code": "005930"}))
    assert (error["code"], error["name"]) == (-209, "control-error")


def test_a_task_that_cannot_be_served_fails_at_its_deadline():
    wire = Wire(deadline=30.0)
    for number in range(70):
        wire.send("request-offer-price-info", {"stock_code": "005930"}, task_id=number)
    replies = [wire.receive() for _ in range(70)]
    assert sorted(reply["task_id"] for reply in replies) == list(range(70))
    late = [failed(reply)["name"] for reply in replies if reply["status"] == "TASK_FAILED"]
    assert late == ["timeout"] * 20, "50 fit into the budget of 180 seconds"
    assert wire.receive(600) is None, "nothing is answered twice"


def test_too_many_waiting_requests_are_told_so():
    wire = Wire()
    for number in range(1_100):
        wire.send("request-offer-price-info", {"stock_code": "005930"}, task_id=number)
    reply = wire.receive()
    error = failed(reply)
    assert (error["name"], reply["task_id"]) == ("busy", 1_000)


def test_requests_wait_while_the_line_is_down(wire):
    wire.ask("get-stock-name", {"stock_code": "015760"})
    wire.control.lose_line()
    wire.send("get-stock-name", {"stock_code": "015760"})
    wire.send("request-day-candle", DAY)
    assert wire.receive(1.0) is None
    assert succeeded(wire.receive(60)) == "한국전력"
    assert len(succeeded(wire.receive(60))) == 4


def test_subscriptions_come_back_after_a_lost_line(wire):
    wire.ask("subscribe-realtime", {"stock_code": "005930"})
    wire.control.lose_line()
    assert collect(wire, 3.0) == []
    assert collect(wire, 60.0) != []


def test_a_lost_line_in_mid_chain_starts_the_chain_over(wire):
    wire.send("request-day-candle", {**DAY, "from": "20200102"})
    assert wire.receive(0.15) is None, "a page is there, more are to come"
    wire.control.lose_line()
    rows = succeeded(wire.receive())
    assert len(rows) == len(krx.trading_days(krx.date(2020, 1, 2), krx.date(2026, 11, 19)))


def test_what_waits_for_the_line_fails_at_its_deadline():
    wire = Wire(deadline=2.0)
    wire.ask("get-stock-name", {"stock_code": "015760"})
    wire.control.lose_line()
    assert failed(wire.ask("get-stock-name", {"stock_code": "015760"}))["name"] == "timeout"
    assert wire.receive(60) is None


BAD = [
    ("no-such", {}, "unknown-method", "method"),
    ("get-stock-name", {}, "invalid-parameter", "stock_code"),
    ("get-stock-name", {"stock_code": ["015760"]}, "invalid-parameter", "stock_code"),
    ("request-day-candle", {**DAY, "to": "20260230"}, "invalid-parameter", "to"),
    ("request-day-candle", {**DAY, "from": "20261231"}, "invalid-parameter", "from"),
    ("subscribe-realtime", {"stock_code": "005930;000660"}, "invalid-parameter", "stock_code"),
]


@pytest.mark.parametrize(("method", "parameters", "name", "field"), BAD)
def test_bad_input_is_answered_with_the_field_and_the_next_request_is_served(
    wire, method, parameters, name, field
):
    error = failed(wire.ask(method, parameters))
    assert (error["name"], error["details"]["field"]) == (name, field)
    assert succeeded(wire.ask("get-stock-name", {"stock_code": "015760"})) == "한국전력"


@pytest.mark.parametrize("task_id", [None, 5, 5.5, True, ["a"], {"b": 1}, "", "x" * 10_000, 10**40])
def test_any_task_id_is_echoed_by_every_kind_of_method(wire, task_id):
    assert (
        wire.ask("get-stock-name", {"stock_code": "015760"}, task_id=task_id)["task_id"] == task_id
    )
    assert wire.ask("request-day-candle", DAY, task_id=task_id)["task_id"] == task_id
    assert (
        wire.ask("subscribe-realtime", {"stock_code": "005930"}, task_id=task_id)["task_id"]
        == task_id
    )


@pytest.fixture(scope="module")
def long_lived():
    return Wire()


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
bodies = st.binary(max_size=100) | st.builds(
    lambda fields: json.dumps(fields).encode(),
    st.fixed_dictionaries(
        {},
        optional={
            "task_id": junk,
            "method": junk
            | st.sampled_from(["get-stock-name", "request-day-candle", "subscribe-realtime"]),
            "parameters": junk
            | st.fixed_dictionaries({}, optional={"stock_code": junk, "from": junk, "to": junk}),
            "request_time": junk,
        },
    ),
)


@given(bodies)
def test_arbitrary_bodies_are_all_answered_and_the_server_lives(long_lived, body):
    wire = long_lived
    wire.link.send(body, "c")
    wire.send("get-stock-name", {"stock_code": "015760"}, task_id="after")
    first, second = wire.receive(), wire.receive()
    assert first["status"] in ("TASK_SUCCEED", "TASK_FAILED")
    assert (second["task_id"], second["result"]) == ("after", "한국전력")


def test_a_defect_of_the_server_is_an_answer_too(wire, monkeypatch, caplog):
    monkeypatch.setattr(type(wire.control), "GetMasterCodeName", lambda *_: 1 / 0)
    error = failed(wire.ask("get-stock-name", {"stock_code": "015760"}))
    assert error["name"] == "internal-error"
    assert "ZeroDivisionError" in caplog.text
