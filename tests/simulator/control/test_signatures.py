"""The simulated control and the contract have the type library's methods and events, and no others."""

import inspect

import pytest

from sapi_kiwoom.control import Control, Events
from sapi_kiwoom.session import Session
from sapi_kiwoom.signatures import EVENTS, METHODS, NOTHING, NUMBER, TABLE, TEXT
from simulator import SimulatedControl

PYTHON = {TEXT: "str", NUMBER: "int", TABLE: "Optional[List[List[str]]]", NOTHING: "None"}


def vendors(cls):
    """Members with the vendor's names, which begin with a capital."""
    return {name for name in dir(cls) if name[0].isupper()}


def shape(function):
    """Parameters and result as (name, type) in order."""
    found = inspect.signature(function)
    parameters = [(each.name, each.annotation) for each in found.parameters.values()]
    return parameters[1:], found.return_annotation


def expected(signature):
    parameters = [(name, PYTHON[kind]) for name, kind in signature.parameters]
    return parameters, PYTHON[signature.returns]


@pytest.mark.parametrize(
    ("cls", "names"),
    [(Control, METHODS), (SimulatedControl, METHODS), (Events, EVENTS), (Session, EVENTS)],
)
def test_there_are_exactly_these(cls, names):
    assert vendors(cls) == set(names)


@pytest.mark.parametrize("cls", [Control, SimulatedControl])
@pytest.mark.parametrize("name", METHODS)
def test_methods(cls, name):
    assert shape(getattr(cls, name)) == expected(METHODS[name])


@pytest.mark.parametrize("cls", [Events, Session])
@pytest.mark.parametrize("name", EVENTS)
def test_events(cls, name):
    assert shape(getattr(cls, name)) == expected(EVENTS[name])
