"""Which codes are registered at the control with which FIDs, on screens of a hundred codes.

Each list of FIDs has screens of its own, so a code that several lists want stands on several screens. The
control delivers it once nevertheless, until it has left the last of them.
"""

from __future__ import annotations

import logging
from typing import Dict, Iterable, List, Tuple

from sapi_kiwoom.control import Control
from sapi_kiwoom.errors import KiwoomError
from sapi_kiwoom.session.gate import Gate, call_out
from sapi_kiwoom.session.refused import refused
from sapi_kiwoom.session.screens import Pool

log = logging.getLogger(__name__)

_REPLACE, _ADD = "0", "1"


class Registrations:
    """Codes on screens. Not to be called inside a call of the control (`Gate` sees to that).

    Args:
        control: where they are registered.
        gate: closed while it is called.
        pool: screens for real time.
        per_screen: codes that one screen takes, and one call.
    """

    def __init__(self, control: Control, gate: Gate, pool: Pool, per_screen: int) -> None:
        self._control = control
        self._gate = gate
        self._pool = pool
        self._per_screen = per_screen
        self._screen_of: Dict[Tuple[str, str], str] = {}  # by FIDs and code
        self._codes: Dict[str, Dict[str, None]] = {}  # by screen, in order of registration
        self._fids: Dict[str, str] = {}  # by screen

    def add(self, fids: str, codes: Iterable[str]) -> None:
        """Register codes that are not registered with these FIDs yet: all of them, or none.

        Raises:
            ControlError: the control refused one.
            RequestRejected: ``busy``, all screens are full.
        """
        left, done = list(codes), []
        try:
            while left:
                screen = self._with_room(fids)
                room = self._per_screen - len(self._codes.get(screen, ()))
                some, left = left[:room], left[room:]
                self._add_to(screen, fids, some)
                done.extend(some)
        except BaseException:
            self.remove(fids, done)
            raise

    def remove(self, fids: str, codes: Iterable[str]) -> None:
        """Take codes back that are registered with these FIDs."""
        for code in codes:
            screen = self._screen_of.pop((fids, code))
            standing = self._codes[screen]
            del standing[code]
            with self._gate:
                call_out(self._control.SetRealRemove, screen, code)
            if not standing:
                self._give_back(screen)

    def restore(self) -> bool:
        """Logged in again: register all of them anew. False when the control refused some."""
        complete = True
        for screen, codes in self._codes.items():
            try:
                self._set_real_reg(screen, ";".join(codes), self._fids[screen], _REPLACE)
            except KiwoomError as error:
                log.error("no real-time events for %s: %s", " ".join(codes), error)
                complete = False
        return complete

    def _with_room(self, fids: str) -> str:
        """A screen with room for one more code; a new one where there is none."""
        for screen, codes in self._codes.items():
            if self._fids[screen] == fids and len(codes) < self._per_screen:
                return screen
        return self._pool.acquire()

    def _add_to(self, screen: str, fids: str, codes: List[str]) -> None:
        how = _ADD if screen in self._codes else _REPLACE
        try:
            self._set_real_reg(screen, ";".join(codes), fids, how)
        except BaseException:
            if how == _REPLACE:
                self._pool.release(screen)
            raise
        self._fids[screen] = fids
        self._codes.setdefault(screen, {}).update(dict.fromkeys(codes))
        for code in codes:
            self._screen_of[fids, code] = screen

    def _give_back(self, screen: str) -> None:
        del self._codes[screen], self._fids[screen]
        self._pool.release(screen)

    def _set_real_reg(self, screen: str, codes: str, fids: str, how: str) -> None:
        with self._gate:
            code = self._control.SetRealReg(screen, codes, fids, how)
        if code != 0:
            raise refused("SetRealReg", code)
