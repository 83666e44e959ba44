"""What the control knows by itself: markets, themes, brokers, indexes."""

from dataclasses import replace

import pytest

from simulator.universe import market_kind, universe
from tests.simulator.control.rig import CODES, Rig


@pytest.fixture
def rig():
    return Rig()


@pytest.fixture
def control(rig):
    return rig.control


@pytest.mark.parametrize(
    ("market", "codes"),
    [
        ("0", "005930;000660;069500;"),
        ("10", "247540;"),
        ("8", "069500;"),
        ("", "005930;000660;069500;247540;"),
        ("3", "58J101;58J102;58J103;58J104;58J125;58J126;58J127;58J128;"),
        ("없음", ""),
    ],
)
def test_codes_by_market(control, market, codes):
    assert control.GetCodeListByMarket(market) == codes


@pytest.mark.parametrize("code", CODES)
def test_kinds_of_market_agree(control, code):
    kind = control.GetMarketType(code)
    assert kind == market_kind(universe()[code])
    assert control.KOA_Functions("GetStockMarketKind", code) == str(kind)
    assert f"{code};" in control.GetCodeListByMarket(str(kind))


def test_elws_have_names_and_a_market(control):
    for code in control.GetCodeListByMarket("3").split(";")[:-1]:
        assert control.GetMarketType(code) == 3
        assert control.GetMasterCodeName(code).endswith(("콜", "풋"))


def test_shares_that_do_not_fit(rig, control):
    stock = universe()["005930"]
    rig.house.world.stocks["005930"] = replace(stock, shares=3_000_000_000)
    assert control.GetMasterListedStockCnt("005930") == 3_000_000_000 - (1 << 32)
    assert control.KOA_Functions("GetMasterListedStockCntEx", "005930") == "3000000000"


@pytest.mark.parametrize(("warning", "said"), [("", "정상"), ("5", "투자경고"), ("4", "투자위험")])
def test_construction(rig, control, warning, said):
    rig.house.world.stocks["005930"] = replace(universe()["005930"], warning=warning)
    assert control.GetMasterConstruction("005930") == said
    assert control.KOA_Functions("IsOrderWarningStock", "005930") == (warning or "0")


def test_themes_have_listed_stocks_with_their_letter(control):
    by_code = dict(each.split("|") for each in control.GetThemeGroupList(0).split(";"))
    by_name = [each.split("|") for each in control.GetThemeGroupList(1).split(";")]
    assert list(by_code) == sorted(by_code)
    assert [name for _, name in by_name] == sorted(by_code.values())
    assert dict(by_name) == by_code
    for theme in by_code:
        members = control.GetThemeGroupCode(theme).split(";")
        assert members
        assert all(each[0] == "A" and each[1:] in CODES for each in members)
    assert control.GetThemeGroupCode("999") == ""
    assert control.KOA_Functions("GetThemeGroupList", "0") == control.GetThemeGroupList(0)


def test_brokers(control):
    names = dict(each.split("|") for each in control.GetBranchCodeName().split(";"))
    assert names["001"] == "교  보"
    assert all(len(code) == 3 for code in names)


@pytest.mark.parametrize("market", ["0", "1", "2", "4", "7"])
def test_indexes(control, market):
    entries = [
        each.split(",") for each in control.KOA_Functions("GetUpjongCode", market).split("|")
    ]
    assert entries
    for of, code, name in entries:
        assert of == market
        assert control.KOA_Functions("GetUpjongNameByCode", code) == name


def test_unknown_functions_and_arguments(control):
    assert control.KOA_Functions("AddConditionSearchFlag", "") == ""
    assert control.KOA_Functions("GetUpjongCode", "9") == ""
    assert control.KOA_Functions("GetUpjongNameByCode", "999") == ""
    assert control.KOA_Functions("GetStockMarketKind", "999999") == ""
    assert control.KOA_Functions("GetServerGubun", "") == "1"
