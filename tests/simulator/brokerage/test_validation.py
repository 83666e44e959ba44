from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sapi_kiwoom import krx
from simulator.brokerage.messages import Saying
from simulator.brokerage.notices import HOGA_NAMES
from simulator.brokerage.order import BUY, CANCEL, NEW, SELL, Order
from simulator.brokerage.validation import (
    ORDER_TYPES,
    OrdersASecond,
    Refusal,
    Request,
    Situation,
    local,
    refusal,
)
from simulator.universe import universe

ACCOUNT = "8099999911"
SAMSUNG = replace(universe()["005930"], nxt=True)
THIN = replace(SAMSUNG, nxt=False)
FUND = universe()["069500"]
MONDAY = date(2026, 11, 23)
BUY_ONE = Request("buy", "0101", ACCOUNT, 1, "005930", 1, 98_000, "00")


def at(hhmm, day=MONDAY, second=0):
    minutes = int(hhmm[:2]) * 60 + int(hhmm[3:])
    return krx.midnight(day) + minutes * krx.MINUTE + second * 1_000_000


NOON = Situation(
    "real", at("12:00"), SAMSUNG, upper=127_400, lower=68_600, affordable=100, sellable=100
)


def order(number=7, side=BUY, **more):
    fields = {"kind": NEW, "hoga": "00", "quantity": 10, "price": 98_000, "venue": "KRX"}
    return Order(number, ACCOUNT, SAMSUNG, side, entered=at("10:00"), **{**fields, **more})


def said(request=BUY_ONE, situation=NOON, **more):
    refused = refusal(request._replace(**more), situation)
    return refused.saying if refused else None


# -- the control ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({}, 0),
        ({"order_type": 14}, -300),
        ({"order_type": 0}, -300),
        ({"hoga": "99"}, -300),
        ({"hoga": ""}, -300),
        ({"quantity": -1}, -300),
        ({"price": -1}, -300),
        ({"account": ""}, -340),
        ({"account": "8000000011"}, -302),
        ({"account": "8099999931"}, -301),
        ({"code": ""}, -500),
        ({"quantity": 0}, 0),
        ({"code": "999999"}, 0),
        ({"order_type": 3, "hoga": "", "original": "0000007"}, 0),
        ({"price": 9_000_000, "quantity": 1_000}, 0),
    ],
)
def test_what_the_control_sees_itself(wrong, code):
    request = BUY_ONE._replace(**wrong)
    accounts = (ACCOUNT, "8099999931")
    assert local(request, SAMSUNG, accounts, registered=(ACCOUNT,)) == code


@pytest.mark.parametrize(
    ("quantity", "price", "code"),
    [
        (20_000, 100_000, 0),
        (20_001, 100_000, -303),
        (50_000, 100_000, -303),
        (50_001, 100_000, -304),
        (100_000, 0, 0),
        (100_001, 0, -305),
        (300_000, 0, -305),
        (300_001, 0, -306),
    ],
)
def test_guards_against_mistaken_orders(quantity, price, code):
    stock = replace(SAMSUNG, shares=10_000_000)
    request = BUY_ONE._replace(quantity=quantity, price=price)
    assert local(request, stock, [ACCOUNT], [ACCOUNT], guards=True) == code
    assert local(request, stock, [ACCOUNT], [ACCOUNT]) == 0
    assert local(request._replace(order_type=3), stock, [ACCOUNT], [ACCOUNT], guards=True) == 0


def test_five_orders_a_second():
    count, start = OrdersASecond(), at("10:00")
    codes = [count.order(start + number * 150_000) for number in range(9)]
    assert codes == [0, 0, 0, 0, 0, -308, -308, 0, 0]


# -- price and quantity -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "saying"),
    [
        ({}, None),
        ({"quantity": 0}, Saying.NO_QUANTITY),
        ({"price": 0}, Saying.PRICE_MISSING),
        ({"price": 98_050}, Saying.OFF_THE_TICK),
        ({"price": 127_400}, None),
        ({"price": 127_500}, Saying.OUTSIDE_THE_LIMITS),
        ({"price": 68_600}, None),
        ({"price": 68_500}, Saying.OUTSIDE_THE_LIMITS),
        ({"hoga": "03"}, Saying.PRICE_NOT_WANTED),
        ({"hoga": "03", "price": 0}, None),
        ({"hoga": "06", "price": 0}, None),
        ({"hoga": "07"}, Saying.PRICE_NOT_WANTED),
        ({"hoga": "61", "price": 0}, Saying.HOGA_NOT_POSSIBLE_NOW),
        ({"order_type": 7}, None),
        ({"account": "8099999931"}, Saying.WRONG_ACCOUNT),
    ],
)
def test_price_and_quantity(wrong, saying):
    assert said(**wrong) == saying


def test_means():
    assert refusal(BUY_ONE._replace(quantity=101), NOON) == Refusal(Saying.SHORT_OF_CASH, 100)
    assert refusal(BUY_ONE._replace(order_type=2, quantity=101), NOON) == Refusal(
        Saying.SHORT_OF_SHARES, 100
    )
    assert said(quantity=100) is said(order_type=2, quantity=100) is None


@pytest.mark.parametrize(
    ("change", "saying"),
    [
        ({"stock": None}, Saying.NO_SUCH_CODE),
        ({"stock": replace(SAMSUNG, listed=date(2026, 11, 24))}, Saying.NO_SUCH_CODE),
        ({"tradable": False}, Saying.NOT_ORDERABLE),
        ({"circuit_breaker": True}, Saying.CIRCUIT_BREAKER),
        ({"expired": True}, Saying.ACCOUNT_EXPIRED),
        ({"moment": at("12:00", date(2026, 11, 22))}, Saying.CLOSED_DAY),
    ],
)
def test_stock_and_market(change, saying):
    assert said(situation=replace(NOON, **change)) == saying


def test_no_such_profile():
    with pytest.raises(ValueError, match="'paper'; it is one of mock, mock-2020, real"):
        refusal(BUY_ONE, replace(NOON, profile="paper"))


# -- changes ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "original", "saying"),
    [
        ({}, order(), None),
        ({"quantity": 0}, order(), None),
        ({"quantity": 11}, order(), Saying.MORE_THAN_IS_LEFT_TO_CANCEL),
        ({"quantity": 7}, order(filled=4), Saying.MORE_THAN_IS_LEFT_TO_CANCEL),
        ({"quantity": 6}, order(filled=4), None),
        ({}, order(filled=4, withdrawn=6), Saying.NOTHING_LEFT_TO_CANCEL),
        ({}, None, Saying.ORIGINAL_UNKNOWN),
        ({"original": ""}, None, Saying.ORIGINAL_NUMBER_MISSING),
        ({"original": "0000000"}, None, Saying.ORIGINAL_NUMBER_MISSING),
        ({}, order(side=SELL), Saying.ORIGINAL_UNKNOWN),
        ({"order_type": 4}, order(side=SELL), None),
        ({}, order(kind=CANCEL, original=order()), Saying.ORIGINAL_IS_A_CANCELLATION),
        ({"order_type": 13}, order(), Saying.ORIGINAL_IS_NO_SOR_ORDER),
        ({"order_type": 13}, order(venue="SOR"), None),
        ({"order_type": 23}, order(venue="NXT", side=SELL), None),
        ({}, order(venue="NXT"), Saying.VENUE_NOT_POSSIBLE),
    ],
)
def test_cancels(wrong, original, saying):
    cancel = BUY_ONE._replace(order_type=3, price=0, original="0000007")
    assert said(cancel, replace(NOON, original=original), **wrong) == saying


@pytest.mark.parametrize(
    ("wrong", "original", "saying"),
    [
        ({}, order(), None),
        ({"price": 98_010}, order(), Saying.OFF_THE_TICK),
        ({"price": 0}, order(), Saying.PRICE_MISSING),
        ({"quantity": 11}, order(), Saying.MORE_THAN_IS_LEFT_TO_MODIFY),
        ({}, order(filled=10), Saying.NOTHING_LEFT_TO_MODIFY),
        ({"hoga": "03"}, order(), None),  # a modification keeps the kind of the order
        ({"price": 98_000}, order(hoga="03", price=0), Saying.PRICE_NOT_WANTED),
        ({"order_type": 15}, order(venue="SOR", side=SELL), None),
    ],
)
def test_modifications(wrong, original, saying):
    modify = BUY_ONE._replace(order_type=5, original="0000007")
    assert said(modify, replace(NOON, original=original), **wrong) == saying


def test_a_dearer_modification_must_be_paid():
    modify = BUY_ONE._replace(order_type=5, quantity=0, price=99_000, original="0000007")
    situation = replace(NOON, original=order(), affordable=9)
    assert refusal(modify, situation) == Refusal(Saying.SHORT_OF_CASH, 9)
    assert refusal(modify, replace(situation, affordable=10)) is None


# -- hours of the real server -----------------------------------------------------------------

OPEN, CLOSED = None, Saying.AFTER_THE_CLOSE
EARLY, NOT_NOW = Saying.BEFORE_THE_OPENING, Saying.HOGA_NOT_POSSIBLE_NOW


@pytest.mark.parametrize(
    ("hhmm", "limit", "market", "at_previous_close", "at_close", "cancel"),
    [
        ("08:19", EARLY, EARLY, EARLY, EARLY, EARLY),
        ("08:20", OPEN, OPEN, OPEN, NOT_NOW, OPEN),
        ("08:39", OPEN, OPEN, OPEN, NOT_NOW, OPEN),
        ("08:40", OPEN, OPEN, NOT_NOW, NOT_NOW, OPEN),
        ("09:00", OPEN, OPEN, NOT_NOW, NOT_NOW, OPEN),
        ("15:20", OPEN, OPEN, NOT_NOW, NOT_NOW, OPEN),
        ("15:30", CLOSED, CLOSED, NOT_NOW, OPEN, OPEN),
        ("15:59", CLOSED, CLOSED, NOT_NOW, OPEN, OPEN),
        ("16:00", OPEN, NOT_NOW, NOT_NOW, NOT_NOW, OPEN),
        ("19:59", OPEN, NOT_NOW, NOT_NOW, NOT_NOW, OPEN),
        ("20:00", CLOSED, CLOSED, CLOSED, CLOSED, CLOSED),
    ],
)
def test_hours_of_krx(hhmm, limit, market, at_previous_close, at_close, cancel):
    situation = replace(NOON, moment=at(hhmm), original=order())
    assert said(situation=situation) == limit
    assert said(situation=situation, hoga="03", price=0) == market
    assert said(situation=situation, hoga="61", price=0) == at_previous_close
    assert said(situation=situation, hoga="81", price=0) == at_close
    assert said(situation=situation, order_type=3, original="0000007") == cancel


def test_the_evening_before_september_2026():
    evening = replace(NOON, moment=at("16:30", date(2026, 9, 11)))
    assert said(situation=evening) == CLOSED
    assert said(situation=evening, hoga="62") is None
    assert said(situation=evening, hoga="62", price=0) == Saying.PRICE_MISSING
    assert said(situation=replace(evening, moment=at("18:00", date(2026, 9, 11)))) == CLOSED
    assert said(situation=replace(evening, moment=at("16:30")), hoga="62") == NOT_NOW


def test_an_hour_late_on_the_day_of_the_exam():
    exam = date(2026, 11, 19)
    assert said(situation=replace(NOON, moment=at("09:19", exam))) == EARLY
    assert said(situation=replace(NOON, moment=at("09:20", exam))) is None
    assert said(situation=replace(NOON, moment=at("16:29", exam))) is None


def test_no_funds_in_the_after_market():
    fund = replace(NOON, stock=FUND, upper=70_000, lower=40_000, moment=at("16:30"))
    assert said(situation=fund, price=56_800) == CLOSED


@pytest.mark.parametrize("hoga", ["10", "13", "16", "20", "23", "26", "28", "29", "06", "07"])
def test_no_auction_takes_orders_that_want_the_book(hoga):
    price = 98_000 if hoga in ("10", "20", "28") else 0
    assert said(hoga=hoga, price=price) is None
    assert said(situation=replace(NOON, auction=True), hoga=hoga, price=price) == NOT_NOW
    for hhmm in ("08:50", "15:25"):
        auction = replace(NOON, moment=at(hhmm))
        assert said(situation=auction, hoga=hoga, price=price) == NOT_NOW


@pytest.mark.parametrize(
    ("hhmm", "limit", "market"),
    [
        ("07:59", EARLY, EARLY),
        ("08:00", OPEN, NOT_NOW),
        ("08:50", Saying.OUTSIDE_THE_HOURS_OF_NXT, Saying.OUTSIDE_THE_HOURS_OF_NXT),
        ("09:01", OPEN, OPEN),
        ("15:20", Saying.OUTSIDE_THE_HOURS_OF_NXT, Saying.OUTSIDE_THE_HOURS_OF_NXT),
        ("15:30", OPEN, NOT_NOW),
        ("19:59", OPEN, NOT_NOW),
        ("20:00", CLOSED, CLOSED),
    ],
)
def test_hours_of_nxt(hhmm, limit, market):
    situation = replace(NOON, moment=at(hhmm))
    assert said(situation=situation, order_type=21) == limit
    assert said(situation=situation, order_type=21, hoga="03", price=0) == market


def test_sor_is_open_while_either_venue_is():
    for hhmm in ("08:00", "08:50", "12:00", "15:25", "15:45", "17:00"):
        assert said(situation=replace(NOON, moment=at(hhmm)), order_type=11) is None
    thin = replace(NOON, stock=THIN)
    assert said(situation=replace(thin, moment=at("08:00")), order_type=11) == EARLY
    assert said(situation=thin, order_type=11) is None
    assert said(situation=thin, order_type=21) == Saying.VENUE_NOT_POSSIBLE


def test_before_there_was_nxt():
    before = replace(NOON, moment=at("12:00", date(2025, 2, 28)))
    assert said(situation=before, order_type=21) == Saying.VENUE_NOT_POSSIBLE
    assert said(situation=before, order_type=11) == Saying.VENUE_NOT_POSSIBLE
    assert said(situation=before, hoga="29", price=0) == Saying.HOGA_NOT_OFFERED


# -- the mock server --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hhmm", "saying"),
    [("06:33", EARLY), ("08:46", OPEN), ("15:21", OPEN), ("15:30", CLOSED), ("16:30", CLOSED)],
)
def test_hours_of_the_mock_server(hhmm, saying):
    mock = replace(NOON, profile="mock", moment=at(hhmm), original=order())
    assert said(situation=mock) == saying
    assert said(situation=mock, order_type=3, original="0000007") == saying


@pytest.mark.parametrize("profile", ["mock", "mock-2020"])
@pytest.mark.parametrize("hoga", sorted(HOGA_NAMES))
def test_the_mock_server_takes_limit_and_market_orders_only(profile, hoga):
    price = 98_000 if hoga == "00" else 0
    refused = said(situation=replace(NOON, profile=profile), hoga=hoga, price=price)
    best = Saying.HOGA_NOT_OFFERED if hoga in ("06", "07") else Saying.NOT_OFFERED
    assert refused == (None if hoga in ("00", "03") else best)


@pytest.mark.parametrize("number", sorted(ORDER_TYPES))
def test_the_mock_server_knows_neither_nxt_nor_programs(number):
    if number in (3, 4, 5, 6):
        return
    expected = {1: None, 2: None, 7: Saying.NOT_OFFERED, 8: Saying.NOT_OFFERED}
    mock = replace(NOON, profile="mock", original=order(venue="SOR"))
    refused = said(situation=mock, order_type=number, original="0000007")
    assert refused == expected.get(number, Saying.VENUE_NOT_POSSIBLE)


# -- anything ---------------------------------------------------------------------------------


@given(
    request=st.builds(
        Request,
        rqname=st.just("any"),
        screen=st.just("0101"),
        account=st.just(ACCOUNT),
        order_type=st.sampled_from(sorted(ORDER_TYPES)),
        code=st.just("005930"),
        quantity=st.integers(0, 200),
        price=st.one_of(st.just(0), st.integers(60_000, 130_000)),
        hoga=st.sampled_from(sorted(HOGA_NAMES)),
        original=st.sampled_from(["", "0000007"]),
    ),
    minute=st.integers(0, 1_439),
    day=st.dates(date(2016, 1, 1), krx.LAST_DATE),
    profile=st.sampled_from(["mock", "mock-2020", "real"]),
    original=st.sampled_from([None, order(), order(venue="SOR"), order(filled=10)]),
)
def test_what_is_taken_can_be_traded(request, minute, day, profile, original):
    situation = replace(
        NOON, profile=profile, moment=krx.midnight(day) + minute * krx.MINUTE, original=original
    )
    if refusal(request, situation) is not None:
        return
    wanted = ORDER_TYPES[request.order_type]
    assert krx.is_trading_day(day)
    assert wanted.kind == NEW or (original and request.quantity <= original.open)
    if wanted.kind == NEW:
        assert 0 < request.quantity <= 100
        if request.price:
            krx.tick_index(request.price, day, "KOSPI")
            assert 68_600 <= request.price <= 127_400
        else:
            assert request.hoga not in ("00", "10", "20")
        assert profile == "real" or request.hoga in ("00", "03")
