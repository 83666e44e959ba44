"""Programs as a user runs them: in a process of their own, and what they leave behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Set

import pytest

from sapi_kiwoom.signatures import EVENTS, METHODS

LOGIN = """
import sys
from PyQt5.QtWidgets import QApplication
from PyQt5.QAxContainer import QAxWidget
import pythoncom

app = QApplication.instance() or QApplication(sys.argv)

def login():
    ocx = QAxWidget("KHOPENAPI.KHOpenAPICtrl.1")
    errors = []
    ocx.OnEventConnect.connect(errors.append)
    ocx.dynamicCall("CommConnect()")
    while not errors:
        pythoncom.PumpWaitingMessages()
    assert errors == [0]
    return ocx
"""


def names(folder: Path) -> Set[str]:
    return {each.name for each in folder.iterdir()}


def ours(folder: Path) -> Set[str]:
    return {each for each in names(folder) if each.startswith("sapi-kiwoom-")}


def run(folder: Path, text: str, *options: str, code: int = 0) -> str:
    """Run a program; what it printed. Nothing may be left of the simulator."""
    pytest.importorskip("PyQt5", reason="needs PyQt5: the extra qt")
    (folder / "login.py").write_text(LOGIN, encoding="utf-8")
    (folder / "program.py").write_text(text, encoding="utf-8")
    before = names(folder)
    command = [sys.executable, "-m", "simulator", "run", *options, "program.py", "one", "--two"]
    environment = {**os.environ, "TMPDIR": str(folder / "tmp"), "PYTHONDONTWRITEBYTECODE": "1"}
    environment["PYTHONPATH"] = str(Path(__file__).parents[2])
    (folder / "tmp").mkdir()
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        timeout=50,
        check=False,
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == code, done.stderr
    late = 200
    while code < 0 and ours(folder / "tmp") and late:  # after a crash another process cleans up
        late -= 1
        subprocess.run([sys.executable, "-S", "-c", ""], check=True)
    assert names(folder) - before <= {"tmp", "transcript.jsonl"}
    assert ours(folder / "tmp") == set()
    return done.stdout


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A scenario of one stock, so that programs start fast."""
    path = tmp_path / "small.yaml"
    path.write_text(
        "version: 1\nstart: 2026-11-20 10:00\nstocks: ['005930']\nspeed: 20\n", encoding="utf-8"
    )
    return path


def test_a_program_is_main_with_its_arguments_folder_and_exit_code(tmp_path: Path) -> None:
    text = """
import sys, login, __main__
print(__name__, __file__, sys.argv, __main__.__name__, sys.path[0].endswith("program"))
print(login.login().dynamicCall("GetLoginInfo(QString)", "ACCNO"))
sys.exit(7)
"""
    folder = tmp_path / "program"
    folder.mkdir()
    lines = run(folder, text, code=7).splitlines()
    assert lines[0] == "__main__ program.py ['program.py', 'one', '--two'] __main__ True"
    assert lines[1].startswith("8")


def test_without_options_the_market_is_open_and_conditions_are_there(tmp_path: Path) -> None:
    text = """
import login, pythoncom
ocx = login.login()
state, trades = [], []
ocx.OnReceiveConditionVer.connect(lambda result, text: state.append(result))
ocx.OnReceiveRealData.connect(lambda code, kind: trades.append(kind))
ocx.GetConditionLoad()
ocx.SetRealReg("0101", "005930", "10", "0")
while not state or "주식체결" not in trades:
    pythoncom.PumpWaitingMessages()
print(len(ocx.GetConditionNameList().split(";")) - 1)
"""
    assert int(run(tmp_path, text)) >= 3


def test_options_choose_what_is_played(tmp_path: Path, small: Path) -> None:
    text = """
import login
print(login.login().GetCodeListByMarket(""))
"""
    at = ["--at", "2026-11-19 09:30", "--seed", "5", "--speed", "50"]
    options = ["--scenario", "small.yaml", *at, "--transcript", "transcript.jsonl"]
    assert run(tmp_path, text, *options).strip() == "005930;"
    lines = (tmp_path / "transcript.jsonl").read_text(encoding="utf-8").splitlines()
    told = [json.loads(each) for each in lines]
    assert [each.get("call") or each.get("event") for each in told] == [
        "CommConnect",
        "OnEventConnect",
        "GetCodeListByMarket",
    ]
    assert told[0]["returns"] == 0
    assert told[1]["args"] == [0]
    assert "returns" not in told[1]
    nine_thirty = 1_795_048_200_000_000  # 2026-11-19 00:30 UTC
    assert nine_thirty <= told[0]["at"] <= told[1]["at"] <= told[2]["at"]
    assert told[2]["at"] - nine_thirty < 3_600_000_000


def test_a_transcript_has_every_call_with_every_argument(tmp_path: Path, small: Path) -> None:
    text = """
import login
from sapi_kiwoom.signatures import METHODS, NUMBER
ocx = login.login()
for name, method in METHODS.items():
    if name not in ("CommConnect", "CommTerminate"):
        getattr(ocx, name)(*(0 if kind == NUMBER else "" for _, kind in method.parameters))
"""
    run(tmp_path, text, "--scenario", "small.yaml", "--transcript", "transcript.jsonl")
    lines = (tmp_path / "transcript.jsonl").read_text(encoding="utf-8").splitlines()
    for told in map(json.loads, lines):
        table = METHODS if "call" in told else EVENTS
        name = told.get("call") or told["event"]
        assert len(told["args"]) == len(table[name].parameters)
    assert len(lines) >= 58


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--scenario", "nowhere"], "nowhere"),
        (["--scenario", "nowhere.yaml"], "nowhere.yaml"),
        (["--at", "yesterday"], "YYYY-MM-DD HH:MM"),
        (["--speed", "0"], "above 0"),
    ],
)
def test_wrong_options_are_named(options: Any, named: str) -> None:
    command = [sys.executable, "-m", "simulator", "run", *options, os.devnull]
    done = subprocess.run(
        command, timeout=50, check=False, stderr=subprocess.PIPE, encoding="utf-8"
    )
    assert done.returncode != 0
    assert named in done.stderr
    assert "Traceback" not in done.stderr


FILES = """
import os, pathlib, zipfile, login
ocx = login.login()
names = zipfile.ZipFile("C:/OpenAPI/data/opt10081.enc").namelist()
path = ocx.dynamicCall("GetAPIModulePath()")
for each in (path, path.replace(chr(92), "/")):
    assert os.path.isfile(os.path.join(each, "system", "Autologin.dat")), each
    assert len(list(pathlib.Path(each, "data").glob("*.enc"))) > 30
print(names)
"""


@pytest.mark.parametrize("end", ["", "os.kill(os.getpid(), 9)", "os.abort()"])
def test_the_files_of_the_control_are_there_and_gone_afterwards(
    tmp_path: Path, small: Path, end: str
) -> None:
    text = f"{FILES}import sys; sys.stdout.flush()\n{end}\n"
    code = -6 if "abort" in end else -9 if "kill" in end else 0
    printed = run(tmp_path, text, "--scenario", "small.yaml", code=code)
    assert printed.strip() == "['OPT10081.dat']"


def test_what_is_there_already_is_left_alone(tmp_path: Path, small: Path) -> None:
    own = tmp_path / "C:" / "mine"
    own.mkdir(parents=True)
    (own / "file").write_text("mine")
    run(tmp_path, FILES, "--scenario", "small.yaml")
    assert [each.name for each in (tmp_path / "C:").iterdir()] == ["mine"]
    assert (own / "file").read_text() == "mine"


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_the_control_may_live_in_a_child_process(tmp_path: Path, small: Path, method: str) -> None:
    text = f"""
import multiprocessing, platform

def serve(orders, answers):
    import login
    ocx = login.login()
    answers.put(platform.architecture()[0])
    for name in iter(orders.get, None):
        answers.put(getattr(ocx, name)())

if __name__ == "__main__":
    import login
    mine = login.login()
    context = multiprocessing.get_context("{method}")
    orders, answers = context.Queue(), context.Queue()
    child = context.Process(target=serve, args=(orders, answers), daemon=True)
    child.start()
    orders.put("GetConnectState")
    orders.put(None)
    print(answers.get(), answers.get(), mine.GetConnectState())
    child.join()
"""
    assert run(tmp_path, text, "--scenario", "small.yaml").strip() == "32bit 1 1"


def test_a_program_starts_programs(tmp_path: Path, small: Path) -> None:
    (tmp_path / "child.py").write_text(
        "import login; print(login.login().GetConnectState())", encoding="utf-8"
    )
    text = "import subprocess, sys; subprocess.run([sys.executable, 'child.py'], check=True)"
    assert run(tmp_path, text, "--scenario", "small.yaml").strip() == "1"
