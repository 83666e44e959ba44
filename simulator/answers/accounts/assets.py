"""What accounts are worth: OPW00002 (by day), OPW00003, OPW00016 (over a period), OPW00017 (today).

Nothing is lent, and money comes and goes by trades alone, so that everything else is 0. Days before today
are known as far as `worthbefore` tells; OPW00016 takes the first of them where its period begins before.
"""

from __future__ import annotations

from datetime import date
from typing import Dict, List, NamedTuple, Union

from simulator.answers.accounts.records import account_of, account_rate, row, single
from simulator.answers.accounts.worth import held_now, worth
from simulator.answers.accounts.worthbefore import evenings
from simulator.answers.forms import day_form, parse_day
from simulator.answers.reply import Inputs, Reply, nothing
from simulator.answers.world import World
from simulator.brokerage.account import Account
from simulator.strings import ratio


class _Day(NamedTuple):
    """An account on a day; won. ``assets`` are after the costs of selling all, ``value`` is before."""

    day: date
    cash: int
    deposit: int
    value: int
    assets: int


def _days(world: World, account: Account, moment: int) -> List[_Day]:
    """Today and the days before, newest first."""
    held = held_now(world, account, moment)
    value, deposit = sum(each.at.value for each in held), account.deposit(2)
    found = [_Day(account.day, account.cash, deposit, value, worth(account, held))]
    for each in evenings(account):
        total = each.deposit + each.net(world, account.profile)
        found.append(_Day(each.day, each.cash, each.deposit, each.value(world), total))
    return found


def by_day(world: World, inputs: Inputs, moment: int) -> Reply:
    """OPW00002: the days from 시작조회기간 to 종료조회기간 that are over, newest first."""
    account = account_of(world, inputs)
    if account is None:
        return nothing()
    first = parse_day(inputs["시작조회기간"]) if inputs["시작조회기간"] else date.min
    last = parse_day(inputs["종료조회기간"]) if inputs["종료조회기간"] else account.day
    rows = [
        row(
            "opw00002",
            {
                "일자": day_form(each.day),
                "예수금": each.cash,
                "추정예탁자산": each.assets,
                "추정예탁자산수익증권제외": each.assets,
            },
        )
        for each in _days(world, account, moment)[1:]
        if first <= each.day <= last
    ]
    return Reply(single("opw00002", {"출력건수": len(rows)}), iter(rows))


def estimated(world: World, inputs: Inputs, moment: int) -> Reply:
    """OPW00003: 추정예탁자산 as in opw00018."""
    account = account_of(world, inputs)
    if account is None:
        return nothing()
    assets = worth(account, held_now(world, account, moment))
    return Reply(single("opw00003", {"추정예탁자산": assets}), iter(()))


def results(world: World, inputs: Inputs, moment: int) -> Reply:
    """OPW00016: 초 is the evening before 평가시작일, 말 is 평가종료일.

    순자산액계 is the deposit of D+2 and the shares at their price; 수익률 is what it has grown by,
    투자원금평잔 is what it was. 회전율 is what was traded by that, in percent.
    """
    account = account_of(world, inputs)
    if account is None:
        return nothing()
    start = parse_day(inputs["평가시작일"]) if inputs["평가시작일"] else account.day
    end = parse_day(inputs["평가종료일"]) if inputs["평가종료일"] else account.day
    days = _days(world, account, moment)
    first = next((each for each in days if each.day < start), days[-1])
    last = next((each for each in days if each.day <= end), days[-1])
    before, after = first.deposit + first.value, last.deposit + last.value
    traded = sum(
        each.bought + each.sold for day, each in account.days.items() if first.day < day <= last.day
    )
    values: Dict[str, Union[int, str]] = {
        "관리사원번호": "",
        "관리자명": "",
        "관리자지점": "",
        "예수금_초": first.cash,
        "예수금_말": last.cash,
        "유가증권평가금액_초": first.value,
        "유가증권평가금액_말": last.value,
        "현금미수금_초": max(0, -first.cash),
        "현금미수금_말": max(0, -last.cash),
        "순자산액계_초": before,
        "순자산액계_말": after,
        "투자원금평잔": before,
        "평가손익": after - before,
        "수익률": account_rate(account, ratio(after - before, before), 2),
        "회전율": account_rate(account, ratio(traded, before), 2),
    }
    return Reply(single("opw00016", values), iter(()))


def today(world: World, inputs: Inputs, moment: int) -> Reply:
    """OPW00017: what was traded today, and what there will be on D+2."""
    account = account_of(world, inputs)
    if account is None:
        return nothing()
    day = account.today
    values = {
        "D+2추정예수금": account.deposit(2),
        "일반주식평가금액D+2": sum(each.at.value for each in held_now(world, account, moment)),
        "매도금액": day.sold,
        "매수금액": day.bought,
        "수수료": day.fee,
        "세금": day.tax,
    }
    return Reply(single("opw00017", values), iter(()))
