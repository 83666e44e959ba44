"""More rankings, each against a naive recomputation from what the stocks say of themselves."""

from datetime import date

import pytest

from sapi_kiwoom import catalogue, krx
from simulator.answers.quotes.company import company
from simulator.answers.rankings import books
from simulator.feeds.bars import AFTER
from simulator.universe import universe
from tests.simulator.answering import TODAY, at, number, rows, single, small_world

CODES = (
    "00088K 003850 012800 044180 137940 278540 101280 006570 009190 044450 282880 068790 093920"
).split()
MOMENTS = [at(9, 3), at(10, 0), at(15, 45)]
ALL = {"시장구분": "000", "상하한포함": "1"}
TRS = {
    "OPT10018": {"고저구분": "1", "근접율": "10"},
    "OPT10020": {"정렬구분": "1"},
    "OPT10021": {"매매구분": "1", "정렬구분": "1", "시간구분": "2"},
    "OPT10022": {"비율구분": "1", "시간구분": "2"},
    "OPT10024": {"주기구분": "5"},
    "OPT10025": {"매물집중비율": "15", "매물대수": "10", "주기구분": "50"},
    "opt10026": {"PER구분": "3"},
    "opt10028": {"정렬구분": "1", "등락조건": "1"},
    "OPT10031": {"조회구분": "1"},
    "opt10033": {},
}


@pytest.fixture(scope="module")
def world():
    return small_world(codes=CODES)


@pytest.fixture(scope="module")
def alone(world):
    """opt10001 and opt10004 of a stock just before a moment, together."""
    known = {}

    def of(code, moment):
        if (code, moment) not in known:
            asked = {"종목코드": code}
            (book,) = rows(world, "opt10004", asked, moment - 1)
            known[code, moment] = {**book, **single(world, "opt10001", asked, moment - 1)}
        return known[code, moment]

    return of


def ranking(world, tr, moment, **inputs):
    given = {**ALL, **TRS[tr], **inputs}
    return rows(world, tr, {name: given[name] for name in given if has(tr, name)}, moment)


def has(tr, name):
    return name in [each.name for each in catalogue.tr(tr).inputs]


def codes(table):
    return [row["종목코드"] for row in table]


def by(keys):
    """Codes by their keys, the highest first, equal ones by code."""
    return sorted(keys, key=lambda code: (-keys[code], code))


def traded(alone, moment):
    return [code for code in CODES if alone(code, moment)["거래량"] != "0"]


def hundredths(text):
    return round(float(text) * 100)


def rate(part, whole):
    """In hundredths of a percent, rounded half away from zero."""
    rounded = (abs(part) * 20_000 + abs(whole)) // (2 * abs(whole)) if whole else 0
    return rounded if (part >= 0) == (whole > 0) else -rounded


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("tr", TRS)
def test_a_row_is_what_the_stock_says_of_itself(world, alone, tr, moment):
    table = ranking(world, tr, moment)
    assert table or tr == "OPT10024" or (tr in ("OPT10021", "OPT10022") and moment == MOMENTS[2])
    for row in table:
        stock = alone(row["종목코드"], moment)
        assert row["종목명"] == stock["종목명"]
        assert row["현재가"] == stock["현재가"]
        assert row["전일대비기호"] == stock["대비기호"]
        assert row["전일대비"] == stock["전일대비"]
        assert row.get("등락률", stock["등락율"]) == stock["등락율"]
        volume = row.get("현재거래량", row.get("거래량"))
        assert volume in (None, stock["거래량"]) or tr == "OPT10031"
        assert row.get("매도호가", stock["매도최우선호가"]) == stock["매도최우선호가"]
        assert row.get("매수호가", stock["매수최우선호가"]) == stock["매수최우선호가"]
        assert row.get("총매도잔량", stock["총매도잔량"]) == stock["총매도잔량"]
        assert row.get("총매수잔량", stock["총매수잔량"]) == stock["총매수잔량"]


@pytest.mark.parametrize("tr", TRS)
def test_a_ranking_within_a_minute_is_that_of_its_beginning(world, tr):
    assert ranking(world, tr, at(10, 0, 59, 999_999)) == ranking(world, tr, at(10, 0))


@pytest.mark.parametrize("tr", TRS)
def test_a_market_is_a_part_of_all(world, tr):
    whole = ranking(world, tr, MOMENTS[1])
    for market in ("001", "101"):
        kosdaq = market == "101"
        part = ranking(world, tr, MOMENTS[1], 시장구분=market)
        assert codes(part) == [
            code for code in codes(whole) if (universe()[code].market == "KOSDAQ") == kosdaq
        ]


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize(("side", "name"), [("1", "고가"), ("2", "저가")])
def test_near_the_days_extremes(world, alone, moment, side, name):
    distance = {}
    for code in traded(alone, moment):
        extreme = number(alone(code, moment)[name])
        distance[code] = -abs(rate(number(alone(code, moment)["현재가"]) - extreme, extreme))
    for near in ("05", "10", "30"):
        kept = {code: key for code, key in distance.items() if -key <= int(near) * 10}
        table = ranking(world, "OPT10018", moment, 고저구분=side, 근접율=near)
        assert codes(table) == by(kept)


def book_totals(alone, code, moment):
    return int(alone(code, moment)["총매도잔량"]), int(alone(code, moment)["총매수잔량"])


@pytest.mark.parametrize("moment", MOMENTS)
def test_books_by_their_totals(world, alone, moment):
    totals = {code: book_totals(alone, code, moment) for code in traded(alone, moment)}
    orders = {
        "1": lambda ask, bid: bid - ask,
        "2": lambda ask, bid: ask - bid,
        "3": lambda ask, bid: rate(bid, ask),
        "4": rate,
    }
    for order, key in orders.items():
        table = ranking(world, "OPT10020", moment, 정렬구분=order)
        assert codes(table) == by({code: key(*each) for code, each in totals.items()})
        for row in table:
            ask, bid = totals[row["종목코드"]]
            assert int(row["순매수잔량"]) == bid - ask
            assert hundredths(row["매수비율"]) == rate(bid, ask)


@pytest.mark.parametrize("moment", MOMENTS[1:])
def test_books_that_have_grown(world, alone, moment):
    minutes = 3
    now, then = (
        {code: book_totals(alone, code, each) for code in traded(alone, moment)}
        for each in (moment, moment - minutes * krx.MINUTE)
    )
    for side, place in (("1", 1), ("2", 0)):
        grown = {code: now[code][place] - then[code][place] for code in now}
        rates = {code: rate(grown[code], then[code][place]) for code in now}
        for order, keys in (("1", grown), ("2", rates)):
            asked = {"매매구분": side, "정렬구분": order, "시간구분": str(minutes)}
            table = ranking(world, "OPT10021", moment, **asked)
            assert codes(table) == by({code: key for code, key in keys.items() if grown[code] > 0})
            for row in table:
                assert int(row["현재"]) - float(row["기준률"]) == int(row["급증수량"])
                assert hundredths(row["급증률"]) == rates[row["종목코드"]]
    for side in ("1", "2"):
        grown = {
            code: rate(*now[code][:: -1 if side == "1" else 1])
            - rate(*then[code][:: -1 if side == "1" else 1])
            for code in now
        }
        table = ranking(world, "OPT10022", moment, 비율구분=side, 시간구분=str(minutes))
        assert codes(table) == by({code: key for code, key in grown.items() if key > 0})
        for row in table:
            assert hundredths(row["급증률"]) == grown[row["종목코드"]]


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("span", [5, 20])
def test_more_volume_than_for_days(world, alone, moment, span):
    keys = {}
    for code in traded(alone, moment):
        past = world.feed.days(universe()[code], krx.previous_trading_day(TODAY), span)
        before, volume = max(bar.volume for bar in past), int(alone(code, moment)["거래량"])
        if volume > before:
            keys[code] = rate(volume, before)
    table = ranking(world, "OPT10024", moment, 주기구분=str(span))
    assert codes(table) == by(keys)
    assert [row["현재거래량"] for row in table] == [
        alone(code, moment)["거래량"] for code in codes(table)
    ]
    for row in table:
        assert int(row["현재거래량"]) > int(row["이전거래량"]) > 0


def test_dense_prices_are_parts_of_all_that_was_traded(world, alone):
    whole = ranking(world, "OPT10025", MOMENTS[1], 매물집중비율="0")
    parts = [hundredths(row["매물비"]) for row in whole]
    assert parts == sorted(parts, reverse=True)
    for code in set(codes(whole)):
        own = [row for row in whole if row["종목코드"] == code]
        past = world.feed.days(universe()[code], krx.previous_trading_day(TODAY), 50)
        total = sum(bar.volume for bar in past)
        assert total - 500 < sum(int(row["매물량"]) for row in own) <= total
        edges = sorted((int(row["가격대시작"]), int(row["가격대끝"])) for row in own)
        assert (edges[0][0], edges[-1][1]) == (
            min(bar.low for bar in past),
            max(bar.high for bar in past),
        )
        assert all(high + 1 == low for (_, high), (low, _) in zip(edges, edges[1:]))
    dense = ranking(world, "OPT10025", MOMENTS[1])
    assert dense == [row for row in whole if float(row["매물비"]) >= 15]
    inside = ranking(world, "OPT10025", MOMENTS[1], 현재가진입="1")
    assert inside == [
        row
        for row in dense
        if int(row["가격대시작"]) <= number(row["현재가"]) <= int(row["가격대끝"])
    ]


@pytest.mark.parametrize(("order", "name"), [("1", "PBR"), ("3", "PER"), ("5", "ROE")])
def test_figures_of_companies(world, alone, order, name):
    low = ranking(world, "opt10026", MOMENTS[1], PER구분=order)
    high = ranking(world, "opt10026", MOMENTS[1], PER구분=str(int(order) + 1))
    figures = [float(row["PER"]) for row in low]
    assert figures == sorted(figures)
    assert sorted(codes(low)) == sorted(codes(high))
    assert [float(row["PER"]) for row in high] == figures[::-1]
    for row in low:
        told = float(alone(row["종목코드"], MOMENTS[1])[name])
        assert float(row["PER"]) == pytest.approx(told, abs=0.1)  # ROE is told with one decimal
    known = [code for code in traded(alone, MOMENTS[1]) if company(5, universe()[code])]
    missing = set(known) - set(codes(low))
    assert all(not alone(code, MOMENTS[1])["PER"] for code in missing)


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize(
    ("order", "name"), [("1", "시가"), ("2", "고가"), ("3", "저가"), ("4", "기준가")]
)
def test_changes_since_the_opening_and_the_extremes(world, alone, moment, order, name):
    keys = {}
    for code in traded(alone, moment):
        then, now = (number(alone(code, moment)[each]) for each in (name, "현재가"))
        keys[code] = rate(now - then, then)
    table = ranking(world, "opt10028", moment, 정렬구분=order)
    assert codes(table) == by(keys)
    lowest = ranking(world, "opt10028", moment, 정렬구분=order, 등락조건="2")
    assert codes(lowest) == by({code: -key for code, key in keys.items()})
    for row in table:
        assert int(row["시가대비"]) == number(row["현재가"]) - number(row["시가"])
        for price in ("시가", "고가", "저가"):
            assert row[price] == alone(row["종목코드"], moment)[price]
    some = ranking(world, "opt10028", moment, 정렬구분=order, 거래량조건="0010")
    assert codes(some) == [row["종목코드"] for row in table if int(row["현재거래량"]) >= 10_000]


@pytest.mark.parametrize("moment", [at(8, 30), MOMENTS[1]])
def test_yesterday_by_volume_and_by_won(world, moment):
    past = {
        code: world.feed.day(universe()[code], krx.previous_trading_day(TODAY)) for code in CODES
    }
    volumes = {code: bar.volume for code, bar in past.items() if bar.volume}
    table = ranking(world, "OPT10031", moment)
    assert codes(table) == by(volumes)
    assert [int(row["거래량"]) for row in table] == sorted(volumes.values(), reverse=True)
    worth = by({code: bar.value_million for code, bar in past.items() if bar.value_million})
    assert codes(ranking(world, "OPT10031", moment, 조회구분="2")) == worth
    some = ranking(world, "OPT10031", moment, 순위시작="3", 순위끝="5")
    assert some == table[2:5]


def test_credit_is_that_of_opt10001(world, alone):
    table = ranking(world, "opt10033", MOMENTS[1])
    keys = {
        code: hundredths(alone(code, MOMENTS[1])["신용비율"])
        for code in traded(alone, MOMENTS[1])
        if alone(code, MOMENTS[1])["신용비율"].strip("+0.")
    }
    assert codes(table) == by(keys)
    for row in table:
        stock = alone(row["종목코드"], MOMENTS[1])
        assert row["신용비율"] == stock["신용비율"]
        assert (row["매도잔량"], row["매수잔량"]) == (stock["총매도잔량"], stock["총매수잔량"])


# -- OPT10029, opt10098 ----------------------------------------------------------------------------


def test_expected_prices_while_orders_gather(world, alone):
    assert rows(world, "OPT10029", {"시장구분": "000", "정렬구분": "1"}, at(10, 0)) == []
    for moment in (at(8, 50), at(15, 25)):
        found = {}
        for order in "12345678":
            asked = {"시장구분": "000", "정렬구분": order}
            found[order] = rows(world, "OPT10029", asked, moment)
        risen, flat, fallen = found["1"], found["3"], found["4"]
        everybody = [code for code in CODES if alone(code, moment)["예상체결가"] != "-0"]
        assert sorted(codes(risen + flat + fallen)) == sorted(everybody)
        for row in risen + flat + fallen:
            stock = alone(row["종목코드"], moment)
            assert row["예상체결가"] == stock["예상체결가"]
            assert row["예상체결량"] == stock["예상체결수량"]
            assert row["기준가"] == stock["기준가"]
            assert int(row["전일대비"]) == number(row["예상체결가"]) - int(row["기준가"])
        for order, sign in (("1", -1), ("4", 1)):
            rates = [float(row["등락률"]) * sign for row in found[order]]
            assert rates == sorted(rates)
        for order, sign in (("2", -1), ("5", 1), ("6", None)):
            name = "전일대비" if sign else "예상체결량"
            keys = [int(row[name]) * (sign or -1) for row in found[order]]
            assert keys == sorted(keys)
        assert sorted(codes(found["6"])) == sorted(everybody)
        assert all(row["전일대비기호"] == "1" for row in found["7"])


def test_single_prices_after_hours_while_there_were_any(world):
    day = date(2026, 9, 8)
    moment = at(17, 30, day=day)
    found = {
        order: rows(world, "opt10098", {"시장구분": "000", "정렬기준": order}, moment)
        for order in "135"
    }
    closes = {}
    for code in CODES:
        bars = [
            bar
            for bar in world.feed.minutes(universe()[code], day, AFTER)
            if bar.minute < 17 * 60 + 30
        ]
        if bars:
            closes[code] = bars[-1].close, sum(bar.volume for bar in bars)
    assert sorted(code for table in found.values() for code in codes(table)) == sorted(closes)
    for table in found.values():
        assert [row["순위"] for row in table] == [str(rank + 1) for rank in range(len(table))]
        for row in table:
            price, volume = closes[row["종목코드"]]
            assert (number(row["현재가"]), int(row["누적거래량"])) == (price, volume)
            close = world.feed.day(universe()[row["종목코드"]], day).close
            assert number(row["당일종가"]) == close
            assert hundredths(row["등락률"]) == rate(price - close, close)
    asked = {"시장구분": "000", "정렬기준": "1"}
    assert rows(world, "opt10098", asked, at(15, 0, day=day)) == []
    assert rows(world, "opt10098", asked, at(17, 30)) == []


def test_only_the_most_traded_books_are_looked_at(world, alone, monkeypatch):
    monkeypatch.setattr(books, "LOOKED_AT", 4)
    volumes = {code: int(alone(code, MOMENTS[1])["거래량"]) for code in CODES}
    assert sorted(codes(ranking(world, "OPT10020", MOMENTS[1]))) == sorted(by(volumes)[:4])
    asked = {"시장구분": "000", "정렬구분": "6"}
    before = {
        code: world.feed.day(universe()[code], krx.previous_trading_day(TODAY)).volume
        for code in CODES
    }
    assert set(codes(rows(world, "OPT10029", asked, at(8, 50)))) <= set(by(before)[:4])
