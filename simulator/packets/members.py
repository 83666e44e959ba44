"""The 주식당일거래원 (0F): the five members that sold most of a stock, and the five that bought most."""

from __future__ import annotations

from typing import List, Sequence

from simulator.feeds.members import FOREIGN, foreign, members, ranked
from simulator.strings import signed

SHOWN = 5

_NOBODY = "\t".join(("", "0", " 0", "", ""))
_DOMESTIC_COLOUR, _FOREIGN_COLOUR = "0", "1"
_UNKNOWN = "\t" * 30
"""Thirty values that nobody has explained, all empty."""


def member_trading(
    sold: Sequence[int],
    bought: Sequence[int],
    sold_before: Sequence[int],
    bought_before: Sequence[int],
    volume: int,
) -> str:
    """One event: 88 values.

    The estimate of what foreigners traded (외국계추정합) is here what all foreign members did.

    Args:
        sold, bought: shares of each member so far, in the order of `members`.
        sold_before, bought_before: the same at the event before.
        volume: shares traded so far.
    """
    rows = [
        row for pair in zip(_five(sold, sold_before), _five(bought, bought_before)) for row in pair
    ]
    selling, buying = foreign(sold), foreign(bought)
    sold_more, bought_more = selling - foreign(sold_before), buying - foreign(bought_before)
    return "\t".join(
        (
            *rows,
            str(selling),
            signed(sold_more, " "),
            str(buying),
            signed(bought_more, " "),
            signed(buying - selling, " "),
            signed(bought_more - sold_more, " "),
            "",
            f"{volume}{_UNKNOWN}",
        )
    )


def _five(shares: Sequence[int], before: Sequence[int]) -> List[str]:
    """Name, shares, their change, code and colour of the five largest."""
    then = dict(zip(members(), before))
    rows = [
        f"{name}\t{now}\t{signed(now - then[code], ' ')}\t{code}\t"
        f"{_FOREIGN_COLOUR if code in FOREIGN else _DOMESTIC_COLOUR}"
        for code, name, now in ranked(shares, SHOWN)
    ]
    return [*rows, *[_NOBODY] * (SHOWN - len(rows))]
