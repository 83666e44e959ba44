"""Texts of the broker's server without what says who the user is."""

from __future__ import annotations

import re
from typing import Iterable, List, Pattern

HIDDEN = "***"

_LONG_NUMBER = re.compile(r"\d(?:[ -]?\d){7,}")
"""Eight digits and more: an account, whoever's it is; no price and no quantity is that long."""

_SHORTEST_NAME = 2


class Masking:
    """Hides account numbers, and after `know` the user's names, in texts that go into logs and events."""

    def __init__(self) -> None:
        self._names: List[Pattern[str]] = []

    def know(self, names: Iterable[str]) -> None:
        """These are the login's names: of the user, of the ID. Those known before are forgotten."""
        texts = {name.strip() for name in names}
        self._names = [
            re.compile(re.escape(text), re.IGNORECASE)
            for text in sorted(texts, key=len, reverse=True)
            if len(text) >= _SHORTEST_NAME
        ]

    def __call__(self, text: str) -> str:
        """The text with ``***`` in place of what is hidden."""
        for name in self._names:
            text = name.sub(HIDDEN, text)
        return _LONG_NUMBER.sub(HIDDEN, text)
