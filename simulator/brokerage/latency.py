"""How long things take between client, broker and exchange: draws from measured distributions.

A distribution is a table of its quantiles, straight lines between them. The draw of an order's step is
named by its key and needs no predecessor.
"""

from __future__ import annotations

from enum import Enum
from typing import Mapping, Tuple

from simulator.draws import Draws

Quantiles = Tuple[Tuple[int, int], ...]
"""(thousandths, microseconds) ascending, from 0 to 1000."""

_EXACT = 1 << 32


class Step(Enum):
    """A step in the life of an order."""

    ANSWER = "answer"
    """From SendOrder to OnReceiveMsg and OnReceiveTrData."""
    ACCEPTANCE = "acceptance"
    """From there to 접수; of a change, also from 접수 to 확인."""
    MARKET_FILL = "market fill"
    """From 접수 to the first 체결 of a market order on the mock server."""
    LIMIT_FILL = "limit fill"
    """The same for a limit order near the touch."""
    REPORT = "report"
    """From a trade on the exchange to its 체결."""
    HOLDING = "holding"
    """From 체결, or 접수 of a sell order, to its 잔고."""


def _milliseconds(text: str) -> Quantiles:
    """``5:42`` says that 5 % take at most 42 ms."""
    pairs = (pair.split(":") for pair in text.split())
    return tuple((int(percent) * 10, int(milliseconds) * 1_000) for percent, milliseconds in pairs)


# 3,539 orders on the mock server in summer 2020, seen by the client. Both ends, everything of the
# real server but its middle (two orders of 2022) and HOLDING are our guesses.
_MOCK = {
    Step.ANSWER: _milliseconds("0:25 5:42 25:79 50:131 75:283 95:2400 99:4400 100:8000"),
    Step.ACCEPTANCE: _milliseconds("0:10 100:100"),
    Step.MARKET_FILL: _milliseconds("0:10 5:25 25:100 50:400 75:1220 95:2500 99:5000 100:8000"),
    Step.LIMIT_FILL: _milliseconds(
        "0:10 5:40 25:550 50:5300 75:22000 95:118000 99:381000 100:900000"
    ),
    Step.REPORT: _milliseconds("0:10 100:100"),
    Step.HOLDING: _milliseconds("0:1 100:20"),
}
_REAL = {
    Step.ANSWER: _milliseconds("0:50 5:65 25:85 50:100 75:120 95:220 99:500 100:1000"),
    Step.ACCEPTANCE: _milliseconds("0:10 50:30 95:80 100:150"),
    Step.MARKET_FILL: _milliseconds("0:5 50:20 95:60 100:150"),
    Step.LIMIT_FILL: _milliseconds("0:5 50:20 95:60 100:150"),
    Step.REPORT: _milliseconds("0:5 50:20 95:60 100:150"),
    Step.HOLDING: _milliseconds("0:1 100:20"),
}


class Latency:
    """Draws how long a step takes.

    Args:
        seed: decides every draw.
        quantiles: the distribution of each step.
    """

    def __init__(self, seed: int, quantiles: Mapping[Step, Quantiles]) -> None:
        self._seed = seed
        self._quantiles = quantiles

    @classmethod
    def measured(cls, seed: int, profile: str) -> Latency:
        """As measured: ``real``, or one of the mock server's profiles."""
        return cls(seed, _REAL if profile == "real" else _MOCK)

    @classmethod
    def constant(cls, microseconds: int) -> Latency:
        """Every step takes the same time."""
        return cls.uniform(0, microseconds, microseconds)

    @classmethod
    def uniform(cls, seed: int, least: int, most: int) -> Latency:
        """Every step takes between two numbers of microseconds, all equally likely.

        Raises:
            ValueError: the least is negative or above the most.
        """
        if not 0 <= least <= most:
            raise ValueError(f"latency from {least} to {most} us; give 0 <= least <= most")
        return cls(seed, dict.fromkeys(Step, ((0, least), (1000, most))))

    def of(self, step: Step, *key: object) -> int:
        """Microseconds that a step takes; ``key`` names the order, say its day and number."""
        table = self._quantiles[step]
        draw = Draws(self._seed, "latency", step.value, *key).below(1000 * _EXACT)
        for (low, shortest), (high, longest) in zip(table, table[1:]):
            if draw < high * _EXACT:
                part = draw - low * _EXACT
                return shortest + (longest - shortest + 1) * part // ((high - low) * _EXACT)
        raise AssertionError("a table of quantiles ends at 1000")
