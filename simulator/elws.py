"""ELWs (주식워런트증권): which calls and puts on stocks are listed. INVENTED, and nobody trades them.

A new set comes with each quarter, at strikes around the prices of its beginning, and ends with the second
Thursday of the next quarter's last month. Codes and names are the same in every quarter.
"""

from __future__ import annotations

from datetime import date
from typing import Dict, Iterator, Mapping, NamedTuple, Optional

from sapi_kiwoom import krx
from simulator import derivatives
from simulator.answers.world import World
from simulator.derivatives import ASSETS, CALL, PUT
from simulator.feeds.members import members
from simulator.universe import Stock

_ISSUERS = ("003", "005", "006", "012", "017", "050")
_OF_A_STOCK = 4

MARKET_KIND = 3
"""Their number in GetMarketType and GetCodeListByMarket."""

_STEPS = 200
"""Strikes lie on multiples of a 200th of the price, about."""


class Elw(NamedTuple):
    """One ELW.

    Attributes:
        code: six characters.
        name: for people.
        asset: the base asset, as futures and options have it.
        stock: code of the underlying stock.
        issuer: 회원사코드 of who issued it, and stands in its book.
        series: 회차.
        side: ``CALL`` or ``PUT``.
        place: 0 for the strike nearer to the price, 1 for the one farther out of the money.
    """

    code: str
    name: str
    asset: str
    stock: str
    issuer: str
    series: str
    side: int
    place: int


def listed(stocks: Mapping[str, Stock]) -> Dict[str, Elw]:
    """All ELWs on these stocks by code."""
    return {each.code: each for each in _all(stocks)}


def _all(stocks: Mapping[str, Stock]) -> Iterator[Elw]:
    issuers = members()
    for number, (asset, stock) in enumerate(ASSETS.items()):
        if stock not in stocks:
            continue
        for place in range(_OF_A_STOCK):
            series = number * _OF_A_STOCK + place
            side = PUT if place % 2 else CALL
            issuer = _ISSUERS[series % len(_ISSUERS)]
            name = f"{issuers[issuer][:2]}J{series + 101}{stocks[stock].name}{'콜' if side == CALL else '풋'}"
            code = f"58J{series + 101}"
            yield Elw(code, name, asset, stock, issuer, f"J{series + 101}", side, place // 2)


def strike(world: World, elw: Elw, day: date) -> int:
    """행사가 in won, on a day."""
    first = quarter(day)
    price = world.feed.base_price(world.stocks[elw.stock], first)
    step = max(price // _STEPS // 10 * 10, 10)
    away = (5 + 10 * elw.place) * price // 100 * (1 if elw.side == CALL else -1)
    return (price + away) // step * step


def ratio(world: World, elw: Elw, day: date) -> int:
    """전환비율 in hundredths: so much of a share an ELW stands for."""
    return max(1, 1_000_000 // world.feed.base_price(world.stocks[elw.stock], quarter(day)))


def quarter(day: date) -> date:
    """The first trading day of a day's quarter: 상장일."""
    first = date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    return first if krx.is_trading_day(first) else krx.next_trading_day(first)


def expiry(day: date) -> date:
    """최종거래일 of what is listed on a day."""
    months = day.year * 12 + (day.month - 1) // 3 * 3 + 5
    return derivatives.expiry(months // 12, months % 12 + 1)


def find(world: World, code: str) -> Optional[Elw]:
    """An ELW by its code; None for an unknown one."""
    return listed(world.stocks).get(code)
