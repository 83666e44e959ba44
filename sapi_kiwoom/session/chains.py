"""What is asked of the control: a `Chain` of pages, its `Ticket` in the queue, each `Page` that comes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, List, Mapping, NamedTuple, Optional

from sapi_kiwoom.catalogue import Tr
from sapi_kiwoom.errors import KiwoomError
from sapi_kiwoom.session.pages import Row

WATCH_LISTS: Mapping[str, int] = {"OPTKWFID": 0, "OPTFOFID": 3}
"""The TRs of CommKwRqData, and its nTypeFlag: stocks, futures and options."""


class Page(NamedTuple):
    """One page of a chain.

    Attributes:
        number: from 1 on. 1 again means that the chain started over: forget the pages before.
        single: the TR's single record; empty where it has none.
        rows: of the multi record, without those that an earlier page had.
        more: the control has more.
        last: none follows.
    """

    number: int
    single: Row
    rows: List[Row]
    more: bool
    last: bool


@dataclass(frozen=True, eq=False)
class Chain:
    """A TR request with as many pages as it takes.

    The TRs of `WATCH_LISTS` are asked for with CommKwRqData: their input holds up to 100 codes with ``;``
    between.

    Attributes:
        tr: what is asked.
        inputs: all inputs of the TR by their Korean names.
        on_done: receives the rows of all pages in the control's order.
        on_error: receives what went wrong, instead of `on_done`.
        enough: given the new rows of a page (never none), tells whether that was the last page
            wanted. It must not count pages: a chain starts over after a lost login.
        max_pages: ask for no more; 0 for as many as there are.
        priority: higher ones go first; equal ones take turns.
        bulk: leave a part of the budget to others, see `Limiter`.
        on_page: receives each page as it comes, the last one before `on_done`.
        screen: one of the caller's own, which keeps what the TR registers on it; else one is lent.
    """

    tr: Tr
    inputs: Mapping[str, str]
    on_done: Callable[[List[Row]], None]
    on_error: Callable[[KiwoomError], None]
    enough: Callable[[List[Row]], bool] = lambda rows: False
    max_pages: int = 0
    priority: int = 0
    bulk: bool = False
    on_page: Optional[Callable[[Page], None]] = None
    screen: Optional[str] = None


class Ticket:
    """A chain in the queue or under way; only good for `Requests.cancel`."""

    __slots__ = ("chain", "ended", "inputs", "older_than", "pages", "rows", "turn")

    def __init__(self, chain: Chain, turn: int) -> None:
        self.chain = chain
        self.turn = turn
        self.ended = False
        self.start_over()

    def start_over(self) -> None:
        """Forget all pages."""
        self.inputs = dict(self.chain.inputs)
        self.pages = 0
        self.rows: List[Row] = []
        self.older_than: Optional[str] = None

    def __lt__(self, other: Ticket) -> bool:
        return (-self.chain.priority, self.turn) < (-other.chain.priority, other.turn)

    def take(self, page: List[Row]) -> List[Row]:
        """Keep the rows of a page, except those that an earlier turn had; return the new ones."""
        cursor, older_than = self.chain.tr.cursor, self.older_than
        if cursor is not None and older_than is not None:
            page = [row for row in page if row[cursor.field] < older_than]
        self.rows.extend(page)
        return page

    def cut(self) -> bool:
        """Prepare to go on from the oldest row in another turn; False where that is impossible."""
        cursor = self.chain.tr.cursor
        oldest = self.rows[-1][cursor.field] if cursor is not None and self.rows else ""
        if cursor is None or not oldest:
            return False
        self.inputs[cursor.input] = self.older_than = oldest
        return True
