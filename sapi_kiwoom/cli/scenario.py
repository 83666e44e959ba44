"""``scenario``: look at scenarios, and at the days that they make."""

from __future__ import annotations

import argparse
import importlib
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, Iterator, Tuple

from sapi_kiwoom import krx
from sapi_kiwoom.cli.options import Commands, add_command, day
from sapi_kiwoom.errors import KiwoomError

_TEXT = """\
시나리오를 확인하고 나열하고 그립니다. / Check, list and draw scenarios."""

_MORE = """\
예 / examples:
  sapi-kiwoom scenario list
  sapi-kiwoom scenario check my-day.yaml
  sapi-kiwoom scenario plot vi-day -o day.html
  sapi-kiwoom serve --simulator --scenario vi-day
  sapi-kiwoom serve --simulator --scenario my-day.yaml

형식은 docs/scenarios.md 에 있습니다. docs/scenarios.md tells what may stand in a file."""

_FILE = "파일 또는 이름 / a file or a name"

_CHECK = """\
시나리오 파일을 검사하고 내용을 몇 줄로 보여 줍니다. 틀린 곳이 있으면 종료 코드 2.
Check a scenario's file and say what it is; exit code 2 where something is wrong."""

_LIST = """\
함께 들어 있는 시나리오를 한 줄에 하나씩 보여 줍니다. / The scenarios that come along, one a line."""

_PLOT = """\
한 종목의 하루를 그립니다: 봉, 거래량, 호가 잔량, 사건. 네트워크가 필요 없는 HTML 한 파일입니다.
Draw one stock's day, its candles, volume, book and events, in one HTML file that needs no network."""

_SHOWN = 8
"""Stocks that are named before the rest are only counted."""


def add_parser(commands: Commands) -> None:
    """Add ``scenario`` and what it can do."""
    command = add_command(commands, "scenario", _TEXT, _MORE)
    actions = command.add_subparsers(dest="action", metavar="ACTION", required=True)
    action = add_command(actions, "check", _CHECK)
    action.add_argument("scenario", metavar="FILE", help=_FILE)
    action.set_defaults(run=check)
    add_command(actions, "list", _LIST).set_defaults(run=show_list)
    action = add_command(actions, "plot", _PLOT)
    action.add_argument("scenario", metavar="FILE", help=_FILE)
    action.add_argument(
        "-o", "--output", type=Path, required=True, metavar="HTML", help="for example day.html"
    )
    action.add_argument(
        "--code", help="종목코드 / which stock (default: the one to which most happens)"
    )
    action.add_argument(
        "--day", type=day, metavar="DATE", help="날짜 / which day (default: the scenario's first)"
    )
    action.add_argument(
        "--seed",
        type=int,
        help="같은 값이면 같은 시세 / same seed, same prices (default: the scenario's)",
    )
    action.set_defaults(run=plot)


def check(options: argparse.Namespace) -> int:
    """Say what a scenario is, or what is wrong with it; recorded files are read as a whole."""
    from sapi_kiwoom import app

    build = importlib.import_module("simulator.scenario.build")
    try:
        scenario = app.scenario(options.scenario)
        build.feed(scenario)
    except (KiwoomError, OSError) as error:
        print(f"sapi-kiwoom: {error}", file=sys.stderr)
        return 2
    print(f"{scenario.name}: {scenario.description}".rstrip(": "))
    for heading, text in _about(scenario, build.listed(scenario)):
        print(f"  {heading:<9} {text}")
    return 0


def show_list(options: argparse.Namespace) -> int:
    """Name the scenarios that come along."""
    reader = importlib.import_module("simulator.scenario.read")
    names = reader.shipped()
    width = max(map(len, names))
    for name in names:
        print(f"{name:<{width}}  {reader.named(name).description}")
    return 0


def plot(options: argparse.Namespace) -> int:
    """Play a stock's day and draw it; how far it is goes to standard error."""
    from sapi_kiwoom import app

    plots = importlib.import_module("simulator.scenario.plot")
    scenario = app.scenario(options.scenario)
    if options.seed is not None:
        scenario = replace(scenario, seed=options.seed)
    chosen = options.day or plots.usual_day(scenario) or krx.kst(app.usual_moment()).date()
    code = options.code or plots.eventful(scenario, chosen)
    plots.plot(scenario, code, chosen, options.output, _report)
    print(f"{options.output}: {code} {chosen}")
    return 0


def _report(line: str) -> None:
    print(line, file=sys.stderr)


def _about(scenario: Any, stocks: Any) -> Iterator[Tuple[str, str]]:
    """Headings and what belongs below each."""
    yield "stocks", _stocks(scenario, stocks)
    yield "time", _time(scenario)
    yield "feed", _feed(scenario)
    latency = scenario.latency
    if not isinstance(latency, str):
        latency = f"{latency[0] / 1000:g} to {latency[1] / 1000:g} ms"
    yield "orders", f"server {scenario.server}, fills {scenario.fills}, latency {latency}"
    for account in scenario.accounts:
        held = ", ".join(f"{each.quantity:,} {each.code}" for each in account.holdings)
        yield "account", f"{account.number} {account.cash:,} won" + (f", {held}" if held else "")
    for halt in scenario.halts:
        end = _clock(halt.end) if halt.end is not None else "the close"
        yield "halt", f"{halt.code or 'market'} {_clock(halt.start)} to {end} {halt.reason}"
    for fault in scenario.faults:
        yield "fault", _fault(fault)
    for entry in scenario.entries:
        yield (
            "entry",
            f"{_clock(entry.at)} type {entry.order_type} {entry.code} {entry.quantity:,} shares "
            f"hoga {entry.hoga}" + (f" at {entry.price:,}" if entry.price else ""),
        )
    for condition in scenario.conditions:
        among = " ".join(condition.codes) or "all stocks"
        wanted = f" with {condition.criteria}" if condition.when else ""
        yield "condition", f"{condition.index} {condition.name}: {among}{wanted}"


def _stocks(scenario: Any, stocks: Any) -> str:
    if not scenario.codes:
        return f"all {len(stocks):,}"
    named = [f"{code} {stocks[code].name}" for code in scenario.codes[:_SHOWN]]
    more = len(scenario.codes) - _SHOWN
    return ", ".join(named) + (f" and {more} more" if more > 0 else "")


def _time(scenario: Any) -> str:
    if scenario.start is None:
        return "whenever it is started"
    start = krx.kst(scenario.start)
    text = f"{start:%Y-%m-%d} {_clock(scenario.start)}"
    if scenario.end is not None:
        end = krx.kst(scenario.end)
        text += " to " + (f"{end:%Y-%m-%d} " if end.date() != start.date() else "")
        text += _clock(scenario.end)
    return text + (f", speed {scenario.speed:g}" if scenario.speed else "")


def _feed(scenario: Any) -> str:
    parts = [f"generated, seed {scenario.seed}"]
    files = sum(len(each.files) for each in scenario.recorded)
    if files:
        parts.append(f"{files} recorded files")
    if scenario.script:
        parts.append(f"{len(scenario.script)} script entries")
    return ", ".join(parts)


def _fault(fault: Any) -> str:
    text = str(fault.effect)
    if fault.at is not None:
        text += f" at {_clock(fault.at)}"
    met = " ".join(filter(None, (fault.call, fault.event, fault.tr, fault.real)))
    if met:
        often = f"one in {fault.one_in}" if fault.one_in > 1 else "every"
        text += f" number {fault.nth} of {met}" if fault.nth else f" {often} {met}"
    if fault.since is not None:
        text += f" from {_clock(fault.since)}"
    if fault.until is not None:
        text += f" until {_clock(fault.until)}"
    if fault.text:
        text += f" {fault.text!r}"
    if fault.seconds:
        text += f" for {fault.seconds:g} s"
    return text + (f" {fault.code}" if fault.code else "")


def _clock(moment: int) -> str:
    at = krx.kst(moment)
    return f"{at:%H:%M:%S}" if at.second else f"{at:%H:%M}"
