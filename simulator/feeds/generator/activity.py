"""How busy and how restless each minute of a day is.

Orders come at a rate that follows the usual profile of a day and wanders around it slowly; how much they
carry is drawn anew each minute. So the number of trades is much steadier than their volume.
"""

from __future__ import annotations

from functools import lru_cache
from math import isqrt
from typing import NamedTuple

from simulator.draws import OCTAVE, heavy_tail, octets
from simulator.universe import Stock

# Usual trades of the 380 minutes from 09:00 to 15:19: an opening auction, then a U.
_PROFILE = [
    *(2_900, 1_300, 1_150, 1_050, 960, 900, 870, 850, 830, 810),
    *(560 - 4 * minute for minute in range(20)),
    *(340 for _ in range(30)),
    *(263 for _ in range(30)),
    *(227 for _ in range(30)),
    *(183 for _ in range(30)),
    *(147 for _ in range(30)),
    *(137 for _ in range(30)),  # noon
    *(142 for _ in range(30)),
    *(167 for _ in range(30)),
    *(180 for _ in range(30)),
    *(200 for _ in range(30)),
    *(233 for _ in range(30)),
    *(305 for _ in range(20)),
]
# How restless prices are, by half hour, in 1/256 of the usual measure.
_RESTLESS = (540, 350, 295, 275, 270, 250, 230, 235, 250, 250, 255, 270, 260)
_FIRST_RESTLESS = (850, 740, 690, 640)

_HALF_HOUR = 30
_LONG, _SHORT = 32, 8
_LONG_WAVE = heavy_tail(OCTAVE * 40 // 100)
_SHORT_WAVE = tuple(  # now and then there is news
    wave * (1 + max(0, draw - 240) // 8) for draw, wave in enumerate(heavy_tail(OCTAVE * 88 // 100))
)
_NERVOUS_WAVE = tuple(
    wave * (1 + max(0, draw - 244) // 5) for draw, wave in enumerate(heavy_tail(OCTAVE * 70 // 100))
)
_SHOCK = heavy_tail(OCTAVE * 30 // 100)
_STIR = heavy_tail(OCTAVE * 46 // 100)  # large trades move prices
_WILDEST = 1_400
"""The restlessness of no minute is more: half of a day's way in one minute needs a reason."""

SIZE = heavy_tail(OCTAVE * 112 // 100)
"""How much more than usual is traded in a minute, in 1/256."""


class Activity(NamedTuple):
    """A day's minutes of continuous trading.

    Attributes:
        rate: how many orders come in each, of no unit.
        restless: deviation of the price in each, usually about 256.
        volume: how much is traded in each, of no unit.
    """

    rate: list[int]
    restless: list[int]
    volume: list[int]


@lru_cache(maxsize=8)
def _shape(slots: int) -> tuple[list[int], list[int]]:
    """Usual rate and restlessness of the minutes of a session of any length."""
    places = [minute * 380 // slots for minute in range(slots)]
    restless = [_RESTLESS[place // 30] for place in places]
    restless[: len(_FIRST_RESTLESS)] = _FIRST_RESTLESS
    return [_PROFILE[place] for place in places], restless


@lru_cache(maxsize=4)
def _slopes(step: int) -> list[tuple[int, int]]:
    return [(step - place, place) for place in range(step)]


def _wave(table: tuple[int, ...], draws: bytes, step: int) -> list[int]:
    """A line from each drawn value to the next, ``step`` minutes later, in 1/256 * ``step``.

    The first one is nearer to the usual: the open is busy on every day.
    """
    values = [table[draw] for draw in draws]
    values[0] = (values[0] + 768) >> 2
    slopes = _slopes(step)
    return [low * down + high * up for low, high in zip(values, values[1:]) for down, up in slopes]


@lru_cache(maxsize=8)
def draw_activity(key: tuple[object, ...], slots: int, nervous: bool) -> Activity:
    """How the minutes of a day differ from each other. Whoever asks must leave the lists as they are.

    Args:
        key: names the draws.
        slots: how many minutes.
        nervous: see `is_nervous`.
    """
    longs, shorts = slots // _LONG + 2, slots // _SHORT + 2
    draws = octets(longs + shorts + slots, "activity", *key)
    long = _wave(_LONG_WAVE, draws[:longs], _LONG)
    short = _wave(_NERVOUS_WAVE if nervous else _SHORT_WAVE, draws[longs : longs + shorts], _SHORT)
    sizes = octets(slots, "size", *key)
    usual, restless = _shape(slots)
    wave = [a * b >> 8 for a, b in zip(long, short)]  # 256 * 256 as usual
    rate = [level * now >> 16 for level, now in zip(usual, wave)]
    for start in range(0, slots, _HALF_HOUR):  # half hours are steadier than their minutes
        part = rate[start : start + _HALF_HOUR]
        calm = isqrt((sum(usual[start : start + _HALF_HOUR]) << 16) // (sum(part) + 1))
        rate[start : start + _HALF_HOUR] = [level * calm >> 8 for level in part]
    nerves = [now * slow * slow >> 26 for now, slow in zip(wave, long)]  # they last longer
    shaken = [
        level * isqrt(now) * _SHOCK[draw] * _STIR[size] >> 24
        for level, now, draw, size in zip(restless, nerves, draws[longs + shorts :], sizes)
    ]
    if max(shaken) > _WILDEST:
        shaken = [min(_WILDEST, size) for size in shaken]
    volume = [level * SIZE[size] >> 8 for level, size in zip(rate, sizes)]
    return Activity(rate, shaken, volume)


def trade_size(key: tuple[object, ...], place: int, nervous: bool) -> int:
    """How large the trades of the minute ``place`` of a day are, in 1/256 of the usual.

    Most of what makes a minute's volume unusual is that, the rest is how many trades it has. Where orders
    come in waves, very large volumes are of many trades. Minutes before the opening have usual ones.
    """
    if place < 0:
        return 256
    volume = SIZE[octets(place + 1, "size", *key)[place]]
    size = isqrt(volume * isqrt(volume << 8))
    return min(size, 620) if nervous else size


def is_nervous(stock: Stock) -> bool:
    """Whether orders come in rarer and larger waves, as they do for all but large caps."""
    return stock.size != "대형주"
