"""What comes of a registered stock by the clock, over a whole day."""

from datetime import date

import pytest

from sapi_kiwoom import krx
from simulator.feeds.generator import Generated
from simulator.feeds.members import MemberDay
from simulator.feeds.programs import ProgramDay
from simulator.streams.types import (
    AFTER_HOURS,
    BY_CLOCK,
    INFO,
    MEMBERS,
    NAV,
    PRICE,
    PROGRAM,
    STOCK_TYPES,
    TRADE,
)
from simulator.universe import universe
from tests.simulator.market.fakes import DAY, STOCK, Tiny, at
from tests.simulator.market.trading import opened
from tests.simulator.test_stream import Wire, order

SHARE, FUND = universe()["00088K"], universe()["091220"]
CLOSED = date(2026, 11, 21)


@pytest.fixture(scope="module")
def days():
    """A thin stock and a thin ETF, from before the opening until after the close."""
    found = {}
    for stock in (SHARE, FUND):
        wire = found[stock.kind] = Wire(Generated(5), at(8, 20), stock)
        wire.want(TRADE, *BY_CLOCK)
        wire.run_until(at(16, 5))
    return found


def seconds(text):
    return int(text[:2]) * 3_600 + int(text[2:4]) * 60 + int(text[4:])


@pytest.mark.parametrize("kind", ["preferred", "etf"])
def test_every_type_comes_that_such_a_stock_has(days, kind):
    told = {real_type for _, real_type, _ in days[kind].heard}
    assert told == BY_CLOCK - ({NAV} if kind == "preferred" else set()) | {TRADE}


@pytest.mark.parametrize("kind", ["preferred", "etf"])
def test_programs_and_members_stay_within_the_trades_told_before(days, kind):
    volume, programs, sold = 0, (0, 0), {}
    for _, real_type, values in days[kind].heard:
        if real_type == TRADE:
            volume = int(values[13])
        elif real_type == PROGRAM:
            now = int(values[202]), int(values[206])
            assert int(values[13]) == volume >= sum(now)
            assert now[0] >= programs[0] and now[1] >= programs[1]
            net = int(values[210])
            assert int(values[211]) == net - (programs[1] - programs[0])
            programs = now
        elif real_type == MEMBERS:
            assert int(values[13]) == volume
            five = {values[145 + n]: int(values[160 + n]) for n in range(1, 6) if values[145 + n]}
            assert sum(five.values()) <= volume
            assert all(shares >= sold.get(code, 0) for code, shares in five.items())
            assert list(five.values()) == sorted(five.values(), reverse=True)
            sold.update(five)


@pytest.mark.parametrize("kind", ["preferred", "etf"])
def test_the_last_event_of_a_day_is_the_day(days, kind):
    """Of what was traded until the close; the trades at the closing price come later."""
    wire = days[kind]
    last, members = wire.of(PROGRAM)[-1], wire.of(MEMBERS)[-1]
    volume = int(last[13])
    totals = ProgramDay(Generated(5), wire.stock, DAY).at(15 * 60 + 31, volume)
    assert (int(last[202]), int(last[206])) == (totals.sold, totals.bought)
    best = MemberDay(Generated(5), wire.stock, DAY).buyers(15 * 60 + 31, int(members[13]))[0]
    assert (members[151], members[171], members[156]) == (best.name, str(best.shares), best.code)


def test_limits_come_before_the_opening(days):
    (info,) = days["preferred"].of(INFO)
    upper, lower = Generated(5).limits(SHARE, DAY)
    assert (abs(int(info[305])), abs(int(info[306]))) == (upper, lower)
    assert int(info[307]) == Generated(5).base_price(SHARE, DAY)


def test_the_close_is_told_once_more_when_the_day_is_settled(days):
    wire = days["preferred"]
    (price,) = wire.of(PRICE)
    closing = next(values for values in reversed(wire.of(TRADE)) if values[20] <= "153100")
    assert {fid: price[fid] for fid in (10, 11, 12, 16, 17, 18, 25, 13, 14)} == {
        fid: closing[fid] for fid in (10, 11, 12, 16, 17, 18, 25, 13, 14)
    }


def test_orders_at_a_known_close_come_in_its_hours(days):
    told = days["preferred"].of(AFTER_HOURS)
    hours = [seconds(values[21]) // 60 for values in told]
    assert {minute // 60 for minute in hours} == {8, 15}
    assert all(510 <= m < 520 or 930 <= m < 960 for m in hours)
    asked = 0
    for values in told:
        if values[21] == "153010":
            asked = 0
        assert int(values[131]) - int(values[132]) == asked
        asked = int(values[131])


def test_a_nav_comes_with_its_funds_price(days):
    price, volume = str(Generated(5).base_price(FUND, DAY)), "0"
    for _, real_type, values in days["etf"].heard:
        if real_type == TRADE:
            price, volume = values[10], values[13]
        if real_type == NAV:
            assert (abs(int(values[10])), values[13]) == (abs(int(price)), volume)
            nav, now = float(values[36].strip("+- ")), abs(int(values[10]))
            assert abs(nav - now) * 500 <= now
            assert abs(float(values[266]) - (now - nav) / nav * 100) < 0.0051


def test_who_registers_later_is_told_the_same(days):
    late = Wire(Generated(5), at(10, 0, 3), SHARE)
    late.want(*BY_CLOCK)
    late.run_until(at(16, 5))
    for real_type in BY_CLOCK:
        told, all_day = late.of(real_type), days["preferred"].of(real_type)
        assert told == all_day[len(all_day) - len(told) :]
    assert len(late.of(PROGRAM)) > 20


def test_nextrade_has_none_of_these():
    wire = Wire(Generated(5), at(8, 20), universe()["005930"])
    wire.want(*BY_CLOCK, key="005930_NX")
    wire.run_until(at(9, 1))
    assert wire.heard == []


def test_both_venues_together_have_those_of_krx_under_their_key():
    wire = Wire(Generated(5), at(8, 20), SHARE)
    wire.want(*BY_CLOCK, key="00088K_AL")
    wire.run_until(at(8, 40))
    assert {key for key, _, _ in wire.heard} == {"00088K_AL"}
    assert {real_type for _, real_type, _ in wire.heard} == {INFO, AFTER_HOURS}


def test_types_that_nobody_wants_any_more_stop():
    wire = Wire(opened(), at(8))
    wire.want(*STOCK_TYPES)
    wire.run_until(at(9, 1, 30))
    wire.want(TRADE)
    wire.run_until(at(16))
    assert {kind for _, kind, values in wire.heard if values.get(20, "") > "090130"} == {TRADE}
    assert {kind for _, kind, _ in wire.heard} >= {PROGRAM, MEMBERS, INFO, AFTER_HOURS}
    assert wire.of(PRICE) == []


def test_a_day_without_trades_has_limits_only():
    wire = Wire(Tiny(), at(8))
    wire.want(*STOCK_TYPES)
    wire.run_until(at(15, 30) - 1)
    assert {kind for _, kind, _ in wire.heard} == {INFO, AFTER_HOURS}
    wire.run_until(at(16))
    assert {kind for _, kind, _ in wire.heard} == {INFO, AFTER_HOURS}


def test_nothing_comes_on_a_closed_day_and_all_of_it_on_the_next():
    monday = krx.next_trading_day(DAY)
    wire = Wire(opened(), at(12, day=CLOSED))
    wire.want(*STOCK_TYPES)
    wire.run_until(at(8, 30, day=monday) - 1)
    assert wire.heard == []
    wire.run_until(at(8, 31, day=monday))
    assert wire.heard[0][1] == INFO


def test_who_is_told_may_take_it_back():
    wire = Wire(opened(), at(8))
    wire.on = lambda *event: wire.want()
    wire.want(*BY_CLOCK)
    wire.run_until(at(16))
    assert len(wire.heard) == 1
    assert wire.exchange._plays == {}


def test_what_users_trade_counts_as_traded_and_moves_no_programs():
    wire = Wire(opened(), at(8))
    wire.want(PROGRAM, MEMBERS)
    order(wire, at(9, 0, 1), 1, 30, 10_010)
    wire.run_until(at(9, 2))
    assert wire.of(PROGRAM)[-1][13] == "80"
    assert int(wire.of(PROGRAM)[-1][202]) + int(wire.of(PROGRAM)[-1][206]) <= 50
    assert STOCK.code in {key for key, _, _ in wire.heard}
