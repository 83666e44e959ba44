"""One trace for every Python: what a program sees of a market, byte by byte.

The digests say when the simulated market changes. Where that is meant, put the new ones here.
"""

from __future__ import annotations

import hashlib
from datetime import date

import pytest

from sapi_kiwoom import krx
from simulator import Scenario, Simulator
from simulator.scenario.model import AccountSpec, Holding

DAY = date(2026, 11, 20)
CODES = ("000020", "005930", "069500")
ACCOUNT = AccountSpec(holdings=(Holding("005930", 300, 30_000_000),))

DIGESTS = {
    "touch": "3ab85a074551282914f772ab599dbb5aba4854a48b9b64fc8d93aad58c6f76c2",
    "queue": "304e239ea0a0b5d22e78ddb66e68d16f2ce60f880122a1fbd3760361d12c117e",
    "book": "6c8d1bc391ae3aac8b6c79f250873b2e556ca19266cfbae21421696c093ffd70",
}


class Trace:
    """Digests every event with its moment, and every value that can be read inside it."""

    def __init__(self, simulator: Simulator) -> None:
        self.control, self.loop = simulator.control, simulator.loop
        self._digest = hashlib.sha256()
        self.control.attach(self)

    def _add(self, *values: object) -> None:
        self._digest.update(repr((self.loop.now(), *values)).encode())

    def OnEventConnect(self, *arguments):
        self._add(*arguments)

    def OnReceiveMsg(self, *arguments):
        self._add(*arguments)

    def OnReceiveTrData(self, screen, rqname, trcode, *rest):
        rows = self.control.GetCommDataEx(trcode, "")
        number = self.control.GetCommData(trcode, "", 0, "주문번호")
        self._add(screen, rqname, trcode, *rest, rows, number)

    def OnReceiveRealData(self, *arguments):
        self._add(*arguments)

    def OnReceiveChejanData(self, gubun, count, fids):
        self._add(gubun, count, [self.control.GetChejanData(int(fid)) for fid in fids.split(";")])

    def digest(self) -> str:
        return self._digest.hexdigest()


@pytest.mark.parametrize("fills", DIGESTS)
def test_a_morning_is_the_same_on_every_python(fills):
    scenario = Scenario(seed=11, codes=CODES, fills=fills, server="real", accounts=(ACCOUNT,))
    simulator = Simulator(scenario=scenario, at=krx.midnight(DAY) + (8 * 60 + 59) * krx.MINUTE)
    trace, control, loop = Trace(simulator), simulator.control, simulator.loop
    control.CommConnect()
    loop.run_for(100_000)
    account = control.GetLoginInfo("ACCNO").split(";")[0]
    control.SetRealReg("1000", ";".join(CODES), "10;20;41", "0")
    base = simulator.world.feed.base_price(simulator.world.stocks["005930"], DAY)

    def order(kind, quantity, price, hoga="00", original=""):
        assert not control.SendOrder(
            "order", "2000", account, kind, "005930", quantity, price, hoga, original
        )

    order(1, 40, base)
    order(2, 100, 0, "03")
    loop.run_for(62_000_000)
    order(1, 25, 0, "03")
    order(2, 30, base + 500)
    loop.run_for(20_000_000)
    control.SetInputValue("계좌번호", account)
    control.SetInputValue("비밀번호", "")
    control.SetInputValue("비밀번호입력매체구분", "00")
    control.SetInputValue("조회구분", "1")
    control.CommRqData("balance", "opw00018", 0, "3000")
    control.SetInputValue("종목코드", "005930")
    control.SetInputValue("틱범위", "1")
    control.SetInputValue("수정주가구분", "1")
    control.CommRqData("minutes", "opt10080", 0, "3001")
    loop.run_for(10_000_000)
    assert trace.digest() == DIGESTS[fills]
