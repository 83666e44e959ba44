from __future__ import annotations

import json
import re
import sys
from datetime import date
from pathlib import Path

from sapi_kiwoom import krx
from simulator.universe import market_codes, market_kind, universe


def test_known_names():
    stocks = universe()
    assert stocks["005930"].name == "삼성전자"
    assert stocks["015760"].name == "한국전력"
    assert stocks["0126Z0"].name == "삼성에피스홀딩스"
    assert stocks["00088K"].name == "한화3우B"
    assert stocks["00088K"].is_preferred
    assert not stocks["069500"].is_preferred


def test_every_stock_is_plausible():
    stocks = universe()
    assert len(stocks) >= 200
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
        assert 1_000 <= stock.volume < stock.shares
        assert 2 <= stock.volatility <= 500
        assert stock.margin_rate in (20, 30, 40, 50, 60, 100)


def test_market_lists():
    everything = market_codes("")
    assert everything == list(universe())
    assert sorted(market_codes("0") + market_codes("10")) == everything
    assert {"005930", "069500", "088260", "500019"} <= set(market_codes("0"))
    assert "069500" in market_codes("8")
    assert "005930" not in market_codes("8")
    assert "088260" in market_codes("6")
    assert market_codes("3") == market_codes("50") == []


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
