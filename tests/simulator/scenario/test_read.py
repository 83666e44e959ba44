"""Files of scenarios: what stands in them, what is wrong in them, and that nothing gets lost."""

import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sapi_kiwoom import krx
from simulator import Simulator
from simulator.faults import CALLS_MET, EVENTS_MET, TARGETS
from simulator.scenario import document, form
from simulator.scenario.criteria import (
    MARKETS,
    AllOf,
    AnyOf,
    AtLimit,
    Compare,
    Market,
    NewExtreme,
    Not,
    Owned,
    describe,
)
from simulator.scenario.errors import ScenarioError
from simulator.scenario.model import (
    USUAL_CONDITIONS,
    AccountSpec,
    Condition,
    Dialog,
    Entry,
    Fault,
    HaltSpec,
    Holding,
    Recording,
    Scenario,
)
from simulator.scenario.read import dump, load, named, parse, read, shipped
from simulator.universe import universe

DAY = krx.date(2026, 11, 20)
START = krx.midnight(DAY) + 540 * krx.MINUTE
HEAD = "version: 1\nstart: 2026-11-20 09:00\n"
CODES = sorted(universe())


def wrong(text: str) -> ScenarioError:
    with pytest.raises(ScenarioError) as caught:
        parse(text, "my.yaml")
    return caught.value


# -- what stands in a file -------------------------------------------------------------------------

EVERYTHING = """
version: 1
name: everything
description: 모든 것
seed: 7
start: 2026-11-20 08:30
end: 2026-11-20T15:45:30.5
speed: 60
stocks: [000660, 005930, 035720, 0009K0]
warnings: {035720: 투자경고}
server: real
fills: queue
latency: {least: 20ms, most: 1.5s}
accounts:
  - {number: 0099999911, name: 첫째, cash: 1_000_000, margin: yes}
  - number: 8099999911
    password: no
    expired: yes
    holdings:
      - {code: 000660, quantity: 10, cost: "5,600,000"}
halts:
  - {start: 10:00, end: 10:30, code: 000660, reason: 공시}
  - {start: 14:00}
faults:
  - {effect: closed, at: 13:00, duration: 3min}
  - {effect: late, call: CommRqData, one_in: 20, duration: 250ms}
  - {effect: code, call: SendOrder, code: -308}
  - {effect: duplicate, event: OnReceiveRealData, real: 주식체결, nth: 3, from: 09:00, until: 10:00}
  - {effect: within, call: CommRqData, tr: opt10081}
  - {effect: box, at: 13:00, text: 공지, duration: 5s}
  - {effect: refuse-login, code: -102}
entries:
  - {at: 09:30, order_type: 1, code: 000660, quantity: 1, hoga: 03}
  - {at: 09:31, order_type: 2, code: 000660, quantity: 1, price: 560_000, account: 8099999911}
conditions:
  - {index: 3, name: 급등, codes: [000660]}
  - index: 0
    name: 신고가
    codes: [000660, 005930]
    when:
      - price above 50,000
      - change >= -1.5 %
      - any: [volume > 2x yesterday, value >= 10_000 million, at the upper limit]
      - not: {market: kosdaq}
      - new high of 20 days
dialog: {answer: never, after: 0s}
feed:
  script:
    - {day: 2026-11-20, stocks: [005930], path: {09:00: +1%}}
"""


def test_everything_that_may_stand_in_a_file():
    scenario = parse(EVERYTHING)
    at = lambda minutes: krx.midnight(DAY) + minutes * krx.MINUTE  # noqa: E731
    assert scenario == Scenario(
        name="everything",
        description="모든 것",
        seed=7,
        start=at(510),
        end=at(945) + 30_500_000,
        speed=60.0,
        codes=("000660", "005930", "035720", "0009K0"),
        warnings={"035720": "5"},
        server="real",
        fills="queue",
        latency=(20_000, 1_500_000),
        accounts=(
            AccountSpec("0099999911", "첫째", 1_000_000, margin=True),
            AccountSpec(holdings=(Holding("000660", 10, 5_600_000),), password=False, expired=True),
        ),
        halts=(HaltSpec(at(600), at(630), "000660", "공시"), HaltSpec(at(840))),
        faults=(
            Fault("closed", at=at(780), seconds=180),
            Fault("late", call="CommRqData", one_in=20, seconds=0.25),
            Fault("code", call="SendOrder", code=-308),
            Fault(
                "duplicate",
                event="OnReceiveRealData",
                real="주식체결",
                nth=3,
                since=at(540),
                until=at(600),
            ),
            Fault("within", call="CommRqData", tr="opt10081"),
            Fault("box", at=at(780), text="공지", seconds=5),
            Fault("refuse-login", code=-102),
        ),
        entries=(
            Entry(at(570), 1, "000660", 1, hoga="03", account="0099999911"),
            Entry(at(571), 2, "000660", 1, 560_000, account="8099999911"),
        ),
        conditions=(
            Condition(3, "급등", ("000660",)),
            Condition(
                0,
                "신고가",
                ("000660", "005930"),
                AllOf(
                    (
                        Compare("price", ">", 50_000),
                        Compare("change", ">=", -150, "%"),
                        AnyOf(
                            (
                                Compare("volume", ">", 200, "x yesterday"),
                                Compare("value", ">=", 10_000, "million"),
                                AtLimit("upper"),
                            )
                        ),
                        Not(Market("kosdaq")),
                        NewExtreme("high", 20),
                    )
                ),
            ),
        ),
        dialog=Dialog("never", 0),
        script=({"day": "2026-11-20", "stocks": ["005930"], "path": {"09:00": "+1%"}},),
    )
    assert parse(dump(scenario)) == scenario


def test_an_almost_empty_file_is_any_day_under_its_own_name():
    assert parse("version: 1") == Scenario()
    assert parse("version: 1", "folder/mine.yaml") == Scenario(
        name="mine", source="folder/mine.yaml"
    )


@pytest.mark.parametrize(
    ("line", "attribute", "value"),
    [
        ("speed: max", "speed", float("inf")),
        ("speed: 0.5", "speed", 0.5),
        ("latency: measured", "latency", "measured"),
        ("latency: 50ms", "latency", (50_000, 50_000)),
        ("stocks: all", "codes", ()),
        ("seed: 1_000_000", "seed", 1_000_000),
        ("end: 20:00", "end", krx.midnight(DAY) + 1200 * krx.MINUTE),
        ("end: 2026-11-23 09:00", "end", krx.midnight(krx.date(2026, 11, 23)) + 540 * krx.MINUTE),
    ],
)
def test_values(line, attribute, value):
    scenario = parse(HEAD + line)
    assert getattr(scenario, attribute) == value
    assert parse(dump(scenario)) == scenario


# -- nothing gets lost -----------------------------------------------------------------------------

codes = st.sampled_from(CODES)
durations = st.integers(1, 10**10).map(lambda each: each / 1_000_000)
words = st.text("가나다abc 01:#{}[]'\"\\\n&*!|>%@-,?~\t", min_size=1, max_size=12).map(str.strip)
names = words.filter(bool)


@st.composite
def faults(draw):
    effect = draw(st.sampled_from(list(TARGETS)))
    target = draw(st.sampled_from(TARGETS[effect]))
    call = event = tr = real = ""
    if target == "call":
        call = draw(st.sampled_from(CALLS_MET.get(effect, ("CommRqData", "SetRealReg"))))
        tr = draw(st.sampled_from(["", "opt10081"])) if call == "CommRqData" else ""
    if target == "event":
        event = draw(st.sampled_from(EVENTS_MET))
        real = draw(st.sampled_from(["", "주식체결"])) if event == "OnReceiveRealData" else ""
    met = target in ("call", "event") or effect == "refuse-login"
    since = draw(st.none() | st.integers(START, START + 10**9)) if met else None
    return Fault(
        effect,
        at=draw(st.integers(START, START + 10**10)) if target == "at" else None,
        call=call,
        tr=tr,
        event=event,
        real=real,
        one_in=draw(st.integers(1, 1000)) if met else 1,
        nth=draw(st.integers(0, 9)) if met else 0,
        since=since,
        until=draw(st.none() | st.integers(START + 2 * 10**9, START + 10**10)) if met else None,
        seconds=draw(durations) if effect in ("closed", "late", "hang", "reorder") else 0,
        code=draw(st.integers(-400, -1)) if effect in ("code", "lost", "refuse-login") else 0,
        text=draw(names) if effect == "box" else "",
    )


signs = st.sampled_from([">", ">=", "<", "<="])
numbers = st.integers(0, 10**9)
atoms = st.one_of(
    st.builds(Compare, st.sampled_from(["price", "volume"]), signs, numbers),
    st.builds(Compare, st.just("change"), signs, st.integers(-3000, 3000), st.just("%")),
    st.builds(Compare, st.just("value"), signs, numbers, st.just("million")),
    st.builds(
        Compare, st.sampled_from(["value", "volume"]), signs, numbers, st.just("x yesterday")
    ),
    st.builds(NewExtreme, st.sampled_from(["high", "low"]), st.integers(1, 250)),
    st.builds(AtLimit, st.sampled_from(["upper", "lower"])),
    st.builds(Market, st.sampled_from(MARKETS)),
    st.just(Owned()),
)


def several(inner):
    parts = st.lists(inner, min_size=1, max_size=3).map(tuple)
    return st.builds(AllOf, parts) | st.builds(AnyOf, parts) | st.builds(Not, inner)


criteria = st.recursive(atoms, several, max_leaves=6)


@st.composite
def scenarios(draw):
    listed = draw(st.lists(codes, min_size=1, max_size=6, unique=True))
    some = st.sampled_from(listed)
    accounts = tuple(
        AccountSpec(
            number,
            draw(words),
            draw(st.integers(0, 10**12)),
            tuple(
                Holding(code, draw(st.integers(1, 10**6)), draw(st.integers(0, 10**10)))
                for code in draw(st.lists(some, max_size=2, unique=True))
            ),
            *draw(st.tuples(st.booleans(), st.booleans(), st.booleans())),
        )
        for number in draw(
            st.lists(
                st.from_regex(r"[0-9]{10}", fullmatch=True), min_size=1, max_size=2, unique=True
            )
        )
    )
    entries = st.builds(
        Entry,
        st.integers(START, START + 6 * 10**9),
        st.sampled_from([1, 2, 11, 21]),
        some,
        st.integers(1, 10**6),
        hoga=st.just("03"),
        account=st.sampled_from([each.number for each in accounts]),
    )
    halts = draw(st.lists(st.integers(0, 5), max_size=3, unique=True))
    conditions = draw(st.lists(st.integers(0, 999), max_size=2, unique=True))
    least = draw(st.integers(0, 10**7))
    return Scenario(
        name=draw(names),
        description=draw(st.text(max_size=20).filter(lambda text: text.isprintable())),
        seed=draw(st.integers(0, 2**63 - 1)),
        start=START,
        end=draw(st.none() | st.integers(START + 3 * 10**10, START + 10**12)),
        speed=draw(
            st.none() | st.just(float("inf")) | st.integers(1, 10**6).map(lambda n: n / 100)
        ),
        codes=tuple(listed),
        warnings=draw(st.dictionaries(some, st.sampled_from("2345"), max_size=2)),
        server=draw(st.sampled_from(["mock", "mock-2020", "real"])),
        fills=draw(st.sampled_from(["touch", "queue", "book"])),
        latency=draw(st.just("measured") | st.integers(least, 10**8).map(lambda n: (least, n))),
        accounts=accounts,
        halts=tuple(
            HaltSpec(
                START + hour * 60 * krx.MINUTE,
                START + (hour * 60 + 30) * krx.MINUTE,
                draw(some),
                draw(names),
            )
            for hour in halts
        ),
        faults=tuple(draw(st.lists(faults(), max_size=3))),
        entries=tuple(draw(st.lists(entries, max_size=2))),
        conditions=tuple(
            Condition(
                index,
                draw(names.filter(lambda name: not {"^", ";"} & set(name))),
                tuple(draw(st.lists(some, min_size=1, max_size=2, unique=True))),
                draw(st.none() | criteria),
            )
            for index in conditions
        ),
        dialog=Dialog(draw(st.sampled_from(["send", "stop", "never"])), draw(durations)),
    )


@given(scenarios())
@example(Scenario(name="yes", description="null", codes=("000660", "005930", "0009K0")))
def test_what_is_written_is_read_again(scenario):
    assert parse(dump(scenario)) == scenario


@pytest.mark.parametrize("files", [("a.csv", "b/c.jsonl"), {"000660": "a.csv"}])
def test_recordings_are_written_and_read_again(files):
    recording = Recording(files, "minutes", gaps=True, off_grid=True)
    scenario = Scenario(recorded=(recording, Recording(files)))
    assert form.from_tree(document.load(dump(scenario)).tree) == scenario


def test_every_code_of_six_digits_stays_what_it_is():
    tree = {"codes": [f"{number:06d}" for number in range(0, 1_000_000, 97)]}
    assert document.load(document.save(tree)).tree == tree
    scenario = Scenario(codes=tuple(CODES))
    assert form.from_tree(document.load(dump(scenario)).tree).codes == scenario.codes


def test_criteria_can_be_told_in_a_line():
    when = AllOf((Compare("change", ">=", 150, "%"), Not(AnyOf((Market("etf"), Owned())))))
    assert describe(when) == "(change >= 1.50 % and not (market etf or owned))"


@given(st.text("abc: -[]{}\n\"'0&*!|>#?%@", max_size=60))
@example("a: &x [*x]")
@example("? [a]\n: b")
@example("[" * 2_000)
@example("a: 1\n---\nb: 2")
@example("version: 1\nstart: 2026-02-30 09:00")
def test_any_text_is_a_scenario_or_says_what_is_wrong(text):
    try:
        parse(text)
    except ScenarioError as error:
        assert error.why


# -- what is wrong ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "path", "line", "words"),
    [
        ("", "", 0, "begin with version: 1"),
        ("name: x", "", 1, "version: 1"),
        ("version: 2", "version", 1, "version: 1"),
        (HEAD + "a: [", "", 3, "no YAML"),
        (HEAD + "stoks: all", "stoks", 3, "did you mean stocks?"),
        (HEAD + "name: a\nname: b", "name", 4, "already on line 3"),
        (HEAD + "start: 2026-11-20 09:00", "start", 3, "already on line 2"),
        (HEAD + "seed: -1", "seed", 3, "not within 0 to"),
        (HEAD + "seed: x", "seed", 3, "for example 7"),
        (HEAD + "speed: fast", "speed", 3, "a number above 0, or max"),
        (HEAD + "speed: 0", "speed", 3, "above 0"),
        (HEAD + "stocks: 000660", "stocks", 3, "[005930, 000660], or all"),
        (HEAD + "stocks: [660]", "stocks[0]", 3, "six characters"),
        (HEAD + "stocks: [005930, 000661]", "stocks[1]", 3, "000660 is SK하이닉스"),
        (HEAD + "stocks: [005930, 005930]", "stocks[1]", 3, "already; leave one out"),
        (HEAD + "warnings: {005930: 주의}", 'warnings["005930"]', 3, "투자경고"),
        (HEAD + "fills: full", "fills", 3, "touch or queue or book"),
        (HEAD + "latency: {least: 2s, most: 1s}", "latency.least", 3, "more than most"),
        (HEAD + "latency: 50", "latency", 3, "50ms"),
        (HEAD + "end: 08:59", "end", 3, "later than the start"),
        ("version: 1\nend: 2026-11-20 09:00", "end", 2, "needs a start"),
        ("version: 1\nstart: 09:00", "start", 2, "write 2026-11-20 09:00"),
        ("version: 1\nstart: 2031-01-01 09:00", "start", 2, "calendar"),
        ("version: 1\nstart: 2026-11-20 24:00", "start", 2, "time of day"),
        (HEAD + "accounts: []", "accounts", 3, "one at least"),
        (HEAD + "accounts:\n  - {number: 12}", "accounts[0].number", 4, "ten digits"),
        (
            HEAD + "accounts:\n  - holdings:\n    - {code: 000660, quantity: 1}",
            "accounts[0].holdings[0]",
            5,
            "cost is missing",
        ),
        (
            HEAD + "stocks: [005930]\naccounts:\n  - holdings:\n"
            "    - {code: 000660, quantity: 1, cost: 1}",
            "accounts[0].holdings[0].code",
            6,
            "not one of the scenario's stocks",
        ),
        (
            HEAD + "accounts:\n  - {cash: 1}\n  - {cash: 2}",
            "accounts[1].number",
            5,
            "there already",
        ),
        (HEAD + "halts:\n  - {start: 08:00, end: 10:00}", "halts[0].start", 4, "between"),
        (HEAD + "halts:\n  - {start: 10:00, end: 16:00}", "halts[0].end", 4, "10:00 to 15:20"),
        (
            HEAD + "halts:\n  - {start: 10:00, end: 11:00}\n  - {start: 10:59, end: 11:30}",
            "halts[1]",
            5,
            "overlaps",
        ),
        (HEAD + "faults:\n  - {effect: closed, at: 10:00}", "faults[0]", 4, "add duration"),
        (HEAD + "faults:\n  - {effect: late, call: CommRqData}", "faults[0]", 4, "add duration"),
        (
            HEAD + "faults:\n  - {effect: no-answer, call: CommRqData, code: -200}",
            "faults[0].code",
            4,
            "means nothing to no-answer",
        ),
        (
            HEAD + "faults:\n  - {effect: lost, call: CommRqData, code: -307}",
            "faults[0].call",
            4,
            "lost meets SendOrder",
        ),
        (HEAD + "faults:\n  - {effect: fire}", "faults[0].effect", 4, "disconnect or closed"),
        (HEAD + "faults:\n  - {effect: disconnect, at: 08:00}", "faults[0].at", 4, "start and end"),
        (
            HEAD + "entries:\n  - {at: 10:00, order_type: 3, code: 005930, quantity: 1}",
            "entries[0].order_type",
            4,
            "known are 1, 2",
        ),
        (
            HEAD + "entries:\n  - {at: 10:00, order_type: 1, code: 005930, quantity: 1}",
            "entries[0]",
            4,
            "보통 needs a price",
        ),
        (
            HEAD
            + "entries:\n  - {at: 10:00, order_type: 1, code: 005930, quantity: 1, price: 71_050}",
            "entries[0].price",
            4,
            "71_000 and 71_100",
        ),
        (
            HEAD
            + "entries:\n  - {at: 10:00, order_type: 1, code: 005930, quantity: 1, hoga: 03, price: 1}",
            "entries[0].price",
            4,
            "시장가 carries no price",
        ),
        (
            HEAD + "entries:\n  - {at: 10:00, order_type: 1, code: 005930, quantity: 1, hoga: 99}",
            "entries[0].hoga",
            4,
            "00 보통",
        ),
        (
            "version: 1\nstart: 2026-11-21 09:00\nentries:\n"
            "  - {at: 10:00, order_type: 1, code: 005930, quantity: 1, hoga: 03}",
            "entries[0].at",
            4,
            "not a trading day",
        ),
        (
            HEAD
            + "conditions:\n  - {index: 0, name: a, when: owned}\n  - {index: 0, name: b, when: owned}",
            "conditions[1].index",
            5,
            "there already",
        ),
        (HEAD + "conditions:\n  - {index: 0, name: a}", "conditions[0]", 4, "add codes, or when"),
        (
            HEAD + "conditions:\n  - {index: 0, name: a;b, when: owned}",
            "conditions[0].name",
            4,
            ";",
        ),
        *(
            (
                HEAD + "conditions:\n  - index: 0\n    name: a\n    when:\n      - " + line,
                "conditions[0].when" + place,
                7,
                words,
            )
            for line, place, words in [
                ("price above fifty", "[0]", "price above 50_000"),
                ("price above 5 %", "[0]", "write price above 5"),
                ("change >= 5", "[0]", "write change >= 5 %"),
                ("price > 1.5", "[0]", "leave .5 out"),
                ("volume > -1", "[0]", "only a change is ever below 0"),
                ("new high of 0 days", "[0]", "write 1 at least"),
                ("market: nasdaq", "[0].market", "kospi, kosdaq"),
                ("none: [owned]", "[0].none", "unknown key"),
                ("any: owned", "[0].any", "no list of criteria"),
                ("{not: owned, market: etf}", "[0]", "has 2 keys"),
                ("all: [owned, {not: [x]}]", "[0].all[1].not[0]", "'x' is no criterion"),
            ]
        ),
        (
            HEAD + "conditions:\n  - {index: 0, name: a, codes: 000660, when: owned}",
            "conditions[0].codes",
            4,
            "is not a list",
        ),
        (
            HEAD + "conditions:\n  - {index: 0, name: a, codes: [660], when: owned}",
            "conditions[0].codes[0]",
            4,
            "six characters",
        ),
        (HEAD + "faults:\n  - {effect: hang, cal: SendOrder}", "faults[0].cal", 4, "mean call?"),
        (HEAD + "faults:\n  - {effect: hang}", "faults[0]", 4, "needs call"),
        (HEAD + "faults:\n  - {effect: drop, call: CommRqData}", "faults[0]", 4, "needs event"),
        (
            HEAD
            + "faults:\n  - {effect: late, duration: 1s, call: CommRqData, event: OnReceiveTrData}",
            "faults[0]",
            4,
            "leave all but one of them out",
        ),
        (
            HEAD + "faults:\n  - {effect: drop, event: OnReceiveRealData, real: 주식체걸}",
            "faults[0].real",
            4,
            "did you mean 주식체결?",
        ),
        (
            HEAD + "faults:\n  - {effect: drop, event: OnReceiveTrData, tr: opt12345}",
            "faults[0].tr",
            4,
            "no TR of the catalogue",
        ),
        (
            HEAD + "faults:\n  - {effect: code, call: GetLoginInfo, code: -1}",
            "faults[0].call",
            4,
            "returns no code",
        ),
        (
            HEAD + "faults:\n  - {effect: hang, call: SendOrder, from: 10:00, until: 09:30}",
            "faults[0].until",
            4,
            "later than from",
        ),
        (HEAD + "faults:\n  - {effect: box, at: 10:00}", "faults[0]", 4, "add text"),
        (
            HEAD + "faults:\n  - {effect: code, call: SendOdrer, code: -1}",
            "faults[0].call",
            4,
            "SendOrder?",
        ),
        (HEAD + "dialog: {answer: maybe}", "dialog.answer", 3, "send or stop or never"),
        (HEAD + "feed: {file: a.csv}", "feed.file", 3, "script, recorded"),
        (
            HEAD + "feed:\n  recorded:\n    - files: [a.csv]",
            "feed.recorded[0].files[0]",
            5,
            "a.csv",
        ),
        (
            HEAD + "feed:\n  script:\n    - day: 2026-11-20\n      stocks: all\n"
            "      path:\n        08:00: +1%",
            'feed.script[0].path["08:00"]',
            8,
            "09:00 to",
        ),
    ],
)
def test_what_is_wrong_is_said_with_file_line_place_and_remedy(text, path, line, words):
    error = wrong(text)
    assert (error.path, error.line, error.file) == (path, line, "my.yaml")
    assert words in error.why
    assert error.message.startswith(f"my.yaml:{line}: " if line else "my.yaml: ")


def test_an_order_book_may_not_change_a_recording(tmp_path):
    (tmp_path / "a.csv").write_text("")
    text = HEAD + "fills: book\nfeed: {recorded: [{files: [a.csv]}]}"
    with pytest.raises(ScenarioError, match=r"fills: .*touch or queue"):
        parse(text, str(tmp_path / "s.yaml"))


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(ScenarioError, match=r"missing\.yaml: cannot be read"):
        read(tmp_path / "missing.yaml")
    korean = tmp_path / "cp949.yaml"
    korean.write_bytes("version: 1\nname: 하루".encode("cp949"))
    with pytest.raises(ScenarioError, match="save it as UTF-8"):
        read(korean)
    korean.write_bytes("\ufeffversion: 1\nname: 하루".encode())
    assert read(korean).name == "하루"


def test_without_its_reader_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(ScenarioError, match=r'pip install "sapi-kiwoom\[scenarios\]"'):
        parse("version: 1")
    assert load(None) == Scenario(conditions=USUAL_CONDITIONS)


# -- by name ---------------------------------------------------------------------------------------


def test_scenarios_are_loaded_by_name_by_path_and_as_they_are(tmp_path):
    assert load("quiet-day") == named("quiet-day")
    path = tmp_path / "mine.yaml"
    path.write_text("version: 1\nseed: 5", encoding="utf-8")
    assert load(path) == load(str(path)) == Scenario(name="mine", seed=5, source=str(path))
    with pytest.raises(ScenarioError, match="did you mean quiet-day"):
        load("quite-day")
    with pytest.raises(ScenarioError, match="there are after-market, "):
        load("zzz")
    assert "vi-day" in shipped()


def test_a_simulator_starts_when_and_as_its_scenario_says():
    simulator = Simulator(scenario="five-oclock")
    assert simulator.loop.now() == named("five-oclock").start
    assert simulator.scenario.seed == 17
    assert Simulator(5, scenario="five-oclock", at=START).scenario.seed == 5
    with pytest.raises(ScenarioError, match="give at or a start"):
        Simulator()
