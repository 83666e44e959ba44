"""VI발동/해제: registered by a TR of its own, for all stocks at once."""

from __future__ import annotations

import logging
from typing import Optional

from sapi_kiwoom import catalogue
from sapi_kiwoom.control import Control
from sapi_kiwoom.errors import KiwoomError, RequestRejected
from sapi_kiwoom.loop import SECOND
from sapi_kiwoom.session.gate import Gate, call_out
from sapi_kiwoom.session.requests import Chain, Requests, Ticket
from sapi_kiwoom.session.screens import Pool

log = logging.getLogger(__name__)

_TR = "opt10054"
_ALL = {
    "시장구분": "000",
    "장전구분": "0",
    "종목코드": "",
    "발동구분": "0",
    "제외종목": "000000000",
    "거래량구분": "0",
    "최소거래량": "0",
    "최대거래량": "0",
    "거래대금구분": "0",
    "최소거래대금": "0",
    "최대거래대금": "0",
    "발동방향": "0",
}

_AGAIN = 60 * SECOND
"""After a refusal."""


class Interruptions:
    """Asks for the VIs of the day once, on a screen that stays: their events come as long as it does."""

    def __init__(
        self, control: Control, gate: Gate, pool: Pool, requests: Optional[Requests]
    ) -> None:
        self._control = control
        self._gate = gate
        self._pool = pool
        self._requests = requests
        self._screen: Optional[str] = None
        self._ticket: Optional[Ticket] = None
        self._asks = 0

    def start(self) -> None:
        """Their events are wanted from now on.

        Raises:
            RequestRejected: ``busy``, no screen is free or too many requests wait.
        """
        if self._requests is None:
            raise RequestRejected("busy", "VI events cannot be asked for here")
        self._screen = self._pool.acquire()
        try:
            self._ask(self._requests, self._screen)
        except BaseException:
            self._pool.release(self._screen)
            self._screen = None
            raise

    def stop(self) -> None:
        """They are wanted no more."""
        assert self._screen is not None
        assert self._requests is not None
        screen, self._screen = self._screen, None
        self._asks += 1
        if self._ticket is not None:
            self._requests.cancel(self._ticket)
        with self._gate:
            call_out(self._control.DisconnectRealData, screen)
        self._pool.release(screen)

    def restore(self) -> None:
        """Logged in again. What still waits for its answer is asked again without this."""
        if self._screen is not None and self._ticket is None:
            self._again(self._asks)

    def _ask(self, requests: Requests, screen: str) -> None:
        self._asks += 1
        self._ticket = requests.submit(
            Chain(
                catalogue.tr(_TR),
                _ALL,
                on_done=lambda rows: self._answered(),
                on_error=self._refused,
                max_pages=1,
                screen=screen,
            )
        )

    def _answered(self) -> None:
        self._ticket = None

    def _refused(self, error: KiwoomError) -> None:
        log.error("no VI events for a minute: %s", error)
        self._ticket = None
        asks = self._asks
        self._gate.call_later(_AGAIN, lambda: self._again(asks))

    def _again(self, asks: int) -> None:
        if self._requests is None or self._screen is None or asks != self._asks:
            return
        try:
            self._ask(self._requests, self._screen)
        except KiwoomError as error:
            self._refused(error)
