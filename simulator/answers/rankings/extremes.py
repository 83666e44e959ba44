"""Stocks against their own past: OPT10018, OPT10024, OPT10025.

Near the day's high or low, more traded than for days, much traded at some prices. They stand for the end
of the last whole minute, as other rankings do.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Iterator, List, NamedTuple, Optional, Tuple

from sapi_kiwoom import krx
from simulator.answers.forms import count, price_form, span_of
from simulator.answers.parties.totals import first_ranked
from simulator.answers.quotes.book import book
from simulator.answers.rankings import screening
from simulator.answers.rankings.standings import ranked, ranked_at, standings
from simulator.answers.reply import Inputs, Reply
from simulator.answers.snapshot import Snapshot
from simulator.answers.world import World
from simulator.strings import hundredths, ratio
from simulator.universe import Stock

_MOST = 200
_BANDS = 10
_MOST_BANDS = 100
_SPAN = 50


# -- OPT10018 --------------------------------------------------------------------------------------


def near_extremes(world: World, inputs: Inputs, moment: int) -> Reply:
    """OPT10018: at most 근접율 (tenths of a percent) from the day's high (고저구분 1) or low (2)."""
    low, asof = inputs["고저구분"] == "2", ranked_at(world, moment)
    most = count(inputs["근접율"], 10) * 10

    def distance(now: Snapshot) -> int:
        assert now.bar is not None
        extreme = now.bar.low if low else now.bar.high
        return abs(ratio(now.price - extreme, extreme))

    def keep(now: Snapshot) -> bool:
        return distance(now) <= most and screening.traded(now, inputs["거래량구분"])

    def row(now: Snapshot, _: int) -> List[str]:
        assert now.bar is not None
        shown = book(world, now.stock, asof)
        return [
            *now.front,
            str(now.volume),
            price_form(shown.asks[0].price, now.base),
            price_form(shown.bids[0].price, now.base),
            now.form(now.bar.high),
            now.form(now.bar.low),
        ]

    found = standings(world, moment, inputs["시장구분"], inputs["종목조건"])
    return Reply([], ranked(found, keep, lambda now: -distance(now), row, _MOST))


# -- OPT10024 --------------------------------------------------------------------------------------


@lru_cache(maxsize=1 << 12)
def _largest_volume(world: World, stock: Stock, day: date, span: int) -> int:
    """Of so many trading days before a day."""
    bars = world.feed.days(stock, krx.previous_trading_day(day), span)
    return max((bar.volume for bar in bars), default=0)


def most_volume_for_days(world: World, inputs: Inputs, moment: int) -> Reply:
    """OPT10024: more traded today than on any of 주기구분 days before (이전거래량), by how much."""
    span, asof = span_of(inputs["주기구분"], 5), ranked_at(world, moment)

    def before(now: Snapshot) -> int:
        return _largest_volume(world, now.stock, now.day, span)

    def possible(whole: Snapshot) -> bool:
        return whole.volume > before(whole)

    def keep(now: Snapshot) -> bool:
        return 0 < before(now) < now.volume and screening.traded(now, inputs["거래량구분"])

    def row(now: Snapshot, _: int) -> List[str]:
        shown = book(world, now.stock, asof)
        return [
            *now.front,
            str(before(now)),
            str(now.volume),
            price_form(shown.asks[0].price, now.base),
            price_form(shown.bids[0].price, now.base),
        ]

    found = standings(world, moment, inputs["시장구분"], "0", possible)
    return Reply([], ranked(found, keep, lambda now: ratio(now.volume, before(now)), row, _MOST))


# -- OPT10025 --------------------------------------------------------------------------------------


class _Band(NamedTuple):
    """Prices from ``low`` to ``high`` (won) and the shares that were traded at them."""

    low: int
    high: int
    shares: int
    part: int  # of all shares, hundredths of a percent


class _Dense(NamedTuple):
    """A band, and its stock as it stands now."""

    now: Snapshot
    band: _Band


def dense_prices(world: World, inputs: Inputs, moment: int) -> Reply:
    """OPT10025: where at least 매물집중비율 percent of the shares of 주기구분 days before today were traded.

    The prices of these days are cut into 매물대수 bands; a day's shares count as spread evenly over its
    prices. 현재가진입 1: only bands that hold the price of now.
    """
    least, inside = count(inputs["매물집중비율"], 0) * 100, inputs["현재가진입"] == "1"
    span = span_of(inputs["주기구분"], _SPAN)
    bands = min(count(inputs["매물대수"], _BANDS), _MOST_BANDS)

    def found() -> Iterator[Optional[_Dense]]:
        for now in standings(world, moment, inputs["시장구분"]):
            if now is not None:
                for band in _bands(world, now.stock, now.day, span, bands):
                    yield _Dense(now, band)
            yield None

    def keep(each: _Dense) -> bool:
        low, high, _, part = each.band
        return part >= least and not (inside and not low <= each.now.price <= high)

    def row(each: _Dense, _: int) -> List[str]:
        low, high, shares, part = each.band
        volume = str(each.now.volume)
        return [*each.now.front, volume, str(low), str(high), str(shares), hundredths(part)]

    def order(each: _Dense) -> object:
        return -each.band.part, each.now.stock.code, each.band.low

    return Reply([], first_ranked(found(), order, keep, row, _MOST))


@lru_cache(maxsize=1 << 12)
def _bands(world: World, stock: Stock, day: date, span: int, count: int) -> Tuple[_Band, ...]:
    """The bands of the days before one, the lowest prices first; none where the price hardly moved."""
    past = world.feed.days(stock, krx.previous_trading_day(day), span)
    bottom = min((bar.low for bar in past), default=0)
    width = max((bar.high for bar in past), default=0) - bottom + 1
    if not past or width < count:
        return ()
    edges = [bottom + width * each // count for each in range(count + 1)]
    shares = [0] * count
    for bar in past:
        prices = bar.high - bar.low + 1
        for place, (low, end) in enumerate(zip(edges, edges[1:])):
            common = min(end, bar.high + 1) - max(low, bar.low)
            if common > 0:
                shares[place] += bar.volume * common // prices
    whole = sum(bar.volume for bar in past)
    return tuple(
        _Band(low, end - 1, part, ratio(part, whole))
        for low, end, part in zip(edges, edges[1:], shares)
    )
