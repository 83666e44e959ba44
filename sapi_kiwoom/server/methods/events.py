"""Methods of real time and conditions."""

from __future__ import annotations

from typing import Tuple

from sapi_kiwoom.server.methods.table import Method, many, parameters, text, whole
from sapi_kiwoom.session.realtypes import BY_SLUG

GROUP = "events"

_QUEUE = text(
    "대기열",
    "the queue that you bind to kiwoom.events; when nobody reads it any more, all that was subscribed "
    "under its name ends. Without it, the queue of the answer (reply_to)",
    minLength=1,
    maxLength=255,
)

_CODES = many(
    "종목코드",
    "codes: 005930, 005930_NX or 005930_AL for a stock, 001 for an index, A0166000 for a future or an "
    "option, 09 for the market's clock, * for the VI events of all stocks",
    text("종목코드", "one code", minLength=1, maxLength=16),
    10_000,
)

_TYPES = many(
    "실시간타입",
    f"real types: {', '.join(BY_SLUG)}, or Kiwoom's names, for example 주식체결. Without types and "
    "FIDs the usual ones are meant: trade, or index",
    text("실시간타입", "one real type", minLength=1, maxLength=32),
    100,
)

_FIDS = many(
    "FID",
    "FIDs in place of real types, or beside them: each chooses the real types that contain it",
    whole("FID", "one FID, for example 10", 0, 99_999),
    100,
)

_CONDITION = text(
    "조건식", "the name or the number of a condition, as list-conditions has them", minLength=1
)

TABLE: Tuple[Method, ...] = (
    Method(
        "subscribe",
        "종목의 실시간 이벤트를 kiwoom.events 로 받습니다. 결과의 keys 로 대기열을 바인딩하세요.",
        "Publish real-time events on kiwoom.events, raw and with parsed values; bind your queue with the "
        "keys of the answer.",
        parameters(
            optional=("types", "fids", "queue"),
            codes=_CODES,
            types=_TYPES,
            fids=_FIDS,
            queue=_QUEUE,
        ),
        group=GROUP,
    ),
    Method(
        "unsubscribe",
        "subscribe 로 신청한 실시간 이벤트를 해지합니다. 아무것도 적지 않으면 대기열의 전부입니다.",
        "End what was subscribed under the name of a queue: of these codes, of these types, or all of it.",
        parameters(
            optional=("codes", "types", "fids", "queue"),
            codes=_CODES,
            types=_TYPES,
            fids=_FIDS,
            queue=_QUEUE,
        ),
        group=GROUP,
    ),
    Method(
        "list-conditions",
        "사용자의 조건검색식 목록입니다. 07:30 부터 조회됩니다.",
        "The user's conditions, by number. They can be had from 07:30 on.",
        parameters(),
        group=GROUP,
    ),
    Method(
        "search-condition",
        "조건검색식에 지금 맞는 종목을 한 번 조회합니다. 같은 조건은 1분에 한 번이며, 그때까지 기다립니다.",
        "The codes that meet a condition now. The same one is searched once a minute at most; this waits.",
        parameters(condition=_CONDITION),
        group=GROUP,
    ),
    Method(
        "watch-condition",
        "조건검색식에 맞는 종목을 조회하고, 이후 편입(I)과 이탈(D)을 condition.<번호> 로 받습니다.",
        "The codes that meet a condition, and from then on events condition.<index> for each that enters "
        "(I) or leaves (D). Ten conditions at most are watched at a time.",
        parameters(optional=("queue",), condition=_CONDITION, queue=_QUEUE),
        group=GROUP,
    ),
    Method(
        "stop-condition",
        "watch-condition 으로 신청한 조건검색을 그만 받습니다. 조건식을 적지 않으면 대기열의 전부입니다.",
        "End what was asked for with watch-condition under the name of a queue: one condition, or all.",
        parameters(optional=("condition", "queue"), condition=_CONDITION, queue=_QUEUE),
        group=GROUP,
    ),
)
