"""Events by topic and the methods that choose them, over the simulator in one process."""

from __future__ import annotations

import json

import pytest

from sapi_kiwoom import catalogue, krx
from sapi_kiwoom.app import simulator
from sapi_kiwoom.loop import SECOND
from sapi_kiwoom.server import Server
from sapi_kiwoom.server.local import LocalTransport
from sapi_kiwoom.server.topics import Topics
from sapi_kiwoom.session import Session
from simulator import Scenario
from simulator.scenario.model import Condition

AT = krx.midnight(krx.date(2026, 11, 20)) + 600 * krx.MINUTE
CODES = ("005930", "000660", "069500")
CONDITIONS = (Condition(7, "돌파", ("005930", "000660")), Condition(0, "거래량", ("069500",)))


class Wire:
    """A server over a simulator, and clients of it."""

    def __init__(self, at=AT):
        scenario = Scenario(codes=CODES, conditions=CONDITIONS)
        simulated = simulator(seed=5, at=at, scenario=scenario)
        self.loop, self.control = simulated.loop, simulated.control
        self.transport = LocalTransport(self.loop)
        self.session = Session(self.control, self.loop)
        self.server = Server(self.session, self.transport, "simulator")
        self.server.start()
        self.published = []
        broadcast = self.transport.broadcast

        def counted(topic, body, **how):
            self.published.append((topic, json.loads(body), how))
            broadcast(topic, body, **how)

        self.transport.broadcast = counted
        self.session.start(lambda: None, lambda error: pytest.fail(str(error)))
        self.link = self.client()

    def client(self, *patterns):
        link = self.transport.link()
        for pattern in patterns:
            link.bind(pattern)
        return link

    def ask(self, method, parameters=None, link=None, **more):
        """The answer to a request; events before it are put aside."""
        body = {
            "task_id": "t",
            "method": method,
            "parameters": {**(parameters or {}), **more},
            "request_time": "now",
        }
        link = link or self.link
        link.send(json.dumps(body).encode(), "c")
        while True:
            reply = json.loads(link.receive(300.0))
            if "task_id" in reply:
                return reply

    def result(self, method, parameters=None, **more):
        reply = self.ask(method, parameters, **more)
        assert reply["status"] == "TASK_SUCCEED", reply
        return reply["result"]

    def error(self, method, parameters=None, **more):
        reply = self.ask(method, parameters, **more)
        assert reply["status"] == "TASK_FAILED", reply
        return reply["error"]

    def collect(self, seconds=30.0, link=None):
        end = self.loop.now() + int(seconds * SECOND)
        found = []
        while self.loop.now() < end:
            body = (link or self.link).receive((end - self.loop.now()) / SECOND)
            if body is not None:
                found.append(json.loads(body))
        return found

    def topics(self, prefix="real."):
        return {topic for topic, _, _ in self.published if topic.startswith(prefix)}

    def registered(self):
        return self.control._registrations.codes()


@pytest.fixture
def wire():
    return Wire()


def test_the_answer_names_the_exchange_and_the_keys(wire):
    result = wire.result("subscribe", codes=["005930", "001"], types=["trade", "book", "index"])
    assert result == {
        "exchange": "kiwoom.events",
        "queue": wire.link.address,
        "keys": ["real.trade.005930", "real.book.005930", "real.index.001"],
    }


def test_an_event_has_raw_and_values_of_the_same_moment(wire):
    keys = wire.result("subscribe", codes=["005930"])["keys"]
    wire.link.bind(keys[0])
    event = wire.collect(10)[0]
    assert set(event) == {"kind", "real_type", "code", "moment", "raw", "values"}
    assert (event["kind"], event["real_type"], event["code"]) == (
        "simulator",
        "주식체결",
        "005930",
    )
    raw, found = event["raw"].split("\t"), event["values"]
    assert [catalogue.fid_key(fid) for fid in catalogue.real_types()["주식체결"].fids] == list(
        found
    )
    assert found["timestamp"] == krx.kst(event["moment"]).strftime("%H%M%S") == raw[0]
    assert found["current_price"] == abs(int(raw[1]))


def test_it_is_published_once_however_many_listen(wire):
    clients = [wire.client("real.trade.005930") for _ in range(3)]
    for client in clients:
        wire.result("subscribe", codes=["005930"], link=client)
    wire.result("subscribe-realtime", {"stock_code": "005930"})  # version 1, too
    wire.published.clear()
    first = wire.collect(20, clients[0])
    assert len(first) == len(wire.published) > 0
    others = [json.loads(clients[1].receive(0.001)) for _ in first]
    assert others[-len(first) :] == first


def test_only_what_somebody_asked_for_is_published(wire):
    wire.result("subscribe", codes=["005930"], types=["book"])
    wire.result("subscribe", codes=["069500"], types=["trade", "nav"])
    wire.collect(60)
    assert wire.topics() == {"real.book.005930", "real.trade.069500", "real.nav.069500"}


def test_version_1_gets_no_types_that_others_asked_for(wire):
    wire.result("subscribe", codes=["005930"], types=["book", "program"])
    wire.result("subscribe-realtime", {"stock_code": "005930"})
    types = {event["result"]["real_data_type"] for event in wire.collect(60)}
    assert types == {"주식체결"}
    assert wire.topics() == {"real.book.005930", "real.program.005930"}


def test_quotes_may_be_replaced_by_newer_ones_and_trades_may_not(wire):
    wire.result("subscribe", codes=["005930"], types=["book", "trade"])
    wire.collect(30)
    how = {topic: options.get("conflate") for topic, _, options in wire.published}
    assert (how["real.book.005930"], how["real.trade.005930"]) == (True, False)


def test_each_client_ends_only_what_is_its_own(wire):
    other = wire.client()
    both = {"codes": ["005930", "000660"], "types": ["trade", "book"]}
    wire.result("subscribe", both)
    wire.result("subscribe", {"codes": ["005930"]}, link=other)
    ended = wire.result("unsubscribe")["keys"]
    assert sorted(ended) == sorted(
        f"real.{slug}.{code}" for slug in ("trade", "book") for code in both["codes"]
    )
    assert wire.registered() == ["005930"]
    wire.published.clear()
    wire.collect(30)
    assert wire.topics() == {"real.trade.005930"}
    assert wire.result("unsubscribe", link=other)["keys"] == ["real.trade.005930"]
    assert wire.registered() == []


def test_a_part_can_be_ended(wire):
    wire.result("subscribe", codes=["005930", "000660"], types=["trade", "book"])
    assert wire.result("unsubscribe", codes=["005930"], types=["book"])["keys"] == [
        "real.book.005930"
    ]
    assert wire.result("unsubscribe", fids=[15])["keys"] == [
        "real.trade.005930",
        "real.trade.000660",
    ]
    assert wire.result("unsubscribe", codes=["000660"])["keys"] == ["real.book.000660"]
    assert wire.error("unsubscribe", codes=["000660"])["name"] == "not-subscribed"


def test_subscribing_again_changes_nothing(wire):
    for _ in range(2):
        wire.result("subscribe", codes=["005930"])
    wire.result("unsubscribe")
    assert wire.registered() == []


def test_a_client_that_dies_ends_its_registrations(wire):
    other = wire.client()
    wire.result("subscribe", codes=["005930"], types=["trade", "book"], link=other)
    wire.result("subscribe-realtime", {"stock_code": "000660"}, link=other)
    other.close()
    assert wire.registered() == []


def test_the_queue_that_a_client_names_is_the_one_that_is_watched(wire):
    reader, asker = wire.client("real.#"), wire.client()
    wire.result("subscribe", codes=["005930"], queue=reader.address, link=asker)
    asker.close()
    assert wire.collect(30, reader) != []
    reader.close()
    assert wire.registered() == []


def test_an_address_is_watched_until_its_last_subscription_of_any_kind_ends(wire):
    wire.result("subscribe", codes=["005930"])
    wire.result("subscribe-realtime", {"stock_code": "000660"})
    wire.result("unsubscribe-realtime", {"stock_code": "000660"})
    wire.link.close()
    assert wire.registered() == []


def test_a_client_that_comes_back_is_watched_again(wire):
    wire.result("subscribe", codes=["005930"])
    wire.server.services.subscriptions.listening.begin(wire.link.address, "another reason")
    wire.transport.unlisten(wire.link.address)  # as a transport does that gives it up
    wire.server.on_listener_lost(wire.link.address, "its queue is missing")
    assert wire.registered() == []
    wire.result("subscribe", codes=["005930"])
    wire.link.close()
    assert wire.registered() == []


def test_subscriptions_come_back_after_a_lost_line(wire):
    wire.result("subscribe", codes=["005930"], types=["trade", "book"])
    wire.control.lose_line()
    wire.collect(60)
    wire.published.clear()
    wire.collect(30)
    assert wire.topics() == {"real.trade.005930", "real.book.005930"}


def test_a_gap_is_announced_on_the_topic(wire):
    wire.link.bind("real.trade.005930")
    wire.server.on_broadcasts_lost("real.trade.005930", 3)
    gap = json.loads(wire.link.receive(1))
    assert gap == {"kind": "simulator", "moment": wire.loop.now(), "gap": 3}


def test_all_codes_of_a_market(wire):
    codes = [f"{number:06}" for number in range(250)]
    keys = wire.result("subscribe", codes=codes)["keys"]
    assert len(keys) == 250
    assert len(wire.registered()) == 250
    assert wire.result("unsubscribe")["keys"] == keys
    assert wire.registered() == []
    assert wire.session.screens.realtime.free == 100


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({}, "codes"),
        ({"codes": []}, "codes"),
        ({"codes": "005930"}, "codes"),
        ({"codes": ["5930"]}, "codes"),
        ({"codes": ["005930"], "types": ["tick"]}, "types"),
        ({"codes": ["005930"], "fids": [9201]}, "fids"),
        ({"codes": ["005930"], "queue": ""}, "queue"),
        ({"codes": ["005930"], "queue": "amq.rabbitmq.reply-to.g1h2"}, "queue"),
        ({"codes": ["005930"], "type": "trade"}, "type"),
    ],
)
def test_bad_input_is_answered_with_the_field(wire, parameters, field):
    error = wire.error("subscribe", parameters)
    assert (error["name"], error["details"]["field"]) == ("invalid-parameter", field)
    assert wire.registered() == []


def test_a_registration_that_the_control_refuses_leaves_nothing(wire, monkeypatch):
    register = type(wire.control).SetRealReg

    def refuse_books(control, screen, codes, fids, how):
        return -205 if fids == "41;51" else register(control, screen, codes, fids, how)

    monkeypatch.setattr(type(wire.control), "SetRealReg", refuse_books)
    error = wire.error("subscribe", codes=["005930"], types=["trade", "book"])
    assert (error["name"], error["code"]) == ("control-error", -205)
    assert wire.registered() == []
    assert wire.session.screens.realtime.free == 100
    assert wire.error("unsubscribe")["name"] == "not-subscribed"


def test_interruptions_are_asked_for_by_their_tr_and_come_for_all_stocks():
    wire = Wire()
    wire.result("subscribe", codes=["*"], types=["vi"])
    wire.result("subscribe", codes=["000660"], types=["vi"], link=wire.client())
    wire.collect(30)
    assert wire.registered() == ["*"]
    wire.control.lose_line()
    wire.collect(60)
    assert wire.registered() == ["*"]
    wire.published.clear()
    wire.session.OnReceiveRealData("005930", "VI발동/해제", "005930\t삼성전자\t1\t2\t1")
    assert [topic for topic, _, _ in wire.published] == ["real.vi.005930"]
    wire.result("unsubscribe")
    wire.session.OnReceiveRealData("005930", "VI발동/해제", "005930\t삼성전자")
    wire.session.OnReceiveRealData("000660", "VI발동/해제", "000660\tSK하이닉스")
    assert wire.topics() == {"real.vi.005930", "real.vi.000660"}
    assert wire.registered() == ["*"]
    wire.transport.leave("local-2")
    assert wire.registered() == []
    assert wire.session.screens.realtime.free == 100


def test_the_markets_clock_needs_no_registration():
    wire = Wire(krx.midnight(krx.date(2026, 11, 20)) + 539 * krx.MINUTE)
    wire.result("subscribe", codes=["09"])
    assert wire.registered() == []
    wire.collect(90)
    assert wire.topics() == {"real.market-clock.09"}
    assert wire.published[-1][1]["values"]["operation"] in {"0", "3", "R"}


# -- conditions --------------------------------------------------------------------------------


def test_conditions_are_listed_and_searched(wire):
    assert wire.result("list-conditions") == [
        {"index": 0, "name": "거래량"},
        {"index": 7, "name": "돌파"},
    ]
    found = {"index": 7, "name": "돌파", "codes": ["005930", "000660"]}
    assert wire.result("search-condition", condition="돌파") == found
    asked = wire.loop.now()
    assert wire.result("search-condition", condition=7) == found
    assert wire.loop.now() - asked > 55 * SECOND, "the same condition is searched once a minute"
    error = wire.error("search-condition", condition="없음")
    assert (error["name"], error["details"]["field"]) == ("unknown-condition", "condition")


def test_a_watched_condition_publishes_each_change_once(wire):
    clients = [wire.client("condition.*") for _ in range(2)]
    for client in clients:
        assert wire.result("watch-condition", condition="7", link=client) == {
            "index": 7,
            "name": "돌파",
            "codes": ["005930", "000660"],
            "keys": ["condition.7"],
        }
    wire.control.signal(7, "005930", "D")
    wire.collect(1)
    event = json.loads(clients[0].receive(1))
    del event["moment"]
    assert event == {
        "kind": "simulator",
        "index": 7,
        "name": "돌파",
        "code": "005930",
        "change": "D",
        "reconciled": False,
    }
    assert len([topic for topic, _, _ in wire.published if topic == "condition.7"]) == 1
    assert wire.result("stop-condition", condition="돌파", link=clients[0]) == {"stopped": [7]}
    assert wire.session.conditions.watched == {7: 1}
    assert wire.error("stop-condition", link=clients[0])["name"] == "not-subscribed"
    assert wire.error("stop-condition", condition="0", link=clients[1])["name"] == "not-subscribed"
    clients[1].close()
    assert wire.session.conditions.watched == {}


def test_a_watch_whose_client_gave_up_ends(wire):
    transport = wire.transport
    transport._deadline = 5 * SECOND
    wire.result("search-condition", condition="7")
    wire.error("watch-condition", condition="7")
    wire.collect(120)
    assert wire.session.conditions.watched == {}


def test_what_changed_while_the_line_was_lost_is_published(wire):
    wire.result("watch-condition", condition="7")
    wire.control.signal(7, "000660", "D")
    wire.collect(1)
    wire.control.lose_line()
    wire.published.clear()
    wire.collect(90)
    [event] = [body for topic, body, _ in wire.published if topic == "condition.7"]
    assert (event["code"], event["change"], event["reconciled"]) == ("000660", "I", True)


# -- the session -------------------------------------------------------------------------------


def test_what_becomes_of_the_login_is_published(wire):
    wire.result("list-conditions")  # so the login is there
    wire.control.lose_line()
    wire.collect(60)
    states = [(topic, body) for topic, body, _ in wire.published if topic.startswith("session.")]
    assert [topic for topic, _ in states] == [
        "session.connected",
        "session.lost",
        "session.connected",
    ]
    assert (states[1][1]["state"], states[1][1]["code"]) == ("lost", -106)
    assert states[1][1]["retry_seconds"] == 5


def test_who_starts_after_the_login_tells_its_state_then():
    simulated = simulator(seed=5, at=AT, scenario=Scenario(codes=CODES))
    session, transport = Session(simulated.control, simulated.loop), Silent()
    server = Server(session, transport, "simulator")
    session.start(lambda: None, pytest.fail)
    simulated.loop.run_for(60 * SECOND)
    assert session.connected
    server.start()
    assert transport.topics == ["session.connected"]
    simulated.control.lose_line()
    assert transport.topics == ["session.connected", "session.lost"]


class Silent:
    """A transport that carries nothing before its start."""

    topics = None

    def start(self, receiver):
        self.topics = []

    def broadcast(self, topic, body, **how):
        self.topics.append(topic)


def test_the_daily_check_of_the_broker_is_told():
    wire = Wire(krx.midnight(krx.date(2026, 11, 20)) + 300 * krx.MINUTE)
    wire.collect(60)
    wire.control.lose_line()
    assert "session.maintenance" in wire.topics("session.")


def test_messages_of_the_server_are_published_without_accounts_and_names(wire):
    wire.collect(30)
    wire.published.clear()
    user = wire.control.GetLoginInfo("USER_NAME")
    account = wire.control.GetLoginInfo("ACCNO").split(";")[0]
    text = f"[RC4058] {user}님의 계좌 {account}({account[:4]}-{account[4:]}) 모의투자 장종료"
    wire.session.OnReceiveMsg("4000", "sapi-order-1", "KOA_NORMAL_BUY_KP_ORD", text)
    wire.session.OnReceiveMsg("1000", "sapi-1", "opt10001", "코드 없음  ")
    (topic, body, _), (other, plain, _) = wire.published
    assert (topic, body["code"]) == ("message.RC4058", "RC4058")
    assert body["text"] == "***님의 계좌 ***(***) 모의투자 장종료"
    assert body["meaning"] == catalogue.message_meaning("RC4058")
    assert (other, plain["text"]) == ("message.none", "코드 없음")


def test_the_cost_of_an_event_does_not_depend_on_how_many_want_it(wire, monkeypatch):
    made = []
    monkeypatch.setattr(
        "sapi_kiwoom.server.topics.values", lambda *event: made.append(event) or "{}"
    )
    for _ in range(20):
        wire.result("subscribe", codes=["005930"], link=wire.client())
    assert isinstance(wire.server.services.events.topics, Topics)
    wire.published.clear()
    made.clear()
    wire.session.OnReceiveRealData("005930", "주식체결", "100000\t+77100")
    assert (len(made), len(wire.published)) == (1, 1)
