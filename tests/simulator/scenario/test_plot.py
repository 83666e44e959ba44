"""The page of a day: what is in it, and that it needs nothing beside itself."""

from __future__ import annotations

import base64
import json
import math
import re
import sys
from array import array
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from typing import Any, Dict, List, Optional, Tuple

import pytest

from sapi_kiwoom import krx
from sapi_kiwoom.errors import KiwoomError
from sapi_kiwoom.loop import SECOND
from simulator.feeds.bars import KRX
from simulator.scenario import build
from simulator.scenario.errors import ScenarioError
from simulator.scenario.model import (
    AccountSpec,
    Entry,
    Fault,
    HaltSpec,
    Recording,
    Scenario,
)
from simulator.scenario.plot import draw, eventful, plot, usual_day
from simulator.scenario.plot import events as happened
from simulator.scenario.plot.axis import wall
from simulator.scenario.plot.chart import figure
from simulator.scenario.plot.day import Day, play
from simulator.scenario.plot.page import SYNTHETIC
from simulator.universe import universe

DAY = date(2026, 11, 20)
LIBRARY = "/* plotly.js */"
QUIET = "035460"
"""Little is traded of it, so that its day is played in no time."""


def at(hour: int, minute: int, second: int = 0) -> int:
    return krx.midnight(DAY) + (hour * 60 + minute) * krx.MINUTE + second * SECOND


def played(scenario: Scenario, code: str = QUIET) -> Day:
    return play(scenario, code, DAY, lambda line: None)


@pytest.fixture(scope="module")
def quiet() -> Day:
    return played(Scenario(name="quiet", seed=7, codes=(QUIET,)))


@pytest.fixture(scope="module")
def eventful_day() -> Day:
    """A jump that interrupts, a halt, a broken line, an order that is taken and one that is not."""
    path = {"09:00": "+1%", "10:10": "+2%", "15:30": "+12%"}
    return played(
        Scenario(
            name="much </script><b>happens",
            seed=7,
            codes=(QUIET,),
            accounts=(AccountSpec(cash=10_000_000),),
            script=(
                {
                    "day": "2026-11-20",
                    "stocks": [QUIET],
                    "path": path,
                    "activity": "1000%",
                    "jumps": {"10:12": "+12%"},
                },
            ),
            halts=(HaltSpec(at(13, 0), at(13, 30), QUIET, "공시"),),
            faults=(Fault("closed", at=at(14, 0), seconds=240),),
            entries=(
                Entry(at(9, 31), 1, QUIET, 10, hoga="03"),
                Entry(at(9, 32), 1, QUIET, 10_000_000, price=7_000),
            ),
        )
    )


class Page(HTMLParser):
    """What a browser would see of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.attributes: List[Tuple[str, Optional[str]]] = []
        self.tags: List[str] = []
        self.data: Dict[str, Any] = {}
        self.said = ""
        self._inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: List[Tuple[str, Optional[str]]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        self._inside = "page" if ("id", "page") in attrs else tag

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "page":
            self.data = json.loads(data)
        elif self._inside not in ("script", "style"):
            self.said += data

    def trace(self, name: str) -> Dict[str, Any]:
        return next(each for each in self.data["figure"]["data"] if each["name"] == name)


def cells(trace: Dict[str, Any]) -> List[List[float]]:
    """The rows of a heat map."""
    numbers = array("f")
    numbers.frombytes(base64.b64decode(trace["z"]["bdata"]))
    if sys.byteorder == "big":
        numbers.byteswap()
    rows, columns = map(int, trace["z"]["shape"].split(","))
    return [list(numbers[row * columns : (row + 1) * columns]) for row in range(rows)]


# -- what is in it -----------------------------------------------------------------------------------


def test_candles_are_the_minutes_of_the_feed(quiet: Day) -> None:
    page = Page(draw(quiet, LIBRARY))
    bars = build.feed(quiet.scenario).minutes(universe()[QUIET], DAY)
    candles = page.trace("1분봉")
    drawn = zip(*(candles[key] for key in ("x", "open", "high", "low", "close")))
    assert bars
    assert list(drawn)[: len(bars)] == [
        (wall(DAY, at(0, bar.minute)) + 30_000, bar.open, bar.high, bar.low, bar.close)
        for bar in bars
    ]


def test_volumes_by_side_add_up_to_the_day(quiet: Day) -> None:
    page = Page(draw(quiet, LIBRARY))
    both, matched = page.trace("매수 체결"), page.trace("단일가")
    assert sum(both["y"]) + sum(matched["y"]) == sum(bar.volume for bar in quiet.bars)
    assert all(sold <= all_ for sold, all_ in zip(page.trace("매도 체결")["y"], both["y"]))


def test_the_heat_map_has_the_shares_of_the_book(quiet: Day) -> None:
    page = Page(draw(quiet, LIBRARY))
    books = quiet.seen[KRX].books.values()
    for name, side in (("매도 호가", 1), ("매수 호가", 2)):
        trace = page.trace(name)
        shown = {
            (price, shares)
            for price, row in zip(trace["y"], cells(trace))
            for shares in row
            if not math.isnan(shares)
        }
        assert shown <= {level for quote in books for level in quote[side]}
        assert len({price for price, _ in shown}) >= 10


def test_a_book_stands_until_its_session_ends(quiet: Day) -> None:
    page = Page(draw(quiet, LIBRARY))
    trace = page.trace("매수 호가")
    columns = list(zip(*cells(trace)))
    for time, shown in (((15, 10), True), ((15, 25), False)):
        column = columns[(wall(DAY, at(*time)) - trace["x0"]) // trace["dx"]]
        assert any(not math.isnan(shares) for shares in column) is shown


def test_the_figures_of_the_day_are_told(quiet: Day) -> None:
    said = Page(draw(quiet, LIBRARY)).said
    bars = quiet.minutes[KRX]
    assert f"{sum(bar.volume for bar in bars):,}주" in said
    for price in (bars[0].open, bars[-1].close, max(bar.high for bar in bars)):
        assert f"{price:,} (" in said
    assert "시드seed7" in said
    assert "quiet" in said


def test_events_are_told_and_marked(eventful_day: Day) -> None:
    found = happened.of_day(eventful_day)
    kinds = [event.kind for event in found]
    assert [event.at for event in found] == sorted(event.at for event in found)
    assert {happened.VI, happened.HALT, happened.FAULT, happened.FILL} <= set(kinds)
    orders = [event.title for event in found if event.kind == happened.ORDER]
    assert orders == ["다른 곳에서 낸 주문", "주문 거부"]

    page = Page(draw(eventful_day, LIBRARY))
    for event in found:
        assert event.title in page.said
        assert event.text in page.said
    fill = next(event for event in found if event.kind == happened.FILL)
    assert page.trace("내 체결")["x"] == [wall(DAY, fill.at)]
    assert page.trace("내 체결")["y"] == [fill.price]


def test_bands_cover_what_stops_trading(eventful_day: Day) -> None:
    found = happened.of_day(eventful_day)
    shapes = figure(eventful_day, found)["layout"]["shapes"]
    bands = {(shape.get("x0"), shape.get("x1")) for shape in shapes if shape["type"] == "rect"}
    interruption = next(event for event in found if event.kind == happened.VI)
    halt = next(event for event in found if event.kind == happened.HALT)
    for event in (interruption, halt):
        assert event.end is not None
        assert (wall(DAY, event.at), wall(DAY, event.end)) in bands
    assert at(10, 12) <= interruption.at < at(10, 13)
    assert 120 * SECOND <= interruption.end - interruption.at <= 150 * SECOND  # type: ignore[operator]
    assert halt.at == at(13, 0)


# -- the page ----------------------------------------------------------------------------------------


def test_a_page_needs_no_network(eventful_day: Day) -> None:
    text = draw(eventful_day, LIBRARY)
    page = Page(text)
    assert not [name for name, _ in page.attributes if name in ("src", "href", "srcset", "action")]
    assert not {"link", "img", "iframe", "object"} & set(page.tags)
    assert "://" not in text
    assert "url(" not in text
    assert "@import" not in text
    policy = next(value for _, value in page.attributes if value and "default-src" in value)
    assert policy.startswith("default-src 'none';")
    assert not re.search(r"https?:|\*|unsafe-eval", policy)


def test_texts_of_a_scenario_cannot_become_markup(eventful_day: Day) -> None:
    page = Page(draw(eventful_day, LIBRARY))
    assert eventful_day.scenario.name in page.said
    assert "b" not in page.tags


def test_it_says_that_prices_are_synthetic(quiet: Day) -> None:
    assert SYNTHETIC in Page(draw(quiet, LIBRARY)).said


def test_recorded_prices_are_not_called_synthetic(quiet: Day) -> None:
    recorded = replace(quiet.scenario, recorded=(Recording(("ticks.csv",)),))
    said = Page(draw(replace(quiet, scenario=recorded), LIBRARY)).said
    assert "All prices are synthetic except those of recorded files" in said


def test_the_same_day_makes_the_same_page(quiet: Day) -> None:
    assert draw(played(quiet.scenario), LIBRARY) == draw(quiet, LIBRARY)


def test_a_day_without_trades_has_a_page(quiet: Day) -> None:
    stopped = replace(quiet.scenario, halts=(HaltSpec(at(9, 0), None, QUIET, "거래정지"),))
    page = Page(draw(played(stopped), LIBRARY))
    assert page.trace("1분봉")["x"] == []
    assert "거래정지" in page.said


# -- plotly ------------------------------------------------------------------------------------------


def test_plotly_knows_everything_in_the_figure(eventful_day: Day) -> None:
    graph_objects = pytest.importorskip("plotly.graph_objects")
    drawn = figure(eventful_day, happened.of_day(eventful_day))
    graph_objects.Figure(drawn)  # raises for what it does not know


def test_plot_writes_one_file_with_the_library_inside(tmp_path: Any) -> None:
    pytest.importorskip("plotly")
    out, lines = tmp_path / "day.html", []  # type: ignore[var-annotated]
    plot(Scenario(seed=7, codes=(QUIET,)), QUIET, DAY, out, lines.append)
    assert [path.name for path in tmp_path.iterdir()] == ["day.html"]
    assert "Plotly.newPlot" in out.read_text(encoding="utf-8")
    assert out.stat().st_size > 3_000_000
    assert lines[0].startswith(QUIET)


def test_without_plotly_it_says_what_to_install(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "plotly.offline", None)
    with pytest.raises(KiwoomError, match=r"pip install \"sapi-kiwoom\[plot\]\""):
        plot(Scenario(codes=(QUIET,)), QUIET, DAY, tmp_path / "day.html")


# -- choosing ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "day", "field"),
    [
        ("999999", DAY, "code"),
        ("005930", DAY, "code"),
        (QUIET, date(2026, 11, 21), "day"),
        (QUIET, date(2031, 1, 6), "day"),
    ],
)
def test_what_cannot_be_drawn_is_refused(tmp_path: Any, code: str, day: date, field: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        plot(Scenario(codes=(QUIET,)), code, day, tmp_path / "day.html")
    assert caught.value.path == field


def test_the_usual_stock_is_the_one_to_which_most_happens() -> None:
    scenario = Scenario(codes=("000660", "005930", QUIET))
    assert eventful(scenario) == "000660"
    scenario = replace(scenario, entries=(Entry(at(10, 0), 1, QUIET, 1, hoga="03"),))
    assert eventful(scenario) == QUIET
    written = ({"day": "2026-11-20", "stocks": ["005930"]}, {"day": "2026-11-20", "stocks": "all"})
    assert eventful(replace(scenario, entries=(), script=written), DAY) == "005930"
    assert eventful(replace(scenario, entries=(), script=written), date(2026, 11, 23)) == "000660"
    assert eventful(Scenario()) == "005930"


def test_the_usual_day_is_the_first_of_the_scenario() -> None:
    assert usual_day(Scenario()) is None
    assert usual_day(Scenario(script=({"day": "2026-11-20", "stocks": "all"},))) == DAY
    assert usual_day(Scenario(faults=(Fault("disconnect", at=at(5, 0)),))) == DAY
    assert usual_day(Scenario(start=at(9, 0))) == DAY
