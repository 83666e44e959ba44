"""Everything about one stock in a row: opt10007."""

from __future__ import annotations

from typing import Dict, Union

from sapi_kiwoom import catalogue
from simulator.answers.accounts.records import row
from simulator.answers.forms import day_form, price_form, time_form
from simulator.answers.quotes import stocks
from simulator.answers.quotes.book import Level, book
from simulator.answers.reply import Inputs, Reply, nothing
from simulator.answers.snapshot import Snapshot, snapshot
from simulator.answers.world import World
from simulator.strings import signed

_COUNTED = 5
"""Levels whose 건수 the record has."""


def quotation(world: World, inputs: Inputs, moment: int) -> Reply:
    """opt10007: one row of what opt10001, opt10003 and opt10004 tell; 건수 and LP잔량 are 0.

    최고가 and 최저가 are those of 250 trading days. 전일거래대금 is in million won.
    """
    stock = world.stock(inputs["종목코드"])
    now = snapshot(world, stock, moment) if stock else None
    if now is None:
        return nothing()
    record = catalogue.tr("opt10001").single
    assert record is not None
    names = [field.name for field in record.fields]
    known = dict(zip(names, stocks.basics(world, inputs, moment).single))
    last = world.last_trade(now.stock, moment)
    shown = book(world, now.stock, moment)
    auction = world.expected(now.stock, moment)
    before = now.yesterday
    values: Dict[str, Union[int, str]] = {
        "종목명": now.stock.name,
        "종목코드": now.stock.code,
        "날짜": day_form(now.day),
        "시간": time_form(last.at) if last else "",
        "전일종가": now.base,
        "전일거래량": now.volume_before,
        "상한가": known["상한가"],
        "하한가": known["하한가"],
        "전일거래대금": before.value_million if before else 0,
        "상장주식수": now.stock.shares,
        "현재가": known["현재가"],
        "부호": now.symbol,
        "등락률": now.rate_form,
        "전일비": now.volume_rate_form,
        "시가": known["시가"],
        "고가": known["고가"],
        "저가": known["저가"],
        "체결량": last.quantity if last else 0,
        "거래량": now.volume,
        "거래대금": now.value_million,
        "예상체결가": known["예상체결가"],
        "예상체결량": known["예상체결수량"],
        "예상매도우선호가": price_form(shown.asks[0].price if auction else 0, now.base),
        "예상매수우선호가": price_form(shown.bids[0].price if auction else 0, now.base),
        "행사가격": 0,
        "최고가": known["250최고"],
        "최저가": known["250최저"],
        "최고가일": known["250최고가일"],
        "최저가일": known["250최저가일"],
        "총매수잔량": shown.bid_total,
        "총매도잔량": shown.ask_total,
        "총매수건수": 0,
        "총매도건수": 0,
    }
    for side, levels in (("매도", shown.asks), ("매수", shown.bids)):
        for number, level in enumerate(levels, 1):
            values.update(_level(now, f"{side}{number}호가", level))
            if number <= _COUNTED:
                values[f"{side}{number}호가건수"] = 0
    return Reply([], iter([row("opt10007", values)]))


def _level(now: Snapshot, name: str, level: Level) -> Dict[str, Union[int, str]]:
    return {
        name: price_form(level.price, now.base),
        f"{name}잔량": level.quantity,
        f"{name}직전대비": signed(level.change),
        f"LP{name}잔량": 0,
    }
