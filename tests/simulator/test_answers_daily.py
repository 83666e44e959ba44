"""A stock's days: opt10015, opt10047, opt10086, opt10094 say what other answers say of them."""

from datetime import date

import pytest

from sapi_kiwoom import krx
from tests.simulator.answering import CODE, STOCK, TODAY, at, number, rows, single, small_world

MOMENTS = [at(8, 45), at(10, 0), at(15, 32), at(17, 0), at(12, 0, day=date(2026, 11, 21))]
DAYS = 8
ASKED = {"종목코드": CODE}
COLUMNS = {
    "opt10086": ("날짜", "종가", "거래량", "금액(백만)"),
    "opt10015": ("일자", "종가", "거래량", "거래대금"),
    "opt10047": ("일자", "현재가", "누적거래량", "누적거래대금"),
    "opt10005": ("날짜", "종가", "거래량", "거래대금"),
}


@pytest.fixture(scope="module")
def world():
    return small_world()


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("tr", COLUMNS)
def test_every_day_is_its_candle(world, tr, moment):
    table = rows(world, tr, ASKED, moment, most=DAYS)
    candles = rows(world, "opt10081", ASKED, moment, most=DAYS)
    assert len(table) == DAYS
    day, close, volume, value = COLUMNS[tr]
    for row, candle in zip(table, candles):
        assert row[day] == candle["일자"]
        assert number(row[close]) == int(candle["현재가"])
        assert (row[volume], row[value]) == (candle["거래량"], candle["거래대금"])
        for price in ("시가", "고가", "저가"):
            assert price not in row or number(row[price]) == int(candle[price])


@pytest.mark.parametrize("moment", MOMENTS[1:4])
def test_who_traded_is_what_their_own_answers_say(world, moment):
    table = rows(world, "opt10086", {**ASKED, "표시구분": "0"}, moment, DAYS)
    shares = {**ASKED, "금액수량구분": "2", "매매구분": "0", "단위구분": "1"}
    kinds = rows(world, "opt10059", shares, moment, DAYS)
    holdings = rows(world, "opt10008", ASKED, moment, DAYS)
    baskets = rows(world, "opt90013", ASKED, moment, DAYS)
    for row, kind, held, basket in zip(table, kinds, holdings, baskets):
        assert row["개인"] == row["개인순매수"] == kind["개인투자자"]
        assert row["기관"] == row["기관순매수"] == kind["기관계"]
        assert row["외인수량"] == row["외인순매수"] == kind["외국인투자자"]
        assert row["외인보유"] == held["보유주식수"]
        assert row["외인비"] == row["외인비중"] == held["비중"]
        assert row["프로그램"] == basket["프로그램순매수수량"]
    more = rows(world, "opt10015", ASKED, moment, DAYS)
    less = rows(world, "opt10005", ASKED, moment, DAYS)
    for name in ("외인보유", "외인비중", "외인순매수", "기관순매수", "개인순매수", "신용잔고율"):
        told = [row[name] for row in table]
        assert [row[name] for row in more] == told == [row[name] for row in less]
    assert [row["프로그램"] for row in more] == [row["프로그램"] for row in table]
    assert [row["외국계"] for row in more] == [row["외국계"] for row in table]


def test_amounts_are_those_of_the_investors(world):
    table = rows(world, "opt10086", {**ASKED, "표시구분": "1"}, MOMENTS[1], DAYS)
    asked = {**ASKED, "금액수량구분": "1", "매매구분": "0", "단위구분": "1"}
    for row, kind in zip(table, rows(world, "opt10059", asked, MOMENTS[1], DAYS)):
        assert (row["개인"], row["기관"]) == (kind["개인투자자"], kind["기관계"])
        assert row["외인수량"] == kind["외국인투자자"]


def test_a_day_asked_for_is_the_newest(world):
    for tr, name in (("opt10086", "조회일자"), ("opt10015", "시작일자")):
        whole = rows(world, tr, ASKED, MOMENTS[1], DAYS)
        (row,) = rows(world, tr, {**ASKED, name: "20261113"}, MOMENTS[1], 1)
        assert row["외인보유"] == whole[5]["외인보유"]
        assert row[next(iter(row))] == "20261113"
        later = rows(world, tr, {**ASKED, name: "20261231"}, MOMENTS[1], DAYS)
        assert later == whole


def test_credit_is_told_when_a_day_is_over(world):
    table = rows(world, "opt10086", ASKED, MOMENTS[3], DAYS)
    credit = rows(world, "opt10013", {**ASKED, "조회구분": "1"}, MOMENTS[3], DAYS - 1)
    assert (table[0]["신용잔고율"], table[0]["신용비"]) == ("", "")
    assert [row["신용잔고율"] for row in table[1:]] == [row["잔고율"] for row in credit]


@pytest.mark.parametrize("moment", MOMENTS[1:4])
def test_the_strength_of_today_is_that_of_the_last_trade(world, moment):
    (last,) = rows(world, "opt10003", ASKED, moment, 1)
    for tr in COLUMNS:
        (row,) = rows(world, tr, ASKED, moment, 1)
        assert row["체결강도"] == last["체결강도"]


def test_strengths_are_averaged_over_days(world):
    table = rows(world, "opt10047", ASKED, MOMENTS[3], 25)
    known = [round(float(row["체결강도"]) * 100) for row in table]
    for place, row in enumerate(table[:5]):
        for name, span in (("체결강도5분", 5), ("체결강도20분", 20)):
            mean = sum(known[place : place + span]) // span
            assert round(float(row[name]) * 100) == mean
    others = rows(world, "opt10086", ASKED, MOMENTS[3], 5)
    assert [row["체결강도"] for row in others] == [row["체결강도"] for row in table[:5]]


@pytest.mark.parametrize("moment", [MOMENTS[1], MOMENTS[3]])
def test_sessions_add_up_to_the_day(world, moment):
    total = 0
    for row in rows(world, "opt10015", ASKED, moment, DAYS):
        day = date(int(row["일자"][:4]), int(row["일자"][4:6]), int(row["일자"][6:]))
        end = krx.session(day).closing_auction
        bars = [bar for bar in world.feed.minutes(STOCK, day) if bar.minute > end]
        late = sum(bar.volume for bar in bars) if day < TODAY or moment > at(16, 0) else 0
        assert int(row["장후거래량"]) == late
        parts = [int(row[f"{name}거래량"]) for name in ("장전", "장중", "장후")]
        assert sum(parts) == int(row["거래량"]) == int(row["합계3"])
        total += sum(parts)
        assert int(row["기간중거래량"]) == total
        worth = [int(row[f"{name}거래대금"]) for name in ("장전", "장중", "장후")]
        assert sum(worth) == int(row["거래대금"])
        for kind in ("거래", "거래대금"):
            rates = [float(row[f"{name}{kind}비중"]) for name in ("장전", "장중", "장후")]
            assert sum(rates) == pytest.approx(100, abs=0.011)


@pytest.mark.parametrize("moment", MOMENTS[:3])
def test_a_year_is_its_months(world, moment):
    asked = {**ASKED, "기준일자": "20261231"}
    months = rows(world, "opt10083", asked, moment)
    years = rows(world, "opt10094", asked, moment)
    assert single(world, "opt10094", asked, moment) == {"종목코드": CODE}
    assert [row["일자"][:4] for row in years] == sorted({row["일자"][:4] for row in months})[::-1]
    for year in years:
        own = [row for row in months if row["일자"][:4] == year["일자"][:4]]
        assert (year["현재가"], year["시가"]) == (own[0]["현재가"], own[-1]["시가"])
        assert year["일자"] == own[-1]["일자"]
        assert int(year["고가"]) == max(int(row["고가"]) for row in own)
        assert int(year["저가"]) == min(int(row["저가"]) for row in own)
        for name in ("거래량", "거래대금"):
            assert int(year[name]) == sum(int(row[name]) for row in own)


@pytest.mark.parametrize("tr", COLUMNS)
def test_an_unknown_stock_has_no_days(world, tr):
    assert rows(world, tr, {"종목코드": "999999"}, MOMENTS[1]) == []
