"""Who buys and who sells a stock, by kind of investor (투자자).

SYNTHETIC: every share traded is somebody's on either side. A kind of investor has its usual part of the
volume, and wants to be so many shares richer or poorer by the evening: from a draw, and from how the day
opened. It gets there as the volume comes, one side of its trades ahead of the other, or not at all on a thin
day. Whoever is left, mostly 개인, is the other side. So what is known at a moment follows from the volume so
far, and the last moment of a day is the day.

What foreigners hold (외국인 보유) is a path of its own: it stands where it was drawn every `SPAN` trading
days, and between goes as they buy and sell.
"""

from __future__ import annotations

from array import array
from collections import OrderedDict
from datetime import date
from functools import lru_cache
from typing import Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from sapi_kiwoom import krx
from simulator.draws import NORMAL, NORMAL_ONE, Draws, octets
from simulator.feeds import DayBar, Feed
from simulator.feeds.generator import FIRST_DAY
from simulator.universe import Stock

KINDS = (
    INDIVIDUAL, FOREIGN,
    FINANCIAL, INSURANCE, TRUST, OTHER_FINANCE, BANK, PENSION, PRIVATE, STATE,
    CORPORATION, DOMESTIC_FOREIGN,
) = tuple(range(12))  # fmt: skip
"""개인, 외국인, 금융투자, 보험, 투신, 기타금융, 은행, 연기금등, 사모펀드, 국가, 기타법인, 내외국인."""

INSTITUTIONS = KINDS[FINANCIAL : STATE + 1]
"""The kinds of which 기관계 is the sum."""

SPAN = 64
"""Trading days between two known holdings; a feed that draws days in blocks draws as many at once."""

_SETTLING = 16
"""Days before a known holding on which foreigners only make up for what they are behind."""

_SLOTS = 500
_USUAL = {
    "대형주": (0, 150, 52, 6, 20, 2, 2, 30, 15, 1, 8, 2),
    "중형주": (0, 80, 28, 4, 13, 1, 1, 14, 11, 1, 8, 2),
    "소형주": (0, 52, 10, 1, 4, 1, 1, 3, 5, 1, 6, 2),
    "": (0, 90, 150, 4, 8, 2, 3, 8, 5, 1, 8, 1),  # funds and notes, with their liquidity providers
}
"""Of 500 shares traded, about how many are whose, by `Stock.size`; 개인 have the rest."""

_STYLES = 8
_LEAN = (5, 8)
"""The part of its own volume by which a kind's purchases may be ahead of its sales."""

_PERSISTENCE = 8
"""Trading days for which a kind keeps its mind, more or less."""

_FOLLOWS = (0, 12, 10, 2, 6, 0, 0, -6, 4, 0, 0, 0)
"""How much of its usual volume, in percent, a kind adds after an opening one deviation higher."""

_ONE = 100
_ROOM = 8_192


@lru_cache(maxsize=None)
def _style(size: str, style: int) -> Tuple[Tuple[int, ...], Tuple[Tuple[int, ...], ...]]:
    """Whose the shares of a day are: of 500 in a row, and of the first few of them."""
    slots = [max(each * (style + 9) // 13, 1) for each in _USUAL[size]]
    slots[INDIVIDUAL] = _SLOTS - sum(slots[1:])
    order = sorted(
        ((2 * place + 1) * _SLOTS * _SLOTS // (2 * count), kind)
        for kind, count in enumerate(slots)
        for place in range(count)
    )
    passed = [0] * len(slots)
    firsts = [tuple(passed)]
    for _, kind in order:
        passed[kind] += 1
        firsts.append(tuple(passed))
    return tuple(slots), tuple(firsts)


class Investors(NamedTuple):
    """What every kind of investor had traded of a stock by a moment of a day, in the order of `KINDS`.

    Attributes:
        bar: the day so far.
        bought, sold: shares; either sum is the volume.
        holding: shares that foreigners hold then.
    """

    bar: DayBar
    bought: Tuple[int, ...]
    sold: Tuple[int, ...]
    holding: int

    def net(self, kind: int) -> int:
        """순매수 of a kind, in shares."""
        return self.bought[kind] - self.sold[kind]


class InvestorFlows:
    """The investors of every stock of a feed.

    Args:
        feed: whose days are divided up.
    """

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._spans: OrderedDict[Tuple[str, int], array[int]] = OrderedDict()

    def day(self, stock: Stock, bar: DayBar) -> Investors:
        """The investors of a day, of which ``bar`` is what is known; of a whole one, they are the day's."""
        number, place = divmod(krx.trading_day_index(bar.date) - 1, SPAN)
        before = self._held_before(stock, number, place)
        draws = _Draws.of(self._feed.seed, stock, number)
        gap = self._gap(stock, bar)
        wants = draws.wants(place, gap)
        wants[FOREIGN] = self._wanted(stock, draws, place, before, gap)
        counts = _counts(stock, draws.style(place), bar.volume)
        bought, sold = counts, counts[:]
        for kind in KINDS[FOREIGN:]:
            # A kind's own volume is two-sided but for its lead, which has 개인 on the other side.
            wanted, own = wants[kind], counts[kind]
            most = own if kind == FOREIGN and _settles(place) else own * _LEAN[0] // _LEAN[1]
            if wanted > 0:
                net = min(wanted, most)
                sold[kind] -= net
                sold[INDIVIDUAL] += net
            else:
                net = min(-wanted, most)
                bought[kind] -= net
                bought[INDIVIDUAL] += net
        net = bought[FOREIGN] - sold[FOREIGN]
        return Investors(bar, tuple(bought), tuple(sold), before + net)

    def days(
        self, stock: Stock, newest: date, today: Optional[DayBar] = None
    ) -> Iterator[Investors]:
        """All days from ``newest`` backwards, newest first.

        Args:
            today: what is known of a day that is not over, and stands for it.
        """
        for bar in self._feed.iterate_days(stock, newest):
            if today is None or bar.date < today.date:
                yield self.day(stock, bar)
            elif bar.date == today.date:
                yield self.day(stock, today)

    def held_before(self, stock: Stock, day: date) -> int:
        """The shares that foreigners hold before a trading day begins."""
        return self._held_before(stock, *divmod(krx.trading_day_index(day) - 1, SPAN))

    def limit(self, stock: Stock) -> int:
        """외국인한도: how many shares foreigners may hold."""
        percent = {"통신업": 49, "전기가스업": 40}.get(stock.sector, 100)
        return stock.shares * percent // 100

    def _held_before(self, stock: Stock, number: int, place: int) -> int:
        """Foreigners' shares before the day at ``place`` of a span."""
        key = (stock.code, number)
        known = self._spans.get(key)
        if known is None:
            known = self._spans[key] = array("q", [_known(self._feed.seed, stock, number, self)])
            if len(self._spans) > _ROOM:
                self._spans.popitem(last=False)
        if len(known) <= place:
            self._extend(stock, number, known, place)
        return known[place]

    def _extend(self, stock: Stock, number: int, known: array[int], place: int) -> None:
        """Reckon what foreigners hold up to the evening before ``place``."""
        draws = _Draws.of(self._feed.seed, stock, number)
        done, start = len(known) - 1, number * SPAN + 1
        newest = krx.trading_day(start + place - 1)
        found = self._feed.days(stock, newest, place - done)
        bars: Dict[date, DayBar] = {bar.date: bar for bar in found}
        first = max(stock.listed, FIRST_DAY)
        for each in range(done, place):
            held, day = known[each], krx.trading_day(start + each)
            bar = bars.get(day)
            if day < first:
                held = draws.path(self)[each]
            elif bar is not None and bar.volume:
                wanted = self._wanted(stock, draws, each, held, self._gap(stock, bar))
                own = _count(stock, draws.style(each), bar.volume, FOREIGN)
                most = own if _settles(each) else own * _LEAN[0] // _LEAN[1]
                held += max(-most, min(most, wanted))
            known.append(held)

    def _wanted(self, stock: Stock, draws: _Draws, place: int, held: int, gap: int) -> int:
        """The shares by which foreigners want to hold more in the evening."""
        wanted = draws.path(self)[place] - held
        if not _settles(place):
            wanted += min(_followed(stock, FOREIGN, gap), held // 20)
        return max(-held, min(self.limit(stock) - held, wanted))

    def _gap(self, stock: Stock, bar: DayBar) -> int:
        """How far a day opened from its base price, in hundredths of a usual day's deviation; up to 2."""
        base = self._feed.base_price(stock, bar.date)
        gap = (bar.open - base) * 10_000 * _ONE // (base * max(stock.volatility, 1))
        return max(-2 * _ONE, min(2 * _ONE, gap))


def _settles(place: int) -> bool:
    return place >= SPAN - _SETTLING


def _counts(stock: Stock, style: int, volume: int) -> List[int]:
    """Whose so many shares are."""
    slots, firsts = _style(stock.size, style)
    whole, rest = divmod(volume, _SLOTS)
    return [whole * each + few for each, few in zip(slots, firsts[rest])]


def _count(stock: Stock, style: int, volume: int, kind: int) -> int:
    slots, firsts = _style(stock.size, style)
    whole, rest = divmod(volume, _SLOTS)
    return whole * slots[kind] + firsts[rest][kind]


def _followed(stock: Stock, kind: int, gap: int) -> int:
    """Shares that a kind buys because of the opening."""
    usual = stock.volume * _USUAL[stock.size][kind]
    return usual * _FOLLOWS[kind] * gap // (_SLOTS * 100 * _ONE)


def _step(stock: Stock) -> int:
    """Shares that foreigners trade of a stock on a usual day."""
    return stock.volume * _USUAL[stock.size][FOREIGN] // _SLOTS


def _known(seed: int, stock: Stock, number: int, flows: InvestorFlows) -> int:
    """What foreigners hold when a span begins: around a level of the stock's own."""
    level, limit = foreign_level(seed, stock), flows.limit(stock)
    held = limit * level // 10_000
    wide = min(3 * _step(stock) // 2, held // 6, (limit - held) // 6)
    normal = NORMAL[octets(1, seed, "foreign holding", stock.code, number)[0]]
    return held + normal * wide // NORMAL_ONE


@lru_cache(maxsize=4_096)
def foreign_level(seed: int, stock: Stock) -> int:
    """한도소진률 around which a stock's foreign holdings move, in hundredths of a percent."""
    usual = {"대형주": (500, 5_500), "중형주": (200, 3_000)}.get(stock.size, (50, 1_200))
    return Draws(seed, "foreign level", stock.code).between(*usual)


class _Draws:
    """What is drawn for one span of a stock."""

    def __init__(self, seed: int, stock: Stock, number: int) -> None:
        self._seed = seed
        self._stock = stock
        self._number = number
        key = (seed, "investors", stock.code, number)
        self._own = octets(SPAN * len(KINDS), *key)
        self._slow = octets(SPAN // _PERSISTENCE * len(KINDS), *key, "slow")
        self._usual = [stock.volume * each for each in _USUAL[stock.size]]
        self._path: Optional[Sequence[int]] = None

    @classmethod
    def of(cls, seed: int, stock: Stock, number: int) -> _Draws:
        """Those of a span, the latest ones remembered."""
        return _draws(seed, stock, number)

    def style(self, place: int) -> int:
        """Which of the `_STYLES` a day has."""
        return self._own[place * len(KINDS)] % _STYLES

    def wants(self, place: int, gap: int) -> List[int]:
        """Shares by which each kind wants to be richer in the evening of a day that opened like this.

        A deviation is a quarter of what the kind usually trades.
        """
        count, later = len(KINDS), place // _PERSISTENCE
        own = self._own[place * count : (place + 1) * count]
        slow = self._slow[later * count : (later + 1) * count]
        return [
            usual
            * ((4 * NORMAL[one] + 3 * NORMAL[other]) * 5 * _ONE + NORMAL_ONE * follows * gap)
            // (_SLOTS * NORMAL_ONE * _ONE * _ONE)
            for usual, follows, one, other in zip(self._usual, _FOLLOWS, own, slow)
        ]

    def path(self, flows: InvestorFlows) -> Sequence[int]:
        """What foreigners want to hold on the evening of each day of the span."""
        if self._path is None:
            start = _known(self._seed, self._stock, self._number, flows)
            end = _known(self._seed, self._stock, self._number + 1, flows)
            moving = SPAN - _SETTLING
            size = min(_step(self._stock) * 3 // 20, start // 40)
            own, slow = self._own[FOREIGN :: len(KINDS)], self._slow[FOREIGN :: len(KINDS)]
            moves = [
                (4 * NORMAL[own[place]] + 3 * NORMAL[slow[place // _PERSISTENCE]])
                * size
                // (5 * NORMAL_ONE)
                for place in range(moving)
            ]
            drift, total, path = end - start - sum(moves), 0, []
            for place, move in enumerate(moves):
                total += move
                path.append(start + total + drift * (place + 1) // moving)
            self._path = (*path, *[end] * _SETTLING)
        return self._path


@lru_cache(maxsize=4_096)
def _draws(seed: int, stock: Stock, number: int) -> _Draws:
    return _Draws(seed, stock, number)
