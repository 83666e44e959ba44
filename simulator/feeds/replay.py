"""A day of many stocks in order of time, as typed events, as fast as it can be drawn.

For whoever only looks: no loop, no strings, no orders. `simulator.market.exchange` plays the same events in
market time.
"""

from __future__ import annotations

import gc
from contextlib import contextmanager
from datetime import date
from itertools import repeat
from typing import Callable, Dict, Iterable, Iterator, List, Tuple, Union

from sapi_kiwoom import krx
from simulator.feeds import Feed, Quote, Tick
from simulator.feeds.bars import KRX
from simulator.universe import Stock

Event = Union[Tick, Quote]


@contextmanager
def _uncollected() -> Iterator[None]:
    """Events hold no cycles, yet Python's collector would go through all of a minute's again and again."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def replay(
    feed: Feed,
    stocks: Iterable[Stock],
    day: date,
    callback: Callable[[Stock, Event], None],
    *,
    books: bool = False,
    minutes: Tuple[int, int] = (0, 24 * 60),
    board: str = KRX,
) -> int:
    """Hand over every trade of some stocks on a day.

    Args:
        feed: what trades.
        stocks: which; of events at the same microsecond, the stock that stands first comes first.
        day: a trading day.
        callback: called with the stock and the event.
        books: hand over the books too.
        minutes: the first minute of the day (540 is 09:00) and the one after the last.
        board: where.

    Returns:
        How many events there were.
    """
    trading: Dict[int, List[Stock]] = {}
    for stock in stocks:
        bars = [bar.minute for bar in feed.minutes(stock, day, board)]
        within = range(bars[0], bars[-1] + 1) if books and bars else bars
        for minute in within:
            if minutes[0] <= minute < minutes[1]:
                trading.setdefault(minute, []).append(stock)
    count = 0
    ahead = getattr(feed, "draw_ahead", None)
    for minute in sorted(trading):
        with _uncollected():
            start = krx.midnight(day) + minute * krx.MINUTE
            events: List[Event] = []
            owners: List[Stock] = []
            if ahead:
                ahead(trading[minute], day, minute, board)
            for stock in trading[minute]:
                passed = len(events)
                events += feed.ticks(stock, day, minute, board)
                if books:
                    events += feed.quotes(stock, day, minute, board)
                owners += repeat(stock, len(events) - passed)
            # Each stock's events are runs in order of time, at which the sort is quicker than heapq.merge,
            # and quicker still with numbers that fit one digit of Python's.
            since = [event[0] - start for event in events]
            order = sorted(range(len(events)), key=since.__getitem__)
        count += len(events)
        for place in order:
            callback(owners[place], events[place])
    return count
