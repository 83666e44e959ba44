"""What OnReceiveMsg says. Occasions are named here; codes and texts are data, by profile.

Kiwoom warns that the codes may change, and they have: the mock server speaks differently since
2021. ``messages.json`` says of each text how well it is known.
"""

from __future__ import annotations

import json
from enum import Enum
from functools import lru_cache
from pathlib import Path
from typing import Dict, Mapping, NamedTuple, Tuple

from simulator.brokerage.order import BUY, CANCEL, MODIFY, NEW
from simulator.brokerage.profiles import MOCK, MOCK_2020, PROFILES, REAL
from simulator.universe import Stock

__all__ = [
    "MOCK",
    "MOCK_2020",
    "PROFILES",
    "REAL",
    "Message",
    "Saying",
    "accepted",
    "messages",
    "order_tr",
    "text",
]


class Saying(Enum):
    """An occasion on which the broker says something; all but the first eleven refuse."""

    QUERY_DONE = "query done"
    NOTHING_FOUND = "nothing found"
    NO_ORDERS_FOUND = "no orders found"
    BUY_ACCEPTED = "buy accepted"
    SELL_ACCEPTED = "sell accepted"
    BUY_MODIFICATION_ACCEPTED = "buy modification accepted"
    SELL_MODIFICATION_ACCEPTED = "sell modification accepted"
    BUY_CANCELLATION_ACCEPTED = "buy cancellation accepted"
    SELL_CANCELLATION_ACCEPTED = "sell cancellation accepted"
    BUY_BEFORE_THE_OPENING_ACCEPTED = "buy before the opening accepted"
    SELL_BEFORE_THE_OPENING_ACCEPTED = "sell before the opening accepted"

    NO_QUANTITY = "no quantity"
    PRICE_MISSING = "price missing"
    PRICE_NOT_WANTED = "price not wanted"
    PRICE_NOT_WANTED_AFTER_HOURS = "price not wanted after hours"
    OFF_THE_TICK = "off the tick"
    OUTSIDE_THE_LIMITS = "outside the limits"
    SHORT_OF_CASH = "short of cash"
    SHORT_OF_SHARES = "short of shares"
    BEFORE_THE_OPENING = "before the opening"
    AFTER_THE_CLOSE = "after the close"
    CLOSED_DAY = "closed day"
    NO_SUCH_CODE = "no such code"
    NOT_ORDERABLE = "not orderable"
    MAY_NOT_BE_BOUGHT = "may not be bought"
    HOGA_NOT_OFFERED = "hoga not offered"
    HOGA_NOT_POSSIBLE_NOW = "hoga not possible now"
    VENUE_NOT_POSSIBLE = "venue not possible"
    OUTSIDE_THE_HOURS_OF_NXT = "outside the hours of NXT"
    ORIGINAL_UNKNOWN = "original unknown"
    ORIGINAL_NUMBER_MISSING = "original number missing"
    NOTHING_LEFT_TO_MODIFY = "nothing left to modify"
    NOTHING_LEFT_TO_CANCEL = "nothing left to cancel"
    MORE_THAN_IS_LEFT_TO_MODIFY = "more than is left to modify"
    MORE_THAN_IS_LEFT_TO_CANCEL = "more than is left to cancel"
    ORIGINAL_IS_A_CANCELLATION = "original is a cancellation"
    ORIGINAL_IS_NO_SOR_ORDER = "original is no SOR order"
    CIRCUIT_BREAKER = "circuit breaker"
    NOT_OFFERED = "not offered"
    ACCOUNT_EXPIRED = "account expired"
    WRONG_ACCOUNT = "wrong account"
    WRONG_PASSWORD = "wrong password"
    REGISTRATION_FOR_LEVERAGED_FUNDS_MISSING = "registration for leveraged funds missing"


class Message(NamedTuple):
    """A message of one profile.

    Attributes:
        code: six characters.
        text: with the names of values in braces.
        evidence: ``recorded``, ``reported`` or ``assumed``.
    """

    code: str
    text: str
    evidence: str


@lru_cache(maxsize=None)
def messages(profile: str) -> Mapping[Saying, Message]:
    """All messages of a profile.

    Raises:
        ValueError: there is no such profile.
    """
    if profile not in PROFILES:
        raise ValueError(f"unknown profile {profile!r}; it is one of {', '.join(PROFILES)}")
    table = json.loads(Path(__file__).with_name("messages.json").read_text(encoding="utf-8"))
    column = table["profiles"].index(profile)
    return {Saying(name): Message(*texts[column]) for name, texts in table["sayings"].items()}


def text(profile: str, saying: Saying, **values: int) -> str:
    """The event's sMsg, as ``[RC4027] 모의투자 상/하한가 오류입니다.``.

    Args:
        profile: ``mock``, ``mock-2020`` or ``real``.
        saying: the occasion.
        values: what the text may tell: ``shares``, how many could be bought or sold. A profile that
            does not tell it ignores it.

    Raises:
        ValueError: no such profile, or a value that the text tells is missing.
    """
    message = messages(profile)[saying]
    try:
        return f"[{message.code}] {message.text.format(**values)}"
    except KeyError as error:
        raise ValueError(
            f"the message {saying.value!r} of {profile} tells {error.args[0]}; pass it"
        ) from None


_ACCEPTED: Dict[Tuple[str, bool], Saying] = {
    (NEW, True): Saying.BUY_ACCEPTED,
    (NEW, False): Saying.SELL_ACCEPTED,
    (MODIFY, True): Saying.BUY_MODIFICATION_ACCEPTED,
    (MODIFY, False): Saying.SELL_MODIFICATION_ACCEPTED,
    (CANCEL, True): Saying.BUY_CANCELLATION_ACCEPTED,
    (CANCEL, False): Saying.SELL_CANCELLATION_ACCEPTED,
}


def accepted(side: int, kind: str, hoga: str) -> Saying:
    """What the server says when it takes an order.

    Args:
        side: ``BUY`` or ``SELL``.
        kind: ``NEW``, ``MODIFY`` or ``CANCEL``.
        hoga: 거래구분; new orders at the previous close ("61") have a message of their own.
    """
    if kind == NEW and hoga == "61":
        buy, sell = Saying.BUY_BEFORE_THE_OPENING_ACCEPTED, Saying.SELL_BEFORE_THE_OPENING_ACCEPTED
        return buy if side == BUY else sell
    return _ACCEPTED[kind, side == BUY]


def order_tr(stock: Stock, side: int, kind: str) -> str:
    """The sTrCode of an order's OnReceiveMsg and OnReceiveTrData; funds count as KOSPI (``KP``)."""
    market = "KQ" if stock.market == "KOSDAQ" else "KP"
    if kind == NEW:
        return f"KOA_NORMAL_{'BUY' if side == BUY else 'SELL'}_{market}_ORD"
    return f"KOA_NORMAL_{market}_{'MODIFY' if kind == MODIFY else 'CANCEL'}"
