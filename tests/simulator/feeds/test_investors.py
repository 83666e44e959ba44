"""Investors and balances: whatever is bought is sold, and nothing shrinks as a day goes on."""

from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sapi_kiwoom import krx
from simulator.feeds import DayBar
from simulator.feeds.balances import LENDING, LOAN, SHORT, balance
from simulator.feeds.generator import Generated
from simulator.feeds.investors import FOREIGN, KINDS, SPAN, InvestorFlows
from simulator.feeds.overlay import Overlay
from simulator.universe import universe
from tests.simulator.answering import TODAY

STOCKS = [universe()[code] for code in ("005930", "00088K", "044180", "101280", "0126Z0", "017670")]
FEED = Generated(5)
FLOWS = InvestorFlows(FEED)


def so_far(bar, volume):
    """A day with no more than some of its volume."""
    return bar._replace(volume=volume, value_million=bar.value_million * volume // bar.volume)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(STOCKS), st.integers(0, 400), st.data())
def test_everybody_trades_more_as_more_is_traded(stock, ago, data):
    day = krx.trading_day(krx.trading_day_index(TODAY) - ago)
    bar = FEED.day(stock, day)
    if bar is None:
        return
    volumes = sorted(data.draw(st.lists(st.integers(0, bar.volume), min_size=2, max_size=6)))
    before = None
    for volume in volumes:
        now = FLOWS.day(stock, so_far(bar, volume))
        assert sum(now.bought) == sum(now.sold) == volume
        assert min(now.bought + now.sold) >= 0
        assert 0 <= now.holding <= FLOWS.limit(stock)
        if before:
            totals = zip(now.bought + now.sold, before.bought + before.sold)
            assert all(one >= other for one, other in totals)
        before = now


@pytest.mark.parametrize("stock", STOCKS, ids=lambda stock: stock.code)
def test_holdings_are_carried_from_day_to_day(stock):
    days = list(islice(FLOWS.days(stock, TODAY), 8 * SPAN))
    assert days
    for now, before in zip(days, days[1:]):
        assert now.holding - now.net(FOREIGN) == before.holding
        assert FLOWS.held_before(stock, now.bar.date) == before.holding


def test_a_day_is_the_same_whatever_was_asked_before():
    stock, bars = STOCKS[1], FEED.days(STOCKS[1], TODAY, 3 * SPAN)
    forwards, backwards = InvestorFlows(FEED), InvestorFlows(FEED)
    then = [forwards.day(stock, bar) for bar in reversed(bars)]
    assert [backwards.day(stock, bar) for bar in bars] == then[::-1]
    alone = InvestorFlows(Generated(5)).day(stock, bars[SPAN // 2])
    assert alone in then
    assert InvestorFlows(Generated(6)).day(stock, bars[0]) != then[-1]


def test_nobody_trades_on_a_day_without_trades():
    stock, feed = STOCKS[1], Overlay(Generated(5))
    yesterday = krx.previous_trading_day(TODAY)
    feed.put(stock, yesterday, [])
    flows = InvestorFlows(feed)
    quiet = DayBar(yesterday, *[feed.base_price(stock, yesterday)] * 4, 0, 0)
    assert set(flows.day(stock, quiet).bought) == {0}
    assert flows.held_before(stock, TODAY) == flows.held_before(stock, yesterday)


def test_kinds_are_seldom_of_one_mind_but_lean_to_it_for_some_days():
    days = list(islice(FLOWS.days(STOCKS[0], TODAY), 600))
    for kind in KINDS[FOREIGN:]:
        nets = [day.net(kind) for day in days]
        buying = sum(net > 0 for net in nets)
        assert 0.3 < buying / len(nets) < 0.7
        same = sum((one > 0) == (other > 0) for one, other in zip(nets, nets[1:]))
        assert 0.5 < same / len(nets) < 0.8


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(STOCKS[:4]),
    st.sampled_from([LOAN, SHORT, LENDING]),
    st.integers(1, 500),
)
def test_a_balance_is_the_one_before_with_what_came_less_what_went(stock, purpose, ago):
    place = krx.trading_day_index(TODAY) - ago
    bars = [FEED.day(stock, krx.trading_day(each)) for each in (place, place - 1)]
    if None in bars:
        return
    now, before = (balance(FEED.seed, purpose, stock, bar) for bar in bars)
    assert now.shares - before.shares == now.new - now.repaid
    assert now.new >= 0
    assert now.repaid >= 0
    assert 0 <= now.shares <= stock.shares
