"""Who bought the stocks of each sector net: OPT10051 and, of sectors, opt10131."""

from __future__ import annotations

from datetime import date
from itertools import islice
from typing import Dict, Generator, List, NamedTuple, Sequence, Tuple

from sapi_kiwoom import krx
from simulator import industries
from simulator.answers.parties.investors import asked_day
from simulator.answers.parties.nets import both, days_of, run_cells, runs_of
from simulator.answers.parties.totals import Total, everybody, total
from simulator.answers.rankings.standings import ranked_at
from simulator.answers.reply import Inputs, Reply, Rows
from simulator.answers.sectors import Sectors, sectors
from simulator.answers.snapshot import Snapshot
from simulator.answers.world import World
from simulator.feeds.generator.index import Industry
from simulator.strings import DOWN, FLAT, UP, ratio, signed, signed_hundredths

_COLUMNS = (3, 4, 5, 7, 6, 8, 11, 0, 1, 12, 10, 9, 2)
"""증권 to 기관계: their places among the columns of opt10059. 종금 is 기타금융."""

_MONTH = 20

Numbers = Tuple[int, ...]


def sector_nets(world: World, inputs: Inputs, moment: int) -> Reply:
    """OPT10051: sums of all members, in million won (금액수량구분 0) or shares (1); 거래량 in thousands.

    Today's are those of the end of the last whole minute.
    """
    day = asked_day(world, inputs["기준일자"], moment)
    return Reply([], _sector_nets(world, inputs, day, moment))


def _sector_nets(world: World, inputs: Inputs, day: date, moment: int) -> Rows:
    market = "1" if inputs["시장구분"] == "1" else "0"
    by_shares = inputs["금액수량구분"] == "1"
    nets: Dict[str, Numbers] = {}
    for now in everybody(world, moment, "101" if market == "1" else "001"):
        yield None
        if now is not None:
            found = total(world, now, day, day)
            nets[now.stock.code] = found.shares if by_shares else found.worth
    known = sectors(world)
    for code, name in industries.BY_MARKET[market].items():
        industry = known.industry(code)
        if industry is None:
            continue
        stood = yield from _stood(known, industry, world, day, moment)
        if stood:
            level, base, volume = stood
            sums = [0] * (max(_COLUMNS) + 1)
            for stock in industry.members:
                for place, each in enumerate(nets.get(stock.code, ())):
                    sums[place] += each
            yield [
                code,
                name,
                _index_form(level, base),
                UP if level > base else DOWN if level < base else FLAT,
                signed_hundredths(level - base),
                signed_hundredths(ratio(level - base, base)),
                str(volume // 1_000),
                *(signed(sums[place]) for place in _COLUMNS),
            ]


def _index_form(level: int, base: int) -> str:
    """A level in hundredths in its colour."""
    sign = "+" if level > base else "-" if level < base else ""
    return f"{sign}{level // 100}.{level % 100:02d}"


def _stood(
    known: Sectors, industry: Industry, world: World, day: date, moment: int
) -> Generator[None, None, List[int]]:
    """A sector's level, the one before the day, and shares traded; nothing before the opening."""
    if day == world.trading_day(moment):
        index = yield from known.day(industry, day, moment)
        at = index.at(krx.day_and_minute(ranked_at(world, moment))[1])
        return [at.level, index.base, at.volume] if at else []
    bars = yield from known.bars(industry, world.trading_day(moment))
    for bar, before in zip(bars, bars[1:]):
        if bar.date <= day:
            return [bar.close, before.close, bar.volume] if bar.date == day else []
    return []


# -- opt10131 --------------------------------------------------------------------------------------


class _Sector(NamedTuple):
    """A sector's sums: of the period, of each day, and what its members were worth before and after it."""

    code: str
    total: Total
    days: Dict[date, Total]
    before: int
    after: int


def runs(world: World, market: str, span: Tuple[date, date], by_shares: bool, moment: int) -> Rows:
    """opt10131's rows of sectors; days in a row are looked for in the period and a month before it."""
    members: Dict[str, _Sector] = {}
    for now in everybody(world, moment, market):
        yield None
        if now is not None:
            members[now.stock.code] = _of_stock(world, now, span)
    known = sectors(world)
    found: List[_Sector] = []
    for code in industries.BY_MARKET["1" if market == "101" else "0"]:
        industry = known.industry(code)
        if industry:
            mine = [members[each.code] for each in industry.members if each.code in members]
            found.append(_sum_up(code, mine))
        yield None
    order = [(-both(each.total)[not by_shares], each.code, each) for each in found]
    for rank, (size, code, each) in enumerate(sorted(order, key=lambda one: one[:2]), 1):
        if size < 0:
            rate = signed_hundredths(ratio(each.after - each.before, each.before))
            past = (each.days[day] for day in sorted(each.days, reverse=True))
            front = [str(rank), code, industries.BY_CODE[code], rate]
            yield [*front, *run_cells(each.total, runs_of(past))]


def _of_stock(world: World, now: Snapshot, span: Tuple[date, date]) -> _Sector:
    first, last = span
    found = total(world, now, first, last)
    length = krx.trading_day_index(_trading(last)) - krx.trading_day_index(_trading(first))
    days = dict(islice(days_of(world, now, last), length + _MONTH))
    price = now.price
    if last < now.day:
        bar = next(world.feed.iterate_days(now.stock, last), None)
        price = bar.close if bar else now.base
    shares = now.stock.shares
    return _Sector(now.stock.code, found, days, (found.base or price) * shares, price * shares)


def _trading(day: date) -> date:
    return day if krx.is_trading_day(day) else krx.previous_trading_day(day)


def _sum_up(code: str, members: Sequence[_Sector]) -> _Sector:
    whole = Total()
    days: Dict[date, Total] = {}
    for each in members:
        whole = whole.after(each.total)
        for day, one in each.days.items():
            days[day] = one.after(days.get(day, Total()))
    return _Sector(
        code,
        whole,
        days,
        sum(each.before for each in members),
        sum(each.after for each in members),
    )
