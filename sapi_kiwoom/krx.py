"""Facts about the Korea Exchange, all by date: trading days, sessions, tick sizes, price limits.

This is the only place that knows that Korea is nine hours ahead of UTC (no summer time since 1988).
Moments are microseconds since 1970 UTC, days `datetime.date`, minutes count from Korean midnight.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache

KST = timezone(timedelta(hours=9), "KST")

MINUTE = 60_000_000
"""Microseconds in a minute."""

_DAY = 24 * 60 * MINUTE
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_EPOCH_ORDINAL = _EPOCH.toordinal()
_MICROSECOND = timedelta(microseconds=1)
_OFFSET = 9 * 60 * MINUTE

# -- time -------------------------------------------------------------------------------------


def kst(moment: int) -> datetime:
    """The Korean date and time of a moment in microseconds since 1970 UTC."""
    return (_EPOCH + timedelta(microseconds=moment)).astimezone(KST)


def microseconds(moment: datetime) -> int:
    """Microseconds since 1970 UTC, exactly.

    Raises:
        ValueError: the datetime has no time zone.
    """
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone; add tzinfo=krx.KST")
    return (moment - _EPOCH) // _MICROSECOND


def midnight(day: date) -> int:
    """The moment at which a Korean day begins, in microseconds since 1970 UTC."""
    return (day.toordinal() - _EPOCH_ORDINAL) * _DAY - _OFFSET


def day_and_minute(moment: int) -> tuple[date, int]:
    """The Korean day of a moment, and the minute of that day in which it lies (540 is 09:00)."""
    days, rest = divmod(moment + _OFFSET, _DAY)
    return date.fromordinal(_EPOCH_ORDINAL + days), rest // MINUTE


# -- trading days -----------------------------------------------------------------------------

FIRST_DATE = date(2015, 1, 1)
LAST_DATE = date(2027, 12, 31)
LAST_CONFIRMED_DATE = date(2026, 12, 31)
"""What lies behind follows from the law on public holidays; KRX has not announced it yet."""

# Weekdays without trading. 2026 has two days that tables made before it lack: the local elections
# of 06-03 and 07-17, a public holiday again since that year.
_CLOSED = {
    2015: "0101 0218 0219 0220 0501 0505 0525 0814 0928 0929 1009 1225 1231",
    2016: "0101 0208 0209 0210 0301 0413 0505 0506 0606 0815 0914 0915 0916 1003 1230",
    2017: "0127 0130 0301 0501 0503 0505 0509 0606 0815 1002 1003 1004 1005 1006 1009 1225 1229",
    2018: "0101 0215 0216 0301 0501 0507 0522 0606 0613 0815 0924 0925 0926 1003 1009 1225 1231",
    2019: "0101 0204 0205 0206 0301 0501 0506 0606 0815 0912 0913 1003 1009 1225 1231",
    2020: "0101 0124 0127 0415 0430 0501 0505 0817 0930 1001 1002 1009 1225 1231",
    2021: "0101 0211 0212 0301 0505 0519 0816 0920 0921 0922 1004 1011 1231",
    2022: "0131 0201 0202 0301 0309 0505 0601 0606 0815 0909 0912 1003 1010 1230",
    2023: "0123 0124 0301 0501 0505 0529 0606 0815 0928 0929 1002 1003 1009 1225 1229",
    2024: "0101 0209 0212 0301 0410 0501 0506 0515 0606 0815 0916 0917 0918 1001 1003 1009 1225"
    " 1231",
    2025: "0101 0127 0128 0129 0130 0303 0501 0505 0506 0603 0606 0815 1003 1006 1007 1008 1009"
    " 1225 1231",
    2026: "0101 0216 0217 0218 0302 0501 0505 0525 0603 0717 0817 0924 0925 1005 1009 1225 1231",
    2027: "0101 0208 0209 0301 0505 0513 0816 0914 0915 0916 1004 1011 1227 1231",
}

# Days of the college entrance exam (수능). 2017 has two: the exam was put off by an earthquake when
# the later opening had been announced already.
_EXAM_DAYS = frozenset(
    date.fromisoformat(day)
    for day in (
        "2015-11-12 2016-11-17 2017-11-16 2017-11-23 2018-11-15 2019-11-14 2020-12-03 2021-11-18"
        " 2022-11-17 2023-11-16 2024-11-14 2025-11-13 2026-11-19 2027-11-18"
    ).split()
)


@lru_cache(maxsize=None)
def _calendar() -> tuple[list[date], dict[date, int]]:
    closed = {
        date(year, int(text[:2]), int(text[2:]))
        for year, texts in _CLOSED.items()
        for text in texts.split()
    }
    every = (date.fromordinal(n) for n in range(FIRST_DATE.toordinal(), LAST_DATE.toordinal() + 1))
    days = [day for day in every if day.weekday() < 5 and day not in closed]
    return days, {day: index for index, day in enumerate(days)}


def _check_known(day: date) -> None:
    if not FIRST_DATE <= day <= LAST_DATE:
        raise ValueError(f"{day} is outside the calendar of {FIRST_DATE} to {LAST_DATE}")


def is_trading_day(day: date) -> bool:
    """Whether KRX trades stocks on that day.

    Raises:
        ValueError: the calendar does not reach that day.
    """
    _check_known(day)
    return day in _calendar()[1]


def trading_day_index(day: date) -> int:
    """The ordinal of a trading day; 0 is the first one of 2015.

    Raises:
        ValueError: it is not a trading day that the calendar knows.
    """
    index = _calendar()[1].get(day)
    if index is None:
        raise ValueError(f"{day} is not a trading day between {FIRST_DATE} and {LAST_DATE}")
    return index


def trading_day(index: int) -> date:
    """The trading day with this ordinal, the inverse of `trading_day_index`.

    Raises:
        ValueError: the calendar has no such day.
    """
    days = _calendar()[0]
    if not 0 <= index < len(days):
        raise ValueError(f"trading day {index} is outside the calendar of {len(days)} days")
    return days[index]


def count_trading_days() -> int:
    """How many trading days the calendar has."""
    return len(_calendar()[0])


def previous_trading_day(day: date) -> date:
    """The last trading day before ``day``, which need not be one itself.

    Raises:
        ValueError: the calendar does not reach it.
    """
    _check_known(day)
    return trading_day(bisect_left(_calendar()[0], day) - 1)


def next_trading_day(day: date) -> date:
    """The first trading day after ``day``, which need not be one itself.

    Raises:
        ValueError: the calendar does not reach it.
    """
    _check_known(day)
    return trading_day(bisect_right(_calendar()[0], day))


def trading_days(start: date, end: date) -> list[date]:
    """All trading days from ``start`` to ``end``, both included, oldest first.

    Raises:
        ValueError: the calendar does not reach one of them.
    """
    _check_known(start)
    _check_known(end)
    days = _calendar()[0]
    return days[bisect_left(days, start) : bisect_right(days, end)]


# -- sessions ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Session:
    """The regular session of a day, in minutes since Korean midnight.

    Attributes:
        open: the opening auction is settled and continuous trading begins (540 is 09:00).
        close: continuous trading ends, orders gather for the closing auction (920 is 15:20).
        closing_auction: the closing auction is settled (930 is 15:30).
    """

    open: int
    close: int
    closing_auction: int


_LONGER_SINCE = date(2016, 8, 1)
_NO_SINGLE_PRICE_SINCE = date(2026, 9, 14)


def session(day: date) -> Session:
    """The hours of a trading day.

    Until July 2016 the day ended at 15:00. The first day of a year opens an hour late and closes as
    ever; on the day of the college entrance exam everything is an hour late.

    Raises:
        ValueError: it is not a trading day that the calendar knows.
    """
    index = trading_day_index(day)
    opening, end = 9 * 60, 15 * 60 + 30 if day >= _LONGER_SINCE else 15 * 60
    if index == 0 or trading_day(index - 1).year < day.year:
        opening += 60
    elif day in _EXAM_DAYS:
        opening, end = opening + 60, end + 60
    return Session(opening, end - 10, end)


def has_afterhours_single_price(day: date) -> bool:
    """Whether shares traded at one price every ten minutes from 16:00 to 18:00 (시간외 단일가)."""
    return is_trading_day(day) and day < _NO_SINGLE_PRICE_SINCE


# -- prices -----------------------------------------------------------------------------------


class TickTable:
    """The prices that orders may carry: a bijection between them and 0, 1, 2 ..., and the limits.

    Args:
        steps: (lowest price in won, tick size in won), ascending, the first from 0.
        limit_percent: how far a price may move from the base price in a day.
    """

    def __init__(self, steps: list[tuple[int, int]], limit_percent: int) -> None:
        self._from = [lowest for lowest, _ in steps]
        self._tick = [tick for _, tick in steps]
        self._limit_percent = limit_percent
        self._index = [0]  # of the lowest price of each step
        for (lowest, tick), (following, _) in zip(steps, steps[1:]):
            self._index.append(self._index[-1] + (following - lowest) // tick)

    def tick(self, price: int) -> int:
        """The tick size in won at a price."""
        return self._tick[bisect_right(self._from, price) - 1]

    def round_down(self, price: int) -> int:
        """The highest valid price in won that is not above ``price``."""
        return price - price % self._tick[bisect_right(self._from, price) - 1]

    def round_up(self, price: int) -> int:
        """The lowest valid price in won that is not below ``price``."""
        return price + -price % self._tick[bisect_right(self._from, price) - 1]

    def round_to_tick(self, price: int) -> int:
        """The valid price in won next to ``price``; the higher one when both are as near."""
        tick = self._tick[bisect_right(self._from, price) - 1]
        return (price + tick // 2) // tick * tick

    def index(self, price: int) -> int:
        """How many ticks lie between 0 won and a valid price.

        Raises:
            ValueError: the price is not on the grid.
        """
        step = bisect_right(self._from, price) - 1
        ticks, rest = divmod(price - self._from[step], self._tick[step])
        if rest or price < 0:
            raise ValueError(f"{price} won is not a multiple of the tick, {self._tick[step]} won")
        return self._index[step] + ticks

    def price(self, index: int) -> int:
        """The valid price in won with this many ticks below it; the inverse of `index`."""
        step = bisect_right(self._index, index) - 1
        return self._from[step] + (index - self._index[step]) * self._tick[step]

    def limits(self, base: int) -> tuple[int, int]:
        """The highest and the lowest price of a day whose base price (previous close) is ``base``.

        KRX cuts the width to the tick of the base price, then each limit to its own tick.
        """
        width = base * self._limit_percent // 100
        width -= width % self.tick(base)
        return self.round_down(base + width), self.round_up(base - width)


# Prices at which each tick size begins. One table for all stocks since 2023-01-25; before, KOSDAQ
# had none above 100 won.
_STEPS = {
    "stock": "0:1 2000:5 5000:10 20000:50 50000:100 200000:500 500000:1000",
    "KOSPI until 2023": "0:1 1000:5 5000:10 10000:50 50000:100 100000:500 500000:1000",
    "KOSDAQ until 2023": "0:1 1000:5 5000:10 10000:50 50000:100",
    "fund": "0:1 2000:5",
    "fund until 2023": "0:5",
}
_STOCK_TICKS_SINCE = date(2023, 1, 25)
_FUND_TICKS_SINCE = date(2023, 12, 11)
_THIRTY_PERCENT_SINCE = date(2015, 6, 15)


@lru_cache(maxsize=None)
def _tick_table(steps: str, limit_percent: int) -> TickTable:
    pairs = (step.split(":") for step in _STEPS[steps].split())
    return TickTable([(int(lowest), int(tick)) for lowest, tick in pairs], limit_percent)


def tick_table(market: str, day: date) -> TickTable:
    """The valid prices of a market (KOSPI, KOSDAQ, ETF or ETN) on a day.

    Days with the same rules get the same object.

    Raises:
        ValueError: unknown market.
    """
    if market in ("ETF", "ETN"):
        steps = "fund" if day >= _FUND_TICKS_SINCE else "fund until 2023"
    elif market in ("KOSPI", "KOSDAQ"):
        steps = "stock" if day >= _STOCK_TICKS_SINCE else f"{market} until 2023"
    else:
        raise ValueError(f"unknown market {market!r}; it is KOSPI, KOSDAQ, ETF or ETN")
    return _tick_table(steps, 30 if day >= _THIRTY_PERCENT_SINCE else 15)


def tick_index(price: int, day: date, market: str) -> int:
    """How many ticks lie between 0 won and a valid price; see `TickTable.index`."""
    return tick_table(market, day).index(price)


def price_at(index: int, day: date, market: str) -> int:
    """The valid price in won with this many ticks below it; see `TickTable.price`."""
    return tick_table(market, day).price(index)
