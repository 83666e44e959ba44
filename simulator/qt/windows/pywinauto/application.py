"""Other programs and their windows."""

from __future__ import annotations

from typing import Any, List

from simulator.qt import desktop
from simulator.qt.windows.pywinauto.findwindows import ElementNotFoundError, find_elements
from simulator.qt.windows.pywinauto.timings import TimeoutError


class ProcessNotFoundError(Exception):
    """No such process runs."""


class AppStartError(Exception):
    """A program did not start."""


class WindowSpecification:
    """A window, or something in it, that may or may not be there. What it is told has no effect."""

    def __init__(self, **criteria: Any) -> None:
        self._criteria = criteria

    def exists(self, *_more: Any, **_named: Any) -> bool:
        """Whether it is there."""
        return bool(find_elements(**self._criteria))

    is_visible = is_enabled = exists

    def wait(self, *_more: Any, **_named: Any) -> WindowSpecification:
        """Itself; TimeoutError where it is not there: nothing appears later."""
        if not self.exists():
            raise TimeoutError("timed out")
        return self

    def wait_not(self, *_more: Any, **_named: Any) -> None:
        """TimeoutError where it is there."""
        if self.exists():
            raise TimeoutError("timed out")

    def wrapper_object(self) -> WindowSpecification:
        """Itself.

        Raises:
            ElementNotFoundError: it is not there.
        """
        if not self.exists():
            raise ElementNotFoundError(self._criteria)
        return self

    def child_window(self, **criteria: Any) -> WindowSpecification:
        """Something in it."""
        return self

    window = child_window

    def window_text(self) -> str:
        """Its title."""
        return desktop.LOGIN if self.exists() else ""

    def click(self, *_more: Any, **_named: Any) -> None:
        """Press the button: the login window is gone."""
        self.wrapper_object()
        desktop.close()

    close = click_input = double_click = click

    def set_focus(self) -> WindowSpecification:
        """Itself, see `wrapper_object`."""
        return self.wrapper_object()

    def _typed(self, *_more: Any, **_named: Any) -> WindowSpecification:
        return self.wrapper_object()

    set_text = set_edit_text = type_keys = send_keystrokes = check = uncheck = select = _typed

    def __getitem__(self, name: object) -> WindowSpecification:
        return self

    def __getattr__(self, name: str) -> WindowSpecification:
        if name.startswith("_"):
            raise AttributeError(name)
        return self  # dialog.Edit2


class Desktop:
    """All windows."""

    def __init__(self, *_more: Any, **_named: Any) -> None:
        pass

    def window(self, **criteria: Any) -> WindowSpecification:
        """A window by its title."""
        return WindowSpecification(**criteria)

    def windows(self, **criteria: Any) -> List[WindowSpecification]:
        """The windows that are there."""
        return [WindowSpecification(handle=each) for each in find_elements(**criteria)]


class Application(Desktop):
    """Another program, which is not there; its login window may be."""

    def start(self, *_more: Any, **_named: Any) -> Application:
        """Pretends to."""
        return self

    def connect(self, **criteria: Any) -> Application:
        """Itself.

        Raises:
            ElementNotFoundError: it has no such window.
            ProcessNotFoundError: it is looked for otherwise.
        """
        if not {"title", "title_re", "handle"} & set(criteria):
            raise ProcessNotFoundError(criteria)
        if not find_elements(**criteria):
            raise ElementNotFoundError(criteria)
        return self

    def kill(self, *_more: Any, **_named: Any) -> bool:
        """There is nothing to end."""
        return True

    def __getitem__(self, title: str) -> WindowSpecification:
        return WindowSpecification(title=title)


application = Application
