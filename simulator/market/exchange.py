"""The exchange: plays what is looked at or traded, and takes orders to where they trade.

Only stocks that somebody watches or trades are played. Everything else about the market can be asked of
the feed at any moment.
"""

from __future__ import annotations

from datetime import date
from typing import Callable, Dict, Mapping, Optional, Protocol, Tuple

from sapi_kiwoom import krx
from sapi_kiwoom.loop import Handle
from simulator.clock import VirtualLoop
from simulator.draws import Draws
from simulator.feeds import Expected, Feed, Quote, Tick
from simulator.feeds.bars import AFTER, KRX, NXT
from simulator.market import phases
from simulator.market.conductor import Conductor
from simulator.market.interruptions import Halt, Halts, Interruption
from simulator.market.phases import Phase
from simulator.market.play import Play, Receiver, Watcher
from simulator.market.record import Record
from simulator.market.working import Reports, WorkingOrder
from simulator.universe import Stock

SOR = "SOR"
"""The venue of orders for which the broker looks for the better price (최선주문집행)."""

AT_A_CLOSE = {"61": phases.PREVIOUS_CLOSE, "81": phases.CLOSE}
"""거래구분 that trade at a close that is known, and when."""

SINGLE_PRICE = "62"
"""시간외단일가."""

BECOMES_MARKET = "05"
"""조건부지정가: what is left takes any price in the closing auction."""

_STOP = "28"
"""스톱지정가."""

_DAY = 24 * 60 * krx.MINUTE
_SETTLED = krx.MINUTE
"""From an auction's nominal end until it has been settled for sure."""


_AT_ANY_MOMENT = frozenset((phases.PRE_MARKET, phases.CONTINUOUS, phases.AFTER_MARKET))


class Trading(Receiver, Protocol):
    """A fill model for one stock on one board; see `simulator.market.fills` and ``fullbook``."""

    @property
    def empty(self) -> bool:
        """Whether no order is at work."""

    def submit(self, order: WorkingOrder) -> None:
        """Put an order to work."""

    def withdraw(self, order: WorkingOrder, quantity: int) -> None:
        """Take back some of its shares."""


MakeTrading = Callable[["Exchange", Play, Reports], Trading]
"""Makes the fill model of a play, told where fills are reported."""


class Exchange:
    """KRX and Nextrade as a feed has them.

    Args:
        loop: market time.
        feed: what trades; the exchange records over it where orders change that.
        make_trading: the fill model.
        moves_market: whether orders change what is printed.
        halts: of single stocks, by code, and of the whole market under "".

    Attributes:
        feed: what has traded, orders included; what is to come, without them.
        reports: told of fills and of orders that leave; set before the first order.
        on_moved: told of a play from which on orders change what is printed, before the first does.
    """

    reports: Reports
    on_moved: Callable[[Play], None]

    def __init__(
        self,
        loop: VirtualLoop,
        feed: Feed,
        make_trading: MakeTrading,
        moves_market: bool = False,
        halts: Optional[Mapping[str, Halts]] = None,
    ) -> None:
        self._loop = loop
        self.feed = Record(feed)
        self._make_trading = make_trading
        self._moves_market = moves_market
        self._halts = dict(halts or {})
        self._conductor = Conductor(loop)
        self._plays: Dict[Tuple[str, str], Play] = {}
        self._trading: Dict[Play, Trading] = {}
        self._places: Dict[WorkingOrder, Optional[Play]] = {}  # None: waits for trades at a close
        self._ends: Dict[WorkingOrder, Handle] = {}
        self._recorders: Dict[Play, _Recorder] = {}
        self._rooms: Dict[Tuple[str, date, str], int] = {}

    # -- looking -------------------------------------------------------------------------------

    def watch(self, stock: Stock, board: str, watcher: Watcher, books: bool) -> Play:
        """Tell a watcher what is published from now on."""
        play = self._play(stock, board)
        play.watch(watcher, books)
        return play

    def unwatch(self, stock: Stock, board: str, watcher: Watcher) -> None:
        """Tell it nothing more."""
        play = self._plays.get((stock.code, board))
        if play is not None:
            play.unwatch(watcher)
            self._tidy(play)

    def touch(self, stock: Stock, board: str = KRX) -> Tuple[int, int]:
        """Best ask and best bid now, in won; 0 where that side is empty or nothing traded yet."""
        play = self._running(stock, board)
        if play is not None and play.quote is not None:
            quote = play.quote
            return (
                quote.asks[0][0] if quote.asks else 0,
                quote.bids[0][0] if quote.bids else 0,
            )
        last = self.last(stock, board)
        return self.feed.best_quotes(stock, last, board) if last else (0, 0)

    def last(self, stock: Stock, board: str = KRX) -> Optional[Tick]:
        """The last trade of today; None before the first."""
        play = self._running(stock, board)
        if play is not None:
            return play.last
        now = self._loop.now()
        day, minute = krx.day_and_minute(now)
        if not stock.listed <= day <= krx.LAST_DATE or not krx.is_trading_day(day):
            return None
        for bar in reversed(self.feed.minutes(stock, day, board)):
            if bar.minute <= minute:
                ticks = self.feed.ticks(stock, day, bar.minute, board)
                passed = [tick for tick in ticks if tick.at <= now]
                if passed:
                    return passed[-1]
        return None

    def _running(self, stock: Stock, board: str) -> Optional[Play]:
        """A play that knows how things stand today."""
        play = self._plays.get((stock.code, board))
        today = krx.kst(self._loop.now()).date()
        return play if play is not None and not play.idle and play.day == today else None

    def limits(self, stock: Stock, hoga: str) -> Tuple[int, int]:
        """The highest and the lowest price in won that an order of a kind may carry today.

        시간외단일가 (62) stays within 10 % of the close.

        Raises:
            ValueError: today is beyond the calendar of `krx`.
        """
        day = krx.kst(self._loop.now()).date()
        upper, lower = self.feed.limits(stock, day)
        last = self.last(stock)
        if hoga != SINGLE_PRICE or last is None:
            return upper, lower
        table, tenth = krx.tick_table(stock.market, day), last.price // 10
        return (
            min(upper, table.round_down(last.price + tenth)),
            max(lower, table.round_up(last.price - tenth)),
        )

    def phase(self, venue: str) -> Optional[Phase]:
        """The session of a venue that runs now."""
        now = self._loop.now()
        day = krx.kst(now).date()
        return phases.phase_at(day, venue, now) if day <= krx.LAST_DATE else None

    def continuous(self, play: Play) -> bool:
        """Whether trades happen at any moment now on a play's board.

        They do from the session's first one on: its auction may be late, and a book without a trade is
        nobody's.
        """
        phase = self.phase(NXT if play.board == NXT else KRX)
        if phase is None or phase.name not in _AT_ANY_MOMENT or phase.board != play.board:
            return False
        if play.last is None or play.last.at < phase.start or self._halt(play.stock) is not None:
            return False
        regular = self._plays.get((play.stock.code, KRX))
        return regular is None or regular.interruption is None

    def interrupted(self, stock: Stock) -> bool:
        """Whether a VI runs."""
        play = self._running(stock, KRX)
        if play is None:
            play = Play(self._loop, self.feed.below, stock, KRX, self._conductor)
        play.look_out()
        return play.interruption is not None

    def halted(self, stock: Stock) -> bool:
        """Whether the stock takes no orders, for a reason of its own (거래정지)."""
        return _closed(self._halts.get(stock.code), self._loop.now())

    def broken(self) -> bool:
        """Whether the whole market takes no orders (서킷브레이커)."""
        return _closed(self._halts.get(""), self._loop.now())

    def _halt(self, stock: Stock) -> Optional[Halt]:
        """The halt, or the auction after it, in which a stock is now."""
        now = self._loop.now()
        for key in ("", stock.code):
            halt = self._halts[key].at(now) if key in self._halts else None
            if halt is not None:
                return halt
        return None

    # -- orders --------------------------------------------------------------------------------

    def submit(self, order: WorkingOrder, stock: Stock, venue: str, hoga: str) -> str:
        """Take an order to where it trades, until its time ends.

        Args:
            order: with its limit resolved by `limit`.
            stock: what is traded.
            venue: ``KRX``, ``NXT`` or ``SOR``.
            hoga: 거래구분.

        Returns:
            The board on which it stands.
        """
        now = self._loop.now()
        day = krx.kst(now).date()
        if hoga in AT_A_CLOSE:
            phase = next(each for each in phases.phases(day, KRX) if each.name == AT_A_CLOSE[hoga])
            self._places[order] = None
            self._until(order, phase.end)
            self._loop.call_later(
                max(0, phase.start - now), lambda: self._trade_at_close(order, stock, day, hoga)
            )
            return KRX
        board = order.board = self._board(order, stock, venue)
        play = self._play(stock, board)
        if play not in self._trading:
            self._trading[play] = self._make_trading(self, play, self)
            play.trade(self._trading[play])
            if self._moves_market:
                self._record(play)
        self._places[order] = play
        self._until(order, self._end(day, board, now))
        if hoga == BECOMES_MARKET:
            self._becomes_market(order, day, now)
        self._trading[play].submit(order)
        play.tell()
        return board

    def withdraw(self, order: WorkingOrder, quantity: int) -> None:
        """Take back some shares of an order at work."""
        play = self._places[order]
        if play is None:
            order.quantity -= quantity
        else:
            self._trading[play].withdraw(order, quantity)
        if not order.quantity:
            self._forget(order)
        if play is not None:
            play.tell()

    def limit(
        self, stock: Stock, venue: str, side: int, hoga: str, price: int
    ) -> Tuple[Optional[int], bool]:
        """The worst price of an order of a kind that comes now, and whether it can be taken at all.

        최유리 (06, 16, 26) takes the best price of the other side, 최우선 (07) the best of its own, 중간가
        (29, 30, 31) the middle of both as it is now, rounded away from the other side to a valid price.
        Without such a price the exchange does not take it.
        """
        if hoga in ("03", "13", "23", "61", "81"):
            return None, True
        if hoga == _STOP:  # its trigger cannot be told to SendOrder
            return None, False
        if hoga not in ("06", "16", "26", "07", "29", "30", "31"):
            return price, True
        board = NXT if venue == NXT else self._regular_board()
        ask, bid = self.touch(stock, board)
        if hoga in ("29", "30", "31"):
            table = krx.tick_table(stock.market, krx.kst(self._loop.now()).date())
            middle = (ask + bid) // 2
            valid = table.round_down(middle) if side > 0 else table.round_up(middle)
            return valid, ask > 0 and bid > 0
        own, other = (bid, ask) if side > 0 else (ask, bid)
        best = own if hoga == "07" else other
        return best, best > 0

    def _regular_board(self) -> str:
        phase = self.phase(KRX)
        return AFTER if phase is not None and phase.board == AFTER else KRX

    def _board(self, order: WorkingOrder, stock: Stock, venue: str) -> str:
        """Where an order goes. A SOR order goes to Nextrade when it meets a better price there."""
        if venue == NXT:
            return NXT
        regular = self._regular_board()
        if venue == SOR and stock.nxt:
            there = self.phase(NXT)
            if there is not None and not there.auction:
                if self.phase(KRX) is None:
                    return NXT
                here, other = (
                    self.touch(stock, board)[0 if order.side > 0 else 1] for board in (regular, NXT)
                )
                if other and order.accepts(other) and (not here or (here - other) * order.side > 0):
                    return NXT
        return regular

    def _end(self, day: date, board: str, now: int) -> int:
        """When an order on a board expires: with the session that it came for."""
        own = list(phases.phases(day, NXT if board == NXT else KRX))
        if board == KRX:
            ends = [each.end for each in own if each.name == phases.CLOSING_AUCTION]
        elif board == NXT and own and now < own[0].end and own[0].name == phases.PRE_MARKET:
            return own[0].end
        else:
            ends = [each.end for each in own if each.board == board]
        return max(ends, default=now) + _SETTLED

    def _until(self, order: WorkingOrder, end: int) -> None:
        delay = max(0, end - self._loop.now())
        self._ends[order] = self._loop.call_later(delay, lambda: self._expire(order))

    def _expire(self, order: WorkingOrder) -> None:
        self.withdraw(order, order.quantity)
        self.reports.dropped(order)

    def _becomes_market(self, order: WorkingOrder, day: date, now: int) -> None:
        start = next(
            each.start for each in phases.phases(day, KRX) if each.name == phases.CLOSING_AUCTION
        )

        def change() -> None:
            play = self._places.get(order)
            if play is not None and order.quantity:
                left = order.quantity
                self._trading[play].withdraw(order, left)
                order.quantity, order.limit = left, None
                self._trading[play].submit(order)
                play.tell()

        self._loop.call_later(max(0, start - now), change)

    def _trade_at_close(self, order: WorkingOrder, stock: Stock, day: date, hoga: str) -> None:
        """Trade at a known close, in the order in which orders came, as long as there are others.

        Who else is there is drawn: up to a two-thousandth of a usual day before the opening, up to a
        hundredth after the close. Their trades are not printed.
        """
        if order not in self._places:
            return
        if hoga == "61":
            price, part = self.feed.base_price(stock, day), 2_000
        else:
            last = self.last(stock)
            price, part = (last.price if last else self.feed.base_price(stock, day)), 100
        key = (stock.code, day, hoga)
        if key not in self._rooms:
            most = stock.volume // part
            self._rooms[key] = Draws(self.feed.seed, "at a close", *key).between(0, most)
        quantity = min(self._rooms[key], order.quantity)
        if quantity:
            self._rooms[key] -= quantity
            order.quantity -= quantity
            self.filled(order, price, quantity)

    # -- reports of fill models ----------------------------------------------------------------

    def filled(self, order: WorkingOrder, price: int, quantity: int) -> None:
        """See `Reports.filled`."""
        if not order.quantity:
            self._forget(order)
        self.reports.filled(order, price, quantity)

    def dropped(self, order: WorkingOrder) -> None:
        """See `Reports.dropped`."""
        self._forget(order)
        self.reports.dropped(order)

    # -- inside --------------------------------------------------------------------------------

    def _play(self, stock: Stock, board: str) -> Play:
        key = (stock.code, board)
        if key not in self._plays:
            self._plays[key] = Play(self._loop, self.feed.below, stock, board, self._conductor)
        return self._plays[key]

    def _record(self, play: Play) -> None:
        """Write down what is printed until the day ends, and what is shown while orders are at work."""
        if play not in self._recorders:
            self._recorders[play] = _Recorder(self.feed)
            self.on_moved(play)
            midnight = krx.midnight(krx.kst(self._loop.now()).date()) + _DAY
            self._loop.call_later(midnight - self._loop.now(), lambda: self._end_record(play))
        self.feed.begin(play)
        play.watch(self._recorders[play], True)

    def _end_record(self, play: Play) -> None:
        play.unwatch(self._recorders.pop(play))
        self._tidy(play)

    def _forget(self, order: WorkingOrder) -> None:
        play = self._places.pop(order)
        self._loop.cancel(self._ends.pop(order))
        if play is not None:  # later: the fill model may be at work still
            self._loop.call_later(0, lambda: self._tidy(play))

    def _tidy(self, play: Play) -> None:
        trading = self._trading.get(play)
        if trading is not None and trading.empty:
            del self._trading[play]
            play.trade(None)
            if play in self._recorders:
                self.feed.end(play)
                play.watch(self._recorders[play], False)
        key = (play.stock.code, play.board)
        if play.idle and self._plays.get(key) is play:
            del self._plays[key]


class _Recorder:
    """Writes down what is printed and shown."""

    def __init__(self, record: Record) -> None:
        self._record = record

    def traded(self, play: Play, tick: Tick) -> None:
        self._record.add(play, tick)

    def quoted(self, play: Play, quote: Quote) -> None:
        self._record.show(play, quote)

    def expected(self, play: Play, expected: Expected) -> None:
        self._record.expect(play, expected)

    def interrupted(self, play: Play, interruption: Interruption, over: bool) -> None:
        pass


def _closed(halts: Optional[Halts], now: int) -> bool:
    halt = halts.at(now) if halts is not None else None
    return halt is not None and now < halt.auction
