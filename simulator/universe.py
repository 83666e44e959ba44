"""The listed stocks of the simulated market.

Codes and names are those of real listings. Everything else in ``universe.json`` is SYNTHETIC and
only plausible: price levels, shares, sectors, sizes, volatility, volume, margin rates, most listing
dates, who is in KOSPI200 and who trades on NXT. 311 well-known listings are named as of 2025;
the others as of 2020, and some of these were renamed or delisted since.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Mapping


@dataclass(frozen=True, eq=False)
class Stock:
    """One listing. Compared by identity: stocks are keys of caches, and there is one of each.

    Attributes:
        code: six characters of 0-9 and A-Z.
        name: as the control gives it.
        market: KOSPI, KOSDAQ, ETF or ETN; tick sizes depend on it.
        kind: stock, preferred, reit, etf or etn.
        sector: 업종, "" for ETF and ETN.
        size: 대형주, 중형주 or 소형주, "" for ETF and ETN.
        listed: first day of trading.
        price: the level around which prices move, in won.
        shares: shares listed.
        volatility: standard deviation of a day's return in basis points.
        volume: shares traded on a usual day.
        margin_rate: 증거금 in percent.
        kospi200: whether it is one of the 200 of the index.
        nxt: whether it also trades on Nextrade.
        warning: as IsOrderWarningStock gives it: "2" 정리매매, "3" 단기과열, "4" 투자위험, "5" 투자경고;
            "" for none. Nothing is warned of unless a scenario says so.
    """

    code: str
    name: str
    market: str
    kind: str
    sector: str
    size: str
    listed: date
    price: int
    shares: int
    volatility: int
    volume: int
    margin_rate: int
    kospi200: bool = False
    nxt: bool = False
    warning: str = ""

    @property
    def is_preferred(self) -> bool:
        """Whether it is a preferred share (우선주)."""
        return self.kind == "preferred"


_FIELDS = [field.name for field in fields(Stock)]
_LISTED, _KOSPI200 = _FIELDS.index("listed"), _FIELDS.index("kospi200")


@lru_cache(maxsize=None)
def universe() -> dict[str, Stock]:
    """All stocks by code, in the order of their codes."""
    path = Path(__file__).with_name("universe.json")
    stocks = {}
    for row in json.loads(path.read_text(encoding="utf-8"))["stocks"]:  # in the order of the fields
        listed = row[_LISTED]
        row[_LISTED] = date(int(listed[:4]), int(listed[4:6]), int(listed[6:]))
        row[_KOSPI200:] = map(bool, row[_KOSPI200:])
        stocks[row[0]] = Stock(*row)
    return stocks


def market_codes(market: str, stocks: Mapping[str, Stock] | None = None) -> list[str]:
    """Codes of a market by the argument of GetCodeListByMarket; none for one that is not simulated.

    Args:
        market: "0" is everything on KOSPI, with ETF, ETN and REITs; "10" KOSDAQ, "8" ETF, "6" REITs,
            "NXT" what trades on Nextrade, "" all.
        stocks: from which ones; without it from all.
    """
    return [
        stock.code
        for stock in (universe() if stocks is None else stocks).values()
        if market == ""
        or (market == "0" and stock.market != "KOSDAQ")
        or (market == "10" and stock.market == "KOSDAQ")
        or (market == "8" and stock.kind == "etf")
        or (market == "6" and stock.kind == "reit")
        or (market == "NXT" and stock.nxt)
    ]


def market_kind(stock: Stock) -> int:
    """The number that GetMarketType gives: 0 KOSPI, 10 KOSDAQ, 8 ETF, 60 ETN, 6 REIT."""
    by_kind = {"etf": 8, "etn": 60, "reit": 6}
    return by_kind.get(stock.kind, 10 if stock.market == "KOSDAQ" else 0)
