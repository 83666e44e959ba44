"""Balances that grow and shrink from day to day: credit (신용) and stock lending (대차).

SYNTHETIC: a balance stands where it was drawn every `SPAN` trading days and goes straight between. What is
new on a day is a drawn part of the day's volume; what is repaid makes up the rest.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from sapi_kiwoom import krx
from simulator.draws import NORMAL, NORMAL_ONE, Draws, octets
from simulator.feeds import DayBar
from simulator.universe import Stock

LOAN, SHORT, LENDING = "loan", "short", "lending"
"""융자, 대주, 대차."""

SPAN = 16

_LEVELS = {LOAN: (20, 400), SHORT: (0, 6), LENDING: (50, 900)}
_PARTS = {LOAN: (150, 800), SHORT: (0, 30), LENDING: (100, 900)}
"""In 1/10,000: of the shares listed, the usual balance; of a day's volume, what is new."""


class Balance(NamedTuple):
    """A balance on the evening of a day, in shares.

    Attributes:
        new: what came to it that day.
        repaid: what went.
        shares: what stands.
    """

    new: int
    repaid: int
    shares: int


def balance(seed: int, purpose: str, stock: Stock, bar: DayBar) -> Balance:
    """A stock's balance after a whole day."""
    place = krx.trading_day_index(bar.date)
    stands = _standing(seed, purpose, stock, place)
    more = stands - _standing(seed, purpose, stock, place - 1)
    part = Draws(seed, purpose, stock.code, bar.date).between(*_PARTS[purpose])
    new = max(more, bar.volume * part // 10_000)
    return Balance(new, new - more, stands)


@lru_cache(maxsize=8_192)
def _knot(seed: int, purpose: str, stock: Stock, number: int) -> int:
    level = stock.shares * Draws(seed, purpose, stock.code).between(*_LEVELS[purpose]) // 10_000
    normal = NORMAL[octets(1, seed, purpose, stock.code, number)[0]]
    return level + normal * min(level // 6, stock.volume) // NORMAL_ONE


def _standing(seed: int, purpose: str, stock: Stock, place: int) -> int:
    number, past = divmod(place, SPAN)
    before, after = (_knot(seed, purpose, stock, each) for each in (number, number + 1))
    return before + (after - before) * past // SPAN
