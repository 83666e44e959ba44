"""Types and options that several commands share."""

from __future__ import annotations

import argparse
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Dict, Tuple

from sapi_kiwoom import krx
from sapi_kiwoom.loop import SECOND

DEFAULT_URL = "amqp://localhost:5672"

MOMENTS = (date(2016, 1, 4), krx.LAST_DATE - timedelta(days=31))
"""Days between which a simulated market may start: there is some history before and time ahead."""

Commands = Any
"""What ``add_subparsers`` returns; argparse gives it no public name."""


def add_command(
    commands: Commands, name: str, text: str, more: str = ""
) -> argparse.ArgumentParser:
    """A subcommand with a summary and, below its options, examples."""
    command: argparse.ArgumentParser = commands.add_parser(
        name,
        help=text.splitlines()[0],
        description=text,
        epilog=more,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("-v", "--verbose", action="store_true", help="자세한 로그 / log in detail")
    return command


def add_client_options(command: argparse.ArgumentParser) -> None:
    """Options of commands that talk to a server."""
    command.add_argument(
        "--url", default=DEFAULT_URL, metavar="BROKER_URL", help="the broker (default: %(default)s)"
    )
    command.add_argument(
        "--timeout",
        type=positive,
        default=60.0,
        metavar="SECONDS",
        help="how long to wait for an answer (default: %(default)g)",
    )


def add_scenario_option(command: Any) -> None:
    """The scenario that a simulator plays."""
    command.add_argument(
        "--scenario",
        metavar="FILE|NAME",
        help="시나리오 파일 또는 이름 / a scenario's file, or a name that `sapi-kiwoom scenario list` shows "
        "(default: any day of the whole market)",
    )


def add_market_options(command: Any) -> None:
    """Which market a simulator plays, when, and how fast; `market_options` takes them."""
    add_scenario_option(command)
    command.add_argument(
        "--seed",
        type=int,
        help="같은 값이면 같은 시세 / same seed, same prices (default: the scenario's, else 1)",
    )
    command.add_argument(
        "--speed",
        type=positive,
        metavar="X",
        help="몇 배속 / market seconds per second (default: the scenario's, else 1)",
    )
    command.add_argument(
        "--at",
        type=moment,
        metavar="MOMENT",
        help="시작 시각 / market time to start at, Korean time, for example 2026-11-20T09:00 "
        "(default: the scenario's start, else now within trading hours, else 10:00 of the last "
        "trading day)",
    )
    command.add_argument(
        "--state",
        type=Path,
        metavar="DIR",
        help="계좌와 주문을 여기에 남기고 다음에 이어 감 / accounts and orders are kept here, and a server "
        "started again goes on with them",
    )


def market_options(options: argparse.Namespace) -> Dict[str, Any]:
    """What `app.simulator` is told of them.

    Raises:
        KiwoomError: the scenario cannot be played.
    """
    from sapi_kiwoom import app

    scenario = app.scenario(options.scenario)
    return {
        "scenario": scenario,
        "seed": options.seed,
        "at": options.at,
        "speed": options.speed or scenario.speed or 1.0,
        "state": options.state,
    }


def moment(text: str) -> int:
    """``2026-11-20T10:00`` or ``2026-11-20 10:00:30`` in Korean time, as microseconds since 1970 UTC."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no moment; write for example 2026-11-20T10:00 (Korean time)"
        ) from None
    if not MOMENTS[0] <= at.date() <= MOMENTS[1]:
        raise argparse.ArgumentTypeError(
            f"{text!r} is outside the exchange's calendar; choose from {MOMENTS[0]} to {MOMENTS[1]}"
        )
    return krx.microseconds(at if at.tzinfo else at.replace(tzinfo=krx.KST))


def day(text: str) -> date:
    """``2026-11-20``."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no date; write for example 2026-11-20"
        ) from None


def positive(text: str) -> float:
    """A number above 0."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} must be a number above 0, for example 60")
    return value


def port(text: str) -> int:
    """``7700``; 0 is any that is free."""
    if not text.isdigit() or int(text) >= 1 << 16:
        raise argparse.ArgumentTypeError(f"{text!r} is no port; write for example 7700")
    return int(text)


def address(text: str) -> Tuple[str, int]:
    """``7700`` is a port of this computer, ``host:7700`` one elsewhere: ("127.0.0.1", 7700)."""
    host, _, number = text.rpartition(":")
    return host or "127.0.0.1", port(number)


def window(text: str) -> Tuple[int, int]:
    """``50/180`` is 50 requests in 180 seconds: (50, 180,000,000)."""
    count, _, length = text.partition("/")
    if not (count.isdigit() and length.isdigit() and int(count) and int(length)):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no budget; write requests/seconds, for example 50/180"
        )
    return int(count), int(length) * SECOND
