"""A feed of a few written events, and who looks at what is made of them."""

from collections import defaultdict
from datetime import date

from sapi_kiwoom import krx
from simulator.feeds import Expected, Quote, Tick
from simulator.feeds.bars import KRX
from simulator.feeds.folding import fold_day, fold_minutes
from simulator.universe import Stock

DAY = date(2026, 11, 20)  # a Friday
BASE = 10_000
TABLE = krx.tick_table("KOSPI", DAY)
STOCK = Stock(
    "000001", "가짜", "KOSPI", "stock", "", "", date(2020, 1, 2), BASE, 1_000_000, 200, 40_000, 100
)


def at(hour, minute=0, second=0, microsecond=0, day=DAY):
    """A moment of a day by Korean time."""
    return krx.midnight(day) + ((hour * 60 + minute) * 60 + second) * 1_000_000 + microsecond


class Tiny:
    """Trades, books and expectations of one stock on one board, by their own moments."""

    seed = 1

    def __init__(self, ticks=(), quotes=(), expected=(), board=KRX):
        self.events = {Tick: list(ticks), Quote: list(quotes), Expected: list(expected)}
        self.board = board
        self._minutes = defaultdict(list)
        for kind, events in self.events.items():
            for event in events:
                self._minutes[(kind, *krx.day_and_minute(event.at), board)].append(event)

    def minutes(self, stock, day, board=KRX):
        ticks = self.events[Tick] if board == self.board else []
        return fold_minutes([t for t in ticks if krx.kst(t.at).date() == day], TABLE)

    def ticks(self, stock, day, minute, board=KRX):
        return list(self._minutes.get((Tick, day, minute, board), ()))

    def quotes(self, stock, day, minute, board=KRX):
        return list(self._minutes.get((Quote, day, minute, board), ()))

    def expected(self, stock, day):
        return tuple(e for e in self.events[Expected] if krx.kst(e.at).date() == day)

    def base_price(self, stock, day):
        return BASE

    def limits(self, stock, day):
        return TABLE.limits(BASE)

    def day(self, stock, day):
        return fold_day(day, self.minutes(stock, day))

    def best_quotes(self, stock, tick, board=KRX):
        other = TABLE.price(TABLE.index(tick.price) - tick.side)
        return max(tick.price, other), min(tick.price, other)

    def touches(self, stock, ticks, board=KRX):
        return [self.best_quotes(stock, tick, board) for tick in ticks]


def run_until(loop, moment):
    """Run up to a moment, what happens at it included."""
    loop.run_for(moment + 1 - loop.now())


class Look:
    """A watcher that remembers; ``on`` is called with each event after that."""

    def __init__(self, on=None):
        self.seen = []
        self.on = on

    def _see(self, event):
        self.seen.append(event)
        if self.on is not None:
            self.on(event)

    def traded(self, play, tick):
        assert play.last is not None and play.last.at >= tick.at
        self._see(tick)

    def quoted(self, play, quote):
        self._see(quote)

    def expected(self, play, expected):
        self._see(expected)

    def interrupted(self, play, interruption, over):
        self._see((interruption, over))

    def of(self, kind):
        return [event for event in self.seen if isinstance(event, kind)]


class Reported:
    """Receives fills and drops of working orders."""

    def __init__(self):
        self.fills = []
        self.drops = []

    def filled(self, order, price, quantity):
        assert quantity > 0 and order.quantity >= 0
        self.fills.append((order, price, quantity))

    def dropped(self, order):
        self.drops.append(order)

    def of(self, order):
        return [(price, quantity) for each, price, quantity in self.fills if each is order]


def book(moment, ask, bid, shares=100, levels=3, step=10):
    """A book with the same shares at each level."""
    return Quote(
        moment,
        tuple((ask + step * n, shares) for n in range(levels)),
        tuple((bid - step * n, shares) for n in range(levels)),
    )
