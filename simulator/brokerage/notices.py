"""What OnReceiveChejanData tells: the FIDs and strings of 주문체결 (gubun 0) and 잔고 (gubun 1).

A notice tells how an order stands, so make it at the moment that it tells about, with the order as it
is then, and deliver it later. The events of a life, as recorded from real and mock accounts:

- a buy: `accepted`, then for each part `filled` and `held`;
- a sell: `accepted`, `held` (fewer shares are orderable), then for each part `filled` and `held`;
- a change: `accepted` and `confirmed` of its own number, then `cleared` of the order it changed.

Nothing is known of an event for what expires at the close, so none is made: it just never fills. What
remains of an IOC or FOK order is taken back by the exchange and is `cleared`.

Assumed, because no recording tells: cancels have a blank in the place of the sign (905), as
programs that cut the first character of it find 매수취소 behind; nothing of a cancel is ever open
(902); the FIDs of 2025 stand behind the others; an order entered elsewhere has the screen 0000.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, Optional

from sapi_kiwoom import krx
from sapi_kiwoom.loop import SECOND
from simulator.brokerage.order import BUY, CANCEL, MODIFY, Fill, Order
from simulator.brokerage.profiles import chejan_fids
from simulator.feeds.bars import KRX, NXT
from simulator.strings import (
    coloured,
    hhmmss,
    hundredths,
    padded,
    ratio,
    signed,
    signed_hundredths,
    symbol,
)
from simulator.universe import Stock

ORDER, HOLDING = "0", "1"
"""sGubun."""

SOR = "SOR"
"""The broker chooses between KRX and NXT."""

NAME_WIDTH = 40
"""Bytes of CP949 that a name (302) fills."""

HOGA_NAMES = {
    "00": "보통",
    "03": "시장가",
    "05": "조건부지정가",
    "06": "최유리지정가",
    "07": "최우선지정가",
    "10": "보통(IOC)",
    "13": "시장가(IOC)",
    "16": "최유리(IOC)",
    "20": "보통(FOK)",
    "23": "시장가(FOK)",
    "26": "최유리(FOK)",
    "28": "스톱지정가",
    "29": "중간가",
    "30": "중간가(IOC)",
    "31": "중간가(FOK)",
    "61": "장시작전시간외",
    "62": "시간외단일가",
    "81": "장마감후시간외",
}
"""매매구분 (906) by 거래구분; what the control calls 지정가 elsewhere is 보통 here."""


FIDS = chejan_fids()
"""The FIDs of an event by era and gubun, in order. The mock server was last recorded in that of 2021."""


@dataclass(frozen=True)
class Snapshot:
    """A stock's prices at the moment of a notice, in won.

    Attributes:
        price: the last one, the base price before the first trade.
        ask, bid: the best ones, 0 where that side is empty.
        base: 기준가, the previous close.
        upper, lower: the day's limits.
        after_hours: the last price of the after-hours single-price session, 0 where there is none.
    """

    price: int
    ask: int
    bid: int
    base: int
    upper: int
    lower: int
    after_hours: int = 0


@dataclass(frozen=True)
class HoldingView:
    """How an account holds a stock at the moment of a notice.

    Attributes:
        account: ten digits.
        stock: what is held.
        quantity: shares held.
        average: won paid for one, rounded.
        total: won paid for all.
        orderable: shares that may be sold.
        net_bought: shares bought less shares sold today.
        side: ``BUY`` or ``SELL``, of the order that led to the notice.
        realised: won of profit that the ACCOUNT realised today, after tax and fees.
        realised_rate: the same in hundredths of a percent of what the shares sold had cost.
    """

    account: str
    stock: Stock
    quantity: int
    average: int
    total: int
    orderable: int
    net_bought: int
    side: int
    realised: int
    realised_rate: int


@dataclass(frozen=True)
class Notice:
    """One OnReceiveChejanData.

    Attributes:
        gubun: ``0`` 주문체결, ``1`` 잔고.
        values: what GetChejanData gives for each FID, in the order of the event's list.
    """

    gubun: str
    values: Dict[int, str]

    @property
    def fid_list(self) -> str:
        """The event's sFIdList; its nItemCnt is the number of `values`."""
        return ";".join(map(str, self.values))


class Notices:
    """Makes notices.

    Args:
        era: which FIDs they have, a key of `FIDS`.
        terminal: 터미널번호 (921); the mock server gives none.

    Raises:
        ValueError: there is no such era.
    """

    def __init__(self, era: str, terminal: str = "") -> None:
        if era not in FIDS:
            raise ValueError(f"unknown era {era!r} of the FIDs; it is one of {', '.join(FIDS)}")
        self._fids = FIDS[era]
        self._terminal = terminal

    def accepted(self, order: Order, market: Snapshot) -> Notice:
        """접수: the broker took the order, or the request to change one."""
        return self._order(order, market, "접수", order.entered)

    def confirmed(self, order: Order, market: Snapshot, at: int) -> Notice:
        """확인: the exchange made the change that ``order`` asked for, at a moment in microseconds."""
        return self._order(order, market, "확인", at)

    def filled(self, fill: Fill, market: Snapshot, venue: str = KRX) -> Notice:
        """체결: a part traded. The order counts it already.

        Args:
            fill: the part.
            market: prices right after it.
            venue: where a SOR order found its partner.
        """
        notice = self._order(fill.order, market, "체결", fill.at, fill)
        notice.values.update({914: str(fill.price), 915: str(fill.quantity)})
        if fill.order.venue == SOR and 2134 in notice.values:
            notice.values.update(_venue(venue, SOR))
        return notice

    def cleared(
        self, order: Order, market: Snapshot, at: int, last_fill: Optional[Fill] = None
    ) -> Notice:
        """The last one of an order of which shares were taken back: its state, and what is still open.

        Args:
            order: the one that was changed, its `Order.withdrawn` raised already.
            market: prices of the moment.
            at: the moment, microseconds since 1970 UTC.
            last_fill: its latest part, where it has any.
        """
        return self._order(order, market, "체결" if order.filled else "접수", at, last_fill)

    def _order(
        self, order: Order, market: Snapshot, state: str, at: int, fill: Optional[Fill] = None
    ) -> Notice:
        buys, base = order.side == BUY, market.base
        values = {
            9201: order.account,
            9203: f"{order.number:07d}",
            9205: "",
            9001: account_code(order.stock),
            912: "JJ",
            913: state,
            302: padded(order.stock.name, NAME_WIDTH),
            900: str(order.quantity),
            901: str(order.price),
            902: str(order.open),
            903: str(order.value),
            904: f"{order.original.number if order.original else 0:07d}",
            905: kind_name(order),
            906: HOGA_NAMES[order.hoga],
            907: "2" if buys else "1",
            908: _clock(at),
            909: str(fill.number) if fill else "",
            910: str((2 * order.value + order.filled) // (2 * order.filled)) if fill else "",
            911: str(order.filled) if fill else "",
            10: coloured(market.price, base, " "),
            27: _quote(market.ask, base),
            28: _quote(market.bid, base),
            914: "",
            915: "",
            938: str(order.fee),
            939: str(order.tax),
            919: "0",
            920: order.screen.ljust(4, "0"),
            921: self._terminal,
            922: "00",
            923: "00000000",
            949: "3",
            10010: _quote(market.after_hours, base),
            969: "0",
            819: "0",
            **_venue(order.venue, order.venue),
        }
        return Notice(ORDER, {fid: values[fid] for fid in self._fids[ORDER]})

    def held(self, view: HoldingView, market: Snapshot) -> Notice:
        """잔고: what the account holds of a stock after an order was taken (sells) or filled.

        950, 990, 991 and 8019 are the account's results of the day, whatever the stock.
        """
        change, base = market.price - market.base, market.base
        realised, rate = str(view.realised), hundredths(view.realised_rate)
        values = {
            9201: view.account,
            9001: account_code(view.stock),
            917: "00",
            916: "00000000",
            302: padded(view.stock.name, NAME_WIDTH),
            10: coloured(market.price, base, " "),
            930: str(view.quantity),
            931: str(view.average),
            932: str(view.total),
            933: str(view.orderable),
            945: str(view.net_bought),
            946: "2" if view.side == BUY else "1",
            950: realised,
            951: "0",
            27: _quote(market.ask, base),
            28: _quote(market.bid, base),
            307: str(base),
            8019: rate,
            957: "0",
            958: "0",
            918: "00000000",
            990: realised,
            991: rate,
            992: "0",
            993: "0.00",
            959: "0",
            924: "0",
            10010: _quote(market.after_hours, base),
            25: symbol(market.price, base, market.upper, market.lower),
            11: signed(change, " "),
            12: signed_hundredths(ratio(change, base), " "),
            306: coloured(market.lower, base, " "),
            305: coloured(market.upper, base, " "),
            970: "10",
        }
        return Notice(HOLDING, {fid: values[fid] for fid in self._fids[HOLDING]})


def kind_name(order: Order) -> str:
    """주문구분 (905): red and blue are ``+`` and ``-``; a cancel has no colour, but a blank in its place."""
    name = "매수" if order.side == BUY else "매도"
    if order.kind == CANCEL:
        return f" {name}취소"
    return f"{'+' if order.side == BUY else '-'}{name}{'정정' if order.kind == MODIFY else ''}"


def account_code(stock: Stock) -> str:
    """A code as accounts and their events show it: with A, or Q for an ETN, before it."""
    return f"{'Q' if stock.kind == 'etn' else 'A'}{stock.code}"


def _quote(price: int, base: int) -> str:
    """A price that may be missing, which the control writes as ``-0``."""
    return coloured(price, base, " ") if price else "-0"


def _venue(venue: str, ordered: str) -> Dict[int, str]:
    """거래소구분, 거래소구분명, SOR여부."""
    number, name = {SOR: ("0", "통합"), KRX: ("1", KRX), NXT: ("2", NXT)}[venue]
    return {2134: number, 2135: name, 2136: "Y" if ordered == SOR else "N"}


def _clock(at: int) -> str:
    return hhmmss(krx.day_and_minute(at)[1], at // SECOND % 60)
