"""YAML as lists, mappings and strings, and the line on which each of them stands.

Nothing is guessed from how a string looks: ``000660`` stays "000660", ``no`` stays "no". This is the only
place that knows PyYAML, and it imports it when a scenario is read.
"""

from __future__ import annotations

from typing import Any, Dict, List, NamedTuple

from simulator.scenario.errors import ScenarioError

NO_YAML = 'scenarios are YAML; install its reader: pip install "sapi-kiwoom[scenarios]"'


class Document(NamedTuple):
    """A YAML document.

    Attributes:
        tree: lists, dicts and strings.
        lines: of each path in the tree, from 1.
    """

    tree: Any
    lines: Dict[str, int]

    def line(self, path: str) -> int:
        """The line of a path, or of the nearest thing around it; 0 where nothing is."""
        while path and path not in self.lines:
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return self.lines.get(path, 0)


def inside(path: str, key: str) -> str:
    """The path of a mapping's value."""
    if not key.isidentifier():
        return f'{path}["{key}"]'
    return f"{path}.{key}" if path else key


def load(text: str) -> Document:
    """Take YAML apart.

    Raises:
        ScenarioError: it is no YAML, or names a key twice; or PyYAML is not installed.
    """
    try:
        import yaml  # noqa: PLC0415
    except ImportError:
        raise ScenarioError("", NO_YAML) from None
    try:
        node = yaml.compose(text, Loader=yaml.BaseLoader)
        lines: Dict[str, int] = {}
        tree = "" if node is None else _take(node, "", lines)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        why = f"no YAML: {error.problem}" + (f" ({error.context})" if error.context else "")
        raise ScenarioError("", why, line=mark.line + 1 if mark else 0) from None
    except yaml.YAMLError as error:
        raise ScenarioError("", f"no YAML: {error}") from None
    except RecursionError:
        raise ScenarioError("", "too many things within each other") from None
    return Document(tree, lines)


def _take(node: Any, path: str, lines: Dict[str, int]) -> Any:
    lines.setdefault(path, node.start_mark.line + 1)
    if node.id == "scalar":
        return node.value
    if node.id == "sequence":
        return [_take(each, f"{path}[{number}]", lines) for number, each in enumerate(node.value)]
    tree: Dict[str, Any] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if key.id != "scalar":
            raise ScenarioError(path, "a key must be a plain word", line=line)
        place = inside(path, key.value)
        if key.value in tree:
            why = f"is already on line {lines[place]}; keep one of the two"
            raise ScenarioError(place, why, line=line)
        lines[place] = line
        tree[key.value] = _take(value, place, lines)
    return tree


def save(tree: Any) -> str:
    """The YAML of lists, dicts and strings; `load` gives the same tree.

    Raises:
        ScenarioError: PyYAML is not installed.
    """
    try:
        import yaml  # noqa: PLC0415
    except ImportError:
        raise ScenarioError("", NO_YAML) from None
    return str(
        yaml.serialize(_node(yaml, tree), Dumper=yaml.BaseDumper, allow_unicode=True, width=100)
    )


def _node(yaml: Any, tree: Any) -> Any:
    if isinstance(tree, dict):
        pairs = [(_node(yaml, key), _node(yaml, value)) for key, value in tree.items()]
        return yaml.MappingNode("tag:yaml.org,2002:map", pairs, flow_style=_small(tree.values()))
    if isinstance(tree, list):
        nodes = [_node(yaml, each) for each in tree]
        return yaml.SequenceNode("tag:yaml.org,2002:seq", nodes, flow_style=_small(tree))
    return yaml.ScalarNode("tag:yaml.org,2002:str", tree)


def _small(values: Any) -> bool:
    """Whether a collection fits on a line: it contains strings only."""
    parts: List[Any] = list(values)
    return all(isinstance(each, str) for each in parts)
