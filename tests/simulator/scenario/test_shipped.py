"""Each scenario that comes along shows what it is named after."""

from typing import Callable, List, Tuple

import pytest

from sapi_kiwoom import krx
from sapi_kiwoom.loop import SECOND
from simulator import Simulator
from simulator.feeds.bars import AFTER, KRX, NXT
from simulator.scenario import build
from simulator.scenario.read import dump, named, parse, shipped

MINUTE = krx.MINUTE
DAY = krx.date(2026, 11, 20)


def moment(clock: str, day: krx.date = DAY) -> int:
    hour, minute, *second = map(int, clock.split(":"))
    return krx.midnight(day) + (hour * 60 + minute) * MINUTE + (second or [0])[0] * SECOND


class Desk:
    """A user of a simulator: logged in, notes events with their moments."""

    def __init__(self, name: str, at: str = "", **options) -> None:
        at = moment(at) if at else None
        self.simulator = Simulator(scenario=name, at=at, **options)
        self.loop, self.control = self.simulator.loop, self.simulator.control
        self.events: List[Tuple] = []
        self.on: dict = {}
        self.control.attach(self)
        self.control.CommConnect()
        self.loop.run_for(SECOND)
        assert self.named("OnEventConnect") == [(0,)]
        self.events.clear()

    def __getattr__(self, name: str) -> Callable:
        if not name.startswith("On"):
            raise AttributeError(name)

        def record(*args):
            self.events.append((self.loop.now(), name, *args))
            self.on.get(name, lambda *_: None)(*args)

        return record

    def named(self, name: str) -> List[Tuple]:
        return [event[2:] for event in self.events if event[1] == name]

    def until(self, clock: str) -> None:
        self.loop.run_for(moment(clock) - self.loop.now())

    def order(self, order_type: int, code: str, quantity: int, price: int = 0, hoga: str = "03"):
        account = self.simulator.scenario.accounts[0].number
        return self.control.SendOrder(
            "주문", "0101", account, order_type, code, quantity, price, hoga, ""
        )

    def chejan(self, fid: int) -> List[str]:
        """A FID of each order event, noted from now on."""
        found: List[str] = []
        self.on["OnReceiveChejanData"] = lambda *_: found.append(self.control.GetChejanData(fid))
        return found


def feed_of(name: str):
    scenario = named(name)
    stocks = build.listed(scenario)
    return build.feed(scenario, stocks), stocks


def trades(feed, stock, start: str, end: str, board: str = KRX):
    """Trades of a stock from a time to before another."""
    first, last = moment(start), moment(end)
    return [
        tick
        for bar in feed.minutes(stock, DAY, board)
        for tick in feed.ticks(stock, DAY, bar.minute, board)
        if first <= tick.at < last
    ]


def swings(name: str):
    """By how many percent of the base price each stock's day swings, and its part of usual volume."""
    feed, stocks = feed_of(name)
    found = []
    for stock in stocks.values():
        bar, base = feed.day(stock, DAY), feed.base_price(stock, DAY)
        found.append(((bar.high - bar.low) * 100 / base, bar.volume / stock.volume))
    return found


@pytest.mark.parametrize("name", shipped())
def test_a_scenario_is_named_as_its_file_described_on_a_line_and_survives_being_written(name):
    scenario = named(name)
    assert scenario.name == name
    assert "/" in scenario.description and "\n" not in scenario.description
    assert scenario.start < scenario.end
    assert parse(dump(scenario), scenario.source) == scenario


def test_there_are_at_least_eight():
    assert len(shipped()) >= 8


def test_a_quiet_day_moves_little_and_trades_little():
    swing, volume = zip(*swings("quiet-day"))
    assert max(swing) < 1.5
    assert sum(volume) / len(volume) < 0.8


def test_a_volatile_day_swings_and_orders_move_it():
    swing, volume = zip(*swings("volatile-day"))
    assert min(swing) > 3
    assert max(swing) > 15
    assert sum(volume) / len(volume) > 1.2
    desk = Desk("volatile-day", at="10:00")
    stock = desk.simulator.world.stocks["086520"]
    ask, _ = desk.simulator.house.exchange.touch(stock)
    before = desk.simulator.house.exchange.last(stock)
    statuses = desk.chejan(913)
    assert desk.order(1, stock.code, 3_000) == 0
    desk.loop.run_for(20 * SECOND)
    assert "체결" in statuses
    printed = [
        tick
        for tick in desk.simulator.world.feed.ticks(stock, DAY, 600)
        if before.at < tick.at <= desk.loop.now() and tick.side > 0
    ]
    assert max(tick.price for tick in printed) > ask, "3,000 shares walk up the book"


def test_a_locked_stock_trades_at_its_limit_and_nobody_sells():
    feed, stocks = feed_of("limit-up")
    stock = stocks["086520"]
    upper, _ = feed.limits(stock, DAY)
    locked = trades(feed, stock, "10:51", "15:31")
    assert locked
    assert {tick.price for tick in locked} == {upper}
    quotes = feed.quotes(stock, DAY, 13 * 60)
    assert quotes
    assert all(not quote.asks and quote.bids[0][0] == upper for quote in quotes)
    desk = Desk("limit-up", at="13:00")
    statuses = desk.chejan(913)
    assert desk.order(1, stock.code, 10, upper, "00") == 0
    desk.until("13:10")
    assert set(statuses) == {"접수"}, "a buyer waits behind everybody else"


@pytest.mark.parametrize(
    ("code", "jump", "up"),
    [("042700", "10:12", 1), ("042700", "13:30", -1), ("035420", "11:04", -1)],
)
def test_a_vi_stops_trade_for_two_minutes_and_ends_with_a_single_price(code, jump, up):
    feed, stocks = feed_of("vi-day")
    stock = stocks[code]
    start = moment(jump)
    before = trades(feed, stock, "09:00", jump)
    trigger, settled, *after = (
        tick for tick in trades(feed, stock, jump, "15:20") if tick.at >= start
    )
    reference = [tick for tick in before if tick.side == 0][-1].price
    assert (trigger.price - reference) * up * 10 >= reference
    assert 2 * MINUTE <= settled.at - trigger.at <= 2 * MINUTE + 30 * SECOND
    assert settled.side == 0
    assert after[0].side != 0


def test_a_vi_is_seen_by_the_exchange_while_it_lasts():
    desk = Desk("vi-day", at="10:11")
    desk.control.SetRealReg("2000", "042700", "10;41", "0")
    stock = desk.simulator.world.stocks["042700"]
    desk.until("10:13")
    assert desk.simulator.house.exchange.interrupted(stock)
    desk.until("10:15")
    assert not desk.simulator.house.exchange.interrupted(stock)


def test_a_market_wide_halt_lasts_half_an_hour_and_takes_no_orders():
    feed, stocks = feed_of("market-halt")
    for code in ("035420", "196170"):
        stock = stocks[code]
        base = feed.base_price(stock, DAY)
        before = trades(feed, stock, "10:40", "10:44")
        assert before[-1].price < base * 93 // 100
        settled = trades(feed, stock, "10:44", "11:15")[0]
        assert settled.side == 0
        assert moment("11:14") <= settled.at <= moment("11:14:30")
    desk = Desk("market-halt", at="10:50")
    statuses = desk.chejan(913)
    assert desk.order(2, "015760", 10) == 0
    desk.loop.run_for(20 * SECOND)
    assert statuses == []
    (message,) = desk.named("OnReceiveMsg")
    assert "RC" in message[3] or "[" in message[3]
    desk.until("11:20")
    assert desk.order(2, "015760", 10) == 0
    desk.until("11:22")
    assert "체결" in statuses


def quietest(stocks, count: int) -> List[str]:
    """Codes of those that trade least: where they surge, all do."""
    return [each.code for each in sorted(stocks.values(), key=lambda stock: stock.volume)[:count]]


def test_an_opening_surge_brings_five_thousand_trades_a_second():
    feed, stocks = feed_of("opening-surge")
    assert len(stocks) == 100
    counts = []
    for code in quietest(stocks, 6):
        ticks = trades(feed, stocks[code], "09:00", "09:01")
        open_for = (moment("09:01") - ticks[0].at) / SECOND
        assert len(ticks) >= 60 * (open_for - 1)
        counts.append(len(ticks))
    assert sum(counts) / len(counts) * len(stocks) >= 5_000 * 60


def test_a_surge_arrives_through_the_control():
    desk = Desk("opening-surge")
    codes = quietest(desk.simulator.world.stocks, 2)
    desk.control.SetRealReg("2000", ";".join(codes), "10", "0")
    desk.until("09:01")
    arrived = [args for args in desk.named("OnReceiveRealData") if args[1] == "주식체결"]
    assert {args[0] for args in arrived} == set(codes)
    assert len(arrived) >= len(codes) * 50 * 60


def test_at_five_the_line_breaks_and_logins_fail_until_the_check_is_over():
    desk = Desk("five-oclock")
    assert desk.loop.now() == moment("04:58:01")
    desk.until("05:00")
    assert desk.named("OnEventConnect") == [(-106,)]
    assert desk.events[-1][0] == moment("05:00")
    assert desk.control.GetConnectState() == 0
    for clock, code in (("05:01", -101), ("05:03", -101), ("05:04", 0)):
        desk.until(clock)
        desk.events.clear()
        desk.control.CommConnect()
        desk.loop.run_for(SECOND)
        assert desk.named("OnEventConnect") == [(code,)]
    assert desk.control.GetConnectState() == 1
    desk.control.SetRealReg("2000", "005930", "10", "0")
    desk.until("09:01")
    assert any(args[1] == "주식체결" for args in desk.named("OnReceiveRealData"))


def test_a_flaky_server_loses_answers_delays_them_and_lies_about_an_order():
    desk = Desk("flaky-server")
    codes, delays, answered = [], [], 0
    for _ in range(60):
        desk.control.SetInputValue("종목코드", "005930")
        sent, before = desk.loop.now(), len(desk.named("OnReceiveTrData"))
        codes.append(desk.control.CommRqData("질문", "opt10004", 0, "1000"))
        desk.loop.run_for(12 * SECOND)
        if len(desk.named("OnReceiveTrData")) > before:
            answered += 1
            (at,) = [event[0] for event in desk.events if event[1] == "OnReceiveTrData"][before:]
            delays.append(at - sent)
    assert set(codes) == {0, -200}
    assert 0 < codes.count(0) - answered < 15, "some are never answered"
    assert 0 < sum(delay >= 8 * SECOND for delay in delays) < 20
    assert sum(delay < SECOND for delay in delays) > 30
    numbers = desk.chejan(9203)
    returned = []
    for _ in range(12):
        returned.append(desk.order(1, "005930", 1))
        desk.loop.run_for(60 * SECOND)
    assert set(returned) == {0, -307}
    assert len(set(numbers) - {""}) == 12, "those that are said to have failed were sent"
    desk.events.clear()
    desk.until("11:16")
    assert desk.named("OnEventConnect") == [(-106,)]
    desk.control.CommConnect()
    desk.loop.run_for(SECOND)
    assert desk.named("OnEventConnect") == [(-106,), (0,)]


def test_on_the_exam_day_trading_begins_at_ten_and_ends_an_hour_late():
    feed, stocks = feed_of("exam-day")
    bars = feed.minutes(stocks["005930"], krx.date(2026, 11, 19))
    assert 10 * 60 <= bars[0].minute <= 10 * 60 + 1
    assert bars[-1].minute >= 16 * 60 + 30
    desk = Desk("exam-day")
    desk.loop.run_for(45 * MINUTE)
    bells = [args[2].split("\t") for args in desk.named("OnReceiveRealData")]
    assert next(raw for raw in bells if raw[0] == "3")[1].startswith("100000")


def test_the_evening_trades_on_krx_and_on_nextrade():
    feed, stocks = feed_of("after-market")
    stock = stocks["005930"]
    assert trades(feed, stock, "16:00", "20:00", AFTER)
    assert trades(feed, stock, "15:40", "20:00", NXT)
    desk = Desk("after-market", at="16:30")
    desk.control.SetRealReg("2000", "005930", "10", "0")
    statuses = desk.chejan(913)
    ask, _ = desk.simulator.house.exchange.touch(desk.simulator.world.stocks["005930"], AFTER)
    tick = krx.tick_table("KOSPI", DAY).tick(ask)
    assert desk.order(1, "005930", 10, ask + 2 * tick, "00") == 0
    desk.until("16:40")
    assert any(args[1] == "주식체결" for args in desk.named("OnReceiveRealData"))
    assert "체결" in statuses


def test_orders_entered_elsewhere_are_heard_of_without_any_call():
    desk = Desk("orders-elsewhere")
    codes = desk.chejan(9001)
    desk.until("09:45")
    assert {code.strip("A_") for code in codes} == {"005930", "015760", "000660"}
    assert desk.named("OnReceiveTrData") == []


def test_a_warned_stock_is_bought_after_the_window_was_answered():
    desk = Desk("warned-stock")
    assert desk.control.KOA_Functions("IsOrderWarningStock", "298380") == "5"
    assert desk.control.KOA_Functions("IsOrderWarningStock", "005930") == "0"
    returned = []

    def buy():
        start = desk.loop.now()
        returned.append((desk.order(1, "298380", 1), desk.loop.now() - start))

    statuses = desk.chejan(913)
    desk.loop.call_later(SECOND, buy)
    desk.loop.run_for(60 * SECOND)
    assert returned == [(0, 5 * SECOND)]
    assert "체결" in statuses
