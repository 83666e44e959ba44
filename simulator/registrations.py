"""What is registered for real time on which screens, by the control's rules."""

from __future__ import annotations

from typing import Callable, Dict, FrozenSet, List

ALL = "ALL"

Types = FrozenSet[str]
"""Names of real types."""

NOTHING: Types = frozenset()


class Registrations:
    """Codes by screen, each with real types.

    A code that stands on several screens is delivered once, with the types of all of them, and until it
    left the last.

    Args:
        on_change: told of a code with the types that are wanted of it from now on; none ends it.
    """

    def __init__(self, on_change: Callable[[str, Types], None]) -> None:
        self._screens: Dict[str, Dict[str, Types]] = {}  # in order of registration
        self._on_change = on_change

    def codes(self) -> List[str]:
        """All registered codes, each once."""
        return list(dict.fromkeys(code for codes in self._screens.values() for code in codes))

    def add(self, screen: str, codes: List[str], types: Types) -> None:
        """Add codes to a screen."""
        for code in codes:
            before = self._types(code)
            standing = self._screens.setdefault(screen, {})
            standing[code] = standing.get(code, NOTHING) | types
            self._tell(code, before)

    def replace(self, screen: str, codes: List[str], types: Types) -> None:
        """Put these codes on the screen in place of what it had."""
        before = {code: self._types(code) for code in (*self._screens.get(screen, ()), *codes)}
        self._screens.pop(screen, None)
        if codes:
            self._screens[screen] = dict.fromkeys(codes, types)
        for code, types_before in before.items():
            self._tell(code, types_before)

    def remove(self, screen: str, codes: List[str]) -> None:
        """Take codes off one screen, or off every screen (``ALL``); ``ALL`` as a code means every code."""
        for each in list(self._screens) if screen == ALL else [screen]:
            standing = self._screens.get(each, {})
            for code in list(standing) if ALL in codes else codes:
                before = self._types(code)
                standing.pop(code, None)
                self._tell(code, before)
            if not standing:
                self._screens.pop(each, None)

    def clear(self) -> None:
        """Forget everything: the line was lost."""
        self.remove(ALL, [ALL])

    def _types(self, code: str) -> Types:
        return NOTHING.union(*(codes.get(code, NOTHING) for codes in self._screens.values()))

    def _tell(self, code: str, before: Types) -> None:
        types = self._types(code)
        if types != before:
            self._on_change(code, types)
