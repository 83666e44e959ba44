"""The bookkeeping of deliveries and of their acknowledgements. No broker."""

from hypothesis import given
from hypothesis import strategies as st

from sapi_kiwoom.amqp.confirms import Confirms
from sapi_kiwoom.amqp.deliveries import Deliveries, Delivery
from sapi_kiwoom.amqp.inlet import Acknowledgements


class Channel:
    """Knows which tags a broker would still take; a mistake closes a real channel."""

    def __init__(self, tags):
        self.unacknowledged = list(tags)
        self.frames = 0

    def acknowledge(self, tag, multiple):
        assert tag in self.unacknowledged, "unknown delivery tag"
        self.frames += 1
        if multiple:
            self.unacknowledged = [each for each in self.unacknowledged if each > tag]
        else:
            self.unacknowledged.remove(tag)


@given(st.permutations(range(1, 30)), st.data())
def test_every_tag_is_acknowledged_once_in_whatever_order(order, data):
    channel = Channel(range(1, 30))
    acknowledgements = Acknowledgements()
    settled = set()
    while order:
        size = data.draw(st.integers(1, len(order)))
        batch, order = order[:size], order[size:]
        for tag, multiple in acknowledgements.settle(list(batch)):
            channel.acknowledge(tag, multiple)
        settled.update(batch)
        assert set(channel.unacknowledged) == set(range(1, 30)) - settled


def test_tags_in_a_row_take_one_frame():
    channel = Channel(range(1, 1001))
    for tag, multiple in Acknowledgements().settle(list(range(1, 1001))):
        channel.acknowledge(tag, multiple)
    assert channel.unacknowledged == []
    assert channel.frames == 1


def delivery(tag, body=b"body", now=0.0, deadline=100.0):
    return Delivery(body, "client", "c-1", tag, now, deadline)


def taken(*tags, **options):
    book = Deliveries()
    requests = [delivery(tag, **options) for tag in tags]
    for request in requests:
        book.take(request)
    return (book, *requests)


def recognise(book, body=b"body"):
    return book.recognise(body, "client", "c-1", None)


def test_what_comes_again_after_a_loss_is_recognised_once_for_each():
    book, first, second = taken(1, 2)
    assert recognise(book) is None  # nothing was lost yet
    book.lost()
    assert [first.tag, second.tag] == [None, None]
    assert {recognise(book), recognise(book)} == {first, second}
    assert recognise(book) is None


def test_other_bodies_are_other_requests():
    book, _ = taken(1)
    book.lost()
    assert recognise(book, b"other") is None
    assert book.recognise(b"body", "elsewhere", "c-1", None) is None
    assert book.recognise(b"body", "client", "c-2", None) is None


def test_answered_while_away_is_acknowledged_when_it_comes_again():
    book, request = taken(1)
    book.lost()
    request.answer, request.finished = b"answer", 1.0
    assert book.finish(request) == []
    assert recognise(book) is request
    assert book.adopt(request, 7, from_parked=False, now=2.0) == [7]


def test_an_acknowledgement_that_was_not_sent_is_made_up_for():
    book, request = taken(1)
    request.answer, request.finished = b"answer", 1.0
    book.lost()
    assert book.unsafe() == []  # it is not sent a second time
    assert book.adopt(recognise(book), 7, from_parked=False, now=2.0) == [7]


def test_orphans_are_forgotten_in_the_end_but_not_before_their_answer():
    book, unanswered, answered = taken(1, 2)
    book.lost()
    answered.answer, answered.finished = b"answer", 1.0
    book.finish(answered)
    book.forget(now=10_000.0)
    assert recognise(book) is unanswered
    assert recognise(book) is None


def test_a_renewal_acknowledges_the_original_and_adopts_the_copy():
    book, request = taken(1)
    book.park(request, "p-1")
    assert book.parked(request, ok=True, now=5.0) == [1]
    assert book.recognise(b"body", "client", "c-1", "p-1") is request
    assert book.adopt(request, 2, from_parked=True, now=6.0) == []
    assert request.tag == 2
    request.finished = 7.0
    assert book.finish(request) == [2]
    assert book.recognise(b"body", "client", "c-1", "p-1") is None


def test_a_copy_that_comes_before_its_confirm_is_kept():
    book, request = taken(1)
    book.park(request, "p-1")
    assert book.adopt(request, 2, from_parked=True, now=4.0) == []
    assert book.parked(request, ok=True, now=5.0) == [1]
    assert request.tag == 2


def test_answered_between_renewal_and_return():
    book, request = taken(1)
    book.park(request, "p-1")
    request.finished = 4.0
    assert book.finish(request) == [1]
    assert book.parked(request, ok=True, now=5.0) == []
    assert book.recognise(b"body", "client", "c-1", "p-1") is request
    assert book.adopt(request, 2, from_parked=True, now=6.0) == [2]


def test_a_renewal_that_failed_keeps_the_original():
    book, request = taken(1)
    book.park(request, "p-1")
    assert book.parked(request, ok=False, now=5.0) == []
    assert request.tag == 1
    assert book.held_since(4.0) == []  # it is not tried again at once
    assert book.held_since(5.0) == [request]


def test_cut_off_in_a_renewal_whatever_comes_first_is_adopted_and_the_other_dropped():
    for original_first in (True, False):
        book, request = taken(1)
        book.park(request, "p-1")
        book.lost()
        first, second = (None, "p-1") if original_first else ("p-1", None)
        assert book.recognise(b"body", "client", "c-1", first) is request
        assert book.adopt(request, 1, from_parked=first is not None, now=1.0) == []
        assert book.recognise(b"body", "client", "c-1", second) is request
        assert book.adopt(request, 2, from_parked=second is not None, now=1.0) == [2]


def test_a_copy_that_strays_is_known_even_after_the_answer():
    book, request = taken(1)
    book.park(request, "p-1")
    book.lost()
    assert book.adopt(recognise(book), 7, from_parked=False, now=1.0) == []
    request.finished = 2.0
    assert book.finish(request) == [7]
    assert book.recognise(b"body", "client", "c-1", "p-1") is request
    assert book.adopt(request, 8, from_parked=True, now=3.0) == [8]
    assert book.recognise(b"body", "client", "c-1", "p-1") is None


def test_deadlines_are_told_once_and_never_for_what_is_answered():
    book, late, answered, _ = taken(1, 2, 3)
    late.deadline = answered.deadline = 5.0
    answered.answer = b"answer"
    assert book.past_deadline(6.0) == [late]
    assert book.past_deadline(7.0) == []


def test_what_was_accepted_is_known_when_it_comes_again():
    book, request = taken(1)
    assert book.accept(request) == [1]
    book.lost()  # and perhaps the acknowledgement with the connection
    assert recognise(book) is request
    assert book.adopt(request, 2, from_parked=False, now=1.0) == [2]
    request.finished = 2.0
    assert book.finish(request) == []


def test_what_was_accepted_is_known_after_several_losses():
    book, request = taken(1)
    book.accept(request)
    book.lost()
    book.lost()
    assert recognise(book) is request
    assert recognise(book) is None


def test_the_answer_of_what_was_accepted_is_sent_again_after_a_loss():
    book, request = taken(1)
    book.accept(request)
    request.answer = b"answer"
    book.lost()
    assert book.unsafe() == [request]
    assert book.past_deadline(1e9) == []


class Confirming:
    def __init__(self):
        self.published = []

    def basic_publish(self, exchange, address, body, properties, mandatory):
        self.published.append(body)


class Frame:
    def __init__(self, tag, multiple, name="Basic.Ack"):
        self.method = self
        self.NAME, self.delivery_tag, self.multiple = name, tag, multiple


@given(st.lists(st.tuples(st.integers(1, 10), st.booleans()), max_size=20))
def test_each_publish_is_settled_at_most_once(frames):
    settled = []
    confirms = Confirms(Confirming(), lambda item, ok: settled.append(item), lambda: None)
    for item in range(1, 11):
        confirms.publish(item, "ab"[item % 2], b"", None)
    expected = set()
    for tag, multiple in frames:
        confirms._confirmed(Frame(tag, multiple))
        expected |= set(range(1, tag + 1)) if multiple else {tag}
    assert sorted(settled) == sorted(expected)
    assert confirms.towards("a") == bool({2, 4, 6, 8, 10} - expected)
    assert confirms.empty == (len(expected) == 10)
    assert confirms.abandon() == sorted(set(range(1, 11)) - expected)


def test_a_refusal_is_told_as_such():
    settled = []
    confirms = Confirms(Confirming(), lambda *told: settled.append(told), lambda: None)
    confirms.publish("item", "a", b"", None)
    confirms._confirmed(Frame(1, False, "Basic.Nack"))
    assert settled == [("item", False)]
