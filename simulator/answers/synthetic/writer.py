"""Writes the fields of scenes as the control does."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import FrozenSet, Union

from sapi_kiwoom.catalogue import Field
from sapi_kiwoom.catalogue.kinds import KINDS, Kind
from simulator.answers.synthetic.rules import rule
from simulator.answers.synthetic.scene import Coloured, Scene
from simulator.answers.synthetic.tables import KNOWN, Raw

_LABELS = frozenset(("time", "timestamp"))
_PUT = "풋_"
_SUFFIXED = re.compile(r"(.*[가-힣률율])[ns]$")
_TOTALS = {"매도잔량": "총매도잔량", "매수잔량": "총매수잔량"}
"""Where no price stands beside them, all shares of a side are meant."""


class Writer:
    """Writes one field of scenes.

    Args:
        field: which.
        profile: the server, as kinds have it.
        beside: names of all fields of the record.
    """

    def __init__(self, field: Field, profile: str, beside: FrozenSet[str]) -> None:
        self._kind: Kind = KINDS[field.kind]
        self._profile = profile
        self._width = field.width
        self._put = field.name.startswith(_PUT)
        name = field.name[len(_PUT) :] if self._put else field.name
        suffixed = _SUFFIXED.match(name)
        self._name = suffixed.group(1) if suffixed else name
        if self._name in _TOTALS and "매도호가" not in beside:
            self._name = _TOTALS[self._name]
        self._form, self._rule = rule(self._name, field.kind)
        self._parts = self._kind.free or self._kind.decimals == 2  # values are hundredths
        self._open = field.kind not in _LABELS and not any(self._name in each for each in KNOWN)

    def __call__(self, now: Scene) -> str:
        """The field's string."""
        scene = now.other if self._put else now
        if scene is None:
            return ""
        if self._name in scene.facts or (self._open and scene.further(self._name)):
            fact = scene.facts[self._name]
            if isinstance(fact, Coloured):
                return self._written(fact.value, fact.value - fact.base)
            colour = fact - scene.base if fact and isinstance(fact, int) else 0
            return self._written(fact, colour)
        value = self._rule(scene)
        if self._form == "plain":
            return self._written(value, 0)
        assert isinstance(value, int)
        colour = value - scene.base if value and self._form == "price" else 0
        if self._parts and not scene.points:
            value *= 100
        elif scene.points and not self._parts:
            value //= 100
        return self._written(value, colour)

    def _written(self, value: Union[Raw, Coloured], colour: int) -> str:
        if value is None or value == "":
            return ""
        if self._parts and isinstance(value, int):
            return self._kind.format(Decimal(value).scaleb(-2), self._profile, self._width, colour)
        assert not isinstance(value, Coloured)
        return self._kind.format(value, self._profile, self._width, colour)
