from __future__ import annotations

import csv
import io
import json
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sapi_kiwoom import krx
from simulator.feeds import Tick
from simulator.feeds.bars import KRX, NXT
from simulator.feeds.folding import fold_day, fold_minutes
from simulator.feeds.generator import Generated
from simulator.feeds.recorded import Recorded, RecordingError, Switches, check
from simulator.universe import universe

STOCK, OTHER = universe()["005930"], universe()["000660"]
DAY = date(2026, 11, 17)
NEXT = date(2026, 11, 18)
TABLE = krx.tick_table(STOCK.market, DAY)
LOOSE = Switches(gaps=True)
FEED = Generated(1)

MOMENTS = st.one_of(
    st.integers(540 * 60_000_000, 920 * 60_000_000 - 1),
    st.integers(930 * 60_000_000, 931 * 60_000_000 - 1),
)
PRICES = st.integers(700, 840).map(lambda price: price * 100)  # within the limits of any of them


@st.composite
def days_of_ticks(draw, day=DAY):
    moments = sorted(draw(st.lists(MOMENTS, min_size=1, max_size=12, unique=True)))
    return [
        Tick(
            krx.midnight(day) + at,
            draw(PRICES),
            draw(st.integers(1, 10**7)),
            draw(st.sampled_from((-1, 0, 1))),
        )
        for at in moments
    ]


def clock(at, parts=True):
    moment = krx.kst(at)
    return moment.strftime("%H:%M:%S.%f" if parts else "%H%M%S")


def written(rows, form):
    """Rows as the bytes of a file; a form is (delimiter or "json", encoding, newline)."""
    delimiter, encoding, newline = form
    if delimiter == "json":
        text = newline.join(json.dumps(row, ensure_ascii=False) for row in rows) + newline
    else:
        file = io.StringIO()
        writer = csv.DictWriter(file, list(rows[0]), delimiter=delimiter, lineterminator=newline)
        writer.writeheader()
        writer.writerows(rows)
        text = file.getvalue()
    return text.encode(encoding)


FORMS = st.tuples(
    st.sampled_from([",", ";", "\t", "json"]),
    st.sampled_from(["utf-8", "utf-8-sig", "cp949"]),
    st.sampled_from(["\n", "\r\n"]),
)


def ours(tick):
    return {
        "date": krx.kst(tick.at).strftime("%Y-%m-%d"),
        "time": clock(tick.at),
        "price": str(tick.price),
        "quantity": str(tick.quantity),
        "side": {1: "buy", -1: "sell", 0: "auction"}[tick.side],
    }


def kiwooms(tick):
    """As 주식체결 has it: colours at prices, the side as the sign of the quantity."""
    return {
        "종목코드": "A005930",
        "종목명": "삼성전자",
        "체결시간": krx.kst(tick.at).strftime("%Y%m%d%H%M%S.%f"),
        "현재가": f"-{tick.price}",
        "체결량": {1: "+", -1: "-", 0: ""}[tick.side] + str(tick.quantity),
    }


def read_back(feed, day=DAY):
    return [t for bar in feed.minutes(STOCK, day) for t in feed.ticks(STOCK, day, bar.minute)]


@pytest.fixture
def write(tmp_path):
    def write(text, name="005930.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return path

    return write


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(days_of_ticks(), days_of_ticks(NEXT), FORMS, st.sampled_from([ours, kiwooms]), st.booleans())
def test_ticks_come_back_from_every_form(tmp_path, first, second, form, row, newest_first):
    ticks = first + second
    path = tmp_path / "005930.csv"
    path.write_bytes(
        written([row(tick) for tick in (ticks[::-1] if newest_first else ticks)], form)
    )
    feed = Recorded(FEED, [path], switches=LOOSE)
    assert read_back(feed) == first
    assert read_back(feed, NEXT) == second
    assert feed.day(STOCK, DAY) == fold_day(DAY, fold_minutes(first, TABLE))
    assert feed.base_price(STOCK, DAY) == first[0].price
    assert feed.base_price(STOCK, NEXT) == first[-1].price


CANDLES = st.builds(
    lambda corners, volume: (
        corners[0],
        max(corners),
        min(corners),
        corners[1],
        volume,
    ),
    st.lists(PRICES, min_size=4, max_size=4),
    st.one_of(st.integers(4, 300), st.integers(4, 30_000)),
)


def shape(bar):
    return (bar.open, bar.high, bar.low, bar.close, bar.volume)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from([540, 541, 700, 919, 930, 935]), CANDLES, min_size=1))
def test_ticks_rebuild_minute_candles(tmp_path, candles):
    rows = [
        {
            "체결시간": f"20261117{minute // 60:02d}{minute % 60:02d}00",
            "시가": f"+{candle[0]}",
            "고가": f"+{candle[1]}",
            "저가": f"-{candle[2]}",
            "현재가": candle[3],
            "거래량": candle[4],
        }
        for minute, candle in sorted(candles.items(), reverse=True)
    ]
    path = tmp_path / "005930.csv"
    path.write_bytes(written(rows, (",", "cp949", "\n")))
    feed = Recorded(FEED, [path], switches=LOOSE)
    assert {bar.minute: shape(bar) for bar in feed.minutes(STOCK, DAY)} == candles
    assert fold_minutes(read_back(feed), TABLE) == feed.minutes(STOCK, DAY)
    assert feed.day(STOCK, DAY) == fold_day(DAY, feed.minutes(STOCK, DAY))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
@given(CANDLES, st.one_of(st.none(), st.integers(1, 10**6)))
def test_ticks_rebuild_day_candles(tmp_path, candle, value):
    text = "일자,시가,고가,저가,현재가,거래량,거래대금\n20261117,{},{},{},{},{},{}\n"
    path = tmp_path / "005930.csv"
    path.write_text(text.format(*candle, value or ""), encoding="utf-8")
    feed = Recorded(FEED, [path])
    ticks = read_back(feed)
    bar = feed.day(STOCK, DAY)
    assert shape(bar) == candle
    assert fold_minutes(ticks, TABLE) == feed.minutes(STOCK, DAY)
    assert fold_day(DAY, feed.minutes(STOCK, DAY)) == bar
    assert feed.days(STOCK, NEXT, 2) == [feed.day(STOCK, NEXT), bar]


def test_a_recorded_value_is_kept_in_million_won_or_in_won(write):
    text = (
        "일자,시가,고가,저가,현재가,거래량,거래대금\n20261117,77000,78000,76000,77500,1000000,{}\n"
    )
    for value in ("77123", "77123456789"):
        feed = Recorded(FEED, [write(text.format(value))])
        assert feed.day(STOCK, DAY).value_million == 77123


def test_codes_in_a_column_may_take_turns_or_be_named_once(write):
    rows = "code,time,price,quantity\n"
    turns = [
        "005930,20261117090000.1,77000,5",
        "000660,20261117090000.2,700000,6",
        "005930,20261117090001.5,77100,7",
        "000660,20261118090000.0,701000,8",
        "005930,20261118090000.0,77200,9",
    ]
    feed = Recorded(FEED, [write(rows + "\n".join(turns))], switches=LOOSE)
    assert [tick.quantity for tick in read_back(feed)] == [5, 7]
    assert feed.day(OTHER, DAY).volume == 6
    assert feed.day(OTHER, NEXT).volume == 8

    once = "종목코드,일자,시가,고가,저가,현재가,거래량\n"
    once += "005930,20261117,77000,77000,77000,77000,5\n,20261118,77000,77000,77000,77000,6\n"
    once += (
        "000660,20261118,700000,700000,700000,700000,7\n,20261119,700000,700000,700000,700000,8\n"
    )
    feed = Recorded(FEED, [write(once)])
    assert feed.day(STOCK, NEXT).volume == 6
    assert [tick.quantity for tick in feed.ticks(OTHER, NEXT, 540)] == [7]
    assert feed.day(OTHER, date(2026, 11, 19)).volume == 8


def test_trades_of_one_second_are_spread_over_it_and_sides_follow_the_price(write):
    text = "time,price,quantity\n"
    times = ["090000", "090001", "090001", "090001", "090001", "153010"]
    prices = [77000, 77100, 77100, 77000, 77000, 77200]
    text += "".join(f"20261117{at},{price},1\n" for at, price in zip(times, prices))
    ticks = read_back(Recorded(FEED, [write(text)], switches=LOOSE))
    seconds = [(tick.at - krx.midnight(DAY)) % 60_000_000 for tick in ticks]
    assert seconds == [0, 1_000_000, 1_250_000, 1_500_000, 1_750_000, 10_000_000]
    assert [tick.side for tick in ticks] == [0, 1, 1, -1, -1, 0]


def test_recorded_quotes_are_the_touch(write):
    text = "time,price,quantity,ask,bid\n20261117090000.5,77000,1,77300,76800\n"
    text += "20261117090001.5,-77000,1,-0,-77000\n20261117090002.5,77000,1,,\n"
    feed = Recorded(FEED, [write(text)], switches=LOOSE)
    first, second, third = read_back(feed)
    assert feed.best_quotes(STOCK, first) == (77300, 76800)
    assert feed.best_quotes(STOCK, second) == (0, 77000)
    assert 77000 in feed.best_quotes(STOCK, third)


def test_history_is_not_changed(write):
    feed = Recorded(FEED, [write("time,price,quantity\n20261117090000,77000,1\n")], switches=LOOSE)
    assert feed.immutable
    for change in (
        lambda: feed.put(STOCK, DAY, []),
        lambda: feed.put_minute(STOCK, DAY, 540, []),
    ):
        with pytest.raises(TypeError, match="recorded days are not changed"):
            change()
    assert feed.minutes(STOCK, DAY, NXT) == ()
    assert feed.minutes(STOCK, date(2026, 11, 16), NXT) == FEED.minutes(
        STOCK, date(2026, 11, 16), NXT
    )
    assert feed.minutes(OTHER, DAY, KRX) == FEED.minutes(OTHER, DAY, KRX)


def test_a_halted_day_has_a_bar_and_no_trades(write):
    text = "일자,시가,고가,저가,현재가,거래량\n20261117,77000,77000,77000,77000,5000\n"
    feed = Recorded(FEED, [write(text + "20261118,77000,77000,77000,77000,0\n")])
    assert feed.minutes(STOCK, NEXT) == ()
    assert feed.day(STOCK, NEXT)[1:] == (77000, 77000, 77000, 77000, 0, 0)


def test_adjusted_prices_are_played_with_a_switch(write):
    rows = "20261117,77013,78057,76991,77444,5000\n20261118,77444,77500,77400,77400,300\n"
    path = write("일자,시가,고가,저가,현재가,거래량\n" + rows)
    assert [str(problem) for problem in check(path).problems] == [
        f"{path}:2: 76991 won and 3 more prices that day: off the grid of 100 won;"
        " allow-off-grid plays adjusted prices",
        f"{path}:3: 77444 won: off the grid of 100 won; allow-off-grid plays adjusted prices",
    ]
    feed = Recorded(FEED, [path], switches=Switches(off_grid=True))
    assert shape(feed.day(STOCK, DAY)) == (77013, 78057, 76991, 77444, 5000)
    assert fold_minutes(read_back(feed), TABLE) == feed.minutes(STOCK, DAY)
    assert fold_day(DAY, feed.minutes(STOCK, DAY)) == feed.day(STOCK, DAY)
    for minute in (540, 700):
        for quote in feed.quotes(STOCK, DAY, minute):
            assert all(TABLE.round_down(won) == won for won, _ in (*quote.asks, *quote.bids))


TICK = "time,price,quantity,side\n20261117090000.5,77000,10,buy\n"
MINUTE = "time,open,high,low,close,volume\n"
DAYBAR = "일자,시가,고가,저가,현재가,거래량\n"
SESSION = "09:00-15:20 and 15:30-16:00"

BAD = {
    # what is written: (line, reason)
    "": (1, "the file is empty, or its first line is"),
    "time,price,quantity\n": (1, "the file has no rows"),
    "20261117090000,77000,10\n": (
        1,
        "the first line must name the columns, for example time,price,quantity",
    ),
    "time,price,foo\n": (
        1,
        "unknown column 'foo'; known are code, date, time, price, quantity, signed_quantity, side,"
        " open, high, low, value, base, ask, bid, total, and Kiwoom's names",
    ),
    "price,quantity\n": (
        1,
        "no column for the time; ticks need one: time or at or 체결시간 or 체결시각 or 시간 or 시각",
    ),
    "time,price,현재가,quantity\n": (1, "two columns hold the price; leave one of them out"),
    '[{"time": 1}]\n': (1, "a JSON list; write one object a line instead"),
    '{"time": "20261117090000", "price": [1], "quantity": 1}\n': (
        1,
        "price is neither a number nor a string",
    ),
    '{"time": "20261117090000", "price": 1000, "quantity": 1}\n{"x\n': (
        2,
        "not JSON: Unterminated string starting at: line 1 column 2 (char 1)",
    ),
    TICK + "20261117090001,77000,10\n": (3, "3 values in 4 columns"),
    TICK + '20261117090001,"77000,10,buy\n': (3, "not CSV: unexpected end of data"),
    TICK + "20261117090001,7x,10,buy\n": (3, "price '7x' is not a whole number"),
    TICK + "20261117090001,77000.5,10,buy\n": (3, "price '77000.5' is not a whole number"),
    TICK + "20261117090001,,10,buy\n": (3, "no price"),
    TICK + "20261117090001,0,10,buy\n": (3, "price is 0"),
    TICK + "20261117090001,77000,-10,buy\n": (3, "quantity -10 is not above 0"),
    TICK + "20261117090001,77000,0,buy\n": (3, "quantity 0 is not above 0"),
    TICK + "20261117090001,77000,10,long\n": (3, "side 'long' is not buy, sell or auction"),
    TICK + "9 o'clock,77000,10,buy\n": (3, 'time "9 o\'clock" is not HHMMSS'),
    TICK + "20261117096100,77000,10,buy\n": (3, "time '20261117096100' does not exist"),
    TICK + "20261131090001,77000,10,buy\n": (3, "date '20261131' does not exist"),
    TICK + "090001,77000,10,buy\n": (3, "time '090001' has no date; add it, or a column date"),
    TICK + "20261117090010,77000,10,buy\n20261117090001.25,77000,10,buy\n": (
        4,
        "wrong order: 2026-11-17 09:00:01.250000 is earlier than 2026-11-17 09:00:10 in line 3",
    ),
    TICK + "20261117090000.5,77000,10,buy\n": (3, "duplicate: the same trade as in line 2"),
    TICK + "20261117080000,77000,10,buy\n": (
        3,
        f"08:00 is outside the session of 2026-11-17, {SESSION}",
    ),
    TICK + "20261121100000,77000,10,buy\n": (3, "2026-11-21 is not a trading day"),
    TICK + "20301121100000,77000,10,buy\n": (
        3,
        "2030-11-21 is outside the calendar of 2015-01-01 to 2027-12-31",
    ),
    TICK + "20261117090001,101000,10,buy\n": (
        3,
        "101000 won is outside the limits of 2026-11-17, 53900 to 100100 (base price 77000);"
        " a column base would tell the day's base price",
    ),
    TICK + "20261117090001,77050,10,buy\n": (
        3,
        "77050 won: off the grid of 100 won; allow-off-grid plays adjusted prices",
    ),
    "code," + TICK.replace("\n2", "\n005930,2") + "5930,20261117090001,77000,10,buy\n": (
        3,
        "code '5930' is not six characters; a spreadsheet may have cut its leading zeros",
    ),
    "code," + TICK.replace("\n2", "\n999999,2"): (2, "code 999999 is not in the universe"),
    "time,price,quantity,ask,bid\n20261117090000,77000,1,77000,77000\n": (
        2,
        "crossed quotes: bid 77000 is not below ask 77000",
    ),
    "time,price,quantity,ask,bid\n20261117090000,77000,1,77100,-77000\n": (
        2,
        "bid -77000 is negative",
    ),
    MINUTE + "20261117090000,77000,77100,77100,77000,5\n": (
        2,
        "open 77000 and close 77000 are not between low 77100 and high 77100",
    ),
    MINUTE + "20261117090000,77000,77200,76900,77100,3\n": (
        2,
        "volume 3 cannot reach open, high, low and close",
    ),
    MINUTE + "20261117090000,77000,77200,76900,77100,-3\n": (2, "volume -3 is not above 0"),
    MINUTE + "20261117090000,77000,77000,77000,77000,3\n" * 2: (
        3,
        "duplicate: the same candle as in line 2",
    ),
    DAYBAR
    + "20261117,77000,77000,77000,77000,300\n20261118,77000,77000,77000,77000,300\n"
    + "20261117,77000,77000,77000,77000,300\n": (
        4,
        "wrong order: 2026-11-17 is earlier than 2026-11-18 in line 3",
    ),
    DAYBAR + "20261117,77000,77000,77000,77000,300\n20261119,77000,77000,77000,77000,300\n": (
        3,
        "gap: 1 trading days before 2026-11-19 are missing; allow-gaps plays it all the same",
    ),
}


@pytest.mark.parametrize(("text", "problem"), BAD.items(), ids=[repr(t)[-40:] for t in BAD])
def test_every_problem_names_file_line_and_reason(write, text, problem):
    line, reason = problem
    path = write(text)
    gaps = "gap:" not in reason
    report = check(path, switches=Switches(gaps=gaps))
    errors = [str(error) for error in report.errors]
    assert errors[0] == f"{path}:{line}: {reason}"
    with pytest.raises(RecordingError) as caught:
        Recorded(FEED, [path], switches=Switches(gaps=gaps))
    assert str(caught.value).splitlines() == errors


def test_gaps_are_warnings_with_a_switch(write):
    text = "time,price,quantity\n20261117090000,77000,1\n20261117090500,77000,1\n"
    path = write(text + "20261117153000,77000,1\n")
    reason = "gap: 378 of 381 minutes of 2026-11-17 have no trade, the first 09:01"
    strict, loose = check(path), check(path, switches=LOOSE)
    assert [str(error) for error in strict.errors] == [
        f"{path}:3: {reason}; allow-gaps plays it all the same"
    ]
    assert [(p.level, p.reason) for p in loose.problems] == [("warning", reason)]
    assert (loose.rows, loose.days, loose.errors) == (3, 1, [])


def test_a_total_shows_trades_that_are_missing_and_those_written_twice(write):
    text = "time,price,quantity,total\n20261117090000,77000,10,10\n20261117090000,77000,10,20\n"
    path = write(text + "20261117090000,77000,10,20\n20261117090001,77000,10,40\n")
    problems = [str(problem) for problem in check(path, switches=LOOSE).problems]
    assert f"{path}:4: duplicate: the same trade as in line 3" in problems
    assert f"{path}:5: gap: the total grows by 20 shares, but 10 were traded" in problems


def test_codes_do_not_mix_and_files_need_one(write):
    text = (
        "code,time,price,quantity\n005930,20261117090000,77000,1\n000660,20261117090000,700000,1\n"
    )
    path = write(text)
    (error,) = check(path, code="005930", switches=LOOSE).errors
    assert str(error) == f"{path}:3: mixed codes: 000660 in the file of 005930"
    path = write("time,price,quantity\n20261117090000,77000,1\n", "samsung.csv")
    (error,) = check(path).errors
    reason = "no column for the code; name the file after it, for example 005930.csv"
    assert str(error) == f"{path}:1: {reason}"
    assert Recorded(FEED, {"005930": path}, switches=LOOSE).day(STOCK, DAY).volume == 1


def test_a_day_begins_once(write):
    rows = "005930,20261117,77000,77000,77000,77000,5000\n"
    text = "code,date,open,high,low,close,volume\n" + rows
    text += "000660,20261118,700000,700000,700000,700000,5000\n" + rows
    path = write(text)
    assert [str(error) for error in check(path).errors] == [
        f"{path}:4: duplicate: the same candle as in line 2"
    ]
    first, second = (
        write(text[: text.index("000660")]),
        write(text[: text.index("000660")], "b.csv"),
    )
    with pytest.raises(RecordingError) as caught:
        Recorded(FEED, [first, second])
    reason = f"duplicate: 2026-11-17 of 005930 is in {first} too"
    assert str(caught.value) == f"{second}:2: {reason}"


def test_encodings_and_binary_files(tmp_path):
    path = tmp_path / "005930.csv"
    path.write_bytes("time,price,quantity\n".encode("utf-16"))
    assert str(check(path).problems[0]) == f"{path}:1: UTF-16; save the file as UTF-8 or CP949"
    path.write_bytes(b"time,price,quantity\n20261117090000,1,1\n\xff\xff\xff\n")
    assert str(check(path).problems[0]) == f"{path}:3: neither UTF-8 nor CP949"
    path.write_bytes(b"x" * 100_000)
    assert str(check(path).problems[0]) == f"{path}:1: longer than 65536 bytes"


def test_a_long_file_is_never_held_as_a_whole(tmp_path, monkeypatch):
    """Each read of the file is one line, and a day's rows are read again from where they begin."""
    path = tmp_path / "005930.csv"
    days = krx.trading_days(date(2026, 1, 5), date(2026, 3, 31))
    rows = [f"{day:%Y%m%d}09000{n},{77000 + n * 100},1" for day in days for n in range(5)]
    path.write_text("time,price,quantity\n" + "\n".join(rows) + "\n", encoding="utf-8")
    feed = Recorded(FEED, [path], switches=LOOSE)
    report = feed.reports[str(path)]
    assert (report.rows, report.days) == (len(rows), len(days))

    read = Counter()

    class Watched(io.FileIO):
        def readline(self, size=-1):
            line = super().readline(size)
            read["bytes"] += len(line)
            return line

    monkeypatch.setattr(Path, "open", lambda self, mode: Watched(str(self), mode.replace("b", "")))
    assert feed.ticks(STOCK, days[30], 540)[0].price == 77000
    assert 0 < read["bytes"] <= 7 * len(rows[0] + "\n")
