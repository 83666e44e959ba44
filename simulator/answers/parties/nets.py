"""Stocks ranked by who bought or sold them net over some days.

OPT10044, OPT10058, opt10062, opt10131 and opt90009. Amounts are in million won unless
an answer says otherwise. Today counts as far as the last whole minute.
"""

from __future__ import annotations

from datetime import date
from itertools import islice
from typing import Iterable, Iterator, List, NamedTuple, Sequence, Tuple

from sapi_kiwoom import krx
from simulator.answers.forms import rate_form, span_of
from simulator.answers.parties.investors import asked_day, in_thousands, period
from simulator.answers.parties.totals import (
    FOREIGN,
    INSTITUTION,
    Ranked,
    Total,
    days_back,
    first_ranked,
    of_day,
    totals,
)
from simulator.answers.reply import Inputs, Reply, Rows
from simulator.answers.snapshot import Snapshot
from simulator.answers.world import World
from simulator.strings import ratio, signed, signed_hundredths

KIND_CODES = {
    "8000": 0,
    "9000": 1,
    "9999": 2,
    "1000": 3,
    "2000": 4,
    "3000": 5,
    "5000": 6,
    "4000": 7,
    "6000": 8,
    "3100": 9,
    "7000": 10,
    "7100": 11,
}
"""투자자구분, and where such an investor stands among the `COLUMNS`; the fund managers' 3100 are 사모펀드."""

_MOST_DAYS_IN_A_ROW = 250
_LONGEST_LIST = 100


def both(total: Total) -> Tuple[int, int]:
    """Shares and million won of foreigners and institutions together."""
    shares, worth = total.shares, total.worth
    return shares[FOREIGN] + shares[INSTITUTION], worth[FOREIGN] + worth[INSTITUTION]


# -- OPT10044, OPT10058, opt10062 ------------------------------------------------------------------


def institution_nets(world: World, inputs: Inputs, moment: int) -> Reply:
    """OPT10044: stocks that institutions sold (매매구분 1) or bought (2) most net in a period, by won.

    추정평균가 is the average price of the period's trades.
    """
    return _kind_nets(world, inputs, moment, INSTITUTION, short=True)


def kind_nets(world: World, inputs: Inputs, moment: int) -> Reply:
    """OPT10058: the same of any kind of investor (투자자구분)."""
    column = KIND_CODES.get(inputs["투자자구분"], 0)
    return _kind_nets(world, inputs, moment, column, short=False)


def _kind_nets(world: World, inputs: Inputs, moment: int, column: int, short: bool) -> Reply:
    sign = -1 if inputs["매매구분"] == "1" else 1

    def key(found: Ranked) -> Tuple[int, int, str]:
        shares, worth = found.total.shares[column], found.total.worth[column]
        return -sign * worth, -sign * shares, found.now.stock.code

    def row(found: Ranked, _: int) -> List[str]:
        now = found.now
        shares, worth = found.total.shares[column], found.total.worth[column]
        average = found.total.average
        front = [now.stock.code, now.stock.name, signed(shares), signed(worth), str(average)]
        against = [
            signed(now.price - average if average else 0),
            signed_hundredths(ratio(now.price - average, average)),
        ]
        if short:
            return [*front, now.form(now.price), *against]
        price = [now.form(now.price), now.symbol, now.change_form]
        return [*front, *price, *against, str(found.total.volume)]

    found = totals(world, moment, inputs["시장구분"], *period(world, inputs, moment))
    return Reply(
        [], first_ranked(found, key, lambda each: each.total.shares[column] * sign > 0, row)
    )


def same_side(world: World, inputs: Inputs, moment: int) -> Reply:
    """opt10062: stocks that foreigners and institutions both bought (매매구분 1) or sold (2) net in a period.

    By shares (정렬조건 1) or won; shares by 단위구분.
    """
    sign = -1 if inputs["매매구분"] == "2" else 1
    by_worth = inputs["정렬조건"] == "2"

    def unit(shares: int) -> str:
        return signed(in_thousands(shares) if inputs["단위구분"] == "1000" else shares)

    def keep(found: Ranked) -> bool:
        shares = found.total.shares
        return shares[FOREIGN] * sign > 0 and shares[INSTITUTION] * sign > 0

    def row(found: Ranked, rank: int) -> List[str]:
        now, shares, worth = found.now, found.total.shares, found.total.worth
        cells = []
        for column in (INSTITUTION, FOREIGN):
            cells += [
                unit(shares[column]),
                signed(worth[column]),
                str(found.total.average),
            ]
        together = both(found.total)
        return [
            now.stock.code,
            str(rank),
            now.stock.name,
            now.form(now.price),
            now.symbol,
            now.change_form,
            now.rate_form,
            str(now.volume),
            *cells,
            unit(together[0]),
            signed(together[1]),
        ]

    def key(found: Ranked) -> Tuple[int, str]:
        return -sign * both(found.total)[by_worth], found.now.stock.code

    found = totals(world, moment, inputs["시장구분"], *period(world, inputs, moment))
    return Reply([], first_ranked(found, key, keep, row))


# -- opt10131 --------------------------------------------------------------------------------------


class Run(NamedTuple):
    """Days in a row on which somebody bought net: how many, shares and million won."""

    days: int = 0
    shares: int = 0
    worth: int = 0

    @property
    def form(self) -> List[str]:
        """The three numbers."""
        return [str(self.days), signed(self.shares), signed(self.worth)]


def runs(world: World, inputs: Inputs, moment: int) -> Reply:
    """opt10131: stocks or (종목업종구분 1) sectors by what institutions and foreigners bought net.

    Behind each sum stand the days in a row, up to the period's last one, on which they bought.
    """
    days = span_of(inputs["기간"], 0)
    span = days_back(world, moment, days) if days else period(world, inputs, moment)
    by_shares = inputs["금액수량구분"] == "1"
    if inputs["종목업종구분"] == "1":
        from simulator.answers.parties import sectorflows  # noqa: PLC0415 - sectors are not free

        return Reply([], sectorflows.runs(world, inputs["장구분"], span, by_shares, moment))

    def key(found: Ranked) -> Tuple[int, str]:
        return -both(found.total)[not by_shares], found.now.stock.code

    def row(found: Ranked, rank: int) -> List[str]:
        now = found.now
        last = now.price
        if span[1] < now.day:
            bar = next(world.feed.iterate_days(now.stock, span[1]), None)
            last = bar.close if bar else now.base
        rate = rate_form(last, found.total.base or last)
        past = (each for _, each in days_of(world, now, span[1]))
        front = [str(rank), now.stock.code, now.stock.name, rate]
        return [*front, *run_cells(found.total, runs_of(past))]

    found = totals(world, moment, inputs["장구분"], *span)
    return Reply([], first_ranked(found, key, lambda each: key(each)[0] < 0, row))


def days_of(world: World, now: Snapshot, last: date) -> Iterator[Tuple[date, Total]]:
    """A stock's days up to ``last``, newest first, the snapshot's own as far as it tells."""
    if now.bar is None:
        last = min(last, krx.previous_trading_day(now.day))
    for day in world.investors.days(now.stock, last, now.bar):
        yield day.bar.date, of_day(day, 0)


def runs_of(days: Iterable[Total]) -> List[Run]:
    """The runs that end on the first of these days: institutions', foreigners' and that of both together."""
    parties = (INSTITUTION,), (FOREIGN,), (INSTITUTION, FOREIGN)
    known, going = [Run()] * 3, [True] * 3
    for day in islice(days, _MOST_DAYS_IN_A_ROW):
        for place, columns in enumerate(parties):
            shares = sum(day.shares[column] for column in columns)
            going[place] = going[place] and shares > 0
            if going[place]:
                run = known[place]
                worth = sum(day.worth[column] for column in columns)
                known[place] = Run(run.days + 1, run.shares + shares, run.worth + worth)
        if not any(going):
            break
    return known


def run_cells(total: Total, own: Sequence[Run]) -> List[str]:
    """기관순매매금액 to 합계연속순매수금액."""
    shares, worth = total.shares, total.worth
    return [
        signed(worth[INSTITUTION]),
        signed(shares[INSTITUTION]),
        *own[0].form,
        signed(shares[FOREIGN]),
        signed(worth[FOREIGN]),
        *own[1].form,
        *map(signed, both(total)),
        *own[2].form,
    ]


# -- opt90009 --------------------------------------------------------------------------------------


def four_lists(world: World, inputs: Inputs, moment: int) -> Reply:
    """opt90009: what foreigners and institutions sold and bought most net on a day, side by side.

    Amounts in ten million won, shares in thousands; 대칭구분 is empty.
    """
    day = asked_day(world, inputs["날짜"], moment) if inputs["조회일자구분"] == "1" else None
    return Reply([], _four_lists(world, inputs, day or world.trading_day(moment), moment))


def _four_lists(world: World, inputs: Inputs, day: date, moment: int) -> Rows:
    every: List[Ranked] = []
    for each in totals(world, moment, inputs["시장구분"], day, day):
        yield None
        if each is not None:
            every.append(each)
    by_shares = inputs["금액수량구분"] == "2"
    lists: List[List[List[str]]] = []
    for column, sign in ((FOREIGN, -1), (FOREIGN, 1), (INSTITUTION, -1), (INSTITUTION, 1)):
        lists.append(_one_list(every, column, sign, by_shares))
    for place in range(max(map(len, lists))):
        cells: List[str] = []
        for number, one in enumerate(lists):
            cells += one[place] if place < len(one) else [""] * 4
            cells += [""] if number < len(lists) - 1 else []
        yield cells


def _one_list(every: List[Ranked], column: int, sign: int, by_shares: bool) -> List[List[str]]:
    def size(each: Ranked) -> int:
        total = each.total
        return (total.shares if by_shares else total.worth)[column] * sign

    kept = sorted(
        (each for each in every if size(each) > 0),
        key=lambda each: (-size(each), each.now.stock.code),
    )
    return [
        [
            each.now.stock.code,
            each.now.stock.name,
            signed(_tens(each.total.worth[column])),
            signed(in_thousands(each.total.shares[column])),
        ]
        for each in kept[:_LONGEST_LIST]
    ]


def _tens(number: int) -> int:
    """Tens, cut."""
    return number // 10 if number >= 0 else -(-number // 10)
