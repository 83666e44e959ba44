"""An account: money, shares, what open orders bind of them, and what has been earned.

Orders bind what they may need when they are accepted: a buy its money, a sale its shares. A fill turns
bound into spent; what is withdrawn is free again. Money and shares change hands two trading days later
(T+2); until then they count in the deposits of D+1 and D+2. All figures are integers.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Dict, List, Tuple

from sapi_kiwoom import krx
from simulator.brokerage import costs
from simulator.brokerage.holding import Holding, Sale
from simulator.brokerage.order import BUY, CANCEL, MODIFY, Fill, Order
from simulator.strings import ratio
from simulator.universe import Stock

_BOUND_BY_PRICE = frozenset(("00", "10", "20", "28", "62"))
"""거래구분 that never trade above the order's own price."""


def reserve_price(order: Order, upper: int) -> int:
    """The won that each share of a buy may cost at most.

    That is its price where it has one that binds, and the day's upper limit for everything that takes
    the market's price: 시장가, and 조건부지정가, which becomes one in the closing auction.
    """
    return order.price if order.hoga in _BOUND_BY_PRICE and order.price else upper


@dataclass
class Day:
    """What an account traded on a day.

    Attributes:
        bought, sold: won, without costs.
        fee, tax: won charged for them.
        profit: won realised by the sales.
        precise_profit, precise_cost: of the sales, in `PRECISE` parts of a won.
    """

    bought: int = 0
    sold: int = 0
    fee: int = 0
    tax: int = 0
    profit: int = 0
    precise_profit: int = 0
    precise_cost: int = 0

    @property
    def rate(self) -> int:
        """당일실현손익률 in hundredths of a percent: the profit by what the sold shares had cost."""
        return ratio(self.precise_profit, self.precise_cost)


@dataclass
class Due:
    """Won to be paid (costs included) and received (costs taken off) on a day of settlement."""

    paid: int = 0
    received: int = 0

    @property
    def net(self) -> int:
        """What the day adds to the deposit."""
        return self.received - self.paid


@dataclass
class _Bound:
    """What an open order holds: won for a buy, shares for a sale."""

    order: Order
    price: int  # won a share at most
    amount: int = 0


class Account:
    """One account on its present day.

    Attributes:
        number: ten digits.
        name: whose it is.
        cash: 예수금, won settled by today; below 0 it is 미수.
        day: the present day; `open_day` goes on.
        profile: ``mock``, ``mock-2020`` or ``real``, which decides the fees.
        margin: False: every purchase needs all of its money (증거금 100 %). True: only the stock's
            margin rate of it on the day of purchase; the rest is a debt that binds new orders from the
            next day on.
        holdings: by code; one that is sold out stays until its sale is settled.
        days: what was traded, by day, today included.
    """

    def __init__(
        self,
        number: str,
        name: str,
        cash: int,
        day: date,
        profile: str = "mock",
        margin: bool = False,
    ) -> None:
        self.number = number
        self.name = name
        self.cash = cash
        self.day = day
        self.profile = profile
        self.margin = margin
        self.holdings: Dict[str, Holding] = {}
        self.days: Dict[date, Day] = {day: Day()}
        self._open: Dict[int, _Bound] = {}  # by order number
        self._bound = 0  # won, the sum over open buys
        self._due: Dict[date, Due] = {}  # by day of settlement
        self._sales: Dict[Tuple[date, int], Sale] = {}  # by day and order number

    # -- the life of an order ------------------------------------------------------------------

    def possible(self, order: Order, reserve: int) -> int:
        """How many shares the order could have at most (N주 매수가능, N주 매도가능).

        Args:
            order: a new one, or a change (정정), to which its original's shares count as free.
            reserve: won that each share of a buy may cost, see `reserve_price`.
        """
        original = self._open.get(order.original.number) if order.original else None
        moved = min(order.quantity, original.order.open) if original else 0
        if order.side != BUY:
            holding = self.holdings.get(order.stock.code)
            return (holding.orderable if holding else 0) + moved
        funds = self.power
        if original:
            funds += original.amount - self._bound_by(original, original.order.open - moved)
        if funds <= 0:
            return 0
        rate = self._margin_rate(order.stock)
        fees = costs.FEE_RATES[self.profile]
        share = reserve * (rate * costs.MILLION + 100 * fees)  # in 1/100 of a millionth won
        count = funds * 100 * costs.MILLION // share
        while self._need(order.stock, reserve, count + 1) <= funds:  # fees are cut to 10 won
            count += 1
        while count and self._need(order.stock, reserve, count) > funds:  # margins are rounded up
            count -= 1
        return count

    def accept(self, order: Order, reserve: int) -> None:
        """Bind what the order needs (접수). A change takes its shares over from its original.

        Raises:
            ValueError: it is a cancel, it has no shares, or more than are `possible`.
        """
        if order.kind == CANCEL or order.quantity <= 0:
            raise ValueError(f"order {order.number}: there is nothing to bind for it")
        possible = self.possible(order, reserve)
        if order.quantity > possible:
            raise ValueError(f"order {order.number}: at most {possible} shares are possible")
        if order.kind == MODIFY:
            assert order.original is not None, "a change has an original"
            self.withdraw(order.original, order.quantity)
        self._open[order.number] = _Bound(order, reserve)
        self._bind(self._open[order.number])

    def fill(self, fill: Fill) -> None:
        """Book a fill: in the order (filled, value, fee and tax), the holding and the deposits.

        Raises:
            ValueError: the order was not accepted, or has fewer open shares.
        """
        order = fill.order
        bound = self._open_order(order, fill.quantity)
        value = fill.price * fill.quantity
        order.filled += fill.quantity
        order.value += value
        fee = costs.fee(order.value, self.profile) - order.fee
        order.fee += fee
        today, holding = self.days[self.day], self._holding(order.stock)
        due = costs.settlement_day(self.day)
        amounts = self._due.setdefault(due, Due())
        if order.side == BUY:
            today.bought += value
            amounts.paid += value + fee
            holding.buy(fill.quantity, value, due)
            holding.lent += value - self._margin(order.stock, value)
        else:
            tax = costs.tax(order.value, order.stock.market, self.day) - order.tax
            order.tax += tax
            today.sold += value
            today.tax += tax
            holding.tax += tax
            amounts.received += value - fee - tax
            self._realise(fill, holding, due)
        today.fee += fee
        holding.fee += fee
        self._bind(bound)

    def withdraw(self, order: Order, quantity: int) -> None:
        """Free what shares of an open order bind: they are cancelled, changed or expired.

        Raises:
            ValueError: the order has fewer open shares.
        """
        bound = self._open_order(order, quantity)
        order.withdrawn += quantity
        self._bind(bound)

    # -- days ----------------------------------------------------------------------------------

    def grant(self, stock: Stock, quantity: int, cost: int) -> None:
        """Put settled shares into the account for which ``cost`` won were paid long ago.

        Raises:
            ValueError: no shares, or a negative cost.
        """
        if quantity <= 0 or cost < 0:
            raise ValueError(
                f"holding {stock.code}: {quantity} shares for {cost} won; it takes 1 share or more "
                "and 0 won or more"
            )
        self._holding(stock).add(quantity, cost)

    def open_day(self, day: date) -> None:
        """Go on to a later day: today's figures become yesterday's, and what is due is settled.

        Raises:
            ValueError: the day is not a later one, or orders are open still.
        """
        if day <= self.day:
            raise ValueError(f"account {self.number}: {day} does not come after {self.day}")
        if self._open:
            numbers = ", ".join(map(str, self._open))
            raise ValueError(f"account {self.number}: withdraw the open orders first: {numbers}")
        for due in sorted(each for each in self._due if each <= day):
            self.cash += self._due.pop(due).net
        yesterday = krx.previous_trading_day(day) == self.day
        for holding in self.holdings.values():
            holding.open_day(day, yesterday)
        self.holdings = {code: each for code, each in self.holdings.items() if not each.is_over}
        self.day = day
        self.days[day] = Day()

    # -- questions -----------------------------------------------------------------------------

    @property
    def today(self) -> Day:
        """What was traded today."""
        return self.days[self.day]

    def deposit(self, ahead: int) -> int:
        """추정예수금 of D+``ahead`` in won: the cash when everything due until then is settled."""
        last = costs.settlement_day(self.day, ahead)
        return self.cash + sum(due.net for day, due in self._due.items() if day <= last)

    def due(self, ahead: int) -> Due:
        """What is settled on D+``ahead``."""
        return self._due.get(costs.settlement_day(self.day, ahead), Due())

    @property
    def sure(self) -> int:
        """Won that stay whatever day is looked at: the least of 예수금, D+1 and D+2.

        Proceeds of sales are not among them before they are settled, purchases leave them at once.
        """
        return min(self.deposit(ahead) for ahead in (0, 1, 2))

    @property
    def bound(self) -> int:
        """Won that open buys bind, fees included."""
        return self._bound

    @property
    def power(self) -> int:
        """Won for new buys: the deposit of D+2 less what is bound; proceeds of sales count at once."""
        lent = sum(holding.lent for holding in self.holdings.values())
        return self.deposit(2) + lent - self._bound

    def orderable(self, rate: int) -> int:
        """주문가능금액 for stocks of a margin rate (percent), in won.

        Without margin every stock needs all of its money, so that the amounts are the same.
        """
        power = max(0, self.power)
        return power * 100 // rate if self.margin else power

    def sales(self, start: date, end: date) -> List[Sale]:
        """The sales of the days from ``start`` to ``end``, both included, oldest first."""
        return [sale for sale in self._sales.values() if start <= sale.day <= end]

    # -- inside --------------------------------------------------------------------------------

    def _holding(self, stock: Stock) -> Holding:
        holding = self.holdings.get(stock.code)
        if holding is None:
            holding = self.holdings[stock.code] = Holding(stock)
        return holding

    def _open_order(self, order: Order, quantity: int) -> _Bound:
        bound = self._open.get(order.number)
        if bound is None or bound.order is not order or not 0 < quantity <= order.open:
            open_shares = order.open if bound is not None and bound.order is order else 0
            raise ValueError(
                f"order {order.number} has {open_shares} open shares in account {self.number}, "
                f"not {quantity}"
            )
        return bound

    def _realise(self, fill: Fill, holding: Holding, due: date) -> None:
        order, today = fill.order, self.days[self.day]
        key = (self.day, order.number)
        sale = self._sales.setdefault(key, Sale(self.day, order.number, order.stock))
        profit, precise = sale.profit, sale.precise_profit
        cost, precise_cost = holding.sell(fill.quantity, due)
        sale.quantity += fill.quantity
        sale.value += fill.price * fill.quantity
        sale.cost += cost
        sale.precise_cost += precise_cost
        sale.buy_fee = costs.fee(sale.cost, self.profile)
        sale.fee, sale.tax = order.fee, order.tax
        holding.profit += sale.profit - profit
        today.profit += sale.profit - profit
        today.precise_profit += sale.precise_profit - precise
        today.precise_cost += precise_cost

    def _bind(self, bound: _Bound) -> None:
        """Reckon anew what an order binds, and forget it when nothing of it is open any more."""
        order = bound.order
        if order.side == BUY:
            amount = self._bound_by(bound, order.open)
            self._bound += amount - bound.amount
        else:
            amount = order.open
            self._holding(order.stock).reserved += amount - bound.amount
        bound.amount = amount
        if not order.open:
            del self._open[order.number]

    def _bound_by(self, bound: _Bound, shares: int) -> int:
        """Won that so many shares of a buy bind; their fee is what it adds to that of its fills."""
        value = bound.price * shares
        fees = costs.fee(bound.order.value + value, self.profile) - bound.order.fee
        return self._margin(bound.order.stock, value) + fees

    def _need(self, stock: Stock, price: int, shares: int) -> int:
        return self._margin(stock, price * shares) + costs.fee(price * shares, self.profile)

    def _margin(self, stock: Stock, value: int) -> int:
        return -(-value * self._margin_rate(stock) // 100)

    def _margin_rate(self, stock: Stock) -> int:
        return stock.margin_rate if self.margin else 100
