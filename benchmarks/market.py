"""The simulated market: what a tick, a day and a watched market cost.

Nothing here needs the broker. Everything is measured in this process but the memory, which is that of a
process of its own: ``python -m benchmarks.market COUNT`` prints the bytes that a simulator takes which
watches so many stocks.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import date
from typing import Callable, Dict, Iterator, List, Tuple

from benchmarks.figures import Figure
from benchmarks.processes import Program
from sapi_kiwoom import krx
from sapi_kiwoom.loop import SECOND
from simulator import Simulator
from simulator.feeds import Feed, Tick
from simulator.feeds.generator import Generated
from simulator.feeds.replay import replay
from simulator.tape import Tape
from simulator.universe import Stock, universe

SEED = 1
DAY = date(2026, 11, 20)
WATCHED, MANY = 20, 100

TICKS_THROUGH_CONTROL = 100_000
TICKS_TYPED = 300_000
DAY_OF_PRINTS, DAY_WITH_BOOKS = 20.0, 60.0
MEGABYTES = 300.0

TRADE = "228"
"""A FID of 주식체결 alone: what it registers brings no books."""

Callback = Callable[[str, Tick], None]


def through_control(_: str, rounds: int, quick: bool) -> List[Figure]:
    """A 주식체결 from the clock to a sink that counts, its trade drawn before; the floor joins 43 values."""
    minutes = 5 if quick else 10  # of twenty stocks: the feed keeps what was drawn of them
    whole = Figure(
        "a tick through Control, formatted",
        "us",
        "43 values joined and delivered",
        limit=1e6 / TICKS_THROUGH_CONTROL,
    )
    string = Figure("of it: folded and formatted", "us", "43 values joined and delivered")
    drawing = whole.beside.setdefault("its trade drawn in the same run", [])
    for _round in range(rounds):
        count, seconds = _watch(minutes, drawn_before=True)
        floor = _join(count)
        whole.ours.append(seconds / count * 1e6)
        whole.floor.append(floor)
        string.ours.append(_format(minutes))
        string.floor.append(floor)
        count, seconds = _watch(minutes, drawn_before=False)
        drawing.append(seconds / count * 1e6)
    return [whole, string]


def typed(_: str, rounds: int, quick: bool) -> List[Figure]:
    """Trades of 100 stocks in order of time at a callback; the floor hands over what is in a list."""
    minutes = 5 if quick else 60
    figure = Figure(
        "a typed tick, drawn and delivered", "us", "a list's ticks", limit=1e6 / TICKS_TYPED
    )
    drawing = figure.beside.setdefault("drawn only", [])
    for _round in range(rounds):
        seconds, count = _play(Generated(SEED), minutes)
        figure.ours.append(seconds / count * 1e6)
        figure.floor.append(_hand_over(minutes) * 1e6)
        drawing.append(_draw(Generated(SEED), minutes) / count * 1e6)
    return [figure]


def whole_day(_: str, rounds: int, quick: bool) -> List[Figure]:
    """A KRX day of 100 stocks from its first trade to its last, and the same with every book."""
    minutes = 10 if quick else 24 * 60
    part = f", {minutes} minutes" if quick else ""
    prints = Figure(
        f"a day of 100 stocks{part}", "s", "drawn only", limit=None if quick else DAY_OF_PRINTS
    )
    books = Figure(f"the same with books{part}", "s", "", limit=None if quick else DAY_WITH_BOOKS)
    for _round in range(min(rounds, 3)):
        prints.ours.append(_play(Generated(SEED), minutes)[0])
        prints.floor.append(_draw(Generated(SEED), minutes))
        books.ours.append(_play(Generated(SEED), minutes, with_books=True)[0])
    return [prints, books]


def memory(_: str, rounds: int, quick: bool) -> List[Figure]:
    """The most that a process held which watched 100 stocks for minutes, beside one that watched none."""
    figure = Figure(
        f"{len(universe()):,} stocks, 100 watched", "MB", "none watched", limit=MEGABYTES
    )
    for _round in range(1 if quick else min(rounds, 3)):
        for count, values in ((MANY, figure.ours), (0, figure.floor)):
            with Program("-m", "benchmarks.market", str(count)) as child:
                values.append(child.result() / 1e6)
    return [figure]


# -- through the control -----------------------------------------------------------------------


class _Sink:
    """Counts events and does nothing else."""

    def __init__(self) -> None:
        self.count = 0

    def OnReceiveRealData(self, *_: str) -> None:  # noqa: N802 (the vendor's name)
        self.count += 1

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_: None


def _stocks(count: int) -> List[Stock]:
    """Those with the most money in them."""
    rank = sorted(universe().values(), key=lambda stock: -stock.price * stock.volume)
    return rank[:count]


def _opening() -> int:
    return krx.session(DAY).open


def _simulator(stocks: List[Stock], fids: str) -> Tuple[Simulator, _Sink]:
    """Logged in, the stocks registered, about to open."""
    simulator, sink = (
        Simulator(SEED, at=krx.midnight(DAY) + _opening() * krx.MINUTE - 10 * SECOND),
        _Sink(),
    )
    simulator.control.attach(sink)  # type: ignore[arg-type]
    simulator.control.CommConnect()
    simulator.loop.run_for(SECOND)
    if stocks:
        simulator.control.SetRealReg("9000", ";".join(stock.code for stock in stocks), fids, "0")
    simulator.loop.run_for(9 * SECOND - 1)
    return simulator, sink


def _watch(minutes: int, drawn_before: bool) -> Tuple[int, float]:
    """Events, and the seconds that they took."""
    stocks = _stocks(WATCHED)
    simulator, sink = _simulator(stocks, TRADE)
    if drawn_before:
        for stock, minute in _each_minute(simulator.world.feed, stocks, minutes):
            simulator.world.feed.ticks(stock, DAY, minute)
    sink.count, began = 0, time.perf_counter()
    simulator.loop.run_for(minutes * krx.MINUTE)
    return sink.count, time.perf_counter() - began


def _format(minutes: int) -> float:
    """Microseconds to fold a trade and to write its string, the best quotes being known."""
    stock, feed = _stocks(1)[0], Generated(SEED)
    drawn = []
    for _, minute in _each_minute(feed, [stock], 4 * minutes):
        ticks = feed.ticks(stock, DAY, minute)
        drawn.append((ticks, feed.touches(stock, ticks)))
    tape = Tape(feed, stock, DAY)
    began = time.perf_counter()
    for ticks, touches in drawn:
        tape.packets.trades(tape, ticks, touches)
    return (time.perf_counter() - began) / sum(len(ticks) for ticks, _ in drawn) * 1e6


def _join(count: int) -> float:
    """Microseconds for the least that makes an event's string and hands it over."""
    values = [77_100] * 43
    deliver = _Sink().OnReceiveRealData
    began = time.perf_counter()
    for _ in range(count):
        deliver("005930", "주식체결", "\t".join(map(str, values)))
    return (time.perf_counter() - began) / count * 1e6


# -- typed -------------------------------------------------------------------------------------


def _each_minute(feed: Feed, stocks: List[Stock], minutes: int) -> Iterator[Tuple[Stock, int]]:
    """The minutes with trades among the first ``minutes`` of the day, minute by minute."""
    trading: Dict[int, List[Stock]] = {}
    for stock in stocks:
        for bar in feed.minutes(stock, DAY):
            if bar.minute < _opening() + minutes:
                trading.setdefault(bar.minute, []).append(stock)
    for minute in sorted(trading):
        for stock in trading[minute]:
            yield stock, minute


def _play(feed: Feed, minutes: int, with_books: bool = False) -> Tuple[float, int]:
    """Seconds in which the stocks' trades, and books, reach a callback in order of time; and how many."""
    count = 0

    def callback(stock: Stock, event: object) -> None:
        nonlocal count
        count += 1

    began = time.perf_counter()
    part = (0, _opening() + minutes)
    replay(feed, _stocks(MANY), DAY, callback, books=with_books, minutes=part)
    return time.perf_counter() - began, count


def _draw(feed: Feed, minutes: int) -> float:
    """Seconds for the same trades where nobody wants them."""
    began = time.perf_counter()
    for stock, minute in _each_minute(feed, _stocks(MANY), minutes):
        feed.ticks(stock, DAY, minute)
    return time.perf_counter() - began


def _hand_over(minutes: int) -> float:
    """Seconds a tick for a list that is there."""
    feed, ticks = Generated(SEED), []
    for stock, minute in _each_minute(feed, _stocks(WATCHED), minutes):
        ticks += [(stock.code, tick) for tick in feed.ticks(stock, DAY, minute)]
    count = 0

    def callback(code: str, tick: Tick) -> None:
        nonlocal count
        count += 1

    began = time.perf_counter()
    for code, tick in ticks:
        callback(code, tick)
    return (time.perf_counter() - began) / count


# -- memory ------------------------------------------------------------------------------------


def child(count: int) -> None:
    """Watch so many stocks for three minutes from the opening, then print the most bytes ever held."""
    import resource  # Unix only

    simulator, _ = _simulator(_stocks(count), f"{TRADE};27;41")
    simulator.loop.run_for(3 * krx.MINUTE)
    unit = 1 if sys.platform == "darwin" else 1_024
    print(json.dumps(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit), flush=True)


if __name__ == "__main__":
    child(int(sys.argv[1]))
