"""Sectors and indexes (업종): the index of any sector, its members, its days and its minutes.

The level of KOSPI, KOSDAQ and KOSPI200 is that of the market's index; every other sector begins at 1,000
points where its members stand at their usual price.
"""

from __future__ import annotations

from datetime import date
from typing import Dict, Generator, Iterator, List, Optional, Tuple

from sapi_kiwoom import krx
from simulator.answers.world import World
from simulator.feeds.generator import index
from simulator.feeds.generator.index import IndexBar, IndexDay, Industry
from simulator.feeds.indexes import last_volume
from simulator.feeds.summary import summary
from simulator.universe import Stock

_THOUSAND_POINTS, _LEVEL_WITHOUT_MEMBERS = 100_000, 56_000
_DAYS = 600
_MOST_KEPT = 64

_SECTORS: Dict[str, Tuple[str, ...]] = {
    "005": ("음식료품",),
    "006": ("섬유/의복",),
    "007": ("종이/목재",),
    "008": ("화학",),
    "009": ("의약품",),
    "010": ("비금속광물",),
    "011": ("철강/금속",),
    "012": ("기계",),
    "013": ("전기/전자",),
    "015": ("운송장비",),
    "016": ("유통업",),
    "017": ("전기가스업",),
    "018": ("건설업",),
    "019": ("운수창고",),
    "020": ("통신업",),
    "021": ("금융업", "은행", "증권", "보험"),
    "022": ("은행",),
    "024": ("증권",),
    "025": ("보험",),
    "026": ("서비스업",),
    "027": (
        *("음식료품", "섬유/의복", "종이/목재", "화학", "의약품", "비금속광물", "철강/금속"),
        *("기계", "전기/전자", "운송장비"),
    ),
    "103": ("기타서비스", "교육", "오락/문화", "지주"),
    "104": ("IT서비스", "통신장비", "전기/전자"),
    "106": (
        *("전기/전자", "기계/장비", "제약", "화학", "의료/정밀기기", "금속", "운송장비"),
        *("음식료", "종이/목재"),
    ),
    "107": ("건설",),
    "108": ("유통",),
    "111": ("금융",),
    "113": ("IT서비스",),
    "114": ("통신장비", "전기/전자"),
    "115": ("음식료",),
    "117": ("종이/목재",),
    "119": ("화학",),
    "120": ("제약",),
    "122": ("금속",),
    "123": ("기계/장비",),
    "124": ("전기/전자",),
    "125": ("의료/정밀기기",),
    "126": ("운송장비",),
}
"""What the stocks of an index have as their 업종; the first digit tells the market."""

_SIZES = {"002": "대형주", "003": "중형주", "004": "소형주"}
_LARGEST = {"138": ("KOSDAQ", 100), "401": ("KOSPI", 100), "701": ("", 100)}


class Sectors:
    """All sectors of a world, made when they are asked for."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._known = index.industries(world.stocks.values())
        self._under: Optional[Industry] = None
        self._made: Dict[str, Optional[Industry]] = {}
        self._minutes: Dict[Tuple[str, date], IndexDay] = {}
        self._bars: Dict[str, Tuple[date, List[IndexBar]]] = {}
        self._before: Dict[Tuple[str, date], int] = {}

    def industry(self, code: str) -> Optional[Industry]:
        """A sector; None for an unknown one, and one without members."""
        if code in self._known:
            return self._known[code]
        if code not in self._made:
            members = tuple(self._members(code))
            worth = sum(stock.price * stock.shares for stock in members)
            self._made[code] = Industry(code, members, worth, _THOUSAND_POINTS) if members else None
        return self._made[code]

    def kospi200(self) -> Industry:
        """The index under the derivatives; where none of its members is listed, all that are."""
        if self._under is None:
            members = tuple(self._world.stocks.values())
            worth = sum(stock.price * stock.shares for stock in members)
            whole = Industry(index.KOSPI200, members, worth, _LEVEL_WITHOUT_MEMBERS)
            self._under = self.industry(index.KOSPI200) or whole
        return self._under

    def _members(self, code: str) -> Iterator[Stock]:
        market = "KOSDAQ" if code.startswith("1") else "KOSPI"
        stocks = self._world.stocks.values()
        if code in _LARGEST:
            where, count = _LARGEST[code]
            found = [each for each in stocks if each.size and where in ("", each.market)]
            found.sort(key=lambda each: (-each.price * each.shares, each.code))
            yield from sorted(found[:count], key=lambda each: each.code)
            return
        kinds, size = _SECTORS.get(code, ()), _SIZES.get(code)
        for stock in stocks:
            if stock.market == market and (stock.sector in kinds or (size and stock.size == size)):
                yield stock

    def day(self, industry: Industry, day: date, moment: int) -> Generator[None, None, IndexDay]:
        """A sector's minutes on a day, one member a step."""
        key = industry.code, day
        found = self._minutes.get(key)
        if found is None:
            feed = self._world.feed
            today = self._world.trading_day(moment)
            found = IndexDay(feed, industry, day)
            for stock in industry.members:
                known = (
                    self._world.summaries.of(stock, day)
                    if day == today
                    else summary(feed, stock, day)
                )
                found.add(stock, known)
                yield
            found.finish()
            while len(self._minutes) >= _MOST_KEPT:
                del self._minutes[next(iter(self._minutes))]
            self._minutes[key] = found
        return found

    def volume_before(self, industry: Industry, day: date) -> Generator[None, None, int]:
        """Shares of all members on the trading day before a day, one member a step."""
        key = industry.code, day
        if key not in self._before:
            self._before[key] = yield from last_volume(self._world.feed, industry, day)
        return self._before[key]

    def bars(self, industry: Industry, newest: date) -> Generator[None, None, List[IndexBar]]:
        """A sector's days before ``newest``, newest first; one member a step."""
        known = self._bars.get(industry.code)
        if known is None or known[0] != newest:
            before = krx.previous_trading_day(newest)
            feed, code = self._world.feed, industry.code
            indexes = index.Indexes(feed, (), self._world.summaries)
            indexes.industries[code] = industry
            found = yield from indexes.days(code, before, _DAYS)
            known = self._bars[code] = newest, found
        return known[1]


def sectors(world: World) -> Sectors:
    """The sectors of a world."""
    if world.sectors is None:
        world.sectors = Sectors(world)
    return world.sectors
