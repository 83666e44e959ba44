"""A stock's days with more beside the prices: opt10005 and OPT10006."""

from __future__ import annotations

from itertools import islice
from typing import Iterator, List

from simulator.answers.forms import change_form, day_form, rate_form
from simulator.answers.reply import Inputs, Reply, Rows, nothing
from simulator.answers.snapshot import Snapshot, on_day, snapshot
from simulator.answers.world import World
from simulator.strings import hundredths, ratio

_NO_INVESTORS = [""] * 8
"""외인보유 to 프로그램: who bought is not simulated."""


def days(world: World, inputs: Inputs, moment: int) -> Reply:
    """opt10005: newest first, 거래대금 in million won; 체결강도 of the newest day alone."""
    stock = world.stock(inputs["종목코드"])
    now = snapshot(world, stock, moment) if stock else None
    return Reply([], _days(world, now, moment)) if now else nothing()


def today(world: World, inputs: Inputs, moment: int) -> Reply:
    """OPT10006: the newest day alone."""
    stock = world.stock(inputs["종목코드"])
    now = snapshot(world, stock, moment) if stock else None
    return Reply([], islice(_of(world, now, moment), 1)) if now else nothing()


def _days(world: World, now: Snapshot, moment: int) -> Rows:
    for row in _of(world, now, moment):
        yield [*row, *_NO_INVESTORS]


def _of(world: World, now: Snapshot, moment: int) -> Iterator[List[str]]:
    if now.bar:
        tape = world.tape(now.stock, moment)
        yield _row(now, hundredths(ratio(tape.bought, tape.sold)))
    for bar in world.feed.iterate_days(now.stock, now.day):
        past = on_day(world.feed, now.stock, bar.date, bar) if bar.date < now.day else None
        if past:
            yield _row(past, "")


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
