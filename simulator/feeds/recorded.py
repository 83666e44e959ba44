"""Recorded days played over another feed. What happened is not changed by anybody's orders.

Files are checked as a whole before anything is played, and read again a day at a time. A recorded day
whose last trading day is not recorded has, as its base price, the one of its rows, else its first price.
Only the regular session is recorded: on these days nothing trades on the other boards.
"""

from __future__ import annotations

from bisect import insort
from collections import OrderedDict, defaultdict
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Dict, Iterable, List, Mapping, Optional, Sequence, Tuple, Union

from sapi_kiwoom import krx
from sapi_kiwoom.errors import KiwoomError
from sapi_kiwoom.loop import SECOND
from simulator.feeds import Feed
from simulator.feeds.bars import KRX, DayBar, Quote, Tick
from simulator.feeds.candles import (
    Prices,
    day_bar,
    minute_bar,
    minutes_of_day,
    ticks_of_day,
    ticks_of_minute,
)
from simulator.feeds.checking import check
from simulator.feeds.columns import Candle, Trade
from simulator.feeds.overlay import Overlay, ReplacedDay
from simulator.feeds.readers import DAYS, TICKS, Table
from simulator.feeds.reports import STRICT, Problem, RecordedDay, Report, Switches
from simulator.universe import Stock

__all__ = ["Problem", "Recorded", "RecordingError", "Report", "Switches", "check"]

_SHOWN = 20
_ROOM = 64
"""Days that are kept after they were read."""

Files = Union[Mapping[str, Union[str, Path]], Iterable[Union[str, Path]]]


class RecordingError(KiwoomError):
    """Recorded files that cannot be played.

    Attributes:
        problems: all that keep them from it.
    """

    name = "bad-recording"

    def __init__(self, problems: Sequence[Problem]) -> None:
        lines = [str(problem) for problem in problems[:_SHOWN]]
        if len(problems) > _SHOWN:
            lines.append(f"and {len(problems) - _SHOWN} more")
        super().__init__("\n".join(lines), problems=lines)
        self.problems = tuple(problems)


class Recorded(Overlay):
    """A feed with recorded days over another one.

    Args:
        feed: what there is where nothing is recorded.
        files: paths, or paths by code where neither a column nor the file's name says whose they are.
        kind: ``TICKS``, ``MINUTES`` or ``DAYS``; None to tell by each file's columns.
        stocks: by code, those that exist; None for the whole universe.
        switches: what may be wrong with the files.

    Attributes:
        immutable: true; a fill model in which orders change what trades cannot be played over it.
        reports: of each file.

    Raises:
        RecordingError: a file cannot be played.
        OSError: a file cannot be read.
    """

    immutable = True

    def __init__(
        self,
        feed: Feed,
        files: Files,
        *,
        kind: Optional[str] = None,
        stocks: Optional[Mapping[str, Stock]] = None,
        switches: Switches = STRICT,
    ) -> None:
        super().__init__(feed)
        pairs = files.items() if isinstance(files, Mapping) else [("", path) for path in files]
        self.reports: Dict[str, Report] = {}
        self._tables: Dict[Path, Table] = {}
        self._recorded: Dict[str, Dict[date, RecordedDay]] = defaultdict(dict)
        self._read: OrderedDict[Tuple[str, date], ReplacedDay] = OrderedDict()
        problems: List[Problem] = []
        for code, path in pairs:
            report = check(path, code=code, kind=kind, stocks=stocks, switches=switches)
            self.reports[str(path)] = report
            problems += report.errors
            if not report.errors:
                self._tables[Path(path)] = Table(Path(path), kind)
                problems += self._add(report)
        if problems:
            raise RecordingError(problems)

    def _add(self, report: Report) -> List[Problem]:
        problems = []
        for day in report.recorded:
            there = self._recorded[day.code].setdefault(day.day, day)
            if there is not day:
                reason = f"duplicate: {day.day} of {day.code} is in {there.path} too"
                problems.append(Problem(str(day.path), day.line, "error", reason))
            else:
                insort(self._dates[day.code], day.day)
        return problems

    def put(
        self,
        stock: Stock,
        day: date,
        ticks: Iterable[Tick],
        quotes: Iterable[Quote] = (),
        *,
        board: str = KRX,
        base: Optional[int] = None,
    ) -> None:
        """Refused: a recording is not changed.

        Raises:
            TypeError: always.
        """
        raise TypeError(
            "recorded days are not changed; put them into an Overlay over the recording"
        )

    def put_minute(
        self,
        stock: Stock,
        day: date,
        minute: int,
        ticks: Sequence[Tick],
        quotes: Optional[List[Quote]] = None,
        *,
        board: str = KRX,
    ) -> None:
        """Refused, as `put`.

        Raises:
            TypeError: always.
        """
        self.put(stock, day, ticks, board=board)

    def given_base(self, stock: Stock, day: date) -> Optional[int]:
        """The base price of a day that does not follow a recorded one, or whose rows name it."""
        recorded = self._recorded[stock.code].get(day)
        if recorded is None:
            return None
        if recorded.base or not recorded.volume:
            return recorded.base or recorded.close
        if krx.previous_trading_day(day) in self._recorded[stock.code]:
            return None
        return recorded.open

    def day(self, stock: Stock, day: date) -> Optional[DayBar]:
        """The bar of a whole regular session."""
        recorded = self._recorded[stock.code].get(day)
        if recorded is not None and recorded.kind == DAYS and recorded.volume:
            return _bar(recorded)
        return super().day(stock, day)

    def replacement(self, stock: Stock, day: date, board: str) -> Optional[ReplacedDay]:
        """A recorded day; on the other boards, that it has no trades."""
        recorded = self._recorded[stock.code].get(day)
        if recorded is None:
            return None
        if board != KRX:
            return ReplacedDay((), lambda minute: ())
        key = (stock.code, day)
        if key not in self._read:
            self._read[key] = self._load(stock, recorded)
            if len(self._read) > _ROOM:
                self._read.popitem(last=False)
        self._read.move_to_end(key)
        return self._read[key]

    def _load(self, stock: Stock, recorded: RecordedDay) -> ReplacedDay:
        table = krx.tick_table(stock.market, recorded.day)
        if recorded.kind == TICKS:
            trades = [row for row in self._rows(recorded) if isinstance(row, Trade)]
            ticks = _ticks(recorded.day, trades)
            touches = {
                tick.at: (trade.ask, trade.bid)
                for tick, trade in zip(ticks, trades)
                if trade.ask is not None and trade.bid is not None
            }
            return ReplacedDay.of(ticks, table, (), lambda tick: touches.get(tick.at))
        if not recorded.volume:
            return ReplacedDay((), lambda minute: ())
        if recorded.kind == DAYS:
            found = minutes_of_day(self.seed, stock, _bar(recorded))
            if found is None:
                return ReplacedDay.of(ticks_of_day(stock, _bar(recorded)), table)
            bars = {bar.minute: bar for bar in found}
        else:
            bars = {
                row.minute: minute_bar(
                    self.seed,
                    stock,
                    row.day,
                    row.minute,
                    Prices(row.open, row.high, row.low, row.close),
                    row.volume,
                )
                for row in self._rows(recorded)
                if isinstance(row, Candle) and row.minute is not None and row.volume
            }

        def ticks_of(minute: int) -> List[Tick]:
            limits = self.limits(stock, recorded.day)
            return ticks_of_minute(self.seed, stock, recorded.day, bars[minute], limits)

        return ReplacedDay(tuple(bars.values()), ticks_of)

    def _rows(self, recorded: RecordedDay) -> List[Union[Trade, Candle]]:
        """The records of one stock's day, in order of time."""
        table, code = self._tables[recorded.path], recorded.code
        rows, before = [], recorded.code_before or code
        for line, offset, values in table.lines(recorded.start, recorded.line):
            if offset >= recorded.end:
                break
            record = table.record(line, values, before)
            before = record.code
            if record.code == code and record.day == recorded.day:
                rows.append(record)
        if self.reports[str(recorded.path)].newest_first:
            rows.reverse()
        return rows


def _bar(recorded: RecordedDay) -> DayBar:
    prices = Prices(recorded.open, recorded.high, recorded.low, recorded.close)
    return day_bar(recorded.day, prices, recorded.volume, recorded.value)


def _ticks(day: date, trades: Sequence[Trade]) -> List[Tick]:
    """Trades as they are played: those of one second are spread over it, sides are as recorded.

    A side that is not recorded is an auction's where one is settled, else it follows the price: up is a
    buyer, down a seller, an unchanged price the same again.
    """
    midnight, session = krx.midnight(day), krx.session(day)
    ticks: List[Tick] = []
    side, before = 1, 0
    for at, group in groupby(trades, key=lambda trade: trade.at):
        same = list(group)
        step = 0 if any(trade.exact for trade in same) else SECOND // len(same)
        for number, trade in enumerate(same):
            if trade.price != before and before:
                side = 1 if trade.price > before else -1
            known = trade.side
            if known is None:
                auction = not ticks or at >= session.closing_auction * krx.MINUTE
                known = 0 if auction else side
            ticks.append(Tick(midnight + at + number * step, trade.price, trade.quantity, known))
            before = trade.price
    return ticks
