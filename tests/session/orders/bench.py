"""A server's session with orders over a small simulated market, which can be killed and started again."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import ClassVar

from sapi_kiwoom.loop import SECOND
from sapi_kiwoom.session import Session
from sapi_kiwoom.session.orders import Limits, Wish, attach
from simulator.clock import VirtualLoop
from simulator.control import SimulatedControl
from tests.session.orders.exchange import ProcessLoop
from tests.simulator.market.fakes import BASE, STOCK, at
from tests.simulator.market.trading import opened
from tests.simulator.trader import ACCOUNT, another, small_house

LOW = BASE - 100

_ids = count(1)


class Nobody:
    """Where the events of a dead process go."""

    def __getattr__(self, name):
        return lambda *_: None


def at_once(acknowledged):
    acknowledged()


class Bench:
    """The broker and the exchange live on when the server is killed."""

    journals: ClassVar = []  # opened, to be closed after the test

    @classmethod
    def close_all(cls):
        while cls.journals:
            cls.journals.pop().close()

    def __init__(self, path, feed=None, limits=None, server=None, **scenario):
        self.loop = VirtualLoop(at(9, 29))
        self.path = path / "orders.db"
        self.limits = limits
        if server is not None:
            scenario["server"] = server
        self.house, self.scenario = small_house(feed or opened(), self.loop, **scenario)
        self.session = self.orders = None
        self.events = []
        self.start()

    def start(self, login=True):
        """A new process: a new control, a new session, the same journal."""
        self.control = SimulatedControl(self.loop, self.house, self.scenario)
        self.process = ProcessLoop(self.loop)
        self.session = Session(self.control, self.process)
        self.orders = attach(self.session, self.path, self.limits)
        self.orders.publish = lambda strategy, event: self.events.append(event)
        self.journal = self.orders.journal
        Bench.journals.append(self.journal)
        if login:
            self.session.start(on_connected=lambda: None, on_failed=self.failed)
            self.run(3)
        return self

    def failed(self, error):
        raise error

    def kill(self):
        """The process ends: nothing of it runs any more, and the broker sees its line break."""
        self.process.alive = False
        self.journal.close()
        if self.control._line is not None:
            self.control._line.close()
        self.control._events = Nobody()

    def run(self, seconds):
        self.loop.run_for(int(seconds * SECOND))

    # -- orders --------------------------------------------------------------------------------

    def wish(self, **values):
        wish = Wish(
            order_id=f"id-{next(_ids)}", strategy="s1", account=ACCOUNT, action="new", side="buy",
            code=STOCK.code, quantity=10, price=LOW, kind="00", exchange="KRX",
            valid_until=self.loop.now() + 30 * SECOND, user="tester",
        )  # fmt: skip
        return replace(wish, **values)

    def change(self, original, action="cancel", **values):
        values = {"side": "", "code": "", "exchange": "", "quantity": 0, "price": 0, **values}
        return self.wish(action=action, original=original, **values)

    def place(self, wish, accept=at_once):
        answers = []
        self.orders.place(wish, accept, answers.append)
        return answers

    def placed(self, wish, seconds=3):
        answers = self.place(wish)
        self.run(seconds)
        (order,) = answers
        return order

    def take(self):
        events, self.events = self.events, []
        return [(each["event"], each["order_id"]) for each in events if not each.get("repeated")]

    @property
    def exchange_orders(self):
        return self.house.desk.orders(ACCOUNT)


__all__ = ["ACCOUNT", "BASE", "LOW", "STOCK", "Bench", "Limits", "Nobody", "another", "at_once"]
