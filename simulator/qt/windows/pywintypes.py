"""Errors and identifiers of COM."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any


class error(Exception):
    """An error of Windows: (number, function, text)."""

    @property
    def winerror(self) -> Any:
        """Its number."""
        return self.args[0] if self.args else 0

    @property
    def funcname(self) -> Any:
        """What failed."""
        return self.args[1] if len(self.args) > 1 else ""

    @property
    def strerror(self) -> Any:
        """What it says."""
        return self.args[2] if len(self.args) > 2 else ""


class com_error(Exception):
    """An error of COM: (hresult, text, exception information, argument)."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        padded = [*arguments, None, None, None, None][:4]
        self.hresult, self.strerror, self.excepinfo, self.argerror = padded


class IIDType:
    """A GUID; compares and hashes as one."""

    def __init__(self, text: str) -> None:
        self._uuid = uuid.UUID(str(text))

    def __str__(self) -> str:
        return "{" + str(self._uuid).upper() + "}"

    def __repr__(self) -> str:
        return f"IID('{self}')"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, IIDType) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(self._uuid)


IID = IIDType
TimeType = datetime
Time = datetime.fromtimestamp
UnicodeType = str
