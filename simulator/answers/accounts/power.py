"""What an account can buy: opw00010, opw00011, OPW00012 and opw00013.

Proceeds of sales can be spent again before they are settled (재사용): yesterday's, which come tomorrow, and
today's. Together with the free cash they are what can be ordered at a margin of 100 %. Nothing is bought on
credit, so that amounts of credit and 대용금 are 0.
"""

from __future__ import annotations

from typing import Dict, NamedTuple, Union

from simulator.answers.accounts.records import account_of, account_rate, single
from simulator.answers.accounts.worth import free, margin_cash
from simulator.answers.forms import count
from simulator.answers.reply import Inputs, Reply, nothing
from simulator.answers.world import World
from simulator.brokerage import costs
from simulator.brokerage.account import Account
from simulator.universe import Stock

_Values = Dict[str, Union[int, str]]

_RATES = (20, 30, 40, 50, 60, 100)


class _Reuse(NamedTuple):
    """재사용: won received for sales of a day, and what of them can be spent."""

    received: int
    usable: int


def _reuse(account: Account) -> Dict[str, _Reuse]:
    """By 전일 and 금일: purchases use up yesterday's proceeds first, after the cash."""
    left = max(0, account.orderable(100) - free(account))
    today, yesterday = account.due(2).received, account.due(1).received
    usable = min(today, left)
    return {"전일": _Reuse(yesterday, min(yesterday, left - usable)), "금일": _Reuse(today, usable)}


def _shares(account: Account, price: int, rate: int) -> int:
    """How many shares of a margin rate (percent) can be bought at a price, fees included."""
    rate = rate if account.margin else 100

    def need(shares: int) -> int:
        value = price * shares
        return -(-value * rate // 100) + costs.fee(value, account.profile)

    power = max(0, account.power)
    if not price:
        return 0
    low, high = 0, power * 100 // (price * rate) + 1
    while low + 1 < high:
        middle = (low + high) // 2
        low, high = (middle, high) if need(middle) <= power else (low, middle)
    return low


def _asked_price(world: World, inputs: Inputs, moment: int) -> int:
    """매수가격, or the price of now where it is not given; 0 for an unknown stock."""
    given = count(inputs["매수가격"], 0)
    stock = _stock(world, inputs)
    if given or stock is None:
        return given
    last = world.last_trade(stock, moment)
    return last.price if last else world.feed.base_price(stock, world.trading_day(moment))


def _stock(world: World, inputs: Inputs) -> Union[Stock, None]:
    code = inputs["종목번호"].strip()
    return world.stock(code[1:] if len(code) > 6 and code[0] in "AJQ" else code)


def _money(account: Account) -> _Values:
    return {
        "예수금": account.cash,
        "미수금": max(0, -account.cash),
        "주문가능현금": free(account),
    }


def money(world: World, inputs: Inputs, moment: int) -> Reply:
    """opw00010: what can be ordered and withdrawn.

    With 매매구분 2 and 매매수량, 매입금액 to D2추정예수금 are those of such a purchase at 예상매수단가,
    else at 매수가격.
    """
    account = account_of(world, inputs)
    if account is None:
        return nothing()
    price, reuse = _asked_price(world, inputs, moment), _reuse(account)
    buys = count(inputs["매매수량"], 0) if inputs["매매구분"] == "2" else 0
    value = buys * count(inputs["예상매수단가"], price)
    fee = costs.fee(value, account.profile)
    values: _Values = {
        **_money(account),
        "증거금감면60주문가능금": account.orderable(60),
        "증거금감면60주문가능수": _shares(account, price, 60),
        "전일재사용가능금액": reuse["전일"].usable,
        "금일재사용가능금액": reuse["금일"].usable,
        "인출가능금액": free(account),
        "익일인출가능금액": max(0, min(map(account.deposit, (1, 2))) - account.bound),
        "매입금액": value,
        "수수료": fee,
        "매입정산금": value + fee,
        "D2추정예수금": account.deposit(2) - value - fee,
        "증거금감면적용구분": "N",
    }
    for rate in _RATES:
        values[f"증거금{rate}주문가능금액"] = account.orderable(rate)
        values[f"증거금{rate}주문가능수량"] = _shares(account, price, rate)
    return Reply(single("opw00010", values), iter(()))


def by_margin(world: World, inputs: Inputs, moment: int) -> Reply:
    """opw00011: money and shares (at 매수가격, blank: the price of now) by margin rate."""
    account = account_of(world, inputs)
    if account is None:
        return nothing()
    price, stock = _asked_price(world, inputs, moment), _stock(world, inputs)
    reuse = {f"{day}재사용금액": each.usable for day, each in _reuse(account).items()}
    own = stock.margin_rate if stock else 100
    values: _Values = {
        **_money(account),
        "종목증거금율": f"{own}%",
        "계좌증거금율": "" if account.margin else "100%",
        "적용증거금율": f"{own if account.margin else 100}%",
    }
    for rate in _RATES:
        values[f"증거금{rate}주문가능금액"] = account.orderable(rate)
        values[f"증거금{rate}주문가능수량"] = _shares(account, price, rate)
        values.update({f"증거금{rate}{name}": won for name, won in reuse.items()})
    values["미수불가주문가능금액"] = account.orderable(100)
    values["미수불가주문가능수량"] = _shares(account, price, 100)
    values.update({f"미수불가{name}": won for name, won in reuse.items()})
    return Reply(single("opw00011", values), iter(()))


def by_credit_margin(world: World, inputs: Inputs, moment: int) -> Reply:
    """OPW00012: nothing on credit; 미수불가 is what cash can buy."""
    account = account_of(world, inputs)
    if account is None:
        return nothing()
    price = _asked_price(world, inputs, moment)
    values: _Values = {
        **_money(account),
        "종목보증금율": "",
        "종목보증금율명": "",
        "미수가능금액": account.orderable(100),
        "미수가능수량": _shares(account, price, 100),
        "미수불가금액": account.orderable(100),
        "미수불가수량": _shares(account, price, 100),
    }
    return Reply(single("opw00012", values), iter(()))


def details(world: World, inputs: Inputs, moment: int) -> Reply:
    """opw00013: 현금증거금 is what purchases will take of the cash and open orders bind."""
    account = account_of(world, inputs)
    if account is None:
        return nothing()
    values: _Values = {
        "현금금액": account.cash,
        "현금증거금": margin_cash(account),
        "사용가능현금": free(account),
        "사용가능현금최종": free(account),
        "미수금": max(0, -account.cash),
        "평가대용비율": account_rate(account, 0, 2),
    }
    for day, each in _reuse(account).items():
        values[f"{day}재사용대상금액"] = each.received
        values[f"{day}재사용사용금액"] = each.received - each.usable
        values[f"{day}재사용가능금액"] = each.usable
        values[f"{day}재사용가능금액최종"] = each.usable
    for rate in _RATES:
        values[f"{rate}주문가능금액"] = account.orderable(rate)
    return Reply(single("opw00013", values), iter(()))
