"""No order is sent twice and none is silently lost, whatever is killed, repeated, delayed or lost.

The machine plays a message broker that redelivers what was not acknowledged, clients that repeat
themselves or change their minds, a control whose SendOrder may fail in every way, and kill -9 at every step
of an order. The exchange counts. The model is what reached it.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from sapi_kiwoom.errors import RequestRejected
from sapi_kiwoom.loop import SECOND
from sapi_kiwoom.session.orders import order as states
from sapi_kiwoom.session.orders.life import Orders
from sapi_kiwoom.session.orders.order import Wish
from tests.session.orders.exchange import ACCOUNT, Killed, Process, market

PLANS = (
    "taken", "killed before", "killed after", "refused here", "refused there", "lost on the way",
    "answer lost", "raised", "none", "line lost", "no code known",
)  # fmt: skip
NOT_OUT = (states.ACCEPTED, states.NOT_SENT, states.EXPIRED)


class Message:
    """A request in the broker: it comes again until it is acknowledged."""

    def __init__(self, wish):
        self.wish = wish
        self.gone = False  # acknowledged, or answered and then acknowledged


class Machine(RuleBasedStateMachine):
    make = Orders

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.loop, self.exchange = market()
        self.messages = []
        self.wishes = {}
        self.filled = Counter()  # published, by order_id
        self.numbers = set()  # of events
        self.price = 9000
        self.early = []  # sent although the broker might have delivered them once more
        self.start()

    def teardown(self):
        try:
            self.finish()
        finally:
            self.process.kill()
            self.folder.cleanup()

    # -- the process ---------------------------------------------------------------------------

    def start(self):
        path = Path(self.folder.name) / "orders.db"
        self.process = Process(path, self.loop, self.exchange, self.make)
        self.process.line.before = self.about_to_send
        self.waiting = []  # acknowledgements that were not handed over yet
        self.perform(partial(self.process.orders.on_connection, True))
        self.run(SECOND)  # until it has compared itself with the account
        for message in self.messages:
            if not message.gone:
                self.deliver(message)

    def about_to_send(self, arguments):
        order = next(
            each
            for each in map(self.process.journal.find, self.wishes)
            if each is not None and each.rqname == arguments[0]
        )
        same = [each for each in self.messages if each.wish.order_id == order.order_id]
        if not any(message.gone for message in same):
            self.early.append(order.order_id)

    def perform(self, fn):
        """Do something in the process; it may die of it, and is started again."""
        try:
            fn()
        except Killed:
            self.restart()

    def restart(self):
        self.collect()
        for order_id in self.wishes:
            order = self.process.journal.find(order_id)
            if order is not None and order.state == states.ACCEPTED:
                assert not self.sent(order), "what is accepted at a crash was not sent"
        self.process.kill()
        self.start()

    def collect(self):
        """Take what was published; an event counts once, however often it is repeated."""
        for event in self.process.events:
            if event["sequence"] not in self.numbers:
                self.numbers.add(event["sequence"])
                if "fill" in event:
                    self.filled[event["order_id"]] += event["fill"]["quantity"]
        self.process.events.clear()

    def sent(self, order):
        return self.exchange.calls[order.rqname] or self.exchange.calls[order.wish.price]

    # -- the message broker --------------------------------------------------------------------

    def deliver(self, message):
        def accept(done):
            message.gone = True
            self.waiting.append(done)

        def answered(order):
            assert order.state not in states.UNANSWERED
            message.gone = True

        self.perform(partial(self.process.orders.place, message.wish, accept, answered))

    @rule(
        strategy=st.sampled_from(("a", "b")),
        side=st.sampled_from(("buy", "sell")),
        plan=st.sampled_from(PLANS),
        prompt=st.booleans(),
    )
    def place(self, strategy, side, plan, prompt):
        self.price += 10
        self.process.line.plan = plan
        wish = Wish(
            f"id{len(self.wishes)}", strategy, ACCOUNT, "new", side, "000001", 10, self.price, "00",
            "KRX", "", self.loop.now() + 20 * SECOND, "user",
        )  # fmt: skip
        self.send(wish)
        if prompt and self.waiting:
            self.hand_over_acknowledgement()

    @rule()
    def place_and_hear(self):
        """What happens on most days."""
        self.place("a", "buy", "taken", True)
        self.run(SECOND)
        for kind, rqname, number in list(self.process.line.news):
            if kind == "answer":
                self.perform(partial(self.process.orders.on_answer, rqname, "", number))

    @precondition(lambda self: self.wishes)
    @rule(data=st.data())
    def cancel(self, data):
        original = data.draw(st.sampled_from(sorted(self.wishes)))
        if self.wishes[original].action == "new":
            self.send(
                Wish(
                    f"id{len(self.wishes)}", "a", ACCOUNT, "cancel", original=original,
                    valid_until=self.loop.now() + 20 * SECOND,
                )
            )  # fmt: skip

    def send(self, wish):
        self.wishes[wish.order_id] = wish
        message = Message(wish)
        self.messages.append(message)
        self.deliver(message)

    @precondition(lambda self: self.wishes)
    @rule(data=st.data())
    def repeat(self, data):
        wish = self.wishes[data.draw(st.sampled_from(sorted(self.wishes)))]
        message = Message(wish)
        self.messages.append(message)
        self.deliver(message)

    @precondition(lambda self: self.wishes)
    @rule(data=st.data())
    def change_ones_mind(self, data):
        wish = self.wishes[data.draw(st.sampled_from(sorted(self.wishes)))]
        if self.process.journal.find(wish.order_id) is None:
            return
        other = replace(wish, quantity=wish.quantity + 1)
        with pytest.raises(RequestRejected, match="belongs to another order"):
            self.process.orders.place(other, self.fail, self.fail)

    def fail(self, *_):
        raise AssertionError("a changed order went on")

    @precondition(lambda self: self.waiting)
    @rule()
    def hand_over_acknowledgement(self):
        self.perform(self.waiting.pop(0))

    # -- the control and the exchange ----------------------------------------------------------

    @rule(plan=st.sampled_from(PLANS))
    def next_call(self, plan):
        self.process.line.plan = plan

    @precondition(lambda self: self.process.line.news)
    @rule(data=st.data(), lost=st.sampled_from((False, False, False, True)))
    def hear(self, data, lost):
        """News come in any order, or not at all."""
        news = self.process.line.news
        kind, first, second = news.pop(data.draw(st.integers(0, len(news) - 1)))
        if lost:
            return
        orders = self.process.orders
        if kind == "answer":
            self.perform(partial(orders.on_answer, first, "KOA_NORMAL_BUY_KP_ORD", second))
        else:
            self.perform(partial(orders.on_chejan, "0", first))
            self.perform(partial(orders.on_chejan, "0", first))  # twice changes nothing

    @rule(
        data=st.data(),
        quantity=st.integers(1, 10),
        heard=st.sampled_from(("now", "later", "never")),
    )
    def trade(self, data, quantity, heard):
        working = [each for each in self.exchange.orders.values() if each.open]
        if working:
            order = data.draw(st.sampled_from(working))
            values = self.exchange.chejan(order, "체결", min(quantity, order.open))
            if heard == "later":
                self.process.line.news.append(("chejan", values, None))
            elif heard == "now":
                for _ in range(2):
                    self.perform(partial(self.process.orders.on_chejan, "0", values))

    # -- time and death ------------------------------------------------------------------------

    @rule(tenths=st.sampled_from((1, 5, 30, 150)))
    def wait(self, tenths):
        self.run(tenths * SECOND // 10)

    def run(self, span):
        end = self.loop.now() + span
        while self.loop.now() < end:
            self.perform(partial(self.loop.run_for, end - self.loop.now()))

    @rule()
    def kill(self):
        self.restart()

    @rule(writes=st.integers(1, 12))
    def kill_at_a_write(self, writes):
        self.process.journal.fuse = writes / 2

    @rule()
    def lose_the_line(self):
        orders = self.process.orders
        self.perform(partial(orders.on_connection, False))
        self.process.line.news.clear()
        self.perform(partial(self.process.orders.on_connection, True))

    # -- what must hold ------------------------------------------------------------------------

    @invariant()
    def nothing_is_sent_twice(self):
        assert all(count <= 1 for count in self.exchange.calls.values()), self.exchange.calls

    @invariant()
    def nothing_is_sent_while_it_may_be_delivered_again(self):
        assert not self.early

    @invariant()
    def what_did_not_go_out_did_not_go_out(self):
        for order_id in self.wishes:
            order = self.process.journal.find(order_id)
            if order is not None and order.state in NOT_OUT:
                assert not self.sent(order)

    def finish(self):
        """In the end every order has its outcome, and the journal knows every share that traded."""
        self.process.journal.fuse = None
        self.process.line.plan = "taken"
        for message in self.messages:
            if not message.gone:
                self.deliver(message)
        while self.waiting:
            self.perform(self.waiting.pop(0))
        self.run(40 * SECOND)
        self.perform(partial(self.process.orders.reconcile, "the end"))
        self.run(40 * SECOND)
        self.collect()
        self.nothing_is_sent_twice()
        by_price = {each.price: each for each in self.exchange.orders.values() if each.price}
        for order_id, wish in self.wishes.items():
            order = self.process.journal.find(order_id)
            assert order is not None, "an order that was taken is never forgotten"
            assert order.state not in states.UNANSWERED
            if wish.action != "new":
                continue
            taken = by_price.get(wish.price)
            if taken is None:
                assert order.state in (*NOT_OUT, states.REFUSED, states.UNKNOWN), order.state
                assert order.filled == 0
            else:
                assert order.number == taken.number
                assert (order.filled, order.open) == (taken.filled, taken.open)
                assert order.value == taken.filled * taken.price
                assert (
                    sum(fill.quantity for fill in self.process.orders.fills(order)) == taken.filled
                )
                assert self.filled[order_id] == taken.filled, "each share is published once"


def run(machine, examples, phases=tuple(Phase)):
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples, stateful_step_count=30, deadline=None, phases=phases,
            report_multiple_bugs=False, suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip


def test_the_life_of_orders():
    run(Machine, 40)


class AckAfterSend(Orders):
    """Takes the message off the broker only once the order is out."""

    def _acknowledge(self, orders, accept):
        for order in orders:
            self._gate.run(partial(self._sender.add, order))
        accept(lambda: None)


class SendBeforeJournal(Orders):
    """Writes down that it sends after it has sent."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        send, returned = self._sender._send, self._sender._returned

        def sends(order):
            save = self.journal.save
            self.journal.save = lambda order: None
            self._sender._returned = lambda *_: None
            try:
                send(order)
            finally:
                del self.journal.save
                self._sender._returned = returned
            save(order)
            returned(order, 0)

        self._sender._send = sends


class Forgetful(Orders):
    """Sends what it has not written down at all."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)

        def add(orders, family=None):
            for order in orders:
                order.sequence = len(self._book.orders) + 1
                self._book.orders[order.order_id] = order

        self._book.add = add


class Resender(Orders):
    """Sends an order again that may not have gone out."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        returned = self._sender._returned

        def again(order, code):
            if code == -307:
                order.state = states.ACCEPTED
                self._sender.release(order)
                self._sender.add(order)
            else:
                returned(order, code)

        self._sender._returned = again


@pytest.mark.parametrize("mutant", [AckAfterSend, SendBeforeJournal, Forgetful, Resender])
def test_the_machine_finds(mutant):
    class Mutant(Machine):
        make = mutant

    with pytest.raises(AssertionError):
        run(Mutant, 1000, [Phase.generate])
