"""Account TRs: the broker's published examples rebuilt, and sums that agree with orders and fills."""

from datetime import date
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sapi_kiwoom import catalogue, krx
from simulator.answers.accounts import balances, orders, profits
from simulator.answers.accounts.table import ACCOUNTS
from simulator.answers.world import World
from simulator.brokerage import costs
from simulator.brokerage.account import Account
from simulator.brokerage.order import BUY, CANCEL, MODIFY, NEW, SELL, Fill, Order
from simulator.feeds import Tick
from simulator.universe import Stock

DAY = date(2024, 11, 28)
NINE = krx.midnight(DAY) + 540 * krx.MINUTE
NUMBER = "8000000011"
SAMSUNG = Stock("005930", "삼성전자", "KOSPI", "stock", "", "", DAY, 1, 1, 1, 1, 20)
KODEX = Stock("069500", "KODEX 200", "ETF", "etf", "", "", DAY, 1, 1, 1, 1, 100)
NOTE = Stock("500001", "신한 ETN", "ETN", "etn", "", "", DAY, 1, 1, 1, 1, 100)


class Still(World):
    """A market that stands still, and a brokerage that books what it is told."""

    def __init__(self, profile="mock", cash=10_000_000):
        prices = {SAMSUNG: (59_000, 60_000), KODEX: (4_900, 4_900), NOTE: (10_000, 9_900)}
        feed = SimpleNamespace(
            seed=1,
            base_price=lambda stock, day: prices[stock][1],
            best_quotes=lambda stock, tick: (tick.price + 100, tick.price),
        )
        super().__init__({stock.code: stock for stock in prices}, feed)
        self.prices = {stock: price for stock, (price, _) in prices.items()}
        self.account = Account(NUMBER, "김키움", cash, DAY, profile)
        self.all, self.parts = [], []
        self.brokerage = SimpleNamespace(
            accounts={NUMBER: self.account},
            orders=lambda number: self.all if number == NUMBER else [],
            fills=lambda number: self.parts if number == NUMBER else [],
        )

    def last_trade(self, stock, moment):
        price = self.prices[stock]
        return Tick(moment, price, 1, 1) if price else None

    def send(self, side, quantity, price, stock=SAMSUNG, kind=NEW, original=None, hoga="00"):
        number = len(self.all) + 1
        at = NINE + number * 1_000_000
        order = Order(
            number, NUMBER, stock, side, kind, hoga, quantity, price, "KRX", at, original, "0101"
        )
        if kind == CANCEL:
            self.account.withdraw(original, quantity)
        else:
            self.account.accept(order, price or 100_000)
        self.all.append(order)
        return order

    def fill(self, order, quantity, price):
        self.parts.append(
            Fill(len(self.parts) + 1, order, order.entered + 500_000, price, quantity)
        )
        self.account.fill(self.parts[-1])

    def trade(self, side, quantity, price, stock=SAMSUNG):
        order = self.send(side, quantity, price, stock)
        self.fill(order, quantity, price)
        return order

    def ask(self, function, code, **inputs):
        """The single record and the rows of an answer as dicts."""
        tr = catalogue.tr(code)
        given = {each.name: "" for each in tr.inputs}
        given.update({"계좌번호": NUMBER, **inputs})
        reply = function(self, given, NINE + 60_000_000)
        rows = list(reply.rows)
        for record, values in [(tr.single, reply.single), *((tr.multi, row) for row in rows)]:
            names = [each.name for each in record.fields] if record else []
            assert len(values) == len(names)
        single = dict(zip([f.name for f in tr.single.fields], reply.single)) if tr.single else {}
        return single, [dict(zip([f.name for f in tr.multi.fields], row)) for row in rows]


ANSWERS = [(answer, code) for code, answer in ACCOUNTS.items()]


def subset(values, expected):
    assert {name: values[name] for name in expected} == expected


@pytest.mark.parametrize(("function", "code"), ANSWERS)
def test_an_unknown_account_has_nothing(function, code):
    given = {each.name: "" for each in catalogue.tr(code).inputs}
    world = Still()
    for number in ("", "8999999911"):
        reply = function(world, {**given, "계좌번호": number}, NINE)
        assert (reply.single, list(reply.rows)) == ([], [])
    world.brokerage = None
    assert function(world, {**given, "계좌번호": NUMBER}, NINE).single == []


@pytest.mark.parametrize(("function", "code"), ANSWERS)
@pytest.mark.parametrize("profile", ["mock", "real"])
def test_an_account_without_trades_answers_in_whole_records(function, code, profile):
    single, rows = Still(profile).ask(function, code)
    assert rows == []
    for field in catalogue.tr(code).single.fields if single else ():
        value = single[field.name]
        assert len(value) <= field.width
        if code.startswith("opw") and value.isdigit():
            assert len(value) == field.width


# -- published examples -----------------------------------------------------------------------


def test_holdings_as_published():
    world = Still("real")
    world.account.grant(SAMSUNG, 3, 373_500)
    single, rows = world.ask(balances.holdings, "opw00018")
    assert list(rows[0].values()) == [
        "A005930",
        "삼성전자",
        "-00000000196888",
        "-00000005271",
        "000000000124500",
        "000000060000",
        "000000000000003",
        "000000000000003",
        "000000059000",
        *["000000000000000"] * 4,
        "000000000373500",
        "000000000000050",
        "000000000177000",
        "000000000000020",
        "000000000000318",
        "000000000000070",
        "000000010000",
        "00",
        "",
        "",
    ]
    subset(single, {"총평가금액": "000000000177000", "총수익률(%)": "-00000005271"})
    subset(single, {"추정예탁자산": "000000010176612", "조회건수": "0001"})


def test_rates_have_their_point_on_the_mock_server():
    world = Still("mock")
    world.account.grant(SAMSUNG, 3, 373_500)
    single, rows = world.ask(balances.holdings, "opw00018")
    assert (single["총수익률(%)"], rows[0]["수익률(%)"]) == ("-53.21", "-53.21")
    assert rows[0]["보유비중(%)"] == "100.00"


def test_evaluation_and_balance_as_published():
    world = Still("real")
    world.account.grant(SAMSUNG, 3, 373_500)
    world.prices[SAMSUNG] = 70_000
    single, (row,) = world.ask(balances.evaluation, "opw00004")
    expected = {"평가금액": "000000209542", "손익금액": "-00000163958", "손익율": "-00000438977"}
    subset(row, {**expected, "종목코드": "A005930", "평균단가": "000000124500", "대출일": ""})
    subset(single, {"계좌명": "김키움", "출력건수": "0001", "유가잔고평가액": "000000209542"})
    subset(single, {"당일손익율": "000000000000", "예탁자산평가액": "000010210000"})
    single, (row,) = world.ask(balances.balance, "opw00005")
    expected = {"평가금액": "000000209542", "평가손익": "-00000163958", "손익률": "-00000438977"}
    subset(row, {**expected, "종목번호": "A005930", "결제잔고": "000000000003"})
    subset(single, {"총손익률": "-00000438977", "주식매수총액": "000000373500"})
    world.account.profile = "mock"
    _, (row,) = world.ask(balances.evaluation, "opw00004")
    assert row["손익율"] == "-44.4198"  # with the fees of the mock server


def test_deposits_as_published():
    """Bought 48,240 and sold 48,156 yesterday, bought 4,900 today."""
    world = Still("real", cash=17_534)
    account = world.account
    account.grant(KODEX, 1, 48_156)
    world.prices[KODEX] = 48_156
    world.trade(SELL, 1, 48_156, KODEX)
    world.trade(BUY, 1, 48_240, KODEX)
    account.open_day(date(2024, 11, 29))
    world.all.clear()
    world.trade(BUY, 1, 4_900, KODEX)
    single, _ = world.ask(balances.deposits, "opw00001")
    expected = {
        "예수금": "000000000017534",
        "d+1추정예수금": "000000000017450",
        "d+1매도매수정산금": "-00000000000084",
        "d+1매수정산금": "000000000048240",
        "d+1매도정산금": "000000000048156",
        "d+1출금가능금액": "000000000012550",
        "d+2추정예수금": "000000000012550",
        "d+2매도매수정산금": "-00000000004900",
        "d+2매수정산금": "000000000004900",
        "d+2매도정산금": "000000000000000",
        "d+2출금가능금액": "000000000012550",
        "20%종목주문가능금액": "000000000012550",
        "100%종목주문가능금액": "000000000012550",
    }
    subset(single, expected)
    assert int(single["주문가능금액"]) + int(single["주식증거금현금"]) == 17_534
    single, _ = world.ask(balances.balance, "opw00005")
    expected = {"예수금": "000000017534", "예수금D+1": "000000017450", "예수금D+2": "000000012550"}
    subset(single, expected)


def test_proceeds_can_be_paid_out_when_they_are_settled():
    world = Still(cash=1_000)
    world.account.grant(KODEX, 1, 4_900)
    order = world.trade(SELL, 1, 4_900, KODEX)
    world.account.open_day(date(2024, 11, 29))
    single, _ = world.ask(balances.deposits, "opw00001")
    free = [int(single[name]) for name in ("출금가능금액", "d+1출금가능금액", "d+2출금가능금액")]
    assert free == [1_000, 5_900 - order.fee, 5_900 - order.fee]


def test_what_is_owed_shows_when_it_is_due():
    world = Still(cash=1_000_000)
    world.account.margin = True
    order = world.trade(BUY, 20, 100_000)  # 20 % are enough today
    single, _ = world.ask(balances.deposits, "opw00001")
    owed = 1_000_000 + order.fee
    assert (int(single["d+1미수변제소요금"]), int(single["d+2미수변제소요금"])) == (0, owed)
    assert int(single["20%종목주문가능금액"]) == 5 * (600_000 - order.fee)
    for day in (date(2024, 11, 29), date(2024, 12, 2)):
        world.account.open_day(day)
    single, _ = world.ask(balances.deposits, "opw00001")
    assert single["예수금"] == f"{-owed:015d}"
    assert int(single["현금미수금"]) == int(single["현금미수금합계"]) == owed
    assert int(single["출금가능금액"]) == int(single["20%종목주문가능금액"]) == 0


def test_open_orders_bind_money_in_the_deposits():
    world = Still(cash=1_000_000)
    world.send(BUY, 10, 50_000)
    single, _ = world.ask(balances.deposits, "opw00001")
    assert int(single["예수금"]) == int(single["d+2추정예수금"]) == 1_000_000
    assert int(single["주식증거금현금"]) == 501_750
    free = ("주문가능금액", "출금가능금액", "100%종목주문가능금액", "d+2출금가능금액")
    assert {int(single[name]) for name in free} == {498_250}


def test_sales_as_published(monkeypatch):
    """Three orders of one share at 158,200 that had cost 97,602.957..., with a fee of 0.2 %."""
    monkeypatch.setitem(costs.FEE_RATES, "mock", 2_000)
    world = Still()
    world.account.grant(SAMSUNG, 211, 20_594_224)
    for _ in range(3):
        world.trade(SELL, 1, 158_200)
    single, rows = world.ask(profits.today, "opt10077")
    assert single == {"당일실현손익": "179439"}
    assert list(rows[0].values()) == [
        "삼성전자",
        "1",
        "97602.9573459",
        "158200",
        "59813.0426541",
        "+61.28",
        "500",
        "284",
        "A005930",
    ]
    _, rows = world.ask(profits.by_stock, "opt10073", 시작일자="20241101", 종료일자="20241130")
    assert len(rows) == 3
    expected = {"일자": "20241128", "당일hts매도수수료": "현금", "매입단가": "97602.96"}
    subset(rows[0], {**expected, "당일매도손익": "59813.04", "당일매매수수료": "500"})
    subset(rows[0], {"인출가능금액": "0", "대출일": "", "신용구분": "현금잔고"})
    _, rows = world.ask(profits.on_day, "opt10072", 시작일자="20241128", 종목코드="005930")
    subset(rows[0], {"종목코드1": "A005930", "당일매도손익1": "59813.04"})
    single, rows = world.ask(profits.by_day, "opt10074", 시작일자="20241101", 종료일자="20241130")
    subset(
        single, {"총매수금액": "0", "총매도금액": "474600", "매매세금": "852", "매매수수료": "930"}
    )
    assert rows == [dict(zip(rows[0], ["20241128", "0", "474600", "179439", "930", "852"]))]
    _, rows = world.ask(orders.filled_orders, "opt10076")
    subset(rows[0], {"주문번호": "0000003", "당일매매수수료": "310", "당일매매세금": "284"})
    subset(rows[0], {"주문구분": "-매도", "매매구분": "보통", "원주문번호": "0000000"})


def test_the_recorded_open_order():
    world = Still()
    world.send(BUY, 1, 0, hoga="03")
    _, (row,) = world.ask(orders.open_orders, "opt10075", 체결구분="1")
    assert list(row.values()) == [
        *[NUMBER, "0000001", "", "005930", "", "접수", "삼성전자", "1", "0", "1", "0", "0000000"],
        *[
            "+매수",
            "시장가",
            "090001",
            "",
            "0",
            "0",
            "-59000",
            "-59100",
            "-59000",
            "",
            "",
            "0",
            "0",
        ],
        "",
    ]
    world.prices[SAMSUNG] = 0  # before its first trade
    _, (row,) = world.ask(orders.open_orders, "opt10075")
    subset(row, {"현재가": "60000", "매도호가": "0", "매수호가": "0"})


def test_the_recorded_back_office_order():
    world = Still()
    world.send(BUY, 1, 11_330, KODEX)
    single, (row,) = world.ask(orders.all_orders, "opw00007", 주문일자="20241128", 조회구분="1")
    assert single == {"출력건수": "0001"}
    assert list(row.values()) == [
        *["0000001", "A069500", "보통가", "보통매매", "0000000001", "0000011330", "0000000001"],
        *["주문완료", "", "09:00:01", "0000000", "KODEX 200", "현금매수", "", "0000000000"],
        *["0000000000", "0000000001", "오픈API", "일반", "09:00:01"],
    ]


def test_results_show_what_was_sold_out_today():
    world = Still("real")
    world.account.grant(SAMSUNG, 8, 1_673_430)
    world.account.grant(NOTE, 2, 20_000)
    world.trade(SELL, 2, 10_000, NOTE)
    _, rows = world.ask(balances.results, "opt10085")
    assert list(rows[0].values()) == [
        *["", "005930", "삼성전자", "-59000", "209179", "1673430", "8", "0", "0", "0"],
        *["00", "00000000", "8", "8", "0", "0", "00000000"],
    ]
    subset(rows[1], {"종목코드": "500001", "현재가": "+10000", "보유수량": "0", "결제잔고": "2"})
    subset(rows[1], {"매입가": "0", "매입금액": "0"})
    _, rows = world.ask(balances.holdings, "opw00018")
    assert [row["종목번호"] for row in rows] == ["A005930"]
    world.trade(SELL, 1, 59_000)
    _, rows = world.ask(profits.today, "opt10077")
    assert [row["종목코드"] for row in rows] == ["A005930", "Q500001"]  # the newest first
    _, rows = world.ask(profits.today, "opt10077", 종목코드="500001")
    assert [row["종목코드"] for row in rows] == ["Q500001"]
    world.account.open_day(date(2024, 11, 29))
    _, rows = world.ask(balances.results, "opt10085")
    assert [row["종목코드"] for row in rows] == ["005930"]


# -- choosing ---------------------------------------------------------------------------------


@pytest.fixture
def busy():
    """1 bought in part, 2 changed to 3, 3 cancelled by 4, 5 sold, 6 an open sale of another stock."""
    world = Still()
    world.account.grant(SAMSUNG, 5, 300_000)
    world.account.grant(KODEX, 5, 20_000)
    first = world.send(BUY, 10, 59_000)
    world.fill(first, 3, 58_900)
    world.fill(first, 1, 59_000)
    second = world.send(BUY, 5, 58_000)
    third = world.send(BUY, 5, 58_100, kind=MODIFY, original=second)
    world.send(BUY, 5, 0, kind=CANCEL, original=third)
    world.trade(SELL, 2, 59_100)
    world.send(SELL, 5, 5_000, KODEX)
    return world


def numbers(answer):
    return [int(row["주문번호"]) for row in answer[1]]


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ({}, [6, 5, 4, 3, 2, 1]),
        ({"체결구분": "1"}, [6, 1]),
        ({"체결구분": "2"}, [5, 1]),
        ({"매매구분": "1"}, [6, 5]),
        ({"매매구분": "2", "체결구분": "0"}, [4, 3, 2, 1]),
        ({"전체종목구분": "1", "종목코드": "069500"}, [6]),
        ({"전체종목구분": "0", "종목코드": "069500", "체결구분": "1"}, [6, 1]),
        ({"전체종목구분": "1", "종목코드": "999999"}, []),
    ],
)
def test_choosing_from_opt10075(busy, inputs, expected):
    assert numbers(busy.ask(orders.open_orders, "opt10075", **inputs)) == expected


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ({"체결구분": "2"}, [5, 1]),
        ({"매도수구분": "1"}, [6, 5]),
        ({"조회구분": "1", "종목코드": "069500_AL"}, [6]),
        ({"주문번호": "0000005"}, [4, 3, 2, 1]),
    ],
)
def test_choosing_from_opt10076(busy, inputs, expected):
    assert numbers(busy.ask(orders.filled_orders, "opt10076", **inputs)) == expected


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ({"조회구분": "1"}, [1, 2, 3, 4, 5, 6]),
        ({"조회구분": "2"}, [6, 5, 4, 3, 2, 1]),
        ({"조회구분": "3"}, [1, 6]),
        ({"조회구분": "4"}, [1, 5]),
        ({"조회구분": "1", "매도수구분": "1"}, [5, 6]),
        ({"조회구분": "1", "종목코드": "069500"}, [6]),
        ({"조회구분": "1", "시작주문번호": "0000005"}, [5, 6]),
        ({"조회구분": "2", "시작주문번호": "0000002"}, [2, 1]),
        ({"조회구분": "1", "주식채권구분": "2"}, []),
        ({"조회구분": "1", "주문일자": "20241127"}, []),
    ],
)
def test_choosing_from_opw00007(busy, inputs, expected):
    assert numbers(busy.ask(orders.all_orders, "opw00007", **inputs)) == expected


def test_how_orders_stand(busy):
    _, rows = busy.ask(orders.open_orders, "opt10075")
    assert [row["주문상태"] for row in rows] == ["접수", "체결", "확인", "확인", "접수", "체결"]
    assert [row["주문구분"] for row in rows] == [
        *["-매도", "-매도", "매수취소", "+매수정정", "+매수", "+매수"]
    ]
    assert [row["원주문번호"] for row in rows][2:4] == ["0000003", "0000002"]
    expected = {"체결가": "58925", "체결량": "4", "체결누계금액": "235700", "체결번호": "2"}
    subset(rows[-1], {**expected, "단위체결가": "59000", "단위체결량": "1", "미체결수량": "6"})
    _, rows = busy.ask(orders.all_orders, "opw00007", 조회구분="1")
    assert [row["정정취소"] for row in rows] == ["일반", "일반", "정정", "취소", "일반", "일반"]
    assert [int(row["확인수량"]) for row in rows] == [6, 0, 5, 5, 0, 5]


# -- one story --------------------------------------------------------------------------------


@given(
    st.lists(
        st.tuples(
            st.sampled_from([BUY, SELL]),
            st.sampled_from([SAMSUNG, KODEX, NOTE]),
            st.integers(1, 40),
            st.sampled_from([4_990, 59_000, 158_200]),
            st.integers(0, 40),
        ),
        max_size=12,
    ),
    st.sampled_from(["mock", "real"]),
)
def test_answers_are_the_sums_of_orders_and_fills(orders_sent, profile):
    world = Still(profile, cash=10**8)
    for stock in world.prices:
        world.account.grant(stock, 20, 999_999)
    for side, stock, quantity, price, part in orders_sent:
        probe = Order(99, NUMBER, stock, side, NEW, "00", quantity, price, "KRX", 0)
        if quantity <= world.account.possible(probe, price):
            order = world.send(side, quantity, price, stock)
            for shares in (
                min(part, quantity) // 2,
                min(part, quantity) - min(part, quantity) // 2,
            ):
                if shares:
                    world.fill(order, shares, price)

    def value(side, *stocks):
        fills = [fill for fill in world.parts if fill.order.side == side]
        return sum(f.price * f.quantity for f in fills if not stocks or f.order.stock in stocks)

    bought, sold = value(BUY), value(SELL)
    fees, taxes = sum(order.fee for order in world.all), sum(order.tax for order in world.all)
    _, rows = world.ask(orders.open_orders, "opt10075", 체결구분="0")
    assert sum(int(row["체결누계금액"]) for row in rows) == bought + sold
    assert sum(int(row["당일매매수수료"]) for row in rows) == fees
    assert sum(int(row["미체결수량"]) for row in rows) == sum(order.open for order in world.all)

    single, days = world.ask(profits.by_day, "opt10074", 시작일자="20241128", 종료일자="20241128")
    assert [int(each) for each in single.values()][:2] == [bought, sold]
    assert [int(each) for each in single.values()][3:] == [fees, taxes]
    assert len(days) == bool(bought or sold)
    detail, sales = world.ask(profits.today, "opt10077")
    assert detail["당일실현손익"] == single["실현손익"] == str(world.account.today.profit)
    assert sum(int(row["체결량"]) for row in sales) == sum(
        fill.quantity for fill in world.parts if fill.order.side == SELL
    )

    single, _ = world.ask(balances.deposits, "opw00001")
    assert int(single["d+2추정예수금"]) == 10**8 - bought + sold - fees - taxes
    assert (
        int(single["d+2매수정산금"]) - int(single["d+2매도정산금"]) == bought - sold + fees + taxes
    )

    total, rows = world.ask(balances.holdings, "opw00018")
    shares = {row["종목번호"][1:]: int(row["보유수량"]) for row in rows}
    for stock in world.prices:
        traded = sum(f.order.side * f.quantity for f in world.parts if f.order.stock is stock)
        assert shares.get(stock.code, 0) == 20 + traded
    for name, whole in (
        ("매입금액", "총매입금액"),
        ("평가금액", "총평가금액"),
        ("평가손익", "총평가손익금액"),
    ):
        assert sum(int(row[name]) for row in rows) == int(total[whole])
    for row in rows:
        charges = int(row["수수료합"]) + int(row["세금"])
        assert int(row["평가손익"]) == int(row["평가금액"]) - int(row["매입금액"]) - charges

    _, rows = world.ask(balances.results, "opt10085")
    assert sum(int(row["당일매도손익"]) for row in rows) == world.account.today.profit
    assert sum(int(row["당일매매수수료"]) for row in rows) == fees
    assert sum(int(row["당일매매세금"]) for row in rows) == taxes
