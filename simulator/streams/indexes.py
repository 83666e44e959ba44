"""업종지수, 업종등락, 예상업종지수: what comes of registered indexes."""

from __future__ import annotations

from collections import deque
from datetime import date
from typing import TYPE_CHECKING, Deque, Dict, FrozenSet, Iterable, Iterator, Optional, Tuple

from sapi_kiwoom import krx
from sapi_kiwoom.loop import Loop
from simulator.answers.world import World
from simulator.feeds.generator.index import IndexDay, IndexMoment, Industry
from simulator.feeds.indexes import STEP, ExpectedIndex, expect_index, index_at, last_volume
from simulator.market import phases
from simulator.packets.indices import Breadth, IndexState, breadth, expected_index, index
from simulator.streams.timetable import Timetable, Work
from simulator.streams.types import BREADTH, EXPECTED_INDEX, INDEX, Deliver

if TYPE_CHECKING:
    from simulator.answers.sectors import Sectors

_EARLY = 20 * krx.MINUTE
"""So long before the opening's auction the day's indexes are begun."""


class _Ready:
    """An index on a day, with everything that its events need."""

    def __init__(
        self, industry: Industry, day: IndexDay, volume_before: int, expected: ExpectedIndex
    ) -> None:
        self.listed = sum(1 for stock in industry.members if stock.listed <= day.day)
        self.day = day
        self.volume_before = volume_before
        self.expected = expected


class IndexEvents:
    """The events of all registered indexes.

    A day of an index needs all its members' minutes. They are drawn bit by bit, from its registration on
    or before the opening, for up to a minute; so long an index is silent.
    """

    def __init__(self, world: World, loop: Loop, deliver: Deliver) -> None:
        self._world = world
        self._loop = loop
        self._deliver = deliver
        self._types: Dict[str, FrozenSet[str]] = {}  # by code
        self._ready: Dict[str, _Ready] = {}
        self._work: Optional[Work] = None
        self._timetable: Optional[Timetable] = None
        self._due: Deque[Tuple[str, str, str]] = deque()

    def want(self, code: str, types: FrozenSet[str]) -> None:
        """Deliver these types of an index; none ends it. Unknown codes stay silent."""
        if _sectors(self._world).industry(code) is None:
            return
        if types:
            self._types[code] = types
        else:
            self._types.pop(code, None)
            self._ready.pop(code, None)
        if self._types and self._timetable is None:
            self._timetable = Timetable(self._loop, _moments, self._ring)
        if not self._types and self._timetable is not None:
            self._timetable.stop()
            self._timetable = None
        self._prepare()

    def _prepare(self) -> None:
        """Draw what is not drawn yet of today."""
        now = self._loop.now()
        day = krx.kst(now).date()
        if day > krx.LAST_DATE or not krx.is_trading_day(day):
            return
        told = _bounds(day)
        missing = [c for c in self._types if c not in self._ready or self._ready[c].day.day != day]
        if self._work is None and missing and told[0] - _EARLY <= now < told[3]:
            self._work = Work(self._loop, self._draw(missing[0], now), self._drawn)

    def _draw(self, code: str, now: int) -> Iterator[None]:
        world, industry = self._world, _sectors(self._world).industry(code)
        assert industry is not None, "others are not registered"
        found = yield from _sectors(world).day(industry, krx.kst(now).date(), now)
        volume = yield from last_volume(world.feed, industry, found.day)
        expected = yield from expect_index(world.feed, found, industry)
        self._ready[code] = _Ready(industry, found, volume, expected)

    def _drawn(self) -> None:
        self._work = None
        self._prepare()

    def _ring(self, moment: int) -> None:
        """Tell where the indexes stand."""
        self._prepare()
        opening, closing = _bounds(krx.kst(moment).date())[1:3]
        for code, types in self._types.items():
            ready = self._ready.get(code)
            if ready is None or ready.day.day != krx.kst(moment).date():
                continue
            if EXPECTED_INDEX in types and moment < closing:
                self._expect(code, ready, moment)
            if moment > opening and types & {INDEX, BREADTH}:
                self._tell(code, types, ready, moment)
        while self._due:  # whoever hears of the first may let time go on
            code, real_type, raw = self._due.popleft()
            if real_type in self._types.get(code, ()):
                self._deliver(code, real_type, raw)

    def _expect(self, code: str, ready: _Ready, moment: int) -> None:
        found = ready.expected.at(moment)
        if found is not None and found != ready.expected.at(moment - STEP):
            raw = expected_index(moment, ready.day.base, found.level, found.quantity)
            self._due.append((code, EXPECTED_INDEX, raw))

    def _tell(self, code: str, types: FrozenSet[str], ready: _Ready, moment: int) -> None:
        seed = self._world.feed.seed
        found, before = (index_at(ready.day, seed, code, at) for at in (moment, moment - STEP))
        if found is None or found == before:
            return
        state = IndexState(
            moment,
            ready.day.base,
            found.level,
            found.open,
            found.high,
            found.low,
            found.volume - before.volume if before else 0,
            found.volume,
            found.value,
            ready.volume_before,
        )
        if INDEX in types:
            self._due.append((code, INDEX, index(state)))
        if BREADTH in types:
            self._due.append((code, BREADTH, breadth(state, _breadth(found, ready.listed))))


def _sectors(world: World) -> Sectors:
    from simulator.answers.sectors import sectors  # noqa: PLC0415 - most sessions want no index

    return sectors(world)


def _breadth(found: IndexMoment, listed: int) -> Breadth:
    risen, fallen = found.up + found.upper, found.down + found.lower
    return Breadth(
        found.upper, risen, found.flat, fallen, found.lower, risen + found.flat + fallen, listed
    )


def _bounds(day: date) -> Tuple[int, int, int, int]:
    """When the opening's auction begins and ends, the closing one ends, and the day's last trades are."""
    told = {phase.name: phase for phase in phases.phases(day, "KRX")}
    return (
        told[phases.OPENING_AUCTION].start,
        told[phases.OPENING_AUCTION].end,
        told[phases.CLOSING_AUCTION].end,
        told[phases.CLOSE].end,
    )


def _moments(day: date) -> Iterable[int]:
    start, _, _, end = _bounds(day)
    yield start - _EARLY
    yield from range(start + STEP, end + STEP, STEP)
