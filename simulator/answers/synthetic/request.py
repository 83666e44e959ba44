"""A request for a TR: whom it is about, and which days it names."""

from __future__ import annotations

from datetime import date
from typing import Dict, NamedTuple, Optional, Tuple

from sapi_kiwoom.catalogue import Tr
from simulator import elws
from simulator.answers.forms import parse_day
from simulator.answers.sectors import sectors
from simulator.answers.synthetic import contracts
from simulator.answers.synthetic.indexes import IndexSubject
from simulator.answers.synthetic.subjects import StockSubject, Subject
from simulator.answers.synthetic.warrants import ElwSubject
from simulator.answers.world import World


class Request(NamedTuple):
    """A request for a TR, with the days that its inputs name.

    Attributes:
        first, last: the oldest and the newest day that is asked for; None where none is named.
    """

    world: World
    tr: Tr
    inputs: Dict[str, str]
    moment: int
    first: Optional[date]
    last: Optional[date]

    @property
    def code(self) -> str:
        """Of the TR, in lower case."""
        return self.tr.code.lower()


def subject(request: Request) -> Optional[Subject]:
    """Whom a request is about; None for an unknown code."""
    world, tr, inputs = request.world, request.tr, request.inputs
    known = sectors(world)
    if tr.group == "elw":
        return _warrant(request)
    if tr.group in ("futures-options", "futures-account"):
        wanted = inputs.get("종목코드", "").split(";")[0]
        if tr.title.startswith(("코스피200", "지수변동성", "주요지수")) or "종목코드" not in inputs:
            return kospi200(world)
        return contracts.contract(world, wanted, request.moment)
    sector = inputs.get("업종코드", inputs.get("종목코드", "") if "업종" in tr.title else "")
    if sector:
        industry = known.industry(sector)
        extremes = tr.single is not None and any("52주" in each.name for each in tr.single.fields)
        return IndexSubject(world, industry, extremes) if industry else None
    if "종목코드" in inputs or "기초자산코드" in inputs:
        stock = world.stock(inputs.get("종목코드") or inputs.get("기초자산코드", ""))
        if stock or inputs.get("종목코드"):
            return StockSubject(world, stock) if stock else None
    return kospi200(world)


def _warrant(request: Request) -> Optional[Subject]:
    """The ELW that is named, or the first on the stock that is."""
    world, inputs = request.world, request.inputs
    day = world.trading_day(request.moment)
    for elw in elws.listed(world.stocks).values():
        if inputs.get("종목코드") == elw.code or inputs.get("기초자산코드", "-") == elw.stock:
            return ElwSubject(world, elw, day)
    return None


def kospi200(world: World) -> IndexSubject:
    """The index that stands for the whole market."""
    return IndexSubject(world, sectors(world).kospi200())


_NEWEST = ("종료일자", "기준일자", "조회일자", "끝일자", "일자", "날짜", "평가종료일")


def span(tr: Tr, inputs: Dict[str, str]) -> Tuple[Optional[date], Optional[date]]:
    """The oldest and the newest day that a request names.

    Raises:
        ValueError: what is given is no day.
    """
    newest = next((inputs[name] for name in _NEWEST if inputs.get(name, "").strip("0 ")), "")
    oldest = inputs.get("시작일자", "").strip("0 ") and inputs["시작일자"]
    if oldest and not any(each.name == "종료일자" for each in tr.inputs):
        oldest, newest = "", newest or oldest  # rows begin there
    if tr.code.lower() in ("opt10081", "opt10094"):
        newest = inputs.get("기준일자", "").strip("0 ") and inputs["기준일자"]
    return (_day(oldest) if oldest else None), (_day(newest) if newest else None)


def _day(text: str) -> date:
    return parse_day(text if len(text) != 6 else f"{text}28")
