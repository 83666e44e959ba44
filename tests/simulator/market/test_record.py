"""What was printed stands over what the feed had in store."""

from simulator.clock import VirtualLoop
from simulator.feeds import Tick
from simulator.market.play import Play
from simulator.market.record import Record
from tests.simulator.market.fakes import BASE, DAY, STOCK, Tiny, at, run_until

FED = [
    Tick(at(9), BASE, 5, 0),
    Tick(at(9, 0, 30), BASE + 10, 1, 1),
    Tick(at(9, 0, 50), BASE + 10, 2, 1),
    Tick(at(9, 2), BASE + 20, 3, 1),
]


def started(moment):
    loop = VirtualLoop(at(8))
    feed = Tiny(FED)
    record, play = Record(feed), Play(loop, feed, STOCK, "KRX")
    play.watch(Deaf(), False)
    run_until(loop, moment)
    record.begin(play)
    return record, play


class Deaf:
    def traded(self, play, tick):
        pass


def recorded(record):
    bars = record.minutes(STOCK, DAY)
    return [tick for bar in bars for tick in record.ticks(STOCK, DAY, bar.minute)]


def test_a_running_minute_has_what_was_printed_so_far():
    record, _ = started(at(9, 0, 40))
    assert record.ticks(STOCK, DAY, 540) == FED[:2]
    assert record.minutes(STOCK, DAY)[0].volume == 6


def test_minutes_that_are_to_come_are_the_feeds():
    record, _ = started(at(9, 0, 40))
    assert record.ticks(STOCK, DAY, 542) == FED[3:]


def test_what_is_printed_takes_the_place_of_what_was_fed():
    record, play = started(at(9, 0, 40))
    printed = [
        Tick(at(9, 0, 45), BASE + 50, 9, 1),
        Tick(at(9, 0, 50), BASE + 40, 2, 1),
        Tick(at(9, 2), BASE + 30, 4, -1),
    ]
    for number, tick in enumerate(printed):
        record.add(play, tick)
        assert recorded(record)[: 3 + number] == [*FED[:2], *printed[: number + 1]]
    assert recorded(record) == [*FED[:2], *printed]
    bar = record.day(STOCK, DAY)
    assert (bar.high, bar.close, bar.volume) == (BASE + 50, BASE + 30, 21)
    assert record.below.ticks(STOCK, DAY, 542) == FED[3:]


def test_what_is_pending_at_this_moment_has_not_been_printed():
    loop = VirtualLoop(at(8))
    feed = Tiny(FED)
    record, play = Record(feed), Play(loop, feed, STOCK, "KRX")
    run_until(loop, at(8, 30))
    loop.call_later(at(9, 0, 30) - loop.now(), lambda: record.begin(play))
    play.watch(Deaf(), False)
    run_until(loop, at(9, 0, 29))
    loop.run_for(at(9, 0, 30) - loop.now())
    assert record.ticks(STOCK, DAY, 540) == FED[:1]


def test_the_next_day_begins_at_the_close_that_was_printed():
    record, play = started(at(9, 3))
    record.add(play, Tick(at(15, 30), BASE + 500, 4, 0))
    assert record.base_price(STOCK, DAY) == BASE
    monday = DAY.replace(day=23)
    assert record.base_price(STOCK, monday) == BASE + 500
