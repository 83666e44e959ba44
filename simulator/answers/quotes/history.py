"""A stock's days with more beside the prices: opt10005 and OPT10006.

What takes a look at a day's minutes, which a hundred rows have no time for, is blank here: 체결강도 of days
before, 외국계 and 프로그램. opt10086 has them.
"""

from __future__ import annotations

from itertools import islice
from typing import Iterator, List

from simulator.answers.forms import change_form, day_form, rate_form
from simulator.answers.parties.investors import INSTITUTION, Day, investor_days, net
from simulator.answers.quotes.daily import credit_rate
from simulator.answers.reply import Inputs, Reply, Rows, nothing
from simulator.answers.snapshot import Snapshot, on_day, snapshot
from simulator.answers.world import World
from simulator.feeds.investors import FOREIGN, INDIVIDUAL
from simulator.strings import hundredths, ratio, signed


def days(world: World, inputs: Inputs, moment: int) -> Reply:
    """opt10005: newest first, 거래대금 in million won; 신용잔고율 of days that are over."""
    stock = world.stock(inputs["종목코드"])
    now = snapshot(world, stock, moment) if stock else None
    return Reply([], _days(world, now, moment)) if now else nothing()


def today(world: World, inputs: Inputs, moment: int) -> Reply:
    """OPT10006: the newest day alone."""
    stock = world.stock(inputs["종목코드"])
    now = snapshot(world, stock, moment) if stock else None
    return Reply([], islice(_of(world, now, moment), 1)) if now else nothing()


def _days(world: World, now: Snapshot, moment: int) -> Rows:
    for day in investor_days(world, now.stock, now.day, moment):
        strength = _strength(world, now, moment) if day.now.day == now.day else ""
        yield [*_row(day.now, strength), *_investors(world, day, moment)]


def _investors(world: World, day: Day, moment: int) -> List[str]:
    held = day.investors.holding
    return [
        str(held),
        hundredths(ratio(held, day.now.stock.shares)),
        *(signed(net(day.investors, kinds)) for kinds in ((FOREIGN,), INSTITUTION, (INDIVIDUAL,))),
        "",
        credit_rate(world, day, moment),
        "",
    ]


def _of(world: World, now: Snapshot, moment: int) -> Iterator[List[str]]:
    if now.bar:
        yield _row(now, _strength(world, now, moment))
    for bar in world.feed.iterate_days(now.stock, now.day):
        past = on_day(world.feed, now.stock, bar.date, bar) if bar.date < now.day else None
        if past:
            yield _row(past, "")


def _strength(world: World, now: Snapshot, moment: int) -> str:
    tape = world.tape(now.stock, moment)
    return hundredths(ratio(tape.bought, tape.sold))


def _row(day: Snapshot, strength: str) -> List[str]:
    bar = day.bar
    assert bar is not None
    return [
        day_form(bar.date),
        day.form(bar.open),
        day.form(bar.high),
        day.form(bar.low),
        day.form(bar.close),
        change_form(bar.close, day.base),
        rate_form(bar.close, day.base),
        str(bar.volume),
        str(bar.value_million),
        strength,
    ]
