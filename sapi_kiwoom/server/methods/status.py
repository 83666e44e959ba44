"""Methods about the server itself."""

from __future__ import annotations

from typing import Any, Tuple

from sapi_kiwoom.server.methods.table import ANSWER, Method, Schema, parameters


def _method(name: str, korean: str, english: str, schema: Schema, **more: Any) -> Method:
    return Method(name, korean, english, schema, group="status", offline=ANSWER, **more)


TABLE: Tuple[Method, ...] = (
    _method(
        "ping",
        "서버가 살아 있는지 확인합니다.",
        "Whether the server answers, and its market time.",
        parameters(),
    ),
    _method(
        "get-status",
        "접속 상태, 대기열, 조회 한도, 장 시각을 조회합니다.",
        "Connection, queues, request budget, registrations and market time.",
        parameters(),
    ),
    _method(
        "list-methods",
        "메서드 목록과 파라미터를 조회합니다.",
        "All methods with the JSON Schemas of their parameters.",
        parameters(),
    ),
    _method(
        "cancel-task",
        "같은 클라이언트가 보낸, 아직 끝나지 않은 요청을 취소합니다. 주문에는 쓸 수 없습니다.",
        "Give up a request of the same client that is not answered yet. Not for orders.",
        parameters(
            task_id={
                "title": "작업번호",
                "description": "the task_id of the request to cancel, any JSON value",
            }
        ),
    ),
)
