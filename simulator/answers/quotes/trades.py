"""A stock's trades, newest first: opt10003, opt10046 (their strength), opt10055, opt10084 (yesterday too)."""

from __future__ import annotations

from itertools import islice
from typing import Iterator, List, NamedTuple, Optional, Sequence

from sapi_kiwoom import krx
from simulator.answers.forms import change_form, price_form, rate_form, time_form
from simulator.answers.quotes.stocks import trade_form
from simulator.answers.reply import Inputs, Reply, Rows, nothing
from simulator.answers.snapshot import Snapshot, on_day, snapshot
from simulator.answers.world import World
from simulator.feeds import MinuteBar, Tick
from simulator.strings import hhmmss, hundredths, ratio, symbol

_AVERAGES = (5, 20, 60)
"""Minutes over which opt10046 averages."""

_MILLION = 1_000_000


class _Sums(NamedTuple):
    """A day's totals at some moment: shares, won, shares of buyers and of sellers."""

    volume: int = 0
    value: int = 0
    bought: int = 0
    sold: int = 0

    def less(self, tick: Tick) -> _Sums:
        """What they were before a trade."""
        shares, side = tick.quantity, tick.side
        return _Sums(
            self.volume - shares,
            self.value - shares * tick.price,
            self.bought - shares * (side > 0),
            self.sold - shares * (side < 0),
        )


class _Print(NamedTuple):
    """A trade and the day's totals just after it."""

    tick: Tick
    sums: _Sums

    @property
    def strength(self) -> int:
        """체결강도 in hundredths."""
        return ratio(self.sums.bought, self.sums.sold)


def prints(world: World, inputs: Inputs, moment: int) -> Reply:
    """opt10003: 체결거래량 signed by who came to the other, 누적거래대금 in won as recorded."""
    stock = world.stock(inputs["종목코드"])
    now = snapshot(world, stock, moment) if stock else None
    return Reply([], _prints(world, now, moment)) if now else nothing()


def _prints(world: World, now: Snapshot, moment: int) -> Rows:
    for minute in _minutes(world, now, moment):
        for each in minute:
            shares = trade_form(each.tick.quantity, each.tick.side)
            time = time_form(each.tick.at)
            yield _print_row(world, now, each, time, shares, str(each.sums.value))
        yield None


def _print_row(
    world: World, now: Snapshot, last: _Print, time: str, shares: str, value: str
) -> List[str]:
    """A row of opt10003 or opt10084: of one trade, or of a minute that ends with it."""
    tick, base = last.tick, now.base
    ask, bid = world.feed.best_quotes(now.stock, tick)
    return [
        time,
        now.form(tick.price),
        change_form(tick.price, base),
        rate_form(tick.price, base),
        price_form(ask, base),
        price_form(bid, base),
        shares,
        symbol(tick.price, base, now.upper, now.lower),
        str(last.sums.volume),
        value,
        hundredths(last.strength),
    ]


def strengths(world: World, inputs: Inputs, moment: int) -> Reply:
    """opt10046: 누적거래대금 in million won.

    체결강도5분 and its like are averages of the strength at the trade and at the end of the minutes
    before it.
    """
    stock = world.stock(inputs["종목코드"])
    now = snapshot(world, stock, moment) if stock else None
    return Reply([], _strengths(world, now, moment)) if now else nothing()


def _strengths(world: World, now: Snapshot, moment: int) -> Rows:
    base = now.base
    minutes = _minutes(world, now, moment)
    ahead = list(islice(minutes, max(_AVERAGES)))
    while ahead:
        before = [minute[0].strength for minute in ahead[1:]]
        for each in ahead[0]:
            tick, past = each.tick, [each.strength, *before]
            yield [
                time_form(tick.at),
                now.form(tick.price),
                change_form(tick.price, base),
                symbol(tick.price, base, now.upper, now.lower),
                rate_form(tick.price, base),
                trade_form(tick.quantity, tick.side),
                str(each.sums.value // _MILLION),
                str(each.sums.volume),
                hundredths(each.strength),
                *(hundredths(sum(past[:span]) // len(past[:span])) for span in _AVERAGES),
            ]
        yield None
        ahead = [*ahead[1:], *islice(minutes, 1)]


def _minutes(world: World, now: Snapshot, moment: int) -> Iterator[List[_Print]]:
    """Today's minutes that had trades, newest first, the trades of each newest first too."""
    tape = world.tape(now.stock, moment)
    sums = _Sums(tape.volume, tape.value, tape.bought, tape.sold)
    return _backwards(world, now, world.minutes(now.stock, now.day, moment), sums, moment)


def _backwards(
    world: World, now: Snapshot, bars: Sequence[MinuteBar], sums: _Sums, moment: int
) -> Iterator[List[_Print]]:
    """Minutes from the last to the first, when these are the totals after the last."""
    for bar in reversed(bars):
        minute = []
        for tick in reversed(world.ticks(now.stock, now.day, bar.minute, moment)):
            minute.append(_Print(tick, sums))
            sums = sums.less(tick)
        yield minute


# -- opt10055, opt10084: today or yesterday --------------------------------------------------------


def by_day(world: World, inputs: Inputs, moment: int) -> Reply:
    """opt10055: every trade, 누적거래대금 in million won."""
    now = _asked(world, inputs, moment)
    return Reply([], _by_day(world, now, moment)) if now else nothing()


def _by_day(world: World, now: Snapshot, moment: int) -> Rows:
    bars = world.minutes(now.stock, now.day, moment)
    sums = _Sums(sum(bar.volume for bar in bars), sum(bar.value for bar in bars))
    for minute in _backwards(world, now, bars, sums, moment):
        for tick, (volume, value, _, _) in minute:
            yield [
                time_form(tick.at),
                str(tick.price),
                symbol(tick.price, now.base, now.upper, now.lower),
                change_form(tick.price, now.base),
                rate_form(tick.price, now.base),
                trade_form(tick.quantity, tick.side),
                str(volume),
                str(value // _MILLION),
            ]
        yield None


def by_time(world: World, inputs: Inputs, moment: int) -> Reply:
    """opt10084: from 시간 (HHMM, the latest where it is blank) backwards, trades (틱분 0) or minutes (1).

    A minute's row is its last trade with the shares of all of them, which have no sign.

    Raises:
        ValueError: 시간 is no time.
    """
    now = _asked(world, inputs, moment)
    if now is None:
        return nothing()
    time = inputs["시간"].strip()
    until = int(time[:2]) * 60 + int(time[2:4]) if time else None
    return Reply([], _by_time(world, now, until, inputs["틱분"] == "1", moment))


def _by_time(
    world: World, now: Snapshot, until: Optional[int], whole_minutes: bool, moment: int
) -> Rows:
    bars = world.minutes(now.stock, now.day, moment)
    if until is None and now.day == world.trading_day(moment):
        found = _minutes(world, now, moment)
    else:
        bars = tuple(bar for bar in bars if until is None or bar.minute <= until)
        bought = sold = 0
        for bar in bars:  # who came to whom only the trades tell
            for tick in world.ticks(now.stock, now.day, bar.minute, moment):
                bought += tick.quantity * (tick.side > 0)
                sold += tick.quantity * (tick.side < 0)
            yield None
        volume, value = sum(bar.volume for bar in bars), sum(bar.value for bar in bars)
        found = _backwards(world, now, bars, _Sums(volume, value, bought, sold), moment)
    for bar, minute in zip(reversed(bars), found):
        for each in minute[:1] if whole_minutes else minute:
            if whole_minutes:
                time, shares = hhmmss(bar.minute), str(bar.volume)
            else:
                time = time_form(each.tick.at)
                shares = trade_form(each.tick.quantity, each.tick.side)
            yield _print_row(world, now, each, time, shares, str(each.sums.value // _MILLION))
        yield None


def _asked(world: World, inputs: Inputs, moment: int) -> Optional[Snapshot]:
    """The stock today (당일전일 1) or as it was yesterday (2); None where it was not listed."""
    stock = world.stock(inputs["종목코드"])
    if stock is None or inputs["당일전일"] != "2":
        return snapshot(world, stock, moment) if stock else None
    day = krx.previous_trading_day(world.trading_day(moment))
    return (
        on_day(world.feed, stock, day, world.feed.day(stock, day)) if day >= stock.listed else None
    )
