"""Days as a scenario writes them: what to do with the day that the feed below has.

A script is a list of entries, each for a day and some stocks::

    - day: 2026-11-20
      stocks: [005930, 000660]         # or: all, KOSPI, KOSDAQ
      path: {09:00: +2%, 09:30: +9.8%, 15:30: upper}
      jumps: {10:12: +11%}             # at once; 10 % from the last auction and trading is interrupted
      lock: {from: 13:00, to: 14:30, at: upper}
      halt: {from: 11:00, to: 11:30, price: +3%, reason: 공시}
      breaker: {at: 10:44, price: -9%}
      surge: {from: 09:00, to: 09:01, rate: 50}    # trades a second and stock, at least
      activity: 250%                   # trades, of the usual
      vary: 20%                        # by how much waypoints differ from stock to stock

or with ``ticks`` instead of shapes, the whole day trade by trade::

      ticks:
        - [09:00:00.5, 71000, 1200, auction]
        - [09:00:03, 71100, 10, buy]

Prices are won, percent of the base price, ``upper`` or ``lower``. ``lock``, ``halt`` and ``surge`` may be
lists. Where several entries name a stock and a day, all count, the later ones first.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from datetime import date
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from sapi_kiwoom import krx
from sapi_kiwoom.loop import SECOND
from simulator.feeds import Feed
from simulator.feeds.bars import KRX, MinuteBar, Tick
from simulator.feeds.folding import minute_of
from simulator.feeds.generator.boards import Sources, draw_board_minutes, draw_board_ticks
from simulator.feeds.generator.interruptions import Interruption
from simulator.feeds.overlay import Overlay, ReplacedDay
from simulator.feeds.shapes import (
    Lock,
    Price,
    Shapes,
    Stop,
    Surge,
    Waypoint,
    circuit_breaker,
    halt,
    shape,
)
from simulator.market.interruptions import Halt
from simulator.scenario.errors import ScenarioError
from simulator.universe import Stock, universe

_KEYS = "day stocks path jumps lock halt breaker surge activity vary ticks".split()
_GROUPS = ("all", "KOSPI", "KOSDAQ")
_SIDES = {"buy": 1, "sell": -1, "auction": 0}
_MOST_RATE = 1_000
_MOST_ACTIVITY = 2_000
_ROOM = 128
"""Days that are kept after they were made."""

_TIME = re.compile(r"(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?", re.ASCII)
_PERCENT = re.compile(r"([+-]?)(\d{1,4})(?:\.(\d{1,2}))? ?%", re.ASCII)
_LIMITS = {"upper": 1, "lower": -1}


class Script(Overlay):
    """A feed with days that a scenario wrote over another one.

    The regular session is written; the other boards follow it as they do on generated days. Over a
    recording nothing trades on them, and nothing is traded that was not recorded.

    Args:
        feed: what the shapes are cut out of.
        entries: the script, as lists, mappings and strings.
        stocks: by code, those that exist; None for the whole universe.
        path: what errors call the script.

    Raises:
        ScenarioError: an entry cannot be played as it is written.
    """

    def __init__(
        self,
        feed: Feed,
        entries: Any,
        *,
        stocks: Optional[Mapping[str, Stock]] = None,
        path: str = "script",
    ) -> None:
        super().__init__(feed)
        self._stocks = universe() if stocks is None else stocks
        self._shapes: Dict[Tuple[str, date], Shapes] = {}  # by code or group
        self._shaped: OrderedDict[Tuple[str, date, str], ReplacedDay] = OrderedDict()
        self._stops: Dict[Tuple[str, date], Tuple[Halt, ...]] = {}
        days = set()
        for number, entry in enumerate(_list(entries, path)):
            days.add(self._add(entry, f"{path}[{number}]"))
        self._scripted = sorted(days)
        self._scripted_days: Dict[str, List[date]] = {}

    def halts(self, stock: Stock, day: date) -> Tuple[Halt, ...]:
        """When a stock does not trade on a day that is written, in order, interruptions included."""
        if self._merged(stock, day) is None:
            return ()
        self.replacement(stock, day, KRX)
        return self._stops.get((stock.code, day), ())

    def replaced_days(self, stock: Stock) -> Sequence[date]:
        """The days of a stock that are written or put, oldest first."""
        if stock.code not in self._scripted_days:
            days = [day for day in self._scripted if self._merged(stock, day) is not None]
            self._scripted_days[stock.code] = days
        put = super().replaced_days(stock)
        written = self._scripted_days[stock.code]
        return sorted({*put, *written}) if put else written

    def replacement(self, stock: Stock, day: date, board: str) -> Optional[ReplacedDay]:
        """A day that is written or put; None where neither is."""
        found = super().replacement(stock, day, board)
        if found is not None or self._merged(stock, day) is None:
            return found
        key = (stock.code, day, board)
        if key not in self._shaped:
            made = self._shape(stock, day) if board == KRX else self._follow(stock, day, board)
            self._shaped[key] = made
            if len(self._shaped) > _ROOM:
                self._shaped.popitem(last=False)
        self._shaped.move_to_end(key)
        return self._shaped[key]

    def _follow(self, stock: Stock, day: date, board: str) -> ReplacedDay:
        """What another board trades on a day that is written."""
        regular, bar = self.minutes(stock, day), self.day(stock, day)
        if bar is None or not regular or self.immutable:
            return ReplacedDay((), lambda minute: ())
        last = krx.trading_day_index(day) + 1 == krx.count_trading_days()
        following = None if last else self.day(stock, krx.next_trading_day(day))
        halts = self.halts(stock, day)
        sources = Sources(
            stock,
            bar,
            regular,
            self.base_price(stock, day),
            following.open if following else bar.close,
            self.limits(stock, day),
            [Interruption(halt.start, halt.end, 0, 0) for halt in halts],  # prices do not matter
        )
        bars = draw_board_minutes(self.seed, board, sources)
        if halts and not halts[-1].resumes:  # nor does it trade in the evening
            bars = tuple(each for each in bars if each.minute <= regular[-1].minute)
        trades = {each.minute: each for each in bars}
        return ReplacedDay(
            bars, lambda minute: draw_board_ticks(self.seed, board, trades[minute], sources)
        )

    def _shape(self, stock: Stock, day: date) -> ReplacedDay:
        shapes = self._merged(stock, day)
        assert shapes is not None
        base, table = self.base_price(stock, day), krx.tick_table(stock.market, day)
        bars = () if shapes.ticks is not None else self._feed.minutes(stock, day)
        if shapes.local and base == self._feed.base_price(stock, day):
            return self._surged(stock, day, shapes, bars)
        below = [tick for bar in bars for tick in self._feed.ticks(stock, day, bar.minute)]
        shaped = shape(self.seed, stock, day, shapes, below, base, self.immutable)
        self._stops[stock.code, day] = tuple(shaped.halts)
        return ReplacedDay.of(shaped.ticks, table)

    def _surged(
        self, stock: Stock, day: date, shapes: Shapes, bars: Sequence[MinuteBar]
    ) -> ReplacedDay:
        """A day of which only the minutes of surges are made anew, for many stocks at once."""
        found = ReplacedDay(bars, lambda minute: self._feed.ticks(stock, day, minute))
        base, table = self._feed.base_price(stock, day), krx.tick_table(stock.market, day)
        for surge in shapes.surges:
            first, last = surge.start // krx.MINUTE, (surge.end - 1) // krx.MINUTE
            before = [bar.minute for bar in bars if bar.minute < first][-1:]
            within = [bar.minute for bar in bars if first <= bar.minute <= last]
            after = [bar.minute for bar in bars if bar.minute > last][: not before]
            minutes = (*before, *within, *after)  # some trade must say where the touch is
            ticks = [tick for each in minutes for tick in found.ticks(each)]
            shaped = shape(self.seed, stock, day, Shapes(surges=(surge,)), ticks, base)
            for minute in range(first, last + 1):
                trades = [tick for tick in shaped.ticks if minute_of(tick) == minute]
                found.change(minute, trades, table)
        return found

    def _merged(self, stock: Stock, day: date) -> Optional[Shapes]:
        found: Optional[Shapes] = None
        if day < stock.listed:
            return None
        for name in (*_names(stock), stock.code):
            shapes = self._shapes.get((name, day))
            if shapes is not None:
                found = shapes if found is None else shapes.over(found)
        return found

    # -- reading ---------------------------------------------------------------------------------

    def _add(self, entry: Any, path: str) -> date:
        entry = _mapping(entry, path, _KEYS)
        for key in ("day", "stocks"):
            if key not in entry:
                raise ScenarioError(path, f"no {key}")
        day = _day(entry["day"], f"{path}.day")
        names = self._codes(entry["stocks"], f"{path}.stocks")
        reader = _Reader(day, path)
        if "ticks" in entry:
            if len(entry) > 3:
                other = next(key for key in entry if key not in ("day", "stocks", "ticks"))
                raise ScenarioError(f"{path}.{other}", "ticks stand alone; leave this out")
            if len(names) != 1 or names[0] in _GROUPS:
                raise ScenarioError(f"{path}.stocks", "ticks are of one stock; name just one")
            market = self._stocks[names[0]].market
            shapes = reader.ticks(entry["ticks"], krx.tick_table(market, day))
        else:
            shapes = reader.shapes(entry)
        for name in names:
            before = self._shapes.get((name, day))
            self._shapes[name, day] = shapes if before is None else shapes.over(before)
        return day

    def _codes(self, value: Any, path: str) -> List[str]:
        if isinstance(value, str):
            if value in _GROUPS:
                return [value]
            value = [value]
        codes = _list(value, path)
        for number, code in enumerate(codes):
            if code not in self._stocks:
                raise ScenarioError(
                    f"{path}[{number}]", f"{code!r} is no listed code, nor {', '.join(_GROUPS)}"
                )
        if not codes:
            raise ScenarioError(path, "no stocks; name codes or all")
        return codes


def _names(stock: Stock) -> Tuple[str, ...]:
    """The groups that a stock is in, the widest first."""
    return ("all", "KOSDAQ" if stock.market == "KOSDAQ" else "KOSPI")


class _Reader:
    """Reads what an entry says of its day."""

    def __init__(self, day: date, path: str) -> None:
        self._path = path
        self._day = day
        session = krx.session(day)
        self._first = session.open * krx.MINUTE
        self._close = session.close * krx.MINUTE
        self._last = (session.closing_auction + 1) * krx.MINUTE

    def shapes(self, entry: Mapping[str, Any]) -> Shapes:
        path = self._waypoints(entry, "path", False) + self._waypoints(entry, "jumps", True)
        stops = self._each(entry, "halt", self._halt)
        if "breaker" in entry:
            stops.append(self._breaker(entry["breaker"], f"{self._path}.breaker"))
        stops.sort(key=lambda stop: stop.start)
        for before, stop in zip(stops, stops[1:]):
            if before.end is None or stop.start < before.end:
                raise ScenarioError(f"{self._path}.halt", "two halts overlap; make them one")
        found = Shapes(
            tuple(sorted(path)),
            tuple(self._each(entry, "lock", self._lock)),
            tuple(stops),
            tuple(self._each(entry, "surge", self._surge)),
            self._percent(entry, "activity", 100, _MOST_ACTIVITY),
            self._percent(entry, "vary", 0, 100),
        )
        if found == Shapes():
            raise ScenarioError(self._path, "says nothing; give a path, a lock, ticks ...")
        return found

    def ticks(self, value: Any, table: krx.TickTable) -> Shapes:
        """A day trade by trade."""
        midnight, before = krx.midnight(self._day), 0
        ticks: List[Tick] = []
        for number, row in enumerate(_list(value, f"{self._path}.ticks")):
            path = f"{self._path}.ticks[{number}]"
            if len(_list(row, path)) != 4:
                raise ScenarioError(path, "a trade is [time, price, quantity, side]")
            at = self._time(row[0], f"{path}[0]", self._last + 30 * krx.MINUTE)
            price = _whole(row[1], f"{path}[1]")
            if table.round_down(price) != price:
                raise ScenarioError(
                    f"{path}[1]", f"{price} won is off the grid of {table.tick(price)} won"
                )
            if at < before:
                raise ScenarioError(f"{path}[0]", "earlier than the trade before it")
            if row[3] not in _SIDES:
                raise ScenarioError(f"{path}[3]", f"{row[3]!r} is not {', '.join(_SIDES)}")
            quantity = _whole(row[2], f"{path}[2]")
            ticks.append(Tick(midnight + at, price, quantity, _SIDES[row[3]]))
            before = at
        return Shapes(ticks=tuple(ticks))

    def _waypoints(self, entry: Mapping[str, Any], key: str, jump: bool) -> List[Waypoint]:
        path = f"{self._path}.{key}"
        points = entry.get(key, {})
        if not isinstance(points, Mapping):
            raise ScenarioError(path, "must name prices by time, for example {09:30: +2%}")
        return [
            Waypoint(
                self._time(time, f'{path}["{time}"]', self._last),
                _price(price, f'{path}["{time}"]'),
                jump,
            )
            for time, price in points.items()
        ]

    def _each(self, entry: Mapping[str, Any], key: str, read: Any) -> List[Any]:
        """One value, or each of a list."""
        value, path = entry.get(key, []), f"{self._path}.{key}"
        if isinstance(value, list):
            return [read(each, f"{path}[{number}]") for number, each in enumerate(value)]
        return [read(value, path)]

    def _lock(self, value: Any, path: str) -> Lock:
        fields = _mapping(value, path, ("from", "to", "at"), ("from",))
        start, end = self._span(fields, path, self._last)
        limit = fields.get("at", "upper")
        if limit not in _LIMITS:
            raise ScenarioError(f"{path}.at", f"{limit!r} is not upper or lower")
        return Lock(start, self._last if end is None else end, _LIMITS[limit])

    def _halt(self, value: Any, path: str) -> Stop:
        fields = _mapping(value, path, ("from", "to", "price", "reason"), ("from",))
        start, end = self._span(fields, path, self._close)
        return halt(start, end, _price_at(fields, path), str(fields.get("reason", "거래정지")))

    def _breaker(self, value: Any, path: str) -> Stop:
        fields = _mapping(value, path, ("at", "price"), ("at",))
        at = self._time(fields["at"], f"{path}.at", self._close - 40 * krx.MINUTE)
        return circuit_breaker(at, _price_at(fields, path))

    def _surge(self, value: Any, path: str) -> Surge:
        fields = _mapping(value, path, ("from", "to", "rate"), ("from", "to", "rate"))
        start, end = self._span(fields, path, self._close)
        rate = _whole(fields["rate"], f"{path}.rate", _MOST_RATE)
        return Surge(start, end or start, rate)

    def _span(self, fields: Mapping[str, Any], path: str, last: int) -> Tuple[int, Optional[int]]:
        start = self._time(fields["from"], f"{path}.from", last)
        if "to" not in fields:
            return start, None
        end = self._time(fields["to"], f"{path}.to", last)
        if end <= start:
            raise ScenarioError(f"{path}.to", "must be later than from")
        return start, end

    def _time(self, value: Any, path: str, last: int) -> int:
        """Microseconds since midnight, from the session's opening to ``last``."""
        found = _TIME.fullmatch(value) if isinstance(value, str) else None
        if found is None:
            raise ScenarioError(path, f"{value!r} is not a time as 09:30 or 09:30:15.250")
        hour, minute, second, parts = found.groups()
        at = (int(hour) * 60 + int(minute)) * krx.MINUTE + int(second or 0) * SECOND
        at += int((parts or "0").ljust(6, "0"))
        if int(minute) > 59 or int(second or 0) > 59 or not self._first <= at <= last:
            span = f"{_clock(self._first)} to {_clock(last)}"
            raise ScenarioError(path, f"{value} is not within {span} of {self._day}")
        return at

    def _percent(self, entry: Mapping[str, Any], key: str, usual: int, most: int) -> int:
        if key not in entry:
            return usual
        path, value = f"{self._path}.{key}", entry[key]
        found = re.fullmatch(r"(\d{1,4}) ?%", value) if isinstance(value, str) else None
        if found is None or int(found.group(1)) > most:
            raise ScenarioError(path, f"{value!r} is not a percentage from 0% to {most}%")
        return int(found.group(1))


def _day(value: Any, path: str) -> date:
    try:
        day = date(*map(int, value.split("-")))
        krx.session(day)
    except (AttributeError, TypeError):
        raise ScenarioError(path, f"{value!r} is not a date as 2026-11-20") from None
    except ValueError as error:
        raise ScenarioError(
            path, f"{value!r} is not a trading day as 2026-11-20: {error}"
        ) from None
    return day


def _price(value: Any, path: str) -> Price:
    if isinstance(value, str):
        if value in _LIMITS:
            return Price(limit=_LIMITS[value])
        found = _PERCENT.fullmatch(value)
        if found is not None:
            sign, whole, parts = found.groups()
            move = int(whole) * 100 + int((parts or "0").ljust(2, "0"))
            return Price(move=-move if sign == "-" else move)
        if value.isdecimal() and value.isascii() and int(value):
            return Price(won=int(value))
    raise ScenarioError(path, f"{value!r} is not a price as 71000, +2.5%, upper or lower")


def _price_at(fields: Mapping[str, Any], path: str) -> Optional[Price]:
    return _price(fields["price"], f"{path}.price") if "price" in fields else None


def _whole(value: Any, path: str, most: int = 10**12) -> int:
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{1,13}", value):
        raise ScenarioError(path, f"{value!r} is not a whole number")
    if not 1 <= int(value) <= most:
        raise ScenarioError(path, f"{value} is not within 1 to {most}")
    return int(value)


def _list(value: Any, path: str) -> List[Any]:
    if not isinstance(value, list):
        raise ScenarioError(path, "must be a list")
    return value


def _mapping(
    value: Any, path: str, known: Sequence[str], needed: Sequence[str] = ()
) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ScenarioError(path, f"must have the fields {', '.join(known)}")
    for key in value:
        if key not in known:
            raise ScenarioError(f"{path}.{key}", f"unknown; known are {', '.join(known)}")
    for key in needed:
        if key not in value:
            raise ScenarioError(path, f"no {key}")
    return value


def _clock(at: int) -> str:
    return f"{at // krx.MINUTE // 60:02d}:{at // krx.MINUTE % 60:02d}"
