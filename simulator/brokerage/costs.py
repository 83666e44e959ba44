"""What a trade costs and when it is paid: fees, taxes on sales, settlement two trading days later.

Rates are millionths of the traded won. An order's fee and tax are reckoned on all that it has filled so
far, so that many small fills round off no more than one large one.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import date, timedelta
from functools import lru_cache
from typing import Tuple

from sapi_kiwoom import krx
from simulator.brokerage.profiles import PROFILES, profile

MILLION = 1_000_000

FEE_RATES = {name: profile(name).fee_rate for name in PROFILES}
"""Kiwoom's fee on either side by profile, in millionths: 0.35 % on the mock server, 0.015 % on the real."""

_TAX_RATES = (
    (date.min, 3_000),
    (date(2019, 6, 3), 2_500),
    (date(2021, 1, 1), 2_300),
    (date(2023, 1, 1), 2_000),
    (date(2024, 1, 1), 1_800),
    (date(2025, 1, 1), 1_500),
    (date(2026, 1, 1), 2_000),
)
"""증권거래세 by the first day of settlement; on KOSPI 0.15 % of it is called 농특세, the sum is the same."""

_TAXED = frozenset(("KOSPI", "KOSDAQ"))
_UNTAXED = frozenset(("ETF", "ETN", "ELW"))
_SETTLEMENT_DAYS = 2


def fee(value: int, server: str) -> int:
    """The fee in won on ``value`` won of fills of one order, cut to 10 won.

    Recorded on the mock server: 260 won on 77,000, of which 0.35 % is 269.5.

    Raises:
        ValueError: there is no such profile of a server.
    """
    rate = FEE_RATES.get(server)
    if rate is None:
        raise ValueError(f"profile {server!r} is unknown; it is one of {', '.join(FEE_RATES)}")
    charged = value * rate // MILLION
    return charged - charged % 10


def tax(value: int, market: str, day: date) -> int:
    """The tax in won on ``value`` won of sales traded on ``day``, cut to a won.

    Recorded in 2017: 2 won on 805, of which 0.30 % is 2.415.

    Raises:
        ValueError: the market is unknown.
    """
    return value * tax_rate(market, day) // MILLION


@lru_cache(maxsize=64)
def tax_rate(market: str, day: date) -> int:
    """The tax on sales traded on ``day``, in millionths. The day of settlement decides the year's rate.

    Raises:
        ValueError: the market is unknown.
    """
    if market in _UNTAXED:
        return 0
    if market not in _TAXED:
        known = ", ".join(sorted(_TAXED | _UNTAXED))
        raise ValueError(f"market {market!r} has no known tax; it is one of {known}")
    since: Tuple[date, ...] = tuple(first for first, _ in _TAX_RATES)
    return _TAX_RATES[bisect_right(since, settlement_day(day)) - 1][1]


def settlement_day(day: date, after: int = _SETTLEMENT_DAYS) -> date:
    """The trading day ``after`` trading days later: of a trade on ``day``, the day of its settlement.

    Behind the end of the calendar of `krx` every weekday counts as one, so that its last days can be
    traded on.
    """
    for _ in range(after):
        day = _next_trading_day(day)
    return day


def _next_trading_day(day: date) -> date:
    if day < krx.trading_day(krx.count_trading_days() - 1):
        return krx.next_trading_day(day)
    following = day + timedelta(days=1)
    while following.weekday() >= 5:
        following += timedelta(days=1)
    return following
