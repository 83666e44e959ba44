"""Whether a stock meets a criterion of a condition search, or may do so in the course of a day."""

from __future__ import annotations

import operator
from typing import Callable, Container, Dict, Optional

from simulator.answers.rankings.standings import days_before
from simulator.answers.snapshot import Snapshot
from simulator.answers.world import World
from simulator.scenario.criteria import (
    CHANGE,
    PRICE,
    TIMES_YESTERDAY,
    VOLUME,
    AllOf,
    AnyOf,
    AtLimit,
    Compare,
    Criterion,
    Market,
    NewExtreme,
    Not,
)
from simulator.strings import LOWER_LIMIT, UPPER_LIMIT, ratio
from simulator.universe import Stock

_SIGNS: Dict[str, Callable[[int, int], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


def meets(world: World, criterion: Criterion, now: Snapshot) -> bool:
    """Whether a stock, as it stands, meets a criterion. Before its first trade it stands as yesterday."""
    if isinstance(criterion, Compare):
        if criterion.unit == TIMES_YESTERDAY and now.yesterday is None:
            return False
        return _compared(criterion, _figure(criterion, now, now.price), now)
    if isinstance(criterion, NewExtreme):
        past = days_before(world, now, criterion.days)
        if past is None or now.bar is None:
            return False
        return now.bar.high > past.high if criterion.side == "high" else now.bar.low < past.low
    if isinstance(criterion, AtLimit):
        return now.symbol == (UPPER_LIMIT if criterion.side == "upper" else LOWER_LIMIT)
    if isinstance(criterion, Market):
        return _listed_on(now.stock, criterion.name)
    if isinstance(criterion, AllOf):
        return all(meets(world, each, now) for each in criterion.parts)
    if isinstance(criterion, AnyOf):
        return any(meets(world, each, now) for each in criterion.parts)
    if isinstance(criterion, Not):
        return not meets(world, criterion.part, now)
    return now.stock.code in _owned(world)


def possible(
    world: World,
    criterion: Criterion,
    stock: Stock,
    whole: Optional[Snapshot] = None,
    wanted: bool = True,
) -> bool:
    """Whether some moment of a day may meet a criterion, or where not ``wanted`` fail to.

    True where it is not sure: only looking at the minutes tells, and takes much longer.

    Args:
        whole: the stock's whole day, where it is drawn already.
    """
    if isinstance(criterion, (AllOf, AnyOf)):
        every = isinstance(criterion, AllOf) == wanted
        looks = (possible(world, each, stock, whole, wanted) for each in criterion.parts)
        return all(looks) if every else any(looks)
    if isinstance(criterion, Not):
        return possible(world, criterion.part, stock, whole, not wanted)
    if isinstance(criterion, Market):
        return _listed_on(stock, criterion.name) == wanted
    if whole is None or whole.bar is None or stock.code in world.live:
        return True
    if isinstance(criterion, Compare):
        if criterion.unit == TIMES_YESTERDAY and whole.yesterday is None:
            return not wanted
        before = _figure(criterion, whole._replace(bar=None), whole.base)
        seen = [
            before,
            *(_figure(criterion, whole, each) for each in (whole.bar.high, whole.bar.low)),
        ]
        return any(_compared(criterion, each, whole) == wanted for each in seen)
    if isinstance(criterion, (NewExtreme, AtLimit)) and wanted:
        if isinstance(criterion, NewExtreme):
            return meets(world, criterion, whole)
        bar = whole.bar
        return bar.high >= whole.upper if criterion.side == "upper" else bar.low <= whole.lower
    return True


def _figure(criterion: Compare, now: Snapshot, price: int) -> int:
    """The figure in question; price and change as of a price."""
    if criterion.figure == PRICE:
        return price
    if criterion.figure == CHANGE:
        return ratio(price - now.base, now.base)
    return now.volume if criterion.figure == VOLUME else now.value_million


def _compared(criterion: Compare, figure: int, now: Snapshot) -> bool:
    number = criterion.number
    if criterion.unit == TIMES_YESTERDAY:
        assert now.yesterday is not None
        before = now.yesterday
        number *= before.volume if criterion.figure == VOLUME else before.value_million
        figure *= 100
    return _SIGNS[criterion.sign](figure, number)


def _listed_on(stock: Stock, name: str) -> bool:
    if name in ("kospi200", "nxt"):
        return stock.kospi200 if name == "kospi200" else stock.nxt
    return stock.market.lower() == name


def _owned(world: World) -> Container[str]:
    """The codes that the accounts hold."""
    accounts = world.brokerage.accounts.values() if world.brokerage else ()
    return {code for each in accounts for code, held in each.holdings.items() if held.quantity}
