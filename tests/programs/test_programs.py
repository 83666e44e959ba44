"""Programs that nobody here wrote, as they come from PyPI, on the simulator."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent

PROGRAMS = {
    "on_pykiwoom.py": "pykiwoom",
    "on_pykiwoom_manager.py spawn": "pykiwoom",
    "on_pykiwoom_manager.py fork": "pykiwoom",
    "on_kiwoom.py": "kiwoom",
    "on_kiwoom_async.py": "kiwoomAsync",
}


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("program", "package"), PROGRAMS.items(), ids=PROGRAMS)
def test_it_runs_unmodified(program: str, package: str, tmp_path: Path) -> None:
    for needed in ("PyQt5", package):
        if importlib.util.find_spec(needed) is None:
            pytest.skip(f"needs {needed}; tox -e programs has it")
    name, *arguments = program.split()
    done = subprocess.run(
        [sys.executable, "-m", "simulator", "run", str(HERE / name), *arguments],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(HERE.parents[1]), "PYTHONWARNINGS": "ignore"},
        timeout=100,
        check=False,
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "done"
    assert "Traceback" not in done.stderr


def test_the_simulator_knows_none_of_them() -> None:
    """What runs here runs because the control is right, not because somebody thought of a program."""
    names = ("pykiwoom", "kiwoomasync", "koapy")
    for path in (HERE.parents[1] / "simulator").rglob("*.py"):
        text = path.read_text(encoding="utf-8").lower()
        assert not [name for name in names if name in text], path
