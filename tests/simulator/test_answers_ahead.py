"""Days, trades and rankings do not know what has not happened yet."""

import pytest

from sapi_kiwoom import krx
from simulator.feeds import Tick
from simulator.feeds.generator import Generated
from simulator.feeds.overlay import Overlay
from tests.simulator.answering import CODE, STOCK, TODAY, at, rows, small_world

CODES = [CODE, "012800", "044180", "009190", "002220"]
NOW = at(10, 30)
LATER = at(10, 33)
MOST = 30
OF_A_STOCK = {
    "opt10005": {},
    "opt10007": {},
    "opt10015": {},
    "opt10047": {},
    "opt10055": {"당일전일": "1"},
    "opt10084": {"당일전일": "1", "틱분": "1"},
    "opt10086": {"표시구분": "1"},
    "opt10094": {"기준일자": "20261231"},
}
RANKINGS = {
    "OPT10018": {"고저구분": "1", "근접율": "30"},
    "OPT10020": {"정렬구분": "1"},
    "OPT10021": {"매매구분": "1", "시간구분": "5"},
    "OPT10022": {"비율구분": "1", "시간구분": "5"},
    "OPT10024": {"주기구분": "5"},
    "OPT10025": {"매물집중비율": "5"},
    "opt10026": {"PER구분": "3"},
    "opt10028": {"정렬구분": "1"},
    "OPT10031": {"조회구분": "1"},
    "opt10033": {},
    "opt10054": {"발동구분": "0"},
}
ASKED = {
    **{tr: {"종목코드": CODE, **inputs} for tr, inputs in OF_A_STOCK.items()},
    **{tr: {"시장구분": "000", **inputs} for tr, inputs in RANKINGS.items()},
}


@pytest.fixture(scope="module")
def as_it_is():
    return small_world(Generated(5), CODES)


@pytest.fixture(scope="module")
def otherwise(as_it_is):
    """The same market until now; then everything is bought up to the limit, and tomorrow is closed."""
    feed = Overlay(Generated(5))
    for stock in as_it_is.stocks.values():
        upper, _ = feed.limits(stock, TODAY)
        minutes = {bar.minute for bar in feed.minutes(stock, TODAY)}
        for minute in {630, *(each for each in minutes if each >= 630)}:
            start = krx.midnight(TODAY) + minute * krx.MINUTE
            feed.put_minute(stock, TODAY, minute, [Tick(start + 1, upper, 1_000_000, 1)])
        feed.put(stock, krx.next_trading_day(TODAY), [])
    return small_world(feed, CODES)


@pytest.mark.parametrize("tr", ASKED)
def test_what_comes_later_changes_nothing_now(as_it_is, otherwise, tr):
    now = rows(as_it_is, tr, ASKED[tr], NOW, MOST)
    assert now or tr in ("OPT10024", "OPT10021", "OPT10022")
    assert rows(otherwise, tr, ASKED[tr], NOW, MOST) == now


@pytest.mark.parametrize("tr", sorted(set(ASKED) - {"OPT10021", "OPT10022", "opt10054"}))
def test_what_has_come_changes_the_answer(as_it_is, otherwise, tr):
    told = rows(as_it_is, tr, ASKED[tr], LATER, MOST)
    assert rows(otherwise, tr, ASKED[tr], LATER, MOST) != told


def test_a_stop_is_told_when_it_comes(as_it_is):
    stock = {"시장구분": "000", "종목코드": "002220"}  # stopped at 9:25:45 until 9:27:45
    before, during, after = (
        rows(as_it_is, "opt10054", stock, at(9, minute, second))
        for minute, second in ((25, 44), (26, 0), (27, 46))
    )
    assert before == []
    assert [row["VI해제시각"] for row in during] == ["000000"]
    assert [row["VI해제시각"] for row in after] == ["092745"]


def test_within_a_minute_too_the_past_is_what_it_was():
    trades = [tick for tick in Generated(5).ticks(STOCK, TODAY, 540) if tick.side]
    moment = trades[len(trades) // 2].at
    feed = Overlay(Generated(5))
    past = [tick for tick in feed.ticks(STOCK, TODAY, 540) if tick.at <= moment]
    feed.put_minute(STOCK, TODAY, 540, [*past, Tick(moment + 1, past[-1].price, 777_777, 1)])
    cut, whole = small_world(feed, [CODE]), small_world(Generated(5), [CODE])
    today = {"종목코드": CODE, "당일전일": "1"}
    assert rows(cut, "opt10055", today, moment) == rows(whole, "opt10055", today, moment)
    for kind in "01":
        for time in ("", "0900"):
            asked = {**today, "틱분": kind, "시간": time}
            told = rows(whole, "opt10084", asked, moment)
            assert told
            if kind == "1":  # a minute's shares are those of its trades so far
                told = [{**row, "체결거래량": told[0]["누적거래량"]} for row in told]
            assert rows(cut, "opt10084", asked, moment) == told
