"""What an account is worth and what of its money is free, at a moment."""

from __future__ import annotations

from typing import List, NamedTuple, Tuple

from simulator.answers.world import World
from simulator.brokerage.account import Account
from simulator.brokerage.holding import Evaluation, Holding


class Worth(NamedTuple):
    """A holding at the price of the moment; both prices in won."""

    holding: Holding
    price: int
    base: int
    at: Evaluation


def held_now(world: World, account: Account, moment: int) -> List[Worth]:
    """What the account holds, each at its price."""
    held = []
    for holding in account.holdings.values():
        if holding.quantity:
            price, base = price_now(world, holding, moment)
            at = holding.evaluate(price, account.day, account.profile)
            held.append(Worth(holding, price, base, at))
    return held


def price_now(world: World, holding: Holding, moment: int) -> Tuple[int, int]:
    """Won of the last trade, the base price before the day's first one; and the base price."""
    base = world.feed.base_price(holding.stock, world.trading_day(moment))
    last = world.last_trade(holding.stock, moment)
    return (last.price if last else base), base


def free(account: Account) -> int:
    """주문가능금액 (without proceeds that are not settled), which could also be paid out; won."""
    return max(0, account.sure - account.bound)


def margin_cash(account: Account) -> int:
    """증거금현금: won of the deposit that purchases will take and open orders bind."""
    return account.cash - account.sure + account.bound


def worth(account: Account, held: List[Worth]) -> int:
    """추정예탁자산: the deposit of D+2 and what selling everything would bring, won."""
    return account.deposit(2) + sum(each.at.net for each in held)
