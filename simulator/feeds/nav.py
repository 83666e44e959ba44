"""The net asset value (NAV) of an ETF: near its price, and sometimes a little beside it.

SYNTHETIC: the distance between both is drawn every five minutes and goes straight from one to the next.
"""

from __future__ import annotations

from datetime import date

from sapi_kiwoom import krx
from simulator.draws import NORMAL, NORMAL_ONE, Draws, octets
from simulator.feeds import Feed
from simulator.universe import Stock

_STEP = 5 * krx.MINUTE
_STEPS = 24 * 12
_DEVIATION = 400
"""Of the distance between price and NAV, in millionths."""

_MILLION = 1_000_000


class NavDay:
    """The NAV of one ETF on one trading day.

    Attributes:
        before: the NAV at the end of the trading day before, in hundredths of a won.
        tracking_error: 추적오차율, in hundredths of a percent.
    """

    def __init__(self, feed: Feed, stock: Stock, day: date) -> None:
        self._midnight = krx.midnight(day)
        self._distances = _distances(feed.seed, stock, day)
        self.tracking_error = Draws(feed.seed, "tracking error", stock.code).between(2, 60)
        earlier = _distances(feed.seed, stock, krx.previous_trading_day(day))
        self.before = feed.base_price(stock, day) * (_MILLION + earlier[-1]) // 10_000

    def at(self, moment: int, price: int) -> int:
        """The NAV in hundredths of a won.

        Args:
            moment: of the day, microseconds since 1970 UTC.
            price: the last one by then, in won.
        """
        step, rest = divmod(moment - self._midnight, _STEP)
        first, second = self._distances[step : step + 2]
        distance = first + (second - first) * rest // _STEP
        return price * (_MILLION + distance) // 10_000


def _distances(seed: int, stock: Stock, day: date) -> list[int]:
    """How far the NAV stands above the price at each step of a day, in millionths."""
    drawn = octets(_STEPS + 1, seed, "nav", stock.code, day)
    close = krx.session(day).closing_auction // 5  # from then on it stays
    return [
        NORMAL[drawn[min(step, close)]] * _DEVIATION // NORMAL_ONE for step in range(_STEPS + 1)
    ]
