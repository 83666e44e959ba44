"""VI발동/해제 of every stock, for whoever has asked which stocks have had one."""

from __future__ import annotations

from datetime import date
from typing import Dict, Iterable, Iterator, NamedTuple, Optional

from sapi_kiwoom import krx
from sapi_kiwoom.loop import Handle, Loop
from simulator.answers.world import World
from simulator.feeds import Feed
from simulator.market import interruptions, phases
from simulator.market.stops import Stop, stops
from simulator.packets import volatility
from simulator.streams.timetable import Timetable, Work
from simulator.streams.types import VI, Deliver
from simulator.universe import Stock

_KINDS: Dict[str, str] = {
    interruptions.STATIC: volatility.STATIC,
    interruptions.DYNAMIC: volatility.DYNAMIC,
    interruptions.BOTH: volatility.BOTH,
}


class _Coming(NamedTuple):
    """A VI that begins, or ends, at a moment."""

    at: int
    stock: Stock
    stop: Stop
    over: bool


class InterruptionEvents:
    """The VIs of all stocks, from now on.

    A day's are looked for bit by bit, when somebody begins to listen and before each opening; whoever
    begins within a session hears of those that happen meanwhile when they are found.

    Args:
        world: the stocks.
        feed: what is played: users' orders set off no VI.
        loop: market time.
        deliver: is given each event under the code of its stock.
    """

    def __init__(self, world: World, feed: Feed, loop: Loop, deliver: Deliver) -> None:
        self._world = world
        self._feed = feed
        self._loop = loop
        self._deliver = deliver
        self._handles: Dict[_Coming, Handle] = {}
        self._since = loop.now()
        self._work: Optional[Work] = None
        self._timetable = Timetable(loop, _moments, self._begin)
        day = krx.kst(self._since).date()
        if day <= krx.LAST_DATE and any(
            phase.start <= self._since < phase.end
            for phase in phases.phases(day, "KRX")
            if phase.name in (phases.OPENING_AUCTION, phases.CONTINUOUS)
        ):
            self._begin(self._since)

    def stop(self) -> None:
        """Deliver nothing more."""
        self._timetable.stop()
        if self._work is not None:
            self._work.stop()
        for handle in self._handles.values():
            self._loop.cancel(handle)

    def _begin(self, moment: int) -> None:
        """Look for the VIs of a moment's day."""
        if self._work is not None:
            self._work.stop()
        self._since = moment
        day = krx.kst(moment).date()
        self._work = Work(self._loop, self._look(day), lambda: None)

    def _look(self, day: date) -> Iterator[None]:
        for number, stock in enumerate(self._world.stocks.values()):
            for stop in stops(self._feed, stock, day) if stock.listed <= day else ():
                for at, over in ((stop.interruption.start, False), (stop.released, True)):
                    if at > self._since:
                        self._await(_Coming(at, stock, stop, over))
            if number % 2 == 0:
                yield

    def _await(self, coming: _Coming) -> None:
        delay = max(0, coming.at - self._loop.now())
        self._handles[coming] = self._loop.call_later(delay, lambda: self._tell(coming))

    def _tell(self, coming: _Coming) -> None:
        self._handles.pop(coming, None)
        raw = stop_event(self._world.feed, coming.stock, coming.stop, coming.over)
        self._deliver(coming.stock.code, VI, raw)


def stop_event(feed: Feed, stock: Stock, stop: Stop, over: bool) -> str:
    """The VI발동/해제 of a stock's VI that begins, or is over. What was traded by then the feed knows."""
    cause = stop.interruption
    bar = feed.day_so_far(stock, stop.released if over else cause.start)
    assert bar is not None, "a trade sets off a VI"
    return volatility.interruption(
        stock,
        _KINDS[cause.kind],
        cause.price,
        cause.start,
        stop.released if over else 0,
        0 if cause.kind == interruptions.DYNAMIC else cause.static_reference,
        0 if cause.kind == interruptions.STATIC else cause.dynamic_reference,
        bar.open,
        stop.number,
        bar.volume,
        bar.value_million * 1_000_000,
    )


def _moments(day: date) -> Iterable[int]:
    """When a day's VIs are looked for: as its first orders come."""
    return [
        phase.start for phase in phases.phases(day, "KRX") if phase.name == phases.OPENING_AUCTION
    ]
