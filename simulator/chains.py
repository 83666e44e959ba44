"""Requests page by page: rows are made ahead in turns, so that nobody waits for a long answer."""

from __future__ import annotations

import logging
from collections import OrderedDict
from dataclasses import dataclass, field
from itertools import islice
from typing import Callable, Dict, Iterator, List, Optional, Tuple

from sapi_kiwoom.catalogue import Field, Record, Tr
from sapi_kiwoom.loop import Loop
from simulator.answers import Reply
from simulator.strings import padded

log = logging.getLogger(__name__)

_ROWS_A_TURN = 200
"""Rows made before others get their turn on the loop."""

_MOST_CHAINS = 200
"""Chains that are remembered where other requests do not break them."""

_Column = Tuple[List[List[str]], int, int]
"""Rows, the column in them, and the width of its buffer."""

_NUMBER = Record("", (Field("주문번호", "order_number", 9203, 7),), 1)


class Answer:
    """What the getters read inside OnReceiveTrData.

    Attributes:
        code: of the TR, in lower case.
        single: values of the single record; empty where there is none.
        rows: of the multi record.
    """

    def __init__(self, tr: Tr, single: List[str], rows: List[List[str]]) -> None:
        self.tr = tr
        self.code = tr.code.lower()
        self.single = single
        self.rows = rows
        self._items: Optional[Dict[str, List[_Column]]] = None  # made when one is asked for

    def item(self, index: int, name: str) -> str:
        """One item, padded; "" for an unknown one."""
        items = self._items
        if items is None:
            items = self._items = self._columns()
        for rows, column, width in items.get(name, ()):
            if 0 <= index < len(rows):
                return padded(rows[index][column], width)
        return ""

    def _columns(self) -> Dict[str, List[_Column]]:
        """Where to look for each name: the multi record goes first."""
        records = [(self.tr.multi, self.rows), (self.tr.single, [self.single] * bool(self.single))]
        found: Dict[str, List[_Column]] = {}
        for record, rows in records:
            for column, each in enumerate(record.fields if record else ()):
                found.setdefault(each.name, []).append((rows, column, each.width))
        return found

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
    _asked: int = 0  # pages that are asked for and not sent

    def continues(self, tr: Tr, inputs: Dict[str, str]) -> bool:
        """Whether a request with nPrevNext 2 asks for its next page."""
        return (self.tr.code, self.inputs) == (tr.code, inputs)

    def page(self) -> Answer:
        """The next page, once it is prepared."""
        size = self._size
        self._asked -= 1
        rows, self._ahead = self._ahead[:size], self._ahead[size:]
        return Answer(self.tr, self.reply.single, rows)

    @property
    def more(self) -> bool:
        """Whether another page follows the one taken last."""
        return bool(self._ahead)

    def ask(self, loop: Loop, alive: Callable[[], bool], ready: Callable[[], None]) -> None:
        """Make a page and one row more, in turns on the loop, then call ``ready``.

        Args:
            alive: asked before each turn; nothing happens any more once it says no.
        """
        self._asked += 1  # the page before may still be under way
        loop.call_later(0, lambda: self._prepare(loop, alive, ready))

    def _prepare(self, loop: Loop, alive: Callable[[], bool], ready: Callable[[], None]) -> None:
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
            loop.call_later(self.reply.pause, lambda: self._prepare(loop, alive, ready))

    @property
    def _size(self) -> int:
        return self.tr.multi.rows if self.tr.multi else 0

    def _turn(self) -> bool:
        """A turn's worth of rows; True when what is asked and one row more are there, or no more come."""
        for row in islice(self.reply.rows, _ROWS_A_TURN):
            if row is None:
                return False
            self._ahead.append(row)
            if len(self._ahead) > self._size * self._asked:
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


class Chains:
    """The chains that the server can go on with.

    Args:
        broken_by: ``any-tr``: every other request; ``same-trcode``: one of the same TR; ``never``: none.
    """

    def __init__(self, broken_by: str) -> None:
        self._broken_by = broken_by
        self._chains: OrderedDict[Tuple[str, ...], Chain] = OrderedDict()

    def next(self, tr: Tr, inputs: Dict[str, str]) -> Optional[Chain]:
        """The chain that a request with nPrevNext 2 goes on with; None where there is none."""
        chain = self._chains.get(self._key(tr, inputs))
        return chain if chain is not None and chain.continues(tr, inputs) else None

    def keep(self, chain: Chain) -> None:
        """A page of this chain is asked for; it takes the place of those that it breaks."""
        key = self._key(chain.tr, chain.inputs)
        self._chains.pop(key, None)
        self._chains[key] = chain
        if len(self._chains) > _MOST_CHAINS:
            self._chains.popitem(last=False)

    def clear(self) -> None:
        """The login is over."""
        self._chains.clear()

    def _key(self, tr: Tr, inputs: Dict[str, str]) -> Tuple[str, ...]:
        if self._broken_by == "any-tr":
            return ()
        if self._broken_by == "same-trcode":
            return (tr.code,)
        return (tr.code, *sorted(f"{name}={value}" for name, value in inputs.items()))
