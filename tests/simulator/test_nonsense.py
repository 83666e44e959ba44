"""Every request is answered or refused at once, whatever its inputs are."""

import pytest

from sapi_kiwoom import catalogue, krx
from simulator import Scenario, Simulator
from tests.simulator.answering import TODAY

TRS = sorted(catalogue.trs())


class Answered(list):
    """The requests that were answered."""

    def OnReceiveTrData(self, screen, rqname, *rest):
        self.append(rqname)

    def __getattr__(self, name):
        return lambda *_: None


@pytest.fixture(scope="module")
def running():
    scenario = Scenario(seed=5, codes=("005930", "015760", "069500"), server="real")
    simulator = Simulator(scenario=scenario, at=krx.midnight(TODAY) + 11 * 60 * krx.MINUTE)
    answered = Answered()
    simulator.control.attach(answered)
    simulator.control.CommConnect()
    simulator.loop.run_for(1_000_000)
    return simulator, answered


@pytest.mark.parametrize("nonsense", ["", "x", "30", "20261301"])
def test_every_tr_takes_nonsense(running, nonsense):
    """A stock that exists, the rest neither dates nor codes nor numbers: an answer comes, or -202."""
    simulator, answered = running
    control, loop = simulator.control, simulator.loop
    account = control.GetLoginInfo("ACCNO").split(";")[0]
    waiting = set()
    for number, code in enumerate(TRS):
        tr = catalogue.tr(code)
        for each in tr.inputs:
            sense = {"계좌번호": account, "종목코드": "005930"}
            control.SetInputValue(each.name, sense.get(each.name, nonsense))
        returned = control.CommRqData(f"{code} {nonsense}", tr.code, 0, f"{1000 + number % 100}")
        assert returned in {0, -202}, code
        if returned == 0:
            waiting.add(f"{code} {nonsense}")
        loop.run_for(4_000_000)  # within the budget of an hour, nearly
        if number % 200 == 199:
            simulator.control.CommConnect()  # the budget begins anew
            loop.run_for(1_000_000)
    loop.run_for(60_000_000)
    assert waiting <= set(answered)
