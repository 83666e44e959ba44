"""A client of the simulated control that remembers what it hears, and a small market for it."""

from simulator.brokerage.ledger import Ledger
from simulator.clock import VirtualLoop
from simulator.control import SimulatedControl
from simulator.house import House
from simulator.scenario.model import Scenario
from tests.simulator.market.fakes import STOCK, at

ACCOUNT = Scenario().accounts[0].number
STEP = 10_000
"""Microseconds that each step of an order takes in these tests."""


class Trader:
    """Hears everything; `on` may hold a function for each kind of event."""

    def __init__(self, loop, control):
        self.loop = loop
        self.control = control
        self.log = []
        self.on = {}
        control.attach(self)

    def _note(self, kind, *values):
        self.log.append((kind, *values))
        if kind in self.on:
            self.on[kind](*values)

    def OnEventConnect(self, error):
        self._note("connect", error)

    def OnReceiveMsg(self, screen, rqname, trcode, message):
        self._note("msg", screen, rqname, trcode, message)

    def OnReceiveTrData(self, screen, rqname, trcode, record, prev_next, *_):
        number = self.control.GetCommData(trcode, "", 0, "주문번호").strip()
        self._note("tr", screen, rqname, trcode, number)

    def OnReceiveRealData(self, code, real_type, raw):
        self._note("real", code, real_type, raw)

    def OnReceiveChejanData(self, gubun, count, fids):
        values = {int(fid): self.control.GetChejanData(int(fid)) for fid in fids.split(";")}
        assert len(values) == count
        self._note("chejan", gubun, values)

    # -- what it does --------------------------------------------------------------------------

    def login(self):
        assert self.control.CommConnect() == 0
        self.loop.run_for(50_000)
        assert ("connect", 0) in self.log
        self.log.remove(("connect", 0))
        return self

    def send(self, order_type, quantity, price=0, hoga=None, original="", code=STOCK.code, **other):
        """SendOrder, a limit order where there is a price."""
        hoga = hoga or ("00" if price else "03")
        rqname, screen = other.get("rqname", "주문"), other.get("screen", "0101")
        account = other.get("account", ACCOUNT)
        return self.control.SendOrder(
            rqname, screen, account, order_type, code, quantity, price, hoga, original
        )

    def run(self, seconds):
        self.loop.run_for(int(seconds * 1_000_000))

    def run_until(self, moment):
        self.loop.run_for(moment + 1 - self.loop.now())

    # -- what it heard -------------------------------------------------------------------------

    def take(self, *kinds):
        """What was heard since the last time, of some kinds or of all."""
        log, self.log = self.log, []
        return [event for event in log if not kinds or event[0] in kinds]

    def steps(self):
        """The same in short: msg, tr and 접수, 확인, 체결 or 잔고."""
        short = []
        for kind, *values in self.take("msg", "tr", "chejan"):
            short.append(kind if kind != "chejan" else step(*values))
        return short

    @property
    def orders(self):
        """The numbers that the server gave, as SendOrder wants them back."""
        return [values[3] for kind, *values in self.log if kind == "tr" and values[3]]


def step(gubun, values):
    return values[913] if gubun == "0" else "잔고"


def chejan(events, state=None):
    """The values of chejan events, maybe only those in a state (``잔고`` too)."""
    found = [
        (gubun, values) for kind, gubun, *rest in events if kind == "chejan" for values in rest
    ]
    return [values for gubun, values in found if state in (None, step(gubun, values))]


def small_house(feed, loop, stocks=(STOCK,), state=None, **scenario):
    """A broker over a feed of few events."""
    scenario.setdefault("latency", (STEP, STEP))
    ledger = None if state is None else Ledger(state, {"scenario": "test"})
    made = Scenario(**scenario)
    return House(loop, made, {stock.code: stock for stock in stocks}, feed, ledger), made


def trader(feed, moment=None, behaviour=None, **scenario):
    """Somebody who is logged in to a small house; the house is at ``.house``."""
    loop = VirtualLoop(at(9, 29) if moment is None else moment)
    house, made = small_house(feed, loop, **scenario)
    return another(house, loop, made, behaviour)


def another(house, loop, scenario, behaviour=None):
    """One more login of the same owner."""
    client = Trader(loop, SimulatedControl(loop, house, scenario, behaviour))
    client.house = house
    client.scenario = scenario
    return client.login()
