"""Handlers of the eleven methods of version 1."""

from __future__ import annotations

from functools import partial
from typing import Dict

from sapi_kiwoom.server import transactions
from sapi_kiwoom.server.calls import Call, Handler, Services
from sapi_kiwoom.server.methods import METHODS
from sapi_kiwoom.server.subscriptions import plain


def handlers(server: Services) -> Dict[str, Handler]:
    """By the method's name."""
    control = server.session.control
    found: Dict[str, Handler] = {
        name: partial(_transact, server)
        for name, method in METHODS.items()
        if method.transaction is not None
    }
    found["get-stock-name"] = lambda call: call.answer(
        control.GetMasterCodeName(call.values["stock_code"])
    )
    found["get-stock-codes"] = lambda call: call.answer(
        control.GetCodeListByMarket(call.values["market"])
    )
    found["get-stock-states"] = lambda call: call.answer(
        control.GetMasterStockState(call.values["stock_code"])
    )
    found["subscribe-realtime"] = partial(_subscribe, server)
    found["unsubscribe-realtime"] = partial(_unsubscribe, server)
    return found


def _transact(server: Services, call: Call) -> None:
    assert call.method.transaction is not None
    requests = server.session.requests
    chain = transactions.chain(
        call.method.transaction, call.values, on_result=call.answer, on_error=call.fail
    )
    ticket = requests.submit(chain)
    call.undo = partial(requests.cancel, ticket)


def _subscribe(server: Services, call: Call) -> None:
    code = call.values["stock_code"]
    server.subscriptions.subscribe(call.message.reply_to, call.request.task_id, code)
    call.answer(f"{plain(call.request.task_id)} subscribes {code} successfully")


def _unsubscribe(server: Services, call: Call) -> None:
    code = call.values["stock_code"]
    server.subscriptions.unsubscribe(call.message.reply_to, call.request.task_id, code)
    call.answer(f"{plain(call.request.task_id)} unsubscribes {code} successfully")
