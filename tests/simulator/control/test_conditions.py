"""Condition search: its limits, its answer, and who hears of stocks that enter and leave."""

import pytest

from simulator import Behaviour, Scenario
from simulator.scenario.model import Condition
from tests.simulator.control.rig import FREE, Rig
from tests.simulator.market.fakes import at

THREE = tuple(Condition(index, f"조건{index}", ("005930", "000660")) for index in (7, 0, 3))
ELEVEN = tuple(Condition(index, f"조건{index}", ("005930",)) for index in range(11))


def loaded(conditions=THREE, **options):
    rig = Rig(scenario=Scenario(conditions=conditions), **options)
    assert rig.control.GetConditionLoad() == 1
    rig.run(1)
    rig.events.clear()
    return rig


def send(rig, index, search=0, screen=None):
    return rig.control.SendCondition(screen or f"5{index:03d}", f"조건{index}", index, search)


def test_an_account_without_conditions():
    rig = Rig()
    assert rig.control.GetConditionLoad() == 1
    rig.run(1)
    assert rig.events == [("OnReceiveConditionVer", 1, "[OK] 사용자 조건검색식 읽기")]
    assert rig.control.GetConditionNameList() == ""
    assert rig.control.SendCondition("5000", "조건0", 0, 0) == 0


def test_names_are_known_once_they_are_loaded():
    rig = Rig(scenario=Scenario(conditions=THREE))
    assert rig.control.GetConditionNameList() == ""
    assert send(rig, 7) == 0
    rig.control.GetConditionLoad()
    rig.run(1)
    assert rig.control.GetConditionNameList() == "7^조건7;0^조건0;3^조건3;"


@pytest.mark.parametrize(("hour", "minute", "code"), [(7, 29, 0), (7, 30, 1)])
def test_they_are_ready_from_half_past_seven(hour, minute, code):
    rig = Rig(Behaviour(login=0, allowance=FREE), login=False, moment=at(hour, minute))
    rig.control.CommConnect()
    rig.run(0.000001)
    assert rig.control.GetConditionLoad() == code


def test_the_answer_has_codes_with_a_semicolon_after_each():
    rig = loaded()
    assert send(rig, 7) == 1
    assert rig.events == []
    rig.run(1)
    assert rig.events == [("OnReceiveTrCondition", "5007", "005930;000660;", "조건7", 7, 0)]


def test_with_prices_where_it_is_no_real_time_search():
    rig = loaded()
    rig.control.KOA_Functions("SetConditionSearchFlag", "AddPrice")
    send(rig, 7)
    send(rig, 0, 1)
    rig.run(1)
    rig.control.KOA_Functions("SetConditionSearchFlag", "DelPrice")
    send(rig, 3)
    rig.run(1)
    lists = [event[1] for event in rig.named("OnReceiveTrCondition")]
    assert lists == ["005930^10000;000660^10000;", "005930;000660;", "005930;000660;"]


@pytest.mark.parametrize(
    ("name", "index", "search"), [("조건7", 0, 0), ("없음", 7, 0), ("조건7", 7, 2)]
)
def test_name_and_index_belong_together(name, index, search):
    assert loaded().control.SendCondition("5000", name, index, search) == 0


def test_the_guides_example_of_ten_conditions():
    rig = loaded(ELEVEN, behaviour=Behaviour())
    assert [send(rig, index) for index in range(10)] == [1] * 5 + [0] * 5
    rig.run(1)
    assert [send(rig, index) for index in range(10)] == [0] * 5 + [1] * 5
    rig.run(59)
    assert [send(rig, index) for index in range(5)] == [1] * 5


def test_ten_go_on_in_real_time():
    rig = loaded(ELEVEN)
    assert [send(rig, index, 1) for index in range(11)] == [1] * 10 + [0]
    rig.control.SendConditionStop("5004", "조건4", 4)
    assert send(rig, 10, 1) == 1


def signalled(rig, index, kind="I"):
    rig.events.clear()
    rig.control.signal(index, "005930", kind)
    return rig.events


def test_real_time_signals_until_it_is_stopped():
    rig = loaded()
    send(rig, 7, 1)
    rig.run(1)
    assert signalled(rig, 7, "D") == [("OnReceiveRealCondition", "005930", "D", "조건7", "7")]
    assert signalled(rig, 0) == []
    rig.control.SendConditionStop("5007", "조건0", 0)
    assert signalled(rig, 7)
    rig.control.SendConditionStop("5007", "조건7", 7)
    assert signalled(rig, 7) == []


def test_a_search_once_has_no_signals():
    rig = loaded()
    send(rig, 7, 0)
    rig.run(1)
    assert signalled(rig, 7) == []


@pytest.mark.parametrize(("hits", "delivers"), [(100, True), (101, False)])
def test_a_hundred_hits(hits, delivers):
    rig = loaded((Condition(7, "조건7", ("005930",) * hits),))
    send(rig, 7, 1)
    rig.run(1)
    assert bool(signalled(rig, 7)) == delivers


def use_for_a_request(rig):
    assert rig.request("opt10001", {"종목코드": "005930"}, screen="5007") == 0


def use_for_an_order(rig):
    account = Scenario().accounts[0].number
    assert rig.control.SendOrder("q", "5007", account, 1, "005930", 1, 0, "03", "") == 0


def use_for_another_condition(rig):
    assert send(rig, 0, 0, "5007") == 1


@pytest.mark.parametrize("use", [use_for_a_request, use_for_an_order, use_for_another_condition])
def test_another_use_of_its_screen_ends_it(use):
    rig = loaded()
    send(rig, 7, 1)
    rig.run(1)
    assert signalled(rig, 7)
    use(rig)
    assert signalled(rig, 7) == []


def test_a_lost_line_forgets_them():
    rig = loaded()
    send(rig, 7, 1)
    rig.run(1)
    rig.control.lose_line()
    rig.login()
    assert signalled(rig, 7) == []
    assert rig.control.GetConditionNameList() == ""
