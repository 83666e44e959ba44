"""What a scenario makes of the market: its stocks, its feed, its halts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, List, Mapping, Optional

from sapi_kiwoom import krx
from simulator.feeds import Feed
from simulator.feeds.generator import Generated
from simulator.market.interruptions import CIRCUIT_BREAKER, LONGEST_DELAY, Halt, Halts
from simulator.scenario.fields import MOMENT, Place
from simulator.scenario.model import HaltSpec, Scenario
from simulator.universe import Stock, universe

if TYPE_CHECKING:
    from simulator.feeds.script import Script

SCRIPT = "feed.script"


def listed(scenario: Scenario) -> Dict[str, Stock]:
    """The stocks of a scenario by code."""
    stocks = universe()
    if scenario.codes:
        stocks = {code: stocks[code] for code in sorted(scenario.codes)}
    warned = {
        code: replace(stocks[code], warning=warning) for code, warning in scenario.warnings.items()
    }
    return {**stocks, **warned}


def feed(scenario: Scenario, stocks: Optional[Mapping[str, Stock]] = None) -> Feed:
    """The prices of a scenario: generated, over them what was recorded, over that what is written.

    Args:
        scenario: what is played.
        stocks: as `listed` gives them.

    Raises:
        ScenarioError: the script cannot be played.
        RecordingError: a recorded file cannot be played.
        OSError: a recorded file cannot be read.
    """
    stocks = listed(scenario) if stocks is None else stocks
    below: Feed = Generated(scenario.seed)
    for each in scenario.recorded:
        from simulator.feeds.recorded import Recorded, Switches  # noqa: PLC0415 - few record

        files: Any = [beside(scenario, file) for file in each.files]
        if isinstance(each.files, Mapping):
            files = {code: beside(scenario, file) for code, file in each.files.items()}
        switches = Switches(each.gaps, each.off_grid)
        below = Recorded(below, files, kind=each.kind or None, stocks=stocks, switches=switches)
    return script(scenario, stocks, below) or below


def beside(scenario: Scenario, file: str) -> Path:
    """The path of a file that a scenario names: relative ones begin at the scenario's folder."""
    return Path(scenario.source).parent / file


def script(
    scenario: Scenario, stocks: Mapping[str, Stock], below: Optional[Feed] = None
) -> Optional[Script]:
    """The days that a scenario writes, and its halts, over a feed; None where it has neither.

    Raises:
        ScenarioError: it cannot be played.
    """
    if not scenario.script and not scenario.halts:
        return None
    from simulator.feeds.script import Script  # noqa: PLC0415 - few write

    below = Generated(scenario.seed) if below is None else below
    entries = [*scenario.script, *(_written(each) for each in scenario.halts)]
    return Script(below, entries, stocks=stocks, path=SCRIPT)


def _written(halt: HaltSpec) -> Dict[str, Any]:
    """A halt as a script has it."""
    start = krx.kst(halt.start)
    span = {"from": f"{start:%H:%M:%S.%f}", "reason": halt.reason}
    if halt.end is not None:
        span["to"] = f"{krx.kst(halt.end):%H:%M:%S.%f}"
    stocks: Any = [halt.code] if halt.code else "all"
    return {"day": start.date().isoformat(), "stocks": stocks, "halt": span}


# -- halts -----------------------------------------------------------------------------------------


def halts(scenario: Scenario, stocks: Mapping[str, Stock]) -> Dict[str, Halts]:
    """When orders are refused: by code, and of the whole market under "".

    Auctions after a halt are settled up to half a minute late, each stock's at its own moment; here all
    of them are as late as they can be.

    Raises:
        ValueError: two of them overlap.
    """
    found: Dict[str, Halts] = {}
    for each in [*scenario.halts, *_scripted(scenario, stocks)]:
        found.setdefault(each.code, Halts()).add(halt(each))
    return found


def halt(spec: HaltSpec) -> Halt:
    """A halt as the exchange keeps it; one that does not resume lasts to the end of the day."""
    if spec.end is None or spec.auction is None:
        session = krx.session(krx.kst(spec.start).date())
        close = krx.midnight(krx.kst(spec.start).date()) + session.closing_auction * krx.MINUTE
        return Halt(spec.start, close, close, spec.reason)
    return Halt(spec.start, spec.auction, spec.end + LONGEST_DELAY, spec.reason)


def _scripted(scenario: Scenario, stocks: Mapping[str, Stock]) -> List[HaltSpec]:
    """The halts and circuit breakers of a script that `Script` takes."""
    found: List[HaltSpec] = []
    for entry in scenario.script:
        day = Place(SCRIPT, date(*map(int, entry["day"].split("-"))))
        several = entry.get("halt", [])
        for each in several if isinstance(several, list) else [several]:
            start = MOMENT.read(each["from"], day)
            end = MOMENT.read(each["to"], day) if "to" in each else None
            reason = each.get("reason", HaltSpec.reason)
            found += [HaltSpec(start, end, code, reason) for code in _named(entry, stocks)]
        if "breaker" in entry:
            start = MOMENT.read(entry["breaker"]["at"], day)
            end = start + 30 * krx.MINUTE
            found += [HaltSpec(start, end, code, CIRCUIT_BREAKER) for code in _named(entry, stocks)]
    return found


def _named(entry: Mapping[str, Any], stocks: Mapping[str, Stock]) -> List[str]:
    """The codes of an entry; "" for all."""
    named = entry["stocks"]
    if named == "all":
        return [""]
    if named in ("KOSPI", "KOSDAQ"):
        kosdaq = named == "KOSDAQ"
        return [each.code for each in stocks.values() if (each.market == "KOSDAQ") == kosdaq]
    return [named] if isinstance(named, str) else list(named)
