"""What the broker's server answers to a TR."""

from __future__ import annotations

from typing import Dict, Iterator, List, NamedTuple, Optional

Inputs = Dict[str, str]
"""A TR's inputs by Korean name."""

Rows = Iterator[Optional[List[str]]]
"""Rows of a multi record in the order of its fields, or None where a good piece of work was done, so that
whoever pulls the rows can let others go first."""


class Reply(NamedTuple):
    """An answer, every value in Kiwoom's form and without padding. Pages are cut by the control.

    Attributes:
        single: values of the single record in the order of its fields; empty where there is none.
        rows: of the multi record, newest or first ranked first.
        pause: microseconds of market time to leave whoever makes the rows after a None.
    """

    single: List[str]
    rows: Rows
    pause: int = 0


def nothing() -> Reply:
    """The answer where nothing is known, as for an unknown stock."""
    return Reply([], iter(()))
