"""The client, over a link that a script plays, and over the whole server in process."""

import json

import pytest

from sapi_kiwoom import simulate
from sapi_kiwoom.client import Client, RealEvent
from sapi_kiwoom.errors import NotConnected, RequestFailed, RequestTimeout


class ScriptedLink:
    """Answers each request with what a function makes of it."""

    def __init__(self, answer):
        self.answer = answer
        self.inbox = []
        self.closed = 0

    def send(self, body, correlation_id):
        request = json.loads(body)
        assert correlation_id == request["task_id"]
        assert set(request) == {"task_id", "method", "parameters", "request_time"}
        self.inbox += [json.dumps(reply).encode() for reply in self.answer(request)]

    def receive(self, timeout):
        return self.inbox.pop(0) if self.inbox else None

    def close(self):
        self.closed += 1


def succeed(request, result, task_id=None):
    return {"task_id": task_id or request["task_id"], "result": result, "status": "TASK_SUCCEED"}


def event(request, code="005930", raw="1"):
    data = {"stock_code": code, "real_data_type": "주식체결", "real_time_data": raw}
    return succeed(request, data)


def test_a_result_is_returned_and_python_keywords_can_be_parameters():
    client = Client(ScriptedLink(lambda request: [succeed(request, request["parameters"])]))
    assert client.call("m", from_="20261102", to="20261103") == {
        "from": "20261102",
        "to": "20261103",
    }


def test_an_error_has_its_name_code_and_details():
    error = {"name": "control-error", "code": -200, "message": "too fast", "details": {"call": "x"}}
    reply = {"status": "TASK_FAILED", "result": "too fast", "error": error}
    client = Client(ScriptedLink(lambda request: [{"task_id": request["task_id"], **reply}]))
    with pytest.raises(RequestFailed, match="m: too fast") as caught:
        client.call("m")
    assert (caught.value.name, caught.value.code) == ("control-error", -200)
    assert caught.value.details == {"call": "x"}


def test_an_error_of_a_server_of_2021_has_its_sentence():
    reply = {"status": "TASK_FAILED", "result": "something"}
    client = Client(ScriptedLink(lambda request: [{"task_id": request["task_id"], **reply}]))
    with pytest.raises(RequestFailed, match="something"):
        client.call("m")


def test_silence_is_a_time_out_that_says_what_to_look_at():
    client = Client(ScriptedLink(lambda request: []), timeout=0.01)
    with pytest.raises(RequestTimeout, match="is a server running"):
        client.call("m")


def test_answers_to_others_and_late_answers_are_ignored():
    def answer(request):
        return [succeed(request, "old", "somebody-1"), succeed(request, "mine")]

    assert Client(ScriptedLink(answer)).call("m") == "mine"


def test_events_that_come_before_an_answer_are_kept_in_order():
    def answer(request):
        if request["method"] == "subscribe-realtime":
            link.task_id = request["task_id"]
            return [succeed(request, "ok")]
        ticks = [event({"task_id": link.task_id}, raw=raw) for raw in "12"]
        return [*ticks, succeed(request, "name"), event({"task_id": link.task_id}, raw="3")]

    link = ScriptedLink(answer)
    client = Client(link)
    client.subscribe("005930")
    client.subscribe("005930")
    assert client.call("get-stock-name") == "name"
    assert list(client.events(timeout=0.01)) == [
        RealEvent("005930", "주식체결", raw) for raw in "123"
    ]


def test_a_subscription_that_failed_can_be_tried_again():
    replies = iter(["TASK_FAILED", "TASK_SUCCEED"])
    client = Client(
        ScriptedLink(lambda r: [{"task_id": r["task_id"], "result": "x", "status": next(replies)}])
    )
    with pytest.raises(RequestFailed):
        client.subscribe("005930")
    client.subscribe("005930")


def test_unsubscribing_uses_the_task_id_of_the_subscription():
    seen = []

    def answer(request):
        seen.append((request["method"], request["task_id"]))
        return [succeed(request, "ok")]

    client = Client(ScriptedLink(answer))
    client.subscribe("005930")
    client.unsubscribe("005930")
    client.unsubscribe("005930")
    assert seen[0] == ("subscribe-realtime", seen[0][1])
    assert seen[1:] == [("unsubscribe-realtime", seen[0][1])]


def test_leaving_closes_the_link():
    link = ScriptedLink(lambda request: [])
    with Client(link):
        pass
    assert link.closed == 1


def test_a_simulator_in_process_answers_like_a_server():
    with simulate(seed=3) as client:
        assert client.call("get-stock-name", stock_code="005930") == "삼성전자"
        rows = client.call(
            "request-day-candle",
            stock_code="005930",
            is_adjusted="1",
            from_="20261102",
            to="20261106",
        )
        assert [row["day"] for row in rows] == [
            "20261106",
            "20261105",
            "20261104",
            "20261103",
            "20261102",
        ]
        client.subscribe("005930")
        first = next(client.events(timeout=600))
        assert (first.stock_code, first.real_type) == ("005930", "주식체결")
        client.unsubscribe("005930")
    with pytest.raises(NotConnected):
        client.call("get-stock-name", stock_code="005930")


def test_the_same_seed_gives_the_same_days():
    def days(seed):
        with simulate(seed=seed) as client:
            return client.call(
                "request-day-candle",
                stock_code="000660",
                is_adjusted="1",
                from_="20260102",
                to="20261106",
            )

    assert days(3) == days(3)
    assert days(3) != days(4)
