"""KRX's call auction (단일가매매): one price for all orders that gathered. Prices are tick indexes."""

from __future__ import annotations

from typing import Dict, Iterable, List, Optional, Protocol, Tuple, TypeVar

MarketOrLimit = Optional[int]
"""A tick index, or None for a market order."""


class Gathered(Protocol):
    """What `allocate` asks of an order; a `book.Resting` is one.

    Attributes:
        side: +1 to buy, -1 to sell.
        index: the worst tick index that it accepts, None for a market order.
        quantity: shares.
    """

    @property
    def side(self) -> int:
        """+1 to buy, -1 to sell."""

    @property
    def index(self) -> MarketOrLimit:
        """The worst tick index that it accepts, None for a market order."""

    @property
    def quantity(self) -> int:
        """Shares."""


Order = TypeVar("Order", bound=Gathered)


def uncross(
    bids: Iterable[Tuple[MarketOrLimit, int]],
    asks: Iterable[Tuple[MarketOrLimit, int]],
    last: int,
    limits: Optional[Tuple[int, int]] = None,
) -> Optional[Tuple[int, int]]:
    """The price at which an auction is settled, and how many shares trade.

    All buyers who bid more and all sellers who ask less than the price trade in full, and at the price
    itself one side does (합치가격). That is the price which trades most, and where buyers or sellers are
    left over at several such prices, the one on their side. If more than one is left, the smallest
    surplus decides, and then the price nearest to the last one: the last price itself where it lies
    in between.

    Market orders stand at the day's limit, buyers at the upper and sellers at the lower one. So a
    market order that finds no counterpart drives the price there.

    Args:
        bids, asks: (tick index, shares) in any order, a price as often as it comes.
        last: tick index of the price before: the last trade, or the day's base price.
        limits: tick indexes of the day's lower and upper limit. Without them market orders stand at the
            outermost price that is named.

    Returns:
        The tick index and the shares; None where nothing would trade.
    """
    bids, asks = list(bids), list(asks)
    if limits is None:
        named = [last, *(index for index, _ in (*bids, *asks) if index is not None)]
        limits = min(named), max(named)
    demanded, supplied = _totals(bids, limits[1]), _totals(asks, limits[0])
    prices = sorted({*demanded, *supplied})

    # Walk up: `demand` is what bids more than a price, `supply` what asks at most that price. The lowest
    # price that fills all better bids is `low`, the highest that fills all better asks is `high`.
    low = high = None
    surplus_low = surplus_high = traded = 0
    demand, supply = sum(demanded.values()), 0
    for price in prices:
        bid, ask = demanded.get(price, 0), supplied.get(price, 0)
        if demand >= supply:  # bids at this price or more against asks below it
            high, surplus_high = price, abs(supply + ask - demand)
        demand -= bid
        supply += ask
        if low is None and supply >= demand:
            low, surplus_low = price, abs(demand + bid - supply)
            traded = min(demand + bid, supply)
    if low is None or high is None or not traded:
        return None
    if low < high:  # between the two nobody names a price, and nothing would be left over
        least = 0 if high - low > 1 else min(surplus_low, surplus_high)
        low, high = low + (surplus_low > least), high - (surplus_high > least)
    return min(max(last, low), high), traded


def _totals(orders: List[Tuple[MarketOrLimit, int]], market: int) -> Dict[int, int]:
    totals: Dict[int, int] = {}
    for index, quantity in orders:
        price = market if index is None else index
        totals[price] = totals.get(price, 0) + quantity
    return totals


def allocate(orders: Iterable[Order], index: int, quantity: int) -> List[Tuple[Order, int]]:
    """Share what an auction traded among the orders of one side: by price, then by time.

    Args:
        orders: of one side, in order of time. Market orders stand before any limit.
        index: the auction's price; who does not accept it gets nothing.
        quantity: shares that traded.

    Returns:
        Each order that gets something, with its shares, the first served first.

    Raises:
        ValueError: the orders that accept the price have fewer shares.
    """
    shared, left = [], quantity
    for order in sorted(_accepting(orders, index), key=_rank):
        if not left:
            break
        shares = min(left, order.quantity)
        shared.append((order, shares))
        left -= shares
    if left:
        raise ValueError(f"quantity {quantity}: the orders that accept {index} have {left} fewer")
    return shared


_ROUNDS = (100, 500, 1_000, 2_000)


def allocate_at_limit(
    orders: Iterable[Order], index: int, quantity: int, unit: int = 1
) -> List[Tuple[Order, int]]:
    """Share what an auction traded at the day's limit among the side that is left over (동시호가).

    When the opening, or the auction after a halt, is settled at the upper limit, time does not count among
    the buyers there, nor among the sellers at the lower limit: the largest order is served first, but
    in rounds: up to 100 trading units each, then 500, 1,000, 2,000, then half of what each still wants
    (to the next unit, halves up), then the rest. Orders of one size go by time. Market orders stand at the
    limit too. A closing auction keeps to `allocate`.

    Args:
        orders: of one side, in order of time.
        index: the limit, at which the auction was settled.
        quantity: shares that traded.
        unit: 매매수량단위 in shares.

    Returns:
        Each order that gets something, with its shares, the largest first.

    Raises:
        ValueError: the orders that accept the price have fewer shares.
    """
    accepting = sorted(_accepting(orders, index), key=lambda order: -order.quantity)
    shares, left = [0] * len(accepting), quantity
    for step in range(len(_ROUNDS) + 2):
        for place, order in enumerate(accepting):
            wanted = order.quantity - shares[place]
            if step < len(_ROUNDS):
                wanted = min(wanted, _ROUNDS[step] * unit)
            elif step == len(_ROUNDS):
                wanted = min(wanted, (wanted + unit) // (2 * unit) * unit)
            given = min(wanted, left)
            shares[place] += given
            left -= given
    if left:
        raise ValueError(f"quantity {quantity}: the orders that accept {index} have {left} fewer")
    return [(order, given) for order, given in zip(accepting, shares) if given]


def _accepting(orders: Iterable[Order], index: int) -> List[Order]:
    return [
        order
        for order in orders
        if order.index is None or order.side * order.index >= order.side * index
    ]


def _rank(order: Gathered) -> Tuple[bool, int]:
    """Ascending: market orders, then the best price."""
    return order.index is not None, -order.side * (order.index or 0)
