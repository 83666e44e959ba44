"""Forms of values that many TRs share."""

from __future__ import annotations

from datetime import date

from sapi_kiwoom import krx
from sapi_kiwoom.loop import SECOND
from simulator.strings import coloured, hhmmss, ratio, signed, signed_hundredths


def day_form(day: date) -> str:
    """A day, YYYYMMDD."""
    return f"{day:%Y%m%d}"


def time_form(moment: int) -> str:
    """The time of a moment, HHMMSS."""
    return hhmmss(krx.day_and_minute(moment)[1], moment // SECOND % 60)


def price_form(price: int, base: int) -> str:
    """A price in won in its colour; "0" where there is none."""
    return coloured(price, base) if price else "0"


def change_form(price: int, base: int) -> str:
    """전일대비: a price's change in won, with its sign."""
    return signed(price - base)


def rate_form(price: int, base: int) -> str:
    """등락율: the same in percent."""
    return signed_hundredths(ratio(price - base, base))


def volume_rate_form(volume: int, before: int) -> str:
    """전일거래량대비율: a volume in percent of the day before, with the sign of the difference."""
    rate = ratio(volume, before)
    return signed_hundredths(rate if volume >= before else -rate)


def parse_day(text: str) -> date:
    """The day that YYYYMMDD means.

    Raises:
        ValueError: there is no such day.
    """
    return date(int(text[:4]), int(text[4:6]), int(text[6:8]))


def count(text: str, usual: int) -> int:
    """The number above 0 that an input gives, ``usual`` where it gives none."""
    digits = text.split(":", maxsplit=1)[0].strip()
    return int(digits) if digits.isdecimal() and int(digits) else usual


def span_of(text: str, usual: int) -> int:
    """The trading days that an input gives, ``usual`` where it gives none; a year of them at most."""
    return min(count(text, usual), 250)
