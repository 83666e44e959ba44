"""Three seeds look like the market; `python -m tests.simulator.bands` measures as many as wanted."""

from __future__ import annotations

from datetime import date

import pytest

from sapi_kiwoom import krx
from simulator.feeds.generator import Generated
from tests.simulator.bands import BANDS, echo, listing, measure, misses

DAYS = krx.trading_days(date(2026, 11, 9), date(2026, 11, 13))


@pytest.mark.parametrize("kind", BANDS)
@pytest.mark.parametrize("seed", [2, 3, 7])
def test_generated_days_look_like_the_market(seed, kind):
    feed = Generated(seed)
    measures = measure(feed, listing(kind, feed, DAYS), DAYS, tick_days=1)
    assert misses(kind, measures) == []


def test_a_miss_is_named():
    measures = {name: (low + high) / 2 for name, (low, high) in BANDS["large"].items()}
    assert misses("large", measures) == []
    measures["zero moves"] = 0.1
    assert misses("large", measures) == ["zero moves 0.100 not in 0.35 .. 0.55"]


def test_echo_knows_repeating_and_alternating_values():
    assert echo([[1.0, -1.0] * 50], 1) == pytest.approx(-1)
    assert echo([[1.0, -1.0] * 50], 2) == pytest.approx(1)
    assert echo([[1.0] * 5, [-1.0] * 5], 1) == pytest.approx(1)
