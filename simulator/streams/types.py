"""Names of the real types, and which of them a registered code may bring."""

from __future__ import annotations

from typing import Callable

TRADE, BOOK, BEST, EXPECTED = "주식체결", "주식호가잔량", "주식우선호가", "주식예상체결"
PRICE, AFTER_HOURS, INFO = "주식시세", "주식시간외호가", "주식종목정보"
PROGRAM, MEMBERS, NAV = "종목프로그램매매", "주식당일거래원", "ETF NAV"
INDEX, BREADTH, EXPECTED_INDEX = "업종지수", "업종등락", "예상업종지수"
OPENING, VI = "장시작시간", "VI발동/해제"

BY_CLOCK = frozenset((PRICE, AFTER_HOURS, INFO, PROGRAM, MEMBERS, NAV))
"""Those of a stock that come at moments of their own."""

STOCK_TYPES = BY_CLOCK | {TRADE, BOOK, BEST, EXPECTED}
"""What a stock's registration may bring."""

INDEX_TYPES = frozenset((INDEX, BREADTH, EXPECTED_INDEX))
"""What an index's registration may bring."""

EVERY_STOCK = "*"
"""The key of a registration that means no code: of `VI`, whose events have those of their stocks."""

Deliver = Callable[[str, str, str], None]
"""Called with the key under which the event was registered, the real type and the raw string."""
