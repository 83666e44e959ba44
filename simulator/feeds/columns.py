"""What columns of a recording mean, ours and Kiwoom's, and the records that their values make."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from typing import Dict, NamedTuple, Optional, Tuple

from sapi_kiwoom import krx
from sapi_kiwoom.loop import SECOND

# 거래량 is a trade's size in a file of trades and a candle's volume in one of candles.
COLUMNS = {
    "code": "code 종목코드 단축코드",
    "date": "date day 일자 날짜 영업일자 체결일자",
    "time": "time at 체결시간 체결시각 시간 시각",
    "price": "price close 현재가 체결가 체결가격 종가",
    "quantity": "quantity size volume 거래량",
    "signed quantity": "signed_quantity 체결량 체결거래량",
    "side": "side 매매구분 체결구분",
    "open": "open 시가",
    "high": "high 고가",
    "low": "low 저가",
    "value": "value 거래대금",
    "base": "base 기준가 전일종가",
    "ask": "ask 매도호가 최우선매도호가 (최우선)매도호가 우선매도호가단위",
    "bid": "bid 매수호가 최우선매수호가 (최우선)매수호가 우선매수호가단위",
    "total": "total 누적거래량",
    "": "name 종목명 change sign 전일대비 전일대비기호 등락율 등락률 대비율 누적거래대금 체결강도"
    " 거래소구분 수정주가구분 수정비율 대업종구분 소업종구분 종목정보 수정주가이벤트",  # not needed
}
_FIELDS = {name: field for field, names in COLUMNS.items() for name in names.split()}
_SIDES = {
    **dict.fromkeys(("1", "+1", "+", "buy", "매수"), 1),
    **dict.fromkeys(("-1", "-", "sell", "매도"), -1),
    **dict.fromkeys(("0", "auction", "단일가"), 0),
}

NUMBER = re.compile(r"([+-]?)(\d{1,18}|\d{1,3}(?:,\d{3}){1,5})(?:\.0*)?", re.ASCII)
_DATE = re.compile(r"(\d{4})([-./]?)(\d\d)\2(\d\d)", re.ASCII)
_TIME = re.compile(
    r"(?:(\d{4}([-./]?)\d\d\2\d\d)[T ]?)?(\d\d):?(\d\d)(?::?(\d\d)(?:\.(\d{1,6}))?)?", re.ASCII
)


class Trade(NamedTuple):
    """A recorded trade.

    Attributes:
        line: where it stands.
        code: the stock's code; "" where the file has none.
        day: its date.
        at: microseconds since that midnight.
        exact: whether the time has parts of a second.
        price, quantity: won and shares.
        side: as of `Tick`; None where it is not recorded.
        ask, bid: best quotes after it in won, 0 for an empty side; None where not recorded.
        total: shares traded on the day with it; None where not recorded.
        base: the day's base price in won; None where not recorded.
    """

    line: int
    code: str
    day: date
    at: int
    exact: bool
    price: int
    quantity: int
    side: Optional[int]
    ask: Optional[int]
    bid: Optional[int]
    total: Optional[int]
    base: Optional[int]


class Candle(NamedTuple):
    """A recorded minute or day; ``minute`` counts from midnight and is None for a day.

    ``value`` is what the column says: won for a minute, million won for a day; None without one.
    """

    line: int
    code: str
    day: date
    minute: Optional[int]
    open: int
    high: int
    low: int
    close: int
    volume: int
    value: Optional[int]
    base: Optional[int]


def field_of(name: str) -> str:
    """The field that a column of this name holds; "" for one that is not needed.

    Raises:
        ValueError: nobody knows such a column.
    """
    try:
        return _FIELDS[name.strip().lower()]
    except KeyError:
        known = ", ".join(names.split()[0] for field, names in COLUMNS.items() if field)
        raise ValueError(
            f"unknown column {name.strip()!r}; known are {known}, and Kiwoom's names"
        ) from None


def code_of(text: str) -> str:
    """A stock's code, without the market's letter before it; "" stays.

    Raises:
        ValueError: it is not a code.
    """
    code = text[1:] if len(text) == 7 and text[0] == "A" else text
    if code and not re.fullmatch("[0-9A-Z]{6}", code):
        raise ValueError(
            f"code {text!r} is not six characters; a spreadsheet may have cut its leading zeros"
        )
    return code


@lru_cache(maxsize=16_384)
def _number(field: str, text: str) -> int:
    """A whole number, with the sign that is written."""
    found = NUMBER.fullmatch(text)
    if found is None:
        raise ValueError(f"{field} {text!r} is not a whole number" if text else f"no {field}")
    sign, digits = found.groups()
    return int(digits.replace(",", "")) * (-1 if sign == "-" else 1)


def _price(field: str, text: str) -> int:
    """A price; its sign is Kiwoom's colour, the direction since yesterday."""
    price = abs(_number(field, text))
    if not price:
        raise ValueError(f"{field} is 0")
    return price


def _optional(values: Dict[str, str], field: str) -> Optional[int]:
    text = values.get(field, "")
    return _number(field, text) if text else None


def _quote(values: Dict[str, str], field: str) -> Optional[int]:
    """A best quote; all are coloured or none is, so a minus where the trade has none is wrong."""
    quote = _optional(values, field)
    if quote is not None and quote < 0 and values["price"][0] not in "+-":
        raise ValueError(f"{field} {quote} is negative")
    return quote if quote is None else abs(quote)


def _base(values: Dict[str, str]) -> Optional[int]:
    return _price("base", values["base"]) if values.get("base") else None


@lru_cache(maxsize=1_024)
def _date(text: str) -> date:
    found = _DATE.fullmatch(text)
    if found is None:
        raise ValueError(f"date {text!r} is not YYYYMMDD" if text else "no date")
    year, _, month, day = found.groups()
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        raise ValueError(f"date {text!r} does not exist") from None


def _moment(values: Dict[str, str]) -> Tuple[date, int, bool]:
    """Date, microseconds since midnight, and whether these have parts of a second."""
    text = values.get("time", "")
    found = _TIME.fullmatch(text)
    if found is None:
        raise ValueError(f"time {text!r} is not HHMMSS" if text else "no time")
    dated, _, hour, minute, second, parts = found.groups()
    if int(hour) > 23 or int(minute) > 59 or int(second or 0) > 59:
        raise ValueError(f"time {text!r} does not exist")
    if values.get("date"):
        day = _date(values["date"])
        if dated and _date(dated) != day:
            raise ValueError(f"time {text!r} is not of the date {values['date']!r}")
    elif dated:
        day = _date(dated)
    else:
        raise ValueError(f"time {text!r} has no date; add it, or a column date")
    at = (int(hour) * 60 + int(minute)) * krx.MINUTE + int(second or 0) * SECOND
    return day, at + int((parts or "0").ljust(6, "0")), parts is not None


def trade(line: int, code: str, values: Dict[str, str]) -> Trade:
    """The trade in a line.

    Raises:
        ValueError: a value is missing or cannot be read.
    """
    day, at, exact = _moment(values)
    price = _price("price", values.get("price", ""))
    side: Optional[int] = None
    if values.get("signed quantity"):
        text = values["signed quantity"]
        quantity = abs(_number("signed quantity", text))
        side = {"+": 1, "-": -1}.get(text[0], 0)
    else:
        quantity = _number("quantity", values.get("quantity", ""))
    if quantity <= 0:
        raise ValueError(f"quantity {quantity} is not above 0")
    if values.get("side"):
        try:
            side = _SIDES[values["side"].lower()]
        except KeyError:
            raise ValueError(f"side {values['side']!r} is not buy, sell or auction") from None
    ask, bid = _quote(values, "ask"), _quote(values, "bid")
    if ask and bid and bid >= ask:
        raise ValueError(f"crossed quotes: bid {bid} is not below ask {ask}")
    total = _optional(values, "total")
    return Trade(line, code, day, at, exact, price, quantity, side, ask, bid, total, _base(values))


def candle(line: int, code: str, values: Dict[str, str], timed: bool) -> Candle:
    """The candle in a line, of a minute if it is ``timed``, else of a day.

    Raises:
        ValueError: a value is missing or cannot be read.
    """
    if timed:
        day, at, _ = _moment(values)
        minute: Optional[int] = at // krx.MINUTE
    else:
        day, minute = _date(values.get("date", "")), None
    names = ("open", "high", "low", "price")
    first, high, low, last = (_price(name, values.get(name, "")) for name in names)
    volume = _number("quantity", values.get("quantity", ""))
    if not low <= min(first, last) <= max(first, last) <= high:
        raise ValueError(f"open {first} and close {last} are not between low {low} and high {high}")
    if volume < 0 or (volume == 0 and low != high):
        raise ValueError(f"volume {volume} is not above 0")
    least = len({first, high, low, last}) + (first == last and low != high)
    if 0 < volume < least:
        raise ValueError(f"volume {volume} cannot reach open, high, low and close")
    value = _optional(values, "value")
    return Candle(line, code, day, minute, first, high, low, last, volume, value, _base(values))
