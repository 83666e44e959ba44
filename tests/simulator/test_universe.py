from __future__ import annotations

import json
import re
import sys
from dataclasses import fields, replace
from datetime import date
from pathlib import Path

import pytest

from sapi_kiwoom import krx
from simulator import masters
from simulator.masters import Account
from simulator.universe import Stock, market_codes, market_kind, universe


def test_known_names():
    stocks = universe()
    assert stocks["005930"].name == "삼성전자"
    assert stocks["015760"].name == "한국전력"
    assert stocks["0126Z0"].name == "삼성에피스홀딩스"
    assert stocks["00088K"].name == "한화3우B"
    assert stocks["00088K"].is_preferred
    assert not stocks["069500"].is_preferred
    assert stocks["000150"].name == "두산"
    assert stocks["000150"].market == stocks["022100"].market == "KOSPI"
    assert stocks["293490"].market == stocks["042000"].market == "KOSDAQ"


def test_every_stock_is_plausible():
    stocks = universe()
    assert 2_400 <= len(stocks) <= 2_600
    assert list(stocks) == sorted(stocks)
    assert len({stock.name for stock in stocks.values()}) == len(stocks)
    for code, stock in stocks.items():
        assert re.fullmatch("[0-9A-Z]{6}", code)
        assert stock.name == stock.name.strip() != ""
        assert len(stock.name.encode("cp949")) <= 40
        assert stock.market in ("KOSPI", "KOSDAQ", "ETF", "ETN")
        assert stock.kind in ("stock", "preferred", "reit", "etf", "etn")
        assert (stock.kind in ("etf", "etn")) == (stock.market in ("ETF", "ETN"))
        assert stock.size in (
            ("",) if stock.kind in ("etf", "etn") else ("대형주", "중형주", "소형주")
        )
        assert date(1950, 1, 1) < stock.listed < date(2026, 1, 1)
        assert stock.listed.weekday() < 6  # Saturdays were trading days until 1998
        if stock.listed >= krx.FIRST_DATE:
            assert krx.is_trading_day(stock.listed), stock
        assert 1_000 <= stock.price <= 2_500_000
        krx.tick_index(stock.price, date(2026, 11, 20), stock.market)
        assert 1_000 <= stock.volume < stock.shares
        assert 2 <= stock.volatility <= 500
        assert stock.margin_rate in (20, 30, 40, 50, 60, 100)
        assert stock.warning == ""


def test_capitalisations_look_like_the_market():
    stocks = [stock for stock in universe().values() if stock.kind == "stock"]
    for market, trillions in (("KOSPI", (2_500, 4_500)), ("KOSDAQ", (350, 700))):
        whole = sum(stock.price * stock.shares for stock in stocks if stock.market == market)
        assert trillions[0] < whole // 10**12 < trillions[1]


def test_members_of_the_index_are_the_largest_of_kospi():
    members = [stock for stock in universe().values() if stock.kospi200]
    assert len(members) == 200
    assert {(stock.market, stock.kind) for stock in members} == {("KOSPI", "stock")}
    least = min(stock.price * stock.shares for stock in members)
    for stock in universe().values():
        if (stock.market, stock.kind) == ("KOSPI", "stock") and not stock.kospi200:
            assert stock.price * stock.shares <= least


def test_who_trades_on_nextrade():
    listed = [stock for stock in universe().values() if stock.nxt]
    assert 600 <= len(listed) <= 800
    assert not any(stock.market in ("ETF", "ETN") for stock in listed)
    assert all(stock.nxt for stock in universe().values() if stock.kospi200)
    assert 250 < sum(stock.market == "KOSDAQ" for stock in listed) < 400


def test_market_lists():
    everything = market_codes("")
    assert everything == list(universe())
    assert sorted(market_codes("0") + market_codes("10")) == everything
    assert {"005930", "069500", "088260", "500019"} <= set(market_codes("0"))
    assert "069500" in market_codes("8")
    assert "005930" not in market_codes("8")
    assert "088260" in market_codes("6")
    assert market_codes("3") == market_codes("50") == []
    assert {"005930", "196170"} <= set(market_codes("NXT")) < set(everything)
    assert market_codes("10", {"005930": universe()["005930"]}) == []


def test_market_kinds():
    stocks = universe()
    kinds = {
        code: market_kind(stocks[code])
        for code in ("005930", "196170", "069500", "500019", "088260")
    }
    assert list(kinds.values()) == [0, 10, 8, 60, 6]


def test_the_data_says_what_is_synthetic():
    module = sys.modules[universe.__module__]
    path = Path(module.__file__).with_name("universe.json")
    assert "SYNTHETIC" in json.loads(path.read_text(encoding="utf-8"))["note"]
    assert "SYNTHETIC" in module.__doc__


def test_columns_are_the_fields():
    path = Path(sys.modules[universe.__module__].__file__).with_name("universe.json")
    columns = json.loads(path.read_text(encoding="utf-8"))["columns"]
    assert [*columns, "warning"] == [field.name for field in fields(Stock)]
    for stock in universe().values():
        assert type(stock.kospi200) is type(stock.nxt) is bool


# -- masters ----------------------------------------------------------------------------------


def test_accounts_of_the_login():
    assert masters.login_info("ACCNO", "mock") == "8099999911;8099999931;"
    three = [Account(f"801452601{n}", "김", "위탁종합") for n in range(3)]
    assert masters.login_info("ACCOUNT_CNT", "real", three) == "3"
    assert masters.login_info("ACCLIST", "real", three[:2]) == "8014526010;8014526011;"
    details = masters.login_info("ACCTLIST_DETAIL", "real", three[:1])
    assert details == "8014526010,김,위탁종합;"
    assert masters.login_info("NOTHING", "real") == ""


@pytest.mark.parametrize(("profile", "server"), [("mock", "1"), ("mock-2020", "1"), ("real", "0")])
def test_which_server(profile, server):
    assert masters.login_info("GetServerGubun", profile) == server
    assert masters.function("GetServerGubun", "", None, profile) == server


@pytest.mark.parametrize("warning", ["2", "3", "4", "5"])
def test_a_warned_stock(warning):
    stock = universe()["005930"]
    assert masters.function("IsOrderWarningStock", "005930", stock, "mock") == "0"
    warned = replace(stock, warning=warning)
    assert masters.function("IsOrderWarningStock", "005930", warned, "mock") == warning
    assert masters.function("IsOrderWarningETF", "005930", warned, "mock") == "0"
    fund = replace(universe()["069500"], warning=warning)
    assert masters.function("IsOrderWarningETF", "069500", fund, "mock") == "1"


def test_codes_of_the_given_stocks_only():
    two = {code: universe()[code] for code in ("005930", "069500")}
    assert masters.codes(two, "") == masters.codes(two, "0") == "005930;069500;"
    assert masters.codes(two, "NXT") == "005930;"
