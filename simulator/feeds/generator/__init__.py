"""Prices of the simulated market: any stock, any day, any minute, without what came before.

Days bridge to minutes and minutes to trades, and they agree exactly: the trades of a minute rebuild its
bar, the minutes of a day its bar. Books and auctions are drawn around them. The seed decides everything.
"""

from __future__ import annotations

from bisect import bisect_left
from datetime import date
from functools import lru_cache
from importlib import import_module
from typing import Callable, Iterable, Iterator, List, Optional, Sequence, Tuple

from sapi_kiwoom import krx
from simulator.feeds.bars import KRX, NXT, DayBar, Expected, MinuteBar, Quote, Tick
from simulator.feeds.folding import day_so_far, minutes_so_far
from simulator.feeds.generator.boards import (
    Sources,
    board_limits,
    board_seed,
    draw_board_minutes,
    draw_board_ticks,
    windows,
)
from simulator.feeds.generator.days import BLOCK, FIRST_DAY, Block, draw_block
from simulator.feeds.generator.depth import STRETCH, Depth, Kept, draw_book
from simulator.feeds.generator.expected import (
    CLOSING_MINUTES,
    OPENING_MINUTES,
    Orders,
    draw_expected,
    draw_orders,
)
from simulator.feeds.generator.interruptions import Interruption, interruptions
from simulator.feeds.generator.minutes import draw_minutes
from simulator.feeds.generator.ticks import Minute, draw_minute, draw_ticks
from simulator.feeds.generator.touches import Touches
from simulator.universe import Stock

__all__ = ["FIRST_DAY", "DayBar", "Generated", "MinuteBar", "Tick"]

_DAY = 24 * 60 * krx.MINUTE
_STOCKS = 512
"""Stocks whose touches are kept."""

_BOOKS, _KEPT = 4_096, 2
"""Books that are kept, and minutes of each: the one before, and one that is asked for again."""


@lru_cache(maxsize=None)
def _many_at_once() -> Callable[[Sequence[Minute]], list[list[Tick]]] | None:
    """What draws many minutes together, if numpy is here; whoever never wants that does not load it."""
    try:
        found: Callable[[Sequence[Minute]], list[list[Tick]]] = import_module(
            "simulator.feeds.generator.arrays"
        ).trades_of_all
    except ImportError:
        return None
    return found


class Generated:
    """What was and will be traded under one seed.

    Every method raises `ValueError` for a day beyond the calendar of `krx`.

    Attributes:
        seed: decides every price.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._block = lru_cache(maxsize=1_024)(self._draw_block)
        self._minutes = lru_cache(maxsize=256)(self._draw_minutes)
        self._stops = lru_cache(maxsize=256)(self._draw_stops)
        self._ticks = lru_cache(maxsize=256)(self._draw_ticks)
        self._ahead: dict[tuple[Stock, date, int, str], list[Tick]] = {}
        self._depth = lru_cache(maxsize=256)(self._draw_depth)
        self._quotes = lru_cache(maxsize=32)(self._draw_quotes)
        self._auctions = lru_cache(maxsize=128)(self._draw_auctions)
        # Asked for every trade, so by stock and board alone, beside the day's beginning.
        self._touches: dict[tuple[Stock, str], tuple[int, Touches | None]] = {}
        # What the latest minutes left of a stock's book on a board, by day and minute.
        self._books: dict[tuple[Stock, str], dict[tuple[date, int], Kept | None]] = {}

    def day(self, stock: Stock, day: date) -> DayBar | None:
        """The bar of a whole day; None before the listing, before 2015-06-15, on closed days."""
        if day < stock.listed or day < FIRST_DAY or not krx.is_trading_day(day):
            return None
        found, place = self._place(stock, day)
        return found.bars[place]

    def days(self, stock: Stock, newest: date, count: int) -> list[DayBar]:
        """Up to ``count`` day bars, newest first, from ``newest`` backwards."""
        return [bar for _, bar in zip(range(count), self.iterate_days(stock, newest))]

    def iterate_days(self, stock: Stock, newest: date) -> Iterator[DayBar]:
        """All day bars from ``newest`` backwards to the listing, newest first; none before that."""
        oldest = max(stock.listed, FIRST_DAY)
        if newest < oldest:
            return
        day = newest if krx.is_trading_day(newest) else krx.previous_trading_day(newest)
        number, place = divmod(krx.trading_day_index(day) - 1, BLOCK)
        while number >= 0:
            for bar in reversed(self._block(stock, number).bars[: place + 1]):
                if bar.date < oldest:
                    return
                yield bar
            number, place = number - 1, BLOCK - 1

    def base_price(self, stock: Stock, day: date) -> int:
        """The day's base price in won: the close before it, drawn too where it was not listed yet."""
        found, place = self._place(stock, day)
        return found.bars[place - 1].close if place else found.base

    def limits(self, stock: Stock, day: date) -> tuple[int, int]:
        """The highest and the lowest price of a day, in won."""
        return krx.tick_table(stock.market, day).limits(self.base_price(stock, day))

    def minutes(self, stock: Stock, day: date, board: str = KRX) -> tuple[MinuteBar, ...]:
        """All minutes with trades of a whole day on a board, in order; maybe none."""
        return self._minutes(stock, day, board)

    def ticks(self, stock: Stock, day: date, minute: int, board: str = KRX) -> list[Tick]:
        """The trades of the minute that begins ``minute`` minutes after midnight; maybe none."""
        return list(self._ticks(stock, day, minute, board))

    def draw_ahead(self, stocks: Iterable[Stock], day: date, minute: int, board: str = KRX) -> None:
        """Have ready what `ticks` will be asked for: many stocks' minutes are drawn faster together.

        It changes nothing else. Without numpy (the extra ``fast``) and on other boards it does nothing.
        """
        draw = _many_at_once()
        if draw is None or board != KRX:
            return
        self._ahead.clear()
        minutes = {}
        for stock in stocks:
            bar = self._minute(stock, day, minute, board)
            if bar:
                limits, stops = self.limits(stock, day), self._stops(stock, day)
                drawn = draw_minute(self.seed, stock, day, bar, limits, stops)
                if isinstance(drawn, list):
                    self._ahead[stock, day, minute, board] = drawn
                else:
                    minutes[stock, day, minute, board] = drawn
        self._ahead.update(zip(minutes, draw(list(minutes.values()))))

    def best_quotes(self, stock: Stock, tick: Tick, board: str = KRX) -> tuple[int, int]:
        """Best ask and best bid in won just after a trade; 0 where the book has no such side."""
        start, touches = self._touches.get((stock, board), (0, None))
        if touches is None or not start <= tick.at < start + _DAY:
            touches = self._touches_of(stock, krx.day_and_minute(tick.at)[0], board)
        return touches.after(tick)

    def touches(
        self, stock: Stock, ticks: Sequence[Tick], board: str = KRX
    ) -> list[tuple[int, int]]:
        """Best ask and best bid just after each trade of a day; see `best_quotes`."""
        if not ticks:
            return []
        return self._touches_of(stock, krx.day_and_minute(ticks[0].at)[0], board).after_each(ticks)

    def _touches_of(self, stock: Stock, day: date, board: str) -> Touches:
        start, touches = self._touches.get((stock, board), (0, None))
        if touches is None or start != krx.midnight(day):
            own, limits = board_seed(self.seed, board), self._limits(stock, day, board)
            if len(self._touches) >= _STOCKS:
                self._touches.clear()
            touches = Touches(own, stock, day, limits)
            self._touches[stock, board] = (krx.midnight(day), touches)
        return touches

    def quotes(self, stock: Stock, day: date, minute: int, board: str = KRX) -> list[Quote]:
        """The books of a minute in order of time: each change that a broker would send.

        There are none in auctions (see `expected`) nor before a session's first trade.
        """
        return list(self._quotes(stock, day, minute, board))

    def expected(self, stock: Stock, day: date) -> tuple[Expected, ...]:
        """What the day's auctions expect, from their beginning to just before they are settled."""
        settlements = self._auctions(stock, day)
        return tuple(each for expected, _ in settlements for each in expected)

    def auction_orders(self, stock: Stock, day: date, moment: int) -> tuple[Orders, Orders]:
        """Bids and asks that make the day's latest auction expect what it does at a moment.

        From the settlement on they are those that it matched.

        Returns:
            (won, shares) by price, the best first; none before the first auction expects anything.
        """
        known = [
            each
            for expected, settled in self._auctions(stock, day)
            for each in (*expected, Expected(settled.at, settled.price, settled.quantity))
            if each.at <= moment
        ]
        if not known:
            return [], []
        key = (self.seed, stock.code, day, known[-1].at)
        table, limits = krx.tick_table(stock.market, day), self.limits(stock, day)
        return draw_orders(key, table, limits, known[-1].price, known[-1].quantity)

    def minutes_so_far(self, stock: Stock, moment: int) -> tuple[MinuteBar, ...]:
        """The minutes of a moment's day up to and including the moment (microseconds since 1970)."""
        return minutes_so_far(self, stock, moment)

    def day_so_far(self, stock: Stock, moment: int) -> DayBar | None:
        """The bar of a moment's day up to and including the moment; None before its first trade."""
        return day_so_far(self, stock, moment)

    def _place(self, stock: Stock, day: date) -> tuple[Block, int]:
        number, place = divmod(krx.trading_day_index(day) - 1, BLOCK)
        return self._block(stock, number), place

    def _draw_block(self, stock: Stock, number: int) -> Block:
        return draw_block(self.seed, stock, number)

    def _draw_minutes(self, stock: Stock, day: date, board: str) -> tuple[MinuteBar, ...]:
        bar = self.day(stock, day)
        if not bar:
            return ()
        if board == KRX:
            return draw_minutes(self.seed, stock, bar)
        return draw_board_minutes(self.seed, board, self._sources(stock, bar))

    def _draw_ticks(self, stock: Stock, day: date, minute: int, board: str) -> tuple[Tick, ...]:
        if (stock, day, minute, board) in self._ahead:
            return tuple(self._ahead.pop((stock, day, minute, board)))
        bar = self._minute(stock, day, minute, board)
        if bar is None:
            return ()
        if board == KRX:
            limits, stops = self.limits(stock, day), self._stops(stock, day)
            return tuple(draw_ticks(self.seed, stock, day, bar, limits, stops))
        whole = self.day(stock, day)
        assert whole is not None, "a day with minutes has a bar"
        return tuple(draw_board_ticks(self.seed, board, bar, self._sources(stock, whole)))

    def _minute(self, stock: Stock, day: date, minute: int, board: str) -> MinuteBar | None:
        bars = self.minutes(stock, day, board)
        place = bisect_left(bars, (minute,))
        return bars[place] if place < len(bars) and bars[place].minute == minute else None

    def _sources(self, stock: Stock, bar: DayBar) -> Sources:
        """What other boards of a day follow from."""
        last = krx.trading_day_index(bar.date) + 1 == krx.count_trading_days()
        following = None if last else self.day(stock, krx.next_trading_day(bar.date))
        return Sources(
            stock,
            bar,
            self.minutes(stock, bar.date),
            self.base_price(stock, bar.date),
            following.open if following else bar.close,
            self.limits(stock, bar.date),
            self._stops(stock, bar.date),
        )

    def _limits(self, stock: Stock, day: date, board: str) -> tuple[int, int]:
        """A day's limits on a board."""
        limits, bar = self.limits(stock, day), None if board == KRX else self.day(stock, day)
        return board_limits(stock, day, board, bar.close, limits) if bar else limits

    def _draw_stops(self, stock: Stock, day: date) -> tuple[Interruption, ...]:
        return interruptions(self.seed, stock, day, self.minutes(stock, day))

    def _draw_depth(self, stock: Stock, day: date, board: str) -> Depth:
        return Depth(self.seed, stock, day, board)

    def _draw_quotes(self, stock: Stock, day: date, minute: int, board: str) -> tuple[Quote, ...]:
        if self.day(stock, day) is None:
            return ()
        for window in windows(stock, day, board):
            if window.start <= minute < window.end:
                break
        else:
            return ()
        bars = self.minutes(stock, day, board)
        passed = bisect_left(bars, (minute,))
        limits = self._limits(stock, day, board)
        best = self._touches_of(stock, day, board).after
        before: Optional[Tuple[int, int]] = None
        earlier: Tuple[Tick, ...] = ()
        if passed and bars[passed - 1].minute >= window.start:
            last = self._ticks(stock, day, bars[passed - 1].minute, board)
            before = best(last[-1])
            earlier = last if bars[passed - 1].minute == minute - 1 else ()
        start = krx.midnight(day) + minute * krx.MINUTE
        lasting = window.lasting
        for stop in self._stops(stock, day) if board in (KRX, NXT) else ():
            if stop.start < start < stop.end:
                before = None
            if stop.start < start + krx.MINUTE <= stop.end:
                lasting = False
        kept: Optional[Kept] = None
        if before is not None and minute % STRETCH and minute > window.start:
            kept = self._kept(stock, day, minute - 1, board)
        book = draw_book(
            self._depth(stock, day, board),
            krx.tick_table(stock.market, day),
            limits,
            start,
            self._ticks(stock, day, minute, board),
            best,
            before,
            lasting,
            earlier=earlier,
            bars=bars,
            kept=kept,
        )
        self._keep(stock, day, minute, board, book.keep() if book and lasting else None)
        return tuple(book.quotes) if book else ()

    def _kept(self, stock: Stock, day: date, minute: int, board: str) -> Kept | None:
        """What a minute left of a book; a few minutes before it may have to be drawn too."""
        if (day, minute) not in self._books.get((stock, board), ()):
            self._draw_quotes(stock, day, minute, board)
        return self._books[stock, board][day, minute]

    def _keep(self, stock: Stock, day: date, minute: int, board: str, kept: Kept | None) -> None:
        if len(self._books) >= _BOOKS:
            self._books.clear()
        books = self._books.setdefault((stock, board), {})
        books[day, minute] = kept
        while len(books) > _KEPT:
            del books[next(iter(books))]

    def _draw_auctions(self, stock: Stock, day: date) -> Tuple[Tuple[List[Expected], Tick], ...]:
        """What each auction of a day expected, and the trade that settled it."""
        if self.day(stock, day) is None:
            return ()
        session, midnight = krx.session(day), krx.midnight(day)
        regular = [bar for bar in self.minutes(stock, day) if bar.minute < session.close]
        base = self.base_price(stock, day)
        last = regular[-1].close if regular else base
        opening, closing = session.open, session.closing_auction
        auctions = [(opening, midnight + (opening - OPENING_MINUTES) * krx.MINUTE, base)]
        for stop in self._stops(stock, day):
            auctions.append((krx.day_and_minute(stop.end)[1], stop.start, stop.price))
        auctions.append((closing, midnight + (closing - CLOSING_MINUTES) * krx.MINUTE, last))
        found = []
        table, limits = krx.tick_table(stock.market, day), self.limits(stock, day)
        for minute, start, origin in auctions:
            settled = self._settled(stock, day, minute)
            if settled:
                key = (self.seed, stock.code, day, minute)
                expected = draw_expected(key, stock, table, limits, start, origin, settled)
                found.append((expected, settled))
        return tuple(found)

    def _settled(self, stock: Stock, day: date, minute: int) -> Optional[Tick]:
        """The trade by which an auction was settled in a minute, if it was."""
        trades = self._ticks(stock, day, minute, KRX)
        return trades[0] if trades and trades[0].side == 0 else None
