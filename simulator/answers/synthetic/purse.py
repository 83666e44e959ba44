"""Accounts in what nobody has modelled of them: there is cash, and nothing else."""

from __future__ import annotations

import re
from typing import List

from sapi_kiwoom.catalogue import Tr
from sapi_kiwoom.catalogue.kinds import KINDS, MOCK, REAL
from simulator.answers.reply import Inputs
from simulator.answers.world import World

CASH = 100_000_000
"""Won in the derivatives account."""

_CASH = re.compile(
    "예탁총액|예탁현금|추정예탁|주문가능총액|주문가능현금|인출가능총액|인출가능현금|순자산금액|개장예탁|현금금액|사용가능현금"
    "|100주문가능금액|예탁평가총액|예수금|추정예탁자산|순자산액계"
)
_NOT_CASH = re.compile("증거금|외화|부족")


def is_account(tr: Tr) -> bool:
    """Whether a TR is about an account of the user."""
    return tr.group in ("account", "futures-account")


def profile(world: World) -> str:
    """``real`` or ``mock``: how the server writes numbers of accounts."""
    accounts = world.brokerage.accounts.values() if world.brokerage else ()
    return REAL if any(each.profile == "real" for each in accounts) else MOCK


def single(tr: Tr, world: World, inputs: Inputs) -> List[str]:
    """The single record: cash where it is asked for, zeros and blanks otherwise."""
    if tr.single is None:
        return []
    server = profile(world)
    number = inputs.get("계좌번호", "")
    cash = _cash(tr, world, number)
    found = []
    for each in tr.single.fields:
        kind = KINDS[each.kind]
        if kind.decimals is None:
            found.append(_text(each.name, number))
            continue
        counts = _CASH.search(each.name) and not _NOT_CASH.search(each.name)
        found.append(each.format(cash if counts else 0, server))
    return found


def _cash(tr: Tr, world: World, number: str) -> int:
    accounts = world.brokerage.accounts if world.brokerage else {}
    account = accounts.get(number.strip())
    if account is not None and tr.group == "account":
        return int(account.cash)
    return CASH if tr.group == "futures-account" else 0


def _text(name: str, number: str) -> str:
    texts = {
        "일치여부": "Y",
        "계좌번호": number,
        "계좌명": "시뮬레이터",
        "신용융자가능여부": "N",
        "신용가능여부": "N",
    }
    return texts.get(name, "")
