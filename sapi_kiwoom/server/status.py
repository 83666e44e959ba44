"""Handlers about the server itself."""

from __future__ import annotations

from functools import partial
from typing import Any, Dict

from sapi_kiwoom import krx
from sapi_kiwoom.errors import RequestRejected
from sapi_kiwoom.server.calls import Call, Handler, Services, tasks
from sapi_kiwoom.server.codec import dumps
from sapi_kiwoom.server.methods import METHODS
from sapi_kiwoom.server.subscriptions import plain
from sapi_kiwoom.server.transport import TASKS
from sapi_kiwoom.version import VERSION


def handlers(server: Services) -> Dict[str, Handler]:
    """By the method's name."""
    return {
        "ping": lambda call: call.answer(_identity(server)),
        "get-status": lambda call: call.answer(_status(server)),
        "list-methods": lambda call: call.answer(_methods()),
        "cancel-task": partial(_cancel, server),
    }


def market_time(server: Services) -> str:
    """The time of the market, Korean time, with microseconds."""
    return krx.kst(server.loop.now()).strftime("%Y-%m-%d %H:%M:%S.%f")


def _identity(server: Services) -> Dict[str, Any]:
    return {
        "kind": server.kind,
        "version": VERSION,
        "connected": server.session.connected,
        "market_time": market_time(server),
    }


def _status(server: Services) -> Dict[str, Any]:
    session = server.session
    screens = session.screens
    return {
        **_identity(server),
        "unanswered": len(server.calls),
        "waiting": session.requests.waiting,
        "running": session.requests.running,
        "budget": session.requests.budget(),
        "subscriptions": len(server.subscriptions),
        "free_screens": {
            "tr": screens.tr.free,
            "realtime": screens.realtime.free,
            "conditions": screens.conditions.free,
            "orders": screens.orders.free,
        },
    }


def _methods() -> Any:
    return [
        {
            "name": method.name,
            "group": method.group,
            "korean": method.korean,
            "english": method.english,
            "offline": method.offline,
            "parameters": method.parameters,
        }
        for method in METHODS.values()
    ]


def _cancel(server: Services, call: Call) -> None:
    task_id = dumps(call.values["task_id"])
    found = [
        each
        for each in tasks(server)
        if each is not call and each.request.task_id == task_id and _same_client(each, call)
    ]
    if not found:
        raise RequestRejected(
            "unknown-task",
            f"작업번호(task_id): no request {plain(task_id)[:100]} of this client is under way; it may "
            "have been answered already",
            field="task_id",
        )
    if any(each.message.queue != TASKS for each in found):
        raise RequestRejected(
            "invalid-parameter",
            f"작업번호(task_id): {plain(task_id)[:100]} is about an order, which cancel-task does not take "
            "back; use cancel-order",
            field="task_id",
        )
    for each in found:
        each.give_up(
            RequestRejected("cancelled", f"{plain(task_id)[:100]} was cancelled by cancel-task")
        )
    call.answer({"cancelled": len(found)})


def _same_client(one: Call, other: Call) -> bool:
    return one.message.reply_to == other.message.reply_to and one.user == other.user
