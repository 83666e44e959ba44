"""A RabbitMQ server in front of Kiwoom's OpenAPI+ control, and its client.

`connect` and `simulate` give a client: over a broker, or of a simulator in this process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sapi_kiwoom.version import VERSION as __version__  # noqa: N811 - the name that tools look for

if TYPE_CHECKING:
    from sapi_kiwoom.app import connect, simulate

__all__ = ["__version__", "connect", "simulate"]


def __getattr__(name: str) -> Any:
    # Loaded when asked for: the simulator imports `sapi_kiwoom.krx` and needs no pika.
    if name in ("connect", "simulate"):
        from sapi_kiwoom import app  # noqa: PLC0415

        return getattr(app, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
