"""How the control writes values: everything is a string, and a price carries the colour of its change."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from sapi_kiwoom import krx
from sapi_kiwoom.loop import SECOND

UPPER_LIMIT, UP, FLAT, LOWER_LIMIT, DOWN = "1", "2", "3", "4", "5"
"""전일대비기호 (FID 25)."""

TWO_DIGITS = tuple(f"{number:02d}" for number in range(100))


def symbol(price: int, base: int, upper: int, lower: int) -> str:
    """전일대비기호 of a price (won) against the base price and the day's limits."""
    if price == base:
        return FLAT
    if price > base:
        return UPPER_LIMIT if price >= upper else UP
    return LOWER_LIMIT if price <= lower else DOWN


def coloured(price: int, base: int, equal: str = "") -> str:
    """A price with ``+`` above and ``-`` below the base price: a colour, not a part of the number.

    Args:
        equal: what stands in the sign's place when the price is the base: nothing in TRs, a blank in
            real-time data.
    """
    return f"{'+' if price > base else '-' if price < base else equal}{price}"


def signed(number: int, zero: str = "") -> str:
    """A number that always shows its sign; ``zero`` stands before a 0 (a blank in real-time data)."""
    return f"{number:+d}" if number else f"{zero}0"


def ratio(part: int, whole: int, scale: int = 100) -> int:
    """``part / whole`` times ``scale``, in hundredths, rounded half away from zero; 0 where ``whole`` is."""
    if whole == 0:
        return 0
    rounded = (200 * scale * abs(part) + abs(whole)) // (2 * abs(whole))
    return rounded if (part >= 0) == (whole > 0) else -rounded


@lru_cache(maxsize=1 << 14)  # the ratios of a running day stay the same for many trades
def hundredths(number: int) -> str:
    """A number of hundredths with two decimals: 5 becomes ``0.05``."""
    if number < 0:
        return f"-{-number // 100}.{TWO_DIGITS[-number % 100]}"
    return f"{number // 100}.{TWO_DIGITS[number % 100]}"


def signed_hundredths(number: int, zero: str = "") -> str:
    """The same, always with its sign."""
    sign = "+" if number > 0 else "-" if number < 0 else zero
    return f"{sign}{hundredths(abs(number))}"


@lru_cache(maxsize=1 << 14)
def rate(number: int) -> str:
    """Hundredths as real-time data has them: always with a sign, a blank before zero."""
    if number > 0:
        return f"+{number // 100}.{TWO_DIGITS[number % 100]}"
    return hundredths(number) if number else " 0.00"


def hhmmss(minute_of_day: int, second: int = 0) -> str:
    """A time of day, HHMMSS."""
    return f"{minute_of_day // 60:02d}{minute_of_day % 60:02d}{second:02d}"


def time_of_day(second: int) -> str:
    """A second of the day as HHMMSS."""
    return hhmmss(second // 60, second % 60)


def clock(moment: int) -> str:
    """The Korean time of a moment (microseconds since 1970 UTC), HHMMSS."""
    return hhmmss(krx.day_and_minute(moment)[1], moment // SECOND % 60)


def yyyymmdd(day: date) -> str:
    """A date, YYYYMMDD."""
    return f"{day.year:04d}{day.month:02d}{day.day:02d}"


def padded(value: str, width: int) -> str:
    """A value in its buffer: cut to ``width`` bytes of CP949, blanks behind it."""
    if value.isascii() and len(value) <= width:  # nearly every value, and the quick way
        return value.ljust(width)
    raw = value.encode("cp949", "replace")
    if len(raw) > width:  # may cut a character in two, as the control's buffers do
        return raw[:width].decode("cp949", "ignore")
    return value + " " * (width - len(raw))
