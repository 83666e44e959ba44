"""Login, and how the line is lost."""

from __future__ import annotations

import logging

from sapi_kiwoom.errors import KiwoomError
from simulator import faults, masters
from simulator.control.core import NOT_CONNECTED, Core
from simulator.scenario.model import Fault

log = logging.getLogger(__name__)

LINE_LOST = -106


class Session(Core):
    """The control's login."""

    def _begin(self) -> None:
        super()._begin()
        self.faults.surround(self)
        for fault in self.faults.timed:
            self._meet_later(fault)

    def CommConnect(self) -> int:
        """See `Control.CommConnect`."""
        self._check_thread()
        self._loop.call_later(self._behaviour.login, self._finish_login)
        return 0

    def _finish_login(self) -> None:
        error = self.faults.login() or self._behaviour.login_error
        if error == 0 and self._line is None:
            try:
                self._line = self._house.connect(self.faults.between(self, self._later))
                self._limit.forgive()
            except KiwoomError as failed:
                log.warning("%s", failed)
                error = NOT_CONNECTED
        self._events.OnEventConnect(error)

    def CommTerminate(self) -> None:
        """See `Control.CommTerminate`: out of use, so that only the end of the process logs out."""
        self._check_thread()

    def GetConnectState(self) -> int:
        """See `Control.GetConnectState`."""
        self._check_thread()
        return int(self._line is not None)

    def GetLoginInfo(self, sTag: str) -> str:
        """See `Control.GetLoginInfo`. The accounts are invented."""
        self._check_thread()
        if self._line is None:
            return ""
        return masters.login_info(sTag, self._house.profile, self._accounts)

    def GetAPIModulePath(self) -> str:
        """See `Control.GetAPIModulePath`. Works before the login, too."""
        self._check_thread()
        return self._behaviour.module_path

    def SetInfoData(self, sInfoData: str) -> int:
        """See `Control.SetInfoData`: out of use, nothing happens."""
        self._check_thread()
        return 0

    def lost(self) -> None:
        """See `Client.lost`."""
        self.lose_line()

    def lose_line(self) -> None:
        """The line to the broker's server breaks: registrations and requests in flight are gone."""
        line, self._line = self._line, None
        self._forget()
        if line is not None:
            line.close()
        self._events.OnEventConnect(LINE_LOST)

    def _meet_later(self, fault: Fault) -> None:
        """Let something happen at its moment; what lies in the past does not."""
        assert fault.at is not None
        if fault.at >= self._loop.now():
            self._loop.call_later(fault.at - self._loop.now(), lambda: self.meet(fault))

    def meet(self, fault: Fault) -> None:
        """A fault of a moment, now."""
        if fault.effect == faults.BOX:
            self.faults.show(fault)
        elif self._line is not None:
            self.lose_line()
