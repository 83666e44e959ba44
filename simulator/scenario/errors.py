"""What is wrong with a scenario, said so that its author finds the place."""

from __future__ import annotations

from sapi_kiwoom.errors import KiwoomError


class ScenarioError(KiwoomError):
    """A scenario cannot be played as it is written.

    Attributes:
        path: where in the scenario, for example ``script[2].path[0].price``; "" for all of it.
        why: what is wrong there, and the remedy.
        file: the scenario's file; "" until whoever reads the file fills it in with `in_file`.
        line: of the file, from 1; 0 where it is not known.
    """

    name = "bad-scenario"

    def __init__(self, path: str, why: str, file: str = "", line: int = 0) -> None:
        place = f"{file}:{line}" if file and line else file or (f"line {line}" if line else "")
        message = ": ".join(part for part in (place, path, why) if part)
        super().__init__(message, file=file, line=line, path=path, why=why)
        self.path = path
        self.why = why
        self.file = file
        self.line = line

    def in_file(self, file: str, line: int = 0) -> ScenarioError:
        """The same error of a file."""
        return ScenarioError(self.path, self.why, file, line or self.line)
