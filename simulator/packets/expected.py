"""The 주식예상체결 (0H): what an auction would give if it were settled now."""

from __future__ import annotations

from simulator.feeds import Expected
from simulator.packets.colours import Colours
from simulator.strings import clock


def expected_trade(colours: Colours, expected: Expected, volume: int) -> str:
    """One event: 7 values.

    Args:
        volume: shares traded so far.
    """
    price = expected.price
    return (
        f"{clock(expected.at)}\t{colours.change(price)}\t{expected.quantity}\t{volume}\t"
        f"{colours.symbol(price)}"
    )
