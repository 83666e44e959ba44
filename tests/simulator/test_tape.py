"""Every 주식체결 event satisfies the identities of recorded ones."""

from datetime import date

import pytest

from sapi_kiwoom import catalogue, krx
from simulator.feeds import Tick
from simulator.feeds.generator import Generated
from simulator.tape import Tape, Tapes
from simulator.universe import universe

DAY = date(2026, 11, 19)
FIDS = catalogue.real_types()["주식체결"].fids


def packets(code, count):
    tape = Tape(Generated(5), universe()[code], DAY)
    while tape.upcoming() is not None and count > 0:
        tape.fold()
        yield tape, dict(zip(FIDS, tape.packet().split("\t")))
        count -= 1


@pytest.mark.parametrize("code", ["005930", "015760", "069500", "0126Z0"])
def test_identities_of_every_trade(code):
    history, stock = Generated(5), universe()[code]
    base = history.base_price(stock, DAY)
    yesterday = history.day(stock, krx.previous_trading_day(DAY))
    volume = sold = bought = sells = buys = 0
    for tape, packet in packets(code, 2_000):
        price, side = abs(int(packet[10])), packet[15][0]
        quantity = abs(int(packet[15]))
        volume += quantity
        sold += quantity if side == "-" else 0
        bought += quantity if side == "+" else 0
        sells += side == "-"
        buys += side == "+"
        assert len(packet) == len(FIDS) == 43
        assert packet[10][0] == ("+" if price > base else "-" if price < base else " ")
        assert int(packet[11]) == price - base
        assert float(packet[12]) == pytest.approx((price - base) / base * 100, abs=0.0051)
        assert int(packet[13]) == volume
        assert int(packet[14]) == tape.value // 1_000_000
        assert int(packet[26]) == volume - yesterday.volume
        assert abs(float(packet[30])) == pytest.approx(volume / yesterday.volume * 100, abs=0.0051)
        assert (packet[30][0] == "-") == (volume < yesterday.volume)
        assert (int(packet[1030]), int(packet[1031])) == (sold, bought)
        assert (int(packet[1071]), int(packet[1072])) == (sells, buys)
        if sold:
            assert float(packet[228]) == pytest.approx(bought / sold * 100, abs=0.0051)
        if sold + bought:
            share = bought / (sold + bought) * 100
            assert abs(float(packet[1032])) == pytest.approx(share, abs=0.0051)
            assert (packet[1032][0] == "-") == (abs(float(packet[1032])) < 50)
        low, high = abs(int(packet[18])), abs(int(packet[17]))
        assert low <= price <= high
        assert low <= abs(int(packet[16])) <= high
        ask, bid = abs(int(packet[27])), abs(int(packet[28]))
        if ask and bid:
            assert bid < ask
        if side == "+" and ask:
            assert price == ask
        if side == "-" and bid:
            assert price == bid
        assert int(packet[1313]) == (quantity * price // 1000) * (-1 if side == "-" else 1)
        assert packet[25] in "12345"
        assert packet[290] in "23"


def test_the_days_trades_add_up_to_its_bar():
    stock = universe()["015760"]
    tape = Tape(Generated(5), stock, DAY)
    tape.advance(krx.midnight(DAY) + 24 * 60 * krx.MINUTE)
    assert tape.upcoming() is None
    last = dict(zip(FIDS, tape.packet().split("\t")))
    bar = Generated(5).day(stock, DAY)
    assert (tape.open, tape.high, tape.low, tape.last.price) == (
        bar.open,
        bar.high,
        bar.low,
        bar.close,
    )
    assert int(last[13]) == bar.volume
    assert int(last[14]) == bar.value_million


def test_a_tape_asked_again_goes_on_where_it_was():
    history, stock = Generated(5), universe()["005930"]
    tapes, moment = Tapes(history), krx.midnight(DAY) + 600 * krx.MINUTE
    tape = tapes.at(stock, moment)
    volume = tape.volume
    assert tapes.at(stock, moment + krx.MINUTE) is tape
    assert tape.volume > volume
    fresh = Tape(history, stock, DAY)
    fresh.advance(moment + krx.MINUTE)
    assert fresh.packet() == tape.packet()
    assert tapes.at(stock, moment).volume == volume


@pytest.mark.parametrize("minute", [539, 540, 655, 930, 1_000])
def test_advancing_folds_every_trade_until_then(minute):
    feed, stock = Generated(5), universe()["015760"]
    moment = krx.midnight(DAY) + minute * krx.MINUTE + 30_000_000
    advanced, folded = Tape(feed, stock, DAY), Tape(feed, stock, DAY)
    advanced.advance(moment)
    while folded.upcoming() is not None and folded.upcoming().at <= moment:
        folded.fold()
    for name in ("last", "marks", "volume", "value", "bought", "sold", "buys", "sells"):
        assert getattr(advanced, name) == getattr(folded, name), name
    assert advanced.upcoming() == folded.upcoming()


def test_a_copy_goes_on_by_itself():
    tape = Tape(Generated(5), universe()["015760"], DAY)
    tape.advance(krx.midnight(DAY) + 700 * krx.MINUTE)
    before, volume = tape.packet(), tape.volume
    copied = tape.copy()
    copied.fold()
    assert copied.packet() != before
    assert (tape.packet(), tape.volume) == (before, volume)


def test_best_quotes_may_be_given():
    feed, stock = Generated(5), universe()["015760"]
    tape = Tape(feed, stock, DAY)
    tick = tape.fold()
    assert tape.packet(feed.best_quotes(stock, tick)) == tape.packet()
    values = dict(zip(FIDS, tape.packet((0, tape.lower)).split("\t")))
    assert (values[27], values[28]) == ("-0", f"-{tape.lower}")


def test_a_trade_that_the_feed_does_not_have():
    tape = Tape(Generated(5), universe()["015760"], DAY)
    last = tape.fold()
    volume, upcoming = tape.volume, tape.upcoming()
    tape.add(Tick(last.at + 1, tape.upper, 7, 1))
    values = dict(zip(FIDS, tape.packet((0, tape.upper)).split("\t")))
    assert (values[15], values[13], values[25]) == ("+7", str(volume + 7), "1")
    assert values[567] != "000000"
    assert tape.upcoming() == upcoming
