"""Real time: who listens to what, each code registered once at the control, however many listen to it."""

from __future__ import annotations

import logging
from collections import Counter
from typing import Callable, Dict, Iterable, List, Optional, Tuple

from sapi_kiwoom.control import Control
from sapi_kiwoom.errors import NotConnected
from sapi_kiwoom.session.gate import Gate, call_out
from sapi_kiwoom.session.interruptions import Interruptions
from sapi_kiwoom.session.realtypes import BY_NAME, BY_REQUEST, EVERY, TRADES, UNASKED, Pair
from sapi_kiwoom.session.registrations import Registrations
from sapi_kiwoom.session.requests import Requests
from sapi_kiwoom.session.screens import Pool

log = logging.getLogger(__name__)

Listener = Callable[[str, str, str], None]
"""Receives ``(code, real_type, raw)``; ``raw`` as `Events.OnReceiveRealData` describes it."""

FIDS = TRADES
"""What a code is registered with that somebody listens to whole."""

CODES_PER_SCREEN = 100

_FOR_ALL = frozenset(each.name for each in BY_NAME.values() if each.fids == BY_REQUEST)
_ONLY_WANTED = frozenset(each.name for each in BY_NAME.values() if each.fids not in (FIDS, UNASKED))
"""Where one of these is wanted, it came for that and not for a listener of the whole code."""


class Realtime:
    """Who listens to what, and what is registered for it.

    There are two ways to listen. A listener of a code gets whatever comes for it because of `FIDS`. What
    is wanted by code and real type goes to `on_event`, once, however many want it: they are counted here
    and known elsewhere.

    Registrations live as long as somebody wants them: a login that was lost does not end them, they are
    made again by `restore`. Not to be called inside a call of the control (`Gate` sees to that).

    Args:
        control: where codes are registered.
        gate: closed while it is called.
        pool: screens for real time.
        requests: for what is registered by a TR; without it that cannot be wanted.

    Attributes:
        on_event: gets the events that are wanted by code and real type.
    """

    def __init__(
        self, control: Control, gate: Gate, pool: Pool, requests: Optional[Requests] = None
    ) -> None:
        self._registrations = Registrations(control, gate, pool, CODES_PER_SCREEN)
        self._interruptions = Interruptions(control, gate, pool, requests)
        self._connected = False
        # Tuples, so that a listener which changes them does not disturb the delivery under way.
        self._listeners: Dict[str, Tuple[Listener, ...]] = {}
        self._wanted: Counter[Pair] = Counter()
        self._needed: Counter[Tuple[str, str]] = Counter()  # FIDs and code: reasons to register it
        self.on_event: Listener = _nobody

    # -- by code -------------------------------------------------------------------------------

    def subscribe(self, code: str, listener: Listener) -> None:
        """From now on hand every event of ``code`` to ``listener``. Twice is the same as once.

        Raises:
            NotConnected: there is no login.
            ControlError: the control refused the registration; nothing is left of it.
            RequestRejected: ``busy``, all screens are full.
        """
        if listener in self._listeners.get(code, ()):
            return
        self._check_connected()
        if code not in self._listeners:
            self._need([(FIDS, code)])
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
            self._need_no_more([(FIDS, code)])
        return True

    def drop(self, listener: Listener) -> None:
        """No more events for ``listener`` at all."""
        for code in [code for code, those in self._listeners.items() if listener in those]:
            self.unsubscribe(code, listener)

    # -- by code and real type -----------------------------------------------------------------

    def want(self, pairs: Iterable[Pair]) -> None:
        """One more wants these codes and real types, as `realtypes.pairs` names them.

        Raises:
            NotConnected: there is no login.
            ControlError: the control refused a registration; nothing is left of any.
            RequestRejected: ``busy``, all screens are full.
        """
        pairs = list(pairs)
        self._check_connected()
        self._need([_registration(pair) for pair in pairs if not self._wanted[pair]])
        self._wanted.update(pairs)

    def want_no_more(self, pairs: Iterable[Pair]) -> None:
        """One less wants these. Each was wanted."""
        ended = []
        for pair in pairs:
            self._wanted[pair] -= 1
            if self._wanted[pair] <= 0:
                del self._wanted[pair]
                ended.append(_registration(pair))
        self._need_no_more(ended)

    # -- events --------------------------------------------------------------------------------

    def deliver(self, code: str, real_type: str, raw: str) -> None:
        """Hand an event to those who listen: in order, and to nobody who left meanwhile."""
        pair = (code, real_type)
        wanted = pair in self._wanted or (
            real_type in _FOR_ALL and (EVERY, real_type) in self._wanted
        )
        if wanted:
            call_out(self.on_event, code, real_type, raw)
        listeners = self._listeners.get(code, ())  # none: a TR registers its code by itself
        if not listeners or (wanted and real_type in _ONLY_WANTED):
            return
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
        self._interruptions.restore()
        return self._registrations.restore()

    # -- inside --------------------------------------------------------------------------------

    def _check_connected(self) -> None:
        if not self._connected:
            raise NotConnected(
                "not logged in, so nothing can be registered; try again after the login"
            )

    def _need(self, needs: List[Tuple[str, str]]) -> None:
        """Count reasons to register codes and register the new ones: all of them, or none."""
        by_fids: Dict[str, Dict[str, None]] = {}
        for fids, code in needs:
            if not self._needed[fids, code]:
                by_fids.setdefault(fids, {})[code] = None
        done: List[Tuple[str, Dict[str, None]]] = []
        try:
            for fids, codes in by_fids.items():
                self._register(fids, codes)
                done.append((fids, codes))
        except BaseException:
            for fids, codes in done:
                self._unregister(fids, codes)
            raise
        self._needed.update(needs)

    def _need_no_more(self, needs: List[Tuple[str, str]]) -> None:
        by_fids: Dict[str, List[str]] = {}
        for need in needs:
            self._needed[need] -= 1
            if self._needed[need] <= 0:
                del self._needed[need]
                by_fids.setdefault(need[0], []).append(need[1])
        for fids, codes in by_fids.items():
            self._unregister(fids, codes)

    def _register(self, fids: str, codes: Iterable[str]) -> None:
        if fids == BY_REQUEST:
            self._interruptions.start()
        elif fids != UNASKED:
            self._registrations.add(fids, codes)

    def _unregister(self, fids: str, codes: Iterable[str]) -> None:
        if fids == BY_REQUEST:
            self._interruptions.stop()
        elif fids != UNASKED:
            self._registrations.remove(fids, codes)


def _registration(pair: Pair) -> Tuple[str, str]:
    """The FIDs and the code that bring what is wanted."""
    code, real_type = pair
    fids = BY_NAME[real_type].fids
    return fids, EVERY if fids == BY_REQUEST else code


def _nobody(code: str, real_type: str, raw: str) -> None:
    pass
