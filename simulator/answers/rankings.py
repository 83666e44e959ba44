"""opt10017: stocks at their limits, risen, flat or fallen."""

from __future__ import annotations

from datetime import date
from typing import Callable, Dict, Iterator, List, NamedTuple, Optional, Tuple

from sapi_kiwoom import krx
from simulator.answers.quotes import touch
from simulator.answers.world import World
from simulator.feeds import DayBar
from simulator.strings import (
    DOWN,
    FLAT,
    LOWER_LIMIT,
    UP,
    UPPER_LIMIT,
    coloured,
    ratio,
    signed,
    signed_hundredths,
    symbol,
)
from simulator.universe import Stock

_MARKETS = {"001": "KOSPI", "101": "KOSDAQ"}
_TODAY = {
    "1": {UPPER_LIMIT},
    "2": {UP, UPPER_LIMIT},
    "3": {FLAT},
    "4": {LOWER_LIMIT},
    "5": {DOWN, LOWER_LIMIT},
}
_YESTERDAY = {"6": UPPER_LIMIT, "7": LOWER_LIMIT}
_PRICES: Dict[str, Tuple[int, int]] = {
    "1": (0, 1_000),
    "2": (1_000, 2_000),
    "3": (2_000, 3_000),
    "4": (5_000, 10_000),
    "5": (10_000, 1 << 40),
    "8": (1_000, 1 << 40),
}
_MARGINS = {"6": 100, "7": 40, "8": 30, "9": 20}


class Found(NamedTuple):
    """A stock on its day so far."""

    stock: Stock
    day: date
    bar: DayBar
    base: int
    upper: int
    lower: int

    @property
    def symbol(self) -> str:
        """전일대비기호 of its price."""
        return symbol(self.bar.close, self.base, self.upper, self.lower)


def price_limits(
    world: World, inputs: Dict[str, str], moment: int
) -> Iterator[Optional[List[str]]]:
    """Filtered and sorted by the inputs; 횟수 counts the days in a row with the same direction."""
    day = krx.kst(moment).date()
    if not krx.is_trading_day(day):
        return
    found = []
    for stock in world.stocks.values():
        if _listed(stock, inputs, day) and _possible(world, stock, day, inputs["상하한구분"]):
            each = _found(world, stock, day, moment)
            if each is not None and _matches(world, each, inputs):
                found.append((each, _days_in_a_row(world, each)))
            yield None
    found.sort(key=_ORDER.get(inputs["정렬구분"], _ORDER["1"]))
    if inputs["정렬구분"] == "2":
        del found[100:]
    for each, count in found:
        yield _row(world, each, count, moment)


_ORDER: Dict[str, Callable[[Tuple[Found, int]], Tuple[int, str]]] = {
    "1": lambda pair: (0, pair[0].stock.code),
    "2": lambda pair: (-pair[1], pair[0].stock.code),
    "3": lambda pair: (
        -ratio(pair[0].bar.close - pair[0].base, pair[0].base),
        pair[0].stock.code,
    ),
}


def _listed(stock: Stock, inputs: Dict[str, str], today: date) -> bool:
    if stock.listed > today:
        return False
    market = _MARKETS.get(inputs["시장구분"])
    if market is not None and stock.market != market:
        return False
    kind = inputs["종목조건"]
    if kind in ("3", "4", "10") and stock.is_preferred:
        return False
    margin = _MARGINS.get(kind)
    return (margin is None or stock.margin_rate == margin) and not (
        kind == "5" and stock.margin_rate == 100
    )


def _possible(world: World, stock: Stock, day: date, wanted: str) -> bool:
    """Whether the day as a whole lets the stock match: drawing its minutes costs much more."""
    upper, lower = world.feed.limits(stock, day)
    bar = world.feed.day(stock, day)
    if bar is None or (wanted == "1" and bar.high < upper) or (wanted == "4" and bar.low > lower):
        return False
    return wanted not in _YESTERDAY or (
        _symbol_on(world, stock, krx.previous_trading_day(day)) == _YESTERDAY[wanted]
    )


def _found(world: World, stock: Stock, day: date, moment: int) -> Optional[Found]:
    bar = world.feed.day_so_far(stock, moment)
    if bar is None:
        return None
    upper, lower = world.feed.limits(stock, day)
    return Found(stock, day, bar, world.feed.base_price(stock, day), upper, lower)


def _matches(world: World, found: Found, inputs: Dict[str, str]) -> bool:
    least = int(inputs["거래량구분"] or 0) * 1_000
    low, high = _PRICES.get(inputs["매매금구분"], (0, 1 << 40))
    if found.bar.volume < least or not low <= found.bar.close < high:
        return False
    wanted = inputs["상하한구분"]
    return wanted in _YESTERDAY or found.symbol in _TODAY.get(wanted, _TODAY["1"])


def _symbol_on(world: World, stock: Stock, day: date) -> str:
    bar = world.feed.day(stock, day)
    if bar is None:
        return ""
    upper, lower = world.feed.limits(stock, day)
    return symbol(bar.close, world.feed.base_price(stock, day), upper, lower)


def _days_in_a_row(world: World, found: Found) -> int:
    day, count = found.day, 1
    while count < 30:
        day = krx.previous_trading_day(day)
        if _symbol_on(world, found.stock, day) != found.symbol:
            break
        count += 1
    return count


def _row(world: World, found: Found, count: int, moment: int) -> List[str]:
    stock, base, price = found.stock, found.base, found.bar.close
    last = world.last_trade(stock, moment)
    assert last is not None
    ask, ask_size, bid, bid_size = touch(world, stock, last)
    yesterday = world.feed.day(stock, krx.previous_trading_day(found.day))
    return [
        stock.code,
        "",
        stock.name,
        coloured(price, base),
        found.symbol,
        signed(price - base),
        signed_hundredths(ratio(price - base, base)),
        str(found.bar.volume),
        str(yesterday.volume if yesterday else 0),
        str(ask_size),
        coloured(ask, base) if ask else "0",
        coloured(bid, base) if bid else "0",
        str(bid_size),
        str(count),
    ]
