"""Shares of one stock in an account: what they cost, what they would bring, what sales of them earned."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Dict, NamedTuple

from simulator.brokerage import costs
from simulator.strings import ratio
from simulator.universe import Stock

PRECISE = 10_000_000
"""Parts of a won in which average prices and profits are kept: the broker prints up to seven decimals."""


class Evaluation(NamedTuple):
    """What selling a holding at a price would bring, by the broker's formula; won.

    Attributes:
        cost: 매입금액.
        value: 평가금액 before costs.
        buy_fee, sell_fee: on the one and on the other, each cut to 10 won.
        tax: of the sale.
    """

    cost: int
    value: int
    buy_fee: int
    sell_fee: int
    tax: int

    @property
    def fee(self) -> int:
        """수수료합."""
        return self.buy_fee + self.sell_fee

    @property
    def net(self) -> int:
        """평가금액 as opw00004 and opw00005 give it: after fees and tax."""
        return self.value - self.fee - self.tax

    @property
    def profit(self) -> int:
        """평가손익."""
        return self.net - self.cost

    @property
    def rate(self) -> int:
        """수익률 in hundredths of a percent."""
        return ratio(self.profit, self.cost)


@dataclass
class Sale:
    """What one order has sold on one day (a record of 실현손익).

    Attributes:
        day: of the trade.
        number: 주문번호.
        stock: what was sold.
        quantity: shares.
        value: won received, before costs.
        cost: won that the shares had cost; over all sales of a holding these add up to its cost.
        precise_cost: the same at the exact average price, in `PRECISE` parts of a won.
        buy_fee: the fee on the cost, charged when they were bought.
        fee, tax: charged for the sale.
    """

    day: date
    number: int
    stock: Stock
    quantity: int = 0
    value: int = 0
    cost: int = 0
    precise_cost: int = 0
    buy_fee: int = 0
    fee: int = 0
    tax: int = 0

    @property
    def charges(self) -> int:
        """당일매매수수료 of the record: the fees of both sides."""
        return self.buy_fee + self.fee

    @property
    def profit(self) -> int:
        """Won earned, after fees of both sides and tax."""
        return self.value - self.cost - self.charges - self.tax

    @property
    def precise_profit(self) -> int:
        """The same in `PRECISE` parts of a won."""
        return (self.value - self.charges - self.tax) * PRECISE - self.precise_cost

    @property
    def rate(self) -> int:
        """손익율 in hundredths of a percent."""
        return ratio(self.precise_profit, self.precise_cost)


@dataclass
class Holding:
    """What an account holds of a stock.

    The average price changes with purchases only. It is kept as what the shares had cost after the last
    purchase, and how many they were then.

    Attributes:
        stock: which one.
        quantity: 보유수량, unsettled shares included.
        reserved: shares that open sales bind.
        lent: won of today's purchases that margin has left unpaid.
        bought, sold: shares today.
        bought_before, sold_before: shares on the trading day before.
        profit: won realised today (당일매도손익).
        fee, tax: won charged today, for purchases and sales.
    """

    stock: Stock
    quantity: int = 0
    reserved: int = 0
    lent: int = 0
    bought: int = 0
    sold: int = 0
    bought_before: int = 0
    sold_before: int = 0
    profit: int = 0
    fee: int = 0
    tax: int = 0
    _basis_cost: int = 0
    _basis_quantity: int = 1
    _unsettled: Dict[date, int] = field(default_factory=dict)  # shares to come, or to go, by day

    @property
    def orderable(self) -> int:
        """주문가능수량: shares that a new sale may have."""
        return self.quantity - self.reserved

    @property
    def cost(self) -> int:
        """총매입가 in won, cut to a won: after one of five bought for 4,043 is sold, 3,234 are left."""
        return self._basis_cost * self.quantity // self._basis_quantity

    @property
    def average(self) -> int:
        """매입단가 in won, rounded half up: 809 for five shares that cost 4,043; 0 where none is left."""
        if not self.quantity:
            return 0
        return (2 * self._basis_cost + self._basis_quantity) // (2 * self._basis_quantity)

    @property
    def average_cut(self) -> int:
        """매입가 as the opw TRs give it, cut to a won: 209,178 for eight that cost 1,673,430."""
        return self._basis_cost // self._basis_quantity if self.quantity else 0

    @property
    def settled(self) -> int:
        """결제잔고: shares whose trades are settled, today's sales not taken off yet."""
        return self.quantity - sum(self._unsettled.values())

    @property
    def is_over(self) -> bool:
        """Whether nothing is left of it and nothing is to come."""
        return not self.quantity and not self._unsettled

    def evaluate(self, price: int, day: date, profile: str) -> Evaluation:
        """What the shares are worth at a price (won) on a day."""
        cost, value = self.cost, price * self.quantity
        return Evaluation(
            cost,
            value,
            costs.fee(cost, profile),
            costs.fee(value, profile),
            costs.tax(value, self.stock.market, day),
        )

    # -- for the account -----------------------------------------------------------------------

    def add(self, quantity: int, cost: int) -> None:
        """Shares come in for ``cost`` won."""
        self._basis_cost = self.cost + cost
        self.quantity += quantity
        self._basis_quantity = self.quantity

    def buy(self, quantity: int, value: int, due: date) -> None:
        """A purchase trades; its shares come on the day ``due``."""
        self.add(quantity, value)
        self.bought += quantity
        self._unsettled[due] = self._unsettled.get(due, 0) + quantity

    def sell(self, quantity: int, due: date) -> tuple[int, int]:
        """A sale trades; returns what its shares had cost, in won and in `PRECISE` parts of a won."""
        before = self.cost
        self.lent = self.lent * (self.quantity - quantity) // self.quantity
        self.quantity -= quantity
        self.sold += quantity
        self._unsettled[due] = self._unsettled.get(due, 0) - quantity
        precise = self._basis_cost * PRECISE * quantity // self._basis_quantity
        return before - self.cost, precise

    def open_day(self, day: date, yesterday: bool) -> None:
        """Today's figures become yesterday's if the day gone by was the trading day before."""
        self.bought_before, self.sold_before = (self.bought, self.sold) if yesterday else (0, 0)
        self.bought = self.sold = self.profit = self.fee = self.tax = self.lent = 0
        self._unsettled = {due: shares for due, shares in self._unsettled.items() if due > day}
