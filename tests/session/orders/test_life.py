"""Orders in front of the simulated broker: what clients hear, what guards stop, what a restart finds."""

import sqlite3
import subprocess
import sys

import pytest

from sapi_kiwoom.errors import KiwoomError, RequestRejected
from sapi_kiwoom.loop import SECOND
from sapi_kiwoom.session.orders import Journal, Limits
from sapi_kiwoom.session.orders.guards import Clock
from simulator.feeds import Tick
from simulator.scenario.model import Entry
from tests.session.orders.bench import ACCOUNT, LOW, STOCK, Bench, Nobody, at_once
from tests.simulator.market.fakes import at
from tests.simulator.market.trading import opened


def trade(second, price, quantity, side=-1, minute=31):
    return Tick(at(9, minute, second), price, quantity, side)


@pytest.fixture(autouse=True)
def closed():
    yield
    Bench.close_all()


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path)


# -- a life ----------------------------------------------------------------------------------------


def test_each_fill_is_heard_once_with_what_is_open(tmp_path):
    bench = Bench(tmp_path, opened(trade(0, LOW, 4), trade(1, LOW, 5), trade(2, LOW, 9)))
    order = bench.placed(bench.wish())
    bench.loop.run_for(at(9, 32) - bench.loop.now())
    fills = [each for each in bench.events if each["event"] == "filled"]
    assert [(each["fill"]["quantity"], each["open"]) for each in fills] == [(4, 6), (5, 1), (1, 0)]
    assert (order.state, order.filled, order.value) == ("filled", 10, 10 * LOW)
    assert [fill.quantity for fill in bench.orders.fills(order)] == [4, 5, 1]
    assert len({each["sequence"] for each in bench.events}) == len(bench.events)


def test_a_modification_takes_the_place_of_its_order(bench):
    order = bench.placed(bench.wish())
    change = bench.placed(bench.change(order.order_id, "modify", price=LOW - 10))
    bench.run(1)
    assert (order.state, change.state, change.target) == ("modified", "working", order.number)
    assert (change.stock, change.side, change.open) == (STOCK.code, "buy", 10)
    cancel = bench.placed(bench.change(change.order_id))
    bench.run(1)
    assert (change.state, cancel.state) == ("cancelled", "done")


def test_a_cancellation_of_a_part(bench):
    order = bench.placed(bench.wish())
    bench.placed(bench.change(order.order_id, quantity=4))
    bench.run(1)
    assert (order.state, order.open) == ("working", 6)


def test_a_queued_order_is_cancelled_without_being_sent(bench):
    bench.orders.waits[ACCOUNT] = "reconciling"  # so that it waits
    first = bench.place(bench.wish(order_id="first"))
    second = bench.place(bench.change("first"))
    bench.run(1)
    assert (first[0].state, first[0].reason) == ("refused", "cancelled")
    assert second[0].state == "done"
    assert bench.exchange_orders == []


def test_cancelling_an_order_whose_number_is_not_known_yet_waits_for_it(bench):
    answers = bench.place(bench.wish(order_id="first"))
    cancel = bench.place(bench.change("first"))
    assert not answers
    bench.run(2)
    assert (answers[0].state, cancel[0].state) == ("cancelled", "done")


@pytest.mark.parametrize(
    ("original", "name"), [("nobody", "unknown-order"), ("0000099", "unknown-order")]
)
def test_a_change_of_nothing(bench, original, name):
    assert bench.placed(bench.change(original)).reason == name


def test_a_change_of_what_is_over(bench):
    order = bench.placed(bench.wish(price=0, kind="03"))
    bench.run(1)
    assert bench.placed(bench.change(order.order_id)).reason == "not-open"


def test_at_most_five_a_second_and_cancellations_first(bench):
    order = bench.placed(bench.wish())
    bench.run(2)
    sent = []
    send = bench.control.SendOrder

    def noting(*arguments):
        sent.append((bench.loop.now(), arguments[3]))
        return send(*arguments)

    bench.control.SendOrder = noting
    for _ in range(8):
        bench.place(bench.wish())
    bench.place(bench.change(order.order_id))
    bench.run(5)
    assert len(sent) == 9
    assert all(sent[i + 5][0] - sent[i][0] >= SECOND for i in range(4))
    kinds = [kind for _, kind in sent]
    assert kinds.index(3) == 5, "the sixth is the cancellation, though it came last"


def test_what_waits_too_long_is_never_sent(bench):
    late = bench.wish(valid_until=bench.loop.now() - 1)
    assert bench.placed(late).state == "expired"
    acknowledge = []
    answers = bench.place(bench.wish(valid_until=bench.loop.now() + SECOND), acknowledge.append)
    bench.run(2)
    assert answers[0].state == "expired", "nobody acknowledged it in time"
    acknowledge[0]()
    bench.run(2)
    assert bench.exchange_orders == []


def test_valid_until_is_looked_at_right_before_sending(bench):
    answers = [
        bench.place(bench.wish(valid_until=bench.loop.now() + SECOND // 2)) for _ in range(7)
    ]
    bench.run(4)
    assert [each[0].state for each in answers] == ["working"] * 5 + ["expired"] * 2
    assert len(bench.exchange_orders) == 5


def test_orders_of_the_owner_s_phone_are_told_as_external(tmp_path):
    entry = Entry(at(9, 30), 1, STOCK.code, 3, hoga="03")
    bench = Bench(tmp_path, entries=(entry,))
    bench.run(120)
    told = [(each["event"], each["strategy"], each["order_id"]) for each in bench.events]
    assert told == [("accepted", "external", None), ("filled", "external", None)]


def test_cancelling_what_was_entered_elsewhere(tmp_path):
    entry = Entry(at(9, 30), 1, STOCK.code, 3, LOW)
    bench = Bench(tmp_path, entries=(entry,))
    mine = bench.placed(bench.wish(strategy="s2"))
    bench.run(60)
    (number,) = (f"{each.number:07d}" for each in bench.exchange_orders if each.quantity == 3)
    answers = []
    bench.orders.cancel_all(bench.change(""), at_once, answers.append, external=True)
    bench.run(3)
    assert [each.wish.original for each in answers[0]] == [mine.order_id, number]
    assert [each.open for each in bench.exchange_orders] == [0, 0, 0, 0]
    assert mine.state == "cancelled"


def test_what_was_entered_elsewhere_is_known_after_a_restart(tmp_path):
    bench = Bench(tmp_path, entries=(Entry(at(9, 30), 1, STOCK.code, 3, LOW),))
    bench.placed(bench.wish())
    bench.kill()
    bench.run(120)
    bench.start()
    (number,) = (f"{each.number:07d}" for each in bench.exchange_orders if each.quantity == 3)
    cancel = bench.placed(bench.change(number))
    assert (cancel.state, cancel.side, cancel.stock) == ("done", "buy", STOCK.code)


# -- what SendOrder may say ------------------------------------------------------------------------


@pytest.mark.parametrize("code", [-300, -301, -302, -308, -311, -340])
def test_definite_codes_are_refusals(bench, code):
    bench.control.SendOrder = lambda *_: code
    order = bench.placed(bench.wish())
    assert (order.state, order.code, order.reason) == ("refused", code, "control-error")


@pytest.mark.parametrize("code", [-307, -106, -200, -101, 7, None])
def test_every_other_code_leaves_it_open(bench, code):
    bench.control.SendOrder = lambda *_: code
    order = bench.placed(bench.wish(), seconds=0.05)
    assert (order.state, order.code) == ("unknown", code)
    bench.run(30)
    assert order.state == "unknown", "that nothing is shown is no evidence"
    assert bench.orders.waits == {}, "others go on"


def test_a_call_that_does_not_return_is_unknown(bench):
    """A window of the control turns the loop inside the call, for ever."""

    def hangs(*_):
        bench.loop.turn(60 * SECOND)
        return 0

    bench.control.SendOrder = hangs
    answers = bench.place(bench.wish(valid_until=bench.loop.now() + 100 * SECOND))
    assert (answers[0].state, answers[0].reason) == ("unknown", "call-does-not-return")


def test_an_answer_that_is_lost_is_found_in_the_account(bench):
    send, events = bench.control.SendOrder, bench.control._events

    def silent(*arguments):
        bench.control._events = Nobody()
        return send(*arguments)

    bench.control.SendOrder = silent
    answers = bench.place(bench.wish())
    bench.run(9)
    assert not answers
    bench.control._events = events
    bench.run(10)
    (order,) = answers
    assert (order.state, order.number) == ("working", f"{bench.exchange_orders[0].number:07d}")
    assert [event for event, _ in bench.take()] == ["unknown", "reconciled"]


# -- after a stop ----------------------------------------------------------------------------------


def test_fills_that_were_missed_are_published_as_reconciled(tmp_path):
    bench = Bench(tmp_path, opened(trade(0, LOW, 4), trade(5, LOW, 3)))
    order = bench.placed(bench.wish())
    bench.kill()
    bench.take()
    bench.loop.run_for(at(9, 31, 2) - bench.loop.now())
    bench.start(login=False)
    bench.session.start(on_connected=lambda: None, on_failed=bench.failed)
    bench.loop.run_for(at(9, 32) - bench.loop.now())
    fills = [each["fill"] for each in bench.events if each["event"] == "filled"]
    assert [(each["quantity"], each["reconciled"]) for each in fills] == [(4, True), (3, False)]
    found = bench.orders.find(order.order_id)
    assert (found.filled, found.open, found.value) == (7, 3, 7 * LOW)


def test_orders_filled_and_cancelled_meanwhile(tmp_path):
    bench = Bench(tmp_path, opened(trade(0, LOW, 40)))
    first = bench.placed(bench.wish())
    second = bench.placed(bench.wish(price=LOW - 50))
    bench.kill()
    bench.house.desk.send(_request(3, second), None)
    bench.loop.run_for(at(9, 32) - bench.loop.now())
    bench.start()
    first, second = bench.orders.find(first.order_id), bench.orders.find(second.order_id)
    assert (first.state, first.filled) == ("filled", 10)
    assert (second.state, second.filled, second.open) == ("cancelled", 0, 0)


def _request(kind, order):
    from simulator.brokerage.validation import Request

    return Request("", "", ACCOUNT, kind, STOCK.code, 10, 0, "00", order.number)


def test_an_order_sent_right_before_the_end_is_found(bench):
    wish = bench.wish()
    bench.place(wish)  # SendOrder is over, nothing was heard
    bench.kill()
    bench.run(5)
    bench.take()
    bench.start()
    order = bench.orders.find(wish.order_id)
    assert (order.state, order.number) == ("working", f"{bench.exchange_orders[0].number:07d}")
    assert ("unknown", wish.order_id) in (told := bench.take())
    assert told[-1] == ("reconciled", wish.order_id)
    assert bench.placed(wish) is order, "and never sent again"
    assert len(bench.exchange_orders) == 1


def test_twins_stay_unknown_until_a_human_tells(bench):
    wishes = [bench.wish(), bench.wish()]
    for wish in wishes:
        bench.place(wish)
    bench.run(0.001)
    bench.kill()
    bench.run(5)
    bench.start()
    orders = [bench.orders.find(wish.order_id) for wish in wishes]
    assert len(bench.exchange_orders) == 2
    assert [order.state for order in orders] == ["unknown", "unknown"]
    first, second = (f"{each.number:07d}" for each in bench.exchange_orders)
    bench.orders.settle(orders[0].order_id, second)
    bench.run(3)
    assert (orders[0].state, orders[0].number) == ("working", second)
    assert (orders[1].state, orders[1].number) == ("working", first), "now only one is left"
    with pytest.raises(RequestRejected, match="only unknown orders"):
        bench.orders.settle(orders[0].order_id, "")


def test_an_order_entered_elsewhere_is_nobody_s_lost_order(bench):
    """The same content in the same minute, but not through OpenAPI+."""
    wish = bench.wish()
    bench.control.SendOrder = lambda *_: -307
    bench.place(wish)
    bench.house.desk.send(
        _request(1, bench.orders.find(wish.order_id))._replace(price=LOW, original=""), None
    )
    bench.run(20)
    assert bench.orders.find(wish.order_id).state == "unknown"
    assert len(bench.exchange_orders) == 1


def test_new_orders_wait_until_the_accounts_are_compared(bench):
    bench.orders.reconcile("a test")
    answers = bench.place(bench.wish())
    cancel = bench.place(bench.change("nobody"))
    bench.run(0.01)
    assert not answers
    assert cancel, "cancellations do not wait"
    bench.run(3)
    assert answers[0].state == "working"


def test_an_account_that_cannot_be_read_makes_new_orders_wait(bench):
    asked = []
    submit = bench.session.requests.submit

    def failing(chain):
        asked.append(bench.loop.now())
        bench.loop.call_later(1000, lambda: chain.on_error(KiwoomError("no")))

    bench.orders._reconciler._requests.submit = failing
    bench.orders.reconcile("a test")
    answers = bench.place(bench.wish(valid_until=bench.loop.now() + 20 * SECOND))
    bench.run(40)
    assert (answers[0].state, answers[0].reason) == ("expired", "reconciling")
    gaps = [round((b - a) / SECOND) for a, b in zip(asked, asked[1:])]
    assert gaps == [5, 10, 20], "ever more slowly"
    bench.orders._reconciler._requests.submit = submit
    bench.run(60)
    assert bench.placed(bench.wish()).state == "working"


def test_an_empty_journal_refuses_an_account_with_open_orders_until_told(tmp_path):
    bench = Bench(tmp_path)
    bench.placed(bench.wish())
    bench.kill()
    bench.path.unlink()
    bench.start()
    refused = bench.placed(bench.wish())
    assert (refused.state, refused.reason) == ("refused", "not-adopted")
    bench.orders.adopt(ACCOUNT)
    assert bench.placed(bench.wish()).state == "working"
    bench.kill()
    bench.start()
    assert bench.placed(bench.wish()).state == "working", "it is remembered"


def test_a_line_that_is_lost_in_the_middle(bench):
    wish = bench.wish()
    answers = bench.place(wish)
    bench.control._line.cut()
    bench.run(1)
    assert (answers[0].state, answers[0].reason) == ("unknown", "line-lost")
    bench.run(10)
    assert bench.orders.find(wish.order_id).state == "working", "found after the next login"


def test_yesterday_s_orders_are_over(bench):
    order = bench.placed(bench.wish())
    bench.kill()
    bench.loop.run_for(3 * 24 * 3600 * SECOND)  # Friday to Monday
    bench.start()
    assert bench.orders.find(order.order_id).state == "lapsed"


# -- guards ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limits", "values", "field"),
    [
        (Limits(quantity=9), {}, "quantity"),
        (Limits(value=10 * LOW - 1), {}, "value"),
        (Limits(value=129_999), {"price": 0, "kind": "03"}, "value"),
        (Limits(distance=0.9), {}, "distance"),
        (Limits(per_minute=0), {}, None),
    ],
)
def test_limits(tmp_path, limits, values, field):
    bench = Bench(tmp_path, limits=limits)
    if field is None:
        bench.orders.guards.limits = Limits(per_minute=1)
        assert bench.placed(bench.wish()).state == "working"
    order = bench.placed(bench.wish(**values))
    assert (order.state, order.reason) == ("refused", "order-limit")
    assert (field or "per_minute") in order.message


def test_limits_that_are_kept(tmp_path):
    bench = Bench(tmp_path, limits=Limits(10, 10 * LOW, 1.1, 2, 3))
    assert [bench.placed(bench.wish()).state for _ in range(3)] == ["working", "working", "refused"]
    bench.run(60)
    assert bench.placed(bench.wish()).state == "working"
    bench.kill()
    bench.run(60)
    bench.start()
    assert bench.placed(bench.wish()).reason == "order-limit", "three today, before the restart too"


def test_warned_stocks_are_not_bought(bench):
    bench.control.KOA_Functions = lambda name, code: "4" if name == "IsOrderWarningStock" else ""
    order = bench.placed(bench.wish())
    assert (order.state, order.reason) == ("refused", "warned-stock")
    bench.orders.guards.limits = Limits(warned=True)
    assert bench.placed(bench.wish()).state == "working"


def test_a_clock_that_is_wrong_blocks_orders(bench):
    now = at(10, 0, 10)
    clock = Clock()
    clock.hear("100010", now + 900_000)
    assert clock.skew == 0, "one time may be late"
    clock.hear("100014", now)
    assert clock.skew == -4 * SECOND, "but never early"
    bench.orders.guards.clock = slow = Clock()
    for _ in range(3):
        slow.hear("092950", bench.loop.now() + 60 * SECOND)
    order = bench.placed(bench.wish())
    assert (order.state, order.reason) == ("refused", "clock-skew")
    for second in range(3):
        slow.hear("100010", now + second * 300_000)
    assert slow.skew == 0


def test_halts(bench):
    bench.orders.halt("s1", "a test")
    assert bench.placed(bench.wish()).reason == "halted"
    assert bench.placed(bench.wish(strategy="s2")).state == "working"
    assert bench.orders.resume("s1")
    assert not bench.orders.resume("s1")
    assert bench.placed(bench.wish()).state == "working"


# -- the journal -----------------------------------------------------------------------------------


def test_two_servers_never_share_a_journal(tmp_path):
    path = tmp_path / "orders.db"
    journal = Journal(path)
    with pytest.raises(KiwoomError, match="another server"):
        Journal(path)
    code = f"from sapi_kiwoom.session.orders import Journal; Journal({str(path)!r})"
    child = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert "another server" in child.stderr
    journal.close()
    Journal(path).close()


def test_what_was_committed_is_there_after_kill_9(tmp_path):
    path = tmp_path / "orders.db"
    code = (
        "from sapi_kiwoom.session.orders import Journal, Order, Wish\n"
        f"journal = Journal({str(path)!r})\n"
        "for n in range(1_000_000):\n"
        "    journal.add(Order(Wish(str(n), 's', '8099999911', 'new'), n))\n"
        "    print(n, flush=True)\n"
    )
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    with child:
        for line in child.stdout:
            if line == "50\n":
                child.kill()
                break
        written = [*range(51), *(int(line) for line in child.stdout if line.endswith("\n"))]
    journal = Journal(path)
    try:
        assert all(journal.find(str(n)).sequence == n + 1 for n in written)
    finally:
        journal.close()


def test_a_file_that_is_no_journal(tmp_path):
    path = tmp_path / "orders.db"
    path.write_bytes(b"something else, and long enough to be looked at" * 100)
    with pytest.raises(KiwoomError, match="no journal"):
        Journal(path)
    path.unlink()
    Journal(path).close()  # and the lock is free again
    with sqlite3.connect(str(path)) as other:
        other.execute("PRAGMA user_version = 99")
    other.close()
    with pytest.raises(KiwoomError, match="version 99"):
        Journal(path)


def test_a_full_disk_sends_nothing(bench):
    def full(order):
        raise sqlite3.OperationalError("database or disk is full")

    bench.journal.save, save = full, bench.journal.save
    order = bench.placed(bench.wish())
    assert (order.state, order.reason) == ("refused", "journal-failed")
    assert bench.exchange_orders == []
    bench.journal.save = save
    bench.run(3)
    assert bench.journal.find(order.order_id).state == "refused", "written as soon as there is room"
