"""Every error that this project raises on purpose.

::

    KiwoomError
     +-- ControlError      the control refused a call with a return code
     +-- NotConnected      the control is not logged in
     +-- RequestTimeout    an answer did not come in time
     +-- RequestRejected   the request itself cannot be served (bad field, unknown method, busy ...)
 +-- RequestFailed     what a client is told: the server's answer was an error

Each carries what a client on the other side of the wire is told: a kebab-case ``name``, the vendor's
integer ``code`` where there is one, and ``details`` that name the field at fault.
"""

from __future__ import annotations

from typing import Any, Dict, Mapping, Optional


class KiwoomError(Exception):
    """The root of all errors of this project."""

    name = "internal-error"
    code: Optional[int] = None

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details: Dict[str, Any] = details


class ControlError(KiwoomError):
    """A call of the control returned a code that means refusal, for example -200 (too many requests)."""

    name = "control-error"

    def __init__(self, call: str, code: Optional[int], name: str, meaning: str) -> None:
        super().__init__(f"{call}: {meaning} ({code})", call=call, vendor_name=name)
        self.code = code


class NotConnected(KiwoomError):
    """The control is not logged in, or the line to the broker's server was lost (-106)."""

    name = "not-connected"


class RequestTimeout(KiwoomError):
    """The control took a request but its answer did not come in time, or a deadline passed."""

    name = "timeout"


class RequestRejected(KiwoomError):
    """A request that cannot be served as it is. ``name`` says why, ``details`` which field."""

    def __init__(self, name: str, message: str, **details: Any) -> None:
        super().__init__(message, **details)
        self.name = name


class RequestFailed(KiwoomError):
    """A server's answer that is an error; ``name``, ``code`` and ``details`` are the server's."""

    def __init__(self, method: str, error: Mapping[str, Any]) -> None:
        super().__init__(
            f"{method}: {error.get('message', 'failed')}", **(error.get("details") or {})
        )
        self.name = str(error.get("name", "failed"))
        self.code = error.get("code")
