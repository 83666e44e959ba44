"""Orders that wait to be traded at a known close (시간외종가): before the opening and after the close.

SYNTHETIC: every ten seconds some more shares are offered and bid for. Where they trade at once only the rest
of one side waits.
"""

from __future__ import annotations

from itertools import accumulate
from typing import Tuple

from sapi_kiwoom.loop import SECOND
from simulator.draws import OCTAVE, heavy_tail, octets
from simulator.universe import Stock

STEP = 10 * SECOND

_SIZES = heavy_tail(OCTAVE)


class Waiting:
    """What waits in one session at a known close.

    Args:
        seed: decides the draws.
        stock: whose.
        start, trading, end: when orders begin to gather, begin to trade, and end, in microseconds since
            1970 UTC.
        part: a usual day's volume is so many times what comes to either side, about.
    """

    def __init__(
        self, seed: int, stock: Stock, start: int, trading: int, end: int, part: int
    ) -> None:
        self.start, self.end = start, end
        self._trading = trading
        steps = (end - start) // STEP
        drawn = octets(2 * steps, seed, "waiting", stock.code, start)
        usual = stock.volume // part
        self._asked, self._wanted = (
            [
                0,
                *(
                    usual * size // (256 * steps)
                    for size in accumulate(_SIZES[each] for each in side)
                ),
            ]
            for side in (drawn[:steps], drawn[steps:])
        )

    def at(self, moment: int) -> Tuple[int, int]:
        """Shares offered and bid for that wait at a moment of the session."""
        step = (moment - self.start) // STEP
        asked, wanted = self._asked[step], self._wanted[step]
        traded = min(asked, wanted) if moment >= self._trading else 0
        return asked - traded, wanted - traded
