"""Who trades a stock, day by day: opt10045, opt10059, opt10060, opt10061.

Amounts are in million won, at the day's average price: everybody is taken to trade at it. Today's
are those of the trades so far.
"""

from __future__ import annotations

from datetime import date
from typing import Callable, Iterator, List, NamedTuple, Sequence, Tuple

from sapi_kiwoom import krx
from simulator.answers.forms import day_form, parse_day
from simulator.answers.reply import Inputs, Reply, Rows, nothing
from simulator.answers.snapshot import Snapshot, on_day
from simulator.answers.world import World
from simulator.feeds import DayBar
from simulator.feeds.investors import (
    BANK,
    CORPORATION,
    DOMESTIC_FOREIGN,
    FINANCIAL,
    FOREIGN,
    INDIVIDUAL,
    INSTITUTIONS,
    INSURANCE,
    OTHER_FINANCE,
    PENSION,
    PRIVATE,
    STATE,
    TRUST,
    Investors,
)
from simulator.strings import ratio, signed, signed_hundredths
from simulator.universe import Stock

Kinds = Tuple[int, ...]

INSTITUTION: Kinds = tuple(INSTITUTIONS)

COLUMNS: Tuple[Kinds, ...] = (
    (INDIVIDUAL,),
    (FOREIGN,),
    INSTITUTION,
    (FINANCIAL,),
    (INSURANCE,),
    (TRUST,),
    (OTHER_FINANCE,),
    (BANK,),
    (PENSION,),
    (PRIVATE,),
    (STATE,),
    (CORPORATION,),
    (DOMESTIC_FOREIGN,),
)
"""개인투자자 to 내외국인, as most of these TRs have them."""

_USUAL_PERIOD = 100
"""Trading days of a period whose beginning is not given."""


def by_column(numbers: Sequence[int]) -> List[int]:
    """Numbers of all kinds, in the order of `COLUMNS`."""
    return [*numbers[:FINANCIAL], sum(numbers[FINANCIAL:CORPORATION]), *numbers[FINANCIAL:]]


Side = Callable[[Investors, Kinds], int]


def net(day: Investors, kinds: Kinds) -> int:
    """순매수 of some kinds together, in shares."""
    return sum(day.bought[kind] - day.sold[kind] for kind in kinds)


def bought(day: Investors, kinds: Kinds) -> int:
    """매수, in shares."""
    return sum(day.bought[kind] for kind in kinds)


def sold(day: Investors, kinds: Kinds) -> int:
    """매도, in shares."""
    return sum(day.sold[kind] for kind in kinds)


SIDES = {"1": bought, "2": sold}
"""매매구분; 순매수 otherwise."""


def million(shares: int, bar: DayBar) -> int:
    """What shares are worth at a day's average price, in million won."""
    volume = max(bar.volume, 1)
    return (2 * shares * bar.value_million + volume) // (2 * volume)


def worth(day: Investors, kinds: Kinds, side: Side = net) -> int:
    """What some kinds traded, in million won; 순매수 is what they bought less what they sold."""
    if side is net:
        return worth(day, kinds, bought) - worth(day, kinds, sold)
    return million(side(day, kinds), day.bar)


def in_thousands(shares: int) -> int:
    """천주, cut."""
    return shares // 1_000 if shares >= 0 else -(-shares // 1_000)


class Day(NamedTuple):
    """A day of a stock and its investors."""

    now: Snapshot
    investors: Investors

    @property
    def bar(self) -> DayBar:
        """The day, as far as it is known."""
        return self.investors.bar


def investor_days(world: World, stock: Stock, newest: date, moment: int) -> Iterator[Day]:
    """The days up to ``newest``, newest first; today as it is so far, once it had a trade."""
    today = world.trading_day(moment)
    if newest >= today:
        newest = krx.previous_trading_day(today)
        bar = world.day_so_far(stock, moment)
        now = on_day(world.feed, stock, today, bar) if bar else None
        if now and bar:
            yield Day(now, world.investors.day(stock, bar))
    for investors in world.investors.days(stock, newest):
        past = on_day(world.feed, stock, investors.bar.date, investors.bar)
        if past:
            yield Day(past, investors)


def period(world: World, inputs: Inputs, moment: int) -> Tuple[date, date]:
    """시작일자 and 종료일자, which may be blank; the end is not after today.

    Raises:
        ValueError: one of them is no day.
    """
    today = world.trading_day(moment)
    last = min(parse_day(inputs["종료일자"]), today) if inputs["종료일자"] else today
    if inputs["시작일자"]:
        return parse_day(inputs["시작일자"]), last
    place = krx.trading_day_index(last if krx.is_trading_day(last) else today)
    return krx.trading_day(max(0, place - _USUAL_PERIOD + 1)), last


def within(world: World, stock: Stock, first: date, last: date, moment: int) -> Iterator[Day]:
    """The days from ``first`` to ``last``, newest first."""
    for day in investor_days(world, stock, last, moment):
        if day.bar.date < first:
            return
        yield day


def asked_day(world: World, text: str, moment: int) -> date:
    """The day of an input, today where it is blank or later.

    Raises:
        ValueError: it is no day.
    """
    today = world.trading_day(moment)
    return min(parse_day(text), today) if text else today


# -- opt10059, opt10060, opt10061 ------------------------------------------------------------------


class _Measure(NamedTuple):
    """What is asked for: 금액수량구분, 매매구분, 단위구분."""

    side: Side
    amount: bool
    thousands: bool

    @classmethod
    def of(cls, inputs: Inputs) -> _Measure:
        amount = inputs["금액수량구분"] != "2"
        return cls(SIDES.get(inputs["매매구분"], net), amount, inputs["단위구분"] == "1000")

    def of_day(self, day: Investors) -> List[int]:
        if self.amount:
            return [worth(day, kinds, self.side) for kinds in COLUMNS]
        return [self.side(day, kinds) for kinds in COLUMNS]

    def form(self, numbers: Sequence[int]) -> List[str]:
        if self.thousands and not self.amount:
            numbers = [in_thousands(each) for each in numbers]
        return [signed(each) for each in numbers]


def by_kind(world: World, inputs: Inputs, moment: int) -> Reply:
    """opt10059: from 일자 backwards; amounts in million won, shares by 단위구분."""
    return Reply([], _by_kind(world, inputs, moment, chart=False))


def by_kind_chart(world: World, inputs: Inputs, moment: int) -> Reply:
    """opt10060: the same with fewer columns in front."""
    return Reply([], _by_kind(world, inputs, moment, chart=True))


def _by_kind(world: World, inputs: Inputs, moment: int, chart: bool) -> Rows:
    stock = world.stock(inputs["종목코드"])
    newest, measure = asked_day(world, inputs["일자"], moment), _Measure.of(inputs)
    for day in investor_days(world, stock, newest, moment) if stock else ():
        now = day.now
        front = [day_form(now.day), now.form(now.price)]
        if chart:
            front += [now.change_form]
        else:
            front += [now.symbol, now.change_form, now.rate_form, str(now.volume)]
        yield [*front, str(now.value_million), *measure.form(measure.of_day(day.investors))]


def by_kind_in_all(world: World, inputs: Inputs, moment: int) -> Reply:
    """opt10061: the sums of opt10059's rows over a period."""
    stock = world.stock(inputs["종목코드"])
    if stock is None:
        return nothing()
    first, last = period(world, inputs, moment)
    return Reply([], _in_all(world, stock, (first, last), moment, _Measure.of(inputs)))


def _in_all(
    world: World, stock: Stock, days: Tuple[date, date], moment: int, measure: _Measure
) -> Rows:
    total = [0] * len(COLUMNS)
    for day in within(world, stock, *days, moment):
        total = [one + other for one, other in zip(total, measure.of_day(day.investors))]
        yield None
    yield measure.form(total)


# -- opt10045 --------------------------------------------------------------------------------------


def institution_trend(world: World, inputs: Inputs, moment: int) -> Reply:
    """opt10045: what institutions and foreigners bought net by day, and in all since 시작일자, in shares.

    추정평균가 is the average price of what they bought (1) or sold (2) in the period, in won.
    """
    stock = world.stock(inputs["종목코드"])
    if stock is None:
        return nothing()
    sides = tuple(
        sold if inputs[name] == "2" else bought for name in ("기관추정단가구분", "외인추정단가구분")
    )
    one: List[str] = []
    days = within(world, stock, *period(world, inputs, moment), moment)
    return Reply(one, _trend(days, world.investors.limit(stock), sides, one))


def _average(days: Sequence[Day], kinds: Kinds, side: Side) -> int:
    """The average price of some kinds' trades, in won; 0 without any."""
    shares = sum(side(day.investors, kinds) for day in days)
    won = sum(
        side(day.investors, kinds) * day.bar.value_million * 1_000_000 // max(1, day.bar.volume)
        for day in days
    )
    return won // shares if shares else 0


def _trend(found: Iterator[Day], limit: int, sides: Sequence[Side], one: List[str]) -> Rows:
    """The rows, the single record filled in before the first."""
    days: List[Day] = []
    for each in found:
        days.append(each)
        yield None
    for kinds, side in zip((INSTITUTION, (FOREIGN,)), sides):
        one.append(str(_average(days, kinds, side)))
    institutions = sum(net(day.investors, INSTITUTION) for day in days)
    foreigners = sum(net(day.investors, (FOREIGN,)) for day in days)
    for day in days:
        now = day.now
        of_day = net(day.investors, INSTITUTION), net(day.investors, (FOREIGN,))
        yield [
            day_form(now.day),
            now.form(now.price),
            now.symbol,
            now.change_form,
            now.rate_form,
            str(now.volume),
            signed(institutions),
            signed(of_day[0]),
            signed(foreigners),
            signed(of_day[1]),
            signed_hundredths(ratio(day.investors.holding, limit)),
        ]
        institutions, foreigners = institutions - of_day[0], foreigners - of_day[1]
