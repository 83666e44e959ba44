"""Futures and options: which contracts are listed on a day, and how their codes are made.

SYNTHETIC, but by KRX's rules: months, last trading days and the form of codes are real, strikes stand around
the simulated price of the underlying. Base assets above ``16`` have invented codes. Nothing trades.
"""

from __future__ import annotations

from calendar import THURSDAY
from datetime import date, timedelta
from functools import cached_property
from typing import Callable, Dict, Iterator, List, NamedTuple, Optional, Tuple

from sapi_kiwoom import krx
from simulator.answers.world import World
from simulator.feeds.generator import index

KOSPI200 = "01"
"""The base asset of index futures and options."""

ASSETS: Dict[str, str] = {
    "11": "005930",
    "12": "017670",
    "13": "005490",
    "14": "030200",
    "15": "015760",
    "16": "005380",
    "50": "000660",
    "51": "035420",
    "52": "035720",
    "53": "051910",
    "54": "006400",
    "55": "000270",
    "56": "105560",
    "57": "055550",
    "58": "066570",
    "59": "068270",
}
"""Base assets of stock futures and options: codes of their stocks."""

FUTURE, CALL, PUT = 0, 2, 3
"""What a contract is; the last two as nCp has them."""

_QUARTERS = {3: 1, 6: 2, 9: 1, 12: 3}
"""How many contracts of each quarter's month are listed: those of the next three years."""

_SERIAL_INDEX, _SERIAL_STOCK = 4, 2
"""Contracts of other months: options on the index, futures and options on stocks."""

_STRIKE_STEP, _STRIKES_AROUND = 250, 40
"""Strikes of index options: hundredths of a point, and how many stand on either side."""

_STOCK_STRIKES_AROUND = 8
_STOCK_STEPS = (
    (5_000, 100),
    (10_000, 200),
    (20_000, 500),
    (50_000, 1_000),
    (100_000, 2_000),
    (200_000, 5_000),
    (500_000, 10_000),
)
_WIDEST_STEP = 20_000

_LETTERS = "ABCDEFGHJKLMNPQRSTVW"
"""Years in codes from 2006 to 2025; after them come digits again, with other first letters."""

_FIRST_LETTER_YEAR, _FIRST_DIGIT_YEAR = 2006, 2026
_OLD_PREFIX = {FUTURE: "1", CALL: "2", PUT: "3"}
_PREFIX = {FUTURE: "A", CALL: "B", PUT: "C"}


class Contract(NamedTuple):
    """A future or an option.

    Attributes:
        code: eight characters.
        name: for people.
        month: YYYYMM.
        side: ``FUTURE``, ``CALL`` or ``PUT``.
        strike: hundredths of a point, or won; 0 of a future.
    """

    code: str
    name: str
    month: str
    side: int
    strike: int


class Board:
    """What is listed on one base asset on a day.

    Args:
        asset: its code.
        name: of the stock, "" for the index.
        price: gives hundredths of a point, or won: the close before the day.
    """

    def __init__(self, asset: str, name: str, day: date, price: Callable[[], int]) -> None:
        self.name = name
        self._asset = asset
        self._day = day
        self._price = price
        self._on_index = asset == KOSPI200
        self._serial = _SERIAL_INDEX if self._on_index else _SERIAL_STOCK

    @cached_property
    def futures(self) -> List[Contract]:
        """The nearest first."""
        head = self._head
        return [
            Contract(
                code(self._asset, FUTURE, *when),
                f"{head}F {_yyyymm(*when)}",
                _yyyymm(*when),
                FUTURE,
                0,
            )
            for when in listed_months(self._day, 0 if self._on_index else self._serial)
        ]

    @cached_property
    def months(self) -> List[str]:
        """Months of the options as YYYYMM, the nearest first."""
        return [_yyyymm(*when) for when in listed_months(self._day, self._serial)]

    @cached_property
    def strikes(self) -> List[int]:
        """Of every month's options, from the lowest on."""
        around = _STRIKES_AROUND if self._on_index else _STOCK_STRIKES_AROUND
        least, most = self.atm - around * self._step, self.atm + around * self._step
        return [strike for strike in range(least, most + 1, self._step) if strike > 0]

    @cached_property
    def atm(self) -> int:
        """The strike nearest to the price."""
        return max((self._close + self._step // 2) // self._step, 1) * self._step

    def option(self, side: int, month: str, strike: int) -> Optional[Contract]:
        """An option; None where there is no such one."""
        return self._options.get((side, month, strike))

    def contract(self, code: str) -> Optional[Contract]:
        """A future or an option by its code."""
        return self._codes.get(code)

    @cached_property
    def _close(self) -> int:
        return self._price()

    @cached_property
    def _step(self) -> int:
        if self._on_index:
            return _STRIKE_STEP
        return next((step for below, step in _STOCK_STEPS if self._close < below), _WIDEST_STEP)

    @property
    def _head(self) -> str:
        return f"{self.name} " if self.name else ""

    @cached_property
    def _options(self) -> Dict[Tuple[int, str, int], Contract]:
        return {
            (each.side, each.month, each.strike): each
            for year, month in listed_months(self._day, self._serial)
            for side in (CALL, PUT)
            for each in self._of_month(side, year, month)
        }

    def _of_month(self, side: int, year: int, month: int) -> Iterator[Contract]:
        when, letter = _yyyymm(year, month), "C" if side == CALL else "P"
        for place, strike in enumerate(self.strikes, 1):
            in_code = _points(strike // 100) if self._on_index else f"{place:03d}"
            shown = f"{strike / 100:.1f}" if self._on_index else f"{strike:,}"
            name = f"{self._head}{letter} {when} {shown}"
            yield Contract(code(self._asset, side, year, month, in_code), name, when, side, strike)

    @cached_property
    def _codes(self) -> Dict[str, Contract]:
        return {each.code: each for each in (*self.futures, *self._options.values())}


class Boards:
    """The boards of one day, made when they are asked for."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._day: Optional[date] = None
        self._boards: Dict[str, Board] = {}

    def on(self, asset: str, day: date) -> Optional[Board]:
        """What is listed on an asset on a trading day; None for an asset that has nothing."""
        if day != self._day:
            self._day, self._boards = day, {}
        if asset not in self._boards:
            board = self._make(asset, day)
            if board is None:
                return None
            self._boards[asset] = board
        return self._boards[asset]

    def _make(self, asset: str, day: date) -> Optional[Board]:
        world = self._world
        if asset == KOSPI200:
            return Board(asset, "", day, lambda: _index_level(world, day))
        stock = world.stocks.get(ASSETS.get(asset, ""))
        if stock is None:
            return None
        return Board(asset, stock.name, day, lambda: world.feed.base_price(stock, day))


def expiry(year: int, month: int) -> date:
    """The last trading day of a month's contracts: its second Thursday, or the trading day before.

    Beyond the calendar it is the Thursday.
    """
    first = date(year, month, 1)
    day = first + timedelta((THURSDAY - first.weekday()) % 7 + 7)
    known = day <= krx.LAST_DATE
    return krx.previous_trading_day(day) if known and not krx.is_trading_day(day) else day


def listed_months(day: date, serial: int) -> List[Tuple[int, int]]:
    """Years and months of the contracts that are listed on a day, the nearest first.

    Args:
        serial: how many of the months between the quarters' are listed.
    """
    left = dict(_QUARTERS)
    found = []
    for year, month in _months_from(day):
        quota = left.get(month, serial)
        if quota:
            found.append((year, month))
            if month in left:
                left[month] -= 1
            else:
                serial -= 1
        if not serial and not any(left.values()):
            break
    return found


def _months_from(day: date) -> Iterator[Tuple[int, int]]:
    year, month = day.year, day.month
    if day > expiry(year, month):
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    while True:
        yield year, month
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)


def code(asset: str, side: int, year: int, month: int, strike: str = "000") -> str:
    """A contract's code: ``101W6000`` (until 2025), ``A0166000``, ``B0166560``."""
    if year >= _FIRST_DIGIT_YEAR:
        head, letter = _PREFIX[side], str(year % 10)
    else:
        head, letter = _OLD_PREFIX[side], _LETTERS[year - _FIRST_LETTER_YEAR]
    return f"{head}{asset}{letter}{month:X}{strike}"


def asset_of(contract: str) -> str:
    """The base asset that a contract's code names; "" for what is none."""
    asset = contract[1:3]
    known = asset == KOSPI200 or asset in ASSETS
    return asset if len(contract) == 8 and contract[0] in "123ABC" and known else ""


def hundredths(price: str) -> int:
    """``247.50`` as 24750; -1 for what is no price."""
    whole, _, decimals = price.strip().partition(".")
    if not whole.isdigit() or not (decimals + "0").isdigit():
        return -1
    return int(whole) * 100 + int((decimals + "00")[:2])


def _index_level(world: World, day: date) -> int:
    """KOSPI200 at the close before a day, in hundredths."""
    industry = index.industries(world.stocks.values()).get(index.KOSPI200)
    if industry is None:
        return 56_000
    return industry.level(
        sum(index.base_price(world.feed, stock, day) * stock.shares for stock in industry.members)
    )


def _yyyymm(year: int, month: int) -> str:
    return f"{year}{month:02d}"


def _points(whole: int) -> str:
    """A strike in three characters; from 1,000 points on the first one is a letter."""
    hundreds, rest = divmod(whole, 100)
    return f"{hundreds if hundreds < 10 else chr(ord('A') + hundreds - 10)}{rest:02d}"
