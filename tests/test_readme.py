"""What the README shows works as printed."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from sapi_kiwoom.server.methods import METHODS
from tests.serving import serving

ROOT = Path(__file__).parent.parent
KOREAN = (ROOT / "README.md").read_text(encoding="utf-8")
ENGLISH = (ROOT / "README.en.md").read_text(encoding="utf-8")


def blocks(text, language):
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def run(program, url, timeout=60):
    program = program.replace("amqp://localhost:5672", url)
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        timeout=timeout,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode("utf-8")


@pytest.mark.rabbitmq
def test_the_example_client_of_2021_prints_the_name(broker_url):
    (client,) = [block for block in blocks(KOREAN, "python") if "import pika" in block]
    with serving(broker_url):
        printed = run(client, broker_url)
    assert "'result': '한국전력'" in printed
    assert "'task_id': 'custom-task-id'" in printed
    assert "'status': 'TASK_SUCCEED'" in printed


@pytest.mark.rabbitmq
def test_the_client_of_this_package_prints_name_and_trades(broker_url):
    (client,) = [block for block in blocks(KOREAN, "python") if "import connect" in block]
    stopping = client + "        break\n"  # the README's loop has no end
    with serving(broker_url):
        printed = run(stopping, broker_url)
    assert printed.startswith("한국전력\n005930 주식체결 ")


def test_the_english_example_runs_without_a_broker():
    (client,) = [block for block in blocks(ENGLISH, "python") if "simulate" in block]
    assert run(client, "unused").startswith("한국전력\n005930 주식체결 ")


def test_both_languages_give_the_same_commands():
    assert blocks(KOREAN, "")[1:5] == blocks(ENGLISH, "")[1:5]


def test_every_method_of_version_1_is_in_the_readme():
    assert all(f"`{name}`" in KOREAN for name, method in METHODS.items() if method.since == 1)


def test_the_wire_format_describes_every_method_and_parameter():
    text = (ROOT / "docs" / "wire.md").read_text(encoding="utf-8")
    for name, method in METHODS.items():
        if method.group in ("version-1", "reads", "lookups", "status", "simulator"):
            assert f"`{name}`" in text
            if method.group != "simulator":
                assert all(f"`{each}`" in text for each in method.parameters["properties"]), name
