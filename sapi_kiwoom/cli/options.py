"""Types and options that several commands share."""

from __future__ import annotations

import argparse
from datetime import date, datetime, timedelta
from typing import Any, Tuple

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


def positive(text: str) -> float:
    """A number above 0."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} must be a number above 0, for example 60")
    return value


def window(text: str) -> Tuple[int, int]:
    """``50/180`` is 50 requests in 180 seconds: (50, 180,000,000)."""
    count, _, length = text.partition("/")
    if not (count.isdigit() and length.isdigit() and int(count) and int(length)):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no budget; write requests/seconds, for example 50/180"
        )
    return int(count), int(length) * SECOND
