"""The command line, as a user types it."""

import json
import os
import signal
import subprocess
import sys

import pytest

from sapi_kiwoom.cli import main, parser, watch
from sapi_kiwoom.client import RealEvent
from sapi_kiwoom.server.methods import METHODS
from tests.serving import serving


def command(*arguments, timeout=90, **environment):
    return subprocess.run(
        [sys.executable, "-m", "sapi_kiwoom", *arguments],
        capture_output=True,
        encoding="utf-8",
        timeout=timeout,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **environment},
    )


def helps(capsys, *arguments):
    with pytest.raises(SystemExit) as caught:
        main([*arguments, "--help"])
    assert caught.value.code == 0
    return capsys.readouterr().out


def test_help_teaches(capsys):
    assert "sapi-kiwoom serve --simulator" in helps(capsys)
    assert "sapi-kiwoom demo" in helps(capsys)
    assert "--at" in helps(capsys, "serve")
    calls = helps(capsys, "call")
    assert all(method.name in calls and method.english in calls for method in METHODS.values())
    assert "--plain" in helps(capsys, "watch")


@pytest.mark.parametrize(
    "arguments", [["amqp://localhost:5672"], ["amqp://localhost", "-style", "x"], ["serve"]]
)
def test_without_a_control_it_names_the_simulator(arguments):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert "sapi-kiwoom serve --simulator amqp://localhost" in str(caught.value.code)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["serve", "--simulator", "--at", "tomorrow"], "2026-11-20T10:00"),
        (["serve", "--simulator", "--at", "2030-01-01T10:00"], "outside the exchange's calendar"),
        (["serve", "--simulator", "--at", "2012-01-01T10:00"], "choose from 2016"),
        (["serve", "--simulator", "--speed", "0"], "above 0"),
        (["serve", "--simulator", "--limit", "fifty"], "50/180"),
        (["call", "get-stock-name", "015760"], "key=value"),
        (["watch"], "CODE"),
        (["fly"], "invalid choice"),
    ],
)
def test_wrong_arguments_are_answered_with_an_example(capsys, arguments, words):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert words in capsys.readouterr().err


def test_moments_are_korean_time():
    options = parser().parse_args(["serve", "--simulator", "--at", "2026-11-20T09:00"])
    assert options.at == 1_795_132_800_000_000


def test_a_broker_that_is_not_there_is_said_in_words():
    done = command("call", "get-stock-name", "stock_code=015760", "--url", "amqp://127.0.0.1:1")
    assert done.returncode == 1
    assert "127.0.0.1" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_demo_runs_without_a_broker_and_says_how_to_install_one(tmp_path):
    program = (
        "import sapi_kiwoom.amqp.node as node\n"
        "node.SERVERS, node.WINDOWS_SERVERS = (), ()\n"
        "import sys; from sapi_kiwoom.cli import main; sys.exit(main(['demo', '--events', '5']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        encoding="utf-8",
        timeout=90,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", "PATH": str(tmp_path)},
    )
    assert done.returncode == 0, done.stderr
    assert "한국전력" in done.stdout
    assert "apt" in done.stdout
    assert "주식체결" not in done.stderr


@pytest.mark.rabbitmq
def test_the_demo_runs_over_a_broker_of_its_own():
    done = command("demo", "--events", "5")
    assert done.returncode == 0, done.stderr
    assert "ready: simulator" in done.stdout
    assert "한국전력" in done.stdout


@pytest.mark.rabbitmq
def test_serve_without_a_url_brings_its_own_broker_and_takes_it_away():
    with serving("--seed", "9", "--at", "2026-11-20T09:30") as server:
        assert "seed 9, 2026-11-20 09:30" in server.ready
        url = server.ready.split()[-1]
        done = command("call", "get-stock-name", "stock_code=015760", "--url", url)
        assert (done.returncode, json.loads(done.stdout)) == (0, "한국전력")
    assert server.returncode == 0
    gone = command("call", "get-stock-name", "stock_code=015760", "--url", url, "--timeout", "2")
    assert gone.returncode == 1


@pytest.mark.rabbitmq
def test_call_and_watch(broker_url):
    with serving(broker_url, "--speed", "20"):
        days = command(
            "call", "request-day-candle", "stock_code=005930", "is_adjusted=1",
            "from=20251103", "to=20251110", "--url", broker_url,
        )  # fmt: skip
        assert json.loads(days.stdout)[0]["day"] == "20251110"
        wrong = command("call", "get-stock-name", "--url", broker_url)
        assert wrong.returncode == 1
        assert "stock_code" in wrong.stderr
        seen = command("watch", "005930", "000660", "--plain", "--count", "3", "--url", broker_url)
        lines = seen.stdout.splitlines()
        assert len(lines) == 3
        assert all(line[:6] in ("005930", "000660") for line in lines)


@pytest.mark.rabbitmq
@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM that a process could handle")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_end_the_server_in_good_order(number, broker_url):
    with serving(broker_url) as server:
        server.send_signal(number)
        assert server.wait(20) == 0
    assert "Traceback" not in "".join(server.errors)


def test_watch_shows_trades_and_passes_over_other_events(capsys):
    trade = "\t".join(f"{number}" for number in range(43))
    told = [("주식우선호가", "+1\t+2"), ("주식체결", trade), ("gap", "3"), ("주식시세", "1")]

    class Told:
        def events(self):
            return (RealEvent("005930", kind, raw) for kind, raw in told)

    watch.show(Told(), {"005930": "삼성전자"}, None, plain=True)
    assert [line.split()[:3] for line in capsys.readouterr().out.splitlines()] == [
        ["005930", "삼성전자", "0::"],
        ["005930", "gap", "3"],
    ]
