"""The broker's order desk: takes orders, has the exchange work on them, and tells what became of them.

Everything that decides about money is written to the ledger before anybody learns of it, so that a desk
which is killed goes on from there: what was taken is taken, what traded has traded, no number is given
twice. What the clients were told is not written down: a notice that nobody was there to hear is lost, as
Kiwoom's are.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Callable, Dict, FrozenSet, List, Mapping, Optional, Protocol

from sapi_kiwoom import krx
from sapi_kiwoom.loop import SECOND, Loop
from simulator.brokerage import messages, profiles
from simulator.brokerage.account import Account, reserve_price
from simulator.brokerage.latency import Latency, Step
from simulator.brokerage.ledger import AnyLedger, Ledger
from simulator.brokerage.notices import HoldingView, Notice, Notices, Snapshot
from simulator.brokerage.order import CANCEL, MODIFY, NEW, SELL, Fill, Order
from simulator.brokerage.validation import ORDER_TYPES, Refusal, Request, Situation, refusal
from simulator.draws import Draws
from simulator.feeds.bars import KRX, NXT
from simulator.market.exchange import Exchange
from simulator.market.working import ALL_OR_NOTHING, GOOD, IMMEDIATE, WorkingOrder
from simulator.universe import Stock

_CONDITIONS = {
    **dict.fromkeys(("10", "13", "16", "30"), IMMEDIATE),
    **dict.fromkeys(("20", "23", "26", "31"), ALL_OR_NOTHING),
}
_FIRST_ORDERS = (8 * 60 + 40) * krx.MINUTE  # after midnight
_ORDERS_A_MINUTE = 460  # of all users of the server, who share its numbers
_FILLS_A_SECOND = 60


class Client(Protocol):
    """A login of the accounts' owner."""

    def answered(self, request: Request, trcode: str, message: str, number: str) -> None:
        """The server's answer to an order that this client sent; ``number`` is "" when it was refused."""

    def noticed(self, notice: Notice) -> None:
        """An event of any order of these accounts, wherever it was entered."""


class Desk:
    """Takes the orders of one owner's accounts.

    Args:
        loop: market time.
        exchange: where orders trade; its reports come here from now on.
        stocks: by code.
        accounts: by number, as they were when the ledger was begun.
        profile: ``mock``, ``mock-2020`` or ``real``.
        latency: how long the steps of an order take.
        ledger: what has happened; it is replayed first.
        seed: decides order numbers.
        expired: accounts of the mock server whose time is over.

    Attributes:
        profile: as above.
    """

    def __init__(
        self,
        loop: Loop,
        exchange: Exchange,
        stocks: Mapping[str, Stock],
        accounts: Dict[str, Account],
        *,
        profile: str,
        latency: Latency,
        ledger: AnyLedger,
        seed: int,
        expired: FrozenSet[str] = frozenset(),
    ) -> None:
        self._accounts = accounts
        self.profile = profile
        self._loop = loop
        self._exchange = exchange
        self._stocks = stocks
        self._latency = latency
        self._ledger = ledger
        self._seed = seed
        self._expired = expired
        self._notices = Notices(profiles.profile(profile).chejan)
        self._clients: List[Client] = []
        self._orders: Dict[str, Dict[int, Order]] = {number: {} for number in accounts}
        self._fills: Dict[str, List[Fill]] = {number: [] for number in accounts}
        self._limits: Dict[int, Optional[int]] = {}  # what 최유리 and the like came to
        self._working: Dict[int, WorkingOrder] = {}
        self._last_number = self._last_fill = 0
        self._begun = self._told = 0  # no later event overtakes an earlier one
        exchange.reports = self
        self._day = max(account.day for account in accounts.values())
        if not ledger.last:
            ledger.append(loop.now(), "open", {})
        self._restore()
        if isinstance(ledger, Ledger):
            self._mark_time()

    # -- clients -------------------------------------------------------------------------------

    def open(self, client: Client) -> None:
        """A login: it is told of everything from now on."""
        self._clients = [*self._clients, client]

    def close(self, client: Client) -> None:
        """Its line is gone; what happens meanwhile it will never hear."""
        self._clients = [each for each in self._clients if each is not client]

    def send(self, request: Request, client: Optional[Client]) -> None:
        """Take an order that has passed the control's own checks. It is on the disk when this returns.

        Args:
            request: the arguments of SendOrder.
            client: is told the server's answer, if its line still stands then; None for an order that the
                owner entered elsewhere (HTS, MTS), which is answered there.
        """
        now = self._loop.now()
        sent = self._ledger.append(now, "sent", request._asdict())
        delay = self._latency.of(Step.ANSWER, krx.kst(now).date(), sent)
        self._loop.call_later(delay, lambda: self._decide(sent, request, client))

    # -- questions -----------------------------------------------------------------------------

    @property
    def accounts(self) -> Dict[str, Account]:
        """The accounts by number, as of today."""
        self._open_today()
        return self._accounts

    def orders(self, account: str) -> List[Order]:
        """Today's orders of an account in order of their numbers."""
        self._open_today()
        return list(self._orders.get(account, {}).values())

    def fills(self, account: str) -> List[Fill]:
        """Today's fills of an account in order of time."""
        self._open_today()
        return self._fills.get(account, [])

    # -- deciding ------------------------------------------------------------------------------

    def _decide(self, sent: int, request: Request, client: Optional[Client]) -> None:
        """The server looks at an order: refuse it, or take it under a number."""
        self._open_today()
        wanted = ORDER_TYPES[request.order_type]
        stock = self._stocks.get(request.code)
        account = self._accounts.get(request.account)
        original = self._orders.get(request.account, {}).get(_number(request.original))
        order = None
        if stock is not None and account is not None:
            order = self._draft(request, stock, original)
        refused: Optional[Refusal] = Refusal(messages.Saying.CLOSED_DAY)
        if krx.kst(self._loop.now()).date() <= krx.LAST_DATE:
            situation = self._situation(request, stock, account, order, original)
            refused = refusal(request, situation)
        limit: Optional[int] = None
        if refused is None and order is not None and order.kind != CANCEL:
            limit, possible = self._exchange.limit(
                order.stock, order.venue, order.side, order.hoga, order.price
            )
            if not possible:
                refused = Refusal(messages.Saying.HOGA_NOT_POSSIBLE_NOW)
        side = original.side if original is not None and not wanted.side else wanted.side or 1
        any_stock = stock or next(iter(self._stocks.values()))
        trcode = messages.order_tr(any_stock, side, wanted.kind)
        if refused is not None or order is None:
            assert refused is not None, "without a stock or an account an order is refused"
            saying, shares = refused
            self._ledger.append(self._loop.now(), "refused", {"sent": sent})
            text = messages.text(self.profile, saying, shares=shares)
            self._answer(client, request, trcode, text, "")
            return
        order.number = self._next_number()
        entry = {"sent": sent, "number": order.number, "quantity": order.quantity, "limit": limit}
        self._ledger.append(order.entered, "accepted", entry)
        self._accept(order, limit)
        saying = messages.accepted(order.side, order.kind, order.hoga)
        text = messages.text(self.profile, saying)
        self._answer(client, request, trcode, text, f"{order.number:07d}")
        delay = self._latency.of(Step.ACCEPTANCE, order.entered, order.number)
        self._begun = max(self._begun, self._loop.now() + delay)
        self._loop.call_later(self._begun - self._loop.now(), lambda: self._begin(order))

    def _answer(
        self, client: Optional[Client], request: Request, trcode: str, text: str, number: str
    ) -> None:
        if client is not None and client in self._clients:
            client.answered(request, trcode, text, number)

    def _draft(self, request: Request, stock: Stock, original: Optional[Order]) -> Order:
        wanted = ORDER_TYPES[request.order_type]
        changes = wanted.kind != NEW and original is not None
        return Order(
            number=0,
            account=request.account,
            stock=stock,
            side=original.side if changes and original else wanted.side,
            kind=wanted.kind,
            hoga=original.hoga if changes and original else request.hoga,
            quantity=request.quantity or (original.open if changes and original else 0),
            price=0 if wanted.kind == CANCEL else request.price,
            venue=original.venue if changes and original else wanted.venue,
            entered=self._loop.now(),
            original=original if changes else None,
            screen=request.screen,
            rqname=request.rqname,
        )

    def _situation(
        self,
        request: Request,
        stock: Optional[Stock],
        account: Optional[Account],
        order: Optional[Order],
        original: Optional[Order],
    ) -> Situation:
        now = self._loop.now()
        day = krx.kst(now).date()
        upper = lower = affordable = sellable = 0
        if stock is not None and krx.is_trading_day(day):
            hoga = order.hoga if order is not None else request.hoga
            upper, lower = self._exchange.limits(stock, hoga)
            if account is not None and order is not None and order.kind != CANCEL:
                possible = account.possible(order, reserve_price(order, upper))
                affordable, sellable = possible, possible
        return Situation(
            profile=self.profile,
            moment=now,
            stock=stock,
            upper=upper,
            lower=lower,
            affordable=affordable,
            sellable=sellable,
            original=original,
            auction=stock is not None and self._exchange.interrupted(stock),
            tradable=stock is None or not self._exchange.halted(stock),
            circuit_breaker=self._exchange.broken(),
            expired=request.account in self._expired,
        )

    def _accept(self, order: Order, limit: Optional[int]) -> None:
        """Bind what the order needs, and take what it changes off the exchange."""
        account, original = self._accounts[order.account], order.original
        if original is not None and original.number in self._working:
            self._exchange.withdraw(self._working[original.number], order.quantity)
        if order.kind == CANCEL:
            assert original is not None, "a cancellation has an original"
            account.withdraw(original, order.quantity)
        else:
            day = krx.kst(order.entered).date()
            upper, _ = self._exchange.feed.limits(order.stock, day)
            account.accept(order, reserve_price(order, upper))
        self._orders[order.account][order.number] = order
        self._limits[order.number] = limit
        self._last_number = order.number

    def _begin(self, order: Order) -> None:
        """접수; of a change, then 확인."""
        self._tell(self._notices.accepted(order, self._snapshot(order.stock)))
        if order.kind == NEW:
            if order.side == SELL:  # fewer shares are orderable already
                delay = self._latency.of(Step.HOLDING, order.entered, order.number, "accepted")
                self._tell_holding(order, self._snapshot(order.stock), delay)
            self._work(order)
            return
        delay = self._latency.of(Step.ACCEPTANCE, order.entered, order.number, "confirmed")
        self._loop.call_later(delay, lambda: self._confirm(order))

    def _confirm(self, order: Order) -> None:
        assert order.original is not None, "a change has an original"
        now, market = self._loop.now(), self._snapshot(order.stock)
        self._tell(self._notices.confirmed(order, market, now))
        self._tell(self._cleared(order.original))
        if order.kind == MODIFY:
            self._work(order)

    def _work(self, order: Order) -> None:
        """Bring an order to the exchange, unless it was cancelled on the way."""
        if order.open:
            condition = _CONDITIONS.get(order.hoga, GOOD)
            limit = self._limits[order.number]
            working = WorkingOrder(order, order.side, order.open, limit, condition)
            self._working[order.number] = working
            self._exchange.submit(working, order.stock, order.venue, order.hoga)

    # -- reports of the exchange ---------------------------------------------------------------

    def filled(self, working: WorkingOrder, price: int, quantity: int) -> None:
        """See `Reports.filled`."""
        order: Order = working.owner
        now = self._loop.now()
        second = (now - krx.midnight(krx.kst(now).date()) - _FIRST_ORDERS) // SECOND
        number = max(self._last_fill + 1, second * _FILLS_A_SECOND)
        entry = {"order": order.number, "number": number, "price": price, "quantity": quantity}
        self._ledger.append(now, "fill", entry)
        fill = self._book(order, number, now, price, quantity)
        if not order.open:
            self._working.pop(order.number, None)
        venue = NXT if working.board == NXT else KRX
        market = self._snapshot(order.stock, working.board)
        delay = self._latency.of(Step.REPORT, now, number)
        self._tell(self._notices.filled(fill, market, venue), delay)
        delay += self._latency.of(Step.HOLDING, now, number)
        self._tell_holding(order, market, delay)

    def dropped(self, working: WorkingOrder) -> None:
        """See `Reports.dropped`. What expires does so silently, what was to trade at once is cleared."""
        order: Order = working.owner
        self._ledger.append(self._loop.now(), "dropped", {"order": order.number})
        self._drop(order)
        if working.condition != GOOD:
            self._tell(self._cleared(order))

    def _book(self, order: Order, number: int, at: int, price: int, quantity: int) -> Fill:
        fill = Fill(number, order, at, price, quantity)
        self._accounts[order.account].fill(fill)
        self._fills[order.account].append(fill)
        self._last_fill = number
        return fill

    def _drop(self, order: Order) -> None:
        self._working.pop(order.number, None)
        self._accounts[order.account].withdraw(order, order.open)

    # -- telling -------------------------------------------------------------------------------

    def _tell(self, notice: Notice, delay: int = 0) -> None:
        """Tell every client that is there when the time has come, in the order of what happened."""
        now = self._loop.now()
        self._told = max(self._told, now + delay)
        self._loop.call_later(self._told - now, lambda: self._deliver(notice))

    def _deliver(self, notice: Notice) -> None:
        for client in self._clients:
            client.noticed(notice)

    def _tell_holding(self, order: Order, market: Snapshot, delay: int) -> None:
        account = self._accounts[order.account]
        holding = account.holdings[order.stock.code]
        view = HoldingView(
            account=account.number,
            stock=order.stock,
            quantity=holding.quantity,
            average=holding.average if holding.quantity else 0,
            total=holding.cost,
            orderable=holding.orderable,
            net_bought=holding.bought - holding.sold,
            side=order.side,
            realised=account.today.profit,
            realised_rate=account.today.rate,
        )
        self._tell(self._notices.held(view, market), delay)

    def _cleared(self, order: Order) -> Notice:
        last_fill = next((f for f in reversed(self.fills(order.account)) if f.order is order), None)
        market = self._snapshot(order.stock)
        return self._notices.cleared(order, market, self._loop.now(), last_fill)

    def _snapshot(self, stock: Stock, board: str = KRX) -> Snapshot:
        day = krx.kst(self._loop.now()).date()
        feed = self._exchange.feed
        base, (upper, lower) = feed.base_price(stock, day), feed.limits(stock, day)
        last = self._exchange.last(stock, board)
        ask, bid = self._exchange.touch(stock, board)
        return Snapshot(last.price if last else base, ask, bid, base, upper, lower)

    # -- numbers and days ----------------------------------------------------------------------

    def _next_number(self) -> int:
        """The next 주문번호: the server's users share them, so they grow with the time of day."""
        now = self._loop.now()
        day = krx.kst(now).date()
        others = (now - krx.midnight(day) - _FIRST_ORDERS) * _ORDERS_A_MINUTE // krx.MINUTE
        least = self._last_number + 1 + Draws(self._seed, "number", day, self._last_number).below(4)
        return max(least, others)

    def _open_today(self) -> None:
        """Go on to the trading day that runs, if it is a new one; no order of an earlier one is open."""
        day = krx.kst(self._loop.now()).date()
        if day > self._day and day <= krx.LAST_DATE and krx.is_trading_day(day):
            self._ledger.append(self._loop.now(), "day", {"day": day.isoformat()})
            self._open_day(day)

    def _open_day(self, day: date) -> None:
        self._day = day
        for number, account in self._accounts.items():
            self._orders[number].clear()
            self._fills[number] = []
            account.open_day(day)
        self._limits.clear()
        self._last_number = self._last_fill = 0

    def _mark_time(self) -> None:
        """Write down how far the market has come, so that a restart does not go back far."""
        self._ledger.append(self._loop.now(), "clock", {})
        day = krx.kst(self._loop.now()).date()
        if day < krx.LAST_DATE:
            delay = krx.MINUTE if krx.is_trading_day(day) else 60 * krx.MINUTE
            self._loop.call_later(delay, self._mark_time)

    # -- restoring -----------------------------------------------------------------------------

    def _restore(self) -> None:
        """Go through everything that was written, then take up what is under way."""
        undecided: Dict[int, Request] = {}
        for sequence, at, kind, data in self._ledger.entries():
            if kind == "sent":
                undecided[sequence] = Request(**data)
            elif kind == "refused":
                del undecided[data["sent"]]
            elif kind == "accepted":
                self._restore_order(undecided.pop(data["sent"]), at, data)
            elif kind == "fill":
                order = self._find(data["order"])
                self._book(order, data["number"], at, data["price"], data["quantity"])
            elif kind == "dropped":
                self._drop(self._find(data["order"]))
            elif kind == "day":
                self._open_day(date.fromisoformat(data["day"]))
        for orders in self._orders.values():
            for order in orders.values():
                if order.open and order.kind != CANCEL:
                    self._loop.call_later(0, _later(self._work, order))
        for sent, request in undecided.items():
            self._loop.call_later(0, _later(self._decide, sent, request, None))

    def _restore_order(self, request: Request, at: int, data: Mapping[str, Any]) -> None:
        original = self._orders[request.account].get(_number(request.original))
        order = self._draft(request, self._stocks[request.code], original)
        order.number, order.quantity, order.entered = data["number"], data["quantity"], at
        self._accept(order, data["limit"])

    def _find(self, number: int) -> Order:
        return next(orders[number] for orders in self._orders.values() if number in orders)


def _number(text: str) -> int:
    """An original order's number as SendOrder takes it; 0 for none."""
    return int(text) if text.strip().isdigit() else 0


def _later(fn: Callable[..., None], *arguments: object) -> Callable[[], None]:
    return lambda: fn(*arguments)
