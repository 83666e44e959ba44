"""``serve``: answer requests until somebody says stop."""

from __future__ import annotations

import argparse
import contextlib
import importlib
from typing import Any, Dict, Optional

from sapi_kiwoom import krx
from sapi_kiwoom.cli.options import (
    DEFAULT_URL,
    Commands,
    add_command,
    add_market_options,
    address,
    market_options,
    positive,
    window,
)
from sapi_kiwoom.errors import KiwoomError
from sapi_kiwoom.loop import SECOND

_TEXT = """\
서버를 실행합니다. / Run the server.

BROKER_URL 없이 --simulator 로 실행하면 이 서버만의 RabbitMQ 를 띄우고, 끝날 때 함께 지웁니다.
With --simulator and without BROKER_URL, a private RabbitMQ is started and gone on exit.
Ctrl-C 로 끝냅니다: 처리 중인 요청은 응답하거나 큐로 돌려보냅니다. Ctrl-C stops in good order."""

JOURNAL = "sapi-kiwoom-orders.db"

_MORE = """\
예 / examples:
  sapi-kiwoom serve --simulator
  sapi-kiwoom serve --simulator amqp://localhost:5672 --seed 7 --speed 60 --at 2026-11-20T09:00
  sapi-kiwoom serve --simulator --scenario vi-day --state ~/vi-day
  sapi-kiwoom serve --simulator --orders --policy who.json amqp://localhost:5672
  sapi-kiwoom serve --simulator --exchange 7700      따로 실행한 거래소로 / see sapi-kiwoom exchange
  python -m sapi_kiwoom amqp://localhost:5672        키움 컨트롤로 (Windows) / the real control"""


def add_parser(commands: Commands) -> None:
    """Add ``serve``."""
    command = add_command(commands, "serve", _TEXT, _MORE)
    command.add_argument(
        "broker_url", nargs="?", metavar="BROKER_URL", help="for example " + DEFAULT_URL
    )
    command.add_argument(
        "--simulator",
        action="store_true",
        help="시뮬레이터로 / the simulator instead of the control",
    )
    simulator = command.add_argument_group("시뮬레이터 / simulator")
    add_market_options(simulator)
    simulator.add_argument(
        "--exchange",
        type=address,
        metavar="PORT|HOST:PORT",
        help="따로 실행 중인 거래소에 접속 / the market of a running `sapi-kiwoom exchange`, which has the "
        "time, the speed and the state; name the same scenario and seed",
    )
    simulator.add_argument(
        "--block-beyond",
        type=window,
        action="append",
        metavar="N/SECONDS",
        help="requests beyond which the simulated broker blocks with -209; "
        "may be repeated (default: 60/180 and 1000/3600)",
    )
    limits = command.add_argument_group("요청 한도 / request budget")
    limits.add_argument(
        "--limits",
        choices=("default", "notice"),
        default="default",
        help="default: 5/1 50/180 1000/3600; notice: also 5/18 and 25/90, as Kiwoom's notice advises",
    )
    limits.add_argument(
        "--limit",
        type=window,
        action="append",
        metavar="N/SECONDS",
        help="a budget of your own instead; may be repeated",
    )
    limits.add_argument(
        "--limit-history",
        metavar="FILE",
        help="remember past requests here, so that a restart does not exceed the budget",
    )
    orders = command.add_argument_group("주문 / orders")
    orders.add_argument(
        "--orders",
        action="store_true",
        help="주문을 받음 / take orders, on the queues orders.<account>",
    )
    orders.add_argument(
        "--journal",
        metavar="FILE",
        default=JOURNAL,
        help="every order is written here before it is sent; keep it (default: %(default)s)",
    )
    orders.add_argument(
        "--policy",
        metavar="FILE",
        help="누가 무엇을 할 수 있는지 / JSON: which broker user may do what, and the limits of orders; "
        "without it nobody may order over the broker (docs/orders.md)",
    )
    command.add_argument(
        "--deadline",
        type=positive,
        default=3600.0,
        metavar="SECONDS",
        help="after which a request that could not be served is answered so (default: 3600)",
    )
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Serve until a signal ends it."""
    from sapi_kiwoom import app
    from sapi_kiwoom.amqp import PrivateBroker, safe_url
    from sapi_kiwoom.session.limiter import DEFAULT, NOTICE

    if not options.simulator:
        if options.scenario or options.state or options.exchange:
            raise KiwoomError(
                "--scenario, --state and --exchange belong to the simulator; add --simulator"
            )
        app.real_control(options.broker_url or DEFAULT_URL)
    if options.exchange and (options.at or options.speed or options.state):
        raise KiwoomError("--at, --speed and --state belong to the exchange; start that with them")
    market = market_options(options)
    simulated = app.simulator(**market, behaviour=_behaviour(options), exchange=options.exchange)
    scenario, speed = simulated.scenario, simulated.speed or float("inf")
    played = f"{scenario.name}, seed {scenario.seed}"
    with contextlib.ExitStack() as stack:
        url: Optional[str] = options.broker_url
        if url is None:
            print("starting a private RabbitMQ ...", flush=True)
            url = stack.enter_context(PrivateBroker()).url
        shown = safe_url(url)

        def ready() -> None:
            start = krx.kst(simulated.loop.now()).strftime("%Y-%m-%d %H:%M:%S")
            print(
                f"ready: simulator ({played}, {start} KST, speed {speed:g}) on {shown}",
                flush=True,
            )

        served = app.App(
            simulated.loop,
            simulated.control,
            simulated.kind,
            url,
            windows=options.limit or (NOTICE if options.limits == "notice" else DEFAULT),
            history=options.limit_history,
            deadline=options.deadline,
            on_ready=ready,
            simulated=simulated,
            journal=options.journal if options.orders else None,
            policy=options.policy,
        )
        if scenario.end is not None:
            simulated.loop.call_later(scenario.end - simulated.loop.now(), served.stop)
        served.run()
    return 0


def _behaviour(options: argparse.Namespace) -> Any:
    if not options.block_beyond:
        return None
    module = importlib.import_module("simulator")
    limits = importlib.import_module("simulator.limits")
    budgets = tuple((count, length // SECOND) for count, length in options.block_beyond)
    chosen: Dict[str, Any] = {"allowance": limits.Allowance(budgets=budgets)}
    return module.Behaviour(**chosen)
