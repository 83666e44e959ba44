"""A stock day by day, with all that its minutes tell: opt10015, opt10047, opt10086.

체결강도 of days before is estimated from their minutes; today's is exact. 외국계 is what foreign members
bought net. 신용잔고율 is published when a day is over, and blank before.
"""

from __future__ import annotations

from typing import Iterator, List, Sequence

from sapi_kiwoom import krx
from simulator.answers.forms import day_form
from simulator.answers.parties.investors import (
    INSTITUTION,
    Day,
    asked_day,
    investor_days,
    million,
    net,
    worth,
)
from simulator.answers.parties.members import foreign, trading
from simulator.answers.parties.programs import programs
from simulator.answers.reply import Inputs, Reply, Rows, nothing
from simulator.answers.snapshot import Snapshot
from simulator.answers.world import World
from simulator.feeds import MinuteBar
from simulator.feeds.balances import LOAN, balance
from simulator.feeds.investors import FOREIGN, INDIVIDUAL
from simulator.strings import hundredths, ratio, signed

_AVERAGES = (5, 20, 60)
"""Days over which opt10047 averages."""

_MILLION = 1_000_000


def credit_rate(world: World, day: Day, moment: int) -> str:
    """신용잔고율: shares bought on credit in percent of those listed; "" on a day that is not over."""
    if day.now.day >= world.trading_day(moment):
        return ""
    stock = day.now.stock
    return hundredths(ratio(balance(world.feed.seed, LOAN, stock, day.bar).shares, stock.shares))


def strength(world: World, now: Snapshot, moment: int) -> int:
    """체결강도 of a day in hundredths."""
    if now.day < world.trading_day(moment):
        bars = world.feed.minutes(now.stock, now.day)
        return _estimated(bars, krx.tick_table(now.stock.market, now.day))
    tape = world.tape(now.stock, moment)
    return ratio(tape.bought, tape.sold)


def _estimated(bars: Sequence[MinuteBar], table: krx.TickTable) -> int:
    """As rankings estimate it: see `standings.strength`."""
    price = bars[0].open if bars else 0
    volume = bought = 0
    for bar in bars:
        ticks = (bar.close - price) // table.tick(price)
        tilt = min(10 + 5 * (abs(ticks) - 1), 40) if ticks else 0
        bought += bar.volume * (50 + (tilt if ticks > 0 else -tilt))
        volume += bar.volume
        price = bar.close
    return ratio(bought, 100 * volume - bought)


def _days(world: World, inputs: Inputs, name: str, moment: int) -> Iterator[Day]:
    """The stock's days from that of an input backwards."""
    stock = world.stock(inputs["종목코드"])
    newest = asked_day(world, inputs[name], moment) if name else world.trading_day(moment)
    return investor_days(world, stock, newest, moment) if stock else iter(())


# -- opt10086 --------------------------------------------------------------------------------------


def prices(world: World, inputs: Inputs, moment: int) -> Reply:
    """opt10086: from 조회일자 backwards; whose trades they were in shares, or in million won (표시구분 1)."""
    return Reply([], _prices(world, inputs, moment))


def _prices(world: World, inputs: Inputs, moment: int) -> Rows:
    amounts = inputs["표시구분"] == "1"
    measure = worth if amounts else net
    for day in _days(world, inputs, "조회일자", moment):
        now, bar = day.now, day.bar
        members, baskets = trading(world, now, moment), programs(world, now, moment)
        lead = foreign(members.buyers) - foreign(members.sellers)
        basket = baskets.bought - baskets.sold
        if amounts:
            lead = million(lead, bar)
            basket = baskets.bought_value // _MILLION - baskets.sold_value // _MILLION
        individual, institution, foreigners = (
            signed(measure(day.investors, kinds))
            for kinds in ((INDIVIDUAL,), INSTITUTION, (FOREIGN,))
        )
        credit = credit_rate(world, day, moment)
        weight = hundredths(ratio(day.investors.holding, now.stock.shares))
        yield [
            day_form(now.day),
            now.form(bar.open),
            now.form(bar.high),
            now.form(bar.low),
            now.form(bar.close),
            now.change_form,
            now.rate_form,
            str(bar.volume),
            str(bar.value_million),
            f"+{credit}" if credit.strip("0.") else credit,
            individual,
            institution,
            foreigners,
            signed(lead),
            signed(basket),
            weight,
            hundredths(strength(world, now, moment)),
            str(day.investors.holding),
            weight,
            foreigners,
            institution,
            individual,
            credit,
        ]
        yield None


# -- opt10015 --------------------------------------------------------------------------------------


def details(world: World, inputs: Inputs, moment: int) -> Reply:
    """opt10015: from 시작일자 backwards, by session.

    장후 are the trades at the closing price; before the opening none are printed. 합계3 is the sum of the
    three, 기간중거래량 that of all days from the newest to the row's.
    """
    return Reply([], _details(world, inputs, moment))


def _details(world: World, inputs: Inputs, moment: int) -> Rows:
    total = 0
    for day in _days(world, inputs, "시작일자", moment):
        now, bar = day.now, day.bar
        end = krx.session(now.day).closing_auction
        late = [each for each in world.minutes(now.stock, now.day, moment) if each.minute > end]
        after, after_value = sum(each.volume for each in late), sum(each.value for each in late)
        members, baskets = trading(world, now, moment), programs(world, now, moment)
        total += bar.volume
        held = day.investors.holding
        yield [
            day_form(now.day),
            now.form(bar.close),
            now.symbol,
            now.change_form,
            now.rate_form,
            str(bar.volume),
            str(bar.value_million),
            *_parts(bar.volume, after),
            str(bar.volume),
            str(total),
            hundredths(strength(world, now, moment)),
            str(held),
            hundredths(ratio(held, now.stock.shares)),
            *(
                signed(net(day.investors, kinds))
                for kinds in ((FOREIGN,), INSTITUTION, (INDIVIDUAL,))
            ),
            signed(foreign(members.buyers) - foreign(members.sellers)),
            credit_rate(world, day, moment),
            signed(baskets.bought - baskets.sold),
            *_parts(bar.value_million, after_value // _MILLION),
        ]
        yield None


def _parts(whole: int, after: int) -> List[str]:
    """장전, 장중 and 장후, each with its part of the whole in percent."""
    parts = 0, whole - after, after
    return [form for part in parts for form in (str(part), hundredths(ratio(part, whole)))]


# -- opt10047 --------------------------------------------------------------------------------------


def strengths(world: World, inputs: Inputs, moment: int) -> Reply:
    """opt10047: newest first; 체결강도5분 and its like are averages over as many days."""
    stock = world.stock(inputs["종목코드"])
    return Reply([], _strengths(world, inputs, moment)) if stock else nothing()


def _strengths(world: World, inputs: Inputs, moment: int) -> Rows:
    waiting: List[Day] = []
    known: List[int] = []
    for day in _days(world, inputs, "", moment):
        waiting.append(day)
        known.append(strength(world, day.now, moment))
        yield None
        if len(known) == max(_AVERAGES):
            yield _strength_row(waiting.pop(0), known)
            known.pop(0)
    while waiting:
        yield _strength_row(waiting.pop(0), known)
        known.pop(0)


def _strength_row(day: Day, known: Sequence[int]) -> List[str]:
    now, bar = day.now, day.bar
    return [
        day_form(now.day),
        now.form(bar.close),
        now.change_form,
        now.symbol,
        now.rate_form,
        str(bar.volume),
        str(bar.value_million),
        str(bar.volume),
        hundredths(known[0]),
        *(hundredths(sum(known[:span]) // len(known[:span])) for span in _AVERAGES),
    ]
