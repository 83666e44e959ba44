"""Events under pressure: what waits, what is replaced, what is dropped and announced. No broker."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from sapi_kiwoom.amqp.outbox import Outbox
from sapi_kiwoom.amqp.settings import Counters


class Channel:
    """Collects what is published, and answers markers when it is told to."""

    def __init__(self):
        self.published = []
        self.markers = []

    def basic_publish(self, exchange, address, body, properties, mandatory):
        assert mandatory == (exchange == "")  # nobody has to listen to what is broadcast
        self.published.append((exchange + address, body))

    def basic_qos(self, callback):
        self.markers.append(callback)

    def answer(self):
        self.markers.pop(0)(None)


class Bench:
    def __init__(self, window=3, limit=4, divert=lambda *event: False):
        self.channel = Channel()
        self.counters = Counters()
        self.lost = Counter()
        self.outbox = Outbox(window, limit, self.counters, lambda: None, self.announce, divert)

    def announce(self, address, stream, count):
        self.lost[address, stream] += count

    def put(self, *bodies, address="a", stream="s", conflate=False, exchange=""):
        for body in bodies:
            self.outbox.put(address, body, stream, conflate, exchange)

    @property
    def bodies(self):
        return [body for _, body in self.channel.published]


def test_no_more_than_the_window_is_under_way():
    bench = Bench(window=3)
    bench.outbox.attach(bench.channel)
    bench.put(b"1", b"2", b"3", b"4")
    assert bench.bodies == [b"1", b"2", b"3"]
    bench.channel.answer()
    assert bench.bodies == [b"1", b"2", b"3", b"4"]


def test_while_disconnected_or_blocked_events_wait():
    bench = Bench()
    bench.put(b"1")
    bench.outbox.attach(bench.channel)
    bench.outbox.block(True)
    bench.put(b"2")
    assert bench.bodies == [b"1"]
    bench.outbox.block(False)
    assert bench.bodies == [b"1", b"2"]


def test_a_newer_quote_takes_the_place_of_an_older_one():
    bench = Bench(limit=10)
    bench.put(b"old", stream="quotes", conflate=True)
    bench.put(b"trade", stream="trades")
    bench.put(b"new", stream="quotes", conflate=True)
    bench.put(b"other", address="b", stream="quotes", conflate=True)
    bench.outbox.attach(bench.channel)
    assert bench.bodies == [b"new", b"trade", b"other"]
    assert not bench.lost


def test_the_oldest_trades_are_dropped_and_announced_when_there_is_room():
    bench = Bench(window=10, limit=4)
    bench.put(b"1", b"2", b"3", b"4", b"5", b"6")
    assert not bench.lost  # the announcement would only push out another one
    bench.outbox.attach(bench.channel)
    assert bench.bodies == [b"3", b"4", b"5", b"6"]
    assert bench.lost == {("a", "s"): 2}
    assert bench.counters.events_lost == 2


def test_what_was_under_way_when_the_connection_broke_counts_as_lost():
    bench = Bench(window=10)
    bench.outbox.attach(bench.channel)
    bench.put(b"1", b"2")
    bench.outbox.mark()
    bench.put(b"3")
    bench.channel.answer()  # the broker has seen 1 and 2
    bench.put(b"quote", stream="quotes", conflate=True)
    bench.outbox.detach()
    assert bench.lost == {("a", "s"): 1}


def test_an_answer_of_an_old_channel_means_nothing():
    bench = Bench(window=1)
    bench.outbox.attach(bench.channel)
    bench.put(b"1")
    bench.outbox.mark()
    old = bench.channel
    bench.outbox.detach()
    bench.channel = Channel()
    bench.outbox.attach(bench.channel)
    bench.put(b"2", b"3")
    old.answer()
    assert bench.bodies == [b"2"]


def test_diverted_events_count_as_under_way():
    diverted = []
    bench = Bench(window=2, divert=lambda *event: diverted.append(event) is None)
    bench.outbox.attach(bench.channel)
    bench.put(b"1", b"2", b"3")
    assert len(diverted) == 2
    bench.outbox.arrived()
    assert len(diverted) == 3
    assert bench.bodies == []


def test_broadcasts_wait_and_are_replaced_like_other_events():
    bench = Bench(limit=10, divert=lambda *event: bool(1 / 0))  # they never take another way
    bench.put(b"1", b"2", address="x.trade", exchange="events:")
    bench.put(b"3", b"4", address="x.quote", conflate=True, exchange="events:")
    bench.outbox.attach(bench.channel)
    assert bench.channel.published == [
        ("events:x.trade", b"1"),
        ("events:x.trade", b"2"),
        ("events:x.quote", b"4"),
    ]
    assert bench.outbox.seen("x.trade")  # no answer waits for them


EVENTS = st.tuples(st.sampled_from("ab"), st.booleans())
STEPS = st.lists(
    st.one_of(EVENTS, st.sampled_from(["attach", "detach", "mark", "answer", "block", "unblock"])),
    max_size=80,
)


@given(STEPS, st.integers(1, 5), st.integers(1, 5))
def test_every_trade_is_sent_waiting_or_counted_as_lost(steps, window, limit):
    bench = Bench(window, limit)
    outbox = bench.outbox
    channels = []
    put = Counter()
    for number, step in enumerate(steps):
        if step == "attach":
            if outbox._channel is None:
                bench.channel = Channel()
                channels.append(bench.channel)
                outbox.attach(bench.channel)
        elif step == "detach":
            outbox.detach()
        elif step == "mark":
            outbox.mark()
        elif step == "answer":
            if outbox._channel is not None and bench.channel.markers:
                bench.channel.answer()
        elif step in ("block", "unblock"):
            outbox.block(step == "block")
        else:
            address, conflate = step
            put[address, conflate] += 1
            outbox.put(address, b"%d" % number, conflate, conflate)
        assert len(outbox.waiting()) <= limit
        assert outbox._sent - outbox._seen <= window
    sent = [event for channel in channels for event in channel.published]
    for address in "ab":
        numbers = [int(body) for where, body in sent if where == address]
        trades = [n for n in numbers if steps[n] == (address, False)]
        assert trades == sorted(set(trades))  # in order, each once
        waiting = [n for where, n in outbox.waiting() if where == address]
        waiting = [n for n in waiting if steps[int(n)] == (address, False)]
        lost = bench.lost[address, False] + outbox._lost.get((address, False), 0)
        # What was under way when a connection broke may have arrived, so it can count twice.
        assert len(trades) + len(waiting) + lost >= put[address, False]
        if "detach" not in steps:
            assert len(trades) + len(waiting) + lost == put[address, False]
