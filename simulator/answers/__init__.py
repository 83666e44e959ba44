"""Answers to TRs: for each TR a function of the world, the inputs and the moment of the request."""

from __future__ import annotations

from functools import partial
from typing import Callable, Optional

from sapi_kiwoom import catalogue
from sapi_kiwoom.errors import KiwoomError
from simulator.answers.labels import FROM_THE_MARKET, INVENTED, MODELLED, SYNTHETIC
from simulator.answers.reply import Inputs, Reply, Rows
from simulator.answers.world import World

__all__ = ["Inputs", "Reply", "Rows", "World", "answering", "label"]

Answer = Callable[[World, Inputs, int], Reply]


def answering(code: str) -> Optional[Answer]:
    """What answers a TR, by its code in lower case; None for one that the catalogue does not have."""
    found = _own(code)
    if found is not None:
        return found
    try:
        catalogue.tr(code)
    except KiwoomError:
        return None
    return partial(_synthetic, code)


def label(code: str) -> str:
    """``modelled``, ``synthetic``, or "" for a TR that the catalogue does not have; in any spelling."""
    code = code.lower()
    if code in FROM_THE_MARKET or (_own(code) is not None and code not in INVENTED):
        return MODELLED
    return SYNTHETIC if answering(code) else ""


# Both are imported when a TR is first asked for: together they take as long as all the rest.


def _own(code: str) -> Optional[Answer]:
    from simulator.answers.table import ANSWERS  # noqa: PLC0415

    return ANSWERS.get(code)


def _synthetic(code: str, world: World, inputs: Inputs, moment: int) -> Reply:
    from simulator.answers import synthetic  # noqa: PLC0415

    return synthetic.answer(code, world, inputs, moment)
