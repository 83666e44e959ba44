"""Values of fields by their Korean name; each the same wherever the name occurs.

Whole numbers; hundredths where fields of the kind have decimals. Prices and their changes are in the scene's
own unit. Names promise relations (고가 is not below 현재가), so values are made from the same few numbers.
"""

from __future__ import annotations

from typing import Callable, Dict, Tuple, Union

from simulator.answers.forms import day_form
from simulator.answers.synthetic.scene import Coloured, Level, Scene
from simulator.strings import ratio

Raw = Union[int, str, None]
Rule = Callable[[Scene], Union[Raw, Coloured]]

# -- prices: in the scene's own unit ----------------------------------------------------------------

PRICES: Dict[str, Callable[[Scene], int]] = {
    **dict.fromkeys(
        ("현재가", "종가", "체결가", "단위체결가", "추적현재가"), lambda now: now.price
    ),
    **dict.fromkeys(("발동가격", "당일종가", "매도평균가", "매수평균가"), lambda now: now.price),
    **dict.fromkeys(("기준가", "전일종가", "정적기준가격", "동적기준가격"), lambda now: now.base),
    "거래종료ELW기준가": lambda now: now.base,
    **dict.fromkeys(("시가",), lambda now: now.open),
    **dict.fromkeys(("고가", "당일고가", "최고가"), lambda now: now.high),
    **dict.fromkeys(("저가", "당일저가", "최저가"), lambda now: now.low),
    **dict.fromkeys(("상한가", "CB상한가"), lambda now: now.upper),
    **dict.fromkeys(("하한가", "CB하한가"), lambda now: now.lower),
    **dict.fromkeys(("예상체결가",), lambda now: now.price),
    **dict.fromkeys(("가격대시작",), lambda now: now.low),
    **dict.fromkeys(("가격대끝",), lambda now: now.high),
    **dict.fromkeys(
        (
            *(
                "추정평균가",
                "기관추정평균가",
                "외인추정평균가",
                "기관순매매평균가",
                "외인순매매평균가",
            ),
            *("매입단가", "평균가", "피봇"),
        ),
        lambda now: now.average,
    ),
    "1차저항": lambda now: 2 * now.average - now.low,
    "1차저지": lambda now: 2 * now.average - now.high,
    "2차저항": lambda now: now.average + now.high - now.low,
    "2차저지": lambda now: now.average - now.high + now.low,
    "대용가": lambda now: now.base * 7 // 10,
}

CHANGES: Dict[str, Callable[[Scene], int]] = {
    **dict.fromkeys(
        ("전일대비", "대비", "전일비", "예상체결가전일종가대비"), lambda now: now.price - now.base
    ),
    **dict.fromkeys(("시가대비",), lambda now: now.price - (now.open or now.price)),
    **dict.fromkeys(("기준대비", "주가등락", "기간중주가등락"), lambda now: now.price - now.base),
    "평균가대비": lambda now: now.price - now.average,
}


def _share(part: int, whole: int) -> int:
    return ratio(part, whole)


def _rate_to(reference: Callable[[Scene], int]) -> Rule:
    return lambda now: ratio(now.price - reference(now), reference(now))


RATES: Dict[str, Rule] = {
    **dict.fromkeys(
        (
            *("등락율", "등락률", "대비율", "전일대비", "전일비", "급등율", "기간중주가등락률"),
            *("예상체결가전일종가대비등락율", "체결수익률", "당일종가등락률"),
        ),
        _rate_to(lambda now: now.base),
    ),
    "시가대비등락률": _rate_to(lambda now: now.open or now.price),
    "기준가대비시가등락율": lambda now: ratio(now.open - now.base, now.base) if now.open else 0,
    "기준가대비고가등락율": lambda now: ratio(now.high - now.base, now.base) if now.open else 0,
    "기준가대비저가등락율": lambda now: ratio(now.low - now.base, now.base) if now.open else 0,
    "거래량대비": lambda now: ratio(now.volume - now.before, now.before),
    "전일거래량대비": lambda now: ratio(now.volume - now.before, now.before),
    "정적괴리율": _rate_to(lambda now: now.base),
    "동적괴리율": _rate_to(lambda now: now.base),
    "체결강도": lambda now: 6_000 + now.draw("strength", 9_000),
    "매수비율": lambda now: _share(total(now.bids), total(now.bids) + total(now.asks)),
    "순간비율": lambda now: _share(abs(now.last), now.before),
    "누적비율": lambda now: _share(now.volume, now.before),
    "장중거래비중": lambda now: 10_000 if now.volume else 0,
    "장중거래대금비중": lambda now: 10_000 if now.volume else 0,
    **dict.fromkeys(
        ("장전거래비중", "장후거래비중", "장전거래대금비중", "장후거래대금비중"), lambda now: 0
    ),
}

# -- quantities and money ----------------------------------------------------------------------------


def total(levels: Tuple[Level, ...]) -> int:
    """All shares of a side."""
    return sum(level.quantity for level in levels)


QUANTITIES: Dict[str, Rule] = {
    **dict.fromkeys(
        (
            *(
                "거래량",
                "누적거래량",
                "현재거래량",
                "기간중거래량",
                "기간거래량",
                "거래량합",
                "장중거래량",
            ),
            *("누적거래", "총거래량"),
        ),
        lambda now: now.volume,
    ),
    **dict.fromkeys(("전일거래량", "이전거래량"), lambda now: now.before),
    **dict.fromkeys(("체결량", "순간거래량"), lambda now: abs(now.last)),
    **dict.fromkeys(("체결거래량",), lambda now: now.last),
    **dict.fromkeys(("장전거래량", "장후거래량"), lambda now: 0),
    "거래량전일대비": lambda now: now.volume - now.before,
    "예상체결량": lambda now: 0,
    "매물량": lambda now: now.volume * 6 // 10,
    **dict.fromkeys(
        ("거래대금", "누적거래대금", "장중거래대금", "금액(백만)", "거래대금합계"),
        lambda now: now.value // 1_000_000,
    ),
    **dict.fromkeys(("장전거래대금", "장후거래대금"), lambda now: 0),
    "금액": lambda now: now.value // 1_000_000,
    **dict.fromkeys(("순매수잔량", "호가순총잔량"), lambda now: total(now.bids) - total(now.asks)),
    "호가순잔량": lambda now: now.bids[0].quantity - now.asks[0].quantity,
    "총매도건수": lambda now: sum(level.orders for level in now.asks),
    "총매수건수": lambda now: sum(level.orders for level in now.bids),
    "매도호가총건수": lambda now: sum(level.orders for level in now.asks),
    "매수호가총건수": lambda now: sum(level.orders for level in now.bids),
    "매수호가총잔량": lambda now: total(now.bids),
    "매도호가총잔량": lambda now: total(now.asks),
    "총매도잔량": lambda now: total(now.asks),
    "총매수잔량": lambda now: total(now.bids),
    "총매수량": lambda now: total(now.bids),
    "매도총잔량": lambda now: total(now.asks),
    "매수총잔량": lambda now: total(now.bids),
    **dict.fromkeys(("매도잔량", "매도호가수량"), lambda now: now.asks[0].quantity),
    **dict.fromkeys(("매수잔량", "매수호가수량"), lambda now: now.bids[0].quantity),
}

TEXTS: Dict[str, Rule] = {
    **dict.fromkeys(("종목코드", "업종코드", "종목코드1"), lambda now: now.code),
    **dict.fromkeys(("종목명", "업종명", "테마명"), lambda now: now.name),
    "종목코드2": lambda now: now.code,
    "구분": lambda now: "매수" if now.last > 0 else "매도",
    "VI적용구분": lambda now: "정적",
}

KNOWN = (PRICES, CHANGES, RATES, QUANTITIES, TEXTS)
"""Names that need no further facts; nor do labels of rows and what charts leave blank."""

_BLANK = dict.fromkeys(
    (
        "수정주가구분",
        "수정비율",
        "대업종구분",
        "소업종구분",
        "종목정보",
        "수정주가이벤트",
        "대칭구분",
    ),
    lambda now: None,
)
TEXTS.update(_BLANK)
TEXTS.update(dict.fromkeys(("일자", "날짜", "체결일자"), lambda now: day_form(now.day)))
