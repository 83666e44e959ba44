"""Shapes of a day, cut out of what a feed trades on it.

A path bends the day: each trade is moved by as many ticks as lead through the waypoints (`ways`), and the
steeper the way, the more is traded. A lock, a halt or a surge then has its way with the trades. A trade 10 %
or more away from the last auction's price is the last one until a volatility interruption is over, as on
generated days.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import date
from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple

from sapi_kiwoom import krx
from sapi_kiwoom.loop import SECOND
from simulator.draws import NORMAL, NORMAL_ONE, Draws, octets
from simulator.feeds.around import into_limits, snap
from simulator.feeds.bars import Tick
from simulator.feeds.generator.arrivals import draws_needed
from simulator.feeds.generator.arrivals import moments as burst_moments
from simulator.feeds.generator.interruptions import goes_too_far
from simulator.feeds.ways import Goal, Pin, draw_way, excitement
from simulator.market.interruptions import CIRCUIT_BREAKER, LONGEST_DELAY, Halt
from simulator.universe import Stock

INTERRUPTION = "VI"
"""The reason of a `Halt` that is a volatility interruption."""

_STOPPED = 2 * krx.MINUTE
_BREAK, _BREAK_AUCTION = 20 * krx.MINUTE, 10 * krx.MINUTE
_HALT_AUCTION = 10 * krx.MINUTE
_LATEST = 14
"""Minutes before the end of continuous trading from which on nothing is interrupted any more."""

_BURST = 2 * krx.MINUTE
"""How long the rush is in which a price comes to be locked."""

_LOCKED_PART, _LEAST_LOCKED_PART = 160, 16
"""Of 256 trades, those that are left just after the rush, and in the end: few want to trade there."""

_GATHERED = 6
"""Minutes of usual trade that an auction can bring together at most."""

_POOL = 500
_STAYS = 180
"""Of 256 added trades, those from the same side as the one before."""


class Price(NamedTuple):
    """A price as a scenario names it.

    Attributes:
        won: as such; 0 where it is not given in won.
        move: from the base price, in 1/100 of a percent.
        limit: 1 the upper limit, -1 the lower one, else 0.
    """

    won: int = 0
    move: int = 0
    limit: int = 0

    def at(self, base: int, limits: Tuple[int, int], table: krx.TickTable, part: int = 100) -> int:
        """The valid price in won; ``part`` percent of a move are made."""
        if self.limit:
            return limits[self.limit < 0]
        won = self.won or base + base * self.move * part // 1_000_000
        return snap(won, table, limits)


class Waypoint(NamedTuple):
    """A price that a day goes to: all the way from the waypoint before, or in one jump.

    Times of shapes are microseconds since Korean midnight.
    """

    at: int
    price: Price
    jump: bool = False


class Lock(NamedTuple):
    """A time in which the price is locked at a limit, 1 the upper one, -1 the lower one."""

    start: int
    end: int
    limit: int


class Stop(NamedTuple):
    """A time without trades, and the auction at its end.

    Attributes:
        start: its first moment.
        auction: orders gather from here on.
        end: the auction is settled then, or up to half a minute later; None if trade does not resume.
        price: at which it is settled; None to let it be the way's.
        reason: as of `Halt`.
    """

    start: int
    auction: int
    end: Optional[int]
    price: Optional[Price]
    reason: str


class Surge(NamedTuple):
    """A time in which so many trades a second happen at least."""

    start: int
    end: int
    rate: int


@dataclass(frozen=True)
class Shapes:
    """All that a scenario wants of one day of one stock.

    Attributes:
        path: waypoints in order of time.
        locks, stops, surges: in order of time.
        activity: how many trades there are, in percent of the usual.
        vary: by how many percent waypoints differ from stock to stock, as a standard deviation.
        ticks: the whole day trade by trade; then nothing else counts. Prices are in won.
    """

    path: Tuple[Waypoint, ...] = ()
    locks: Tuple[Lock, ...] = ()
    stops: Tuple[Stop, ...] = ()
    surges: Tuple[Surge, ...] = ()
    activity: int = 100
    vary: int = 0
    ticks: Optional[Tuple[Tick, ...]] = None

    @property
    def local(self) -> bool:
        """Whether minutes without a surge stay as they are."""
        return self == Shapes(surges=self.surges)

    def over(self, other: Shapes) -> Shapes:
        """These shapes and others, which give way where both say something."""
        path = {point.at: point for point in (*other.path, *self.path)}
        return Shapes(
            tuple(path[at] for at in sorted(path)),
            tuple(sorted((*other.locks, *self.locks))),
            tuple(sorted((*other.stops, *self.stops), key=lambda stop: stop.start)),
            tuple(sorted((*other.surges, *self.surges))),
            other.activity * self.activity // 100,
            self.vary or other.vary,
            other.ticks if self.ticks is None else self.ticks,
        )


def circuit_breaker(at: int, price: Optional[Price]) -> Stop:
    """What a circuit breaker does to every stock: 20 minutes nothing, ten minutes of auction."""
    auction = at + _BREAK
    return Stop(at, auction, auction + _BREAK_AUCTION, price, CIRCUIT_BREAKER)


def halt(start: int, end: Optional[int], price: Optional[Price], reason: str) -> Stop:
    """A halt of one stock; orders gather in its last ten minutes."""
    auction = start if end is None else max(start, end - _HALT_AUCTION)
    return Stop(start, auction, end, price, reason)


class ShapedDay(NamedTuple):
    """A day's trades, and when it had none by rule, in order of time."""

    ticks: List[Tick]
    halts: List[Halt]


def shape(
    seed: int,
    stock: Stock,
    day: date,
    shapes: Shapes,
    ticks: Sequence[Tick],
    base: int,
    recorded: bool = False,
) -> ShapedDay:
    """Cut a day's shapes out of what would have been traded.

    Args:
        seed: decides what is drawn.
        stock: whose day.
        day: a trading day.
        shapes: what it is to look like.
        ticks: all trades of the regular session as they would have been, in order of time.
        base: the day's base price in won.
        recorded: whether the trades really happened: then a path does not make more of them.
    """
    if shapes.ticks is not None:
        return ShapedDay(list(shapes.ticks), [])
    key = (seed, stock.code, day)
    cut = _Day(key, krx.tick_table(stock.market, day), base, day)
    trades = list(ticks)
    path = {
        stop.end: Waypoint(stop.end, stop.price, True)
        for stop in shapes.stops
        if stop.end is not None and stop.price is not None
    }
    path.update((point.at, point) for point in shapes.path)
    if path and trades:
        goals = cut.goals([path[at] for at in sorted(path)], shapes.vary)
        if not recorded:
            trades = cut.excite(trades, goals, stock.volatility)
        trades = cut.bend(trades, goals)
    upper, lower = cut.limits
    trades = [
        tick if lower < tick.price < upper else into_limits(tick, cut.limits) for tick in trades
    ]
    if shapes.activity != 100:
        trades = cut.scale(trades, shapes.activity)
    for surge in shapes.surges:
        trades = cut.add(trades, surge)
    for lock in shapes.locks:
        trades = cut.lock(trades, lock)
    halts: List[Halt] = []
    for stop in shapes.stops:
        trades = cut.stop(trades, stop, halts)
    if not shapes.local:  # a surge stays at the touch
        trades = cut.interrupt(trades, halts)
    return ShapedDay(cut.end(trades), sorted(halts))


class _Day:
    def __init__(self, key: Tuple[object, ...], table: krx.TickTable, base: int, day: date) -> None:
        self._key = key
        self._table = table
        self._base = base
        self._session = krx.session(day)
        self._midnight = krx.midnight(day)
        self._indexes: Dict[int, int] = {}
        self.limits = table.limits(base)

    def _minute(self, minute: int) -> int:
        return self._midnight + minute * krx.MINUTE

    def goals(self, path: Sequence[Waypoint], vary: int) -> List[Goal]:
        """The prices in won that waypoints stand for; each stock goes its part of the way."""
        part = 100 + NORMAL[octets(1, "vary", *self._key)[0]] * vary // NORMAL_ONE
        return [
            Goal(
                self._midnight + point.at,
                point.price.at(self._base, self.limits, self._table, part),
                point.jump,
            )
            for point in path
        ]

    def bend(self, ticks: List[Tick], goals: Sequence[Goal]) -> List[Tick]:
        """Lead the trades through waypoints: the first one at or after each has its price."""
        table = self._table
        times = [tick.at for tick in ticks]
        pins = {0: Pin(times[0], 0)} if goals[0].at > times[0] else {}
        for goal in goals:
            place = min(len(ticks) - 1, bisect_left(times, goal.at))
            shift = table.index(goal.won) - self._index(ticks[place])
            pins[place] = Pin(times[place], shift, goal.jump)
        shifts = draw_way(self._key, [pins[place] for place in sorted(pins)], times)
        bent: List[Tick] = []
        prices: Dict[int, int] = {}
        for tick, shift in zip(ticks, shifts):
            moved = max(1, self._index(tick) + shift)
            if moved not in prices:
                prices[moved] = table.price(moved)
            bent.append(Tick(tick.at, prices[moved], tick.quantity, tick.side))
        return bent

    def excite(self, ticks: List[Tick], goals: Sequence[Goal], volatility: int) -> List[Tick]:
        """Have more trades where the way is long for its time; auctions grow with them."""
        busy = excitement(goals, self._base, volatility, self._minute(self._session.open))
        if max(busy) <= 100:
            return ticks
        first = self._session.open
        whole = [
            tick
            if tick.side
            else tick._replace(quantity=tick.quantity * _of(busy, self._since(tick.at)) // 100)
            for tick in ticks
        ]
        moments = [tick.at for tick in whole]
        more: List[Tick] = []
        for number, percent in enumerate(busy):
            start = max(self._minute(first + number), moments[0] + 1)
            end = self._minute(first + number + 1)
            if percent > 100 and start < end and first + number < self._session.close:
                there = bisect_left(moments, end) - bisect_left(moments, start)
                more += self._drawn(whole, moments, start, end, there * (percent - 100) // 100)
        return sorted((*whole, *more), key=lambda tick: tick.at)

    def _since(self, at: int) -> int:
        """Minutes from the open to a moment."""
        return (at - self._minute(self._session.open)) // krx.MINUTE

    def _index(self, tick: Tick) -> int:
        price = tick.price
        if price not in self._indexes:
            self._indexes[price] = self._table.index(self._table.round_down(price))
        return self._indexes[price]

    def scale(self, ticks: List[Tick], percent: int) -> List[Tick]:
        """Have so many percent of the trades; auctions grow with them."""
        auctions = [
            tick._replace(quantity=max(1, tick.quantity * percent // 100))
            for tick in ticks
            if not tick.side
        ]
        others = [tick for tick in ticks if tick.side]
        if percent < 100:
            draws = Draws("activity", *self._key)
            others = [tick for tick in others if draws.below(100) < percent]
            return sorted((*auctions, *others), key=lambda tick: tick.at)
        whole = sorted((*auctions, *others), key=lambda tick: tick.at)
        moments = [tick.at for tick in whole]
        more: List[Tick] = []
        for minute in range(self._session.open, self._session.close):
            start, end = self._minute(minute), self._minute(minute + 1)
            there = bisect_left(moments, end) - bisect_left(moments, start)
            more += self._drawn(whole, moments, start, end, there * (percent - 100) // 100)
        return sorted((*whole, *more), key=lambda tick: tick.at)

    def add(self, ticks: List[Tick], surge: Surge) -> List[Tick]:
        """Have so many trades a second at least."""
        start, end = self._midnight + surge.start, self._midnight + surge.end
        there = _slice(ticks, start, end)
        if there and not there[0].side:
            start = there[0].at + 1  # nothing trades before the opening auction
        wanted = surge.rate * (end - start) // SECOND
        moments = [tick.at for tick in ticks]
        more = self._drawn(ticks, moments, start, end, max(0, wanted - len(there)))
        return sorted((*ticks, *more), key=lambda tick: tick.at)

    def _drawn(
        self, ticks: List[Tick], moments: List[int], start: int, end: int, count: int
    ) -> List[Tick]:
        """More trades of the sizes that are traded there, at the touch of the trade before each."""
        if not count or not ticks:
            return []
        draws = octets(3 * count + 1, "surge", *self._key, start)
        bursts = octets(draws_needed(count), "bursts", *self._key, start)
        latest = bisect_right(moments, end)
        pool = [tick.quantity for tick in ticks[max(0, latest - _POOL) : latest] if tick.side]
        pool = pool or [1]
        found: List[Tick] = []
        side = 1 if draws[-1] < 128 else -1
        for number, at in enumerate(burst_moments(bursts, count, start, end)):
            turn, big, small = draws[number * 3 : number * 3 + 3]
            following = bisect_right(moments, at)
            if 0 < following < len(ticks) and not ticks[following].side:
                continue  # orders gather for an auction
            before = ticks[max(0, following - 1)]
            bid = self._index(before) - (before.side > 0)
            side = side if turn < _STAYS else -side
            quantity = pool[(big << 8 | small) * len(pool) >> 16]
            price = self._table.price(max(1, bid + (side > 0)))
            found.append(into_limits(Tick(at, price, quantity, side), self.limits))
        return found

    def lock(self, ticks: List[Tick], lock: Lock) -> List[Tick]:
        """Let nothing trade but at a limit: a rush when it is reached, little after it."""
        price, side = self.limits[lock.limit < 0], -lock.limit
        start, end = self._midnight + lock.start, self._midnight + lock.end
        draws = octets(1 + len(ticks), "lock", *self._key)
        locked: List[Tick] = []
        for tick, draw in zip(ticks, draws):
            at, _, quantity, kind = tick
            if not start <= at < end:
                locked.append(tick)
                continue
            since = at - start
            if kind and since < _BURST:  # whoever has waited to sell sells
                quantity = quantity * (16 * _BURST - 14 * since) // _BURST
            elif kind:
                part = _LOCKED_PART * 4 * _BURST // (since + 3 * _BURST)
                if draw >= max(_LEAST_LOCKED_PART, part):
                    continue
            locked.append(Tick(at, price, quantity, side if kind else 0))
        return locked

    def stop(self, ticks: List[Tick], stop: Stop, halts: List[Halt]) -> List[Tick]:
        """Let nothing trade until an auction, or for the rest of the day."""
        start = self._midnight + stop.start
        if stop.end is None:
            close = self._minute(self._session.closing_auction)
            halts.append(Halt(start, close, close, stop.reason))
            return [tick for tick in ticks if tick.at < start]
        late = Draws("resume", *self._key, start).below(LONGEST_DELAY)
        end = self._midnight + stop.end + late
        halts.append(Halt(start, self._midnight + stop.auction, end, stop.reason))
        price = stop.price.at(self._base, self.limits, self._table) if stop.price else None
        return self._silence(ticks, start, end, price)

    def interrupt(self, ticks: List[Tick], halts: List[Halt]) -> List[Tick]:
        """Let each trade that goes too far be the last one for two minutes and up to half a minute."""
        latest = self._minute(self._session.close - _LATEST)
        reference = 0
        number = 0
        while number < len(ticks) and ticks[number].at < latest:
            tick = ticks[number]
            number += 1
            if not reference or not tick.side:
                reference = tick.price
            elif goes_too_far(tick.price, reference):
                late = Draws("interruption", *self._key, tick.at).below(LONGEST_DELAY)
                end = tick.at + _STOPPED + late
                if not any(halt.start < end and tick.at < halt.end for halt in halts):
                    halts.append(Halt(tick.at, tick.at, end, INTERRUPTION))
                    ticks = self._silence(ticks, tick.at + 1, end, None)
                # Up to the next auction, what happens now is what is too far.
                number = bisect_left([each.at for each in ticks], end)
        return ticks

    def end(self, ticks: List[Tick]) -> List[Tick]:
        """Let what trades after the closing auction trade at its price; nothing without a price."""
        close = self._minute(self._session.closing_auction + 1)
        place = bisect_left([tick.at for tick in ticks], close)
        last = ticks[place - 1].price if place else 0
        return ticks[:place] + [tick._replace(price=last) for tick in ticks[place:] if last]

    def _silence(self, ticks: List[Tick], start: int, end: int, price: Optional[int]) -> List[Tick]:
        """Let an auction at ``end`` trade what would have been traded from ``start`` on.

        After a long time it is less: who could not trade for half an hour has come to other thoughts.
        """
        before = [tick for tick in ticks if tick.at < start]
        silent = _slice(ticks, start, end)
        after = [tick for tick in ticks if tick.at > end]
        way = silent[-1:] or after[:1] or before[-1:]
        if not way:
            return ticks
        minutes = (end - start) // krx.MINUTE
        shares = sum(tick.quantity for tick in silent)
        gathered = 1 + shares * _GATHERED // (_GATHERED - 2 + max(2, minutes))
        return [*before, Tick(end, price or way[0].price, gathered, 0), *after]


def _slice(ticks: List[Tick], start: int, end: int) -> List[Tick]:
    times = [tick.at for tick in ticks]
    return ticks[bisect_left(times, start) : bisect_left(times, end)]


def _of(busy: Sequence[int], minute: int) -> int:
    return busy[max(0, min(len(busy) - 1, minute))]
