"""What accounts have: opw00001 (deposits), opw00004, opw00005, opw00018 and opt10085 (holdings).

Nothing is lent and no collateral counts, so what belongs to credit, 대용금 and funds is 0, and so are the
investment results of opw00004. In opw00004 and opw00005 평가금액 is what is left after fees and tax, in
opw00018 it is price times shares, as the broker's own examples show.
"""

from __future__ import annotations

from typing import Dict, List, Union

from simulator.answers.accounts.records import account_of, account_rate, row, single
from simulator.answers.accounts.worth import free, held_now, margin_cash, price_now, worth
from simulator.answers.forms import price_form
from simulator.answers.reply import Inputs, Reply, nothing
from simulator.answers.world import World
from simulator.brokerage.holding import Holding
from simulator.brokerage.notices import account_code
from simulator.strings import ratio

_Values = Dict[str, Union[int, str]]


def deposits(world: World, inputs: Inputs, moment: int) -> Reply:
    """opw00001: one record. 추정조회 and 일반조회 (조회구분 3 and 2) give the same."""
    account = account_of(world, inputs)
    if account is None:
        return nothing()
    values: _Values = {
        "예수금": account.cash,
        "주식증거금현금": margin_cash(account),
        "출금가능금액": free(account),
        "주문가능금액": free(account),
        "수익증권매수가능금액": free(account),
        "현금미수금": max(0, -account.cash),
        "현금미수금합계": max(0, -account.cash),
        "신용담보비율": account_rate(account, 0, 2),
        "최소주문가능금액": account.orderable(100),
    }
    values.update(
        {f"{rate}%종목주문가능금액": account.orderable(rate) for rate in (20, 30, 40, 100)}
    )
    for ahead in (1, 2):
        due, least = account.due(ahead), min(account.deposit(each) for each in range(ahead, 3))
        values.update(
            {
                f"d+{ahead}추정예수금": account.deposit(ahead),
                f"d+{ahead}매도매수정산금": due.net,
                f"d+{ahead}매수정산금": due.paid,
                f"d+{ahead}매도정산금": due.received,
                f"d+{ahead}미수변제소요금": max(0, -account.deposit(ahead)),
                f"d+{ahead}출금가능금액": max(0, least - account.bound),
            }
        )
    return Reply(single("opw00001", values), iter(()))


def evaluation(world: World, inputs: Inputs, moment: int) -> Reply:
    """opw00004: the account and its holdings, 손익율 with four decimals."""
    account = account_of(world, inputs)
    if account is None:
        return nothing()
    held = held_now(world, account, moment)
    no_rate = account_rate(account, 0, 2)
    record = single(
        "opw00004",
        {
            "계좌명": account.name,
            "지점명": "",
            "예수금": account.cash,
            "D+2추정예수금": account.deposit(2),
            "유가잔고평가액": sum(each.at.net for each in held),
            "예탁자산평가액": account.deposit(2) + sum(each.at.value for each in held),
            "총매입금액": sum(each.at.cost for each in held),
            "추정예탁자산": worth(account, held),
            "당일손익율": no_rate,
            "당월손익율": no_rate,
            "누적손익율": no_rate,
            "출력건수": len(held),
        },
    )
    rows = [
        row(
            "opw00004",
            {
                "종목코드": account_code(holding.stock),
                "종목명": holding.stock.name,
                "보유수량": holding.quantity,
                "평균단가": holding.average_cut,
                "현재가": price,
                "평가금액": at.net,
                "손익금액": at.profit,
                "손익율": account_rate(account, _fine(at.profit, at.cost), 4),
                "대출일": "",
                "매입금액": at.cost,
                "결제잔고": holding.settled,
                **_traded(holding),
            },
        )
        for holding, price, _, at in held
    ]
    return Reply(record, iter(rows))


def balance(world: World, inputs: Inputs, moment: int) -> Reply:
    """opw00005: deposits and holdings, rates with four decimals."""
    account = account_of(world, inputs)
    if account is None:
        return nothing()
    held = held_now(world, account, moment)
    cost, profit = sum(each.at.cost for each in held), sum(each.at.profit for each in held)
    values: _Values = {
        "예수금": account.cash,
        "예수금D+1": account.deposit(1),
        "예수금D+2": account.deposit(2),
        "출금가능금액": free(account),
        "주문가능현금": free(account),
        "현금미수금": max(0, -account.cash),
        "증거금현금": margin_cash(account),
        "주식매수총액": cost,
        "평가금액합계": sum(each.at.net for each in held),
        "총손익합계": profit,
        "총손익률": account_rate(account, _fine(profit, cost), 4),
        "총재매수가능금액": account.due(1).received + account.due(2).received,
        "신용담보비율": account_rate(account, 0, 2),
        "조회건수": len(held),
    }
    rates = (20, 30, 40, 50, 60, 100)
    values.update({f"{rate}주문가능금액": account.orderable(rate) for rate in rates})
    rows = [
        row(
            "opw00005",
            {
                "신용구분": "00",
                "대출일": "",
                "만기일": "",
                "종목번호": account_code(holding.stock),
                "종목명": holding.stock.name,
                "결제잔고": holding.settled,
                "현재잔고": holding.quantity,
                "현재가": price,
                "매입단가": holding.average_cut,
                "매입금액": at.cost,
                "평가금액": at.net,
                "평가손익": at.profit,
                "손익률": account_rate(account, _fine(at.profit, at.cost), 4),
            },
        )
        for holding, price, _, at in held
    ]
    return Reply(single("opw00005", values), iter(rows))


def holdings(world: World, inputs: Inputs, moment: int) -> Reply:
    """opw00018: 합산 and 개별 (조회구분 1 and 2) give the same, as nothing is bought on credit."""
    account = account_of(world, inputs)
    if account is None:
        return nothing()
    held = held_now(world, account, moment)
    cost, profit = sum(each.at.cost for each in held), sum(each.at.profit for each in held)
    record = single(
        "opw00018",
        {
            "총매입금액": cost,
            "총평가금액": sum(each.at.value for each in held),
            "총평가손익금액": profit,
            "총수익률(%)": account_rate(account, ratio(profit, cost), 2),
            "추정예탁자산": worth(account, held),
            "조회건수": len(held),
        },
    )
    rows = [
        row(
            "opw00018",
            {
                "종목번호": account_code(holding.stock),
                "종목명": holding.stock.name,
                "평가손익": at.profit,
                "수익률(%)": account_rate(account, at.rate, 2),
                "매입가": holding.average_cut,
                "전일종가": base,
                "보유수량": holding.quantity,
                "매매가능수량": holding.orderable,
                "현재가": price,
                **_traded(holding),
                "매입금액": at.cost,
                "매입수수료": at.buy_fee,
                "평가금액": at.value,
                "평가수수료": at.sell_fee,
                "세금": at.tax,
                "수수료합": at.fee,
                "보유비중(%)": account_rate(account, ratio(at.cost, cost), 2),
                "신용구분": "00",
                "신용구분명": "",
                "대출일": "",
            },
        )
        for holding, price, base, at in held
    ]
    return Reply(record, iter(rows))


def results(world: World, inputs: Inputs, moment: int) -> Reply:
    """opt10085: holdings and what was realised of them today, those that were sold out today included."""
    account = account_of(world, inputs)
    if account is None:
        return nothing()
    rows: List[List[str]] = []
    for holding in account.holdings.values():
        if not (holding.quantity or holding.sold):
            continue
        price, base = price_now(world, holding, moment)
        rows.append(
            row(
                "opt10085",
                {
                    "일자": "",
                    "종목코드": holding.stock.code,
                    "종목명": holding.stock.name,
                    "현재가": price_form(price, base),
                    "매입가": holding.average,
                    "매입금액": holding.cost,
                    "보유수량": holding.quantity,
                    "당일매도손익": holding.profit,
                    "당일매매수수료": holding.fee,
                    "당일매매세금": holding.tax,
                    "신용구분": "00",
                    "대출일": "00000000",
                    "결제잔고": holding.settled,
                    "청산가능수량": holding.orderable,
                    "신용금액": 0,
                    "신용이자": 0,
                    "만기일": "00000000",
                },
            )
        )
    return Reply([], iter(rows))


def _traded(holding: Holding) -> _Values:
    return {
        "전일매수수량": holding.bought_before,
        "전일매도수량": holding.sold_before,
        "금일매수수량": holding.bought,
        "금일매도수량": holding.sold,
    }


def _fine(part: int, whole: int) -> int:
    """``part / whole`` in ten-thousandths of a percent."""
    return ratio(part, whole, 10_000)
