"""The client's end of a transport."""

from __future__ import annotations

from typing import Optional, Protocol


class Link(Protocol):
    """Sends requests and receives whatever comes back, in the order in which it was sent."""

    def send(self, body: bytes, correlation_id: str) -> None:
        """Send a request whose answers come to this link.

        Raises:
            NotConnected: the other side cannot be reached.
        """

    def receive(self, timeout: float) -> Optional[bytes]:
        """The next message, or None when none came within ``timeout`` seconds of wall-clock time.

        Raises:
            NotConnected: the connection was lost.
        """

    def close(self) -> None:
        """Give everything back. Calling it twice is allowed."""
