"""Orders that no account stands behind, orders in one text, and the limit that all of them share."""

import pytest

from simulator import Behaviour
from simulator.control import DERIVATIVES
from simulator.scenario.model import Scenario
from tests.simulator.control.rig import FREE, Rig

ACCOUNT = Scenario().accounts[0].number


def future(
    control,
    account=DERIVATIVES,
    code="A016C000",
    kind=1,
    side="2",
    hoga="1",
    quantity=1,
    price="400.05",
):
    return control.SendOrderFO("주문", "0101", account, code, kind, side, hoga, quantity, price, "")


def credit(control, account=ACCOUNT, code="005930", kind=1, credit="03", loan="", quantity=1):
    return control.SendOrderCredit(
        "주문", "0101", account, kind, code, quantity, 0, "03", credit, loan, ""
    )


def order(control, quantity=1):
    return control.SendOrder("주문", "0101", ACCOUNT, 1, "005930", quantity, 0, "03", "")


@pytest.mark.parametrize("send", [future, credit])
@pytest.mark.parametrize("profile", ["mock", "mock-2020", "real"])
def test_the_server_refuses_with_a_message_and_no_number(send, profile):
    rig, numbers = Rig(profile=profile), []
    rig.reading["OnReceiveTrData"] = lambda screen, rqname, code, *_: numbers.append(
        rig.control.GetCommData(code, "", 0, "주문번호")
    )
    assert send(rig.control) == 0
    assert rig.events == []
    rig.run(1)
    assert [event[0] for event in rig.events] == ["OnReceiveMsg", "OnReceiveTrData"]
    ((screen, rqname, _, message),) = rig.named("OnReceiveMsg")
    assert (screen, rqname, message[0]) == ("0101", "주문", "[")
    assert [number.strip() for number in numbers] == [""]


def test_credit_is_not_offered_by_the_mock_server():
    rig = Rig()
    credit(rig.control)
    rig.run(1)
    ((*_, message),) = rig.named("OnReceiveMsg")
    assert message.startswith("[RC9000]")


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"kind": 4}, -300),
        ({"side": "3"}, -300),
        ({"hoga": "00"}, -300),
        ({"quantity": -1}, -300),
        ({"price": "4OO"}, -300),
        ({"account": ""}, -340),
        ({"account": "1234567890"}, -302),
        ({"code": ""}, -500),
        ({"quantity": 301}, -309),
        ({"quantity": 501}, -310),
    ],
)
def test_what_the_control_sees_itself_of_futures(wrong, code):
    rig = Rig(Behaviour(allowance=FREE, guards=True))
    assert future(rig.control, **wrong) == code
    rig.run(1)
    assert rig.events == []


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"credit": "07"}, -300),
        ({"kind": 11}, -300),
        ({"account": "1234567890"}, -302),
        ({"code": ""}, -500),
    ],
)
def test_what_the_control_sees_itself_of_credit(wrong, code):
    assert credit(Rig().control, **wrong) == code


def test_orders_of_all_kinds_are_counted_together_and_apart_from_requests():
    rig = Rig(Behaviour())
    control = rig.control
    kinds = [order, future, credit]
    assert [kinds[place % 3](control) for place in range(6)] == [0] * 5 + [-308]
    assert rig.request("opt10001", {"종목코드": "005930"}) == 0
    rig.run(1)
    assert order(control) == 0


def test_a_lost_line_loses_the_answer():
    rig = Rig()
    future(rig.control)
    rig.control.lose_line()
    rig.run(1)
    assert [event[0] for event in rig.events] == ["OnEventConnect"]


# -- in one text -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["SendOrder_Ex", "sendorder_ex"])
def test_an_order_in_one_text(name):
    rig = Rig()
    text = f"주문,0101,{ACCOUNT},1,005930,3,70000,00,,0,"
    assert rig.control.KOA_Functions(name, text) == "0"
    (request,) = rig.line.sent
    assert request[:9] == ("주문", "0101", ACCOUNT, 1, "005930", 3, 70000, "00", "")


@pytest.mark.parametrize("text", ["", "주문,0101", f"q,0101,{ACCOUNT},1,005930,세,0,00,,0,"])
def test_a_text_that_is_no_order(text):
    rig = Rig()
    assert rig.control.KOA_Functions("SendOrder_Ex", text) == "-300"
    assert rig.line.sent == []


def test_an_order_on_credit_in_one_text():
    rig = Rig()
    text = f"주문,0101,{ACCOUNT},2,005930,3,0,03,99,99991231,,0,"
    assert rig.control.KOA_Functions("SendOrderCredit_Ex", text) == "0"
    rig.run(1)
    assert len(rig.named("OnReceiveTrData")) == 1
