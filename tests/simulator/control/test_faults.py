"""What goes wrong, as a program on the control meets it."""

import pytest

from simulator import Behaviour, Scenario, SimulatedControl, Simulator
from simulator.brokerage.notices import Notice
from simulator.scenario.model import Condition, Fault
from tests.simulator.control.rig import FREE, Rig
from tests.simulator.market.fakes import at

ACCOUNT = Scenario().accounts[0].number
STOCK = {"종목코드": "005930"}
CONDITION = Condition(0, "관심", ("005930",))


def rig_with(*faults, login=True, moment=None, seed=1):
    scenario = Scenario(seed=seed, faults=faults, conditions=(CONDITION,))
    rig = Rig(Behaviour(login=0, allowance=FREE), scenario, moment=moment, login=False)
    connect = rig.house.connect

    def connected(client):
        connect(client).client = client
        return rig.line

    rig.house.connect = connected
    if login:
        rig.login()
    return rig


def ask(rig, tr="opt10001", rqname="질문"):
    return rig.request(tr, STOCK, rqname=rqname)


def order(rig):
    return rig.control.SendOrder("주문", "2000", ACCOUNT, 1, "005930", 1, 0, "03", "")


def answered(rig):
    return [event[1] for event in rig.named("OnReceiveTrData")]


def real(rig, *volumes, kind="주식체결"):
    """The server sends trades to whoever it was given."""
    for volume in volumes:
        rig.line.client.real("005930", kind, f"{volume}")


def heard(rig):
    return [raw for _, _, raw in rig.named("OnReceiveRealData")]


def notice(number):
    return Notice("0", {9203: number})


# -- the line --------------------------------------------------------------------------------------


def test_a_line_that_breaks_is_silent_afterwards():
    rig = rig_with(Fault("disconnect", at=at(10, 1)))
    ask(rig)
    rig.run(59 - 0.999)
    old = rig.line
    rig.control.SetRealReg("1000", "005930", "10", "0")
    ask(rig)
    rig.events.clear()
    rig.run(1)
    assert rig.events[-1] == ("OnEventConnect", -106)
    rig.events.clear()
    rig.run(600)
    assert rig.events == []
    assert old.wanted == {}
    assert rig.control.GetConnectState() == 0
    assert ask(rig) == -101
    rig.login()
    assert ask(rig) == 0


def test_a_request_may_break_the_line():
    rig = rig_with(Fault("disconnect", call="CommRqData", nth=2))
    assert [ask(rig), ask(rig)] == [0, 0]
    rig.run(1)
    assert rig.events == [("OnEventConnect", -106)]


@pytest.mark.parametrize(
    ("moment", "code"),
    [(at(4, 59, 59), 0), (at(5), -101), (at(5, 4, 59), -101), (at(5, 5), 0)],
)
def test_no_login_while_the_server_is_closed(moment, code):
    rig = rig_with(Fault("closed", at=at(5), seconds=300), login=False, moment=moment)
    rig.control.CommConnect()
    rig.run(0.1)
    assert rig.events == [("OnEventConnect", code)]


def test_a_server_that_closes_breaks_the_line():
    rig = rig_with(Fault("closed", at=at(10, 1), seconds=60))
    rig.run(60)
    assert rig.events == [("OnEventConnect", -106)]


def test_logins_are_refused():
    rig = rig_with(Fault("refuse-login", code=-102, nth=1), login=False)
    for _ in range(2):
        rig.control.CommConnect()
        rig.run(0.1)
    assert rig.events == [("OnEventConnect", -102), ("OnEventConnect", 0)]


def test_somebody_else_logs_in():
    rig = rig_with(Fault("second-login", at=at(10, 1)))
    rig.run(120)
    assert rig.events == [("OnEventConnect", -106)]
    rig.login()
    assert rig.control.GetConnectState() == 1


# -- calls -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("call", ["CommRqData", "SetRealReg", "GetConditionLoad", "CommConnect"])
def test_a_call_returns_a_code_and_does_nothing(call):
    rig = rig_with(Fault("code", call=call, code=-77), login=call != "CommConnect")
    method = getattr(rig.control, call)
    args = {"CommRqData": ("q", "opt10001", 0, "1000"), "SetRealReg": ("1", "005930", "10", "0")}
    assert method(*args.get(call, ())) == -77
    rig.run(5)
    assert rig.events == []
    assert rig.line is None or not (rig.house.asked or rig.line.wanted)


def test_an_order_is_said_to_have_failed():
    rig = rig_with(Fault("lost", call="SendOrder", code=-307))
    assert order(rig) == -307
    assert len(rig.line.sent) == 1
    assert rig.control.SendOrder("", "1", ACCOUNT, 1, "", 1, 0, "03", "") == -500


def test_only_requests_of_a_tr():
    rig = rig_with(Fault("code", call="CommRqData", tr="OPT10003", code=-200))
    assert [ask(rig, "opt10001"), ask(rig, "opt10003")] == [0, -200]


def test_the_third_one():
    rig = rig_with(Fault("code", call="CommRqData", nth=3, code=-200))
    assert [ask(rig) for _ in range(5)] == [0, 0, -200, 0, 0]


def test_only_between_two_moments():
    rig = rig_with(Fault("code", call="CommRqData", code=-200, since=at(10, 1), until=at(10, 2)))
    codes = []
    for _ in range(4):
        codes.append(ask(rig))
        rig.run(30)
    assert codes == [0, 0, -200, -200]


def test_the_seed_draws_one_of_some():
    def met(seed):
        rig = rig_with(Fault("code", call="CommRqData", code=-200, one_in=4), seed=seed)
        return [ask(rig) == -200 for _ in range(200)]

    assert met(1) == met(1) != met(2)
    assert 25 < sum(met(1)) < 80


def test_a_call_that_hangs_lets_events_go_on():
    rig = rig_with(Fault("hang", call="CommRqData", seconds=30, nth=1))
    began = rig.loop.now()
    assert ask(rig) == 0
    assert rig.loop.now() == began + 30_000_000
    assert len(answered(rig)) == 1
    assert ask(rig) == 0
    assert rig.loop.now() == began + 30_000_000


def test_a_call_that_never_returns():
    rig = rig_with(Fault("hang", call="SetRealReg"))
    returned = []
    rig.loop.call_later(
        1, lambda: returned.append(rig.control.SetRealReg("1", "005930", "10", "0"))
    )
    ask(rig)
    rig.run(60)
    assert returned == [0]  # the end of the run ended it too
    assert len(answered(rig)) == 1


def test_until_it_is_told_to():
    rig = rig_with(Fault("hang", call="SetRealReg"))
    rig.loop.call_later(90_000_000, rig.control.faults.release)
    began = rig.loop.now()
    assert rig.control.SetRealReg("1", "005930", "10", "0") == 0
    assert rig.loop.now() - began == pytest.approx(90_000_000, abs=50_000)


def test_a_call_within_one_that_hangs_returns_first():
    rig = rig_with(Fault("hang", call="SetRealReg"))
    ended = []

    def again():
        rig.control.SetRealReg("2", "000660", "10", "0")
        ended.append("inner")

    rig.loop.call_later(1_000, again)
    rig.loop.call_later(50_000, rig.control.faults.release)
    rig.loop.call_later(250_000, rig.control.faults.release)
    rig.control.SetRealReg("1", "005930", "10", "0")
    ended.append("outer")
    assert ended == ["inner", "outer"]


def test_a_window_keeps_a_call_until_it_is_closed():
    rig = rig_with(Fault("box", call="SendOrder", text="확인", seconds=5))
    began = rig.loop.now()
    ask(rig)
    seen = []
    rig.reading["OnReceiveTrData"] = lambda *args: seen.append(len(rig.line.sent))
    assert order(rig) == 0
    assert rig.boxes == ["확인"]
    assert rig.loop.now() == began + 5_000_000
    assert seen == [0]  # the order was sent after the window was closed
    assert len(rig.line.sent) == 1


def test_a_window_by_itself():
    rig = rig_with(Fault("box", at=at(10, 1), text="공지"))
    rig.control.on_message_box = lambda text: (rig.boxes.append(text), rig.control.faults.release())
    rig.run(120)
    assert rig.boxes == ["공지"]


# -- answers ---------------------------------------------------------------------------------------


def test_a_request_without_answer():
    rig = rig_with(Fault("no-answer", call="CommRqData", tr="opt10003"))
    assert [ask(rig, "opt10003"), ask(rig, "opt10001")] == [0, 0]
    rig.run(3600)
    assert [event[2] for event in rig.named("OnReceiveTrData")] == ["opt10001"]


def test_a_late_answer():
    rig = rig_with(Fault("late", call="CommRqData", seconds=8))
    ask(rig)
    rig.run(8)
    assert answered(rig) == []
    rig.run(1)
    assert len(answered(rig)) == 1


def test_a_late_answer_on_a_lost_line():
    rig = rig_with(Fault("late", event="OnReceiveTrData", seconds=8))
    ask(rig)
    rig.run(1)
    rig.control.lose_line()
    rig.login()
    rig.run(60)
    assert answered(rig) == []


def test_an_answer_within_the_call_that_asked():
    rig = rig_with(Fault("within", call="CommRqData"))
    tables = []
    rig.reading["OnReceiveTrData"] = lambda *args: tables.append(
        rig.control.GetCommDataEx(args[2], "")
    )
    assert ask(rig, "opt10003") == 0
    assert len(tables) == 1
    assert tables[0]


def test_answers_of_other_calls_within():
    rig = rig_with(
        Fault("within", call="SendOrder"),
        Fault("within", call="SendCondition"),
        Fault("within", call="CommKwRqData"),
    )
    rig.loop.call_later(
        500_000, lambda: rig.line.client.answered(rig.line.sent[0], "KOA", "[x]", "1")
    )
    assert order(rig) == 0
    assert answered(rig) == ["주문"]
    rig.control.GetConditionLoad()
    rig.run(1)
    assert rig.control.SendCondition("3000", "관심", 0, 0) == 1
    assert len(rig.named("OnReceiveTrCondition")) == 1
    assert rig.control.CommKwRqData("005930;", 0, 1, 0, "관심종목", "1000") == 0
    assert answered(rig) == ["주문", "관심종목"]


def test_a_condition_search_without_answer():
    rig = rig_with(Fault("no-answer", call="SendCondition"))
    rig.control.GetConditionLoad()
    rig.run(1)
    assert rig.control.SendCondition("3000", "관심", 0, 1) == 1
    rig.run(60)
    assert rig.named("OnReceiveTrCondition") == []


# -- events ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("effect", "seen"),
    [
        ("drop", ["1", "3", "4"]),
        ("duplicate", ["1", "2", "2", "3", "4"]),
        ("reorder", ["1", "3", "2", "4"]),
        ("late", ["1", "3", "4", "2"]),
    ],
)
def test_real_time_events(effect, seen):
    fault = Fault(effect, event="OnReceiveRealData", real="주식체결", nth=2, seconds=5)
    rig = rig_with(fault)
    values = []
    rig.reading["OnReceiveRealData"] = lambda *args: values.append(
        rig.control.GetCommRealData("005930", 20)
    )
    real(rig, 1)
    real(rig, "book", kind="주식호가잔량")
    real(rig, 2, 3, 4)
    rig.run(10)
    assert [each for each in heard(rig) if each != "book"] == seen
    assert [each for each in values if each != ""][-1] == seen[-1]


def test_what_waits_for_the_next_one_does_not_wait_forever():
    rig = rig_with(Fault("reorder", event="OnReceiveRealData", nth=1))
    real(rig, 1)
    assert heard(rig) == []
    rig.run(1)
    assert heard(rig) == ["1"]


def test_what_waits_is_lost_with_the_line():
    rig = rig_with(Fault("reorder", event="OnReceiveRealData", nth=1, seconds=60))
    real(rig, 1)
    rig.control.lose_line()
    rig.login()
    real(rig, 2)
    rig.run(120)
    assert heard(rig) == ["2"]


def test_answers_out_of_order():
    rig = rig_with(Fault("reorder", event="OnReceiveTrData", nth=1))
    for name in "ABC":
        ask(rig, rqname=name)
        rig.run(0.2)
    assert answered(rig) == ["B", "A", "C"]


def test_a_duplicate_answer_is_the_same_page():
    rig = rig_with(Fault("duplicate", event="OnReceiveTrData", tr="opt10003"))
    pages = []
    rig.reading["OnReceiveTrData"] = lambda *args: pages.append(
        (rig.control.GetCommDataEx(args[2], ""), args[4])
    )
    ask(rig, "opt10003")
    rig.run(1)
    assert len(pages) == 2
    assert pages[0] == pages[1]


def test_order_events_may_be_dropped_and_their_answers_doubled():
    rig = rig_with(
        Fault("drop", event="OnReceiveChejanData", nth=1),
        Fault("duplicate", event="OnReceiveTrData", tr="KOA_NORMAL_BUY_KP_ORD"),
    )
    order(rig)
    client = rig.line.client
    client.answered(rig.line.sent[0], "KOA_NORMAL_BUY_KP_ORD", "[x]", "0000001")
    numbers = []
    rig.reading["OnReceiveChejanData"] = lambda *args: numbers.append(
        rig.control.GetChejanData(9203)
    )
    for number in ("1", "2"):
        client.noticed(notice(number))
    assert answered(rig) == ["주문", "주문"]
    assert numbers == ["2"]


def test_signals_of_a_condition_may_be_dropped():
    rig = rig_with(Fault("drop", event="OnReceiveRealCondition", nth=2))
    rig.control.GetConditionLoad()
    rig.run(1)
    rig.control.SendCondition("3000", "관심", 0, 1)
    rig.run(1)
    for kind in "IDI":
        rig.control.signal(0, "005930", kind)
    assert [event[1] for event in rig.named("OnReceiveRealCondition")] == ["I", "I"]


def test_the_first_of_several_is_met():
    rig = rig_with(
        Fault("code", call="CommRqData", code=-200, nth=2),
        Fault("code", call="CommRqData", code=-202),
    )
    assert [ask(rig) for _ in range(3)] == [-202, -200, -202]


def test_one_more_while_it_runs():
    rig = rig_with()
    assert ask(rig) == 0
    rig.control.faults.add(Fault("code", call="CommRqData", code=-200, nth=1))
    assert [ask(rig), ask(rig)] == [-200, 0]


def test_without_faults_nothing_stands_between():
    rig = rig_with()
    assert rig.line.client is rig.control
    assert rig.control.CommRqData.__func__ is type(rig.control).CommRqData


# -- two programs on one broker --------------------------------------------------------------------


@pytest.mark.parametrize(("faults", "codes"), [((Fault("second-login"),), [0, -106]), ((), [0])])
def test_a_second_login_throws_the_first_out(faults, codes):
    simulator = Simulator(scenario=Scenario(codes=("005930",), faults=faults), at=at(10))
    second = SimulatedControl(simulator.loop, simulator.house, simulator.scenario)
    heard = {simulator.control: [], second: []}
    for control, events in heard.items():
        control.attach(Logins(events))
        control.CommConnect()
        simulator.loop.run_for(1_000_000)
    assert list(heard.values()) == [codes, [0]]
    assert simulator.control.GetConnectState() == (not faults)
    assert second.SetRealReg("1000", "005930", "10", "0") == 0


class Logins:
    """Remembers how logins go."""

    def __init__(self, seen):
        self.OnEventConnect = seen.append

    def __getattr__(self, name):
        return lambda *args: None
