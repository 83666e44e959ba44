"""Program trading of stocks: opt90003, opt90008, opt90013, OPTKWPRO. Amounts are in million won."""

from __future__ import annotations

from bisect import insort
from datetime import date
from typing import Iterator, List, NamedTuple, Optional, cast

from sapi_kiwoom import krx
from simulator.answers.forms import change_form, day_form, rate_form
from simulator.answers.parties.investors import asked_day
from simulator.answers.rankings.standings import ranked_at, standings
from simulator.answers.reply import Inputs, Reply, Rows
from simulator.answers.snapshot import Snapshot, on_day, snapshot
from simulator.answers.world import World
from simulator.feeds import Feed
from simulator.feeds.balances import LENDING, balance
from simulator.feeds.bars import MinuteBar
from simulator.feeds.programs import ProgramDay, ProgramTotals
from simulator.feeds.summary import DaySummary
from simulator.strings import hhmmss, hundredths, ratio, signed, symbol
from simulator.universe import Stock

_MILLION = 1_000_000
_DAY = 24 * 60
_TOP = 50
_MARKETS = {"P00101": "001", "P10102": "101"}


def programs(world: World, now: Snapshot, moment: int) -> ProgramTotals:
    """What programs traded of a stock on a snapshot's day: by the moment if it is today, else in all."""
    found = world.program_days(now.stock, now.day)
    if now.day < world.trading_day(moment):
        return found.whole
    return found.at(krx.day_and_minute(world.settled(moment))[1], now.volume)


# -- opt90008, opt90013 ----------------------------------------------------------------------------


class _Row:
    """One row of either: what had been traded by its end, and what was lent the day before."""

    def __init__(self, front: List[str], totals: ProgramTotals, lent: List[str]) -> None:
        self._front = front
        self.totals = totals
        self._lent = lent

    def form(self, before: Optional[ProgramTotals]) -> List[str]:
        """The row, and how much more it is than the one behind."""
        now, then = self.totals, before or ProgramTotals()
        worth, worth_then = (
            each.bought_value // _MILLION - each.sold_value // _MILLION for each in (now, then)
        )
        net, net_then = now.bought - now.sold, then.bought - then.sold
        return [
            *self._front,
            str(now.sold_value // _MILLION),
            str(now.bought_value // _MILLION),
            signed(worth),
            signed(worth - worth_then),
            str(now.sold),
            str(now.bought),
            signed(net),
            signed(net - net_then),
            "",
            *self._lent,
        ]


def _forms(rows: Iterator[_Row]) -> Rows:
    """Each row, given the one behind."""
    latest: Optional[_Row] = None
    for row in rows:
        if latest is not None:
            yield latest.form(row.totals)
            yield None
        latest = row
    if latest is not None:
        yield latest.form(None)


def by_time(world: World, inputs: Inputs, moment: int) -> Reply:
    """opt90008: the minutes of a day that had trades, newest first; all of it whatever 금액수량구분 says.

    대차거래상환주수합 and 잔고수주합 are of the day before, as they are published in the morning.
    """
    day = asked_day(world, inputs["날짜"], moment)
    stock = world.stock(inputs["종목코드"])
    shell = on_day(world.feed, stock, day, None) if stock and krx.is_trading_day(day) else None
    if stock is None or shell is None:
        return Reply([], iter(()))
    return Reply([], _forms(_minutes(world, shell, moment)))


def _minutes(world: World, shell: Snapshot, moment: int) -> Iterator[_Row]:
    stock, base = shell.stock, shell.base
    found = world.program_days(stock, shell.day)
    bars = world.minutes(stock, shell.day, moment)
    volume, lent = sum(bar.volume for bar in bars), _lent_before(world, shell)
    for bar in reversed(bars):
        front = [
            hhmmss(bar.minute),
            shell.form(bar.close),
            symbol(bar.close, base, shell.upper, shell.lower),
            change_form(bar.close, base),
            rate_form(bar.close, base),
            str(volume),
        ]
        yield _Row(front, found.at(bar.minute, volume), lent)
        volume -= bar.volume


def by_day(world: World, inputs: Inputs, moment: int) -> Reply:
    """opt90013: from 날짜 backwards, today as far as it is known."""
    stock = world.stock(inputs["종목코드"])
    if stock is None:
        return Reply([], iter(()))
    newest = asked_day(world, inputs["날짜"], moment)
    return Reply([], _forms(_by_day(world, stock, newest, moment)))


def _by_day(world: World, stock: Stock, newest: date, moment: int) -> Iterator[_Row]:
    for now in _days(world, stock, newest, moment):
        front = [
            day_form(now.day),
            now.form(now.price),
            now.symbol,
            now.change_form,
            now.rate_form,
            str(now.volume),
        ]
        yield _Row(front, programs(world, now, moment), _lent_before(world, now))


def _days(world: World, stock: Stock, newest: date, moment: int) -> Iterator[Snapshot]:
    today = world.trading_day(moment)
    if newest >= today:
        now = snapshot(world, stock, moment)
        if now and now.bar:
            yield now
    for bar in world.feed.iterate_days(stock, min(newest, krx.previous_trading_day(today))):
        past = on_day(world.feed, stock, bar.date, bar)
        if past:
            yield past


def _lent_before(world: World, now: Snapshot) -> List[str]:
    """Shares given back on the day before, and lent after it."""
    if now.yesterday is None:
        return ["0", "0"]
    day = balance(world.feed.seed, LENDING, now.stock, now.yesterday)
    return [str(day.repaid), str(day.shares)]


# -- opt90003 --------------------------------------------------------------------------------------


class _Summed:
    """A feed whose minutes are a summary's: to draw those of all stocks again takes much longer."""

    def __init__(self, seed: int, summary: DaySummary) -> None:
        self.seed = seed
        self._summary = summary

    def minutes(self, stock: Stock, day: date, board: str = "") -> Iterator[MinuteBar]:
        found = self._summary
        volume = value = 0
        for minute, shares, won in zip(found.minutes, found.volumes, found.values):
            yield MinuteBar(minute, 0, 0, 0, 0, shares - volume, won - value, ())
            volume, value = shares, won


class _Found(NamedTuple):
    """A stock and its programs; the first ranked is the least."""

    key: int
    code: str
    now: Snapshot
    totals: ProgramTotals


def most_traded(world: World, inputs: Inputs, moment: int) -> Reply:
    """opt90003: the fifty stocks that programs sold (1) or bought (2) most net, by won or by shares."""
    return Reply([], _most_traded(world, inputs, moment))


def _most_traded(world: World, inputs: Inputs, moment: int) -> Rows:
    sign = -1 if inputs["매매상위구분"] == "1" else 1
    by_shares = inputs["금액수량구분"] == "2"
    minute = krx.day_and_minute(ranked_at(world, moment))[1]

    def most(now: Snapshot) -> int:
        """Programs have less than half of either side, so their net is less than this."""
        return (now.volume if by_shares else (now.value_million + 1) * _MILLION) // 2

    standing: List[Snapshot] = []
    for each in standings(world, moment, _MARKETS.get(inputs["시장구분"], "000")):
        yield None
        if each is not None:
            standing.append(each)
    best: List[_Found] = []
    for now in sorted(standing, key=most, reverse=True):
        if len(best) == _TOP and -best[-1].key >= most(now):
            break
        day = _totals(world, now, minute)
        net = day.bought - day.sold if by_shares else day.bought_value - day.sold_value
        if net * sign > 0:
            insort(best, _Found(-net * sign, now.stock.code, now, day))
            del best[_TOP:]
        yield None
    for rank, found in enumerate(best, 1):
        now, day = found.now, found.totals
        sold, bought = day.sold_value // _MILLION, day.bought_value // _MILLION
        yield [
            str(rank),
            *now.front,
            str(now.volume),
            str(sold),
            str(bought),
            signed(bought - sold),
        ]


def _totals(world: World, now: Snapshot, minute: int) -> ProgramTotals:
    """What programs had traded of a stock by the end of a minute of today."""
    if now.stock.code in world.live:
        return world.program_days(now.stock, now.day).at(minute, now.volume)
    summed = _Summed(world.feed.seed, world.summaries.of(now.stock, now.day))
    drawn = ProgramDay(cast(Feed, summed), now.stock, now.day)
    return drawn.at(minute, now.volume)


# -- OPTKWPRO --------------------------------------------------------------------------------------


def watched(world: World, inputs: Inputs, moment: int) -> Reply:
    """OPTKWPRO: a row for each code, in the order asked for; rates in percent of the day's volume."""
    return Reply([], _watched(world, inputs, moment))


def _watched(world: World, inputs: Inputs, moment: int) -> Rows:
    for code in inputs["종목코드"].split(";"):
        stock = world.stock(code)
        now = snapshot(world, stock, moment) if stock else None
        if now is not None:
            yield _watched_row(now, programs(world, now, moment))
        yield None


def _watched_row(now: Snapshot, day: ProgramTotals) -> List[str]:
    arbitrage = (
        (day.arbitrage_sold, day.arbitrage_sold_value // _MILLION),
        (day.arbitrage_bought, day.arbitrage_bought_value // _MILLION),
    )
    whole = (
        (day.sold, day.sold_value // _MILLION),
        (day.bought, day.bought_value // _MILLION),
    )
    rest = tuple(
        (shares - part, won - part_won) for (shares, won), (part, part_won) in zip(whole, arbitrage)
    )
    cells: List[str] = []
    for sold, bought in (arbitrage, rest):
        for shares, won in (sold, bought):
            cells += [str(shares), str(won), hundredths(ratio(shares, now.volume))]
        cells.append(signed(bought[1] - sold[1]))
    sold, bought = whole
    return [*cells, *map(str, (*sold, *bought)), signed(bought[1] - sold[1])]
