"""Requests page by page: rows are made ahead in turns, so that nobody waits for a long answer."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from itertools import islice
from typing import Callable, Dict, Iterator, List, Optional

from sapi_kiwoom.catalogue import Field, Record, Tr
from sapi_kiwoom.loop import Loop
from simulator.answers import Reply
from simulator.strings import padded

log = logging.getLogger(__name__)

_ROWS_A_TURN = 200
"""Rows made before others get their turn on the loop."""

_NUMBER = Record("", (Field("주문번호", "order_number", 9203, 7),), 1)


@dataclass
class Answer:
    """What the getters read inside OnReceiveTrData."""

    tr: Tr
    single: List[str]
    rows: List[List[str]]

    def item(self, index: int, name: str) -> str:
        """One item, padded; "" for an unknown one."""
        multi, single = self.tr.multi, self.tr.single
        records = [(multi, self.rows)] if multi else []
        if single and self.single:
            records.append((single, [self.single]))
        for record, rows in records:
            for column, each in enumerate(record.fields):
                if each.name == name and 0 <= index < len(rows):
                    return padded(rows[index][column], each.width)
        return ""

    def table(self) -> Optional[List[List[str]]]:
        """All rows of the multi record, padded; None without any."""
        if not self.rows or self.tr.multi is None:
            return None
        widths = [each.width for each in self.tr.multi.fields]
        return [[padded(value, width) for value, width in zip(row, widths)] for row in self.rows]


def order_answer(trcode: str, number: str) -> Answer:
    """The answer to an order: a single record with its 주문번호, "" where it was refused."""
    return Answer(Tr(trcode, "", (), _NUMBER, None, None), [number], [])


@dataclass
class Chain:
    """A request whose pages are being asked for."""

    tr: Tr
    inputs: Dict[str, str]
    reply: Reply
    _ahead: List[List[str]] = field(default_factory=list)  # made but not sent

    def continues(self, tr: Tr, inputs: Dict[str, str]) -> bool:
        """Whether a request with nPrevNext 2 asks for its next page."""
        return (self.tr.code, self.inputs) == (tr.code, inputs)

    def page(self) -> Answer:
        """The next page, once it is prepared."""
        size = self._size
        rows, self._ahead = self._ahead[:size], self._ahead[size:]
        return Answer(self.tr, self.reply.single, rows)

    @property
    def more(self) -> bool:
        """Whether another page follows the one taken last."""
        return bool(self._ahead)

    def prepare(self, loop: Loop, alive: Callable[[], bool], ready: Callable[[], None]) -> None:
        """Make a page and one row more, in turns on the loop, then call ``ready``.

        Args:
            alive: asked before each turn; nothing happens any more once it says no.
        """
        if not alive():
            return
        try:
            prepared = self._turn()
        except Exception:  # a defect of ours; whoever asked learns it by a time-out
            log.exception("%s with %s cannot be answered", self.tr.code, self.inputs)
            return
        if prepared:
            ready()
        else:
            loop.call_later(self.reply.pause, lambda: self.prepare(loop, alive, ready))

    @property
    def _size(self) -> int:
        return self.tr.multi.rows if self.tr.multi else 0

    def _turn(self) -> bool:
        """A turn's worth of rows; True when the page and one row more are there, or no more come."""
        for row in islice(self.reply.rows, _ROWS_A_TURN):
            if row is None:
                return False
            self._ahead.append(row)
            if len(self._ahead) > self._size:
                return True
        return self._exhausted()

    def _exhausted(self) -> bool:
        """Whether the rows ended; looks one ahead."""
        ahead: Iterator[Optional[List[str]]] = islice(self.reply.rows, 1)
        for row in ahead:
            if row is not None:
                self._ahead.append(row)
            return False
        return True
