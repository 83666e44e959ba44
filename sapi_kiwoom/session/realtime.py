"""Real-time registrations: each code once at the control, however many listen to it."""

from __future__ import annotations

import logging
from typing import Callable, Dict, Tuple

from sapi_kiwoom.control import Control
from sapi_kiwoom.errors import KiwoomError, NotConnected
from sapi_kiwoom.session.gate import Gate, call_out
from sapi_kiwoom.session.refused import refused
from sapi_kiwoom.session.screens import Pool

log = logging.getLogger(__name__)

Listener = Callable[[str, str, str], None]
"""Receives ``(code, real_type, raw)``; ``raw`` as `Events.OnReceiveRealData` describes it."""

FIDS = "20;10;15"
"""They choose the real types, each with all its FIDs: trades, and nothing that nobody asked for."""

CODES_PER_SCREEN = 100

_REPLACE, _ADD = "0", "1"


class Realtime:
    """Who listens to which code, and the screens on which the codes are registered.

    Registrations live as long as their listeners: a login that was lost does not end them, they are
    made again by `restore`. Not to be called inside a call of the control (`Gate` sees to that).
    """

    def __init__(self, control: Control, gate: Gate, pool: Pool) -> None:
        self._control = control
        self._gate = gate
        self._pool = pool
        self._connected = False
        # Tuples, so that a listener which changes them does not disturb the delivery under way.
        self._listeners: Dict[str, Tuple[Listener, ...]] = {}
        self._screen_of: Dict[str, str] = {}
        self._codes: Dict[str, Dict[str, None]] = {}  # by screen, in order of registration

    def subscribe(self, code: str, listener: Listener) -> None:
        """From now on hand every event of ``code`` to ``listener``. Twice is the same as once.

        Raises:
            NotConnected: there is no login.
            ControlError: the control refused the registration; nothing is left of it.
            RequestRejected: ``busy``, all screens are full.
        """
        if listener in self._listeners.get(code, ()):
            return
        if not self._connected:
            raise NotConnected(
                "not logged in, so nothing can be registered; try again after the login"
            )
        if code not in self._screen_of:
            self._register(code)
        self._listeners[code] = (*self._listeners.get(code, ()), listener)

    def unsubscribe(self, code: str, listener: Listener) -> bool:
        """No more events of ``code`` for ``listener``; False when it did not listen to it."""
        listeners = self._listeners.get(code, ())
        if listener not in listeners:
            return False
        rest = tuple(other for other in listeners if other != listener)
        if rest:
            self._listeners[code] = rest
        else:
            del self._listeners[code]
            self._unregister(code)
        return True

    def drop(self, listener: Listener) -> None:
        """No more events for ``listener`` at all."""
        for code in [code for code, those in self._listeners.items() if listener in those]:
            self.unsubscribe(code, listener)

    def deliver(self, code: str, real_type: str, raw: str) -> None:
        """Hand an event to those who listen: in order, and to nobody who left meanwhile."""
        listeners = self._listeners.get(code, ())  # none: a TR registers its code by itself
        for listener in listeners:
            current = self._listeners.get(code, ())
            if current is listeners or listener in current:
                call_out(listener, code, real_type, raw)

    def suspend(self) -> None:
        """The login is lost: refuse new registrations, keep the old ones in mind."""
        self._connected = False

    def restore(self) -> bool:
        """Logged in: make all registrations again. False when the control refused one of them."""
        self._connected = True
        complete = True
        for screen, codes in self._codes.items():
            try:
                self._set_real_reg(screen, ";".join(codes), _REPLACE)
            except KiwoomError as error:
                log.error("no real-time events for %s: %s", " ".join(codes), error)
                complete = False
        return complete

    def _register(self, code: str) -> None:
        for screen, codes in self._codes.items():
            if len(codes) < CODES_PER_SCREEN:
                self._set_real_reg(screen, code, _ADD)
                break
        else:
            screen, codes = self._pool.acquire(), {}
            try:
                self._set_real_reg(screen, code, _REPLACE)
            except BaseException:
                self._pool.release(screen)
                raise
            self._codes[screen] = codes
        codes[code] = None
        self._screen_of[code] = screen

    def _unregister(self, code: str) -> None:
        screen = self._screen_of.pop(code)
        codes = self._codes[screen]
        del codes[code]
        with self._gate:
            call_out(self._control.SetRealRemove, screen, code)
        if not codes:
            del self._codes[screen]
            self._pool.release(screen)

    def _set_real_reg(self, screen: str, codes: str, how: str) -> None:
        with self._gate:
            code = self._control.SetRealReg(screen, codes, FIDS, how)
        if code != 0:
            raise refused("SetRealReg", code)
