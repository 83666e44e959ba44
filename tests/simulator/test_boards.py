from __future__ import annotations

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from sapi_kiwoom import krx
from simulator.feeds.bars import AFTER, KRX, NXT
from simulator.feeds.generator import FIRST_DAY, Generated
from simulator.feeds.generator.boards import NXT_SINCE, windows
from simulator.feeds.generator.index import trading_days_back
from simulator.universe import universe

DAY = date(2026, 11, 20)
EXAM, FIRST_OF_YEAR = date(2026, 11, 19), date(2026, 1, 2)
LAST_SINGLE_PRICE, FIRST_EVENING = date(2026, 9, 11), date(2026, 9, 14)
SEEDS = st.integers(0, 2**32)
STOCKS = st.sampled_from(list(universe().values()))
DAYS = st.one_of(
    st.sampled_from([DAY, EXAM, FIRST_OF_YEAR, LAST_SINGLE_PRICE, FIRST_EVENING, NXT_SINCE]),
    st.sampled_from(krx.trading_days(FIRST_DAY, krx.LAST_DATE)),
)


def check_minutes(feed, stock, day, board):
    bars = feed.minutes(stock, day, board)
    minutes = [bar.minute for bar in bars]
    assert minutes == sorted(set(minutes))
    table, (upper, lower) = krx.tick_table(stock.market, day), feed.limits(stock, day)
    open_minutes = {
        minute
        for window in windows(stock, day, board)
        for minute in range(window.start, window.end)
    }
    for bar in bars:
        assert bar.minute in open_minutes
        assert lower <= bar.low <= min(bar.open, bar.close)
        assert max(bar.open, bar.close) <= bar.high <= upper
        first = table.index(bar.low)
        levels = [table.price(first + level) for level in range(len(bar.traded))]
        assert levels[-1] == bar.high
        assert sum(bar.traded) == bar.volume > 0
        assert sum(price * shares for price, shares in zip(levels, bar.traded)) == bar.value
    return bars


@given(SEEDS, STOCKS, DAYS, st.sampled_from([AFTER, NXT]), st.data())
def test_trades_rebuild_the_minutes_of_every_board(seed, stock, day, board, data):
    feed = Generated(seed)
    bars = check_minutes(feed, stock, day, board)
    for bar in data.draw(st.lists(st.sampled_from(bars), max_size=4)) if bars else ():
        ticks = feed.ticks(stock, day, bar.minute, board)
        prices = [tick.price for tick in ticks]
        assert (prices[0], max(prices), min(prices), prices[-1]) == bar[1:5]
        assert sum(tick.quantity for tick in ticks) == bar.volume
        assert sum(tick.price * tick.quantity for tick in ticks) == bar.value
        times = [tick.at for tick in ticks]
        assert times == sorted(times)
        assert krx.day_and_minute(times[0]) == krx.day_and_minute(times[-1]) == (day, bar.minute)
        assert feed.touches(stock, ticks, board) == [
            feed.best_quotes(stock, tick, board) for tick in ticks
        ]
        for tick in ticks:
            ask, bid = feed.best_quotes(stock, tick, board)
            assert {1: ask, -1: bid, 0: tick.price}[tick.side] == tick.price
            assert not ask or not bid or bid < ask


@settings(max_examples=8)
@given(SEEDS, STOCKS, DAYS, st.randoms(use_true_random=False))
def test_the_order_of_questions_does_not_matter(seed, stock, day, random):
    boards = [KRX, NXT, AFTER]

    def ask(feed, board):
        bars = feed.minutes(stock, day, board)
        return bars, feed.ticks(stock, day, bars[-1].minute, board) if bars else []

    feed, other = Generated(seed), Generated(seed)
    found = {board: ask(feed, board) for board in boards}
    random.shuffle(boards)
    assert {board: ask(other, board) for board in boards} == found


@settings(max_examples=8)
@given(SEEDS, STOCKS, st.sampled_from(krx.trading_days(FIRST_DAY, LAST_SINGLE_PRICE)))
def test_single_prices_come_every_ten_minutes_near_the_close(seed, stock, day):
    feed = Generated(seed)
    close = feed.day(stock, day).close if feed.day(stock, day) else 0
    first = krx.session(day).closing_auction + 40
    for bar in feed.minutes(stock, day, AFTER):
        assert bar.minute in range(first, 18 * 60 + 1, 10)
        assert abs(bar.close - close) * 10 <= close
        (tick,) = feed.ticks(stock, day, bar.minute, AFTER)
        assert tick.side == 0
        assert tick.at % krx.MINUTE < 1_000_000


@settings(max_examples=8)
@given(SEEDS, STOCKS, st.sampled_from(krx.trading_days(NXT_SINCE, krx.LAST_DATE)))
def test_nextrade_follows_the_regular_market(seed, stock, day):
    feed, session = Generated(seed), krx.session(day)
    regular = {bar.minute: bar for bar in feed.minutes(stock, day)}
    bars = feed.minutes(stock, day, NXT)
    if not bars:
        return
    for bar in bars:
        if session.open <= bar.minute < session.close:
            assert regular[bar.minute].low <= bar.low <= bar.high <= regular[bar.minute].high
    volume = feed.day(stock, day).volume
    assert sum(bar.volume for bar in bars) * 100 <= volume * 40
    for tick in feed.ticks(stock, day, session.open, NXT):
        assert tick.at >= krx.midnight(day) + session.open * krx.MINUTE + 30_000_000
        assert tick.side


def test_volumes_of_the_boards():
    feed = Generated(1)
    for code in ("005930", "000660", "196170"):
        stock, shares, evenings = universe()[code], [], []
        for day in trading_days_back(DAY, 6):
            volume = feed.day(stock, day).volume
            shares.append(sum(b.volume for b in feed.minutes(stock, day, NXT)) * 100 // volume)
            evenings.append(
                sum(b.volume for b in feed.minutes(stock, day, AFTER)) * 1_000 // volume
            )
        assert min(shares) >= 14
        assert max(shares) >= 20
        assert min(evenings) >= 9
        assert max(evenings) <= 40


def test_boards_follow_each_other_in_the_evening():
    feed, stock = Generated(1), universe()["005930"]
    tick = krx.tick_table(stock.market, DAY).tick(feed.day(stock, DAY).close)
    closes = [
        {bar.minute: bar.close for bar in feed.minutes(stock, DAY, board)} for board in (NXT, AFTER)
    ]
    both = set(closes[0]) & set(closes[1])
    assert len(both) > 100
    assert all(abs(closes[0][minute] - closes[1][minute]) <= 2 * tick for minute in both)


def test_the_pre_market_leads_to_the_open():
    feed = Generated(1)
    nearer = total = 0
    for code in ("005930", "000660"):
        stock = universe()[code]
        for day in trading_days_back(DAY, 12):
            bars = [bar for bar in feed.minutes(stock, day, NXT) if bar.minute < 530]
            base, opening = feed.base_price(stock, day), feed.day(stock, day).open
            if bars and abs(opening - base) * 200 > base:
                total += 1
                nearer += abs(bars[-1].close - opening) * 2 < abs(base - opening)
    assert total > 5
    assert nearer == total


def test_when_boards_are_open():
    def hours(code, day, board):
        return [(each.start, each.end) for each in windows(universe()[code], day, board)]

    assert hours("005930", DAY, NXT) == [(480, 530), (540, 920), (940, 1_200)]
    assert hours("005930", EXAM, NXT) == [(600, 980), (1_000, 1_200)]
    assert hours("005930", FIRST_OF_YEAR, NXT) == [(600, 920), (940, 1_200)]
    assert hours("005930", date(2025, 2, 28), NXT) == []
    assert hours("069500", DAY, NXT) == []
    assert hours("005930", FIRST_EVENING, AFTER) == [(960, 1_200)]
    assert hours("005930", EXAM, AFTER) == [(1_020, 1_200)]
    assert hours("069500", FIRST_EVENING, AFTER) == []
    assert hours("005930", LAST_SINGLE_PRICE, AFTER) == [(970, 1_080), (1_080, 1_081)]
    assert hours("069500", date(2025, 11, 13), AFTER) == [(1_030, 1_080), (1_080, 1_081)]


def test_closed_days_have_no_boards():
    feed, stock, sunday = Generated(1), universe()["005930"], date(2026, 11, 22)
    assert feed.minutes(stock, sunday, NXT) == ()
    assert feed.ticks(stock, sunday, 600, NXT) == []
    assert feed.quotes(stock, sunday, 600, NXT) == []
