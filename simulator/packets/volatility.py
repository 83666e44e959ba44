"""The VI발동/해제 (1h): a volatility interruption begins or ends."""

from __future__ import annotations

from simulator.strings import clock, rate, ratio
from simulator.universe import Stock

STATIC, DYNAMIC, BOTH = "1", "2", "3"
"""VI발동구분 (FID 9068)."""

_TEXTS = {STATIC: "정적", DYNAMIC: "동적", BOTH: "동적+정적"}


def interruption(
    stock: Stock,
    kind: str,
    price: int,
    began: int,
    released: int,
    static_reference: int,
    dynamic_reference: int,
    opening: int,
    count: int,
    volume: int,
    value: int,
    session: str = "1",
) -> str:
    """One event: 19 values. The end of an interruption is the same event again, with ``released``.

    Args:
        kind: `STATIC`, `DYNAMIC` or `BOTH`.
        price: what set it off, in won.
        began: microseconds since 1970 UTC.
        released: the same; 0 while it lasts.
        static_reference, dynamic_reference: prices in won from which it is too far; 0 for the one that
            does not count.
        opening: the day's first price in won; 0 before it.
        count: interruptions of the stock on this day, this one included.
        volume, value: shares and won traded so far.
        session: 장전구분 (FID 9075), ``1`` in the regular session.
    """
    reference = static_reference or dynamic_reference
    return "\t".join(
        (
            f"A{stock.code}",
            stock.name,
            str(volume),
            str(value // 1_000_000),
            kind,
            "101" if stock.market == "KOSDAQ" else "001",
            session,
            str(price),
            clock(began),
            clock(released) if released else "000000",
            _TEXTS[kind],
            str(static_reference),
            str(dynamic_reference),
            rate(ratio(price - static_reference, static_reference)),
            rate(ratio(price - dynamic_reference, dynamic_reference)),
            rate(ratio(price - opening, opening)),
            str(count),
            "1" if price >= reference else "2",
            "",
        )
    )
