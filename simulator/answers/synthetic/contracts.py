"""Prices of futures and options, which nobody trades here: SYNTHETIC, made from what stands under them.

A future stands at its theoretical price and a little beside it; options are worth what a normally
distributed move of the future until the last trading day is worth on average, so that call, put and future
agree with each other (call - put = future - strike, up to the tick) and strikes with their neighbours.
"""

from __future__ import annotations

from datetime import date, timedelta
from math import isqrt
from typing import Dict, Iterator, Optional, Tuple

from sapi_kiwoom import krx
from simulator import derivatives
from simulator.answers.sectors import sectors
from simulator.answers.synthetic.indexes import IndexSubject
from simulator.answers.synthetic.pricing import (
    DIVIDENDS,
    INDEX_DEVIATION,
    INTEREST,
    STOCK_DEVIATION,
    carry,
    premium,
)
from simulator.answers.synthetic.scene import Coloured, Scene
from simulator.answers.synthetic.subjects import Facts, Scenes, StockSubject, Subject
from simulator.answers.world import World
from simulator.derivatives import CALL, FUTURE, KOSPI200, PUT, Board, Contract
from simulator.draws import NORMAL, octets
from simulator.strings import ratio

_INDEX_LIMIT, _STOCK_LIMIT = 8, 10
"""Price limits of the first step, in percent."""

_MULTIPLIER, _STOCK_MULTIPLIER = 250_000, 10
"""Won of a point; shares of a contract."""


class ContractSubject:
    """A future or an option; its scenes are those of what stands under it, with other prices."""

    def __init__(self, world: World, asset: str, contract: Contract) -> None:
        self._world = world
        self.contract = contract
        self._on_index = asset == KOSPI200
        self._under: Subject
        if self._on_index:
            self._under = IndexSubject(world, sectors(world).kospi200())
            self._scale, self._multiplier = 1, _MULTIPLIER // 100
            self._yearly = INDEX_DEVIATION
        else:
            self._under = StockSubject(world, world.stocks[derivatives.ASSETS[asset]])
            self._scale, self._multiplier = 100, _STOCK_MULTIPLIER
            self._yearly = STOCK_DEVIATION
        self._prices: Dict[Tuple[int, date], int] = {}
        self._days: Dict[date, Tuple[int, int]] = {}
        year, month = int(contract.month[:4]), int(contract.month[4:])
        self.expiry = derivatives.expiry(year, month)

    def now(self, moment: int) -> Scenes:
        """See `Subject.now`."""
        return self._made(self._under.now(moment))

    def days(self, newest: date, moment: int) -> Scenes:
        """See `Subject.days`; from the last trading day on backwards."""
        return self._made(self._under.days(min(newest, self.expiry), moment))

    def minutes(self, day: date, moment: int) -> Scenes:
        """See `Subject.minutes`."""
        return self._made(self._under.minutes(day, moment))

    def ticks(self, day: date, moment: int) -> Scenes:
        """Each price of a day by the moment."""
        if isinstance(self._under, IndexSubject):
            return self._made(self._under.ticks(day, moment))
        return self.minutes(day, moment)

    def _made(self, scenes: Scenes) -> Scenes:
        for scene in scenes:
            yield self.scene(scene) if scene else None

    def scene(self, under: Scene) -> Scene:
        """The contract's scene where what stands under it has this one."""
        made = self._scene(under)
        bar = [under.facts.get(name) for name in ("분시가", "분고가", "분저가")]
        if bar[0] is not None:
            opening, one, other = (
                self._price(each, under.day) for each in bar if isinstance(each, int)
            )
            made.facts.update(
                분시가=opening,
                분고가=max(opening, one, other, made.price),
                분저가=min(opening, one, other, made.price),
            )
        return made

    def _scene(self, under: Scene) -> Scene:
        day = under.day
        before = krx.previous_trading_day(day)
        base = self._price(under.base, before)
        width = (_INDEX_LIMIT if self._on_index else _STOCK_LIMIT) * under.base // 100
        ends = [self._price(max(under.base + side * width, 1), before) for side in (-1, 1)]
        lower, upper = min(ends), max(ends)
        price = self._price(under.price, day)
        opening = high = low = 0
        if under.open:
            opening = self._price(under.open, day)
            reached = [self._price(each, day) for each in (under.high, under.low)]
            high, low = max(opening, price, *reached), min(opening, price, *reached)
        lower, upper = min(lower, low or price, price), max(upper, high, price)
        volume, last, yesterday = (
            self._contracts(each, when, under)
            for each, when in ((under.volume, day), (abs(under.last), day), (under.before, before))
        )
        return Scene(
            self.contract.code,
            self.contract.name,
            under.at,
            day,
            base,
            upper,
            lower,
            opening,
            high,
            low,
            price,
            volume,
            volume * (high + low + price) // 3 * self._multiplier // self._scale,
            last if under.last >= 0 else -last,
            yesterday,
            f"{self._world.feed.seed}/{self.contract.code}",
            self._tick,
            points=True,
            more=lambda: self._facts(under, price, base, day),
        )

    # -- prices, in hundredths of a point or of a won ---------------------------------------------

    def _price(self, level: int, day: date) -> int:
        """The contract's price where the underlying stands at a level on a day."""
        known = self._prices.get((level, day))
        if known is None:
            fair = self._fair(level, day)
            known = self._on_grid(
                fair + self._beside(day) if self.contract.side == FUTURE else fair
            )
            self._prices[level, day] = known
        return known

    def _fair(self, level: int, day: date) -> int:
        if self.contract.side == FUTURE:
            return carry(level * self._scale, self._left(day))
        return premium(self._beyond(level, day), self._deviation(level, day))

    @property
    def _strike(self) -> int:
        return self.contract.strike * self._scale

    def _left(self, day: date) -> int:
        """잔존일수: calendar days to the last trading day."""
        return max((self.expiry - day).days, 0)

    def _deviation(self, level: int, day: date) -> int:
        root = isqrt((self._left(day) + 1) * 10_000 // 365)
        return level * self._scale * self._yearly * root // 1_000_000

    def _beside(self, day: date) -> int:
        """How far the front of the market stands beside the theoretical price on a day."""
        return self._drawn(day)[0]

    def _drawn(self, day: date) -> Tuple[int, int]:
        """What is drawn for a day: the distance from the theoretical price, 256ths of the usual volume."""
        known = self._days.get(day)
        if known is None:
            seed = self._world.feed.seed
            basis = NORMAL[octets(1, "synthetic", seed, "basis", day)[0]] // 4
            volume = octets(1, "synthetic", seed, self.contract.code, day, "volume")[0]
            known = (basis if self._on_index else basis * self._scale // 20, 192 + volume)
            self._days[day] = known
        return known

    def _tick(self, price: int) -> int:
        if not self._on_index:
            return krx.tick_table("KOSPI", self.expiry).tick(price // 100) * 100
        return 5 if self.contract.side == FUTURE or price >= 1_000 else 1

    def _on_grid(self, price: int) -> int:
        tick = self._tick(max(price, 1))
        return max((price + tick // 2) // tick * tick, tick)

    # -- what else is known -----------------------------------------------------------------------

    def _contracts(self, shares: int, day: date, under: Scene) -> int:
        """How many contracts trade where so many (thousand) shares do."""
        far = max(self._left(day) - 31, 0) // 31
        found = shares * self._drawn(day)[1] // 256 // (1 if self._on_index else 200) >> far
        if self.contract.side != FUTURE:
            apart = abs(under.base * self._scale - self._strike) * 100 // (under.base * self._scale)
            found = found // 8 >> min(apart, 30)
        return found

    def _facts(self, under: Scene, price: int, base: int, day: date) -> Facts:
        level = under.price * self._scale
        left = self._left(day)
        fair = self._on_grid(self._fair(under.price, day))
        facts: Facts = {
            "이론가": fair,
            "괴리도": price - fair,
            "괴리율": ratio(price - fair, fair),
            "지수환산": Coloured(self._strike or level, self._strike or level),
            "행사가": Coloured(self._strike, self._strike),
            "최종거래일": f"{self.expiry:%Y%m%d}",
            "만기일": f"{self.expiry:%Y%m%d}",
            "잔존일수": left,
            "영업일기준잔존일": _trading_days(day, self.expiry),
            "표면이자": INTEREST,
            "이자율": INTEREST,
            "배당액지수": level * DIVIDENDS * left // (10_000 * 365),
            "역사적변동성": self._yearly,
            "종목표준코드": f"KR4{self.contract.code}0",
            "이론베이시스": carry(level, left) - level,
        }
        if self._on_index:
            facts.update(코스피200=level, KOSPI200=level)
        for place, name in enumerate(("차근", "차차근", "차차차근"), 1):
            later = self._later(place)
            facts[f"{name}달력기준잔존일"] = (later - day).days
            facts[f"{name}영업일기준잔존일"] = _trading_days(day, later)
        facts.update(self._held(day))
        facts.update(self._extremes(under, price, base, day))
        if self.contract.side == FUTURE:
            facts.update(시장베이시스=price - level, BASIS=price - level, 델타=100)
            facts.update(dict.fromkeys(("내재가치", "시간가치", "내재변동성"), 0))
            facts.update(dict.fromkeys(("감마", "베가", "로", "세타"), 0))
        else:
            facts.update(시장베이시스=self._beside(day))
            facts.update(self._sensitivities(under.price, price, day))
        return facts

    def _held(self, day: date) -> Facts:
        """미결제약정, which changes over night only."""
        now, then = (self._open_interest(each) for each in (day, krx.previous_trading_day(day)))
        return {
            **dict.fromkeys(("미결제약정", "시초미결제약정수량"), now),
            **dict.fromkeys(("최고미결제약정수량", "최저미결제약정수량"), now),
            "전일미결제약정": then,
            "미결제약정전일대비": now - then,
            "미결제증감": 0,
        }

    def _extremes(self, under: Scene, price: int, base: int, day: date) -> Facts:
        """The highest and the lowest price since the listing: drawn, and beyond today's."""
        today = [self._price(each, day) for each in (under.high, under.low) if each]
        far = 5 + octets(1, "synthetic", self.contract.code, "reached")[0] % 20
        top = max(base * (100 + far) // 100, price, *today)
        bottom = min(max(base * (100 - far) // 100, 1), price, *today)
        before = f"{krx.previous_trading_day(day):%Y%m%d}"
        return {
            "상장중최고가": top,
            "상장중최고가일": before,
            "상장중최고가대비율": ratio(price - top, top),
            "상장중최저가": bottom,
            "상장중최저가일": before,
            "상장중최저가대비율": ratio(price - bottom, bottom),
        }

    def _sensitivities(self, level: int, price: int, day: date) -> Facts:
        """An option's worth in parts, and how it moves; in hundredths."""
        up, down = (self._fair(level * part // 10_000, day) for part in (10_010, 9_990))
        move = max(level * self._scale * 20 // 10_000, 1)
        beyond = level * self._scale - self._strike
        if self.contract.side == PUT:
            beyond = -beyond
        inner = min(max(beyond, 0), price)
        return {
            "내재변동성": self._yearly,
            "내재가치": inner,
            "시간가치": price - inner,
            "델타": min(max((up - down) * 100 // move, -100), 100),
            "감마": max((up + down - 2 * self._fair(level, day)) * 200 // move, 0),
            "베가": self._vega(level, day),
            "세타": -self._theta(level, day),
            "로": self._left(day) * beyond // 3_650_000,
        }

    def _vega(self, level: int, day: date) -> int:
        """How much a percent of volatility is worth."""
        deviation = self._deviation(level, day)
        beyond = self._beyond(level, day)
        return max(premium(beyond, deviation * 19 // 18) - premium(beyond, deviation), 0)

    def _theta(self, level: int, day: date) -> int:
        """How much a day takes away."""
        return max(self._fair(level, day) - self._fair(level, day + timedelta(1)), 0)

    def _beyond(self, level: int, day: date) -> int:
        """How far the future stands in the money."""
        beyond = carry(level * self._scale, self._left(day)) + self._beside(day) - self._strike
        return -beyond if self.contract.side == PUT else beyond

    def _later(self, places: int) -> date:
        """The last trading day of the contract so many months later."""
        months = int(self.contract.month[:4]) * 12 + int(self.contract.month[4:]) - 1 + places
        return derivatives.expiry(months // 12, months % 12 + 1)

    def _open_interest(self, day: date) -> int:
        drawn = octets(2, "synthetic", self._world.feed.seed, self.contract.code, day, "open")
        usual = 250_000 if self.contract.side == FUTURE and self._on_index else 9_000
        return usual * (200 + drawn[0] // 8) // 256 >> max(self._left(day) - 31, 0) // 62


def _trading_days(day: date, until: date) -> int:
    """영업일기준잔존일; beyond the calendar five of seven days."""
    if until > krx.LAST_DATE:
        return (until - day).days * 5 // 7
    return krx.trading_day_index(until) - krx.trading_day_index(day) if until > day else 0


def contract(world: World, code: str, moment: int) -> Optional[ContractSubject]:
    """The contract with a code; None where nothing is listed under it."""
    asset = derivatives.asset_of(code)
    board = _boards(world).on(asset, world.trading_day(moment)) if asset else None
    found = board.contract(code) if board else None
    return ContractSubject(world, asset, found) if found else None


def board(world: World, asset: str, moment: int) -> Optional[Board]:
    """What is listed on an asset on the moment's trading day."""
    return _boards(world).on(asset, world.trading_day(moment))


def chain(
    world: World, month: str, moment: int
) -> Iterator[Tuple[bool, ContractSubject, ContractSubject]]:
    """Calls and puts on KOSPI200 of a month, from the lowest strike on; whether at the money."""
    listed = board(world, KOSPI200, moment)
    assert listed is not None
    month = month if month in listed.months else listed.months[0]
    for strike in listed.strikes:
        call, put = (listed.option(side, month, strike) for side in (CALL, PUT))
        if call and put:
            pair = ContractSubject(world, KOSPI200, call), ContractSubject(world, KOSPI200, put)
            yield (strike == listed.atm, *pair)


def stock_futures(world: World, moment: int) -> Iterator[ContractSubject]:
    """The nearest future on each stock that has any."""
    for asset in derivatives.ASSETS:
        listed = board(world, asset, moment)
        if listed and listed.futures:
            yield ContractSubject(world, asset, listed.futures[0])


def front(world: World, moment: int) -> ContractSubject:
    """The nearest future on KOSPI200."""
    listed = board(world, KOSPI200, moment)
    assert listed is not None
    return ContractSubject(world, KOSPI200, listed.futures[0])


def _boards(world: World) -> derivatives.Boards:
    if world.boards is None:
        world.boards = derivatives.Boards(world)
    return world.boards
