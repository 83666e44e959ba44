"""Themes (테마): which stocks people name in one breath. INVENTED, of real listings."""

from __future__ import annotations

from typing import Mapping

from simulator.universe import Stock

BY_CODE, BY_NAME = 0, 1

_THEMES = {
    "100": ("반도체_대표주", "005930 000660 042700"),
    "101": ("자동차_완성차", "005380 000270"),
    "102": ("자동차_부품", "012330 011210 018880"),
    "103": ("2차전지_소재", "051910 247540 003670 086520"),
    "104": ("2차전지_셀", "006400 373220 096770"),
    "105": ("인터넷_포털", "035420 035720"),
    "110": ("제약_바이오시밀러", "068270 207940"),
    "111": ("통신_3사", "017670 030200 032640"),
    "120": ("은행_금융지주", "105560 055550 086790 316140"),
    "121": ("증권", "006800 005940 016360 039490"),
    "130": ("조선", "009540 010140 042660"),
    "131": ("철강_주요종목", "005490 004020"),
    "140": ("전력_가스", "015760 036460"),
    "141": ("원자력발전", "034020 052690 051600"),
    "150": ("게임_모바일", "036570 259960 251270"),
    "151": ("엔터테인먼트", "352820 041510 035900 122870"),
    "152": ("방위산업", "012450 047810 079550 064350"),
}


def groups(stocks: Mapping[str, Stock], order: int) -> str:
    """GetThemeGroupList: ``100|반도체_대표주;101|...``, of themes with any of the stocks.

    Args:
        order: ``BY_CODE`` or ``BY_NAME``.
    """
    found = [(code, name) for code, (name, _) in _THEMES.items() if members(stocks, code)]
    if order == BY_NAME:
        found.sort(key=lambda each: each[1])
    return ";".join(f"{code}|{name}" for code, name in found)


def members(stocks: Mapping[str, Stock], theme: str) -> str:
    """GetThemeGroupCode: ``A005930;A000660``; "" for an unknown theme."""
    _, codes = _THEMES.get(theme, ("", ""))
    return ";".join(f"A{code}" for code in codes.split() if code in stocks)
