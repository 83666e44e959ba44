"""Rows that are subjects: stocks, codes, strikes, sectors, themes, members of the exchange."""

from __future__ import annotations

from dataclasses import replace
from typing import List

from sapi_kiwoom import krx
from simulator import elws, industries, themes
from simulator.answers.forms import count
from simulator.answers.rankings import screening
from simulator.answers.sectors import sectors
from simulator.answers.synthetic import contracts
from simulator.answers.synthetic.bars import fact
from simulator.answers.synthetic.indexes import IndexSubject
from simulator.answers.synthetic.request import Request, kospi200
from simulator.answers.synthetic.scene import Scene
from simulator.answers.synthetic.subjects import Scenes, StockSubject
from simulator.answers.synthetic.warrants import ElwSubject
from simulator.derivatives import CALL, PUT
from simulator.draws import octets
from simulator.strings import LOWER_LIMIT, UPPER_LIMIT
from simulator.universe import Stock

_PAGES_OF_STOCKS = 3
"""Halves of pages: so many stocks a draw picks."""


def warrants(request: Request) -> Scenes:
    """ELWs that the inputs let through: of an issuer, on a stock, calls or puts."""
    world, inputs = request.world, request.inputs
    day = world.trading_day(request.moment)
    side = {"1": CALL, "2": PUT}.get(inputs.get("권리구분", ""))
    issuer, stock = inputs.get("발행사코드", ""), inputs.get("기초자산코드", "")
    maker, near = inputs.get("LP코드", ""), elws.find(world, inputs.get("종목코드", ""))
    for elw in elws.listed(world.stocks).values():
        if (
            side in (None, elw.side)
            and all(each.lstrip("0") in ("", elw.issuer.lstrip("0")) for each in (issuer, maker))
            and stock.lstrip("0") in ("", elw.stock.lstrip("0"))
            and (near is None or near.stock == elw.stock)
        ):
            yield from ElwSubject(world, elw, day).now(request.moment)
            yield None


def stocks(request: Request) -> Scenes:
    """Stocks that the inputs let through, those that a draw picks: all of them would take seconds."""
    world, inputs, tr = request.world, request.inputs, request.tr
    assert tr.multi is not None
    market = inputs.get("시장구분", "000")
    chosen = []
    for stock in world.stocks.values():
        if tr.group == "etf" and stock.market != "ETF":
            continue
        if screening.admitted(stock, market, inputs.get("종목조건", "0")):
            drawn = octets(4, "synthetic", world.feed.seed, tr.code, stock.code)
            chosen.append((int.from_bytes(drawn, "big") // max(stock.volume, 1), stock.code, stock))
    chosen.sort(key=lambda each: each[:2])
    yield None
    for _, _, stock in chosen[: _PAGES_OF_STOCKS * tr.multi.rows // 2]:
        yield from _meeting(request, stock)
        yield None


def _meeting(request: Request, stock: Stock) -> Scenes:
    """A stock where it traded and meets the conditions on price and volume."""
    inputs = request.inputs
    traded = inputs.get("거래량구분", inputs.get("거래량조건", "0"))
    worth = inputs.get("거래대금구분", inputs.get("거래대금조건", "0"))
    price = inputs.get("가격구분", inputs.get("가격조건", "0"))
    low, below = screening.RATE_PRICES.get(price, (0, 1 << 60))
    for scene in StockSubject(request.world, stock).listed(request.moment):
        if (
            scene
            and scene.volume >= max(count(traded, 0) * 1_000, 1)
            and scene.value >= count(worth, 0) * 10_000_000
            and low <= scene.price < below
            and not (inputs.get("상하한포함") == "0" and scene.symbol in (UPPER_LIMIT, LOWER_LIMIT))
        ):
            yield scene


def codes(request: Request) -> Scenes:
    """The stocks that are named, or those of a theme."""
    world = request.world
    named = request.inputs.get("종목코드", "")
    codes = named.split(";")
    if request.tr.group == "theme":
        codes = [each[1:] for each in themes.members(world.stocks, named).split(";")]
    for code in codes[:100]:
        stock = world.stock(code)
        if stock:
            yield from _period(request, StockSubject(world, stock).now(request.moment))
        yield None


def _period(request: Request, found: Scenes) -> Scenes:
    """With 기간수익률 over so many days (날짜구분)."""
    world = request.world
    for scene in found:
        stock = world.stocks.get(scene.code) if scene else None
        if scene and stock and "날짜구분" in request.inputs:
            span = count(request.inputs["날짜구분"], 1)
            bars = world.feed.days(stock, krx.previous_trading_day(scene.day), span)
            then = bars[-1].close if bars else scene.base
            scene.facts["기간수익률"] = (scene.price - then) * 10_000 // then
        yield scene


def strikes(request: Request) -> Scenes:
    """Calls by strike, the puts beside them; of opt50022 and opt50065 the puts alone."""
    world, moment = request.world, request.moment
    month = request.inputs.get("만기년월", "")
    puts = request.code in ("opt50022", "opt50065")
    for under in kospi200(world).now(moment):
        if under is None:
            yield None
            continue
        for at_the_money, call, put in contracts.chain(world, month, moment):
            made, other = call.scene(under), put.scene(under)
            made.facts["ATM구분"] = other.facts["ATM구분"] = "1" if at_the_money else "0"
            made.other = other
            yield other if puts else made


def futures(request: Request) -> Scenes:
    """The nearest future on each stock that has any."""
    for under in kospi200(request.world).now(request.moment):
        yield None
        if under is None:
            continue
        for each in contracts.stock_futures(request.world, request.moment):
            for scene in each.now(request.moment):
                if scene:
                    scene.facts["코스피200"] = under.price
                yield scene
            yield None


def indexes(request: Request) -> Scenes:
    """All indexes of a market."""
    world, inputs = request.world, request.inputs
    wanted = inputs.get("업종코드") or {"1": "101"}.get(inputs.get("시장구분", "0"), "001")
    market = next((each for each, named in industries.BY_MARKET.items() if wanted in named), "0")
    whole = 0
    for code in industries.BY_MARKET[market]:
        industry = sectors(world).industry(code)
        for scene in IndexSubject(world, industry).now(request.moment) if industry else ():
            if scene:
                whole = whole or scene.value
                scene.facts["비중"] = scene.value * 10_000 // max(whole, 1)
            yield scene


def constituents(request: Request) -> Scenes:
    """The stocks of a sector."""
    industry = sectors(request.world).industry(request.inputs.get("업종코드", ""))
    for stock in industry.members if industry else ():
        yield from StockSubject(request.world, stock).listed(request.moment)
        yield None


def theme_list(request: Request) -> Scenes:
    """Themes: with how many of their stocks rose, and how much they did on average."""
    world, moment, inputs = request.world, request.moment, request.inputs
    wanted = world.stock(inputs.get("종목코드", ""))
    for group in filter(None, themes.groups(world.stocks, themes.BY_CODE).split(";")):
        code, name = group.split("|")
        codes = [each[1:] for each in themes.members(world.stocks, code).split(";")]
        if inputs.get("테마명", "") not in name or (wanted and wanted.code not in codes):
            continue
        members: List[Scene] = []
        for each in codes:
            subject = StockSubject(world, world.stocks[each])
            members += filter(None, _period(request, subject.now(moment)))
            yield None
        if members:
            yield theme_scene(code, name, members)


def theme_scene(code: str, name: str, members: List[Scene]) -> Scene:
    """A theme as the equal mean of its stocks."""
    rates = [(each.price - each.base) * 10_000 // each.base for each in members]
    rate = sum(rates) // len(rates)
    periods = [fact(each, "기간수익률", own) for each, own in zip(members, rates)]
    scene = replace(
        members[0], code=code, name=name, base=10_000, price=10_000 + rate, points=True, facts={}
    )
    scene.upper, scene.lower = 13_000, 7_000
    best = sorted(zip(rates, members), key=lambda each: (-each[0], each[1].code))
    scene.facts.update(
        종목수=len(members),
        상승종목수=sum(each > 0 for each in rates),
        하락종목수=sum(each < 0 for each in rates),
        등락율=rate,
        등락률=rate,
        기간수익률=sum(periods) // len(periods),
        주요종목=", ".join(each.name for _, each in best[:2]),
    )
    return scene
