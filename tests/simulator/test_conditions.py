"""What a condition search finds, and when stocks enter and leave, against a plain reading of the trades."""

from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sapi_kiwoom import krx
from simulator import Scenario, Simulator
from simulator.answers.criteria import possible
from simulator.answers.snapshot import on_day
from simulator.answers.world import World
from simulator.clock import VirtualLoop
from simulator.conditions import Search, next_look
from simulator.feeds import DayBar, Tick
from simulator.feeds.folding import fold_day
from simulator.scenario.criteria import (
    AllOf,
    AnyOf,
    AtLimit,
    Compare,
    Market,
    NewExtreme,
    Not,
    Owned,
)
from simulator.scenario.model import AccountSpec, Condition, Holding
from simulator.universe import universe
from tests.simulator.market.fakes import BASE, DAY, TABLE, Tiny, at

YESTERDAY = date(2026, 11, 19)
UPPER, LOWER = TABLE.limits(BASE)
PRICES = [LOWER, 9_490, 9_900, BASE, 10_090, 10_100, 10_110, 10_500, UPPER]
CODES = ("005930", "000660", "247540")
SECOND = 1_000_000


class Trades(Tiny):
    """What three stocks traded on two days."""

    def __init__(self, by_code):
        super().__init__()
        self.of = {code: Tiny(ticks) for code, ticks in by_code.items()}

    def minutes(self, stock, day, board="KRX"):
        return self.of[stock.code].minutes(stock, day, board)

    def ticks(self, stock, day, minute, board="KRX"):
        return self.of[stock.code].ticks(stock, day, minute, board)

    def day(self, stock, day):
        return fold_day(day, self.minutes(stock, day))

    def days(self, stock, newest, count):
        return [bar for bar in [self.day(stock, newest)] if bar]


# -- a plain reading -------------------------------------------------------------------------------


def figures(ticks, moment):
    """price, high, low, volume, value of what was traded by a moment of `DAY`."""
    today = [tick for tick in ticks if at(0) <= tick.at <= moment]
    prices = [tick.price for tick in today]
    value = sum(tick.price * tick.quantity for tick in today) // 1_000_000
    volume = sum(tick.quantity for tick in today)
    return (prices or [BASE])[-1], prices, volume, value


def reads(criterion, code, ticks, moment):
    """Whether it is met by what was traded until a moment."""
    price, prices, volume, value = figures(ticks, moment)
    before = [tick for tick in ticks if tick.at < at(0)]
    if isinstance(criterion, Compare):
        have = {"price": price, "volume": volume, "value": value}.get(criterion.figure)
        if criterion.figure == "change":
            have = round((price - BASE) / BASE * 10_000)
        want = criterion.number
        if criterion.unit == "x yesterday":
            if not before:
                return False
            had = sum(tick.quantity for tick in before)
            if criterion.figure == "value":
                had = sum(tick.price * tick.quantity for tick in before) // 1_000_000
            have, want = have * 100, want * had
        return {">": have > want, ">=": have >= want, "<": have < want, "<=": have <= want}[
            criterion.sign
        ]
    if isinstance(criterion, NewExtreme):
        if not before or not prices:
            return False
        past = [tick.price for tick in before]
        if criterion.side == "high":
            return max(prices) > max(past)
        return min(prices) < min(past)
    if isinstance(criterion, AtLimit):
        return price == (UPPER if criterion.side == "upper" else LOWER)
    if isinstance(criterion, Market):
        return criterion.name == ("kosdaq" if code == "247540" else "kospi")
    if isinstance(criterion, Not):
        return not reads(criterion.part, code, ticks, moment)
    every = [reads(each, code, ticks, moment) for each in criterion.parts]
    return all(every) if isinstance(criterion, AllOf) else any(every)


def inside(criterion, code, ticks, moment):
    """The same as the server notices it: not what is over within a minute."""
    begins = moment - moment % krx.MINUTE
    stood = reads(criterion, code, ticks, begins - 1)
    ends = reads(criterion, code, ticks, begins + krx.MINUTE - 1)
    return stood if stood == ends else reads(criterion, code, ticks, moment)


# -- what may be searched --------------------------------------------------------------------------

signs = st.sampled_from([">", ">=", "<", "<="])
atoms = st.one_of(
    st.builds(Compare, st.just("price"), signs, st.sampled_from([9_900, BASE, 10_100, 10_500])),
    st.builds(
        Compare, st.just("change"), signs, st.sampled_from([-510, 0, 100, 110]), st.just("%")
    ),
    st.builds(Compare, st.just("volume"), signs, st.sampled_from([0, 10, 300])),
    st.builds(Compare, st.just("value"), signs, st.sampled_from([0, 2, 5]), st.just("million")),
    st.builds(
        Compare,
        st.sampled_from(["volume", "value"]),
        signs,
        st.sampled_from([50, 100, 150]),
        st.just("x yesterday"),
    ),
    st.builds(NewExtreme, st.sampled_from(["high", "low"]), st.just(20)),
    st.builds(AtLimit, st.sampled_from(["upper", "lower"])),
    st.builds(Market, st.sampled_from(["kospi", "kosdaq"])),
)


def several(inner):
    parts = st.lists(inner, min_size=1, max_size=3).map(tuple)
    return st.builds(AllOf, parts) | st.builds(AnyOf, parts) | st.builds(Not, inner)


criteria = st.recursive(atoms, several, max_leaves=5)


@st.composite
def traded(draw):
    """Trades of a stock in the first four minutes of `DAY`, after some on the day before."""
    quantities = st.integers(1, 400)
    ticks = []
    for day, most in ((YESTERDAY, 2), (DAY, 8)):
        moments = draw(st.lists(st.integers(0, 4 * 60 * 4 - 1), max_size=most, unique=True))
        ticks += [
            Tick(
                at(9, 0, day=day) + quarter * SECOND // 4,
                draw(st.sampled_from(PRICES)),
                draw(quantities),
                draw(st.sampled_from([1, -1])),
            )
            for quarter in sorted(moments)
        ]
    return ticks


days = st.fixed_dictionaries({code: traded() for code in CODES})
stocks = {code: universe()[code] for code in CODES}


@given(criteria, days, st.integers(0, 5 * 60 * 4))
def test_searches_find_what_the_trades_say(when, by_code, quarter):
    start = at(8, 59) + quarter * SECOND // 4
    loop = VirtualLoop(start)
    search = Search(World(stocks, Trades(by_code)), loop, Condition(0, "x", (), when), lambda: True)
    moments, now, found = [], {}, []

    def heard(code, kind):
        moments.append(loop.now())
        assert (kind == "I") == (code not in now)
        now[code] = None
        if kind == "D":
            del now[code]
        assert check(code), f"{code} {kind} at {krx.kst(loop.now())}"

    def check(code):
        listed = any(tick.at >= at(0) for tick in by_code[code])  # else it does not trade that day
        return (code in now) == (listed and inside(when, code, by_code[code], loop.now()))

    def begin(codes):
        found.append(codes)
        now.update(dict.fromkeys(codes))
        assert all(check(code) for code in CODES)
        search.watch(heard, lambda: True)

    search.find(100_000, begin)
    while loop.now() < at(9, 5):
        loop.run_for(3_700_001)
        if found:
            assert all(check(code) for code in CODES), krx.kst(loop.now())
    assert len(found) == 1


def test_what_orders_move_is_looked_at_each_minute():
    loop = VirtualLoop(at(9, 5, 30))
    feed = Trades({code: [Tick(at(9), BASE, 1, 1)] for code in CODES})
    feed.day_so_far = lambda stock, moment: DayBar(DAY, BASE, 10_500, BASE, 10_500, 9, 0)
    world, heard = World(stocks, feed), []
    condition = Condition(0, "x", ("000660", "005930"), Compare("price", ">", 10_100))
    search = Search(world, loop, condition, lambda: True)
    search.find(0, lambda codes: search.watch(lambda *signal: heard.append(signal), lambda: True))
    loop.run_for(60 * SECOND)
    assert heard == []
    world.live.update({"000660": object(), "247540": object()})
    loop.run_for(60 * SECOND)
    assert heard == [("000660", "I")]
    world.live.clear()
    loop.run_for(60 * SECOND)
    assert heard == [("000660", "I"), ("000660", "D")]


@given(criteria, traded())
@example(Not(Compare("change", ">", 0, "%")), [Tick(at(9), 10_500, 1, 1)])
def test_what_is_not_possible_never_happens(when, ticks):
    stock = stocks["005930"]
    feed = Trades({"005930": ticks})
    bar = feed.day(stock, DAY)
    if bar is None:
        return
    world, whole = World(stocks, feed), on_day(feed, stock, DAY, bar)
    moments = [at(8), *(tick.at for tick in ticks if tick.at >= at(0))]
    met = [reads(when, stock.code, ticks, moment) for moment in moments]
    for wanted in (True, False):
        if wanted in met:
            assert possible(world, when, stock, whole, wanted)


# -- in the simulated market -----------------------------------------------------------------------

FEW = ("005930", "000660", "247540", "086520")
RISING = Condition(3, "급등", (), Compare("change", ">=", 100, "%"))


class Program:
    """A program that searches one condition."""

    def __init__(self, condition, moment, **options):
        self.simulator = Simulator(
            scenario=Scenario(codes=FEW, conditions=(condition,), **options), at=moment
        )
        self.control, self.loop = self.simulator.control, self.simulator.loop
        self.found, self.heard = [], []
        self.control.attach(self)
        self.control.CommConnect()
        self.loop.run_for(SECOND)
        self.control.GetConditionLoad()
        self.loop.run_for(SECOND)
        self.code = self.control.SendCondition("5000", condition.name, condition.index, 1)

    def OnReceiveTrCondition(self, screen, codes, name, index, more):
        self.found.append((self.loop.now(), codes))

    def OnReceiveRealCondition(self, code, kind, name, index):
        self.heard.append((self.loop.now(), code, kind))

    def __getattr__(self, name):
        if name.startswith("On"):
            return lambda *args: None
        raise AttributeError(name)

    @property
    def inside(self):
        codes = dict.fromkeys(self.found[0][1].split(";")[:-1])
        for _, code, kind in self.heard:
            assert (kind == "I") == (code not in codes)
            codes.update({code: None}) if kind == "I" else codes.pop(code)
        return list(codes)


def test_stocks_enter_and_leave_with_the_trade_that_does_it():
    program = Program(RISING, at(9, 5), seed=6)
    program.loop.run_for(3600 * SECOND)
    assert program.found[0][0] == at(9, 5, 2) + 100_000
    assert {kind for _, _, kind in program.heard} == {"I", "D"}
    world = program.simulator.world
    for moment, code, kind in program.heard[:20]:
        stock = world.stocks[code]
        base = world.feed.base_price(stock, DAY)
        bars = [world.day_so_far(stock, each) for each in (moment - 1, moment)]
        rates = [round((bar.close - base) / base * 10_000) for bar in bars]
        assert [rate >= 100 for rate in rates] == [kind == "D", kind == "I"]


def test_a_stopped_search_is_silent():
    program = Program(RISING, at(9, 5), seed=6)
    program.loop.run_for(SECOND)
    program.control.SendConditionStop("5000", "급등", 3)
    program.loop.run_for(3600 * SECOND)
    assert len(program.found) == 1
    assert program.heard == []


def test_a_new_day_begins_anew():
    program = Program(RISING, at(15, 25), seed=7)
    program.loop.run_for(3600 * SECOND)
    inside, told = program.inside, len(program.heard)
    assert inside
    monday = at(7, 30, day=date(2026, 11, 23))
    program.loop.run_for(monday + 1 - program.loop.now())
    # a change of 0 before the first trade
    assert program.heard[told:] == [(monday, code, "D") for code in inside]


@pytest.mark.parametrize(("server", "code", "found"), [("mock", 0, []), ("real", 1, ["000660;"])])
def test_what_the_accounts_hold_is_searched_by_the_real_server_only(server, code, found):
    accounts = (AccountSpec(holdings=(Holding("000660", 10, 5_000_000),)),)
    condition = Condition(1, "보유", (), Owned())
    program = Program(condition, at(10), server=server, accounts=accounts)
    program.loop.run_for(SECOND)
    assert program.code == code
    assert [codes for _, codes in program.found] == found


def test_the_usual_scenario_has_three_conditions():
    simulator = Simulator(at=at(10))
    names = []
    program = type("Sink", (), {"__getattr__": lambda self, name: lambda *args: names.append(name)})
    simulator.control.attach(program())
    simulator.control.CommConnect()
    simulator.loop.run_for(SECOND)
    assert simulator.control.GetConditionLoad() == 1
    simulator.loop.run_for(SECOND)
    listed = simulator.control.GetConditionNameList().split(";")[:-1]
    indexes = [int(each.split("^")[0]) for each in listed]
    assert len(indexes) == 3
    assert indexes != sorted(indexes)
    began = simulator.loop.now()
    assert simulator.control.SendCondition("5000", listed[0].split("^")[1], indexes[0], 0) == 1
    while "OnReceiveTrCondition" not in names:
        simulator.loop.run_for(10_000)
    assert simulator.loop.now() - began <= 110_000


@pytest.mark.parametrize(
    ("now", "then"),
    [
        (at(7, 29, 59), at(7, 30)),
        (at(7, 30), at(9, 0)),
        (at(9, 0), at(9, 1)),
        (at(15, 30, 30), at(15, 31)),
        (at(15, 31), at(7, 30, day=date(2026, 11, 23))),
        (at(12, 0, day=date(2026, 11, 21)), at(7, 30, day=date(2026, 11, 23))),
        (at(16, 0, day=krx.LAST_DATE), None),
    ],
)
def test_when_stocks_are_looked_at(now, then):
    assert next_look(now) == then


def test_a_bar_is_had_from_its_figures():
    """The order of the figures that summaries and bars share."""
    assert DayBar._fields[1:6] == ("open", "high", "low", "close", "volume")
