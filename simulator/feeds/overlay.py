"""A feed over another one: some days of some stocks are replaced, everything else shows through.

A replaced day's minutes are folded from its trades, its bar from its minutes. Its close is the next day's
base price. A day that is not replaced but has another base price than below keeps its trades, each moved
no further than into its new limits; so does the day after it, until one closes where the feed below has
it. From then on both are the same again.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from datetime import date
from itertools import chain, groupby
from typing import Callable, Dict, Iterable, Iterator, List, Mapping, Optional, Sequence, Tuple

from sapi_kiwoom import krx
from simulator.feeds import Feed
from simulator.feeds.around import (
    auction_orders,
    best_quotes,
    expected_before,
    into_limits,
    quotes_around,
)
from simulator.feeds.bars import KRX, DayBar, Expected, MinuteBar, Quote, Tick
from simulator.feeds.folding import (
    bar_into_limits,
    day_so_far,
    fold_day,
    fold_minute,
    minute_of,
    minutes_so_far,
)
from simulator.feeds.generator.expected import Orders
from simulator.universe import Stock

Touch = Callable[[Tick], Optional[Tuple[int, int]]]
"""Best ask and best bid after a trade where they are known, else None."""

_ROOM = 256
"""Days with moved limits that are kept."""


class _Column:
    """Trades in a fifth of the room that a list of them takes."""

    def __init__(self, ticks: Iterable[Tick]) -> None:
        self._numbers = array("q", chain.from_iterable(ticks))

    def ticks(self) -> List[Tick]:
        numbers = self._numbers
        return list(map(Tick, numbers[::4], numbers[1::4], numbers[2::4], numbers[3::4]))


class ReplacedDay:
    """What one stock trades on one day on one board.

    Args:
        minutes: the day's minutes with trades.
        ticks: gives the trades of any minute that ``minutes`` names.
        quotes: the books of minutes in which they are known; around the trades elsewhere.
        touch: best ask and bid after a trade, where they are known.
    """

    def __init__(
        self,
        minutes: Sequence[MinuteBar],
        ticks: Callable[[int], Sequence[Tick]],
        quotes: Optional[Mapping[int, List[Quote]]] = None,
        touch: Optional[Touch] = None,
    ) -> None:
        self.minutes = tuple(minutes)
        self.touch = touch
        self._ticks = ticks
        self._quotes = dict(quotes or {})
        self._changed: Dict[int, Tuple[Tick, ...]] = {}

    @classmethod
    def of(
        cls,
        ticks: Iterable[Tick],
        table: krx.TickTable,
        quotes: Iterable[Quote] = (),
        touch: Optional[Touch] = None,
    ) -> ReplacedDay:
        """A day of given trades, in order of time."""
        trades = {minute: _Column(each) for minute, each in groupby(ticks, minute_of)}
        books: Dict[int, List[Quote]] = defaultdict(list)
        for quote in quotes:
            books[krx.day_and_minute(quote.at)[1]].append(quote)
        bars = [fold_minute(minute, each.ticks(), table) for minute, each in trades.items()]
        return cls(bars, lambda minute: trades[minute].ticks(), books, touch)

    def ticks(self, minute: int) -> Sequence[Tick]:
        """The trades of a minute."""
        if minute in self._changed:
            return self._changed[minute]
        place = bisect_left([bar.minute for bar in self.minutes], minute)
        if place == len(self.minutes) or self.minutes[place].minute != minute:
            return ()
        return self._ticks(minute)

    def quotes(self, minute: int) -> Optional[List[Quote]]:
        """The known books of a minute; None where they must be made."""
        return self._quotes.get(minute)

    def change(
        self,
        minute: int,
        ticks: Sequence[Tick],
        table: krx.TickTable,
        quotes: Optional[List[Quote]] = None,
    ) -> None:
        """Let other trades have happened in a minute."""
        bars = {bar.minute: bar for bar in self.minutes}
        bars.pop(minute, None)
        if ticks:
            bars[minute] = fold_minute(minute, ticks, table)
        self.minutes = tuple(bars[each] for each in sorted(bars))
        self._changed[minute] = tuple(ticks)
        self._quotes.pop(minute, None)
        if quotes is not None:
            self._quotes[minute] = quotes


class Overlay:
    """A `Feed` over another one.

    Args:
        feed: the feed below.

    Attributes:
        seed: the one of the feed below.
        immutable: whether a user's own orders may not change what trades, as in a recording.
    """

    immutable = False

    def __init__(self, feed: Feed) -> None:
        self.seed = feed.seed
        self.immutable = getattr(feed, "immutable", False) or self.immutable
        self._feed = feed
        self._days: Dict[Tuple[str, date, str], ReplacedDay] = {}
        self._given_bases: Dict[Tuple[str, date], int] = {}
        self._dates: Dict[str, List[date]] = defaultdict(list)
        self._bases: Dict[str, Dict[date, Dict[date, int]]] = defaultdict(dict)
        self._limited: Dict[Tuple[Stock, date, str], ReplacedDay] = {}

    # -- what replaces -------------------------------------------------------------------------

    def put(
        self,
        stock: Stock,
        day: date,
        ticks: Iterable[Tick],
        quotes: Iterable[Quote] = (),
        *,
        board: str = KRX,
        base: Optional[int] = None,
    ) -> None:
        """Replace a whole day on a board; without ticks nothing trades.

        Args:
            stock: whose day.
            day: a trading day.
            ticks: its trades in order of time.
            quotes: its books; a minute without any has them drawn around its trades.
            board: where.
            base: the day's base price in won where it is not the close before it.

        Raises:
            ValueError: the day is not a trading day, or a trade is out of order, of another day, or
                without shares or price.
        """
        krx.session(day)
        trades = list(ticks)
        _check(day, trades)
        table = krx.tick_table(stock.market, day)
        self._days[stock.code, day, board] = ReplacedDay.of(trades, table, quotes)
        if base is not None:
            self._given_bases[stock.code, day] = base
        self._replaced(stock, day, board)

    def put_minute(
        self,
        stock: Stock,
        day: date,
        minute: int,
        ticks: Sequence[Tick],
        quotes: Optional[List[Quote]] = None,
        *,
        board: str = KRX,
    ) -> None:
        """Replace the trades of one minute of a board; the others stay as they are.

        Raises:
            ValueError: as `put`, or a trade lies in another minute.
        """
        krx.session(day)
        _check(day, ticks)
        for tick in ticks:
            if minute_of(tick) != minute:
                raise ValueError(f"{tick} is not in minute {minute} of {day}")
        key = (stock.code, day, board)
        if key not in self._days:
            self._days[key] = self._shown(stock, day, board) or ReplacedDay(
                self._feed.minutes(stock, day, board),
                lambda each: self._feed.ticks(stock, day, each, board),
            )
        self._days[key].change(minute, ticks, krx.tick_table(stock.market, day), quotes)
        self._replaced(stock, day, board)

    def _replaced(self, stock: Stock, day: date, board: str) -> None:
        dates = self._dates[stock.code]
        if board == KRX and day not in dates:
            insort(dates, day)
        self._bases.pop(stock.code, None)
        for key in [key for key in self._limited if key[0] is stock]:
            del self._limited[key]

    def replaced_days(self, stock: Stock) -> Sequence[date]:
        """The days of a stock whose regular session is replaced, oldest first."""
        return self._dates.get(stock.code, ())

    def replacement(self, stock: Stock, day: date, board: str) -> Optional[ReplacedDay]:
        """What replaces a day on a board; None where nothing does."""
        return self._days.get((stock.code, day, board))

    def given_base(self, stock: Stock, day: date) -> Optional[int]:
        """A day's base price where it is given; None where it is the close before it."""
        return self._given_bases.get((stock.code, day))

    # -- the feed ------------------------------------------------------------------------------

    def day(self, stock: Stock, day: date) -> Optional[DayBar]:
        """The bar of a whole regular session; of a day without any trade, all at its base price."""
        shown = self._shown(stock, day, KRX)
        if shown is None:
            return self._feed.day(stock, day)
        base = self.base_price(stock, day)
        return fold_day(day, shown.minutes) or DayBar(day, base, base, base, base, 0, 0)

    def days(self, stock: Stock, newest: date, count: int) -> List[DayBar]:
        """Up to ``count`` day bars, newest first, from ``newest`` backwards."""
        return [bar for _, bar in zip(range(count), self.iterate_days(stock, newest))]

    def iterate_days(self, stock: Stock, newest: date) -> Iterator[DayBar]:
        """All day bars from ``newest`` backwards, newest first."""
        dates = self.replaced_days(stock)
        own = [*dates[: bisect_right(dates, newest)]]
        for below in self._feed.iterate_days(stock, newest):
            while own and own[-1] > below.date:
                yield self._bar(stock, own.pop())
            if own and own[-1] == below.date:
                yield self._bar(stock, own.pop())
            elif self._moved_base(stock, below.date) is None:
                yield below
            else:
                yield self._bar(stock, below.date)
        while own:
            yield self._bar(stock, own.pop())

    def base_price(self, stock: Stock, day: date) -> int:
        """The day's base price in won: the close before it, or the one that was given."""
        moved = self._moved_base(stock, day)
        return self._feed.base_price(stock, day) if moved is None else moved

    def limits(self, stock: Stock, day: date) -> Tuple[int, int]:
        """The highest and the lowest price of a day, in won."""
        return krx.tick_table(stock.market, day).limits(self.base_price(stock, day))

    def minutes(self, stock: Stock, day: date, board: str = KRX) -> Tuple[MinuteBar, ...]:
        """All minutes with trades of a whole day on a board, in order."""
        shown = self._shown(stock, day, board)
        return self._feed.minutes(stock, day, board) if shown is None else shown.minutes

    def ticks(self, stock: Stock, day: date, minute: int, board: str = KRX) -> List[Tick]:
        """The trades of a minute; maybe none."""
        shown = self._shown(stock, day, board)
        if shown is None:
            return self._feed.ticks(stock, day, minute, board)
        return list(shown.ticks(minute))

    def best_quotes(self, stock: Stock, tick: Tick, board: str = KRX) -> Tuple[int, int]:
        """Best ask and best bid in won just after a trade; 0 where the book has no such side."""
        day, _ = krx.day_and_minute(tick.at)
        shown = self._shown(stock, day, board)
        if shown is None and self._moved_base(stock, day) is None:
            return self._feed.best_quotes(stock, tick, board)
        known = shown.touch(tick) if shown is not None and shown.touch is not None else None
        return known or best_quotes(self, stock, day, tick, board)

    def touches(
        self, stock: Stock, ticks: Sequence[Tick], board: str = KRX
    ) -> List[Tuple[int, int]]:
        """The `best_quotes` just after each of a day's trades."""
        return [self.best_quotes(stock, tick, board) for tick in ticks]

    def quotes(self, stock: Stock, day: date, minute: int, board: str = KRX) -> List[Quote]:
        """The books of a minute in order of time: those given, or drawn around its trades."""
        shown = self._shown(stock, day, board)
        if shown is None and self._moved_base(stock, day) is None:
            return self._feed.quotes(stock, day, minute, board)
        known = shown.quotes(minute) if shown is not None else None
        return quotes_around(self, stock, day, minute, board) if known is None else list(known)

    def expected(self, stock: Stock, day: date) -> Tuple[Expected, ...]:
        """What the day's auctions expect: those at its ends, and those that end an interruption."""
        if self._shown(stock, day, KRX) is None and self._moved_base(stock, day) is None:
            return self._feed.expected(stock, day)
        return expected_before(self, stock, day)

    def auction_orders(self, stock: Stock, day: date, moment: int) -> Tuple[Orders, Orders]:
        """Bids and asks behind what an auction expects at a moment; see `around.auction_orders`."""
        return auction_orders(self, stock, day, moment)

    def minutes_so_far(self, stock: Stock, moment: int) -> Tuple[MinuteBar, ...]:
        """The regular minutes of a moment's day up to and including the moment (microseconds)."""
        return minutes_so_far(self, stock, moment)

    def day_so_far(self, stock: Stock, moment: int) -> Optional[DayBar]:
        """The bar of a moment's day up to and including the moment; None before its first trade."""
        return day_so_far(self, stock, moment)

    # -- base prices ---------------------------------------------------------------------------

    def _bar(self, stock: Stock, day: date) -> DayBar:
        bar = self.day(stock, day)
        assert bar is not None, f"{stock.code} has no bar on {day}"
        return bar

    def _moved_base(self, stock: Stock, day: date) -> Optional[int]:
        """A day's base price where it may be another than that of the feed below, else None."""
        given = self.given_base(stock, day)
        if given is not None:
            return given
        dates = self.replaced_days(stock)
        place = bisect_left(dates, day)
        if not place:
            return None
        replaced, known = dates[place - 1], self._bases[stock.code]
        if replaced not in known:
            known[replaced] = self._aftermath(stock, replaced)
        return known[replaced].get(day)

    def _aftermath(self, stock: Stock, replaced: date) -> Dict[date, int]:
        """Base prices that differ from those below, from the day after a replaced one on."""
        dates = self.replaced_days(stock)
        bases: Dict[date, int] = {}
        close = self._bar(stock, replaced).close
        for day in krx.trading_days(replaced, krx.LAST_DATE)[1:]:
            if close == self._feed.base_price(stock, day):
                break
            bases[day] = close
            below = self._feed.day(stock, day)
            place = bisect_left(dates, day)
            if below is None or (place < len(dates) and dates[place] == day):
                break
            upper, lower = krx.tick_table(stock.market, day).limits(close)
            close = min(upper, max(lower, below.close))
        return bases

    def _shown(self, stock: Stock, day: date, board: str) -> Optional[ReplacedDay]:
        """A day that is not the one below; None where it is."""
        found = self.replacement(stock, day, board)
        if found is not None or self._moved_base(stock, day) is None:
            return found
        key = (stock, day, board)
        if key not in self._limited:
            limits = upper, lower = self.limits(stock, day)
            bars = self._feed.minutes(stock, day, board)
            if all(lower <= bar.low and bar.high <= upper for bar in bars):
                return None
            if len(self._limited) >= _ROOM:
                self._limited.clear()
            table = krx.tick_table(stock.market, day)
            self._limited[key] = ReplacedDay(
                [bar_into_limits(bar, table, limits) for bar in bars],
                lambda minute: [
                    into_limits(tick, limits)
                    for tick in self._feed.ticks(stock, day, minute, board)
                ],
            )
        return self._limited[key]


def _check(day: date, ticks: Sequence[Tick]) -> None:
    start = krx.midnight(day)
    end, before = start + 24 * 60 * krx.MINUTE, start
    for number, tick in enumerate(ticks):
        if not start <= tick.at < end:
            raise ValueError(f"tick {number}, {tick}, is not of {day}")
        if tick.at < before:
            raise ValueError(f"tick {number}, {tick}, is earlier than the one before it")
        if tick.price <= 0 or tick.quantity <= 0 or tick.side not in (-1, 0, 1):
            raise ValueError(f"tick {number}, {tick}, needs a price, shares and a side")
        before = tick.at
