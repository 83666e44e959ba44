"""What is played for a program, and how its child processes learn it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Optional, Tuple

from sapi_kiwoom import krx
from simulator.scenario.model import Scenario
from simulator.scenario.read import load

VARIABLE = "SAPI_KIWOOM_PROGRAM"
"""The environment variable that holds a program's settings, for its child processes."""


@dataclass(frozen=True)
class Settings:
    """What a program runs on.

    Attributes:
        scenario: a file, or the name of one that comes with the simulator; None for a day of the whole
            market.
        seed: stands in for the scenario's.
        speed: market seconds per second; infinity as fast as possible; None for the scenario's, else 1.
        at: microseconds since 1970 UTC; None for the scenario's start, else 10:00 of the last trading day.
        transcript: a file for calls and events.
    """

    scenario: Optional[str] = None
    seed: Optional[int] = None
    speed: Optional[float] = None
    at: Optional[int] = None
    transcript: Optional[str] = None

    def dump(self) -> str:
        """For the environment."""
        return json.dumps(asdict(self))

    def load(self) -> Scenario:
        """What is played.

        Raises:
            ScenarioError: it cannot be.
        """
        scenario = load(self.scenario)
        return scenario if self.seed is None else replace(scenario, seed=self.seed)

    def absolute(self) -> Settings:
        """The same with paths that hold in any working directory."""
        scenario, transcript = self.scenario, self.transcript
        if scenario and Path(scenario).is_file():
            scenario = str(Path(scenario).resolve())
        if transcript:
            transcript = str(Path(transcript).resolve())
        return replace(self, scenario=scenario, transcript=transcript)

    def play(self, today: date) -> Tuple[Scenario, int, float]:
        """The scenario, the moment at which it starts, market seconds per second.

        Raises:
            ScenarioError: it cannot be played.
        """
        scenario = self.load()
        start = self.at if self.at is not None else scenario.start
        if start is None:
            day = today if krx.is_trading_day(today) else krx.previous_trading_day(today)
            start = krx.midnight(day) + 10 * 60 * krx.MINUTE
        speed = self.speed if self.speed is not None else scenario.speed
        return scenario, start, 1.0 if speed is None else speed


def parse(text: str) -> Settings:
    """The settings in an environment variable."""
    return Settings(**json.loads(text))


def moment(text: str) -> int:
    """``2026-11-20 09:00``, Korean time, in microseconds since 1970 UTC.

    Raises:
        ValueError: it is written otherwise.
    """
    for form in ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"):
        try:
            read = datetime.strptime(text, form)
        except ValueError:
            continue
        return krx.microseconds(read.replace(tzinfo=krx.KST))
    raise ValueError(f"{text!r} is not YYYY-MM-DD HH:MM")
