"""The order book of one stock: price first, then time. Prices are tick indexes, sizes shares.

Both sides work alike because a price is kept as a key, ``side * index``: the higher key is the better
price, for buyers and for sellers, so the best one stands last in an ascending list.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import Any, Dict, Iterator, List, NamedTuple, Optional


class Resting:
    """An order that stands in a book.

    Attributes:
        side: +1 to buy, -1 to sell.
        index: its price as a tick index.
        quantity: shares that are left; 0 once it has left the book.
        owner: whose it is; None is the market's anonymous liquidity.
        before, after: its neighbours in the queue, kept by the book.
    """

    __slots__ = ("after", "before", "index", "owner", "quantity", "side")

    def __init__(self, side: int, index: int, quantity: int, owner: Any) -> None:
        self.side = side
        self.index = index
        self.quantity = quantity
        self.owner = owner
        self.before: Resting | None = None
        self.after: Resting | None = None

    def __repr__(self) -> str:
        side = "buy" if self.side > 0 else "sell"
        return f"<{side} {self.quantity} at {self.index} for {self.owner}>"


class Trade(NamedTuple):
    """A part of an incoming order that met a resting one.

    Attributes:
        index: the resting order's price as a tick index.
        quantity: shares.
        resting: the order that was met; its quantity is what is left of it.
    """

    index: int  # type: ignore[assignment]  # hides tuple.index, which no trade needs
    quantity: int
    resting: Resting


class _Level:
    """The queue at one price: a linked list, so that an order leaves from anywhere at once."""

    __slots__ = ("anonymous", "first", "last", "quantity")

    def __init__(self) -> None:
        self.quantity = 0
        self.anonymous = 0
        self.first: Resting | None = None
        self.last: Resting | None = None


class _Half:
    """One side: its levels by key, and the keys from the worst to the best."""

    __slots__ = ("keys", "levels")

    def __init__(self) -> None:
        self.keys: List[int] = []
        self.levels: Dict[int, _Level] = {}


class Book:
    """The resting orders of one stock. Never crossed: what would trade has to be taken first."""

    def __init__(self) -> None:
        self._halves = {1: _Half(), -1: _Half()}
        self._owned: Dict[Resting, None] = {}

    # -- orders -------------------------------------------------------------------------------

    def take(self, side: int, quantity: int, limit: Optional[int] = None) -> List[Trade]:
        """Match an incoming order; what finds no counterpart is not put into the book.

        Args:
            side: +1 buys from the sellers, -1 sells to the buyers.
            quantity: shares, at least 1.
            limit: the worst tick index that it accepts; None takes any.

        Returns:
            The trades in order, each at the resting order's price.

        Raises:
            ValueError: the quantity is not positive.
        """
        if quantity < 1:
            raise ValueError(f"quantity {quantity}: an order takes at least one share")
        trades: List[Trade] = []
        half = self._halves[-side]
        keys = half.keys
        least = None if limit is None else -side * limit
        while keys:
            key = keys[-1]
            if least is not None and key < least:
                break
            level = half.levels[key]
            resting = level.first
            while resting is not None:
                traded = resting.quantity
                if traded > quantity:
                    resting.quantity = traded - quantity
                    level.quantity -= quantity
                    if resting.owner is None:
                        level.anonymous -= quantity
                    trades.append(Trade(resting.index, quantity, resting))
                    return trades
                following = resting.after
                self._leave(half, level, resting)
                trades.append(Trade(resting.index, traded, resting))
                quantity -= traded
                if not quantity:
                    return trades
                resting = following
        return trades

    def rest(self, side: int, index: int, quantity: int, owner: Any = None) -> Resting:
        """Put an order at the end of the queue at its price.

        Raises:
            ValueError: the quantity is not positive, or the order would trade.
        """
        if quantity < 1:
            raise ValueError(f"quantity {quantity}: an order has at least one share")
        level = self._level(side, index)
        resting = Resting(side, index, quantity, owner)
        self._append(level, resting)
        if owner is None:
            level.anonymous += quantity
        else:
            self._owned[resting] = None
        return resting

    def reduce(self, resting: Resting, quantity: int) -> None:
        """Take shares back from an order; it keeps its place, and leaves with its last share.

        Raises:
            ValueError: the quantity is not positive or more than is left.
        """
        left = resting.quantity
        if not 0 < quantity <= left:
            raise ValueError(f"quantity {quantity}: the order has {left} shares left")
        half = self._halves[resting.side]
        level = half.levels[resting.side * resting.index]
        if quantity == left:
            self._leave(half, level, resting)
            return
        resting.quantity = left - quantity
        level.quantity -= quantity
        if resting.owner is None:
            level.anonymous -= quantity

    def cancel(self, resting: Resting) -> None:
        """Take an order out of the book.

        Raises:
            ValueError: it is no longer there.
        """
        if not resting.quantity:
            raise ValueError(f"{resting!r} is no longer in the book")
        half = self._halves[resting.side]
        self._leave(half, half.levels[resting.side * resting.index], resting)

    # -- what stands in it --------------------------------------------------------------------

    def best(self, side: int) -> Optional[int]:
        """The best tick index of a side; None where nobody stands."""
        keys = self._halves[side].keys
        return side * keys[-1] if keys else None

    def depth(self, side: int, levels: int) -> List[tuple[int, int]]:
        """Up to so many (tick index, shares) from the touch outwards; empty prices are left out."""
        half = self._halves[side]
        return [(side * key, half.levels[key].quantity) for key in half.keys[: -levels - 1 : -1]]

    def quantity(self, side: int, index: int) -> int:
        """All shares at a price."""
        level = self._halves[side].levels.get(side * index)
        return level.quantity if level else 0

    def ahead(self, resting: Resting) -> int:
        """Shares that trade before an order at its price."""
        total, other = 0, resting.before
        while other is not None:
            total += other.quantity
            other = other.before
        return total

    def orders(self, side: int) -> Iterator[Resting]:
        """Every order of a side in the order in which they trade."""
        half = self._halves[side]
        for key in reversed(half.keys):
            resting = half.levels[key].first
            while resting is not None:
                yield resting
                resting = resting.after

    def owners(self) -> Iterator[Any]:
        """The owner of each order that has one, in the order in which they came.

        Orders may come and go while it runs.
        """
        return iter([resting.owner for resting in self._owned])

    # -- anonymous liquidity ------------------------------------------------------------------

    def anonymous(self, side: int, index: int) -> int:
        """Shares at a price that nobody owns."""
        level = self._halves[side].levels.get(side * index)
        return level.anonymous if level else 0

    def set_anonymous(self, side: int, index: int, quantity: int) -> None:
        """Make the ownerless shares at a price a total.

        New shares come last. Shares that are withdrawn come from everywhere in the queue in
        proportion, for nobody knows who cancelled; so what stands ahead of an owned order shrinks as
        it does in reality. Ownerless neighbours become one order, which outdates what `rest` gave for
        them.

        Raises:
            ValueError: the quantity is negative, or new shares would trade.
        """
        if quantity < 0:
            raise ValueError(f"quantity {quantity}: shares cannot be fewer than none")
        half = self._halves[side]
        level = half.levels.get(side * index)
        now = level.anonymous if level else 0
        if quantity > now:
            level = self._level(side, index)
            level.anonymous = quantity
            last = level.last
            if last is not None and last.owner is None:
                last.quantity += quantity - now
                level.quantity += quantity - now
            else:
                self._append(level, Resting(side, index, quantity - now, None))
        elif level is not None and quantity < now:
            self._thin(half, level, quantity)

    def _thin(self, half: _Half, level: _Level, quantity: int) -> None:
        now = level.anonymous
        passed = given = 0  # of the ownerless shares: seen, and kept
        resting = level.first
        while resting is not None:
            following = resting.after
            if resting.owner is None:
                passed += resting.quantity
                kept = quantity * passed // now - given
                given += kept
                before = resting.before
                if before is not None and before.owner is None:
                    before.quantity += kept
                    level.quantity += kept
                    level.anonymous += kept
                    kept = 0
                if kept:
                    level.quantity -= resting.quantity - kept
                    level.anonymous -= resting.quantity - kept
                    resting.quantity = kept
                else:
                    self._leave(half, level, resting)
            resting = following

    # -- queues -------------------------------------------------------------------------------

    def _level(self, side: int, index: int) -> _Level:
        """The level at a price, new if need be, unless an order there would trade."""
        opposite = self._halves[-side].keys
        key = side * index
        if opposite and key + opposite[-1] >= 0:
            other = -side * opposite[-1]
            raise ValueError(f"index {index} would trade with {other}; take that first")
        half = self._halves[side]
        level = half.levels.get(key)
        if level is None:
            level = half.levels[key] = _Level()
            insort(half.keys, key)
        return level

    def _append(self, level: _Level, resting: Resting) -> None:
        last = level.last
        if last is None:
            level.first = resting
        else:
            last.after = resting
            resting.before = last
        level.last = resting
        level.quantity += resting.quantity

    def _leave(self, half: _Half, level: _Level, resting: Resting) -> None:
        """Unlink an order; a level goes with its last order."""
        before, after = resting.before, resting.after
        if before is None:
            level.first = after
        else:
            before.after = after
        if after is None:
            level.last = before
        else:
            after.before = before
        if before is None and after is None:
            key = resting.side * resting.index
            del half.levels[key]
            if half.keys[-1] == key:
                half.keys.pop()
            else:
                del half.keys[bisect_left(half.keys, key)]
        if resting.owner is None:
            level.anonymous -= resting.quantity
        else:
            del self._owned[resting]
        level.quantity -= resting.quantity
        resting.quantity = 0
        resting.before = resting.after = None
