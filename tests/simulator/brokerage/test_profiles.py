"""Kiwoom's servers as data: complete, distinct where they are known to differ, and refused by name."""

import pytest

from simulator import Scenario, Simulator
from simulator.brokerage.messages import Saying, text
from simulator.brokerage.profiles import PROFILES, chejan_fids, profile
from simulator.control import SimulatedControl
from simulator.scenario.model import AccountSpec, Holding
from tests.simulator.market.fakes import at

SECOND = 1_000_000


@pytest.mark.parametrize("name", PROFILES)
def test_each_profile_names_lists_that_exist(name):
    found = profile(name)
    assert found.chejan in chejan_fids()
    assert all(tr == tr.lower() for tr in found.refused)
    assert text(name, Saying.QUERY_DONE).startswith("[")


@pytest.mark.parametrize(
    ("era", "orders", "holdings"), [("2017", 31, 27), ("2021", 35, 34), ("2025", 38, 34)]
)
def test_lists_are_as_long_as_they_were_recorded_and_name_a_fid_once(era, orders, holdings):
    lists = chejan_fids()[era]
    assert (len(lists["0"]), len(lists["1"])) == (orders, holdings)
    assert all(len(set(fids)) == len(fids) for fids in lists.values())


def test_an_unknown_profile_names_the_known_ones():
    with pytest.raises(ValueError, match="one of mock, mock-2020, real"):
        profile("demo")


class Program:
    """Asks for its account and buys a share."""

    def __init__(self, server):
        account = AccountSpec(holdings=(Holding("005930", 10, 700_000),))
        scenario = Scenario(codes=("005930",), server=server, accounts=(account,), latency=(1, 1))
        simulator = Simulator(scenario=scenario, at=at(10))
        self.control: SimulatedControl = simulator.control
        self.events = []
        self.rate = None
        self.control.attach(self)
        self.control.CommConnect()
        simulator.loop.run_for(SECOND)
        self.server = self.control.GetLoginInfo("GetServerGubun")
        for name, value in (("계좌번호", account.number), ("조회구분", "1")):
            self.control.SetInputValue(name, value)
        self.control.CommRqData("잔고", "opw00018", 0, "1000")
        simulator.loop.run_for(SECOND)
        self.control.SendOrder("주문", "2000", account.number, 1, "005930", 1, 0, "03", "")
        simulator.loop.run_for(5 * SECOND)

    def OnReceiveMsg(self, screen, rqname, trcode, message):
        self.events.append(("msg", rqname, message))

    def OnReceiveTrData(self, screen, rqname, trcode, *rest):
        self.events.append(("tr", rqname))
        if rqname == "잔고":
            self.rate = self.control.GetCommData(trcode, "", 0, "수익률(%)").strip()

    def OnReceiveChejanData(self, gubun, count, fids):
        self.events.append((gubun, count))

    def __getattr__(self, name):
        if name.startswith("On"):
            return lambda *args: None
        raise AttributeError(name)


@pytest.mark.parametrize(
    ("server", "gubun", "done", "count", "point"),
    [
        ("mock", "1", "[100000] 모의투자 조회가 완료되었습니다", 35, True),
        ("mock-2020", "1", "[00Z310] 모의투자 조회가 완료되었습니다", 35, True),
        ("real", "0", "[100000] 조회가 완료되었습니다.", 38, False),
    ],
)
def test_a_program_sees_which_server_it_is_on(server, gubun, done, count, point):
    program = Program(server)
    assert program.server == gubun
    assert ("msg", "잔고", done) in program.events
    assert ("." in program.rate) == point
    order = [event[0] for event in program.events if event[1] == "주문"]
    assert order == ["msg", "tr"]
    assert next(event for event in program.events if event[0] == "0") == ("0", count)
    assert ("1", 34) in program.events
