"""Every 주식체결 event satisfies the identities of recorded ones."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sapi_kiwoom import catalogue, krx
from simulator.feeds import Tick
from simulator.feeds.generator import Generated
from simulator.tape import Tape, Tapes
from simulator.universe import universe

DAY = date(2026, 11, 19)
FEED = Generated(5)
FIDS = catalogue.real_types()["주식체결"].fids


def trades(feed, stock):
    return [tick for bar in feed.minutes(stock, DAY) for tick in feed.ticks(stock, DAY, bar.minute)]


def values(raw):
    return dict(zip(FIDS, raw.split("\t")))


def packets(code, count):
    feed, stock = Generated(5), universe()[code]
    tape = Tape(feed, stock, DAY)
    for tick in trades(feed, stock)[:count]:
        yield tape, values(tape.publish(tick))


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
    feed, stock = Generated(5), universe()["015760"]
    tape = Tape(feed, stock, DAY)
    tape.advance(krx.midnight(DAY) + 24 * 60 * krx.MINUTE)
    assert tape.upcoming() is None
    bar = feed.day(stock, DAY)
    folded = (tape.open, tape.high, tape.low, tape.last.price)
    assert folded == (bar.open, bar.high, bar.low, bar.close)
    assert (tape.volume, tape.value // 1_000_000) == (bar.volume, bar.value_million)


def test_a_tape_asked_again_goes_on_where_it_was():
    history, stock = Generated(5), universe()["005930"]
    tapes, moment = Tapes(history), krx.midnight(DAY) + 600 * krx.MINUTE
    tape = tapes.at(stock, moment)
    volume = tape.volume
    assert tapes.at(stock, moment + krx.MINUTE) is tape
    assert tape.volume > volume
    fresh = Tape(history, stock, DAY)
    fresh.advance(moment + krx.MINUTE)
    assert (fresh.last, fresh.marks, fresh.value) == (tape.last, tape.marks, tape.value)
    assert tapes.at(stock, moment).volume == volume


@pytest.mark.parametrize("minute", [539, 540, 655, 930, 1_000])
def test_advancing_folds_every_trade_until_then(minute):
    feed, stock = Generated(5), universe()["015760"]
    moment = krx.midnight(DAY) + minute * krx.MINUTE + 30_000_000
    advanced, folded = Tape(feed, stock, DAY), Tape(feed, stock, DAY)
    advanced.advance(moment)
    for tick in trades(feed, stock):
        if tick.at <= moment:
            folded.add(tick)
    for name in ("last", "marks", "volume", "value", "bought", "sold", "buys", "sells"):
        assert getattr(advanced, name) == getattr(folded, name), name


def test_a_copy_goes_on_by_itself():
    feed, stock = Generated(5), universe()["015760"]
    ticks = trades(feed, stock)[:60]
    whole = Tape(feed, stock, DAY)
    expected = [whole.publish(tick) for tick in ticks]
    tape = Tape(feed, stock, DAY)
    first = [tape.publish(tick, coming=ticks) for tick in ticks[:30]]
    copied = tape.copy()
    assert [copied.publish(tick, coming=ticks) for tick in ticks[30:]] == expected[30:]
    assert tape.last == ticks[29]
    assert first + [tape.publish(tick, coming=ticks) for tick in ticks[30:]] == expected


def test_best_quotes_may_be_given():
    feed, stock = Generated(5), universe()["015760"]
    tick = trades(feed, stock)[0]
    asked = Tape(feed, stock, DAY).publish(tick)
    assert Tape(feed, stock, DAY).publish(tick, feed.best_quotes(stock, tick)) == asked
    tape = Tape(feed, stock, DAY)
    found = values(tape.publish(tick, (0, tape.lower)))
    assert (found[27], found[28]) == ("-0", f"-{tape.lower}")


def test_a_trade_that_the_feed_does_not_have():
    feed, stock = Generated(5), universe()["015760"]
    tape = Tape(feed, stock, DAY)
    first = trades(feed, stock)[0]
    tape.publish(first)
    volume = tape.volume
    found = values(tape.publish(Tick(first.at + 1, tape.upper, 7, 1), (0, tape.upper)))
    assert (found[15], found[13], found[25]) == ("+7", str(volume + 7), "1")
    assert found[567] != "000000"


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_what_is_written_ahead_is_what_would_be_written_then(data):
    """Whatever comes between: trades of orders, touches that orders changed, a part of a minute."""
    feed, stock = FEED, universe()[data.draw(st.sampled_from(["005930", "015760", "069500"]))]
    bar = data.draw(st.sampled_from(feed.minutes(stock, DAY)[:40]))
    coming = feed.ticks(stock, DAY, bar.minute)
    ahead, alone = Tape(feed, stock, DAY), Tape(feed, stock, DAY)
    for tick in coming[data.draw(st.integers(0, len(coming) - 1)) :][:40]:
        if data.draw(st.integers(0, 9)) == 0:
            own = Tick(tick.at, tick.price, data.draw(st.integers(1, 1_000)), tick.side)
            touch = data.draw(st.sampled_from([None, (0, tick.price), (tick.price, 0)]))
            assert ahead.publish(own, touch, feed, coming) == alone.publish(own, touch)
        assert ahead.publish(tick, None, feed, coming) == alone.publish(tick)
        assert (ahead.volume, ahead.marks) == (alone.volume, alone.marks)
