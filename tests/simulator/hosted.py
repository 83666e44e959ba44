"""A broker on a thread of its own, as another process would have it, and controls that log in to it."""

import socket
import threading
from concurrent.futures import Future

from sapi_kiwoom import krx
from sapi_kiwoom.loop import SECOND
from simulator import Behaviour, Scenario, Simulator, identity
from simulator.hosting import HouseServer
from simulator.limits import Allowance

TEN = krx.midnight(krx.date(2026, 11, 20)) + 600 * krx.MINUTE
AT_ONCE = Behaviour(login=0, latency=(0, 0), allowance=Allowance(1_000, ((1_000, 1),)))


class Hosted:
    """A house and its door. Everything about them happens on their own thread, see `do`."""

    def __init__(self, scenario=None, *, at=TEN, speed=50.0, port=0, state=None):
        self.scenario = scenario or Scenario()
        self._options = {"at": at, "speed": speed, "state": state}
        self._port = port
        self._ready = threading.Event()
        self._problem = None
        self._thread = threading.Thread(target=self._run, name="hosted")
        self._thread.start()
        self._ready.wait(30)
        if self._problem is not None:
            self._thread.join()
            raise self._problem

    def _run(self):
        try:
            simulated = Simulator(scenario=self.scenario, **self._options)
            self.loop, self.house = simulated.loop, simulated.house
            speed, played = simulated.speed, identity(self.scenario)
            try:
                self.server = HouseServer(
                    self.loop, self.house, speed=speed, identity=played, port=self._port
                )
            except Exception:
                simulated.close()
                raise
            self.address = self.server.address
        except Exception as error:
            self._problem = error
            return
        finally:
            self._ready.set()
        self.loop.run()
        self.server.close()
        simulated.close()

    def do(self, fn):
        """What ``fn`` gives, called on the house's thread."""
        done = Future()

        def call():
            try:
                done.set_result(fn())
            except Exception as error:
                done.set_exception(error)

        self.loop.post(call)
        return done.result(30)

    def stop(self):
        if self._thread.is_alive():
            self.loop.post(self.loop.stop)
            self._thread.join(30)
        assert not self._thread.is_alive()


class Login:
    """A control, by default of a house elsewhere, and what it heard."""

    def __init__(self, address, scenario=None, **options):
        options = {"at": 0, "behaviour": AT_ONCE, **options}
        self._attach(Simulator(scenario=scenario, exchange=address, **options))

    @classmethod
    def of(cls, simulator):
        """The control of a simulator."""
        made = cls.__new__(cls)
        made._attach(simulator)
        return made

    def _attach(self, simulator):
        self.simulator = simulator
        self.control, self.loop = self.simulator.control, self.simulator.loop
        self.events = []
        self.reading = {}  # what to call inside an event, by its name
        self.control.attach(self)

    def __getattr__(self, name):
        if not name.startswith("On"):
            raise AttributeError(name)

        def record(*args):
            self.events.append((name, *args))
            if name in self.reading:
                self.reading[name](*args)

        return record

    def named(self, name):
        return [event[1:] for event in self.events if event[0] == name]

    def until(self, met, wall=20.0):
        """Run until ``met()``; fails when that takes ``wall`` seconds."""
        if met():
            return
        alarm = threading.Timer(wall, lambda: self.loop.post(self.loop.stop))
        alarm.start()

        def look():
            if met():
                self.loop.stop()
            else:
                self.loop.call_later(SECOND // 20, look)

        look()
        self.loop.run()
        alarm.cancel()
        alarm.join()
        assert met(), self.events[-5:]

    def connect(self):
        """Log in; the code that OnEventConnect has."""
        before = len(self.named("OnEventConnect"))
        assert self.control.CommConnect() == 0
        self.until(lambda: len(self.named("OnEventConnect")) > before)
        return self.named("OnEventConnect")[before][0]

    def order(self, rqname, *, code="005930", quantity=1, price=0, hoga="03", kind=1, original=""):
        account = self.control.GetLoginInfo("ACCNO").split(";")[0]
        return self.control.SendOrder(
            rqname, "0101", account, kind, code, quantity, price, hoga, original
        )

    def ask(self, tr, inputs, prev_next=0):
        """An answer: its single record and rows (both None for none), and sPrevNext."""
        seen = []

        def read(screen, rqname, trcode, record, more, *rest):
            names = [field.name for field in _single_fields(tr)]
            single = [self.control.GetCommData(trcode, "", 0, name) for name in names]
            seen.append((single, self.control.GetCommDataEx(trcode, ""), more))

        self.reading["OnReceiveTrData"] = read
        for name, value in inputs.items():
            self.control.SetInputValue(name, value)
        assert self.control.CommRqData("q", tr, prev_next, "1000") == 0
        self.until(lambda: seen)
        del self.reading["OnReceiveTrData"]
        return seen[0]

    def close(self):
        self.simulator.close()


def _single_fields(tr):
    from sapi_kiwoom import catalogue

    single = catalogue.tr(tr).single
    return single.fields if single else ()


def threads():
    """Those that belong to lines, and should have ended with them."""
    return [each for each in threading.enumerate() if each.name.startswith("exchange-")]


def peer(address):
    """A bare connection."""
    connection = socket.create_connection(address, timeout=20)
    connection.settimeout(20)
    return connection
