"""The eleven methods of the server of 2021."""

from __future__ import annotations

from typing import Optional

from sapi_kiwoom.server.methods.table import (
    ANY_CODE,
    CODE,
    Method,
    Schema,
    Transaction,
    moment,
    number,
    parameters,
    text,
)

_ADJUSTED = text(
    "수정주가구분", '"1" for adjusted prices, "0" for prices as traded', enum=["0", "1"]
)


def _parameters(**properties: Schema) -> Schema:
    return {**parameters((), **properties), "additionalProperties": True}


def _method(
    name: str,
    korean: str,
    english: str,
    schema: Schema,
    transaction: Optional[Transaction] = None,
) -> Method:
    return Method(name, korean, english, schema, transaction, group="version-1", since=1)


TABLE = (
    _method(
        "get-stock-name",
        "종목명을 조회합니다. 없는 종목코드면 빈 문자열입니다.",
        "The name of a stock; an empty string for an unknown code.",
        _parameters(stock_code=ANY_CODE),
    ),
    _method(
        "get-stock-codes",
        "시장의 종목코드 목록을 ';' 로 이어서 돌려줍니다.",
        "All codes of a market, each followed by ';'.",
        _parameters(
            market=text(
                "시장구분",
                "0 장내, 3 ELW, 4 뮤추얼펀드, 5 신주인수권, 6 리츠, 8 ETF, 9 하이일드펀드, "
                "10 코스닥, 30 K-OTC, 50 코넥스, NXT; empty for all",
                maxLength=8,
            )
        ),
    ),
    _method(
        "get-stock-states",
        "증거금율, 거래정지, 관리종목 등 종목의 상태를 조회합니다.",
        "Margin rate, halts and other states of a stock, with '|' between them.",
        _parameters(stock_code=ANY_CODE),
    ),
    _method(
        "subscribe-realtime",
        "종목의 실시간 데이터를 구독합니다.",
        "Subscribe to all real-time events of a stock.",
        _parameters(stock_code=CODE),
    ),
    _method(
        "unsubscribe-realtime",
        "구독할 때의 task_id 로 실시간 구독을 해지합니다.",
        "End the subscription that was made with the same task_id.",
        _parameters(stock_code=CODE),
    ),
    _method(
        "request-minute-candle",
        "분봉 (opt10080). from 부터 to 까지, 최신순.",
        "Minute candles (opt10080) from `from` to `to`, newest first.",
        _parameters(
            stock_code=CODE,
            tick=text(
                "틱범위",
                "minutes of a candle: 1, 3, 5, 10, 15, 30, 45 or 60",
                enum=["1", "3", "5", "10", "15", "30", "45", "60"],
            ),
            is_adjusted=_ADJUSTED,
            from_=moment("시작"),
            to=moment("끝"),
        ),
        Transaction("opt10080", time="체결시간", all_pages=True),
    ),
    _method(
        "request-day-candle",
        "일봉 (opt10081). from 부터 to 까지, 최신순.",
        "Day candles (opt10081) from `from` to `to`, newest first.",
        _parameters(
            stock_code=CODE,
            is_adjusted=_ADJUSTED,
            from_=moment("시작일자"),
            to=moment("기준일자"),
        ),
        Transaction("opt10081", time="일자", all_pages=True),
    ),
    _method(
        "request-upper-and-low",
        "상하한가 종목 (opt10017).",
        "Stocks at their price limits, risen or fallen (opt10017).",
        _parameters(
            market=number("시장구분", "000 all, 001 KOSPI, 101 KOSDAQ", 3),
            query_type=number(
                "상하한구분",
                "1 upper limit, 2 up, 3 flat, 4 lower limit, 5 down, "
                "6 upper limit the day before, 7 lower limit the day before",
                1,
            ),
            sort_type=number("정렬구분", "1 by code, 2 by days in a row, 3 by rate of change", 1),
            filter_type=number("종목조건", "0 all, 1 without 관리종목, 3 without 우선주, ...", 2),
            volume_type=number("거래량구분", "00000 all, 00010 from 10,000 shares, ...", 5),
            credit_type=number("신용조건", "0 all, 1 to 4 by group, 9 all with credit", 1),
            price_type=number("매매금구분", "0 all, 1 below 1,000 won, 8 from 1,000 won, ...", 1),
        ),
        Transaction("opt10017"),
    ),
    _method(
        "request-offer-price-info",
        "10단계 호가와 잔량 (opt10004).",
        "The ten levels of the order book (opt10004).",
        _parameters(stock_code=CODE),
        Transaction("opt10004"),
    ),
    _method(
        "request-offhour-single-trade-info",
        "시간외 단일가 호가 (opt10087).",
        "The book of the after-hours single-price session (opt10087).",
        _parameters(stock_code=CODE),
        Transaction(
            "opt10087",
            old_keys={
                "offhour_top_total_sell_remaining_volume_contrast_previous": (
                    "offhour_top_total_sell_remaining_volume_constart_previous"
                )
            },
        ),
    ),
    _method(
        "request-short-trend",
        "공매도 추이 (opt10014). from 부터 to 까지.",
        "Short selling by day (opt10014) from `from` to `to`.",
        _parameters(
            stock_code=CODE,
            query_type=number("시간구분", "0 from the first day on, 1 the period", 1),
            from_=moment("시작일자"),
            to=moment("종료일자"),
        ),
        Transaction("opt10014", time="일자"),
    ),
)
