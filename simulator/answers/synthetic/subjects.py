"""What requests are about: a stock, and what every other subject gives as well."""

from __future__ import annotations

from datetime import date
from typing import Dict, Iterable, Iterator, Optional, Protocol, Union

from sapi_kiwoom import krx
from simulator.answers.quotes.book import book
from simulator.answers.quotes.company import company
from simulator.answers.rankings.standings import bar_at, ranked_at
from simulator.answers.snapshot import Snapshot, on_day, snapshot
from simulator.answers.synthetic.scene import Book, Coloured, Fact, Level, Scene, orders
from simulator.answers.world import World
from simulator.feeds import DayBar, MinuteBar
from simulator.feeds.generator import FIRST_DAY
from simulator.feeds.nav import NavDay
from simulator.strings import ratio
from simulator.universe import Stock

Scenes = Iterator[Optional[Scene]]
"""Newest first; None where a good piece of work was done."""

Facts = Dict[str, Union[Fact, Coloured]]


class Subject(Protocol):
    """Something with prices."""

    def now(self, moment: int) -> Scenes:
        """How it stands at a moment: one scene, or none."""

    def days(self, newest: date, moment: int) -> Scenes:
        """Its days from ``newest`` backwards, the moment's own as far as it is known."""

    def minutes(self, day: date, moment: int) -> Scenes:
        """The minutes of a day with trades by the moment."""


class StockSubject:
    """A stock."""

    def __init__(self, world: World, stock: Stock) -> None:
        self._world = world
        self.stock = stock

    def now(self, moment: int) -> Scenes:
        """See `Subject.now`."""
        found = snapshot(self._world, self.stock, moment)
        if found is None:
            return
        trade = self._world.last_trade(self.stock, moment)
        last = trade.quantity * (trade.side or 1) if trade else 0
        scene = self._scene(found, trade.at if trade else self._world.settled(moment), last)
        scene.shown = lambda: self._shown(moment)
        yield scene

    def _shown(self, moment: int) -> Book:
        """The book that the exchange shows."""
        shown = book(self._world, self.stock, moment)
        asks, bids = (
            tuple(Level(each.price, each.quantity, orders(each.quantity)) for each in side)
            for side in (shown.asks, shown.bids)
        )
        return asks, bids

    def listed(self, moment: int) -> Scenes:
        """How it stands in lists of many stocks: at the end of the last whole minute, as in rankings."""
        world, asof = self._world, ranked_at(self._world, moment)
        day = world.trading_day(asof)
        found = on_day(world.feed, self.stock, day, bar_at(world, self.stock, asof))
        if found is not None:
            scene = self._scene(found, asof, 0)
            scene.shown = lambda: self._shown(asof)
            yield scene

    def days(self, newest: date, moment: int) -> Scenes:
        """See `Subject.days`."""
        world, stock = self._world, self.stock
        today = world.trading_day(moment)
        newest = min(newest, today)
        if newest == today:
            for scene in self.now(moment):
                if scene and scene.volume:
                    scene.last = scene.volume
                    yield scene
        for bar in world.feed.iterate_days(stock, newest):
            past = on_day(world.feed, stock, bar.date, bar) if bar.date < today else None
            if past:
                yield self._scene(past, _close(bar.date), bar.volume)

    def minutes(self, day: date, moment: int) -> Scenes:
        """See `Subject.minutes`."""
        world, stock = self._world, self.stock
        if day > world.trading_day(moment) or day < max(stock.listed, FIRST_DAY):
            return
        bars = world.minutes(stock, day, moment)
        shell = on_day(world.feed, stock, day, None)
        scenes = list(self._folded(shell, bars)) if shell else []
        yield None
        yield from reversed(scenes)

    def _folded(self, shell: Snapshot, bars: Iterable[MinuteBar]) -> Iterator[Scene]:
        day = shell.day
        midnight = krx.midnight(day)
        opening = high = volume = value = 0
        low, before = 1 << 60, shell.base
        for bar in bars:
            opening = opening or bar.open
            high, low = max(high, bar.high), min(low, bar.low)
            volume, value = volume + bar.volume, value + bar.value
            so_far = DayBar(day, opening, high, low, bar.close, volume, value // 1_000_000)
            side = 1 if bar.close >= before else -1
            at = midnight + bar.minute * krx.MINUTE
            scene = self._scene(shell._replace(bar=so_far), at, bar.volume * side)
            scene.facts.update(분시가=bar.open, 분고가=bar.high, 분저가=bar.low)
            before = bar.close
            yield scene

    def _scene(self, found: Snapshot, at: int, last: int) -> Scene:
        stock, bar = self.stock, found.bar
        step = krx.tick_table(stock.market, found.day).tick
        prices = (bar.open, bar.high, bar.low) if bar else (0, 0, 0)
        return Scene(
            stock.code,
            stock.name,
            at,
            found.day,
            found.base,
            found.upper,
            found.lower,
            *prices,
            found.price,
            found.volume,
            found.value_million * 1_000_000,
            last,
            found.volume_before,
            f"{self._world.feed.seed}/{stock.code}",
            step,
            more=lambda: self._facts(found, at),
        )

    def _facts(self, found: Snapshot, at: int) -> Facts:
        stock, seed = self.stock, self._world.feed.seed
        facts: Facts = {
            "상장주식수": stock.shares,
            "주식수": stock.shares,
            "전일거래대금": found.yesterday.value_million if found.yesterday else 0,
            "거래시작일": f"{stock.listed:%Y%m%d}",
            "상장일": f"{stock.listed:%Y%m%d}",
        }
        known = company(seed, stock)
        if known:
            held = stock.shares * known.foreign // 10_000
            facts.update(
                보유주식수=held,
                외인보유=held,
                외인보유수량=held,
                외국인한도=stock.shares,
                취득가능주식수=stock.shares - held,
                비중=known.foreign,
                외인비중=known.foreign,
                외국인지분율=known.foreign,
                한도소진률=known.foreign,
                한도소진율=known.foreign,
                신용비율=known.credit,
                신용잔고율=known.credit,
                PER=ratio(found.base, known.earnings, 1) if known.earnings > 0 else 0,
            )
        if stock.market == "ETF":
            facts.update(_etf(seed, self._world, found, at))
        return facts


def _etf(seed: int, world: World, found: Snapshot, at: int) -> Facts:
    """What an ETF has besides; its tracked index is invented: a hundredth of its NAV."""
    stock, price = found.stock, found.price
    nav_day = NavDay(world.feed, stock, found.day)
    nav = nav_day.at(at, price)
    index, base = nav // 100, nav_day.before // 100
    return {
        "NAV": nav,
        "NAV전일대비": nav - nav_day.before,
        "NAV등락율": ratio(nav - nav_day.before, nav_day.before),
        **dict.fromkeys(("NAV/ETF괴리율", "NAVETF", "괴리율"), ratio(price * 100 - nav, nav)),
        **dict.fromkeys(("NAV/지수괴리율", "NAV지수"), 0),
        **dict.fromkeys(("추적오차율", "추적"), nav_day.tracking_error),
        **dict.fromkeys(("추적지수", "추적현재가"), Coloured(index, base)),
        **dict.fromkeys(("추적전일대비", "추적지수전일대비"), index - base),
        **dict.fromkeys(
            ("추적대비기호", "추적지수전일대비기호"),
            "2" if index > base else "5" if index < base else "3",
        ),
        **dict.fromkeys(("추적등락율", "대상지수대비율"), ratio(index - base, base)),
        "ETF수익률": ratio(nav - nav_day.before, nav_day.before),
        "과표기준": nav_day.before,
        "배당전기준": nav_day.before,
        "전일배당금": 0,
        "배수": 100,
        "원주가격": 0,
        "환산가격": 0,
        "DR/주": 0,
        **dict.fromkeys(("ETF대상지수명", "추적지수명"), f"{stock.name} 기초지수"),
        **dict.fromkeys(("ETF대상지수코드", "추적지수코드"), stock.code),
        "ETF과세유형": "비과세",
        "ETN과세유형": "",
    }


def _close(day: date) -> int:
    return krx.midnight(day) + krx.session(day).closing_auction * krx.MINUTE
