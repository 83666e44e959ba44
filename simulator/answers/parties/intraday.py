"""Investors of the running day as members report them: opt10063, opt10064, OPT10065, opt10066.

What foreigners and institutions did is published a few times a day (`TIMES`); these answers tell what was
known at the last of them, up to the end of the minute before. Amounts are in million won at the day's average
price.
"""

from __future__ import annotations

from typing import Callable, Dict, Iterator, List, NamedTuple, Optional, Tuple

from sapi_kiwoom import krx
from simulator.answers.forms import time_form
from simulator.answers.parties.investors import (
    COLUMNS,
    INSTITUTION,
    SIDES,
    Kinds,
    bought,
    million,
    net,
    sold,
    worth,
)
from simulator.answers.parties.nets import KIND_CODES
from simulator.answers.parties.totals import everybody, first_ranked
from simulator.answers.rankings.standings import bar_at
from simulator.answers.reply import Inputs, Reply, Rows
from simulator.answers.snapshot import Snapshot
from simulator.answers.world import World
from simulator.feeds.investors import (
    BANK,
    CORPORATION,
    FOREIGN,
    INSURANCE,
    PENSION,
    STATE,
    TRUST,
    Investors,
)
from simulator.strings import signed
from simulator.universe import Stock

TIMES = (9 * 60 + 30, 10 * 60, 11 * 60 + 30, 13 * 60 + 30, 14 * 60 + 30)
"""Minutes of the day at which the investors are published, on a day that opens at 9; and after the close."""

_AFTER_CLOSE = 15
"""Minutes from the closing auction to the last publication."""

_KINDS: Dict[str, Kinds] = {
    "6": (FOREIGN,),
    "7": INSTITUTION,
    "1": (TRUST,),
    "0": (INSURANCE,),
    "2": (BANK,),
    "3": (PENSION,),
    "4": (STATE,),
    "5": (CORPORATION,),
}
"""투자자별 of opt10063."""

_CHART: Tuple[Kinds, ...] = (
    (FOREIGN,),
    INSTITUTION,
    (TRUST,),
    (INSURANCE,),
    (BANK,),
    (PENSION,),
    (CORPORATION,),
    (STATE,),
)


def publications(world: World, moment: int) -> List[int]:
    """The moments of the trading day, up to a moment, at which its investors were published."""
    moment = world.settled(moment)
    day = world.trading_day(moment)
    session = krx.session(day)
    later = session.open - 9 * 60
    minutes = [*(each + later for each in TIMES), session.closing_auction + _AFTER_CLOSE]
    found = [krx.midnight(day) + minute * krx.MINUTE for minute in minutes]
    return [each for each in found if each <= moment]


def _published(world: World, stock: Stock, moment: int) -> Optional[Investors]:
    """A stock's investors as they were published at a moment; None before its first trade by then."""
    bar = bar_at(world, stock, moment - 1)
    return world.investors.day(stock, bar) if bar else None


class _Sums(NamedTuple):
    """Million won and shares that some kinds bought and sold."""

    bought_worth: int = 0
    sold_worth: int = 0
    bought: int = 0
    sold: int = 0

    @classmethod
    def of(cls, day: Optional[Investors], kinds: Kinds) -> _Sums:
        if day is None:
            return cls()
        buys, sales = bought(day, kinds), sold(day, kinds)
        return cls(million(buys, day.bar), million(sales, day.bar), buys, sales)

    @property
    def net_worth(self) -> int:
        return self.bought_worth - self.sold_worth

    @property
    def net(self) -> int:
        return self.bought - self.sold


class _Entry(NamedTuple):
    """A stock as it stands now, and its investors at the last publication."""

    now: Snapshot
    latest: Investors


def _entries(world: World, moment: int, market: str) -> Iterator[Optional[_Entry]]:
    """Every stock of a market with trades at the last publication; None after each."""
    times = publications(world, moment)
    if not times:
        return
    for now in everybody(world, moment, market):
        latest = _published(world, now.stock, times[-1]) if now else None
        if now and latest:
            yield _Entry(now, latest)
        yield None


# -- opt10063, OPT10065 ----------------------------------------------------------------------------


def trading(world: World, inputs: Inputs, moment: int) -> Reply:
    """opt10063: stocks by what an investor bought net, in won (금액수량구분 1) or shares (2).

    동시순매수구분 1 keeps those that foreigners and institutions both bought; 외국계전체 changes nothing.
    """
    kinds = _KINDS.get(inputs["투자자별"], (FOREIGN,))
    by_shares, together = inputs["금액수량구분"] == "2", inputs["동시순매수구분"] == "1"
    times = publications(world, moment)

    def key(each: _Entry) -> Tuple[int, str]:
        sums = _Sums.of(each.latest, kinds)
        return -(sums.net if by_shares else sums.net_worth), each.now.stock.code

    def keep(each: _Entry) -> bool:
        day = each.latest
        return not together or (net(day, (FOREIGN,)) > 0 and net(day, INSTITUTION) > 0)

    def row(each: _Entry, _: int) -> List[str]:
        now = each.now
        before = _published(world, now.stock, times[-2]) if len(times) > 1 else None
        new, old = _Sums.of(each.latest, kinds), _Sums.of(before, kinds)
        return [
            *now.front,
            str(now.volume),
            signed(new.net_worth),
            signed(old.net_worth),
            signed(new.net_worth - old.net_worth),
            str(new.bought_worth),
            signed(new.bought_worth - old.bought_worth),
            str(new.sold_worth),
            signed(new.sold_worth - old.sold_worth),
            signed(new.net),
            signed(old.net),
            signed(new.net - old.net),
            str(new.bought),
            signed(new.bought - old.bought),
            str(new.sold),
            signed(new.sold - old.sold),
        ]

    found = _entries(world, moment, inputs["시장구분"])
    return Reply([], first_ranked(found, key, keep, row))


def leaders(world: World, inputs: Inputs, moment: int) -> Reply:
    """OPT10065: stocks that an investor (기관구분) bought (매매구분 1) or sold (2) most net, by won."""
    sign = -1 if inputs["매매구분"] == "2" else 1
    code = inputs["기관구분"]
    kinds = COLUMNS[1] if code == "9100" else COLUMNS[KIND_CODES.get(code, 1)]

    def size(each: _Entry) -> int:
        return sign * _Sums.of(each.latest, kinds).net_worth

    def row(each: _Entry, _: int) -> List[str]:
        sums = _Sums.of(each.latest, kinds)
        stock = each.now.stock
        return [stock.code, stock.name, str(sums.sold), str(sums.bought), signed(sums.net_worth)]

    found = _entries(world, moment, inputs["시장구분"])
    rows = first_ranked(
        found, lambda each: (-size(each), each.now.stock.code), lambda each: size(each) > 0, row
    )
    return Reply([], rows)


# -- opt10064, opt10066 ----------------------------------------------------------------------------


def _measure(inputs: Inputs) -> Callable[[Investors, Kinds], int]:
    """금액수량구분 1 million won, 2 shares; 매매구분 0 순매수, 1 매수, 2 매도."""
    side, by_shares = SIDES.get(inputs["매매구분"], net), inputs["금액수량구분"] == "2"

    def measure(day: Investors, kinds: Kinds) -> int:
        return side(day, kinds) if by_shares else worth(day, kinds, side)

    return measure


def chart(world: World, inputs: Inputs, moment: int) -> Reply:
    """opt10064: one stock at every publication of the day, the latest first."""
    return Reply([], _chart(world, inputs, moment))


def _chart(world: World, inputs: Inputs, moment: int) -> Rows:
    stock = world.stock(inputs["종목코드"])
    measure = _measure(inputs)
    for each in reversed(publications(world, moment)):
        day = _published(world, stock, each) if stock else None
        if day:
            yield [time_form(each), *(signed(measure(day, kinds)) for kinds in _CHART)]


def by_stock(world: World, inputs: Inputs, moment: int) -> Reply:
    """opt10066: all stocks of a market (or the one whose code is given) by code, every investor.

    Kinds 개인 to 기타법인; in the evening they are those of the whole day.
    """
    measure = _measure(inputs)
    alone: Optional[str] = inputs["종목코드"].split("_", maxsplit=1)[0] or None

    def row(each: _Entry, _: int) -> List[str]:
        now = each.now
        return [
            *now.front,
            str(now.volume),
            *(signed(measure(each.latest, kinds)) for kinds in COLUMNS[:-1]),
        ]

    found = _entries(world, moment, inputs["시장구분"])
    rows = first_ranked(
        found,
        lambda each: each.now.stock.code,
        lambda each: alone is None or each.now.stock.code == alone,
        row,
    )
    return Reply([], rows)
