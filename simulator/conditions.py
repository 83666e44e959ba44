"""Condition search (조건검색): which stocks meet a criterion, and when they begin and cease to.

The server looks at every stock all the time. Here whole minutes are compared, which are had quickly, and
the trades of a minute only where a stock ends it otherwise than it began it: those tell the moment.
A stock that does both within a minute is not noticed. What orders move is looked at once a minute.
"""

from __future__ import annotations

from datetime import date
from itertools import islice
from typing import Callable, Dict, Iterator, List, Optional, Tuple

from sapi_kiwoom import krx
from simulator.answers.criteria import meets, possible
from simulator.answers.rankings.standings import whole_day
from simulator.answers.snapshot import Snapshot
from simulator.answers.world import World
from simulator.clock import VirtualLoop
from simulator.feeds import DayBar
from simulator.feeds.generator import FIRST_DAY
from simulator.scenario.model import Condition
from simulator.universe import Stock

ENTERED, LEFT = "I", "D"

READY = 450
"""Minutes after midnight from which conditions are ready: 07:30."""

_A_TURN = 4
"""Stocks looked at before others may go on: to draw a day takes some milliseconds."""

_QUICK = 64
"""Stocks of a drawn day that are looked at in the same time as one that is not."""

_MILLION = 1_000_000


class Search:
    """One search, and what becomes of the stocks that it found.

    Args:
        world: the market.
        loop: market time.
        condition: what is searched for. One that has only codes finds these, and nothing ever leaves it.
        alive: asked before anything is done; once it says no, nothing is told any more.
    """

    def __init__(
        self, world: World, loop: VirtualLoop, condition: Condition, alive: Callable[[], bool]
    ) -> None:
        self.condition = condition
        self._world = world
        self._loop = loop
        self._alive = alive
        self._inside: Dict[str, None] = {}
        self._day: Optional[date] = None
        self._possible: List[Snapshot] = []  # whole days of stocks that may meet it today
        self._steps: Iterator[None] = iter(())  # that draw these days
        self._signal: Callable[[str, str], None] = lambda code, kind: None

    def find(self, delay: int, found: Callable[[List[str]], None]) -> None:
        """Call ``found`` with the codes that meet it, ``delay`` microseconds later or as soon as it can."""
        due = self._loop.now() + delay

        def tell() -> None:
            self._begin_day()  # another may have begun meanwhile
            for _ in self._steps:
                pass
            codes = self._met(self._loop.now())
            self._inside = dict.fromkeys(codes)
            found(codes)

        self._begin_day()
        self._in_turns(self._steps, lambda: self._after(due - self._loop.now(), tell))

    def watch(self, signal: Callable[[str, str], None], alive: Callable[[], bool]) -> None:
        """Tell from now on which stocks enter (``I``) and leave (``D``).

        To be called from ``found`` of `find`.

        Args:
            signal: called with a code, and ``I`` or ``D``.
            alive: as before.
        """
        if self.condition.when is None:
            return
        self._signal, self._alive = signal, alive
        self._look(self._loop.now(), False)

    # -- in turns ------------------------------------------------------------------------------

    def _in_turns(self, steps: Iterator[None], then: Callable[[], None] = lambda: None) -> None:
        def turn() -> None:
            if sum(1 for _ in islice(steps, _A_TURN)) == _A_TURN:
                self._after(0, turn)
            else:
                then()

        self._after(0, turn)

    def _after(self, delay: int, fn: Callable[[], None]) -> None:
        self._loop.call_later(delay, lambda: fn() if self._alive() else None)

    # -- a day ---------------------------------------------------------------------------------

    def _begin_day(self) -> None:
        """Forget another day than the one that is traded now."""
        day = self._world.trading_day(self._loop.now())
        if day != self._day:
            self._day, self._possible = day, []
            self._steps = self._draw(day, self._possible)

    def _draw(self, day: date, found: List[Snapshot]) -> Iterator[None]:
        """Draw the day of each stock that may meet it, one a step."""
        world, when = self._world, self.condition.when
        if when is None:
            return
        for stock in self._searched():
            if day < max(stock.listed, FIRST_DAY) or not possible(world, when, stock):
                continue  # told without its day: no step
            whole = whole_day(world, stock, day)
            if whole is not None and possible(world, when, stock, whole):
                world.summaries.of(stock, day)
                found.append(whole)
            yield

    def _searched(self) -> Iterator[Stock]:
        stocks, codes = self._world.stocks, self.condition.codes
        return (stocks[code] for code in (codes or stocks))

    # -- a moment ------------------------------------------------------------------------------

    def _met(self, moment: int) -> List[str]:
        """The codes that meet it."""
        if self.condition.when is None:
            return list(self.condition.codes)
        moment = self._world.settled(moment)
        return [whole.stock.code for whole in self._possible if self._meets(whole, moment)]

    def _meets(self, whole: Snapshot, moment: int) -> bool:
        stood, ends = self._around(whole, moment)
        if stood != ends:
            for at, met in self._trades(whole, moment):
                if at > moment:
                    break
                stood = met
        return stood

    def _around(self, whole: Snapshot, moment: int) -> Tuple[bool, bool]:
        """Whether it is met as the minute of a moment begins, and as it ends."""
        if whole.stock.code in self._world.live:
            now = self._with(whole, self._world.day_so_far(whole.stock, moment))
            return now, now
        minute = krx.day_and_minute(moment)[1]
        stood = self._with(whole, self._bar(whole, minute - 1))
        ends = self._bar(whole, minute)
        return stood, self._with(whole, ends)

    def _bar(self, whole: Snapshot, minute: int) -> Optional[DayBar]:
        """The day by the end of a minute; None before the first trade."""
        found = self._world.summaries.of(whole.stock, whole.day).at(minute)
        if found is None:
            return None
        return DayBar(whole.day, *found[:5], found.value // _MILLION)

    def _trades(self, whole: Snapshot, moment: int) -> Iterator[Tuple[int, bool]]:
        """After each trade of a moment's minute: when it was, and whether it is met."""
        stock, day = whole.stock, whole.day
        minute = krx.day_and_minute(moment)[1]
        so_far = self._world.summaries.of(stock, day).at(minute - 1)
        opening, high, low, _, volume, value = so_far or (0, 0, 0, 0, 0, 0)
        for tick in self._world.feed.ticks(stock, day, minute):
            opening = opening or tick.price
            high, low = max(high, tick.price), min(low or tick.price, tick.price)
            volume += tick.quantity
            value += tick.price * tick.quantity
            bar = DayBar(day, opening, high, low, tick.price, volume, value // _MILLION)
            yield tick.at, self._with(whole, bar)

    def _with(self, whole: Snapshot, bar: Optional[DayBar]) -> bool:
        """Whether it is met once the day has brought this."""
        assert self.condition.when is not None
        return meets(self._world, self.condition.when, whole._replace(bar=bar))

    # -- as time goes on -----------------------------------------------------------------------

    def _look(self, since: int, begins: bool) -> None:
        """Tell what changes until the end of the minute, and look again then.

        Args:
            since: when this is called.
            begins: whether the minute begins now, so that what has changed otherwise shows, too.
        """
        self._begin_day()
        if since == self._world.settled(since):  # on other days nothing happens
            self._in_turns(self._changes(since, begins))
        later = next_look(since)
        if later is not None:
            self._after(later - self._loop.now(), lambda: self._look(later, True))

    def _changes(self, since: int, begins: bool) -> Iterator[None]:
        """Let be told what changes in the minute of a moment, one stock a step."""
        yield from self._steps
        if begins:
            self._add_moved()
            possible_today = {whole.stock.code for whole in self._possible}
            for code in self._inside:
                if code not in possible_today:
                    self._tell_at(since, code, False)
        for number, whole in enumerate(self._possible):
            if number % _QUICK == 0:
                yield
            code = whole.stock.code
            stood, ends = self._around(whole, since)
            if begins:
                self._tell_at(since, code, stood)
            if stood != ends:
                for at, met in self._trades(whole, since):
                    if (at > since or begins) and met != stood:
                        self._tell_at(at, code, met)
                    stood = met
                yield

    def _add_moved(self) -> None:
        """Stocks that orders move may meet it, whatever their day would have been."""
        when, day = self.condition.when, self._day
        assert when is not None
        assert day is not None
        known = {whole.stock.code for whole in self._possible}
        for code in self._world.live:
            if code in known or code not in (self.condition.codes or self._world.stocks):
                continue
            stock = self._world.stocks[code]
            whole = whole_day(self._world, stock, day)
            if whole is not None and possible(self._world, when, stock, whole):
                self._possible.append(whole)

    def _tell_at(self, moment: int, code: str, met: bool) -> None:
        """Tell at a moment that a stock is inside from then on, or not; nothing if it is so already."""
        if met != (code in self._inside) or moment > self._loop.now():
            self._after(moment - self._loop.now(), lambda: self._tell(code, met))

    def _tell(self, code: str, met: bool) -> None:
        if met and code not in self._inside:
            self._inside[code] = None
            self._signal(code, ENTERED)
        elif not met and code in self._inside:
            del self._inside[code]
            self._signal(code, LEFT)


def next_look(moment: int) -> Optional[int]:
    """When stocks are looked at next: each minute of the regular session, and when a day is ready.

    None beyond the calendar.
    """
    day, minute = krx.day_and_minute(moment)
    if day > krx.LAST_DATE:
        return None
    if krx.is_trading_day(day):
        session = krx.session(day)
        for due in (READY, max(session.open, minute + 1)):
            if minute < due <= session.closing_auction + 1:
                return krx.midnight(day) + due * krx.MINUTE
    if day >= _LAST_DAY:
        return None
    return krx.midnight(krx.next_trading_day(day)) + READY * krx.MINUTE


_LAST_DAY = krx.previous_trading_day(krx.LAST_DATE)
