"""The 종목프로그램매매 (0w): what programs have bought and sold of a stock so far."""

from __future__ import annotations

from typing import NamedTuple

from simulator.feeds.programs import ProgramTotals
from simulator.packets.colours import Colours
from simulator.strings import clock, signed

_MILLION = 1_000_000
_UNKNOWN = "0\t0\t0\t0"
"""Four values that nobody has explained."""


class Flow(NamedTuple):
    """Shares and million won sold and bought."""

    sold: int
    sold_million: int
    bought: int
    bought_million: int

    @property
    def net(self) -> int:
        """Shares bought more than sold."""
        return self.bought - self.sold

    @property
    def net_million(self) -> int:
        """The same in million won."""
        return self.bought_million - self.sold_million

    def raw(self) -> str:
        """매도수량, 매도금액, 매수수량, 매수금액."""
        return f"{self.sold}\t{self.sold_million}\t{self.bought}\t{self.bought_million}"


def flows(totals: ProgramTotals) -> tuple[Flow, Flow, Flow]:
    """All programs, arbitrage (차익), and the rest (비차익): the first is the sum of the others."""
    whole = Flow(
        totals.sold,
        totals.sold_value // _MILLION,
        totals.bought,
        totals.bought_value // _MILLION,
    )
    arbitrage = Flow(
        totals.arbitrage_sold,
        totals.arbitrage_sold_value // _MILLION,
        totals.arbitrage_bought,
        totals.arbitrage_bought_value // _MILLION,
    )
    rest = Flow(*(each - part for each, part in zip(whole, arbitrage)))
    return whole, arbitrage, rest


def program_trading(
    colours: Colours,
    at: int,
    price: int,
    volume: int,
    value: int,
    totals: ProgramTotals,
    before: ProgramTotals,
    yesterday: ProgramTotals,
) -> str:
    """One event: 37 values, money in million won, cut.

    Args:
        at: microseconds since 1970 UTC.
        price: the last one, in won.
        volume, value: shares and won traded so far.
        totals: of the programs so far.
        before: the same at the event before.
        yesterday: the same of the whole trading day before.
    """
    whole, arbitrage, rest = flows(totals)
    net, net_million = whole.net, whole.net_million
    then, then_million = _net(before)
    past, past_million = _net(yesterday)
    return (
        f"{clock(at)}\t{colours.price(price)}\t{colours.symbol(price)}\t{colours.difference(price)}\t"
        f"{colours.percent(price)}\t{volume}\t{whole.raw()}\t"
        f"{signed(net, ' ')}\t{signed(net_million, ' ')}\t"
        f"{signed(net_million - then_million, ' ')}\t{signed(net - then, ' ')}\t"
        f"{signed(net_million - past_million, ' ')}\t{signed(net - past, ' ')}\t"
        f"{arbitrage.raw()}\t{signed(arbitrage.net, ' ')}\t{signed(arbitrage.net_million, ' ')}\t"
        f"{_UNKNOWN}\t"
        f"{rest.raw()}\t{signed(rest.net, ' ')}\t{signed(rest.net_million, ' ')}\t"
        f"{_UNKNOWN}\t{value // _MILLION}"
    )


def _net(totals: ProgramTotals) -> tuple[int, int]:
    """Shares and million won that all programs bought more than they sold."""
    million = totals.bought_value // _MILLION - totals.sold_value // _MILLION
    return totals.bought - totals.sold, million
