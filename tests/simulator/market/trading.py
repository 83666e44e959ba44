"""A market of one stock with a fill model, and generated days to play on it."""

from hypothesis import strategies as st

from simulator.clock import VirtualLoop
from simulator.feeds import Quote, Tick
from simulator.market.exchange import Exchange
from simulator.market.fills import Queue, Touch
from simulator.market.fullbook import FullBook
from simulator.market.working import ALL_OR_NOTHING, GOOD, IMMEDIATE, WorkingOrder
from tests.simulator.market.fakes import BASE, STOCK, TABLE, Look, Reported, Tiny, at, run_until

MODELS = {"touch": Touch, "queue": Queue, "book": FullBook}


class Market:
    """An exchange that plays a feed with one of the models, and everything that becomes of orders."""

    def __init__(self, feed, model, moment=None, halts=None):
        self.loop = VirtualLoop(at(8) if moment is None else moment)
        self.moved = []
        make = MODELS[model]
        self.exchange = Exchange(
            self.loop,
            feed,
            lambda exchange, play, reports: make(play, reports, lambda: exchange.continuous(play)),
            moves_market=model == "book",
            halts=halts,
        )
        self.reports = self.exchange.reports = Reported()
        self.exchange.on_moved = self.moved.append

    def run_until(self, moment):
        run_until(self.loop, moment)

    def watch(self, books=True, on=None):
        look = Look(on)
        self.exchange.watch(STOCK, "KRX", look, books)
        return look

    def order(self, side, quantity, limit=None, condition=GOOD, hoga=None, venue="KRX"):
        order = WorkingOrder("somebody", side, quantity, limit, condition)
        if hoga is None:
            hoga = "00" if limit else "03"
        self.exchange.submit(order, STOCK, venue, hoga)
        return order

    def later(self, moment, *args, **kwargs):
        """Send an order at a moment; gives a list that has it then."""
        sent = []
        self.loop.call_later(
            moment - self.loop.now(), lambda: sent.append(self.order(*args, **kwargs))
        )
        return sent

    def filled(self, order):
        return sum(quantity for _, quantity in self.reports.of(order))


def opened(*events, ask=BASE + 10, bid=BASE, shares=100, moment=None):
    """A feed that opens at `BASE` at nine with a book behind it, and goes on with some events."""
    first = at(9, 0, 0, 100)
    ticks = [Tick(at(9), BASE, 50, 0), *(e for e in events if isinstance(e, Tick))]
    levels = [(n * 10, shares) for n in range(5)]
    quote = Quote(
        first,
        tuple((ask + up, shares) for up, _ in levels),
        tuple((bid - down, shares) for down, _ in levels),
    )
    quotes = [quote, *(e for e in events if isinstance(e, Quote))]
    others = [e for e in events if not isinstance(e, (Tick, Quote))]
    return Tiny([*ticks, Tick(at(15, 30), ticks[-1].price, 40, 0)], quotes, others)


class Plan:
    """A generated day and what users do on it: (moment, "order" or "withdraw", arguments)."""

    def __init__(self, feed, actions):
        self.feed = feed
        self.actions = actions

    def __repr__(self):
        events = "\n".join(map(str, [*self.feed.events[Tick], *self.feed.events[Quote]]))
        return f"{events}\n{self.actions}"


STEP = 500_000
FIRST = at(9, 0, 1)


@st.composite
def plans(draw, steps=14, orders=6):
    """A walk of the touch, trades at it, and orders around it."""
    middle = TABLE.index(BASE)
    ticks, quotes = [Tick(at(9), BASE, 50, 0)], []
    shares = st.integers(1, 60)
    for number in range(draw(st.integers(1, steps))):
        moment = FIRST + number * STEP
        middle += draw(st.integers(-2, 2))
        side = draw(st.sampled_from((1, -1, 0)))
        if side:
            ticks.append(
                Tick(moment, TABLE.price(middle + (side > 0)), draw(st.integers(1, 90)), side)
            )
        if draw(st.booleans()):
            asks, bids = (
                tuple((TABLE.price(middle + (way > 0) + way * n), draw(shares)) for n in range(3))
                for way in (1, -1)
            )
            quotes.append(Quote(moment + draw(st.sampled_from((0, 1))), asks, bids))
    ticks.append(Tick(at(15, 30), TABLE.price(middle), 70, 0))
    actions = []
    for _ in range(draw(st.integers(0, orders))):
        moment = FIRST + draw(st.integers(-2, steps)) * STEP + draw(st.sampled_from((0, 1, 2)))
        if actions and draw(st.integers(0, 3)) == 0:
            actions.append((moment, "withdraw", (draw(st.integers(0, 9)), draw(shares))))
            continue
        offset = draw(st.one_of(st.none(), st.integers(-5, 5)))
        limit = None if offset is None else BASE + 10 * offset
        condition = draw(st.sampled_from((GOOD, GOOD, IMMEDIATE, ALL_OR_NOTHING)))
        side = draw(st.sampled_from((1, -1)))
        actions.append((moment, "order", (side, draw(st.integers(1, 150)), limit, condition)))
    return Plan(Tiny(ticks, quotes), sorted(actions, key=lambda action: action[0]))


class Sent:
    """An order and what it was when it was sent."""

    def __init__(self, order, side, quantity, limit, condition):
        self.order, self.side, self.quantity = order, side, quantity
        self.limit, self.condition = limit, condition
        self.withdrawn = 0


def carry_out(market, plan):
    """Let users do what they planned; gives a list of their orders, which grows."""
    orders = []

    def act(what, arguments):
        if what == "order":
            side, quantity, limit, condition = arguments
            order = WorkingOrder(len(orders), side, quantity, limit, condition)
            orders.append(Sent(order, *arguments))
            market.exchange.submit(order, STOCK, "KRX", "00")
        elif orders:
            sent = orders[arguments[0] % len(orders)]
            part = min(arguments[1], sent.order.quantity)
            if part and sent.order not in market.reports.drops:
                sent.withdrawn += part
                market.exchange.withdraw(sent.order, part)

    for moment, *action in plan.actions:
        market.loop.call_later(moment - market.loop.now(), lambda action=action: act(*action))
    return orders
