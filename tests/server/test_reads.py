"""Any TR, many stocks, pages, cancelling: over the whole server, in process."""

from __future__ import annotations

import json
import re

import pytest

from sapi_kiwoom import catalogue
from sapi_kiwoom.loop import SECOND
from sapi_kiwoom.server import tables
from sapi_kiwoom.server.methods import METHODS

from .test_every_method import Bench
from .test_wire_v1 import CODES, Wire, failed, succeeded


class Everything(Wire):
    """A wire whose server knows its simulator."""

    def __init__(self, **options):
        super().__init__(**options)
        self.server.services.simulated = self.simulated
        self.server.services.label = self.simulated.label
        self.loop.run_for(2 * SECOND)
        assert self.session.connected


@pytest.fixture
def wire():
    return Everything()


def day(code="005930", **more):
    inputs = {"stock_code": code, "to": "20261119", "is_adjusted": "1"}
    return {"tr": "opt10081", "inputs": inputs, **more}


# -- request-tr ----------------------------------------------------------------------------------


def test_a_single_record_comes_by_english_key_as_the_control_wrote_it(wire):
    result = succeeded(wire.ask("request-tr", {"tr": "OPT10001", "inputs": {"종목코드": "005930"}}))
    assert result["tr"] == "opt10001"
    assert result["rows"] == []
    assert set(result["single"]) == {f.key for f in catalogue.tr("opt10001").single.fields}
    assert result["single"]["stock_name"] == "삼성전자"
    assert result["more"] is False
    assert "values" not in result


def test_inputs_go_by_either_name_and_rows_are_those_of_version_1(wire):
    english = succeeded(wire.ask("request-tr", day(max_pages=1)))
    names = {f.key: f.name for f in catalogue.tr("opt10081").inputs}
    korean = {names[key]: value for key, value in day()["inputs"].items()}
    assert succeeded(wire.ask("request-tr", day(inputs=korean, max_pages=1))) == english
    old = {"stock_code": "005930", "is_adjusted": "1", "from": "20261116", "to": "20261119"}
    assert succeeded(wire.ask("request-day-candle", old)) == english["rows"][:4]
    assert english["more"] is True
    assert len(english["rows"]) == 600


def test_until_goes_back_to_a_day_and_no_further(wire):
    result = succeeded(wire.ask("request-tr", day(until="20261113")))
    days = ["20261119", "20261118", "20261117", "20261116", "20261113"]
    assert [row["day"] for row in result["rows"]] == days
    assert result["more"] is False
    far = succeeded(wire.ask("request-tr", day(until="20200102")))
    assert far["rows"][-1]["day"] == "20200102"


def test_typed_values_stand_beside_the_text(wire):
    result = succeeded(wire.ask("request-tr", day(until="20261119", typed=True)))
    [row], [values] = result["rows"], result["values"]["rows"]
    assert values["closing" if "closing" in values else "current_price"] == abs(
        int(row["closing" if "closing" in row else "current_price"])
    )
    assert values["day"] == "20261119"
    basics = succeeded(
        wire.ask(
            "request-tr", {"tr": "opt10001", "inputs": {"stock_code": "005930"}, "typed": True}
        )
    )
    kinds = {type(each) for each in basics["values"]["single"].values()}
    assert {int, str, float} <= kinds


def test_invented_numbers_say_so(wire):
    span = {"from": "20261102", "to": "20261119"}
    inputs = {"stock_code": "005930", "query_type": "1", **span}
    invented = succeeded(wire.ask("request-tr", {"tr": "opt10014", "inputs": inputs}))
    assert invented["synthetic"] is True
    assert "synthetic" not in succeeded(wire.ask("request-tr", day(max_pages=1)))


def test_pages_come_one_by_one_when_asked_for(wire):
    whole = succeeded(wire.ask("request-tr", day(max_pages=3)))["rows"]
    wire.send("request-tr", day(max_pages=3, stream=True))
    replies = [wire.receive() for _ in range(3)]
    assert [(each["page"], each["last"]) for each in replies] == [(1, False), (2, False), (3, True)]
    assert [row for each in replies for row in succeeded(each)["rows"]] == whole
    assert wire.receive(5.0) is None


NAMED_TWICE = [
    (
        "opt10052",
        {"member_code": "001", "stock_code": "005930", "volume_type": "0", "price_type": "0"},
    ),
    ("OPT90009", {"market": "000", "day_type": "0", "day": ""}),
    ("opw20009", {"account": "8099999931", "stock_code": "101WC000"}),
]


@pytest.mark.parametrize(("code", "inputs"), NAMED_TWICE)
def test_columns_with_one_name_are_told_apart(wire, code, inputs):
    tr = tables.find(code)
    inputs = {**{field.key: "1" for field in tr.inputs}, **inputs}
    table = []
    original = wire.control.GetCommDataEx
    wire.control.GetCommDataEx = lambda *each: table.append(original(*each)) or table[-1]
    result = succeeded(wire.ask("request-tr", {"tr": code, "inputs": inputs, "max_pages": 1}))
    rows = result["rows"] if tr.multi else [result["single"]]
    record = tr.multi or tr.single
    assert [list(row) for row in rows] == [[field.key for field in record.fields]] * len(rows)
    assert rows
    if tr.multi:
        assert [list(row.values()) for row in rows] == [list(map(str.strip, r)) for r in table[0]]


@pytest.mark.parametrize(
    ("parameters", "field", "said"),
    [
        ({"tr": "opt99998"}, "tr", "did you mean"),
        ({"tr": "!"}, "tr", "for example opt10001"),
        ({}, "tr", "is essential"),
        ({"tr": "opt10001"}, "inputs.stock_code", r"종목코드\(stock_code\) is essential"),
        ({"tr": "opt10001", "inputs": {"code": "1"}}, "inputs.code", r"it has: 종목코드\(stock_code\)"),
        ({"tr": "opt10001", "inputs": {"종목코드": "1", "stock_code": "1"}}, "inputs.stock_code", "one"),
        ({"tr": "opt10001", "inputs": {"stock_code": ["1"]}}, "inputs.stock_code", "cannot be"),
        ({"tr": "opt10001", "inputs": 5}, "inputs", "cannot be"),
        ({**day(), "max_pages": 0}, "max_pages", "from 1 to 10000"),
        ({**day(), "max_page": 1}, "max_page", "it has: tr, inputs"),
        ({**day(), "until": "20261301"}, "until", "YYYYMMDD"),
        ({**day(), "stream": "yes"}, "stream", "true"),
        ({"tr": "opt10004", "inputs": {"stock_code": "005930"}, "until": "20261119"}, "until", "max_pages"),
        ({"tr": "OPTKWFID", "inputs": {"stock_codes": "1;" * 101}}, "inputs.stock_codes", "100"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused_by_field_with_the_remedy(wire, parameters, field, said):
    error = failed(wire.ask("request-tr", parameters))
    assert error["name"] == "invalid-parameter"
    assert error["details"]["field"] == field
    assert re.search(said, error["message"]), error["message"]


def test_the_exchange_is_an_input_where_the_tr_takes_it(wire):
    tr = catalogue.tr("opt10075")
    assert tr.venue is not None
    inputs = dict.fromkeys((each.key for each in tr.inputs), "0")
    inputs.update(account="8099999911", stock_code="", exchange="1")
    assert succeeded(wire.ask("request-tr", {"tr": "opt10075", "inputs": inputs}))["rows"] == []
    calls = []
    original = wire.control.SetInputValue
    wire.control.SetInputValue = lambda *each: (calls.append(each), original(*each))
    succeeded(wire.ask("request-tr", {"tr": "opt10075", "inputs": inputs}))
    assert calls[-1] == ("거래소구분", "1")


def test_accounts_are_only_for_those_who_may(wire):
    class Nobody:
        def may(self, user, method, account):
            return account is None

    wire.server.services.policy = Nobody()
    inputs = {"account": "8099999911", "password": "", "query_type": "1"}
    error = failed(wire.ask("request-tr", {"tr": "opw00018", "inputs": inputs}))
    assert error["name"] == "forbidden"
    assert "8099999911" not in error["message"]
    assert succeeded(wire.ask("list-accounts", {})) == []


def test_a_method_that_one_may_not_call_is_refused(wire):
    class Quiet:
        def may(self, user, method, account):
            return method != "ping"

    wire.server.services.policy = Quiet()
    assert failed(wire.ask("ping", {}))["name"] == "forbidden"
    succeeded(wire.ask("get-status", {}))


def test_an_account_is_answered_at_once_while_a_collector_takes_all_it_may(wire):
    inputs = dict.fromkeys((each.key for each in catalogue.tr("opt10075").inputs), "0")
    inputs.update(account="8099999911", stock_code="")
    collector = wire.transport.link()
    for number in range(120):
        wire.send("request-tr", day(CODES[number % 20], max_pages=1), number, collector)
    waits = []
    for _ in range(8):
        wire.loop.run_for(30 * SECOND)
        asked = wire.loop.now()
        succeeded(wire.ask("request-tr", {"tr": "opt10075", "inputs": inputs}))
        waits.append(wire.loop.now() - asked)
    assert max(waits) < 2 * SECOND
    status = succeeded(wire.ask("get-status", {}))
    assert status["waiting"] > 20  # the collector was busy all the time
    assert status["budget"][1]["used"] > 40


# -- request-stocks ------------------------------------------------------------------------------


def test_quotes_of_many_stocks_come_in_the_order_of_the_codes(wire):
    codes = ["000660", "005930", "015760"]
    asked = {"stock_codes": [*codes, codes[0]], "typed": True}
    result = succeeded(wire.ask("request-stocks", asked))
    assert [row["stock_code"] for row in result["rows"]] == codes
    for row, values in zip(result["rows"], result["values"]["rows"]):
        assert values["current_price"] == abs(int(row["current_price"]))


@pytest.mark.parametrize("stream", [False, True])
def test_every_hundred_stocks_are_a_request_and_a_page(stream):
    bench = Bench()
    control = bench.session.control
    asked = []
    original = control.CommKwRqData
    control.CommKwRqData = lambda *call: asked.append(call) or original(*call)
    codes = [f"{number:06}" for number in range(250)]
    replies = bench.ask("request-stocks", {"stock_codes": codes, "stream": stream})
    assert [call[1:4] for call in asked] == [(0, 100, 0), (0, 100, 0), (0, 50, 0)]
    assert ";".join(call[0] for call in asked) == ";".join(codes)
    pages = [(1, False), (2, False), (3, True)] if stream else [(None, None)]
    assert [(each.get("page"), each.get("last")) for each in replies] == pages


def test_a_list_of_stocks_names_the_one_that_is_none(wire):
    error = failed(wire.ask("request-stocks", {"stock_codes": ["005930", "5930"]}))
    assert error["details"]["field"] == "stock_codes.1"
    assert (
        failed(wire.ask("request-stocks", {"stock_codes": []}))["details"]["field"] == "stock_codes"
    )


# -- cancel-task ---------------------------------------------------------------------------------


def test_a_task_that_waits_or_runs_is_cancelled_and_both_are_answered(wire):
    other = wire.transport.link()
    wire.send("request-tr", day(), task_id={"a": 1})
    wire.loop.run_for(SECOND // 10)
    wire.send("cancel-task", {"task_id": {"a": 1}}, link=other)  # not its client
    assert failed(wire.receive(link=other))["name"] == "unknown-task"
    wire.send("cancel-task", {"task_id": {"a": 1}}, task_id="c")
    first, second = wire.receive(), wire.receive()
    assert (failed(first)["name"], first["task_id"]) == ("cancelled", {"a": 1})
    assert (succeeded(second), second["task_id"]) == ({"cancelled": 1}, "c")
    assert wire.receive(30.0) is None
    assert wire.session.requests.waiting == 0
    assert wire.session.requests.running is None
    assert failed(wire.ask("cancel-task", {"task_id": {"a": 1}}))["name"] == "unknown-task"


# -- without a login -----------------------------------------------------------------------------


def test_while_the_line_is_lost_reads_wait_and_the_server_answers_for_itself(wire):
    succeeded(wire.ask("get-last-price", {"stock_code": "005930"}))
    wire.ask("inject-fault", {"effect": "closed", "duration": 30})
    wire.loop.run_for(SECOND)
    assert wire.session.connected is False
    wire.send("get-last-price", {"stock_code": "005930"}, task_id="later")
    assert succeeded(wire.ask("ping", {}))["connected"] is False
    assert succeeded(wire.ask("get-status", {}))["unanswered"] == 2
    reply = wire.receive(120.0)
    assert reply["task_id"] == "later"
    assert succeeded(reply) > 0


def test_the_deadline_ends_the_waiting():
    wire = Everything(deadline=5.0)
    wire.ask("inject-fault", {"effect": "closed", "duration": 600})
    wire.loop.run_for(SECOND)
    assert failed(wire.ask("get-last-price", {"stock_code": "005930"}))["name"] == "timeout"
    assert succeeded(wire.ask("get-status", {}))["unanswered"] == 1


# -- lookups -------------------------------------------------------------------------------------


def test_masters(wire):
    [stock, unknown] = succeeded(wire.ask("get-stocks", {"stock_codes": ["005930", "999999"]}))
    assert stock["name"] == "삼성전자"
    assert stock["sectors"]["시장구분0"] == ["거래소"]
    assert unknown["name"] == ""
    assert unknown["last_price"] is None
    for method, key in (
        ("get-last-price", "last_price"),
        ("get-construction", "construction"),
        ("get-listed-date", "listed_date"),
        ("get-listed-shares", "listed_shares"),
        ("get-market-kind", "market_kind"),
        ("get-order-warning", "order_warning"),
    ):
        assert succeeded(wire.ask(method, {"stock_code": "005930"})) == stock[key]
    assert "005930" in succeeded(wire.ask("get-market-codes", {"market": "0"}))


def test_themes_sectors_and_members(wire):
    themes = succeeded(wire.ask("get-themes", {}))
    assert themes[0]["code"]
    assert themes[0]["name"]
    assert (
        sorted(succeeded(wire.ask("get-themes", {"sort": "name"})), key=lambda t: t["code"])
        == themes
    )
    stocks = [
        succeeded(wire.ask("get-theme-stocks", {"theme_code": each["code"]})) for each in themes
    ]
    assert all(len(code) == 6 for each in stocks for code in each)
    assert any(stocks)
    sectors = succeeded(wire.ask("get-sectors", {"market": "0"}))
    assert sectors[0] == {"market": "0", "code": "001", "name": "종합(KOSPI)"}
    assert succeeded(wire.ask("get-sector-name", {"sector_code": "001"})) == "종합(KOSPI)"
    assert len(succeeded(wire.ask("get-members", {}))) > 10


@pytest.mark.parametrize("base", [{}, {"base": "11"}])
def test_futures_and_options(wire, base):
    assert succeeded(wire.ask("get-futures", base))[0]["code"]
    months = succeeded(wire.ask("get-option-months", base))
    strikes = succeeded(wire.ask("get-option-strikes", base))
    atm = succeeded(wire.ask("get-option-atm", base))
    assert atm in strikes
    month = next(
        each
        for each in sorted(set(months))
        if succeeded(wire.ask("get-option", {**base, "strike": atm, "side": "call", "month": each}))
    )
    ask = {**base, "side": "call", "month": month}
    option = succeeded(wire.ask("get-option", {**ask, "strike": atm}))
    assert succeeded(wire.ask("get-option-of-month", {**ask, "option_code": option})) == option
    above = {**base, "side": "call", "option_code": option, "steps": 1}
    higher = succeeded(wire.ask("get-option-of-strike", above))
    index = sorted(map(float, strikes)).index(float(atm)) + 1
    strike = next(each for each in strikes if float(each) == sorted(map(float, strikes))[index])
    assert higher == succeeded(wire.ask("get-option", {**ask, "strike": strike}))
    assert (
        failed(wire.ask("get-option-of-strike", {**above, "steps": 0}))["details"]["field"]
        == "steps"
    )


def test_base_assets(wire):
    assert {"code": "11", "name": "삼성전자"} in succeeded(wire.ask("get-base-assets", {}))


def test_the_login(wire):
    login = succeeded(wire.ask("get-login-info", {}))
    accounts = succeeded(wire.ask("list-accounts", {}))
    assert login["server"] == "mock"
    assert login["accounts"] == len(accounts) == 2
    assert set(accounts[0]) == {"account", "name", "product"}
    assert accounts[0]["product"] == "위탁종합"


# -- the server itself ---------------------------------------------------------------------------


def test_the_status_counts_what_is_under_way(wire):
    for number in range(3):
        wire.send("request-tr", day(), task_id=number)
    wire.loop.run_for(SECOND // 20)
    status = succeeded(wire.ask("get-status", {}))
    assert (status["unanswered"], status["waiting"], status["running"]) == (4, 2, "opt10081")
    assert status["budget"][0]["limit"] == 5
    assert status["budget"][2]["used"] >= 1
    assert status["market_time"].startswith("2026-11-20 10:00")


def test_all_methods_are_listed_with_their_schemas(wire):
    listed = {each["name"]: each for each in succeeded(wire.ask("list-methods", {}))}
    assert set(listed) == set(METHODS)
    for method in listed.values():
        assert method["korean"]
        assert method["english"]
        assert method["group"]
        for schema in method["parameters"]["properties"].values():
            assert schema["title"]
            assert schema["description"]


def test_every_method_has_a_handler(wire):
    assert set(wire.server._handlers) == set(METHODS)


# -- on the simulator ----------------------------------------------------------------------------


def test_the_clock_moves_inside_advance_only():
    wire = Everything()
    assert succeeded(wire.ask("set-speed", {"speed": 0})) == {"speed": 0}
    before = wire.loop.now()
    assert (
        succeeded(wire.ask("advance", {"seconds": 90}))["market_time"]
        == "2026-11-20 10:01:32.000000"
    )
    assert wire.loop.now() == before + 90 * SECOND
    until = succeeded(wire.ask("advance", {"until": "20261120100400"}))
    assert until["market_time"] == "2026-11-20 10:04:00.000000"
    assert succeeded(wire.ask("set-speed", {})) == {"speed": None}


def test_an_advance_beyond_the_deadline_is_answered_all_the_same():
    wire = Everything(deadline=5.0)
    wire.send("advance", {"seconds": 60}, task_id="a")
    wire.send("advance", {"seconds": 1}, task_id="b")
    busy, arrived = wire.receive(), wire.receive()
    assert (busy["task_id"], failed(busy)["name"]) == ("b", "busy")
    assert arrived["task_id"] == "a"
    assert succeeded(arrived)["market_time"] == "2026-11-20 10:01:02.000000"


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({}, "until"),
        ({"until": "20261120110000", "seconds": 1}, "until"),
        ({"until": "20261120095959"}, "until"),
        ({"until": "20300101000000"}, "until"),
        ({"seconds": -1}, "seconds"),
        ({"seconds": "soon"}, "seconds"),
    ],
)
def test_a_moment_that_cannot_be_reached_is_refused(wire, parameters, field):
    assert failed(wire.ask("advance", parameters))["details"]["field"] == field


def test_a_fault_meets_the_next_calls(wire):
    fault = {"effect": "code", "call": "CommRqData", "code": -202, "nth": 1}
    assert succeeded(wire.ask("inject-fault", fault)) == {"injected": "code"}
    assert failed(wire.ask("request-tr", day(max_pages=1)))["code"] == -202
    succeeded(wire.ask("request-tr", day(max_pages=1)))


@pytest.mark.parametrize(
    ("fault", "field"),
    [
        ({"effect": "earthquake"}, "effect"),
        ({"effect": "code", "call": "CommRqDat", "code": -200}, "call"),
        ({"effect": "code", "call": "CommRqData"}, "effect"),
        ({"effect": "disconnect", "real": "주식체결"}, "real"),
        ({"effect": "code", "code": 5}, "code"),
        ({"effect": "disconnect", "place": "here"}, "place"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(wire, fault, field):
    assert failed(wire.ask("inject-fault", fault))["details"]["field"] == field


def test_a_real_control_has_no_clock_to_move():
    wire = Wire()
    error = failed(wire.ask("advance", {"seconds": 1}))
    assert error["name"] == "simulator-only"


def test_what_is_no_order_does_not_go_through_the_queues_of_orders(wire):
    wire.transport.own(["8099999911"])
    body = {"task_id": "t", "method": "ping", "parameters": {}, "request_time": ""}
    wire.link.send(json.dumps(body).encode(), "c", "orders.8099999911")
    error = failed(wire.receive())
    assert (error["name"], error["details"]["queue"]) == ("wrong-queue", "tasks")
