"""Which stocks a ranking's inputs let through. The codes are Kiwoom's."""

from __future__ import annotations

from typing import Dict, Tuple

from simulator.answers.forms import count
from simulator.answers.snapshot import Snapshot
from simulator.strings import LOWER_LIMIT, UPPER_LIMIT
from simulator.universe import Stock

_END = 1 << 60

_MARGINS = {"6": 100, "7": 40, "8": 30, "9": 20, "12": 50, "13": 60}
"""종목조건 by margin rate (증거금) in percent."""

_WITHOUT_PREFERRED = ("3", "4", "10")
_WITHOUT_FUNDS = ("14", "16")

Prices = Dict[str, Tuple[int, int]]
"""가격조건: from, below; won."""

LIMIT_PRICES: Prices = {
    "1": (0, 1_000),
    "2": (1_000, 2_000),
    "3": (2_000, 3_000),
    "4": (5_000, 10_000),
    "5": (10_000, _END),
    "8": (1_000, _END),
}
RATE_PRICES: Prices = {**LIMIT_PRICES, "3": (2_000, 5_000)}
SURGE_PRICES: Prices = {
    "2": (50_000, _END),
    "5": (10_000, _END),
    "6": (5_000, _END),
    "8": (1_000, _END),
    "9": (100_000, _END),
}
VOLUME_PRICES: Prices = {
    "1": (0, 1_000),
    "2": (1_000, _END),
    "3": (1_000, 2_000),
    "4": (2_000, 5_000),
    "5": (5_000, _END),
    "6": (5_000, 10_000),
    "7": (10_000, _END),
    "8": (50_000, _END),
    "9": (100_000, _END),
    "10": (0, 10_000),
}


def admitted(stock: Stock, market: str, kind: str = "0") -> bool:
    """Whether a stock is of a market (시장구분) and a kind (종목조건).

    Conditions on states that no simulated stock has (관리종목, 환기종목, 스팩) let all through.
    """
    if market == "101":
        if stock.market != "KOSDAQ":
            return False
    elif market in ("001", "201"):
        if stock.market == "KOSDAQ" or (market == "201" and not stock.kospi200):
            return False
    if kind in _WITHOUT_PREFERRED and stock.is_preferred:
        return False
    if kind in _WITHOUT_FUNDS and stock.market in ("ETF", "ETN"):
        return False
    if kind == "11" and stock.warning == "2":  # 정리매매
        return False
    margin = _MARGINS.get(kind)
    if margin is not None:
        return stock.margin_rate == margin
    return not (kind == "5" and stock.margin_rate == 100)


def priced(now: Snapshot, prices: Prices, condition: str) -> bool:
    """Whether a price meets a 가격조건; an unknown condition is none."""
    low, high = prices.get(condition, (0, _END))
    return low <= now.price < high


def traded(now: Snapshot, condition: str) -> bool:
    """Whether a volume meets a 거래량구분, thousands of shares."""
    return now.volume >= count(condition, 0) * 1_000


def worth(now: Snapshot, condition: str) -> bool:
    """Whether the won traded meet a 거래대금조건, tens of millions; opt10030 writes 5 as 4."""
    least = count(condition, 0)
    return now.value_million >= (5 if least == 4 else least) * 10


def at_limit(now: Snapshot) -> bool:
    """Whether the price stands at one of the day's limits."""
    return now.symbol in (UPPER_LIMIT, LOWER_LIMIT)
