"""Whose event it is, and how often it counts: events late, twice, early, or without an order."""

import pytest

from sapi_kiwoom.loop import SECOND
from sapi_kiwoom.session.orders import Wish
from tests.session.orders.exchange import ACCOUNT, Process, market


class Desk:
    """A server over the exchange that counts; the test decides what is heard, and when."""

    def __init__(self, path):
        self.loop, self.exchange = market()
        self.path = path / "orders.db"
        self.answers = []
        self.start()

    def start(self):
        self.process = Process(self.path, self.loop, self.exchange)
        self.orders = self.process.orders
        self.orders.on_connection(True)
        self.run(1)

    def restart(self):
        self.process.kill()
        self.start()

    def run(self, seconds):
        self.loop.run_for(int(seconds * SECOND))

    def place(self, order_id, plan="taken", price=9000, **values):
        self.process.line.plan = plan
        wish = Wish(
            order_id, "s", ACCOUNT, "new", "buy", "000001", 10, price, "00", "KRX", "",
            self.loop.now() + 20 * SECOND,
        )  # fmt: skip
        self.orders.place(wish, lambda done: done(), self.answers.append)
        return self.orders.find(order_id)

    def hear(self, *kinds):
        """Deliver the news of some kinds, or all."""
        news = self.process.line.news
        for each in [each for each in news if not kinds or each[0] in kinds]:
            news.remove(each)
            if each[0] == "answer":
                self.orders.on_answer(each[1], "KOA_NORMAL_BUY_KP_ORD", each[2])
            else:
                self.orders.on_chejan("0", each[1])

    def traded(self, number, quantity):
        return self.exchange.chejan(self.exchange.orders[number], "체결", quantity)

    def told(self, event):
        return [each for each in self.process.events if each["event"] == event]


@pytest.fixture
def desk(tmp_path):
    made = Desk(tmp_path)
    yield made
    made.process.kill()


def test_a_fill_counts_once(desk):
    order = desk.place("a")
    desk.hear()
    fill = desk.traded("0000001", 4)
    for _ in range(2):
        desk.orders.on_chejan("0", fill)
    assert (order.filled, order.open, len(desk.told("filled"))) == (4, 6, 1)
    desk.restart()
    desk.orders.on_chejan("0", fill)
    assert desk.orders.find("a").filled == 4, "nor after a restart"


def test_a_fill_that_comes_after_the_account_has_shown_it(desk):
    order = desk.place("a")
    desk.hear()
    late = desk.traded("0000001", 4)
    desk.orders.reconcile("a test")
    desk.run(2)
    assert (order.filled, order.value) == (4, 4 * 9000)
    desk.orders.on_chejan("0", late)
    assert (order.filled, len(desk.told("filled"))) == (4, 1)
    desk.orders.on_chejan("0", desk.traded("0000001", 5))
    assert (order.filled, order.open) == (9, 1)


def test_a_fill_that_was_missed_is_asked_for(desk):
    order = desk.place("a")
    desk.hear()
    desk.traded("0000001", 3)  # nobody hears of it
    desk.orders.on_chejan("0", desk.traded("0000001", 2))
    assert order.filled == 2
    desk.run(2)
    assert (order.filled, order.value, order.open) == (5, 5 * 9000, 5)
    assert [each["fill"]["reconciled"] for each in desk.told("filled")] == [False, True]


def test_fills_before_the_answer(desk):
    order = desk.place("a")
    desk.orders.on_chejan("0", desk.traded("0000001", 10))
    assert (order.number, order.state) == ("0000001", "filled")
    desk.hear("answer")
    desk.hear()
    assert (order.number, order.state, order.filled) == ("0000001", "filled", 10)
    assert len(desk.answers) == 1


def test_a_twin_is_not_known_by_its_screen(desk):
    first = desk.place("a", "none")  # sent, but the control gave no code
    desk.process.line.news.clear()
    desk.orders._sender.release(first)
    second = desk.place("b")
    assert second.state == "accepted", "it waits for the comparison"
    desk.orders.waits.clear()
    desk.orders._sender.pump()
    heard = {
        **desk.traded("0000001", 1),
        920: second.screen,
    }  # the first's, from a screen used again
    desk.orders.on_chejan("0", heard)
    assert second.number == "", "its answer will tell"
    desk.hear("answer")
    assert (second.number, second.filled) == ("0000002", 0)
    desk.run(3)
    assert (first.state, first.number, first.filled) == ("working", "0000001", 1)


def test_one_of_two_that_are_alike_is_nobody_s(desk):
    """One arrived, one did not; nothing tells which."""
    first, second = desk.place("a", "none"), None
    desk.orders.waits.clear()
    second = desk.place("b", "lost on the way")
    desk.process.line.news.clear()
    desk.run(5)
    assert len(desk.exchange.orders) == 1
    assert [first.state, second.state] == ["unknown", "unknown"]


def test_an_order_without_a_free_screen_waits(desk):
    for n in range(6):
        desk.place(f"id{n}", price=9000 + 10 * n)
        desk.run(0.3)
    assert len(desk.exchange.orders) == 5, "five screens, five that are not answered"
    desk.hear()
    desk.run(1)
    assert len(desk.exchange.orders) == 6


def test_what_is_in_doubt_while_the_account_is_being_read_is_read_again(desk):
    asked = []
    requests = desk.orders._reconciler._requests
    submit = requests.submit

    def noting(chain):
        asked.append(chain.tr.code)
        submit(chain)

    requests.submit = noting
    desk.orders.reconcile("a test")
    desk.run(0.15)
    desk.orders.reconcile("another doubt")
    desk.run(0.2)
    assert desk.orders.waits == {ACCOUNT: "reconciling"}, "the first reading is too old"
    desk.run(1)
    assert asked == ["opt10075", "opt10076", "OPW00007"] * 2
    assert desk.orders.waits == {}


def test_a_rejection_after_the_number(desk):
    order = desk.place("a")
    desk.hear()
    chejan = desk.exchange.chejan(desk.exchange.orders["0000001"], "거부")
    desk.orders.on_chejan("0", {**chejan, 919: "상한가 초과"})
    assert (order.state, order.message, order.open) == ("refused", "상한가 초과", 0)


def test_the_reason_may_come_after_the_refusal(desk):
    order = desk.place("a", "refused there")
    desk.hear()
    assert order.state == "sent", "the broker's words are awaited a moment"
    desk.orders.on_message("4000", order.rqname, "", "[RC4025] 모의투자 매수증거금이 부족합니다.")
    desk.run(1)
    assert (order.state, order.reason) == ("refused", "broker")
    assert "부족" in order.message


def test_a_stray_answer_changes_nothing(desk):
    order = desk.place("a")
    desk.hear()
    desk.orders.on_answer("sapi-order-99", "KOA_NORMAL_BUY_KP_ORD", "0000077")
    desk.orders.on_answer(order.rqname, "KOA_NORMAL_BUY_KP_ORD", "")
    assert (order.state, order.number) == ("working", "0000001")


def test_events_after_a_restart_are_repeated_and_marked(desk):
    desk.place("a")
    desk.hear()
    before = [each["sequence"] for each in desk.told("accepted")]
    desk.restart()
    (again,) = desk.told("accepted")
    assert (again["sequence"], again["repeated"]) == (before[0], True)
