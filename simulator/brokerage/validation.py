"""What is wrong with an order: first what the control sees itself, then what the server refuses.

`local` gives the return code of SendOrder; nothing is sent unless it is 0. `refusal` gives what the
server says instead of taking the order. The order in which the server looks is our guess.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Collection, Dict, FrozenSet, NamedTuple, Optional

from sapi_kiwoom import krx
from sapi_kiwoom.loop import SECOND
from simulator.brokerage.messages import PROFILES, REAL, Saying
from simulator.brokerage.notices import HOGA_NAMES, SOR
from simulator.brokerage.order import BUY, CANCEL, MODIFY, NEW, SELL, Order
from simulator.feeds.bars import KRX, NXT
from simulator.market import phases
from simulator.universe import Stock

WRONG_INPUT, NO_PASSWORD, NOT_YOUR_ACCOUNT = -300, -301, -302
ABOVE_TWO_BILLION, ABOVE_FIVE_BILLION = -303, -304
ABOVE_ONE_PERCENT, ABOVE_THREE_PERCENT = -305, -306
TOO_MANY_ORDERS, NO_ACCOUNT, NO_CODE = -308, -340, -500


class OrderType(NamedTuple):
    """What an nOrderType stands for.

    Attributes:
        kind: ``NEW``, ``MODIFY`` or ``CANCEL``.
        side: ``BUY`` or ``SELL``; 0 where it is the side of the order to be changed.
        venue: ``KRX``, ``NXT`` or ``SOR``.
        program: program trading, which the mock server does not offer.
    """

    kind: str
    side: int
    venue: str
    program: bool = False


ORDER_TYPES: Dict[int, OrderType] = {
    1: OrderType(NEW, BUY, KRX),
    2: OrderType(NEW, SELL, KRX),
    3: OrderType(CANCEL, BUY, KRX),
    4: OrderType(CANCEL, SELL, KRX),
    5: OrderType(MODIFY, BUY, KRX),
    6: OrderType(MODIFY, SELL, KRX),
    7: OrderType(NEW, BUY, KRX, program=True),
    8: OrderType(NEW, SELL, KRX, program=True),
    11: OrderType(NEW, BUY, SOR),
    12: OrderType(NEW, SELL, SOR),
    13: OrderType(CANCEL, 0, SOR),
    15: OrderType(MODIFY, 0, SOR),
    21: OrderType(NEW, BUY, NXT),
    22: OrderType(NEW, SELL, NXT),
    23: OrderType(CANCEL, 0, NXT),
    25: OrderType(MODIFY, 0, NXT),
}


class Request(NamedTuple):
    """The arguments of SendOrder."""

    rqname: str
    screen: str
    account: str
    order_type: int
    code: str
    quantity: int
    price: int
    hoga: str
    original: str = ""


# -- the control -----------------------------------------------------------------------------------


def local(
    request: Request,
    stock: Optional[Stock],
    accounts: Collection[str],
    registered: Collection[str],
    guards: bool = False,
) -> int:
    """What SendOrder returns before anything is sent; 0 when nothing is wrong.

    Args:
        request: the order.
        stock: what it names, None for an unknown code, about which the server complains.
        accounts: those of the login.
        registered: those whose password the user has entered.
        guards: fail above 2 or 5 billion won and above 1 % or 3 % of the listed shares. The real
            control may ask instead; which ones ask is not known, so they are off unless wanted.
    """
    cancels = request.order_type in ORDER_TYPES and ORDER_TYPES[request.order_type].kind == CANCEL
    if (
        request.order_type not in ORDER_TYPES
        or request.quantity < 0
        or request.price < 0
        or (request.hoga not in HOGA_NAMES and not (cancels and not request.hoga))
    ):
        return WRONG_INPUT
    if not request.account:
        return NO_ACCOUNT
    if request.account not in accounts:
        return NOT_YOUR_ACCOUNT
    if request.account not in registered:
        return NO_PASSWORD
    if not request.code:
        return NO_CODE
    if guards and not cancels and stock is not None:
        return _guarded(request.quantity, request.price, stock.shares)
    return 0


def _guarded(quantity: int, price: int, shares: int) -> int:
    amount = quantity * price
    if amount > 5_000_000_000:
        return ABOVE_FIVE_BILLION
    if amount > 2_000_000_000:
        return ABOVE_TWO_BILLION
    if quantity * 100 > shares * 3:
        return ABOVE_THREE_PERCENT
    if quantity * 100 > shares:
        return ABOVE_ONE_PERCENT
    return 0


class OrdersASecond:
    """Counts the orders of a login: five a second of the clock, apart from its other requests."""

    def __init__(self, most: int = 5) -> None:
        self._most = most
        self._second = -1
        self._count = 0

    def order(self, now: int) -> int:
        """0, or -308 when the second of ``now`` (microseconds) has had its orders."""
        second = now // SECOND
        if second != self._second:
            self._second, self._count = second, 0
        if self._count >= self._most:
            return TOO_MANY_ORDERS
        self._count += 1
        return 0


# -- the server ------------------------------------------------------------------------------------


class Refusal(NamedTuple):
    """Why an order is refused; ``shares`` could have been bought or sold, where that is the reason."""

    saying: Saying
    shares: int = 0


@dataclass(frozen=True)
class Situation:
    """What the server knows when an order arrives.

    Attributes:
        profile: ``mock``, ``mock-2020`` or ``real``.
        moment: microseconds since 1970 UTC.
        stock: what the order names; None for an unknown code.
        upper, lower: the highest and the lowest price that it may carry now, in won.
        affordable: shares that the account can pay at the order's price (a market order's is the upper
            limit); for a modification counting what the original order has bound.
        sellable: shares that it can sell.
        original: the order that it changes; None when the account has no such number today.
        tradable: False for a stock whose trading is suspended (거래정지) or restricted.
        auction: the stock trades at a single price out of turn (VI, after a halt).
        circuit_breaker: the whole market is halted.
        expired: the mock account's time is over.
    """

    profile: str
    moment: int
    stock: Optional[Stock]
    upper: int
    lower: int
    affordable: int = 0
    sellable: int = 0
    original: Optional[Order] = None
    tradable: bool = True
    auction: bool = False
    circuit_breaker: bool = False
    expired: bool = False

    @property
    def day(self) -> date:
        """The Korean date."""
        return krx.kst(self.moment).date()


def refusal(request: Request, situation: Situation) -> Optional[Refusal]:
    """Why the server refuses an order that the control has let through; None when it takes it.

    Raises:
        ValueError: no such profile.
    """
    if situation.profile not in PROFILES:
        raise ValueError(
            f"unknown profile {situation.profile!r}; it is one of {', '.join(PROFILES)}"
        )
    wanted = ORDER_TYPES[request.order_type]
    said = (
        _account(request, situation)
        or _stock(wanted, situation)
        or _venue(wanted, situation)
        or _original(request, wanted, situation)
        or _hours(request, wanted, situation)
        or _price(request, wanted, situation)
    )
    return Refusal(said) if said else _means(request, wanted, situation)


_NOT_FOR_STOCKS = ("31", "71", "72", "73")
"""Ends of the numbers of accounts for futures, currencies and gold."""


def _account(request: Request, situation: Situation) -> Optional[Saying]:
    if situation.expired:
        return Saying.ACCOUNT_EXPIRED
    return Saying.WRONG_ACCOUNT if request.account.endswith(_NOT_FOR_STOCKS) else None


def _stock(wanted: OrderType, situation: Situation) -> Optional[Saying]:
    stock = situation.stock
    if stock is None or situation.day < stock.listed:
        return Saying.NO_SUCH_CODE
    if not krx.is_trading_day(situation.day):
        return Saying.CLOSED_DAY
    if wanted.kind != CANCEL and not situation.tradable:
        return Saying.NOT_ORDERABLE
    if wanted.kind != CANCEL and situation.circuit_breaker:
        return Saying.CIRCUIT_BREAKER
    return None


def _venue(wanted: OrderType, situation: Situation) -> Optional[Saying]:
    stock, mock = situation.stock, situation.profile != REAL
    if wanted.program and mock:
        return Saying.NOT_OFFERED
    if wanted.venue == KRX:
        return None
    assert stock is not None
    exists = bool(phases.phases(situation.day, NXT))
    listed = stock.nxt or wanted.venue == SOR
    return None if exists and listed and not mock else Saying.VENUE_NOT_POSSIBLE


def _original(request: Request, wanted: OrderType, situation: Situation) -> Optional[Saying]:
    original = situation.original
    if wanted.kind == NEW:
        return None
    if not request.original.strip("0 "):
        return Saying.ORIGINAL_NUMBER_MISSING
    if (
        original is None
        or original.account != request.account
        or original.stock is not situation.stock
        or wanted.side not in (0, original.side)
    ):
        return Saying.ORIGINAL_UNKNOWN
    if original.kind == CANCEL:
        return Saying.ORIGINAL_IS_A_CANCELLATION
    if original.venue != wanted.venue:
        sor = wanted.venue == SOR
        return Saying.ORIGINAL_IS_NO_SOR_ORDER if sor else Saying.VENUE_NOT_POSSIBLE
    cancels = wanted.kind == CANCEL
    if not original.open:
        return Saying.NOTHING_LEFT_TO_CANCEL if cancels else Saying.NOTHING_LEFT_TO_MODIFY
    if request.quantity > original.open:
        more_to_cancel, more_to_modify = (
            Saying.MORE_THAN_IS_LEFT_TO_CANCEL,
            Saying.MORE_THAN_IS_LEFT_TO_MODIFY,
        )
        return more_to_cancel if cancels else more_to_modify
    return None


# -- hours -----------------------------------------------------------------------------------------

_HELD = 10 * krx.MINUTE
"""Kiwoom takes orders for KRX this long before KRX does, and forwards them then (08:20, 08:30)."""

_AUCTION = frozenset(("00", "03", "05"))
_ORDINARY = frozenset(HOGA_NAMES) - {"61", "62", "81"}
_LIMIT_LIKE = frozenset(("00", "06", "07"))
_SINCE_2025 = frozenset(("28", "29", "30", "31"))

# What each phase takes, cancels apart.
_ON_KRX: Dict[str, FrozenSet[str]] = {
    phases.PREVIOUS_CLOSE: frozenset(("61",)),
    phases.OPENING_AUCTION: _AUCTION,
    phases.CONTINUOUS: _ORDINARY,
    phases.CLOSING_AUCTION: frozenset(("00", "03")),
    phases.CLOSE_ORDERS: frozenset(("81",)),
    phases.CLOSE: frozenset(("81",)),
    phases.SINGLE_PRICE: frozenset(("62",)),
    phases.AFTER_MARKET: _LIMIT_LIKE,
}
_ON_NXT: Dict[str, FrozenSet[str]] = {
    phases.PRE_MARKET: _LIMIT_LIKE | {"10", "16", "20", "26"},
    phases.CONTINUOUS: _ORDINARY - {"05"},
    phases.AFTER_ORDERS: frozenset(("00",)),
    phases.AFTER_MARKET: _LIMIT_LIKE | {"10", "16", "20", "26"},
}
_OVER = (phases.CLOSE_ORDERS, phases.CLOSE, phases.SINGLE_PRICE)
"""Phases in which an ordinary order comes too late, rather than of the wrong kind."""


def _hoga(request: Request, wanted: OrderType, situation: Situation) -> str:
    """거래구분 of an order; a modification keeps that of the order it changes."""
    original = situation.original
    return original.hoga if wanted.kind == MODIFY and original else request.hoga


def _hours(request: Request, wanted: OrderType, situation: Situation) -> Optional[Saying]:
    if situation.profile != REAL:
        return _mock_hours(request, wanted, situation)
    hoga = _hoga(request, wanted, situation)
    if wanted.kind != CANCEL and hoga in _SINCE_2025 and not phases.phases(situation.day, NXT):
        return Saying.HOGA_NOT_OFFERED
    said = None
    for venue in (KRX, NXT) if wanted.venue == SOR else (wanted.venue,):
        said = _hours_at(venue, hoga, wanted.kind == CANCEL, situation)
        if said is None:
            return None
        if not _nxt(situation.stock):
            break
    return said


def _nxt(stock: Optional[Stock]) -> bool:
    return stock is not None and stock.nxt


def _hours_at(venue: str, hoga: str, cancels: bool, situation: Situation) -> Optional[Saying]:
    moment, today = situation.moment, phases.phases(situation.day, venue)
    if moment < today[0].start - (_HELD if venue == KRX else 0):
        return Saying.BEFORE_THE_OPENING
    if moment >= today[-1].end:
        return Saying.AFTER_THE_CLOSE
    if cancels:
        return None
    names = [
        phase.name for phase in today if phase.start <= max(moment, today[0].start) < phase.end
    ]
    if not names:
        return Saying.OUTSIDE_THE_HOURS_OF_NXT
    taken = _ON_KRX if venue == KRX else _ON_NXT
    allowed = frozenset().union(*(taken[name] for name in names))
    if situation.auction and phases.CONTINUOUS in names:
        allowed &= _AUCTION
    stock = situation.stock
    fund = stock is not None and stock.kind in ("etf", "etn")
    if venue == KRX and phases.AFTER_MARKET in names and fund:
        return Saying.AFTER_THE_CLOSE
    if hoga in allowed:
        return None
    too_late = hoga in _ORDINARY and names[-1] in _OVER
    return Saying.AFTER_THE_CLOSE if too_late else Saying.HOGA_NOT_POSSIBLE_NOW


def _mock_hours(request: Request, wanted: OrderType, situation: Situation) -> Optional[Saying]:
    """The mock server knows limit and market orders, and nothing after the closing auction."""
    today = {phase.name: phase for phase in phases.phases(situation.day, KRX)}
    if situation.moment < today[phases.OPENING_AUCTION].start - _HELD:
        return Saying.BEFORE_THE_OPENING
    if situation.moment >= today[phases.CLOSING_AUCTION].end:
        return Saying.AFTER_THE_CLOSE
    hoga = _hoga(request, wanted, situation)
    if wanted.kind == CANCEL or hoga in ("00", "03"):
        return None
    return Saying.HOGA_NOT_OFFERED if hoga in ("06", "07") else Saying.NOT_OFFERED


# -- price and means -------------------------------------------------------------------------------

_PRICED = ("00", "05", "10", "20", "28", "62")


def _price(request: Request, wanted: OrderType, situation: Situation) -> Optional[Saying]:
    stock, hoga, price = situation.stock, _hoga(request, wanted, situation), request.price
    if wanted.kind == CANCEL:
        return None
    if wanted.kind == NEW and not request.quantity:
        return Saying.NO_QUANTITY
    if hoga not in _PRICED:
        if not price:
            return None
        at_close = hoga in ("61", "81")
        return Saying.PRICE_NOT_WANTED_AFTER_HOURS if at_close else Saying.PRICE_NOT_WANTED
    if not price:
        return Saying.PRICE_MISSING
    assert stock is not None
    ticks = krx.tick_table(stock.market, situation.day)
    if price % ticks.tick(price):
        return Saying.OFF_THE_TICK
    return None if situation.lower <= price <= situation.upper else Saying.OUTSIDE_THE_LIMITS


def _means(request: Request, wanted: OrderType, situation: Situation) -> Optional[Refusal]:
    original = situation.original
    if wanted.kind == CANCEL:
        return None
    side = original.side if wanted.kind == MODIFY and original else wanted.side
    quantity = request.quantity or (original.open if original else 0)
    if side == BUY and quantity > situation.affordable:
        return Refusal(Saying.SHORT_OF_CASH, situation.affordable)
    if side == SELL and wanted.kind == NEW and quantity > situation.sellable:
        return Refusal(Saying.SHORT_OF_SHARES, situation.sellable)
    return None
