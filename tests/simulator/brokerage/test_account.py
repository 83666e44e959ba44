"""Accounts: recorded figures, T+2, and that no won and no share is ever lost."""

from datetime import date
from fractions import Fraction
from math import floor

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from sapi_kiwoom import krx
from simulator.brokerage import costs
from simulator.brokerage.account import Account, Due, reserve_price
from simulator.brokerage.order import BUY, CANCEL, MODIFY, NEW, SELL, Fill, Order
from simulator.universe import Stock

DAY = date(2026, 3, 9)
NUMBER = "8000000011"


def make_stock(code, market="KOSPI", margin_rate=40):
    day = date(2015, 1, 2)
    return Stock(code, code, market, "stock", "", "", day, 1_000, 10**6, 200, 10**5, margin_rate)


STOCK = make_stock("005930")


class Trader:
    """Sends orders to an account, in the test's place of a desk."""

    def __init__(self, cash=1_000_000, day=DAY, **options):
        self.account = Account(NUMBER, "김키움", cash, day, **options)
        self.orders = []
        self.fills = 0

    def order(self, side, quantity, price, stock=STOCK, original=None):
        kind = NEW if original is None else MODIFY
        number = len(self.orders) + 1
        made = Order(number, NUMBER, stock, side, kind, "00", quantity, price, "KRX", 0, original)
        self.account.accept(made, price)
        self.orders.append(made)
        return made

    def fill(self, order, quantity, price):
        self.fills += 1
        self.account.fill(Fill(self.fills, order, 0, price, quantity))

    def trade(self, side, quantity, price, stock=STOCK):
        order = self.order(side, quantity, price, stock)
        self.fill(order, quantity, price)
        return order


# -- recorded ---------------------------------------------------------------------------------


def test_the_recorded_sale_of_one_share_of_five():
    """A real account in 2017: five shares for 4,043 won, one sold at 805, tax 2 won."""
    trader = Trader(day=date(2017, 11, 2), profile="real")
    for quantity, price in ((1, 806), (2, 809), (1, 809), (1, 810)):
        trader.trade(BUY, quantity, price)
    holding = trader.account.holdings[STOCK.code]
    assert (holding.quantity, holding.average, holding.cost, holding.orderable) == (
        5,
        809,
        4_043,
        5,
    )
    assert holding.bought - holding.sold == 5
    assert (trader.account.today.profit, trader.account.today.rate) == (0, 0)

    sale = trader.order(SELL, 1, 805)
    assert (holding.quantity, holding.orderable, holding.cost) == (5, 4, 4_043)
    trader.fill(sale, 1, 805)
    assert (sale.fee, sale.tax) == (0, 2)
    assert (holding.quantity, holding.average, holding.cost, holding.orderable) == (
        4,
        809,
        3_234,
        4,
    )
    assert holding.bought - holding.sold == 4
    assert (trader.account.today.profit, trader.account.today.rate) == (-6, -69)

    trader.trade(BUY, 1, 313, make_stock("900140", "KOSDAQ"))
    other = trader.account.holdings["900140"]
    assert (other.quantity, other.average, other.cost) == (1, 313, 313)
    assert (trader.account.today.profit, trader.account.today.rate) == (-6, -69)


def test_the_recorded_purchase_on_the_mock_server():
    trader = Trader(day=date(2022, 1, 18))
    trader.account.grant(STOCK, 1, 77_300)
    order = trader.trade(BUY, 1, 77_000)
    assert order.fee == 260
    holding = trader.account.holdings[STOCK.code]
    assert (holding.quantity, holding.average, holding.cost) == (2, 77_150, 154_300)
    assert holding.bought == 1


@pytest.mark.parametrize(
    ("quantity", "cost", "price", "fees", "tax", "profit", "rate"),
    [
        (3, 373_500, 59_000, (50, 20), 318, -196_888, -5_271),
        (8, 1_673_430, 85_000, (250, 100), 1_224, -995_004, -5_946),
        (3, 373_500, 70_000, (50, 30), 378, -163_958, -4_390),
    ],
)
def test_evaluations_as_the_broker_shows_them(quantity, cost, price, fees, tax, profit, rate):
    account = Account(NUMBER, "", 0, date(2024, 11, 1), "real")
    account.grant(STOCK, quantity, cost)
    shown = account.holdings[STOCK.code].evaluate(price, account.day, account.profile)
    assert (shown.buy_fee, shown.sell_fee) == fees
    assert (shown.tax, shown.profit, shown.rate) == (tax, profit, rate)
    assert shown.net == cost + profit


def test_prices_paid_are_cut_or_rounded():
    account = Account(NUMBER, "", 0, DAY)
    account.grant(STOCK, 8, 1_673_430)
    holding = account.holdings[STOCK.code]
    assert (holding.average_cut, holding.average) == (209_178, 209_179)


# -- orders bind ------------------------------------------------------------------------------


def test_a_limit_buy_binds_its_price_and_fee_and_a_part_that_is_withdrawn_is_free_again():
    trader = Trader(1_000_000)
    account = trader.account
    order = trader.order(BUY, 10, 50_000)
    assert account.bound == 500_000 + 1_750
    assert account.power == 1_000_000 - 501_750
    trader.fill(order, 4, 49_000)  # 6 open: 300,000; the fee of 496,000 is 1,736
    assert account.bound == 300_000 + (1_730 - 680)
    assert account.deposit(2) == 1_000_000 - 196_000 - 680
    account.withdraw(order, 2)
    assert account.bound == 200_000 + (1_380 - 680)
    account.withdraw(order, 4)
    assert (account.bound, account.power) == (0, 1_000_000 - 196_680)
    assert order.open == 0


@pytest.mark.parametrize(
    ("hoga", "price", "reserved"),
    [("00", 900, 900), ("03", 0, 1_300), ("05", 900, 1_300), ("62", 900, 900), ("61", 0, 1_300)],
)
def test_what_a_buy_may_cost(hoga, price, reserved):
    order = Order(1, NUMBER, STOCK, BUY, NEW, hoga, 1, price, "KRX", 0)
    assert reserve_price(order, 1_300) == reserved


def test_short_of_cash_says_how_many_shares_would_be_possible():
    trader = Trader(100_350)  # 100,000 and its fee
    order = Order(9, NUMBER, STOCK, BUY, NEW, "00", 101, 1_000, "KRX", 0)
    assert trader.account.possible(order, 1_000) == 100
    with pytest.raises(ValueError, match="order 9: at most 100 shares"):
        trader.account.accept(order, 1_000)
    trader.order(BUY, 100, 1_000)
    assert trader.account.possible(order, 1_000) == 0


def test_short_of_shares_says_how_many_would_be_possible():
    trader = Trader()
    order = Order(9, NUMBER, STOCK, SELL, NEW, "03", 4, 0, "KRX", 0)
    assert trader.account.possible(order, 0) == 0
    trader.account.grant(STOCK, 5, 4_043)
    trader.order(SELL, 2, 805)
    assert trader.account.possible(order, 0) == 3
    with pytest.raises(ValueError, match="order 9: at most 3 shares"):
        trader.account.accept(order, 0)


def test_a_change_takes_over_what_its_original_has_bound():
    trader = Trader(100_350)
    first = trader.order(BUY, 100, 1_000)
    change = Order(2, NUMBER, STOCK, BUY, MODIFY, "00", 100, 1_001, "KRX", 0, first)
    assert trader.account.possible(change, 1_001) == 99
    trader.order(BUY, 60, 990, original=first)
    assert (first.open, first.withdrawn) == (40, 60)
    assert trader.account.bound == 40_000 + 140 + 59_400 + 200

    trader.account.grant(STOCK, 5, 5_000)
    sale = trader.order(SELL, 5, 1_000)
    changed = trader.order(SELL, 5, 1_100, original=sale)
    assert (sale.open, changed.open) == (0, 5)
    assert trader.account.holdings[STOCK.code].orderable == 0


def test_what_does_not_fit_is_refused():
    trader = Trader()
    order = trader.order(BUY, 5, 1_000)
    stranger = Order(1, NUMBER, STOCK, BUY, NEW, "00", 5, 1_000, "KRX", 0)
    with pytest.raises(ValueError, match="order 1 has 5 open shares in account 8000000011, not 6"):
        trader.fill(order, 6, 1_000)
    with pytest.raises(ValueError, match="order 1 has 0 open shares"):
        trader.account.withdraw(stranger, 1)
    with pytest.raises(ValueError, match="nothing to bind"):
        cancel = Order(2, NUMBER, STOCK, BUY, CANCEL, "00", 5, 0, "KRX", 0, order)
        trader.account.accept(cancel, 0)
    with pytest.raises(ValueError, match="withdraw the open orders first: 1"):
        trader.account.open_day(date(2026, 3, 10))
    with pytest.raises(ValueError, match="does not come after 2026-03-09"):
        trader.account.open_day(DAY)
    with pytest.raises(ValueError, match="holding 005930: 0 shares"):
        trader.account.grant(STOCK, 0, 1_000)


# -- days -------------------------------------------------------------------------------------


def test_money_and_shares_are_settled_two_trading_days_later():
    trader = Trader(1_000_000, day=date(2026, 2, 12))  # Thursday; 설 from Monday to Wednesday
    account = trader.account
    trader.trade(BUY, 10, 10_000)  # fee 350
    holding = account.holdings[STOCK.code]
    deposits = [account.deposit(ahead) for ahead in (0, 1, 2)]
    assert deposits == [1_000_000, 1_000_000, 899_650]
    assert (account.sure, holding.settled) == (899_650, 0)

    account.open_day(date(2026, 2, 13))
    assert (holding.bought, holding.bought_before) == (0, 10)
    trader.trade(SELL, 4, 10_000)  # fee 140, tax 80
    assert [account.deposit(ahead) for ahead in (0, 1, 2)] == [1_000_000, 899_650, 939_430]
    assert account.due(1) == Due(paid=100_350)
    assert account.due(2) == Due(received=39_780)
    assert account.power == 939_430  # proceeds count at once
    assert account.sure == 899_650  # but are not there yet

    account.open_day(date(2026, 2, 19))
    assert (account.cash, holding.settled, holding.quantity) == (899_650, 10, 6)
    assert (holding.sold_before, holding.bought_before) == (4, 0)
    account.open_day(date(2026, 2, 20))
    assert (account.cash, account.deposit(2), holding.settled) == (939_430, 939_430, 6)


def test_the_guides_example_of_proceeds():
    """예수금 1,000,000, 100,000 sold today: 주문가능금액 stays, that of 100% stocks grows."""
    trader = Trader(1_000_000)
    fund = make_stock("069500", "ETF")
    trader.account.grant(fund, 10, 100_000)
    order = trader.trade(SELL, 10, 10_000, fund)
    assert (trader.account.sure, trader.account.orderable(100)) == (
        1_000_000,
        1_100_000 - order.fee,
    )


def test_a_holding_that_is_sold_out_goes_when_its_sale_is_settled():
    trader = Trader()
    trader.account.grant(STOCK, 5, 5_000)
    trader.trade(SELL, 5, 1_000)
    holding = trader.account.holdings[STOCK.code]
    assert (holding.quantity, holding.settled, holding.cost, holding.sold) == (0, 5, 0, 5)
    for day in (date(2026, 3, 10), date(2026, 3, 11)):
        assert STOCK.code in trader.account.holdings
        trader.account.open_day(day)
    assert trader.account.holdings == {}


def test_yesterdays_figures_are_those_of_the_trading_day_before():
    trader = Trader()
    trader.trade(BUY, 3, 1_000)
    trader.account.open_day(date(2026, 3, 11))  # a day was left out
    holding = trader.account.holdings[STOCK.code]
    assert (holding.bought, holding.bought_before, holding.settled) == (0, 0, 3)


def test_sales_are_kept_by_day_and_order():
    trader = Trader()
    trader.account.grant(STOCK, 10, 9_000)
    order = trader.order(SELL, 4, 1_000)
    trader.fill(order, 1, 1_000)
    trader.fill(order, 3, 1_100)
    trader.account.open_day(date(2026, 3, 10))
    trader.trade(SELL, 6, 800)
    first, second = trader.account.sales(DAY, date(2026, 3, 10))
    assert (first.day, first.number, first.quantity, first.value) == (DAY, 1, 4, 4_300)
    assert (first.cost, first.buy_fee, first.fee, first.tax) == (3_600, 10, 10, 8)
    assert (first.profit, first.rate) == (672, 1_867)
    assert second.day == date(2026, 3, 10)
    assert [each.number for each in trader.account.sales(DAY, DAY)] == [1]
    assert trader.account.days[DAY].profit == 672
    assert trader.account.today.profit == second.profit


# -- margin -----------------------------------------------------------------------------------


def test_with_margin_a_purchase_needs_its_rate_today_and_all_of_it_tomorrow():
    trader = Trader(1_000_000, margin=True)
    account = trader.account
    assert (account.orderable(40), account.orderable(100)) == (2_500_000, 1_000_000)
    order = trader.order(BUY, 200, 10_000)  # 40 % of 2,000,000, fee 7,000
    assert (account.bound, account.power) == (807_000, 193_000)
    trader.fill(order, 200, 10_000)
    assert (account.bound, account.power, account.deposit(2)) == (0, 193_000, -1_007_000)
    trader.trade(SELL, 100, 10_000)  # fee 3,500, tax 2,000
    assert account.power == 193_000 + 1_000_000 - 5_500 - 600_000
    account.open_day(date(2026, 3, 10))
    assert (account.power, account.orderable(40)) == (-12_500, 0)


def test_with_margin_possible_shares_are_as_many_as_the_money_covers():
    for cash in range(990, 1_020):
        account = Account(NUMBER, "", cash, DAY, margin=True)
        stock = make_stock("000001", margin_rate=30)
        order = Order(1, NUMBER, stock, BUY, NEW, "00", 1, 7, "KRX", 0)
        most = account.possible(order, 7)
        assert need(most, 7, 30) <= cash < need(most + 1, 7, 30)


def need(shares, price, rate):
    value = shares * price
    return -(-value * rate // 100) + costs.fee(value, "mock")


# -- nothing is lost --------------------------------------------------------------------------

STOCKS = [make_stock("000001"), make_stock("000002", "KOSDAQ", 20), make_stock("000003", "ETF", 30)]
PRICES = [1, 333, 805, 12_350, 1_000_000]
CASH = 50_000_000
SIDES = st.sampled_from([BUY, SELL])


class Conservation(RuleBasedStateMachine):
    """An account against a model that adds up all orders and fills from the beginning."""

    margin = False

    @initialize(granted=st.lists(st.integers(1, 50), max_size=3))
    def begin(self, granted):
        self.trader = Trader(CASH, DAY, margin=self.margin)
        self.account = self.trader.account
        self.trades = []  # day, order, quantity, price
        self.reserves = {}  # open orders by number
        self.granted = {stock.code: 0 for stock in STOCKS}
        for stock, quantity in zip(STOCKS, granted):
            self.granted[stock.code] = quantity
            self.account.grant(stock, quantity, quantity * 900 + 1)

    def opened(self):
        return [order for order in self.trader.orders if order.open]

    @rule(
        side=SIDES,
        stock=st.sampled_from(STOCKS),
        price=st.sampled_from(PRICES),
        quantity=st.integers(1, 60),
    )
    def new_order(self, side, stock, price, quantity):
        number = len(self.trader.orders) + 1
        order = Order(number, NUMBER, stock, side, NEW, "00", quantity, price, "KRX", 0)
        possible = self.account.possible(order, price)
        if side == BUY and self.account.power >= 0:
            rate = stock.margin_rate if self.margin else 100
            assert (
                need(possible, price, rate) <= self.account.power < need(possible + 1, price, rate)
            )
        if quantity <= possible:
            self.reserves[number] = price
            self.trader.order(side, quantity, price, stock)
        else:
            with pytest.raises(ValueError, match=f"at most {possible} shares"):
                self.account.accept(order, price)

    @precondition(lambda self: self.opened())
    @rule(data=st.data())
    def fill(self, data):
        order = data.draw(st.sampled_from(self.opened()))
        quantity = data.draw(st.integers(1, order.open))
        reserve = self.reserves[order.number]
        price = data.draw(
            st.sampled_from([each for each in PRICES if order.side == SELL or each <= reserve])
        )
        self.trades.append((self.account.day, order, quantity, price))
        self.trader.fill(order, quantity, price)

    @precondition(lambda self: self.opened())
    @rule(data=st.data())
    def withdraw(self, data):
        order = data.draw(st.sampled_from(self.opened()))
        self.account.withdraw(order, data.draw(st.integers(1, order.open)))

    @precondition(lambda self: self.opened())
    @rule(data=st.data(), price=st.sampled_from(PRICES))
    def change(self, data, price):
        original = data.draw(st.sampled_from(self.opened()))
        quantity = data.draw(st.integers(1, original.open))
        number = len(self.trader.orders) + 1
        change = Order(
            number,
            NUMBER,
            original.stock,
            original.side,
            MODIFY,
            "00",
            quantity,
            price,
            "KRX",
            0,
            original,
        )
        if quantity <= self.account.possible(change, price):
            self.reserves[number] = price
            self.trader.order(original.side, quantity, price, original.stock, original)
        else:
            before = (self.account.bound, original.open)
            with pytest.raises(ValueError, match="shares are possible"):
                self.account.accept(change, price)
            assert (self.account.bound, original.open) == before

    @rule(ahead=st.integers(1, 3))
    def next_day(self, ahead):
        for order in self.opened():
            self.account.withdraw(order, order.open)
        index = krx.trading_day_index(self.account.day)
        self.account.open_day(krx.trading_day(index + ahead))

    @invariant()
    def orders_add_up(self):
        for order in self.trader.orders:
            mine = [trade for trade in self.trades if trade[1] is order]
            assert order.filled == sum(quantity for _, _, quantity, _ in mine)
            assert order.value == sum(quantity * price for _, _, quantity, price in mine)
            assert order.quantity == order.filled + order.open + order.withdrawn
            assert order.fee == costs.fee(order.value, "mock")
            taxed = order.value if order.side == SELL else 0
            assert order.tax == costs.tax(taxed, order.stock.market, DAY)  # one rate all along

    @invariant()
    def no_won_is_lost(self):
        orders = self.trader.orders
        spent = sum(order.value * order.side + order.fee + order.tax for order in orders)
        assert self.account.deposit(2) == CASH - spent
        days = self.account.days.values()
        assert sum(day.bought - day.sold + day.fee + day.tax for day in days) == spent
        settled = {
            order.number
            for day, order, _, _ in self.trades
            if costs.settlement_day(day) <= self.account.day
        }
        assert self.account.cash == CASH - sum(
            order.value * order.side + order.fee + order.tax
            for order in orders
            if order.number in settled
        )

    @invariant()
    def no_share_is_lost(self):
        for stock in STOCKS:
            mine = [trade for trade in self.trades if trade[1].stock is stock]
            held = self.granted[stock.code] + sum(each[1].side * each[2] for each in mine)
            holding = self.account.holdings.get(stock.code)
            if holding is None:
                assert held == 0
                continue
            on_sale = sum(o.open for o in self.opened() if o.stock is stock and o.side == SELL)
            assert (holding.quantity, holding.reserved) == (held, on_sale)
            assert 0 <= on_sale <= held
            assert holding.settled == self.granted[stock.code] + sum(
                order.side * quantity
                for day, order, quantity, _ in mine
                if costs.settlement_day(day) <= self.account.day
            )
            assert holding.cost == self.cost_of(stock, mine)

    def cost_of(self, stock, trades):
        shares = self.granted[stock.code]
        average = Fraction(shares * 900 + 1, shares) if shares else Fraction(0)
        for _, order, quantity, price in trades:
            if order.side == BUY:
                total = floor(average * shares) + quantity * price
                average = Fraction(total, shares + quantity)
            shares += order.side * quantity
        return floor(average * shares)

    @invariant()
    def profits_are_what_the_sales_brought(self):
        first, last = min(self.account.days), self.account.day
        sales = self.account.sales(first, last)
        paid = sum(quantity * 900 + 1 for quantity in self.granted.values() if quantity)
        paid += sum(day.bought for day in self.account.days.values())
        left = sum(holding.cost for holding in self.account.holdings.values())
        assert sum(sale.cost for sale in sales) == paid - left
        assert sum(sale.value for sale in sales) == sum(
            day.sold for day in self.account.days.values()
        )
        for day, figures in self.account.days.items():
            assert figures.profit == sum(sale.profit for sale in self.account.sales(day, day))
        for sale in sales:
            assert abs(sale.precise_profit - sale.profit * 10**7) < 10**7 * (len(self.trades) + 1)

    @invariant()
    def open_orders_bind_what_they_need(self):
        bound = 0
        for order in self.opened():
            if order.side == BUY:
                value = order.open * self.reserves[order.number]
                rate = order.stock.margin_rate if self.margin else 100
                bound += (
                    -(-value * rate // 100) + costs.fee(order.value + value, "mock") - order.fee
                )
        assert self.account.bound == bound
        if not self.margin:
            assert self.account.power >= 0
            assert self.account.power == self.account.deposit(2) - bound


class ConservationWithMargin(Conservation):
    margin = True


@pytest.mark.parametrize("machine", [Conservation, ConservationWithMargin])
def test_no_won_and_no_share_is_lost(machine):
    run_state_machine_as_test(machine, settings=settings(stateful_step_count=30))
