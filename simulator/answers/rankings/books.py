"""Rankings by order books: OPT10020, OPT10021, OPT10022, and by expected prices: OPT10029.

They stand for the end of the last whole minute. To draw the books of all stocks takes half a minute, so only
the `LOOKED_AT` most traded ones of those that the inputs let through are looked at: of today, and in OPT10029
of the day before.
"""

from __future__ import annotations

from typing import Callable, Dict, Iterator, List, NamedTuple, Optional, Tuple

from sapi_kiwoom import krx
from simulator.answers.forms import change_form, count, price_form, rate_form
from simulator.answers.parties.totals import first_ranked
from simulator.answers.quotes.book import Book, book
from simulator.answers.rankings import screening
from simulator.answers.rankings.screening import admitted
from simulator.answers.rankings.standings import ranked_at, standings, whole_day
from simulator.answers.reply import Inputs, Reply
from simulator.answers.snapshot import Snapshot
from simulator.answers.world import World
from simulator.feeds import Expected
from simulator.strings import (
    DOWN,
    FLAT,
    LOWER_LIMIT,
    UP,
    UPPER_LIMIT,
    hundredths,
    ratio,
    signed,
    signed_hundredths,
    symbol,
)

LOOKED_AT = 300
_MOST = 200


class _Shown(NamedTuple):
    """A stock, its book, and the one it had some minutes before (the same where that is not asked for)."""

    now: Snapshot
    book: Book
    before: Book

    @property
    def net(self) -> int:
        """순매수잔량."""
        return self.book.bid_total - self.book.ask_total


def _shown(
    world: World, inputs: Inputs, moment: int, minutes: int = 0
) -> Iterator[Optional[_Shown]]:
    """Stocks that the inputs let through; None after each."""
    asof = ranked_at(world, moment)
    kept: List[Snapshot] = []
    for now in standings(world, moment, inputs["시장구분"], inputs["종목조건"]):
        if now is not None and screening.traded(now, inputs["거래량구분"]):
            kept.append(now)
        yield None
    kept.sort(key=lambda each: (-each.volume, each.stock.code))
    for now in kept[:LOOKED_AT]:
        latest = book(world, now.stock, asof)
        earlier = book(world, now.stock, asof - minutes * krx.MINUTE) if minutes else latest
        yield _Shown(now, latest, earlier)
        yield None


def _by_code(key: Callable[[_Shown], int]) -> Callable[[_Shown], object]:
    """The highest key first, equal ones by code."""
    return lambda each: (-key(each), each.now.stock.code)


def depths(world: World, inputs: Inputs, moment: int) -> Reply:
    """OPT10020: by 정렬구분 1 순매수잔량, 2 순매도잔량, 3 매수비율, 4 매도비율; 매수비율 is bids by asks."""

    def bid_rate(each: _Shown) -> int:
        return ratio(each.book.bid_total, each.book.ask_total)

    def ask_rate(each: _Shown) -> int:
        return ratio(each.book.ask_total, each.book.bid_total)

    def row(each: _Shown, _: int) -> List[str]:
        return [
            *each.now.front[:-1],
            str(each.now.volume),
            str(each.book.ask_total),
            str(each.book.bid_total),
            signed(each.net),
            hundredths(bid_rate(each)),
        ]

    keys: Dict[str, Callable[[_Shown], int]] = {
        "2": lambda each: -each.net,
        "3": bid_rate,
        "4": ask_rate,
    }
    key = keys.get(inputs["정렬구분"], lambda each: each.net)
    found = _shown(world, inputs, moment)
    return Reply([], first_ranked(found, _by_code(key), lambda _: True, row, _MOST))


def depth_surges(world: World, inputs: Inputs, moment: int) -> Reply:
    """OPT10021: bids (매매구분 1) or asks (2) that have grown in 시간구분 minutes; 기준률: what they were."""
    asks, by_rate = inputs["매매구분"] == "2", inputs["정렬구분"] == "2"

    def size(shown: Book) -> int:
        return shown.ask_total if asks else shown.bid_total

    def growth(each: _Shown) -> int:
        return size(each.book) - size(each.before)

    def rate(each: _Shown) -> int:
        return ratio(growth(each), size(each.before))

    def row(each: _Shown, _: int) -> List[str]:
        return [
            *each.now.front[:-1],
            hundredths(100 * size(each.before)),
            str(size(each.book)),
            signed(growth(each)),
            signed_hundredths(rate(each)),
            str(each.book.bid_total),
        ]

    found = _shown(world, inputs, moment, count(inputs["시간구분"], 1))
    key = _by_code(rate if by_rate else growth)
    return Reply([], first_ranked(found, key, lambda each: growth(each) > 0, row, _MOST))


def ratio_surges(world: World, inputs: Inputs, moment: int) -> Reply:
    """OPT10022: bids by asks (비율구분 1) or asks by bids (2) in percent, grown in 시간구분 minutes."""
    turned = inputs["비율구분"] == "2"

    def rate(shown: Book) -> int:
        part, whole = shown.bid_total, shown.ask_total
        return ratio(whole, part) if turned else ratio(part, whole)

    def growth(each: _Shown) -> int:
        return rate(each.book) - rate(each.before)

    def row(each: _Shown, _: int) -> List[str]:
        return [
            *each.now.front[:-1],
            hundredths(rate(each.before)),
            hundredths(rate(each.book)),
            signed_hundredths(growth(each)),
            str(each.book.ask_total),
            str(each.book.bid_total),
        ]

    found = _shown(world, inputs, moment, count(inputs["시간구분"], 1))
    rows = first_ranked(found, _by_code(growth), lambda each: growth(each) > 0, row, _MOST)
    return Reply([], rows)


# -- OPT10029 --------------------------------------------------------------------------------------


class _Coming(NamedTuple):
    """What an auction expects of a stock."""

    now: Snapshot
    expected: Expected

    @property
    def change(self) -> int:
        return self.expected.price - self.now.base

    @property
    def rate(self) -> int:
        return ratio(self.change, self.now.base)

    @property
    def symbol(self) -> str:
        now = self.now
        return symbol(self.expected.price, now.base, now.upper, now.lower)


_RISEN, _FALLEN = (UP, UPPER_LIMIT), (DOWN, LOWER_LIMIT)
_EXPECTED: Dict[str, Tuple[Tuple[str, ...], Callable[[_Coming], int]]] = {
    "1": (_RISEN, lambda each: each.rate),
    "2": (_RISEN, lambda each: each.change),
    "3": ((FLAT,), lambda each: each.expected.quantity),
    "4": (_FALLEN, lambda each: -each.rate),
    "5": (_FALLEN, lambda each: -each.change),
    "6": ((*_RISEN, FLAT, *_FALLEN), lambda each: each.expected.quantity),
    "7": ((UPPER_LIMIT,), lambda each: each.expected.quantity),
    "8": ((LOWER_LIMIT,), lambda each: each.expected.quantity),
}
"""정렬구분: which stocks, and what they are sorted by."""


def expected_changes(world: World, inputs: Inputs, moment: int) -> Reply:
    """OPT10029: while an auction gathers orders; no rows at other times."""
    asof = ranked_at(world, moment)
    symbols, key = _EXPECTED.get(inputs["정렬구분"], _EXPECTED["1"])

    def found() -> Iterator[Optional[_Coming]]:
        day = world.trading_day(asof)
        kept: List[Snapshot] = []
        for stock in world.stocks.values():
            if admitted(stock, inputs["시장구분"], inputs["종목조건"]):
                whole = whole_day(world, stock, day)
                kept += [whole._replace(bar=None)] if whole else []
            yield None
        kept.sort(key=lambda each: (-each.volume_before, each.stock.code))
        for now in kept[:LOOKED_AT]:
            coming = world.expected(now.stock, asof)
            if coming and coming.price:
                yield _Coming(now, coming)
            yield None

    def keep(each: _Coming) -> bool:
        low, high = screening.LIMIT_PRICES.get(inputs["가격조건"], (0, 1 << 60))
        return (
            each.symbol in symbols
            and each.expected.quantity >= count(inputs["거래량조건"], 0) * 1_000
            and low <= each.expected.price < high
        )

    def row(each: _Coming, _: int) -> List[str]:
        now, price = each.now, each.expected.price
        shown = book(world, now.stock, asof)
        ask, bid = shown.asks[0], shown.bids[0]
        return [
            now.stock.code,
            now.stock.name,
            now.form(price),
            str(now.base),
            each.symbol,
            change_form(price, now.base),
            rate_form(price, now.base),
            str(each.expected.quantity),
            str(ask.quantity),
            price_form(ask.price, now.base),
            price_form(bid.price, now.base),
            str(bid.quantity),
        ]

    def order(each: _Coming) -> object:
        return -key(each), each.now.stock.code

    return Reply([], first_ranked(found(), order, keep, row))
