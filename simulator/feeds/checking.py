"""Whether recorded trades and candles can be played: each problem with its file, line and reason.

A file is read once, a date at a time. What the dates are, and where each begins, is kept as an index.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Dict, List, Mapping, Optional, Sequence, Set, Tuple, Union

from sapi_kiwoom import krx
from simulator.feeds.columns import Candle, Trade
from simulator.feeds.readers import DAYS, BadLine, Table
from simulator.feeds.reports import (
    ERROR,
    STRICT,
    WARNING,
    Problem,
    RecordedDay,
    Report,
    Switches,
)
from simulator.universe import Stock, universe

_MOST = 1_000
"""Problems of a file that are kept; the rest are counted."""

_AFTER_CLOSE = 30
"""Minutes from the closing auction to the end of the trades at its price."""

Recorded = Union[Trade, Candle]


def check(
    path: Union[str, Path],
    *,
    code: str = "",
    kind: Optional[str] = None,
    stocks: Optional[Mapping[str, Stock]] = None,
    switches: Switches = STRICT,
) -> Report:
    """Read a whole recording and say what is wrong with it.

    Args:
        path: CSV or JSON lines; see `readers.Table`.
        code: whose it is, where no column says so; else the file is named after it (``005930.csv``).
        kind: ``TICKS``, ``MINUTES`` or ``DAYS``; None to tell by the columns.
        stocks: by code, those that exist; None for the whole universe.
        switches: what may be wrong with it.

    Raises:
        OSError: the file cannot be read.
    """
    path = Path(path)
    try:
        table = Table(path, kind)
    except BadLine as error:
        problem = Problem(str(path), error.line, ERROR, error.reason)
        return Report(0, 0, (problem,), 0, (), False)
    known = universe() if stocks is None else stocks
    if not code and "code" not in table.columns:
        code = path.stem
        if code not in known:
            reason = "no column for the code; name the file after it, for example 005930.csv"
            return Report(0, 0, (Problem(str(path), 1, ERROR, reason),), 0, (), False)
    return _Check(table, code, known, switches).run()


class _Check:
    def __init__(
        self, table: Table, code: str, stocks: Mapping[str, Stock], switches: Switches
    ) -> None:
        self._table = table
        self._file_code = code
        self._stocks = stocks
        self._switches = switches
        self._problems: List[Problem] = []
        self._dropped = 0
        self._days: List[RecordedDay] = []
        self._seen: Dict[Tuple[str, date], int] = {}  # the line at which a day began
        self._before: Dict[str, Recorded] = {}
        self._newest_first: Optional[bool] = None
        self._bad_codes: Set[str] = set()

    def run(self) -> Report:
        table, rows = self._table, 0
        day: Optional[date] = None
        start = end = first_line = 0
        code_before = ""
        records: Dict[str, List[Recorded]] = defaultdict(list)
        code = ""
        for line, offset, values in table.lines():
            rows += 1
            try:
                record = table.record(line, values, code or self._file_code)
            except BadLine as error:
                self._error(line, error.reason)
                continue
            if record.day != day:
                self._close(records, (start, offset, first_line, code_before))
                records.clear()
                day, start, first_line, code_before = record.day, offset, line, code
            code = record.code
            if self._belongs(record):
                records[record.code].append(record)
            end = offset + 1
        self._close(records, (start, end, first_line, code_before))
        if not rows:
            self._error(1, "the file has no rows")
        self._compare_days()
        problems = tuple(sorted(self._problems, key=lambda problem: problem.line))
        return Report(
            rows,
            len(self._days),
            problems,
            self._dropped,
            tuple(self._days),
            bool(self._newest_first),
        )

    def _error(self, line: int, reason: str, level: str = ERROR) -> None:
        if len(self._problems) < _MOST:
            self._problems.append(Problem(str(self._table.path), line, level, reason))
        else:
            self._dropped += 1

    def _gap(self, line: int, reason: str) -> None:
        remedy = "" if self._switches.gaps else "; allow-gaps plays it all the same"
        self._error(line, reason + remedy, WARNING if self._switches.gaps else ERROR)

    # -- one row ---------------------------------------------------------------------------------

    def _belongs(self, record: Recorded) -> bool:
        """Whether a row is of a stock and a day that can be played, and in order."""
        code, line = record.code, record.line
        if self._file_code and code != self._file_code:
            self._error(line, f"mixed codes: {code} in the file of {self._file_code}")
            return False
        if code not in self._stocks:
            if code not in self._bad_codes:
                self._bad_codes.add(code)
                why = f"code {code} is not in the universe" if code else "no code"
                self._error(line, why)
            return False
        wrong = _wrong_time(record.day, _minute(record))
        if wrong:
            self._error(line, wrong)
            return False
        return self._in_order(record)

    def _in_order(self, record: Recorded) -> bool:
        before = self._before.get(record.code)
        if before is None:
            self._before[record.code] = record
            return True
        here, there = _moment(record), _moment(before)
        if here == there:
            if _same(record, before):
                what = "trade" if isinstance(record, Trade) else "candle"
                self._error(record.line, f"duplicate: the same {what} as in line {before.line}")
                return False
        elif self._newest_first is None:
            self._newest_first = here < there
        elif (here < there) != self._newest_first:
            order = "later" if self._newest_first else "earlier"
            self._error(
                record.line,
                f"wrong order: {_written(record)} is {order} than {_written(before)}"
                f" in line {before.line}",
            )
            return False
        self._before[record.code] = record
        return True

    # -- one day ---------------------------------------------------------------------------------

    def _close(
        self, by_code: Mapping[str, Sequence[Recorded]], place: Tuple[int, int, int, str]
    ) -> None:
        """A date's rows are complete; ``place`` is where they are, as a `RecordedDay` has it."""
        for code, rows in by_code.items():
            records = rows[::-1] if self._newest_first else rows
            first, last = records[0], records[-1]
            began = self._seen.setdefault((code, first.day), rows[0].line)
            if began != rows[0].line:
                self._error(
                    rows[0].line,
                    f"duplicate: {first.day} of {code} begins again; it began in line {began}",
                )
                continue
            self._check_grid(records)
            self._check_minutes(records)
            self._check_totals([record for record in records if isinstance(record, Trade)])
            traded = [record for record in records if _volume(record)] or records
            high = max(traded, key=_high)
            low = min(traded, key=_low)
            day = RecordedDay(
                code,
                first.day,
                str(self._table.kind),
                self._table.path,
                *place,
                len(records),
                first.price if isinstance(first, Trade) else first.open,
                _high(high),
                _low(low),
                last.price if isinstance(last, Trade) else last.close,
                high.line,
                low.line,
                sum(map(_volume, records)),
                first.value if isinstance(first, Candle) and self._table.kind == DAYS else None,
                next((record.base for record in records if record.base), None),
            )
            self._days.append(day)

    def _check_grid(self, records: Sequence[Recorded]) -> None:
        record = records[0]
        table = krx.tick_table(self._stocks[record.code].market, record.day)
        lines: Dict[int, List[int]] = {}
        for record in records:
            if isinstance(record, Trade):
                prices = [record.price, record.ask or 0, record.bid or 0]
            else:
                prices = [record.open, record.high, record.low, record.close]
            for won in prices:
                lines.setdefault(won, []).append(record.line)
        found = [
            (line, won)
            for won, where in lines.items()
            if table.round_down(won) != won
            for line in where
        ]
        if found:
            line, won = min(found)
            more = f" and {len(found) - 1} more prices that day" if len(found) > 1 else ""
            allowed = self._switches.off_grid
            remedy = "" if allowed else "; allow-off-grid plays adjusted prices"
            self._error(
                line,
                f"{won} won{more}: off the grid of {table.tick(won)} won{remedy}",
                WARNING if allowed else ERROR,
            )

    def _check_minutes(self, records: Sequence[Recorded]) -> None:
        traded = {minute for minute in map(_minute, records) if minute is not None}
        if not traded:
            return
        session = krx.session(records[0].day)
        every = [*range(session.open, session.close), session.closing_auction]
        if not any(minute >= session.closing_auction for minute in traded):
            traded.discard(session.closing_auction)
        else:
            traded.add(session.closing_auction)  # it may be settled some minutes late
        missing = [minute for minute in every if minute not in traded]
        if missing:
            line = next(
                (record.line for record in records if (_minute(record) or 0) > missing[0]),
                records[-1].line,
            )
            self._gap(
                line,
                f"gap: {len(missing)} of {len(every)} minutes of {records[0].day} have no trade,"
                f" the first {_clock(missing[0])}",
            )

    def _check_totals(self, trades: Sequence[Trade]) -> None:
        for before, trade in zip(trades, trades[1:]):
            if before.total is None or trade.total is None:
                continue
            grown = trade.total - before.total
            if grown != trade.quantity:
                self._gap(
                    trade.line,
                    f"gap: the total grows by {grown} shares, but {trade.quantity} were traded",
                )

    # -- all days --------------------------------------------------------------------------------

    def _compare_days(self) -> None:
        """Limits follow from the day before, wherever in the file it is."""
        by_code: Dict[str, List[RecordedDay]] = defaultdict(list)
        for day in self._days:
            by_code[day.code].append(day)
        for days in by_code.values():
            days.sort(key=lambda each: each.day)
            before: Optional[RecordedDay] = None
            for day in days:
                index = krx.trading_day_index(day.day)
                skipped = index - krx.trading_day_index(before.day) - 1 if before else 0
                if skipped:
                    self._gap(day.line, f"gap: {skipped} trading days before {day.day} are missing")
                self._check_limits(day, base_of(day, None if skipped else before))
                before = day

    def _check_limits(self, day: RecordedDay, base: int) -> None:
        table = krx.tick_table(self._stocks[day.code].market, day.day)
        upper, lower = table.limits(base)
        room = table.tick(upper) if self._switches.off_grid else 0
        remedy = "" if day.base else "; a column base would tell the day's base price"
        for price, line in ((day.high, day.high_line), (day.low, day.low_line)):
            if not lower - room <= price <= upper + room:
                self._error(
                    line,
                    f"{price} won is outside the limits of {day.day}, {lower} to {upper}"
                    f" (base price {base}){remedy}",
                )


def base_of(day: RecordedDay, before: Optional[RecordedDay]) -> int:
    """A recorded day's base price: as recorded, else the close before it, else its first price."""
    if day.base:
        return day.base
    return day.open if before is None else before.close


def _minute(record: Recorded) -> Optional[int]:
    return record.at // krx.MINUTE if isinstance(record, Trade) else record.minute


def _moment(record: Recorded) -> Tuple[date, int]:
    return record.day, record.at if isinstance(record, Trade) else record.minute or 0


def _same(record: Recorded, before: Recorded) -> bool:
    """Whether a row of the same moment says the same again.

    Equal trades of one second are usual; those of one microsecond, or with one total, are one.
    """
    if isinstance(record, Candle) or isinstance(before, Candle):
        return True
    if record.total is not None:
        return record.total == before.total
    return record.exact and record[5:] == before[5:]


def _written(record: Recorded) -> str:
    minute = _minute(record)
    if minute is None:
        return str(record.day)
    text = f"{record.day} {_clock(minute)}"
    if isinstance(record, Trade):
        second, parts = divmod(record.at % krx.MINUTE, 1_000_000)
        text += f":{second:02d}" + (f".{parts:06d}" if record.exact else "")
    return text


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


@lru_cache(maxsize=4_096)
def _wrong_time(day: date, minute: Optional[int]) -> str:
    """Why nothing can have traded then; "" if something can."""
    try:
        if not krx.is_trading_day(day):
            return f"{day} is not a trading day"
    except ValueError as error:
        return str(error)
    session = krx.session(day)
    spans = (
        (session.open, session.close),
        (session.closing_auction, session.closing_auction + _AFTER_CLOSE),
    )
    if minute is None or any(first <= minute <= last for first, last in spans):
        return ""
    hours = " and ".join("-".join(map(_clock, span)) for span in spans)
    return f"{_clock(minute)} is outside the session of {day}, {hours}"


def _high(record: Recorded) -> int:
    return record.price if isinstance(record, Trade) else record.high


def _low(record: Recorded) -> int:
    return record.price if isinstance(record, Trade) else record.low


def _volume(record: Recorded) -> int:
    return record.quantity if isinstance(record, Trade) else record.volume
