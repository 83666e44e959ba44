"""A broker that is killed at any moment goes on from there."""

import tempfile
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sapi_kiwoom import krx
from simulator import Scenario, Simulator, usual_moment
from simulator.brokerage.ledger import Ledger, LedgerError
from simulator.brokerage.order import CANCEL
from simulator.clock import VirtualLoop
from simulator.feeds import Tick
from simulator.scenario.model import AccountSpec, Entry, Holding
from tests.simulator.answering import CODE
from tests.simulator.market.fakes import BASE, DAY, STOCK, TABLE, Tiny, at, book
from tests.simulator.trader import ACCOUNT, another, chejan, small_house

ACCOUNTS = (AccountSpec(holdings=(Holding(STOCK.code, 300, 2_900_000),)),)
BUY, SELL, CANCEL_BUY, CANCEL_SELL, MODIFY_BUY, MODIFY_SELL = range(1, 7)


def lively():
    """A trade every second around the base price and a book behind each, late in the day.

    For a memory is written to each minute, and the close should not be far.
    """
    index = TABLE.index(BASE)
    ticks, quotes = [Tick(at(9), BASE, 50, 0)], []
    for second in range(1, 300):
        middle = index + (second * 7) % 5 - 2
        side = 1 if second % 3 else -1
        moment = at(15, 10 + second // 60, second % 60)
        ticks.append(Tick(moment, TABLE.price(middle + (side > 0)), 3 + second % 11, side))
        quotes.append(book(moment + 100, TABLE.price(middle + 1), TABLE.price(middle), 20))
    return Tiny([*ticks, Tick(at(15, 30), BASE, 70, 0)], quotes)


FEED = lively()


@pytest.fixture(autouse=True, scope="module")
def ledgers():
    """Every ledger is closed at last, whatever its process came to."""
    opened, real = [], Ledger.__init__

    def begin(self, *arguments):
        opened.append(self)
        real(self, *arguments)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Ledger, "__init__", begin)
        yield
    for ledger in opened:
        ledger.close()


class Desk:
    """A broker with a memory, and a client of it; both may be killed."""

    def __init__(self, folder, **scenario):
        self.folder = folder
        self.scenario = {"accounts": ACCOUNTS, **scenario}
        self.loop = VirtualLoop(at(15, 10, 10))
        self.start()

    def start(self):
        ledger = Ledger(self.folder, {"scenario": "test"})
        began = max((entry.at for entry in ledger.entries()), default=self.loop.now())
        ledger.close()
        behind = self.loop.now() - began
        self.loop = VirtualLoop(began)
        self.house, made = small_house(FEED, self.loop, state=self.folder, **self.scenario)
        self.restored = self.state()
        self.loop.run_for(behind)
        self.client = another(self.house, self.loop, made)

    def kill(self):
        before = self.state()
        self.house.desk._ledger.close()  # its process is gone, and with it all that was not written
        self.start()
        return before

    def state(self):
        desk = self.house.desk
        account = desk.accounts[ACCOUNT]
        orders = [
            (o.number, o.kind, o.side, o.hoga, o.quantity, o.price, o.filled, o.value, o.withdrawn)
            for o in desk.orders(ACCOUNT)
        ]
        fills = [(f.number, f.order.number, f.at, f.price, f.quantity) for f in desk.fills(ACCOUNT)]
        holdings = {
            code: (each.quantity, each.cost, each.orderable)
            for code, each in account.holdings.items()
        }
        return orders, fills, holdings, account.deposit(2), account.bound, replace(account.today)

    def entries(self, kind):
        return [entry for entry in self.house.desk._ledger.entries() if entry.kind == kind]


actions = st.lists(
    st.one_of(
        st.tuples(st.just("new"), st.sampled_from((BUY, SELL)), st.integers(1, 60), st.integers(-4, 4)),
        st.tuples(st.just("market"), st.sampled_from((BUY, SELL)), st.integers(1, 60)),
        st.tuples(st.just("modify"), st.integers(0, 9), st.integers(0, 9), st.integers(-4, 4)),
        st.tuples(st.just("cancel"), st.integers(0, 9), st.integers(0, 9)),
        st.tuples(st.just("run"), st.sampled_from((1, 5_000, 10_000, 15_000, 25_000, 1_000_000, 7_000_000))),
        st.tuples(st.just("kill")),
    ),
    min_size=3,
    max_size=14,
)  # fmt: skip


def act(desk, what, *values):
    client = desk.client
    if what == "new":
        order_type, quantity, offset = values
        client.send(order_type, quantity, BASE + 10 * offset)
    elif what == "market":
        client.send(*values)
    elif what == "run":
        client.loop.run_for(values[0])
    elif what == "kill":
        before = desk.kill()
        assert desk.restored == before
    else:
        orders = desk.house.desk.orders(ACCOUNT)
        if orders:
            order = orders[values[0] % len(orders)]
            buys, number = order.side > 0, f"{order.number:07d}"
            if what == "cancel":
                client.send(CANCEL_BUY if buys else CANCEL_SELL, values[1], 0, "00", number)
            else:
                price = BASE + 10 * values[2]
                kind = MODIFY_BUY if buys else MODIFY_SELL
                client.send(kind, values[1], price, order.hoga, number)


@settings(max_examples=15, deadline=None)
@given(actions, st.sampled_from(["touch", "queue", "book"]))
def test_a_desk_that_is_killed_at_any_moment_goes_on_from_there(steps, fills):
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk(Path(folder), fills=fills)
        for step in steps:
            act(desk, *step)
        assert desk.kill() == desk.restored
        desk.client.run_until(at(15, 40))
        orders, done, holdings, deposit, bound, today = desk.state()

        decided = [
            entry.data["sent"] for entry in desk.entries("accepted") + desk.entries("refused")
        ]
        assert sorted(decided) == [entry.sequence for entry in desk.entries("sent")]
        numbers = [order[0] for order in orders]
        assert numbers == sorted(set(numbers))
        assert len({fill[0] for fill in done}) == len(done)
        for number, kind, _, _, quantity, _, filled, value, withdrawn in orders:
            if kind != CANCEL:
                assert filled + withdrawn == quantity, "nothing is open after the close"
            own = [fill for fill in done if fill[1] == number]
            assert sum(fill[4] for fill in own) == filled
            assert sum(fill[3] * fill[4] for fill in own) == value
        sides = {order[0]: order[2] for order in orders}
        bought = sum(fill[4] * sides[fill[1]] for fill in done)
        assert holdings[STOCK.code][0] == 300 + bought
        spent = sum(fill[3] * fill[4] * sides[fill[1]] for fill in done)
        assert deposit == 500_000_000 - spent - today.fee - today.tax
        assert bound == 0
        desk.house.desk._ledger.close()


def test_an_order_that_nobody_decided_about_is_decided_after_the_restart(tmp_path):
    desk = Desk(tmp_path, latency=(100_000, 100_000))
    desk.client.send(BUY, 10)
    assert desk.state()[0] == []
    desk.kill()
    desk.client.run(5)
    ((_, _, _, _, quantity, _, filled, _, _),) = desk.state()[0]
    assert (quantity, filled) == (10, 10)
    assert [kind for kind, *_ in desk.client.take()] == ["chejan"] * 3, "its answer is lost"


def test_an_open_order_works_on_and_its_fills_are_told(tmp_path):
    desk = Desk(tmp_path)
    desk.client.send(SELL, 10, BASE + 300)
    desk.client.run(1)
    desk.kill()
    desk.client.send(SELL, 300)
    desk.client.run(1)
    assert desk.client.steps()[-2:] == ["msg", "tr"], "its shares are bound"
    (number,) = {order[0] for order in desk.state()[0]}
    desk.client.send(CANCEL_SELL, 0, 0, "00", f"{number:07d}")
    desk.client.run(1)
    assert [values[913] for values in chejan(desk.client.take())] == ["접수", "확인", "접수"]


def test_days_go_by_across_restarts(tmp_path):
    desk = Desk(tmp_path)
    desk.client.send(BUY, 10)
    desk.client.run(5)
    bought = desk.state()
    monday = krx.next_trading_day(DAY)
    desk.client.run_until(at(9, 30, day=monday))
    assert desk.state()[0] == []
    before = desk.kill()
    assert desk.restored == before
    assert desk.state()[2][STOCK.code][0] == bought[2][STOCK.code][0] == 310
    account = desk.house.desk.accounts[ACCOUNT]
    assert account.day == monday
    desk.client.run_until(at(9, day=krx.trading_day(krx.trading_day_index(DAY) + 2)))
    assert desk.house.desk.accounts[ACCOUNT].cash == account.deposit(0) < 500_000_000


def test_an_entry_of_the_scenario_is_entered_once(tmp_path):
    entries = (Entry(at(15, 11), BUY, STOCK.code, 3, hoga="03"),)
    desk = Desk(tmp_path, entries=entries)
    desk.loop.run_for(at(15, 11) - desk.loop.now())
    desk.kill()  # at the very moment
    desk.kill()
    desk.client.run(10)
    desk.kill()
    assert [order[4] for order in desk.state()[0]] == [3]


def test_an_entry_that_was_missed_while_nobody_ran_is_entered(tmp_path):
    entries = (Entry(at(15, 11), BUY, STOCK.code, 3, hoga="03"),)
    desk = Desk(tmp_path, entries=entries)
    desk.house.desk._ledger.close()
    desk.loop = VirtualLoop(at(15, 12))
    desk.start()
    assert [order[4] for order in desk.state()[0]] == [3]


# -- the whole simulator ---------------------------------------------------------------------------


def simulator(folder, moment=None, **scenario):
    return Simulator(
        3, at=moment or at(10), scenario=Scenario(codes=(CODE,), **scenario), state=folder
    )


def test_a_simulator_catches_up_with_the_time_it_was_away(tmp_path):
    first = simulator(tmp_path)
    first.loop.run_for(90_000_000)
    first.house.desk._ledger.close()
    second = simulator(tmp_path, at(11))
    assert second.loop.now() == at(10, 1), "the last minute that was written down"
    second.catch_up()
    assert second.loop.now() == at(11)
    second.house.desk._ledger.close()


def test_another_scenario_does_not_fit_a_state(tmp_path):
    simulator(tmp_path).house.desk._ledger.close()
    with pytest.raises(LedgerError, match="scenario"):
        simulator(tmp_path, fills="book")


@pytest.mark.parametrize(
    ("day", "hour", "minute", "same"),
    [
        (20, 9, 0, True),
        (20, 15, 14, True),
        (20, 15, 15, False),
        (20, 8, 59, False),
        (22, 11, 0, False),
    ],
)
def test_a_market_that_nobody_gave_a_time_starts_while_stocks_trade(day, hour, minute, same):
    """Not in the closing auction, and not on a Sunday."""
    wall = krx.midnight(date(2026, 11, day)) + (60 * hour + minute) * krx.MINUTE
    ten = krx.midnight(date(2026, 11, 20)) + 600 * krx.MINUTE
    assert usual_moment(wall) == (wall if same else ten)
