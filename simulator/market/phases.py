"""The sessions of a date on KRX and on Nextrade, and what the control tells of them, as data.

Moments are microseconds since 1970 UTC. What belongs to the opening moves with `krx.session(day).open`,
what follows the close with its ``closing_auction``; the day's last session ends when it always ends.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import List, NamedTuple, Optional, Tuple

from sapi_kiwoom import krx
from sapi_kiwoom.loop import SECOND
from simulator.feeds.bars import AFTER, KRX, NXT

PREVIOUS_CLOSE = "previous close"
"""장전시간외종가: trades at the previous close (거래구분 61), beside the opening auction."""

OPENING_AUCTION = "opening auction"
"""시가단일가: orders gather for the opening price."""

CONTINUOUS = "continuous"
"""접속매매: whatever meets trades at once. Nextrade's main market (메인마켓) too."""

CLOSING_AUCTION = "closing auction"
"""종가단일가: orders gather for the closing price."""

CLOSE_ORDERS = "orders at the close"
"""장후시간외종가 접수: orders at the closing price (거래구분 81) gather."""

CLOSE = "close"
"""장후시간외종가: trades at the closing price (거래구분 81)."""

SINGLE_PRICE = "single price"
"""시간외단일가 (거래구분 62): one of the auctions that follow each other every ten minutes."""

PRE_MARKET = "pre-market"
"""프리마켓 of Nextrade, continuous."""

AFTER_ORDERS = "orders for the after-market"
"""애프터마켓 단일가: orders gather for the first price of Nextrade's after-market."""

AFTER_MARKET = "after-market"
"""애프터마켓, continuous. On KRX no ETF or ETN, and only orders that carry or get a limit price."""

AUCTIONS = frozenset((OPENING_AUCTION, CLOSING_AUCTION, SINGLE_PRICE, AFTER_ORDERS))
"""Phases in which orders only gather, to trade at one price at the end."""

# Until then orders came from 08:00 and trades at the previous close were from 07:30 to 08:30.
_SHORT_MORNING_SINCE = date(2019, 4, 29)
_NXT_SINCE = date(2025, 3, 4)
_USUAL_OPEN = 9 * 60
_SINGLE_PRICE_END = 18 * 60
_AFTER_MARKET_END = 20 * 60


class Phase(NamedTuple):
    """A session or a part of one.

    Attributes:
        name: one of the constants of this module.
        start: its first moment.
        end: the first moment after it. An auction is settled then, or up to 30 seconds later.
        board: ``KRX``, ``AFTER`` or ``NXT``: where its trades are told.
    """

    name: str
    start: int
    end: int
    board: str

    @property
    def auction(self) -> bool:
        """Whether orders only gather, to trade at one price at its end."""
        return self.name in AUCTIONS


@lru_cache(maxsize=64)
def phases(day: date, venue: str) -> Tuple[Phase, ...]:
    """The phases of a day on ``KRX`` or ``NXT``, in order of their beginnings; none on closed days.

    Only `PREVIOUS_CLOSE` overlaps with another phase. On days that open late Nextrade has no
    pre-market, and opens half a minute after KRX as ever; on the day of the college entrance exam its
    main market ends and its after-market begins an hour later (announced so for 2025 and 2026). The
    after-market of KRX is taken to begin an hour later then too. Nextrade's trades at the closing
    price of KRX are not modelled.

    Raises:
        ValueError: unknown venue, or the calendar does not reach that day.
    """
    if venue not in (KRX, NXT):
        raise ValueError(f"unknown venue {venue!r}; it is {KRX} or {NXT}")
    if not krx.is_trading_day(day):
        return ()
    return _krx(day) if venue == KRX else _nxt(day)


def _krx(day: date) -> Tuple[Phase, ...]:
    session = krx.session(day)
    opening, end = session.open, session.closing_auction
    if day >= _SHORT_MORNING_SINCE:
        gather, early, early_end = opening - 30, opening - 30, opening - 20
    else:
        gather, early, early_end = opening - 60, opening - 90, opening - 30
    evening = end + 30
    parts = [
        (PREVIOUS_CLOSE, early, early_end, KRX),
        (OPENING_AUCTION, gather, opening, KRX),
        (CONTINUOUS, opening, session.close, KRX),
        (CLOSING_AUCTION, session.close, end, KRX),
        (CLOSE_ORDERS, end, end + 10, KRX),
        (CLOSE, end + 10, evening, KRX),
    ]
    if krx.has_afterhours_single_price(day):
        parts += [
            (SINGLE_PRICE, minute, minute + 10, AFTER)
            for minute in range(evening, _SINGLE_PRICE_END, 10)
        ]
    else:
        parts.append((AFTER_MARKET, evening, _AFTER_MARKET_END, AFTER))
    midnight = krx.midnight(day)
    return tuple(
        Phase(name, midnight + start * krx.MINUTE, midnight + stop * krx.MINUTE, board)
        for name, start, stop, board in parts
    )


def _nxt(day: date) -> Tuple[Phase, ...]:
    if day < _NXT_SINCE:
        return ()
    session, midnight = krx.session(day), krx.midnight(day)
    close, end = (midnight + at * krx.MINUTE for at in (session.close, session.closing_auction))
    after = end + 10 * krx.MINUTE
    eight = midnight + 8 * 60 * krx.MINUTE
    parts = (
        Phase(PRE_MARKET, eight, eight + 50 * krx.MINUTE, NXT),
        Phase(CONTINUOUS, midnight + session.open * krx.MINUTE + 30 * SECOND, close, NXT),
        Phase(AFTER_ORDERS, end, after, NXT),
        Phase(AFTER_MARKET, after, midnight + _AFTER_MARKET_END * krx.MINUTE, NXT),
    )
    return parts if session.open == _USUAL_OPEN else parts[1:]


def phases_at(day: date, venue: str, moment: int) -> Tuple[Phase, ...]:
    """The phases that a moment lies in: none, one, or two in the morning."""
    return tuple(phase for phase in phases(day, venue) if phase.start <= moment < phase.end)


def phase_at(day: date, venue: str, moment: int) -> Optional[Phase]:
    """The phase that an ordinary order meets; None where there is none.

    While both `PREVIOUS_CLOSE` and `OPENING_AUCTION` are open it is the auction; `phases_at` gives
    both.
    """
    there = phases_at(day, venue, moment)
    return there[-1] if there else None


# -- what the control tells ----------------------------------------------------------------------


class Operation(NamedTuple):
    """One 장시작시간 event.

    Attributes:
        at: when it is sent; FID 20.
        code: 장운영구분, FID 215.
        remaining: seconds to what it announces; FID 214, there as HHMMSS.
    """

    at: int
    code: str
    remaining: int


@lru_cache(maxsize=64)
def operations(day: date) -> Tuple[Operation, ...]:
    """The 장시작시간 events of a day in order; none on closed days.

    Recorded: ``0`` each minute in the last twenty before the opening and every ten seconds in its last
    minute, ``3`` at the opening, ``2`` likewise through the closing auction, ``4`` at its end. Kiwoom
    documents what the others mean, not their moments; here they come when that happens: ``8`` with
    ``4``, ``a`` and ``b`` around the trades at the closing price, ``c`` and ``d`` around the
    after-hours single price, ``9`` when the day is over. Nextrade's are ``P`` ``Q`` (pre-market),
    ``R`` ``S`` (main market), ``T`` (orders for the after-market), ``U`` ``W`` (after-market) and ``V``
    (end of its trades at the closing price, with those of KRX; other descriptions end the after-market
    with it). The after-market of KRX is not known to have codes.

    Raises:
        ValueError: the calendar does not reach that day.
    """
    if not krx.is_trading_day(day):
        return ()
    told = {phase.name: phase for phase in _krx(day)}  # of the single prices, the last
    opening, closing, close = told[CONTINUOUS].start, told[CLOSING_AUCTION], told[CLOSE]
    events = _countdown("0", opening - 20 * krx.MINUTE, opening)
    events.append(Operation(opening, "3", 0))
    events += _countdown("2", closing.start, closing.end)
    events += [Operation(closing.end, code, 0) for code in "48"]
    events += [Operation(close.start, "a", 0), Operation(close.end, "b", 0)]
    if SINGLE_PRICE in told:
        events += [Operation(close.end, "c", 0), Operation(told[SINGLE_PRICE].end, "d", 0)]
    events.append(Operation(_krx(day)[-1].end, "9", 0))

    codes = {PRE_MARKET: "PQ", CONTINUOUS: "RS", AFTER_ORDERS: "T", AFTER_MARKET: "UW"}
    for phase in _nxt(day):
        events += [
            Operation(at, code, 0) for code, at in zip(codes[phase.name], (phase.start, phase.end))
        ]
        if phase.name == AFTER_MARKET:
            events.append(Operation(close.end, "V", 0))
    return tuple(sorted(events, key=lambda event: event.at))


def _countdown(code: str, start: int, end: int) -> List[Operation]:
    """Each minute from ``start``, every ten seconds in the last minute before ``end``."""
    last = end - krx.MINUTE
    moments = [*range(start, last, krx.MINUTE), *range(last, end, 10 * SECOND)]
    return [Operation(at, code, (end - at) // SECOND) for at in moments]
