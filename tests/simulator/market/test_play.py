"""A feed is played event by event: each once and in order, whoever looks when."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sapi_kiwoom import krx
from simulator.clock import VirtualLoop
from simulator.feeds import Expected, Quote, Tick
from simulator.market.play import Play
from tests.simulator.market.fakes import BASE, DAY, STOCK, Look, Tiny, at, book, run_until

MONDAY = krx.next_trading_day(DAY)
BEFORE = at(8, 30)
EVENING = at(21)

# Few moments, so that many events share one with each other and with what watchers do.
moments = st.sampled_from([at(10, 0, second) for second in (0, 1, 2, 30, 59)] + [at(10, 1), at(12)])


@st.composite
def feeds(draw):
    def some(make):
        return [make(moment) for moment in sorted(draw(st.lists(moments, max_size=6)))]

    opening = Tick(at(9), BASE, 10, 0)
    numbers = iter(range(1, 100))
    ticks = [opening, *some(lambda t: Tick(t, BASE, next(numbers), 1))]
    quotes = some(lambda t: book(t, BASE, BASE - 10, next(numbers)))
    return Tiny([*ticks, Tick(at(15, 30), BASE, 10, 0)], quotes)


def start(feed, moment=BEFORE):
    loop = VirtualLoop(moment)
    return loop, Play(loop, feed, STOCK, "KRX")


def all_of(feed):
    """Every event in the order in which it is told: a trade before the book that it leaves."""
    order = {Tick: 0, Quote: 1, Expected: 2}
    events = [event for events in feed.events.values() for event in events]
    return sorted(events, key=lambda event: (event.at, order[type(event)]))


@given(feeds())
def test_everything_is_told_once_in_order_of_time(feed):
    loop, play = start(feed)
    look = Look(lambda event: asserted.append(event.at == loop.now()))
    asserted = []
    play.watch(look, True)
    run_until(loop, EVENING)
    assert look.seen == all_of(feed)
    assert all(asserted)


@given(feeds())
def test_without_books_only_trades_are_told(feed):
    loop, play = start(feed)
    look = Look()
    play.watch(look, False)
    run_until(loop, EVENING)
    assert look.seen == feed.events[Tick]
    assert play.quote is None


changes = st.lists(st.tuples(moments, st.sampled_from(["books", "trades", "leave"])), max_size=6)


@settings(max_examples=200)
@given(feeds(), changes, st.booleans())
def test_who_stays_misses_nothing_whatever_others_do(feed, changes, books):
    loop, play = start(feed)
    stays, comes = Look(), Look()
    play.watch(stays, books)
    for moment, change in changes:
        loop.call_later(moment - loop.now(), lambda change=change: do(play, comes, change))
    run_until(loop, EVENING)
    assert stays.seen == (all_of(feed) if books else feed.events[Tick])


@settings(max_examples=200)
@given(feeds(), changes, st.booleans())
def test_who_comes_and_goes_sees_what_happens_meanwhile_and_nothing_twice(feed, changes, alone):
    loop, play = start(feed)
    stays, comes = Look(), Look()
    if not alone:
        play.watch(stays, False)
    spans, since = [], {}

    def change(how):
        for kind in [kind for kind in since if how == "leave" or (kind, how) == (Quote, "trades")]:
            spans.append((kind, since.pop(kind), loop.now()))
        if how != "leave":
            since.setdefault(Tick, loop.now())
        if how == "books":
            since.setdefault(Quote, loop.now())
        do(play, comes, how)

    for moment, how in changes:
        loop.call_later(moment - loop.now(), lambda how=how: change(how))
    run_until(loop, EVENING)
    spans += [(kind, moment, EVENING) for kind, moment in since.items()]
    order = all_of(feed)
    places = [order.index(event) for event in comes.seen]
    assert places == sorted(set(places)), "in order, and nothing twice"
    for kind in (Tick, Quote):
        seen = comes.of(kind)
        for event in feed.events[kind]:
            inside = any(start < event.at < end for each, start, end in spans if each is kind)
            touched = any(start <= event.at <= end for each, start, end in spans if each is kind)
            assert not inside or event in seen
            assert touched or event not in seen


@given(feeds(), st.integers(0, 12), st.sampled_from(["books", "trades", "leave"]))
def test_a_watcher_may_change_its_mind_inside_an_event(feed, place, change):
    loop, play = start(feed)
    after = Look()

    def on(event):
        if len(first.seen) == place + 1:
            do(play, first, change)

    first = Look(on)
    play.watch(first, True)
    play.watch(after, True)
    run_until(loop, EVENING)
    told = all_of(feed)
    assert after.seen == told
    if place < len(told) and change != "books":
        rest = told[place + 1 :] if change == "trades" else []
        assert first.seen == told[: place + 1] + [e for e in rest if isinstance(e, Tick)]
    else:
        assert first.seen == told


@given(feeds(), st.integers(0, 12))
def test_who_is_sent_away_hears_nothing_more(feed, place):
    """Not even of the event that is being told when another watcher sends it away."""
    loop, play = start(feed)
    victim = Look()

    def on(event):
        if len(first.seen) == place + 1:
            play.unwatch(victim)

    first = Look(on)
    play.watch(first, True)
    play.watch(victim, True)
    run_until(loop, EVENING)
    assert victim.seen == all_of(feed)[:place]


@given(feeds(), st.integers(0, 10))
def test_time_may_go_on_inside_an_event(feed, place):
    """A modal window: events arrive inside one, and stay in order for everybody."""
    loop, play = start(feed)

    late = []

    def on(event):
        late.append(loop.now() - event.at)
        if len(first.seen) == place + 1:
            loop.turn(45_000_000)

    first, second = Look(on), Look()
    play.watch(first, True)
    play.watch(second, True)
    run_until(loop, EVENING)
    assert first.seen == all_of(feed)
    assert second.seen == all_of(feed)
    assert not any(late), "each at its moment"


def do(play, watcher, change):
    if change == "leave":
        play.unwatch(watcher)
    else:
        play.watch(watcher, change == "books")


# -- days ------------------------------------------------------------------------------------------


def two_days():
    return Tiny(
        [
            Tick(at(9), BASE, 1, 0),
            Tick(at(15, 30), BASE, 2, 0),
            Tick(at(9, day=MONDAY), BASE + 50, 3, 0),
            Tick(at(10, day=MONDAY), BASE + 60, 4, 1),
        ],
        [book(at(9, 0, 1), BASE, BASE - 10), book(at(10, day=MONDAY), BASE + 60, BASE + 50)],
        [Expected(at(8, 40), BASE, 5), Expected(at(8, 50, day=MONDAY), BASE + 40, 5)],
    )


def test_days_follow_each_other_and_closed_days_are_silent():
    feed = two_days()
    loop, play = start(feed)
    look = Look()
    play.watch(look, True)
    run_until(loop, at(12, day=MONDAY))
    assert look.seen == all_of(feed)
    assert play.day == MONDAY


def test_a_new_day_begins_without_trades_and_books():
    loop, play = start(two_days())
    play.watch(Look(), True)
    run_until(loop, EVENING)
    assert (play.last.quantity, play.quote.at) == (2, at(9, 0, 1))
    run_until(loop, at(0, 1, day=MONDAY))
    assert (play.last, play.quote, play.expected) == (None, None, None)


@pytest.mark.parametrize("books", [True, False])
def test_the_calendar_ends_in_silence(books):
    last = krx.trading_day(krx.count_trading_days() - 1)
    feed = Tiny([Tick(at(9, day=last), BASE, 1, 0), Tick(at(15, 30, day=last), BASE, 2, 0)])
    loop, play = start(feed, at(8, day=last))
    look = Look()
    play.watch(look, books)
    run_until(loop, krx.midnight(krx.LAST_DATE) + 50 * 24 * 60 * krx.MINUTE)
    assert look.seen == feed.events[Tick]
    late = Look()
    play.watch(late, not books)  # and whoever comes after it hears nothing
    run_until(loop, loop.now() + 24 * 60 * krx.MINUTE)
    assert late.seen == []


def test_nothing_is_played_before_the_listing():
    early = STOCK.listed.replace(month=1, day=1).replace(year=2019)
    day = krx.next_trading_day(early)
    feed = Tiny([Tick(at(9, day=day), BASE, 1, 0)])
    loop, play = start(feed, at(8, day=day))
    look = Look()
    play.watch(look, True)
    run_until(loop, at(12, day=day))
    assert look.seen == []


# -- how things stand ------------------------------------------------------------------------------


def test_who_comes_late_finds_how_things_stand():
    _, play = start(two_days(), at(11))
    play.watch(Look(), True)
    assert (play.last.at, play.quote) == (at(9), None), "the last book is too old to be looked for"
    _, play = start(two_days(), at(9, 20))
    play.watch(Look(), True)
    assert play.quote == book(at(9, 0, 1), BASE, BASE - 10)
    _, play = start(two_days(), at(8, 45))
    play.watch(Look(), True)
    assert play.expected == Expected(at(8, 40), BASE, 5)


def test_an_old_book_is_not_kept_while_nobody_wants_books():
    feed = Tiny(
        [Tick(at(9), BASE, 1, 0), Tick(at(12), BASE, 1, 1)],
        [book(at(9, 1), BASE + 10, BASE), book(at(9, 2), BASE + 20, BASE)],
    )
    loop, play = start(feed)
    look = Look()
    play.watch(look, True)
    run_until(loop, at(9, 1, 30))
    play.watch(look, False)
    assert play.quote is None
    run_until(loop, at(9, 3))
    play.watch(look, True)
    assert play.quote == book(at(9, 2), BASE + 20, BASE)


def test_what_an_auction_expects_is_over_with_its_price():
    loop, play = start(two_days())
    play.watch(Look(), True)
    run_until(loop, at(8, 45))
    assert play.expected is not None
    run_until(loop, at(9))
    assert play.expected is None


def test_nothing_waits_for_a_play_that_nobody_needs():
    loop, play = start(two_days())
    look = Look()
    play.watch(look, True)
    run_until(loop, at(9))
    play.unwatch(look)
    assert play.idle
    run_until(loop, EVENING)
    assert len(look.seen) == 2


# -- interruptions ---------------------------------------------------------------------------------

TOO_FAR = BASE + 1_000


AUCTION = TOO_FAR + 20
TOO_FAR_AGAIN = 12_130


def interrupted():
    """A trade 10 % up, two minutes of silence, an auction, and again 10 % further."""
    return Tiny(
        [
            Tick(at(9), BASE, 1, 0),
            Tick(at(9, 30), BASE + 500, 1, 1),
            Tick(at(10), TOO_FAR, 1, 1),
            Tick(at(10, 2, 10), AUCTION, 9, 0),
            Tick(at(10, 3), AUCTION + 10, 1, 1),
            Tick(at(10, 10), TOO_FAR_AGAIN, 1, 1),
            Tick(at(10, 12, 20), TOO_FAR_AGAIN, 9, 0),
        ],
        [],
        [
            Expected(at(8, 40), BASE, 5),
            Expected(at(10, 1), TOO_FAR + 10, 5),
            Expected(at(10, 11), TOO_FAR_AGAIN, 5),
        ],
    )


def test_an_interruption_lasts_until_its_auction():
    loop, play = start(interrupted())
    look = Look()
    play.watch(look, True)
    run_until(loop, at(10, 1))
    running = play.interruption
    assert (running.price, running.static_reference, running.start) == (TOO_FAR, BASE, at(10))
    run_until(loop, at(10, 2, 10))
    assert play.interruption is None
    assert look.seen[-2:] == [(running, True), Tick(at(10, 2, 10), AUCTION, 9, 0)]
    run_until(loop, EVENING)
    assert [over for _, over in told_interruptions(look)] == [False, True] * 2


def told_interruptions(look):
    return [each for each in look.seen if isinstance(each[0], tuple)]


@pytest.mark.parametrize("moment", [at(10, 1), at(10, 1, 30), at(10, 2)])
def test_who_comes_into_an_interruption_finds_it(moment):
    loop, play = start(interrupted(), moment)
    play.watch(Look(), True)
    assert play.interruption is not None
    run_until(loop, at(10, 2, 10))
    assert play.interruption is None


@pytest.mark.parametrize("moment", [at(9, 10), at(9, 50), at(10, 2, 10), at(10, 2, 50), at(10, 5)])
def test_who_comes_outside_of_one_sees_none_and_later_the_same(moment):
    """The price that trades are held against is that of the last auction, also for who came late."""
    loop, play = start(interrupted(), moment)
    look = Look()
    play.watch(look, True)
    assert play.interruption is None
    run_until(loop, EVENING)
    assert play.interruption is None
    begun = [each for each, over in told_interruptions(look) if not over]
    references = [(each.static_reference, each.price) for each in begun]
    assert references[-1] == (AUCTION, TOO_FAR_AGAIN)
    assert len(begun) == (2 if moment < at(10) else 1)


def test_a_feed_that_trades_on_has_no_interruption():
    """A recording of a stock without VI."""
    ticks = [Tick(at(9), BASE, 1, 0)]
    ticks += [Tick(at(9, minute), BASE + 300 * minute, 1, 1) for minute in range(1, 10)]
    loop, play = start(Tiny(ticks))
    look = Look()
    play.watch(look, True)
    run_until(loop, EVENING)
    assert look.seen == ticks
