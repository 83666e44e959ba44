"""A control over a line that answers by itself, and whoever hears it: no market is played."""

from sapi_kiwoom import catalogue
from simulator.answers.reply import Reply
from simulator.answers.world import World
from simulator.clock import VirtualLoop
from simulator.control import Behaviour, SimulatedControl
from simulator.limits import Allowance
from simulator.scenario.model import Scenario
from simulator.universe import universe
from tests.simulator.market.fakes import Tiny, at

CODES = ("005930", "000660", "069500", "247540")
FREE = Allowance(1_000_000, ())
"""No limits."""

ROWS = 75
"""Rows of each answer: opt10003 has pages of 30."""


class Quiet(Tiny):
    """A feed in which nothing trades."""

    def day_so_far(self, stock, moment):
        return None


class Line:
    """Answers every TR of the catalogue with rows that say which request they belong to."""

    def __init__(self, house):
        self.house = house
        self.wanted = {}
        self.sent = []

    def ask(self, code, inputs):
        self.house.asked.append((code, dict(inputs)))
        tr = catalogue.tr(code)
        serial = len(self.house.asked)
        single = [f"{serial}"] * len(tr.single.fields) if tr.single else []
        count = ROWS if tr.multi else 0
        rows = ([f"{serial}:{row}"] * len(tr.multi.fields) for row in range(count))
        return Reply(single, rows)

    def want(self, key, types):
        if types:
            self.wanted[key] = types
        else:
            self.wanted.pop(key, None)

    def send(self, request):
        self.sent.append(request)

    def close(self):
        self.wanted.clear()


class House:
    """A broker with few stocks, none of which trades."""

    def __init__(self, profile="mock", codes=CODES):
        self.profile = profile
        self.world = World({code: universe()[code] for code in codes}, Quiet())
        self.asked = []
        self.line = None

    def connect(self, client):
        self.line = Line(self)
        return self.line

    def close(self):
        pass


class Rig:
    """A control; ``events`` has what it said, ``reading`` what to call inside an event."""

    def __init__(self, behaviour=None, scenario=None, profile="mock", moment=None, login=True):
        self.loop = VirtualLoop(at(10) if moment is None else moment)
        self.house = House(profile)
        self.control = SimulatedControl(
            self.loop, self.house, scenario or Scenario(), behaviour or Behaviour(allowance=FREE)
        )
        self.events = []
        self.reading = {}
        self.boxes = []
        self.control.attach(self)
        self.control.on_message_box = self.boxes.append
        if login:
            self.login()

    def __getattr__(self, name):
        if not name.startswith("On"):
            raise AttributeError(name)

        def record(*args):
            self.events.append((name, *args))
            if name in self.reading:
                self.reading[name](*args)

        return record

    @property
    def line(self):
        return self.house.line

    def login(self):
        assert self.control.CommConnect() == 0
        self.run(1)
        self.events.clear()

    def run(self, seconds):
        self.loop.run_for(int(seconds * 1_000_000))

    def named(self, name):
        return [event[1:] for event in self.events if event[0] == name]

    def request(self, tr, inputs, prev_next=0, screen="1000", rqname="질문"):
        for name, value in inputs.items():
            self.control.SetInputValue(name, value)
        return self.control.CommRqData(rqname, tr, prev_next, screen)

    def rows(self, tr, inputs, prev_next=0, screen="1000"):
        """The first cells of a page, as ``serial:row``, and whether more follow."""
        seen = []

        def read(scr, rqname, code, record, more, *rest):
            table = self.control.GetCommDataEx(code, "") or []
            seen.append(([row[0].strip() for row in table], more == "2"))

        self.reading["OnReceiveTrData"] = read
        assert self.request(tr, inputs, prev_next, screen) == 0
        self.run(1)
        del self.reading["OnReceiveTrData"]
        ((rows, more),) = seen
        return rows, more
