"""What keeps an order from being sent: limits, halts, warned stocks, a clock that is wrong."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Callable, Deque, Dict, Optional

from sapi_kiwoom import krx
from sapi_kiwoom.control import Control
from sapi_kiwoom.errors import RequestRejected
from sapi_kiwoom.krx import MINUTE
from sapi_kiwoom.loop import SECOND
from sapi_kiwoom.session.orders.journal import Journal
from sapi_kiwoom.session.orders.order import CANCEL, NEW, Order

MOST_SKEW = SECOND
"""Between our clock and the exchange's: beyond this ``valid_until`` and the session's times mean nothing."""

WITHOUT_PRICE = frozenset(("03", "06", "07", "13", "16", "23", "26", "29", "30", "31", "61", "81"))
"""거래구분 that take no price: 시장가, 최유리, 최우선, 중간가, 시간외종가."""


@dataclass(frozen=True)
class Limits:
    """The largest orders that may pass; None where there is no limit.

    Attributes:
        quantity: shares of an order.
        value: won of an order; where it has no price, at the upper limit price.
        distance: per cent between the order's price and the last one.
        per_minute, per_day: new orders and modifications of an account. Cancellations are not counted.
        warned: whether warned stocks and ETFs may be bought. The control asks the user about them in a
            window, and SendOrder does not return before somebody answers.
    """

    quantity: Optional[int] = None
    value: Optional[int] = None
    distance: Optional[float] = None
    per_minute: Optional[int] = None
    per_day: Optional[int] = None
    warned: bool = False


def _refuse(name: str, message: str, **details: Any) -> RequestRejected:
    return RequestRejected(name, message, **details)


class Halts:
    """Which orders are stopped, kept in the journal: a restart lifts no halt.

    A halt is for everything (``""``) or for one strategy.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._halts: Dict[str, str] = journal.setting("halts") or {}

    @property
    def all(self) -> Dict[str, str]:
        """Why, by strategy; "" is everything."""
        return dict(self._halts)

    def halt(self, strategy: str, why: str) -> None:
        """Stop new orders and modifications."""
        self._halts[strategy] = why
        self._journal.set("halts", self._halts)

    def resume(self, strategy: str) -> bool:
        """Let them go on; False where there was no such halt."""
        found = self._halts.pop(strategy, None) is not None
        self._journal.set("halts", self._halts)
        return found

    def check(self, strategy: str) -> None:
        """Pass, or say why not.

        Raises:
            RequestRejected: ``halted``.
        """
        for scope in ("", strategy):
            if scope in self._halts:
                what = f"orders of {scope}" if scope else "all orders"
                raise _refuse(
                    "halted",
                    f"주문이 중지되었습니다 / {what} are halted ({self._halts[scope]}); "
                    "call resume-orders when it is safe",
                    strategy=scope,
                )


class Clock:
    """Compares our clock with the exchange's times as they come by.

    A time that the exchange wrote is in whole seconds and comes late, never early. So it is ahead of our
    clock only if ours is slow; and ours is fast only if every one of the last times is behind it.
    """

    HEARD = 30

    def __init__(self) -> None:
        self._behind: Deque[int] = deque(maxlen=self.HEARD)

    def hear(self, time: str, now: int) -> None:
        """The exchange says HHMMSS at our moment ``now``."""
        if len(time) != 6 or not time.isdigit():
            return
        seconds = int(time[:2]) * 3600 + int(time[2:4]) * 60 + int(time[4:])
        behind = now - krx.midnight(krx.kst(now).date()) - seconds * SECOND
        if abs(behind) < 12 * 60 * MINUTE:  # else midnight lies between
            self._behind.append(behind)

    @property
    def skew(self) -> int:
        """Microseconds by which our clock is fast, negative where it is slow; 0 while nobody knows."""
        if not self._behind:
            return 0
        least = min(self._behind)
        if least < 0:  # the second that the exchange wrote has begun already
            return least
        return least if len(self._behind) >= 3 else 0

    def check(self) -> None:
        """Pass, or say what is wrong.

        Raises:
            RequestRejected: ``clock-skew``.
        """
        if abs(self.skew) > MOST_SKEW:
            way = "fast" if self.skew > 0 else "slow"
            raise _refuse(
                "clock-skew",
                "이 컴퓨터의 시계가 거래소와 다릅니다 / this machine's clock is "
                f"{abs(self.skew) / SECOND:.1f} s {way} against the exchange's times; synchronise it with a "
                "time server",
                skew_seconds=self.skew / SECOND,
            )


@dataclass
class _Counts:
    day: date
    today: int = 0
    minute: Deque[int] = field(default_factory=deque)


class Guards:
    """Looks at each order right before it is sent.

    Args:
        control: is asked about warned stocks and base prices.
        journal: holds the halts.
        limits: for all accounts.
        last_price: the last price of a code in won, or None where nobody knows; the control's base
            price is taken then.
    """

    def __init__(
        self,
        control: Control,
        journal: Journal,
        limits: Optional[Limits] = None,
        last_price: Callable[[str], Optional[int]] = lambda code: None,
    ) -> None:
        self._control = control
        self.limits = limits or Limits()
        self.last_price = last_price
        self.halts = Halts(journal)
        self.clock = Clock()
        self._counts: Dict[str, _Counts] = {}

    def count(self, order: Order) -> None:
        """An order is sent, or was before a restart."""
        if order.wish.action == CANCEL or not order.sent:
            return
        counts = self._counts.setdefault(order.account, _Counts(order.day))
        if counts.day != order.day:
            counts.day, counts.today = order.day, 0
        counts.today += 1
        counts.minute.append(order.sent)

    def check(self, order: Order, now: int) -> None:
        """Pass, or say what is against it. Cancellations always pass. `halts` are checked apart.

        Raises:
            RequestRejected: ``clock-skew``, ``order-limit`` or ``warned-stock``.
        """
        wish, limits = order.wish, self.limits
        if wish.action == CANCEL:
            return
        self.clock.check()
        self._check_counts(order, now)
        quantity = wish.quantity or order.open
        if limits.quantity is not None and quantity > limits.quantity:
            self._over("quantity", quantity, limits.quantity, "shares")
        if limits.value is not None or limits.distance is not None:
            self._check_price(order, quantity)
        if wish.action == NEW and wish.side == "buy" and not limits.warned:
            self._check_warned(wish.code)

    def _over(self, what: str, found: object, most: object, unit: str) -> None:
        raise _refuse(
            "order-limit",
            f"주문 한도를 넘습니다 / {what} {found} is above the limit of {most} {unit}; send less, or "
            f"raise limits.{what} in the policy file",
            field=what,
            limit=most,
        )

    def _check_counts(self, order: Order, now: int) -> None:
        counts, limits = self._counts.get(order.account), self.limits
        if counts is None:
            return
        while counts.minute and counts.minute[0] <= now - MINUTE:
            counts.minute.popleft()
        if limits.per_minute is not None and len(counts.minute) >= limits.per_minute:
            self._over("per_minute", len(counts.minute) + 1, limits.per_minute, "orders")
        today = counts.today if counts.day == krx.kst(now).date() else 0
        if limits.per_day is not None and today >= limits.per_day:
            self._over("per_day", today + 1, limits.per_day, "orders")

    def _check_price(self, order: Order, quantity: int) -> None:
        wish, limits = order.wish, self.limits
        base = _price(self._control.GetMasterLastPrice(order.stock))
        last = self.last_price(order.stock) or base
        if not last:
            raise _refuse(
                "order-limit",
                f"the price of {order.stock} is not known, so its limits cannot be checked; "
                "subscribe to the code first",
                field="stock_code",
            )
        price = wish.price or max(last, base * 13 // 10)
        if limits.value is not None and price * quantity > limits.value:
            self._over("value", price * quantity, limits.value, "won")
        if limits.distance is not None and wish.price:
            distance = abs(wish.price - last) * 100 / last
            if distance > limits.distance:
                self._over("distance", f"{distance:.1f} % (last {last})", limits.distance, "%")

    def _check_warned(self, code: str) -> None:
        for function in ("IsOrderWarningStock", "IsOrderWarningETF"):
            answer = self._control.KOA_Functions(function, code).strip()
            if answer not in ("", "0"):
                raise _refuse(
                    "warned-stock",
                    f"투자유의 종목입니다 / {code} is warned ({function} {answer}): the control would "
                    "ask in a window and block; set limits.warned in the policy file if somebody answers it",
                    field="stock_code",
                    warning=answer,
                )


def _price(text: str) -> int:
    text = text.strip().lstrip("+-")
    return int(text) if text.isdigit() else 0
