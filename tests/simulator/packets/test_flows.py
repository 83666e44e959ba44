"""종목프로그램매매, 주식당일거래원, ETF NAV, 주식종목정보: what their values say of each other."""

from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from sapi_kiwoom import catalogue, krx
from sapi_kiwoom.loop import SECOND
from simulator.feeds.members import members
from simulator.feeds.programs import ProgramTotals
from simulator.packets.colours import Colours
from simulator.packets.info import stock_info
from simulator.packets.members import member_trading
from simulator.packets.nav import net_asset_value
from simulator.packets.programs import program_trading
from simulator.universe import universe

DAY = date(2026, 11, 20)
AT = krx.midnight(DAY) + (10 * 3_600 + 5 * 60 + 9) * SECOND
COLOURS = Colours(10_000, 13_000, 7_000)


def by_fid(real_type, raw):
    fids, values = catalogue.real_types()[real_type].fids, raw.split("\t")
    assert len(values) == len(fids)
    return dict(zip(fids, values))


@st.composite
def totals(draw):
    parts = [draw(st.integers(0, 10**7)) for _ in range(4)]
    prices = [draw(st.integers(1, 10**6)) for _ in range(2)]
    arbitrage = [part // draw(st.integers(1, 9)) for part in parts[:2]]
    values = [shares * price for shares, price in zip(parts, prices)]
    return ProgramTotals(
        *parts[:2],
        *values,
        *arbitrage,
        *(shares * price for shares, price in zip(arbitrage, prices)),
    )


@given(totals(), totals(), totals())
def test_programs_add_up(now, before, yesterday):
    raw = program_trading(COLOURS, AT, 10_050, 10**8, 10**12, now, before, yesterday)
    text = by_fid("종목프로그램매매", raw)
    value = {fid: int(each) for fid, each in text.items() if fid not in (12, 20)}
    assert (text[20], text[10], text[25], text[11]) == ("100509", "+10050", "2", "+50")
    assert (text[12], value[13], value[14]) == ("+0.50", 10**8, 10**6)
    assert (value[202], value[206]) == (now.sold, now.bought)
    assert (value[204], value[208]) == (now.sold_value // 10**6, now.bought_value // 10**6)
    for sold, bought, net in (
        (202, 206, 210), (204, 208, 212), (502, 511, 523), (505, 514, 522), (526, 535, 547), (529, 538, 546),
    ):  # fmt: skip
        assert value[net] == value[bought] - value[sold]
        assert text[net][0] == ("+" if value[net] > 0 else "-" if value[net] < 0 else " ")
    for whole, arbitrage, rest in (
        (202, 502, 526),
        (204, 505, 529),
        (206, 511, 535),
        (208, 514, 538),
    ):
        assert value[whole] == value[arbitrage] + value[rest]
        assert min(value[arbitrage], value[rest]) >= 0
    assert value[211] == value[210] - (before.bought - before.sold)
    assert value[929] == value[210] - (yesterday.bought - yesterday.sold)
    then = before.bought_value // 10**6 - before.sold_value // 10**6
    assert value[213] == value[212] - then


def shares(of):
    return [of.get(code, 0) for code in members()]


def test_members_with_their_changes():
    sold, bought = shares({"050": 900, "033": 50, "036": 7}), shares({"044": 300})
    before = shares({"050": 850, "036": 7})
    values = by_fid("주식당일거래원", member_trading(sold, bought, before, shares({}), 1_000))
    first = [values[fid] for fid in (141, 161, 166, 146, 271)]
    assert first == ["키움증권", "900", "+50", "050", "0"]
    assert [values[fid] for fid in (142, 162, 167, 147, 272)] == [
        "JP모간서울",
        "50",
        "+50",
        "033",
        "1",
    ]
    assert [values[fid] for fid in (151, 171, 176, 156, 281)] == [
        "메릴린치",
        "300",
        "+300",
        "044",
        "1",
    ]
    assert values[168] == " 0"
    assert [values[fid] for fid in (155, 175, 180, 160)] == ["", "0", " 0", ""]
    assert (values[261], values[262], values[263], values[264]) == ("57", "+50", "300", "+300")
    assert (values[267], values[268], values[13]) == ("+243", "+250", "1000")


@given(st.integers(700_000, 1_300_000), st.integers(700_000, 1_300_000))
def test_a_nav_against_its_last_and_the_price(nav, before):
    raw = net_asset_value(COLOURS, AT, nav, before, 12, 10_050, 77)
    values = by_fid("ETF NAV", raw)
    change = nav - before
    assert values[36] == f"{'+' if change > 0 else '-' if change < 0 else ' '}{nav / 100:.2f}"
    assert round(float(values[37]) * 100) == change
    assert abs(float(values[38]) - change / before * 100) <= 0.005 + 1e-9
    assert abs(float(values[266]) - (1_005_000 - nav) / nav * 100) <= 0.005 + 1e-9
    assert (values[39], values[20], values[10], values[13]) == ("0.12", "100509", "+10050", "77")


def test_limits_and_states_of_a_stock():
    stock = replace(universe()["005930"], margin_rate=30, warning="5")
    values = by_fid("주식종목정보", stock_info(stock, COLOURS))
    assert (values[305], values[306], values[307]) == ("+13000", "-7000", "10000")
    assert (values[382], values[370]) == ("30", "5")
