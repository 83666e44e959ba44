"""The quick way through a day gives the same events as asking minute by minute."""

from datetime import date

import pytest

from sapi_kiwoom import krx
from simulator.feeds import Quote, Tick
from simulator.feeds.bars import NXT
from simulator.feeds.generator import Generated
from simulator.feeds.replay import replay
from simulator.universe import universe

DAY = date(2026, 11, 20)
STOCKS = [universe()[code] for code in ("000660", "005930", "000020")]
HALF_PAST_NINE = (9 * 60 + 30, 9 * 60 + 33)


@pytest.mark.parametrize("board", ["KRX", NXT])
def test_every_trade_comes_once_in_order_of_time(board):
    feed, seen = Generated(7), []
    count = replay(
        feed, STOCKS, DAY, lambda *each: seen.append(each), minutes=HALF_PAST_NINE, board=board
    )
    assert count == len(seen) > 0
    assert [tick.at for _, tick in seen] == sorted(tick.at for _, tick in seen)
    for stock in STOCKS:
        expected = [
            tick
            for minute in range(*HALF_PAST_NINE)
            for tick in feed.ticks(stock, DAY, minute, board)
        ]
        assert [tick for each, tick in seen if each is stock] == expected


def test_books_stand_where_they_belong():
    feed, seen = Generated(7), []
    stock = STOCKS[2]
    replay(
        feed, [stock], DAY, lambda _, each: seen.append(each), books=True, minutes=HALF_PAST_NINE
    )
    quotes = [
        quote for minute in range(*HALF_PAST_NINE) for quote in feed.quotes(stock, DAY, minute)
    ]
    assert [each for each in seen if type(each) is Quote] == quotes
    assert any(type(each) is Tick for each in seen)
    assert [each.at for each in seen] == sorted(each.at for each in seen)


def test_a_whole_day_adds_up_to_its_bar():
    feed, volume = Generated(7), 0

    def add(_, tick):
        nonlocal volume
        volume += tick.quantity

    replay(feed, [STOCKS[2]], DAY, add)
    assert volume == feed.day(STOCKS[2], DAY).volume
    assert replay(feed, [], DAY, add) == 0
    assert krx.is_trading_day(DAY)
