"""No answer knows what has not happened yet."""

from itertools import islice

import pytest

from sapi_kiwoom import catalogue, krx
from simulator.answers.parties.table import PARTIES
from simulator.answers.table import ANSWERS
from simulator.feeds import Tick
from simulator.feeds.generator import Generated
from simulator.feeds.overlay import Overlay
from tests.simulator.answering import CODE, STOCK, TODAY, at, rows, single, small_world
from tests.simulator.test_answers_ahead import ASKED

NOW = at(10, 30)
"""A whole minute: a feed may draw the books of a minute around all of its trades."""

CODES = [CODE, "000660", "035720", "028260"]
MARKET = [
    *("opt10001", "opt10003", "opt10004", "opt10005", "opt10006", "opt10014", "opt10016"),
    *("opt10017", "opt10019", "opt10023", "opt10027", "opt10030", "opt10032", "opt10046"),
    *("opt10079", "opt10080", "opt10081", "opt10082", "opt10083", "opt10087", "optkwfid"),
]
INPUTS = {
    "종목코드": ";".join(CODES),
    "틱범위": "3",
    "시간구분": "1",
    "시간": "10",
    "시작일자": "20261001",
    "종료일자": "20261231",
    "시장구분": "000",
    "정렬구분": "3",
    "등락구분": "1",
    "신고저구분": "2",
    "고저종구분": "1",
    "상하한구분": "5",
    "기간": "1",
}


@pytest.fixture(scope="module")
def as_it_is():
    return small_world(Generated(5), CODES)


@pytest.fixture(scope="module")
def otherwise(as_it_is):
    """The same market until now; from now on everything is bought up to the limit, and so tomorrow."""
    feed = Overlay(Generated(5))
    for stock in as_it_is.stocks.values():
        upper, _ = feed.limits(stock, TODAY)
        later = [bar.minute for bar in feed.minutes(stock, TODAY) if bar.minute >= 630]
        for minute in {630, *later}:
            start = krx.midnight(TODAY) + minute * krx.MINUTE
            feed.put_minute(stock, TODAY, minute, [Tick(start + 1, upper, 1_000_000, 1)])
        feed.put(stock, krx.next_trading_day(TODAY), [])
    return small_world(feed, CODES)


def answer(world, code, moment):
    inputs = {each.name: INPUTS.get(each.name, "") for each in catalogue.tr(code).inputs}
    if code != "optkwfid" and "종목코드" in inputs:
        inputs["종목코드"] = CODE
    reply = ANSWERS[code](world, inputs, moment)
    table = list(islice((row for row in reply.rows if row is not None), 500))
    return reply.single, table


@pytest.mark.parametrize("code", MARKET)
def test_what_comes_later_changes_nothing_now(as_it_is, otherwise, code):
    now = answer(as_it_is, code, NOW)
    assert now[0] or now[1]
    assert answer(otherwise, code, NOW) == now


@pytest.mark.parametrize(
    "code", sorted(set(MARKET) - {"opt10014", "opt10087", "opt10019", "opt10016"})
)
def test_what_has_come_changes_the_answer(as_it_is, otherwise, code):
    assert answer(otherwise, code, at(10, 32)) != answer(as_it_is, code, at(10, 32))


def test_every_market_answer_is_here():
    accounts = {
        code for code in ANSWERS if code.startswith("opw") or "opt10072" <= code <= "opt10077"
    }
    ahead = {each.lower() for each in ASKED}  # test_answers_ahead
    whole_days = {"opt10029", "opt10098"}  # test_answers_standings
    # PARTIES: test_answers_parties
    elsewhere = {*accounts, *PARTIES, *ahead, *whole_days, "opt10085", "opt10170"}
    assert set(ANSWERS) == elsewhere | set(MARKET)


def test_within_a_minute_too_the_past_is_what_it_was():
    trades = [tick for tick in Generated(5).ticks(STOCK, TODAY, 540) if tick.side]
    moment = trades[len(trades) // 2].at
    feed = Overlay(Generated(5))
    past = [tick for tick in feed.ticks(STOCK, TODAY, 540) if tick.at <= moment]
    later = Tick(moment + 1, past[-1].price, 777_777, 1)
    feed.put_minute(STOCK, TODAY, 540, [*past, later])
    cut, whole = small_world(feed, CODES), small_world(Generated(5), CODES)
    asked = {"종목코드": CODE}
    prices = ("현재가", "시가", "고가", "저가", "거래량", "250최고")
    one, other = (single(world, "opt10001", asked, moment) for world in (cut, whole))
    assert [one[name] for name in prices] == [other[name] for name in prices]
    ticks = {**asked, "틱범위": "1"}
    for tr, inputs in (("opt10003", asked), ("opt10079", ticks), ("opt10080", ticks)):
        assert rows(cut, tr, inputs, moment, 50) == rows(whole, tr, inputs, moment, 50)
    assert "777777" in rows(cut, "opt10079", ticks, moment + 1, 1)[0]["거래량"]
