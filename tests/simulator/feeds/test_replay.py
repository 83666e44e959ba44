"""The quick way through a day gives the same events as asking minute by minute."""

import gc
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


class OneByOne:
    """A feed that is asked for each minute of each stock alone."""

    def __init__(self, feed):
        self.minutes, self.ticks, self.quotes = feed.minutes, feed.ticks, feed.quotes


@pytest.mark.parametrize("books", [False, True])
def test_what_is_drawn_ahead_changes_nothing(books):
    together, alone = [], []
    for feed, seen in ((Generated(7), together), (OneByOne(Generated(7)), alone)):
        count = replay(
            feed,
            [STOCKS[2], STOCKS[0]],
            DAY,
            lambda *each, seen=seen: seen.append(each),
            books=books,
            minutes=(9 * 60, 9 * 60 + 2),
        )
        assert count == len(seen)
    assert together == alone


def test_events_of_one_microsecond_come_in_the_order_of_their_stocks():
    class Feed:
        def minutes(self, stock, day, board):
            return Generated(7).minutes(stock, day)[:1]

        def ticks(self, stock, day, minute, board):
            start = krx.midnight(day) + minute * krx.MINUTE
            return [Tick(start + 5, stock.price, 1, 1), Tick(start + 5, stock.price, 2, 1)]

    seen = []
    replay(Feed(), STOCKS, DAY, lambda stock, tick: seen.append((stock, tick.quantity)))
    assert seen == [(stock, quantity) for stock in STOCKS for quantity in (1, 2)]


def test_the_collector_of_garbage_is_left_as_it_was():
    seen = []

    class Failing(OneByOne):
        def __init__(self, feed):
            super().__init__(feed)
            self.ticks = lambda *_: seen.append(gc.isenabled()) or 1 // 0

    replay(
        Generated(7), STOCKS[2:], DAY, lambda *_: seen.append(gc.isenabled()), minutes=(540, 541)
    )
    assert set(seen) == {True}
    with pytest.raises(ZeroDivisionError):
        replay(Failing(Generated(7)), STOCKS[2:], DAY, print, minutes=(540, 541))
    assert seen[-1] is False
    assert gc.isenabled()
    gc.disable()
    try:
        replay(Generated(7), STOCKS[2:], DAY, lambda *_: None, minutes=(540, 541))
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_a_whole_day_adds_up_to_its_bar():
    feed, volume = Generated(7), 0

    def add(_, tick):
        nonlocal volume
        volume += tick.quantity

    replay(feed, [STOCKS[2]], DAY, add)
    assert volume == feed.day(STOCKS[2], DAY).volume
    assert replay(feed, [], DAY, add) == 0
    assert krx.is_trading_day(DAY)
