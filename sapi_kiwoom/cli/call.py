"""``call``: one request, its result as JSON."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any, Dict

from sapi_kiwoom.cli.options import Commands, add_client_options, add_command
from sapi_kiwoom.errors import RequestFailed
from sapi_kiwoom.server.methods import METHODS

_TEXT = """\
요청 하나를 보내고 결과를 JSON 으로 출력합니다. / Send one request and print its result as JSON."""


def add_parser(commands: Commands) -> None:
    """Add ``call``."""
    lines = ["메서드 / methods:"]
    for method in METHODS.values():
        parameters = " ".join(f"{name}=..." for name in method.parameters["properties"])
        lines += [f"  {method.name} {parameters}", f"      {method.korean} {method.english}"]
    lines += [
        "",
        "예 / examples:",
        "  sapi-kiwoom call get-stock-name stock_code=015760",
        "  sapi-kiwoom call request-day-candle stock_code=005930 is_adjusted=1 from=20261102 to=20261120",
    ]
    command = add_command(commands, "call", _TEXT, "\n".join(lines))
    command.add_argument("method", metavar="METHOD")
    command.add_argument("parameters", nargs="*", metavar="key=value", type=_parameter)
    add_client_options(command)
    command.set_defaults(run=run)


def _parameter(text: str) -> Dict[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise argparse.ArgumentTypeError(
            f"{text!r}: write key=value, for example stock_code=005930"
        )
    return {name: value}


def run(options: argparse.Namespace) -> int:
    """Call the method; exit code 1 where the server answered with an error."""
    from sapi_kiwoom.app import connect

    parameters: Dict[str, Any] = {}
    for each in options.parameters:
        parameters.update(each)
    with connect(options.url, options.timeout) as client:
        try:
            result = client.call(options.method, **parameters)
        except RequestFailed as error:
            print(f"sapi-kiwoom: {error.name}: {error.message}", file=sys.stderr)
            return 1
    print(json.dumps(result, ensure_ascii=False, indent=1))
    return 0
