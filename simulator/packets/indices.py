"""Indices: 업종지수 (0J), 업종등락 (0U) and 예상업종지수 (0x).

An index is a number of hundredths of a point, 248412 for 2484.12; shares are counted in thousands, money in
million won.
"""

from __future__ import annotations

from typing import NamedTuple

from simulator.strings import (
    FLAT,
    clock,
    hundredths,
    rate,
    ratio,
    signed,
    signed_hundredths,
    symbol,
)

THOUSAND, MILLION = 1_000, 1_000_000

_NO_LIMITS = 1 << 60, 0


class IndexState(NamedTuple):
    """An index at a moment.

    Attributes:
        at: microseconds since 1970 UTC.
        base: yesterday's last value, in hundredths, as all that follow.
        last, open, high, low: 0 before the first.
        traded: shares since the event before.
        volume, value: shares and won so far today.
        volume_before: shares of the whole trading day before.
    """

    at: int
    base: int
    last: int
    open: int
    high: int
    low: int
    traded: int
    volume: int
    value: int
    volume_before: int


class Breadth(NamedTuple):
    """How many stocks of an index stand where.

    Attributes:
        upper, risen, flat, fallen, lower: at the limits, above, at and below yesterday's close; those at
            a limit are counted among the risen and the fallen too.
        traded: stocks that had a trade today.
        listed: stocks of the index.
    """

    upper: int
    risen: int
    flat: int
    fallen: int
    lower: int
    traded: int
    listed: int


def index(state: IndexState) -> str:
    """The 업종지수: 12 values."""
    shown = (_coloured(value, state.base) for value in (state.open, state.high, state.low))
    prices = "\t".join(shown)
    more = state.volume // THOUSAND - state.volume_before // THOUSAND
    return (
        f"{clock(state.at)}\t{_change(state)}\t{state.traded // THOUSAND}\t{_traded(state)}\t{prices}\t"
        f"{_symbol(state.last, state.base)}\t{signed(more, ' ')}"
    )


def breadth(state: IndexState, stocks: Breadth) -> str:
    """The 업종등락: 14 values."""
    return (
        f"{clock(state.at)}\t{stocks.risen}\t{stocks.upper}\t{stocks.flat}\t{stocks.fallen}\t"
        f"{stocks.lower}\t{_traded(state)}\t{_change(state)}\t{stocks.traded}\t"
        f"{hundredths(ratio(stocks.traded, stocks.listed))}\t{_symbol(state.last, state.base)}"
    )


def expected_index(at: int, base: int, value: int, quantity: int, session: str = "0") -> str:
    """The 예상업종지수: 7 values.

    Args:
        at: microseconds since 1970 UTC.
        base, value: yesterday's last value and the one that the auctions expect, in hundredths.
        quantity: shares that the auctions expect.
        session: 장전구분 (FID 9075).
    """
    return (
        f"{clock(at)}\t{_coloured(value, base)}\t{quantity // THOUSAND}\t"
        f"{_difference(value, base)}\t{_symbol(value, base)}\t{session}"
    )


def _change(state: IndexState) -> str:
    return f"{_coloured(state.last, state.base)}\t{_difference(state.last, state.base)}"


def _traded(state: IndexState) -> str:
    return f"{state.volume // THOUSAND}\t{state.value // MILLION}"


def _difference(value: int, base: int) -> str:
    change = value - base if value else 0
    return f"{signed_hundredths(change, ' ')}\t{rate(ratio(change, base))}"


def _coloured(value: int, base: int) -> str:
    if not value:
        return " 0.00"
    return f"{'+' if value > base else '-' if value < base else ' '}{hundredths(value)}"


def _symbol(value: int, base: int) -> str:
    return symbol(value, base, *_NO_LIMITS) if value else FLAT
