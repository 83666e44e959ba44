"""Statements add up to the account, and what is told of days before is what was told on them."""

from datetime import date
from typing import Dict, List

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sapi_kiwoom import krx
from simulator.answers.accounts import assets, balances, dealings, power, profits, statements
from simulator.answers.accounts.table import ACCOUNTS
from simulator.brokerage.order import BUY, NEW, SELL, Order
from tests.simulator.brokerage.test_account_answers import (
    DAY,
    KODEX,
    NINE,
    NUMBER,
    SAMSUNG,
    Still,
    subset,
)

CASH = 10_000_000
WHOLE = {"시작일자": "20241101", "종료일자": "20241231", "구분": "0"}


class Days(Still):
    """A brokerage over some days; prices stand still, a day closes at its base price."""

    def __init__(self, profile="real", cash=CASH):
        super().__init__(profile, cash)
        self.feed.day = lambda stock, day: None

    def go_on(self):
        self.all.clear()
        self.parts.clear()
        self.account.open_day(krx.next_trading_day(self.account.day))

    def try_trade(self, side, quantity, price, stock):
        order = Order(999, NUMBER, stock, side, NEW, "00", quantity, price, "KRX", NINE)
        if self.account.possible(order, price) >= quantity:
            self.trade(side, quantity, price, stock)

    def deposits(self):
        return self.ask(balances.deposits, "opw00001")[0]


TRADES = st.lists(
    st.tuples(
        st.sampled_from((BUY, BUY, SELL)),
        st.integers(1, 30),
        st.integers(4_000, 70_000),
        st.sampled_from((SAMSUNG, KODEX)),
    ),
    max_size=4,
)
HISTORY = st.lists(TRADES, min_size=1, max_size=6)


def played(history: List[list], world: Days) -> Dict[date, dict]:
    """Trade for some days; what opw00001 and opw00018 told on the evening of each."""
    evenings = {}
    for place, trades in enumerate(history):
        if place:
            world.go_on()
        for trade in trades:
            world.try_trade(*trade)
        held = world.ask(balances.holdings, "opw00018")[1]
        evenings[world.account.day] = {**world.deposits(), "held": held}
    return evenings


@settings(max_examples=40, deadline=None)
@given(HISTORY, st.sampled_from(["mock", "real"]))
def test_a_statement_adds_up_to_the_deposit(history, profile):
    world = Days(profile)
    evenings = played(history, world)
    single, rows = world.ask(statements.statement, "opw00015", **WHOLE)
    assert int(single["출력건수"]) == len(rows)
    balance = CASH
    for row in reversed(rows):
        amount = int(row["정산금액"])
        costs = int(row["수수료"]) + int(row["거래및농특세"])
        sign = 1 if row["입출구분명"] == "입금" else -1
        assert amount == int(row["거래금액"]) - sign * costs
        balance += sign * amount
        assert int(row["예수금잔고"]) == balance
    assert balance == world.account.cash == int(world.deposits()["예수금"])
    days = [row["거래일자"] for row in rows]
    assert days == sorted(days, reverse=True)
    for day, told in evenings.items():
        text = f"{day:%Y%m%d}"
        until = {**WHOLE, "종료일자": text}
        _, then = world.ask(statements.statement, "opw00015", **until)
        assert then == [row for row in rows if row["거래일자"] <= text]
        latest = int(then[0]["예수금잔고"]) if then else CASH
        assert latest == int(told["예수금"])


@settings(max_examples=40, deadline=None)
@given(HISTORY)
def test_sales_are_entries_of_their_own(history):
    world = Days()
    sold = []
    for trades in [*history, [], []]:
        for trade in trades:
            world.try_trade(*trade)
        sold += [
            (order.stock, order.filled, order.value) for order in world.all if order.side == SELL
        ]
        world.go_on()
    _, rows = world.ask(statements.statement, "opw00015", **{**WHOLE, "구분": "5"})
    told = [(row["종목코드"], int(row["거래수량/좌수"]), int(row["거래금액"])) for row in rows]
    assert told == [(f"A{stock.code}", *rest) for stock, *rest in reversed(sold)]
    _, bought = world.ask(statements.statement, "opw00015", **{**WHOLE, "구분": "4"})
    _, whole = world.ask(statements.statement, "opw00015", **WHOLE)
    assert sorted(map(str, rows + bought)) == sorted(map(str, whole))
    for code in ("005930", "069500", "999999"):
        _, own = world.ask(statements.statement, "opw00015", **{**WHOLE, "종목코드": code})
        assert own == [row for row in rows if row["종목코드"] == f"A{code}"]


@settings(max_examples=40, deadline=None)
@given(HISTORY)
def test_tomorrows_settlement_is_that_of_the_deposits(history):
    world = Days()
    played(history, world)
    single, rows = world.ask(statements.due_tomorrow, "opw00008")
    deposits = world.deposits()
    assert single["매수정산합"].lstrip("0") == deposits["d+1매수정산금"].lstrip("0")
    assert single["매도정산합"].lstrip("0") == deposits["d+1매도정산금"].lstrip("0")
    for side in ("매수", "매도"):
        own = [int(row["정산금액"]) for row in rows if row["매도수구분"] == side]
        assert sum(own) == int(single[f"{side}정산합"])
    assert int(single["조회건수"]) == len(rows)
    assert single["결제일자"] == f"{krx.next_trading_day(world.account.day):%Y%m%d}"
    _, rest = world.ask(statements.due_tomorrow, "opw00008", 시작결제번호="0000002")
    assert rest == rows[1:]


@settings(max_examples=40, deadline=None)
@given(HISTORY, st.sampled_from(["mock", "real"]))
def test_days_before_are_what_they_were(history, profile):
    world = Days(profile)
    evenings = played(history, world)
    _, rows = world.ask(assets.by_day, "opw00002")
    days = [row["일자"] for row in rows]
    past = [f"{day:%Y%m%d}" for day in sorted(evenings, reverse=True)][1:]
    assert days == past[: len(days)]
    assert len(days) >= min(2, len(past))  # shares are known at least so far back
    prices = {"A005930": 60_000, "A069500": 4_900}
    for row in rows:
        day = row["일자"]
        told = evenings[date(int(day[:4]), int(day[4:6]), int(day[6:]))]
        assert int(row["예수금"]) == int(told["예수금"])
        value = sum(int(each["보유수량"]) * prices[each["종목번호"]] for each in told["held"])
        asked = {"평가시작일": day, "평가종료일": day}
        single, _ = world.ask(assets.results, "opw00016", **asked)
        assert int(single["예수금_말"]) == int(told["예수금"])
        assert int(single["유가증권평가금액_말"]) == value
        assert int(single["순자산액계_말"]) == int(told["d+2추정예수금"]) + value
        assert int(row["추정예탁자산"]) <= int(single["순자산액계_말"])
    single, _ = world.ask(assets.results, "opw00016")
    deposits = world.deposits()
    assert int(single["예수금_말"]) == int(deposits["예수금"])
    change = int(single["순자산액계_말"]) - int(single["순자산액계_초"])
    assert int(single["평가손익"]) == change


@settings(max_examples=40, deadline=None)
@given(HISTORY)
def test_what_can_be_ordered_is_cash_and_proceeds(history):
    world = Days()
    played(history, world)
    single, _ = world.ask(power.details, "opw00013")
    parts = ("사용가능현금최종", "전일재사용가능금액최종", "금일재사용가능금액최종")
    assert sum(int(single[name]) for name in parts) == int(single["100주문가능금액"])
    deposits = world.deposits()
    assert int(single["사용가능현금"]) == int(deposits["주문가능금액"])
    assert int(single["100주문가능금액"]) == int(deposits["100%종목주문가능금액"])
    assert int(single["전일재사용대상금액"]) == int(deposits["d+1매도정산금"])
    assert int(single["금일재사용대상금액"]) == int(deposits["d+2매도정산금"])
    for day in ("전일", "금일"):
        used = int(single[f"{day}재사용사용금액"])
        usable = int(single[f"{day}재사용가능금액"])
        assert used >= 0
        assert used + usable == int(single[f"{day}재사용대상금액"])


@settings(max_examples=40, deadline=None)
@given(HISTORY, st.integers(1_000, 90_000), st.booleans())
def test_so_many_shares_can_be_bought_and_no_more(history, price, margin):
    world = Days()
    world.account.margin = margin
    played(history, world)
    asked = {"종목번호": "A005930", "매수가격": str(price)}
    single, _ = world.ask(power.by_margin, "opw00011", **asked)
    order = Order(999, NUMBER, SAMSUNG, BUY, NEW, "00", 1, price, "KRX", NINE)
    rate = SAMSUNG.margin_rate if margin else 100
    assert single["적용증거금율"] == f"{rate}%"
    assert int(single[f"증거금{rate}주문가능수량"]) == world.account.possible(order, price)
    deposits = world.deposits()
    assert int(single["증거금100주문가능금액"]) == int(deposits["100%종목주문가능금액"])
    assert int(single["증거금20주문가능금액"]) == int(deposits["20%종목주문가능금액"])
    other, _ = world.ask(power.money, "opw00010", **asked)
    for each in (20, 30, 40, 50, 60, 100):
        for name in ("금액", "수량"):
            assert int(other[f"증거금{each}주문가능{name}"]) == int(
                single[f"증거금{each}주문가능{name}"]
            )
    credit, _ = world.ask(power.by_credit_margin, "opw00012", **asked)
    assert int(credit["미수불가수량"]) == int(single["증거금100주문가능수량"])
    assert int(credit["보증금40주문가능수량"]) == 0


@settings(max_examples=40, deadline=None)
@given(HISTORY)
def test_the_journal_of_a_day_is_its_sums(history):
    world = Days()
    played(history, world)
    journal = {"단주구분": "2", "현금신용구분": "0"}
    single, rows = world.ask(dealings.of_day, "opt10170", **journal)
    today = f"{world.account.day:%Y%m%d}"
    sums, _ = world.ask(profits.by_day, "opt10074", 시작일자=today, 종료일자=today)
    assert single["총매수금액"] == sums["총매수금액"]
    assert single["총매도금액"] == sums["총매도금액"]
    assert single["총손익금액"] == sums["실현손익"]
    costs = int(sums["매매수수료"]) + int(sums["매매세금"])
    assert int(single["총수수료_세금"]) == costs
    names = ("매수금액", "매도금액", "손익금액", "수수료_제세금")
    totals = ("총매수금액", "총매도금액", "총손익금액", "총수수료_세금")
    for name, total in zip(names, totals):
        assert sum(int(row[name]) for row in rows) == int(single[total])
    for row in rows:
        orders = [order for order in world.all if row["종목코드"] == f"A{order.stock.code}"]
        for side, name in ((BUY, "매수수량"), (SELL, "매도수량")):
            assert int(row[name]) == sum(each.filled for each in orders if each.side == side)
    assert world.ask(dealings.of_day, "opt10170", 현금신용구분="2")[1] == []


def test_within_a_day_only_its_own_purchases_earn():
    world = Days("mock")
    world.account.grant(SAMSUNG, 10, 400_000)
    world.trade(BUY, 4, 50_000)
    world.trade(SELL, 6, 55_000)
    _, (row,) = world.ask(dealings.of_day, "opt10170", 단주구분="1")
    # 4 of the 6: 220,000 less 770 of 1,155 won and the tax of 396 of 594 won; 200,000 and 700 won.
    subset(row, {"매수수량": "4", "매도수량": "6", "매수평균가": "50000", "매도평균가": "55000"})
    sale = world.all[1]
    costs = (sale.fee + sale.tax) * 4 // 6 + world.all[0].fee
    assert int(row["손익금액"]) == 20_000 - costs
    _, (whole,) = world.ask(dealings.of_day, "opt10170", 단주구분="2")
    assert int(whole["손익금액"]) == world.account.today.profit


def test_orders_and_fills_are_those_of_the_day():
    world = Still("real")
    world.trade(BUY, 10, 59_000)
    world.send(BUY, 5, 58_000, KODEX)
    world.trade(SELL, 4, 60_000)
    single, rows = world.ask(ACCOUNTS["opw00009"], "opw00009")
    subset(
        single,
        {
            "매도약정금액": "000000240000",
            "매수약정금액": "000000590000",
            "약정금액": "000000830000",
            "조회건수": "0003",
        },
    )
    assert [row["체결수량"] for row in rows] == ["0000000010", "0000000000", "0000000004"]
    _, detailed = world.ask(ACCOUNTS["opw00007"], "opw00007", 조회구분="1")
    shared = (
        "주문번호",
        "종목번호",
        "매매구분",
        "주문수량",
        "주문단가",
        "확인수량",
        "종목명",
        "체결단가",
    )
    for row, other in zip(rows, detailed):
        assert [row[name] for name in shared] == [other[name] for name in shared]

    def numbers(**inputs):
        table = world.ask(ACCOUNTS["opw00009"], "opw00009", **inputs)[1]
        return [int(row["주문번호"]) for row in table]

    assert numbers(조회구분="1") == [1, 3]
    assert numbers(매도수구분="1") == [3]
    assert numbers(종목코드="069500") == [2]
    assert numbers(시작주문번호="0000002") == [2, 3]
    assert numbers(시장구분="1") == [1, 2, 3]
    assert numbers(시장구분="2") == numbers(주문일자="20241127") == numbers(주식채권구분="2") == []


@pytest.mark.parametrize("profile", ["mock", "real"])
def test_today_and_the_whole(profile):
    world = Days(profile)
    world.trade(BUY, 10, 59_000)
    world.trade(SELL, 4, 60_000)
    (worth, _), (whole, _) = (
        world.ask(function, code)
        for function, code in ((assets.estimated, "opw00003"), (balances.holdings, "opw00018"))
    )
    assert int(worth["추정예탁자산"]) == int(whole["추정예탁자산"])
    single, _ = world.ask(assets.today, "opw00017")
    day = world.account.today
    assert DAY == world.account.day
    told = [int(single[name]) for name in ("매수금액", "매도금액", "수수료", "세금")]
    assert told == [day.bought, day.sold, day.fee, day.tax]
    assert int(single["D+2추정예수금"]) == world.account.deposit(2)
    assert int(single["일반주식평가금액D+2"]) == 6 * 59_000


def test_a_journal_of_a_day_before_has_its_sales_and_sums():
    world = Days()
    world.trade(BUY, 10, 50_000)
    world.trade(SELL, 4, 55_000)
    day = f"{world.account.day:%Y%m%d}"
    asked = {"기준일자": day, "단주구분": "2"}
    then, (told,) = world.ask(dealings.of_day, "opt10170", **asked)
    world.go_on()
    now, (row,) = world.ask(dealings.of_day, "opt10170", **asked)
    assert now == then
    subset(
        row,
        {name: told[name] for name in ("종목코드", "매도수량", "매도금액", "손익금액", "수익률")},
    )
    subset(row, {"매수수량": "0", "매수금액": "0"})  # which stock was bought is not kept
