"""Answers to TRs: for each TR a generator of its rows, newest or first ranked first.

A generator yields rows as the control's unpadded strings in column order, or None where it did a good
piece of work, so that whoever pulls the rows can let others go first. Pages are cut by the control.
"""

from __future__ import annotations

from typing import Callable, Dict, Iterator, List, Optional, Tuple

from simulator.answers import charts, quotes, rankings, shorts
from simulator.answers.world import World

Inputs = Dict[str, str]
Rows = Iterator[Optional[List[str]]]
Answer = Callable[[World, Inputs, int], Rows]

ANSWERS: Dict[str, Answer] = {
    "opt10004": quotes.order_book,
    "opt10014": shorts.short_selling,
    "opt10017": rankings.price_limits,
    "opt10080": charts.minutes,
    "opt10081": charts.days,
    "opt10087": quotes.after_hours_book,
}
"""By TR code in lower case. Called with the inputs by Korean name and the moment of the request."""

SINGLES: Dict[str, Tuple[str, ...]] = {"opt10080": ("종목코드",), "opt10081": ("종목코드",)}
"""Inputs that are repeated as the fields of the TR's single record."""
