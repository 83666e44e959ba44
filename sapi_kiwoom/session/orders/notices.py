"""What a chejan event (주문체결, sGubun 0) says, and what a row of an account's TR says about an order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Mapping, NamedTuple, Optional, Tuple

from sapi_kiwoom.session.orders.order import BUY, CANCEL, MODIFY, NEW, SELL

FIDS = (
    9201,
    9203,
    9001,
    913,
    900,
    901,
    902,
    903,
    904,
    905,
    907,
    908,
    909,
    914,
    915,
    919,
    920,
    2134,
    2136,
)
"""What is read of an event."""


class Notice(NamedTuple):
    """A chejan event about an order.

    Attributes:
        account, number, stock: whose order it is; ``number`` is 주문번호.
        state: 접수, 확인, 체결 or something with 거부.
        action, side: as in `order.Wish`.
        quantity, price, open: 주문수량, 주문가격, 미체결수량.
        value: 체결누계금액, won of all fills so far.
        original: the number of the order that this one changes, "" for a new one.
        time: HHMMSS of the exchange.
        fill: 체결번호, "" where the event tells of no fill.
        fill_price, fill_quantity: of this fill.
        screen: where it was sent from; "0000" and the like where it was entered elsewhere.
        rejection: 거부사유.
        exchange: ``KRX``, ``NXT`` or ``SOR``; ``KRX`` where the event does not tell, as before 2025.
    """

    account: str
    number: str
    stock: str
    state: str
    action: str
    side: str
    quantity: int
    price: int
    open: Optional[int]
    value: int
    original: str
    time: str
    fill: str
    fill_price: int
    fill_quantity: int
    screen: str
    rejection: str
    exchange: str = "KRX"

    @property
    def refused(self) -> bool:
        """Whether the broker or the exchange turned the order down after it had a number."""
        return "거부" in self.state


def notice(values: Mapping[int, str]) -> Notice:
    """Read a chejan event.

    Raises:
        ValueError: a quantity or price is no number.
    """
    text = {fid: values.get(fid, "").strip() for fid in FIDS}
    action, side = kind_and_side(text[905])
    filled = text[913] == "체결" and bool(text[909]) and whole(text[915]) > 0
    return Notice(
        account=text[9201],
        number=number(text[9203]),
        stock=stock(text[9001]),
        state=text[913],
        action=action,
        side={"1": SELL, "2": BUY}.get(text[907], side),
        quantity=whole(text[900]),
        price=whole(text[901]),
        open=whole(text[902]) if text[902] else None,
        value=whole(text[903]),
        original=number(text[904]),
        time=text[908],
        fill=text[909] if filled else "",
        fill_price=whole(text[914]) if filled else 0,
        fill_quantity=whole(text[915]) if filled else 0,
        screen=text[920],
        rejection=text[919],
        exchange="SOR" if text[2136] == "Y" else "NXT" if text[2134] == "2" else "KRX",
    )


@dataclass(frozen=True)
class Evidence:
    """What the account's TRs show of one order of a day.

    Attributes:
        number, stock, action, side, quantity, price, open, value, original: as in `Notice`; ``price`` is
            0 where it had none, ``original`` "" for a new order.
        filled: shares.
        entered: HHMMSS when the order was entered, "" where no TR told.
        elsewhere: it was certainly not entered through OpenAPI+.
        exchange: no TR tells it; ``KRX``.
    """

    number: str
    stock: str
    action: str
    side: str
    quantity: int
    price: int
    open: int
    filled: int
    value: int
    original: str
    entered: str = ""
    elsewhere: bool = False
    exchange: str = "KRX"


def kind_and_side(text: str) -> Tuple[str, str]:
    """Action and side of a 주문구분: ``+매수``, ``-매도정정``, `` 매수취소``, ``현금매수``."""
    action = MODIFY if "정정" in text else CANCEL if "취소" in text else NEW
    return action, SELL if "매도" in text else BUY


def whole(text: str) -> int:
    """A number without its sign, which is a colour; 0 where it is blank."""
    text = text.strip().lstrip("+-").replace(",", "")
    if not text:
        return 0
    return int(text) if text.isdigit() else int(float(text))


def number(text: str) -> str:
    """An order number as seven digits, "" where there is none."""
    text = text.strip()
    if not text or not text.strip("0"):
        return ""
    return text.zfill(7)


def stock(text: str) -> str:
    """A code without the letter that accounts put before it (``A005930``), nor a venue behind it."""
    text = text.strip()
    return text[1:7] if len(text) > 6 and text[0].isalpha() and "_" not in text[:7] else text[:6]
