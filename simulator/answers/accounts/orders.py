"""Today's orders: opt10075 (what is open), opt10076 (what has filled), opw00007 and opw00009 (all)."""

from __future__ import annotations

from typing import Dict, List, Optional

from simulator.answers.accounts.records import account_of, row, single
from simulator.answers.forms import day_form, price_form, time_form
from simulator.answers.reply import Inputs, Reply, nothing
from simulator.answers.world import World
from simulator.brokerage.account import Account
from simulator.brokerage.notices import HOGA_NAMES, account_code, kind_name
from simulator.brokerage.order import BUY, CANCEL, MODIFY, NEW, SELL, Fill, Order

_SIDES = {"1": SELL, "2": BUY}
_CHANGES = {NEW: "일반", MODIFY: "정정", CANCEL: "취소"}


def open_orders(world: World, inputs: Inputs, moment: int) -> Reply:
    """opt10075: newest first; 체결구분 1 what is open, 2 what has filled, 0 every order of today."""
    account = account_of(world, inputs)
    if account is None:
        return nothing()
    one = inputs["전체종목구분"] == "1"
    orders = _orders(world, account, inputs, inputs["매매구분"], one)
    fills = _last_fills(world, account)
    rows = [_open_row(world, order, fills.get(order.number), moment) for order in orders]
    return Reply([], iter(rows))


def filled_orders(world: World, inputs: Inputs, moment: int) -> Reply:
    """opt10076: newest first; with 주문번호 those before it. Every order is a row, whatever its fills."""
    account = account_of(world, inputs)
    if account is None:
        return nothing()
    before = inputs.get("주문번호", "").strip()
    fills = _last_fills(world, account)
    rows = [
        row(
            "opt10076",
            {
                "주문번호": _number(order),
                "종목명": order.stock.name,
                "주문구분": kind_name(order).lstrip(),  # here a cancel has no blank before it
                "주문가격": order.price,
                "주문수량": order.quantity,
                "체결가": _average(order),
                "체결량": order.filled,
                "미체결수량": order.open,
                "당일매매수수료": order.fee,
                "당일매매세금": order.tax,
                "주문상태": _state(order),
                "매매구분": HOGA_NAMES[order.hoga],
                "원주문번호": _number(order.original),
                "주문시간": time_form(_latest(order, fills.get(order.number))),
                "종목코드": order.stock.code,
            },
        )
        for order in _orders(
            world, account, inputs, inputs["매도수구분"], inputs["조회구분"] == "1"
        )
        if not before or order.number < int(before)
    ]
    return Reply([], iter(rows))


def all_orders(world: World, inputs: Inputs, moment: int) -> Reply:
    """opw00007: 조회구분 1 in order of number, 2 newest first, 3 what is open, 4 what has filled.

    시작주문번호 is the first one shown. Orders of days before are not kept: another 주문일자 than today
    has none.
    """
    account = account_of(world, inputs)
    if account is None:
        return nothing()
    orders: List[Order] = []
    if inputs["주문일자"] in ("", day_form(account.day)) and inputs["주식채권구분"] != "2":
        orders = _chosen(world, account, inputs, inputs["매도수구분"], bool(inputs["종목코드"]))
    kind, first = inputs["조회구분"], int(inputs["시작주문번호"].strip() or "0")
    if kind == "2":
        orders = [order for order in reversed(orders) if not first or order.number <= first]
    else:
        orders = [order for order in orders if order.number >= first]
    if kind in ("3", "4"):
        orders = [order for order in orders if (order.open if kind == "3" else order.filled)]
    rows = [_back_office_row(order) for order in orders]
    return Reply(single("opw00007", {"출력건수": len(rows)}), iter(rows))


def orders_and_fills(world: World, inputs: Inputs, moment: int) -> Reply:
    """opw00009: in order of number, from 시작주문번호 on; 조회구분 1 only what has filled.

    약정금액 are the won of the fills in sight. As in opw00007, only today has orders.
    """
    account = account_of(world, inputs)
    if account is None:
        return nothing()
    orders: List[Order] = []
    if inputs["주문일자"] in ("", day_form(account.day)) and inputs["주식채권구분"] != "2":
        orders = _chosen(world, account, inputs, inputs["매도수구분"], bool(inputs["종목코드"]))
    first = int(inputs["시작주문번호"].strip() or "0")
    orders = [
        order
        for order in orders
        if order.number >= first
        and (inputs["조회구분"] != "1" or order.filled)
        and _traded_on(order, inputs["시장구분"])
    ]
    sold = sum(order.value for order in orders if order.side == SELL)
    bought = sum(order.value for order in orders if order.side == BUY)
    record = single(
        "opw00009",
        {
            "매도약정금액": sold,
            "매수약정금액": bought,
            "약정금액": sold + bought,
            "조회건수": len(orders),
        },
    )
    fills = _last_fills(world, account)
    return Reply(record, iter([_filled_row(order, fills.get(order.number)) for order in orders]))


def _traded_on(order: Order, market: str) -> bool:
    """시장구분: 1 장내 and 2 코스닥; of 3 (OTCBB) and 4 (ECN) there are none."""
    if market in ("", "0"):
        return True
    return market == ("2" if order.stock.market == "KOSDAQ" else "1")


def _orders(
    world: World, account: Account, inputs: Inputs, side: str, one_stock: bool
) -> List[Order]:
    """Newest first, by 체결구분 too."""
    orders = reversed(_chosen(world, account, inputs, side, one_stock))
    state = inputs["체결구분"]
    return [
        order for order in orders if (state != "1" or order.open) and (state != "2" or order.filled)
    ]


def _chosen(
    world: World, account: Account, inputs: Inputs, side: str, one_stock: bool
) -> List[Order]:
    """Today's orders of a side (1 매도, 2 매수, else both), of 종목코드 alone if ``one_stock``."""
    assert world.brokerage is not None, "an account has a brokerage"
    stock = world.stock(inputs["종목코드"]) if one_stock else None
    return [
        order
        for order in world.brokerage.orders(account.number)
        if order.side == _SIDES.get(side, order.side) and (not one_stock or order.stock is stock)
    ]


def _last_fills(world: World, account: Account) -> Dict[int, Fill]:
    """The latest part of each order, by the order's number."""
    assert world.brokerage is not None, "an account has a brokerage"
    return {fill.order.number: fill for fill in world.brokerage.fills(account.number)}


def _open_row(world: World, order: Order, last: Optional[Fill], moment: int) -> List[str]:
    base = world.feed.base_price(order.stock, world.trading_day(moment))
    trade = world.last_trade(order.stock, moment)
    ask, bid = world.feed.best_quotes(order.stock, trade) if trade else (0, 0)
    return row(
        "opt10075",
        {
            "계좌번호": order.account,
            "주문번호": _number(order),
            "종목코드": order.stock.code,
            "주문상태": _state(order),
            "종목명": order.stock.name,
            "주문수량": order.quantity,
            "주문가격": order.price,
            "미체결수량": order.open,
            "체결누계금액": order.value,
            "원주문번호": _number(order.original),
            "주문구분": kind_name(order).lstrip(),  # here a cancel has no blank before it
            "매매구분": HOGA_NAMES[order.hoga],
            "시간": time_form(_latest(order, last)),
            "체결번호": last.number if last else "",
            "체결가": _average(order),
            "체결량": order.filled,
            "현재가": price_form(trade.price if trade else base, base),
            "매도호가": price_form(ask, base),
            "매수호가": price_form(bid, base),
            "단위체결가": last.price if last else "",
            "단위체결량": last.quantity if last else "",
            "당일매매수수료": order.fee,
            "당일매매세금": order.tax,
        },
    )


def _filled_row(order: Order, last: Optional[Fill]) -> List[str]:
    return row(
        "opw00009",
        {
            "주식채권구분": "1",
            "주문번호": _number(order),
            "종목번호": account_code(order.stock),
            "매매구분": _kind(order),
            "주문유형구분": "현금매수" if order.side == BUY else "현금매도",
            "주문수량": order.quantity,
            "주문단가": order.price,
            "확인수량": order.open if order.kind == NEW else order.quantity,
            "예약반대": "",
            "체결번호": f"{last.number:07d}" if last else "",
            "접수구분": "주문완료",
            "원주문번호": _number(order.original),
            "종목명": order.stock.name,
            "결제구분": "",
            "신용거래구분": "보통매매",
            "체결수량": order.filled,
            "체결단가": _average(order),
            "통신구분": "오픈API" if order.screen else "영웅문4",
            "정정취소구분": _CHANGES[order.kind],
            "체결시간": _clock(last.at) if last else "",
        },
    )


def _kind(order: Order) -> str:
    return "보통가" if order.hoga == "00" else HOGA_NAMES[order.hoga]


def _clock(moment: int) -> str:
    time = time_form(moment)
    return f"{time[:2]}:{time[2:4]}:{time[4:]}"


def _back_office_row(order: Order) -> List[str]:
    clock = _clock(order.entered)
    return row(
        "opw00007",
        {
            "주문번호": _number(order),
            "종목번호": account_code(order.stock),
            "매매구분": _kind(order),
            "신용구분": "보통매매",
            "주문수량": order.quantity,
            "주문단가": order.price,
            "확인수량": order.open if order.kind == NEW else order.quantity,
            "접수구분": "주문완료",
            "반대여부": "",
            "주문시간": clock,
            "원주문": _number(order.original),
            "종목명": order.stock.name,
            "주문구분": "현금매수" if order.side == BUY else "현금매도",
            "대출일": "",
            "체결수량": order.filled,
            "체결단가": _average(order),
            "주문잔량": order.open,
            "통신구분": "오픈API" if order.screen else "영웅문4",
            "정정취소": _CHANGES[order.kind],
            "확인시간": clock,
        },
    )


def _number(order: Optional[Order]) -> str:
    return f"{order.number if order else 0:07d}"


def _state(order: Order) -> str:
    """주문상태: a change that has not filled is confirmed (확인)."""
    return "체결" if order.filled else "접수" if order.kind == NEW else "확인"


def _average(order: Order) -> int:
    """체결가 of all fills in won, rounded half up; 0 before the first."""
    return (2 * order.value + order.filled) // (2 * order.filled) if order.filled else 0


def _latest(order: Order, last: Optional[Fill]) -> int:
    return last.at if last else order.entered
