"""A process with an application, and the simulator in the control's place.

Tests that need Qt ask for `app`; without PyQt5 they are skipped.
"""

from __future__ import annotations

import os
from typing import Any, Callable, Iterator

import pytest

import simulator

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

SCENARIO = "warned-stock"
"""Three stocks, in the morning; one of them makes SendOrder ask before it is bought."""

PATIENCE = 20_000
"""Milliseconds after which something that should have happened has not."""


@pytest.fixture(scope="session")
def application() -> Any:
    widgets = pytest.importorskip("PyQt5.QtWidgets", reason="needs PyQt5: the extra qt")
    return widgets.QApplication.instance() or widgets.QApplication(["tests"])


@pytest.fixture(scope="module")
def installed(
    application: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[simulator.Installation]:
    before = os.getcwd()
    os.chdir(tmp_path_factory.mktemp("program"))
    try:
        with simulator.install(SCENARIO, speed=50) as installation:
            yield installation
    finally:
        os.chdir(before)


@pytest.fixture
def widget(installed: Any) -> Iterator[Any]:
    """A QAxWidget with the control, not logged in."""
    from PyQt5.QAxContainer import QAxWidget

    made = QAxWidget("KHOPENAPI.KHOpenAPICtrl.1")
    yield made
    made.clear()
    made.deleteLater()


@pytest.fixture
def ocx(widget: Any) -> Any:
    """The same, logged in."""
    assert wait_for(widget.OnEventConnect, lambda: widget.dynamicCall("CommConnect()")) == (0,)
    return widget


def wait_for(signal: Any, call: Callable[[], Any]) -> Any:
    """What a signal carries after a call, as a program with an event loop waits for it."""
    from PyQt5.QtCore import QEventLoop, QTimer

    loop, got = QEventLoop(), []

    def heard(*arguments: Any) -> None:
        got.append(arguments)
        loop.quit()

    signal.connect(heard)
    late = QTimer()
    late.setSingleShot(True)
    late.timeout.connect(loop.quit)
    late.start(PATIENCE)
    call()
    loop.exec_()
    signal.disconnect(heard)
    assert got, "nothing was heard"
    return got[0]
