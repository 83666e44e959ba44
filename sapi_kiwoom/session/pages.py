"""Reads one page of a TR's answer out of the control."""

from __future__ import annotations

import logging
from collections import Counter
from typing import Dict, Iterator, List, Optional, Sequence, Set

from sapi_kiwoom.catalogue import Record, Tr
from sapi_kiwoom.control import Control

log = logging.getLogger(__name__)

Row = Dict[str, str]
"""Kiwoom's Korean field name to the text without its padding; see `labels`."""


def labels(record: Record) -> List[str]:
    """Under what each column stands in a `Row`: its Korean name; of two with one name, the second's key."""
    seen: Set[str] = set()
    found = []
    for field in record.fields:
        found.append(field.key if field.name in seen else field.name)
        seen.add(field.name)
    return found


def read_page(control: Control, tr: Tr) -> List[Row]:
    """All rows of the multi record or, where the TR has none, the single record as one row.

    Only inside OnReceiveTrData. The fast getter gives columns without names; they are compared with
    the getter that takes names, and when the control's columns are not the catalogue's, everything
    is read by name: slower, but a column is never taken for another.
    """
    if tr.multi is None:
        return [] if tr.single is None else [read_single(control, tr)]
    rows = _by_column(control, tr, tr.multi)
    if rows is not None:
        return rows
    log.warning("%s: the control's columns are not the catalogue's, reading by name", tr.code)
    count = control.GetRepeatCnt(tr.code, tr.multi.name)
    return [_by_name(control, tr, tr.multi, i) for i in range(count)]


def read_single(control: Control, tr: Tr) -> Row:
    """The single record, without anything where the TR has none. Only inside OnReceiveTrData."""
    if tr.single is None:
        return {}
    row = _by_name(control, tr, tr.single, 0)
    if tr.multi is None and len(row) > len({field.name for field in tr.single.fields}):
        rows = _by_column(control, tr, tr.single)  # a name that stands twice is read by its column
        return rows[0] if rows else row
    return row


def _by_column(control: Control, tr: Tr, record: Record) -> Optional[List[Row]]:
    """The rows of the getter without names, or None where its columns are not those of the record."""
    table = control.GetCommDataEx(tr.code, record.name)
    if not table:
        return []
    names = labels(record)
    if not all(len(cells) == len(names) for cells in table):
        return None
    rows = [dict(zip(names, map(str.strip, cells))) for cells in table]
    repeated = {
        name for name, number in Counter(f.name for f in record.fields).items() if number > 1
    }
    told = [field.name for field in record.fields if field.name not in repeated]
    for i in _telling(table):
        by_name = _by_name(control, tr, record, i)
        if any(rows[i][name] != by_name[name] for name in told):
            return None
    return rows


def _by_name(control: Control, tr: Tr, record: Record, index: int) -> Row:
    """A row by the names of its fields. The second of two with one name cannot be had like this: ""."""
    row: Row = {}
    for field, label in zip(record.fields, labels(record)):
        row[label] = (
            control.GetCommData(tr.code, record.name, index, field.name).strip()
            if label == field.name
            else ""
        )
    return row


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
