"""Whether a scenario that is well written can be played."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Dict, Iterable, Mapping, Tuple

from sapi_kiwoom import catalogue, krx
from sapi_kiwoom.signatures import METHODS, NUMBER
from simulator.brokerage.notices import HOGA_NAMES
from simulator.brokerage.order import NEW
from simulator.brokerage.validation import ORDER_TYPES
from simulator.faults import AT, CALL, CALLS_MET, EVENT, LOGIN, REAL_DATA, TARGETS, TR_DATA
from simulator.market.interruptions import Halts
from simulator.scenario import build, model
from simulator.scenario.errors import ScenarioError
from simulator.scenario.model import Condition, Entry, Fault, Scenario
from simulator.universe import Stock, universe

_NEEDS: Mapping[str, Tuple[str, ...]] = {
    model.CLOSED: ("duration",),
    model.LATE: ("duration",),
    model.CODE: ("code",),
    model.LOST: ("code",),
    model.REFUSE_LOGIN: ("code",),
    model.BOX: ("text",),
}
"""What a fault must say beside its effect and what it meets."""

_MAY: Mapping[str, Tuple[str, ...]] = {
    model.HANG: ("duration",),
    model.BOX: ("duration",),
    model.REORDER: ("duration",),
}
_WHICH = ("one_in", "nth", "from", "until")
"""What those may say that meet calls, events or logins."""

_PRICELESS = ("03", "06", "07", "13", "16", "23", "26", "61", "81")
"""거래구분 of orders that carry no price."""


def check(scenario: Scenario) -> None:
    """Raise ScenarioError for the first thing that keeps a scenario from being played.

    Recorded files are only looked for; what is in them is checked when they are played.
    """
    everything = universe()
    _listed(scenario.codes, "stocks", everything)
    stocks = build.listed(scenario)
    for code in scenario.warnings:
        _listed([code], "warnings", stocks, f'warnings["{code}"]')
    _time(scenario)
    _accounts(scenario, stocks)
    _feed(scenario, stocks)
    for number, fault in enumerate(scenario.faults):
        check_fault(fault, f"faults[{number}]", scenario)
    for number, entry in enumerate(scenario.entries):
        _entry(entry, f"entries[{number}]", scenario, stocks)
    for number, condition in enumerate(scenario.conditions):
        _condition(condition, f"conditions[{number}]", stocks)
    _once((each.index for each in scenario.conditions), "conditions[{}].index")


def _listed(codes: Iterable[str], path: str, stocks: Mapping[str, Stock], exact: str = "") -> None:
    for number, code in enumerate(codes):
        if code in stocks:
            continue
        place = exact or f"{path}[{number}]"
        if code in universe():
            raise ScenarioError(place, f"{code} is not one of the scenario's stocks; add it there")
        near = get_close_matches(code, stocks, 1)
        hint = f"; {near[0]} is {stocks[near[0]].name}" if near else ""
        raise ScenarioError(place, f"there is no stock {code}{hint}")
    if not exact:
        _once(codes, path + "[{}]")


def _once(values: Iterable[object], path: str) -> None:
    seen = set()
    for number, value in enumerate(values):
        if value in seen:
            raise ScenarioError(path.format(number), f"{value} is there already; leave one out")
        seen.add(value)


def _time(scenario: Scenario) -> None:
    if scenario.end is None:
        return
    if scenario.start is None:
        raise ScenarioError("end", "an end needs a start")
    if scenario.end <= scenario.start:
        raise ScenarioError("end", "must be later than the start")


def _within(at: int, path: str, scenario: Scenario) -> None:
    start, end = scenario.start, scenario.end
    if (start is not None and at < start) or (end is not None and at > end):
        raise ScenarioError(path, "is not between the scenario's start and end")


def _accounts(scenario: Scenario, stocks: Mapping[str, Stock]) -> None:
    if not scenario.accounts:
        raise ScenarioError(
            "accounts", "a login has one at least; leave the key out for a usual one"
        )
    _once((each.number for each in scenario.accounts), "accounts[{}].number")
    for number, account in enumerate(scenario.accounts):
        for place, holding in enumerate(account.holdings):
            path = f"accounts[{number}].holdings[{place}].code"
            _listed([holding.code], "", stocks, path)
        codes = (each.code for each in account.holdings)
        _once(codes, f"accounts[{number}].holdings[{{}}].code")


def _feed(scenario: Scenario, stocks: Mapping[str, Stock]) -> None:
    if scenario.recorded and scenario.fills == model.BOOK:
        raise ScenarioError(
            "fills", "book would change what was recorded; choose touch or queue over a recording"
        )
    for number, recording in enumerate(scenario.recorded):
        path = f"feed.recorded[{number}].files"
        if isinstance(recording.files, Mapping):
            for code in recording.files:
                _listed([code], path, stocks, f'{path}["{code}"]')
            places = {f'{path}["{code}"]': file for code, file in recording.files.items()}
        else:
            places = {f"{path}[{place}]": file for place, file in enumerate(recording.files)}
        if not places:
            raise ScenarioError(path, "names no files")
        for place, file in places.items():
            found = build.beside(scenario, file)
            if not found.is_file():
                raise ScenarioError(place, f"there is no file {found}")
    _halts(scenario, stocks)
    build.script(scenario, stocks)  # raises what is wrong with it
    try:
        build.halts(scenario, stocks)
    except ValueError as error:
        raise ScenarioError("halts", f"with those of the script: {error}") from None


def _halts(scenario: Scenario, stocks: Mapping[str, Stock]) -> None:
    met: Dict[str, Halts] = {}
    for number, halt in enumerate(scenario.halts):
        path = f"halts[{number}]"
        if halt.code:
            _listed([halt.code], path, stocks, f"{path}.code")
        _within(halt.start, f"{path}.start", scenario)
        day = krx.kst(halt.start).date()
        if not krx.is_trading_day(day):
            raise ScenarioError(f"{path}.start", f"{day} is not a trading day")
        session, midnight = krx.session(day), krx.midnight(day)
        opening = midnight + session.open * krx.MINUTE
        close = midnight + session.close * krx.MINUTE
        if not opening <= halt.start < close:
            raise ScenarioError(f"{path}.start", f"must be within {_span(opening, close)}")
        if halt.end is not None and not halt.start < halt.end <= close:
            span = _span(halt.start, close)
            raise ScenarioError(f"{path}.end", f"must be after the start and within {span}")
        try:
            met.setdefault(halt.code, Halts()).add(build.halt(halt))
        except ValueError as error:
            raise ScenarioError(path, str(error)) from None


def _span(start: int, end: int) -> str:
    return f"{krx.kst(start):%H:%M} to {krx.kst(end):%H:%M}"


def check_fault(fault: Fault, path: str, scenario: Scenario) -> None:
    """Raise ScenarioError for what makes no sense in a fault."""
    effect = fault.effect
    said = {
        "at": fault.at is not None,
        "call": bool(fault.call),
        "event": bool(fault.event),
        "tr": bool(fault.tr),
        "real": bool(fault.real),
        "one_in": fault.one_in != 1,
        "nth": bool(fault.nth),
        "from": fault.since is not None,
        "until": fault.until is not None,
        "duration": bool(fault.seconds),
        "code": bool(fault.code),
        "text": bool(fault.text),
    }
    targets = TARGETS[effect]
    met = [each for each in (AT, CALL, EVENT) if said[each]]
    if len(met) > 1:
        raise ScenarioError(path, f"names {' and '.join(met)}; leave all but one of them out")
    if LOGIN not in targets and not set(met) & set(targets):
        raise ScenarioError(path, f"{effect} needs {' or '.join(targets)}; add {targets[0]}")
    allowed = [*targets, *_NEEDS.get(effect, ()), *_MAY.get(effect, ())]
    if not said["at"] and effect != model.SECOND_LOGIN:
        allowed += _WHICH
    if fault.call in ("", "CommRqData") and fault.event in ("", TR_DATA) and met != [AT] and met:
        allowed.append("tr")
    if fault.event == REAL_DATA:
        allowed.append("real")
    for key, there in said.items():
        if there and key not in allowed:
            raise ScenarioError(f"{path}.{key}", f"means nothing to {effect} here; leave it out")
    for key in _NEEDS.get(effect, ()):
        if not said[key]:
            raise ScenarioError(path, f"{effect} needs {key}; add {key}")
    if fault.call and fault.call not in METHODS:
        near = get_close_matches(fault.call, METHODS, 1)
        hint = f"; did you mean {near[0]}?" if near else ", for example CommRqData is one"
        raise ScenarioError(f"{path}.call", f"the control has no {fault.call}{hint}")
    if fault.call and fault.call not in CALLS_MET.get(effect, METHODS):
        raise ScenarioError(f"{path}.call", f"{effect} meets {' or '.join(CALLS_MET[effect])}")
    if effect == model.CODE and METHODS[fault.call].returns != NUMBER:
        raise ScenarioError(f"{path}.call", f"{fault.call} returns no code; name another call")
    _which(fault, path, scenario)


def _which(fault: Fault, path: str, scenario: Scenario) -> None:
    if fault.tr and fault.tr.lower() not in (each.lower() for each in catalogue.trs()):
        if not fault.tr.startswith("KOA_"):
            raise ScenarioError(f"{path}.tr", f"{fault.tr} is no TR of the catalogue")
    if fault.real and fault.real not in catalogue.real_types():
        near = get_close_matches(fault.real, catalogue.real_types(), 1, 0.3)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise ScenarioError(f"{path}.real", f"{fault.real} is no real type{hint}")
    for key, moment in (("at", fault.at), ("from", fault.since), ("until", fault.until)):
        if moment is not None:
            _within(moment, f"{path}.{key}", scenario)
    if fault.since is not None and fault.until is not None and fault.until <= fault.since:
        raise ScenarioError(f"{path}.until", "must be later than from")


def _condition(condition: Condition, path: str, stocks: Mapping[str, Stock]) -> None:
    _listed(condition.codes, f"{path}.codes", stocks)
    if condition.when is None and not condition.codes:
        raise ScenarioError(path, "finds nothing; add codes, or when: change >= 5 %")
    for each in "^;":
        if each in condition.name:
            raise ScenarioError(
                f"{path}.name", f"has a {each}, which ends names in the list; leave it out"
            )


def _entry(entry: Entry, path: str, scenario: Scenario, stocks: Mapping[str, Stock]) -> None:
    _within(entry.at, f"{path}.at", scenario)
    if entry.account not in (each.number for each in scenario.accounts):
        raise ScenarioError(f"{path}.account", f"{entry.account} is not one of the accounts")
    _listed([entry.code], path, stocks, f"{path}.code")
    new = {number: each for number, each in ORDER_TYPES.items() if each.kind == NEW}
    if entry.order_type not in new:
        known = ", ".join(map(str, new))
        raise ScenarioError(f"{path}.order_type", f"is no new order's; known are {known}")
    if entry.hoga not in HOGA_NAMES:
        known = ", ".join(f"{code} {name}" for code, name in HOGA_NAMES.items())
        raise ScenarioError(f"{path}.hoga", f"unknown; known are {known}")
    day = krx.kst(entry.at).date()
    if not krx.is_trading_day(day):
        raise ScenarioError(f"{path}.at", f"{day} is not a trading day")
    if entry.hoga in _PRICELESS:
        if entry.price:
            name = HOGA_NAMES[entry.hoga]
            raise ScenarioError(f"{path}.price", f"{name} carries no price; leave it out")
        return
    if not entry.price:
        raise ScenarioError(path, f"{HOGA_NAMES[entry.hoga]} needs a price")
    table = krx.tick_table(stocks[entry.code].market, day)
    if table.round_down(entry.price) != entry.price:
        near = f"{table.round_down(entry.price):_} and {table.round_up(entry.price):_}"
        raise ScenarioError(f"{path}.price", f"{entry.price:_} is off the grid; next are {near}")
