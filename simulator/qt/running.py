"""``python -m simulator run``: a program, unmodified, on the simulator."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from types import ModuleType
from typing import List, Optional

from sapi_kiwoom.errors import KiwoomError
from simulator.qt.installing import install
from simulator.qt.settings import Settings, moment


def main(arguments: Optional[List[str]] = None) -> None:
    """Run a program as its own interpreter would. Its exceptions and its exit code are this one's."""
    parsed = _parser().parse_args(arguments)
    path = Path(parsed.program)
    try:
        source = path.read_bytes()
        install(Settings(parsed.scenario, parsed.seed, parsed.speed, parsed.at, parsed.transcript))
    except OSError as error:
        sys.exit(f"{error.filename}: {error.strerror}")
    except KiwoomError as error:
        sys.exit(str(error))
    sys.argv = [parsed.program, *parsed.arguments]
    if not getattr(sys.flags, "safe_path", False):  # else nothing of the program's is there
        sys.path[0] = str(path.resolve().parent)
    main_module = ModuleType("__main__")
    main_module.__dict__.update(__file__=str(path), __builtins__=__builtins__, __cached__=None)
    sys.modules["__main__"] = main_module
    exec(compile(source, str(path), "exec", dont_inherit=True), main_module.__dict__)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m simulator", description=__doc__)
    commands = parser.add_subparsers(metavar="COMMAND", required=True, dest="command")
    run = commands.add_parser(
        "run",
        help="run a program that uses the control through PyQt5.QAxContainer",
        description="Runs a program for the Kiwoom control, unmodified, on the simulator. Without options: "
        "10:00 of a trading day, real time, an account with cash, three conditions.",
    )
    run.add_argument("--scenario", metavar="FILE|NAME", help="what is played")
    run.add_argument("--seed", type=int, help="decides every price; the scenario's by default")
    run.add_argument(
        "--speed", type=_speed, metavar="X", help="market seconds per second, 1; inf is at once"
    )
    run.add_argument(
        "--at", type=_moment, metavar="'YYYY-MM-DD HH:MM'", help="when it starts, Korean time"
    )
    run.add_argument(
        "--transcript", metavar="FILE", help="write every call and event, as JSON lines"
    )
    run.add_argument("program", metavar="PROGRAM.py")
    run.add_argument("arguments", nargs=argparse.REMAINDER, metavar="ARGS")
    return parser


def _moment(text: str) -> int:
    try:
        return moment(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _speed(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not speed > 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return speed
