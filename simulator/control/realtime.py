"""Real time: what is registered on which screen, and the event under way."""

from __future__ import annotations

from functools import lru_cache
from typing import Dict, FrozenSet, List, Optional, Tuple

from sapi_kiwoom import catalogue
from simulator.control.behaviour import ALL_TYPES, IGNORED
from simulator.control.core import NOT_CONNECTED, Core
from simulator.registrations import ALL, MOST_CODES, Registrations, types_of

TOO_MANY_CODES, TOO_MANY_FIDS = -204, -206

MOST_FIDS = 100
"""FIDs that one SetRealReg may name."""


class RealTime(Core):
    """The control's real-time registrations."""

    def _begin(self) -> None:
        super()._begin()
        self._real: Tuple[str, str] = ("", "")  # type and raw string of the event under way
        self._real_values: Optional[List[str]] = None  # split when a value is asked for
        self._registrations = Registrations(self._want)

    def SetRealReg(
        self, strScreenNo: str, strCodeList: str, strFidList: str, strOptType: str
    ) -> int:
        """See `Control.SetRealReg`."""
        self._check_thread()
        if self._line is None:
            return NOT_CONNECTED
        codes = [code for code in strCodeList.split(";") if code]
        fids = [fid for fid in strFidList.split(";") if fid]
        if len(codes) > MOST_CODES:
            return TOO_MANY_CODES
        if len(fids) > MOST_FIDS:
            return TOO_MANY_FIDS
        standing = self._registrations.on(strScreenNo)
        replaces = strOptType == "0"
        if not replaces and len({*standing, *codes}) > MOST_CODES:
            return TOO_MANY_CODES
        if not replaces and not standing and self._behaviour.first_add == IGNORED:
            return 0
        if not self._take_screen(strScreenNo):
            return 0
        change = self._registrations.replace if replaces else self._registrations.add
        change(strScreenNo, codes, types_of(tuple(fids), self._behaviour.shared_fids == ALL_TYPES))
        return 0

    def SetRealRemove(self, strScrNo: str, strDelCode: str) -> None:
        """See `Control.SetRealRemove`."""
        self._check_thread()
        self._registrations.remove(strScrNo, [strDelCode])
        if strDelCode == ALL:
            if strScrNo == ALL:
                self._screens.clear()
            self._screens.pop(strScrNo, None)

    def DisconnectRealData(self, sScnNo: str) -> None:
        """See `Control.DisconnectRealData`. The screen is free again."""
        self.SetRealRemove(sScnNo, ALL)

    def GetCommRealData(self, sTrCode: str, nFid: int) -> str:
        """See `Control.GetCommRealData`. The first argument is ignored, as by the real control."""
        self._check_thread()
        real_type, raw = self._real
        if not real_type:
            return ""
        column = _columns(real_type).get(nFid)
        if column is None:
            return ""
        values = self._real_values
        if values is None:
            values = self._real_values = raw.split("\t")
        return values[column]

    def real(self, key: str, real_type: str, raw: str) -> None:
        """See `Client.real`."""
        outer, self._real, self._real_values = self._real, (real_type, raw), None
        try:
            self._events.OnReceiveRealData(key, real_type, raw)
        finally:
            self._real, self._real_values = outer, None

    def _want(self, key: str, types: FrozenSet[str]) -> None:
        if self._line is not None:
            self._line.want(key, types)

    def _forget(self) -> None:
        super()._forget()
        self._registrations.clear()


@lru_cache(maxsize=None)
def _columns(real_type: str) -> Dict[int, int]:
    """Where each FID of a real type stands in its raw string."""
    found = catalogue.real_types().get(real_type)
    return {fid: column for column, fid in enumerate(found.fids)} if found else {}
