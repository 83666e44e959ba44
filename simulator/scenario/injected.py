"""A fault that nobody wrote into the scenario: it comes from outside while the market runs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Mapping

from simulator.faults import AT, TARGETS
from simulator.scenario import form
from simulator.scenario.checks import check_fault
from simulator.scenario.fields import Place
from simulator.scenario.model import Fault, Scenario


def read(written: Mapping[str, Any], scenario: Scenario, now: int) -> Fault:
    """The fault that a mapping says, with the keys of a scenario's ``faults`` and ``duration`` in seconds.

    Without a call or an event it happens now.

    Raises:
        ScenarioError: it makes no sense; its path is the key.
    """
    texts = {key: str(value) for key, value in written.items()}
    if "duration" in texts:
        texts["duration"] = f"{float(texts['duration']):.6f}s"
    fault: Fault = form.FAULT.read(texts, Place(""))
    if AT in TARGETS[fault.effect] and not (fault.call or fault.event):
        fault = replace(fault, at=now)
    check_fault(fault, "", scenario)
    return fault
