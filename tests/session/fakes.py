"""A scripted control: the tests decide what each call leads to, and see every call in order."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional, Tuple, Union

from sapi_kiwoom import catalogue
from sapi_kiwoom.control import Events
from sapi_kiwoom.loop import SECOND
from simulator.clock import VirtualLoop

START = 1_700_000_000 * SECOND


class Request(NamedTuple):
    """A CommRqData with the inputs that were set for it."""

    rqname: str
    tr_code: str
    prev_next: int
    screen: str
    inputs: Dict[str, str]
    at: int


class Page(NamedTuple):
    """An answer: rows by Korean field name, newest first."""

    rows: List[Dict[str, str]]
    more: bool = False
    delay: int = SECOND // 10


class Silence:
    """The control takes the request and never answers."""


SILENCE = Silence()

Outcome = Union[Page, Silence, int, None]


class FakeControl:
    """Answers what ``answer`` says: a `Page`, `SILENCE`, or a return code that refuses.

    It bears no call in the middle of another, as a control that pumps messages might not.

    Args:
        loop: its time.
        reentrant: deliver answers inside CommRqData, before it returns, instead of some time later.
    """

    def __init__(self, loop: VirtualLoop, reentrant: bool = False) -> None:
        self.loop = loop
        self.reentrant = reentrant
        self.calls: List[Tuple[Any, ...]] = []
        self.requests: List[Request] = []
        self.answer: Callable[[Request], Outcome] = lambda request: Page([])
        self.inside: Callable[[], None] = lambda: None  # runs inside each CommRqData
        self.columns: Callable[[List[str]], List[str]] = lambda names: names
        self.message = ""
        self.login_codes: List[int] = []  # what each login leads to; 0 when used up
        self.connect_code: Optional[int] = 0
        self.register_code: Callable[[str], Optional[int]] = lambda codes: 0
        self.registered: Dict[str, List[str]] = {}  # codes by screen
        self.events: Optional[Events] = None
        self._busy = ""
        self._inputs: Dict[str, str] = {}
        self._page: Optional[Tuple[str, List[Dict[str, str]]]] = None

    def names(self, *wanted: str) -> List[Tuple[Any, ...]]:
        """The calls with one of these names."""
        return [call for call in self.calls if call[0] in wanted]

    @contextmanager
    def _call(self, *call: Any) -> Iterator[None]:
        assert not self._busy, f"{call} in the middle of {self._busy}"
        self.calls.append(call)
        self._busy = call[0]
        try:
            yield
        finally:
            self._busy = ""

    def attach(self, events: Events) -> None:
        assert self.events is None, "attached twice"
        self.events = events

    # -- login ---------------------------------------------------------------------------------

    def CommConnect(self) -> Optional[int]:
        with self._call("CommConnect", self.loop.now()):
            if self.connect_code == 0:
                code = self.login_codes.pop(0) if self.login_codes else 0
                self._soon(SECOND // 2, partial(self.connect_event, code))
            return self.connect_code

    def connect_event(self, code: int) -> None:
        assert self.events is not None
        self.events.OnEventConnect(code)

    def GetLoginInfo(self, tag: str) -> str:
        return {"USER_NAME": "홍길동", "USER_ID": "gildong"}.get(tag, "")

    # -- requests ------------------------------------------------------------------------------

    def SetInputValue(self, name: str, value: str) -> None:
        with self._call("SetInputValue", name, value):
            self._inputs[name] = value

    def CommRqData(self, rqname: str, tr_code: str, prev_next: int, screen: str) -> Optional[int]:
        with self._call("CommRqData", rqname, tr_code, prev_next, screen):
            inputs, self._inputs = self._inputs, {}
            request = Request(rqname, tr_code, prev_next, screen, inputs, self.loop.now())
            self.requests.append(request)
            self.inside()
            if self.message:
                assert self.events is not None
                self.events.OnReceiveMsg(screen, rqname, tr_code, self.message)
            outcome = self.answer(request)
            if isinstance(outcome, Page):
                self._soon(outcome.delay, partial(self.deliver, request, outcome))
            return outcome if outcome is None or isinstance(outcome, int) else 0

    def deliver(self, request: Request, page: Page) -> None:
        """The answer event, inside which alone the getters give something."""
        assert self.events is not None
        if "종목코드" in request.inputs:  # a request registers its code
            self.registered.setdefault(request.screen, []).append(request.inputs["종목코드"])
        self._page = (request.tr_code, page.rows)
        prev_next = "2" if page.more else "0"
        self.events.OnReceiveTrData(
            request.screen, request.rqname, request.tr_code, "", prev_next, 0, "", "", ""
        )
        self._page = None

    def GetRepeatCnt(self, tr_code: str, record: str) -> int:
        return len(self._rows(tr_code))

    def GetCommData(self, tr_code: str, record: str, index: int, item: str) -> str:
        rows = self._rows(tr_code)
        return rows[index].get(item, "").rjust(20) if index < len(rows) else ""

    def GetCommDataEx(self, tr_code: str, record: str) -> Optional[List[List[str]]]:
        multi = catalogue.tr(tr_code).multi
        assert multi is not None
        names = self.columns([field.name for field in multi.fields])
        rows = self._rows(tr_code)
        return [[row.get(name, "").rjust(20) for name in names] for row in rows] or None

    def _rows(self, tr_code: str) -> List[Dict[str, str]]:
        assert self._page is not None, "a getter was called outside of OnReceiveTrData"
        assert self._page[0] == tr_code
        return self._page[1]

    # -- real time -----------------------------------------------------------------------------

    def SetRealReg(self, screen: str, codes: str, fids: str, how: str) -> Optional[int]:
        with self._call("SetRealReg", screen, codes, fids, how):
            code = self.register_code(codes)
            if code == 0:
                old = self.registered.get(screen, []) if how == "1" else []
                new = [each for each in codes.split(";") if each not in old]
                self.registered[screen] = old + new
                assert len(self.registered[screen]) <= 100
            return code

    def SetRealRemove(self, screen: str, code: str) -> None:
        with self._call("SetRealRemove", screen, code):
            codes = self.registered.get(screen, [])
            if code in codes:
                codes.remove(code)
            if not codes:
                self.registered.pop(screen, None)

    def DisconnectRealData(self, screen: str) -> None:
        with self._call("DisconnectRealData", screen):
            self.registered.pop(screen, None)

    def tick(self, code: str, raw: str = "") -> None:
        """A trade of a code, if any screen registers it: once, on however many it is."""
        assert self.events is not None
        if any(code in codes for codes in self.registered.values()):
            self.events.OnReceiveRealData(code, "주식체결", raw)

    def _soon(self, delay: int, fn: Callable[[], None]) -> None:
        if self.reentrant and delay < SECOND:
            fn()
        else:
            self.loop.call_later(delay, fn)


class Archive:
    """Answers chart TRs from rows by stock code, ``size`` rows a page.

    Like the broker's server it remembers one chain only: a continuation after another TR gets the
    wrong rows.
    """

    def __init__(self, rows: Dict[str, List[Dict[str, str]]], size: int) -> None:
        self.rows = rows
        self.size = size
        self.interrupted = 0
        self._chain: Any = None
        self._at = 0

    def __call__(self, request: Request) -> Page:
        until = request.inputs.get("기준일자")
        rows = self.rows[request.inputs["종목코드"]]
        if until is not None:
            rows = [row for row in rows if row["일자"] <= until]
        chain = (request.tr_code, request.inputs)
        if request.prev_next == 2 and chain != self._chain:
            self.interrupted += 1
        start = self._at if request.prev_next == 2 else 0
        self._chain, self._at = chain, start + self.size
        return Page(rows[start : self._at], more=self._at < len(rows))
