"""What foreigners hold of a stock: opt10008, OPT10009."""

from __future__ import annotations

from itertools import islice

from simulator.answers.forms import day_form
from simulator.answers.parties.investors import INSTITUTION, investor_days, net
from simulator.answers.reply import Inputs, Reply, Rows
from simulator.answers.snapshot import Snapshot
from simulator.answers.world import World
from simulator.feeds.investors import FOREIGN
from simulator.strings import hundredths, ratio, signed, signed_hundredths

_MONTH = 20
"""Trading days of OPT10009's 기관기간누적, whose length is not published."""


def exhaustion(world: World, now: Snapshot) -> int:
    """외인소진률 in the morning of a day, in hundredths of a percent of what foreigners may hold."""
    held = world.investors.held_before(now.stock, now.day)
    return ratio(held, world.investors.limit(now.stock))


def holdings(world: World, inputs: Inputs, moment: int) -> Reply:
    """opt10008: newest first, in shares; the limit never changes."""
    return Reply([], _holdings(world, inputs, moment))


def _holdings(world: World, inputs: Inputs, moment: int) -> Rows:
    stock = world.stock(inputs["종목코드"])
    if stock is None:
        return
    limit = world.investors.limit(stock)
    for day in investor_days(world, stock, world.trading_day(moment), moment):
        now, held = day.now, day.investors.holding
        yield [
            day_form(now.day),
            now.form(now.price),
            now.change_form,
            str(now.volume),
            signed(net(day.investors, (FOREIGN,))),
            str(held),
            hundredths(ratio(held, stock.shares)),
            str(limit - held),
            str(limit),
            "0",
            signed_hundredths(ratio(held, limit)),
        ]


def institutions(world: World, inputs: Inputs, moment: int) -> Reply:
    """OPT10009: one row, of the newest day."""
    return Reply([], _institutions(world, inputs, moment))


def _institutions(world: World, inputs: Inputs, moment: int) -> Rows:
    stock = world.stock(inputs["종목코드"])
    if stock is None:
        return
    days = list(islice(investor_days(world, stock, world.trading_day(moment), moment), _MONTH))
    if days:
        now, investors = days[0]
        yield [
            day_form(now.day),
            now.form(now.price),
            now.change_form,
            signed(sum(net(day.investors, INSTITUTION) for day in days)),
            signed(net(investors, INSTITUTION)),
            signed(net(investors, (FOREIGN,))),
            hundredths(ratio(investors.holding, stock.shares)),
        ]
