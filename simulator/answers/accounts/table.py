"""Every TR about accounts that has an answer of its own."""

from __future__ import annotations

from typing import Callable, Dict

from simulator.answers.accounts import (
    assets,
    balances,
    dealings,
    orders,
    power,
    profits,
    statements,
)
from simulator.answers.reply import Inputs, Reply
from simulator.answers.world import World

ACCOUNTS: Dict[str, Callable[[World, Inputs, int], Reply]] = {
    "opt10072": profits.on_day,
    "opt10073": profits.by_stock,
    "opt10074": profits.by_day,
    "opt10075": orders.open_orders,
    "opt10076": orders.filled_orders,
    "opt10077": profits.today,
    "opt10085": balances.results,
    "opt10170": dealings.of_day,
    "opw00001": balances.deposits,
    "opw00002": assets.by_day,
    "opw00003": assets.estimated,
    "opw00004": balances.evaluation,
    "opw00005": balances.balance,
    "opw00007": orders.all_orders,
    "opw00008": statements.due_tomorrow,
    "opw00009": orders.orders_and_fills,
    "opw00010": power.money,
    "opw00011": power.by_margin,
    "opw00012": power.by_credit_margin,
    "opw00013": power.details,
    "opw00015": statements.statement,
    "opw00016": assets.results,
    "opw00017": assets.today,
    "opw00018": balances.holdings,
}
"""The TRs of accounts by code in lower case."""
