r"""The control's files, where programs look for them: ``C:/OpenAPI``, which is a relative path here.

They are made in a temporary folder; links in the working directory lead there. Both are gone afterwards,
also when the program ends as programs with the real control often do, by os._exit or a crash: another
process waits for that.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import List, Optional

from sapi_kiwoom import catalogue
from simulator.qt.enc import enc

_PREFIX = "sapi-kiwoom-"
_LINKS = {"C:": "C", "C:\\OpenAPI": "C/OpenAPI"}
"""Names in the working directory, and where they lead in the folder: as programs write the path, and as
GetAPIModulePath does."""

_CLEANER = """
import os, shutil, sys
sys.stdin.read()
for link in sys.argv[2:]:
    if os.path.islink(link) and os.readlink(link).startswith(sys.argv[1]):
        os.unlink(link)
shutil.rmtree(sys.argv[1], ignore_errors=True)
"""

_CHILD = '''"""Lets a child process of a program find the simulator."""
import importlib.machinery
import importlib.util
import sys

if sys.prefix == {prefix!r}:
    if {root!r} not in sys.path:
        sys.path.append({root!r})
    try:
        from simulator.qt import installing
    except ImportError:
        pass
    else:
        installing.join()

spec = importlib.machinery.PathFinder.find_spec(
    "sitecustomize", [each for each in sys.path if each != {here!r}]
)
if spec is not None and spec.loader is not None:
    spec.loader.exec_module(importlib.util.module_from_spec(spec))
'''


class Folder:
    """Makes the files and the links; `remove` takes them away, at the latest at the end of the process.

    Attributes:
        path: of the temporary folder.
        children: a folder for PYTHONPATH, by which child processes find the simulator.
    """

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix=_PREFIX))
        self.children = self.path / "python"
        self._process = os.getpid()
        self._links: List[Path] = []
        self._cleaner: Optional[subprocess.Popen[bytes]] = None
        self._fill(self.path / "C" / "OpenAPI")
        self._teach(self.children)
        if os.name == "posix":  # elsewhere C: is a drive, and not ours
            for name, target in _LINKS.items():
                self._link(Path.cwd() / name, self.path / target)
        self._cleaner = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _CLEANER, str(self.path), *map(str, self._links)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        atexit.register(self.remove)

    def remove(self) -> None:
        """Take the links and the folder away. A forked child leaves them to its parent."""
        if os.getpid() != self._process or self._cleaner is None:
            return
        atexit.unregister(self.remove)
        assert self._cleaner.stdin is not None
        self._cleaner.stdin.close()
        self._cleaner.wait()
        self._cleaner = None

    @staticmethod
    def _fill(module: Path) -> None:
        data, system = module / "data", module / "system"
        data.mkdir(parents=True)
        system.mkdir()
        (system / "Autologin.dat").write_bytes(b"")
        for tr in catalogue.trs().values():
            (data / f"{tr.code.lower()}.enc").write_bytes(enc(tr))

    @staticmethod
    def _teach(folder: Path) -> None:
        folder.mkdir()
        root = Path(__file__).resolve().parents[2]
        text = _CHILD.format(prefix=sys.prefix, root=str(root), here=str(folder))
        (folder / "sitecustomize.py").write_text(text, encoding="utf-8")

    def _link(self, link: Path, target: Path) -> None:
        """Make a link, unless something of that name is there: that belongs to somebody else."""
        if link.is_symlink() and not link.exists() and _PREFIX in os.readlink(link):
            link.unlink()  # what is left of a machine that went down
        if link.is_dir() and not link.is_symlink() and target.name == "C":
            link, target = link / "OpenAPI", target / "OpenAPI"
        with contextlib.suppress(OSError):
            link.symlink_to(target, target_is_directory=True)
            self._links.append(link)
