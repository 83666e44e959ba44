"""What every `Transport` and its `Link` promise, over each implementation.

A factory gives a `Pair`: a transport that serves a recording receiver, and links to it. `Pair.pump` lets
whatever is under way arrive; `Pair.on_loop` runs something on the loop's thread.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterator, List, Optional

import pytest

from sapi_kiwoom.amqp import AmqpLink
from sapi_kiwoom.errors import NotConnected
from sapi_kiwoom.loop import SECOND
from sapi_kiwoom.server.local import LocalTransport
from sapi_kiwoom.server.transport import ORDERS, Message
from simulator.clock import VirtualLoop
from tests.amqp.harness import PATIENCE, Serving, eventually
from tests.conftest import ACCOUNTS


class LocalPair:
    """Client and server in one process: the loop turns while somebody waits for something."""

    def __init__(self, answer: Callable[[Message], Optional[bytes]], deadline: float) -> None:
        self.answer = answer
        self.messages: List[Message] = []
        self.expired: List[Message] = []
        self.listeners_lost: List[str] = []
        self.loop = VirtualLoop(0)
        self.transport = LocalTransport(self.loop, deadline=deadline)
        self.transport.start(self)

    def on_message(self, message: Message) -> None:
        self.messages.append(message)
        body = self.answer(message)
        if body is not None:
            self.transport.reply(message, body)

    def on_expired(self, message: Message) -> None:
        self.expired.append(message)

    def on_listener_lost(self, address: str, why: str) -> None:
        self.listeners_lost.append(address)

    def on_events_lost(self, address: str, stream: Any, count: int) -> None:
        raise AssertionError("nothing is lost in these tests")

    def on_broadcasts_lost(self, topic: str, count: int) -> None:
        raise AssertionError("nothing is lost in these tests")

    order_queue = ORDERS

    def own(self, *accounts: str) -> None:
        self.transport.own(accounts)

    def link(self) -> Any:
        return self.transport.link()

    def on_loop(self, fn: Callable[[], Any]) -> Any:
        return fn()

    def wait(self, true: Callable[[], Any]) -> None:
        for _ in range(100):
            if true():
                return
            self.loop.run_for(SECOND // 10)
        raise AssertionError("it never came true")

    def stop(self) -> None:
        stopped: List[bool] = []
        self.transport.stop(lambda: stopped.append(True))
        self.wait(lambda: stopped)


class AmqpPair:
    """Client and server at either side of a broker."""

    def __init__(
        self,
        url: str,
        names: Dict[str, str],
        answer: Callable[[Message], Optional[bytes]],
        deadline: float,
    ) -> None:
        self._url = url
        self._request_queue = names["request_queue"]
        self.order_queue = names["order_queue"]
        self.serving = Serving(
            url, answer, deadline=deadline, check_every=0.05, missing_grace=0.1, **names
        ).wait_ready()
        self.transport = self.serving.transport
        self.on_loop = self.serving.on_loop
        self.stop = self.serving.stop
        self.own = self.serving.own
        self.links: List[AmqpLink] = []

    @property
    def messages(self) -> List[Message]:
        return list(self.serving.messages.queue)

    @property
    def expired(self) -> List[Message]:
        return list(self.serving.expired.queue)

    @property
    def listeners_lost(self) -> List[str]:
        return [address for address, _ in self.serving.listeners_lost.queue]

    def link(self) -> AmqpLink:
        link = AmqpLink(self._url, self._request_queue)
        self.links.append(link)
        return link

    def wait(self, true: Callable[[], Any]) -> None:
        eventually(true)


Factory = Callable[..., Any]


@pytest.fixture(params=["local", pytest.param("amqp", marks=pytest.mark.rabbitmq)])
def pair(request: pytest.FixtureRequest) -> Iterator[Factory]:
    """Gives a factory of pairs: ``pair(answer, deadline)``."""
    pairs: List[Any] = []

    def start(
        answer: Callable[[Message], Optional[bytes]] = lambda message: None,
        deadline: float = 3600.0,
    ) -> Any:
        if request.param == "local":
            each: Any = LocalPair(answer, deadline)
        else:
            url = request.getfixturevalue("broker_url")
            each = AmqpPair(url, request.getfixturevalue("queue_names"), answer, deadline)
        pairs.append(each)
        return each

    yield start
    for each in pairs:
        for link in getattr(each, "links", []):
            link.close()
        each.stop()


def echo(message: Message) -> bytes:
    return b"echo " + message.body


def receive(link: Any, count: int) -> List[bytes]:
    return [link.receive(PATIENCE) for _ in range(count)]


def test_a_request_reaches_the_receiver_as_it_was_sent(pair):
    pair = pair(echo)
    link = pair.link()
    link.send(b"\x00\xff body", "c-1")
    assert link.receive(PATIENCE) == b"echo \x00\xff body"
    (message,) = pair.messages
    assert message.body == b"\x00\xff body"
    assert message.correlation_id == "c-1"
    assert message.reply_to


def test_each_link_receives_its_own_answers(pair):
    pair = pair(echo)
    links = [pair.link() for _ in range(3)]
    for number, link in enumerate(links):
        link.send(b"%d" % number, "same")
    assert [link.receive(PATIENCE) for link in links] == [b"echo 0", b"echo 1", b"echo 2"]
    assert len({message.reply_to for message in pair.messages}) == 3


def test_requests_of_a_link_arrive_in_order(pair):
    pair = pair(echo)
    link = pair.link()
    for number in range(200):
        link.send(b"%d" % number, str(number))
    assert receive(link, 200) == [b"echo %d" % number for number in range(200)]


def test_answers_may_come_late_and_in_any_order(pair):
    pair = pair()
    link = pair.link()
    for body in (b"1", b"2", b"3"):
        link.send(body, "c")
    pair.wait(lambda: len(pair.messages) == 3)
    for message in reversed(pair.messages):
        pair.on_loop(lambda message=message: pair.transport.reply(message, message.body))
    assert receive(link, 3) == [b"3", b"2", b"1"]


def test_without_an_answer_receive_gives_none(pair):
    link = pair().link()
    link.send(b"body", "c")
    assert link.receive(0.01) is None


def test_a_deadline_is_told_to_the_receiver_which_still_answers(pair):
    pair = pair(deadline=0.2)
    link = pair.link()
    link.send(b"body", "c")
    pair.wait(lambda: pair.expired)
    (message,) = pair.expired
    assert message is pair.messages[0]
    pair.on_loop(lambda: pair.transport.reply(message, b"too late"))
    assert link.receive(PATIENCE) == b"too late"


def test_what_is_answered_does_not_expire(pair):
    pair = pair(deadline=0.2)
    link = pair.link()
    link.send(b"body", "c")
    pair.wait(lambda: pair.messages)
    pair.on_loop(lambda: pair.transport.reply(pair.messages[0], b"answer"))
    assert link.receive(PATIENCE) == b"answer"
    assert link.receive(0.5) is None
    assert pair.expired == []


def test_events_follow_the_answer_and_keep_their_order(pair):
    pair = pair()
    link = pair.link()
    link.send(b"subscribe", "c")
    pair.wait(lambda: pair.messages)
    (message,) = pair.messages

    def answer_and_publish():
        pair.transport.listen(message.reply_to)
        pair.transport.reply(message, b"answer")
        for number in range(300):
            pair.transport.publish(message.reply_to, b"%d" % number, "stream")

    pair.on_loop(answer_and_publish)
    assert receive(link, 301) == [b"answer", *(b"%d" % number for number in range(300))]


def test_quotes_arrive_as_well_and_the_newest_is_the_last(pair):
    pair = pair(echo)
    link = pair.link()
    link.send(b"subscribe", "c")
    assert link.receive(PATIENCE) == b"echo subscribe"
    address = pair.messages[0].reply_to

    def publish():
        for number in range(100):
            pair.transport.publish(address, b"%d" % number, "quotes", conflate=True)

    pair.on_loop(publish)
    seen = [-1]
    while seen[-1] != 99:
        seen.append(int(link.receive(PATIENCE)))
    assert seen == sorted(set(seen))


def test_a_closed_link_is_a_lost_listener(pair):
    pair = pair(echo)
    link = pair.link()
    link.send(b"subscribe", "c")
    link.receive(PATIENCE)
    address = pair.messages[0].reply_to
    pair.on_loop(lambda: pair.transport.listen(address))
    link.close()
    pair.on_loop(lambda: pair.transport.publish(address, b"tick", "stream"))
    pair.wait(lambda: pair.listeners_lost == [address])


def test_who_is_not_watched_may_leave_silently(pair):
    pair = pair(echo)
    link, other = pair.link(), pair.link()
    for each in (link, other):
        each.send(b"subscribe", "c")
        each.receive(PATIENCE)
    addresses = [message.reply_to for message in pair.messages]

    def watch_both_and_forget_one():
        for address in addresses:
            pair.transport.listen(address)
        pair.transport.unlisten(addresses[0])

    pair.on_loop(watch_both_and_forget_one)
    link.close()
    other.close()
    pair.wait(lambda: pair.listeners_lost)
    assert pair.listeners_lost == [addresses[1]]


def test_an_answer_to_a_client_that_left_harms_nobody(pair):
    pair = pair()
    leaving, staying = pair.link(), pair.link()
    leaving.send(b"1", "c")
    pair.wait(lambda: pair.messages)
    leaving.close()
    pair.on_loop(lambda: pair.transport.reply(pair.messages[0], b"answer"))
    staying.send(b"2", "c")
    pair.wait(lambda: len(pair.messages) == 2)
    pair.on_loop(lambda: pair.transport.reply(pair.messages[1], b"answer"))
    assert staying.receive(PATIENCE) == b"answer"


def test_stopping_delivers_what_was_handed_over_and_nothing_more(pair):
    pair = pair()
    link = pair.link()
    link.send(b"1", "c")
    pair.wait(lambda: pair.messages)

    def answer_and_publish():
        pair.transport.reply(pair.messages[0], b"answer")
        pair.transport.publish(pair.messages[0].reply_to, b"tick", "stream")

    pair.on_loop(answer_and_publish)
    pair.stop()
    assert receive(link, 2) == [b"answer", b"tick"]


def test_a_closed_link_says_so_and_closes_twice(pair):
    link = pair().link()
    link.close()
    link.close()
    with pytest.raises(NotConnected):
        link.send(b"body", "c")
    with pytest.raises(NotConnected):
        link.receive(0.01)


# -- orders ------------------------------------------------------------------------------------


def test_an_order_comes_from_its_accounts_queue_with_its_sender(pair):
    pair = pair(echo)
    pair.own(ACCOUNTS[0])
    link = pair.link()
    link.send(b"order", "1", pair.order_queue + ACCOUNTS[0])
    link.send(b"read", "2")
    assert sorted(receive(link, 2)) == [b"echo order", b"echo read"]
    messages = {message.body: message for message in pair.messages}
    assert messages[b"order"].queue == ORDERS + ACCOUNTS[0]
    assert messages[b"read"].queue == "tasks"
    assert {message.user_id for message in pair.messages} <= {"local", "guest"}


def test_an_accounts_queue_that_nobody_owns_takes_nothing(pair):
    pair = pair(echo)
    pair.own(ACCOUNTS[0])
    link = pair.link()
    with pytest.raises(NotConnected):
        link.send(b"order", "1", pair.order_queue + ACCOUNTS[1])
    assert pair.messages == []


def test_accepting_is_told_once_and_the_answer_follows(pair):
    pair = pair()
    pair.own(ACCOUNTS[0])
    link = pair.link()
    link.send(b"order", "1", pair.order_queue + ACCOUNTS[0])
    pair.wait(lambda: pair.messages)
    done: List[str] = []
    pair.on_loop(lambda: pair.transport.accept(pair.messages[0], lambda: done.append("accepted")))
    pair.wait(lambda: done)
    pair.on_loop(lambda: pair.transport.reply(pair.messages[0], b"placed"))
    assert link.receive(PATIENCE) == b"placed"
    assert done == ["accepted"]


def test_what_was_answered_is_not_accepted_any_more(pair):
    pair = pair()
    link = pair.link()
    link.send(b"order", "1")
    pair.wait(lambda: pair.messages)
    done: List[str] = []

    def accept_and_answer():
        pair.transport.accept(pair.messages[0], lambda: done.append("accepted"))
        pair.transport.reply(pair.messages[0], b"refused")

    pair.on_loop(accept_and_answer)
    assert link.receive(PATIENCE) == b"refused"
    assert link.receive(0.2) is None
    assert done == []


def test_an_accepted_request_has_no_deadline(pair):
    pair = pair(deadline=0.3)
    link = pair.link()
    link.send(b"order", "1")
    pair.wait(lambda: pair.messages)
    done: List[str] = []
    pair.on_loop(lambda: pair.transport.accept(pair.messages[0], lambda: done.append("accepted")))
    pair.wait(lambda: done)
    assert link.receive(0.8) is None
    assert pair.expired == []
    pair.on_loop(lambda: pair.transport.reply(pair.messages[0], b"placed"))
    assert link.receive(PATIENCE) == b"placed"


# -- pages and broadcasts ------------------------------------------------------------------------


def test_pages_come_before_the_last_word_in_order(pair):
    pair = pair()
    link = pair.link()
    link.send(b"all", "1")
    pair.wait(lambda: pair.messages)

    def answer():
        for number in range(100):
            pair.transport.page(pair.messages[0], b"%d" % number)
        pair.transport.reply(pair.messages[0], b"last")

    pair.on_loop(answer)
    assert receive(link, 101) == [*(b"%d" % number for number in range(100)), b"last"]


def bound(pair: Any, *patterns: str) -> Any:
    """A link that listens, and has nothing else to receive."""
    link = pair.link()
    for pattern in patterns:
        link.bind(pattern)
    return link


@pytest.fixture
def topic(request: pytest.FixtureRequest) -> str:
    """The start of topics of which only one test hears."""
    return f"contract-{abs(hash(request.node.nodeid))}"


def test_a_broadcast_reaches_whoever_is_bound_once(pair, topic):
    pair = pair()
    both = bound(pair, f"{topic}.trade.*", f"{topic}.#")
    trades, nothing = bound(pair, f"{topic}.trade.*"), bound(pair, f"{topic}.nothing")
    pair.on_loop(lambda: pair.transport.broadcast(f"{topic}.trade.005930", b"1"))
    pair.on_loop(lambda: pair.transport.broadcast(f"{topic}.quote.005930", b"2", conflate=True))
    pair.on_loop(lambda: pair.transport.broadcast(f"{topic}.trade.000660", b"3"))
    assert receive(both, 3) == [b"1", b"2", b"3"]
    assert receive(trades, 2) == [b"1", b"3"]
    assert nothing.receive(0.05) is None


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ("a.b", ["a.b"]),
        ("*", ["a", "c"]),
        ("a.*", ["a.b", "a."]),
        ("#", ["a", "a.b", "a.", "b.a", "a.b.c", "c"]),
        ("a.#", ["a", "a.b", "a.", "a.b.c"]),
        ("#.b.#", ["a.b", "b.a", "a.b.c"]),
        ("*.#.c", ["a.b.c"]),
    ],
)
def test_patterns_mean_what_amqp_says(pair, topic, pattern, matches):
    pair = pair()
    link = bound(pair, f"{topic}.{pattern}", f"{topic}-end")

    def broadcast():
        for each in ("a", "a.b", "a.", "b.a", "a.b.c", "c"):
            pair.transport.broadcast(f"{topic}.{each}", each.encode())
        pair.transport.broadcast(f"{topic}-end", b"end")

    pair.on_loop(broadcast)
    seen = [link.receive(PATIENCE)]
    while seen[-1] != b"end":
        seen.append(link.receive(PATIENCE))
    assert seen[:-1] == [each.encode() for each in matches]


def test_who_takes_a_pattern_back_hears_no_more(pair, topic):
    pair = pair()
    link = bound(pair, f"{topic}.a", f"{topic}.b")
    link.unbind(f"{topic}.a")
    pair.on_loop(lambda: pair.transport.broadcast(f"{topic}.a", b"1"))
    pair.on_loop(lambda: pair.transport.broadcast(f"{topic}.b", b"2"))
    assert link.receive(PATIENCE) == b"2"


def test_what_is_kept_stays_in_order(pair, topic):
    pair = pair()
    link = bound(pair, f"{topic}.#")

    def broadcast():
        for number in range(300):
            pair.transport.broadcast(f"{topic}.order", b"%d" % number, keep=True)

    pair.on_loop(broadcast)
    assert receive(link, 300) == [b"%d" % number for number in range(300)]


def test_a_topic_that_is_too_long_is_refused(pair, topic):
    pair = pair()
    link = bound(pair, f"{topic}.#")
    fits = f"{topic}.{'한' * 40}"
    for keep in (False, True):
        with pytest.raises(ValueError, match="255"):
            pair.transport.broadcast("한" * 86, b"1", keep=keep)
    pair.on_loop(lambda: pair.transport.broadcast(fits, b"2"))
    assert link.receive(PATIENCE) == b"2"
