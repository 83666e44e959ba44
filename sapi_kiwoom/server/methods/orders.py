"""Methods of orders and accounts."""

from __future__ import annotations

from typing import Dict, Tuple

from sapi_kiwoom.server.methods.table import (
    ACCOUNT,
    ANSWER,
    WAIT,
    Method,
    Schema,
    parameters,
    text,
    whole,
    yes,
)

KINDS: Dict[str, Tuple[str, str]] = {
    "00": ("지정가", "limit"),
    "03": ("시장가", "market"),
    "05": ("조건부지정가", "conditional-limit"),
    "06": ("최유리지정가", "best-limit"),
    "07": ("최우선지정가", "first-limit"),
    "10": ("지정가IOC", "limit-ioc"),
    "13": ("시장가IOC", "market-ioc"),
    "16": ("최유리IOC", "best-ioc"),
    "20": ("지정가FOK", "limit-fok"),
    "23": ("시장가FOK", "market-fok"),
    "26": ("최유리FOK", "best-fok"),
    "29": ("중간가", "midpoint"),
    "30": ("중간가IOC", "midpoint-ioc"),
    "31": ("중간가FOK", "midpoint-fok"),
    "61": ("장전시간외종가", "closing-price-before-hours"),
    "62": ("시간외단일가매매", "after-hours-single-price"),
    "81": ("장후시간외종가", "closing-price-after-hours"),
}
"""거래구분: its Korean and English names. 28 (스톱지정가) needs another call of the control."""

KIND_CODES = {name: code for code, names in KINDS.items() for name in (code, *names)}
"""거래구분 by its number and both names."""

SIDES = {"buy": "buy", "매수": "buy", "sell": "sell", "매도": "sell"}

_ORDER_ID = text(
    "주문 ID",
    "your own name for the order, new for each, of 1 to 64 letters, digits and - . _; a UUID is good",
    pattern="^[0-9A-Za-z._-]{1,64}$",
)
_STRATEGY = text(
    "전략",
    "whose order it is, 1 to 64 letters, digits, - and _; its events come on order.<strategy>",
    pattern="^(?!external$)[0-9A-Za-z_-]{1,64}$",
)
_VALID_UNTIL = text(
    "유효시각",
    "Korean time after which it must not be sent, for example 2026-11-20T10:00:05 or "
    "2026-11-20T10:00:05.250+09:00",
    pattern=r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{1,6})?(\+09:00)?$",
)
_CODE = text(
    "종목코드",
    "six characters of 0-9 and A-Z, for example 005930 or 0126Z0; the venue is chosen by exchange",
    pattern="^[0-9A-Z]{6,9}$",
)
_ORIGINAL = text(
    "원주문",
    "the order_id of the order to be changed, or its number as get-open-orders has it",
    pattern="^[0-9A-Za-z._/-]{1,140}$",
)
_MOST = 100_000_000
_ANY_STRATEGY = text(
    "전략", "a strategy; every one where left out", pattern="^[0-9A-Za-z_-]{1,64}$"
)


def _account_read(name: str, korean: str, english: str) -> Method:
    return Method(name, korean, english, parameters(account=ACCOUNT), group="orders", offline=WAIT)


def _order(
    name: str, korean: str, english: str, optional: Tuple[str, ...], **more: Schema
) -> Method:
    schema = parameters(
        optional,
        order_id=_ORDER_ID,
        strategy=_STRATEGY,
        account=ACCOUNT,
        **more,
        valid_until=_VALID_UNTIL,
    )
    return Method(name, korean, english, schema, group="orders", offline=ANSWER)


TABLE: Tuple[Method, ...] = (
    _order(
        "place-order",
        "현물 주문을 냅니다. orders.<계좌번호> 큐로 보내며, 같은 order_id 는 한 번만 주문됩니다.",
        "Place a spot order, at most once for each order_id. Sent to the queue orders.<account>.",
        ("price", "order_kind", "exchange", "credit"),
        side=text("매매구분", "buy (매수) or sell (매도)", enum=list(SIDES)),
        stock_code=_CODE,
        quantity=whole("주문수량", "shares, from 1", 1, _MOST),
        price=whole("주문가격", "won; leave it out, or 0, where the kind takes none", 0, _MOST),
        order_kind=text(
            "거래구분",
            "limit (지정가) where left out, market (시장가), ...: " + ", ".join(KIND_CODES),
            enum=list(KIND_CODES),
        ),
        exchange=text("거래소", "KRX where left out, NXT or SOR", enum=["KRX", "NXT", "SOR"]),
        credit=text("신용구분", "leave it out: credit orders are not offered", maxLength=16),
    ),
    _order(
        "modify-order",
        "주문을 정정합니다. 가격과 수량만 바꿀 수 있습니다.",
        "Change the price, and the quantity, of an open order.",
        ("quantity",),
        original=_ORIGINAL,
        quantity=whole("정정수량", "shares of it; all that is open where left out", 0, _MOST),
        price=whole("정정가격", "won", 1, _MOST),
    ),
    _order(
        "cancel-order",
        "주문을 취소합니다. 주문 중지 중에도 됩니다.",
        "Cancel an open order, during a halt too. It goes before new orders.",
        ("quantity",),
        original=_ORIGINAL,
        quantity=whole("취소수량", "shares of it; all that is open where left out", 0, _MOST),
    ),
    _order(
        "cancel-all",
        "전략의 미체결 주문을 모두 취소합니다. external 이면 다른 곳에서 낸 주문도 취소합니다.",
        "Cancel every open order of a strategy; with external also those that were entered elsewhere.",
        ("stock_code", "external"),
        stock_code=_CODE,
        external=yes(
            "외부 주문", "true to cancel every strategy's orders, and those entered elsewhere"
        ),
    ),
    Method(
        "halt-orders",
        "신규 주문과 정정을 중지합니다. 재시작해도 유지됩니다.",
        "Stop new orders and modifications; a restart does not lift it. Cancellations pass.",
        parameters(
            ("strategy", "reason"),
            strategy=_ANY_STRATEGY,
            reason=text("사유", "why, for whoever looks", maxLength=200),
        ),
        group="orders",
        offline=ANSWER,
    ),
    Method(
        "resume-orders",
        "주문 중지를 풉니다.",
        "End a halt.",
        parameters(("strategy",), strategy=_ANY_STRATEGY),
        group="orders",
        offline=ANSWER,
    ),
    Method(
        "cancel-on-disconnect",
        "요청의 reply_to 큐를 읽는 클라이언트가 사라지면 전략의 미체결 주문을 모두 취소합니다.",
        "Cancel a strategy's open orders when nobody reads this request's reply_to queue any more.",
        parameters(
            ("on",),
            strategy=_STRATEGY,
            account=ACCOUNT,
            on={**yes("사용", "true to ask for it, false to take it back"), "default": True},
        ),
        group="orders",
        offline=ANSWER,
    ),
    Method(
        "adopt-account",
        "일지에 없는 미체결 주문이 있는 계좌의 주문을 허용합니다.",
        "Allow orders of an account that has open orders which this server's journal does not know.",
        parameters(account=ACCOUNT),
        group="orders",
        offline=ANSWER,
    ),
    Method(
        "settle-order",
        "unknown 주문의 결과를 사람이 확정합니다.",
        "Say what became of an unknown order, after looking at the account.",
        parameters(
            order_id=text("주문 ID", "of an unknown order", pattern="^[0-9A-Za-z._/-]{1,140}$"),
            order_number=text(
                "주문번호",
                "the broker's number of it; empty where it never arrived",
                pattern="^[0-9]{0,7}$",
            ),
        ),
        group="orders",
        offline=ANSWER,
    ),
    Method(
        "get-order",
        "주문 ID 로 주문의 상태와 체결을 조회합니다.",
        "What has become of an order, with its fills.",
        parameters(order_id=text("주문 ID", "an order_id", pattern="^[0-9A-Za-z._/-]{1,140}$")),
        group="orders",
        offline=ANSWER,
    ),
    _account_read(
        "get-open-orders",
        "계좌의 미체결 주문 (opt10075). 다른 곳에서 낸 주문도 포함합니다.",
        "The open orders of an account (opt10075), wherever they were entered.",
    ),
    _account_read(
        "get-fills",
        "계좌의 당일 체결 (opt10076).",
        "What the orders of an account have filled today (opt10076).",
    ),
    _account_read(
        "get-balance",
        "예수금과 주문가능금액 (opw00001), 계좌 평가 (opw00004).",
        "Cash and buying power (opw00001), and the account's value (opw00004).",
    ),
    _account_read(
        "get-positions",
        "보유 종목과 평가 (opw00018).",
        "What an account holds, with its value (opw00018).",
    ),
)
