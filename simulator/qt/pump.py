"""Ties the apartment of this process to Qt's event loop."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Callable, Optional

from PyQt5 import sip
from PyQt5.QtCore import QCoreApplication, QEvent, QEventLoop, QObject, Qt, QTimer

from sapi_kiwoom import krx
from simulator.qt.apartment import Apartment
from simulator.qt.settings import VARIABLE, Settings, parse
from simulator.qt.transcript import Transcript

TICK = 5
"""Milliseconds between two looks at the market."""

_WAITING = QEvent.Type(QEvent.registerEventType())


class Pump(QObject):  # type: ignore[misc]
    """Brings the market on while an event loop turns, and tells what happened.

    A timer of Qt does not fire again while what it called still runs; an event loop that a program starts
    inside an event would hear nothing. So the timer only posts a Qt event, which tells.
    """

    def __init__(self, apartment: Apartment) -> None:
        super().__init__()
        self.apartment = apartment
        self._posted = False
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.PreciseTimer)
        self._timer.timeout.connect(self.tick)
        self._timer.start(TICK)

    def tick(self) -> None:
        """Let the market catch up."""
        if self.apartment is _home.apartment and self.apartment.advance() and not self._posted:
            self._posted = True
            QCoreApplication.postEvent(self, QEvent(_WAITING))

    def customEvent(self, event: QEvent) -> None:
        """Tell what waits."""
        self._posted = False
        self.apartment.deliver()


@dataclass
class _Home:
    """The apartment of this process, made when it is first asked for."""

    settings: Optional[Settings] = None
    apartment: Optional[Apartment] = None
    pump: Optional[Pump] = None
    transcript: Optional[Transcript] = None

    def leave(self) -> None:
        """Forget everything, as a forked child must: what it has belongs to its parent."""
        if self.transcript is not None:
            self.transcript.close()
        self.settings = self.apartment = self.pump = self.transcript = None


_home = _Home()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_home.leave)


def settle(settings: Optional[Settings]) -> None:
    """Say what is played in this process; None: what the environment says. What was played is over."""
    _home.leave()
    _home.settings = settings


def apartment() -> Apartment:
    """The apartment of this process.

    Raises:
        ScenarioError: what was asked for cannot be played.
    """
    if _home.apartment is None:
        settings = _home.settings or parse(os.environ.get(VARIABLE, "{}"))
        today = krx.kst(int(datetime.now(timezone.utc).timestamp() * 1_000_000)).date()
        if settings.transcript:
            _home.transcript = Transcript(Path(settings.transcript))
        _home.apartment = Apartment(
            *settings.play(today),
            wait=_turn_until,
            record=_home.transcript.write if _home.transcript else None,
        )
    attend()
    return _home.apartment


def attend() -> None:
    """Have a pump, as soon as there is an application on whose event loop it can live."""
    here = _home.apartment
    if here is None or threading.get_ident() != here.thread or not QCoreApplication.instance():
        return
    if _home.pump is None or sip.isdeleted(_home.pump):
        _home.pump = Pump(here)


def pump_waiting_messages() -> None:
    """Turn the event loop once; waits for the next look at the market, not longer."""
    attend()
    if QCoreApplication.instance() is None:
        if _home.apartment is not None:
            threading.Event().wait(TICK / 1000)
            if _home.apartment.advance():
                _home.apartment.deliver()
    elif _home.pump is not None and not sip.isdeleted(_home.pump):
        QCoreApplication.processEvents(QEventLoop.AllEvents | QEventLoop.WaitForMoreEvents)
    else:
        QCoreApplication.processEvents()


def _turn_until(over: Callable[[], bool]) -> None:
    """An event loop as a window has it; ends with the application too."""
    attend()
    if QCoreApplication.instance() is None:
        while not over():
            pump_waiting_messages()
        return
    loop = QEventLoop()
    timer = QTimer()
    timer.timeout.connect(lambda: loop.exit() if over() else None)
    timer.start(TICK)
    loop.exec_()
