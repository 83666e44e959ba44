"""Recorded candles made into trades that rebuild them.

Trades come from the generator as far as it can: a candle off the grid (adjusted later), or of a handful
of shares, is traded at its corners only: open, high, low, close.
"""

from __future__ import annotations

from datetime import date
from typing import List, NamedTuple, Optional, Tuple

from sapi_kiwoom import krx
from sapi_kiwoom.loop import SECOND
from simulator.draws import octets, split
from simulator.feeds.bars import DayBar, MinuteBar, Tick
from simulator.feeds.folding import fold_minute
from simulator.feeds.generator.minutes import draw_minutes
from simulator.feeds.generator.ticks import draw_ticks
from simulator.universe import Stock

_LEAST = 200
"""Shares of a day below which the generator does not draw it."""

_MARGIN = 15
"""Percent of a day's range: the mean trade is at least so far from its high and from its low."""


class Prices(NamedTuple):
    """A candle's prices in won."""

    open: int
    high: int
    low: int
    close: int

    def on_grid(self, table: krx.TickTable) -> bool:
        """Whether all are valid."""
        return all(table.round_down(price) == price for price in self)

    def corners(self) -> List[int]:
        """The fewest trades that make such a candle."""
        if self.high == self.low:
            return [self.open]
        ways = (self.high, self.low) if self.close < self.open else (self.low, self.high)
        inner = [price for price in ways if price not in (self.open, self.close)]
        if not inner and self.open == self.close:
            inner = [self.low if self.open == self.high else self.high]
        return [self.open, *inner, self.close]


def day_bar(day: date, prices: Prices, volume: int, value_million: Optional[int]) -> DayBar:
    """The bar that is played for a recorded day.

    A value that nobody recorded, or one so near to the high or the low that no day of trades gives
    it, becomes the nearest plausible one. One that makes sense in won only is taken as won.
    """
    span = prices.high - prices.low
    low, high = prices.low * 100 + span * _MARGIN, prices.high * 100 - span * _MARGIN
    if value_million is not None and prices.low * volume <= value_million <= prices.high * volume:
        value_million //= 1_000_000
    if value_million is None:
        wanted = (2 * (prices.open + prices.close) + prices.high + prices.low) * volume // 6
    else:
        wanted = value_million * 1_000_000 + 500_000
    wanted = max(low * volume // 100, min(high * volume // 100, wanted))
    return DayBar(day, *prices, volume, wanted // 1_000_000)


def minutes_of_day(seed: int, stock: Stock, bar: DayBar) -> Optional[Tuple[MinuteBar, ...]]:
    """The minutes of a day candle; None where only `ticks_of_day` can trade it."""
    table = krx.tick_table(stock.market, bar.date)
    if bar.volume < _LEAST or not Prices(*bar[1:5]).on_grid(table):
        return None
    try:
        return draw_minutes(seed, stock, bar)
    except AssertionError:  # its value is out of the generator's reach
        return None


def ticks_of_day(stock: Stock, bar: DayBar) -> List[Tick]:
    """A day's corners, from the opening auction to the closing auction."""
    session, midnight = krx.session(bar.date), krx.midnight(bar.date)
    corners = Prices(*bar[1:5]).corners()
    first, last = session.open * krx.MINUTE, session.closing_auction * krx.MINUTE
    if len(corners) == 1:
        last = first
    times = [
        midnight + first + (last - first) * number // max(1, len(corners) - 1) + SECOND
        for number in range(len(corners))
    ]
    shares = [1] * len(corners)
    rest = bar.volume - len(corners)
    high, low = corners.index(bar.high), corners.index(bar.low)
    if high != low:
        wanted = bar.value_million * 1_000_000 + 500_000 - sum(corners) - rest * bar.low
        above = max(0, min(rest, wanted // (bar.high - bar.low)))
        shares[high] += above
        rest -= above
    shares[low] += rest
    ticks = _sided(corners, shares, times)
    ends = (ticks[0], ticks[-1])
    return [tick._replace(side=0) if tick in ends else tick for tick in ticks]


def minute_bar(
    seed: int, stock: Stock, day: date, minute: int, prices: Prices, volume: int
) -> MinuteBar:
    """The bar that is played for a recorded minute, with shares at every price between its ends."""
    table = krx.tick_table(stock.market, day)
    if _is_cornered(day, minute, prices, table):
        return fold_minute(minute, _corners(day, minute, prices, volume), table)
    first = table.index(prices.low)
    traded = [0] * (table.index(prices.high) - first + 1)
    for price in prices.corners():
        traded[table.index(price) - first] += 1
    draws = octets(len(traded), "recorded", seed, stock.code, day, minute)
    rest = split(volume - sum(traded), [64 + draw for draw in draws])
    traded = [least + part for least, part in zip(traded, rest)]
    value = sum(table.price(first + place) * part for place, part in enumerate(traded))
    return MinuteBar(minute, *prices, volume, value, tuple(traded))


def ticks_of_minute(
    seed: int, stock: Stock, day: date, bar: MinuteBar, limits: Tuple[int, int]
) -> List[Tick]:
    """The trades of a minute that `minute_bar` made."""
    prices = Prices(*bar[1:5])
    if _is_cornered(day, bar.minute, prices, krx.tick_table(stock.market, day)):
        return _corners(day, bar.minute, prices, bar.volume)
    return draw_ticks(seed, stock, day, bar, limits)


def _is_cornered(day: date, minute: int, prices: Prices, table: krx.TickTable) -> bool:
    """Whether the generator has no such minute; in that of the closing auction it has one price."""
    auction = minute == krx.session(day).closing_auction and prices.high > prices.low
    return auction or not prices.on_grid(table)


def _corners(day: date, minute: int, prices: Prices, volume: int) -> List[Tick]:
    corners = prices.corners()
    start = krx.midnight(day) + minute * krx.MINUTE
    times = [start + krx.MINUTE * number // len(corners) for number in range(len(corners))]
    shares = [1 + part for part in split(volume - len(corners), [1] * len(corners))]
    ticks = _sided(corners, shares, times)
    session = krx.session(day)
    if minute >= session.closing_auction:
        return [tick._replace(side=0) for tick in ticks]
    if minute == session.open:
        ticks[0] = ticks[0]._replace(side=0)
    return ticks


def _sided(prices: List[int], shares: List[int], times: List[int]) -> List[Tick]:
    """Trades of which a higher one is a buyer's and a lower one a seller's."""
    before, side, ticks = prices[0], 1, []
    for at, price, quantity in zip(times, prices, shares):
        side = side if price == before else 1 if price > before else -1
        ticks.append(Tick(at, price, quantity, side))
        before = price
    return ticks
