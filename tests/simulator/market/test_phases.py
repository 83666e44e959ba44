from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sapi_kiwoom import krx
from sapi_kiwoom.loop import SECOND
from simulator.market import phases as ph

TRADING_DAYS = st.integers(0, krx.count_trading_days() - 1).map(krx.trading_day)
VENUES = st.sampled_from(["KRX", "NXT"])

USUAL, BEFORE_AFTER_MARKET = date(2026, 11, 20), date(2026, 9, 11)
EXAM, FIRST = date(2025, 11, 13), date(2026, 1, 2)


def times(day, venue):
    return [
        (phase.name, krx.kst(phase.start).strftime("%H%M%S"), krx.kst(phase.end).strftime("%H%M%S"))
        for phase in ph.phases(day, venue)
    ]


def at(day, text):
    hours, minutes, *seconds = (int(part) for part in text.split(":"))
    return krx.midnight(day) + (hours * 60 + minutes) * krx.MINUTE + sum(seconds) * SECOND


# -- KRX ---------------------------------------------------------------------------------------

REGULAR = [
    (ph.PREVIOUS_CLOSE, "083000", "084000"),
    (ph.OPENING_AUCTION, "083000", "090000"),
    (ph.CONTINUOUS, "090000", "152000"),
    (ph.CLOSING_AUCTION, "152000", "153000"),
    (ph.CLOSE_ORDERS, "153000", "154000"),
    (ph.CLOSE, "154000", "160000"),
]


def test_a_day_with_the_after_market():
    assert times(USUAL, "KRX") == [*REGULAR, (ph.AFTER_MARKET, "160000", "200000")]
    assert times(date(2026, 9, 14), "KRX") == times(USUAL, "KRX")


def test_a_day_with_single_prices():
    evening = times(BEFORE_AFTER_MARKET, "KRX")[len(REGULAR) :]
    assert times(BEFORE_AFTER_MARKET, "KRX")[: len(REGULAR)] == REGULAR
    assert len(evening) == 12
    assert evening[0] == (ph.SINGLE_PRICE, "160000", "161000")
    assert evening[-1] == (ph.SINGLE_PRICE, "175000", "180000")


@pytest.mark.parametrize(
    ("day", "hours"),
    [
        # the exam: everything an hour later, the evening ends as ever
        (EXAM, "093000-094000 093000-100000 100000-162000 162000-163000 163000-164000"
         " 164000-170000 170000-180000"),
        # the first day of a year: only the morning is later
        (FIRST, "093000-094000 093000-100000 100000-152000 152000-153000 153000-154000"
         " 154000-160000 160000-180000"),
        (date(2026, 11, 19), "093000-094000 093000-100000 100000-162000 162000-163000 163000-164000"
         " 164000-170000 170000-200000"),
        # until April 2019 mornings were longer, until July 2016 days ended at 15:00
        (date(2019, 4, 26), "073000-083000 080000-090000 090000-152000 152000-153000 153000-154000"
         " 154000-160000 160000-180000"),
        (date(2016, 7, 29), "073000-083000 080000-090000 090000-145000 145000-150000 150000-151000"
         " 151000-153000 153000-180000"),
    ],
)  # fmt: skip
def test_other_days(day, hours):
    *regular, evening = hours.split()
    there = times(day, "KRX")
    assert [f"{start}-{end}" for _, start, end in there[: len(REGULAR)]] == regular
    assert f"{there[len(REGULAR)][1]}-{there[-1][2]}" == evening


# -- Nextrade ----------------------------------------------------------------------------------


def test_nextrade():
    assert times(USUAL, "NXT") == [
        (ph.PRE_MARKET, "080000", "085000"),
        (ph.CONTINUOUS, "090030", "152000"),
        (ph.AFTER_ORDERS, "153000", "154000"),
        (ph.AFTER_MARKET, "154000", "200000"),
    ]


def test_nextrade_has_no_pre_market_on_days_that_open_late():
    assert times(EXAM, "NXT") == [
        (ph.CONTINUOUS, "100030", "162000"),
        (ph.AFTER_ORDERS, "163000", "164000"),
        (ph.AFTER_MARKET, "164000", "200000"),
    ]
    assert times(FIRST, "NXT")[0] == (ph.CONTINUOUS, "100030", "152000")


def test_nextrade_began_in_2025():
    assert ph.phases(date(2025, 2, 28), "NXT") == ()
    assert ph.phases(date(2025, 3, 4), "NXT") != ()


# -- both --------------------------------------------------------------------------------------


@given(TRADING_DAYS, VENUES)
def test_phases_follow_each_other(day, venue):
    there = ph.phases(day, venue)
    assert [phase.start for phase in there] == sorted(phase.start for phase in there)
    assert all(krx.kst(phase.start).date() == day for phase in there)
    ordinary = [phase for phase in there if phase.name != ph.PREVIOUS_CLOSE]
    for phase, following in zip(ordinary, ordinary[1:]):
        assert phase.start < phase.end <= following.start
    boards = {"KRX": {"KRX", "AFTER"}, "NXT": {"NXT"}}[venue]
    assert {phase.board for phase in there} <= boards


@given(TRADING_DAYS)
def test_the_regular_session_is_that_of_the_calendar(day):
    session = krx.session(day)
    there = {phase.name: phase for phase in ph.phases(day, "KRX")}
    minutes = [
        krx.day_and_minute(moment)[1]
        for moment in (
            there[ph.OPENING_AUCTION].end,
            there[ph.CONTINUOUS].end,
            there[ph.CLOSING_AUCTION].end,
        )
    ]
    assert minutes == [session.open, session.close, session.closing_auction]


@given(TRADING_DAYS, VENUES, st.integers(0, 24 * 60 * 60 - 1))
def test_every_moment_has_the_phase_that_it_lies_in(day, venue, second):
    moment = krx.midnight(day) + second * SECOND
    there = ph.phases_at(day, venue, moment)
    assert all(phase.start <= moment < phase.end for phase in there)
    assert len(there) + sum(
        moment < phase.start or phase.end <= moment for phase in ph.phases(day, venue)
    ) == len(ph.phases(day, venue))
    assert ph.phase_at(day, venue, moment) == (there[-1] if there else None)


@pytest.mark.parametrize(
    ("text", "name", "auction"),
    [
        ("08:29:59", None, None),
        ("08:30", ph.OPENING_AUCTION, True),
        ("08:59:59", ph.OPENING_AUCTION, True),
        ("09:00", ph.CONTINUOUS, False),
        ("15:20", ph.CLOSING_AUCTION, True),
        ("15:30", ph.CLOSE_ORDERS, False),
        ("15:40", ph.CLOSE, False),
        ("17:59:59", ph.SINGLE_PRICE, True),
        ("18:00", None, None),
    ],
)
def test_the_phase_of_an_ordinary_order(text, name, auction):
    phase = ph.phase_at(BEFORE_AFTER_MARKET, "KRX", at(BEFORE_AFTER_MARKET, text))
    assert (phase.name, phase.auction) == (name, auction) if name else phase is None


def test_two_phases_in_the_morning():
    morning = at(USUAL, "08:35")
    names = [phase.name for phase in ph.phases_at(USUAL, "KRX", morning)]
    assert names == [ph.PREVIOUS_CLOSE, ph.OPENING_AUCTION]


def test_closed_days_and_wrong_arguments():
    sunday = date(2026, 11, 22)
    assert ph.phases(sunday, "KRX") == ph.phases(sunday, "NXT") == ph.operations(sunday) == ()
    assert ph.phase_at(sunday, "KRX", at(sunday, "10:00")) is None
    with pytest.raises(ValueError, match="unknown venue 'SOR'; it is KRX or NXT"):
        ph.phases(USUAL, "SOR")
    with pytest.raises(ValueError, match="outside the calendar"):
        ph.operations(date(2028, 1, 3))


# -- 장시작시간 --------------------------------------------------------------------------------


def told(day, codes):
    return [
        f"{event.code} {krx.kst(event.at):%H%M%S} {event.remaining // 60:04d}{event.remaining % 60:02d}"
        for event in ph.operations(day)
        if event.code in codes
    ]


def test_the_countdown_to_the_opening():
    before = told(USUAL, "0")
    assert before[:2] == ["0 084000 002000", "0 084100 001900"]
    assert before[18:] == [
        "0 085800 000200",
        "0 085900 000100",
        "0 085910 000050",
        "0 085920 000040",
        "0 085930 000030",
        "0 085940 000020",
        "0 085950 000010",
    ]
    assert told(USUAL, "3") == ["3 090000 000000"]


def test_the_countdown_to_the_close():
    closing = told(USUAL, "2")
    assert closing[0] == "2 152000 001000"
    assert closing[-2:] == ["2 152940 000020", "2 152950 000010"]
    assert told(USUAL, "48") == ["4 153000 000000", "8 153000 000000"]


def test_the_evening():
    assert told(BEFORE_AFTER_MARKET, "abcd9") == [
        "a 154000 000000",
        "b 160000 000000",
        "c 160000 000000",
        "d 180000 000000",
        "9 180000 000000",
    ]
    assert told(USUAL, "abcd9") == ["a 154000 000000", "b 160000 000000", "9 200000 000000"]


def test_what_nextrade_tells():
    codes = "PQRSTUVW"
    moments = [line.split()[:2] for line in told(USUAL, codes)]
    assert [" ".join(pair) for pair in moments] == [
        "P 080000",
        "Q 085000",
        "R 090030",
        "S 152000",
        "T 153000",
        "U 154000",
        "V 160000",
        "W 200000",
    ]
    assert told(date(2025, 2, 28), codes) == []
    assert [line[0] for line in told(EXAM, codes)] == list("RSTUVW")


@given(TRADING_DAYS)
def test_events_come_in_order_and_count_down_to_what_they_announce(day):
    events = ph.operations(day)
    assert [event.at for event in events] == sorted(event.at for event in events)
    session = krx.session(day)
    for code, minute in (("0", session.open), ("2", session.closing_auction)):
        announced = krx.midnight(day) + minute * krx.MINUTE
        left = {event.at + event.remaining * SECOND for event in events if event.code == code}
        assert left == {announced}
