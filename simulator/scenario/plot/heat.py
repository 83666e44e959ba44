"""Shares that rest in the book, price by time, as heat maps behind the candles."""

from __future__ import annotations

from bisect import bisect_right
from typing import Any, Dict, List, Optional, Tuple

from sapi_kiwoom import krx
from sapi_kiwoom.loop import SECOND
from simulator.feeds import Quote
from simulator.feeds.bars import AFTER, KRX
from simulator.scenario.plot.axis import packed, wall
from simulator.scenario.plot.day import SAMPLE, Day

_STEPS = (10, 20, 30, 60, 120)
_MOST_CELLS = 120_000
_GAP = float("nan")
_SATURATED = 97
"""Percent of all levels that are paler than the darkest colour."""


def traces(day: Day) -> List[Dict[str, Any]]:
    """Asks and bids, each as a heat map; none without books."""
    steps = iter(_STEPS)
    samples = thinned(day, next(steps) * SECOND)
    prices = sorted({price for _, quote in samples if quote for price, _ in _levels(quote)})
    if not prices:
        return []
    table = day.table
    rows = range(table.index(prices[0]), table.index(prices[-1]) + 1)
    step = next(
        (each for each in _STEPS if 86_400 // 4 // each * len(rows) <= _MOST_CELLS), _STEPS[-1]
    )
    samples = thinned(day, step * SECOND)
    shares = sorted(shares for _, quote in samples if quote for _, shares in _levels(quote))
    most = shares[len(shares) * _SATURATED // 100]
    return [
        _trace(day, samples, rows, step, most, "매도", True, "74, 124, 160"),
        _trace(day, samples, rows, step, most, "매수", False, "205, 128, 52"),
    ]


def _trace(
    day: Day,
    samples: List[Tuple[int, Optional[Quote]]],
    rows: range,
    step: int,
    most: int,
    name: str,
    asks: bool,
    colour: str,
) -> Dict[str, Any]:
    """One side of the book."""
    table = day.table
    cells = [[_GAP] * len(samples) for _ in rows]
    for column, (_, quote) in enumerate(samples):
        if quote is not None:
            for price, shares in quote.asks if asks else quote.bids:
                cells[table.index(price) - rows[0]][column] = shares
    return {
        "type": "heatmap",
        "name": f"{name} 호가",
        "xaxis": "x",
        "yaxis": "y",
        "x0": wall(day.day, samples[0][0]) + step * 500,
        "dx": step * 1_000,
        "y": [table.price(row) for row in rows],
        "z": packed((cell for row in cells for cell in row), f"{len(rows)}, {len(samples)}"),
        "zmin": 0,
        "zmax": most,
        "colorscale": [
            [at / 100, f"rgba({colour}, {opacity})"]
            for at, opacity in ((0, 0.03), (10, 0.10), (30, 0.20), (60, 0.33), (100, 0.52))
        ],
        "showscale": False,
        "showlegend": True,
        "hoverongaps": False,
        "hovertemplate": f"{name}호가 %{{y:,}} · %{{z:,.0f}}주<extra></extra>",
    }


def _levels(quote: Quote) -> Tuple[Tuple[int, int], ...]:
    return (*quote.asks, *quote.bids)


def thinned(day: Day, step: int) -> List[Tuple[int, Optional[Quote]]]:
    """The book at regular moments: a book stands until the next one, or until its session ends.

    Args:
        day: whose books.
        step: between moments, in microseconds: a multiple of `SAMPLE`.

    Returns:
        Each moment with the book that stood just after it, None where there was none.
    """
    midnight = krx.midnight(day.day)
    books = {**day.seen[KRX].books, **day.seen[AFTER].books}
    numbers = sorted(books)
    if not numbers:
        return []
    ends = sorted(
        [phase.end for phase in day.phases]
        + [phase.start for phase in day.phases]
        + [each.start for each in day.seen[KRX].interruptions]
        + [halt.start for halt in day.halts]
    )
    found: List[Tuple[int, Optional[Quote]]] = []
    width = step // SAMPLE
    for number in range(numbers[0] // width * width, numbers[-1] + 1, width):
        at = midnight + number * SAMPLE
        place = bisect_right(numbers, number + width - 1)
        quote = books[numbers[place - 1]] if place else None
        if quote is not None:
            stood_until = bisect_right(ends, quote.at)
            if stood_until < len(ends) and ends[stood_until] <= at:
                quote = None
        found.append((at, quote))
    return found
