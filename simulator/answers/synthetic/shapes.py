"""What the rows of a TR are: days, minutes, stocks, strikes ... as its records' first columns say."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import Callable, Dict, List

from sapi_kiwoom import krx
from sapi_kiwoom.catalogue import Tr
from simulator.answers.forms import count
from simulator.answers.synthetic import contracts, flows, lists
from simulator.answers.synthetic.bars import bars, periods
from simulator.answers.synthetic.indexes import IndexSubject
from simulator.answers.synthetic.request import Request, subject
from simulator.answers.synthetic.scene import Scene
from simulator.answers.synthetic.subjects import Facts, Scenes

DAYS, TIMES, STAMPS, ONE, STOCKS, CODES, STRIKES = (
    "days times stamps one stocks codes strikes".split()
)
SECTORS, MEMBERS, THEMES, FUTURES, BANDS, WARRANTS, NONE = (
    "sectors members themes futures bands warrants none".split()
)

_EXCEPTIONS = {
    "opt20003": SECTORS,
    "opt20002": MEMBERS,
    "opt90001": THEMES,
    "opt90002": CODES,
    **dict.fromkeys(("opt50004", "opt50020", "opt50021", "opt50022", "opt50065"), STRIKES),
    **dict.fromkeys(("opt50038", "opt50039"), STRIKES),
    **dict.fromkeys(("opt50043", "opt50044"), FUTURES),
    "optkwinv": CODES,
    "opt50014": BANDS,
    "opt99999": ONE,
    "opt40010": TIMES,
    "opt40009": ONE,
    **dict.fromkeys(("opt50034", "opt50012"), TIMES),
    "opt50035": DAYS,
    **dict.fromkeys(("opt10011", "opt10041"), NONE),
}
"""TRs whose rows their columns do not tell; warrants (opt10011) are not listed."""

_OWN = ("account", "futures-account")
_DATES = ("일자", "날짜", "체결일자", "일자n", "체결시간")
_CLOCKS = ("시간", "체결시간", "호가시간", "시간n", "매도이탈시간")

WEEK: Callable[[date], object] = lambda day: day.isocalendar()[:2]  # noqa: E731
MONTH: Callable[[date], object] = lambda day: (day.year, day.month)  # noqa: E731
YEAR: Callable[[date], object] = lambda day: day.year  # noqa: E731

_PERIODS = {
    **dict.fromkeys(("opt20007", "opt50071"), WEEK),
    **dict.fromkeys(("opt20008", "opt50072"), MONTH),
    **dict.fromkeys(("opt10094", "opt20019", "opt50073"), YEAR),
}
_TICKS = ("opt20004", "opt50028", "opt50066")
_CHART_DAYS = 5


@lru_cache(maxsize=None)
def shape_of(tr: Tr) -> str:
    """What the rows of a TR are."""
    code = tr.code.lower()
    if code in _EXCEPTIONS:
        return _EXCEPTIONS[code]
    if tr.multi is None or tr.group in _OWN:
        return NONE
    if tr.multi.rows == 1:
        return ONE
    kinds = {each.name: each.kind for each in tr.multi.fields}
    if any(kinds.get(name) == "timestamp" for name in _CLOCKS):
        return STAMPS
    if any(kinds.get(name) == "date" for name in _DATES):
        return DAYS
    if any(kinds.get(name) == "time" for name in _CLOCKS):
        return TIMES
    if tr.group == "elw":
        return WARRANTS
    return STOCKS if "종목코드" in kinds or "종목코드1" in kinds else ONE


def scenes(request: Request, shape: str) -> Scenes:
    """The scenes of a TR's rows, None where a good piece of work was done."""
    found = _SHAPES[shape](request)
    multi = request.tr.multi
    if multi and any(each.name == "전체누적" for each in multi.fields):
        found = _accumulated(found, request.inputs.get("금액수량구분", "1") != "2")
    if multi and any(each.name == "BASIS" for each in multi.fields):
        return _with_basis(found, contracts.front(request.world, request.moment))
    return found


def _accumulated(found: Scenes, in_money: bool) -> Scenes:
    """Days with what programs bought net, by itself (당일) and since the oldest of them (누적)."""
    kept: List[Scene] = []
    for scene in found:
        yield None
        if scene:
            kept.append(scene)
    sums: Dict[str, int] = {}
    for each in reversed(kept):
        for party in ("차익거래", "비차익거래", "전체"):
            sold, bought = (flows.money if in_money else flows.flow)(each, party)
            sums[party] = sums.get(party, 0) + bought - sold
            each.facts.update({f"{party}당일": bought - sold, f"{party}누적": sums[party]})
    yield from kept


def _with_basis(found: Scenes, front: contracts.ContractSubject) -> Scenes:
    """Scenes of KOSPI200 with how far its nearest future stands above it."""
    for scene in found:
        if scene:
            scene.facts["BASIS"] = front.scene(scene).price - scene.price
        yield scene


def _one(request: Request) -> Scenes:
    found = subject(request)
    for scene in found.now(request.moment) if found else ():
        if scene and request.code == "opt99999":
            place = krx.trading_day_index(scene.day)
            for number in range(1, 9):
                scene.facts[f"일자{number}"] = (
                    f"{krx.trading_day(max(place - number + 1, 0)):%Y%m%d}"
                )
        yield scene


def _days(request: Request) -> Scenes:
    found = subject(request)
    if found is None:
        return
    today = request.world.trading_day(request.moment)
    period = _PERIODS.get(request.code)
    rows = found.days(min(request.last or today, today), request.moment)
    if period:
        rows = periods(rows, period)
    for scene in rows:
        if scene and request.first and scene.day < request.first:
            return
        yield scene


def _times(request: Request) -> Scenes:
    """Minutes of one day."""
    found = subject(request)
    if found is None:
        return
    today = request.world.trading_day(request.moment)
    day = min(request.last or today, today)
    if request.inputs.get("당일전일") == "2":
        day = krx.previous_trading_day(today)
    if krx.is_trading_day(day):
        yield from bars(found.minutes(day, request.moment), 1, "누적거래량" in _columns(request))


def _stamps(request: Request) -> Scenes:
    """Bars of some minutes, or of some ticks, back over the last days."""
    found = subject(request)
    if found is None:
        return
    span = count(request.inputs.get("틱범위", request.inputs.get("시간단위", "")), 1)
    ticks = request.code in _TICKS and isinstance(found, (IndexSubject, contracts.ContractSubject))
    place = krx.trading_day_index(request.world.trading_day(request.moment))
    for back in range(_CHART_DAYS):
        day = krx.trading_day(place - back)
        if ticks:
            assert isinstance(found, (IndexSubject, contracts.ContractSubject))
            source, label = found.ticks(day, request.moment), None
        else:
            source, label = found.minutes(day, request.moment), span
        yield from bars(source, span, True, label)


def _columns(request: Request) -> List[str]:
    assert request.tr.multi is not None
    return [each.name.rstrip("n") for each in request.tr.multi.fields]


def _bands(request: Request) -> Scenes:
    """How much was traded in each of ten bands of the day's prices."""
    found = subject(request)
    minutes = (
        [each for each in found.minutes(_today(request), request.moment) if each] if found else []
    )
    if not minutes:
        return
    newest = minutes[0]
    width = max((newest.high - newest.low) // 10 + 1, 1)
    volumes = [0] * 10
    for each in minutes:
        volumes[min(max((each.price - newest.low) // width, 0), 9)] += abs(each.last)
    whole = max(sum(volumes), 1)
    for place in reversed(range(10)):
        facts: Facts = {
            "구간구분": str(10 - place),
            "거래량": volumes[place],
            "비중": volumes[place] * 10_000 // whole,
        }
        yield replace(newest, facts=facts)


def _today(request: Request) -> date:
    return request.world.trading_day(request.moment)


def _none(request: Request) -> Scenes:
    return iter(())


_SHAPES: Dict[str, Callable[[Request], Scenes]] = {
    DAYS: _days,
    TIMES: _times,
    STAMPS: _stamps,
    ONE: _one,
    STOCKS: lists.stocks,
    CODES: lists.codes,
    STRIKES: lists.strikes,
    SECTORS: lists.indexes,
    MEMBERS: lists.constituents,
    THEMES: lists.theme_list,
    FUTURES: lists.futures,
    BANDS: _bands,
    WARRANTS: lists.warrants,
    NONE: _none,
}
