"""Asks the account's TRs what really became of the orders of a day, and compares.

opt10075 and opt10076 know today's orders and fills, opw00007 those of any day, with the moment at which
each was entered. All pages are read. Only positive evidence counts: an order that is not shown may still
be on its way.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Callable, Dict, Iterable, List, Mapping, Protocol, Sequence, Tuple

from sapi_kiwoom import catalogue, krx
from sapi_kiwoom.errors import KiwoomError
from sapi_kiwoom.loop import SECOND
from sapi_kiwoom.session.gate import Gate
from sapi_kiwoom.session.orders.notices import Evidence, kind_and_side, number, stock, whole
from sapi_kiwoom.session.orders.order import CANCEL, MODIFY, NEW, Order, masked
from sapi_kiwoom.session.requests import Chain, Ticket

log = logging.getLogger(__name__)

Rows = Sequence[Mapping[str, str]]

PRIORITY = 1000
"""Above everybody else's requests: orders wait for this."""

RETRY, LONGEST_RETRY = 5 * SECOND, 300 * SECOND
"""After a TR that failed; doubled each time, for a password that is not registered fails for ever."""

LATEST_ENTRY = 60 * SECOND
"""After SendOrder."""

HELD_FROM, FORWARDED = 8 * 60 + 20, 8 * 60 + 31
"""Minutes of the day: orders of the first on are held by the broker, and entered before the second."""


class Asks(Protocol):
    """What asks TRs: `sapi_kiwoom.session.requests.Requests`."""

    def submit(self, chain: Chain) -> Ticket:
        """See `Requests.submit`."""


class Reconciler:
    """Reads the orders of an account's days, one reading at a time for each account.

    Args:
        requests: asks.
        gate: its timers.
        done: called with the account and the evidence by day and number.
    """

    def __init__(
        self,
        requests: Asks,
        gate: Gate,
        done: Callable[[str, Dict[date, Dict[str, Evidence]]], None],
    ) -> None:
        self._requests = requests
        self._gate = gate
        self._done = done
        self._again: Dict[str, bool] = {}  # accounts that are being read; True: and then once more

    def running(self, account: str) -> bool:
        """Whether the account is being read."""
        return account in self._again

    def start(self, account: str, today: date, days: Iterable[date]) -> None:
        """Read today and the other days. While a reading is under way, another one follows it."""
        if account in self._again:
            self._again[account] = True
            return
        self._again[account] = False
        asked = [("opt10075", today), ("opt10076", today), ("opw00007", today)]
        asked += [("opw00007", day) for day in sorted(set(days)) if day != today]
        self._next(account, today, asked, defaultdict(dict))

    def _next(
        self,
        account: str,
        today: date,
        asked: List[Tuple[str, date]],
        found: Dict[date, Dict[str, Evidence]],
    ) -> None:
        if not asked:
            again = self._again.pop(account)
            if again:  # what was read may be older than what asked for it
                self.start(account, today, [day for day in found if day != today])
            else:
                self._done(account, found)
            return
        code, day = asked[0]
        tr = catalogue.tr(code)
        retry = RETRY

        def read(rows: Rows) -> None:
            try:
                merge(found[day], code, rows)
            except (KeyError, ValueError) as error:
                failed(KiwoomError(f"{code} cannot be read: {error!r}"))
                return
            self._next(account, today, asked[1:], found)

        def failed(error: KiwoomError) -> None:
            nonlocal retry
            log.warning(
                "orders of account %s wait: %s; asking again in %g s",
                masked(account), error, retry / SECOND,
            )  # fmt: skip
            self._gate.call_later(retry, ask)
            retry = min(2 * retry, LONGEST_RETRY)

        def ask() -> None:
            values = _inputs(code, account, day)
            inputs = {each.name: values.get(each.name, "") for each in tr.inputs}
            try:
                self._requests.submit(
                    Chain(tr=tr, inputs=inputs, on_done=read, on_error=failed, priority=PRIORITY)
                )
            except KiwoomError as error:
                failed(error)

        ask()


def _inputs(code: str, account: str, day: date) -> Dict[str, str]:
    """Everything of a day: all stocks, both sides, filled or not."""
    return {
        "계좌번호": account,
        "전체종목구분": "0",
        "매매구분": "0",
        "체결구분": "0",
        "매도수구분": "0",
        "주문일자": day.strftime("%Y%m%d"),
        "비밀번호입력매체구분": "00",
        "조회구분": "1" if code == "opw00007" else "0",
        "주식채권구분": "0",
    }


def merge(found: Dict[str, Evidence], code: str, rows: Rows) -> None:
    """Add what a TR shows. Where two differ, the later state counts: more filled, less open.

    Raises:
        KeyError: a field is missing.
        ValueError: a quantity or price is no number.
    """
    read = _from_back_office if code == "opw00007" else partial(_from_today, code == "opt10075")
    for row in rows:
        new = read(row)
        old = found.get(new.number)
        if not new.number:
            continue
        if old is None:
            found[new.number] = new
            continue
        further = new if new.filled > old.filled else old
        found[new.number] = replace(
            old,
            filled=further.filled,
            value=further.value,
            open=min(old.open, new.open),
            original=old.original or new.original,
            entered=old.entered or new.entered,
            elsewhere=old.elsewhere or new.elsewhere,
        )


def _from_today(has_value: bool, row: Mapping[str, str]) -> Evidence:
    action, side = kind_and_side(row["주문구분"])
    filled = whole(row["체결량"])
    return Evidence(
        number=number(row["주문번호"]),
        stock=stock(row["종목코드"]),
        action=action,
        side=side,
        quantity=whole(row["주문수량"]),
        price=whole(row["주문가격"]),
        open=whole(row["미체결수량"]),
        filled=filled,
        value=whole(row["체결누계금액"]) if has_value else whole(row["체결가"]) * filled,
        original=number(row["원주문번호"]),
    )


def _from_back_office(row: Mapping[str, str]) -> Evidence:
    _, side = kind_and_side(row["주문구분"])
    action, _ = kind_and_side(row["정정취소"])
    filled = whole(row["체결수량"])
    channel = row["통신구분"].strip().upper()
    return Evidence(
        number=number(row["주문번호"]),
        stock=stock(row["종목번호"]),
        action=action,
        side=side,
        quantity=whole(row["주문수량"]),
        price=whole(row["주문단가"]),
        open=whole(row["주문잔량"]) if action != CANCEL else 0,
        filled=filled,
        value=whole(row["체결단가"]) * filled,
        original=number(row["원주문"]),
        entered="".join(filter(str.isdigit, row["주문시간"])),
        elsewhere=bool(channel) and "API" not in channel,
    )


def identified(
    lost: Sequence[Order], found: Mapping[str, Evidence], known: Callable[[str], bool]
) -> Dict[str, Order]:
    """Which numbers certainly belong to orders whose number was never heard, all of one account and day.

    A number is an order's only if it alone could be, and the order alone could be its: entered after it
    was sent, with the same content, and nobody else's. Twins stay as they are.
    """
    fits: Dict[str, List[Order]] = {}
    chances: Dict[str, List[str]] = defaultdict(list)
    for evidence in found.values():
        if evidence.elsewhere or known(evidence.number):
            continue
        orders = [order for order in lost if _fits(order, evidence)]
        fits[evidence.number] = orders
        for order in orders:
            chances[order.order_id].append(evidence.number)
    return {
        each: orders[0]
        for each, orders in fits.items()
        if len(orders) == 1 and len(chances[orders[0].order_id]) == 1
    }


def _fits(order: Order, evidence: Evidence) -> bool:
    wish = order.wish
    same = (
        evidence.action == wish.action
        and evidence.stock == order.stock
        and evidence.side == order.side
        and (evidence.quantity == wish.quantity or (not wish.quantity and wish.action != NEW))
        and (evidence.price == wish.price or wish.action == CANCEL)
        and evidence.original == (order.target if wish.action in (CANCEL, MODIFY) else "")
    )
    return same and _in_time(order, evidence.entered)


def _in_time(order: Order, entered: str) -> bool:
    """Entered from the moment of SendOrder on (the clocks may differ by a second) to a minute later."""
    if len(entered) != 6:
        return False
    day = order.day
    at = timedelta(hours=int(entered[:2]), minutes=int(entered[2:4]), seconds=int(entered[4:]))
    moment = krx.midnight(day) + at // timedelta(microseconds=1)
    last = order.sent + LATEST_ENTRY
    if krx.day_and_minute(order.sent)[1] >= HELD_FROM:
        last = max(last, krx.midnight(day) + FORWARDED * krx.MINUTE)
    return order.sent - 2 * SECOND < moment <= last
