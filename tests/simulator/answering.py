"""A small world, and the answers of the broker's server about it by field name."""

from datetime import date

from sapi_kiwoom import catalogue, krx
from simulator.answers.table import ANSWERS
from simulator.answers.world import World
from simulator.feeds.generator import Generated
from simulator.universe import universe

TODAY = date(2026, 11, 20)
CODES = "00088K 003850 012800 044180 137940 278540 101280 0126Z0".split()
CODE, STOCK = "00088K", universe()["00088K"]
"""Some two thousand trades a day: enough for everything, soon drawn."""


def at(hour, minute, second=0, microsecond=0, day=TODAY):
    """A moment of a day by Korean time."""
    return krx.midnight(day) + ((hour * 60 + minute) * 60 + second) * 1_000_000 + microsecond


AT_TEN = at(10, 0)
AFTER_CLOSE = at(16, 0)


def small_world(feed=None, codes=CODES):
    return World({code: universe()[code] for code in codes}, feed or Generated(5))


def reply(world, code, inputs, moment=AT_TEN):
    """An answer with every input of the TR set, "" those that are not given."""
    names = [each.name for each in catalogue.tr(code).inputs]
    assert not set(inputs) - set(names)
    return ANSWERS[code.lower()](world, {name: inputs.get(name, "") for name in names}, moment)


def single(world, code, inputs, moment=AT_TEN):
    """The single record by field name."""
    return _named(catalogue.tr(code).single, reply(world, code, inputs, moment).single)


def rows(world, code, inputs, moment=AT_TEN, most=2_000):
    """The multi record's rows by field name."""
    found = []
    for row in reply(world, code, inputs, moment).rows:
        if row is not None:
            found.append(_named(catalogue.tr(code).multi, row))
        if len(found) == most:
            break
    return found


def _named(record, cells):
    assert len(cells) == len(record.fields)
    assert all(isinstance(cell, str) for cell in cells)
    return {field.name: cell for field, cell in zip(record.fields, cells)}


def ticks(world, stock, moment, day=TODAY):
    """A day's trades up to a moment, straight from the feed."""
    return [
        tick
        for bar in world.feed.minutes(stock, day)
        for tick in world.feed.ticks(stock, day, bar.minute)
        if tick.at <= moment
    ]


def number(text):
    """A price without its colour."""
    return abs(int(text))
