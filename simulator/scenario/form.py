"""The form of a scenario's file: which keys it has, and what may stand behind each of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict, Tuple

from sapi_kiwoom import krx
from simulator.faults import EVENTS_MET, TARGETS
from simulator.scenario import model
from simulator.scenario.criteria import Criteria
from simulator.scenario.fields import (
    ACCOUNT,
    CODE,
    DURATION,
    FLAG,
    MOMENT,
    NAME,
    SECONDS,
    SEED,
    SHARES,
    SPEED,
    TEXT,
    WON,
    Either,
    Field,
    ListOf,
    MapOf,
    Place,
    Raw,
    Record,
    Scalar,
    check_keys,
    one_of,
    pattern,
    whole,
)
from simulator.scenario.model import Scenario

VERSION = "1"


def _words(*words: str) -> Scalar:
    return one_of({word: word for word in words})


class _Span:
    """The least and the most of something that is drawn."""

    def read(self, value: Any, place: Place) -> Tuple[int, int]:
        """See `Kind.read`."""
        check_keys(value, ("least", "most"), place)
        for key in ("least", "most"):
            if key not in value:
                raise place.wrong(f"{key} is missing; write {{least: 20ms, most: 100ms}}")
        least, most = (DURATION.read(value[key], place.within(key)) for key in ("least", "most"))
        if least > most:
            raise place.within("least").wrong("is more than most; exchange the two")
        return least, most

    def write(self, value: Any) -> Dict[str, str]:
        """See `Kind.write`."""
        return {"least": DURATION.write(value[0]), "most": DURATION.write(value[1])}


class _Codes:
    """Stocks: a list of codes, or ``all``."""

    _list = ListOf(CODE)

    def read(self, value: Any, place: Place) -> Any:
        """See `Kind.read`."""
        if value == "all":
            return ()
        if not isinstance(value, list) or not value:
            raise place.wrong("write a list of codes, for example [005930, 000660], or all")
        return self._list.read(value, place)

    def write(self, value: Any) -> Any:
        """See `Kind.write`."""
        return self._list.write(value) if value else "all"


class _Files:
    """Paths: a list, or by code."""

    _list, _map = ListOf(NAME), MapOf(CODE, NAME)

    def read(self, value: Any, place: Place) -> Any:
        """See `Kind.read`."""
        return (self._map if isinstance(value, dict) else self._list).read(value, place)

    def write(self, value: Any) -> Any:
        """See `Kind.write`."""
        return (self._map if isinstance(value, dict) else self._list).write(value)


_HOLDING = Record(
    model.Holding, [Field("code", CODE), Field("quantity", SHARES), Field("cost", WON)]
)
_ACCOUNT = Record(
    model.AccountSpec,
    [
        Field("number", ACCOUNT),
        Field("name", TEXT),
        Field("cash", WON),
        Field("holdings", ListOf(_HOLDING)),
        Field("password", FLAG),
        Field("margin", FLAG),
        Field("expired", FLAG),
    ],
)
_HALT = Record(
    model.HaltSpec,
    [Field("code", CODE), Field("start", MOMENT), Field("end", MOMENT), Field("reason", NAME)],
)
FAULT = Record(
    model.Fault,
    [
        Field("effect", _words(*TARGETS)),
        Field("at", MOMENT),
        Field("call", pattern(r"\w+", "a method of the control, for example CommRqData")),
        Field("tr", pattern(r"\w{1,30}", "a TR, for example opt10081")),
        Field("event", _words(*EVENTS_MET)),
        Field("real", NAME),
        Field("one_in", whole(1, 1_000_000, "a whole number, for example 20 for one of twenty")),
        Field("nth", whole(1, 1_000_000, "a whole number, for example 3 for the third")),
        Field("from", MOMENT, "since"),
        Field("until", MOMENT),
        Field("duration", SECONDS, "seconds"),
        Field("code", whole(-9_999, -1, "a return code below 0, for example -200")),
        Field("text", NAME),
    ],
)
_ENTRY = Record(
    model.Entry,
    [
        Field("at", MOMENT),
        Field("account", ACCOUNT),
        Field("order_type", whole(1, 99, "an order type, for example 1 (buy) or 2 (sell)")),
        Field("code", CODE),
        Field("quantity", SHARES),
        Field("price", WON),
        Field("hoga", pattern(r"\d\d", "a 거래구분 of two digits, for example 00 or 03")),
    ],
)
_CONDITION = Record(
    model.Condition,
    [
        Field("index", whole(0, 999, "a number, for example 0")),
        Field("name", NAME),
        Field("codes", ListOf(CODE)),
        Field("when", Criteria()),
    ],
)
_DIALOG = Record(
    model.Dialog,
    [Field("answer", _words("send", "stop", "never")), Field("after", SECONDS, "seconds")],
)
_RECORDING = Record(
    model.Recording,
    [
        Field("files", _Files()),
        Field("kind", _words("ticks", "minutes", "days")),
        Field("gaps", FLAG),
        Field("off_grid", FLAG),
    ],
)


def _latency(text: str, place: Place) -> Any:
    if text == model.MEASURED:
        return text
    found = DURATION.parse(text, place)
    return None if found is None else (found, found)


_LATENCY = Either(
    Scalar(
        _latency,
        lambda value: value if value == model.MEASURED else DURATION.write(value[0]),
        "measured, a duration as 50ms, or {least: 20ms, most: 100ms}",
    ),
    _Span(),
    lambda value: value == model.MEASURED or value[0] == value[1],
)
_TOP = Record(
    Scenario,
    [
        Field("name", NAME),
        Field("description", TEXT),
        Field("seed", SEED),
        Field("start", MOMENT),
        Field("end", MOMENT),
        Field("speed", SPEED),
        Field("stocks", _Codes(), "codes"),
        Field("warnings", MapOf(CODE, one_of(model.WARNINGS))),
        Field("server", _words("mock", "mock-2020", "real")),
        Field("fills", _words(model.TOUCH, model.QUEUE, model.BOOK)),
        Field("latency", _LATENCY),
        Field("accounts", ListOf(_ACCOUNT)),
        Field("halts", ListOf(_HALT)),
        Field("faults", ListOf(FAULT)),
        Field("entries", ListOf(_ENTRY)),
        Field("conditions", ListOf(_CONDITION)),
        Field("dialog", _DIALOG),
    ],
)
_FEED = Record(Scenario, [Field("script", ListOf(Raw())), Field("recorded", ListOf(_RECORDING))])
_KEYS = ["version", *(each.key for each in _TOP.fields), "feed"]


def from_tree(tree: Any) -> Scenario:
    """The scenario that lists, dicts and strings say; whether it can be played is not looked at.

    Raises:
        ScenarioError: something is not of the form.
    """
    top = Place("")
    if tree == "":
        raise top.wrong(f"is empty; begin with version: {VERSION}")
    check_keys(tree, _KEYS, top)
    if tree.get("version") != VERSION:
        path = top.within("version") if "version" in tree else top
        raise path.wrong(f"this version reads the format of version: {VERSION}; write that line")
    if "start" in tree:
        day = krx.kst(MOMENT.read(tree["start"], top.within("start"))).date()
        top = Place("", day)
    values = _TOP.values({key: tree[key] for key in tree if key not in ("version", "feed")}, top)
    if "feed" in tree:
        values.update(_FEED.values(tree["feed"], top.within("feed")))
    scenario = Scenario(**values)
    first = scenario.accounts[0].number if scenario.accounts else ""
    entries = tuple(
        each if "account" in written else replace(each, account=first)
        for each, written in zip(scenario.entries, tree.get("entries", ()))
    )
    return replace(scenario, entries=entries)


def to_tree(scenario: Scenario) -> Dict[str, Any]:
    """The inverse of `from_tree`."""
    tree: Dict[str, Any] = {"version": VERSION, "name": scenario.name, **_TOP.write(scenario)}
    feed = _FEED.write(scenario)
    for entry, written in zip(scenario.entries, tree.get("entries", ())):
        written["account"] = entry.account
    return {**tree, "feed": feed} if feed else tree
