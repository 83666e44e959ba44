"""What was bought and sold of each stock on a day: opt10170 (당일매매일지).

An account keeps the sales of days before by stock, their purchases only as a sum, which the single
record has.
"""

from __future__ import annotations

from typing import Dict, List, NamedTuple

from simulator.answers.accounts.records import account_of, row, single
from simulator.answers.forms import parse_day
from simulator.answers.reply import Inputs, Reply, nothing
from simulator.answers.world import World
from simulator.brokerage.account import Account, Day
from simulator.brokerage.holding import Sale
from simulator.brokerage.notices import account_code
from simulator.brokerage.order import BUY
from simulator.strings import ratio, signed_hundredths
from simulator.universe import Stock


class _Side(NamedTuple):
    """Shares, won and costs of what was bought or sold."""

    quantity: int = 0
    value: int = 0
    costs: int = 0

    def plus(self, quantity: int, value: int, costs: int) -> _Side:
        return _Side(self.quantity + quantity, self.value + value, self.costs + costs)

    def part(self, quantity: int) -> _Side:
        """What falls on so many of the shares, cut to a won."""
        whole = self.quantity
        return _Side(quantity, self.value * quantity // whole, self.costs * quantity // whole)

    @property
    def average(self) -> int:
        """Won a share, rounded half up; 0 without any."""
        shares = self.quantity
        return (2 * self.value + shares) // (2 * shares) if shares else 0


class _Dealing(NamedTuple):
    """A stock's day: 손익금액 and what the shares had cost on which it was earned."""

    bought: _Side
    sold: _Side
    profit: int
    cost: int

    @property
    def rate(self) -> str:
        return signed_hundredths(ratio(self.profit, self.cost))


def of_day(world: World, inputs: Inputs, moment: int) -> Reply:
    """opt10170: 단주구분 2 earned by all sales of 기준일자; 1 only by those of shares bought that day.

    Nothing is bought on credit: 현금신용구분 2 has no rows.
    """
    account = account_of(world, inputs)
    if account is None:
        return nothing()
    day = parse_day(inputs["기준일자"]) if inputs["기준일자"] else account.day
    on_credit = inputs["현금신용구분"] == "2"
    bought = _bought(world, account) if day == account.day and not on_credit else {}
    sales = [] if on_credit else account.sales(day, day)
    stocks = {**dict.fromkeys(bought), **dict.fromkeys(each.stock for each in sales)}
    within = inputs["단주구분"] == "1"
    dealings = {
        stock: _dealing(
            bought.get(stock, _Side()), [each for each in sales if each.stock is stock], within
        )
        for stock in stocks
    }
    whole = Day() if on_credit else account.days.get(day, Day())
    costs = whole.fee + whole.tax
    profit = sum(each.profit for each in dealings.values())
    cost = sum(each.cost for each in dealings.values())
    record = single(
        "opt10170",
        {
            "총매도금액": whole.sold,
            "총매수금액": whole.bought,
            "총수수료_세금": costs,
            "총정산금액": whole.sold - whole.bought - costs,
            "총손익금액": profit,
            "총수익률": signed_hundredths(ratio(profit, cost)),
        },
    )
    return Reply(record, iter([_row(stock, each) for stock, each in dealings.items()]))


def _bought(world: World, account: Account) -> Dict[Stock, _Side]:
    """Today's purchases by stock."""
    assert world.brokerage is not None
    found: Dict[Stock, _Side] = {}
    for order in world.brokerage.orders(account.number):
        if order.side == BUY and order.filled:
            side = found.get(order.stock, _Side())
            found[order.stock] = side.plus(order.filled, order.value, order.fee)
    return found


def _dealing(bought: _Side, sales: List[Sale], within: bool) -> _Dealing:
    sold = _Side()
    for each in sales:
        sold = sold.plus(each.quantity, each.value, each.fee + each.tax)
    if not within:
        profit, cost = sum(each.profit for each in sales), sum(each.cost for each in sales)
        return _Dealing(bought, sold, profit, cost)
    shares = min(bought.quantity, sold.quantity)
    if not shares:
        return _Dealing(bought, sold, 0, 0)
    came, went = bought.part(shares), sold.part(shares)
    return _Dealing(bought, sold, went.value - came.value - went.costs - came.costs, came.value)


def _row(stock: Stock, dealing: _Dealing) -> List[str]:
    bought, sold = dealing.bought, dealing.sold
    return row(
        "opt10170",
        {
            "종목명": stock.name,
            "매수평균가": bought.average,
            "매수수량": bought.quantity,
            "매도평균가": sold.average,
            "매도수량": sold.quantity,
            "수수료_제세금": bought.costs + sold.costs,
            "손익금액": dealing.profit,
            "매도금액": sold.value,
            "매수금액": bought.value,
            "수익률": dealing.rate,
            "종목코드": account_code(stock),
        },
    )
