"""What a scenario makes of the market: feeds over each other, and halts."""

import pytest

from sapi_kiwoom import krx
from sapi_kiwoom.loop import SECOND
from simulator.feeds.generator import Generated
from simulator.feeds.recorded import RecordingError
from simulator.scenario import build
from simulator.scenario.errors import ScenarioError
from simulator.scenario.read import parse
from simulator.universe import universe

DAY = krx.date(2026, 11, 20)
HEAD = "version: 1\nstart: 2026-11-20 09:00\nseed: 3\n"
QUIET, LOUD = universe()["003550"], universe()["035420"]


def moment(clock: str) -> int:
    hour, minute = map(int, clock.split(":"))
    return krx.midnight(DAY) + (hour * 60 + minute) * krx.MINUTE


def times(feed, stock):
    return [
        tick.at for bar in feed.minutes(stock, DAY) for tick in feed.ticks(stock, DAY, bar.minute)
    ]


def test_an_empty_scenario_is_the_generated_market_of_its_seed():
    scenario = parse(HEAD)
    feed = build.feed(scenario)
    assert feed.day(LOUD, DAY) == Generated(3).day(LOUD, DAY)
    assert build.listed(scenario) == universe()
    assert build.halts(scenario, universe()) == {}


def test_listed_stocks_are_the_universes_own_but_for_warnings():
    scenario = parse(HEAD + "stocks: [035420, 003550]\nwarnings: {035420: 단기과열}")
    stocks = build.listed(scenario)
    assert list(stocks) == ["003550", "035420"]
    assert stocks["003550"] is QUIET
    assert stocks["035420"].warning == "3"
    assert stocks["035420"].name == LOUD.name


def test_a_halt_of_one_stock_silences_it_alone_and_keeps_orders_away():
    scenario = parse(HEAD + "halts:\n  - {start: 10:00, end: 10:30, code: 003550, reason: 공시}")
    feed, below = build.feed(scenario), Generated(3)
    start, end = moment("10:00"), moment("10:30")
    during = [at for at in times(feed, QUIET) if start <= at < end + 30 * SECOND]
    assert not [at for at in during if at < end]
    assert [at for at in times(below, QUIET) if start <= at < end]
    assert feed.day(LOUD, DAY) == below.day(LOUD, DAY)
    (halt,) = build.halts(scenario, universe())["003550"]
    assert (halt.start, halt.auction, halt.reason) == (start, moment("10:20"), "공시")
    assert max(during) <= halt.end


def test_a_halt_without_an_end_lasts_to_the_close():
    scenario = parse(HEAD + "halts:\n  - {start: 14:00, code: 003550}")
    assert max(times(build.feed(scenario), QUIET)) < moment("14:00")
    (halt,) = build.halts(scenario, universe())["003550"]
    assert (halt.end, halt.resumes) == (moment("15:30"), False)


SCRIPTED = """
feed:
  script:
    - {day: 2026-11-20, stocks: all, breaker: {at: 10:44, price: -9%}}
    - day: 2026-11-20
      stocks: [003550, 035420]
      halt: [{from: 13:00, to: 13:05, reason: 풍문}, {from: 14:00}]
    - {day: 2026-11-20, stocks: 005930, halt: {from: 13:00}}
"""


def test_the_scripts_halts_and_breakers_keep_orders_away_too():
    halts = build.halts(parse(HEAD + SCRIPTED), universe())
    assert sorted(halts) == ["", "003550", "005930", "035420"]
    (breaker,) = halts[""]
    assert (breaker.start, breaker.auction) == (moment("10:44"), moment("11:04"))
    assert breaker.reason == "서킷브레이커"
    rumour, rest = halts["035420"]
    assert (rumour.start, rumour.auction, rumour.reason) == (
        moment("13:00"),
        moment("13:00"),
        "풍문",
    )
    assert not rest.resumes


def test_a_scripts_group_is_halted_stock_by_stock():
    text = HEAD + "feed: {script: [{day: 2026-11-20, stocks: KOSDAQ, halt: {from: 10:00}}]}"
    halts = build.halts(parse(text), universe())
    assert {universe()[code].market for code in halts} == {"KOSDAQ"}


def test_halts_of_the_file_and_of_the_script_may_not_overlap():
    text = HEAD + "halts:\n  - {start: 13:30, code: 005930}" + SCRIPTED
    with pytest.raises(ScenarioError, match=r"halts: with those of the script: .* overlaps"):
        parse(text)


CANDLES = """\
체결시간,시가,고가,저가,현재가,거래량
20261120090000,80000,80100,79900,80000,1000
20261120090100,80000,80200,80000,80200,500
20261120153000,80200,80200,80200,80200,300
"""


def recorded(tmp_path, candles: str, more: str = ""):
    (tmp_path / "ticks").mkdir(exist_ok=True)
    (tmp_path / "ticks" / "a.csv").write_text(candles, encoding="utf-8")
    text = (
        HEAD + "feed:\n  recorded:\n    - {files: {003550: ticks/a.csv}, kind: minutes, gaps: yes}"
    )
    return parse(text + more, str(tmp_path / "mine.yaml"))


def test_recorded_days_are_played_from_files_beside_the_scenario(tmp_path):
    feed = build.feed(recorded(tmp_path, CANDLES))
    bar = feed.day(QUIET, DAY)
    assert (bar.open, bar.high, bar.low, bar.close, bar.volume) == (
        80000,
        80200,
        79900,
        80200,
        1800,
    )
    assert feed.immutable
    assert feed.day(LOUD, DAY) == Generated(3).day(LOUD, DAY)


def test_a_script_is_cut_out_of_what_was_recorded(tmp_path):
    script = "\n  script:\n    - {day: 2026-11-20, stocks: [003550], jumps: {09:01: +5%}}"
    feed = build.feed(recorded(tmp_path, CANDLES, script))
    assert feed.immutable
    assert feed.day(QUIET, DAY).volume == 1800
    assert feed.day(QUIET, DAY).close > 83_000


def test_what_is_wrong_in_a_recording_is_found_when_it_is_played(tmp_path):
    scenario = recorded(tmp_path, CANDLES.replace("500", "-500"))
    with pytest.raises(RecordingError, match=r"a\.csv:3: "):
        build.feed(scenario)
