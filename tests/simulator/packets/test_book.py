"""Order books as they are written: levels, changes, totals, and what an auction expects."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from sapi_kiwoom import catalogue, krx
from sapi_kiwoom.loop import SECOND
from simulator.feeds import Expected, Quote
from simulator.packets.book import BookPackets, after_hours, best
from simulator.packets.colours import Colours
from simulator.packets.expected import expected_trade

DAY = date(2026, 11, 20)
AT = krx.midnight(DAY) + (14 * 3_600 + 5 * 60 + 9) * SECOND
COLOURS = Colours(20_850, 27_100, 14_600)
FIDS = catalogue.real_types()["주식호가잔량"].fids


def values(quote, before=None, volume=0, expected=None, yesterday=1_000, colours=COLOURS, **more):
    raw = BookPackets(colours, DAY, yesterday).book(quote, before, volume, expected, **more)
    texts = raw.split("\t")
    assert len(texts) == len(FIDS) == 103
    return dict(zip(FIDS, texts))


@st.composite
def quotes(draw):
    """Any book around 100 won: levels with gaps, a side may be empty."""
    touch = draw(st.integers(90, 110))
    gaps = st.lists(st.integers(1, 3), max_size=10)
    shares = st.integers(1, 50)

    def side(sign):
        levels, price = [], touch
        for gap in draw(gaps):
            price += sign * gap
            levels.append((price, draw(shares)))
        return tuple(levels)

    return Quote(AT, side(1), side(-1))


@given(quotes(), st.none() | quotes(), st.integers(0, 10**9))
def test_levels_changes_and_totals(quote, before, volume):
    packet = values(quote, before, volume, colours=Colours(100, 130, 70))
    sides = (
        (quote.asks, before.asks if before else quote.asks, 41, 61, 81, 121, 122),
        (quote.bids, before.bids if before else quote.bids, 51, 71, 91, 125, 126),
    )
    for levels, past, price_fid, shares_fid, change_fid, total_fid, total_change_fid in sides:
        then = dict(past)
        for place in range(10):
            price, shares = levels[place] if place < len(levels) else (0, 0)
            sign = " " if price == 100 else "+" if price > 100 else "-"
            assert packet[price_fid + place] == f"{sign}{price}"
            assert packet[shares_fid + place] == str(shares)
            assert int(packet[change_fid + place]) == shares - then.get(price, shares)
        total, total_before = sum(dict(levels).values()), sum(then.values())
        assert packet[total_fid] == str(total)
        assert int(packet[total_change_fid]) == total - total_before
    asked, wanted = int(packet[121]), int(packet[125])
    assert int(packet[128]) == -int(packet[138]) == wanted - asked
    if asked and wanted:
        assert abs(float(packet[129]) - wanted / asked * 100) <= 0.0051
        assert abs(float(packet[139]) - asked / wanted * 100) <= 0.0051
    assert (packet[21], packet[13], packet[215]) == ("140509", str(volume), "3")
    assert {packet[fid] for fid in [*range(621, 641), 23, 24, 291, 292]} == {"0"}


def test_a_published_book():
    """The totals of Kiwoom's own example: the best bid was sold out and left 82 shares offered.

    A level that comes into sight has no change of its own; the totals have.
    """
    asks = [(20_900 + 50 * step, 1_000) for step in range(9)]
    bids = [(20_700 - 50 * step, 1_000) for step in range(9)]
    before = Quote(AT, (*asks, (21_350, 1_036_103)), ((20_800, 279), *bids))
    after = Quote(AT, ((20_800, 82), *asks), (*bids, (20_250, 1_062_405)))
    packet = values(after, before)
    assert (packet[41], packet[61], packet[81]) == ("-20800", "82", " 0")
    assert (packet[42], packet[82]) == ("+20900", " 0")
    assert (packet[60], packet[80], packet[100]) == ("-20250", "1062405", " 0")
    assert (packet[122], packet[126]) == ("-1036021", "+1062126")


def test_an_absent_level():
    packet = values(Quote(AT, (), ((14_600, 5),)))
    assert (packet[41], packet[61], packet[81]) == ("-0", "0", " 0")
    assert (packet[129], packet[139]) == ("0.00", "0.00")


def test_what_an_auction_expects():
    quote = Quote(AT, ((20_900, 1),), ((20_800, 1),))
    packet = values(quote, expected=Expected(AT, 20_800, 106), phase="2", yesterday=10_000)
    assert (packet[23], packet[24]) == ("-20800", "106")
    assert (packet[200], packet[201], packet[238]) == ("-50", "-0.24", "5")
    assert [packet[fid] for fid in range(291, 296)] == ["-20800", "106", "5", "-50", "-0.24"]
    assert (packet[299], packet[215]) == ("-1.06", "2")
    assert values(quote, expected=Expected(AT, 20_800, 106), yesterday=106)[299] == "+100.00"


def test_an_auction_that_expects_nothing():
    packet = values(Quote(AT, (), ()), expected=Expected(AT, 0, 0))
    assert (packet[23], packet[24], packet[200], packet[238]) == ("-0", "0", " 0", "3")


def test_the_small_ones():
    assert best(COLOURS, 20_850, 0) == " 20850\t-0"
    assert expected_trade(COLOURS, Expected(AT, 27_100, 12), 345) == (
        "140509\t+27100\t+6250\t+29.98\t12\t345\t1"
    )
    assert after_hours(AT, 500, 700, 10, 10) == "140509\t500\t-200\t10\t 0"
    types = catalogue.real_types()
    assert len(types["주식우선호가"].fids) == 2
    assert len(types["주식예상체결"].fids) == 7
    assert len(types["주식시간외호가"].fids) == 5
