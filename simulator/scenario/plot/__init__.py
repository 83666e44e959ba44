"""Pictures of a scenario's day: what one stock did, in one page that works without a network."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path
from typing import Callable, Optional

from sapi_kiwoom import krx
from sapi_kiwoom.errors import KiwoomError
from simulator.scenario import build
from simulator.scenario.errors import ScenarioError
from simulator.scenario.model import Scenario
from simulator.scenario.plot import chart, events, page
from simulator.scenario.plot.day import Day, play

NO_PLOTLY = 'charts are drawn by plotly; install it: pip install "sapi-kiwoom[plot]"'

_USUAL_STOCK = "005930"


def plot(
    scenario: Scenario,
    code: str,
    day: date,
    out: Path,
    report: Callable[[str], None] = lambda line: None,
) -> None:
    """Play a stock's day once and write the page about it.

    Orders that the scenario enters on that day are played; those of days before it are not.

    Args:
        scenario: what is played.
        code: one of its stocks.
        day: a trading day.
        out: the file that is written.
        report: told how far it is.

    Raises:
        ScenarioError: the scenario has no such stock or day, or cannot be played.
        KiwoomError: plotly is not installed; or the page cannot be written.
    """
    check(scenario, code, day)
    library = _library()
    text = draw(play(scenario, code, day, report), library)
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise KiwoomError(f"{out} cannot be written: {error.strerror}") from None


def draw(day: Day, library: str) -> str:
    """The page about a day that was played; ``library`` is the text of plotly.js."""
    happened = events.of_day(day)
    return page.render(day, happened, chart.figure(day, happened), library)


def check(scenario: Scenario, code: str, day: date) -> None:
    """Raise ScenarioError for a stock or a day of which there is nothing to see."""
    stock = build.listed(scenario).get(code)
    if stock is None:
        raise ScenarioError("code", f"the scenario has no stock {code}; name one of its stocks")
    if not krx.FIRST_DATE <= day <= krx.LAST_DATE or not krx.is_trading_day(day):
        raise ScenarioError("day", f"{day} is not a trading day; name another")
    if day < stock.listed:
        raise ScenarioError("day", f"{stock.name} was listed on {stock.listed}; name a later day")


def eventful(scenario: Scenario, day: Optional[date] = None) -> str:
    """The code of the stock to which most happens: of which most is written, else the first one."""
    named: Counter[str] = Counter()
    for entry in scenario.script:
        if day is None or entry["day"] == day.isoformat():
            stocks = entry["stocks"]
            several = [stocks] if isinstance(stocks, str) else stocks
            named.update(several)
    named.update(entry.code for entry in scenario.entries)
    named.update(halt.code for halt in scenario.halts)
    stocks = build.listed(scenario)
    known = [code for code, _ in named.most_common() if code in stocks]
    usual = _USUAL_STOCK if _USUAL_STOCK in stocks else next(iter(stocks))
    return next(iter([*known, *scenario.codes]), usual)


def usual_day(scenario: Scenario) -> Optional[date]:
    """The day that a scenario is about: its first, else the first that it writes; None for any."""
    if scenario.start is not None:
        return krx.kst(scenario.start).date()
    moments = [entry.at for entry in scenario.entries]
    moments += [fault.at for fault in scenario.faults if fault.at is not None]
    moments += [halt.start for halt in scenario.halts]
    days = [date.fromisoformat(entry["day"]) for entry in scenario.script]
    return min([*days, *(krx.kst(moment).date() for moment in moments)], default=None)


def _library() -> str:
    try:
        from plotly.offline import get_plotlyjs  # noqa: PLC0415 - an extra
    except ImportError:
        raise KiwoomError(NO_PLOTLY) from None
    return str(get_plotlyjs())
