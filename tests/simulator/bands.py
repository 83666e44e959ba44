"""How much a feed looks like the Korean market: measures of recorded data, and where they must lie.

`python -m tests.simulator.bands --seeds 20` draws as many seeds and prints every measure that missed.

Four listings stand for four kinds: the most traded ones whose tick is about as large as a minute's move.
All measured stocks were such, and without it the share of minutes that move nothing cannot be theirs:
KODEX 200 has a tick of a hundredth of a percent and moves in every minute. So the ETF is a low-priced one,
mostly an inverse one, as recorded too. Where a share costs a million won, few trades are of one.
Days that are locked or interrupted are left out.
"""

from __future__ import annotations

import argparse
from collections import Counter
from datetime import date
from math import log, sqrt
from random import SystemRandom
from typing import Dict, List, NamedTuple, Sequence, Tuple

from sapi_kiwoom import krx
from simulator.feeds import Feed, MinuteBar, Tick
from simulator.universe import Stock, universe

Measures = Dict[str, float]

ANY = {
    "zero moves": (0.35, 0.55),
    "acf1": (-0.35, -0.05),
    "acf5 size": (0.05, 0.30),
    "first half hour": (0.15, 0.30),
    "noon half hour": (0.03, 0.06),
    "closing auction": (0.03, 0.09),
    "dispersion of prints": (20, 4_000),
    "single shares": (0.20, 0.40),
    "unchanged prints": (0.40, 0.95),
    "one tick of moved": (0.60, 1.0),
    "reversals": (0.35, 1.0),
    "excess kurtosis": (0.5, 120),
    "early over noon": (0.8, 3.5),
    "size with volume": (0.05, 0.60),
    "prints with volume": (0.45, 0.95),
    "acf1 of prints": (0.35, 0.98),
    "acf5 of prints": (0.15, 0.90),
    "acf30 of prints": (-0.20, 0.70),
    "broken sums": (0, 0),
}
BANDS: Dict[str, Dict[str, Tuple[float, float]]] = {
    "large": {
        **ANY,
        "one tick spreads": (0.95, 1.0),
        "prints a day": (30_000, 400_000),
        "prints in a second": (60, 3_000),
        "minute deviation": (7, 26),
        "overnight deviation": (70, 260),
        "auction jump": (8, 45),
    },
    "mid": {**ANY, "one tick spreads": (0.70, 0.80)},
    "small": {**ANY, "dispersion of prints": (3, 4_000), "one tick spreads": (0.70, 0.80)},
    "etf": {
        **ANY,
        "acf1": (-0.45, 0.05),
        "size with volume": (-0.05, 0.60),
        "one tick spreads": (0.90, 1.0),
    },
}
"""Lowest and highest of each measure. Those without a name in the facts are there for the tester."""


_SIZES = {"large": "대형주", "mid": "중형주", "small": "소형주", "etf": ""}


def listing(kind: str, feed: Feed, days: Sequence[date]) -> Stock:
    """The most traded stock of a kind whose tick is large on these days, and that is never locked."""
    some = [
        stock
        for stock in universe().values()
        if stock.size == _SIZES[kind]
        and stock.kind == ("etf" if kind == "etf" else "stock")
        and stock.price < 1_000_000
        and stock.volatility > 50
    ]
    some.sort(key=lambda stock: -stock.price * stock.volume)
    found: List[Tuple[float, Stock]] = []
    for stock in some:
        base = feed.base_price(stock, days[0])
        tick = krx.tick_table(stock.market, days[0]).tick(base)
        minute = base * stock.volatility * 8 / 10_000 / 10 / sqrt(380)
        bars = [bar for bar in (feed.day(stock, day) for day in days) if bar]
        wild = any(bar.high * 10 >= bar.open * 11 or bar.low * 10 <= bar.open * 9 for bar in bars)
        limits = {limit for day in days for limit in feed.limits(stock, day)}
        if wild or len(bars) < len(days) or {bar.close for bar in bars} & limits:
            continue
        found.append((abs(log(minute / tick / 0.8)), stock))
        if found[-1][0] < (0.4 if kind == "etf" else 0.3):
            return stock
    return min(found, key=lambda pair: pair[0])[1]


class Sample(NamedTuple):
    """Consecutive days of one stock, the last ones with trades."""

    stock: Stock
    days: List[date]
    minutes: List[List[MinuteBar]]
    ticks: List[List[List[Tick]]]


def measure(feed: Feed, stock: Stock, days: Sequence[date], tick_days: int) -> Measures:
    """All measures of some days of a stock, trades of the first ``tick_days`` of them."""
    minutes = [list(feed.minutes(stock, day)) for day in days]
    ticks = [
        [feed.ticks(stock, day, bar.minute) for bar in bars]
        for day, bars in zip(days[:tick_days], minutes)
    ]
    sample = Sample(stock, list(days), minutes, ticks)
    return {
        **_prices(sample),
        **_volumes(sample),
        **_prints(sample),
        **_spreads(feed, sample),
        **_days(feed, stock, days[-1]),
        "broken sums": _broken_sums(feed, sample),
    }


def misses(kind: str, measures: Measures) -> List[str]:
    """What lies outside its band."""
    return [
        f"{name} {measures[name]:.3f} not in {low} .. {high}"
        for name, (low, high) in BANDS[kind].items()
        if not low <= measures[name] <= high
    ]


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def deviation(values: Sequence[float]) -> float:
    middle = mean(values)
    return sqrt(mean([(value - middle) ** 2 for value in values]))


def correlation(first: Sequence[float], second: Sequence[float]) -> float:
    a, b = mean(first), mean(second)
    both = mean([(x - a) * (y - b) for x, y in zip(first, second)])
    return both / (deviation(first) * deviation(second) or 1)


def echo(runs: Sequence[Sequence[float]], lag: int) -> float:
    """Autocorrelation over several runs of values, none from one run to the next."""
    every = [value for run in runs for value in run]
    middle = mean(every)
    whole = mean([(value - middle) ** 2 for value in every])
    pairs = [(x - middle) * (y - middle) for run in runs for x, y in zip(run, run[lag:])]
    return mean(pairs) / (whole or 1)


def _continuous(sample: Sample) -> List[List[MinuteBar]]:
    return [
        [bar for bar in bars if bar.minute < krx.session(day).close]
        for day, bars in zip(sample.days, sample.minutes)
    ]


def _prices(sample: Sample) -> Measures:
    """Moves from minute to minute, in ticks and in basis points."""
    table = krx.tick_table(sample.stock.market, sample.days[0])
    steps: Counter[int] = Counter()
    runs: List[List[float]] = []
    early: List[float] = []
    noon: List[float] = []
    sizes: List[float] = []
    volumes: List[float] = []
    for bars in _continuous(sample):
        run = []
        for before, bar in zip(bars, bars[1:]):
            steps[min(3, abs(table.index(bar.close) - table.index(before.close)))] += 1
            move = 10_000 * log(bar.close / before.close)
            run.append(move)
            since = bar.minute - bars[0].minute
            (early if since < 30 else noon if 180 <= since < 210 else []).append(move)
            sizes.append(abs(move))
            volumes.append(log(bar.volume))
        runs.append(run)
    every = [move for run in runs for move in run]
    spread, middle, count = deviation(every), mean(every), sum(steps.values())
    absolute = [[abs(move) for move in run] for run in runs]
    return {
        "zero moves": steps[0] / count,
        "one tick moves": steps[1] / count,
        "two tick moves": steps[2] / count,
        "minute deviation": spread,
        "excess kurtosis": mean([(move - middle) ** 4 for move in every]) / spread**4 - 3,
        "early over noon": deviation(early) / (deviation(noon) or 1),
        "acf1": echo(runs, 1),
        "acf5": echo(runs, 5),
        "acf1 size": echo(absolute, 1),
        "acf5 size": echo(absolute, 5),
        "acf30 size": echo(absolute, 30),
        "size with volume": correlation(sizes, volumes),
    }


def _volumes(sample: Sample) -> Measures:
    """When of the day shares change hands."""
    opening = [krx.session(day).open for day in sample.days]

    def part(first: int, end: int) -> float:
        shares = [
            bar.volume
            for start, bars in zip(opening, sample.minutes)
            for bar in bars
            if first <= bar.minute - start < end
        ]
        return sum(shares) / sum(bar.volume for bars in sample.minutes for bar in bars)

    runs = []
    for bars in _continuous(sample):
        logs = [log(bar.volume) for bar in bars]
        runs.append([x - mean(logs[max(0, n - 45) : n + 45]) for n, x in enumerate(logs)][10:])
    return {
        "first half hour": part(0, 30),
        "noon half hour": part(180, 210),
        "closing auction": part(390, 391),
        "volume noise": deviation([x for run in runs for x in run]),
        "acf1 of volume": echo(runs, 1),
        "minutes with trades": mean([float(len(bars)) for bars in _continuous(sample)]),
    }


def _prints(sample: Sample) -> Measures:
    """How trades come, of which size, at which price after the one before."""
    counts: List[List[float]] = []
    logs: List[float] = []
    log_counts: List[float] = []
    sizes: List[int] = []
    seconds: Counter[int] = Counter()
    same = moved = single = turned = again = 0
    table = krx.tick_table(sample.stock.market, sample.days[0])
    for day, bars, minutes in zip(sample.days, sample.minutes, sample.ticks):
        close, run = krx.session(day).close, []
        for bar, ticks in zip(bars, minutes):
            if bar.minute >= close:
                continue
            run.append(float(len(ticks)))
            log_counts.append(log(len(ticks)))
            logs.append(log(bar.volume))
            sizes += [tick.quantity for tick in ticks]
            seconds.update(tick.at // 1_000_000 for tick in ticks)
            before, way = ticks[0].price, 0
            for tick in ticks:
                if tick.price == before:
                    same += 1
                    continue
                moved += 1
                step = table.index(tick.price) - table.index(before)
                single += abs(step) == 1
                again += way != 0
                turned += way * step < 0
                way, before = step, tick.price
        counts.append(run)
    every = [count for run in counts for count in run]
    sizes.sort()
    return {
        "prints a day": sum(every) / max(1, len(counts)),
        "prints in a second": float(max(seconds.values(), default=0)),
        "busy seconds": len(seconds) / (60 * max(1, len(every))),
        "dispersion of prints": deviation(every) ** 2 / mean(every),
        "acf1 of prints": echo(counts, 1),
        "acf5 of prints": echo(counts, 5),
        "acf30 of prints": echo(counts, 30),
        "prints with volume": correlation(log_counts, logs),
        "single shares": sizes.count(1) / len(sizes),
        "median size": float(sizes[len(sizes) // 2]),
        "mean size": mean(sizes),
        "unchanged prints": same / (same + moved),
        "one tick of moved": single / max(1, moved),
        "reversals": turned / max(1, again),
    }


def _spreads(feed: Feed, sample: Sample) -> Measures:
    """The distance of the best quotes in ticks, after every few trades."""
    table = krx.tick_table(sample.stock.market, sample.days[0])
    every = [tick for minutes in sample.ticks for ticks in minutes[1:-2] for tick in ticks]
    found: Counter[int] = Counter()
    for tick in every[:: max(1, len(every) // 3_000)]:
        ask, bid = feed.best_quotes(sample.stock, tick)
        if ask and bid:
            found[table.index(ask) - table.index(bid)] += 1
    return {"one tick spreads": found[1] / max(1, sum(found.values()))}


def _days(feed: Feed, stock: Stock, last: date) -> Measures:
    """Moves from day to day, over night and in the closing auction, in basis points."""
    bars = feed.days(stock, last, 250)[::-1]
    jumps = []
    for bar in bars[-40:]:
        minutes = feed.minutes(stock, bar.date)
        before = [one for one in minutes if one.minute < krx.session(bar.date).close]
        jumps.append(10_000 * log(bar.close / before[-1].close))
    pairs = list(zip(bars, bars[1:]))
    return {
        "day deviation": deviation([10_000 * log(b.close / a.close) for a, b in pairs]),
        "overnight deviation": deviation([10_000 * log(b.open / a.close) for a, b in pairs]),
        "auction jump": deviation(jumps),
    }


def _broken_sums(feed: Feed, sample: Sample) -> float:
    """Minutes whose trades do not add up to their bar, and days whose minutes do not."""
    broken = 0
    for day, bars in zip(sample.days, sample.minutes):
        whole = feed.day(sample.stock, day)
        assert whole is not None
        broken += sum(bar.volume for bar in bars) != whole.volume
        broken += sum(bar.value for bar in bars) // 1_000_000 != whole.value_million
        broken += max(bar.high for bar in bars) != whole.high
        broken += min(bar.low for bar in bars) != whole.low
    for bars, minutes in zip(sample.minutes, sample.ticks):
        for bar, ticks in zip(bars, minutes):
            broken += sum(tick.quantity for tick in ticks) != bar.volume
            broken += sum(tick.price * tick.quantity for tick in ticks) != bar.value
            broken += (ticks[0].price, ticks[-1].price) != (bar.open, bar.close)
    return float(broken)


def main() -> None:
    """Measure as many new seeds as asked for, and print a table and every miss."""
    from simulator.feeds.generator import Generated

    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--seeds", type=int, default=20, help="how many seeds to draw (20)")
    parser.add_argument("--seed", type=int, action="append", help="measure this one instead")
    parser.add_argument("--ticks", type=int, default=5, help="days with trades (5)")
    options = parser.parse_args()
    seeds = options.seed or [SystemRandom().randrange(2**32) for _ in range(options.seeds)]
    days = krx.trading_days(date(2026, 11, 9), date(2026, 11, 18))[:5]
    for kind, bands in BANDS.items():
        found: List[Measures] = []
        for seed in seeds:
            feed = Generated(seed)
            stock = listing(kind, feed, days)
            found.append(measure(feed, stock, days, options.ticks))
            for miss in misses(kind, found[-1]):
                print(f"MISS {kind} seed {seed} {stock.code} {stock.name}: {miss}", flush=True)
        print(f"\n{kind} {'':29}    least   median     most   band       misses")
        for name in found[0]:
            values = sorted(one[name] for one in found)
            least, most = bands.get(name, (float("-inf"), float("inf")))
            wrong = sum(not least <= value <= most for value in values)
            band = f"{least} .. {most}" if name in bands else ""
            middle = values[len(values) // 2]
            print(
                f"  {name:30} {values[0]:9.3f}{middle:9.3f}{values[-1]:9.3f}   {band:14} {wrong or ''}"
            )
        print()


if __name__ == "__main__":
    main()
