"""Members of the exchange (거래원): who bought and who sold how much of a stock on a day.

SYNTHETIC: every half hour's volume is divided among the members, on either side by weights of its own. What
is divided is never more than what was traded; the last moment of a day is the day.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import date
from functools import lru_cache
from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple

from simulator.brokers import names
from simulator.draws import OCTAVE, heavy_tail, octets
from simulator.feeds import Feed
from simulator.universe import Stock

FOREIGN = frozenset(("033", "035", "036", "037", "041", "042", "044", "045", "046"))
"""Codes of the members that count as foreign (외국계)."""

_USUAL = {
    "050": 56, "005": 26, "012": 18, "017": 17, "003": 17, "030": 16, "002": 12, "031": 9, "061": 9,
    "033": 10, "036": 11, "041": 9, "044": 9, "037": 7, "045": 4, "046": 5, "035": 4, "042": 4,
}  # fmt: skip
_OTHERS = 3
"""Parts of the market that members have, about; the smaller ones alike."""

_BLOCK = 30
_BLOCKS = 24 * 60 // _BLOCK
_DAYS = heavy_tail(OCTAVE)
"""How a member's part differs from day to day, in 1/256."""


class Traded(NamedTuple):
    """What one member has bought, or sold.

    Attributes:
        code: 회원사코드, three digits.
        name: its name.
        shares: so far.
    """

    code: str
    name: str
    shares: int


@lru_cache(maxsize=None)
def members() -> Dict[str, str]:
    """Names of the members by code."""
    return dict(tuple(each.split("|")) for each in names().split(";"))  # type: ignore[misc]


class MemberDay:
    """The members' trades of a stock on one day on KRX.

    Args:
        feed: whose minutes are divided up. Where orders move a feed (it has a ``below``), what they
            print is left out.
        stock: whose.
        day: which day; without minutes nothing is traded.
    """

    def __init__(self, feed: Feed, stock: Stock, day: date) -> None:
        count = len(members())
        self._volumes = [0] * _BLOCKS
        for bar in getattr(feed, "below", feed).minutes(stock, day):
            self._volumes[bar.minute // _BLOCK] += bar.volume
        self._traded = [0]
        for volume in self._volumes:
            self._traded.append(self._traded[-1] + volume)
        key = (feed.seed, "members", stock.code, day)
        whole = octets(2 * count, *key)
        parts = octets(2 * count * _BLOCKS, *key, "parts")
        # By side: sold, bought. Before each block and after the last; the weights within each.
        self._before: Tuple[List[List[int]], List[List[int]]] = ([], [])
        self._weights: Tuple[List[List[int]], List[List[int]]] = ([], [])
        self._wholes: Tuple[List[int], List[int]] = ([], [])
        for side in (0, 1):
            usual = [
                _USUAL.get(code, _OTHERS) * _DAYS[whole[2 * place + side]]
                for place, code in enumerate(members())
            ]
            before = [0] * count
            for block, volume in enumerate(self._volumes):
                noise = parts[(2 * block + side) * count :]
                weights = [each * (64 + draw) for each, draw in zip(usual, noise)]
                total = sum(weights)
                self._before[side].append(before)
                self._weights[side].append(weights)
                self._wholes[side].append(total)
                if volume:
                    shares = (volume * each // total for each in weights)
                    before = [then + more for then, more in zip(before, shares)]

    def sold(self, minute: int, volume: int) -> List[int]:
        """Shares that each member sold by a moment, in the order of `members`.

        Args:
            minute: the moment's minute of the day; from 1,439 on the whole day.
            volume: shares traded by the moment on the whole day (누적거래량).
        """
        return self._shares(0, minute, volume)

    def bought(self, minute: int, volume: int) -> List[int]:
        """Shares that each member bought; as `sold`."""
        return self._shares(1, minute, volume)

    def sellers(self, minute: int, volume: int) -> List[Traded]:
        """Who sold how much by a moment (as of `sold`), the largest first; who sold nothing is left out."""
        return ranked(self.sold(minute, volume))

    def buyers(self, minute: int, volume: int) -> List[Traded]:
        """Who bought how much; as `sellers`."""
        return ranked(self.bought(minute, volume))

    @property
    def volume(self) -> int:
        """Shares traded on the whole day."""
        return self._traded[-1]

    def _shares(self, side: int, minute: int, volume: int) -> List[int]:
        traded = bisect_right(self._traded, volume) - 1
        block = min(minute // _BLOCK, traded, _BLOCKS - 1)
        part = min(volume - self._traded[block], self._volumes[block])
        whole = self._wholes[side][block]
        return [
            before + part * weight // whole
            for before, weight in zip(self._before[side][block], self._weights[side][block])
        ]


def ranked(shares: Sequence[int], most: Optional[int] = None) -> List[Traded]:
    """Members by what they traded, the largest first and of equals the lower code.

    Args:
        shares: of each member, in the order of `members`; who has none is left out.
        most: so many at most.
    """
    known = list(members().items())
    places = sorted(range(len(shares)), key=shares.__getitem__, reverse=True)[:most]
    return [Traded(*known[place], shares[place]) for place in places if shares[place]]


def foreign(shares: Sequence[int]) -> int:
    """What foreign members traded of these shares."""
    return sum(shares[place] for place in _foreign_places())


@lru_cache(maxsize=None)
def _foreign_places() -> Tuple[int, ...]:
    return tuple(place for place, code in enumerate(members()) if code in FOREIGN)
