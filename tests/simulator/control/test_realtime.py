"""What SetRealReg and requests register, and the event that the getter reads."""

import pytest

from sapi_kiwoom import catalogue
from simulator import Behaviour
from simulator.registrations import EVERY_STOCK, STOCK_TYPES, VI
from tests.simulator.control.rig import FREE, Rig

TRADE, BOOK, BEST = "주식체결", "주식호가잔량", "주식우선호가"


def many(count):
    return ";".join(f"{number:06d}" for number in range(count))


@pytest.mark.parametrize(
    ("fids", "types"),
    [("15", TRADE), ("41", BOOK), ("20;10", TRADE), ("27", BEST), ("41;15", TRADE)],
)
def test_types_are_chosen_by_their_fids(fids, types):
    rig = Rig()
    assert rig.control.SetRealReg("2000", "005930", fids, "0") == 0
    assert types in rig.line.wanted["005930"]


def test_every_type_with_the_fid_comes_and_no_other():
    rig = Rig()
    rig.control.SetRealReg("2000", "005930", "1031", "0")
    wanted = rig.line.wanted["005930"]
    assert wanted == {name for name, each in catalogue.real_types().items() if 1031 in each.fids}


@pytest.mark.parametrize(
    ("fids", "special"),
    [
        ("20;10;15", set()),
        ("20;10;202", {"종목프로그램매매"}),
        ("131", {"종목프로그램매매"}),
        ("141", {"주식당일거래원"}),
        ("36", {"ETF NAV"}),
    ],
)
def test_special_types_have_fids_of_their_own(fids, special):
    rig = Rig()
    rig.control.SetRealReg("2000", "005930", fids, "0")
    wanted = rig.line.wanted["005930"]
    assert wanted & {"종목프로그램매매", "주식당일거래원", "ETF NAV", "주식종목정보"} == special


def test_they_may_come_with_the_price():
    rig = Rig(Behaviour(allowance=FREE, shared_fids="all"))
    rig.control.SetRealReg("2000", "005930", "10", "0")
    assert rig.line.wanted["005930"] >= {TRADE, "종목프로그램매매", "ETF NAV"}


@pytest.mark.parametrize("fids", ["201", "9001", ""])
def test_fids_that_bring_no_stock_type(fids):
    rig = Rig()
    assert rig.control.SetRealReg("2000", "005930", fids, "0") == 0
    assert not rig.line.wanted.get("005930", frozenset()) & {TRADE, BOOK, BEST, VI}


def test_too_many_codes_and_fids():
    control = Rig().control
    assert control.SetRealReg("2000", many(100), ";".join(map(str, range(100))), "0") == 0
    assert control.SetRealReg("2000", many(101), "10", "0") == -204
    assert control.SetRealReg("2000", "005930", ";".join(map(str, range(101))), "0") == -206


def test_a_screen_has_at_most_100_codes():
    control = Rig().control
    assert control.SetRealReg("2000", many(99), "10", "0") == 0
    assert control.SetRealReg("2000", "005930", "10", "1") == 0
    assert control.SetRealReg("2000", "005930", "10", "1") == 0, "it stands there already"
    assert control.SetRealReg("2000", "000660", "10", "1") == -204
    assert control.SetRealReg("2001", "000660", "10", "1") == 0


@pytest.mark.parametrize(("first_add", "codes"), [("adds", {"005930"}), ("ignored", set())])
def test_to_add_to_an_unused_screen(first_add, codes):
    rig = Rig(Behaviour(allowance=FREE, first_add=first_add))
    assert rig.control.SetRealReg("2000", "005930", "10", "1") == 0
    assert set(rig.line.wanted) == codes
    rig.control.SetRealReg("2000", "000660", "10", "0")
    rig.control.SetRealReg("2000", "069500", "10", "1")
    assert set(rig.line.wanted) == {"000660", "069500"}


def test_venues_are_codes_of_their_own():
    rig = Rig()
    rig.control.SetRealReg("2000", "005930;005930_NX;005930_AL", "10", "0")
    rig.control.SetRealRemove("2000", "005930_NX")
    assert set(rig.line.wanted) == {"005930", "005930_AL"}


def test_a_lost_line_forgets_codes_and_screens():
    rig = Rig(Behaviour(allowance=FREE, screens=1, beyond_screens="empty"))
    rig.control.SetRealReg("2000", "005930;000660", "10", "0")
    rig.control.lose_line()
    rig.login()
    assert rig.line.wanted == {}
    rig.control.SetRealReg("2001", "005930", "10", "1")
    assert set(rig.line.wanted) == {"005930"}


# -- what requests register ------------------------------------------------------------------------


def wanted_after(tr, inputs, **behaviour):
    rig = Rig(Behaviour(allowance=FREE, **behaviour))
    rig.control.SetRealReg("1000", "000660", "10", "0")
    before = rig.line.wanted["000660"]
    rig.rows(tr, inputs, screen="1000")
    return rig.line.wanted, before


def test_a_quote_registers_its_stock_and_its_screen_forgets_the_others():
    wanted, _ = wanted_after("opt10003", {"종목코드": "005930_NX"})
    assert wanted == {"005930_NX": STOCK_TYPES}


def test_a_request_about_an_account_registers_nothing_and_its_screen_forgets():
    wanted, _ = wanted_after("opw00018", {"계좌번호": "8099999911"})
    assert wanted == {}
    inputs = {"계좌번호": "8099999911", "종목코드": "005930"}
    assert wanted_after("opt10075", inputs)[0] == {}


def test_a_screen_may_keep_what_it_has():
    wanted, before = wanted_after("opw00018", {"계좌번호": "8099999911"}, screen_reuse="keep")
    assert wanted == {"000660": before}


def test_a_request_on_another_screen_leaves_it_alone():
    rig = Rig()
    rig.control.SetRealReg("1000", "000660", "10", "0")
    rig.rows("opt10003", {"종목코드": "005930"}, screen="1001")
    assert set(rig.line.wanted) == {"000660", "005930"}


def test_an_unknown_stock_is_not_registered():
    wanted, _ = wanted_after("opt10003", {"종목코드": "999999"})
    assert wanted == {}


@pytest.mark.parametrize(
    ("tr", "inputs", "wanted"),
    [
        ("opt20001", {"업종코드": "001"}, {"001": {"업종지수", "업종등락"}}),
        ("opt10054", {"시장구분": "000"}, {EVERY_STOCK: {VI}}),
    ],
)
def test_indexes_and_interruptions_follow_their_requests(tr, inputs, wanted):
    assert wanted_after(tr, inputs)[0] == wanted


# -- the event -------------------------------------------------------------------------------------


def test_the_getter_reads_by_fid_inside_the_event_only():
    rig, seen = Rig(), []
    fids = catalogue.real_types()[TRADE].fids
    raw = "\t".join(str(fid) for fid in fids)

    def read(*_):
        control = rig.control
        seen.append([control.GetCommRealData("005930", fid) for fid in fids])
        seen.append(control.GetCommRealData("무엇이든", 10))
        seen.append(control.CommGetData("005930", TRADE, "10", 0, ""))
        seen.append(control.GetCommRealData("005930", 41))
        seen.append(control.CommGetData("005930", TRADE, "가격", 0, ""))

    rig.reading["OnReceiveRealData"] = read
    rig.control.real("005930", TRADE, raw)
    assert seen == [[str(fid) for fid in fids], "10", "10", "", ""]
    assert rig.control.GetCommRealData("005930", 10) == ""
    assert rig.control.CommGetData("005930", TRADE, "10", 0, "") == ""


def test_an_event_inside_an_event_leaves_the_outer_one_as_it_was():
    rig, seen = Rig(), []

    def read(key, *_):
        if key == "밖":
            rig.control.GetCommRealData("", 27)
            rig.control.real("안", BEST, "3\t4")
        seen.append((key, rig.control.GetCommRealData("", 27)))

    rig.reading["OnReceiveRealData"] = read
    rig.control.real("밖", BEST, "1\t2")
    assert seen == [("안", "3"), ("밖", "1")]
