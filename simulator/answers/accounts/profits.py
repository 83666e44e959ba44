"""What sales have earned: opt10072 and opt10073 (by day and stock), opt10074 (by day), opt10077 (today).

A record is what one order sold on one day. Its fee is that of both sides: of the sale, and of the purchase
of what was sold; opt10074 has the fees that were charged on the day.
"""

from __future__ import annotations

from datetime import date
from typing import Dict, List, Union

from simulator.answers.accounts.records import account_of, decimal, row, single
from simulator.answers.forms import day_form, parse_day
from simulator.answers.reply import Inputs, Reply, nothing
from simulator.answers.world import World
from simulator.brokerage.account import Account
from simulator.brokerage.holding import PRECISE, Sale
from simulator.brokerage.notices import account_code

_DIGITS = len(str(PRECISE)) - 1


def on_day(world: World, inputs: Inputs, moment: int) -> Reply:
    """opt10072: the sales of the day 시작일자; of every stock where 종목코드 is empty."""
    account = account_of(world, inputs)
    if account is None:
        return nothing()
    day = _day(inputs["시작일자"], account.day)
    rows = []
    for sale in _sales(world, account, inputs, day, day):
        values = _sale(sale)
        again = {"종목코드1": values["종목코드"], "당일매도손익1": values["당일매도손익"]}
        rows.append(row("opt10072", {**values, **again}))
    return Reply([], iter(rows))


def by_stock(world: World, inputs: Inputs, moment: int) -> Reply:
    """opt10073: the sales from 시작일자 to 종료일자, newest first."""
    account = account_of(world, inputs)
    if account is None:
        return nothing()
    start, end = (_day(inputs[name], account.day) for name in ("시작일자", "종료일자"))
    sales = _sales(world, account, inputs, start, end)
    return Reply([], iter([row("opt10073", _sale(sale)) for sale in sales]))


def by_day(world: World, inputs: Inputs, moment: int) -> Reply:
    """opt10074: the days with trades from 시작일자 to 종료일자, newest first, and their sum."""
    account = account_of(world, inputs)
    if account is None:
        return nothing()
    start, end = (_day(inputs[name], account.day) for name in ("시작일자", "종료일자"))
    days = [
        (day, figures)
        for day, figures in sorted(account.days.items(), reverse=True)
        if start <= day <= end and (figures.bought or figures.sold)
    ]
    record = single(
        "opt10074",
        {
            "총매수금액": sum(figures.bought for _, figures in days),
            "총매도금액": sum(figures.sold for _, figures in days),
            "실현손익": sum(figures.profit for _, figures in days),
            "매매수수료": sum(figures.fee for _, figures in days),
            "매매세금": sum(figures.tax for _, figures in days),
        },
    )
    rows = [
        row(
            "opt10074",
            {
                "일자": day_form(day),
                "매수금액": figures.bought,
                "매도금액": figures.sold,
                "당일매도손익": figures.profit,
                "당일매매수수료": figures.fee,
                "당일매매세금": figures.tax,
            },
        )
        for day, figures in days
    ]
    return Reply(record, iter(rows))


def today(world: World, inputs: Inputs, moment: int) -> Reply:
    """opt10077: today's sales and their sum; of every stock where 종목코드 is empty."""
    account = account_of(world, inputs)
    if account is None:
        return nothing()
    sales = _sales(world, account, inputs, account.day, account.day)
    rows = [
        row(
            "opt10077",
            {
                "종목명": sale.stock.name,
                "체결량": sale.quantity,
                "매입단가": _trimmed(sale.precise_cost // sale.quantity),
                "체결가": _average(sale),
                "당일매도손익": _trimmed(sale.precise_profit),
                "손익율": decimal(sale.rate, 2, "+"),
                "당일매매수수료": sale.charges,
                "당일매매세금": sale.tax,
                "종목코드": account_code(sale.stock),
            },
        )
        for sale in sales
    ]
    return Reply(single("opt10077", {"당일실현손익": sum(s.profit for s in sales)}), iter(rows))


def _sales(world: World, account: Account, inputs: Inputs, start: date, end: date) -> List[Sale]:
    """Newest first."""
    wanted = inputs.get("종목코드", "")
    sales = reversed(account.sales(start, end))
    return [sale for sale in sales if not wanted or sale.stock is world.stock(wanted)]


def _sale(sale: Sale) -> Dict[str, Union[int, str]]:
    return {
        "일자": day_form(sale.day),
        "당일hts매도수수료": "현금",
        "종목명": sale.stock.name,
        "체결량": sale.quantity,
        "매입단가": decimal(_cents(sale.precise_cost, sale.quantity), 2),
        "체결가": _average(sale),
        "당일매도손익": decimal(_cents(sale.precise_profit, 1), 2),
        "손익율": decimal(sale.rate, 2, "+"),
        "종목코드": account_code(sale.stock),
        "당일매매수수료": sale.charges,
        "당일매매세금": sale.tax,
        "인출가능금액": 0,
        "대출일": "",
        "신용구분": "현금잔고",
    }


def _average(sale: Sale) -> int:
    """Won that a share brought, rounded half up."""
    return (2 * sale.value + sale.quantity) // (2 * sale.quantity)


def _cents(precise: int, shares: int) -> int:
    """Hundredths of a won, rounded half up."""
    unit = PRECISE // 100 * shares
    return (2 * precise + unit) // (2 * unit)


def _trimmed(precise: int) -> str:
    """Won with as many decimals as there are."""
    return decimal(precise, _DIGITS).rstrip("0").rstrip(".")


def _day(text: str, default: date) -> date:
    return parse_day(text) if text else default
