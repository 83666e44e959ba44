"""Scenarios from files and by name, and back."""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import List, Union

from simulator.scenario import checks, document, form
from simulator.scenario.document import Document
from simulator.scenario.errors import ScenarioError
from simulator.scenario.model import USUAL_CONDITIONS, Scenario

FOLDER = Path(__file__).parent.parent / "scenarios"
"""Where those are that come with the simulator."""

_SUFFIXES = (".yaml", ".yml")


def load(scenario: Union[Scenario, str, Path, None]) -> Scenario:
    """A scenario: itself, from a file, or by the name of one that comes with the simulator.

    None is any day, with some conditions to search for.

    Raises:
        ScenarioError: there is none, or it cannot be played.
    """
    if scenario is None:
        return Scenario(conditions=USUAL_CONDITIONS)
    if isinstance(scenario, Scenario):
        return scenario
    path = Path(scenario)
    if isinstance(scenario, Path) or path.suffix in _SUFFIXES or len(path.parts) > 1:
        return read(path)
    return named(str(scenario))


def read(path: Union[str, Path]) -> Scenario:
    """The scenario in a file.

    Raises:
        ScenarioError: it cannot be read or played; says file, line, place, reason and remedy.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ScenarioError("", "is not UTF-8; save it as UTF-8", str(path)) from None
    except OSError as error:
        raise ScenarioError("", f"cannot be read: {error.strerror}", str(path)) from None
    return parse(text, str(path))


def parse(text: str, file: str = "") -> Scenario:
    """The scenario in a text.

    Args:
        text: YAML.
        file: what errors call it, and from where it finds recorded files. A scenario without a name
            is called as its file.

    Raises:
        ScenarioError: as `read`.
    """
    found = Document("", {})
    try:
        found = document.load(text)
        scenario = replace(form.from_tree(found.tree), source=file)
        if file and "name" not in found.tree:
            scenario = replace(scenario, name=Path(file).stem)
        checks.check(scenario)
    except ScenarioError as error:
        raise error.in_file(file, found.line(error.path)) from None
    return scenario


def dump(scenario: Scenario) -> str:
    """The YAML of a scenario: `parse` gives the same one, but for its file."""
    return document.save(form.to_tree(scenario))


def shipped() -> List[str]:
    """The names of the scenarios that come with the simulator."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def named(name: str) -> Scenario:
    """A scenario that comes with the simulator.

    Raises:
        ScenarioError: there is none of that name.
    """
    names = shipped()
    if name not in names:
        near = get_close_matches(name, names, 1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(names)}."
        why = f"no scenario is called {name!r}; {hint} A file of yours ends in .yaml"
        raise ScenarioError("", why)
    return read(FOLDER / f"{name}.yaml")
