"""How a day is told in Korean, and numbers as Korean traders write them."""

from __future__ import annotations

from datetime import date

from sapi_kiwoom import krx
from simulator.market import phases
from simulator.market.interruptions import BOTH, DYNAMIC, STATIC

RISE, FALL, FLAT = "#d92b3a", "#1b62d1", "#5f6672"
"""Red rises and blue falls in Korea; buyers are red and sellers blue too."""

PHASES = {
    phases.PREVIOUS_CLOSE: ("장전 시간외", "trades at the previous close"),
    phases.OPENING_AUCTION: ("시가 단일가", "opening auction"),
    phases.CONTINUOUS: ("접속매매", "continuous trading"),
    phases.CLOSING_AUCTION: ("종가 단일가", "closing auction"),
    phases.CLOSE_ORDERS: ("종가 접수", "orders at the close"),
    phases.CLOSE: ("장후 시간외", "trades at the close"),
    phases.SINGLE_PRICE: ("시간외 단일가", "after-hours single price"),
    phases.AFTER_MARKET: ("애프터마켓", "after-market"),
}
"""Sessions of KRX in Korean and English."""

SHORT = {
    phases.CLOSING_AUCTION: "종가",
    phases.CLOSE_ORDERS: "접수",
    phases.CLOSE: "장후",
    phases.SINGLE_PRICE: "단일",
}
"""Names of sessions that have little room."""

INTERRUPTIONS = {STATIC: "정적 VI", DYNAMIC: "동적 VI", BOTH: "정적·동적 VI"}

FAULTS = {
    "disconnect": "접속 끊김",
    "closed": "서버 점검",
    "no-answer": "무응답",
    "late": "응답 지연",
    "code": "오류 코드",
    "lost": "주문 응답 유실",
    "second-login": "다른 곳에서 로그인",
    "refuse-login": "로그인 거부",
    "box": "알림 창",
    "hang": "호출이 돌아오지 않음",
    "within": "호출 안에서 응답",
    "drop": "이벤트 유실",
    "duplicate": "이벤트 중복",
    "reorder": "이벤트 순서 바뀜",
}

SIDES = {1: "매수", -1: "매도", 0: "단일가"}

FILLS = {"touch": "호가 도달", "queue": "대기 순서", "book": "호가창"}

SERVERS = {"mock": "모의투자", "mock-2020": "모의투자 (2020)", "real": "실서버"}

_WEEKDAYS = "월화수목금토일"


def clock(moment: int) -> str:
    """A moment's time of day, with seconds."""
    return f"{krx.kst(moment):%H:%M:%S}"


def weekday(day: date) -> str:
    """A date with its weekday, as 2026-11-20 (금)."""
    return f"{day} ({_WEEKDAYS[day.weekday()]})"


def won(amount: int) -> str:
    """Large amounts in 억 or 조 won, small ones as they are."""
    if abs(amount) >= 10**12:
        return f"{amount / 10**12:,.2f}조 원"
    if abs(amount) >= 10**8:
        return f"{amount / 10**8:,.0f}억 원"
    return f"{amount:,}원"


def change(price: int, base: int) -> str:
    """By how many percent a price differs from the base price, with its sign."""
    return f"{(price - base) * 100 / base:+.2f}%"


def colour(difference: int) -> str:
    """Of a price by its difference to another one."""
    return RISE if difference > 0 else FALL if difference < 0 else FLAT
