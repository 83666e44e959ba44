"""What is settled: opw00008 (tomorrow's settlement) and OPW00015 (위탁종합거래내역).

A trade enters the statement on the day of its settlement, so that its 정산금액 add up to the deposit. An
account keeps each sale of days before, and their purchases as one sum a day: these are one entry without a
stock.
"""

from __future__ import annotations

from datetime import date
from typing import Dict, List, NamedTuple, Optional, Union

from sapi_kiwoom import krx
from simulator.answers.accounts.records import account_of, row, single
from simulator.answers.accounts.worthbefore import cash_on
from simulator.answers.forms import count, day_form, parse_day
from simulator.answers.reply import Inputs, Reply, nothing
from simulator.answers.world import World
from simulator.brokerage import costs
from simulator.brokerage.account import Account, Day
from simulator.brokerage.notices import account_code
from simulator.universe import Stock

_RURAL = 1_500
"""농특세 on KOSPI, in millionths; the rest of the tax is 거래세."""


class _Entry(NamedTuple):
    """A sale, or all purchases of a day; won and shares."""

    traded: date
    sale: bool
    stock: Optional[Stock]
    quantity: int  # 0 where it is not kept
    value: int
    fee: int
    tax: int

    @property
    def amount(self) -> int:
        """정산금액: what is paid or received."""
        return self.value - self.fee - self.tax if self.sale else self.value + self.fee

    @property
    def net(self) -> int:
        """What it adds to the deposit."""
        return self.amount if self.sale else -self.amount

    @property
    def average(self) -> int:
        """단가 in won, rounded half up."""
        shares = self.quantity
        return (2 * self.value + shares) // (2 * shares) if shares else 0

    @property
    def rural_tax(self) -> int:
        """농특세."""
        if self.stock is None or self.stock.market != "KOSPI":
            return 0
        return min(self.tax, self.value * _RURAL // costs.MILLION)

    @property
    def stock_values(self) -> Dict[str, Union[int, str]]:
        """종목명; "" where it is not kept."""
        return {"종목명": self.stock.name if self.stock else ""}

    @property
    def code(self) -> str:
        return account_code(self.stock) if self.stock else ""


def _entries(account: Account, day: date) -> List[_Entry]:
    """What was traded on a day, in order: purchases first."""
    traded = account.days.get(day, Day())
    sales = [
        _Entry(day, True, each.stock, each.quantity, each.value, each.fee, each.tax)
        for each in account.sales(day, day)
    ]
    if not traded.bought:
        return sales
    fee = traded.fee - sum(each.fee for each in sales)
    return [_Entry(day, False, None, 0, traded.bought, fee, 0), *sales]


# -- opw00008 --------------------------------------------------------------------------------------


def due_tomorrow(world: World, inputs: Inputs, moment: int) -> Reply:
    """opw00008: the trades of the trading day before, which are settled on the next one.

    시작결제번호 is the first 일련번호 that is shown.
    """
    account = account_of(world, inputs)
    if account is None:
        return nothing()
    day, due = krx.previous_trading_day(account.day), account.due(1)
    first = count(inputs["시작결제번호"], 1)
    rows = [
        row(
            "opw00008",
            {
                "일련번호": f"{number:07d}",
                "종목번호": each.code,
                "대출일": "",
                "수량": each.quantity,
                "약정금액": each.value,
                "수수료": each.fee,
                "농특세": each.rural_tax,
                **each.stock_values,
                "매도수구분": "매도" if each.sale else "매수",
                "단가": each.average,
                "정산금액": each.amount,
                "거래세": each.tax - each.rural_tax,
                "신용구분": "보통매매",
            },
        )
        for number, each in enumerate(_entries(account, day), 1)
        if number >= first
    ]
    record = single(
        "opw00008",
        {
            "매매일자": day_form(day),
            "결제일자": day_form(costs.settlement_day(account.day, 1)),
            "매도정산합": due.received,
            "매수정산합": due.paid,
            "조회건수": len(rows),
        },
    )
    return Reply(record, iter(rows))


# -- OPW00015 --------------------------------------------------------------------------------------

_NUMBER = 62
"""Bytes of 계좌번호."""

_KINDS = {"3": (True, False), "4": (False,), "5": (True,)}
"""구분: whether sales, or purchases. There are no other entries; with 0 all."""


def statement(world: World, inputs: Inputs, moment: int) -> Reply:
    """OPW00015: from 시작일자 to 종료일자, newest first.

    거래일자 is the day of settlement, 체결일 that of the trade. 예수금잔고 is the deposit after the entry.
    """
    account = account_of(world, inputs)
    if account is None:
        return nothing()
    first = parse_day(inputs["시작일자"]) if inputs["시작일자"] else account.day
    last = min(parse_day(inputs["종료일자"]), account.day) if inputs["종료일자"] else account.day
    stock = world.stock(inputs["종목코드"]) if inputs["종목코드"] else None
    wanted = _KINDS.get(inputs["구분"], (True, False) if inputs["구분"] in ("", "0") else ())
    abroad = inputs["통화코드"].strip() or inputs["상품구분"] not in ("", "0", "1")
    rows: List[List[str]] = []
    number = 0
    for day in sorted(account.days):
        settled = costs.settlement_day(day)
        if settled > last:
            break
        entries = _entries(account, day)
        balance = cash_on(account, settled) - sum(each.net for each in entries)
        for each in entries:
            number += 1
            balance += each.net
            if settled < first or abroad or each.sale not in wanted:
                continue
            if inputs["종목코드"] and (stock is None or each.stock is not stock):
                continue
            rows.append(_statement_row(each, settled, number, balance))
    number_form = account.number.ljust(_NUMBER)  # blanks, not zeros, fill the field
    record = single("opw00015", {"계좌번호": number_form, "출력건수": len(rows)})
    return Reply(record, reversed(rows))


def _statement_row(entry: _Entry, settled: date, number: int, balance: int) -> List[str]:
    name = "매도" if entry.sale else "매수"
    return row(
        "opw00015",
        {
            **dict.fromkeys(_BLANK, ""),
            "거래일자": day_form(settled),
            "거래번호": f"{number:09d}",
            "적요명": f"장내{name}",
            "정산금액": entry.amount,
            "예수금잔고": balance,
            "통화코드": "KRW",
            "거래종류구분": "2" if entry.sale else "1",
            "거래종류명": name,
            **entry.stock_values,
            "거래금액": entry.value,
            "거래및농특세": entry.tax,
            "입출구분": "1" if entry.sale else "2",
            "입출구분명": "입금" if entry.sale else "출금",
            "종목코드": entry.code,
            "거래수량/좌수": str(entry.quantity) if entry.quantity else "",
            "수수료": entry.fee,
            "거래단가/환율": str(entry.average) if entry.quantity else "",
            "체결일": day_form(entry.traded),
            "세금수수료합": entry.fee + entry.tax,
            "거래내역구분": "3",
        },
    )


_BLANK = (
    *(
        "신용거래구분명",
        "매체구분명",
        "원거래번호",
        "유가금잔",
        "처리시간",
        "ISIN코드",
        "거래소코드",
    ),
    *("거래소명", "대출일", "미수(원/주)", "출납번호", "처리자", "처리점", "매매형태", "입금자"),
)
"""Texts of an entry that nobody fills."""
