"""A day that goes on: an exchange that is killed at any moment and started again over its state."""

import contextlib
import json
import os
import queue
import random
import re
import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from dataclasses import replace

import pytest

from sapi_kiwoom import krx
from sapi_kiwoom.loop import SECOND
from simulator import Scenario, Simulator
from simulator.brokerage.ledger import FILE, Ledger
from simulator.brokerage.validation import ORDER_TYPES
from simulator.scenario.model import AccountSpec, Entry, Holding
from simulator.scenario.read import dump
from tests.simulator.hosted import Login

CODE, LIQUID = "00088K", "005930"
CLOSE = krx.midnight(krx.date(2026, 11, 20)) + (15 * 60 + 30) * krx.MINUTE
AFTER_HOURS = CLOSE + 31 * krx.MINUTE
START = CLOSE - 12 * krx.MINUTE
ACCOUNT = AccountSpec(holdings=(Holding(LIQUID, 1_000, 70_000_000),))
SCENARIO = Scenario(
    name="killed",
    codes=(CODE, LIQUID),
    fills="queue",
    accounts=(ACCOUNT,),
    entries=(Entry(START + 5 * krx.MINUTE, 1, LIQUID, 3, hoga="03"),),
)


def entries(state):
    """What the ledger in a directory says, by kind."""
    base = sqlite3.connect(str(state / FILE))
    rows = base.execute("SELECT sequence, at, kind, data FROM entries ORDER BY sequence").fetchall()
    base.close()
    found = [(sequence, at, kind, json.loads(data)) for sequence, at, kind, data in rows]
    assert [each[0] for each in found] == list(range(1, len(found) + 1))
    assert [each[1] for each in found] == sorted(each[1] for each in found)
    return {kind: [each for each in found if each[2] == kind] for kind in {e[2] for e in found}}


def check(state, scenario, returned):
    """What must hold of a state, whatever happened to the processes that made it.

    ``returned`` has the code that SendOrder gave by the order's rqname; None for one that did not return.
    """
    told = entries(state)
    sent = {sequence: data for sequence, _, _, data in told["sent"]}
    names = Counter(data["rqname"] for data in sent.values() if data["rqname"])
    for rqname, code in returned.items():
        assert names[rqname] == 1 if code == 0 else names[rqname] <= 1
    assert set(names) <= set(returned)
    elsewhere = sum(not data["rqname"] for data in sent.values())
    assert elsewhere == len(scenario.entries), "what was entered elsewhere was entered once"

    accepted = [data for _, _, _, data in told.get("accepted", [])]
    decided = Counter(data["sent"] for data in accepted)
    decided.update(data["sent"] for _, _, _, data in told.get("refused", []))
    assert decided == Counter(list(sent)), "each order is decided exactly once"
    numbers = [data["number"] for data in accepted]
    assert numbers == sorted(set(numbers))
    fills = [data for _, _, _, data in told.get("fill", [])]
    fill_numbers = [data["number"] for data in fills]
    assert fill_numbers == sorted(set(fill_numbers))
    dropped = [data["order"] for _, _, _, data in told.get("dropped", [])]
    assert len(dropped) == len(set(dropped))

    # The accounts are what the fills make of them.
    quantities = {data["number"]: data["quantity"] for data in accepted}
    kinds = {data["number"]: ORDER_TYPES[sent[data["sent"]]["order_type"]] for data in accepted}
    codes = {data["number"]: sent[data["sent"]]["code"] for data in accepted}
    shares = Counter({each.code: each.quantity for each in ACCOUNT.holdings})
    spent = 0
    filled = Counter()
    for data in fills:
        side = kinds[data["order"]].side
        shares[codes[data["order"]]] += side * data["quantity"]
        spent += side * data["quantity"] * data["price"]
        filled[data["order"]] += data["quantity"]
    assert all(filled[number] <= quantities[number] for number in filled)

    simulated = Simulator(scenario=scenario, at=START, state=state)
    account = simulated.house.desk.accounts[ACCOUNT.number]
    held = {code: holding.quantity for code, holding in account.holdings.items()}
    costs = account.today.fee + account.today.tax
    assert held == {code: count for code, count in shares.items() if code in held or count}
    assert account.cash == ACCOUNT.cash, "settled in two days"
    assert account.deposit(2) == ACCOUNT.cash - spent - costs
    orders = simulated.house.desk.orders(ACCOUNT.number)
    assert [order.number for order in orders] == numbers
    assert {order.number: order.filled for order in orders if order.filled} == dict(filled)
    simulated.close()
    return told


# -- killed at every write -------------------------------------------------------------------------


class Killed(BaseException):
    """The process ends here."""


class Script:
    """What a user does: each step once, whatever happens to the broker meanwhile."""

    STEPS = (
        ("buy", {"quantity": 5}),
        ("sell", {"kind": 2, "code": LIQUID, "quantity": 700}),
        ("far", {"code": LIQUID, "quantity": 10, "price": 140_000, "hoga": "00"}),
        ("too dear", {"code": LIQUID, "quantity": 1_000_000, "price": 150_000, "hoga": "00"}),
        (
            "change",
            {"kind": 5, "code": LIQUID, "quantity": 4, "price": 141_000, "hoga": "00", "of": "far"},
        ),
        ("take back", {"kind": 3, "code": LIQUID, "quantity": 0, "of": "far"}),
        ("at the close", {"code": LIQUID, "quantity": 2, "price": 142_000, "hoga": "00"}),
    )

    def __init__(self):
        self.returned = {}

    def play(self, simulated):
        """Go on until the end of the day's orders."""
        login = Login.of(simulated)
        assert login.connect() == 0
        desk = simulated.house.desk
        for rqname, step in self.STEPS:
            if rqname in self.returned:
                continue
            options = dict(step)
            original = options.pop("of", "")
            if original:
                numbers = {each.rqname: each.number for each in desk.orders(ACCOUNT.number)}
                options["original"] = f"{numbers[original]:07d}"
            self.returned[rqname] = None
            self.returned[rqname] = login.order(rqname, **{"code": CODE, **options})
            simulated.loop.run_for(40 * SECOND)
        simulated.loop.run_for(max(0, AFTER_HOURS - simulated.loop.now()))
        assert [each.rqname for each in desk.orders(ACCOUNT.number) if each.open] == []


def played(state, monkeypatch, kill_after=None):
    """Play the script over a state, killed once after so many writes; how many there were."""
    script, writes = Script(), [0]
    append = Ledger.append

    def counted(self, at, kind, data):
        sequence = append(self, at, kind, data)
        writes[0] += 1
        if writes[0] == kill_after:
            raise Killed
        return sequence

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "append", counted)
        while True:
            simulated = None
            try:
                with closing_ledgers():
                    simulated = Simulator(scenario=SCENARIO, at=START, state=state)
                    script.play(simulated)
                break
            except Killed:
                continue
    check(state, SCENARIO, script.returned)
    return writes[0]


@contextlib.contextmanager
def closing_ledgers():
    """A process that is gone has let go of its files."""
    made = []
    begin = Ledger.__init__

    def remember(self, *args):
        begin(self, *args)
        made.append(self)

    Ledger.__init__ = remember
    try:
        yield
    finally:
        Ledger.__init__ = begin
        for ledger in made:
            ledger.close()


def test_killed_after_any_write_everything_happens_once(tmp_path, monkeypatch):
    writes = played(tmp_path / "whole", monkeypatch)
    whole = entries(tmp_path / "whole")
    assert {"accepted", "refused", "fill", "dropped", "clock"} <= set(whole)
    for number in range(1, writes + 1):
        played(tmp_path / str(number), monkeypatch, number)


# -- a process that is killed ----------------------------------------------------------------------


class Exchange:
    """``sapi-kiwoom exchange`` in a process, ready for logins."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "sapi_kiwoom", "exchange", *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        )
        self.said = []
        lines = queue.Queue()
        self._reader = threading.Thread(
            target=lambda: [lines.put(line) for line in self.process.stdout] + [lines.put("")]
        )
        self._reader.start()
        while not self.said or not self.said[-1].startswith("ready"):
            line = lines.get(timeout=30)
            if not line:
                self.end(self.process.kill)
                raise AssertionError(f"it is not ready: {self.said}")
            self.said.append(line)
        self.port = int(re.search(r"127\.0\.0\.1:(\d+)", self.said[-1]).group(1))

    def end(self, how):
        """Its exit code."""
        how()
        code = self.process.wait(30)
        self._reader.join(30)
        self.process.stdout.close()
        return code


@pytest.fixture
def start():
    """Starts exchanges that are gone after the test."""
    started = []

    def start(*arguments):
        started.append(Exchange(*arguments))
        return started[-1]

    yield start
    for each in started:
        if each.process.poll() is None:
            each.end(each.process.kill)


@pytest.fixture
def day(tmp_path):
    """The scenario's file, and the options that play it over a state."""
    file = tmp_path / "killed.yaml"
    file.write_text(dump(replace(SCENARIO, start=START)), encoding="utf-8")
    return ["--scenario", file, "--speed", "50", "--state", tmp_path / "state"]


def refused(*arguments):
    """What an exchange says that does not start."""
    done = subprocess.run(
        [sys.executable, "-m", "sapi_kiwoom", "exchange", "--port", "0", *map(str, arguments)],
        capture_output=True,
        encoding="utf-8",
        timeout=50,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    return done.stderr


def test_orders_survive_kills_at_random_moments(start, day, tmp_path):
    moments = random.Random(7)
    exchange = start("--port", 0, *day)
    scenario = replace(SCENARIO, start=START, source=str(day[1]))
    login = Login(("127.0.0.1", exchange.port), day[1])
    returned = {}

    def send():
        """An order after the other, as fast as they are allowed, until the exchange is gone."""
        if not login.control.GetConnectState():
            login.loop.stop()
            return
        rqname = f"order {len(returned)}"
        kind = moments.choice((1, 2))
        price, hoga = moments.choice(((0, "03"), (140_000, "00")))
        code = login.order(
            rqname, code=LIQUID, quantity=moments.randint(1, 9), kind=kind, price=price, hoga=hoga
        )
        if code != -308:  # five a second
            returned[rqname] = code
        login.loop.call_later(SECOND // 10, send)

    for _ in range(4):
        assert login.connect() == 0
        killer = threading.Timer(moments.uniform(0.05, 0.5), exchange.process.kill)
        killer.start()
        send()
        login.loop.run()
        killer.join()
        assert exchange.end(exchange.process.kill) != 0
        exchange = start("--port", exchange.port, *day)
    assert login.connect() == 0

    def sent():  # once the second has not had its orders yet
        if returned.get("last") != 0:
            returned["last"] = login.order("last")
        return returned["last"] == 0

    login.until(sent)
    login.until(lambda: [args for args in login.named("OnReceiveTrData") if args[1] == "last"])
    login.close()
    assert exchange.end(exchange.process.terminate) == 0
    assert Counter(returned.values())[0] > 20
    with contextlib.closing(Simulator(scenario=scenario, state=tmp_path / "state")) as simulated:
        simulated.loop.run_for(6 * krx.MINUTE)  # the day goes on in this process, past the entry
    told = check(tmp_path / "state", scenario, returned)
    assert told["fill"]


def test_what_a_state_was_made_with_and_who_has_it_is_said(start, day, tmp_path):
    first = start("--port", 0, *day)
    assert "killed, seed 1, 2026-11-20 15:18:00 KST, speed 50" in first.said[-1]
    words = refused(*day)
    assert f"--state {tmp_path / 'state'}" in words
    assert "another process uses it" in words
    assert "choose another" in refused("--port", first.port, *day[:4])
    assert first.end(first.process.terminate) == 0
    assert "seed 2" in refused(*day, "--seed", 2)
    words = refused("--scenario", "quiet-day", "--speed", 1, *day[4:])
    assert "made with scenario killed, seed 1" in words
    assert "delete this one to begin anew" in words
