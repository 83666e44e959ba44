"""Checks the installed wheel: everything from the source tree is in it and nothing else."""

from __future__ import annotations

import sys
from importlib.metadata import distribution
from pathlib import Path

PACKAGES = {"sapi_kiwoom", "simulator"}


def main(tree: Path) -> None:
    """Compare what was installed with the tree that it was built from."""
    wheel = distribution("sapi-kiwoom")
    installed = {
        path.as_posix()
        for path in wheel.files or []
        if not path.parts[0].endswith(".dist-info")
        and path.parts[0] != ".."
        and "__pycache__" not in path.parts
    }
    wanted = {
        path.relative_to(tree).as_posix()
        for package in PACKAGES
        for path in (tree / package).rglob("*")
        if path.suffix in {".py", ".json", ".yaml"} or path.name == "py.typed"
    }
    assert {path.split("/")[0] for path in installed} == PACKAGES, sorted(installed)
    assert not wanted - installed, f"not in the wheel: {sorted(wanted - installed)}"
    assert not installed - wanted, (
        f"in the wheel but not in the tree: {sorted(installed - wanted)}; a stale build folder? "
        f"Remove {tree / 'build'} and try again."
    )
    scripts = [entry.name for entry in wheel.entry_points if entry.group == "console_scripts"]
    assert scripts == ["sapi-kiwoom"], scripts
    print(f"sapi-kiwoom {wheel.version}: {len(installed)} files, the same as in the tree")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
