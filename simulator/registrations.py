"""Which codes are registered for real time on which screens, by the control's rules."""

from __future__ import annotations

from typing import Callable, Dict, List

ALL = "ALL"


class Registrations:
    """Codes by screen. A code that stands on several screens is delivered once, and until it left the last.

    Args:
        on_first: a code is registered for the first time.
        on_last: a code left its last screen.
    """

    def __init__(self, on_first: Callable[[str], None], on_last: Callable[[str], None]) -> None:
        self._screens: Dict[
            str, Dict[str, None]
        ] = {}  # insertion order is the order of registration
        self._on_first = on_first
        self._on_last = on_last

    def codes(self) -> List[str]:
        """All registered codes, each once."""
        return list(dict.fromkeys(code for codes in self._screens.values() for code in codes))

    def add(self, screen: str, codes: List[str]) -> None:
        """Add codes to a screen."""
        for code in codes:
            known = self._stands(code)
            self._screens.setdefault(screen, {})[code] = None
            if not known:
                self._on_first(code)

    def replace(self, screen: str, codes: List[str]) -> None:
        """Put these codes on the screen in place of what it had."""
        gone = [code for code in self._screens.get(screen, ()) if code not in codes]
        self.remove(screen, gone)
        self.add(screen, codes)

    def remove(self, screen: str, codes: List[str]) -> None:
        """Take codes off one screen, or off every screen (``ALL``); ``ALL`` as a code means every code."""
        screens = list(self._screens) if screen == ALL else [screen]
        for each in screens:
            standing = self._screens.get(each, {})
            for code in list(standing) if ALL in codes else codes:
                if standing.pop(code, code) is None and not self._stands(code):
                    self._on_last(code)
            if not standing:
                self._screens.pop(each, None)

    def clear(self) -> None:
        """Forget everything: the line was lost."""
        self.remove(ALL, [ALL])

    def _stands(self, code: str) -> bool:
        return any(code in codes for codes in self._screens.values())
