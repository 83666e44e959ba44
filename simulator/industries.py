"""Names of indexes (업종) by code, and by the market as KOA_Functions("GetUpjongCode") knows it."""

from __future__ import annotations

from typing import Dict

_NAMES = {
    "0": """
001 종합(KOSPI)
002 대형주
003 중형주
004 소형주
005 음식료업
006 섬유의복
007 종이목재
008 화학
009 의약품
010 비금속광물
011 철강금속
012 기계
013 전기전자
014 의료정밀
015 운수장비
016 유통업
017 전기가스업
018 건설업
019 운수창고
020 통신업
021 금융업
022 은행
024 증권
025 보험
026 서비스업
027 제조업
""",
    "1": """
101 종합(KOSDAQ)
103 기타서비스
104 코스닥IT종합
106 제조
107 건설
108 유통
110 운송
111 금융
112 통신방송서비스
113 IT S/W & SVC
114 IT H/W
115 음식료담배
116 섬유의류
117 종이목재
118 출판매체복제
119 화학
120 제약
121 비금속
122 금속
123 기계장비
124 일반전기전자
125 의료정밀기기
126 운송장비부품
127 기타 제조
138 KOSDAQ 100
""",
    "2": "201 KOSPI200",
    "4": "401 KOSPI100",
    "7": "701 KRX100",
}

BY_MARKET: Dict[str, Dict[str, str]] = {
    market: dict(line.split(" ", 1) for line in names.strip().splitlines())
    for market, names in _NAMES.items()
}
"""Names by code, by market: 0 KOSPI, 1 KOSDAQ, 2 KOSPI200, 4 KOSPI100, 7 KRX100."""

BY_CODE: Dict[str, str] = {
    code: name for names in BY_MARKET.values() for code, name in names.items()
}


def codes(market: str) -> str:
    """GetUpjongCode: ``0,001,종합(KOSPI)|0,002,대형주|...``; "" for an unknown market."""
    names = BY_MARKET.get(market, {})
    return "|".join(f"{market},{code},{name}" for code, name in names.items())
