"""A figure beside its floor, round by round, and how it is shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median
from typing import Any, Dict, List, Optional


@dataclass
class Figure:
    """What one benchmark measured.

    Attributes:
        name: what is measured.
        unit: of both columns.
        floor_name: what the floor is.
        at_least: the target: not less than so much of the floor.
        at_most: the target: not more than so much of the floor.
        limit: the target: not more than so many units, whatever the floor.
        ours: one value for each round.
        floor: the same, measured right before or after.
        beside: further floors, shown but not compared.
    """

    name: str
    unit: str
    floor_name: str
    at_least: Optional[float] = None
    at_most: Optional[float] = None
    limit: Optional[float] = None
    ours: List[float] = field(default_factory=list)
    floor: List[float] = field(default_factory=list)
    beside: Dict[str, List[float]] = field(default_factory=dict)

    @property
    def ratios(self) -> List[float]:
        """Ours to the floor, round by round: both saw the same moods of the machine."""
        return [ours / floor for ours, floor in zip(self.ours, self.floor) if floor]

    @property
    def target(self) -> str:
        """In words."""
        if self.at_least is not None:
            return f"ratio >= {self.at_least:g}"
        if self.at_most is not None:
            return f"ratio <= {self.at_most:g}"
        return "" if self.limit is None else f"<= {self.limit:g} {self.unit}"

    @property
    def reached(self) -> Optional[bool]:
        """Whether the median meets the target; None where there is none."""
        if self.at_least is not None:
            return median(self.ratios) >= self.at_least
        if self.at_most is not None:
            return median(self.ratios) <= self.at_most
        return None if self.limit is None else median(self.ours) <= self.limit

    def as_json(self) -> Dict[str, Any]:
        """Everything, for the file."""
        return {
            "name": self.name,
            "unit": self.unit,
            "floor_name": self.floor_name,
            "target": self.target,
            "reached": self.reached,
            "ours": self.ours,
            "floor": self.floor,
            "ratios": self.ratios,
            "beside": self.beside,
        }


def table(figures: List[Figure]) -> str:
    """All figures as Markdown: medians, with the least and the most in brackets."""
    head = ["figure", "unit", "ours", "floor", "ratio", "target", ""]
    rows = [head, ["---"] * len(head)]
    for figure in figures:
        verdict = {True: "reached", False: "MISSED", None: ""}[figure.reached]
        floor = f"{figure.floor_name}: {_spread(figure.floor)}" if figure.floor else ""
        ratio = _spread(figure.ratios) if figure.ratios else ""
        ours = _spread(figure.ours)
        rows.append([figure.name, figure.unit, ours, floor, ratio, figure.target, verdict])
        for name, values in figure.beside.items():
            rows.append(["", figure.unit, "", f"{name}: {_spread(values)}", "", "", ""])
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    lines = [" | ".join(cell.ljust(width) for cell, width in zip(row, widths)) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)


def _spread(values: List[float]) -> str:
    return f"{_short(median(values))} ({_short(min(values))}..{_short(max(values))})"


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
