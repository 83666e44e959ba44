"""Stocks that a volatility interruption (VI) has stopped today: opt10054."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Iterator, List, NamedTuple, Optional, Tuple

from simulator.answers.forms import count, price_form, time_form
from simulator.answers.rankings.screening import admitted
from simulator.answers.rankings.standings import whole_day
from simulator.answers.reply import Inputs, Reply, Rows
from simulator.answers.snapshot import Snapshot
from simulator.answers.world import World
from simulator.market import interruptions
from simulator.market.stops import Stop, stops
from simulator.strings import ratio, signed_hundredths
from simulator.universe import Stock

_KINDS = {
    interruptions.STATIC: "정적",
    interruptions.DYNAMIC: "동적",
    interruptions.BOTH: "동적+정적",
}
_ASKED = {"1": interruptions.STATIC, "2": interruptions.DYNAMIC, "3": interruptions.BOTH}
_MOST = 100_000_000


class _Entry(NamedTuple):
    """A VI, and its stock as it stands now."""

    now: Snapshot
    stop: Stop

    @property
    def rises(self) -> bool:
        """발동방향."""
        cause = self.stop.interruption
        dynamic = cause.kind == interruptions.DYNAMIC
        return cause.price >= (cause.dynamic_reference if dynamic else cause.static_reference)


def stopped(world: World, inputs: Inputs, moment: int) -> Reply:
    """opt10054: every VI of the day by the moment, the latest first; 제외종목 leaves out kinds of stocks.

    Volumes and amounts (거래량구분, 거래대금구분) are the stock's now. There were none in 시간외단일가.
    """
    if inputs["장전구분"] == "2":
        return Reply([], iter(()))
    return Reply([], _stopped(world, inputs, moment))


def _stopped(world: World, inputs: Inputs, moment: int) -> Rows:
    found: List[_Entry] = []
    for entry in _entries(world, inputs, moment):
        if entry is None:
            yield None
        elif _wanted(entry, inputs):
            found.append(entry)
    found.sort(key=lambda each: (-each.stop.interruption.start, each.now.stock.code))
    for entry in found:
        yield _row(entry, moment)


def _entries(world: World, inputs: Inputs, moment: int) -> Iterator[Optional[_Entry]]:
    """The VIs of a market's stocks, or of one alone, up to a moment; None after each stock."""
    alone = inputs["종목코드"].split("_", maxsplit=1)[0].strip()
    moment = world.settled(moment)
    day = world.trading_day(moment)
    for stock in world.stocks.values():
        if (not alone or stock.code == alone) and admitted(stock, inputs["시장구분"]):
            whole = None if _excluded(stock, inputs["제외종목"]) else whole_day(world, stock, day)
            for stop in _stops(world, stock, day) if whole else ():
                bar = world.day_so_far(stock, moment)
                if whole and stop.interruption.start <= moment:
                    yield _Entry(whole._replace(bar=bar), stop)
        yield None


@lru_cache(maxsize=4_096)
def _stops(world: World, stock: Stock, day: date) -> Tuple[Stop, ...]:
    feed = getattr(world.feed, "below", world.feed)  # users' orders set off no VI
    return tuple(stops(feed, stock, day))


def _excluded(stock: Stock, kinds: str) -> bool:
    """Whether 제외종목 leaves a stock out; no stock is in the states that are False here."""
    states = (
        stock.is_preferred,
        False,
        stock.warning in ("4", "5"),
        False,
        False,
        stock.warning == "3",
        stock.margin_rate == 100,
        stock.market == "ETF",
        stock.market == "ETN",
    )
    return any(state and asked == "1" for state, asked in zip(states, kinds))


def _wanted(entry: _Entry, inputs: Inputs) -> bool:
    now, asked = entry.now, _ASKED.get(inputs["발동구분"])
    return (
        (asked is None or entry.stop.interruption.kind == asked)
        and _between(now.volume, inputs, "거래량")
        and _between(now.value_million, inputs, "거래대금")
        and (inputs["발동방향"] not in ("1", "2") or entry.rises == (inputs["발동방향"] == "1"))
    )


def _between(figure: int, inputs: Inputs, name: str) -> bool:
    if inputs[f"{name}구분"] != "1":
        return True
    return count(inputs[f"최소{name}"], 0) <= figure <= count(inputs[f"최대{name}"], _MOST)


def _row(entry: _Entry, moment: int) -> List[str]:
    now, stop = entry.now, entry.stop
    cause = stop.interruption
    static = 0 if cause.kind == interruptions.DYNAMIC else cause.static_reference
    dynamic = 0 if cause.kind == interruptions.STATIC else cause.dynamic_reference
    opening = now.bar.open if now.bar else 0
    return [
        now.stock.code,
        now.stock.name,
        str(now.volume),
        price_form(cause.price, now.base),
        _distance(cause.price, dynamic),
        time_form(cause.start),
        time_form(stop.released) if stop.released <= moment else "000000",
        _KINDS[cause.kind],
        price_form(dynamic, now.base),
        price_form(static, now.base),
        _distance(cause.price, static),
        _distance(cause.price, opening),
        str(stop.number),
    ]


def _distance(price: int, reference: int) -> str:
    return signed_hundredths(ratio(price - reference, reference))
