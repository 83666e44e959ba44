from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sapi_kiwoom import krx
from simulator.feeds.generator import Generated
from simulator.feeds.generator.index import (
    KOSDAQ,
    KOSPI,
    KOSPI200,
    Indexes,
    base_price,
    industries,
    trading_days_back,
)
from simulator.feeds.summary import Summaries, summary
from simulator.universe import universe

DAY = date(2026, 11, 20)
SEEDS = st.integers(0, 2**32)
STOCKS = st.sampled_from(list(universe().values()))
DAYS = st.sampled_from(krx.trading_days(date(2024, 1, 2), krx.LAST_DATE))
MEMBERS = [
    universe()[code] for code in ("005930", "0126Z0", "003550", "196170", "000250", "069500")
]


def run(steps):
    """What a generator returns, and after how many steps."""
    count = 0
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value, count
        count += 1


@given(SEEDS, STOCKS, DAYS, st.lists(st.integers(530, 960), min_size=1, max_size=4))
def test_a_summary_knows_the_day_up_to_any_minute(seed, stock, day, minutes):
    feed = Generated(seed)
    found = summary(feed, stock, day)
    for minute in minutes:
        bars = [bar for bar in feed.minutes(stock, day) if bar.minute <= minute]
        so_far = found.at(minute)
        if not bars:
            assert so_far is None
            continue
        assert so_far == (
            bars[0].open,
            max(bar.high for bar in bars),
            min(bar.low for bar in bars),
            bars[-1].close,
            sum(bar.volume for bar in bars),
            sum(bar.value for bar in bars),
        )


def test_summaries_are_made_stock_by_stock_and_one_day_is_kept():
    feed, asked = Generated(1), []

    class Asked(Generated):
        def minutes(self, stock, day, board="KRX"):
            asked.append((stock.code, day))
            return feed.minutes(stock, day, board)

    summaries = Summaries(Asked(1))
    steps = summaries.prepare(MEMBERS, DAY)
    assert asked == []
    next(steps)
    assert asked == [("005930", DAY)]
    assert not summaries.prepared(MEMBERS, DAY)
    run(steps)
    assert summaries.prepared(MEMBERS, DAY)
    assert len(asked) == len(MEMBERS)
    run(summaries.prepare(MEMBERS, DAY))
    kept = summaries.of(MEMBERS[0], DAY)
    assert len(asked) == len(MEMBERS)
    assert summaries.of(MEMBERS[0], date(2026, 11, 19)) is not kept
    assert not summaries.prepared(MEMBERS, DAY)


def levels_of(industry, worth):
    usual = sum(stock.price * stock.shares for stock in industry.members)
    return worth * {KOSPI: 400_000, KOSDAQ: 90_000, KOSPI200: 56_000}[industry.code] // usual


@settings(max_examples=8)
@given(SEEDS, DAYS, st.sampled_from([KOSPI, KOSDAQ]), st.integers(535, 1_000))
def test_an_index_is_its_weighted_members(seed, day, code, minute):
    feed = Generated(seed)
    indexes = Indexes(feed, MEMBERS, Summaries(feed))
    run(indexes.prepare(day))
    industry = indexes.industries[code]
    found = indexes.minutes(code, day)
    at = found.at(minute)
    if minute < krx.session(day).open:
        assert at is None
        return
    worth = volume = value = traded = 0
    for stock in industry.members:
        bars = [bar for bar in feed.minutes(stock, day) if bar.minute <= minute]
        price = bars[-1].close if bars else base_price(feed, stock, day)
        worth += price * stock.shares
        volume += sum(bar.volume for bar in bars)
        value += sum(bar.value for bar in bars)
        traded += bool(bars)
    assert at.level == levels_of(industry, worth)
    assert (at.volume, at.value) == (volume, value)
    assert at.upper + at.up + at.flat + at.down + at.lower == traded
    assert at.low <= min(at.level, at.open) <= max(at.level, at.open) <= at.high


@settings(max_examples=8)
@given(SEEDS, DAYS)
def test_members_are_counted_by_their_last_price(seed, day):
    feed = Generated(seed)
    indexes = Indexes(feed, MEMBERS, Summaries(feed))
    run(indexes.prepare(day))
    counts = [0] * 5
    for stock in indexes.industries[KOSPI].members:
        bar = feed.day(stock, day)
        if bar:
            base, (upper, lower) = feed.base_price(stock, day), feed.limits(stock, day)
            kind = {upper: 0, lower: 4}.get(bar.close)
            if kind is None:
                kind = 1 if bar.close > base else 3 if bar.close < base else 2
            counts[kind] += 1
    assert list(indexes.minutes(KOSPI, day).at(1_000)[-5:]) == counts


@settings(max_examples=8)
@given(SEEDS, DAYS, st.integers(1, 90))
def test_days_agree_with_the_minutes(seed, day, count):
    feed = Generated(seed)
    indexes = Indexes(feed, MEMBERS, Summaries(feed))
    bars, steps = run(indexes.days(KOSPI, day, count))
    assert steps == len(indexes.industries[KOSPI].members)
    assert [bar.date for bar in bars] == trading_days_back(day, count)
    run(indexes.prepare(day))
    at = indexes.minutes(KOSPI, day).at(1_000)
    assert (bars[0].open, bars[0].close, bars[0].volume) == (at.open, at.level, at.volume)
    assert 0 <= at.value // 1_000_000 - bars[0].value_million <= len(MEMBERS)
    for bar, before in zip(bars, bars[1:]):
        assert bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high
        run(indexes.prepare(bar.date))
        assert indexes.minutes(KOSPI, bar.date).base == before.close
        break


def test_the_estimated_range_of_a_day_is_near_the_one_of_its_minutes():
    feed = Generated(1)
    stocks = [stock for stock in universe().values() if stock.kospi200][:40]
    indexes = Indexes(feed, stocks, Summaries(feed))
    (bar,), _ = run(indexes.days(KOSPI, DAY, 1))
    run(indexes.prepare(DAY))
    at = indexes.minutes(KOSPI, DAY).at(1_000)
    assert abs(bar.high - at.high) * 100 < at.level
    assert abs(bar.low - at.low) * 100 < at.level


def test_a_day_is_prepared_in_steps_and_few_are_kept():
    feed = Generated(1)
    indexes = Indexes(feed, MEMBERS, Summaries(feed), room=1)
    steps = indexes.prepare(DAY)
    next(steps)
    assert indexes.minutes(KOSPI, DAY) is None
    found, count = run(steps)
    assert count == 4  # one was taken before; the ETF is no member
    assert found[KOSPI] is indexes.minutes(KOSPI, DAY)
    assert run(indexes.prepare(DAY)) == (found, 0)
    run(indexes.prepare(date(2026, 11, 19)))
    assert indexes.minutes(KOSPI, DAY) is None


def test_who_is_in_which_index():
    found = industries(universe().values())
    assert list(found) == [KOSPI, KOSDAQ, KOSPI200]
    assert {stock.market for stock in found[KOSPI].members} == {"KOSPI"}
    assert {stock.market for stock in found[KOSDAQ].members} == {"KOSDAQ"}
    assert all(stock.kospi200 for stock in found[KOSPI200].members)
    assert universe()["005930"] in found[KOSPI].members
    assert list(industries([replace(MEMBERS[0], kospi200=False)])) == [KOSPI]


def test_what_no_index_has():
    feed = Generated(1)
    indexes = Indexes(feed, MEMBERS, Summaries(feed))
    with pytest.raises(ValueError, match="not a trading day"):
        run(indexes.prepare(date(2026, 11, 22)))
    with pytest.raises(KeyError):
        run(indexes.days("999", DAY, 1))
