from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from sapi_kiwoom import krx
from simulator.feeds.bars import AFTER, KRX, NXT
from simulator.feeds.folding import fold_day, fold_minutes
from simulator.feeds.generator import Generated
from simulator.feeds.overlay import Overlay
from simulator.feeds.script import Script
from simulator.scenario.errors import ScenarioError
from simulator.universe import universe

FEED = Generated(1)
DAY, NEXT = date(2026, 11, 20), date(2026, 11, 23)
SMALL = sorted(
    (s for s in universe().values() if s.kind == "stock" and s.price > 10_000),
    key=lambda s: s.volume * s.price,
)
STOCK, OTHER, *MORE = [s for s in SMALL if s.volume * s.price > 3_000_000_000][:6]
BASE = FEED.base_price(STOCK, DAY)
UPPER, LOWER = FEED.limits(STOCK, DAY)
TABLE = krx.tick_table(STOCK.market, DAY)
VI, HALF_A_MINUTE = "VI", 30_000_000


def script(*entries, stock=STOCK, feed=FEED):
    return Script(feed, [{"day": "2026-11-20", "stocks": stock.code, **each} for each in entries])


def at(clock):
    hour, minute = clock.split(":")
    return krx.midnight(DAY) + (int(hour) * 60 + int(minute)) * krx.MINUTE


def ticks_of(feed, stock=STOCK, day=DAY):
    return [tick for bar in feed.minutes(stock, day) for tick in feed.ticks(stock, day, bar.minute)]


def between(ticks, start, end):
    return [tick for tick in ticks if at(start) <= tick.at < at(end)]


def moved(percent, base=BASE, table=TABLE):
    return table.round_down(base + base * percent // 10_000)


def check_day(feed, stock=STOCK):
    """Whatever the script: a day of trades on the grid, within limits, that rebuild it."""
    ticks = ticks_of(feed, stock)
    table = krx.tick_table(stock.market, DAY)
    upper, lower = feed.limits(stock, DAY)
    assert [tick.at for tick in ticks] == sorted(tick.at for tick in ticks)
    for tick in ticks:
        assert lower <= tick.price <= upper
        assert table.round_down(tick.price) == tick.price
        assert tick.quantity > 0
        assert tick.side in ({upper: (0, -1), lower: (0, 1)}.get(tick.price, (-1, 0, 1)))
    bars = feed.minutes(stock, DAY)
    assert fold_minutes(ticks, table) == bars
    assert feed.day(stock, DAY) == fold_day(DAY, bars)
    assert feed.base_price(stock, NEXT) == bars[-1].close
    for board in (AFTER, NXT):
        for minute in feed.minutes(stock, DAY, board)[::50]:
            trades = feed.ticks(stock, DAY, minute.minute, board)
            assert fold_minutes(trades, table) == (minute,)
            assert lower <= minute.low <= minute.high <= upper
    return ticks


def test_a_path_leads_through_its_waypoints():
    feed = script({"path": {"09:00": "+2%", "10:00": "+5.25%", "13:00": str(BASE), "15:30": "-3%"}})
    ticks = check_day(feed)
    assert ticks[0].price == moved(200)
    assert between(ticks, "10:00", "15:00")[0].price == moved(525)
    assert between(ticks, "13:00", "15:00")[0].price == BASE
    assert between(ticks, "15:30", "15:31")[0].price == moved(-300)
    assert {tick.price for tick in between(ticks, "15:31", "16:00")} <= {moved(-300)}
    assert not ticks[0].side
    assert ticks[0].at == ticks_of(FEED)[0].at
    # What was traded is traded still, and some more.
    kept = {(tick.at, tick.quantity) for tick in ticks_of(FEED) if tick.side}
    assert kept < {(tick.at, tick.quantity) for tick in ticks}


def test_a_path_without_waypoints_at_the_open_begins_as_the_day_did():
    ticks = check_day(script({"path": {"11:00": "+4%"}}))
    assert ticks[0] == ticks_of(FEED)[0]
    assert between(ticks, "11:00", "15:00")[0].price == moved(400)


def test_a_long_way_has_setbacks_and_brings_trade_with_it():
    feed = script({"path": {"09:00": "+0%", "10:30": "+9.5%", "11:30": "+9.5%"}})
    check_day(feed)
    run = [bar for bar in feed.minutes(STOCK, DAY) if bar.minute < 630]
    highs = [max(bar.close for bar in run[: number + 1]) for number in range(len(run))]
    assert max(high - bar.close for high, bar in zip(highs, run)) * 100 > BASE
    falls = sum(b.close < a.close for a, b in zip(run, run[1:]))
    assert len(run) // 5 < falls < len(run) // 2
    below = {bar.minute: bar.volume for bar in FEED.minutes(STOCK, DAY)}
    after = [bar for bar in feed.minutes(STOCK, DAY) if 840 <= bar.minute < 920]
    often = sum(bar.volume for bar in run) / sum(below[bar.minute] for bar in run)
    seldom = sum(bar.volume for bar in after) / sum(below[bar.minute] for bar in after)
    assert often > 3
    assert seldom < 1.2


def test_trade_is_brisk_when_a_price_comes_to_be_locked_and_dies_away():
    feed = script({"path": {"09:00": "+20%", "10:00": "upper"}, "lock": {"from": "10:00"}})
    ticks = check_day(feed)

    def shares(start, end):
        return sum(tick.quantity for tick in between(ticks, start, end))

    assert shares("10:00", "10:02") > shares("09:58", "10:00")
    assert shares("10:00", "10:02") > 4 * shares("11:00", "11:30")
    assert shares("11:00", "15:20") > 0
    waiting = [feed.quotes(STOCK, DAY, minute)[-1].bids[0][1] for minute in range(601, 700, 9)]
    assert waiting[0] * 2 < waiting[-1]
    assert all(b > a * 9 // 10 for a, b in zip(waiting, waiting[1:]))


def test_other_boards_follow_what_is_written():
    stock = universe()["035420"]
    entry = {
        "path": {"09:00": "+1%", "15:30": "+6%"},
        "breaker": {"at": "10:44", "price": "+3%"},
    }
    feed = script(entry, stock=stock)
    table = krx.tick_table(stock.market, DAY)
    regular = {bar.minute: bar for bar in feed.minutes(stock, DAY)}
    for board in (NXT, AFTER):
        bars = feed.minutes(stock, DAY, board)
        trades = [t for bar in bars for t in feed.ticks(stock, DAY, bar.minute, board)]
        assert fold_minutes(trades, table) == bars
        evening = [bar for bar in bars if bar.minute >= 960]
        close = feed.day(stock, DAY).close
        assert evening
        assert abs(evening[0].open - close) * 100 < close
    bars = feed.minutes(stock, DAY, NXT)
    assert bars[0].minute < 530
    for bar in bars:
        if 540 <= bar.minute < 920:
            assert regular[bar.minute].low <= bar.low <= bar.high <= regular[bar.minute].high
    (halt,) = feed.halts(stock, DAY)
    for minute in (645, 660):
        assert feed.ticks(stock, DAY, minute, NXT) == []
        assert feed.quotes(stock, DAY, minute, NXT) == []
    trades = feed.ticks(stock, DAY, krx.day_and_minute(halt.end)[1], NXT)
    assert all(tick.at >= halt.end for tick in trades)
    assert feed.quotes(stock, DAY, 640, NXT)
    assert feed.quotes(stock, DAY, 1_000, AFTER)


def test_single_prices_after_a_written_day_keep_within_ten_percent_of_its_close():
    day, stock = date(2026, 9, 10), universe()["035420"]
    entry = {"day": "2026-09-10", "stocks": stock.code, "path": {"15:30": "+12%"}}
    feed = Script(FEED, [entry])
    close = feed.day(stock, day).close
    bars = feed.minutes(stock, day, AFTER)
    assert bars
    for bar in bars:
        (tick,) = feed.ticks(stock, day, bar.minute, AFTER)
        for price in (tick.price, *feed.best_quotes(stock, tick, AFTER)):
            assert abs(price - close) * 10 <= close or not price
    far = tick._replace(price=feed.limits(stock, day)[0])
    ask, bid = feed.best_quotes(stock, far, AFTER)
    assert not ask
    assert abs(bid - close) * 10 <= close


def test_a_stock_that_is_halted_for_the_rest_of_the_day_has_no_evening():
    stock = universe()["035420"]
    feed = script({"halt": {"from": "14:00"}}, stock=stock)
    for board in (NXT, AFTER):
        assert all(bar.minute < 840 for bar in feed.minutes(stock, DAY, board))
    assert feed.minutes(stock, DAY, NXT)
    assert script({"halt": {"from": "09:00"}}, stock=stock).minutes(stock, DAY, NXT) == ()


def test_a_book_is_there_from_the_first_trade_of_a_written_day_on():
    feed = script({"path": {"09:00": "+2%"}}, stock=universe()["035420"])
    stock = universe()["035420"]
    times = [quote.at for quote in feed.quotes(stock, DAY, 540)]
    assert times[0] < at("09:01") - 50_000_000
    assert times[-1] > at("09:01") - 2_000_000


def test_other_stocks_and_days_show_through():
    feed = script({"path": {"09:00": "+2%"}})
    assert ticks_of(feed, OTHER) == ticks_of(FEED, OTHER)
    before = date(2026, 11, 18)
    assert ticks_of(feed, STOCK, before) == ticks_of(FEED, STOCK, before)
    assert feed.halts(OTHER, DAY) == ()
    assert feed.replaced_days(STOCK) == [DAY]
    assert feed.replaced_days(OTHER) == []


def test_a_lock_leaves_one_price_and_one_side():
    feed = script({"path": {"09:00": "+20%"}, "lock": {"from": "10:00"}})
    ticks = check_day(feed)
    locked = between(ticks, "10:03", "16:00")
    assert {tick.price for tick in locked} == {UPPER}
    assert len(locked) < len(between(ticks_of(FEED), "10:03", "16:00")) // 2
    for tick in locked:
        assert tick.side <= 0
        assert feed.best_quotes(STOCK, tick) == (0, UPPER)
    for quote in feed.quotes(STOCK, DAY, 700):
        assert quote.asks == ()
        assert quote.bids[0][0] == UPPER
    assert feed.base_price(STOCK, NEXT) == UPPER

    lock = {"from": "10:00", "to": "11:00", "at": "lower"}
    ticks = check_day(script({"lock": lock}))
    assert {tick.price for tick in between(ticks, "10:03", "11:00")} == {LOWER}
    assert LOWER not in {tick.price for tick in between(ticks, "11:03", "16:00")}


def test_a_jump_that_goes_too_far_interrupts_trading():
    feed = script({"jumps": {"10:12": "+14%"}})
    ticks = check_day(feed)
    (stop,) = feed.halts(STOCK, DAY)
    assert stop.reason == VI
    assert at("10:12") <= stop.start < at("10:15")
    assert stop.end - stop.start - 2 * krx.MINUTE in range(HALF_A_MINUTE)
    (last,) = [tick for tick in ticks if at("10:12") <= tick.at < stop.end]
    assert (last.at, last.price) == (stop.start, moved(1_400))
    (resumed,) = [tick for tick in ticks if tick.at == stop.end]
    assert resumed.side == 0
    assert abs(resumed.price - moved(1_400)) * 50 < BASE
    quiet = [bar.volume for bar in FEED.minutes(STOCK, DAY) if 605 <= bar.minute < 625]
    assert resumed.quantity > 2 * sum(quiet) // len(quiet)  # all who could not trade meanwhile
    kept = [tick for tick in ticks_of(FEED) if tick.at < stop.start]
    assert [tick for tick in ticks if tick.at < stop.start] == kept
    expected = [each for each in feed.expected(STOCK, DAY) if stop.start < each.at < stop.end]
    assert expected
    for quote in (*feed.quotes(STOCK, DAY, 613), *feed.quotes(STOCK, DAY, 614)):
        assert not stop.start + krx.MINUTE < quote.at < stop.end


def test_a_steep_path_is_interrupted_each_time_it_goes_too_far():
    feed = script({"path": {"09:00": "+0%", "14:30": "upper"}})
    check_day(feed)
    assert [halt.reason for halt in feed.halts(STOCK, DAY)] == [VI, VI]


def test_a_halt_ends_with_an_auction():
    feed = script(
        {
            "halt": [
                {"from": "11:00", "to": "11:30", "price": "+3%", "reason": "공시"},
                {"from": "14:00"},
            ]
        }
    )
    ticks = check_day(feed)
    first, second = feed.halts(STOCK, DAY)
    assert (first.start, first.auction, first.reason) == (at("11:00"), at("11:20"), "공시")
    assert (second.start, second.end, second.resumes) == (at("14:00"), at("15:30"), False)
    assert between(ticks, "11:00", "11:30") == []
    resumed, *others = between(ticks, "11:30", "14:00")
    assert (resumed.at, resumed.price, resumed.side) == (first.end, moved(300), 0)
    assert abs(others[0].price - moved(300)) * 100 < BASE
    assert ticks[-1].at < at("14:00")
    known = [each.at for each in feed.expected(STOCK, DAY) if each.at > at("10:00")]
    assert at("11:20") < min(known) < max(known) < first.end


def test_a_stock_that_is_halted_all_day_has_no_trades():
    feed = script({"halt": {"from": "09:00"}})
    assert ticks_of(feed) == []
    assert feed.day(STOCK, DAY)[1:] == (BASE, BASE, BASE, BASE, 0, 0)
    assert feed.base_price(STOCK, NEXT) == BASE


def test_a_circuit_breaker_stops_every_stock():
    entry = {
        "day": "2026-11-20",
        "stocks": "all",
        "path": {"10:43": "-8.3%"},
        "vary": "25%",
        "breaker": {"at": "10:44", "price": "-9%"},
    }
    feed = Script(
        FEED, [entry, {"day": "2026-11-20", "stocks": [OTHER.code], "path": {"10:43": "-4%"}}]
    )
    prices = []
    for stock in (STOCK, OTHER, *MORE):
        ticks = check_day(feed, stock)
        breaker = next(halt for halt in feed.halts(stock, DAY) if halt.reason == "서킷브레이커")
        assert (breaker.start, breaker.auction) == (at("10:44"), at("11:04"))
        assert breaker.end - at("11:14") in range(HALF_A_MINUTE)
        assert between(ticks, "10:44", "11:14") == []
        first = between(ticks, "11:14", "12:00")[0]
        assert (first.at, first.side) == (breaker.end, 0)
        base = feed.base_price(stock, DAY)
        assert first.price == moved(-900, base, krx.tick_table(stock.market, DAY))
        fallen = between(ticks, "10:43", "12:00")[0]
        prices.append((base - fallen.price) * 1_000 // base)
    assert len(set(prices)) == len(prices)
    assert all(10 < fall < 150 for fall in prices)


def test_a_surge_has_so_many_trades_a_second_and_leaves_the_rest_alone():
    feed = script({"surge": {"from": "09:00", "to": "09:01", "rate": "50"}})
    ticks = check_day(feed)
    surge = between(ticks, "09:00", "09:01")
    usual = ticks_of(FEED)
    assert len(surge) == pytest.approx(3_000, abs=60)
    assert between(ticks, "09:01", "16:00") == between(usual, "09:01", "16:00")
    assert surge[0] == usual[0]
    assert set(between(usual, "09:00", "09:01")) <= set(surge)
    highest = max(tick.price for tick in between(usual, "09:00", "09:01"))
    assert max(tick.price for tick in surge) <= TABLE.price(TABLE.index(highest) + 1)
    seconds = [0] * 60
    for tick in surge:
        seconds[(tick.at - at("09:00")) // 1_000_000] += 1
    assert max(seconds) > 100  # in bursts
    assert feed.halts(STOCK, DAY) == ()


def test_a_surge_of_a_stock_that_hardly_trades():
    stock = SMALL[0]
    ticks = check_day(
        script({"surge": {"from": "09:00", "to": "09:01", "rate": "5"}}, stock=stock), stock
    )
    assert len(between(ticks, "09:00", "09:01")) >= 295


def test_activity_is_a_part_of_the_usual():
    usual = ticks_of(FEED)
    for percent in (30, 250):
        ticks = check_day(script({"activity": f"{percent}%"}))
        count = len(between(ticks, "09:00", "15:20"))
        assert count == pytest.approx(
            len(between(usual, "09:00", "15:20")) * percent / 100, rel=0.2
        )
        (close,) = between(ticks, "15:30", "15:31")
        (before,) = between(usual, "15:30", "15:31")
        assert close.quantity == before.quantity * percent // 100


def test_a_day_may_be_written_trade_by_trade():
    rows = [
        ["09:00:00.5", str(BASE), "1200", "auction"],
        ["09:00:03", str(TABLE.price(TABLE.index(BASE) + 1)), "10", "buy"],
        ["15:30:10", str(BASE), "7", "auction"],
    ]
    feed = script({"ticks": rows})
    ticks = check_day(feed)
    assert [tick.side for tick in ticks] == [0, 1, 0]
    assert [tick.at - at("09:00") for tick in ticks] == [
        500_000,
        3_000_000,
        390 * krx.MINUTE + 10_000_000,
    ]


def test_later_entries_count_first():
    one = {"path": {"09:00": "+1%", "10:00": "+2%"}}
    feed = script(one, {"path": {"10:00": "+3%"}})
    assert ticks_of(feed) == ticks_of(script({"path": {"09:00": "+1%", "10:00": "+3%"}}))
    both = Script(FEED, [{"day": "2026-11-20", "stocks": STOCK.market, **one}])
    assert ticks_of(both) == ticks_of(script(one))


def test_the_next_day_may_be_written_from_its_own_base_price():
    path = {"path": {"09:00": "+0%", "15:30": "+9%"}}
    code = STOCK.code
    feed = Script(
        FEED,
        [
            {"day": "2026-11-20", "stocks": [code], **path},
            {"day": "2026-11-23", "stocks": [code], **path},
        ],
    )
    assert feed.day(STOCK, DAY).close == moved(900)
    assert feed.base_price(STOCK, NEXT) == moved(900)
    assert feed.day(STOCK, NEXT).close == moved(900, moved(900))


def test_a_script_over_a_moved_day_and_under_an_overlay():
    below = Overlay(FEED)
    yesterday = date(2026, 11, 19)
    moved_up = [
        tick._replace(price=FEED.limits(STOCK, yesterday)[0])
        for tick in ticks_of(FEED, STOCK, yesterday)
    ]
    below.put(STOCK, yesterday, moved_up)
    feed = script({"surge": {"from": "09:00", "to": "09:01", "rate": "5"}}, feed=below)
    assert feed.base_price(STOCK, DAY) == moved_up[0].price
    check_day(feed)
    above = Overlay(feed)
    above.put_minute(STOCK, DAY, 600, [])
    assert above.minutes(STOCK, DAY, KRX) == tuple(
        bar for bar in feed.minutes(STOCK, DAY) if bar.minute != 600
    )


def test_a_stock_that_is_not_listed_yet_stays_so():
    young = replace(STOCK, listed=NEXT)
    feed = Script(FEED, [{"day": "2026-11-20", "stocks": "all", "path": {"12:00": "+15%"}}])
    assert feed.day(young, DAY) is None
    assert feed.minutes(young, DAY) == ()
    assert feed.base_price(young, NEXT) == FEED.base_price(young, NEXT)


def test_the_seed_decides_and_the_order_of_questions_does_not():
    entry = {"path": {"12:00": "+15%"}, "activity": "150%", "vary": "10%"}
    first, second = script(entry), script(entry)
    second.quotes(STOCK, DAY, 700)
    second.day(STOCK, NEXT)
    assert ticks_of(first) == ticks_of(second)
    assert first.halts(STOCK, DAY) == second.halts(STOCK, DAY)
    assert ticks_of(script(entry, feed=Generated(2))) != ticks_of(first)


HEAD = {"day": "2026-11-20", "stocks": [STOCK.code]}
BAD = [
    # entry, path, why
    ("x", "script[0]", "must have the fields day, stocks, path, jumps, lock, "),
    ({"stocks": "all"}, "script[0]", "no day"),
    ({"day": "2026-11-20"}, "script[0]", "no stocks"),
    ({**HEAD, "day": "tomorrow"}, "script[0].day", "'tomorrow' is not a trading day as 2026-11-20"),
    ({**HEAD, "day": "2026-11-21"}, "script[0].day", "'2026-11-21' is not a trading day"),
    ({**HEAD, "day": ["x"]}, "script[0].day", "is not a date as 2026-11-20"),
    ({**HEAD, "stocks": ["999999"]}, "script[0].stocks[0]", "'999999' is no listed code, nor all"),
    ({**HEAD, "stocks": []}, "script[0].stocks", "no stocks; name codes or all"),
    ({**HEAD, "foo": "1"}, "script[0].foo", "unknown; known are day, stocks, path"),
    (HEAD, "script[0]", "says nothing; give a path, a lock, ticks ..."),
    (
        {**HEAD, "path": "up"},
        "script[0].path",
        "must name prices by time, for example {09:30: +2%}",
    ),
    ({**HEAD, "path": {"9:30": "+2%"}}, 'script[0].path["9:30"]', "'9:30' is not a time as 09:30"),
    (
        {**HEAD, "path": {"08:30": "+2%"}},
        'script[0].path["08:30"]',
        "08:30 is not within 09:00 to 15:31 of 2026-11-20",
    ),
    (
        {**HEAD, "path": {"09:30": "high"}},
        'script[0].path["09:30"]',
        "'high' is not a price as 71000, +2.5%, upper or lower",
    ),
    ({**HEAD, "path": {"09:30": "0"}}, 'script[0].path["09:30"]', "'0' is not a price"),
    ({**HEAD, "jumps": {"09:30": "+-2%"}}, 'script[0].jumps["09:30"]', "'+-2%' is not a price"),
    ({**HEAD, "lock": {"to": "10:00"}}, "script[0].lock", "no from"),
    (
        {**HEAD, "lock": {"from": "10:00", "at": "top"}},
        "script[0].lock.at",
        "'top' is not upper or",
    ),
    (
        {**HEAD, "halt": [{"from": "10:00", "to": "09:30"}]},
        "script[0].halt[0].to",
        "must be later than from",
    ),
    (
        {**HEAD, "halt": [{"from": "10:00"}, {"from": "11:00"}]},
        "script[0].halt",
        "two halts overlap; make them one",
    ),
    (
        {**HEAD, "breaker": {"at": "14:45"}},
        "script[0].breaker.at",
        "14:45 is not within 09:00 to 14:40 of 2026-11-20",
    ),
    (
        {**HEAD, "surge": {"from": "09:00", "to": "09:01", "rate": "many"}},
        "script[0].surge.rate",
        "'many' is not a whole number",
    ),
    (
        {**HEAD, "surge": {"from": "09:00", "to": "09:01", "rate": "0"}},
        "script[0].surge.rate",
        "0 is not within 1 to 1000",
    ),
    ({**HEAD, "activity": "x3"}, "script[0].activity", "'x3' is not a percentage from 0% to 2000%"),
    ({**HEAD, "ticks": [], "path": {}}, "script[0].path", "ticks stand alone; leave this out"),
    ({**HEAD, "stocks": "all", "ticks": []}, "script[0].stocks", "ticks are of one stock"),
    (
        {**HEAD, "ticks": [["09:00"]]},
        "script[0].ticks[0]",
        "a trade is [time, price, quantity, side]",
    ),
    (
        {**HEAD, "ticks": [["09:00", "71", "1", "up"]]},
        "script[0].ticks[0][3]",
        "'up' is not buy, sell, auction",
    ),
    (
        {**HEAD, "ticks": [["09:00", "200001", "1", "buy"]]},
        "script[0].ticks[0][1]",
        "200001 won is off the grid of 500 won",
    ),
    (
        {**HEAD, "ticks": [["09:01", "71", "1", "buy"], ["09:00", "71", "1", "buy"]]},
        "script[0].ticks[1][0]",
        "earlier than the trade before it",
    ),
]


@pytest.mark.parametrize(
    ("entry", "path", "why"), BAD, ids=[f"{path} {why}"[:60] for _, path, why in BAD]
)
def test_every_error_names_the_place_and_the_remedy(entry, path, why):
    with pytest.raises(ScenarioError) as caught:
        Script(FEED, [entry])
    assert caught.value.path == path
    assert why in caught.value.why
    named = caught.value.in_file("days.yaml")
    assert str(named) == f"days.yaml: {path}: {caught.value.why}"


def test_a_script_is_a_list():
    with pytest.raises(ScenarioError, match="script: must be a list"):
        Script(FEED, {})
