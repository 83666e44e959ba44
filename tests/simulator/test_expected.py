from __future__ import annotations

from datetime import date

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sapi_kiwoom import krx
from simulator.feeds.bars import Expected
from simulator.feeds.generator import FIRST_DAY, Generated
from simulator.feeds.generator.expected import draw_orders
from simulator.universe import universe

DAY = date(2026, 11, 20)
SEEDS = st.integers(0, 2**32)
STOCKS = st.sampled_from(list(universe().values()))
DAYS = st.sampled_from(krx.trading_days(FIRST_DAY, krx.LAST_DATE))


def uncross(bids, asks):
    """The volume of an auction and every price that reaches it, the naive way."""
    volumes = {
        price: min(
            sum(shares for limit, shares in bids if limit >= price),
            sum(shares for limit, shares in asks if limit <= price),
        )
        for price, _ in (*bids, *asks)
    }
    most = max(volumes.values())
    return most, sorted(price for price, volume in volumes.items() if volume == most)


def settled_auctions(feed, stock, day):
    """(begin, settlement) of the regular auctions that traded, in minutes and as a trade."""
    session = krx.session(day)
    for minute, length in ((session.open, 30), (session.closing_auction, 10)):
        ticks = feed.ticks(stock, day, minute)
        if ticks and ticks[0].side == 0:
            yield krx.midnight(day) + (minute - length) * krx.MINUTE, ticks[0]


@given(SEEDS, STOCKS, DAYS)
def test_expectations_lead_to_what_the_auctions_trade(seed, stock, day):
    feed = Generated(seed)
    expected = feed.expected(stock, day)
    table, (upper, lower) = krx.tick_table(stock.market, day), feed.limits(stock, day)
    times = [each.at for each in expected]
    assert times == sorted(set(times))
    for each in expected:
        assert lower <= each.price <= upper
        assert table.round_down(each.price) == each.price
        assert each.quantity > 0
    for begin, settled in settled_auctions(feed, stock, day):
        course = [each for each in expected if begin <= each.at < settled.at]
        assert len(course) >= 3
        assert course[-1].price == settled.price
        assert settled.quantity * 98 // 100 <= course[-1].quantity <= settled.quantity
        assert max(each.quantity for each in course) <= settled.quantity
        assert course[0].quantity <= max(1, settled.quantity // 2)
        expected = [each for each in expected if each not in course]
    for stop in feed._stops(stock, day):
        assert any(stop.start <= each.at < stop.end for each in expected)
        expected = [each for each in expected if not stop.start <= each.at < stop.end]
    assert not expected


@settings(max_examples=8)
@given(SEEDS, STOCKS, DAYS, st.data())
def test_the_orders_at_a_moment_give_what_is_expected(seed, stock, day, data):
    feed = Generated(seed)
    expected = feed.expected(stock, day)
    assume(expected)
    settlements = [
        Expected(tick.at, tick.price, tick.quantity)
        for _, tick in settled_auctions(feed, stock, day)
    ]
    each = data.draw(st.sampled_from([expected[0], expected[-1], *expected[::7], *settlements]))
    bids, asks = feed.auction_orders(stock, day, each.at)
    assert uncross(bids, asks) == (each.quantity, [each.price])
    assert bids == sorted(bids, reverse=True)
    assert asks == sorted(asks)
    check_prices(feed, stock, day, (*bids, *asks))
    assert (bids, asks) == Generated(seed).auction_orders(stock, day, each.at)


def check_prices(feed, stock, day, orders):
    table, (upper, lower) = krx.tick_table(stock.market, day), feed.limits(stock, day)
    for price, shares in orders:
        assert lower <= price <= upper
        assert table.round_down(price) == price
        assert shares > 0


@given(
    st.integers(0, 10**6),
    st.sampled_from(["KOSPI", "KOSDAQ", "ETF"]),
    st.integers(1_000, 10**6),
    st.integers(-30, 30),
    st.integers(1, 10**7),
)
def test_a_moderate_order_takes_part_and_a_huge_one_moves_the_price(
    number, market, base, percent, quantity
):
    table = krx.tick_table(market, DAY)
    upper, lower = limits = table.limits(table.round_down(base))
    price = max(lower, min(upper, table.round_to_tick(base + base * percent // 100)))
    bids, asks = draw_orders((number,), table, limits, price, quantity)
    assert uncross(bids, asks) == (quantity, [price])
    moderate = quantity // 10
    if moderate:
        for more in (
            uncross([*bids, (upper, moderate)], asks),
            uncross(bids, [*asks, (lower, moderate)]),
        ):
            assert more[1] == [price]
            assert more[0] >= quantity
    if price != upper:
        assert uncross([*bids, (upper, 100 * quantity + 100)], asks)[1][0] > price
    if price != lower:
        assert uncross(bids, [*asks, (lower, 100 * quantity + 100)])[1][-1] < price


def test_nothing_is_expected_without_orders():
    feed, stock = Generated(1), universe()["005930"]
    assert feed.auction_orders(stock, DAY, krx.midnight(DAY)) == ([], [])
    assert feed.expected(stock, date(2026, 11, 22)) == ()
    table = krx.tick_table("KOSPI", DAY)
    assert draw_orders((1,), table, (1_300, 700), 1_000, 0) == ([], [])


def test_liquid_stocks_are_livelier():
    feed = Generated(1)
    counts = [len(feed.expected(universe()[code], DAY)) for code in ("005930", "196170", "000020")]
    assert counts[0] > 2 * counts[1] > 4 * counts[2] > 0


def courses(seeds, codes):
    """(stock, last price before, expectations, settlement, price of a tick) of auctions of a day."""
    for seed in seeds:
        feed = Generated(seed)
        for code in codes:
            stock = universe()[code]
            regular = [bar for bar in feed.minutes(stock, DAY) if bar.minute < 920]
            origins = (feed.base_price(stock, DAY), regular[-1].close)
            for origin, (begin, settled) in zip(origins, settled_auctions(feed, stock, DAY)):
                known = [e for e in feed.expected(stock, DAY) if begin <= e.at < settled.at]
                tick = krx.tick_table(stock.market, DAY).tick(settled.price)
                yield begin, origin, known, settled, tick


LIQUID = ("005930", "000660", "005380", "035420", "196170")


def test_expected_prices_settle_in_small_steps():
    early, late, surprises, count = [], [], 0, 0
    for begin, origin, known, settled, tick in courses((1, 2, 3), LIQUID):
        steps = [abs(b.price - a.price) // tick for a, b in zip(known, known[1:])]
        assert sum(step > 2 for step in steps) * 20 <= len(steps)
        if begin < krx.midnight(DAY) + 540 * krx.MINUTE:
            continue
        assert abs(known[0].price - origin) <= 2 * tick
        last = [each for each in known if each.at > settled.at - krx.MINUTE]
        off = [abs(each.price - settled.price) // tick for each in last]
        surprises += max(off) > 2
        count += 1
        low, high = sorted((origin, settled.price))
        outside = max(max(low - each.price, each.price - high) // tick for each in known)
        early.append(outside)
        late.append(sum(off) / len(off))
    assert sum(late) / len(late) < 1
    assert sum(early) / len(early) < 3
    assert surprises * 4 < count


def test_expected_quantities_grow_in_lumps():
    for begin, _, known, settled, _ in courses((1, 2), LIQUID[:2]):
        steps = [b.quantity - a.quantity for a, b in zip(known, known[1:])]
        falls = sum(step < 0 for step in steps)
        assert 0 < falls < len(steps) // 2
        assert max(steps) > 8 * sum(map(abs, steps)) // len(steps)
        before = [each.quantity for each in known if each.at < settled.at - krx.MINUTE]
        assert before[-1] * 10 < settled.quantity * 9, begin


def test_auctions_of_the_exam_day_are_an_hour_later():
    feed, stock, day = Generated(1), universe()["005930"], date(2026, 11, 19)
    minutes = {krx.day_and_minute(each.at)[1] for each in feed.expected(stock, day)}
    assert minutes <= {*range(570, 601), *range(980, 991)}
    assert {575, 599, 981, 989} <= minutes
