"""An index as it stands: the scenes of a sector's days, minutes and ticks."""

from __future__ import annotations

from datetime import date
from typing import List, Optional

from sapi_kiwoom import krx
from simulator import industries
from simulator.answers.sectors import sectors
from simulator.answers.synthetic.scene import Coloured, Scene
from simulator.answers.synthetic.subjects import Facts, Scenes
from simulator.answers.world import World
from simulator.feeds.generator.index import KOSPI200, IndexBar, IndexDay, IndexMoment, Industry
from simulator.feeds.indexes import STEP, index_at
from simulator.strings import ratio

_MINUTE_DAYS = 5
"""Trading days of which minutes are told."""

_YEAR = 250

_A_TURN = 100
"""Scenes that are made at once."""


class IndexSubject:
    """An index."""

    def __init__(self, world: World, industry: Industry, extremes: bool = False) -> None:
        self._world = world
        self._industry = industry
        self._extremes = extremes
        self._name = industries.BY_CODE.get(industry.code, industry.code)

    def now(self, moment: int) -> Scenes:
        """See `Subject.now`."""
        world = self._world
        day = world.trading_day(moment)
        settled = world.settled(moment)
        found = yield from sectors(world).day(self._industry, day, moment)
        before = yield from sectors(world).volume_before(self._industry, day)
        seed, code = world.feed.seed, self._industry.code
        state, earlier = (index_at(found, seed, code, at) for at in (settled, settled - STEP))
        last = (state.volume if state else 0) - (earlier.volume if earlier else 0)
        scene = self._scene(found, state, settled, last // 1_000, before)
        if self._extremes:
            bars = yield from sectors(world).bars(self._industry, day)
            scene.facts.update(_extremes(scene, bars[: _YEAR - 1]))
        yield scene

    def days(self, newest: date, moment: int) -> Scenes:
        """See `Subject.days`."""
        world, code = self._world, self._industry.code
        today = world.trading_day(moment)
        if newest >= today:
            for scene in self.now(moment):
                if scene is None or scene.volume:
                    yield scene
        bars = yield from sectors(world).bars(self._industry, today)
        for place, bar in enumerate(bars):
            if bar.date > newest:
                continue
            before = bars[place + 1] if place + 1 < len(bars) else bar
            at = krx.midnight(bar.date) + krx.session(bar.date).closing_auction * krx.MINUTE
            yield Scene(
                code,
                self._name,
                at,
                bar.date,
                before.close,
                before.close * 13 // 10,
                before.close * 7 // 10,
                *(bar.open, bar.high, bar.low, bar.close),
                bar.volume // 1_000,
                bar.value_million * 1_000_000,
                bar.volume // 1_000,
                before.volume // 1_000,
                f"{world.feed.seed}/{code}",
                lambda price: 1,
                points=True,
                facts={"코스피200": bar.close, "KOSPI200": bar.close} if code == KOSPI200 else {},
            )

    def minutes(self, day: date, moment: int) -> Scenes:
        """See `Subject.minutes`."""
        return self._steps(day, moment, krx.MINUTE)

    def ticks(self, day: date, moment: int) -> Scenes:
        """Each reckoning of the index on a day by the moment."""
        return self._steps(day, moment, STEP)

    def _steps(self, day: date, moment: int, step: int) -> Scenes:
        world, seed, code = self._world, self._world.feed.seed, self._industry.code
        newest = krx.trading_day_index(world.trading_day(moment))
        if not 0 <= newest - krx.trading_day_index(day) < _MINUTE_DAYS:
            return
        found = yield from sectors(world).day(self._industry, day, moment)
        volume_before = yield from sectors(world).volume_before(self._industry, day)
        session, midnight = krx.session(day), krx.midnight(day)
        first = midnight + session.open * krx.MINUTE
        last = min(world.settled(moment), midnight + (session.closing_auction + 1) * krx.MINUTE)
        starts = range(first, last, step)
        after: Optional[IndexMoment] = None
        for number, start in enumerate(reversed(starts), 1):
            state = after or index_at(found, seed, code, min(start + step, last))
            before = after = index_at(found, seed, code, start)
            if state is None or before is None or state.volume == before.volume:
                continue
            volume = state.volume - before.volume
            scene = self._scene(found, state, start, volume // 1_000, volume_before)
            ends = before.level, state.level
            scene.facts.update(분시가=before.level, 분고가=max(ends), 분저가=min(ends))
            yield scene
            if number % _A_TURN == 0:
                yield None

    def _scene(
        self, found: IndexDay, state: Optional[IndexMoment], at: int, last: int, before: int
    ) -> Scene:
        level = state.level if state else found.base
        counts = state[6:] if state else (0,) * 5
        members = len(self._industry.members)
        traded = sum(counts)
        facts: Facts = dict(zip(("상한", "상승", "보합", "하락", "하한"), counts))
        facts.update(거래형성종목수=traded, 거래형성비율=ratio(traded, members), 상장종목수=members)
        if self._industry.code == KOSPI200:
            facts.update(코스피200=level, KOSPI200=level)
        return Scene(
            self._industry.code,
            self._name,
            at,
            found.day,
            found.base,
            found.base * 13 // 10,
            found.base * 7 // 10,
            *((state.open, state.high, state.low) if state else (0, 0, 0)),
            level,
            state.volume // 1_000 if state else 0,
            state.value if state else 0,
            last,
            before // 1_000,
            f"{self._world.feed.seed}/{self._industry.code}",
            lambda price: 1,
            points=True,
            facts=facts,
        )


def _extremes(scene: Scene, bars: List[IndexBar]) -> Facts:
    """52주최고가 and 52주최저가 with their days."""
    whole = [(scene.high or scene.price, scene.low or scene.price, scene.day)]
    whole += [(bar.high, bar.low, bar.date) for bar in bars]
    top, bottom = max(whole, key=lambda each: each[0]), min(whole, key=lambda each: each[1])
    return {
        "52주최고가": Coloured(top[0], scene.base),
        "52주최고가일": f"{top[2]:%Y%m%d}",
        "52주최고가대비율": ratio(scene.price - top[0], top[0]),
        "52주최저가": Coloured(bottom[1], scene.base),
        "52주최저가일": f"{bottom[2]:%Y%m%d}",
        "52주최저가대비율": ratio(scene.price - bottom[1], bottom[1]),
    }
