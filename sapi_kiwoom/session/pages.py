"""Reads one page of a TR's answer out of the control."""

from __future__ import annotations

import logging
from typing import Dict, Iterator, List, Sequence

from sapi_kiwoom.catalogue import Record, Tr
from sapi_kiwoom.control import Control

log = logging.getLogger(__name__)

Row = Dict[str, str]
"""Kiwoom's Korean field name to the text without its padding."""


def read_page(control: Control, tr: Tr) -> List[Row]:
    """All rows of the multi record or, where the TR has none, the single record as one row.

    Only inside OnReceiveTrData. The fast getter gives columns without names; they are compared with
    the getter that takes names, and when the control's columns are not the catalogue's, everything
    is read by name: slower, but a column is never taken for another.
    """
    if tr.multi is None:
        return [] if tr.single is None else [_by_name(control, tr, tr.single, 0)]
    table = control.GetCommDataEx(tr.code, tr.multi.name)
    if not table:
        return []
    names = [field.name for field in tr.multi.fields]
    if all(len(cells) == len(names) for cells in table):
        rows = [dict(zip(names, map(str.strip, cells))) for cells in table]
        if all(rows[i] == _by_name(control, tr, tr.multi, i) for i in _telling(table)):
            return rows
    log.warning("%s: the control's columns are not the catalogue's, reading by name", tr.code)
    count = control.GetRepeatCnt(tr.code, tr.multi.name)
    return [_by_name(control, tr, tr.multi, i) for i in range(count)]


def _by_name(control: Control, tr: Tr, record: Record, index: int) -> Row:
    return {
        field.name: control.GetCommData(tr.code, record.name, index, field.name).strip()
        for field in record.fields
    }


def _telling(table: Sequence[Sequence[str]]) -> Iterator[int]:
    """The rows to compare: the first, and each that tells apart columns which were equal so far.

    The first alone is not enough: a bar of a single trade has four equal prices.
    """
    different = len(set(zip(*table)))  # columns that are blank everywhere need not be told apart
    kinds = [0] * len(table[0])
    known = 0
    for index, cells in enumerate(table):
        seen: Dict[object, int] = {}
        finer = [seen.setdefault(pair, len(seen)) for pair in zip(kinds, cells)]
        if len(seen) > known:
            yield index
            kinds, known = finer, len(seen)
            if known == different:
                return
