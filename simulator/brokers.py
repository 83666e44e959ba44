"""Members of the exchange (회원사), by the codes that some TRs take. Names as of different years."""

from __future__ import annotations

_BROKERS = """
001 교  보
002 신한금융투자
003 한국투자증권
004 대  신
005 미래에셋대우
006 신  영
008 유진증권
010 메리츠
012 NH투자증권
013 한화투자증권
015 유안타증권
017 KB증권
020 현대차증권
021 SK증권
022 부국증권
023 DB금융투자
024 하이투자증권
025 이베스트
029 다올투자증권
030 삼  성
031 하나증권
033 JP모간서울
035 씨티그룹
036 모건스탠리
037 골드만삭스
041 UBS
042 CS증권
044 메릴린치
045 노무라
046 맥쿼리
050 키움증권
056 한국포스
061 토스증권
063 카카오페이
827 모아증권중개
829 동양오리온
"""


def names() -> str:
    """GetBranchCodeName: ``001|교  보;002|신한금융투자;...``."""
    pairs = (line.split(" ", 1) for line in _BROKERS.strip().splitlines())
    return ";".join(f"{code}|{name}" for code, name in pairs)
