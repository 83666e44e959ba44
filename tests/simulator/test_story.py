"""TRs, real time and chejan tell one story, whatever users do and however their orders are filled."""

import hashlib
import os
import subprocess
import sys
from collections import defaultdict
from itertools import islice

import pytest

from sapi_kiwoom import catalogue, krx
from simulator import Scenario, Simulator
from simulator.answers.table import ANSWERS
from simulator.brokerage.order import CANCEL
from simulator.draws import Draws
from simulator.scenario.model import AccountSpec, Holding
from simulator.universe import universe
from tests.simulator.answering import CODE, TODAY, at
from tests.simulator.trader import ACCOUNT, Trader, chejan

OTHER = "001680"
CODES = (CODE, OTHER)
REAL = {name: each.fids for name, each in catalogue.real_types().items()}
TRADE, BOOK, BEST, EXPECTED = "주식체결", "주식호가잔량", "주식우선호가", "주식예상체결"
CASH = 500_000_000


def play(fills, seed=3, start=(8, 55), minutes=25, server="real"):
    """Somebody who watches two stocks and trades them with a steady hand; everything that was heard."""
    holdings = tuple(Holding(code, 200, 200 * universe()[code].price) for code in CODES)
    spec = AccountSpec(cash=CASH, holdings=holdings)
    scenario = Scenario(codes=CODES, fills=fills, server=server, accounts=(spec,))
    simulator = Simulator(seed, at=at(*start), scenario=scenario)
    client = Trader(simulator.loop, simulator.control).login()
    client.simulator = simulator
    client.control.SetRealReg("1000", ";".join(CODES), "15;27;41", "0")
    end = simulator.loop.now() + minutes * krx.MINUTE
    number = 0
    while simulator.loop.now() < end:
        number += 1
        draws = Draws(seed, "hand", number)
        trade_once(client, draws)
        client.run(draws.between(3, 25))
    client.run(5)  # what is on its way arrives
    return client


def trade_once(client, draws):
    simulator = client.simulator
    stock = simulator.world.stocks[CODES[draws.below(2)]]
    table = krx.tick_table(stock.market, TODAY)
    _, bid = simulator.house.exchange.touch(stock)
    near = table.index(bid or simulator.world.feed.base_price(stock, TODAY))
    price = table.price(near + draws.between(-3, 4))
    quantity = draws.between(1, 40)
    open_orders = [
        o for o in simulator.house.desk.orders(ACCOUNT) if o.open and o.stock is stock
    ]  # fmt: skip
    what = draws.below(10)
    if what < 5 or not open_orders:
        client.send(1 + draws.below(2), quantity, price, code=stock.code)
    elif what < 7:
        client.send(1 + draws.below(2), quantity, code=stock.code)
    else:
        order = open_orders[draws.below(len(open_orders))]
        side = 0 if order.side > 0 else 1
        number = f"{order.number:07d}"
        part = draws.below(order.open + 1)
        if what == 7:
            client.send(3 + side, part, 0, "00", number, code=stock.code)
        else:
            client.send(5 + side, part, price, "00", number, code=stock.code)


_heard = {}


def heard(fills):
    """The same for every test that only reads it."""
    if fills not in _heard:
        _heard[fills] = play(fills)
    return _heard[fills]


each_model = pytest.mark.parametrize("fills", ["touch", "queue", "book"])


def packets(client, real_type, code):
    fids = REAL[real_type]
    return [
        dict(zip(fids, raw.split("\t")))
        for kind, *event in client.log
        if kind == "real" and event[:2] == [code, real_type]
        for raw in event[2:]
    ]


def won(text):
    """A price without its colour."""
    return abs(int(text))


def ask(client, tr, count=400, **inputs):
    """What a TR answers at this very moment: the single record, and the first rows, by field name."""
    record = catalogue.tr(tr)
    given = {**{each.name: "" for each in record.inputs}, **inputs}
    reply = ANSWERS[tr.lower()](client.simulator.world, given, client.loop.now())
    single = [each.name for each in record.single.fields] if record.single else []
    multi = [each.name for each in record.multi.fields] if record.multi else []
    rows = islice((row for row in reply.rows if row is not None), count)
    return dict(zip(single, reply.single)), [dict(zip(multi, row)) for row in rows]


# -- what is traded --------------------------------------------------------------------------------


@each_model
@pytest.mark.parametrize("code", CODES)
def test_every_trade_carries_on_from_the_one_before(fills, code):
    trades = packets(heard(fills), TRADE, code)
    assert len(trades) > 50
    stock = universe()[code]
    feed = heard(fills).simulator.world.feed
    base, (upper, lower) = feed.base_price(stock, TODAY), feed.limits(stock, TODAY)
    table = krx.tick_table(stock.market, TODAY)
    volume = value = bought = sold = buys = sells = 0
    high = low = first = None
    for each in trades:
        price, quantity = won(each[10]), won(each[15])
        side = {"+": 1, "-": -1}.get(each[15][0], 0)
        volume, value = volume + quantity, value + price * quantity
        bought, sold = bought + quantity * (side > 0), sold + quantity * (side < 0)
        buys, sells = buys + (side > 0), sells + (side < 0)
        first = first or price
        high, low = max(high or price, price), min(low or price, price)
        assert lower <= price <= upper and price % table.tick(price) == 0
        assert int(each[11]) == price - base
        assert int(each[13]) == volume
        assert int(each[14]) == value // 1_000_000
        assert (won(each[16]), won(each[17]), won(each[18])) == (first, high, low)
        assert (int(each[1030]), int(each[1031])) == (sold, bought)
        assert (int(each[1071]), int(each[1072])) == (sells, buys)
        assert each[290] == "2"
        if sold:
            assert abs(float(each[228]) - 100 * bought / sold) < 0.0051
        offered, wanted = won(each[27]), won(each[28])
        assert not offered or not wanted or wanted < offered
        if fills != "book" and side:
            assert price in (offered, wanted)


@each_model
@pytest.mark.parametrize("code", CODES)
def test_bars_rebuilt_from_trades_are_those_of_the_charts(fills, code):
    client = heard(fills)
    minutes = defaultdict(list)
    trades = packets(client, TRADE, code)
    for each in trades:
        minutes[each[20][:4]].append((won(each[10]), won(each[15])))
    _, rows = ask(client, "opt10080", 종목코드=code, 틱범위="1", 수정주가구분="1")
    _, ticks = ask(client, "opt10079", 종목코드=code, 틱범위="1", 수정주가구분="1")
    _, days = ask(client, "opt10081", 종목코드=code, 기준일자="", 수정주가구분="1")
    today = TODAY.strftime("%Y%m%d")
    found = {row["체결시간"][8:12]: row for row in rows if row["체결시간"].startswith(today)}
    assert len(minutes) > 10
    for minute, own in minutes.items():
        row, prices = found[minute], [price for price, _ in own]
        assert [won(row[name]) for name in ("시가", "고가", "저가", "현재가", "거래량")] == [
            prices[0], max(prices), min(prices), prices[-1], sum(n for _, n in own)
        ]  # fmt: skip
    newest = [(r["체결시간"][8:], int(r["현재가"]), int(r["거래량"])) for r in ticks]
    told = [(each[20], won(each[10]), won(each[15])) for each in reversed(trades)]
    assert newest[: len(told)] == told[: len(newest)]
    prices = [price for _, price, _ in told]
    bar = days[0]
    assert [int(bar[name]) for name in ("일자", "시가", "고가", "저가", "현재가", "거래량")] == [
        int(today), prices[-1], max(prices), min(prices), prices[0], sum(n for _, _, n in told)
    ]  # fmt: skip


@each_model
@pytest.mark.parametrize("code", CODES)
def test_books_are_whole_and_the_best_quotes_are_their_first_level(fills, code):
    client = heard(fills)
    stock, feed = universe()[code], client.simulator.world.feed
    table, (upper, lower) = krx.tick_table(stock.market, TODAY), feed.limits(stock, TODAY)
    best = (0, 0)
    books = 0
    for kind, *event in client.log:
        if kind != "real" or event[0] != code:
            continue
        values = dict(zip(REAL[event[1]], event[2].split("\t")))
        if event[1] == BEST:
            assert (won(values[27]), won(values[28])) != best, "only what changes is told"
            best = won(values[27]), won(values[28])
        if event[1] == BOOK:
            books += 1
            asks = [(won(values[41 + n]), int(values[61 + n])) for n in range(10)]
            bids = [(won(values[51 + n]), int(values[71 + n])) for n in range(10)]
            assert (asks[0][0], bids[0][0]) == best
            for levels, way in ((asks, 1), (bids, -1)):
                shown = [price for price, shares in levels if price]
                assert shown == sorted(set(shown), reverse=way < 0)
                assert all((shares > 0) == (price > 0) for price, shares in levels)
                for price in shown:
                    assert lower <= price <= upper and price % table.tick(price) == 0
            if asks[0][0] and bids[0][0]:
                assert bids[0][0] < asks[0][0]
            assert int(values[121]) == sum(shares for _, shares in asks)
            assert int(values[125]) == sum(shares for _, shares in bids)
    assert books > 100


@each_model
@pytest.mark.parametrize("code", CODES)
def test_quotes_on_request_are_those_told_last(fills, code):
    client = heard(fills)
    book, trade = packets(client, BOOK, code)[-1], packets(client, TRADE, code)[-1]
    _, (row,) = ask(client, "opt10004", 종목코드=code)
    levels = [won(row[f"매도{n}차선호가"]) for n in range(2, 11)]
    assert [won(row["매도최우선호가"]), *levels] == [won(book[41 + n]) for n in range(10)]
    assert int(row["매수최우선잔량"]) == int(book[71])
    assert (row["호가잔량기준시간"], int(row["총매도잔량"])) == (book[21], int(book[121]))
    single, _ = ask(client, "opt10001", 종목코드=code)
    for name, fid in (("현재가", 10), ("시가", 16), ("고가", 17), ("저가", 18), ("거래량", 13)):
        assert won(single[name]) == won(trade[fid])
    _, (print_, *_) = ask(client, "opt10003", 종목코드=code)
    assert [print_["시간"], won(print_["현재가"]), won(print_["체결거래량"])] == [
        trade[20], won(trade[10]), won(trade[15])
    ]  # fmt: skip
    assert [won(print_[name]) for name in ("우선매도호가단위", "우선매수호가단위")] == [
        won(trade[27]), won(trade[28])
    ]  # fmt: skip
    assert int(print_["누적거래량"]) == int(trade[13])


# -- auctions --------------------------------------------------------------------------------------


@each_model
def test_an_auction_gathers_and_is_told(fills):
    client = play(fills, start=(15, 17), minutes=14)
    for code in CODES:
        outlook, trades = packets(client, EXPECTED, code), packets(client, TRADE, code)
        assert len(outlook) > 5
        assert all("152000" <= each[20] < "153030" for each in outlook)
        closing = trades[-1]
        assert closing[20] >= "153000" and closing[15][0] not in "+-"
        if fills != "book":
            assert int(outlook[-1][15]) <= won(closing[15])
        fills_then = [
            values for values in chejan(client.log, "체결")
            if values[9001][1:] == code and values[908] >= "153000" and values[914]
        ]  # fmt: skip
        for values in fills_then:
            assert int(values[914]) == won(closing[10]), "one price for all"
    for order in client.simulator.house.desk.orders(ACCOUNT):
        assert order.kind == CANCEL or order.open >= 0
    client.run(60)
    assert all(order.open == 0 for order in client.simulator.house.desk.orders(ACCOUNT))


# -- what is owned ---------------------------------------------------------------------------------


@each_model
def test_orders_are_what_filled_what_is_open_and_what_was_taken_back(fills):
    client = heard(fills)
    told = {values[9203]: values for values in chejan(client.log) if 9203 in values}
    parts = defaultdict(list)
    for values in chejan(client.log, "체결"):
        if values[914]:
            parts[values[9203]].append((int(values[914]), int(values[915])))
    orders = client.simulator.house.desk.orders(ACCOUNT)
    assert len(orders) > 40 and len(parts) > 10
    _, rows = ask(client, "opt10076", 계좌번호=ACCOUNT, 조회구분="0", 매도수구분="0", 체결구분="0")
    by_number = {row["주문번호"]: row for row in rows}
    for order in orders:
        number = f"{order.number:07d}"
        own, row = parts[number], by_number[number]
        assert sum(n for _, n in own) == order.filled == int(row["체결량"])
        assert sum(price * n for price, n in own) == order.value == int(told[number][903])
        assert int(told[number][902]) == order.open == int(row["미체결수량"])
        assert int(row["당일매매수수료"]) == order.fee == int(told[number][938])
        if order.kind != CANCEL:
            assert order.quantity == order.filled + order.open + order.withdrawn
    _, rows = ask(
        client, "opt10075", 계좌번호=ACCOUNT, 전체종목구분="0", 매매구분="0", 체결구분="1"
    )
    assert {row["주문번호"] for row in rows} == {f"{o.number:07d}" for o in orders if o.open}


@each_model
def test_the_account_is_the_sum_of_its_events(fills):
    client = heard(fills)
    shares, spent = dict.fromkeys(CODES, 200), 0
    costs = {}
    for values in chejan(client.log, "체결"):
        if values[914]:
            side = 1 if values[907] == "2" else -1
            shares[values[9001][1:]] += side * int(values[915])
            spent += side * int(values[914]) * int(values[915])
            costs[values[9203]] = int(values[938]) + int(values[939])
    paid = sum(costs.values())
    single, _ = ask(client, "opw00001", 계좌번호=ACCOUNT, 조회구분="2")
    assert int(single["d+2추정예수금"]) == CASH - spent - paid
    assert int(single["예수금"]) == CASH, "today's trades are settled in two days"
    _, rows = ask(client, "opw00018", 계좌번호=ACCOUNT, 조회구분="1")
    assert {row["종목번호"][1:]: int(row["보유수량"]) for row in rows} == shares
    latest = {}
    for values in chejan(client.log, "잔고"):
        latest[values[9001][1:]] = values
    for row in rows:
        values = latest[row["종목번호"][1:]]
        assert int(row["보유수량"]) == int(values[930])
        assert int(row["매입금액"]) == int(values[932])
    _, evaluated = ask(client, "opw00004", 계좌번호=ACCOUNT)
    assert {row["종목코드"][1:]: int(row["보유수량"]) for row in evaluated} == shares
    _, results = ask(client, "opt10085", 계좌번호=ACCOUNT)
    realised = sum(int(row["당일매도손익"]) for row in results)
    newest = chejan(client.log, "잔고")[-1]
    assert realised == int(newest[990])
    # Nothing is made or lost: what shares cost went into holdings and came out by sales.
    account = client.simulator.house.desk.accounts[ACCOUNT]
    start = sum(200 * universe()[code].price for code in CODES)
    sales = account.sales(TODAY, TODAY)
    bought = spent + sum(sale.value for sale in sales)
    held = sum(holding.cost for holding in account.holdings.values())
    assert held == start + bought - sum(sale.cost for sale in sales)
    gained = sum(sale.value - sale.cost - sale.buy_fee - sale.fee - sale.tax for sale in sales)
    assert realised == gained


# -- the same again --------------------------------------------------------------------------------

CHILD = """
import sys
from tests.simulator.test_story import play, digest
print(digest(play(sys.argv[1], minutes=6)))
"""


def digest(client):
    log = [
        (kind, *(tuple(each.items()) if isinstance(each, dict) else each for each in values))
        for kind, *values in client.log
    ]
    return hashlib.sha256(repr(log).encode()).hexdigest()


@each_model
def test_the_same_seed_tells_the_same_in_another_process(fills):
    digests = set()
    for seed in "1", "4711":
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run(
            [sys.executable, "-c", CHILD, fills],
            env=environment, capture_output=True, text=True, check=True, timeout=50,
        )  # fmt: skip
        digests.add(done.stdout.strip())
    assert digests == {digest(play(fills, minutes=6))}


def test_another_seed_tells_something_else():
    assert digest(play("touch", minutes=2)) != digest(play("touch", seed=4, minutes=2))
