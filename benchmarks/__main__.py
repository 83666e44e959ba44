"""Measures the server beside its floors: ``python -m benchmarks``.

The broker is a private node unless --url names one; that one must serve nothing else, because the queue
`tasks` is used and purged. Every figure is measured in rounds, ours and its floor in turns, and shown as the
median with the least and the most. A table goes to the terminal, everything to a JSON file.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Callable, Dict, List

import pika

from benchmarks import books, broadcasts, lookups, market, process, ticks
from benchmarks.figures import Figure, table
from sapi_kiwoom.amqp.node import PrivateBroker
from sapi_kiwoom.version import VERSION

BENCHES: Dict[str, Callable[[str, int, bool], List[Figure]]] = {
    "lookups": lookups.speed,
    "behind-trs": lookups.behind_trs,
    "ticks": ticks.flow,
    "broadcasts": broadcasts.flow,
    "idle": process.idle,
    "ready": process.ready,
    "books": books.speed,
    "control": market.through_control,
    "typed": market.typed,
    "day": market.whole_day,
    "memory": market.memory,
}

_WITHOUT_BROKER = ("books", "control", "typed", "day", "memory")

RESULTS = Path(__file__).parent / "results"


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("benches", nargs="*", metavar="BENCH", help=f"of {', '.join(BENCHES)}")
    parser.add_argument("--url", help="a broker that serves nothing else")
    parser.add_argument("--rounds", type=int, help="default: 7, with --quick 2")
    parser.add_argument("--quick", action="store_true", help="a glance instead of a measurement")
    parser.add_argument("--json", type=Path, metavar="FILE", help="default: benchmarks/results/...")
    options = parser.parse_args()
    unknown = set(options.benches) - set(BENCHES)
    if unknown:
        parser.error(f"no such bench: {', '.join(sorted(unknown))}; there are {', '.join(BENCHES)}")
    rounds = options.rounds or (2 if options.quick else 7)

    started = time.strftime("%Y-%m-%dT%H%M%S")
    figures: List[Figure] = []
    with ExitStack() as stack:
        benches = options.benches or list(BENCHES)
        url = options.url or ""
        if not url and set(benches) - set(_WITHOUT_BROKER):
            url = stack.enter_context(PrivateBroker()).url
        run: Dict[str, Any] = {
            "started": started,
            "command": {"benches": options.benches, "rounds": rounds, "quick": options.quick},
            "machine": machine(url),
        }
        noise = Figure("machine: a fixed piece of work", "ms", "")
        for name in benches:
            print(f"{name} ...", flush=True)
            noise.ours += [work() for _ in range(rounds)]
            figures += BENCHES[name](url, rounds, options.quick)
    print("\n" + "  ".join(f"{key}: {value}" for key, value in run["machine"].items()) + "\n")
    print(table([*figures, noise]))

    file = options.json or RESULTS / f"{started}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    run["figures"] = [figure.as_json() for figure in [*figures, noise]]
    file.write_text(json.dumps(run, indent=1) + "\n", encoding="utf-8")
    print(f"\nwritten: {file}")


def work() -> float:
    """Milliseconds for the same arithmetic each time: its range is the machine's own noise."""
    began = time.perf_counter()
    sum(number * number for number in range(500_000))
    return (time.perf_counter() - began) * 1e3


def machine(url: str) -> Dict[str, Any]:
    """On what this runs."""
    broker: Dict[str, Any] = {"product": "no broker", "version": ""}

    def opened(connection: Any) -> None:
        broker.update(connection.server_properties)
        connection.close()

    if url:
        pika.SelectConnection(
            pika.URLParameters(url),
            on_open_callback=opened,
            on_close_callback=lambda closed, _: closed.ioloop.stop(),
        ).ioloop.start()
    return {
        "sapi-kiwoom": VERSION,
        "python": platform.python_version(),
        "pika": pika.__version__,
        "orjson": "installed" if importlib.util.find_spec("orjson") else "not installed",
        "broker": f"{broker['product']} {broker['version']}".strip(),
        "system": platform.platform(),
        "cores": os.cpu_count(),
    }


if __name__ == "__main__":
    main()
