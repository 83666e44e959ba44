"""The largest members of the exchange in a stock today: opt10002, opt10040, opt10053, opt10070.

The estimate of what foreigners traded (외국계추정합) is what all foreign members did.
"""

from __future__ import annotations

from typing import Dict, Iterator, List, NamedTuple, Sequence, Tuple, Union

from sapi_kiwoom import krx
from simulator.answers.accounts import records
from simulator.answers.forms import day_form, time_form
from simulator.answers.reply import Inputs, Reply, Rows, nothing
from simulator.answers.snapshot import Snapshot, snapshot
from simulator.answers.world import World
from simulator.feeds.members import FOREIGN, Traded
from simulator.strings import hhmmss, signed

_SHOWN = 5
_LAST_MINUTE = 24 * 60 - 1
_STEP = 30
"""Minutes after which the list of the largest members is looked at again for who left it."""


class Sides(NamedTuple):
    """Who sold and who bought how much by a moment, the largest first."""

    sellers: List[Traded]
    buyers: List[Traded]


def trading(world: World, now: Snapshot, moment: int) -> Sides:
    """The members on a snapshot's day: by the moment if it is today, else in all."""
    minute = _LAST_MINUTE
    if now.day == world.trading_day(moment):
        minute = krx.day_and_minute(world.settled(moment))[1]
    return members_by(world, now, minute, now.volume)


def members_by(world: World, now: Snapshot, minute: int, volume: int) -> Sides:
    """The members by the end of a minute of a day, when so many shares had been traded."""
    found = world.member_days(now.stock, now.day)
    return Sides(found.sellers(minute, volume), found.buyers(minute, volume))


def _earlier(world: World, now: Snapshot, minute: int, moment: int) -> Sides:
    """The members by the end of a minute before the moment's."""
    bars = world.minutes(now.stock, now.day, moment)
    return members_by(world, now, minute, sum(bar.volume for bar in bars if bar.minute <= minute))


def shares_of(side: Sequence[Traded]) -> Dict[str, int]:
    """By the members' codes."""
    return {each.code: each.shares for each in side}


def foreign(side: Sequence[Traded]) -> int:
    """Shares of all foreign members."""
    return sum(each.shares for each in side if each.code in FOREIGN)


# -- opt10002, opt10040, opt10053, opt10070 --------------------------------------------------------


def largest(world: World, inputs: Inputs, moment: int) -> Reply:
    """opt10002: the five members that sold most of a stock today, and the five that bought most."""
    stock = world.stock(inputs["종목코드"])
    now = snapshot(world, stock, moment) if stock else None
    if now is None:
        return nothing()
    values: Dict[str, Union[int, str]] = {
        "종목코드": now.stock.code,
        "종목명": now.stock.name,
        "현재가": now.form(now.price),
        "등락부호": now.symbol,
        "기준가": str(now.base),
        "전일대비": now.change_form,
        "등락율": now.rate_form,
    }
    for word, side in zip(("매도", "매수"), trading(world, now, moment)):
        for place in range(1, _SHOWN + 1):
            each = side[place - 1] if place <= len(side) else Traded("", "", 0)
            values[f"{word}거래원명{place}"] = each.name
            values[f"{word}거래원{place}"] = each.code
            values[f"{word}거래량{place}"] = each.shares
    return Reply([], iter([records.row("opt10002", values)]))


def main_members(world: World, inputs: Inputs, moment: int) -> Reply:
    """opt10040: the same and how much more it is than at the end of the minute before; then who left."""
    return Reply(_main(world, inputs, moment, "opt10040"), _left(world, inputs, moment))


def main_members_alone(world: World, inputs: Inputs, moment: int) -> Reply:
    """opt10070: opt10040 without those who left."""
    return Reply(_main(world, inputs, moment, "opt10070"), iter(()))


def _main(world: World, inputs: Inputs, moment: int, code: str) -> List[str]:
    stock = world.stock(inputs["종목코드"])
    now = snapshot(world, stock, moment) if stock else None
    if now is None:
        return []
    sides = trading(world, now, moment)
    before = krx.day_and_minute(world.settled(moment))[1] - 1
    earlier = _earlier(world, now, before, moment)
    values: Dict[str, Union[int, str]] = {}
    for word, side, then in zip(("매도", "매수"), sides, earlier):
        known = shares_of(then)
        for place in range(1, _SHOWN + 1):
            each = side[place - 1] if place <= len(side) else Traded("", "", 0)
            values[f"{word}거래원{place}"] = each.name
            values[f"{word}거래원코드{place}"] = each.code
            values[f"{word}거래원수량{place}"] = each.shares
            values[f"{word}거래원별증감{place}"] = signed(each.shares - known.get(each.code, 0))
        values[f"외국계{word}추정합"] = foreign(side)
        values[f"외국계{word}추정합변동"] = signed(foreign(side) - foreign(then))
    if code == "opt10070":
        del values["매수거래원코드4"]  # the one code that its record lacks
    return records.single(code, values)


def left(world: World, inputs: Inputs, moment: int) -> Reply:
    """opt10053: members that were among the five largest today and are not any more, the latest first."""
    return Reply([], _left(world, inputs, moment))


def _left(world: World, inputs: Inputs, moment: int) -> Rows:
    stock = world.stock(inputs["종목코드"])
    now = snapshot(world, stock, moment) if stock else None
    if now is None or now.bar is None:
        return
    asked = [day_form(now.day), time_form(world.settled(moment))]
    sold, bought = (_departures(each) for each in zip(*_looks(world, now, moment)))
    nothing_left = ["", "", ""]
    for place in range(max(len(sold), len(bought))):
        cells = [
            *(sold[place] if place < len(sold) else nothing_left),
            *(bought[place] if place < len(bought) else nothing_left),
        ]
        yield [*cells, *asked]


Look = Tuple[int, List[Traded]]
"""A minute, and a side at its end."""


def _looks(world: World, now: Snapshot, moment: int) -> Iterator[Tuple[Look, Look]]:
    """Both sides every half hour from the opening to now."""
    opening, last = krx.session(now.day).open, krx.day_and_minute(world.settled(moment))[1]
    for minute in range(opening + _STEP - 1, last, _STEP):
        sides = _earlier(world, now, minute, moment)
        yield (minute, sides.sellers), (minute, sides.buyers)
    sides = trading(world, now, moment)
    yield (last, sides.sellers), (last, sides.buyers)


def _departures(looks: Sequence[Look]) -> List[List[str]]:
    """Time, shares and name of those who left the five largest and did not come back."""
    _, final = looks[-1]
    gone = {each.code for each in final[_SHOWN:]}
    found: Dict[str, List[str]] = {}
    for (_, before), (minute, after) in zip(looks, looks[1:]):
        there = {each.code for each in after[:_SHOWN]}
        shares = shares_of(after)
        for each in before[:_SHOWN]:
            if each.code not in there and each.code in gone:
                found[each.code] = [
                    hhmmss(minute + 1),
                    str(shares.get(each.code, 0)),
                    each.name,
                ]
    return sorted(found.values(), reverse=True)
