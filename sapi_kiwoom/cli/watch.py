"""``watch``: live trades in the terminal."""

from __future__ import annotations

import argparse
from typing import Any, Callable, Dict, List

from sapi_kiwoom import catalogue
from sapi_kiwoom.cli.options import Commands, add_client_options, add_command
from sapi_kiwoom.client import Client, RealEvent

_TEXT = """\
실시간 체결을 터미널에 보여 줍니다. Ctrl-C 로 끝냅니다. / Live trades in the terminal; Ctrl-C ends it."""

_MORE = """\
예 / examples:
  sapi-kiwoom watch 005930 000660 035720
  sapi-kiwoom watch 005930 --plain | head     줄 단위 출력 / one line an event, for pipes"""

TRADE = "주식체결"

COLUMNS = (
    ("시각", 20),
    ("현재가", 10),
    ("대비", 11),
    ("등락율", 12),
    ("체결량", 15),
    ("거래량", 13),
    ("체결강도", 228),
)
"""Headings and the FIDs below them."""


def add_parser(commands: Commands) -> None:
    """Add ``watch``."""
    command = add_command(commands, "watch", _TEXT, _MORE)
    command.add_argument("codes", nargs="+", metavar="CODE", help="종목코드, for example 005930")
    command.add_argument(
        "--plain", action="store_true", help="줄 단위로 / one line an event instead of a table"
    )
    command.add_argument(
        "--count", type=int, metavar="N", help="N 건 뒤에 끝냄 / end after N events"
    )
    add_client_options(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Watch until Ctrl-C or ``--count`` events."""
    from sapi_kiwoom.app import connect

    with connect(options.url, options.timeout) as client:
        names = {code: client.call("get-stock-name", stock_code=code) for code in options.codes}
        for code in options.codes:
            client.subscribe(code)
        show(client, names, options.count, options.plain)
    return 0


def show(client: Client, names: Dict[str, str], count: int | None, plain: bool = False) -> None:
    """Draw a client's trades: a table that renews itself where `rich` and a terminal are there."""
    try:
        from rich.console import Console

        rich = not plain and Console().is_terminal
    except ImportError:
        rich = False
    if rich:
        _live(client, names, count)
    else:
        _read(client, count, lambda event: print(_line(event, names), flush=True))


def values(event: RealEvent) -> List[str]:
    """The columns' values of a trade; blanks are kept out, signs stay."""
    fids = catalogue.real_types()[event.real_type].fids
    parts = dict(zip(fids, event.raw.split("\t")))
    time = parts[20]
    return [f"{time[:2]}:{time[2:4]}:{time[4:]}", *(parts[fid].strip() for _, fid in COLUMNS[1:])]


def _line(event: RealEvent, names: Dict[str, str]) -> str:
    if event.real_type not in catalogue.real_types():
        return f"{event.stock_code} {event.real_type} {event.raw}"
    return "  ".join([event.stock_code, names.get(event.stock_code, ""), *values(event)])


def _read(client: Client, count: int | None, on_event: Callable[[RealEvent], Any]) -> None:
    others = catalogue.real_types().keys() - {TRADE}  # what is told of a gap is no real type
    shown = (each for each in client.events() if each.real_type not in others)
    for number, event in enumerate(shown, 1):
        on_event(event)
        if number == count:
            return


def _live(client: Client, names: Dict[str, str], count: int | None) -> None:
    from rich.live import Live
    from rich.table import Table

    latest: Dict[str, List[str]] = {code: [] for code in names}

    def table() -> Table:
        drawn = Table("종목코드", "종목명", *(heading for heading, _ in COLUMNS))
        for column in drawn.columns[2:]:
            column.justify = "right"
        for code, row in latest.items():
            # Red rises and blue falls, as on every Korean screen.
            colour = (
                "red"
                if row and row[2].startswith("+")
                else "blue"
                if row and row[2].startswith("-")
                else ""
            )
            drawn.add_row(code, names[code], *row, style=colour)
        return drawn

    with Live(table(), refresh_per_second=8) as live:

        def renew(event: RealEvent) -> None:
            if event.real_type == TRADE:
                latest[event.stock_code] = values(event)
                live.update(table())

        _read(client, count, renew)
