"""Parameters against the table: what is right goes through, what is wrong is refused by name."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Any, Callable, Dict, List, Mapping, NoReturn, Optional, Tuple

import fastjsonschema

from sapi_kiwoom.errors import RequestRejected
from sapi_kiwoom.server.methods.table import Method, Schema


def _is_day(text: str) -> bool:
    if len(text) != 8 or not (text.isascii() and text.isdigit()):
        return False
    try:
        date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except ValueError:
        return False
    return True


def _is_moment(text: str) -> bool:
    if len(text) not in (8, 14) or not (text.isascii() and text.isdigit() and _is_day(text[:8])):
        return False
    return len(text) == 8 or (text[8:10] < "24" and text[10:12] < "60" and text[12:14] < "60")


_FORMATS = {"moment": _is_moment, "day": _is_day}


@lru_cache(maxsize=None)
def _compiled(name: str) -> Callable[[Any], Any]:
    """The check of one method, compiled at its first request: all of them would delay the start."""
    from sapi_kiwoom.server.methods import METHODS  # noqa: PLC0415 - which imports this module

    schema = {"$schema": "http://json-schema.org/draft-07/schema#", **METHODS[name].parameters}
    check: Callable[[Any], Any] = fastjsonschema.compile(
        schema, formats=_FORMATS, use_default=False
    )
    return check


def check(method: Method, parameters: Mapping[str, Any]) -> Dict[str, Any]:
    """The parameters that the method knows.

    Numbers and booleans are accepted where a string is meant, as the 2021 server did.

    Raises:
        RequestRejected: ``invalid-parameter``; the message names the field and how it should look.
    """
    known = method.parameters["properties"]
    if method.since == 1:
        values = {name: _as_text(parameters[name]) for name in known if name in parameters}
    else:
        values = {name: _meant(value, known.get(name, {})) for name, value in parameters.items()}
    try:
        _compiled(method.name)(values)
    except fastjsonschema.JsonSchemaValueException as error:
        _refuse(method, values, error)
    if "from" in values and "to" in values:
        _check_order(values)
    return values


def _as_text(value: Any) -> Any:
    if isinstance(value, bool):
        return "1" if value else "0"
    return str(value) if isinstance(value, int) else value


def _meant(value: Any, schema: Schema) -> Any:
    """A number where a string is meant becomes one, inside of lists and objects too."""
    kind = schema.get("type")
    if kind == "string":
        return _as_text(value)
    if kind == "array" and isinstance(value, list):
        return [_meant(each, schema["items"]) for each in value]
    if kind == "object" and isinstance(value, dict):
        known, other = schema.get("properties", {}), schema.get("additionalProperties")
        other = other if isinstance(other, dict) else {}
        return {name: _meant(each, known.get(name, other)) for name, each in value.items()}
    return value


def _refuse(
    method: Method, values: Mapping[str, Any], error: fastjsonschema.JsonSchemaValueException
) -> NoReturn:
    path: List[str] = []
    schema: Schema = method.parameters
    value: Any = values
    described: Optional[Schema] = None
    for step in error.path[1:]:
        below = _below(schema, value, step)
        if below is None:  # a client's own key, with a dot in it
            break
        schema, value = below
        path.append(step[:100])
        described = schema if "title" in schema else described
    if error.rule == "required":
        name = next(name for name in schema["required"] if name not in value)
        path.append(name[:100])
        described, problem = schema["properties"].get(name, described), "is essential"
    elif error.rule == "additionalProperties":
        known = schema.get("properties", {})
        name = next(name for name in value if name not in known)
        raise RequestRejected(
            "invalid-parameter",
            f"{method.name} has no parameter {name[:100]!r}; it has: {', '.join(known) or 'none'}",
            field=".".join([*path, name[:100]]),
            method=method.name,
        ) from None
    else:
        problem = f"cannot be {str(value)[:100]!r}"
    field = ".".join(path)
    if described is None:  # the parameters as a whole
        described = {"title": method.name, "description": method.parameters.get("description", "")}
    raise RequestRejected(
        "invalid-parameter",
        f"{described['title']}({field}) {problem}: {described['description']}",
        field=field,
        method=method.name,
    ) from None


def _below(schema: Schema, value: Any, step: str) -> Optional[Tuple[Schema, Any]]:
    """What a step of an error's path leads to, the schema and the value there."""
    if isinstance(value, list):
        return schema["items"], value[int(step)]
    if step not in value:
        return None
    found = schema.get("properties", {}).get(step, schema.get("additionalProperties"))
    return (found, value[step]) if isinstance(found, dict) else None


def _check_order(values: Mapping[str, str]) -> None:
    start, end = span(values)
    if start > end:
        raise RequestRejected(
            "invalid-parameter",
            f"from ({values['from']}) lies after to ({values['to']}); exchange them",
            field="from",
        )


def span(values: Mapping[str, str]) -> Tuple[str, str]:
    """``from`` and ``to`` as YYYYMMDDHHMMSS; a day alone means the whole day, as ``to`` too."""
    start, end = values["from"], values["to"]
    return (
        start if len(start) == 14 else start + "000000",
        end if len(end) == 14 else end + "235959",
    )
