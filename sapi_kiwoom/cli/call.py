"""``call``: one request, its result as JSON."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any, Dict, Mapping, Sequence, Tuple

from sapi_kiwoom.cli.options import Commands, add_client_options, add_command
from sapi_kiwoom.errors import RequestFailed
from sapi_kiwoom.server.methods import METHODS, Method

_TEXT = """\
요청 하나를 보내고 결과를 JSON 으로 출력합니다. / Send one request and print its result as JSON."""


def add_parser(commands: Commands) -> None:
    """Add ``call``."""
    lines = ["메서드 / methods:"]
    for method in METHODS.values():
        lines += [f"  {method.name} {_usage(method)}", f"      {method.korean} {method.english}"]
    lines += [
        "",
        "예 / examples:",
        "  sapi-kiwoom call get-stock-name stock_code=015760",
        "  sapi-kiwoom call request-day-candle stock_code=005930 is_adjusted=1 from=20261102 to=20261120",
        "  sapi-kiwoom call request-tr tr=opt10001 inputs.종목코드=005930 typed=true",
        "  sapi-kiwoom call request-stocks stock_codes=005930,000660",
    ]
    command = add_command(commands, "call", _TEXT, "\n".join(lines))
    command.add_argument("method", metavar="METHOD")
    command.add_argument("parameters", nargs="*", metavar="key=value", type=_parameter)
    add_client_options(command)
    command.set_defaults(run=run)


def _usage(method: Method) -> str:
    required = method.parameters["required"]
    texts = []
    for name, schema in method.parameters["properties"].items():
        text = f"{name}.KEY=..." if schema.get("type") == "object" else f"{name}=..."
        texts.append(text if name in required else f"[{text}]")
    return " ".join(texts)


def _parameter(text: str) -> Tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise argparse.ArgumentTypeError(
            f"{text!r}: write key=value, for example stock_code=005930"
        )
    return name, value


def parameters(method: str, given: Sequence[Tuple[str, str]]) -> Dict[str, Any]:
    """What ``key=value`` means to a method: ``a.b=c`` is in an object, ``a=b,c`` a list where one is meant.

    Args:
        method: its name; of an unknown one all values are strings, the server refuses it.
        given: keys and values.
    """
    known = METHODS[method].parameters["properties"] if method in METHODS else {}
    found: Dict[str, Any] = {}
    for name, text in given:
        outer, dot, inner = name.partition(".")
        if dot and known.get(outer, {}).get("type") == "object":
            found.setdefault(outer, {})[inner] = text
        else:
            found[name] = _value(known.get(name, {}), text)
    return found


def _value(schema: Mapping[str, Any], text: str) -> Any:
    """A text as the JSON value that is meant; one that cannot be is left for the server to refuse."""
    kind = schema.get("type", "string" if "title" not in schema else "any")
    if kind == "string":
        return text
    if kind == "array" and not text.startswith("["):
        return [_value(schema["items"], each) for each in text.split(",")]
    try:
        return json.loads(text)
    except ValueError:
        return text


def run(options: argparse.Namespace) -> int:
    """Call the method; exit code 1 where the server answered with an error."""
    from sapi_kiwoom.app import connect

    values = parameters(options.method, options.parameters)
    with connect(options.url, options.timeout) as client:
        try:
            result = client.call(options.method, **values)
        except RequestFailed as error:
            print(f"sapi-kiwoom: {error.name}: {error.message}", file=sys.stderr)
            return 1
    print(json.dumps(result, ensure_ascii=False, indent=1))
    return 0
