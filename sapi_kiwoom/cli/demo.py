"""``demo``: the main job from end to end, with or without a broker."""

from __future__ import annotations

import argparse
import contextlib
import subprocess
import sys
from typing import Iterator, Optional

from sapi_kiwoom.cli import watch
from sapi_kiwoom.cli.options import Commands, add_command, add_scenario_option
from sapi_kiwoom.client import Client
from sapi_kiwoom.errors import KiwoomError

_TEXT = """\
시뮬레이터 서버를 띄우고 요청과 실시간 체결을 보여 줍니다.
Start a simulator server and show requests and live trades.

RabbitMQ 가 설치되어 있으면 이 데모만의 RabbitMQ 를 띄워 그 위에서, 없으면 프로세스 안에서 실행합니다.
Runs over a private RabbitMQ where the program is installed, inside this process where it is not."""

CODES = ("005930", "000660", "015760")


def add_parser(commands: Commands) -> None:
    """Add ``demo``."""
    command = add_command(commands, "demo", _TEXT)
    command.add_argument(
        "--events",
        type=int,
        default=40,
        metavar="N",
        help="실시간 체결 수 / trades to show (default: 40)",
    )
    add_scenario_option(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Show lookups, a TR and real-time trades."""
    from sapi_kiwoom.app import scenario

    codes = scenario(options.scenario).codes[: len(CODES)] or CODES
    with contextlib.ExitStack() as stack:
        client = _client(stack, options.scenario)
        names = {}
        _say("종목명 조회 (get-stock-name)")
        for code in codes:
            names[code] = client.call("get-stock-name", stock_code=code)
            print(f"  {code}  {names[code]}")
        _say("일봉 조회 (request-day-candle, opt10081): 최근 5일")
        candles = client.call(
            "request-day-candle",
            stock_code=codes[0],
            is_adjusted="1",
            from_="20200101",
            to="20991231",
        )
        print(f"  {len(candles)} candles")
        for candle in candles[:5]:
            print(
                "  {day}  시가 {opening:>8}  고가 {high:>8}  저가 {low:>8}"
                "  종가 {closing:>8}  거래량 {volume:>12}".format(**candle)
            )
        _say(f"실시간 체결 (subscribe-realtime): {options.events} 건")
        for code in codes:
            client.subscribe(code)
        watch.show(client, names, options.events)
    _say("다음은 / next: sapi-kiwoom serve --simulator, sapi-kiwoom call --help")
    return 0


def _client(stack: contextlib.ExitStack, scenario: Optional[str]) -> Client:
    from sapi_kiwoom.amqp import NoBrokerProgram, PrivateBroker
    from sapi_kiwoom.app import connect, simulate

    try:
        broker = PrivateBroker()
    except NoBrokerProgram as error:
        _say(
            "RabbitMQ 없이 프로세스 안에서 실행합니다. / Running inside this process, without RabbitMQ."
        )
        print(error.message)
        return stack.enter_context(simulate(speed=5.0, scenario=scenario))
    _say("이 데모만의 RabbitMQ 를 시작합니다. / Starting a private RabbitMQ.")
    url = stack.enter_context(broker).url
    stack.enter_context(_server(url, scenario))
    return stack.enter_context(connect(url))


@contextlib.contextmanager
def _server(url: str, scenario: Optional[str]) -> Iterator[None]:
    command = [sys.executable, "-m", "sapi_kiwoom", "serve", "--simulator", url, "--speed", "5"]
    command += ["--scenario", scenario] if scenario else []
    print("  $ " + " ".join(["sapi-kiwoom", *command[3:]]))
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8")
    assert server.stdout is not None
    try:
        for line in server.stdout:
            print("  " + line.rstrip())
            if line.startswith("ready"):
                break
        else:
            raise KiwoomError(
                "the server of the demo ended before it was ready; its messages are above"
            )
        yield
    finally:
        server.terminate()
        server.wait(timeout=20)
        server.stdout.close()


def _say(text: str) -> None:
    print(f"\n== {text}", flush=True)
