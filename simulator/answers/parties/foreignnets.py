"""Stocks ranked by what foreigners did: OPT10034, OPT10035, OPT10036.

Today counts up to the last whole minute.
"""

from __future__ import annotations

from datetime import date
from typing import List, Tuple

from simulator.answers.forms import price_form
from simulator.answers.parties.totals import (
    FOREIGN,
    Ranked,
    days_back,
    first_ranked,
    holding,
    total,
    totals,
)
from simulator.answers.quotes.book import book
from simulator.answers.rankings.standings import ranked_at
from simulator.answers.reply import Inputs, Reply
from simulator.answers.world import World
from simulator.strings import ratio, signed, signed_hundredths


def _foreign_span(world: World, text: str, moment: int) -> Tuple[date, date]:
    """기간: 0 today, 1 the day before, else so many days up to today."""
    days = int(text) if text.strip().isdecimal() else 0
    return days_back(world, moment, max(days, 1), int(days == 1))


def foreign_nets(world: World, inputs: Inputs, moment: int) -> Reply:
    """OPT10034: stocks that foreigners sold (매매구분 1) or bought (2) most net, or either (3)."""
    span, side, asof = (
        _foreign_span(world, inputs["기간"], moment),
        inputs["매매구분"],
        ranked_at(world, moment),
    )

    def key(found: Ranked) -> Tuple[int, str]:
        shares = found.total.shares[FOREIGN]
        keys = {"1": shares, "2": -shares}
        return keys.get(side, -abs(shares)), found.now.stock.code

    def row(found: Ranked, rank: int) -> List[str]:
        now = found.now
        shown = book(world, now.stock, asof)
        return [
            str(rank),
            now.stock.code,
            now.stock.name,
            now.form(now.price),
            now.symbol,
            now.change_form,
            price_form(shown.asks[0].price, now.base),
            price_form(shown.bids[0].price, now.base),
            str(now.volume),
            signed(found.total.shares[FOREIGN]),
            str(world.investors.limit(now.stock) - holding(world, now)),
        ]

    found = totals(world, moment, inputs["시장구분"], *span)
    return Reply([], first_ranked(found, key, lambda each: key(each)[0] < 0, row))


def foreign_runs(world: World, inputs: Inputs, moment: int) -> Reply:
    """OPT10035: stocks that foreigners sold (매매구분 1) or bought on each of three days, by their sum.

    D-1 is the last of them: today, or (기준일구분 1) the day before. 전일대비 is the change of each.
    """
    skipped = int(inputs["기준일구분"] == "1")
    sign = -1 if inputs["매매구분"] == "1" else 1
    days = [days_back(world, moment, 1, skipped + ago)[0] for ago in range(4)]

    def nets(found: Ranked) -> List[int]:
        return [total(world, found.now, day, day).shares[FOREIGN] for day in days]

    def keep(found: Ranked) -> bool:
        return found.total.shares[FOREIGN] * sign > 0 and all(
            each * sign > 0 for each in nets(found)[:3]
        )

    def row(found: Ranked, _: int) -> List[str]:
        now, each = found.now, nets(found)
        limit = world.investors.limit(now.stock)
        return [
            now.stock.code,
            now.stock.name,
            now.form(now.price),
            now.symbol,
            now.change_form,
            *map(signed, each[:3]),
            signed(sum(each[:3])),
            signed_hundredths(ratio(holding(world, now), limit)),
            *(signed(one - before) for one, before in zip(each, each[1:])),
        ]

    def key(found: Ranked) -> Tuple[int, str]:
        return -sign * found.total.shares[FOREIGN], found.now.stock.code

    found = totals(world, moment, inputs["시장구분"], days[2], days[0])
    return Reply([], first_ranked(found, key, keep, row))


def foreign_exhaustion(world: World, inputs: Inputs, moment: int) -> Reply:
    """OPT10036: stocks of whose limit foreigners used up more in a period; 기준 is the day before it."""
    first, last = _foreign_span(world, inputs["기간"], moment)

    def rates(found: Ranked) -> Tuple[int, int]:
        stock = found.now.stock
        limit = world.investors.limit(stock)
        before = world.investors.held_before(stock, first)
        # Where the stock's first day is later, so is what it is compared with.
        after = before + found.total.shares[FOREIGN]
        return ratio(before, limit), ratio(after, limit)

    def key(found: Ranked) -> Tuple[int, str]:
        before, after = rates(found)
        return before - after, found.now.stock.code

    def row(found: Ranked, rank: int) -> List[str]:
        now = found.now
        before, after = rates(found)
        held = holding(world, now)
        return [
            str(rank),
            now.stock.code,
            now.stock.name,
            now.form(now.price),
            now.symbol,
            now.change_form,
            str(now.volume),
            str(held),
            str(world.investors.limit(now.stock) - held),
            signed_hundredths(before),
            signed_hundredths(after),
            signed_hundredths(after - before),
        ]

    found = totals(world, moment, inputs["시장구분"], first, last)
    return Reply([], first_ranked(found, key, lambda each: key(each)[0] < 0, row))
