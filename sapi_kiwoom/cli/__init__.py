"""The command line: ``sapi-kiwoom serve``, ``call``, ``watch``, ``demo``, ``scenario`` and ``exchange``."""

from __future__ import annotations

import argparse
import logging
import sys
from typing import List, Optional

from sapi_kiwoom.cli import call, demo, exchange, scenario, serve, watch
from sapi_kiwoom.errors import KiwoomError
from sapi_kiwoom.version import VERSION

_DESCRIPTION = """\
키움증권 OpenAPI+ 를 RabbitMQ 로 사용합니다. 시뮬레이터가 함께 들어 있습니다.
Serve Kiwoom's OpenAPI+ control over RabbitMQ; a simulator comes with it."""

_EXAMPLES = """\
처음이라면 / to begin with:
  sapi-kiwoom demo                                   전체를 한 번에 / the whole thing at once
  sapi-kiwoom serve --simulator                      시뮬레이터 서버 / a simulator, with its own RabbitMQ
  sapi-kiwoom serve --simulator amqp://localhost     이미 있는 RabbitMQ 로 / on a RabbitMQ of yours
  sapi-kiwoom call get-stock-name stock_code=015760  요청 하나 / one request
  sapi-kiwoom watch 005930 000660                    실시간 체결 / live trades
  sapi-kiwoom exchange --state ./state               거래소를 따로 / the market by itself
  sapi-kiwoom scenario list                          시나리오 / what the simulator can play

명령마다 --help 가 있습니다. Each command has its own --help."""


def parser() -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    top = argparse.ArgumentParser(
        prog="sapi-kiwoom",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"sapi-kiwoom {VERSION}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for module in (serve, call, watch, demo, scenario, exchange):
        module.add_parser(commands)
    return top


def main(arguments: Optional[List[str]] = None) -> int:
    """Run a command line; returns the exit code.

    ``sapi-kiwoom amqp://host`` is the form of 2021 and means ``serve``; further arguments went to Qt
    then and are ignored.
    """
    if arguments is None:
        arguments = sys.argv[1:]
    if arguments and arguments[0].startswith(("amqp://", "amqps://")):
        arguments = ["serve", arguments[0]]
    options = parser().parse_args(arguments)
    logging.basicConfig(
        level=logging.DEBUG if options.verbose else logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    logging.getLogger("pika").setLevel(
        logging.CRITICAL
    )  # what matters of it is said in our own words
    try:
        code: int = options.run(options)
    except KiwoomError as error:
        print(f"sapi-kiwoom: {error.message}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return code
