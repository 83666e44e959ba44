"""Stocks by single figures: opt10026, opt10028, OPT10031, opt10033, opt10098.

PER, change since the opening, yesterday's volume, credit, single price after hours. They stand for the end
of the last whole minute, as other rankings do.
"""

from __future__ import annotations

from typing import Callable, Dict, Iterator, List, NamedTuple, Optional

from sapi_kiwoom import krx
from simulator.answers.forms import change_form, count, price_form, rate_form
from simulator.answers.parties.lending import credit_rate
from simulator.answers.parties.totals import everybody, first_ranked
from simulator.answers.quotes.book import book
from simulator.answers.quotes.company import Company, company
from simulator.answers.rankings import screening
from simulator.answers.rankings.standings import ranked, ranked_at, standings, strength
from simulator.answers.reply import Inputs, Reply
from simulator.answers.snapshot import Snapshot
from simulator.answers.world import World
from simulator.feeds.bars import AFTER
from simulator.strings import hundredths, ratio, signed, symbol

_MOST = 200


def _company(world: World, now: Snapshot) -> Optional[Company]:
    return company(world.feed.seed, now.stock)


# -- opt10026 --------------------------------------------------------------------------------------

_FIGURES: Dict[str, Callable[[Snapshot, Company], int]] = {
    "PBR": lambda now, known: ratio(now.base, known.book_value, 1),
    "PER": lambda now, known: ratio(now.base, known.earnings, 1) if known.earnings > 0 else 0,
    "ROE": lambda now, known: known.return_on_equity,
}
_PER = {
    "1": ("PBR", -1), "2": ("PBR", 1), "3": ("PER", -1), "4": ("PER", 1), "5": ("ROE", -1), "6": ("ROE", 1),
}  # fmt: skip
"""PER구분: which figure, and whether the highest come first."""


def by_earnings(world: World, inputs: Inputs, moment: int) -> Reply:
    """opt10026: PER구분 1 to 6 for low and high PBR, PER and ROE, which the column PER shows."""
    name, sign = _PER.get(inputs["PER구분"], _PER["3"])
    asof = ranked_at(world, moment)

    def figure(now: Snapshot) -> int:
        known = _company(world, now)
        return _FIGURES[name](now, known) if known else 0

    def row(now: Snapshot, _: int) -> List[str]:
        code, called, *rest = now.front
        ask = book(world, now.stock, asof).asks[0].price
        figures = hundredths(figure(now))
        return [code, called, figures, *rest, str(now.volume), price_form(ask, now.base)]

    found = standings(world, moment, inputs["시장구분"])
    rows = ranked(found, lambda now: figure(now) != 0, lambda now: sign * figure(now), row, _MOST)
    return Reply([], rows)


# -- opt10028 --------------------------------------------------------------------------------------


def since_opening(world: World, inputs: Inputs, moment: int) -> Reply:
    """opt10028: by the rate from 정렬구분 1 시가, 2 고가, 3 저가, 4 기준가; 등락조건 2: the lowest first."""
    sign, asof = -1 if inputs["등락조건"] == "2" else 1, ranked_at(world, moment)

    def reference(now: Snapshot) -> int:
        assert now.bar is not None
        prices = {"2": now.bar.high, "3": now.bar.low, "4": now.base}
        return prices.get(inputs["정렬구분"], now.bar.open)

    def key(now: Snapshot) -> int:
        return sign * ratio(now.price - reference(now), reference(now))

    def keep(now: Snapshot) -> bool:
        return (
            screening.traded(now, inputs["거래량조건"])
            and screening.worth(now, inputs["거래대금조건"])
            and not (inputs["상하한포함"] == "0" and screening.at_limit(now))
        )

    def row(now: Snapshot, _: int) -> List[str]:
        bar = now.bar
        assert bar is not None
        return [
            *now.front,
            now.form(bar.open),
            now.form(bar.high),
            now.form(bar.low),
            signed(now.price - bar.open),
            str(now.volume),
            hundredths(strength(world, now.stock, asof)),
        ]

    found = standings(world, moment, inputs["시장구분"], inputs["종목조건"])
    return Reply([], ranked(found, keep, key, row))


# -- OPT10031 --------------------------------------------------------------------------------------


def yesterday(world: World, inputs: Inputs, moment: int) -> Reply:
    """OPT10031: by yesterday's volume (조회구분 1), which 거래량 shows, or won (2); 순위시작 to 순위끝.

    A rank of 0 stands for the first and the hundredth.
    """
    first, last = count(inputs["순위시작"], 1), count(inputs["순위끝"], 100)

    def size(now: Snapshot) -> int:
        if now.yesterday is None:
            return 0
        return now.yesterday.value_million if inputs["조회구분"] == "2" else now.yesterday.volume

    def row(now: Snapshot, rank: int) -> List[str]:
        return [*now.front[:-1], str(now.volume_before)] if rank >= first else []

    def key(now: Snapshot) -> object:
        return -size(now), now.stock.code

    found = everybody(world, moment, inputs["시장구분"])
    rows = first_ranked(found, key, lambda now: size(now) > 0, row, last)
    return Reply([], (each for each in rows if each != []))


# -- opt10033 --------------------------------------------------------------------------------------


def credit_rates(world: World, inputs: Inputs, moment: int) -> Reply:
    """opt10033: by 신용비율, as opt10001 has it."""
    asof = ranked_at(world, moment)

    def rate(now: Snapshot) -> int:
        return credit_rate(world, now) if _company(world, now) else 0

    def keep(now: Snapshot) -> bool:
        return (
            rate(now) > 0
            and screening.traded(now, inputs["거래량구분"])
            and not (inputs["상하한포함"] == "0" and screening.at_limit(now))
        )

    def row(now: Snapshot, _: int) -> List[str]:
        shown = book(world, now.stock, asof)
        return [
            "",
            *now.front,
            f"+{hundredths(rate(now))}",
            str(shown.ask_total),
            str(shown.bid_total),
            str(now.volume),
        ]

    found = standings(world, moment, inputs["시장구분"], inputs["종목조건"])
    return Reply([], ranked(found, keep, rate, row))


# -- opt10098 --------------------------------------------------------------------------------------


class _Later(NamedTuple):
    """A stock after the close: the single price reached, and what was traded at single prices."""

    now: Snapshot
    price: int
    volume: int
    value: int

    @property
    def change(self) -> int:
        return self.price - self.now.price

    @property
    def rate(self) -> int:
        return ratio(self.change, self.now.price)


_AFTER_HOURS: Dict[str, Callable[[_Later], int]] = {
    "1": lambda each: each.rate,
    "2": lambda each: each.change,
    "3": lambda each: -each.rate,
    "4": lambda each: -each.change,
}


def after_hours(world: World, inputs: Inputs, moment: int) -> Reply:
    """opt10098: 정렬기준 1 상승률, 2 상승폭, 3 하락률, 4 하락폭, 5 보합; the session ended on 2026-09-11.

    Prices are compared with the day's close, 당일종가등락률 is the close's own. The session's book
    is not kept, so that both 총잔량 are 0.
    """
    asof = ranked_at(world, moment)
    key = _AFTER_HOURS.get(inputs["정렬기준"])

    def found() -> Iterator[Optional[_Later]]:
        day, minute = krx.day_and_minute(asof)
        if not krx.has_afterhours_single_price(day):
            return
        for now in standings(world, moment, inputs["시장구분"], inputs["종목조건"]):
            bars = world.feed.minutes(now.stock, day, AFTER) if now else ()
            past = [bar for bar in bars if bar.minute <= minute]
            if now and past:
                volume, value = sum(bar.volume for bar in past), sum(bar.value for bar in past)
                yield _Later(now, past[-1].close, volume, value)
            yield None

    def keep(each: _Later) -> bool:
        wanted = key(each) > 0 if key else each.change == 0
        return (
            wanted
            and each.volume >= count(inputs["거래량조건"], 0) * 1_000
            and each.value >= count(inputs["거래대금"], 0) * 10_000_000
        )

    def order(each: _Later) -> object:
        return -key(each) if key else -each.volume, each.now.stock.code

    def row(each: _Later, rank: int) -> List[str]:
        now, price = each.now, each.price
        return [
            str(rank),
            now.stock.code,
            now.stock.name,
            price_form(price, now.price),
            symbol(price, now.price, now.upper, now.lower),
            change_form(price, now.price),
            rate_form(price, now.price),
            "0",
            "0",
            str(each.volume),
            str(each.value // 1_000_000),
            now.form(now.price),
            now.rate_form,
        ]

    return Reply([], first_ranked(found(), order, keep, row))
