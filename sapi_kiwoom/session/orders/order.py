"""What an order is: the client's wish, which never changes, and what has become of it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Dict, Optional

from sapi_kiwoom import krx

NEW, MODIFY, CANCEL = "new", "modify", "cancel"
"""`Wish.action`."""

BUY, SELL = "buy", "sell"
"""`Wish.side`."""

ORDER_TYPES = {
    "KRX": {
        (NEW, BUY): 1, (NEW, SELL): 2, (CANCEL, BUY): 3, (CANCEL, SELL): 4, (MODIFY, BUY): 5,
        (MODIFY, SELL): 6,
    },
    "SOR": {
        (NEW, BUY): 11, (NEW, SELL): 12, (CANCEL, BUY): 13, (CANCEL, SELL): 13, (MODIFY, BUY): 15,
        (MODIFY, SELL): 15,
    },
    "NXT": {
        (NEW, BUY): 21, (NEW, SELL): 22, (CANCEL, BUY): 23, (CANCEL, SELL): 23, (MODIFY, BUY): 25,
        (MODIFY, SELL): 25,
    },
}  # fmt: skip
"""nOrderType by exchange, action and side; it alone chooses the exchange."""

ACCEPTED = "accepted"
"""In the journal, certainly not sent."""
SENDING = "sending"
"""SendOrder is under way, or the server died in it."""
SENT = "sent"
"""SendOrder returned 0, which says only that it was sent."""
WORKING = "working"
"""The broker gave it a number. Of a cancellation: the exchange has not confirmed it yet."""
FILLED, CANCELLED, MODIFIED = "filled", "cancelled", "modified"
"""Nothing of it is open any more: it traded, the rest was taken back, or a modification took its place."""
DONE = "done"
"""A cancellation that the exchange has confirmed."""
REFUSED = "refused"
"""By a guard, by the control with a definite code, or by the broker. Nothing came of it."""
UNKNOWN = "unknown"
"""It may have been sent or not; only the account's TRs, or a human, can tell. It is never sent again."""
NOT_SENT = "not-sent"
"""The server stopped before it was sent."""
EXPIRED = "expired"
"""Its ``valid_until`` passed before it could be sent."""
LAPSED = "lapsed"
"""Its day is over."""

UNANSWERED = frozenset((ACCEPTED, SENDING, SENT))
"""The client waits for an answer."""
LIVE = frozenset((ACCEPTED, SENDING, SENT, WORKING, UNKNOWN))
"""Something may still become of it."""


@dataclass(frozen=True)
class Wish:
    """What a client wants, once.

    Attributes:
        order_id: chosen by the client; its identity everywhere.
        strategy: whose events it belongs to.
        account: ten digits.
        action: ``NEW``, ``MODIFY`` or ``CANCEL``.
        side: ``BUY`` or ``SELL``; "" for a change, which takes that of the order it changes.
        code: six characters; "" for a change.
        quantity: shares; 0 in a change means all that is open.
        price: won; 0 where the kind has none.
        kind: 거래구분, two digits.
        exchange: ``KRX``, ``NXT`` or ``SOR``; "" for a change.
        original: of a change: the ``order_id`` or the number of the order to be changed.
        valid_until: exchange time in microseconds since 1970 UTC, after which it must not be sent.
        user: who asked.
    """

    order_id: str
    strategy: str
    account: str
    action: str
    side: str = ""
    code: str = ""
    quantity: int = 0
    price: int = 0
    kind: str = "00"
    exchange: str = ""
    original: str = ""
    valid_until: int = 0
    user: str = ""

    def text(self) -> str:
        """The wish as JSON, the same for the same wish."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    @property
    def digest(self) -> str:
        """What tells two wishes with one ``order_id`` apart."""
        return hashlib.sha256(self.text().encode("utf-8")).hexdigest()


class Order:
    """A wish and its state. Only the life cycle changes it, and journals each change first.

    Attributes:
        wish: see `Wish`.
        sequence: of the journal, 1 for its first; names the request (sRQName) for ever.
        received: when it came, microseconds since 1970 UTC.
        state: one of this module's.
        reason: why it was refused and the like, a kebab-case name.
        message: the same in words, or what the broker's server said.
        code: what SendOrder returned, where that refused it.
        screen: the one it was sent on.
        sent: when SendOrder was called; 0 before that.
        number: the broker's 주문번호, "" while unknown.
        side, stock, exchange: those of the wish; of a change those of the order that it changes.
        target: of a change: the number of the order that it changes.
        filled: shares.
        value: won of all fills.
        open: shares that may still fill.
        reconciled_value: won of the fills that are counted because the account's TRs showed them.
    """

    __slots__ = (
        "code", "exchange", "filled", "message", "number", "open", "reason", "received",
        "reconciled_value", "screen", "sent", "sequence", "side", "state", "stock", "target", "value",
        "wish",
    )  # fmt: skip

    def __init__(self, wish: Wish, received: int) -> None:
        self.wish = wish
        self.sequence = 0
        self.received = received
        self.state = ACCEPTED
        self.reason = ""
        self.message = ""
        self.code: Optional[int] = None
        self.screen = ""
        self.sent = 0
        self.number = ""
        self.side = wish.side
        self.stock = wish.code
        self.exchange = wish.exchange
        self.target = ""
        self.filled = 0
        self.value = 0
        self.open = 0 if wish.action == CANCEL else wish.quantity
        self.reconciled_value = 0

    @property
    def order_id(self) -> str:
        """The client's."""
        return self.wish.order_id

    @property
    def strategy(self) -> str:
        """Whose it is."""
        return self.wish.strategy

    @property
    def account(self) -> str:
        """Ten digits."""
        return self.wish.account

    @property
    def day(self) -> date:
        """The Korean day to which its number belongs."""
        return krx.kst(self.sent or self.received).date()

    @property
    def rqname(self) -> str:
        """The sRQName under which it is sent; no other order ever has it."""
        return f"{RQNAME}{self.sequence}"

    def described(self) -> Dict[str, Any]:
        """What clients are told of it."""
        return {
            "order_id": self.order_id,
            "strategy": self.strategy,
            "account": self.account,
            "action": self.wish.action,
            "state": self.state,
            "order_number": self.number,
            "original_number": self.target,
            "stock_code": self.stock,
            "side": self.side,
            "exchange": self.exchange,
            "order_kind": self.wish.kind,
            "quantity": self.wish.quantity,
            "price": self.wish.price,
            "filled": self.filled,
            "filled_value": self.value,
            "open": self.open,
            "code": self.code,
            "reason": self.reason,
            "message": self.message,
        }


NOT_SPOT = ("31", "71", "72", "73")
"""How accounts end from which no stocks are ordered: futures and options, funds and the like."""

RQNAME = "sapi-order-"
"""How the sRQName of every order of this project begins."""


def masked(account: str) -> str:
    """An account number as it may stand in a log: its last four digits."""
    return f"******{account[-4:]}" if len(account) > 4 else "******"
