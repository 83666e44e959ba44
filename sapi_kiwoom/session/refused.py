"""Return codes of the control as errors."""

from __future__ import annotations

from typing import Optional

from sapi_kiwoom.catalogue import error_meaning, error_name
from sapi_kiwoom.errors import ControlError


def refused(call: str, code: Optional[int]) -> ControlError:
    """The error for ``call`` when it returned ``code``; None is what a call that failed inside gives."""
    if code is None:
        return ControlError(
            call, None, "", "반환값 없음 / the control gave no return code; try again"
        )
    return ControlError(call, code, error_name(code), error_meaning(code))
