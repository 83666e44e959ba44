"""Answers to TRs that nobody has modelled: made from the records' columns.

What the market knows (prices, volumes, days, members of sectors) is the market's. The rest is drawn from the
seed, the same for the same inputs: it fits the field's kind and the price level and keeps the relations that
names promise. See `simulator.answers.label` for which TRs are answered from the market alone.
"""

from __future__ import annotations

from functools import lru_cache
from typing import List, Optional, Tuple

from sapi_kiwoom import catalogue
from sapi_kiwoom.catalogue import Record, Tr
from simulator.answers.reply import Inputs, Reply, Rows
from simulator.answers.synthetic import purse
from simulator.answers.synthetic.bars import linked
from simulator.answers.synthetic.lists import theme_scene
from simulator.answers.synthetic.ranking import key_of, order
from simulator.answers.synthetic.request import Request, span, subject
from simulator.answers.synthetic.shapes import NONE, scenes, shape_of
from simulator.answers.synthetic.subjects import Scenes
from simulator.answers.synthetic.writer import Writer
from simulator.answers.world import World

_A_TURN = 10
"""Rows that are made at once."""

_RANKED = frozenset(("stocks", "sectors", "futures", "members", "warrants"))


def answer(code: str, world: World, inputs: Inputs, moment: int) -> Reply:
    """The answer to any TR of the catalogue.

    The single record is filled in while the rows are made: when the first of them comes, it is there.

    Raises:
        KiwoomError: there is no such TR.
        ValueError: an input is no date.
    """
    tr = catalogue.tr(code)
    request = Request(world, tr, inputs, moment, *span(tr, inputs))
    single: List[str] = []
    if purse.is_account(tr):
        single += purse.single(tr, world, inputs)
        return Reply(single, iter(()))
    return Reply(single, _rows(request, single))


@lru_cache(maxsize=None)
def writers(record: Optional[Record], profile: str) -> Tuple[Writer, ...]:
    """What writes the fields of a record, in its order."""
    if record is None:
        return ()
    names = frozenset(each.name for each in record.fields)
    return tuple(Writer(each, profile, names) for each in record.fields)


def _rows(request: Request, single: List[str]) -> Rows:
    tr, profile = request.tr, purse.profile(request.world)
    shape = shape_of(tr)
    columns = writers(tr.multi, profile)
    heads = writers(tr.single, profile)
    if heads and shape != NONE and _sums(tr):
        yield from _with_sums(request, single, shape, columns, heads)
        return
    if heads:
        yield from _single(request, single, heads)
    found = linked(scenes(request, shape))
    if shape in _RANKED and key_of(tr, request.inputs):
        yield from _ranked(request, found, columns)
        return
    for number, scene in enumerate(found):
        if scene is not None:
            scene.options = request.inputs
            if scene.previous is not None:
                scene.previous.options = request.inputs
            yield [each(scene) for each in columns]
        if scene is None or number % _A_TURN == 0:
            yield None


def _single(request: Request, single: List[str], heads: Tuple[Writer, ...]) -> Rows:
    """Fill the single record."""
    if request.tr.group == "theme":
        members = []
        for scene in scenes(request, shape_of(request.tr)):
            yield None
            members += [scene] if scene else []
        found = [theme_scene("", "", members)] if members else []
    else:
        found = []
        about = subject(request)
        for scene in about.now(request.moment) if about else ():
            yield None
            found += [scene] if scene else []
    for scene in found:
        scene.options = request.inputs
        single += [each(scene) for each in heads]


def _ranked(request: Request, found: Scenes, columns: Tuple[Writer, ...]) -> Rows:
    assert request.tr.multi is not None
    rows: List[List[str]] = []
    for scene in found:
        if scene is None:
            yield None
        else:
            scene.options = request.inputs
            rows.append([each(scene) for each in columns])
    yield from order(request.tr, request.inputs, rows)


def _sums(tr: Tr) -> bool:
    return tr.single is not None and all(each.name.endswith("합계") for each in tr.single.fields)


def _with_sums(
    request: Request,
    single: List[str],
    shape: str,
    columns: Tuple[Writer, ...],
    heads: Tuple[Writer, ...],
) -> Rows:
    """A single record of sums over all rows: 거래량합계 of 누적거래량."""
    tr = request.tr
    assert tr.single is not None
    assert tr.multi is not None
    rows = []
    for row in _ranked(request, scenes(request, shape), columns):
        yield None
        rows += [row] if row else []
    names = [each.name for each in tr.multi.fields]
    for each in tr.single.fields:
        column = names.index("누적" + each.name[: -len("합계")])
        parse = tr.multi.fields[column].parse
        single.append(each.format(sum(parse(row[column]) or 0 for row in rows)))  # type: ignore[misc]
    yield from rows


__all__ = ["answer", "writers"]
