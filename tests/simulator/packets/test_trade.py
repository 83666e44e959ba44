"""주식체결 and 주식시세: every value is what the slow way gives, and what was recorded once."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sapi_kiwoom import catalogue, krx
from sapi_kiwoom.loop import SECOND
from simulator.feeds import DayBar, Tick
from simulator.packets.colours import Colours
from simulator.packets.totals import Totals
from simulator.packets.trade import TradePackets
from simulator.universe import universe
from tests.simulator.packets.reference import Reference

DAY = date(2026, 11, 20)
SAMSUNG = universe()["005930"]
TRADE = catalogue.real_types()["주식체결"].fids
PRICE = catalogue.real_types()["주식시세"].fids


def midnight(day=DAY):
    return krx.midnight(day)


def trade(packets, totals, tick, ask, bid):
    """One more trade: its values by FID."""
    (raw,) = packets.trades(totals, (tick,), ((ask, bid),))
    values = raw.split("\t")
    assert len(values) == len(TRADE)
    return dict(zip(TRADE, values))


@st.composite
def days(draw):
    """A base price with its limits, yesterday, and trades between the limits in order of time."""
    base = draw(st.sampled_from([105, 999, 2_000, 77_500, 1_234_000]))
    upper, lower = krx.tick_table("KOSPI", DAY).limits(base)
    quantities = st.sampled_from([1, 2, 7, 100, 12_345, 3_000_000])
    prices = st.sampled_from([lower, lower + 1, base - 1, base, base + 1, upper - 1, upper])
    trades = draw(st.lists(st.tuples(prices, quantities, st.sampled_from([-1, 0, 1])), min_size=1))
    moments = st.builds(
        lambda minute, second: minute * 60 + second,
        st.sampled_from([510, 539, 540, 541, 699, 700, 701, 929, 930, 931, 945]),
        st.sampled_from([0, 1, 59]),
    )
    seconds = draw(st.lists(moments, min_size=len(trades), max_size=len(trades)))
    ticks = [
        Tick(midnight() + second * SECOND + number, *trade)
        for number, (second, trade) in enumerate(zip(sorted(seconds), trades))
    ]
    volume = draw(st.sampled_from([0, 1, 5_000, 10**7, sum(trade[1] for trade in trades)]))
    yesterday = DayBar(date(2026, 11, 19), base, base, base, base, volume, volume * base // 10**6)
    past = [(540, volume // 3), (700, volume // 2), (930, volume)]
    stock = replace(SAMSUNG, shares=draw(st.sampled_from([1_000_000, 5_969_782_550])))
    return stock, base, upper, lower, draw(st.sampled_from([yesterday, None])), past, ticks


@given(days(), st.booleans(), st.integers(1, 5))
def test_every_value_is_what_the_slow_way_gives(case, without_past, at_once):
    stock, base, upper, lower, yesterday, past, ticks = case
    past = [] if without_past else past
    reference = Reference(
        stock, DAY, base, upper, lower, yesterday, past, cost=Fraction(23, 10_000)
    )
    packets = TradePackets(Colours(base, upper, lower), stock, DAY, yesterday, past)
    totals, folded = Totals(upper, lower), Totals(upper, lower)
    touches = [
        (0, tick.price) if tick.price == upper else (tick.price + 1, tick.price) for tick in ticks
    ]
    for first in range(0, len(ticks), at_once):
        some = slice(first, first + at_once)
        for count, raw in enumerate(packets.trades(totals, ticks[some], touches[some]), first):
            assert raw == reference.trade(ticks[: count + 1], *touches[count])
    for tick in ticks:
        folded.add(tick)
    assert vars(totals) == vars(folded)


def test_as_much_as_yesterday_and_as_much_bought_as_sold():
    yesterday = DayBar(date(2026, 11, 19), 1_000, 1_000, 1_000, 1_000, 1_000, 1)
    packets = TradePackets(Colours(1_000, 1_300, 700), SAMSUNG, DAY, yesterday, [])
    totals = Totals(1_300, 700)
    totals.add(Tick(midnight() + 600 * krx.MINUTE, 1_000, 500, 1))
    last = Tick(midnight() + 600 * krx.MINUTE, 1_000, 500, -1)
    values = trade(packets, totals, last, 1_001, 1_000)
    assert (values[26], values[29], values[30], values[822]) == (" 0", " 0", "+100.00", "+100.00")
    assert (values[228], values[1032]) == ("100.00", "50.00")


def test_one_writer_serves_two_tapes_of_the_same_day():
    packets = TradePackets(Colours(100, 130, 70), SAMSUNG, DAY, None, [])
    ahead, behind = Totals(130, 70), Totals(130, 70)
    opening = Tick(midnight() + 540 * krx.MINUTE, 100, 5, 0)
    first = trade(packets, ahead, opening, 101, 100)
    later = Tick(opening.at + krx.MINUTE, 130, 5, 1)
    assert trade(packets, ahead, later, 0, 130) != first
    assert trade(packets, behind, opening, 101, 100) == first


def test_a_recorded_trade():
    """005930 on 2022-01-18 at 14:29:42. 29 and 851 need more of the day before than was recorded."""
    recorded = (
        "142942 -77100 -400 -0.52 -77100 -76900 +3 7884712 608869 +77600 +77800 -76600 5 -900410 * "
        "-89.75 0.13 201 61.12 4602702 2 0 -89.68 000000 000000 * 090003 100015 133453 4817707 "
        "2944634 -37.93 30338 31739 +231 _0 +3 +3 30840 24672 77222 411"
    ).split()
    day = date(2022, 1, 18)
    totals = Totals(100_500, 54_300)

    def at(hour, minute, second):
        return midnight(day) + (hour * 3_600 + minute * 60 + second) * SECOND

    totals.add(Tick(at(9, 0, 3), 77_600, 1, 0))
    totals.add(Tick(at(10, 0, 15), 77_800, 1, 1))
    totals.add(Tick(at(13, 34, 53), 76_600, 1, -1))
    totals.volume, totals.value = 7_884_709, 608_869_500_000 - 3 * 77_100
    totals.sold, totals.bought, totals.sells, totals.buys = 4_817_707, 2_944_631, 30_338, 31_738
    stock = replace(SAMSUNG, shares=5_969_783_000)
    yesterday = DayBar(date(2022, 1, 17), 77_600, 77_800, 76_900, 77_500, 8_785_122, 678_903)
    packets = TradePackets(Colours(77_500, 100_500, 54_300), stock, day, yesterday, [])
    values = trade(packets, totals, Tick(at(14, 29, 42), 77_100, 3, 1), 77_100, 76_900)
    expected = {fid: text.replace("_", " ") for fid, text in zip(TRADE, recorded)}
    expected[27], expected[28] = "-77100", "-76900"
    assert values[29][0] == "-"
    unknown = {29: values[29], 851: values[851], 852: "0"}
    assert values == {**expected, **unknown}


@pytest.mark.parametrize(("code", "day", "cost"), [("069500", DAY, "3"), ("005930", DAY, "23")])
def test_an_etf_is_sold_without_tax(code, day, cost):
    packets = TradePackets(Colours(10_000, 13_000, 7_000), universe()[code], day, None, [])
    tick = Tick(midnight() + 600 * krx.MINUTE, 10_000, 1, 1)
    assert trade(packets, Totals(13_000, 7_000), tick, 0, 0)[32] == cost


@given(days())
def test_a_price_without_a_trade_repeats_the_days_totals(case):
    stock, base, upper, lower, yesterday, past, ticks = case
    totals = Totals(upper, lower)
    for tick in ticks[:-1]:
        totals.add(tick)
    price = ticks[-1].price
    packets = TradePackets(Colours(base, upper, lower), stock, DAY, yesterday, past)
    last = trade(packets, totals, ticks[-1], price + 1, price - 1)
    written = packets.price(totals, price, price + 1, price - 1)
    assert written.split("\t") == [last[fid] for fid in PRICE]


def test_a_price_before_the_days_first_trade():
    packets = TradePackets(Colours(10_000, 13_000, 7_000), SAMSUNG, DAY, None, [])
    values = dict(zip(PRICE, packets.price(Totals(13_000, 7_000), 10_100, 0, 10_100).split("\t")))
    assert len(values) == len(PRICE)
    assert (values[10], values[13], values[16], values[567]) == ("+10100", "0", "-0", "000000")


def test_the_day_marks_its_first_extremes():
    totals = Totals(130, 70)
    for number, price in enumerate([100, 130, 70, 130, 70]):
        totals.add(Tick(number, price, 1, 0))
    assert (totals.open, totals.high, totals.low) == (100, 130, 70)
    assert totals.marks == (100, 130, 70, 0, 1, 2, 1, 2)
