"""A stock's trades of the day, newest first: opt10003 and, with their strength, opt10046."""

from __future__ import annotations

from itertools import islice
from typing import Iterator, List, NamedTuple

from simulator.answers.forms import change_form, price_form, rate_form, time_form
from simulator.answers.reply import Inputs, Reply, Rows, nothing
from simulator.answers.snapshot import Snapshot, snapshot
from simulator.answers.stocks import trade_form
from simulator.answers.world import World
from simulator.feeds import Tick
from simulator.strings import hundredths, ratio, symbol

_AVERAGES = (5, 20, 60)
"""Minutes over which opt10046 averages."""


class _Print(NamedTuple):
    """A trade and the day's totals just after it: shares, won, shares of buyers and of sellers."""

    tick: Tick
    volume: int
    value: int
    bought: int
    sold: int

    @property
    def strength(self) -> int:
        """체결강도 in hundredths."""
        return ratio(self.bought, self.sold)


def prints(world: World, inputs: Inputs, moment: int) -> Reply:
    """opt10003: 체결거래량 signed by who came to the other, 누적거래대금 in won as recorded."""
    stock = world.stock(inputs["종목코드"])
    now = snapshot(world, stock, moment) if stock else None
    return Reply([], _prints(world, now, moment)) if now else nothing()


def _prints(world: World, now: Snapshot, moment: int) -> Rows:
    base = now.base
    for minute in _minutes(world, now, moment):
        for each in minute:
            tick = each.tick
            ask, bid = world.feed.best_quotes(now.stock, tick)
            yield [
                time_form(tick.at),
                now.form(tick.price),
                change_form(tick.price, base),
                rate_form(tick.price, base),
                price_form(ask, base),
                price_form(bid, base),
                trade_form(tick.quantity, tick.side),
                symbol(tick.price, base, now.upper, now.lower),
                str(each.volume),
                str(each.value),
                hundredths(each.strength),
            ]
        yield None


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
                str(each.value // 1_000_000),
                str(each.volume),
                hundredths(each.strength),
                *(hundredths(sum(past[:span]) // len(past[:span])) for span in _AVERAGES),
            ]
        yield None
        ahead = [*ahead[1:], *islice(minutes, 1)]


def _minutes(world: World, now: Snapshot, moment: int) -> Iterator[List[_Print]]:
    """The day's minutes that had trades, newest first, the trades of each newest first too."""
    tape = world.tape(now.stock, moment)
    volume, value, bought, sold = tape.volume, tape.value, tape.bought, tape.sold
    for bar in reversed(world.minutes(now.stock, now.day, moment)):
        minute = []
        for tick in reversed(world.ticks(now.stock, now.day, bar.minute, moment)):
            minute.append(_Print(tick, volume, value, bought, sold))
            volume -= tick.quantity
            value -= tick.quantity * tick.price
            bought -= tick.quantity * (tick.side > 0)
            sold -= tick.quantity * (tick.side < 0)
        yield minute
