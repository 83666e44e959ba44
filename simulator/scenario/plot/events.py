"""What happened on a day, for the bands and markers of the chart and for the list below it."""

from __future__ import annotations

from typing import Iterator, List, NamedTuple, Optional

from sapi_kiwoom import krx
from sapi_kiwoom.loop import SECOND
from simulator.brokerage.notices import HOGA_NAMES
from simulator.brokerage.order import BUY
from simulator.brokerage.validation import ORDER_TYPES
from simulator.feeds.bars import KRX
from simulator.market import phases
from simulator.scenario.plot import words
from simulator.scenario.plot.day import Day

AUCTION, CLOSE, VI, HALT, FAULT, LIMIT, ORDER, FILL = (
    "auction",
    "close",
    "vi",
    "halt",
    "fault",
    "limit",
    "order",
    "fill",
)


class Event(NamedTuple):
    """Something that happened.

    Attributes:
        at: when, microseconds since 1970 UTC.
        kind: one of the constants of this module.
        title: what, in a word or two of Korean.
        text: the same in full.
        end: when it was over; None for what takes no time.
        price: in won; 0 where it has none.
        side: +1 buys, -1 sells, 0 neither.
    """

    at: int
    kind: str
    title: str
    text: str
    end: Optional[int] = None
    price: int = 0
    side: int = 0


def of_day(day: Day) -> List[Event]:
    """All events of a day in order of time."""
    found = [*_auctions(day), *_interruptions(day), *_halts(day), *_faults(day), *_limits(day)]
    return sorted([*found, *_orders(day)], key=lambda event: event.at)


def _auctions(day: Day) -> Iterator[Event]:
    """Settled auctions; the trades at the closing price together."""
    closed = next(phase.start for phase in day.phases if phase.name == phases.CLOSE_ORDERS)
    after = closed + krx.MINUTE  # the closing auction may be settled late
    settled = [tick for tick in day.seen[KRX].ticks if tick.side == 0]
    for tick in settled:
        if tick.at < after:
            moved = words.change(tick.price, day.base)
            text = f"{tick.price:,}원 ({moved}) {tick.quantity:,}주 체결"
            yield Event(tick.at, AUCTION, "단일가 체결", text, price=tick.price)
    late = [tick for tick in settled if tick.at >= after]
    if late:
        shares = sum(tick.quantity for tick in late)
        text = f"종가 {late[0].price:,}원에 {len(late):,}건 {shares:,}주 체결"
        yield Event(late[0].at, CLOSE, "장후 시간외", text, late[-1].at)


def _interruptions(day: Day) -> Iterator[Event]:
    seen = day.seen[KRX]
    for each in seen.interruptions:
        settled = (tick.at for tick in seen.ticks if tick.side == 0 and tick.at > each.start)
        end = next(settled, each.end)
        reference = each.dynamic_reference if each.kind == "dynamic" else each.static_reference
        text = (
            f"발동가격 {each.price:,}원, 기준가격 {reference:,}원 "
            f"({words.change(each.price, reference)}), {(end - each.start) // SECOND}초"
        )
        side = 1 if each.price > reference else -1
        title = words.INTERRUPTIONS[each.kind]
        yield Event(each.start, VI, title, text, end, each.price, side)


def _halts(day: Day) -> Iterator[Event]:
    for each in day.halts:
        text = "거래 정지, 그날은 재개되지 않음"
        if each.resumes:
            text = f"거래 정지, {words.clock(each.auction)} 부터 단일가"
        yield Event(each.start, HALT, each.reason, text, each.end)


def _faults(day: Day) -> Iterator[Event]:
    for each in day.faults:
        assert each.at is not None, "faults of a day have a moment"
        end = each.at + round(each.seconds * SECOND) if each.seconds else None
        text = f"{each.seconds:g}초 동안 로그인 불가" if each.seconds else "서버와의 연결이 끊어짐"
        text = each.text or text
        yield Event(each.at, FAULT, words.FAULTS[each.effect], text, end)


def _limits(day: Day) -> Iterator[Event]:
    for price, title, side in ((day.upper, "상한가", 1), (day.lower, "하한가", -1)):
        first = next((tick for tick in day.seen[KRX].ticks if tick.price == price), None)
        if first is not None:
            yield Event(first.at, LIMIT, f"{title} 도달", f"{price:,}원", None, price, side)


def _orders(day: Day) -> Iterator[Event]:
    for entry, order in day.entries:
        side = ORDER_TYPES[entry.order_type].side
        text = f"{words.SIDES[side]} {entry.quantity:,}주 {HOGA_NAMES[entry.hoga]}"
        text += f" {entry.price:,}원" if entry.price else ""
        if order is None:
            yield Event(entry.at, ORDER, "주문 거부", text, None, entry.price, side)
        else:
            title = "다른 곳에서 낸 주문"
            text += f", 주문번호 {order.number}"
            yield Event(order.entered, ORDER, title, text, None, entry.price, side)
    for fill in day.fills:
        side = 1 if fill.order.side == BUY else -1
        text = f"{words.SIDES[side]} {fill.quantity:,}주 {fill.price:,}원, 주문번호 {fill.order.number}"
        yield Event(fill.at, FILL, "체결", text, None, fill.price, side)
