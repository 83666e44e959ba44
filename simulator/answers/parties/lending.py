"""Shares on credit and on loan: opt10013, OPT10067 to OPT10069, opt20068, OPT90012.

Days are published after they are over, so today has no row. Amounts are in million won at the day's close.
Shares of large and medium companies are lent, others are not.
"""

from __future__ import annotations

from datetime import date
from typing import Dict, Iterator, List, NamedTuple, Optional, Tuple

from sapi_kiwoom import krx
from simulator.answers.forms import day_form, parse_day
from simulator.answers.parties.investors import period
from simulator.answers.rankings.screening import admitted
from simulator.answers.reply import Inputs, Reply, Rows, nothing
from simulator.answers.snapshot import Snapshot, on_day
from simulator.answers.world import World
from simulator.feeds import DayBar
from simulator.feeds.balances import LENDING, LOAN, SHORT, balance
from simulator.strings import hundredths, ratio, signed
from simulator.universe import Stock

_MILLION = 1_000_000
_TOP = 10


def credit(world: World, inputs: Inputs, moment: int) -> Reply:
    """opt10013: 융자 (조회구분 1) or 대주 (2) from 일자 backwards; shares, 금액 in million won."""
    return Reply([], _credit(world, inputs, moment))


def _credit(world: World, inputs: Inputs, moment: int) -> Rows:
    stock = world.stock(inputs["종목코드"])
    purpose = SHORT if inputs["조회구분"] == "2" else LOAN
    newest = _published(world, inputs["일자"], moment)
    for bar in world.feed.iterate_days(stock, newest) if stock else ():
        now = on_day(world.feed, stock, bar.date, bar) if stock else None
        if stock is None or now is None:
            return
        day = balance(world.feed.seed, purpose, stock, bar)
        yield [
            day_form(now.day),
            now.form(now.price),
            now.symbol,
            now.change_form,
            str(now.volume),
            str(day.new),
            str(day.repaid),
            str(day.shares),
            str(day.shares * now.price // _MILLION),
            signed(day.new - day.repaid),
            hundredths(ratio(day.new, now.volume)),
            hundredths(ratio(day.shares, stock.shares)),
        ]


def credit_rate(world: World, now: Snapshot) -> int:
    """신용비율 in the morning of a day, in hundredths of a percent of the shares listed."""
    if now.yesterday is None:
        return 0
    return ratio(balance(world.feed.seed, LOAN, now.stock, now.yesterday).shares, now.stock.shares)


def _published(world: World, text: str, moment: int) -> date:
    """The asked day, or the last one that is published.

    Raises:
        ValueError: it is no day.
    """
    last = krx.previous_trading_day(world.trading_day(moment))
    return min(parse_day(text), last) if text else last


# -- lending ---------------------------------------------------------------------------------------


class _Lent(NamedTuple):
    """What was lent and given back, and what is lent then; shares, and won for the last."""

    new: int = 0
    repaid: int = 0
    shares: int = 0
    won: int = 0

    def with_day(self, other: _Lent) -> _Lent:
        """A later day of the same stock added."""
        return _Lent(self.new + other.new, self.repaid + other.repaid, other.shares, other.won)

    def plus(self, other: _Lent) -> _Lent:
        """Another stock added."""
        return _Lent(*(one + more for one, more in zip(self, other)))

    @property
    def form(self) -> List[str]:
        return [str(self.new), str(self.repaid), str(self.shares), str(self.won // _MILLION)]


def _lent(world: World, stock: Stock, bar: DayBar) -> _Lent:
    day = balance(world.feed.seed, LENDING, stock, bar)
    return _Lent(day.new, day.repaid, day.shares, day.shares * bar.close)


def _lendable(stock: Stock) -> bool:
    return stock.size in ("대형주", "중형주")


def lending_trend(world: World, inputs: Inputs, moment: int) -> Reply:
    """OPT10068, opt20068: by day, of one stock or (where no code is given) of the whole market."""
    first, last = period(world, inputs, moment)
    last = min(last, _published(world, "", moment))
    stock = world.stock(inputs["종목코드"]) if inputs["종목코드"] else None
    if inputs["종목코드"] and (stock is None or not _lendable(stock)):
        return nothing()
    return Reply([], _lending_trend(world, stock, first, last))


def _lending_trend(world: World, stock: Optional[Stock], first: date, last: date) -> Rows:
    days: Dict[date, _Lent] = {}
    for each in [stock] if stock else filter(_lendable, world.stocks.values()):
        for bar in world.feed.iterate_days(each, last):
            if bar.date < first:
                break
            days[bar.date] = days.get(bar.date, _Lent()).plus(_lent(world, each, bar))
        yield None
    for day in sorted(days, reverse=True):
        lent = days[day]
        yield [day_form(day), *lent.form[:2], signed(lent.new - lent.repaid), *lent.form[2:]]


Totals = List[Tuple[Stock, _Lent]]


def _by_stock(
    world: World, market: str, first: date, last: date
) -> Iterator[Optional[Tuple[Stock, _Lent]]]:
    """What was lent of each stock of a market in a period; None after each."""
    for stock in world.stocks.values():
        if _lendable(stock) and admitted(stock, market):
            total: Optional[_Lent] = None
            for bar in reversed(_bars(world, stock, first, last)):
                lent = _lent(world, stock, bar)
                total = total.with_day(lent) if total else lent
            if total:
                yield stock, total
        yield None


def _bars(world: World, stock: Stock, first: date, last: date) -> List[DayBar]:
    found = []
    for bar in world.feed.iterate_days(stock, last):
        if bar.date < first:
            break
        found.append(bar)
    return found


def _most_first(found: Totals) -> Totals:
    return sorted(found, key=lambda each: (-each[1].new, each[0].code))


def lending_details(world: World, inputs: Inputs, moment: int) -> Reply:
    """OPT10067, OPT90012: every stock on one day, what was lent most first."""
    day = _published(world, inputs.get("일자") or inputs.get("기준일자") or "", moment)
    return Reply([], _details(world, inputs["시장구분"], day))


def _details(world: World, market: str, day: date) -> Rows:
    found: Totals = []
    for each in _by_stock(world, market, day, day):
        yield None
        if each:
            found.append(each)
    for stock, lent in _most_first(found):
        yield [stock.name, stock.code, *lent.form]


def most_lent(world: World, inputs: Inputs, moment: int) -> Reply:
    """OPT10069: the ten stocks of which most was lent; in front their sums, and these in percent of all."""
    first, last = period(world, inputs, moment)
    last = min(last, _published(world, "", moment))
    one: List[str] = []
    return Reply(one, _most_lent(world, inputs["시장구분"], (first, last), one))


def _most_lent(world: World, market: str, days: Tuple[date, date], one: List[str]) -> Rows:
    """The rows, the single record filled in before the first."""
    found: Totals = []
    whole = _Lent()
    for each in _by_stock(world, market, *days):
        yield None
        if each:
            found.append(each)
            whole = whole.plus(each[1])
    top = _most_first(found)[:_TOP]
    one += _sums(top, whole)
    for stock, lent in top:
        yield [stock.name, stock.code, *lent.form]


def _sums(top: Totals, whole: _Lent) -> List[str]:
    total = _Lent()
    for _, lent in top:
        total = total.plus(lent)
    return [*total.form, *(hundredths(ratio(one, other)) for one, other in zip(total, whole))]
