"""Parameters drawn from the schemas of the table: valid ones, and ones with a single mistake in them."""

from __future__ import annotations

from datetime import date
from typing import Any, Dict, List, NamedTuple, Tuple

from hypothesis import strategies as st

from sapi_kiwoom.server.methods import METHODS, Method

_DAYS = st.dates(date(2000, 1, 1), date(2030, 12, 31)).map(lambda day: f"{day:%Y%m%d}")

_FORMATS = {
    "day": _DAYS,
    "moment": st.one_of(_DAYS, _DAYS.map(lambda day: day + "093000")),
}

_ANY = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=5)
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2), st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=4,
).filter(lambda value: not (isinstance(value, float) and abs(value) == float("inf")))


def valid(schema: Dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values that a schema of the table allows."""
    kind = schema.get("type")
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if kind == "string":
        if "pattern" in schema:
            return st.from_regex(schema["pattern"].rstrip("$") + r"\Z", fullmatch=True)
        if "format" in schema:
            return _FORMATS[schema["format"]]
        characters = st.characters(exclude_categories=["Cs"])
        most = min(schema.get("maxLength", 8), 8)
        return st.text(characters, min_size=schema.get("minLength", 0), max_size=most)
    if kind in ("integer", "number"):
        bounds = schema.get("minimum", 0), schema.get("maximum", 10**6)
        numbers: Any = st.integers(int(bounds[0]), int(bounds[1]))
        if kind == "number":
            numbers = st.one_of(numbers, st.floats(*map(float, bounds)))
        return numbers.filter(lambda value: value != schema.get("not", {}).get("const"))
    if kind == "boolean":
        return st.booleans()
    if kind == "array":
        items = valid(schema["items"])
        return st.lists(items, min_size=schema.get("minItems", 0), max_size=3)
    if kind == "object" and "properties" in schema:
        return objects(schema)
    if kind == "object":
        other = schema.get("additionalProperties")
        keys = st.sampled_from(["stock_code", "종목코드", "account", "a.b", "[0]", ""])
        return st.dictionaries(keys, valid(other) if isinstance(other, dict) else _ANY, max_size=3)
    return _ANY


def objects(schema: Dict[str, Any]) -> st.SearchStrategy[Dict[str, Any]]:
    """Objects with what is required and some of the rest."""
    properties = {name: valid(each) for name, each in schema["properties"].items()}
    required = {name: properties[name] for name in schema["required"]}
    optional = {name: each for name, each in properties.items() if name not in required}
    return st.fixed_dictionaries(required, optional=optional)


class Mistake(NamedTuple):
    """A request with one mistake.

    Attributes:
        field: where it is.
        parameters: with it.
    """

    field: str
    parameters: Dict[str, Any]


def _wrong(schema: Dict[str, Any]) -> List[Any]:
    """Values that a schema does not allow, of each kind of mistake."""
    kind = schema.get("type")
    if kind == "string":
        bad: List[Any] = [None, 1.5, ["x"], {"x": "y"}]
        limited = any(rule in schema for rule in ("pattern", "enum", "format"))
        return [*bad, "@", "가" * 3] if limited else bad
    if kind in ("integer", "number"):
        limits = [schema[each] for each in ("minimum", "maximum") if each in schema]
        beyond = [limits[0] - 1, limits[-1] + 1] if limits else []
        return [None, "1", [], {}, True, *beyond]
    if kind == "boolean":
        return [None, 1, "true", []]
    if kind == "array":
        return [None, "005930", 5, {}, [], [None], [{}]]
    if kind == "object":
        return [None, "x", 5, []]
    return []


@st.composite
def mistakes(draw: Any, method: Method) -> Mistake:
    """A valid request with a single mistake in it."""
    schema = method.parameters
    parameters = draw(objects(schema))
    kinds: List[Tuple[str, str, Any]] = [("missing", name, None) for name in schema["required"]]
    kinds += [
        ("wrong", name, value)
        for name, each in schema["properties"].items()
        for value in _wrong(each)
    ]
    if method.since > 1:
        kinds.append(("unknown", "no_such_parameter", 1))
    what, name, value = draw(st.sampled_from(kinds))
    if what == "missing":
        parameters.pop(name)
    else:
        parameters[name] = value
    return Mistake(name, parameters)


def with_mistakes() -> List[str]:
    """The methods of which a request can be wrong."""
    return [
        name
        for name, method in METHODS.items()
        if method.since > 1 or method.parameters["properties"]
    ]
