"""``sapi-kiwoom exchange`` and ``serve --exchange``, as a user types them."""

import json
import os
import re
import signal
import subprocess
import sys

import pytest

from sapi_kiwoom.app import keep_running
from sapi_kiwoom.cli import main, parser
from sapi_kiwoom.errors import KiwoomError
from simulator import VirtualLoop
from simulator.brokerage.ledger import LedgerError
from tests.serving import serving
from tests.test_cli import command, helps


@pytest.fixture
def exchange():
    """Starts exchanges and gives each with its port; they are gone after the test."""
    started = []

    def start(*arguments):
        process = subprocess.Popen(
            [sys.executable, "-m", "sapi_kiwoom", "exchange", "--port", "0", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        )
        started.append(process)
        process.ready = process.stdout.readline()
        process.port = re.search(r" on 127\.0\.0\.1:(\d+)", process.ready).group(1)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait(20)
        process.stdout.close()


def test_help_teaches(capsys):
    said = helps(capsys, "exchange")
    assert "sapi-kiwoom serve --simulator --exchange 7700" in said
    assert all(option in said for option in ("--port", "--scenario", "--state", "--speed", "--at"))
    assert "--exchange PORT|HOST:PORT" in helps(capsys, "serve")
    assert "sapi-kiwoom exchange" in helps(capsys)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("7700", ("127.0.0.1", 7700)),
        ("10.0.0.5:80", ("10.0.0.5", 80)),
        (":7701", ("127.0.0.1", 7701)),
    ],
)
def test_an_exchange_is_named_by_its_port(text, address):
    assert parser().parse_args(["serve", "--simulator", "--exchange", text]).exchange == address


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["exchange", "--port", "http"], "for example 7700"),
        (["exchange", "--port", "65536"], "for example 7700"),
        (["serve", "--simulator", "--exchange", "localhost"], "for example 7700"),
        (["serve", "--simulator", "--exchange", "localhost:"], "for example 7700"),
    ],
)
def test_wrong_arguments_are_answered_with_an_example(capsys, arguments, words):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["serve", "--exchange", "7700"], "add --simulator"),
        (["serve", "--simulator", "--exchange", "7700", "--speed", "2"], "belong to the exchange"),
        (["serve", "--simulator", "--exchange", "7700", "--state", "x"], "belong to the exchange"),
        (["serve", "--simulator", "--exchange", "1"], "sapi-kiwoom exchange --port 1"),
        (["exchange", "--scenario", "no-such-day"], "no scenario is called"),
    ],
)
def test_what_cannot_be_is_said_with_the_remedy(capsys, arguments, words):
    assert main(arguments) == 1
    assert words in capsys.readouterr().err


def test_an_exchange_needs_a_pace(capsys, tmp_path):
    file = tmp_path / "fast.yaml"
    file.write_text("version: 1\nspeed: max\nstart: 2026-11-20T09:00\n", encoding="utf-8")
    assert main(["exchange", "--scenario", str(file), "--port", "0"]) == 1
    assert "for example --speed 60" in capsys.readouterr().err


def test_an_exchange_ends_with_its_scenario(exchange, tmp_path):
    file = tmp_path / "short.yaml"
    file.write_text(
        "version: 1\nstart: 2026-11-20T09:00\nend: 2026-11-20T09:01\n", encoding="utf-8"
    )
    process = exchange("--scenario", str(file), "--speed", "100")
    assert "ready: exchange (short, seed 1, 2026-11-20 09:00:00 KST, speed 100)" in process.ready
    assert process.wait(30) == 0


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM that a process could handle")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_end_an_exchange_in_good_order(exchange, number):
    process = exchange("--seed", "7", "--at", "2026-11-20T09:30")
    assert "seed 7, 2026-11-20 09:30:00 KST, speed 1)" in process.ready
    process.send_signal(number)
    assert process.wait(20) == 0
    assert "Traceback" not in process.stdout.read()


def test_a_defect_ends_one_callable_and_what_cannot_be_written_down_ends_the_market(caplog):
    def fail(error):
        raise error

    loop = VirtualLoop(0)
    done = []
    loop.post(lambda: fail(ZeroDivisionError("a defect")))
    loop.post(lambda: done.append(1))
    loop.post(lambda: fail(LedgerError("the disk is full")))
    loop.post(lambda: done.append(2))
    with pytest.raises(LedgerError):
        keep_running(loop, KiwoomError)
    assert done == [1]
    assert "a defect" in caplog.text


@pytest.mark.rabbitmq
def test_a_server_before_an_exchange(exchange, broker_url):
    process = exchange("--speed", "4", "--at", "2026-11-20T09:30", "--seed", "9")
    other = command("serve", "--simulator", "--exchange", process.port, broker_url)
    assert other.returncode == 1
    assert "name the same scenario and seed" in other.stderr
    with serving(broker_url, "--exchange", process.port, "--seed", "9") as server:
        assert "seed 9, 2026-11-20 09:3" in server.ready
        assert "speed 4)" in server.ready
        days = command(
            "call", "request-day-candle", "stock_code=005930", "is_adjusted=1",
            "from=20251103", "to=20251110", "--url", broker_url,
        )  # fmt: skip
        assert json.loads(days.stdout)[0]["day"] == "20251110"
        seen = command("watch", "005930", "--plain", "--count", "3", "--url", broker_url)
        assert len(seen.stdout.splitlines()) == 3
    assert server.returncode == 0
