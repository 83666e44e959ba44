"""Methods that ask for TRs: any of the catalogue, and the quotes of many stocks."""

from __future__ import annotations

from typing import Tuple

from sapi_kiwoom.server.methods.table import CODE, Method, day, many, parameters, text, whole, yes

_TYPED = yes(
    "값 변환", "true for numbers beside the text, in `values`: null where a field is blank"
)
_STREAM = yes(
    "나눠 받기", "true for a reply with each page as it comes; the last one has last: true"
)
_PRIORITY = text(
    "우선순위",
    "low, normal or high; low also leaves a fifth of the request budget to others",
    enum=["low", "normal", "high"],
)

TABLE: Tuple[Method, ...] = (
    Method(
        "request-tr",
        "아무 TR 이나 조회합니다. 입력값은 한글 이름이나 영문 키로 줍니다.",
        "Ask for any TR. Inputs go by Korean name or English key; rows come with English keys.",
        parameters(
            ("inputs", "typed", "stream", "max_pages", "until", "priority"),
            tr=text("TR코드", "a TR's code, for example opt10001", pattern="^[0-9A-Za-z]{1,16}$"),
            inputs={
                "type": "object",
                "title": "입력값",
                "description": "an object of the TR's inputs, by Korean name or English key, with strings "
                'as values, for example {"stock_code": "005930"}',
                "additionalProperties": {"type": "string", "maxLength": 2000},
            },
            typed=_TYPED,
            stream=_STREAM,
            max_pages=whole("최대 페이지", "from 1 to 10000 pages; all where left out", 1, 10_000),
            until=day("조회 끝 일자", "go back to this day and no further"),
            priority=_PRIORITY,
        ),
        group="reads",
    ),
    Method(
        "request-stocks",
        "여러 종목의 시세를 한 번에 조회합니다 (CommKwRqData, 100종목마다 조회 1회).",
        "The quotes of many stocks (CommKwRqData, one request for every 100 codes).",
        parameters(
            ("typed", "stream", "priority"),
            stock_codes=many(
                "종목코드", 'a list of up to 5000 stock codes, for example ["005930"]', CODE, 5000
            ),
            typed=_TYPED,
            stream=_STREAM,
            priority=_PRIORITY,
        ),
        group="reads",
    ),
)
