"""Inputs, limits, chains of pages, and the getters."""

import pytest

from sapi_kiwoom.loop import SECOND
from simulator import Behaviour
from simulator.limits import Allowance
from tests.simulator.control.rig import FREE, Rig

CODE = {"종목코드": "005930"}
OTHER = {"종목코드": "000660"}
TICKS = {"종목코드": "005930", "틱범위": "1", "수정주가구분": "1"}


def rows(serial, start, end):
    return [f"{serial}:{row}" for row in range(start, end)]


# -- chains ----------------------------------------------------------------------------------------


def test_pages_of_a_chain_may_come_on_different_screens():
    rig = Rig()
    assert rig.rows("opt10003", CODE) == (rows(1, 0, 30), True)
    assert rig.rows("opt10003", CODE, 2, screen="1234") == (rows(1, 30, 60), True)
    assert rig.rows("OPT10003", CODE, 2) == (rows(1, 60, 75), False)


@pytest.mark.parametrize(
    ("chain_break", "tr", "inputs", "goes_on"),
    [
        ("any-tr", "opt10001", CODE, False),
        ("any-tr", "opt10003", OTHER, False),
        ("same-trcode", "opt10001", CODE, True),
        ("same-trcode", "opt10003", OTHER, False),
        ("never", "opt10001", CODE, True),
        ("never", "opt10003", OTHER, True),
    ],
)
def test_what_breaks_a_chain(chain_break, tr, inputs, goes_on):
    rig = Rig(Behaviour(allowance=FREE, chain_break=chain_break))
    rig.rows("opt10003", CODE)
    rig.rows(tr, inputs)
    following, _ = rig.rows("opt10003", CODE, 2)
    assert following == (rows(1, 30, 60) if goes_on else rows(3, 0, 30))


def test_pages_that_are_asked_for_before_the_one_before_came():
    rig, pages = Rig(), []
    rig.reading["OnReceiveTrData"] = lambda *args: pages.append(
        [row[0].strip() for row in rig.control.GetCommDataEx("opt10003", "")] + [args[4]]
    )
    for prev_next in (0, 2, 2):
        assert rig.request("opt10003", CODE, prev_next) == 0
    rig.run(1)
    assert sorted(pages) == [
        [*rows(1, 0, 30), "2"],
        [*rows(1, 30, 60), "2"],
        [*rows(1, 60, 75), "0"],
    ]


def test_to_go_on_with_no_chain_is_to_begin():
    rig = Rig()
    assert rig.rows("opt10003", CODE, 2) == (rows(1, 0, 30), True)


def test_what_is_refused_breaks_no_chain():
    rig = Rig()
    rig.rows("opt10003", CODE)
    assert rig.request("opt99998", CODE) == -201
    assert rig.request("opt10001", {}) == -202
    assert rig.rows("opt10003", CODE, 2)[0] == rows(1, 30, 60)


def test_a_lost_line_breaks_every_chain():
    rig = Rig(Behaviour(allowance=FREE, chain_break="never"))
    rig.rows("opt10003", CODE)
    rig.control.lose_line()
    rig.login()
    assert rig.rows("opt10003", CODE, 2)[0] == rows(2, 0, 30)


# -- inputs ----------------------------------------------------------------------------------------


def test_inputs_may_be_left_out_but_not_all_of_them():
    rig = Rig()
    assert rig.request("opt10080", {"종목코드": "005930"}) == 0
    assert rig.house.asked == [("opt10080", {**TICKS, "틱범위": "", "수정주가구분": ""})]
    assert rig.request("opt10080", {}) == -202
    assert rig.request("opt10080", {"아무것": "1"}) == -202


def test_a_control_may_insist_on_every_input():
    rig = Rig(Behaviour(allowance=FREE, missing_inputs="refuse"))
    assert rig.request("opt10080", {"종목코드": "005930"}) == -202
    assert rig.request("opt10080", TICKS) == 0


@pytest.mark.parametrize(("order", "code"), [("any", 0), ("tr", -202)])
def test_the_order_of_inputs(order, code):
    rig = Rig(Behaviour(allowance=FREE, input_order=order))
    assert rig.request("opt10080", TICKS) == 0
    assert rig.request("opt10080", dict(reversed(list(TICKS.items())))) == code


def test_a_watch_list_counts_its_codes():
    control = Rig().control
    assert control.CommKwRqData("005930;000660", 0, 2, 0, "q", "1000") == 0
    assert control.CommKwRqData("005930;000660", 0, 3, 0, "q", "1000") == -202
    assert control.CommKwRqData("005930", 0, 1, 7, "q", "1000") == -202
    assert control.CommKwRqData(";".join(["005930"] * 101), 0, 101, 0, "q", "1000") == -204


# -- limits ----------------------------------------------------------------------------------------


def test_all_kinds_of_requests_are_counted_together():
    rig = Rig(Behaviour())
    control = rig.control
    codes = [rig.request("opt10001", CODE) for _ in range(3)]
    codes += [control.CommKwRqData("005930", 0, 1, 0, "q", "1000") for _ in range(3)]
    assert codes == [0, 0, 0, 0, 0, -200]
    assert control.SetRealReg("1000", "005930", "10", "0") == 0
    rig.run(1)
    assert rig.request("opt10001", CODE) == 0


def test_the_block_shows_a_window_once_and_ends_with_a_new_login():
    rig = Rig(Behaviour(allowance=Allowance(budgets=((2, 3600),))))
    codes = [rig.request("opt10001", CODE) for _ in range(4)]
    assert codes == [0, 0, -209, -209]
    rig.run(7200)
    assert rig.request("opt10001", CODE) == -209
    assert len(rig.boxes) == 1 and "-209" in rig.boxes[0]
    rig.control.lose_line()
    rig.login()
    assert [rig.request("opt10001", CODE) for _ in range(3)] == [0, 0, -209]
    rig.control.lose_line()
    rig.login()
    assert rig.request("opt10001", CODE) == 0, "what was asked before counts no more"


@pytest.mark.parametrize(("beyond", "cells"), [("served", 30), ("empty", 0)])
def test_more_than_200_screens(beyond, cells):
    rig = Rig(Behaviour(allowance=FREE, beyond_screens=beyond))
    for number in range(200):
        assert rig.control.SetRealReg(f"{1000 + number}", "005930", "10", "0") == 0
    assert len(rig.rows("opt10003", CODE, screen="3000")[0]) == cells
    rig.control.DisconnectRealData("1000")
    assert len(rig.rows("opt10003", CODE, screen="3001")[0]) == 30


# -- what the mock server does not have -------------------------------------------------------------


def test_a_tr_that_the_mock_server_does_not_offer():
    rig = Rig()
    empty = ("", None)
    seen = []
    rig.reading["OnReceiveTrData"] = lambda *_: seen.append(
        (
            rig.control.GetCommData("OPW00005", "", 0, "예수금").strip(),
            rig.control.GetCommDataEx("OPW00005", ""),
        )
    )
    assert rig.request("OPW00005", {"계좌번호": "8099999911"}) == 0
    rig.run(1)
    ((_, _, code, message),) = rig.named("OnReceiveMsg")
    assert (code, message[:8]) == ("OPW00005", "[RC9000]")
    assert seen == [empty]
    assert rig.house.asked == []


def test_it_may_have_a_message_only():
    rig = Rig(Behaviour(allowance=FREE, refused_answer=False))
    rig.request("OPW00005", {"계좌번호": "8099999911"})
    rig.run(1)
    assert [event[0] for event in rig.events] == ["OnReceiveMsg"]


def test_the_real_server_has_it():
    rig = Rig(profile="real")
    rig.request("OPW00005", {"계좌번호": "8099999911"})
    rig.run(1)
    ((_, _, _, message),) = rig.named("OnReceiveMsg")
    assert message.startswith("[100000]")
    assert rig.house.asked


# -- getters ---------------------------------------------------------------------------------------


def test_any_record_name_will_do_and_the_old_getter_reads_the_same():
    rig, seen = Rig(), []

    def read(*_):
        control = rig.control
        for record in ("체결정보", "질문", ""):
            seen.append(control.GetRepeatCnt("opt10003", record))
            seen.append(control.GetCommData("opt10003", record, 29, "현재가").strip())
        seen.append(control.CommGetData("opt10003", "", "질문", 29, "현재가").strip())
        seen.append(control.GetCommData("opt10003", "", 30, "현재가"))
        seen.append(control.GetCommData("opt10003", "", -1, "현재가"))
        seen.append(control.GetCommData("opt10003", "", 0, "없는이름"))
        seen.append(control.GetCommData("opt10004", "", 0, "현재가"))

    rig.reading["OnReceiveTrData"] = read
    rig.request("opt10003", CODE)
    rig.run(1)
    assert seen == [30, "1:29"] * 3 + ["1:29", "", "", "", ""]


def test_an_answer_inside_an_answer_leaves_the_outer_one_as_it_was():
    rig, seen = Rig(Behaviour(latency=(0, 0), allowance=FREE)), []

    def read(screen, rqname, trcode, *_):
        if rqname == "밖":
            rig.request("opt10003", OTHER, rqname="안")
            rig.loop.turn(SECOND)  # as a window would
        seen.append((rqname, rig.control.GetCommData(trcode, "", 0, "현재가").strip()))

    rig.reading["OnReceiveTrData"] = read
    rig.request("opt10003", CODE, rqname="밖")
    rig.run(5)
    assert seen == [("안", "2:0"), ("밖", "1:0")]
