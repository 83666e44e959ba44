"""A day of many stocks in order of time, as typed events, as fast as it can be drawn.

For whoever only looks: no loop, no strings, no orders. `simulator.market.exchange` plays the same events in
market time.
"""

from __future__ import annotations

from datetime import date
from operator import itemgetter
from typing import Callable, Dict, Iterable, List, Tuple, Union

from simulator.feeds import Feed, Quote, Tick
from simulator.feeds.bars import KRX
from simulator.universe import Stock

Event = Union[Tick, Quote]

_AT = itemgetter(0)


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
    for minute in sorted(trading):
        events: List[Tuple[int, Stock, Event]] = []
        for stock in trading[minute]:
            events += [(tick[0], stock, tick) for tick in feed.ticks(stock, day, minute, board)]
            if books:
                quotes = feed.quotes(stock, day, minute, board)
                events += [(quote[0], stock, quote) for quote in quotes]
        # Each stock's events are runs in order of time, at which the sort is quicker than heapq.merge.
        events.sort(key=_AT)
        count += len(events)
        for _, stock, event in events:
            callback(stock, event)
    return count
