"""An account on days before, as far as what it keeps tells.

Money is known for every day since the account was opened: each day's trades are settled two trading days
later. Shares are known backwards until a day, before the last one, on which there were purchases: what was
bought then the account only keeps in won.
"""

from __future__ import annotations

from datetime import date
from typing import Dict, Iterator, NamedTuple

from sapi_kiwoom import krx
from simulator.answers.world import World
from simulator.brokerage import costs
from simulator.brokerage.account import Account, Day
from simulator.universe import Stock


class Evening(NamedTuple):
    """An account at the end of a day; won.

    Attributes:
        deposit: what will be the cash when all trades so far are settled.
        shares: by stock.
    """

    day: date
    cash: int
    deposit: int
    shares: Dict[Stock, int]

    def value(self, world: World) -> int:
        """What the shares are worth at the day's close."""
        return sum(count * _close(world, stock, self.day) for stock, count in self.shares.items())

    def net(self, world: World, profile: str) -> int:
        """The same after the fees and taxes of selling them."""
        total = 0
        for stock, count in self.shares.items():
            value = count * _close(world, stock, self.day)
            taxed = costs.tax(value, stock.market, self.day)
            total += value - costs.fee(value, profile) - taxed
        return total


def _close(world: World, stock: Stock, day: date) -> int:
    bar = world.feed.day(stock, day)
    return bar.close if bar else world.feed.base_price(stock, day)


def net(day: Day) -> int:
    """What a day's trades add to the cash when they are settled, in won."""
    return day.sold - day.bought - day.fee - day.tax


def cash_on(account: Account, day: date) -> int:
    """예수금 at the end of a day, in won; today's is what it is now."""
    later = (
        net(traded)
        for each, traded in account.days.items()
        if day < costs.settlement_day(each) <= account.day
    )
    return account.cash - sum(later)


def deposit_on(account: Account, day: date) -> int:
    """D+2추정예수금 at the end of a day, in won."""
    later = (net(traded) for each, traded in account.days.items() if day < each)
    return account.deposit(2) - sum(later)


def evenings(account: Account) -> Iterator[Evening]:
    """The ends of the days before today, the last one first, as long as they are known."""
    shares = {each.stock: each.quantity for each in account.holdings.values()}
    for each in account.holdings.values():
        shares[each.stock] += each.sold - each.bought
    first, day = min(account.days), krx.previous_trading_day(account.day)
    last = day
    while day >= first:
        held = {stock: count for stock, count in shares.items() if count}
        yield Evening(day, cash_on(account, day), deposit_on(account, day), held)
        traded = account.days.get(day, Day())
        if day == last:
            for each in account.holdings.values():
                shares[each.stock] += each.sold_before - each.bought_before
        elif traded.bought:
            return
        else:
            for sale in account.sales(day, day):
                shares[sale.stock] = shares.get(sale.stock, 0) + sale.quantity
        day = krx.previous_trading_day(day)
