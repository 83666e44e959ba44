"""The lives of orders that were recorded, rebuilt value by value."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sapi_kiwoom import krx
from simulator.brokerage.notices import FIDS, HOGA_NAMES, HoldingView, Notices, Snapshot
from simulator.brokerage.order import BUY, CANCEL, MODIFY, NEW, SELL, Fill, Order
from simulator.brokerage.profiles import profile
from simulator.universe import Stock, universe

SECOND = 1_000_000
FIDS_2017 = (
    "9201;9203;9205;9001;912;913;302;900;901;902;903;904;905;906;907;908;909;910;911;10;27;28;914;"
    "915;938;939;919;920;921;922;923"
)
HOLDING_FIDS_2017 = (
    "9201;9001;917;916;302;10;930;931;932;933;945;946;950;951;27;28;307;8019;957;958;918;990;991;"
    "992;993;959;924"
)


def stock(code, name, market):
    return Stock(code, name, market, "stock", "", "", date(2000, 1, 4), 800, 10**8, 300, 10**6, 40)


WOORI = stock("010050", "우리종금", "KOSPI")
KD = stock("044180", "KD건설", "KOSDAQ")
SAMSUNG = replace(universe()["005930"], name="삼성전자")


def at(day, hhmmss):
    number = int(hhmmss)
    seconds = number // 10_000 * 3_600 + number // 100 % 100 * 60 + number % 100
    return krx.midnight(day) + seconds * SECOND


def order(number, stock, side, entered, **more):
    fields = {
        "account": "4000000011",
        "kind": NEW,
        "hoga": "03",
        "quantity": 1,
        "price": 0,
        "venue": "KRX",
        "screen": "004",
        "rqname": "buy",
    }
    return Order(number, stock=stock, side=side, entered=entered, **{**fields, **more})


def fill(order, number, moment, price, quantity, fee=0, tax=0):
    order.filled += quantity
    order.value += price * quantity
    order.fee += fee
    order.tax += tax
    return Fill(number, order, moment, price, quantity)


def values(notice):
    return " ".join(
        repr(value) if value in ("",) or " " in value else value for value in notice.values.values()
    )


# -- a real account, 2017 ---------------------------------------------------------------------

DAY = date(2017, 3, 9)
REAL = Notices("2017", terminal="T")
MARKET = Snapshot(price=809, ask=806, bid=805, base=802, upper=1040, lower=562)
NAME = repr("우리종금" + " " * 32)


def test_a_real_market_buy():
    bought = order(13_244, WOORI, BUY, at(DAY, "102730"))
    taken = REAL.accepted(bought, MARKET)
    assert taken.gubun == "0"
    assert taken.fid_list == FIDS_2017
    assert values(taken) == (
        f"4000000011 0013244 '' A010050 JJ 접수 {NAME} 1 0 1 0 0000000 +매수 시장가 2 102730 '' '' ''"
        " +809 +806 +805 '' '' 0 0 0 0040 T 00 00000000"
    )
    market = replace(MARKET, price=806)
    filled = REAL.filled(fill(bought, 19_378, at(DAY, "102730"), 806, 1), market)
    assert filled.fid_list == FIDS_2017
    assert values(filled) == (
        f"4000000011 0013244 '' A010050 JJ 체결 {NAME} 1 0 0 806 0000000 +매수 시장가 2 102730 19378"
        " 806 1 +806 +806 +805 806 1 0 0 0 0040 T 00 00000000"
    )
    held = REAL.held(HoldingView("4000000011", WOORI, 5, 809, 4043, 5, 5, BUY, 0, 0), market)
    assert held.gubun == "1"
    assert held.fid_list == HOLDING_FIDS_2017
    assert values(held) == (
        f"4000000011 A010050 00 00000000 {NAME} +806 5 809 4043 5 5 2 0 0 +806 +805 802 0.00 0 0"
        " 00000000 0 0.00 0 0.00 0 0"
    )


def test_a_real_market_sell():
    market = replace(MARKET, price=806)
    sold = order(13_300, WOORI, SELL, at(DAY, "104027"), rqname="sell")
    taken = REAL.accepted(sold, market).values
    assert (taken[905], taken[907], taken[902], taken[903], taken[908]) == (
        "-매도",
        "1",
        "1",
        "0",
        "104027",
    )
    before = HoldingView("4000000011", WOORI, 5, 809, 4043, 4, 5, SELL, 0, 0)
    held = REAL.held(before, market).values
    assert (held[930], held[933], held[945], held[932], held[950]) == ("5", "4", "5", "4043", "0")

    market = replace(market, price=805)
    filled = REAL.filled(fill(sold, 20_688, at(DAY, "104027"), 805, 1, tax=2), market).values
    assert [filled[fid] for fid in (902, 903, 909, 910, 911, 914, 915, 938, 939)] == [
        "0",
        "805",
        "20688",
        "805",
        "1",
        "805",
        "1",
        "0",
        "2",
    ]
    after = HoldingView("4000000011", WOORI, 4, 809, 3234, 4, 4, SELL, -6, -69)
    held = REAL.held(after, market).values
    assert [held[fid] for fid in (930, 931, 932, 933, 945, 950, 990, 991, 8019)] == [
        "4",
        "809",
        "3234",
        "4",
        "4",
        "-6",
        "-6",
        "-0.69",
        "-0.69",
    ]


def test_results_of_the_day_stand_in_the_next_holding_of_another_stock():
    market = Snapshot(price=313, ask=314, bid=313, base=313, upper=406, lower=220)
    bought = HoldingView("4000000011", KD, 1, 313, 313, 1, 1, BUY, -6, -69)
    held = REAL.held(bought, market).values
    assert [held[fid] for fid in (9001, 930, 931, 932, 945, 950, 990, 991, 8019)] == [
        "A044180",
        "1",
        "313",
        "313",
        "1",
        "-6",
        "-6",
        "-0.69",
        "-0.69",
    ]
    assert (held[10], held[27], held[28]) == (" 313", "+314", " 313")


# -- the mock server, 2022 --------------------------------------------------------------------


def test_a_market_buy_on_the_mock_server():
    day, notices = date(2022, 1, 18), Notices(profile("mock").chejan)
    market = Snapshot(77_000, 77_100, 77_000, 77_500, 100_500, 54_300, after_hours=77_300)
    bought = order(163_911, SAMSUNG, BUY, at(day, "142940"), account="8014526011", screen="0001")
    name = repr("삼성전자" + " " * 32)
    taken = notices.accepted(bought, market)
    assert taken.fid_list == FIDS_2017 + ";949;10010;969;819"
    assert values(taken) == (
        f"8014526011 0163911 '' A005930 JJ 접수 {name} 1 0 1 0 0000000 +매수 시장가 2 142940 '' '' ''"
        " -77000 -77100 -77000 '' '' 0 0 0 0001 '' 00 00000000 3 -77300 0 0"
    )
    filled = notices.filled(fill(bought, 1_234_931, at(day, "142941"), 77_000, 1, fee=260), market)
    assert values(filled) == (
        f"8014526011 0163911 '' A005930 JJ 체결 {name} 1 0 0 77000 0000000 +매수 시장가 2 142941"
        " 1234931 77000 1 -77000 -77100 -77000 77000 1 260 0 0 0001 '' 00 00000000 3 -77300 0 0"
    )
    held = notices.held(
        HoldingView("8014526011", SAMSUNG, 2, 77_150, 154_300, 2, 1, BUY, 0, 0), market
    )
    assert held.fid_list == HOLDING_FIDS_2017 + ";10010;25;11;12;306;305;970"
    assert values(held) == (
        f"8014526011 A005930 00 00000000 {name} -77000 2 77150 154300 2 1 2 0 0 -77100 -77000 77500"
        " 0.00 0 0 00000000 0 0.00 0 0.00 0 0 -77300 5 -500 -0.65 -54300 +100500 10"
    )


# -- what follows from the rules --------------------------------------------------------------

NOTICES = Notices("2021")
QUIET = Snapshot(price=1000, ask=0, bid=1000, base=1000, upper=1300, lower=700)
NOON = at(date(2026, 11, 23), "120000")


def test_parts_add_up():
    bought = order(1, WOORI, BUY, NOON, hoga="00", quantity=10, price=1010)
    fills = [(1000, 3), (1010, 6), (1010, 1)]
    seen = []
    for number, (price, quantity) in enumerate(fills):
        part = NOTICES.filled(fill(bought, number, NOON, price, quantity, fee=3), QUIET).values
        seen.append([part[fid] for fid in (902, 903, 910, 911, 914, 915, 938)])
    assert seen == [
        ["7", "3000", "1000", "3", "1000", "3", "3"],
        ["1", "9060", "1007", "9", "1010", "6", "6"],
        ["0", "10070", "1007", "10", "1010", "1", "9"],
    ]


def test_a_cancel():
    original = order(41, WOORI, SELL, NOON, hoga="00", quantity=10, price=1010)
    part = fill(original, 7, NOON, 1010, 4)
    cancel = order(
        42, WOORI, SELL, NOON + SECOND, hoga="00", kind=CANCEL, quantity=6, original=original
    )
    taken = NOTICES.accepted(cancel, QUIET).values
    assert [taken[fid] for fid in (9203, 904, 905, 907, 913, 900, 901, 902)] == [
        "0000042",
        "0000041",
        " 매도취소",
        "1",
        "접수",
        "6",
        "0",
        "0",
    ]
    original.withdrawn = 6
    done = NOTICES.confirmed(cancel, QUIET, NOON + 2 * SECOND).values
    assert [done[fid] for fid in (9203, 904, 913, 908, 914, 915)] == [
        "0000042",
        "0000041",
        "확인",
        "120002",
        "",
        "",
    ]
    last = NOTICES.cleared(original, QUIET, NOON + 2 * SECOND, part).values
    assert [last[fid] for fid in (9203, 904, 905, 913, 902, 911, 914, 915)] == [
        "0000041",
        "0000000",
        "-매도",
        "체결",
        "0",
        "4",
        "",
        "",
    ]


def test_a_modification_of_an_untouched_order():
    original = order(41, WOORI, BUY, NOON, hoga="00", quantity=10, price=1000)
    change = order(
        42, WOORI, BUY, NOON, hoga="00", kind=MODIFY, quantity=10, price=990, original=original
    )
    taken = NOTICES.accepted(change, QUIET).values
    assert [taken[fid] for fid in (905, 901, 902, 904)] == ["+매수정정", "990", "10", "0000041"]
    original.withdrawn = 10
    last = NOTICES.cleared(original, QUIET, NOON).values
    assert [last[fid] for fid in (913, 902, 909, 911)] == ["접수", "0", "", ""]


def test_a_missing_quote_and_an_unchanged_price():
    taken = NOTICES.accepted(order(1, WOORI, BUY, NOON), QUIET).values
    assert [taken[fid] for fid in (10, 27, 28, 10010)] == [" 1000", "-0", " 1000", "-0"]
    held = NOTICES.held(HoldingView("1", WOORI, 1, 1, 1, 1, 1, SELL, 0, 0), QUIET).values
    assert [held[fid] for fid in (946, 25, 11, 12)] == ["1", "3", " 0", " 0.00"]


def test_venues_since_2025():
    notices = Notices(profile("real").chejan)
    at_once = order(1, WOORI, BUY, NOON, venue="SOR")
    taken = notices.accepted(at_once, QUIET)
    assert taken.fid_list.endswith(";819;2134;2135;2136")
    assert [taken.values[fid] for fid in (2134, 2135, 2136)] == ["0", "통합", "Y"]
    filled = notices.filled(fill(at_once, 1, NOON, 1000, 1), QUIET, "NXT").values
    assert [filled[fid] for fid in (2134, 2135, 2136)] == ["2", "NXT", "Y"]
    plain = notices.accepted(order(2, WOORI, BUY, NOON), QUIET).values
    assert [plain[fid] for fid in (2134, 2135, 2136)] == ["1", "KRX", "N"]


def test_an_etn_and_an_order_entered_elsewhere():
    etn = universe()["500019"]
    taken = NOTICES.accepted(order(1, etn, BUY, NOON, screen="", rqname=""), QUIET).values
    assert (taken[9001], taken[920]) == ("Q500019", "0000")


def test_no_such_era():
    with pytest.raises(ValueError, match="'2030' of the FIDs; it is one of 2017, 2021, 2025"):
        Notices("2030")


@given(
    st.sampled_from(list(FIDS)),
    st.sampled_from(list(universe().values())),
    st.sampled_from([BUY, SELL]),
    st.sampled_from([NEW, MODIFY, CANCEL]),
    st.sampled_from(list(HOGA_NAMES)),
    st.integers(0, 9_999_999),
)
def test_every_notice_has_all_its_fids_and_only_strings(each, stock, side, kind, hoga, number):
    notice = Notices(each).accepted(order(number, stock, side, NOON, kind=kind, hoga=hoga), QUIET)
    assert tuple(notice.values) == FIDS[each]["0"]
    assert all(isinstance(value, str) for value in notice.values.values())
    assert len(notice.values[302].encode("cp949")) == 40
    assert len(notice.values[9203]) == 7
    assert notice.values[905][0] in "+- "


@pytest.mark.parametrize(
    ("each", "counts"), [("2017", (31, 27)), ("2021", (35, 34)), ("2025", (38, 34))]
)
def test_as_many_fids_as_recorded(each, counts):
    assert (len(FIDS[each]["0"]), len(FIDS[each]["1"])) == counts
