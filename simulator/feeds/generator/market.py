"""What moves stocks together: draws that the whole market, a board or a sector have in common.

A stock's move is a sum of four independent normal draws, weighted so that its own deviation stays what
it is. An ETF on a Korean index has hardly a draw of its own; an inverse one follows with the other sign.
"""

from __future__ import annotations

import re
from functools import lru_cache
from math import isqrt
from typing import NamedTuple, Sequence

from simulator.draws import NORMAL, NORMAL_ONE, octets
from simulator.universe import Stock

WHOLE = 256 * NORMAL_ONE
"""One standard deviation of a blended draw."""

_INDEX = re.compile(
    r"\S+ (?:(?:200|코스피|코스피100|KRX ?300)(?:TR|선물)?)?(?:인버스2?X?|레버리지)?"
)
_INDEX_150 = re.compile(r"\S+ 코스닥 ?150(?:TR|선물)? ?(?:인버스|레버리지)?")
_FOREIGN = re.compile(
    "미국|차이나|중국|일본|인도|유로|베트남|글로벌|나스닥|다우|S&P|항셍|니케이|채권|국채|국고|금리|CD"
    "|KOFR|달러|원유|골드|금선물|은선물|구리|천연가스|[(]H[)]|월드|선진국|China|Chi|라틴|통안채|이머징"
)


class Exposure(NamedTuple):
    """Weights of a stock's draws in 1/256; their squares add up to one.

    Attributes:
        market, board, sector: of the draws that it has in common with others, negative for an inverse.
        own: of its own.
        minute, rest: of the market's draws within a day, and of its own.
        group: the board that it follows, KOSPI or KOSDAQ.
    """

    market: int
    board: int
    sector: int
    own: int
    minute: int
    rest: int
    group: str

    @property
    def is_index(self) -> bool:
        """Whether it follows an index, so that it has no days and no gaps of its own."""
        return self.own < 64


@lru_cache(maxsize=4_096)
def exposure(stock: Stock) -> Exposure:
    """How much of a stock's moves is the market's, its board's, its sector's and its own."""
    sign = -1 if "인버스" in stock.name else 1
    if stock.kind == "etf" and _INDEX_150.fullmatch(stock.name):
        return _exposure(sign * 170, sign * 185, 0, "KOSDAQ")
    if stock.kind == "etf" and _INDEX.fullmatch(stock.name):
        return _exposure(sign * 224, sign * 120, 0, "KOSPI")
    if stock.kind in ("etf", "etn"):
        if _FOREIGN.search(stock.name) or stock.kind == "etn":
            return _exposure(0 if stock.volatility < 30 else 50, 0, 0, "KOSPI")
        return _exposure(sign * 160, sign * 80, 0, "KOSPI")
    weight = {"대형주": 136, "중형주": 116}.get(stock.size, 96)
    return _exposure(weight, 64, 72 if stock.sector else 0, stock.market)


def _exposure(market: int, board: int, sector: int, group: str) -> Exposure:
    own = isqrt(256 * 256 - market * market - board * board - sector * sector)
    # News of a company comes over night; within a day most news is the market's.
    minute = max(-250, min(250, market * 5 // 3))
    return Exposure(market, board, sector, own, minute, isqrt(256 * 256 - minute * minute), group)


@lru_cache(maxsize=512)
def _common(seed: int, purpose: str, group: str, place: object, count: int) -> bytes:
    """Draws that all of a group have in common."""
    return octets(count, seed, purpose, group, place)


def blend(seed: int, purpose: str, stock: Stock, place: object, own: Sequence[int]) -> list[int]:
    """Normal draws in 1/`WHOLE` of a deviation: the stock's ``own`` bytes and those of its groups."""
    weights = exposure(stock)
    count = len(own)
    market = _common(seed, purpose, "market", place, count)
    board = _common(seed, purpose, weights.group, place, count)
    sector = _common(seed, purpose, stock.sector, place, count) if weights.sector else market
    return [
        NORMAL[a] * weights.market
        + NORMAL[b] * weights.board
        + NORMAL[c] * weights.sector
        + NORMAL[d] * weights.own
        for a, b, c, d in zip(market, board, sector, own)
    ]


@lru_cache(maxsize=64)
def market_draws(seed: int, purpose: str, place: object, count: int) -> bytes:
    """Draws of the market as a whole."""
    return octets(count, seed, purpose, "market", place)


@lru_cache(maxsize=256)
def tilted(weight: int) -> tuple[int, ...]:
    """`NORMAL` times a weight, for tables that are looked up many times a day."""
    return tuple(normal * weight for normal in NORMAL)
