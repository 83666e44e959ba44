"""``exchange``: a simulated market in a process of its own, which outlives the servers before it."""

from __future__ import annotations

import argparse
import importlib

from sapi_kiwoom import krx
from sapi_kiwoom.cli.options import Commands, add_command, add_market_options, market_options, port
from sapi_kiwoom.errors import KiwoomError

_TEXT = """\
시뮬레이터의 거래소와 계좌를 별도의 프로세스로 실행합니다. / Run the simulated market by itself.

서버가 죽거나 다시 시작해도 시세, 주문, 계좌는 계속됩니다. --state 를 붙이면 이 프로세스가 죽어도
다시 시작할 때 이어집니다. The market, orders and accounts go on when a server dies; with --state
also when this process is killed and started again. 127.0.0.1 에서만 접속할 수 있습니다. Listens on
127.0.0.1 only. Ctrl-C 로 끝냅니다. Ctrl-C stops it."""

_MORE = """\
예 / examples:
  sapi-kiwoom exchange --state ./state
  sapi-kiwoom serve --simulator --exchange 7700 amqp://localhost
  sapi-kiwoom exchange --port 7701 --scenario vi-day --speed 10
  sapi-kiwoom serve --simulator --exchange 7701 --scenario vi-day amqp://localhost"""


def add_parser(commands: Commands) -> None:
    """Add ``exchange``."""
    command = add_command(commands, "exchange", _TEXT, _MORE)
    command.add_argument(
        "--port",
        type=port,
        default=7700,
        help="접속을 기다릴 포트 / where to listen on 127.0.0.1; 0 takes a free one (default: %(default)s)",
    )
    add_market_options(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the market until a signal or its scenario ends it."""
    from sapi_kiwoom import app

    market = market_options(options)
    speed = market["speed"]
    if speed == float("inf"):
        raise KiwoomError(
            "an exchange for other processes needs a pace; name one, for example --speed 60"
        )
    simulated = app.simulator(**market)
    loop, scenario = simulated.loop, simulated.scenario
    identity = importlib.import_module("simulator").identity(scenario)
    hosting = importlib.import_module("simulator.hosting")
    try:
        server = hosting.HouseServer(
            loop, simulated.house, speed=speed, identity=identity, port=options.port
        )
        app.on_signals(loop, loop.stop)
        start = krx.kst(loop.now()).strftime("%Y-%m-%d %H:%M:%S")
        print(
            f"ready: exchange ({scenario.name}, seed {scenario.seed}, {start} KST, speed {speed:g}) "
            f"on 127.0.0.1:{server.address[1]}",
            flush=True,
        )
        if scenario.end is not None:
            loop.call_later(scenario.end - loop.now(), loop.stop)
        try:
            # What cannot be written down must not happen: better to end, and to go on from there.
            app.keep_running(loop, KiwoomError)
        finally:
            server.close()
    finally:
        simulated.close()
    return 0
