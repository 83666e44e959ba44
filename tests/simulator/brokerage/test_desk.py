"""The life of an order, as a client hears it."""

import dataclasses
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sapi_kiwoom import krx
from simulator.brokerage.messages import Saying, text
from simulator.brokerage.order import CANCEL
from simulator.feeds import Expected, Tick
from simulator.market.interruptions import LONGEST_DELAY
from simulator.scenario.model import AccountSpec, Dialog, Entry, Fault, HaltSpec, Holding
from tests.simulator.market.fakes import BASE, DAY, STOCK, Tiny, at, book
from tests.simulator.market.test_exchange import BOTH, both
from tests.simulator.market.trading import opened
from tests.simulator.trader import ACCOUNT, STEP, another, chejan, trader

BUY, SELL, CANCEL_BUY, CANCEL_SELL, MODIFY_BUY, MODIFY_SELL = range(1, 7)
HOLDS = (AccountSpec(holdings=(Holding(STOCK.code, 100, 900_000),)),)
ASK, BID = BASE + 10, BASE
LOW = BASE - 100
TAKEN = ["msg", "tr", "접수"]


def trade(second, price, quantity, side=-1):
    return Tick(at(9, 31, second), price, quantity, side)


# -- new orders ------------------------------------------------------------------------------------


def test_a_buy_that_fills():
    client = trader(opened())
    assert client.send(BUY, 10) == 0
    assert client.log == [], "SendOrder only sends"
    client.run(5)
    events = client.take()
    assert events[0] == (
        "msg", "0101", "주문", "KOA_NORMAL_BUY_KP_ORD", "[100000] 모의투자 매수주문완료"
    )  # fmt: skip
    number = events[1][4]
    assert events[1] == ("tr", "0101", "주문", "KOA_NORMAL_BUY_KP_ORD", number)
    assert len(number) == 7
    accepted, filled, held = chejan(events)
    assert len(events) == 5
    assert {fid: accepted[fid] for fid in (9203, 913, 900, 901, 902, 905, 906, 909, 914)} == {
        9203: number, 913: "접수", 900: "10", 901: "0", 902: "10", 905: "+매수", 906: "시장가",
        909: "", 914: "",
    }  # fmt: skip
    assert {fid: filled[fid] for fid in (9203, 913, 902, 903, 910, 911, 914, 915)} == {
        9203: number, 913: "체결", 902: "0", 903: str(10 * BASE), 910: str(BASE), 911: "10",
        914: str(BASE), 915: "10",
    }  # fmt: skip
    assert (held[930], held[931], held[933], held[946]) == ("10", str(BASE), "10", "2")


def test_a_sell_shows_first_that_fewer_shares_can_be_sold():
    client = trader(opened(), accounts=HOLDS)
    client.send(SELL, 30)
    client.run(5)
    events = client.take()
    assert [event[0] for event in events[:2]] == ["msg", "tr"]
    accepted, early, filled, held = chejan(events)
    assert (accepted[913], accepted[905], filled[913]) == ("접수", "-매도", "체결")
    assert (early[930], early[933]) == ("100", "70")
    assert (held[930], held[933], held[945]) == ("70", "70", "-30")
    assert int(held[950]) == int(held[990]) != 0


def test_each_part_has_its_fill_and_its_holding():
    client = trader(opened(trade(0, LOW, 4), trade(1, LOW, 5), trade(2, LOW, 9)))
    client.send(BUY, 10, LOW)
    client.run_until(at(9, 32))
    events = client.take()
    fills = chejan(events, "체결")
    assert [each[0] if each[0] != "chejan" else "" for each in events][:2] == ["msg", "tr"]
    assert [fill[915] for fill in fills] == ["4", "5", "1"], "this part"
    assert [fill[911] for fill in fills] == ["4", "9", "10"], "all so far"
    assert [fill[902] for fill in fills] == ["6", "1", "0"], "open"
    assert [fill[903] for fill in fills] == [str(n * LOW) for n in (4, 9, 10)]
    assert [held[930] for held in chejan(events, "잔고")] == ["4", "9", "10"]
    numbers = [int(fill[909]) for fill in fills]
    assert numbers == sorted(set(numbers))
    client.log = events
    assert client.steps() == [*TAKEN, *["체결", "잔고"] * 3]


def test_a_fill_names_the_book_that_it_left():
    client = trader(opened(), fills="book", server="real")
    client.send(BUY, 100)
    client.run(5)
    (fill,) = chejan(client.take(), "체결")
    assert (fill[10], fill[27], fill[28]) == (f"+{ASK}", f"+{ASK + 10}", f" {BID}")


def test_an_order_that_sweeps_the_book_has_a_fill_for_each_price():
    client = trader(opened(), fills="book", server="real")
    client.send(BUY, 250)
    client.run(5)
    fills = chejan(client.take(), "체결")
    assert [(int(fill[914]), int(fill[915])) for fill in fills] == [
        (ASK, 100),
        (ASK + 10, 100),
        (ASK + 20, 50),
    ]
    numbers = [int(fill[909]) for fill in fills]
    assert numbers == sorted(set(numbers)), "each has a number of its own"
    average = (100 * ASK + 100 * (ASK + 10) + 50 * (ASK + 20)) / 250
    assert int(fills[-1][910]) == round(average)


# -- refusals --------------------------------------------------------------------------------------


def refused(client, saying, **values):
    client.run(5)
    events = client.take()
    profile = client.house.profile
    assert [event[0] for event in events] == ["msg", "tr"], "no chejan"
    assert events[0][4] == text(profile, saying, **values)
    assert events[1][4] == "", "without a number"
    assert client.house.desk.orders(ACCOUNT) == []


@pytest.mark.parametrize(
    ("arguments", "saying"),
    [
        ((BUY, 0, LOW), Saying.NO_QUANTITY),
        ((BUY, 1, 0, "00"), Saying.PRICE_MISSING),
        ((BUY, 1, LOW, "03"), Saying.PRICE_NOT_WANTED),
        ((BUY, 1, LOW + 1), Saying.OFF_THE_TICK),
        ((BUY, 1, BASE * 2), Saying.OUTSIDE_THE_LIMITS),
        ((BUY, 1, BASE // 2), Saying.OUTSIDE_THE_LIMITS),
        ((CANCEL_BUY, 1, 0, "00"), Saying.ORIGINAL_NUMBER_MISSING),
        ((CANCEL_BUY, 1, 0, "00", "0000099"), Saying.ORIGINAL_UNKNOWN),
        ((MODIFY_BUY, 1, LOW, "00", "0000099"), Saying.ORIGINAL_UNKNOWN),
        ((BUY, 1, 0, "06"), Saying.HOGA_NOT_OFFERED),
        ((BUY, 1, LOW, "10"), Saying.NOT_OFFERED),
        ((21, 1, LOW), Saying.VENUE_NOT_POSSIBLE),
        ((7, 1, LOW), Saying.NOT_OFFERED),
    ],
)
def test_the_server_says_why_it_takes_no_order(arguments, saying):
    client = trader(opened())
    assert client.send(*arguments) == 0
    refused(client, saying)


def test_it_says_how_many_could_be_had():
    client = trader(opened(), accounts=(AccountSpec(cash=1_000_000),), server="real")
    client.send(BUY, 101, BASE)
    refused(client, Saying.SHORT_OF_CASH, shares=99)
    client.send(SELL, 1, BASE)
    refused(client, Saying.SHORT_OF_SHARES, shares=0)


def test_an_unknown_code_is_the_servers_business():
    client = trader(opened())
    assert client.send(BUY, 1, BASE, code="999999") == 0
    refused(client, Saying.NO_SUCH_CODE)


@pytest.mark.parametrize(
    ("moment", "saying"),
    [
        (at(6, 33), Saying.BEFORE_THE_OPENING),
        (at(15, 31), Saying.AFTER_THE_CLOSE),
        (at(10, day=date(2026, 11, 21)), Saying.CLOSED_DAY),
    ],
)
def test_hours_are_the_markets(moment, saying):
    client = trader(opened(), moment)
    client.send(BUY, 1, BASE)
    refused(client, saying)


def test_beyond_the_calendar_every_day_is_closed():
    client = trader(opened(), at(10, day=date(2027, 12, 30)))
    client.control.SetRealReg("1000", STOCK.code, "10;41", "0")
    client.run_until(at(10, day=date(2028, 1, 3)))
    client.take()
    client.send(BUY, 1, BASE)
    refused(client, Saying.CLOSED_DAY)


def test_halts_are_the_exchanges():
    halts = (
        HaltSpec(at(10), at(10, 30), STOCK.code, "공시"),
        HaltSpec(at(11), at(11, 30), "", "서킷브레이커"),
    )
    client = trader(opened(), at(10, 5), halts=halts)
    client.send(BUY, 1, BASE)
    refused(client, Saying.NOT_ORDERABLE)
    client.run_until(at(11, 5))
    client.send(BUY, 1, BASE)
    refused(client, Saying.CIRCUIT_BREAKER)
    client.run_until(at(11, 30) + LONGEST_DELAY)
    client.send(BUY, 1, BASE)
    client.run(5)
    assert client.steps()[:3] == TAKEN


def test_a_vi_takes_no_order_that_wants_a_partner_at_once():
    jump = BASE + 1_000
    feed = opened(
        Tick(at(10), jump, 1, 1),
        Tick(at(10, 2, 10), jump, 9, 0),
        Expected(at(8, 40), BASE, 4),
        Expected(at(10, 0, 30), jump, 5),
    )
    client = trader(feed, at(10, 1), server="real")
    client.send(BUY, 1, jump, "10")
    refused(client, Saying.HOGA_NOT_POSSIBLE_NOW)


def test_an_account_that_has_expired_takes_nothing():
    client = trader(opened(), accounts=(AccountSpec(expired=True),))
    client.send(BUY, 1, BASE)
    refused(client, Saying.ACCOUNT_EXPIRED)


# -- changes ---------------------------------------------------------------------------------------


def standing(quantity=10, **scenario):
    """A client with an open order to buy far below the price, and its number."""
    client = trader(opened(*scenario.pop("events", ())), **scenario)
    client.send(BUY, quantity, LOW)
    client.run(1)
    (number,) = client.orders
    assert client.steps() == TAKEN
    return client, number


def test_a_cancellation_has_a_number_of_its_own_and_clears_the_original():
    client, number = standing()
    client.send(CANCEL_BUY, 0, 0, "00", number)
    client.run(1)
    events = client.take()
    assert [event[0] for event in events[:2]] == ["msg", "tr"]
    assert events[0][3:] == ("KOA_NORMAL_KP_CANCEL", "[100000] 모의투자 취소주문완료")
    accepted, confirmed, cleared = chejan(events)
    own = events[1][4]
    for values, state in ((accepted, "접수"), (confirmed, "확인")):
        assert {fid: values[fid].strip() for fid in (9203, 913, 904, 901, 902, 905)} == {
            9203: own, 913: state, 904: number, 901: "0", 902: "0", 905: "매수취소"
        }  # fmt: skip
    assert {fid: cleared[fid] for fid in (9203, 913, 902, 914, 915)} == {
        9203: number, 913: "접수", 902: "0", 914: "", 915: ""
    }  # fmt: skip
    client.run_until(at(15, 40))
    assert client.steps() == []
    assert client.house.desk.accounts[ACCOUNT].bound == 0


def test_a_part_is_cancelled_and_the_rest_trades():
    client, number = standing(events=(trade(30, LOW, 50),))
    client.send(CANCEL_BUY, 4, 0, "00", number)
    client.run(1)
    cleared = chejan(client.take())[-1]
    assert (cleared[9203], cleared[900], cleared[902]) == (number, "10", "6")
    client.run_until(at(9, 32))
    (fill,) = chejan(client.take(), "체결")
    assert (fill[915], fill[902]) == ("6", "0")


def test_a_modification_stands_anew_at_its_price():
    client, number = standing(events=(trade(30, LOW, 50), trade(40, LOW - 50, 50)))
    client.send(MODIFY_BUY, 10, LOW - 50, "00", number)
    client.run(1)
    events = client.take()
    own = events[1][4]
    accepted, confirmed, cleared = chejan(events)
    for values, state in ((accepted, "접수"), (confirmed, "확인")):
        assert {fid: values[fid] for fid in (9203, 913, 904, 901, 902, 905)} == {
            9203: own, 913: state, 904: number, 901: str(LOW - 50), 902: "10", 905: "+매수정정"
        }  # fmt: skip
    assert (cleared[9203], cleared[902]) == (number, "0")
    client.run_until(at(9, 31, 35))
    assert client.take() == [], "the old price is nothing any more"
    client.run_until(at(9, 32))
    assert [fill[9203] for fill in chejan(client.take(), "체결")] == [own]


def test_a_part_is_modified_and_both_trade_on():
    client, number = standing(events=(trade(30, LOW, 50), trade(40, LOW - 50, 50)))
    client.send(MODIFY_BUY, 3, LOW - 50, "00", number)
    client.run(1)
    own = client.orders[0]
    assert chejan(client.take())[-1][902] == "7"
    client.run_until(at(9, 32))
    fills = chejan(client.take(), "체결")
    assert [(fill[9203], fill[915]) for fill in fills] == [(number, "7"), (own, "3")]


def test_a_modification_of_a_part_filled_order_keeps_what_was_filled():
    client, number = standing(events=(trade(0, LOW, 4), trade(40, LOW - 50, 50)))
    client.run_until(at(9, 31, 10))
    client.take()
    client.send(MODIFY_BUY, 0, LOW - 50, "00", number)
    client.run(1)
    cleared = chejan(client.take())[-1]
    assert {fid: cleared[fid] for fid in (913, 902, 911, 914)} == {
        913: "체결", 902: "0", 911: "4", 914: ""
    }  # fmt: skip
    client.run_until(at(9, 32))
    assert [fill[915] for fill in chejan(client.take(), "체결")] == ["6"]
    held = client.house.desk.accounts[ACCOUNT].holdings[STOCK.code]
    assert held.quantity == 10


@pytest.mark.parametrize(
    ("order_type", "saying"),
    [(CANCEL_BUY, Saying.NOTHING_LEFT_TO_CANCEL), (MODIFY_BUY, Saying.NOTHING_LEFT_TO_MODIFY)],
)
def test_what_has_traded_cannot_be_changed(order_type, saying):
    client = trader(opened())
    client.send(BUY, 10)
    client.run(5)
    (number,) = client.orders
    client.take()
    client.send(order_type, 0, LOW if order_type == MODIFY_BUY else 0, "00", number)
    client.run(5)
    events = client.take()
    assert [event[0] for event in events] == ["msg", "tr"]
    assert events[0][4] == text("mock", saying)


def test_a_cancellation_races_with_a_trade_and_the_server_decides():
    """What trades before the server looks at the cancellation has traded."""
    client, number = standing(events=(trade(0, LOW, 4),))
    client.run_until(at(9, 31) - 5_000)
    client.send(CANCEL_BUY, 10, 0, "00", number)
    client.run(1)
    events = client.take()
    assert [fill[915] for fill in chejan(events, "체결")] == ["4"]
    assert events[0][4] == text("mock", Saying.MORE_THAN_IS_LEFT_TO_CANCEL)


def test_an_order_that_is_cancelled_on_its_way_never_reaches_the_exchange():
    client = trader(opened(trade(0, LOW, 50)))
    client.send(BUY, 10, LOW)
    client.loop.run_for(STEP)
    (number,) = client.orders
    client.send(CANCEL_BUY, 0, 0, "00", number)
    client.run_until(at(9, 32))
    assert chejan(client.take(), "체결") == []


def test_what_is_left_of_an_order_that_does_not_wait_is_cleared():
    client = trader(opened(), server="real", fills="book")
    client.send(BUY, 150, ASK, "10")
    client.run(1)
    events = client.take()
    assert [each[913] if 913 in each else "잔고" for each in chejan(events)] == [
        "접수", "체결", "잔고", "체결"
    ]  # fmt: skip
    cleared = chejan(events)[-1]
    assert (cleared[902], cleared[911], cleared[914]) == ("0", "100", "")
    client.send(BUY, 500, ASK, "20")
    client.run(1)
    accepted, cleared = chejan(client.take())
    assert (accepted[913], cleared[913], cleared[902]) == ("접수", "접수", "0")


def test_what_expires_at_the_close_expires_silently():
    client, _ = standing()
    client.run_until(at(15, 45))
    assert client.steps() == []
    (order,) = client.house.desk.orders(ACCOUNT)
    assert (order.open, order.withdrawn) == (0, 10)
    assert client.house.desk.accounts[ACCOUNT].bound == 0
    client.run_until(at(9, day=krx.next_trading_day(DAY)))
    assert client.house.desk.orders(ACCOUNT) == [], "a new day, a new sheet"


# -- who is told -----------------------------------------------------------------------------------


def test_an_order_entered_elsewhere_has_events_but_no_answer():
    entries = (Entry(at(9, 31), BUY, STOCK.code, 3, hoga="03"),)
    client = trader(opened(), entries=entries)
    client.run_until(at(9, 31, 5))
    events = client.take()
    assert [event[0] for event in events] == ["chejan"] * 3
    assert chejan(events)[0][920] == "0000"


def test_a_refused_entry_is_heard_by_nobody():
    entries = (Entry(at(9, 31), BUY, STOCK.code, 3, BASE + 1),)
    client = trader(opened(), entries=entries)
    client.run_until(at(9, 31, 5))
    assert client.take() == []


def test_every_login_hears_of_every_order_but_only_one_gets_the_answer():
    first = trader(opened())
    second = another(first.house, first.loop, first.scenario)
    first.take()
    first.send(BUY, 10)
    first.run(5)
    mine, other = first.take(), second.take()
    assert [event[0] for event in mine[:2]] == ["msg", "tr"]
    assert mine[2:] == other
    assert len(other) == 3


def test_what_happens_while_nobody_is_there_is_never_told():
    client, _ = standing(events=(trade(30, LOW, 50),))
    client.control.lose_line()
    assert client.take() == [("connect", -106)]
    client.run_until(at(9, 32))
    assert client.take() == []
    client.login()
    client.run(60)
    assert client.take() == []
    (order,) = client.house.desk.orders(ACCOUNT)
    assert order.filled == 10
    assert client.house.desk.accounts[ACCOUNT].holdings[STOCK.code].quantity == 10


def test_an_answer_does_not_find_a_line_that_is_gone():
    client = trader(opened(), latency=(200_000, 200_000))
    client.send(BUY, 10)
    client.control.lose_line()
    client.login()
    client.run(5)
    # the new login hears what happens to the order, as it would of any other, but no answer
    assert client.steps() == ["접수", "체결", "잔고"]


def test_events_come_in_the_order_of_what_happened():
    client = trader(opened(*(trade(n, LOW, 1) for n in range(30))), latency=(1_000, 900_000))
    for _ in range(3):
        client.send(BUY, 10, LOW)
        client.run(2)
    client.run_until(at(9, 33))
    fills = chejan(client.take(), "체결")
    assert [int(fill[909]) for fill in fills] == sorted(int(fill[909]) for fill in fills)
    for number in {fill[9203] for fill in fills}:
        own = [int(fill[911]) for fill in fills if fill[9203] == number]
        assert own == sorted(own)


# -- venues ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("order_type", "there", "venue"),
    [
        (1, BASE, ("1", "KRX", "N")),
        (11, BASE, ("2", "NXT", "Y")),
        (11, BASE + 50, ("1", "KRX", "Y")),
        (21, BASE, ("2", "NXT", "N")),
    ],
)
def test_a_fill_says_where(order_type, there, venue):
    client = trader(both(there), stocks=(BOTH,), server="real")
    client.send(order_type, 1, BASE + 100)
    client.run(5)
    (fill,) = chejan(client.take(), "체결")
    assert (fill[2134], fill[2135], fill[2136]) == venue
    assert fill[10] == f"+{there}" if venue[0] == "2" and there != BASE else True


def test_a_sor_order_is_cancelled_by_one_code_for_both_sides():
    client = trader(both(BASE), stocks=(BOTH,), server="real")
    client.send(11, 1, LOW)
    client.run(1)
    (number,) = client.orders
    client.take()
    client.send(CANCEL_BUY, 0, 0, "00", number)
    client.run(1)
    assert client.steps() == ["msg", "tr"], "not by that of KRX"
    client.send(13, 0, 0, "00", number)
    client.run(1)
    assert client.steps() == ["msg", "tr", "접수", "확인", "접수"]


def test_after_hours_single_prices_stay_near_the_close():
    day = date(2026, 9, 11)
    feed = Tiny([Tick(at(9, day=day), BASE, 1, 0), Tick(at(15, 30, day=day), BASE, 1, 0)])
    client = trader(feed, at(16, 5, day=day), server="real")
    client.send(BUY, 1, BASE + 1_010, "62")
    refused(client, Saying.OUTSIDE_THE_LIMITS)
    client.send(BUY, 1, BASE + 1_000, "62")
    client.run(1)
    assert client.steps() == TAKEN


def test_the_after_market_takes_limit_orders():
    client = trader(opened(), at(16, 5), server="real")
    client.send(BUY, 1, LOW)
    client.run(1)
    assert client.steps() == TAKEN
    client.send(BUY, 1)
    client.run(1)
    assert client.steps() == ["msg", "tr"]
    client.run_until(at(20, 30))
    (order,) = client.house.desk.orders(ACCOUNT)
    assert order.open == 0


def test_trades_at_a_close_have_the_messages_of_their_kind():
    client = trader(opened(), at(8, 35), server="real")
    client.send(BUY, 1, 0, "61")
    client.run(1)
    events = client.take()
    assert events[0][4] == text("real", Saying.BUY_BEFORE_THE_OPENING_ACCEPTED)
    assert [each.get(906, "").strip() for each in chejan(events)] == ["장시작전시간외"] * 2 + [""]


# -- numbers and limits of the control -------------------------------------------------------------


@settings(max_examples=20)
@given(st.lists(st.integers(0, 200), min_size=2, max_size=12))
def test_order_numbers_grow(pauses):
    client = trader(opened())
    numbers = []
    for pause in pauses:
        if client.send(BUY, 1, LOW) == 0:
            client.loop.run_for(STEP)
        client.run(pause / 7)
        numbers = client.orders
    assert numbers == sorted(set(numbers))
    assert all(len(number) == 7 for number in numbers)


def test_five_orders_a_second():
    client = trader(opened())
    client.loop.run_for(1_000_000 - client.loop.now() % 1_000_000)
    assert [client.send(BUY, 1, LOW) for _ in range(7)] == [0] * 5 + [-308] * 2
    client.run(1)
    assert client.send(BUY, 1, LOW) == 0
    client.run(1)
    assert len(client.house.desk.orders(ACCOUNT)) == 6


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"order_type": 14}, -300),
        ({"quantity": -1}, -300),
        ({"hoga": "99"}, -300),
        ({"account": ""}, -340),
        ({"account": "8000000011"}, -302),
        ({"code": ""}, -500),
    ],
)
def test_what_the_control_itself_sees(change, code):
    client = trader(opened())
    arguments = {"order_type": BUY, "quantity": 1, "price": LOW, **change}
    assert client.send(**arguments) == code
    client.run(5)
    assert client.take() == []


def test_an_account_without_password_cannot_order():
    client = trader(opened(), accounts=(AccountSpec(password=False),))
    assert client.send(BUY, 1, LOW) == -301


def test_without_a_login_nothing_is_sent():
    client = trader(opened())
    client.control.lose_line()
    assert client.send(BUY, 1, LOW) == -101


# -- the dialog before a warned stock --------------------------------------------------------------

WARNED = dataclasses.replace(STOCK, warning="5")


def warned(answer, seconds=3.0):
    events = [trade(second, BASE, 1, 1) for second in range(10)]
    client = trader(
        opened(*events), at(9, 30, 59), stocks=(WARNED,), dialog=Dialog(answer, seconds)
    )
    client.control.SetRealReg("1000", STOCK.code, "10", "0")
    return client


@pytest.mark.parametrize("answer", ["send", "stop"])
def test_send_order_returns_when_the_user_has_answered(answer):
    client = warned(answer)
    returned = []

    def send():
        before = client.loop.now()
        returned.append((client.send(BUY, 1), client.loop.now() - before))

    client.loop.call_later(1_500_000, send)
    client.run_until(at(9, 31, 8))
    assert returned == [(0, 3_000_000)]
    ticks = [event for event in client.log if event[0] == "real"]
    assert len(ticks) == 9, "time went on"
    assert ("접수" in client.steps()) == (answer == "send")


def test_nobody_answers_until_the_loop_is_stopped():
    client = warned("never")
    returned = []
    client.loop.call_later(1_000_000, lambda: returned.append(client.send(BUY, 1)))
    client.loop.call_later(6_000_000, client.loop.stop)
    client.loop.run()
    assert returned == [0]
    client.run(5)
    assert client.house.desk.orders(ACCOUNT) == [], "and nothing is sent"


def test_a_stop_is_no_answer():
    client = warned("send", seconds=60)
    returned = []
    client.loop.call_later(1_000_000, lambda: returned.append(client.send(BUY, 1)))
    client.run(3)
    assert returned == [0]
    client.run(100)
    assert client.house.desk.orders(ACCOUNT) == []


def test_the_dialog_may_open_inside_an_event():
    """The tick that made somebody buy is held up; those behind it are told in order."""
    client = warned("send")
    client.on["real"] = lambda code, kind, raw: (
        client.send(BUY, 1) if not client.house.desk.orders(ACCOUNT) and len(client.log) == 1 else 0
    )
    client.run_until(at(9, 31, 9))
    ticks = [values[2].split("\t")[0] for kind, *values in client.log if kind == "real"]
    assert ticks == [f"0931{second:02d}" for second in range(10)]
    assert client.steps() == [*TAKEN, "체결", "잔고"]


def test_a_line_that_breaks_under_the_dialog_sends_nothing():
    client = warned("send")
    client.loop.call_later(1_000_000, client.control.lose_line)
    assert client.send(BUY, 1) == -101
    client.run(5)
    assert client.house.desk.orders(ACCOUNT) == []


def test_selling_a_warned_stock_asks_nobody():
    client = warned("never")
    assert client.send(SELL, 1, BASE) == 0


# -- faults ----------------------------------------------------------------------------------------


def test_a_call_may_fail_and_do_nothing():
    client = trader(opened(), faults=(Fault("code", call="SendOrder", code=-307),))
    assert client.send(BUY, 1) == -307
    client.run(5)
    assert client.take() == []


def test_a_call_may_fail_though_the_order_was_sent():
    client = trader(opened(), faults=(Fault("lost", call="SendOrder", code=-307),))
    assert client.send(BUY, 1) == -307
    client.run(5)
    assert client.steps() == [*TAKEN, "체결", "잔고"]


def test_the_line_may_break_at_a_moment():
    client, _ = standing(events=(trade(30, LOW, 50),), faults=(Fault("disconnect", at(9, 31, 10)),))
    client.run_until(at(9, 32))
    assert client.take() == [("connect", -106)]
    client.login()


def requests(client, count=8):
    """Whether each of some requests was answered, and after how many seconds."""
    answered = []
    for number in range(count):
        sent = client.loop.now()
        client.on["tr"] = lambda *_, sent=sent: answered.append(
            (client.loop.now() - sent) // 1_000_000
        )
        client.control.SetInputValue("종목코드", STOCK.code)
        assert client.control.CommRqData(f"질문 {number}", "opt10004", 0, "9000") == 0
        client.run(5)
    return answered


@pytest.mark.parametrize(
    ("fault", "answered"),
    [
        (Fault("no-answer", call="CommRqData"), []),
        (Fault("late", call="CommRqData", seconds=3), [3] * 8),
        (Fault("no-answer", call="CommKwRqData"), [0] * 8),
    ],
)
def test_requests_may_stay_without_answer_or_wait_for_it(fault, answered):
    assert requests(trader(opened(), faults=(fault,))) == answered


def test_some_of_many_calls_meet_a_fault_and_always_the_same():
    fault = Fault("no-answer", call="CommRqData", one_in=3)
    counts = [len(requests(trader(opened(), faults=(fault,)), 30)) for _ in range(2)]
    assert counts[0] == counts[1]
    assert 12 < counts[0] < 28


def test_a_server_that_is_closed_takes_no_login():
    client = trader(opened(), faults=(Fault("closed", at(9, 31), seconds=60),))
    client.run_until(at(9, 31, 30))
    assert client.take() == [("connect", -106)]
    client.control.CommConnect()
    client.run(1)
    assert client.take() == [("connect", -101)]
    assert client.control.GetConnectState() == 0
    client.run_until(at(9, 32, 1))
    client.login()


# -- the account ------------------------------------------------------------------------------------


def test_cancel_requests_are_orders_that_are_never_open():
    client, number = standing()
    client.send(CANCEL_BUY, 0, 0, "00", number)
    client.run(1)
    first, second = client.house.desk.orders(ACCOUNT)
    assert (second.kind, second.open, second.original) == (CANCEL, 0, first)


def test_a_market_order_needs_money_for_the_upper_limit():
    spec = AccountSpec(cash=13_000 * 10)
    client = trader(opened(), accounts=(spec,))
    client.send(BUY, 10)
    client.run(5)
    assert client.steps() == ["msg", "tr"], "fees come on top"
    client.send(BUY, 9)
    client.run(5)
    assert client.steps()[:3] == TAKEN


def test_the_feeds_next_book_fills_orders_under_the_book_model_too():
    client = trader(opened(book(at(9, 31), LOW, LOW - 10)), fills="book", server="real")
    client.send(BUY, 10, LOW)
    client.run_until(at(9, 32))
    assert client.steps() == [*TAKEN, "체결", "잔고"]
