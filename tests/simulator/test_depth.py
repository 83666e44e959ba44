from __future__ import annotations

from datetime import date
from hashlib import sha256
from unittest.mock import patch

from hypothesis import example, given, settings
from hypothesis import strategies as st

from sapi_kiwoom import krx
from simulator.draws import Draws
from simulator.feeds.bars import AFTER, KRX, NXT, MinuteBar, Tick
from simulator.feeds.generator import FIRST_DAY, Generated
from simulator.feeds.generator.boards import windows
from simulator.feeds.generator.book import GROUP, Book
from simulator.feeds.generator.depth import Depth, draw_book
from simulator.feeds.generator.queues import TURNS
from simulator.feeds.generator.standing import draw_standing, locked_depth
from simulator.universe import Stock, universe

DAY = date(2026, 11, 20)
SEEDS = st.integers(0, 2**32)
STOCKS = st.sampled_from(list(universe().values()))
DAYS = st.sampled_from(krx.trading_days(FIRST_DAY, krx.LAST_DATE))
LATE_DAYS = st.sampled_from(krx.trading_days(date(2025, 3, 4), krx.LAST_DATE))
SECOND = 1_000_000


def check_book(feed, stock, day, quote):
    table, (upper, lower) = krx.tick_table(stock.market, day), feed.limits(stock, day)
    for levels, outwards in ((quote.asks, 1), (quote.bids, -1)):
        prices = [price for price, _ in levels]
        assert len(prices) <= 10
        assert prices == sorted(set(prices), key=lambda price: price * outwards)
        assert all(lower <= price <= upper == table.round_down(upper) for price in prices)
        assert all(table.round_down(price) == price for price in prices)
        assert all(type(shares) is int and shares > 0 for _, shares in levels)
    if quote.asks and quote.bids:
        assert quote.bids[0][0] < quote.asks[0][0]


def touch(quote):
    return (
        quote.asks[0][0] if quote.asks else 0,
        quote.bids[0][0] if quote.bids else 0,
    )


def check_minute(feed, stock, day, minute, board=KRX):
    quotes = feed.quotes(stock, day, minute, board)
    ticks = feed.ticks(stock, day, minute, board)
    times = [quote.at for quote in quotes]
    assert times == sorted(set(times))
    if quotes:
        start = krx.midnight(day) + minute * krx.MINUTE
        assert start <= times[0] <= times[-1] < start + krx.MINUTE
    assert all(times[n + 8] - times[n] >= SECOND for n in range(len(times) - 8))
    for quote in quotes:
        check_book(feed, stock, day, quote)
    by_time = dict(zip(times, quotes))
    for number, tick in enumerate(ticks):
        followed = ticks[number + 1].at if number + 1 < len(ticks) else tick.at + krx.MINUTE
        if followed - tick.at > SECOND // 4:
            quote = next(by_time[tick.at + late] for late in range(6) if tick.at + late in by_time)
            assert touch(quote) == feed.best_quotes(stock, tick, board)
    return quotes


@given(SEEDS, STOCKS, DAYS, st.data())
def test_books_keep_the_rules_and_follow_each_group_of_trades(seed, stock, day, data):
    feed = Generated(seed)
    bars = feed.minutes(stock, day)
    session = krx.session(day)
    minutes = [bar.minute for bar in bars if bar.minute <= session.closing_auction]
    if not bars:
        assert feed.quotes(stock, day, session.open + 5) == []
        return
    for minute in data.draw(st.lists(st.sampled_from(minutes), max_size=2)):
        assert check_minute(feed, stock, day, minute)


@given(SEEDS, STOCKS, LATE_DAYS, st.sampled_from([AFTER, NXT]), st.data())
def test_books_of_other_boards_keep_the_rules_too(seed, stock, day, board, data):
    feed = Generated(seed)
    bars = feed.minutes(stock, day, board)
    for bar in data.draw(st.lists(st.sampled_from(bars), max_size=2)) if bars else ():
        assert check_minute(feed, stock, day, bar.minute, board)


@given(SEEDS, STOCKS, DAYS, st.integers(530, 1_000))
def test_the_first_trade_opens_the_book_and_a_book_needs_no_trades(seed, stock, day, minute):
    feed, session = Generated(seed), krx.session(day)
    before = [bar for bar in feed.minutes(stock, day) if bar.minute < minute]
    if not session.open <= minute < session.close and minute != session.closing_auction:
        assert feed.quotes(stock, day, minute) == []
        return
    quotes = check_minute(feed, stock, day, minute)
    ticks = feed.ticks(stock, day, minute)
    if minute == session.closing_auction or not before:
        assert not quotes or quotes[0].at > ticks[0].at
    elif not ticks and before[-1].minute < minute - 20:  # longer than any interruption
        assert quotes
        last = feed.ticks(stock, day, before[-1].minute)[-1]
        assert {touch(quote) for quote in quotes} == {feed.best_quotes(stock, last)}


@settings(max_examples=8)
@given(SEEDS, STOCKS, DAYS, st.randoms(use_true_random=False))
@example(1, universe()["005930"], DAY, None)
def test_any_minute_can_be_had_alone(seed, stock, day, random):
    minutes = [540, 541, 600, 601, 602, 700]
    feed = Generated(seed)
    found = {minute: feed.quotes(stock, day, minute) for minute in minutes}
    if random is not None:
        random.shuffle(minutes)
    other = Generated(seed)
    assert {minute: other.quotes(stock, day, minute) for minute in minutes} == found


class PlainBook(Book):
    """Waits as the rules say, without haste."""

    def wait(self, until, sending=True):
        while self._dues[self._number] < until:
            due, slot = self._dues[self._number], self._number
            for number in range(slot * TURNS, slot * TURNS + TURNS):
                turn = self._turns[number]
                seat = self._view.seats[turn]
                place = self._view.best[seat >> 4] + seat % 16 if seat < 32 else 0
                if self._prices[place] and seat < 32:
                    assert self._ticks[place] & 31 == turn
                    self._renew(place, self._parts[number])
            self._number += 1
            if self._number == self._border:
                self._take_up(self._first + self._number)
            if sending and due - self._latest >= GROUP:
                self.send(due)


@settings(max_examples=15)
@given(SEEDS, STOCKS, DAYS, st.integers(540, 900))
@example(1, universe()["005930"], DAY, 541)
@example(1, universe()["035420"], DAY, 606)
def test_the_short_way_through_a_minute_draws_what_the_rules_say(seed, stock, day, minute):
    quotes = Generated(seed).quotes(stock, day, minute)
    with patch("simulator.feeds.generator.depth.Book", PlainBook):
        assert Generated(seed).quotes(stock, day, minute) == quotes


def test_books_go_on_across_minutes_at_a_broker_s_pace():
    feed, stock = Generated(1), universe()["005930"]
    times = [quote.at for minute in range(600, 612) for quote in feed.quotes(stock, DAY, minute)]
    assert times == sorted(set(times))
    assert all(times[n + 8] - times[n] >= SECOND for n in range(len(times) - 8))


@given(SEEDS, STOCKS, DAYS, st.integers(540, 900))
def test_trades_at_the_touch_meet_the_shares_they_take(seed, stock, day, minute):
    feed = Generated(seed)
    quotes, ticks = feed.quotes(stock, day, minute), feed.ticks(stock, day, minute)
    for quote, following in zip(quotes, [*quotes[1:], None]):
        trade = next((tick for tick in ticks if tick.at > quote.at), None)
        if trade is None or not trade.side or (following and following.at <= trade.at):
            continue
        levels = quote.asks if trade.side > 0 else quote.bids
        if levels and levels[0][0] == trade.price:
            assert levels[0][1] >= trade.quantity


def test_a_trade_eats_the_queue_and_takes_the_level_with_it():
    stock, day = universe()["005930"], DAY
    table = krx.tick_table(stock.market, day)
    start = krx.midnight(day) + 600 * krx.MINUTE
    feed = Generated(1)
    first = feed.ticks(stock, day, 600)[0]._replace(at=start + 30 * SECOND, price=90_000, side=1)
    far = first._replace(at=start + 40 * SECOND, price=90_100, quantity=10**6)
    depth = Depth(1, stock, day, KRX)

    def quotes(ticks):
        return draw_book(
            depth,
            table,
            (117_000, 63_000),
            start,
            ticks,
            lambda tick: (tick.price, tick.price - 100),
            (90_000, 89_900),
            True,
        ).quotes

    small = {quote.at: quote for quote in quotes([first._replace(quantity=1), far])}
    large = {quote.at: quote for quote in quotes([first._replace(quantity=5_000), far])}
    at = first.at + 2
    assert dict(small[at].asks)[90_000] - dict(large[at].asks)[90_000] == 4_999
    assert small[at].asks[1:] == large[at].asks[1:]
    before = [quote for quote in large.values() if quote.at < far.at][-1]
    assert before.asks[0][0] == 90_100  # where the trade expects it
    assert before.asks[0][1] >= 10**6
    after = large[far.at + 2]
    assert 90_000 not in dict(after.asks)
    assert after.bids[0][0] == 90_000


def test_queues_last_across_minutes():
    feed, stock = Generated(1), universe()["005930"]
    same = total = 0
    for minute in range(600, 630):
        before = feed.quotes(stock, DAY, minute)[-1]
        after = feed.quotes(stock, DAY, minute + 1)[0]
        for old, new in ((before.asks, after.asks), (before.bids, after.bids)):
            new_sizes = dict(new)
            kept = [shares == new_sizes[price] for price, shares in old if price in new_sizes]
            same, total = same + sum(kept), total + len(kept)
    assert total > 400
    assert same * 10 > total * 7


def test_the_usual_profile_of_a_book():
    feed = Generated(1)
    asks, bids = [0] * 10, [0] * 10
    books = 0
    for code in ("005930", "000660", "196170", "035420", "005380", "003550"):
        stock = universe()[code]
        for minute in range(570, 900, 30):
            for quote in feed.quotes(stock, DAY, minute)[::20]:
                mean = sum(shares for _, shares in (*quote.asks, *quote.bids))
                books += 1
                for sums, levels in ((asks, quote.asks), (bids, quote.bids)):
                    for number, (_, shares) in enumerate(levels):
                        sums[number] += shares * 2_000 // mean
    asks, bids = [shares // books for shares in asks], [shares // books for shares in bids]
    assert 45 <= asks[0] <= 85  # of 100
    assert 45 <= bids[0] <= 85
    assert max(bids) == max(bids[2:5])
    assert all(70 <= shares <= 160 for shares in (*asks[1:], *bids[1:]))
    assert sum(asks[5:]) > sum(bids[5:])


def totals(feed, code, minutes):
    """Shares on offer and asked for at the end of each of these minutes."""
    for minute in minutes:
        quote = feed.quotes(universe()[code], DAY, minute)[-1]
        yield [sum(shares for _, shares in side) for side in (quote.asks, quote.bids)]


def test_books_swell_and_shrink_slowly_and_lean_to_either_side():
    for code in ("005930", "035420"):
        feed = Generated(5)
        found = list(totals(feed, code, range(545, 918, 3)))
        whole = [asks + bids for asks, bids in found]
        mean = sum(whole) / len(whole)
        assert max(whole) > 1.4 * mean
        assert min(whole) < 0.7 * mean
        steps = sum(abs(b - a) for a, b in zip(whole, whole[1:])) / len(whole)
        assert steps < 0.12 * mean
        lean = [asks > bids for asks, bids in found]
        assert len(lean) // 8 < sum(lean) < len(lean) * 7 // 8
        early, late = sum(whole[:5]) / 5, sum(whole[60:]) / len(whole[60:])
        assert early < 0.8 * late


def bar(minute, low, high):
    return MinuteBar(minute, low, high, low, high, 10, 10 * low, (10,) * (high - low + 1))


def test_orders_gather_at_prices_that_were_near_and_are_gone_where_trades_passed():
    table = krx.tick_table("KOSPI", DAY)  # ticks of one won here
    up = [bar(600 + n, 100, 101) for n in range(30)] + [bar(630, 101, 110), bar(631, 109, 110)]
    flat, risen = (
        draw_standing(bytes([128] * 256), table, 90, 130, minute, 540, 1, up[: minute - 600])
        for minute in (630, 632)
    )
    assert flat.asks[104 - 90] == flat.asks[103 - 90]
    assert risen.bids[104 - 90] < risen.bids[99 - 90]  # new beneath the price, and long there
    assert risen.asks[112 - 90] > risen.asks[121 - 90]  # seen from afar, and never before
    whole = draw_standing(bytes([128] * 256), table, 80, 140, 632, 540, 1, up)
    assert (whole.asks[10:51], whole.bids[10:51]) == (risen.asks, risen.bids)
    alike = draw_standing(bytes([128] * 256), table, 90, 130, 700, 540, 1, [])
    assert alike.asks[100 - 90] > alike.asks[110 - 90] > alike.asks[115 - 90] > alike.asks[111 - 90]


def test_orders_gather_after_a_lock_and_leave_before_it_breaks():
    locked = [bar(minute, 130, 130) for minute in range(600, 700)]
    bars = [bar(599, 120, 130), *locked, bar(700, 126, 130)]
    depth = [locked_depth(minute, 130, bars) for minute in range(600, 700)]
    assert depth[0] * 2 < depth[40]
    assert depth[:80] == sorted(depth[:80])
    assert depth[85:] == sorted(depth[85:], reverse=True)
    assert depth[99] * 4 < depth[80]


def test_spreads_are_wide_at_the_open_and_where_little_is_traded():
    def wide(feed, code, minutes):
        stock = universe()[code]
        table = krx.tick_table(stock.market, DAY)
        spreads = [
            table.index(ask) - table.index(bid)
            for minute in minutes
            for ask, bid in (
                feed.best_quotes(stock, tick) for tick in feed.ticks(stock, DAY, minute)
            )
            if ask and bid
        ]
        return sum(spread > 1 for spread in spreads) / len(spreads)

    early = noon = 0
    for seed in range(4):
        feed = Generated(seed)
        early += wide(feed, "005930", range(540, 545))
        noon += wide(feed, "005930", range(700, 730))
    assert noon < 4 * 0.05
    assert early > 2.5 * noon
    stocks = [stock for stock in universe().values() if stock.size == "소형주"]
    thin = sorted(stocks, key=lambda stock: stock.volume * stock.price)[len(stocks) // 4].code
    good = max(stocks, key=lambda stock: stock.volume * stock.price).code
    assert wide(Generated(1), thin, range(540, 920)) > wide(Generated(1), good, range(600, 700))


def test_a_stock_locked_at_its_upper_limit_has_a_huge_bid_and_no_asks():
    feed = Generated(1)
    stock, bar = next(
        (stock, bar)
        for stock in universe().values()
        if stock.kind == "stock"
        for bar in feed.days(stock, DAY, 300)
        if bar.low == bar.high == feed.limits(stock, bar.date)[0]
    )
    session = krx.session(bar.date)
    quotes = [
        quote
        for minute in range(session.open, session.close, 15)
        for quote in feed.quotes(stock, bar.date, minute)
    ]
    assert quotes
    for quote in quotes:
        assert quote.asks == ()
        assert quote.bids[0][0] == bar.close
    first = [quote.bids[0][1] for quote in quotes]
    second = [quote.bids[1][1] for quote in quotes]
    assert sum(first) > 10 * sum(second)


def test_no_books_are_seen_while_trading_is_interrupted():
    feed = Generated(1)
    stock, bar = next(
        (stock, bar)
        for stock in universe().values()
        if stock.kind == "stock"
        for bar in feed.days(stock, DAY, 100)
        if feed._stops(stock, bar.date)
    )
    stop = feed._stops(stock, bar.date)[0]
    minutes = range(krx.day_and_minute(stop.start)[1], krx.day_and_minute(stop.end)[1] + 1)
    times = [quote.at for minute in minutes for quote in feed.quotes(stock, bar.date, minute)]
    assert any(at <= stop.start for at in times)
    assert any(at > stop.end for at in times)
    assert all(at <= stop.start + 5 or at > stop.end for at in times)


def test_boards_are_open_when_they_are():
    stock = universe()["005930"]
    feed = Generated(1)
    for board, hours in (
        (NXT, [range(480, 530), range(540, 920), range(940, 1_200)]),
        (AFTER, [range(960, 1_200)]),
    ):
        found = windows(stock, DAY, board)
        assert [range(window.start, window.end) for window in found] == hours
        for window in found:
            assert feed.quotes(stock, DAY, window.start - 1, board) == []
            assert feed.quotes(stock, DAY, window.end, board) == []
            assert feed.quotes(stock, DAY, window.end - 1, board)


def test_same_seed_same_bytes():
    """One digest for every Python and platform. It changes when books are drawn differently."""
    stock = Stock(
        "000000",
        "가",
        "KOSPI",
        "stock",
        "",
        "중형주",
        date(2000, 1, 1),
        20_000,
        10**7,
        300,
        10**6,
        40,
    )
    start, draws = krx.midnight(DAY) + 600 * krx.MINUTE, Draws("ticks")
    ticks = []
    for second in range(1, 60, 2):
        side = 1 if draws.below(2) else -1
        price = 20_000 + 50 * draws.between(-2, 2)
        ticks.append(
            Tick(
                start + second * SECOND + draws.below(SECOND), price, draws.between(1, 9_000), side
            )
        )

    def best(tick):
        return (tick.price, tick.price - 50) if tick.side > 0 else (tick.price + 50, tick.price)

    table, limits = krx.tick_table("KOSPI", DAY), (26_000, 14_000)
    quotes = draw_book(
        Depth(2026, stock, DAY, KRX), table, limits, start, ticks, best, (20_050, 20_000), True
    ).quotes
    assert len(quotes) > 60
    digest = sha256(repr([tuple(quote) for quote in quotes]).encode()).hexdigest()
    assert digest == "48faa3072f52b3866e45ba250b0ba09e1e11c99e2c971caa07e89375d02354c9"
