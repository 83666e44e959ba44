from __future__ import annotations

import re

import pytest

from simulator.brokerage.messages import (
    MOCK,
    MOCK_2020,
    PROFILES,
    REAL,
    Saying,
    accepted,
    messages,
    order_tr,
    text,
)
from simulator.brokerage.order import BUY, CANCEL, MODIFY, NEW, SELL
from simulator.universe import universe


@pytest.mark.parametrize("profile", PROFILES)
def test_every_occasion_has_words(profile):
    table = messages(profile)
    assert set(table) == set(Saying)
    for message in table.values():
        assert re.fullmatch("[0-9A-Z]{6}", message.code)
        assert message.text == message.text.strip() != ""
        assert message.evidence in ("recorded", "reported", "assumed")


def test_the_mock_server_says_that_it_is_one():
    for profile in (MOCK, MOCK_2020):
        assert all(message.text.startswith("모의투자") for message in messages(profile).values())
    assert not any("모의투자" in message.text for message in messages(REAL).values())


@pytest.mark.parametrize(
    ("profile", "saying", "said"),
    [
        (MOCK, Saying.QUERY_DONE, "[100000] 모의투자 조회가 완료되었습니다"),
        (MOCK, Saying.BUY_ACCEPTED, "[100000] 모의투자 매수주문완료"),
        (MOCK, Saying.OUTSIDE_THE_LIMITS, "[RC4027] 모의투자 상/하한가 오류입니다."),
        (MOCK, Saying.SHORT_OF_SHARES, "[800033] 모의투자 매도가능수량이 부족합니다."),
        (MOCK_2020, Saying.BUY_ACCEPTED, "[00Z112] 모의투자 정상처리 되었습니다"),
        (MOCK_2020, Saying.BEFORE_THE_OPENING, "[00Z217] 모의투자 장시작전입니다"),
        (REAL, Saying.QUERY_DONE, "[100000] 조회가 완료되었습니다."),
        (REAL, Saying.BUY_ACCEPTED, "[107066] 매수주문이 완료되었습니다."),
        (REAL, Saying.SELL_ACCEPTED, "[107048] 매도주문이 완료되었습니다."),
        (REAL, Saying.PRICE_NOT_WANTED, "[502048] 단가를 입력하지 않는 호가입니다"),
    ],
)
def test_recorded_words(profile, saying, said):
    assert text(profile, saying, shares=3) == said
    assert messages(profile)[saying].evidence == "recorded"


def test_the_real_server_tells_how_many_shares_would_do():
    said = text(REAL, Saying.SHORT_OF_CASH, shares=1)
    assert said == "[855056] 매수증거금이 부족합니다. 1주 매수가능"
    said = text(REAL, Saying.SHORT_OF_SHARES, shares=0)
    assert said == "[800033] 매도가능수량이 부족합니다. 0주 매도가능"
    with pytest.raises(ValueError, match="'short of cash' of real tells shares"):
        text(REAL, Saying.SHORT_OF_CASH)


def test_no_such_profile():
    with pytest.raises(ValueError, match="'paper'; it is one of mock, mock-2020, real"):
        text("paper", Saying.QUERY_DONE)


@pytest.mark.parametrize(
    ("side", "kind", "hoga", "said"),
    [
        (BUY, NEW, "00", "107066"),
        (SELL, NEW, "03", "107048"),
        (BUY, NEW, "61", "107179"),
        (BUY, MODIFY, "00", "107062"),
        (SELL, MODIFY, "61", "107046"),
        (BUY, CANCEL, "00", "107071"),
        (SELL, CANCEL, "00", "107055"),
    ],
)
def test_what_the_server_says_when_it_takes_an_order(side, kind, hoga, said):
    assert messages(REAL)[accepted(side, kind, hoga)].code == said


@pytest.mark.parametrize(
    ("code", "side", "kind", "name"),
    [
        ("005930", BUY, NEW, "KOA_NORMAL_BUY_KP_ORD"),
        ("069500", SELL, NEW, "KOA_NORMAL_SELL_KP_ORD"),
        ("196170", BUY, NEW, "KOA_NORMAL_BUY_KQ_ORD"),
        ("005930", BUY, CANCEL, "KOA_NORMAL_KP_CANCEL"),
        ("196170", SELL, MODIFY, "KOA_NORMAL_KQ_MODIFY"),
    ],
)
def test_the_transaction_of_an_order(code, side, kind, name):
    assert order_tr(universe()[code], side, kind) == name
