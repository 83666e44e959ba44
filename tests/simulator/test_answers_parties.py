"""Who trades: the answers agree with the day, with each other, and never know more than the moment."""

from itertools import islice

import pytest

from sapi_kiwoom import catalogue, krx
from simulator.answers.parties.intraday import publications
from simulator.answers.parties.table import PARTIES
from simulator.answers.table import ANSWERS
from simulator.feeds import Tick
from simulator.feeds.generator import Generated
from simulator.feeds.overlay import Overlay
from tests.simulator.answering import CODE, STOCK, TODAY, at, reply, rows, single, small_world

CODES = [CODE, "003850", "012800", "044180"]
NOW = at(14, 40)
MOMENTS = [at(9, 1), NOW, at(16, 0)]

OUTSIDERS = ["개인투자자", "외국인투자자", "기관계", "기타법인", "내외국인"]
INSTITUTIONS = [
    *("금융투자", "보험", "투신", "기타금융", "은행", "연기금등", "사모펀드", "국가"),
]
PERIOD = {"시작일자": "20261102", "종료일자": "20261120"}


@pytest.fixture(scope="module")
def world():
    return small_world(codes=CODES)


def by_kind(world, side="0", amount="2", unit="1", tr="opt10059", moment=NOW, most=40):
    asked = {"종목코드": CODE, "금액수량구분": amount, "매매구분": side, "단위구분": unit}
    return rows(world, tr, asked, moment, most)


def in_front(world, code, asked):
    """The single record, by field name, of an answer whose rows fill it in."""
    found = reply(world, code, asked, NOW)
    for row in found.rows:
        if row is not None:
            break
    return {each.name: cell for each, cell in zip(catalogue.tr(code).single.fields, found.single)}


def numbers(row, names):
    return [int(row[name]) for name in names]


# -- opt10059, opt10060, opt10061 ------------------------------------------------------------------


@pytest.mark.parametrize("moment", MOMENTS)
def test_whatever_is_bought_is_sold(world, moment):
    nets, buys, sales = (by_kind(world, side, moment=moment) for side in "012")
    candles = rows(world, "opt10081", {"종목코드": CODE}, moment, 40)
    assert [row["일자"] for row in nets] == [row["일자"] for row in candles]
    for net, bought, sold in zip(nets, buys, sales):
        assert sum(numbers(net, OUTSIDERS)) == 0
        assert sum(numbers(bought, OUTSIDERS)) == int(net["누적거래량"])
        assert sum(numbers(sold, OUTSIDERS)) == int(net["누적거래량"])
        for row in (net, bought, sold):
            assert sum(numbers(row, INSTITUTIONS)) == int(row["기관계"])
        for name in OUTSIDERS + INSTITUTIONS:
            assert int(net[name]) == int(bought[name]) - int(sold[name])
            assert int(bought[name]) >= 0 <= int(sold[name])


def test_amounts_are_shares_at_the_average_price(world):
    for shares, worth in zip(by_kind(world, "1"), by_kind(world, "1", amount="1")):
        price = int(shares["누적거래대금"]) / int(shares["누적거래량"])
        for name in OUTSIDERS + INSTITUTIONS:
            assert int(worth[name]) == pytest.approx(int(shares[name]) * price, abs=0.51)
    sides = [by_kind(world, side, amount="1") for side in "012"]
    for net, bought, sold in zip(*sides):
        assert all(int(net[name]) == int(bought[name]) - int(sold[name]) for name in OUTSIDERS)


def test_thousands_are_cut_and_the_chart_is_the_table(world):
    ones, thousands = by_kind(world), by_kind(world, unit="1000")
    chart = by_kind(world, tr="opt10060")
    for one, thousand, bar in zip(ones, thousands, chart):
        assert bar == {name: one[name] for name in bar}
        assert numbers(thousand, OUTSIDERS) == [
            int(each / 1_000) for each in numbers(one, OUTSIDERS)
        ]


@pytest.mark.parametrize("amount", "12")
def test_a_period_is_the_sum_of_its_days(world, amount):
    days = [row for row in by_kind(world, amount=amount) if row["일자"] >= PERIOD["시작일자"]]
    asked = {"종목코드": CODE, **PERIOD, "금액수량구분": amount, "매매구분": "0", "단위구분": "1"}
    (total,) = rows(world, "opt10061", asked, NOW)
    assert len(days) > 10
    for name, text in total.items():
        assert int(text) == sum(int(row[name]) for row in days)


def test_the_days_begin_where_they_are_asked_to(world):
    asked = {"종목코드": CODE, "일자": "20261108", "금액수량구분": "2"}  # a Sunday
    assert rows(world, "opt10059", asked, NOW, 1)[0]["일자"] == "20261106"
    with pytest.raises(ValueError, match="day"):
        rows(world, "opt10059", {**asked, "일자": "20261131"}, NOW, 1)


def test_totals_of_the_day_never_fall(world):
    before = [0] * 13
    for second in range(0, 3_600, 40):
        moment = at(9, 0) + second * 1_000_000
        found = by_kind(world, "1", moment=moment, most=1)
        now = (
            numbers(found[0], OUTSIDERS + INSTITUTIONS)
            if found[0]["일자"] == "20261120"
            else before
        )
        assert all(one >= other for one, other in zip(now, before))
        before = now
    assert sum(before)


# -- foreigners ------------------------------------------------------------------------------------


def test_holdings_change_by_what_foreigners_bought(world):
    held = rows(world, "opt10008", {"종목코드": CODE}, NOW, 700)
    nets = by_kind(world, most=700)
    for row, before, net in zip(held, held[1:], nets):
        change = int(row["보유주식수"]) - int(before["보유주식수"])
        assert change == int(row["변동수량"]) == int(net["외국인투자자"])
        assert int(row["보유주식수"]) + int(row["취득가능주식수"]) == int(row["외국인한도"])
        assert 0 <= int(row["취득가능주식수"]) <= STOCK.shares


def test_the_trend_runs_up_to_each_day(world):
    table = rows(world, "opt10045", {"종목코드": CODE, **PERIOD}, NOW)
    for party, kind in (("기관", "기관계"), ("외인", "외국인투자자")):
        days = [int(row[f"{party}일별순매매수량"]) for row in table]
        assert days == [int(row[kind]) for row in by_kind(world, most=len(table))]
        sums = [int(row[f"{party}기간누적"]) for row in table]
        assert sums == [sum(days[place:]) for place in range(len(days))]
    averages = in_front(world, "opt10045", {"종목코드": CODE, **PERIOD, "기관추정단가구분": "2"})
    lows, highs = zip(*((bar.low, bar.high) for bar in world.feed.days(STOCK, TODAY, len(table))))
    assert all(min(lows) <= int(each) <= max(highs) for each in averages.values())


def test_a_days_columns_are_those_of_the_answers_about_them(world):
    day = rows(world, "opt10005", {"종목코드": CODE}, NOW, 2)[1]
    net = by_kind(world)[1]
    assert (day["외인순매수"], day["기관순매수"]) == (net["외국인투자자"], net["기관계"])
    assert day["개인순매수"] == net["개인투자자"]
    held = rows(world, "opt10008", {"종목코드": CODE}, NOW, 2)[1]
    assert (day["외인보유"], day["외인비중"]) == (held["보유주식수"], held["비중"])
    credit = rows(world, "opt10013", {"종목코드": CODE}, NOW, 1)[0]
    assert day["신용잔고율"] == credit["잔고율"]
    now = single(world, "opt10001", {"종목코드": CODE}, NOW)
    assert (now["신용비율"], now["외인소진률"]) == ("+" + credit["잔고율"], held["한도소진률"])


# -- rankings --------------------------------------------------------------------------------------


def of_stocks(world, kind, amount):
    """A kind's net of the period by code, from opt10061 at the end of the last whole minute."""
    asked = {**PERIOD, "금액수량구분": amount, "매매구분": "0", "단위구분": "1"}
    return {
        code: int(rows(world, "opt10061", {"종목코드": code, **asked}, NOW - 1)[0][kind])
        for code in CODES
    }


@pytest.mark.parametrize("side", "12")
@pytest.mark.parametrize(("code", "kind"), [("9000", "외국인투자자"), ("6000", "연기금등")])
def test_a_ranking_of_a_kind_is_sorted_and_its_sums_are_the_stocks_own(world, side, code, kind):
    asked = {**PERIOD, "매매구분": side, "시장구분": "000", "투자자구분": code}
    table = rows(world, "opt10058", asked, NOW)
    sign = -1 if side == "1" else 1
    worth, shares = of_stocks(world, kind, "1"), of_stocks(world, kind, "2")
    assert [row["종목코드"] for row in table] == sorted(
        (code for code in CODES if shares[code] * sign > 0),
        key=lambda code: (-worth[code] * sign, -shares[code] * sign, code),
    )
    for row in table:
        assert int(row["순매도수량"]) == shares[row["종목코드"]]
        assert int(row["순매도금액"]) == worth[row["종목코드"]]


def test_runs_are_days_in_a_row(world):
    asked = {"기간": "5", "장구분": "001", "금액수량구분": "1"}
    table = rows(world, "opt10131", asked, NOW)
    assert [int(row["순매매량"]) for row in table] == sorted(
        (int(row["순매매량"]) for row in table), reverse=True
    )
    for row in table:
        asked = {"종목코드": row["종목코드"], "금액수량구분": "2", "매매구분": "0", "단위구분": "1"}
        nets = [int(day["기관계"]) for day in rows(world, "opt10059", asked, NOW - 1, 30)]
        days = next(place for place, net in enumerate(nets) if net <= 0)
        assert int(row["기관계연속순매수일수"]) == days
        assert int(row["기관계연속순매수량"]) == sum(nets[:days])
        assert int(row["기관순매매량"]) == sum(nets[:5])


def test_the_runs_of_a_sector_are_those_of_its_members_sums(world):
    asked = {"기간": "3", "장구분": "101", "금액수량구분": "1"}
    (stock,) = rows(world, "opt10131", {**asked, "장구분": "101"}, NOW) or [None]
    table = rows(world, "opt10131", {**asked, "종목업종구분": "1"}, NOW)
    assert bool(stock) == bool(table)
    for row in table:  # the market's only stock is all of each of its sectors
        names = [name for name in row if name not in ("순위", "종목코드", "종목명")]
        assert [row[name] for name in names] == [stock[name] for name in names]
    kospi = rows(world, "opt10131", {**asked, "장구분": "001", "종목업종구분": "1"}, NOW)
    stocks = [of_stocks_in(world, code) for code in CODES if world.stocks[code].market == "KOSPI"]
    whole = next((row for row in kospi if row["종목코드"] == "001"), None)
    assert (whole is not None) == (sum(stocks) > 0)
    assert whole is None or int(whole["순매매량"]) == sum(stocks)


def of_stocks_in(world, code):
    """What foreigners and institutions bought net of a stock in three days."""
    asked = {"종목코드": code, "금액수량구분": "2", "매매구분": "0", "단위구분": "1"}
    days = rows(world, "opt10059", asked, NOW - 1, 3)
    return sum(int(day["외국인투자자"]) + int(day["기관계"]) for day in days)


def test_a_market_and_a_limit_are_kept(world):
    asked = {"시장구분": "101", "매매구분": "3", "기간": "5"}
    assert {row["종목코드"] for row in rows(world, "OPT10034", asked, NOW)} <= {"044180"}
    table = rows(world, "OPT10036", {"시장구분": "000", "기간": "20"}, NOW)
    rises = [float(row["소진율증가"]) for row in table]
    assert rises == sorted(rises, reverse=True)
    assert all(rise > 0 for rise in rises)


def test_what_is_published_stands_until_the_next_time(world):
    asked = {"시장구분": "000", "금액수량구분": "2", "투자자별": "7"}

    def of_stock(moment):
        found = rows(world, "opt10063", asked, moment)
        return next((row["순매수수량"] for row in found if row["종목코드"] == CODE), None)

    assert of_stock(at(9, 29, 59)) is None
    assert of_stock(at(11, 29)) == of_stock(at(10, 0))
    chart = {"종목코드": CODE, "금액수량구분": "2", "매매구분": "0"}
    table = rows(world, "opt10064", chart, NOW)
    assert [row["시간"] for row in table] == ["143000", "133000", "113000", "100000", "093000"]
    assert table[0]["기관계"] == of_stock(NOW)
    evening = rows(world, "opt10064", chart, at(17, 0))[0]
    assert evening["기관계"] == by_kind(world, moment=at(17, 0))[0]["기관계"]
    assert publications(world, at(9, 29, 59)) == []


def test_the_members_of_a_sector_add_up(world):
    market = {"시장구분": "0", "금액수량구분": "1"}
    whole = rows(world, "OPT10051", market, NOW)[0]
    nets = [
        rows(world, "opt10059", {"종목코드": code, "금액수량구분": "2"}, NOW - 1, 1)[0]
        for code in CODES
        if world.stocks[code].market == "KOSPI"
    ]
    assert whole["업종코드"] == "001"
    assert int(whole["외국인순매수"]) == sum(int(row["외국인투자자"]) for row in nets)
    assert int(whole["사모펀드순매수"]) == sum(int(row["사모펀드"]) for row in nets)
    assert int(whole["기관계순매수"]) == sum(int(row["기관계"]) for row in nets)


# -- programs, members, credit ---------------------------------------------------------------------


def test_programs_of_the_minutes_end_in_that_of_the_day(world):
    asked = {"종목코드": CODE, "날짜": "20261119"}
    minutes = rows(world, "opt90008", asked, NOW)
    day = rows(world, "opt90013", asked, NOW, 2)
    for name in ("프로그램매도수량", "프로그램매수수량", "프로그램순매수금액", "거래량"):
        assert minutes[0][name] == day[0][name]
    for row, before in zip(minutes, minutes[1:]):
        more = int(row["프로그램순매수수량"]) - int(before["프로그램순매수수량"])
        assert int(row["프로그램순매수수량증감"]) == more
        assert int(row["프로그램매수수량"]) >= int(before["프로그램매수수량"])
    change = int(day[0]["프로그램순매수금액"]) - int(day[1]["프로그램순매수금액"])
    assert int(day[0]["프로그램순매수금액증감"]) == change


@pytest.mark.parametrize("side", "12")
def test_programs_are_ranked_by_what_they_traded_net(world, side):
    table = rows(world, "opt90003", {"매매상위구분": side, "금액수량구분": "1"}, NOW)
    sign = -1 if side == "1" else 1
    nets = {}
    for code in CODES:
        row = rows(world, "opt90013", {"종목코드": code}, NOW - 1, 1)[0]
        nets[code] = int(row["프로그램순매수금액"])
    kept = [row["종목코드"] for row in table]
    assert {code for code in CODES if nets[code] * sign > 1} <= set(kept)
    for row in table:
        assert int(row["프로그램순매수금액"]) == nets[row["종목코드"]]
    order = [nets[code] * sign for code in kept]
    assert all(one >= other - 1 for one, other in zip(order, order[1:]))


def test_members_trade_no_more_than_is_traded(world):
    (today,) = rows(world, "opt10002", {"종목코드": CODE}, NOW)
    for side in ("매도", "매수"):
        shares = [int(today[f"{side}거래량{place}"]) for place in range(1, 6)]
        assert shares == sorted(shares, reverse=True)
    asked = {"종목코드": CODE, "시작일자": "20261120", "조회구분": "2"}
    ranks = rows(world, "opt10038", asked, NOW)
    sums = in_front(world, "opt10038", asked)
    nets = [int(row["누적순매수수량"]) for row in ranks]
    assert nets == sorted(nets, reverse=True)
    bought = sum(int(row["매수수량"]) for row in ranks)
    assert bought == int(sums["순위1"]) <= int(sums["기간중거래량"])
    best = max(ranks, key=lambda row: int(row["매수수량"]))
    assert (best["회원사명"], best["매수수량"]) == (today["매수거래원명1"], today["매수거래량1"])
    asked = {"종목코드": CODE, "회원사코드": today["매수거래원1"], **PERIOD}
    assert rows(world, "OPT10078", asked, NOW)[0]["매수수량"] == today["매수거래량1"]


@pytest.mark.parametrize("kind", "12")
def test_a_balance_is_what_was_before_and_what_came_and_went(world, kind):
    table = rows(world, "opt10013", {"종목코드": CODE, "조회구분": kind}, NOW, 200)
    assert table[0]["일자"] == "20261119"  # today is not published yet
    for row, before in zip(table, table[1:]):
        assert int(row["잔고"]) - int(before["잔고"]) == int(row["대비"])
        assert int(row["신규"]) - int(row["상환"]) == int(row["대비"])
        assert int(row["신규"]) >= 0 <= int(row["상환"])


def test_what_is_lent_in_the_market_is_what_is_lent_of_its_stocks(world):
    whole = rows(world, "OPT10068", PERIOD, NOW)
    top = in_front(world, "OPT10069", {**PERIOD, "시장구분": "000"})
    assert int(top["대차거래체결주수합"]) == sum(int(row["대차거래체결주수"]) for row in whole)
    details = rows(world, "OPT90012", {"일자": "20261119"}, NOW)
    assert int(whole[0]["잔고주수"]) == sum(int(row["잔고주수"]) for row in details)
    program = rows(world, "opt90013", {"종목코드": CODE, "날짜": "20261120"}, NOW, 1)[0]
    own = next(row for row in details if row["종목코드"] == CODE)
    assert program["잔고수주합"] == own["잔고주수"]


# -- all -------------------------------------------------------------------------------------------

INPUTS = {
    **PERIOD,
    "종목코드": CODE,
    "금액수량구분": "2",
    "매매구분": "2",
    "시장구분": "000",
    "투자자별": "6",
    "투자자구분": "8000",
    "회원사코드": "050",
    "장구분": "001",
    "기간": "3",
    "매매상위구분": "2",
}


def answer(world, code, moment, **more):
    asked = {**INPUTS, **more}
    names = [each.name for each in catalogue.tr(code).inputs]
    found = reply(world, code, {name: asked[name] for name in names if name in asked}, moment)
    table = list(islice((row for row in found.rows if row is not None), 60))
    return found.single, table  # filled in with the first row


@pytest.fixture(scope="module")
def otherwise(world):
    """The same market until 10:30; from then on everything is bought up to the limit."""
    feed = Overlay(Generated(5))
    for stock in world.stocks.values():
        upper, _ = feed.limits(stock, TODAY)
        for minute in {
            630,
            *(bar.minute for bar in feed.minutes(stock, TODAY) if bar.minute > 630),
        }:
            start = krx.midnight(TODAY) + minute * krx.MINUTE
            feed.put_minute(stock, TODAY, minute, [Tick(start + 1, upper, 1_000_000, 1)])
    return small_world(feed, CODES)


@pytest.mark.parametrize("code", PARTIES)
def test_what_comes_later_changes_nothing_now(world, otherwise, code):
    found = answer(world, code, at(10, 30))
    assert found == answer(otherwise, code, at(10, 30))
    assert answer(world, code, NOW)[1] or code in ("opt10053", "opt10040", "opt10070", "opt10062")


def test_within_a_minute_too_only_trades_so_far_count(world, otherwise):
    tick = next(tick for tick in world.feed.ticks(STOCK, TODAY, 540) if tick.side)
    for moment in (tick.at - 1, tick.at):
        (row, *_) = by_kind(world, moment=moment)
        assert int(row["누적거래량"]) == world.day_so_far(STOCK, moment).volume
    assert by_kind(world, moment=at(10, 29, 30)) == by_kind(otherwise, moment=at(10, 29, 30))


@pytest.mark.parametrize("code", PARTIES)
def test_every_cell_is_written_as_its_kind_says(world, code):
    tr = catalogue.tr(code)
    one, table = answer(world, code, NOW)
    blocks = [(tr.single, [one] if one else []), (tr.multi, table)]
    for record, cells in blocks:
        for row in cells:
            assert len(row) == len(record.fields)
            for field, raw in zip(record.fields, row):
                value = field.parse(raw)
                if value is not None:
                    colour = {"+": 1, "-": -1}.get(raw[0], 0)
                    assert field.format(value, colour=colour) == raw, field.name


@pytest.mark.parametrize(
    "code",
    [code for code in PARTIES if "종목코드" in [each.name for each in catalogue.tr(code).inputs]],
)
def test_an_unknown_stock_has_no_answer(world, code):
    assert answer(world, code, NOW, 종목코드="999999") == ([], [])


def test_all_of_them_are_asked_for_by_their_code():
    assert {code: ANSWERS[code] for code in PARTIES} == PARTIES
