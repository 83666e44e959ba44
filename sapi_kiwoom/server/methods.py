"""The table of methods: names, parameters as JSON Schemas, what each does in Korean and English.

Everything that lists, checks or describes methods reads this table.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any, Callable, Dict, Mapping, NoReturn, Optional, Tuple

import fastjsonschema

from sapi_kiwoom.errors import RequestRejected

Schema = Dict[str, Any]


def _text(title: str, description: str, **rules: Any) -> Schema:
    return {"type": "string", "title": title, "description": description, **rules}


_ANY_CODE = _text("종목코드", "a stock code, for example 005930", maxLength=32)
_CODE = _text(
    "종목코드",
    "six characters of 0-9 and A-Z, for example 005930 or 0126Z0; "
    "with _NX or _AL where a quote of that venue is meant",
    pattern="^[0-9A-Z]{6}(_NX|_AL)?$",
)
_ADJUSTED = _text(
    "수정주가구분", '"1" for adjusted prices, "0" for prices as traded', enum=["0", "1"]
)
_MOMENT = "a date that exists, YYYYMMDD, or with a time, YYYYMMDDHHMMSS"


def _number(title: str, description: str, digits: int) -> Schema:
    return _text(title, description, pattern=f"^[0-9]{{1,{digits}}}$")


def _moment(title: str) -> Schema:
    return _text(title, _MOMENT, format="moment")


def _object(**properties: Schema) -> Schema:
    # "from" is a keyword of Python, so it is written from_ in this file.
    named = {name.rstrip("_"): schema for name, schema in properties.items()}
    return {"type": "object", "properties": named, "required": list(named)}


@dataclass(frozen=True)
class Transaction:
    """How a method asks for a TR and which of its rows it returns.

    Attributes:
        tr: the TR's code; each of its inputs is filled from the parameter of the same key.
        time: Korean name of the field on which ``from`` and ``to`` select; None returns all rows.
        all_pages: go on until ``from`` is passed or no page is left; else only the first page.
        old_keys: keys that the 2021 server misspelt, sent beside the right ones.
    """

    tr: str
    time: Optional[str] = None
    all_pages: bool = False
    old_keys: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Method:
    """One method that clients can call.

    Attributes:
        name: kebab-case, as it stands in ``method`` of a request.
        korean: what it does, for a trader.
        english: the same in English.
        parameters: JSON Schema of ``parameters``. Unknown parameters are ignored, as in 2021.
        transaction: for methods that ask for a TR.
    """

    name: str
    korean: str
    english: str
    parameters: Schema
    transaction: Optional[Transaction] = None


_TABLE = (
    Method(
        "get-stock-name",
        "종목명을 조회합니다. 없는 종목코드면 빈 문자열입니다.",
        "The name of a stock; an empty string for an unknown code.",
        _object(stock_code=_ANY_CODE),
    ),
    Method(
        "get-stock-codes",
        "시장의 종목코드 목록을 ';' 로 이어서 돌려줍니다.",
        "All codes of a market, each followed by ';'.",
        _object(
            market=_text(
                "시장구분",
                "0 장내, 3 ELW, 4 뮤추얼펀드, 5 신주인수권, 6 리츠, 8 ETF, 9 하이일드펀드, "
                "10 코스닥, 30 K-OTC, 50 코넥스, NXT; empty for all",
                maxLength=8,
            )
        ),
    ),
    Method(
        "get-stock-states",
        "증거금율, 거래정지, 관리종목 등 종목의 상태를 조회합니다.",
        "Margin rate, halts and other states of a stock, with '|' between them.",
        _object(stock_code=_ANY_CODE),
    ),
    Method(
        "subscribe-realtime",
        "종목의 실시간 데이터를 구독합니다.",
        "Subscribe to all real-time events of a stock.",
        _object(stock_code=_CODE),
    ),
    Method(
        "unsubscribe-realtime",
        "구독할 때의 task_id 로 실시간 구독을 해지합니다.",
        "End the subscription that was made with the same task_id.",
        _object(stock_code=_CODE),
    ),
    Method(
        "request-minute-candle",
        "분봉 (opt10080). from 부터 to 까지, 최신순.",
        "Minute candles (opt10080) from `from` to `to`, newest first.",
        _object(
            stock_code=_CODE,
            tick=_text(
                "틱범위",
                "minutes of a candle: 1, 3, 5, 10, 15, 30, 45 or 60",
                enum=["1", "3", "5", "10", "15", "30", "45", "60"],
            ),
            is_adjusted=_ADJUSTED,
            from_=_moment("시작"),
            to=_moment("끝"),
        ),
        Transaction("opt10080", time="체결시간", all_pages=True),
    ),
    Method(
        "request-day-candle",
        "일봉 (opt10081). from 부터 to 까지, 최신순.",
        "Day candles (opt10081) from `from` to `to`, newest first.",
        _object(
            stock_code=_CODE,
            is_adjusted=_ADJUSTED,
            from_=_moment("시작일자"),
            to=_moment("기준일자"),
        ),
        Transaction("opt10081", time="일자", all_pages=True),
    ),
    Method(
        "request-upper-and-low",
        "상하한가 종목 (opt10017).",
        "Stocks at their price limits, risen or fallen (opt10017).",
        _object(
            market=_number("시장구분", "000 all, 001 KOSPI, 101 KOSDAQ", 3),
            query_type=_number(
                "상하한구분",
                "1 upper limit, 2 up, 3 flat, 4 lower limit, 5 down, "
                "6 upper limit the day before, 7 lower limit the day before",
                1,
            ),
            sort_type=_number("정렬구분", "1 by code, 2 by days in a row, 3 by rate of change", 1),
            filter_type=_number("종목조건", "0 all, 1 without 관리종목, 3 without 우선주, ...", 2),
            volume_type=_number("거래량구분", "00000 all, 00010 from 10,000 shares, ...", 5),
            credit_type=_number("신용조건", "0 all, 1 to 4 by group, 9 all with credit", 1),
            price_type=_number("매매금구분", "0 all, 1 below 1,000 won, 8 from 1,000 won, ...", 1),
        ),
        Transaction("opt10017"),
    ),
    Method(
        "request-offer-price-info",
        "10단계 호가와 잔량 (opt10004).",
        "The ten levels of the order book (opt10004).",
        _object(stock_code=_CODE),
        Transaction("opt10004"),
    ),
    Method(
        "request-offhour-single-trade-info",
        "시간외 단일가 호가 (opt10087).",
        "The book of the after-hours single-price session (opt10087).",
        _object(stock_code=_CODE),
        Transaction(
            "opt10087",
            old_keys={
                "offhour_top_total_sell_remaining_volume_contrast_previous": (
                    "offhour_top_total_sell_remaining_volume_constart_previous"
                )
            },
        ),
    ),
    Method(
        "request-short-trend",
        "공매도 추이 (opt10014). from 부터 to 까지.",
        "Short selling by day (opt10014) from `from` to `to`.",
        _object(
            stock_code=_CODE,
            query_type=_number("시간구분", "0 from the first day on, 1 the period", 1),
            from_=_moment("시작일자"),
            to=_moment("종료일자"),
        ),
        Transaction("opt10014", time="일자"),
    ),
)

METHODS: Dict[str, Method] = {method.name: method for method in _TABLE}
"""All methods by name."""


def _is_moment(text: str) -> bool:
    if len(text) not in (8, 14) or not (text.isascii() and text.isdigit()):
        return False
    try:
        date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except ValueError:
        return False
    return len(text) == 8 or (text[8:10] < "24" and text[10:12] < "60" and text[12:14] < "60")


def _compile(method: Method) -> Callable[[Any], Any]:
    schema = {"$schema": "http://json-schema.org/draft-07/schema#", **method.parameters}
    check: Callable[[Any], Any] = fastjsonschema.compile(schema, formats={"moment": _is_moment})
    return check


_CHECKS = {method.name: _compile(method) for method in _TABLE}


def find(name: str) -> Method:
    """The method of this name.

    Raises:
        RequestRejected: ``unknown-method``, with the names that exist.
    """
    method = METHODS.get(name)
    if method is None:
        raise RequestRejected(
            "unknown-method",
            f"Method {name[:100]!r} is not exists in method map; one of: {', '.join(METHODS)}",
            field="method",
        )
    return method


def check(method: Method, parameters: Mapping[str, Any]) -> Dict[str, str]:
    """The parameters that the method knows, as strings.

    Numbers and booleans are accepted where a string is meant, as the 2021 server did.

    Raises:
        RequestRejected: ``invalid-parameter``; the message names the field and how it should look.
    """
    known = method.parameters["properties"]
    values = {name: _as_text(parameters[name]) for name in known if name in parameters}
    try:
        _CHECKS[method.name](values)
    except fastjsonschema.JsonSchemaValueException as error:
        _refuse(method, values, error)
    if "from" in values:
        _check_order(values)
    return values


def _as_text(value: Any) -> Any:
    if isinstance(value, bool):
        return "1" if value else "0"
    return str(value) if isinstance(value, int) else value


def _refuse(
    method: Method, values: Mapping[str, Any], error: fastjsonschema.JsonSchemaValueException
) -> NoReturn:
    properties = method.parameters["properties"]
    if error.rule == "required":
        name = next(name for name in properties if name not in values)
        problem = "is essential"
    else:
        name = error.path[1]
        problem = f"cannot be {str(values[name])[:100]!r}"
    schema = properties[name]
    raise RequestRejected(
        "invalid-parameter",
        f"{schema['title']}({name}) {problem}: {schema['description']}",
        field=name,
        method=method.name,
    ) from None


def _check_order(values: Mapping[str, str]) -> None:
    start, end = span(values)
    if start > end:
        raise RequestRejected(
            "invalid-parameter",
            f"from ({values['from']}) lies after to ({values['to']}); exchange them",
            field="from",
        )


def span(values: Mapping[str, str]) -> Tuple[str, str]:
    """``from`` and ``to`` as YYYYMMDDHHMMSS; a day alone means the whole day, as ``to`` too."""
    start, end = values["from"], values["to"]
    return (
        start if len(start) == 14 else start + "000000",
        end if len(end) == 14 else end + "235959",
    )
