"""Handlers that ask for TRs: any of the catalogue, and the quotes of many stocks."""

from __future__ import annotations

from functools import partial
from typing import Any, Dict, List

from sapi_kiwoom.catalogue import Tr
from sapi_kiwoom.catalogue.kinds import MOCK, REAL
from sapi_kiwoom.errors import RequestRejected
from sapi_kiwoom.server import tables
from sapi_kiwoom.server.calls import Call, Handler, Services
from sapi_kiwoom.session.pages import Row
from sapi_kiwoom.session.requests import WATCH_LISTS, Chain, Page

SYNTHETIC = "synthetic"
"""What `Services.label` says of a TR whose numbers are invented."""

_ACCOUNTS = ("account", "futures-account")
"""Groups of the catalogue that go before all others."""

_PRIORITIES = {"low": -1, "normal": 0, "high": 1}

_ACCOUNT_PRIORITY = 2

_CODES = 100
"""So many a CommKwRqData takes."""


def handlers(server: Services) -> Dict[str, Handler]:
    """By the method's name."""
    return {
        "request-tr": partial(_request_tr, server),
        "request-stocks": partial(_request_stocks, server),
    }


def _request_tr(server: Services, call: Call) -> None:
    values = call.values
    tr = tables.find(values["tr"])
    inputs = tables.inputs(tr, values.get("inputs", {}))
    if tr.code in WATCH_LISTS:
        _check_watch_list(inputs[tr.inputs[0].name])
    for field in tr.inputs:
        if field.key == "account":
            server.check_account(call, inputs[field.name])
    time = tables.moment(tr)
    if "until" in values and time is None:
        raise RequestRejected(
            "invalid-parameter",
            f"조회 끝 일자(until): the rows of {tr.code} have no date; use max_pages instead",
            field="until",
        )
    until = values.get("until", "")

    def recent(row: Row) -> bool:
        assert time is not None
        return not row[time] or row[time][:8] >= until

    answer = _Answer(server, call, tr)

    def on_page(page: Page) -> None:
        rows = [row for row in page.rows if recent(row)] if until else page.rows
        answer.add(page.single, rows, page.number == 1)
        more = page.more and len(rows) == len(page.rows)
        answer.send(page.number, page.last, {"more": more})

    max_pages = values.get("max_pages", 0)
    account = tr.group in _ACCOUNTS
    priority = values.get("priority", "normal")
    # What goes on for pages, day by day, is history, which somebody may be collecting.
    history = tr.group == "chart" or (time is not None and max_pages != 1)
    chain = Chain(
        tr=tr,
        inputs=inputs,
        on_done=lambda rows: None,
        on_error=call.fail,
        enough=(lambda rows: not all(map(recent, rows))) if until else lambda rows: False,
        max_pages=max_pages,
        priority=_ACCOUNT_PRIORITY if account else _PRIORITIES[priority],
        bulk=not account and (history or priority == "low"),
        on_page=call.guard(on_page),
    )
    requests = server.session.requests
    call.undo = partial(requests.cancel, requests.submit(chain))


def _check_watch_list(codes: str) -> None:
    count = len(codes.split(";"))
    if not codes or count > _CODES:
        raise RequestRejected(
            "invalid-parameter",
            f"종목코드(stock_codes): give 1 to {_CODES} codes with ; between, not {count}; "
            "request-stocks takes any number",
            field="inputs.stock_codes",
        )


def _request_stocks(server: Services, call: Call) -> None:
    """Ask for a hundred after the other; each has its place in the queue, so others get in between."""
    tr = tables.find("OPTKWFID")
    codes = list(dict.fromkeys(call.values["stock_codes"]))
    parts = [";".join(codes[at : at + _CODES]) for at in range(0, len(codes), _CODES)]
    answer = _Answer(server, call, tr)
    requests = server.session.requests
    priority = call.values.get("priority", "normal")

    def ask(number: int) -> None:
        def on_page(page: Page) -> None:
            answer.add({}, page.rows, number == 1)
            last = number == len(parts)
            answer.send(number, last, {})
            if not last and call.open:
                ask(number + 1)

        chain = Chain(
            tr=tr,
            inputs={tr.inputs[0].name: parts[number - 1]},
            on_done=lambda rows: None,
            on_error=call.fail,
            max_pages=1,
            priority=_PRIORITIES[priority],
            bulk=priority == "low",
            on_page=call.guard(on_page),
        )
        call.undo = partial(requests.cancel, requests.submit(chain))

    ask(1)


class _Answer:
    """What was read for a call: gathered for one reply, or sent page by page."""

    def __init__(self, server: Services, call: Call, tr: Tr) -> None:
        profile = MOCK if server.session.control.GetLoginInfo("GetServerGubun") == "1" else REAL
        self._call = call
        self._tr = tr
        self._single = tables.Renamed(tr.single, profile)
        self._multi = tables.Renamed(tr.multi, profile)
        self._synthetic = server.label(tr.code) == SYNTHETIC
        self._one: Row = {}
        self._rows: List[Row] = []

    def add(self, single: Row, rows: List[Row], first: bool) -> None:
        """Another page; the first one forgets those of before, whose chain had to start over."""
        if first:
            self._one = single
            self._rows = []
        self._rows.extend(rows)

    def send(self, page: int, last: bool, members: Dict[str, Any]) -> None:
        """Send what was added if it is time: at the end, or always where pages are streamed."""
        stream = self._call.values.get("stream", False)
        if last:
            result = dict(self._result(), **members)
            self._call.answer(result, **({"page": page, "last": True} if stream else {}))
        elif stream:
            self._call.page(dict(self._result(), **members), page)
            self._rows = []

    def _result(self) -> Dict[str, Any]:
        result: Dict[str, Any] = {
            "tr": self._tr.code,
            "title": self._tr.title,
            "single": self._single.text(self._one),
            "rows": [self._multi.text(row) for row in self._rows],
        }
        if self._call.values.get("typed", False):
            result["values"] = {
                "single": self._single.values(self._one),
                "rows": [self._multi.values(row) for row in self._rows],
            }
        if self._synthetic:
            result["synthetic"] = True
        return result
