"""In which order the rows of a ranking stand."""

from __future__ import annotations

from typing import Dict, Iterator, List, Optional

from sapi_kiwoom.catalogue import Tr

_KEYS = (
    *("급증률", "급등율", "소진율증가", "PER", "신용비율", "NAV등락율", "매물비", "매수비율"),
    *(
        "누적순매수수량",
        "순매수금액",
        "순매수대금",
        "순매수수량",
        "순매매금액",
        "순매수",
        "순매수량",
        "순매수거래량",
    ),
    *(
        "순매도금액",
        "순매도수량",
        "순매도",
        "합계",
        "프로그램순매수금액",
        "순매수잔량",
        "합계연속순매수일수",
    ),
    *(
        "괴리율",
        "시가대비",
        "등락률",
        "등락율",
        "잔고금액",
        "거래대금",
        "누적거래대금",
        "누적거래량",
        "거래량",
    ),
)
"""What rankings rank by; the first of these that the record has."""

_INPUT_KEYS = {
    ("opt10020", "2"): "순매수잔량",
    ("opt10037", "2"): "순매수거래량",
    ("opt10098", "4"): "누적거래량",
}

_SELLERS_FIRST = "1"
_BUYERS_FIRST_BY_ONE = ("opt10065",)
_UNORDERED = ("opt20003", "opt20002", "opt10051", "opt40004", "opt50044")
"""Lists in the order of their codes."""


def key_of(tr: Tr, inputs: Dict[str, str]) -> Optional[str]:
    """The field that a ranking is ranked by; None for a list that is none."""
    code = tr.code.lower()
    if tr.multi is None or code in _UNORDERED:
        return None
    names = {each.name for each in tr.multi.fields}
    chosen = _INPUT_KEYS.get((code, inputs.get("정렬구분", inputs.get("정렬기준", ""))))
    if chosen in names:
        return chosen
    if "전일거래량" in tr.title:
        return "거래량"
    return next((each for each in _KEYS if each in names), None)


def descending(tr: Tr, inputs: Dict[str, str]) -> bool:
    """Whether the highest comes first: not where sellers, falls or the cheapest are asked for."""
    code = tr.code.lower()
    if code in _BUYERS_FIRST_BY_ONE:
        return inputs.get("매매구분") != "2"
    if tr.group in ("investor", "program"):
        return inputs.get("매매구분", inputs.get("매매상위구분", "")) != _SELLERS_FIRST
    if code == "opt10026":
        return inputs.get("PER구분") not in ("1", "3", "5")
    if code in ("opt10028", "opt10029", "opt10098"):
        return inputs.get("정렬구분", inputs.get("정렬기준", "")) not in ("3", "4")
    return inputs.get("등락구분") != "2"


def order(tr: Tr, inputs: Dict[str, str], rows: List[List[str]]) -> Iterator[List[str]]:
    """The rows of a ranking in their order, with their ranks."""
    assert tr.multi is not None
    names = [each.name for each in tr.multi.fields]
    key = key_of(tr, inputs)
    if key is not None:
        column = names.index(key)
        parse, sign = tr.multi.fields[column].parse, -1 if descending(tr, inputs) else 1
        rows = sorted(rows, key=lambda row: sign * (parse(row[column]) or 0))
    ranks = [place for place, name in enumerate(names) if name in ("순위", "현재순위")]
    for rank, row in enumerate(rows, 1):
        for place in ranks:
            row[place] = str(rank)
        yield row
